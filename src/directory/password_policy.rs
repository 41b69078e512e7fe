//! What a bind's answer says about password and account: the password-policy control (draft-behera-ldap-password-policy)
//! and Active Directory's sub-codes.

use ldap3::{
    LdapResult,
    asn1::{PL, parse_tag},
};

use super::{DirectoryError, SignInFailure};

/// Request and response control.
pub(super) const OID: &str = "1.3.6.1.4.1.42.2.27.8.5.1";

const PASSWORD_EXPIRED: u8 = 0;
const CHANGE_AFTER_RESET: u8 = 2;

/// What a bind that succeeded has proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proven {
    /// The password, and that the policy asks for nothing more: the server answered the control and named no error.
    Usable,
    /// The password. Whether the account may do anything with it the server did not say.
    Password,
}

/// Judges a bind's result. Helpful reasons are given only where the server gives them after a correct password alone:
/// "locked" is said to anybody by all servers, so it stays a plain refusal.
pub(super) fn judge(result: &LdapResult) -> Result<Proven, SignInFailure> {
    match (result.rc, policy(result)) {
        (0, Policy::Error(CHANGE_AFTER_RESET)) => Err(SignInFailure::MustChangePassword),
        (0, Policy::NoError) => Ok(Proven::Usable),
        (0, _) => Ok(Proven::Password),
        (49, Policy::Error(PASSWORD_EXPIRED)) => Err(SignInFailure::PasswordExpired),
        (49, _) => Err(active_directory(&result.text).unwrap_or(SignInFailure::Refused)),
        // Locked and disabled on 389 Directory Server; a DN that no entry can have; no such entry.
        (19 | 32 | 34 | 48 | 53, _) => Err(SignInFailure::Refused),
        (code, _) => Err(SignInFailure::Unavailable(DirectoryError::from_code(code))),
    }
}

/// `data 533` and the like in the diagnostic message. 775 (locked) also follows a wrong password, so it is not told.
fn active_directory(text: &str) -> Option<SignInFailure> {
    let code = text.split("data ").nth(1)?.split(|c: char| !c.is_ascii_hexdigit()).next()?;
    match code {
        "532" => Some(SignInFailure::PasswordExpired),
        "533" => Some(SignInFailure::AccountDisabled),
        "701" => Some(SignInFailure::AccountExpired),
        "773" => Some(SignInFailure::MustChangePassword),
        _ => None,
    }
}

/// What the server says about the policy.
enum Policy {
    /// Nothing, or nothing that can be read.
    Silent,
    NoError,
    Error(u8),
}

/// The answer to the control: `PasswordPolicyResponseValue ::= SEQUENCE { warning [0] …, error [1] ENUMERATED OPTIONAL }`.
fn policy(result: &LdapResult) -> Policy {
    let control = result.ctrls.iter().find(|control| control.1.ctype == OID);
    let value = control.and_then(|control| control.1.val.as_ref()).and_then(|value| parse_tag(value).ok());
    let Some(PL::C(parts)) = value.map(|(_, sequence)| sequence.payload) else { return Policy::Silent };
    match parts.into_iter().find(|part| part.id == 1).map(|error| error.payload) {
        None => Policy::NoError,
        Some(PL::P(bytes)) => bytes.first().map_or(Policy::Silent, |error| Policy::Error(*error)),
        Some(PL::C(_)) => Policy::Silent,
    }
}

#[cfg(test)]
mod tests {
    use ldap3::controls::{Control, RawControl};

    use super::*;

    fn result(rc: u32, text: &str, policy: Option<&[u8]>) -> LdapResult {
        let ctrls = policy
            .map(|value| Control(None, RawControl { ctype: OID.into(), crit: false, val: Some(value.to_vec()) }))
            .into_iter()
            .collect();
        LdapResult { rc, matched: String::new(), text: text.into(), refs: Vec::new(), ctrls }
    }

    #[test]
    fn locked_is_never_told() {
        let locked = [0x30, 3, 0x81, 1, 1];
        assert!(matches!(judge(&result(49, "", Some(&locked))), Err(SignInFailure::Refused)));
        assert!(matches!(judge(&result(49, "data 775, v4563", None)), Err(SignInFailure::Refused)));
        assert!(matches!(
            judge(&result(19, "Exceed password retry limit", Some(&locked))),
            Err(SignInFailure::Refused)
        ));
    }

    #[test]
    fn reasons_that_need_the_right_password_are_told() {
        let expired = [0x30, 3, 0x81, 1, 0];
        let reset = [0x30, 3, 0x81, 1, 2];
        assert!(matches!(judge(&result(49, "", Some(&expired))), Err(SignInFailure::PasswordExpired)));
        assert!(matches!(judge(&result(0, "", Some(&reset))), Err(SignInFailure::MustChangePassword)));
        let said = "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 533, v4563";
        assert!(matches!(judge(&result(49, said, None)), Err(SignInFailure::AccountDisabled)));
    }

    #[test]
    fn a_warning_and_rubbish_are_not_errors() {
        let grace = [0x30, 5, 0xa0, 3, 0x81, 1, 1];
        assert!(matches!(judge(&result(0, "", Some(&grace))), Ok(Proven::Usable)));
        assert!(matches!(judge(&result(0, "", Some(&[0x30, 200]))), Ok(Proven::Password)));
    }

    #[test]
    fn an_account_is_usable_by_the_word_of_the_policy_only() {
        let proven = |policy| judge(&result(0, "", policy));
        assert!(matches!(proven(Some(&[0x30, 0])), Ok(Proven::Usable)));
        // An error that is not known here, one without a value, one in a form of its own; and no answer.
        let unclear: [&[u8]; 4] = [&[0x30, 3, 0x81, 1, 7], &[0x30, 2, 0x81, 0], &[0x30, 2, 0xa1, 0], &[]];
        for policy in unclear {
            assert!(matches!(proven(Some(policy)), Ok(Proven::Password)), "{policy:?}");
        }
        assert!(matches!(proven(None), Ok(Proven::Password)));
    }
}
