//! `latchkey audit`: the sealed log from the command line.

use std::{
    fs,
    io::{IsTerminal as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    chance,
    command::check::Line,
    db::Database,
    domain::log::{
        head::{PublicKey, SignedHead, Signer},
        leaf::time,
        receipt::Document,
        stored,
        verify::{Report, Verification},
    },
    work::{self, AuditSettings},
};

/// Makes a key that signs heads, in a file that only this account can read, and returns what verifies them.
///
/// # Errors
/// If there is such a file already: a key that has signed must not be lost.
pub fn new_key(path: &Path) -> anyhow::Result<PublicKey> {
    let signer = Signer::from_seed(&chance::bytes());
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.with_context(|| format!("cannot make {}", path.display()))?;
    file.write_all(signer.to_pem()?.as_bytes())?;
    file.sync_all()?;
    Ok(signer.public())
}

/// Makes a key and says what to do with it.
pub fn print_new_key(path: &Path) -> anyhow::Result<()> {
    let public = new_key(path)?;
    say!(
        "The key is in {}. Keep a copy of it in a safe place, and name the file in the configuration:\n",
        path.display()
    );
    say!("  [audit]\n  signing_key_file = \"{}\"\n", path.display());
    say!("Publish its public key, so that others can verify receipts and heads:\n");
    say!("  {}\n", public.to_line());
    say!("If it replaces another key, add the other's public key to audit.former_public_keys. SHA-256 of this one:");
    say!("  {}", public.id());
    Ok(())
}

/// Prints the newest signed head, to be kept where nobody can change it.
pub async fn head(database: &Database) -> anyhow::Result<()> {
    let Some(signed) = database.read(stored::newest_head).await? else {
        bail!("nothing is sealed yet; is audit.signing_key_file set, and does the portal run?");
    };
    // Exactly the note: it is meant for a file.
    std::io::stdout().write_all(signed.note.as_bytes())?;
    Ok(())
}

/// Verifies the log; with an older head, also that the log is an extension of it. Returns whether everything fits.
pub async fn verify(database: &Database, trusted: Vec<PublicKey>, since: Option<&Path>) -> anyhow::Result<bool> {
    if trusted.is_empty() {
        bail!("there is no key to verify with: set audit.signing_key_file or audit.former_public_keys");
    }
    let since = since.map(read_head).transpose()?;
    let older = since.as_ref().map(|since| since.head.size);
    let bar = progress_bar();
    let report = work::verify(database, Verification::new(trusted, since), |verified, all| {
        bar.set_length(all);
        bar.set_position(verified);
    })
    .await?;
    bar.finish_and_clear();
    Ok(print(&report, older))
}

fn print(report: &Report, older: Option<u64>) -> bool {
    if let Some(misfit) = &report.misfit {
        say!("✗ The log does not fit: {misfit}.");
        say!("  {} records before it were verified.", report.records);
        return false;
    }
    let Some(newest) = &report.newest else {
        say!("✓ Nothing is sealed yet, so there is nothing to verify.");
        return true;
    };
    say!("✓ {} records and {} tree heads were verified.", report.records, report.heads);
    if let Some(size) = older {
        say!("✓ The log is an extension of the head over {size} records.");
    }
    say!("  Root {}", hex::encode(newest.head.root));
    say!("  Signed at {} UTC with the key {}", newest.head.at.format("%Y-%m-%d %H:%M:%S"), newest.head.key_id);
    true
}

/// Whether the log is sealed, for `latchkey check`.
pub async fn check(settings: &AuditSettings, database: &Database) -> Line {
    let line = |what: &str, trouble: Option<String>| Line { what: what.to_owned(), trouble, advice: None };
    let Some(signer) = &settings.signer else {
        let remedy = "Records are kept, but nothing proves that nobody changed them. Make a key: latchkey audit new-key FILE\n\
                      Then name the file in audit.signing_key_file.";
        return line("log: it is not sealed", Some(remedy.to_owned()));
    };
    let newest = database.read(stored::newest_head).await.ok().flatten();
    let believed = newest.map(|head| head.verify(&settings.trusted_keys()));
    if let Some(Err(why)) = believed {
        let remedy = format!(
            "Its newest tree head cannot be believed: {why}.\nSee docs/LOG.md, Keys, and run: latchkey audit verify"
        );
        return line("log: it was sealed otherwise", Some(remedy));
    }
    line(&format!("log: it is sealed with the key {}", &signer.public().id()[..16]), None)
}

/// Proves a receipt with the log's public key, without database and configuration. Returns whether it proves anything.
pub fn verify_receipt(file: &Path, key: &Path) -> anyhow::Result<bool> {
    let read = |path: &Path| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let key = PublicKey::parse(&read(key)?).with_context(|| format!("{}", key.display()))?;
    let json = read(file)?;
    let verified = Document::parse(&json).and_then(|document| document.verify(&key).map(|head| (document, head)));
    match verified {
        Err(error) => {
            say!("✗ The receipt proves nothing: {error}.");
            Ok(false)
        }
        Ok((document, head)) => {
            say!("✓ The receipt is genuine: its record is in the log {}, signed at {}.", head.origin, time(head.at));
            for (what, value) in document.facts() {
                say!("  {what:<8} {value}");
            }
            Ok(true)
        }
    }
}

fn read_head(path: &Path) -> anyhow::Result<SignedHead> {
    let note = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    SignedHead::parse(&note).with_context(|| format!("{}", path.display()))
}

/// Hidden where nobody looks.
fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} records, {eta} left");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
