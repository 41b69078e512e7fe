//! `latchkey audit processing-record`: the record of processing activities (GDPR, article 30), from the catalogue.

use std::fmt::Write as _;

use crate::{
    config::Config,
    domain::{
        catalogue::{LegalBasis, Service},
        locale::{Locale, Text},
    },
    texts,
};

/// The record in one language, as Markdown.
pub fn processing_record(config: &Config, locale: Locale) -> String {
    let mut record = Record { text: String::new(), locale };
    record.line(&format!("# {}", record.t("record-title")));
    record.line(&record.t("record-intro"));
    record.line(&format!("## {}", record.t("record-controller")));
    let named = &config.controller;
    record.item("record-organisation", config.web.portal.organisation.get(locale));
    record.item_or_missing("record-contact", named.contact.as_ref());
    record.item_or_missing("record-officer", named.officer.as_ref());
    record.line("");
    record.line(&format!("## {}", config.web.portal.name.get(locale)));
    record.item("record-purpose", &record.t("record-portal-purpose"));
    record.item("record-legal-basis", &record.t("record-portal-legal-basis"));
    record.item("record-people", &record.t("record-portal-people"));
    record.item("record-data", &record.t("record-portal-data"));
    record.item("record-recipients", &record.t("record-portal-recipients"));
    let days = config.work.erasure.after.as_secs() / 86_400;
    let retention = texts::text_count(locale, "record-portal-retention", days);
    record.item("record-retention", &retention);
    record.item("record-measures", &record.t("record-portal-measures"));
    record.line("");
    for service in &config.catalogue.services {
        record.service(service);
    }
    record.text
}

/// The text while it grows.
struct Record {
    text: String,
    locale: Locale,
}

impl Record {
    fn t(&self, key: &str) -> String {
        texts::text(self.locale, key)
    }

    /// A line of its own, with an empty one behind it.
    fn line(&mut self, line: &str) {
        if line.is_empty() {
            self.text.push('\n');
        } else {
            // Writing into memory does not fail.
            let _ = writeln!(self.text, "{line}\n");
        }
    }

    fn item(&mut self, key: &str, value: &str) {
        let name = self.t(key);
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(self.text, "- **{name}:** {value}");
    }

    fn item_or_missing(&mut self, key: &str, value: Option<&Text>) {
        let missing = self.t("record-missing");
        let value = value.map_or(missing.as_str(), |text| text.get(self.locale));
        self.item(key, value);
    }

    fn service(&mut self, service: &Service) {
        let (locale, told) = (self.locale, &service.data_protection);
        self.line(&format!("## {}", service.name.get(locale)));
        self.item("record-what", service.description.get(locale));
        self.item("record-purpose", service.purpose.get(locale));
        let ground = told.legal_basis.map(|ground| {
            self.t(match ground {
                LegalBasis::Terms => "record-legal-basis-terms",
                LegalBasis::Consent => "record-legal-basis-consent",
                LegalBasis::PublicTask => "record-legal-basis-public-task",
            })
        });
        let more = told.legal_basis_text.as_ref().map_or("", |text| text.get(locale));
        let ground = ground.map_or_else(|| self.t("record-missing"), |ground| format!("{ground} {more}"));
        self.item("record-legal-basis", &ground);
        let people = match &service.eligibility {
            None => self.t("record-everybody"),
            Some(rule) => rule.reason.get(locale).to_owned(),
        };
        self.item("record-people", &people);
        let data = self.t("record-service-data");
        self.item("record-data", &data);
        self.item_or_missing("record-recipients", told.recipients.as_ref());
        self.item_or_missing("record-retention", told.retention.as_ref());
        self.line("");
    }
}
