//! A directory that refuses for good: put off, and recorded once.

use serde_json::json;

use crate::{
    clock::Instant,
    db::{Conn, Error},
    domain::{
        log::{self, Actor, Kind, Origin, Record},
        outbox::{self, Delay, Effect, Entry},
    },
};

/// Puts an entry off; that the directory refuses it is recorded when it is set aside, not at every attempt.
pub(super) fn postpone(conn: &mut Conn, entry: &Entry, delay: Delay<'_>, now: Instant) -> Result<(), Error> {
    let is_news = delay.needs_operator && entry.effect == Effect::Membership && !outbox::is_set_aside(conn, &entry.id)?;
    let is_ours = outbox::postpone(conn, entry, delay, now)?;
    if !(is_ours && is_news) {
        return Ok(());
    }
    let origin = Origin { actor: Actor::System, request_id: &entry.id, at: now };
    let record = Record {
        kind: Kind::MembershipRefused,
        account_id: Some(&entry.account.id),
        service: Some(&entry.service),
        detail: json!({ "trouble": delay.trouble }),
    };
    log::append(conn, origin, &record)
}
