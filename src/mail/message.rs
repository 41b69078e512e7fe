//! The mail after a change: the member's language first, the other below.

use askama::Template;
use chrono_tz::Tz;
use lettre::message::{Attachment, SinglePart, header::ContentType};

use super::Letter;
use crate::{
    clock::Instant,
    domain::locale::{Locale, Text},
    texts,
};

/// What a mail about one service says.
#[derive(Clone, Debug)]
pub struct ChangeMail {
    /// The language that comes first.
    pub locale: Locale,
    pub portal_name: Text,
    pub organisation: Text,
    pub display_name: String,
    pub service_name: Text,
    pub action: MailAction,
    pub at: Instant,
    pub receipt: Option<String>,
    /// Absolute address of the receipt, per language.
    pub receipt_url: Option<Text>,
    /// The sealed receipt (JSON), to be attached.
    pub receipt_file: Option<String>,
    pub terms: Option<MailTerms>,
    /// Absolute address of "Permissions", per language.
    pub permissions_url: Text,
    /// Whom to ask: a name or sentence.
    pub support: Option<Text>,
    pub tz: Tz,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailAction {
    Granted,
    /// New terms were accepted; the service goes on.
    AcceptedAgain,
    Withdrawn,
    /// Ended by the portal.
    Ended,
    /// New terms must be accepted.
    AcceptAgain {
        /// From when on they can be; `None`: already now.
        from: Option<Instant>,
        /// The service ends then for those who have not.
        until: Instant,
        is_reminder: bool,
    },
}

/// The terms version a mail is about.
#[derive(Clone, Debug)]
pub struct MailTerms {
    pub number: String,
    /// Absolute address, per language.
    pub url: Text,
}

#[derive(Template)]
#[template(path = "mail/change.txt", whitespace = "preserve")]
struct PlainPart<'a> {
    sections: &'a [Section],
}

#[derive(Template)]
#[template(path = "mail/change.html")]
struct HtmlPart<'a> {
    subject: &'a str,
    sections: &'a [Section],
}

/// The mail in one language: finished sentences only.
struct Section {
    lang: &'static str,
    greeting: String,
    what: String,
    facts: Vec<Fact>,
    how_to_change: String,
    permissions_url: String,
    not_you: Option<String>,
    footer: String,
}

struct Fact {
    label: String,
    value: String,
    link: bool,
}

impl Letter for ChangeMail {
    fn display_name(&self) -> &str {
        &self.display_name
    }

    fn at(&self) -> Instant {
        self.at
    }

    /// In the member's language.
    fn subject(&self) -> String {
        let key = match self.action {
            MailAction::Granted => "mail-granted-subject",
            MailAction::AcceptedAgain => "mail-accepted-again-subject",
            MailAction::Withdrawn => "mail-withdrawn-subject",
            MailAction::Ended => "mail-ended-subject",
            MailAction::AcceptAgain { is_reminder: false, .. } => "mail-accept-again-subject",
            MailAction::AcceptAgain { is_reminder: true, .. } => "mail-accept-again-reminder-subject",
        };
        let service = self.service_name.get(self.locale).to_owned();
        texts::text_with(self.locale, key, &[("service", service)]).replace(['\r', '\n'], " ")
    }

    fn text(&self) -> askama::Result<String> {
        PlainPart { sections: &self.sections() }.render()
    }

    fn html(&self) -> askama::Result<String> {
        HtmlPart { subject: &self.subject(), sections: &self.sections() }.render()
    }

    /// The receipt.
    fn attachment(&self) -> Option<SinglePart> {
        let (number, json) = self.receipt.as_ref().zip(self.receipt_file.clone())?;
        let kind = ContentType::parse("application/json").ok()?;
        Some(Attachment::new(format!("receipt-{number}.json")).body(json, kind))
    }
}

impl ChangeMail {
    fn sections(&self) -> [Section; 2] {
        [self.section(self.locale), self.section(self.locale.other())]
    }

    fn section(&self, locale: Locale) -> Section {
        let say = |key: &str, args: &[(&str, String)]| texts::text_with(locale, key, args);
        let service = || ("service", self.service_name.get(locale).to_owned());
        let what = match self.action {
            MailAction::Granted => say("mail-granted", &[service()]),
            MailAction::AcceptedAgain => say("mail-accepted-again", &[service()]),
            MailAction::Withdrawn => say("mail-withdrawn", &[service()]),
            MailAction::Ended => say("mail-ended", &[service()]),
            MailAction::AcceptAgain { from, until, .. } => self.question(locale, from, until),
        };
        let how_to_change = match self.action {
            MailAction::Granted | MailAction::AcceptedAgain => say("mail-how-to-withdraw", &[service()]),
            MailAction::Withdrawn | MailAction::Ended => say("mail-how-to-grant", &[service()]),
            MailAction::AcceptAgain { .. } => say("mail-how-to-accept", &[service()]),
        };
        Section {
            lang: locale.code(),
            greeting: say("mail-greeting", &[("name", self.display_name.clone())]),
            what,
            facts: self.facts(locale),
            how_to_change,
            permissions_url: self.permissions_url.get(locale).to_owned(),
            // Nobody did what this one is about.
            not_you: self.is_about_an_act().then(|| say("mail-not-you", &[])),
            footer: say(
                "mail-footer",
                &[
                    ("portal", self.portal_name.get(locale).to_owned()),
                    ("organisation", self.organisation.get(locale).to_owned()),
                ],
            ),
        }
    }

    /// What happens to the terms, and what that asks of the person.
    fn question(&self, locale: Locale, from: Option<Instant>, until: Instant) -> String {
        let date_time = |at| texts::date_time(locale, at, self.tz);
        let key = match from {
            None => "mail-accept-again",
            Some(from) if from < until => "mail-accept-again-from",
            Some(_) => "mail-accept-anew",
        };
        let args = [
            ("service", self.service_name.get(locale).to_owned()),
            ("from", from.map(date_time).unwrap_or_default()),
            ("date", date_time(until)),
        ];
        texts::text_with(locale, key, &args)
    }

    fn is_about_an_act(&self) -> bool {
        !matches!(self.action, MailAction::AcceptAgain { .. })
    }

    fn facts(&self, locale: Locale) -> Vec<Fact> {
        let fact = |key: &str, value: String, link: bool| Fact { label: texts::text(locale, key), value, link };
        let mut facts = Vec::new();
        if self.is_about_an_act() {
            facts.push(fact("mail-fact-at", texts::date_time(locale, self.at, self.tz), false));
        }
        if let Some(terms) = &self.terms {
            facts.push(fact("mail-fact-version", terms.number.clone(), false));
            facts.push(fact("mail-fact-terms", terms.url.get(locale).to_owned(), true));
        }
        if let Some(receipt) = &self.receipt {
            facts.push(fact("mail-fact-receipt", receipt.clone(), false));
        }
        if let Some(url) = &self.receipt_url {
            facts.push(fact("mail-fact-receipt-page", url.get(locale).to_owned(), true));
        }
        if let Some(support) = &self.support {
            facts.push(fact("mail-fact-support", support.get(locale).to_owned(), false));
        }
        facts
    }
}
