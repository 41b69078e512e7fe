//! What the pages need to know of the installation.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use crate::domain::{courses, locale::Text, portal::Portal, reminders, uploads};

/// The installation as its pages show it.
#[derive(Clone, Debug)]
pub struct Settings {
    pub portal: Portal,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Folder with `privacy.de.md`, `imprint.en.md` …; files that are missing there come from built-in templates.
    pub legal_folder: Option<PathBuf>,
    /// Where to have personal data in the directory corrected.
    pub corrections: Text,
    pub forgotten_password_url: Option<String>,
    pub sign_in: SignIn,
    pub session: Session,
    pub courses: courses::Rules,
    /// How many pages and files with data of classes one lecturer may open in a minute.
    pub class_pages_per_minute: u32,
    /// How often one lecturer may take the list of one class, or of an upload, away in an hour.
    pub class_exports_per_hour: u32,
    pub uploads: uploads::Rules,
    pub reminders: reminders::Rules,
    pub roles: Roles,
    pub inspection: Inspection,
    /// How long a page waits for what the directory says, however much it asks, before it shows what is known without.
    pub page_timeout: Duration,
    /// How long a press waits for the directory, its questions included, before it is answered "stored, being applied".
    pub write_deadline: Duration,
    /// For how long pages rely on what the directory said about a person who is signed in. Memberships are asked each time.
    pub believe_for: Duration,
}

/// Throttling of failed sign-ins (successes are never counted).
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Failures in a row that one account may have at once …
    pub failures_per_account: u32,
    /// … and the time after which one more is forgiven. Together they must stay below the directory's own lockout.
    pub forgive_account_after: Duration,
    pub failures_per_address: u32,
    pub forgive_address_after: Duration,
    /// Every refusal takes at least this long, whatever its reason.
    pub refusal_takes: Duration,
    /// How long a sign-in waits for the directory before it says that signing in is not possible now.
    pub deadline: Duration,
    /// How many may be under way at once; more are asked to come back, so that people inside are served.
    pub at_once: usize,
    /// Fewer may be under way while half of the pages of people inside take longer than this, the directory's time not counted.
    pub busy_after: Duration,
}

/// Lifetimes of sessions, kept on the server.
#[derive(Clone, Debug)]
pub struct Session {
    pub idle: Duration,
    pub absolute: Duration,
}

/// What the pages do with the roles that the directory gives.
#[derive(Clone, Debug)]
pub struct Roles {
    /// How long an answer of the directory holds before it is asked again.
    pub refresh: Duration,
    /// Whom to ask for a role, as the end of a sentence.
    pub contact: Text,
}

/// Pages that show data of other people.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// How many of them one person may open in a minute.
    pub requests_per_minute: u32,
    /// More records than this are made into a file in the background.
    pub large_export: u64,
    /// Where such a file is made; `None`: in the system's folder for temporary files.
    pub export_folder: Option<PathBuf>,
    /// How long it is kept.
    pub export_kept: Duration,
}
