//! Settings that live in other files: secrets, certificates, folders.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use secrecy::SecretString;

use super::{
    faults::Wrong,
    reader::Section,
    source::{Found, Value},
};

impl Section<'_> {
    /// A file that must be readable if it is named.
    pub fn file(&self, key: &str) -> Option<PathBuf> {
        self.optional_parsed(key, |text| {
            let path = self.resolve(text);
            match fs::File::open(&path) {
                Ok(_) => Ok(path),
                Err(error) => Err(unreadable(&path, &error)),
            }
        })
    }

    /// A folder that must exist.
    pub fn folder(&self, key: &str, default: Option<&str>) -> Option<PathBuf> {
        let exists = |text: &str| {
            let path = self.resolve(text);
            if path.is_dir() {
                return Ok(path);
            }
            let what = format!("There is no folder {}.", path.display());
            Err(Wrong::new(what, "Create it, or correct the path; relative paths start at the configuration file."))
        };
        match default {
            Some(_) => self.parsed(key, default, exists),
            None => self.optional_parsed(key, exists),
        }
    }

    /// A secret, given as `key` or by the file that `key_file` names; the environment goes before the file.
    /// Its value is in no fault and in no digest.
    pub fn secret(&self, key: &str) -> Option<SecretString> {
        let by_file = format!("{key}_file");
        let ([direct, direct_in_file], [path, path_in_file]) = (self.layers(key), self.layers(&by_file));
        let (direct, path) = match (direct, path) {
            (None, None) => (direct_in_file, path_in_file),
            in_environment => in_environment,
        };
        match (direct, path) {
            (Some(_), Some(_)) => {
                let what = format!("Both this and {by_file} are there.");
                self.fault(key, Wrong::new(what, "Keep one of the two."));
                None
            }
            (Some(Found { value: Value::Text(secret), .. }), None) => Some(secret.into()),
            (Some(found), None) => {
                self.wants(key, "a text", "it in double quotes", &found);
                None
            }
            (None, Some(_)) => self.optional_parsed(&by_file, |text| read_secret(&self.resolve(text))),
            (None, None) => None,
        }
    }

    pub fn required_secret(&self, key: &str) -> SecretString {
        let before = self.faults();
        let secret = self.secret(key);
        if secret.is_none() && self.faults() == before {
            self.missing(key);
        }
        secret.unwrap_or_default()
    }
}

fn read_secret(path: &Path) -> Result<SecretString, Wrong> {
    let metadata = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if metadata.permissions().mode() & 0o007 != 0 {
        let what = format!("Everybody on this machine can get at the secret in {}.", path.display());
        return Err(Wrong::new(what, format!("Run: chmod o= {}", path.display())));
    }
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let secret = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if secret.is_empty() {
        return Err(Wrong::new(format!("{} is empty.", path.display()), "Write the secret into it."));
    }
    Ok(secret.into())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Wrong {
    Wrong::new(
        format!("{} cannot be read: {error}.", path.display()),
        "Create the file, or give the portal's user the right to read it; relative paths start at the configuration file.",
    )
}
