//! Mails with sample data, and the demo's mailbox.

use askama::Template;
use chrono_tz::Europe::Berlin;

use super::{NAME, RECEIPT, at, guest};
use crate::{
    domain::locale::{Locale, Text},
    mail::{ChangeMail, Letter as _, MailAction, MailTerms},
    web::pages::demo::{DemoMailboxPage, MailView},
};

pub(super) fn mail(locale: Locale, action: MailAction) -> ChangeMail {
    ChangeMail {
        locale,
        portal_name: Text::new("Latchkey", "Latchkey"),
        organisation: Text::new("Universität Musterstadt", "University of Musterstadt"),
        display_name: NAME.to_owned(),
        service_name: Text::new("Rocket.Chat", "Rocket.Chat"),
        action,
        at: at(0),
        receipt: Some(RECEIPT.to_owned()),
        receipt_url: Some(Text::new(
            "https://konto.uni.example/de/profile/receipts/R-7K3M-9QXD-2FHW",
            "https://konto.uni.example/en/profile/receipts/R-7K3M-9QXD-2FHW",
        )),
        receipt_file: None,
        terms: Some(MailTerms {
            number: "3".to_owned(),
            url: Text::new(
                "https://konto.uni.example/de/terms/rocketchat/3",
                "https://konto.uni.example/en/terms/rocketchat/3",
            ),
        }),
        permissions_url: Text::new(
            "https://konto.uni.example/de/profile/permissions",
            "https://konto.uni.example/en/profile/permissions",
        ),
        support: Some(Text::new("Beratung", "Help desk")),
        tz: Berlin,
    }
}

/// Every page in every state.
pub(super) fn pages(locale: Locale, add: &mut impl FnMut(&str, askama::Result<String>)) {
    let letter = mail(locale, MailAction::Granted);
    let view = MailView {
        to: "zoe.mueller@uni.example".to_owned(),
        subject: letter.subject(),
        at: at(0),
        text: letter.text().unwrap(),
    };
    let mailbox =
        |mails: Vec<MailView>| DemoMailboxPage { frame: guest(locale, "/demo/mailbox"), all: mails.len() * 2, mails };
    add("mailbox", mailbox(vec![view]).render());
    add("mailbox-empty", mailbox(Vec::new()).render());
}
