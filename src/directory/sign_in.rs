//! Proving a password: search, then bind; then a look at the own entry, where the server did not answer about its policy.

use std::time::Instant;

use ldap3::{Ldap, Scope, controls::RawControl};
use secrecy::{ExposeSecret, SecretString};

use super::{
    CONCURRENT_BINDS, Directory, DirectoryError, SPARE_FOR, Search,
    connect::{Connected, search_on},
    password_policy::{self, Proven},
};
use crate::domain::accounts::Person;

/// Who a typed name may be, before the password is proven.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub dn: String,
    /// Known if the name was found by a search, not yet if the DN came from a template.
    person: Option<Person>,
}

impl Candidate {
    /// The stable key, if it is known already.
    pub fn key(&self) -> Option<&str> {
        self.person.as_ref().map(|person| person.key.as_str())
    }
}

/// Why somebody is not signed in. The first is said in one text, whatever its reason; the others follow only from a
/// correct password.
#[derive(Clone, Debug)]
pub enum SignInFailure {
    Refused,
    MustChangePassword,
    PasswordExpired,
    AccountDisabled,
    AccountExpired,
    /// The directory could not be asked; nothing was decided.
    Unavailable(DirectoryError),
}

impl From<DirectoryError> for SignInFailure {
    fn from(error: DirectoryError) -> Self {
        Self::Unavailable(error)
    }
}

impl Directory {
    /// Finds out who is meant. `None`: nobody, or nobody who could be told apart.
    pub async fn candidate(&self, username: &str) -> Result<Option<Candidate>, DirectoryError> {
        if let Some(dn) = self.dn_by_template(username) {
            return Ok(Some(Candidate { dn, person: None }));
        }
        Ok(self.find(username).await?.map(|person| Candidate { dn: person.dn.clone(), person: Some(person) }))
    }

    /// Proves the password by a bind. An empty password, or one with a NUL, never reaches the directory: the bind would be
    /// "unauthenticated" and succeed without proving anything (RFC 4513, section 5.1.2).
    pub async fn prove(&self, candidate: &Candidate, password: &SecretString) -> Result<Person, SignInFailure> {
        if password.expose_secret().is_empty() || password.expose_secret().contains('\0') {
            return Err(SignInFailure::Refused);
        }
        // Whoever asked has given up by then.
        let turn = tokio::time::timeout(self.0.connector.operation_timeout, self.0.binds.acquire());
        let _turn = turn.await.ok().and_then(Result::ok).ok_or(DirectoryError::TimedOut)?;
        let mut connected = self.spare_connection().await?;
        let mut proven = self.bind_as_person(&mut connected.ldap, candidate, password).await;
        let is_worth_another = match &proven {
            // A kept connection may have died unnoticed.
            Err(SignInFailure::Unavailable(DirectoryError::Lost(_))) => true,
            Err(SignInFailure::Unavailable(DirectoryError::Busy(_))) => {
                self.forget_connections();
                self.0.connector.turn_away_from(connected.place)
            }
            _ => false,
        };
        if is_worth_another {
            connected = self.0.connector.connect(None).await?;
            proven = self.bind_as_person(&mut connected.ldap, candidate, password).await;
        }
        match &proven {
            // Connections of the same age may have been forgotten on the way as well.
            Err(SignInFailure::Unavailable(DirectoryError::TimedOut)) => self.forget_connections(),
            Err(SignInFailure::Unavailable(_)) => {}
            _ => self.keep_connection(connected),
        }
        proven?;
        match &candidate.person {
            Some(person) => Ok(person.clone()),
            None => self.read(&candidate.dn).await?.ok_or(SignInFailure::Refused),
        }
    }

    async fn bind_as_person(
        &self,
        ldap: &mut Ldap,
        candidate: &Candidate,
        password: &SecretString,
    ) -> Result<(), SignInFailure> {
        let control = RawControl { ctype: password_policy::OID.to_owned(), crit: false, val: None };
        let result = ldap
            .with_timeout(self.0.connector.operation_timeout)
            .with_controls(control)
            .simple_bind(&candidate.dn, password.expose_secret())
            .await
            .map_err(DirectoryError::from)?;
        match password_policy::judge(&result)? {
            Proven::Usable => Ok(()),
            Proven::Password => self.look_at_own_entry(ldap, &candidate.dn).await,
        }
    }

    /// A bind that answers 0 is not by itself proof of a usable account: those who must change their password can bind and do
    /// nothing else (50 or 53). Not being allowed to see the own entry (32, or no entry) is another matter.
    async fn look_at_own_entry(&self, ldap: &Ldap, dn: &str) -> Result<(), SignInFailure> {
        let search =
            Search { base: dn, scope: Scope::Base, filter: "(objectClass=*)", attributes: &["1.1"], size_limit: 1 };
        // A clone has no time-out of its own yet.
        let mut own = ldap.clone();
        own.with_timeout(self.0.connector.operation_timeout);
        match search_on(own, &search).await {
            Ok(_) | Err(DirectoryError::NoSuchObject) => Ok(()),
            Err(DirectoryError::InsufficientAccess | DirectoryError::Other(53)) => {
                Err(SignInFailure::MustChangePassword)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn spare_connection(&self) -> Result<Connected, DirectoryError> {
        loop {
            let spare = self.0.spare.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
            let Some((mut connected, since)) = spare else { return self.0.connector.connect(None).await };
            if since.elapsed() < SPARE_FOR && !connected.ldap.is_closed() {
                return Ok(connected);
            }
        }
    }

    fn keep_connection(&self, connected: Connected) {
        let mut spare = self.0.spare.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if spare.len() < CONCURRENT_BINDS {
            spare.push((connected, Instant::now()));
        }
    }

    fn forget_connections(&self) {
        self.0.spare.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    }
}
