//! What does not fit in a log that somebody has changed behind our back.

use super::head::BadHead;

/// The first thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    #[error("record {id} (place {seq}) is gone")]
    Gone { seq: u64, id: String },
    #[error("record {id} (place {seq}) is not what was sealed")]
    Changed { seq: u64, id: String },
    #[error("record {id} (place {seq}): a person in it has been exchanged; the commitment does not fit the account")]
    Person { seq: u64, id: String },
    #[error("record {id} (place {seq}): the list of people whom it is about is not what was sealed")]
    Subjects { seq: u64, id: String },
    #[error("record {id} (place {seq}): the acceptance or withdrawal that it tells of is gone or has been changed")]
    Counterpart { seq: u64, id: String },
    #[error("there are acceptances or withdrawals that no record tells of")]
    NoRecord,
    #[error("place {seq} of the sealed log is empty")]
    Gap { seq: u64 },
    #[error(
        "the records from place {from} to {to} are not those that were signed: the first that does not fit is \
         {first}, or one of those behind it up to {last}"
    )]
    Root { from: u64, to: u64, first: String, last: String },
    #[error("the tree head over {size} records cannot be believed: {why}")]
    Head { size: u64, why: BadHead },
    #[error("the columns of the tree head over {size} records do not say what its signed text says")]
    HeadColumns { size: u64 },
    #[error("the stored root of the {leaves} records from place {from} on is not theirs")]
    Node { from: u64, leaves: u64 },
    #[error("the records from place {from} (record {first}) on are covered by no signed tree head")]
    Unsigned { from: u64, first: String },
    #[error(
        "record {id} was never sealed although younger ones are: it was put in behind the log's back, or a clock was wrong"
    )]
    Unsealed { id: String },
    #[error("the older head cannot be believed: {0}")]
    OlderHead(BadHead),
    #[error("the log has {found} sealed records, but an older head says that it had {size}: the newest are gone")]
    Shorter { size: u64, found: u64 },
    #[error("the first {size} records are not those of the older head: the log is no extension of it")]
    NoExtension { size: u64 },
}
