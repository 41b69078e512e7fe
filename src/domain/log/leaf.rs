//! The bytes of a record that are sealed: `latchkey-record-v1`, described in docs/LOG.md. They never change for a record.

use std::collections::BTreeSet;

use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::tree::{self, Hash};
use crate::{clock::Instant, db::schema::log_records};

/// Names the form of the bytes; a later form gets another name.
pub const FORMAT: &str = "latchkey-record-v1";

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = log_records)]
pub struct Row {
    pub id: String,
    pub at: Instant,
    pub kind: String,
    pub actor: String,
    pub account_id: Option<String>,
    pub service: Option<String>,
    pub request_id: String,
    /// JSON, as it was written.
    pub detail: String,
}

impl Row {
    /// The ids of the people whom the record names.
    pub fn people(&self) -> BTreeSet<&str> {
        let actor = Some(self.actor.as_str()).filter(|actor| !is_nobody(actor));
        actor.into_iter().chain(self.account_id.as_deref()).collect()
    }

    /// The record's leaf: JSON with fixed keys in a fixed order and no blanks between them. `commitment` tells what stands for a
    /// person. The detail stands last and byte for byte as it is stored, so that two different records never have the same leaf.
    pub fn leaf(&self, commitment: impl Fn(&str) -> Option<String>) -> String {
        let person = |id: &str| match commitment(id) {
            Some(commitment) => format!("person:{commitment}"),
            None => format!("unknown:{}", hex::encode(Sha256::digest(id))),
        };
        let actor = if is_nobody(&self.actor) { self.actor.clone() } else { person(&self.actor) };
        let account = self.account_id.as_deref().map(person);
        format!(
            r#"{{"format":"{FORMAT}","id":{},"at":"{}","kind":{},"actor":{},"account":{},"service":{},"request":{},"detail":{}}}"#,
            quoted(&self.id),
            time(self.at),
            quoted(&self.kind),
            quoted(&actor),
            account.as_deref().map_or_else(null, quoted),
            self.service.as_deref().map_or_else(null, quoted),
            quoted(&self.request_id),
            self.detail,
        )
    }

    /// The hash of [`Row::leaf`], as it stands in the tree.
    pub fn hash(&self, commitment: impl Fn(&str) -> Option<String>) -> Hash {
        tree::leaf_hash(self.leaf(commitment).as_bytes())
    }
}

/// UTC to the microsecond (RFC 3339).
const TIME: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

/// The time as it stands in leaves, heads, receipts and events.
pub fn time(at: Instant) -> String {
    at.format(TIME).to_string()
}

/// Reads what [`time`] writes.
pub fn parse_time(text: &str) -> Option<Instant> {
    Instant::parse_from_str(text, TIME).ok()
}

/// Actors that are no people.
fn is_nobody(actor: &str) -> bool {
    matches!(actor, "operator" | "system")
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn null() -> String {
    "null".to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row() -> Row {
        Row {
            id: "0193575e-7a10-7c3e-9d15-6a1c2b3d4e5f".into(),
            at: chrono::DateTime::from_timestamp_micros(1_764_036_184_000_120).unwrap().naive_utc(),
            kind: "terms-accepted".into(),
            actor: "anna".into(),
            account_id: Some("anna".into()),
            service: Some("chat".into()),
            request_id: "r\"1\u{0}".into(),
            detail: r#"{"receipt":"R-1","version":3}"#.into(),
        }
    }

    fn commitment(id: &str) -> Option<String> {
        (id == "anna").then(|| "c0ffee".into())
    }

    #[test]
    fn the_leaf_is_what_the_documentation_says() {
        let leaf = concat!(
            r#"{"format":"latchkey-record-v1","id":"0193575e-7a10-7c3e-9d15-6a1c2b3d4e5f","at":"2025-11-25T02:03:04.000120Z","#,
            r#""kind":"terms-accepted","actor":"person:c0ffee","account":"person:c0ffee","service":"chat","#,
            r#""request":"r\"1\u0000","detail":{"receipt":"R-1","version":3}}"#
        );
        assert_eq!(row().leaf(commitment), leaf);
        let by_system = Row { actor: "system".into(), account_id: None, service: None, ..row() };
        assert!(by_system.leaf(commitment).contains(r#""actor":"system","account":null,"service":null,"#));
        let by_nobody_known = Row { actor: "bernd".into(), ..row() };
        let digest = hex::encode(Sha256::digest("bernd"));
        assert!(by_nobody_known.leaf(commitment).contains(&format!(r#""actor":"unknown:{digest}""#)));
    }

    fn any_row() -> impl Strategy<Value = Row> {
        let text = || prop_oneof![Just("a".to_owned()), Just("b".to_owned()), r#"[",:{}\\]{0,3}"#.prop_map(|s| s)];
        let maybe = || proptest::option::of(text());
        (text(), text(), text(), maybe(), maybe(), text(), text()).prop_map(
            |(id, kind, actor, account_id, service, request_id, detail)| Row {
                id,
                at: row().at,
                kind,
                actor,
                account_id,
                service,
                request_id,
                detail,
            },
        )
    }

    proptest! {
        #[test]
        fn different_records_have_different_leaves(one in any_row(), other in any_row()) {
            let by_name = |id: &str| Some(id.to_owned());
            prop_assert_eq!(one.leaf(by_name) == other.leaf(by_name), one == other);
        }
    }
}
