//! What pages say about a service and personal data (GDPR, article 13).

use super::frame::Frame;
use crate::domain::catalogue::{LegalBasis, Service};

/// Finished sentences in the page's language.
#[derive(Clone, Debug)]
pub struct Disclosure {
    pub purpose: String,
    pub legal_basis: String,
    pub recipients: String,
    pub retention: String,
}

/// What is said about a service; nothing as long as the operator has not said everything.
pub fn disclosure(frame: &Frame, service: &Service) -> Option<Disclosure> {
    let told = &service.data_protection;
    let ground = frame.t(legal_basis_key(told.legal_basis?));
    let more = told.legal_basis_text.as_ref().map(|text| format!(" {}", text.get(frame.locale)));
    Some(Disclosure {
        purpose: service.purpose.get(frame.locale).to_owned(),
        legal_basis: format!("{ground}{}", more.unwrap_or_default()),
        recipients: told.recipients.as_ref()?.get(frame.locale).to_owned(),
        retention: told.retention.as_ref()?.get(frame.locale).to_owned(),
    })
}

fn legal_basis_key(ground: LegalBasis) -> &'static str {
    match ground {
        LegalBasis::Terms => "legal-basis-terms",
        LegalBasis::Consent => "legal-basis-consent",
        LegalBasis::PublicTask => "legal-basis-public-task",
    }
}
