//! The terms editor's pages with sample data.

use askama::Template as _;
use chrono::TimeDelta;

use super::{NAME, at, member, say};
use crate::{
    domain::{
        locale::Locale,
        markdown,
        terms_notices::{Impact, Stage},
        text_diff,
    },
    web::pages::{
        frame::Nav,
        permissions::Problem,
        terms_editor::{EditorPage, SavedBy, TermsIndexPage, TermsRow, TextField, TextKeptPage, VersionLink},
    },
};

const OLD: &str = "# Terms\n\nBe kind.\n\nOne.\n\nTwo.\n\nThree.\n\n- first\n- second\n";
const NEW: &str =
    "# Terms <script>\n\nBe kind to others.\n\nOne.\n\nTwo.\n\nThree.\n\n- first\n- second <i>x</i>\n- third\n";

fn version(locale: Locale) -> VersionLink {
    VersionLink { number: "2".to_owned(), url: format!("/{}/terms/rocketchat/2", locale.code()), effective: at(-100) }
}

fn saved() -> SavedBy {
    SavedBy { name: NAME.to_owned(), at: at(-1) }
}

fn index(locale: Locale) -> TermsIndexPage {
    let row = |name: &str, draft, upcoming| TermsRow {
        service_name: name.to_owned(),
        edit_url: format!("/{}/terms/rocketchat/edit", locale.code()),
        current: Some(version(locale)),
        upcoming,
        draft,
    };
    TermsIndexPage {
        frame: member(locale, "/terms", Nav::Terms),
        services: vec![
            row("Rocket.Chat", Some(saved()), None),
            row("VPN", None, Some(version(locale))),
            TermsRow { current: None, ..row("Forum", None, None) },
        ],
    }
}

fn field(language: Locale, overtaken: bool) -> TextField {
    TextField {
        language,
        source: NEW.to_owned(),
        preview: markdown::to_html(NEW),
        diff: text_diff::compare(OLD, NEW),
        other_diff: overtaken.then(|| text_diff::compare("# Terms\n\nBe very kind.", NEW)),
    }
}

fn editor(locale: Locale, problems: Vec<Problem>) -> EditorPage {
    let overtaken = problems.len() == 1;
    EditorPage {
        frame: member(locale, "/terms/rocketchat/edit", Nav::Terms),
        slug: "rocketchat".to_owned(),
        service_name: "Rocket.Chat".to_owned(),
        newest: Some(version(locale)),
        next_number: "3".to_owned(),
        draft: Some(saved()),
        is_saved: problems.is_empty(),
        is_changed: overtaken,
        texts: Locale::ALL.map(|language| field(language, overtaken)),
        is_major: true,
        grace_days: "14".to_owned(),
        effective_on: "2026-12-01".to_owned(),
        earliest_day: "2026-11-23".to_owned(),
        latest_day: "2027-11-24".to_owned(),
        impact: Some(Impact {
            members: 30_000,
            must_accept: 30_000,
            reachable: 29_990,
            mails: vec![(Stage::Published, at(0)), (Stage::WeekBefore, at(200)), (Stage::DayBefore, at(300))],
            effective_at: at(180),
            ends_at: Some(at(180) + TimeDelta::days(14)),
        }),
        confirmation: "Rocket".to_owned(),
        problems,
        basis: "0193575e.2".to_owned(),
        account: "0193575e".to_owned(),
        form_token: "token-1".to_owned(),
    }
}

/// Name and HTML of each page in each state.
pub(super) fn pages(locale: Locale) -> Vec<(&'static str, askama::Result<String>)> {
    let problem = |field: &str| Problem {
        field_id: field.to_owned(),
        text: say(locale, "Das muss anders werden.", "This must be put right."),
    };
    let all = ["source_de", "source_en", "grace_days", "effective_on", "confirmation"].map(problem).to_vec();
    let free = EditorPage { draft: None, newest: None, impact: None, ..editor(locale, Vec::new()) };
    let minor =
        Impact { members: 1, must_accept: 0, reachable: 0, mails: Vec::new(), effective_at: at(0), ends_at: None };
    let abrupt = Impact { must_accept: 1, reachable: 1, ends_at: Some(at(0)), ..minor.clone() };
    let with = |impact| EditorPage { impact: Some(impact), ..editor(locale, Vec::new()) };
    let sources = Locale::ALL.map(|language| (language, NEW.to_owned()));
    let kept = TextKeptPage {
        frame: super::guest(locale, "/terms/rocketchat/edit"),
        back: format!("/{}/terms/rocketchat/edit", locale.code()),
        sources,
    };
    vec![
        ("terms-index", index(locale).render()),
        ("terms-index-empty", TermsIndexPage { services: Vec::new(), ..index(locale) }.render()),
        ("terms-editor", editor(locale, Vec::new()).render()),
        ("terms-editor-refused", editor(locale, all).render()),
        ("terms-editor-overtaken", editor(locale, vec![problem("source_de")]).render()),
        ("terms-editor-first", free.render()),
        ("terms-editor-minor", with(minor).render()),
        ("terms-editor-abrupt", with(abrupt).render()),
        ("terms-editor-text-kept", kept.render()),
    ]
}
