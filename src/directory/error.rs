//! What can go wrong with the directory, sorted by what to do about it.

use ldap3::LdapError;

/// A failure of the directory. The texts are for the operator's log, never for a page; they hold no names of people.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DirectoryError {
    /// No address could be reached, or TLS failed on all of them.
    #[error("no directory server can be reached: {0}")]
    Unreachable(String),
    #[error("TLS to the directory: {0}")]
    Tls(String),
    /// No answer in time: whether a change took effect is unknown.
    #[error("the directory did not answer in time")]
    TimedOut,
    /// The connection broke: whether a change took effect is unknown.
    #[error("the connection to the directory broke: {0}")]
    Lost(String),
    /// Nothing was sent, because whoever wished for it may no longer write it.
    #[error("it was too late to write to the directory")]
    TooLate,
    /// The directory says that it is busy or unavailable (codes 3, 51, 52, 80), or that another of several servers writes (10).
    #[error("the directory is busy or unavailable (result code {0})")]
    Busy(u32),
    /// The account of a program, the portal's own or the chat server's, is refused.
    #[error("the directory refuses the account (result code {0}); check bind_dn and bind_password")]
    AccountRefused(u32),
    /// Code 32; also what a server says instead of 50 when it hides the entry.
    #[error("there is no such entry (result code 32)")]
    NoSuchObject,
    /// Code 50.
    #[error("the portal's account may not do this (result code 50)")]
    InsufficientAccess,
    /// A filter that the server or the client cannot parse.
    #[error("the filter cannot be parsed")]
    Filter,
    /// Anything else that repeating will hardly change.
    #[error("the directory answered with result code {0}")]
    Other(u32),
}

impl DirectoryError {
    /// Sorts a result code (RFC 4511, appendix A) other than 0.
    pub(super) fn from_code(code: u32) -> Self {
        match code {
            3 | 51 | 52 | 80 => Self::Busy(code),
            32 => Self::NoSuchObject,
            50 => Self::InsufficientAccess,
            _ => Self::Other(code),
        }
    }

    /// Whether repeating soon may help; if not, the operator has to do something.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::TimedOut | Self::Lost(_) | Self::TooLate | Self::Busy(_))
    }

    /// Whether what was asked for may still happen.
    pub fn is_unanswered(&self) -> bool {
        matches!(self, Self::TimedOut | Self::Lost(_))
    }

    /// Whether the directory could not be asked at all.
    pub fn is_outage(&self) -> bool {
        self.is_passing() || matches!(self, Self::AccountRefused(_) | Self::Tls(_))
    }

    /// A short stable name for logs and the outbox.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Tls(_) => "tls",
            Self::TimedOut => "timed-out",
            Self::Lost(_) => "connection-lost",
            Self::TooLate => "too-late",
            Self::Busy(_) => "busy",
            Self::AccountRefused(_) => "account-refused",
            Self::NoSuchObject => "no-such-object",
            Self::InsufficientAccess => "insufficient-access",
            Self::Filter => "filter",
            Self::Other(_) => "other",
        }
    }
}

impl From<LdapError> for DirectoryError {
    fn from(error: LdapError) -> Self {
        match error {
            LdapError::Timeout { .. } => Self::TimedOut,
            LdapError::FilterParsing => Self::Filter,
            LdapError::LdapResult { result } => Self::from_code(result.rc),
            LdapError::Io { source } => Self::Lost(source.to_string()),
            other => Self::Lost(other.to_string()),
        }
    }
}
