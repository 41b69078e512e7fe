//! Request and response controls (RFC 4511, section 4.1.11): paging, permissive modify, password policy.

use ldap3_proto::{
    control::LdapControl,
    proto::{LdapOp, LdapResultCode},
};

use super::refusal::Refusal;

pub const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
pub const PERMISSIVE_MODIFY: &str = "1.2.840.113556.1.4.1413";
pub const PASSWORD_POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";
pub const MANAGE_DSA_IT: &str = "2.16.840.1.113730.3.4.2";

/// The controls of a request that we know.
#[derive(Debug, Default)]
pub struct Controls {
    pub page: Option<Page>,
    pub permissive: bool,
    pub password_policy: bool,
}

/// A page asked for by Simple Paged Results (RFC 2696).
#[derive(Debug)]
pub struct Page {
    /// 0 gives the search up.
    pub size: usize,
    pub cookie: Vec<u8>,
}

/// What the password policy has to say about a bind (draft-behera-ldap-password-policy, section 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyError {
    PasswordExpired = 0,
    AccountLocked = 1,
    ChangeAfterReset = 2,
}

impl Controls {
    /// Sorts the controls of a request; an unknown one is refused if it is critical, else ignored.
    pub fn read(controls: Vec<LdapControl>, operation: &LdapOp) -> Result<Self, Refusal> {
        let mut known = Self::default();
        for control in controls {
            match control {
                LdapControl::SimplePagedResults { size, cookie } => {
                    known.page = Some(Page { size: usize::try_from(size).unwrap_or(0), cookie });
                }
                LdapControl::PasswordPolicyRequest { .. } => known.password_policy = true,
                LdapControl::Unknown { oid, .. }
                    if oid == PERMISSIVE_MODIFY && matches!(operation, LdapOp::ModifyRequest(_)) =>
                {
                    known.permissive = true;
                }
                LdapControl::SyncRequest { criticality: true, .. }
                | LdapControl::AdDirsync { .. }
                | LdapControl::SearchOptions { criticality: true, .. }
                | LdapControl::ShowDeleted { criticality: true }
                | LdapControl::SdFlags { criticality: true, .. }
                | LdapControl::ExtendedDn { criticality: true, .. }
                | LdapControl::Unknown { criticality: true, .. } => {
                    let message = "critical extension is not recognized";
                    return Err(Refusal::new(LdapResultCode::UnavailableCriticalExtension, message));
                }
                _ => {}
            }
        }
        Ok(known)
    }
}

/// The answer to the password-policy control: a sequence, empty or with `error [1] ENUMERATED`.
pub fn policy_response(error: Option<PolicyError>) -> LdapControl {
    let value = match error {
        Some(error) => vec![0x30, 3, 0x81, 1, error as u8],
        None => vec![0x30, 0],
    };
    LdapControl::Unknown { oid: PASSWORD_POLICY.to_owned(), criticality: false, value: Some(value) }
}

/// The answer to the paging control; an empty cookie ends the search.
pub fn page_response(cookie: Vec<u8>) -> LdapControl {
    LdapControl::SimplePagedResults { size: 0, cookie }
}
