//! Effects owed to the outside, with attempts and next time. A row is deleted when its effect has happened.

use diesel::{dsl::auto_type, prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    chance,
    clock::Instant,
    db::{
        Conn, Error, insert_all, prepared,
        schema::{accounts, outbox},
    },
    domain::{accounts::Account, locale::Locale, terms_notices::Stage},
};

pub use super::leases::Lease;

/// What is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Effect {
    /// The directory shall show what the entitlement says at the time of delivery.
    Membership,
    /// The account's owner shall read what has changed.
    Mail(MailOrder),
    /// The account's owner shall be asked to accept this version of the terms, if that is still needed at the time of delivery.
    AcceptAgain { version_id: String, stage: Stage },
    /// Somebody of a class shall be reminded; owed by the lecturer, since those who are reminded need not have an account.
    Reminder(ReminderOrder),
}

/// The kinds of effects; each is delivered on its own, so that one outside system never waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Membership,
    Mail,
    /// On its own, so that the mails to a large class hold up nobody's confirmation.
    Reminder,
}

impl Kind {
    /// The stable name in the database.
    fn name(self) -> &'static str {
        match self {
            Self::Membership => "membership",
            Self::Mail => "mail",
            Self::Reminder => "reminder",
        }
    }
}

impl Effect {
    fn kind(&self) -> Kind {
        match self {
            Self::Membership => Kind::Membership,
            Self::Mail(_) | Self::AcceptAgain { .. } => Kind::Mail,
            Self::Reminder(_) => Kind::Reminder,
        }
    }
}

/// What a mail has to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailOrder {
    pub news: News,
    pub receipt: String,
    pub at: Instant,
    /// Number of the terms version that was accepted or that ended; `None` if there was none.
    pub terms_number: Option<i32>,
    /// The language that stands first.
    pub locale: Locale,
}

/// Who is reminded of what. No address: the directory is asked for it when the mail is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderOrder {
    /// The id of the reminder ([`crate::domain::reminders`]).
    pub reminder: String,
    /// The person's stable key and DN in the directory.
    pub key: String,
    pub dn: String,
    /// The language that the directory says the person prefers.
    pub language: Option<Locale>,
}

/// What has happened to a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum News {
    Granted,
    AcceptedAgain,
    Withdrawn,
    /// Ended by us because new terms were not accepted in time.
    GraceEnded,
}

/// One thing owed to one account about one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    pub account: Account,
    pub service: String,
    pub effect: Effect,
    pub attempts: i32,
    pub created_at: Instant,
    pub past: Past,
    /// Until when it is whose turn: who holds it no longer leaves it to the next.
    pub lease: Lease,
}

/// What is known of earlier attempts at an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// None of them can have an effect any more.
    Settled,
    /// One was never answered, or whoever made it died: it may still arrive, even after a later one.
    InDoubt,
    /// After one was never answered the effect was seen; now it has to be seen again.
    BeingConfirmed,
}

/// The trouble of an entry whose effect was seen and has to be seen again.
pub const CONFIRMING: &str = "confirming";

/// The trouble of an entry that is being delivered while somebody else has written an older decision.
const OVERTAKEN: &str = "overtaken";

/// An effect that is about to be owed.
#[derive(Clone, Debug)]
pub struct Due<'a> {
    /// Of the entry that it becomes.
    pub id: String,
    service: &'a str,
    effect: Effect,
    lease: Option<&'a Lease>,
    /// An earlier attempt at the same was never answered and may still have its effect.
    in_doubt: bool,
}

impl<'a> Due<'a> {
    /// With a lease it belongs to whoever is about to deliver it.
    pub fn new(service: &'a str, effect: Effect, lease: Option<&'a Lease>, now: Instant) -> Self {
        Self { id: chance::id(now), service, effect, lease, in_doubt: false }
    }

    /// What is known of earlier attempts at the same.
    pub fn past(&self) -> Past {
        if self.in_doubt { Past::InDoubt } else { Past::Settled }
    }
}

/// A directory write in place of all that wait for the same membership: each of them would show what was decided last. Whoever presses
/// again and again while the directory is away owes one write. What somebody is delivering at this moment stays. Ask with the account
/// locked.
pub fn membership<'a>(
    conn: &mut Conn,
    account_id: &str,
    service: &'a str,
    lease: Option<&'a Lease>,
    now: Instant,
) -> Result<Due<'a>, Error> {
    let waiting = outbox::table
        .filter(outbox::kind.eq(Kind::Membership.name()))
        .filter(outbox::account_id.eq(account_id).and(outbox::service.eq(service)))
        .filter(outbox::lease_holder.is_null());
    let replaced: Vec<bool> = diesel::delete(waiting).returning(outbox::in_doubt).get_results(conn)?;
    Ok(Due { in_doubt: replaced.contains(&true), ..Due::new(service, Effect::Membership, lease, now) })
}

/// Owes one more look at a membership, to whoever comes first: somebody has written it whose lease had run out, perhaps after a newer
/// decision was written.
pub fn look_again(conn: &mut Conn, account_id: &str, service: &str, now: Instant) -> Result<(), Error> {
    let due = Due { in_doubt: true, ..Due::new(service, Effect::Membership, None, now) };
    owe_all(conn, account_id, &[due], now)
}

/// Owes an effect, from now on, to whoever comes first.
pub fn owe(conn: &mut Conn, account_id: &str, service: &str, effect: Effect, now: Instant) -> Result<(), Error> {
    owe_all(conn, account_id, &[Due::new(service, effect, None, now)], now)
}

/// Owes all these effects to one account, from now on.
pub fn owe_all(conn: &mut Conn, account_id: &str, due: &[Due<'_>], now: Instant) -> Result<(), Error> {
    let row = |due: &Due<'_>| {
        let payload = serde_json::to_string(&due.effect).map_err(|error| Error::Broken(error.to_string()))?;
        Ok((
            outbox::id.eq(due.id.clone()),
            outbox::kind.eq(due.effect.kind().name()),
            outbox::account_id.eq(account_id.to_owned()),
            outbox::service.eq(due.service.to_owned()),
            outbox::payload.eq(payload),
            outbox::created_at.eq(now),
            outbox::attempts.eq(0),
            outbox::due_at.eq(now),
            outbox::lease_holder.eq(due.lease.map(|lease| lease.holder.clone())),
            outbox::lease_until.eq(due.lease.map(|lease| lease.until)),
            outbox::in_doubt.eq(due.in_doubt),
        ))
    };
    insert_all!(conn, outbox::table, outbox::id, due.iter().map(row).collect::<Result<_, Error>>()?);
    Ok(())
}

/// Whether there is anything of a kind to take; asks without locking anybody out.
pub fn is_due(conn: &mut Conn, kind: Kind, now: Instant) -> Result<bool, Error> {
    let due: Option<String> = outbox::table
        .filter(outbox::kind.eq(kind.name()).and(outbox::due_at.le(now)).and(free(now)))
        .select(outbox::id)
        .first(conn)
        .optional()?;
    Ok(due.is_some())
}

/// Takes up to `limit` entries of a kind that are due and that nobody holds. Two takers never get the same entry: each one is
/// taken by an update that only one of them can win.
pub fn take_due(conn: &mut Conn, kind: Kind, lease: &Lease, limit: i64, now: Instant) -> Result<Vec<Entry>, Error> {
    let candidates: Vec<Candidate> = outbox::table
        .inner_join(accounts::table)
        .filter(outbox::kind.eq(kind.name()).and(outbox::due_at.le(now)).and(free(now)))
        .order((outbox::due_at, outbox::id))
        .limit(limit)
        .select((
            outbox::id,
            Account::as_select(),
            outbox::service,
            outbox::payload,
            outbox::attempts,
            outbox::created_at,
            outbox::in_doubt,
            outbox::trouble,
            outbox::lease_holder,
        ))
        .load(conn)?;
    let mut taken = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let taking = diesel::update(outbox::table.filter(outbox::id.eq(&candidate.id).and(free(now)))).set((
            outbox::lease_holder.eq(&lease.holder),
            outbox::lease_until.eq(lease.until),
            outbox::in_doubt.eq(candidate.past() != Past::Settled),
        ));
        let won: Option<String> = prepared(taking.returning(outbox::id)).get_result(conn).optional()?;
        if won.is_some() {
            taken.push(candidate.taken_under(lease)?);
        }
    }
    Ok(taken)
}

/// A row before it is taken.
#[derive(Queryable)]
struct Candidate {
    id: String,
    account: Account,
    service: String,
    payload: String,
    attempts: i32,
    created_at: Instant,
    in_doubt: bool,
    trouble: Option<String>,
    /// Who held it last and never said what came of it.
    former_holder: Option<String>,
}

impl Candidate {
    fn past(&self) -> Past {
        match self.trouble.as_deref() {
            _ if self.former_holder.is_some() => Past::InDoubt,
            Some(CONFIRMING) => Past::BeingConfirmed,
            _ if self.in_doubt => Past::InDoubt,
            _ => Past::Settled,
        }
    }

    fn taken_under(self, lease: &Lease) -> Result<Entry, Error> {
        let (past, lease) = (self.past(), lease.clone());
        let effect = serde_json::from_str(&self.payload).map_err(|error| Error::Broken(error.to_string()))?;
        let Self { id, account, service, attempts, created_at, .. } = self;
        Ok(Entry { id, account, service, effect, attempts, created_at, past, lease })
    }
}

/// Nobody holds it, or not any more.
#[auto_type(no_type_alias)]
fn free(now: Instant) -> _ {
    outbox::lease_until.is_null().or(outbox::lease_until.lt(now))
}

/// The row of an entry, while the lease under which it was taken holds: once somebody else has taken it, it is theirs.
#[auto_type(no_type_alias)]
fn held(entry: &Entry) -> _ {
    let holder: &str = entry.lease.holder.as_str();
    let until: Instant = entry.lease.until;
    let id: &str = entry.id.as_str();
    outbox::table.filter(outbox::id.eq(id).and(outbox::lease_holder.eq(holder)).and(outbox::lease_until.eq(until)))
}

/// The effect has happened.
pub fn done(conn: &mut Conn, entry: &Entry) -> Result<(), Error> {
    diesel::delete(held(entry)).execute(conn)?;
    Ok(())
}

/// Holds the entry longer. Returns whether it was still held.
pub fn renew(conn: &mut Conn, entry: &Entry, lease: &Lease) -> Result<bool, Error> {
    let renewed = diesel::update(held(entry))
        .set((outbox::lease_holder.eq(&lease.holder), outbox::lease_until.eq(lease.until)))
        .execute(conn)?;
    Ok(renewed == 1)
}

/// Why and for how long an effect is put off.
#[derive(Clone, Copy, Debug)]
pub struct Delay<'a> {
    pub due_at: Instant,
    /// A short stable name for the kind of failure.
    pub trouble: &'a str,
    /// Only the operator can help.
    pub needs_operator: bool,
    /// The attempt was not answered and may still have its effect.
    pub is_unanswered: bool,
}

/// The effect has not happened: it is due again later, for anybody. Returns whether the entry was still held.
pub fn postpone(conn: &mut Conn, entry: &Entry, delay: Delay<'_>, now: Instant) -> Result<bool, Error> {
    let postponed = diesel::update(held(entry))
        .set((
            outbox::attempts.eq(outbox::attempts + 1),
            outbox::due_at.eq(delay.due_at),
            outbox::lease_holder.eq(None::<String>),
            outbox::lease_until.eq(None::<Instant>),
            outbox::trouble.eq(delay.trouble),
            outbox::set_aside_at.eq(delay.needs_operator.then_some(now)),
            // Once in doubt, always in doubt.
            delay.is_unanswered.then(|| outbox::in_doubt.eq(true)),
        ))
        .execute(conn)?;
    Ok(postponed == 1)
}

/// Whether an effect waits for the operator already.
pub fn is_set_aside(conn: &mut Conn, id: &str) -> Result<bool, Error> {
    let since: Option<Option<Instant>> = outbox::table.find(id).select(outbox::set_aside_at).first(conn).optional()?;
    Ok(since.flatten().is_some())
}

/// What the effect needs is not there yet: it is due again later, for anybody, and nothing has failed.
pub fn put_off(conn: &mut Conn, entry: &Entry, due_at: Instant) -> Result<(), Error> {
    let putting_off = diesel::update(held(entry)).set((
        outbox::due_at.eq(due_at),
        outbox::lease_holder.eq(None::<String>),
        outbox::lease_until.eq(None::<Instant>),
    ));
    let _: Option<String> = prepared(putting_off.returning(outbox::id)).get_result(conn).optional()?;
    Ok(())
}

/// Who writes one membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writers {
    /// Only whoever holds this entry.
    Alone,
    /// The same, but an older decision was written meanwhile, perhaps after this one.
    AloneAtLast,
    /// Somebody else, too, or one may still be: then it is theirs to look at it in the end.
    Several,
    /// This entry is held no longer: whoever took it looks at it in the end.
    Others,
}

/// Who is writing the membership of an entry. Ask with the account locked, or two that end at the same moment each leave it to the
/// other.
pub fn writers(conn: &mut Conn, entry: &Entry) -> Result<Writers, Error> {
    let same = outbox::kind
        .eq(Kind::Membership.name())
        .and(outbox::account_id.eq(&entry.account.id))
        .and(outbox::service.eq(&entry.service));
    let owed: Vec<Writing> = outbox::table
        .filter(same)
        .select((outbox::id, outbox::in_doubt, outbox::lease_holder, outbox::lease_until, outbox::trouble))
        .load(conn)?;
    let (own, others): (Vec<_>, Vec<_>) = owed.into_iter().partition(|one| one.id == entry.id);
    let has_others = others.iter().any(|other| other.in_doubt || other.holder.is_some());
    Ok(match own.first().filter(|own| own.is_held_under(&entry.lease)) {
        None => Writers::Others,
        Some(_) if has_others => Writers::Several,
        Some(own) if own.trouble.as_deref() == Some(OVERTAKEN) => Writers::AloneAtLast,
        Some(_) => Writers::Alone,
    })
}

/// What [`writers`] looks at of each entry.
#[derive(Queryable)]
struct Writing {
    id: String,
    in_doubt: bool,
    holder: Option<String>,
    until: Option<Instant>,
    trouble: Option<String>,
}

impl Writing {
    fn is_held_under(&self, lease: &Lease) -> bool {
        self.holder.as_ref() == Some(&lease.holder) && self.until == Some(lease.until)
    }
}

/// The holder of this entry is about to leave it to the others who write the same membership, having written an older decision than
/// they: before theirs or after, nobody knows, so they have to look again.
pub fn unsettle_others(conn: &mut Conn, entry: &Entry) -> Result<(), Error> {
    let others = outbox::table
        .filter(outbox::kind.eq(Kind::Membership.name()).and(outbox::id.ne(&entry.id)))
        .filter(outbox::account_id.eq(&entry.account.id).and(outbox::service.eq(&entry.service)))
        .filter(outbox::lease_holder.is_not_null());
    diesel::update(others).set((outbox::in_doubt.eq(true), outbox::trouble.eq(OVERTAKEN))).execute(conn)?;
    Ok(())
}

/// What is owed to whom and since when, as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Listed {
    pub id: String,
    pub kind: String,
    pub username: String,
    pub service: String,
    pub created_at: Instant,
    pub attempts: i32,
    pub due_at: Instant,
    pub trouble: Option<String>,
    pub set_aside_at: Option<Instant>,
}

/// What is owed, oldest first, up to `limit`.
pub fn list(conn: &mut Conn, limit: i64) -> Result<Vec<Listed>, Error> {
    Ok(outbox::table
        .inner_join(accounts::table)
        .order((outbox::created_at, outbox::id))
        .limit(limit)
        .select((
            outbox::id,
            outbox::kind,
            accounts::username,
            outbox::service,
            outbox::created_at,
            outbox::attempts,
            outbox::due_at,
            outbox::trouble,
            outbox::set_aside_at,
        ))
        .load(conn)?)
}

/// Makes everything due now that has failed before; what is being delivered at this moment is left alone. Returns how many
/// entries that were.
pub fn retry(conn: &mut Conn, now: Instant) -> Result<usize, Error> {
    Ok(diesel::update(outbox::table.filter(outbox::trouble.is_not_null().and(free(now))))
        .set((outbox::due_at.eq(now), outbox::set_aside_at.eq(None::<Instant>)))
        .execute(conn)?)
}

/// How much is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    pub owed: i64,
    pub oldest: Option<Instant>,
    /// How many of these wait for the operator.
    pub set_aside: i64,
}

/// How many effects are owed, since when the oldest, and how many wait for the operator.
pub fn depth(conn: &mut Conn) -> Result<Depth, Error> {
    let (owed, oldest) =
        outbox::table.select((diesel::dsl::count_star(), diesel::dsl::min(outbox::created_at))).first(conn)?;
    let set_aside = outbox::table.filter(outbox::set_aside_at.is_not_null()).count().get_result(conn)?;
    Ok(Depth { owed, oldest, set_aside })
}

#[cfg(test)]
mod tests;
