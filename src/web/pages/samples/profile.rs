//! A member's own pages with sample data.

use askama::Template;

use super::{DIGEST, NAME, RECEIPT, at, audit, member, receipts, say};
use crate::{
    domain::locale::Locale,
    web::pages::{
        frame::{Frame, Nav, Notice, NoticeKind},
        history::{HistoryEntry, HistoryKind, HistoryPage},
        profile::{Person, ProfilePage},
        sessions::{SessionRow, SessionsPage},
    },
};

pub(super) fn profile(locale: Locale) -> ProfilePage {
    ProfilePage {
        frame: member(locale, "/profile", Nav::Profile),
        person: Some(Person {
            display_name: NAME.to_owned(),
            username: "zmueller".to_owned(),
            mail: Some("zoe.mueller@uni.example".to_owned()),
            affiliations: vec![say(locale, "Studentin", "Student"), say(locale, "Beschäftigte", "Staff")],
        }),
        read_at: at(0),
        corrections: say(
            locale,
            "Namen und Adressen berichtigt das Studierendensekretariat.",
            "Names and addresses are corrected by the registrar.",
        ),
        directory_unavailable: false,
    }
}

pub(super) fn history(locale: Locale, empty: bool) -> HistoryPage {
    let kinds = [HistoryKind::Ended, HistoryKind::Withdrawn, HistoryKind::AcceptedAgain, HistoryKind::Accepted];
    let entry = |(i, kind): (i64, HistoryKind)| HistoryEntry {
        at: at(-24 * i),
        kind,
        cause: say(locale, "Von Ihnen selbst", "By yourself"),
        service_name: "Rocket.Chat".to_owned(),
        version: (i > 0).then(|| "3".to_owned()),
        terms_url: Some(format!("/{}/terms/rocketchat/3", locale.code())),
        language: Some(Locale::De),
        receipt: Some(RECEIPT.to_owned()),
        receipt_url: Some(format!("/{}/profile/history/{RECEIPT}", locale.code())),
        digest: Some(DIGEST.to_owned()),
    };
    HistoryPage {
        frame: member(locale, "/profile/history", Nav::History),
        entries: if empty { Vec::new() } else { (0..).zip(kinds).map(entry).collect() },
        looks: if empty { Vec::new() } else { audit::looks(locale) },
    }
}

fn sessions(locale: Locale) -> SessionsPage {
    let session = |id: &str, current, device: &str| SessionRow {
        id: id.to_owned(),
        current,
        device: device.to_owned(),
        started: at(-3),
        last_used: at(0),
        ends: at(5),
    };
    SessionsPage {
        frame: Frame {
            notice: Some(Notice {
                kind: NoticeKind::Success,
                text: say(locale, "Die Sitzung ist beendet.", "The session has ended."),
            }),
            ..member(locale, "/profile/sessions", Nav::Sessions)
        },
        sessions: vec![session("s1", true, "Firefox, Linux"), session("s2", false, "Chrome, Android")],
        form_token: "token-1".to_owned(),
    }
}

/// Every page in every state.
pub(super) fn pages(locale: Locale, add: &mut impl FnMut(&str, askama::Result<String>)) {
    add("profile", profile(locale).render());
    add("profile-unavailable", ProfilePage { person: None, directory_unavailable: true, ..profile(locale) }.render());
    add("history", history(locale, false).render());
    add("history-empty", history(locale, true).render());
    add("receipt", receipts::sealed(locale).render());
    add("receipt-not-sealed", receipts::not_sealed(locale).render());
    add("receipt-never-sealed", receipts::never_sealed(locale).render());
    add("sessions", sessions(locale).render());
}
