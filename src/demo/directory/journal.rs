//! The journal: every successful modify as one line of JSON, on disk before it is answered.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    dn::Dn,
    modify::{Change, Modification},
    tree::Tree,
};

/// How long a journal held by another server is waited for: one that is just stopping lets go within this.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Serialize, Deserialize)]
struct Line {
    dn: String,
    changes: Vec<Change>,
}

/// An open journal; no other server can open the same file meanwhile.
#[derive(Debug)]
pub struct Journal {
    file: File,
    length: u64,
}

impl Journal {
    /// Opens or creates the file and replays it over the tree. A last line that was not written to its end (the
    /// server was killed) had not been answered, and is cut off; damage anywhere else is an error.
    pub fn open(path: &Path, tree: &mut Tree) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        lock(&file)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let mut length = 0;
        for (number, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let read = line.strip_suffix(b"\n").map(serde_json::from_slice::<Line>);
            match read {
                Some(Ok(line)) => replay(tree, &line),
                _ if length + line.len() == text.len() => break,
                _ => return Err(damaged(path, number + 1)),
            }
            length += line.len();
        }
        if length < text.len() {
            tracing::warn!(bytes = text.len() - length, "directory journal: unfinished last line cut off");
            file.set_len(length as u64)?;
            file.sync_data()?;
        }
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file, length: length as u64 })
    }

    /// Writes one modify and waits until the disk has it. After an error the file is as before.
    pub fn append(&mut self, dn: &str, modification: &Modification) -> io::Result<()> {
        let line = Line { dn: dn.to_owned(), changes: modification.steps().to_vec() };
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        let written = self.file.write_all(&text).and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => self.length += text.len() as u64,
            Err(_) => self.file.set_len(self.length)?,
        }
        written
    }
}

fn replay(tree: &mut Tree, line: &Line) {
    let id = Dn::parse(&line.dn).ok().and_then(|name| tree.find(&name));
    let applied = id.is_some_and(|id| Modification::apply(tree, id, &line.changes, true).is_ok());
    if !applied {
        // The sample data of a newer version may lack the entry, or have the value already.
        tracing::warn!("directory journal: a change no longer fits the entries and is left out");
    }
}

fn lock(file: &File) -> io::Result<()> {
    const PAUSE: Duration = Duration::from_millis(20);
    for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::ResourceBusy, "the directory journal is in use by another server"))
}

fn damaged(path: &Path, line: usize) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}, line {line}: damaged", path.display()))
}
