//! The LDAP client: connections, people, memberships, the admission check, and one taxonomy of errors.
//!
//! Two kinds of connection: a shared one for each account of a program (the portal's own, the chat server's), and separate
//! ones for proving passwords, because a bind changes the identity of a whole connection (RFC 4513, section 4).

pub mod admission;
mod connect;
pub mod courses;
mod error;
mod memberships;
mod password_policy;
mod people;
mod presence;
mod roles;
pub mod settings;
mod sign_in;
mod writer;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use ldap3::{Scope, SearchEntry, SearchOptions};
use secrecy::SecretString;
use tokio::sync::Semaphore;

use connect::{Connected, Connector, Link};
pub use courses::{Courses, OwnCourse};
pub use error::DirectoryError;
pub use memberships::Holder;
use settings::Settings;
pub use sign_in::{Candidate, SignInFailure};
pub use writer::Shown;
use writer::Writers;

/// How many passwords are proven at the same time; more wait.
const CONCURRENT_BINDS: usize = 32;

/// A connection that has waited for the next bind for longer is not used again: firewalls forget those that are silent.
const SPARE_FOR: Duration = Duration::from_mins(1);

/// The operator's directory. Cheap to clone; connects when it is needed.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    settings: Settings,
    connector: Connector,
    portal: Arc<Link>,
    writers: Writers,
    /// One link for each chat server's account, by its DN.
    chat: Mutex<HashMap<String, Arc<Link>>>,
    binds: Semaphore,
    /// Connections that wait for the next bind, and since when.
    spare: Mutex<Vec<(Connected, Instant)>>,
}

impl Directory {
    /// Prepares the client; nothing is sent yet.
    ///
    /// # Errors
    /// [`DirectoryError::Tls`] if the file with the authorities cannot be read or holds none.
    pub fn new(settings: Settings) -> Result<Self, DirectoryError> {
        let connector = Connector::new(&settings)?;
        let portal = Arc::new(Link::new(connector.clone(), settings.bind_dn.clone(), settings.bind_password.clone()));
        Ok(Self(Arc::new(Inner {
            writers: Writers::new(Arc::clone(&portal), settings.most_values_per_modify),
            settings,
            connector,
            portal,
            chat: Mutex::default(),
            binds: Semaphore::new(CONCURRENT_BINDS),
            spare: Mutex::default(),
        })))
    }

    /// Connects to one address, TLS included, as `latchkey check` does for each.
    pub async fn try_connect(&self, url: &str) -> Result<(), DirectoryError> {
        self.0.connector.connect_to(url).await.map(|_| ())
    }

    /// Connects to one address and binds as the portal's account.
    pub async fn try_bind(&self, url: &str) -> Result<(), DirectoryError> {
        let (mut ldap, _) = self.0.connector.connect_to(url).await?;
        self.0.connector.bind(&mut ldap, &self.0.settings.bind_dn, &self.0.settings.bind_password).await
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// A search as the portal's account. A size limit that is reached ends the answer, it is not an error.
    async fn search(&self, search: Search<'_>) -> Result<Vec<SearchEntry>, DirectoryError> {
        self.0.portal.search(&search).await
    }

    fn chat_link(&self, dn: &str, password: &SecretString) -> Arc<Link> {
        let mut links = self.0.chat.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(
            links
                .entry(dn.to_owned())
                .or_insert_with(|| Arc::new(Link::new(self.0.connector.clone(), dn.to_owned(), password.clone()))),
        )
    }
}

/// The first component of a DN and the DN of what it stands in (RFC 4514): what the first comma that is not escaped divides.
fn split_dn(dn: &str) -> (&str, &str) {
    let mut is_escaped = false;
    let comma = dn.find(|c| {
        let is_end = c == ',' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    });
    comma.map_or((dn, ""), |comma| (&dn[..comma], &dn[comma + 1..]))
}

/// One search; `filter` is complete and escaped.
struct Search<'a> {
    base: &'a str,
    scope: Scope,
    filter: &'a str,
    attributes: &'a [&'a str],
    /// 0: no limit.
    size_limit: i32,
}

impl Search<'_> {
    fn options(&self) -> SearchOptions {
        SearchOptions::new().sizelimit(self.size_limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dn_is_divided_at_the_first_comma_that_is_not_escaped() {
        assert_eq!(split_dn("uid=a,ou=people,dc=x"), ("uid=a", "ou=people,dc=x"));
        assert_eq!(split_dn(r"cn=Weiß\, Jürgen,ou=people"), (r"cn=Weiß\, Jürgen", "ou=people"));
        assert_eq!(split_dn(r"cn=a\\,ou=people"), (r"cn=a\\", "ou=people"));
        assert_eq!(split_dn("dc=x"), ("dc=x", ""));
    }
}
