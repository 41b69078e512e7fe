//! What auditors ask of the records: who accepted what, who has a service on what ground, who looked at whom.
//!
//! Every list is read from an index and from one end, a page at a time, so that it costs the same with ten million records.

pub mod people;
pub mod records;
