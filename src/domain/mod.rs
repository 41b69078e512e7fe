//! The nouns of Latchkey, their rules, and each noun's own SQL.
//!
//! Nothing here knows of HTTP, LDAP or SMTP.

pub mod catalogue;
pub mod locale;
