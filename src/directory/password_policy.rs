//! What a bind's answer says about password and account: the password-policy control (draft-behera-ldap-password-policy)
//! and Active Directory's sub-codes.

use ldap3::{
    LdapResult,
    asn1::{PL, TagClass, parse_tag},
};

use super::{DirectoryError, SignInFailure};

/// Request and response control.
pub(super) const OID: &str = "1.3.6.1.4.1.42.2.27.8.5.1";

const PASSWORD_EXPIRED: u8 = 0;
const CHANGE_AFTER_RESET: u8 = 2;

const SEQUENCE: u64 = 16;
const TIME_BEFORE_EXPIRATION: u64 = 0;

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
#[derive(Clone, Copy)]
enum Policy {
    /// Nothing, nothing that can be read, or something that may restrict what the account can do.
    Silent,
    NoError,
    Error(u8),
}

/// The answers to the control: of several, as overlays and proxies may give, the strictest.
fn policy(result: &LdapResult) -> Policy {
    let answers = result.ctrls.iter().filter(|control| control.1.ctype == OID);
    let answers = answers.map(|control| control.1.val.as_deref().and_then(answer).unwrap_or(Policy::Silent));
    answers
        .reduce(|one, other| match (one, other) {
            (Policy::Error(CHANGE_AFTER_RESET), _) | (_, Policy::Error(CHANGE_AFTER_RESET)) => {
                Policy::Error(CHANGE_AFTER_RESET)
            }
            (Policy::Error(error), _) | (_, Policy::Error(error)) => Policy::Error(error),
            (Policy::NoError, Policy::NoError) => Policy::NoError,
            _ => Policy::Silent,
        })
        .unwrap_or(Policy::Silent)
}

/// ```text
/// PasswordPolicyResponseValue ::= SEQUENCE {
///     warning [0] CHOICE { timeBeforeExpiration [0] INTEGER, graceAuthNsRemaining [1] INTEGER } OPTIONAL,
///     error   [1] ENUMERATED { … } OPTIONAL }
/// ```
fn answer(value: &[u8]) -> Option<Policy> {
    let ([], sequence) = parse_tag(value).ok()? else { return None };
    let (TagClass::Universal, SEQUENCE, PL::C(parts)) = (sequence.class, sequence.id, sequence.payload) else {
        return None;
    };
    if parts.iter().any(|part| part.id > 1) {
        return None;
    }
    let part = |id| parts.iter().find(|part| part.id == id).map(|part| &part.payload);
    match (part(0), part(1)) {
        (_, Some(PL::P(error))) => error.first().map(|error| Policy::Error(*error)),
        (Some(PL::C(warning)), None) if matches!(&warning[..], [one] if one.id == TIME_BEFORE_EXPIRATION) => {
            Some(Policy::NoError)
        }
        (None, None) => Some(Policy::NoError),
        // A bind that was let through once more, as grace: what else the account may do is another matter. Or nothing that the
        // draft knows.
        _ => None,
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
        assert!(matches!(judge(&result(0, "", Some(&grace))), Ok(Proven::Password)));
        let soon = [0x30, 5, 0xa0, 3, 0x80, 1, 60];
        assert!(matches!(judge(&result(0, "", Some(&soon))), Ok(Proven::Usable)));
        assert!(matches!(judge(&result(0, "", Some(&[0x30, 200]))), Ok(Proven::Password)));
    }

    #[test]
    fn an_account_is_usable_by_the_word_of_the_policy_only() {
        let proven = |policy| judge(&result(0, "", policy));
        assert!(matches!(proven(Some(&[0x30, 0])), Ok(Proven::Usable)));
        // An error that is not known here, one without a value, one in a form of its own; a warning of nothing; what the draft does
        // not know; no sequence; more than one; nothing.
        let unclear: [&[u8]; 8] = [
            &[0x30, 2, 0xa0, 0],
            &[0x30, 3, 0x82, 1, 1],
            &[0x30, 3, 0x81, 1, 7],
            &[0x30, 2, 0x81, 0],
            &[0x30, 2, 0xa1, 0],
            &[0xa1, 3, 0x0a, 1, 2],
            &[0x30, 0, 0x30, 0],
            &[],
        ];
        for policy in unclear {
            assert!(matches!(proven(Some(policy)), Ok(Proven::Password)), "{policy:?}");
        }
        assert!(matches!(proven(None), Ok(Proven::Password)));
    }

    #[test]
    fn of_several_answers_the_strictest_counts() {
        let several = |policies: [&[u8]; 2]| {
            let mut both = result(0, "", Some(policies[0]));
            both.ctrls.extend(result(0, "", Some(policies[1])).ctrls);
            judge(&both)
        };
        let (nothing, reset): (&[u8], &[u8]) = (&[0x30, 0], &[0x30, 3, 0x81, 1, 2]);
        assert!(matches!(several([nothing, nothing]), Ok(Proven::Usable)));
        assert!(matches!(several([nothing, &[]]), Ok(Proven::Password)));
        let other: &[u8] = &[0x30, 3, 0x81, 1, 7];
        for both in [[nothing, reset], [reset, nothing], [&[], reset], [other, reset]] {
            assert!(matches!(several(both), Err(SignInFailure::MustChangePassword)), "{both:?}");
        }
    }
}
