//! Everything that is stored about one person, for that person (GDPR, articles 15 and 20).

use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;

use crate::{
    clock::Instant,
    db::{
        Conn, Error,
        schema::{accounts, log_records, log_subjects, reminders, sessions, terms_notices, terms_versions, uploads},
    },
    domain::{acceptances, entitlements, uploads::KeptList},
};

/// The data, in the form of the file that people download. Times are UTC.
#[derive(Clone, Debug, Serialize)]
pub struct OwnData {
    pub account: OwnAccount,
    pub acceptances: Vec<OwnAcceptance>,
    pub withdrawals: Vec<OwnWithdrawal>,
    pub services: Vec<OwnService>,
    pub sessions: Vec<OwnSession>,
    /// Mails that asked for the acceptance of new terms.
    pub requests_to_accept: Vec<OwnRequest>,
    /// A list that the person uploaded and that is kept; it names others, so only its size is told.
    pub uploaded_lists: Vec<OwnList>,
    /// Reminders to classes that are kept, with the person's own words.
    pub reminders: Vec<OwnReminder>,
    /// Records of the log about the person or of what the person did, newest first.
    pub log: Vec<OwnRecord>,
}

#[derive(Clone, Debug, Serialize, Queryable)]
pub struct OwnAccount {
    pub id: String,
    /// The key under which the directory knows the person.
    pub directory_key: Option<String>,
    pub username: String,
    pub distinguished_name: String,
    pub display_name: String,
    pub mail: Option<String>,
    #[serde(serialize_with = "lines")]
    pub affiliations: String,
    pub language: String,
    pub first_seen_at: Instant,
    /// When the person last signed in, or pressed "Change permission" after name, address or language had changed.
    pub last_seen_at: Instant,
}

#[derive(Clone, Debug, Serialize)]
pub struct OwnAcceptance {
    pub service: String,
    pub version: i32,
    pub language: String,
    /// Of the text that was shown.
    pub sha256: String,
    pub receipt: String,
    pub at: Instant,
}

#[derive(Clone, Debug, Serialize)]
pub struct OwnWithdrawal {
    pub service: String,
    pub cause: String,
    pub receipt: String,
    pub at: Instant,
}

#[derive(Clone, Debug, Serialize)]
pub struct OwnService {
    pub service: String,
    pub is_granted: bool,
    pub cause: String,
    pub decided_at: Instant,
    /// When the directory last showed a decision.
    pub written_at: Option<Instant>,
}

#[derive(Clone, Debug, Serialize, Queryable)]
pub struct OwnSession {
    pub device: String,
    pub started_at: Instant,
    pub last_used_at: Instant,
    pub ends_at: Instant,
}

#[derive(Clone, Debug, Serialize, Queryable)]
pub struct OwnRequest {
    pub service: String,
    pub version: i32,
    pub stage: String,
    pub at: Instant,
}

#[derive(Clone, Debug, Serialize)]
pub struct OwnList {
    pub service: String,
    pub lines: u64,
    pub uploaded_at: Instant,
    pub kept_until: Instant,
}

#[derive(Clone, Debug, Serialize, Queryable)]
pub struct OwnReminder {
    pub service: String,
    pub course: String,
    pub text_de: String,
    pub text_en: String,
    /// How many were written to.
    pub people: i32,
    pub at: Instant,
    pub kept_until: Instant,
}

/// Who acted, as far as it is the person's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    Yourself,
    /// Somebody else who signed in, by their role.
    SomebodyElse,
    Operator,
    System,
}

#[derive(Clone, Debug, Serialize)]
pub struct OwnRecord {
    pub id: String,
    pub at: Instant,
    pub kind: String,
    pub by: By,
    pub service: Option<String>,
    /// What else the record states; of what others did, only why, or in which course.
    pub detail: Value,
}

type RecordRow = (String, Instant, String, String, Option<String>, Option<String>, String);

/// Reads everything about one account; `None` if there is no such account.
pub fn read(conn: &mut Conn, account_id: &str) -> Result<Option<OwnData>, Error> {
    let account: Option<OwnAccount> = accounts::table
        .find(account_id)
        .select((
            accounts::id,
            accounts::directory_key,
            accounts::username,
            accounts::dn,
            accounts::display_name,
            accounts::mail,
            accounts::affiliations,
            accounts::locale,
            accounts::created_at,
            accounts::seen_at,
        ))
        .first(conn)
        .optional()?;
    let Some(account) = account else { return Ok(None) };
    let history = acceptances::history(conn, account_id)?;
    Ok(Some(OwnData {
        account,
        acceptances: history.acceptances.into_iter().map(acceptance).collect(),
        withdrawals: history.withdrawals.into_iter().map(withdrawal).collect(),
        services: entitlements::of_account(conn, account_id)?.into_iter().map(service).collect(),
        sessions: sessions(conn, account_id)?,
        requests_to_accept: requests(conn, account_id)?,
        uploaded_lists: lists(conn, account_id)?,
        reminders: reminders(conn, account_id)?,
        log: records(conn, account_id)?,
    }))
}

fn acceptance(this: acceptances::Acceptance) -> OwnAcceptance {
    let acceptances::Acceptance { service, number, locale, digest, receipt, accepted_at, .. } = this;
    OwnAcceptance { service, version: number, language: locale, sha256: digest, receipt, at: accepted_at }
}

fn withdrawal(this: acceptances::Withdrawal) -> OwnWithdrawal {
    let acceptances::Withdrawal { service, cause, receipt, withdrawn_at, .. } = this;
    OwnWithdrawal { service, cause, receipt, at: withdrawn_at }
}

fn service(this: entitlements::Entitlement) -> OwnService {
    let entitlements::Entitlement { service, wanted, cause, changed_at, applied_at, .. } = this;
    OwnService { service, is_granted: wanted, cause, decided_at: changed_at, written_at: applied_at }
}

fn sessions(conn: &mut Conn, account_id: &str) -> Result<Vec<OwnSession>, Error> {
    Ok(sessions::table
        .filter(sessions::account_id.eq(account_id))
        .order(sessions::last_used_at.desc())
        .select((sessions::agent, sessions::started_at, sessions::last_used_at, sessions::ends_at))
        .load(conn)?)
}

fn requests(conn: &mut Conn, account_id: &str) -> Result<Vec<OwnRequest>, Error> {
    Ok(terms_notices::table
        .inner_join(terms_versions::table)
        .filter(terms_notices::account_id.eq(account_id))
        .order((terms_notices::at.desc(), terms_notices::stage))
        .select((terms_versions::service, terms_versions::number, terms_notices::stage, terms_notices::at))
        .load(conn)?)
}

fn lists(conn: &mut Conn, account_id: &str) -> Result<Vec<OwnList>, Error> {
    let kept: Vec<(String, String, Instant, Instant)> = uploads::table
        .filter(uploads::account_id.eq(account_id))
        .select((uploads::service, uploads::list, uploads::uploaded_at, uploads::ends_at))
        .load(conn)?;
    let list = |(service, list, uploaded_at, kept_until): (String, String, _, _)| {
        let list: KeptList = serde_json::from_str(&list).map_err(|error| Error::Broken(error.to_string()))?;
        Ok(OwnList { service, lines: list.rows.len() as u64, uploaded_at, kept_until })
    };
    kept.into_iter().map(list).collect()
}

fn reminders(conn: &mut Conn, account_id: &str) -> Result<Vec<OwnReminder>, Error> {
    Ok(reminders::table
        .filter(reminders::account_id.eq(account_id))
        .order(reminders::sent_at.desc())
        .select((
            reminders::service,
            reminders::title,
            reminders::text_de,
            reminders::text_en,
            reminders::people,
            reminders::sent_at,
            reminders::again_at,
        ))
        .load(conn)?)
}

/// Each record once: about the person, by the person, or naming the person among others.
fn records(conn: &mut Conn, account_id: &str) -> Result<Vec<OwnRecord>, Error> {
    let columns = (
        log_records::id,
        log_records::at,
        log_records::kind,
        log_records::actor,
        log_records::account_id,
        log_records::service,
        log_records::detail,
    );
    let named = log_subjects::table.filter(log_subjects::account_id.eq(account_id)).select(log_subjects::record_id);
    let mine = log_records::account_id.eq(account_id).or(log_records::actor.eq(account_id));
    let rows: Vec<RecordRow> = log_records::table
        .filter(mine.assume_not_null().or(log_records::id.eq_any(named)))
        // Ids of one moment come in any order; so do the records of one press, unless their kinds decide.
        .order((log_records::at.desc(), log_records::kind, log_records::id))
        .select(columns)
        .load(conn)?;
    Ok(rows.into_iter().map(|row| record(row, account_id)).collect())
}

fn record((id, at, kind, actor, about, service, detail): RecordRow, account_id: &str) -> OwnRecord {
    let by = match actor.as_str() {
        "operator" => By::Operator,
        "system" => By::System,
        actor if actor == account_id => By::Yourself,
        _ => By::SomebodyElse,
    };
    // What others looked for may name other people; the reason they gave, and in which course, is the person's business.
    let is_own = about.as_deref().is_none_or(|about| about == account_id) && by != By::SomebodyElse;
    let detail: Value = serde_json::from_str(&detail).unwrap_or_default();
    let detail = if is_own { detail } else { told_of_others(&detail) };
    OwnRecord { id, at, kind, by, service, detail }
}

fn told_of_others(detail: &Value) -> Value {
    let told = ["reason", "course"].map(|name| Some((name.to_owned(), detail.get(name)?.clone())));
    let told: serde_json::Map<String, Value> = told.into_iter().flatten().collect();
    if told.is_empty() { Value::Null } else { Value::Object(told) }
}

fn lines<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(text.lines())
}
