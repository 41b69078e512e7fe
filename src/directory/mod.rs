//! The LDAP client: connections, people, memberships, the admission check, and one taxonomy of errors.

pub mod settings;
