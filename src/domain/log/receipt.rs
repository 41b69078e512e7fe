//! Receipts: what a person keeps to prove, without us, that this was accepted or withdrawn.
//!
//! The document has the fields of the Kantara consent receipt 1.1 where they fit, and besides the sealed record, its inclusion proof
//! and the signed head. It holds no name: the person is a commitment, which only who has the receipt can open.

use chrono::TimeDelta;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    head::{BadHead, Head, PublicKey, SignedHead},
    leaf::{FORMAT as LEAF, Row, parse_time, time},
    people::{self, Opening},
    stored, tree,
};
use crate::{
    chance,
    clock::Instant,
    db::{Conn, Error, schema::log_records},
    domain::{
        acceptances::{self, History},
        catalogue::Service,
        locale::Locale,
        portal::Portal,
    },
};

/// Names the form of the document.
pub const FORMAT: &str = "latchkey-receipt-v1";

/// What a receipt is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    TermsAccepted,
    AcceptanceWithdrawn,
}

/// What is known about a receipt.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub number: String,
    pub event: Event,
    pub service: String,
    pub at: Instant,
    /// The version that was accepted or that ended, and the SHA-256 of its text; `None` if there was none.
    pub terms: Option<(i32, String)>,
    /// The language in which the text was shown.
    pub locale: Locale,
    /// Why an acceptance ended.
    pub cause: Option<String>,
    pub opening: Option<Opening>,
    /// `None` until it is sealed.
    pub seal: Option<Seal>,
}

/// That a record is in the log.
#[derive(Clone, Debug)]
pub struct Seal {
    pub record_id: String,
    pub leaf: String,
    pub commitment: String,
    pub place: u64,
    pub path: Vec<tree::Hash>,
    pub head: SignedHead,
}

/// The receipt of this number, if it is the account's.
pub fn find(conn: &mut Conn, account_id: &str, number: &str) -> Result<Option<Receipt>, Error> {
    let history = acceptances::history(conn, account_id)?;
    let Some(mut receipt) = of_history(&history, number) else { return Ok(None) };
    let known = people::load(conn, [account_id])?.remove(account_id);
    let commitment = known.as_ref().and_then(|known| known.commitment.clone());
    receipt.opening = known.and_then(|known| known.opening);
    if let Some(commitment) = commitment
        && let Some(row) = record(conn, account_id, &receipt)?
    {
        receipt.seal = seal(conn, &row, commitment)?;
    }
    Ok(Some(receipt))
}

fn of_history(history: &History, number: &str) -> Option<Receipt> {
    let receipt = |event, service: &str, at| Receipt {
        number: number.to_owned(),
        event,
        service: service.to_owned(),
        at,
        terms: None,
        locale: Locale::De,
        cause: None,
        opening: None,
        seal: None,
    };
    let terms = |a: &acceptances::Acceptance| (Some((a.number, a.digest.clone())), Locale::from_code(&a.locale));
    if let Some(accepted) = history.acceptances.iter().find(|a| a.receipt == number) {
        let (terms, locale) = terms(accepted);
        let receipt = receipt(Event::TermsAccepted, &accepted.service, accepted.accepted_at);
        return Some(Receipt { terms, locale: locale.unwrap_or(Locale::De), ..receipt });
    }
    let withdrawn = history.withdrawals.iter().find(|w| w.receipt == number)?;
    let ended = history.acceptances.iter().find(|a| withdrawn.acceptance_id.as_deref() == Some(&a.id));
    let (terms, locale) = ended.map(terms).unwrap_or_default();
    let receipt = receipt(Event::AcceptanceWithdrawn, &withdrawn.service, withdrawn.withdrawn_at);
    Some(Receipt { terms, locale: locale.unwrap_or(Locale::De), cause: Some(withdrawn.cause.clone()), ..receipt })
}

/// The record of a receipt: among those of the account that were written in the same millisecond, the one with its number.
fn record(conn: &mut Conn, account_id: &str, receipt: &Receipt) -> Result<Option<Row>, Error> {
    let (from, to) = (chance::first_id(receipt.at), chance::first_id(receipt.at + TimeDelta::milliseconds(1)));
    let rows: Vec<Row> = log_records::table
        .filter(log_records::account_id.eq(account_id))
        .filter(log_records::id.ge(from).and(log_records::id.lt(to)))
        .select(Row::as_select())
        .load(conn)?;
    let is_meant = |row: &Row| {
        serde_json::from_str::<Value>(&row.detail).is_ok_and(|detail| detail["receipt"] == receipt.number.as_str())
    };
    Ok(rows.into_iter().find(is_meant))
}

fn seal(conn: &mut Conn, row: &Row, commitment: String) -> Result<Option<Seal>, Error> {
    let Some(place) = stored::place(conn, &row.id)? else { return Ok(None) };
    let Some(head) = stored::head_over(conn, place)? else { return Ok(None) };
    let people = people::load(conn, row.people())?;
    let leaf = row.leaf(|person| people.get(person)?.commitment.clone());
    let path = stored::inclusion_proof(conn, place, head.head.size)?;
    Ok(Some(Seal { record_id: row.id.clone(), leaf, commitment, place, path, head }))
}

/// The receipt as a file. The names are those of the Kantara consent receipt 1.1; what it does not know stands under `latchkey`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    version: String,
    /// ISO 3166-1; receipts of older portals have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jurisdiction: Option<String>,
    /// Seconds since 1970.
    consent_timestamp: i64,
    collection_method: String,
    #[serde(rename = "consentReceiptID")]
    consent_receipt_id: String,
    public_key: String,
    language: String,
    pii_principal_id: String,
    pii_controllers: Vec<Controller>,
    policy_url: Option<String>,
    services: Vec<Purposes>,
    sensitive: bool,
    latchkey: Evidence,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Controller {
    pii_controller: String,
    pii_controller_url: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Purposes {
    service: String,
    purposes: Vec<Purpose>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Purpose {
    #[serde(rename = "purpose")]
    text: String,
    consent_type: String,
    /// Where it is withdrawn.
    termination: String,
}

/// What is proven.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Evidence {
    format: String,
    event: Event,
    at: String,
    service: String,
    terms_version: Option<i32>,
    terms_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    /// What opens `piiPrincipalId`.
    opening: Option<OpeningText>,
    /// The sealed bytes.
    leaf: String,
    leaf_index: u64,
    tree_size: u64,
    /// Hexadecimal, from the leaf up (RFC 9162, section 2.1.3).
    inclusion_path: Vec<String>,
    head: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OpeningText {
    salt: String,
    directory_key: String,
    account_id: String,
}

impl Receipt {
    /// The document; `None` until the record is sealed with one of these keys. `service` is what the catalogue says.
    pub fn document(&self, portal: &Portal, service: Option<&Service>, keys: &[PublicKey]) -> Option<Document> {
        let seal = self.seal.as_ref()?;
        let key = keys.iter().find(|key| key.id() == seal.head.head.key_id)?;
        let locale = self.locale;
        let named = service.map_or(self.service.as_str(), |service| service.name.get(locale));
        let purpose = Purpose {
            text: service.map(|service| service.purpose.get(locale).to_owned()).unwrap_or_default(),
            consent_type: "EXPLICIT".to_owned(),
            termination: portal.address("/profile/permissions").get(locale).to_owned(),
        };
        let terms_url = |(number, _): &(i32, String)| policy_path(&self.service, *number);
        Some(Document {
            version: "KI-CR-v1.1.0".to_owned(),
            jurisdiction: Some(portal.jurisdiction.clone()),
            consent_timestamp: self.at.and_utc().timestamp(),
            collection_method: "form of the account portal, signed in with the organisation's account".to_owned(),
            consent_receipt_id: self.number.clone(),
            public_key: key.to_line(),
            language: locale.code().to_owned(),
            pii_principal_id: seal.commitment.clone(),
            pii_controllers: vec![Controller {
                pii_controller: portal.organisation.get(locale).to_owned(),
                pii_controller_url: portal.address("/privacy").get(locale).to_owned(),
            }],
            policy_url: self.terms.as_ref().map(terms_url).map(|path| portal.address(&path).get(locale).to_owned()),
            services: vec![Purposes { service: named.to_owned(), purposes: vec![purpose] }],
            sensitive: false,
            latchkey: self.evidence(seal),
        })
    }

    fn evidence(&self, seal: &Seal) -> Evidence {
        let opening = self.opening.clone().map(|Opening { salt, directory_key, account_id }| OpeningText {
            salt,
            directory_key,
            account_id,
        });
        Evidence {
            format: FORMAT.to_owned(),
            event: self.event,
            at: time(self.at),
            service: self.service.clone(),
            terms_version: self.terms.as_ref().map(|(number, _)| *number),
            terms_sha256: self.terms.as_ref().map(|(_, digest)| digest.clone()),
            cause: self.cause.clone(),
            opening,
            leaf: seal.leaf.clone(),
            leaf_index: seal.place,
            tree_size: seal.head.head.size,
            inclusion_path: seal.path.iter().map(hex::encode).collect(),
            head: seal.head.note.clone(),
        }
    }
}

fn policy_path(service: &str, number: i32) -> String {
    format!("/terms/{service}/{number}")
}

/// Why a receipt proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReceipt {
    #[error("this is no receipt of the kind {FORMAT}")]
    Form,
    #[error("its tree head cannot be believed: {0}")]
    Head(#[from] BadHead),
    #[error("its record is not in the log that was signed")]
    NotIncluded,
    #[error("{0} is not what the sealed record says")]
    Differs(&'static str),
    #[error("salt, directory key and account do not lead to piiPrincipalId")]
    Opening,
}

impl Document {
    pub fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string_pretty(self).map(|json| json + "\n").map_err(|error| Error::Broken(error.to_string()))
    }

    /// Reads a receipt; nothing about it is proven afterwards.
    pub fn parse(json: &str) -> Result<Self, BadReceipt> {
        let document: Self = serde_json::from_str(json).map_err(|_| BadReceipt::Form)?;
        if document.latchkey.format == FORMAT { Ok(document) } else { Err(BadReceipt::Form) }
    }

    /// Proves the receipt with the log's public key and nothing else: the head is signed, the record is in the log, and what the
    /// receipt says for people to read is what the record says. Returns the head.
    pub fn verify(&self, key: &PublicKey) -> Result<Head, BadReceipt> {
        let evidence = &self.latchkey;
        let signed = SignedHead::parse(&evidence.head)?;
        signed.verify(std::slice::from_ref(key))?;
        let path: Option<Vec<tree::Hash>> =
            evidence.inclusion_path.iter().map(|hash| hex::decode(hash).ok()?.try_into().ok()).collect();
        let leaf = tree::leaf_hash(evidence.leaf.as_bytes());
        let head = signed.head;
        let is_included = evidence.tree_size == head.size
            && tree::verify_inclusion(leaf, evidence.leaf_index, head.size, &path.ok_or(BadReceipt::Form)?, &head.root);
        if !is_included {
            return Err(BadReceipt::NotIncluded);
        }
        self.agrees_with_record(key)?;
        Ok(head)
    }

    fn agrees_with_record(&self, key: &PublicKey) -> Result<(), BadReceipt> {
        let evidence = &self.latchkey;
        let record: Value = serde_json::from_str(&evidence.leaf).map_err(|_| BadReceipt::Form)?;
        let detail = &record["detail"];
        let at = record["at"].as_str().and_then(parse_time).ok_or(BadReceipt::Form)?;
        let policy = evidence.terms_version.map(|number| policy_path(&evidence.service, number));
        let url_fits = match (&self.policy_url, &policy) {
            (Some(url), Some(path)) => url.ends_with(path),
            (url, path) => url.is_none() && path.is_none(),
        };
        let kind = serde_json::to_value(evidence.event).unwrap_or_default();
        let is_acceptance = evidence.event == Event::TermsAccepted;
        let number = |number: Option<i32>| number.map_or(Value::Null, Value::from);
        let text = |text: Option<&String>| text.map_or(Value::Null, |text| text.as_str().into());
        let comparisons = [
            ("the form of the record", record["format"] == LEAF),
            ("latchkey.event", record["kind"] == kind),
            ("latchkey.at", record["at"] == evidence.at.as_str()),
            ("consentTimestamp", self.consent_timestamp == at.and_utc().timestamp()),
            ("consentReceiptID", detail["receipt"] == self.consent_receipt_id.as_str()),
            ("piiPrincipalId", record["account"] == format!("person:{}", self.pii_principal_id)),
            ("latchkey.service", record["service"] == evidence.service.as_str()),
            ("latchkey.termsVersion", detail["version"] == number(evidence.terms_version)),
            ("latchkey.termsSha256", !is_acceptance || detail["sha256"] == text(evidence.terms_sha256.as_ref())),
            ("language", !is_acceptance || detail["locale"] == self.language.as_str()),
            ("latchkey.cause", detail["cause"] == text(evidence.cause.as_ref())),
            ("policyUrl", url_fits),
            ("publicKey", self.public_key == key.to_line()),
        ];
        if let Some((field, _)) = comparisons.iter().find(|(_, agrees)| !agrees) {
            return Err(BadReceipt::Differs(field));
        }
        let opens = evidence.opening.as_ref().is_none_or(|opening| opening.commitment() == self.pii_principal_id);
        if opens { Ok(()) } else { Err(BadReceipt::Opening) }
    }

    /// What is proven, line by line, for people.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let evidence = &self.latchkey;
        let kind = match evidence.event {
            Event::TermsAccepted => "terms accepted",
            Event::AcceptanceWithdrawn => "acceptance withdrawn",
        };
        let terms = evidence.terms_version.map(|number| format!("version {number}"));
        let mut facts = vec![
            ("Receipt", self.consent_receipt_id.clone()),
            ("What", kind.to_owned()),
            ("When", evidence.at.clone()),
            ("Service", evidence.service.clone()),
            ("Terms", terms.unwrap_or_else(|| "none".to_owned())),
        ];
        if let Some(digest) = evidence.terms_sha256.as_ref().filter(|_| evidence.event == Event::TermsAccepted) {
            facts.push(("Text", format!("SHA-256 {digest}")));
        }
        facts.push(match &evidence.opening {
            Some(opening) => ("Person", format!("{} (account {})", opening.directory_key, opening.account_id)),
            None => ("Person", "not told".to_owned()),
        });
        facts
    }
}

impl OpeningText {
    fn commitment(&self) -> String {
        let Self { salt, directory_key, account_id } = self.clone();
        Opening { salt, directory_key, account_id }.commitment()
    }
}
