//! Refused sign-ins in the log: so many a minute that an attack is seen, and no more, so that it does not fill the database.

use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use serde_json::json;

use super::{State, pages::sign_in::SignInProblem};
use crate::{
    clock::Instant,
    db::Conn,
    directory::Candidate,
    domain::{
        accounts,
        log::{self, Actor, Kind, Origin, Record},
    },
};

/// Records per minute and portal; further refusals are counted, and the next record says how many there were.
const A_MINUTE: u32 = 60;

/// How many refusals have been recorded lately.
#[derive(Default)]
pub(super) struct Refusals(Mutex<Minute>);

#[derive(Default)]
struct Minute {
    began: Option<Instant>,
    recorded: u32,
    left_out: u64,
}

impl Refusals {
    /// What to record of this refusal, if anything: why, and how many were left out before it.
    fn admit(&self, problem: SignInProblem, now: Instant) -> Option<(&'static str, u64)> {
        // Before it is counted: what is never recorded takes no record's place.
        let why = why(problem)?;
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.began.is_none_or(|began| now >= began + TimeDelta::minutes(1)) {
            (minute.began, minute.recorded) = (Some(now), 0);
        }
        if minute.recorded >= A_MINUTE {
            minute.left_out += 1;
            return None;
        }
        minute.recorded += 1;
        Some((why, std::mem::take(&mut minute.left_out)))
    }
}

/// Records that the directory refused a sign-in. Names that nobody has are not kept: people type passwords into the wrong field.
pub(super) async fn record(state: &State, request_id: String, candidate: Option<&Candidate>, problem: SignInProblem) {
    let (now, key) = (state.clock.now(), candidate.and_then(Candidate::key).map(str::to_owned));
    let Some((why, left_out)) = state.refusals.admit(problem, now) else { return };
    let write = move |conn: &mut Conn| {
        let account = key.map(|key| accounts::id_of_key(conn, &key)).transpose()?.flatten();
        let origin = Origin { actor: Actor::System, request_id: &request_id, at: now };
        let detail = if left_out > 0 { json!({ "why": why, "left_out": left_out }) } else { json!({ "why": why }) };
        let record = Record { kind: Kind::SignInRefused, account_id: account.as_deref(), service: None, detail };
        log::append(conn, origin, &record)
    };
    if let Err(error) = state.database.write::<(), crate::db::Error>(write).await {
        tracing::error!(event = "sign-in.refusal-not-recorded", reason = %error);
    }
}

/// The word for it in the log; `None` if nothing was decided about anybody.
fn why(problem: SignInProblem) -> Option<&'static str> {
    match problem {
        SignInProblem::MustChangePassword => Some("must-change-password"),
        SignInProblem::PasswordExpired => Some("password-expired"),
        SignInProblem::AccountDisabled => Some("account-disabled"),
        SignInProblem::AccountExpired => Some("account-expired"),
        SignInProblem::Refused => Some("refused"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: SignInProblem = SignInProblem::Refused;

    #[test]
    fn an_attack_is_counted_but_does_not_fill_the_log() {
        let (refusals, start) = (Refusals::default(), Instant::default());
        for _ in 0..A_MINUTE {
            assert_eq!(refusals.admit(REFUSED, start), Some(("refused", 0)));
        }
        for _ in 0..5 {
            assert_eq!(refusals.admit(REFUSED, start + TimeDelta::seconds(59)), None);
        }
        assert_eq!(refusals.admit(REFUSED, start + TimeDelta::seconds(60)), Some(("refused", 5)));
        assert_eq!(refusals.admit(REFUSED, start + TimeDelta::seconds(60)), Some(("refused", 0)));
    }

    #[test]
    fn an_outage_takes_no_records_place_and_forgets_nothing() {
        let (refusals, start) = (Refusals::default(), Instant::default());
        for _ in 0..A_MINUTE {
            assert_eq!(refusals.admit(SignInProblem::DirectoryUnavailable, start), None);
        }
        for _ in 0..A_MINUTE {
            assert_eq!(refusals.admit(REFUSED, start), Some(("refused", 0)));
        }
        assert_eq!(refusals.admit(REFUSED, start), None);
        let later = start + TimeDelta::minutes(1);
        assert_eq!(refusals.admit(SignInProblem::DirectoryUnavailable, later), None);
        assert_eq!(refusals.admit(REFUSED, later), Some(("refused", 1)));
    }
}
