//! The demo: an embedded directory, a sample university, and a mailbox page, in one process.

pub mod directory;
pub mod university;
