//! Every page with sample data, in both languages.

mod audit;
mod courses;
mod own_data;
mod receipts;
mod teaching;
mod terms_editor;

use askama::Template;
use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Europe::Berlin;

use super::{
    assets,
    data_protection::Disclosure,
    demo::{DemoMailboxPage, MailView},
    error::{self, ErrorPage},
    frame::{Frame, Nav, Notice, NoticeKind, SignedIn},
    history::{HistoryEntry, HistoryKind, HistoryPage},
    legal::{LegalPage, LegalText},
    permissions::{PermissionsPage, Problem, ServiceRow, ServiceState, TermsItem},
    profile::{Person, ProfilePage},
    result::{ChangesPage, Outcome, ProofStep, ResultPage, ResultSummary, StepView, WithdrawForm},
    sessions::{SessionRow, SessionsPage},
    sign_in::{SignInPage, SignInProblem},
    terms::{OtherVersion, TermsPage},
};
use crate::{
    clock::Instant,
    domain::{
        locale::{Locale, Text},
        roles::Roles,
    },
    mail::{ChangeMail, Letter as _, MailAction, MailTerms},
};

/// A name that would break a page that does not escape.
const NAME: &str = "Zoë <b>\"'& Müller";
const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const RECEIPT: &str = "0193575e-7a10-7c3e-9d15-6a1c2b3d4e5f";

fn at(hours: i64) -> Instant {
    NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().and_hms_opt(11, 3, 5).unwrap() + TimeDelta::hours(hours)
}

fn say(locale: Locale, de: &str, en: &str) -> String {
    Text::new(de, en).get(locale).to_owned()
}

fn guest(locale: Locale, path: &str) -> Frame {
    Frame {
        locale,
        path: path.to_owned(),
        portal_name: "Latchkey".to_owned(),
        organisation: say(locale, "Universität Musterstadt", "University of Musterstadt"),
        member: None,
        nav: Nav::None,
        roles: Roles::NONE,
        notice: None,
        request_id: "0193575e".to_owned(),
        address: "https://account.uni.example/en/profile".to_owned(),
        now: at(0),
        tz: Berlin,
    }
}

fn member(locale: Locale, path: &str, nav: Nav) -> Frame {
    let member = SignedIn {
        display_name: NAME.to_owned(),
        form_token: "token-1".to_owned(),
        session_ends: at(1),
        session_seconds: 1800,
    };
    Frame { member: Some(member), nav, ..guest(locale, path) }
}

fn sign_in(locale: Locale, problem: Option<SignInProblem>) -> SignInPage {
    SignInPage {
        frame: guest(locale, "/sign-in?next=%2Fprofile%2Fpermissions"),
        name: if problem.is_some() { NAME.to_owned() } else { String::new() },
        next: Some("/profile/permissions".to_owned()),
        resume: None,
        form_token: "token-0".to_owned(),
        session_ended: problem.is_none(),
        problem,
        forgotten_password_url: Some("https://konto.uni.example/passwort".to_owned()),
    }
}

fn profile(locale: Locale) -> ProfilePage {
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

fn terms_item(locale: Locale, slug: &str, name: &str) -> TermsItem {
    TermsItem {
        slug: slug.to_owned(),
        service_name: name.to_owned(),
        number: "3".to_owned(),
        url: format!("/{}/terms/{slug}/3", locale.code()),
        published: at(-900),
        digest: DIGEST.to_owned(),
    }
}

fn row(locale: Locale, slug: &str, name: &str, state: ServiceState) -> ServiceRow {
    let shown =
        matches!(state, ServiceState::Active { .. } | ServiceState::AcceptAgain { .. } | ServiceState::BeingApplied);
    ServiceRow {
        slug: slug.to_owned(),
        name: name.to_owned(),
        description: say(
            locale,
            "Schreiben, telefonieren und Dateien teilen: in Kursen, Gruppen und unter vier Augen.",
            "Write, call and share files: in courses, groups and in private.",
        ),
        purpose: say(
            locale,
            "Der Dienst liest Ihren Namen, Ihren Benutzernamen und Ihre E-Mail-Adresse aus dem Verzeichnis, damit andere Sie finden.",
            "The service reads your name, username and e-mail address from the directory so that others can find you.",
        ),
        ticked: shown,
        shown,
        terms: Some(terms_item(locale, slug, name)),
        details_url: shown.then(|| format!("/{}/profile/permissions/{slug}", locale.code())),
        problem: None,
        data_protection: (slug != "new").then(|| told(locale)),
        seen_by_lecturers: slug == "rocketchat",
        state,
    }
}

fn told(locale: Locale) -> Disclosure {
    Disclosure {
        purpose: say(locale, "Damit andere Sie finden.", "So that others can find you."),
        legal_basis: say(locale, "Die Nutzungsbedingungen.", "The terms and conditions."),
        recipients: say(locale, "Der Chat-Server.", "The chat server."),
        retention: say(locale, "Solange der Dienst freigeschaltet ist.", "As long as the service is active."),
    }
}

fn permissions(locale: Locale) -> PermissionsPage {
    let reason = say(
        locale,
        "Nur für Beschäftigte. Darüber entscheidet die Personalabteilung. Fragen: personal@uni.example.",
        "For staff only. The personnel department decides. Questions: personal@uni.example.",
    );
    PermissionsPage {
        frame: member(locale, "/profile/permissions", Nav::Permissions),
        services: vec![
            row(locale, "rocketchat", "Rocket.Chat", ServiceState::Inactive),
            row(locale, "cloud", "Cloudspeicher", ServiceState::Active { since: Some(at(-5000)) }),
            row(locale, "gitlab", "GitLab", ServiceState::AcceptAgain { until: Some(at(240)) }),
            row(locale, "video", "Videokonferenz", ServiceState::BeingApplied),
            row(locale, "old", "Webablage", ServiceState::BeingRemoved),
            row(locale, "vpn", "VPN", ServiceState::Ended { at: at(-100) }),
            row(locale, "hr", "Personalportal", ServiceState::NotEligible { reason }),
            row(locale, "new", "Forum", ServiceState::NoTerms),
            row(locale, "lost", "Druckdienst", ServiceState::Unknown),
        ],
        terms: vec![
            terms_item(locale, "rocketchat", "Rocket.Chat"),
            terms_item(locale, "gitlab", "GitLab"),
            terms_item(locale, "vpn", "VPN"),
        ],
        terms_accepted: false,
        problems: Vec::new(),
        form_token: "token-1".to_owned(),
        account: "0193575e".to_owned(),
        marked: None,
        directory_unavailable: false,
    }
}

fn permissions_refused(locale: Locale) -> PermissionsPage {
    let mut page = permissions(locale);
    page.services[0].ticked = true;
    let about = |row: &ServiceRow, key: &str| Problem {
        field_id: format!("service-{}", row.slug),
        text: page.frame.with(key, "service", &row.name),
    };
    let changed = about(&page.services[0], "problem-terms-changed");
    let unavailable = about(&page.services[6], "problem-not-eligible");
    let not_accepted = Problem { field_id: "terms".to_owned(), text: page.frame.t("problem-terms-not-accepted") };
    page.services[0].problem = Some(changed.text.clone());
    page.problems = vec![changed, unavailable, not_accepted];
    page
}

fn outcomes(locale: Locale) -> Vec<(&'static str, Outcome)> {
    let reason = say(
        locale,
        "Ihr Eintrag im Verzeichnis enthält ein Komma im Namen. Damit kommt Rocket.Chat nicht zurecht. Ihre Zustimmung ist gespeichert, die Beratung ist benachrichtigt.",
        "Your directory entry has a comma in its name, which Rocket.Chat cannot handle. Your acceptance is stored, the help desk has been told.",
    );
    vec![
        ("admitted", Outcome::Admitted { at: at(0) }),
        ("active", Outcome::Active { at: at(0) }),
        ("being-applied", Outcome::BeingApplied),
        ("being-removed", Outcome::BeingRemoved),
        ("refused", Outcome::Refused { reason }),
        ("not-verified", Outcome::NotVerified),
        ("withdrawn", Outcome::Withdrawn),
        ("inactive", Outcome::Inactive),
        ("unknown", Outcome::Unknown),
    ]
}

fn result(locale: Locale, outcome: Outcome) -> ResultPage {
    let qr = qrcode::QrCode::new(b"https://go.rocket.chat/auth?host=chat.uni.example").unwrap();
    let svg = qr.render::<qrcode::render::svg::Color<'_>>().min_dimensions(160, 160).build();
    let refused = matches!(outcome, Outcome::Refused { .. });
    let active = outcome.may_use() || refused;
    let step = |title: &str, de: &str, en: &str, link: &str, label: &str| StepView {
        title: title.to_owned(),
        text: say(locale, de, en),
        link: Some(link.to_owned()),
        link_label: Some(label.to_owned()),
    };
    ResultPage {
        frame: member(locale, "/profile/permissions/rocketchat", Nav::Permissions),
        service_name: "Rocket.Chat".to_owned(),
        description: say(locale, "Der Chat der Universität.", "The university's chat."),
        data_protection: Some(told(locale)),
        outcome,
        proof: vec![
            ProofStep { text: say(locale, "Ihr Konto wird gefunden.", "Your account is found."), ok: true },
            ProofStep {
                text: say(locale, "Die Gruppe enthält Ihr Konto.", "The group contains your account."),
                ok: !refused,
            },
        ],
        checked_at: at(0),
        receipt: Some(RECEIPT.to_owned()),
        since: active.then(|| at(0)),
        server_address: Some("https://chat.uni.example".to_owned()),
        qr_svg: Some(svg.replace("<?xml version=\"1.0\" standalone=\"yes\"?>", "")),
        steps: vec![
            step(
                "Browser",
                "Öffnen Sie die Adresse und melden Sie sich mit Ihrem Konto an.",
                "Open the address and sign in with your account.",
                "https://chat.uni.example",
                "Rocket.Chat",
            ),
            step(
                "Desktop",
                "Starten Sie die App. Geben Sie die Adresse ein. Drücken Sie „Connect“.",
                "Start the app. Enter the address. Press \"Connect\".",
                "rocketchat://room?host=https%3A%2F%2Fchat.uni.example&path=channel%2Fgeneral",
                "App",
            ),
        ],
        manual: Some("https://uni.example/handbuch".to_owned()),
        forum: Some("https://uni.example/forum".to_owned()),
        support: Some(say(locale, "Beratung des Rechenzentrums", "Computing centre help desk")),
        support_link: Some("mailto:hilfe@uni.example".to_owned()),
        terms: Some(terms_item(locale, "rocketchat", "Rocket.Chat")),
        withdraw: active.then(|| WithdrawForm { form_token: "token-1".to_owned(), slug: "rocketchat".to_owned() }),
        mail_sent_to: Some("zoe.mueller@uni.example".to_owned()),
        no_mail: refused,
    }
}

fn changes(locale: Locale) -> ChangesPage {
    let summary = |(_, outcome): (&str, Outcome)| ResultSummary {
        service_name: "Rocket.Chat".to_owned(),
        outcome,
        receipt: Some(RECEIPT.to_owned()),
        url: format!("/{}/profile/permissions/rocketchat", locale.code()),
    };
    ChangesPage {
        frame: member(locale, "/profile/permissions/changes", Nav::Permissions),
        results: outcomes(locale).into_iter().map(summary).collect(),
    }
}

fn history(locale: Locale, empty: bool) -> HistoryPage {
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

fn terms(locale: Locale) -> TermsPage {
    TermsPage {
        frame: guest(locale, "/terms/rocketchat/3"),
        service_name: "Rocket.Chat".to_owned(),
        number: "3".to_owned(),
        html: "<h2>§ 1</h2>\n<p>Gehen Sie freundlich miteinander um.</p>\n".to_owned(),
        digest: DIGEST.to_owned(),
        published: at(-900),
        effective: at(-800),
        major: true,
        language: Locale::De,
        seen_by_lecturers: true,
        other_versions: vec![OtherVersion {
            number: "2".to_owned(),
            url: format!("/{}/terms/rocketchat/2", locale.code()),
            published: at(-9000),
        }],
        data_protection: Some(told(locale)),
        raw_url: format!("/{}/terms/rocketchat/3/text", locale.code()),
    }
}

fn legal(locale: Locale, text: LegalText) -> LegalPage {
    let source = text.built_in(locale);
    let (title, body) = source.split_once('\n').unwrap();
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(body));
    LegalPage {
        frame: Frame { nav: Nav::Help, ..guest(locale, &format!("/{}", text.name())) },
        title: title.strip_prefix("# ").unwrap().to_owned(),
        html,
    }
}

fn mail(locale: Locale, action: MailAction) -> ChangeMail {
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

const SIGN_IN_PROBLEMS: [SignInProblem; 10] = [
    SignInProblem::NothingTyped { name: true, password: true },
    SignInProblem::Refused,
    SignInProblem::Throttled { minutes: 5 },
    SignInProblem::MustChangePassword,
    SignInProblem::PasswordExpired,
    SignInProblem::AccountDisabled,
    SignInProblem::AccountExpired,
    SignInProblem::DirectoryUnavailable,
    SignInProblem::Overloaded,
    SignInProblem::CookieMissing,
];

/// Name and HTML of every page in every state.
fn every_page(locale: Locale) -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, html: askama::Result<String>| pages.push((name.to_owned(), html.unwrap()));
    add("sign-in", sign_in(locale, None).render());
    for (i, problem) in SIGN_IN_PROBLEMS.into_iter().enumerate() {
        add(&format!("sign-in-problem-{i}"), sign_in(locale, Some(problem)).render());
    }
    add("profile", profile(locale).render());
    add("profile-unavailable", ProfilePage { person: None, directory_unavailable: true, ..profile(locale) }.render());
    add("permissions", permissions(locale).render());
    add("permissions-refused", permissions_refused(locale).render());
    add("permissions-none", PermissionsPage { services: Vec::new(), ..permissions(locale) }.render());
    for (name, outcome) in outcomes(locale) {
        add(&format!("result-{name}"), result(locale, outcome).render());
    }
    add("changes", changes(locale).render());
    audit::pages(locale, &mut add);
    add("history", history(locale, false).render());
    add("history-empty", history(locale, true).render());
    add("receipt", receipts::sealed(locale).render());
    add("receipt-not-sealed", receipts::not_sealed(locale).render());
    add("receipt-never-sealed", receipts::never_sealed(locale).render());
    add("sessions", sessions(locale).render());
    add("terms", terms(locale).render());
    for text in LegalText::ALL {
        add(text.name(), legal(locale, text).render());
    }
    for status in [403, 404, 405, 413, 422, 429, 500, 503] {
        let mut page = ErrorPage::new(guest(locale, "/nowhere"), status);
        page.retry_after_minutes = (status == 429).then_some(2);
        add(&format!("error-{status}"), page.render());
    }
    let letter = mail(locale, MailAction::Granted);
    let view = MailView {
        to: "zoe.mueller@uni.example".to_owned(),
        subject: letter.subject(),
        at: at(0),
        text: letter.text().unwrap(),
    };
    add("mailbox", DemoMailboxPage { frame: guest(locale, "/demo/mailbox"), mails: vec![view] }.render());
    for (name, html) in terms_editor::pages(locale).into_iter().chain(own_data::pages(locale)) {
        add(name, html);
    }
    add("mailbox-empty", DemoMailboxPage { frame: guest(locale, "/demo/mailbox"), mails: Vec::new() }.render());
    pages.extend(courses::pages(locale));
    pages.extend(teaching::pages(locale));
    pages
}

#[test]
fn every_page_says_its_language_and_has_one_main_heading() {
    for locale in Locale::ALL {
        for (name, html) in every_page(locale) {
            assert!(html.starts_with(&format!("<!DOCTYPE html>\n<html lang=\"{}\">", locale.code())), "{name}: {html}");
            assert_eq!(html.matches("<h1").count(), 1, "{name}");
            assert_eq!(html.matches("<main").count(), 1, "{name}");
            assert!(html.contains(&format!("hreflang=\"{}\"", locale.other().code())), "{name}");
        }
    }
}

#[test]
fn a_name_from_the_directory_shows_literally() {
    for locale in Locale::ALL {
        let pages = every_page(locale)
            .into_iter()
            .chain([("mail".to_owned(), mail(locale, MailAction::Granted).html().unwrap())]);
        for (name, html) in pages {
            assert!(!html.contains("<b>"), "{name}");
        }
        assert!(profile(locale).render().unwrap().contains("Zoë &#60;b&#62;&#34;&#39;&#38; Müller"));
    }
}

#[test]
fn no_page_breaks_the_content_security_policy() {
    for (name, html) in every_page(Locale::De) {
        assert!(!html.contains(" style="), "{name}");
        assert!(!html.contains("<style"), "{name}");
        assert!(!html.contains("<script>"), "{name}");
        assert!(!html.contains(" onclick="), "{name}");
        assert_eq!(html.matches("<script").count(), 1, "{name}");
    }
}

#[test]
fn ids_are_unique_and_errors_lead_to_fields() {
    for (name, html) in every_page(Locale::En) {
        let ids: Vec<&str> = html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let unique: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{name}: {ids:?}");
        for target in html.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(ids.contains(&target), "{name}: #{target}");
        }
    }
}

#[test]
fn the_text_of_the_terms_stands_in_its_article_byte_for_byte() {
    let page = terms(Locale::En);
    let html = page.render().unwrap();
    let start = html.find("<article id=\"terms-text\"").unwrap();
    let inside = html[start..].split_once('>').unwrap().1.split_once("</article>").unwrap().0;
    assert_eq!(inside, page.html);
}

#[test]
fn the_labels_are_those_of_the_public_help_page_in_its_order() {
    let html = permissions(Locale::En).render().unwrap();
    let wanted = [
        ">Profiles<",
        ">Permissions<",
        ">Rocket.Chat<",
        ">Terms and Conditions read and accepted.<",
        ">Change permission<",
    ];
    let places: Vec<usize> = wanted.iter().map(|label| html.find(label).expect(label)).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn the_terms_box_is_never_ticked_beforehand() {
    let html = permissions(Locale::De).render().unwrap();
    let field = html.split("id=\"terms\"").nth(1).unwrap().split('>').next().unwrap();
    assert!(!field.contains("checked"), "{field}");
}

#[test]
fn a_service_one_may_not_have_says_why_and_has_no_box() {
    let html = permissions(Locale::De).render().unwrap();
    assert!(html.contains("Nur für Beschäftigte."));
    assert!(!html.contains("name=\"shown.hr\"") && !html.contains("value=\"hr\""));
    assert!(!html.contains(" disabled"));
}

#[test]
fn a_mail_speaks_the_members_language_first_and_then_the_other() {
    let question = |from| MailAction::AcceptAgain { from, until: at(240), is_reminder: from.is_none() };
    let questions = [None, Some(at(100)), Some(at(240))].map(question);
    for action in [MailAction::Granted, MailAction::Withdrawn, MailAction::Ended].into_iter().chain(questions) {
        let german = mail(Locale::De, action);
        let text = german.text().unwrap();
        assert!(text.find("Guten Tag").unwrap() < text.find("Hello").unwrap());
        assert!(text.contains(NAME) && text.contains(RECEIPT), "{text}");
        let english = mail(Locale::En, action).html().unwrap();
        assert!(english.find("Hello").unwrap() < english.find("Guten Tag").unwrap());
        assert!(!german.subject().contains('\n'));
    }
}

#[test]
fn the_plain_error_page_carries_no_markup_from_outside() {
    assert!(error::plain("<script>1-2").contains("ID: script1-2<"));
}

#[test]
fn every_address_of_a_static_file_exists() {
    for (name, html) in every_page(Locale::De) {
        for path in html.split("\"/static/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(assets::find(&format!("/static/{path}")).is_some(), "{name}: {path}");
        }
    }
}
