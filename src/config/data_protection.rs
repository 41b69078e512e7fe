//! `[data_protection]`: when accounts that have left are erased, and who answers for what is stored.

use super::{Controller, reader::Section};
use crate::work::Erasure;

pub(super) fn erasure(section: &Section<'_>) -> Erasure {
    Erasure {
        after: section.duration("erase_after", "365d", ("1d", "3650d")),
        look_every: section.duration("look_every", "1d", ("1m", "30d")),
        at_most_percent: section.number("at_most_share", 5, 1..=100),
    }
}

pub(super) fn controller(section: &Section<'_>) -> Controller {
    Controller { contact: section.in_both_or_none("controller"), officer: section.in_both_or_none("officer") }
}
