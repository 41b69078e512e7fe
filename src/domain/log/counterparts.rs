//! Acceptances and withdrawals have rows of their own besides their records: both must say the same, and neither may be alone.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use serde_json::Value;

use super::{Kind, leaf::Row};
use crate::{
    clock::Instant,
    db::{
        Conn, Error,
        schema::{acceptances, log_records, withdrawals},
    },
};

/// What record and row have in common, by the receipt's number.
#[derive(Debug, PartialEq, Eq)]
struct Common {
    account_id: String,
    service: String,
    at: Instant,
    /// Language and digest of what was accepted, or the cause of the end.
    words: Vec<String>,
}

/// Which of these records have no row that says the same.
pub fn alone(conn: &mut Conn, rows: &[&Row]) -> Result<HashSet<String>, Error> {
    let mut alone = HashSet::new();
    for (kind, words) in [(Kind::TermsAccepted, &["locale", "sha256"][..]), (Kind::AcceptanceWithdrawn, &["cause"])] {
        let recorded: HashMap<&str, (String, Option<Common>)> = rows
            .iter()
            .filter(|row| row.kind == kind.name())
            .map(|row| {
                let (receipt, common) = of_record(row, words);
                (row.id.as_str(), (receipt, common))
            })
            .collect();
        if recorded.is_empty() {
            continue;
        }
        let receipts = recorded.values().map(|(receipt, _)| receipt.as_str()).collect();
        let stored = if kind == Kind::TermsAccepted { accepted(conn, receipts)? } else { withdrawn(conn, receipts)? };
        let fits =
            |(receipt, common): &(String, Option<Common>)| common.is_some() && stored.get(receipt) == common.as_ref();
        alone.extend(recorded.iter().filter(|(_, said)| !fits(said)).map(|(id, _)| (*id).to_owned()));
    }
    Ok(alone)
}

/// Whether there are rows that have no record. In this order: whoever is added meanwhile has a record.
pub fn are_rows_alone(conn: &mut Conn) -> Result<bool, Error> {
    let rows: [i64; 2] = [acceptances::table.count().get_result(conn)?, withdrawals::table.count().get_result(conn)?];
    let mut recorded = |kind: Kind| -> Result<i64, Error> {
        Ok(log_records::table.filter(log_records::kind.eq(kind.name())).count().get_result(conn)?)
    };
    Ok(rows[0] > recorded(Kind::TermsAccepted)? || rows[1] > recorded(Kind::AcceptanceWithdrawn)?)
}

/// The receipt's number in a record, and what it says; `None` if it does not say everything.
fn of_record(row: &Row, words: &[&str]) -> (String, Option<Common>) {
    let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
    let word = |name: &&str| detail.get(*name).and_then(Value::as_str).map(str::to_owned);
    let common = || {
        Some(Common {
            account_id: row.account_id.clone()?,
            service: row.service.clone()?,
            at: row.at,
            words: words.iter().map(word).collect::<Option<_>>()?,
        })
    };
    (word(&"receipt").unwrap_or_default(), common())
}

fn accepted(conn: &mut Conn, receipts: Vec<&str>) -> Result<HashMap<String, Common>, Error> {
    let rows: Vec<(String, String, String, Instant, String, String)> = acceptances::table
        .filter(acceptances::receipt.eq_any(receipts))
        .select((
            acceptances::receipt,
            acceptances::account_id,
            acceptances::service,
            acceptances::accepted_at,
            acceptances::locale,
            acceptances::digest,
        ))
        .load(conn)?;
    let common = |(receipt, account_id, service, at, locale, digest)| {
        (receipt, Common { account_id, service, at, words: vec![locale, digest] })
    };
    Ok(rows.into_iter().map(common).collect())
}

fn withdrawn(conn: &mut Conn, receipts: Vec<&str>) -> Result<HashMap<String, Common>, Error> {
    let rows: Vec<(String, String, String, Instant, String)> = withdrawals::table
        .filter(withdrawals::receipt.eq_any(receipts))
        .select((
            withdrawals::receipt,
            withdrawals::account_id,
            withdrawals::service,
            withdrawals::withdrawn_at,
            withdrawals::cause,
        ))
        .load(conn)?;
    let common =
        |(receipt, account_id, service, at, cause)| (receipt, Common { account_id, service, at, words: vec![cause] });
    Ok(rows.into_iter().map(common).collect())
}
