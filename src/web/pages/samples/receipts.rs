//! Receipts with sample data.

use super::{DIGEST, RECEIPT, at, member};
use crate::{
    domain::locale::Locale,
    web::pages::{
        frame::Nav,
        receipt::{ReceiptPage, SealView},
    },
};

pub fn sealed(locale: Locale) -> ReceiptPage {
    let number = "R-7K3M-9QXD-2FHW";
    ReceiptPage {
        frame: member(locale, &format!("/profile/receipts/{number}"), Nav::History),
        number: number.to_owned(),
        is_acceptance: true,
        at: at(0),
        service_name: "Rocket.Chat".to_owned(),
        version: Some("3".to_owned()),
        terms_url: Some(format!("/{}/terms/rocketchat/3", locale.code())),
        language: Some(Locale::De),
        digest: Some(DIGEST.to_owned()),
        seal: Some(SealView {
            sealed_at: at(0),
            place: 1234,
            size: 1240,
            record: RECEIPT.to_owned(),
            root: DIGEST.to_owned(),
            public_key: "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".to_owned(),
        }),
        download_url: format!("/{}/profile/receipts/{number}/json", locale.code()),
    }
}

/// A withdrawal of what nobody had accepted, not sealed yet.
pub fn not_sealed(locale: Locale) -> ReceiptPage {
    ReceiptPage {
        is_acceptance: false,
        version: None,
        terms_url: None,
        language: None,
        digest: None,
        seal: None,
        ..sealed(locale)
    }
}
