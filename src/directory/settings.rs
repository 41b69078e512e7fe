//! How the operator's directory is reached and how people are found in it.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;

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
