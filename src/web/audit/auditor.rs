//! Who may look, why, and that they looked.

use std::collections::BTreeSet;

use actix_web::HttpRequest;
use serde_json::{Value, json};

use super::reason;
use crate::{
    clock::Instant,
    db::Conn,
    domain::{
        audit::people,
        log::{self, Actor, Kind, Origin, Record},
        roles::Role,
    },
    web::{State, client, error::WebError, member::Member, roles},
};

/// A record about more people than this is stored without company.
const MANY: usize = 1_000;

/// An auditor who has said why.
#[derive(Clone)]
pub(super) struct Auditor {
    pub(super) account_id: String,
    /// As it was given in this session.
    pub(super) reason: String,
    request_id: String,
    now: Instant,
}

impl Auditor {
    /// Lets auditors pass who have given a reason.
    ///
    /// # Errors
    /// 403 without the role, 429 for those who ask too often, and [`WebError::GoTo`] the form for the reason.
    pub(super) async fn admit(request: &HttpRequest, state: &State, member: &Member) -> Result<Self, WebError> {
        state.audit.limit.admit(&member.account.id)?;
        Self::admit_often(request, state, member).await
    }

    /// The same for a page that loads itself again and shows nobody.
    pub(super) async fn admit_often(request: &HttpRequest, state: &State, member: &Member) -> Result<Self, WebError> {
        roles::require(request, state, member, Role::Auditor).await?;
        Ok(Self {
            account_id: member.account.id.clone(),
            reason: reason::given(request)?,
            request_id: client::request_id(request),
            now: state.clock.now(),
        })
    }

    /// Records what was looked at: `detail` must be an object. The people whose data that was find the record under their own
    /// history; the auditor is not one of them, nor is whoever has no account.
    pub(super) async fn note(
        &self,
        state: &State,
        kind: Kind,
        mut detail: Value,
        subjects: BTreeSet<String>,
    ) -> Result<(), WebError> {
        detail["reason"] = json!(self.reason);
        let this = self.clone();
        let is_large = subjects.len() > MANY;
        let record = move |conn: &mut Conn| {
            let known = people::known(conn, &subjects)?;
            let subjects = known.iter().map(String::as_str).filter(|id| *id != this.account_id).collect();
            let origin = Origin { actor: Actor::Account(&this.account_id), request_id: &this.request_id, at: this.now };
            log::append_about(conn, origin, &Record { kind, account_id: None, service: None, detail }, &subjects)
        };
        let database = &state.database;
        Ok(if is_large { database.write_large(record).await } else { database.write(record).await }?)
    }
}
