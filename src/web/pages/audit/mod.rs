//! The auditors' pages.
#![expect(
    clippy::unused_self,
    clippy::trivially_copy_pass_by_ref,
    reason = "templates call methods, and hand over references"
)]

pub mod charts;
pub mod export;
pub mod log;
pub mod person;
pub mod reason;
pub mod record;
pub mod records;
pub mod standing;

use super::frame::Frame;

/// The parts of the auditors' pages: path and key of the label.
const TABS: [(&str, &str); 4] = [
    ("/audit", "audit-tab-records"),
    ("/audit/standing", "audit-tab-standing"),
    ("/audit/charts", "audit-tab-charts"),
    ("/audit/log", "audit-tab-log"),
];

impl Frame {
    /// The tab row of the auditors' pages: path, key of the label, whether it is the page's own tab.
    pub fn audit_tabs(&self, own: &str) -> Vec<(&'static str, &'static str, bool)> {
        TABS.into_iter().map(|(path, label)| (path, label, path == own)).collect()
    }
}

/// A person in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonLink {
    /// The display name; for erased accounts what they are called.
    pub name: String,
    pub username: Option<String>,
    pub url: String,
}

/// One entry of a select.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub selected: bool,
}

/// Something wrong with a field.
#[derive(Clone, Debug)]
pub struct FieldProblem {
    pub field: &'static str,
    pub text: String,
}

/// What is wrong with a field, if anything.
pub fn problem_of<'a>(problems: &'a [FieldProblem], field: &str) -> Option<&'a str> {
    problems.iter().find(|problem| problem.field == field).map(|problem| problem.text.as_str())
}

/// A number as the language writes it: `1.234` or `1,234`.
pub fn number(frame: &Frame, number: u64) -> String {
    let digits = number.to_string();
    let mark = match frame.locale {
        crate::domain::locale::Locale::De => '.',
        crate::domain::locale::Locale::En => ',',
    };
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}
