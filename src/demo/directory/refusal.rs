//! An operation's outcome other than success: code and diagnostic message (RFC 4511, section 4.1.9).

use ldap3_proto::proto::{LdapResult, LdapResultCode};

/// Why an operation was refused. Messages follow `OpenLDAP`'s, as clients and people know them.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub code: LdapResultCode,
    pub message: String,
    /// The nearest entry above a name that does not exist.
    pub matched: String,
}

impl Refusal {
    pub fn new(code: LdapResultCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), matched: String::new() }
    }

    pub fn no_such_object() -> Self {
        Self::new(LdapResultCode::NoSuchObject, "")
    }

    pub fn no_access() -> Self {
        Self::new(LdapResultCode::InsufficentAccessRights, "")
    }

    pub fn needs_authentication() -> Self {
        Self::new(LdapResultCode::StrongerAuthRequired, "modifications require authentication")
    }

    pub fn invalid_dn() -> Self {
        Self::new(LdapResultCode::InvalidDNSyntax, "invalid DN")
    }

    pub fn undefined_type(name: &str) -> Self {
        Self::new(LdapResultCode::UndefinedAttributeType, format!("{name}: attribute type undefined"))
    }

    pub fn invalid_value(name: &str, at: usize) -> Self {
        let message = format!("{name}: value #{at} invalid per syntax");
        Self::new(LdapResultCode::InvalidAttributeSyntax, message)
    }
}

/// The result of an operation that returns nothing but its outcome.
pub fn result(outcome: Result<LdapResultCode, Refusal>) -> LdapResult {
    let (code, message, matcheddn) = match outcome {
        Ok(code) => (code, String::new(), String::new()),
        Err(refusal) => (refusal.code, refusal.message, refusal.matched),
    };
    LdapResult { code, matcheddn, message, referral: Vec::new() }
}
