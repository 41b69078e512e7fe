//! The auditors' pages with sample data.

use askama::Template;

use super::{DIGEST, NAME, RECEIPT, at, member, permissions::result, profile::history, say};
use crate::{
    domain::{
        accounts::Account,
        locale::{Locale, Text},
        roles::{Role, Roles},
    },
    web::pages::{
        audit::{
            Choice, FieldProblem, PersonLink,
            charts::{Bar, Bars, ChartsPage, DayBar, Days},
            export::{ExportJobPage, ExportPage, Extent, Progress},
            log::{AnchorRow, HeadFacts, LogPage, Verified},
            person::{DirectoryNow, PersonPage, ServiceNow},
            reason::ReasonPage,
            record::RecordPage,
            records::{Actor, RecordRow, RecordsPage, SearchForm},
            standing::{StandingForm, StandingPage, StandingRow},
        },
        frame::{Frame, Nav},
        history::LookRow,
        result::Outcome,
        role_missing::RoleMissingPage,
    },
};

fn frame(locale: Locale, path: &str) -> Frame {
    Frame { roles: Role::ALL.into_iter().collect::<Roles>(), ..member(locale, path, Nav::Audit) }
}

fn person() -> PersonLink {
    PersonLink {
        name: NAME.to_owned(),
        username: Some("zmueller".to_owned()),
        url: "/en/audit/people/0193575e".to_owned(),
    }
}

fn reason() -> String {
    format!("Ticket 4711 {NAME}")
}

fn choices(labels: &[&str]) -> Vec<Choice> {
    let choice = |(place, label): (usize, &&str)| Choice {
        value: format!("choice-{place}"),
        label: (*label).to_owned(),
        selected: place == 1,
    };
    labels.iter().enumerate().map(choice).collect()
}

pub(super) fn looks(locale: Locale) -> Vec<LookRow> {
    let look = |hours, times| LookRow {
        at: at(hours),
        text: say(
            locale,
            "Das IT-Personal hat das Protokoll durchsucht. Grund: Ticket 4711",
            "IT staff searched the log. Reason: ticket 4711",
        ),
        times,
    };
    vec![look(0, 1), look(-30, 12)]
}

fn records(locale: Locale, problems: Vec<FieldProblem>, rows: usize) -> RecordsPage {
    let row = |place: usize| RecordRow {
        url: format!("/en/audit/records/{place}"),
        at: at(0),
        kind: say(locale, "Nutzungsbedingungen akzeptiert", "Terms accepted"),
        more: (place == 0).then(|| say(locale, "Fassung 3", "Version 3")),
        person: (place < 2).then(person),
        actor: if place == 0 { Actor::Person(person()) } else { Actor::Other("Latchkey".to_owned()) },
        service: (place == 0).then(|| "Rocket.Chat".to_owned()),
    };
    RecordsPage {
        frame: frame(locale, "/audit"),
        reason: reason(),
        form: SearchForm {
            q: NAME.to_owned(),
            account: (rows == 0).then(|| "0193575e".to_owned()),
            services: choices(&["Rocket.Chat", "VPN"]),
            kinds: choices(&["Angemeldet", "Zustimmung zurückgezogen"]),
            versions: choices(&["Rocket.Chat: 1", "Rocket.Chat: 2"]),
            causes: choices(&["A", "B"]),
            from: "2026-11-01".to_owned(),
            until: String::new(),
            is_filled: true,
        },
        people: vec![person(), person()],
        too_many_people: rows > 0,
        count: say(locale, "Mehr als 1.000 Datensätze", "More than 1,000 records"),
        rows: (0..rows).map(row).collect(),
        export_url: (rows > 0).then(|| "/en/audit/export?kind=signed-in".to_owned()),
        newer_url: (rows > 0).then(|| "/en/audit?after=1".to_owned()),
        older_url: (rows > 0).then(|| "/en/audit?before=1".to_owned()),
        problems,
    }
}

fn record(locale: Locale) -> RecordPage {
    RecordPage {
        frame: frame(locale, "/audit/records/1"),
        reason: reason(),
        id: RECEIPT.to_owned(),
        at: at(0),
        kind: say(locale, "Protokoll durchsucht", "Log searched"),
        kind_name: "log-searched".to_owned(),
        person: Some(person()),
        actor: Actor::Person(person()),
        service: Some("Rocket.Chat".to_owned()),
        request_id: RECEIPT.to_owned(),
        detail: vec![("reason".to_owned(), NAME.to_owned()), ("sha256".to_owned(), DIGEST.to_owned())],
        subjects: vec![person()],
        more_subjects: Some("…".to_owned()),
        strangers: Some("…".to_owned()),
    }
}

fn standing(locale: Locale, ungrounded: bool, rows: usize) -> StandingPage {
    let row = |_| StandingRow {
        person: person(),
        since: at(-900),
        ground: (!ungrounded).then(|| say(locale, "Fassung 3", "Version 3")),
        language: Some("Deutsch".to_owned()),
        receipt: Some(RECEIPT.to_owned()),
        cause: ungrounded.then(|| NAME.to_owned()),
    };
    StandingPage {
        frame: frame(locale, "/audit/standing"),
        reason: reason(),
        form: StandingForm {
            services: choices(&["Rocket.Chat", "VPN"]),
            versions: choices(&["1", "2"]),
            q: NAME.to_owned(),
            on: "2026-11-01".to_owned(),
            ungrounded,
        },
        problems: Vec::new(),
        service_name: "Rocket.Chat".to_owned(),
        at: at(0),
        too_many_people: true,
        count: (!ungrounded).then(|| "3".to_owned()),
        rows: (0..rows).map(row).collect(),
        next_url: (rows > 0).then(|| "/en/audit/standing?before=1".to_owned()),
        export_url: (rows > 0).then(|| "/en/audit/standing/export?service=rocketchat".to_owned()),
    }
}

fn one_person(locale: Locale, directory: DirectoryNow, is_erased: bool) -> PersonPage {
    let refused = result(locale, Outcome::Refused { reason: String::new() });
    let service = ServiceNow {
        name: "Rocket.Chat".to_owned(),
        version: Some(3),
        accepted_since: Some(at(-900)),
        decision: Some(say(locale, "erteilt", "granted")),
        is_ungrounded: true,
        verdict: say(locale, "Der Dienst würde das Konto abweisen", "The service would refuse the account"),
        class: "danger",
        explanation: Some(NAME.to_owned()),
        proof: refused.proof,
    };
    PersonPage {
        frame: frame(locale, "/audit/people/1"),
        reason: reason(),
        account: Account {
            id: RECEIPT.to_owned(),
            directory_key: Some("entryuuid:1".to_owned()),
            username: "zmueller".to_owned(),
            dn: "uid=zmueller,ou=people,dc=uni,dc=example".to_owned(),
            display_name: NAME.to_owned(),
            mail: None,
            locale: "de".to_owned(),
        },
        is_erased,
        created: at(-9000),
        seen: at(-1),
        affiliations: vec!["Student".to_owned()],
        roles: vec!["Lecturer".to_owned()],
        directory,
        asked_at: at(0),
        services: vec![service],
        entries: history(locale, is_erased).entries,
        looks: if is_erased { Vec::new() } else { looks(locale) },
        records_url: "/en/audit?account=1".to_owned(),
    }
}

fn charts(locale: Locale, busy: bool) -> ChartsPage {
    let day = at(0).date();
    let bars = (0..30).map(|i| DayBar { day, granted: u64::from(busy) * i * 37, ended: u64::from(busy) * (i % 4) });
    let share = |label: &str, part| Bar { label: label.to_owned(), part, whole: u64::from(busy) * 1200 };
    ChartsPage {
        frame: frame(locale, "/audit/charts"),
        services: choices(&["Rocket.Chat", "VPN"]),
        periods: vec![(14, false), (30, true), (90, false)],
        service_name: "Rocket.Chat".to_owned(),
        days: Days::new(bars.collect()),
        shares: Bars::new(vec![share("Studierende", 800), share(NAME, 0)]),
        counted_at: busy.then(|| at(9)),
        versions: Bars::new(vec![share("1", 400), share("2", 800)]),
    }
}

fn export(locale: Locale, count: u64) -> ExportPage {
    ExportPage {
        frame: frame(locale, "/audit/export?kind=signed-in"),
        reason: reason(),
        query: "kind=signed-in".to_owned(),
        action_url: "/en/audit/export".to_owned(),
        back_url: "/en/audit?kind=signed-in".to_owned(),
        contents: (count <= 10).then(|| format!("{count} · 1 MB")),
        too_many_people: count == 1,
        extent: match count {
            0 => Extent::Nothing,
            1 => Extent::Much,
            _ => Extent::TooMuch,
        },
        form_token: "token-1".to_owned(),
    }
}

fn job(locale: Locale, progress: Progress) -> ExportJobPage {
    ExportJobPage {
        frame: frame(locale, "/audit/exports/1"),
        reason: reason(),
        progress,
        total: "1.000".to_owned(),
        file_url: "/en/audit/exports/1/file".to_owned(),
        until: at(1),
    }
}

fn log(locale: Locale, verified: Verified, is_sealed: bool) -> LogPage {
    let head = HeadFacts {
        size: "1.234".to_owned(),
        at: at(0),
        root: DIGEST.to_owned(),
        key: "9f86d081".to_owned(),
        note: format!("account.uni.example/latchkey-log\n1234\n{DIGEST}\n\n— {NAME}\n"),
    };
    LogPage {
        frame: frame(locale, "/audit/log"),
        head: is_sealed.then_some(head),
        anchors: (0..i64::from(is_sealed))
            .map(|i| AnchorRow { at: at(-i), size: "1.000".to_owned(), way: NAME.to_owned() })
            .collect(),
        is_waiting: !is_sealed,
        verified,
        form_token: "token-1".to_owned(),
    }
}

fn missing(locale: Locale, role: Role, group: Option<&str>) -> RoleMissingPage {
    RoleMissingPage {
        frame: member(locale, "/audit", Nav::None),
        role,
        group: group.map(str::to_owned),
        is_configured: role != Role::Lecturer,
        contact: Text::new("den IT-Support", "IT support"),
    }
}

/// Every page in every state.
pub(super) fn pages(locale: Locale, add: &mut impl FnMut(&str, askama::Result<String>)) {
    let question = |is_wrong| ReasonPage {
        frame: frame(locale, "/audit/reason"),
        form_token: "token-1".to_owned(),
        next: Some("/de/audit".to_owned()),
        reason: NAME.to_owned(),
        is_wrong,
    };
    add("audit-reason", question(false).render());
    add("audit-reason-wrong", question(true).render());
    add("audit-records", records(locale, Vec::new(), 3).render());
    add("audit-records-none", records(locale, Vec::new(), 0).render());
    let wrong = |field| FieldProblem { field, text: NAME.to_owned() };
    add("audit-records-wrong", records(locale, vec![wrong("from"), wrong("until")], 0).render());
    add("audit-record", record(locale).render());
    add("audit-standing", standing(locale, false, 2).render());
    add("audit-standing-none", standing(locale, false, 0).render());
    add("audit-ungrounded", standing(locale, true, 2).render());
    add("audit-standing-wrong", StandingPage { problems: vec![wrong("on")], ..standing(locale, false, 0) }.render());
    let present = DirectoryNow::Present {
        display_name: NAME.to_owned(),
        username: "zmueller".to_owned(),
        mail: None,
        dn: "uid=zmueller,ou=people,dc=uni,dc=example".to_owned(),
        affiliations: vec!["Student".to_owned()],
    };
    add("audit-person", one_person(locale, present, false).render());
    add("audit-person-unknown", one_person(locale, DirectoryNow::Unknown, false).render());
    add("audit-person-erased", one_person(locale, DirectoryNow::Gone, true).render());
    add("audit-charts", charts(locale, true).render());
    add("audit-charts-nothing", charts(locale, false).render());
    for count in [0, 1, 11] {
        add(&format!("audit-export-{count}"), export(locale, count).render());
    }
    add("audit-export-running", job(locale, Progress::Running { written: 3, total: 10 }).render());
    add("audit-export-done", job(locale, Progress::Done).render());
    add("audit-export-failed", job(locale, Progress::Failed).render());
    add("audit-log-never", log(locale, Verified::Never, false).render());
    add("audit-log-running", log(locale, Verified::Running { verified: 3, all: 10 }, true).render());
    add("audit-log-fits", log(locale, Verified::Fits { records: 1234, heads: 7, at: at(0) }, true).render());
    let what = NAME.to_owned();
    add("audit-log-misfit", log(locale, Verified::DoesNotFit { what, at: at(0) }, true).render());
    add("audit-log-failed", log(locale, Verified::Failed, true).render());
    add("role-missing-auditor", missing(locale, Role::Auditor, Some("cn=it-audit,dc=uni,dc=example")).render());
    add("role-missing-editor", missing(locale, Role::TermsEditor, None).render());
    add("role-missing-lecturer", missing(locale, Role::Lecturer, None).render());
}
