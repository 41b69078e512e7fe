//! What a file can hold.

use std::collections::HashMap;

use super::{MOST, format::Format};
use crate::{
    db::{self, Conn},
    domain::audit::{people::Listed, records::Size},
};

/// A list that is read batch by batch, each behind the last record of the one before.
pub(super) trait Content: Clone + Send + Sync + 'static {
    type Record: Send + 'static;

    /// The name of its files, without an ending.
    const FILE: &'static str;
    /// The page of the list.
    const LIST: &'static str;
    /// Where its files are asked for.
    const PATH: &'static str;
    const COLUMNS: &'static [&'static str];
    /// About how many bytes a record takes in a file.
    const BYTES_OF_A_RECORD: u64;

    /// How many records there are, as exactly as can be said at once.
    fn size(&self, conn: &mut Conn) -> Result<Size, db::Error>;

    /// How many records there are, however long that takes; `None` if there are more than `most`.
    fn count(&self, conn: &mut Conn, most: u64) -> Result<Option<u64>, db::Error>;

    /// How many records there are, up to the largest file: exactly, or as exactly as can be said at once.
    fn counted(&self, conn: &mut Conn, exactly: bool) -> Result<Size, db::Error> {
        if exactly { Ok(self.count(conn, MOST)?.map_or(Size::MoreThan(MOST), Size::Exactly)) } else { self.size(conn) }
    }

    /// Up to `size` records behind `after`, in order.
    fn batch(&self, conn: &mut Conn, after: Option<&str>, size: usize) -> Result<Vec<Self::Record>, db::Error>;

    /// The place of a record in the list.
    fn cursor(record: &Self::Record) -> &str;

    /// The accounts that a record names.
    fn people(record: &Self::Record) -> impl Iterator<Item = &String>;

    fn line(&self, record: &Self::Record, names: &HashMap<String, Listed>, format: Format) -> String;
}

/// A person as files show them; of an erased account nothing but its id is left.
pub(super) fn known<'a>(names: &'a HashMap<String, Listed>, id: &str) -> Option<&'a Listed> {
    names.get(id).filter(|person| !person.is_erased())
}
