//! What the pages need to know of the installation.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use chrono_tz::Tz;
use url::Url;

use crate::domain::locale::Text;

/// The installation as its pages show it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The origin under which members reach the portal; `https`, or `http` on loopback only.
    pub public_url: Url,
    /// What the portal is called, e.g. "Latchkey" or "Account portal".
    pub name: Text,
    pub organisation: Text,
    pub time_zone: Tz,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Folder with `privacy.de.md`, `imprint.en.md` …; files that are missing there come from built-in templates.
    pub legal_folder: Option<PathBuf>,
    /// Where to have personal data in the directory corrected.
    pub corrections: Text,
    pub forgotten_password_url: Option<String>,
    pub sign_in: SignIn,
    pub session: Session,
    /// How long a request waits for the directory write before it answers "stored, being applied".
    pub write_deadline: Duration,
}

impl Settings {
    /// The absolute address of a path of the portal (without language prefix), in both languages.
    pub fn address(&self, path: &str) -> Text {
        let origin = self.public_url.as_str().trim_end_matches('/');
        Text::new(format!("{origin}/de{path}"), format!("{origin}/en{path}"))
    }
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
}

/// Lifetimes of sessions, kept on the server.
#[derive(Clone, Debug)]
pub struct Session {
    pub idle: Duration,
    pub absolute: Duration,
}
