//! What the directory says about one person and one service: the observed state.

use crate::clock::Instant;

/// Whether the directory shows the membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    Present,
    Absent,
    /// The directory did not answer.
    Unknown,
}

/// The chat server's own check, repeated by us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every query that the chat server makes at sign-in succeeded.
    Admitted,
    /// The chat server would refuse this account.
    Refused(Refusal),
    /// The queries could not be made now.
    NotChecked,
}

/// Why Rocket.Chat would refuse an account, in the order in which it would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The user search finds nobody of this name.
    NotFound,
    /// The user search finds several entries.
    Ambiguous,
    /// The user search finds somebody else.
    SomebodyElse,
    /// The distinguished name holds characters that Rocket.Chat does not escape.
    UnescapedDn,
    /// The group filter does not find the account in the group.
    NotInGroup,
    /// Rocket.Chat cannot read the person's own entry after sign-in, because its name holds an escaped comma or plus.
    OwnEntryUnreadable,
    /// No mail address, and no default domain is set.
    NoMail,
}

/// One step of the chat server's check and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofStep {
    pub what: ProofOf,
    pub succeeded: bool,
}

/// What a step of the check proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofOf {
    Membership,
    UserSearch,
    GroupFilter,
    OwnEntry,
    MailAddress,
}

/// The check as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub verdict: Verdict,
    pub steps: Vec<ProofStep>,
    pub checked_at: Instant,
}
