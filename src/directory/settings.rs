//! How the operator's directory is reached and how people are found in it.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;

use crate::domain::roles::Role;

/// How the directory is reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `ldap://host:port` or `ldaps://host:port`, tried in this order.
    pub urls: Vec<String>,
    /// StartTLS (RFC 4513, section 3) on `ldap://` connections before anything else is sent.
    pub start_tls: bool,
    /// PEM file with the authorities to trust; `None`: those of the operating system.
    pub ca_file: Option<PathBuf>,
    /// The portal's own account.
    pub bind_dn: String,
    pub bind_password: SecretString,
    /// Limit for connecting, TLS handshake included.
    pub connect_timeout: Duration,
    /// Limit for each LDAP operation.
    pub operation_timeout: Duration,
    /// How many values of one group may go in one modify.
    pub most_values_per_modify: usize,
    pub people: People,
    pub roles: Roles,
}

/// How people are found and read.
#[derive(Clone, Debug)]
pub struct People {
    /// Base of the subtree search.
    pub base: String,
    /// Filter with `{username}`, which is replaced by the escaped (RFC 4515) typed name.
    pub filter: String,
    /// With a template such as `uid={username},ou=people,dc=example`, binding comes without a search before it; the
    /// typed name is escaped after RFC 4514.
    pub dn_template: Option<String>,
    /// Stable key: `entryUUID`, `objectGUID`, `nsUniqueId`.
    pub key_attribute: String,
    pub username_attribute: String,
    pub display_name_attribute: String,
    pub mail_attribute: String,
    /// Values are shown as they are, or translated by the page if they are eduPerson's words.
    pub affiliation_attribute: String,
}

/// Who has which role.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    pub auditors: RoleRule,
    pub terms_editors: RoleRule,
    pub lecturers: RoleRule,
    /// The attribute of the groups that names the members: DNs, or usernames in `memberUid`.
    pub group_attribute: String,
}

/// A role belongs to the members of the group and to those whose own entry fits the filter; without either to nobody.
#[derive(Clone, Debug, Default)]
pub struct RoleRule {
    pub group: Option<String>,
    pub filter: Option<String>,
}

impl Roles {
    /// Whether anybody can have a role at all.
    pub fn is_any_granted(&self) -> bool {
        let is_granted = |rule: &RoleRule| rule.group.is_some() || rule.filter.is_some();
        [&self.auditors, &self.terms_editors, &self.lecturers].into_iter().any(is_granted)
    }

    pub fn of(&self, role: Role) -> &RoleRule {
        match role {
            Role::Auditor => &self.auditors,
            Role::TermsEditor => &self.terms_editors,
            Role::Lecturer => &self.lecturers,
        }
    }
}
