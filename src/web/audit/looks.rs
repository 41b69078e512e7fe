//! Who looked at somebody's data, in the words for the person concerned.

use serde_json::Value;

use crate::{
    domain::{audit::looks::Look, catalogue::Catalogue},
    texts,
    web::pages::{frame::Frame, history::LookRow},
};

/// How many looks are read for a page.
pub(in crate::web) const SHOWN: usize = 200;

/// The kinds of records that are looks at data of others, each with the key of its sentence.
const SENTENCES: &[(&str, &str)] = &[
    ("log-searched", "look-log-searched"),
    ("record-viewed", "look-record-viewed"),
    ("person-viewed", "look-person-viewed"),
    ("log-exported", "look-log-exported"),
    ("course-viewed", "look-course-viewed"),
    ("course-exported", "look-course-exported"),
    ("board-viewed", "look-board-viewed"),
    ("counts-viewed", "look-counts-viewed"),
    ("roster-checked", "look-roster-checked"),
    ("reminder-sent", "look-reminder-sent"),
];

/// The kinds that count as looks.
pub(in crate::web) fn kinds() -> Vec<&'static str> {
    SENTENCES.iter().map(|(kind, _)| *kind).collect()
}

/// Newest first; the same look several times on one day is one row.
pub(in crate::web) fn rows(frame: &Frame, catalogue: &Catalogue, looks: &[Look]) -> Vec<LookRow> {
    let mut rows: Vec<LookRow> = Vec::new();
    for look in looks {
        let text = sentence(frame, catalogue, look);
        match rows.last_mut() {
            Some(row) if row.text == text && frame.date(row.at) == frame.date(look.at) => row.times += 1,
            _ => rows.push(LookRow { at: look.at, text, times: 1 }),
        }
    }
    rows
}

fn sentence(frame: &Frame, catalogue: &Catalogue, look: &Look) -> String {
    let detail: Value = serde_json::from_str(&look.detail).unwrap_or_default();
    let said = |name: &str| detail[name].as_str().unwrap_or("–").to_owned();
    let key = SENTENCES.iter().find(|(kind, _)| *kind == look.kind).map_or("look-record-viewed", |(_, key)| key);
    let service = look.service.as_deref().map_or("–", |service| catalogue.name(service, frame.locale)).to_owned();
    texts::text_with(frame.locale, key, &[("reason", said("reason")), ("course", said("course")), ("service", service)])
}
