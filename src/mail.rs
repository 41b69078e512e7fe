//! Messages and their transport (an SMTP server, or a folder in the demo).

use std::path::PathBuf;

use secrecy::SecretString;

/// Where mail goes and whom it comes from.
#[derive(Clone, Debug)]
pub struct Settings {
    pub transport: Transport,
    /// `Name <address>` or an address.
    pub from: String,
    pub reply_to: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Transport {
    Smtp(Smtp),
    /// One `.eml` file per message.
    Folder(PathBuf),
}

#[derive(Clone, Debug)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub tls: SmtpTls,
    pub ca_file: Option<PathBuf>,
    pub username: Option<String>,
    pub password: Option<SecretString>,
    pub timeout: std::time::Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// STARTTLS, required (RFC 3207).
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// No TLS; accepted for loopback only.
    None,
}
