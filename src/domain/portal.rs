//! The installation: what the portal is called and where it is reached.

use chrono_tz::Tz;
use url::Url;

use crate::domain::locale::Text;

/// The installation as pages and mails name it.
#[derive(Clone, Debug)]
pub struct Portal {
    /// The origin under which members reach the portal; `https`, or `http` on loopback only.
    pub public_url: Url,
    /// What the portal is called, e.g. "Latchkey" or "Account portal".
    pub name: Text,
    pub organisation: Text,
    pub time_zone: Tz,
    /// The country under whose law the organisation processes data: ISO 3166-1, two letters.
    pub jurisdiction: String,
}

impl Portal {
    /// The absolute address of a path of the portal (without language prefix), in both languages.
    pub fn address(&self, path: &str) -> Text {
        let origin = self.public_url.as_str().trim_end_matches('/');
        Text::new(format!("{origin}/de{path}"), format!("{origin}/en{path}"))
    }

    /// The absolute address of "Permissions" with this service marked.
    pub fn permissions_address(&self, service: &str) -> Text {
        self.address(&format!("/profile/permissions?service={service}"))
    }
}
