//! All own data, with sample data.

use askama::Template as _;

use super::{DIGEST, NAME, RECEIPT, at, member};
use crate::{
    domain::{
        locale::Locale,
        own_data::{
            OwnAcceptance, OwnAccount, OwnList, OwnReminder, OwnRequest, OwnService, OwnSession, OwnWithdrawal,
        },
    },
    web::pages::{
        frame::Nav,
        own_data::{OwnDataPage, RecordRow},
    },
};

fn full(locale: Locale) -> OwnDataPage {
    let chat = || "rocketchat".to_owned();
    let named = |this| ("Rocket.Chat".to_owned(), this);
    OwnDataPage {
        frame: member(locale, "/profile/data", Nav::History),
        account: OwnAccount {
            id: "0193575e".to_owned(),
            directory_key: Some("entryuuid:b7d2c7f0".to_owned()),
            username: "zmueller".to_owned(),
            distinguished_name: "uid=zmueller,ou=people,dc=uni,dc=example".to_owned(),
            display_name: NAME.to_owned(),
            mail: Some("zoe.mueller@uni.example".to_owned()),
            affiliations: "student\nstaff".to_owned(),
            language: "de".to_owned(),
            first_seen_at: at(-900),
            last_seen_at: at(0),
        },
        services: vec![named(OwnService {
            service: chat(),
            is_granted: true,
            cause: "accepted".to_owned(),
            decided_at: at(-3),
            written_at: None,
        })],
        acceptances: vec![(
            "Rocket.Chat".to_owned(),
            OwnAcceptance {
                service: chat(),
                version: 2,
                language: "de".to_owned(),
                sha256: DIGEST.to_owned(),
                receipt: RECEIPT.to_owned(),
                at: at(-3),
            },
        )],
        withdrawals: vec![(
            "Rocket.Chat".to_owned(),
            OwnWithdrawal { service: chat(), cause: "member".to_owned(), receipt: RECEIPT.to_owned(), at: at(-9) },
        )],
        requests: vec![(
            "Rocket.Chat".to_owned(),
            OwnRequest { service: chat(), version: 2, stage: "published".to_owned(), at: at(-5) },
        )],
        lists: vec![(
            "Rocket.Chat".to_owned(),
            OwnList { service: chat(), lines: 64, uploaded_at: at(0), kept_until: at(1) },
        )],
        reminders: vec![(
            "Rocket.Chat".to_owned(),
            OwnReminder {
                service: chat(),
                course: "Statistik I".to_owned(),
                text_de: "Bitte schalten Sie den Dienst frei.".to_owned(),
                text_en: "Please activate the service.".to_owned(),
                people: 3,
                at: at(-1),
                kept_until: at(2),
            },
        )],
        sessions: vec![OwnSession {
            device: "Firefox, Linux".to_owned(),
            started_at: at(-1),
            last_used_at: at(0),
            ends_at: at(7),
        }],
        records: vec![RecordRow {
            at: at(-2),
            kind: "log-searched".to_owned(),
            by: "IT".to_owned(),
            service_name: Some("Rocket.Chat".to_owned()),
            reason: Some("Ticket <b>4711".to_owned()),
        }],
        record_count: 1,
    }
}

/// Name and HTML of the page in each state.
pub(super) fn pages(locale: Locale) -> Vec<(&'static str, askama::Result<String>)> {
    let mut bare = OwnDataPage {
        services: Vec::new(),
        acceptances: Vec::new(),
        withdrawals: Vec::new(),
        requests: Vec::new(),
        lists: Vec::new(),
        reminders: Vec::new(),
        sessions: Vec::new(),
        records: Vec::new(),
        record_count: 0,
        ..full(locale)
    };
    bare.account.mail = None;
    bare.account.affiliations = String::new();
    vec![("own-data", full(locale).render()), ("own-data-bare", bare.render())]
}
