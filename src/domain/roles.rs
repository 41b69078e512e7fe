//! What a person may do besides their own pages. Roles come from the directory: there is no table of them here.

use diesel::prelude::*;
use serde_json::json;

use crate::{
    db::{Conn, Error, schema::log_records},
    domain::{
        accounts,
        log::{self, Kind, Origin, Record},
    },
};

/// One role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Searches and exports the log, with a reason.
    Auditor,
    /// Publishes new versions of terms.
    TermsEditor,
    /// Sees who of the own courses has activated a service.
    Lecturer,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Auditor, Self::TermsEditor, Self::Lecturer];

    /// The stable name, in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::TermsEditor => "terms-editor",
            Self::Lecturer => "lecturer",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    pub const NONE: Self = Self(0);

    pub fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    #[must_use]
    pub fn with(self, role: Role) -> Self {
        Self(self.0 | role.bit())
    }

    /// The stable names of the roles in the set, in the order of [`Role::ALL`].
    pub fn names(self) -> Vec<&'static str> {
        Role::ALL.into_iter().filter(|role| self.has(*role)).map(Role::name).collect()
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<T: IntoIterator<Item = Role>>(roles: T) -> Self {
        roles.into_iter().fold(Self::NONE, Self::with)
    }
}

/// The roles that the log last stated for this account; none if it never stated any.
pub fn recorded(conn: &mut Conn, account_id: &str) -> Result<Roles, Error> {
    let detail: Option<String> = log_records::table
        .filter(log_records::account_id.eq(account_id).and(log_records::kind.eq(Kind::RolesChanged.name())))
        .order(log_records::id.desc())
        .select(log_records::detail)
        .first(conn)
        .optional()?;
    let detail: serde_json::Value = detail.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let names: Vec<&str> = detail["to"].as_array().into_iter().flatten().filter_map(|name| name.as_str()).collect();
    Ok(Role::ALL.into_iter().filter(|role| names.contains(&role.name())).collect())
}

/// States in the log that the directory now gives this account other roles, if that is so.
pub fn record_change(conn: &mut Conn, origin: Origin<'_>, account_id: &str, now: Roles) -> Result<(), Error> {
    accounts::lock(conn, account_id)?;
    let before = recorded(conn, account_id)?;
    if before == now {
        return Ok(());
    }
    let detail = json!({ "from": before.names(), "to": now.names() });
    log::append(conn, origin, &Record { kind: Kind::RolesChanged, account_id: Some(account_id), service: None, detail })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        let roles: Roles = [Role::Lecturer, Role::Auditor, Role::Lecturer].into_iter().collect();
        assert!(roles.has(Role::Auditor) && roles.has(Role::Lecturer) && !roles.has(Role::TermsEditor));
        assert_eq!(roles.names(), ["auditor", "lecturer"]);
        assert_eq!(Roles::NONE.names(), Vec::<&str>::new());
    }
}
