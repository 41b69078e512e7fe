//! Permissions and what comes of changing them, with sample data.

use askama::Template;

use super::{DIGEST, RECEIPT, at, member, say};
use crate::{
    domain::locale::Locale,
    web::pages::{
        data_protection::Disclosure,
        frame::Nav,
        permissions::{AnnouncedTerms, PermissionsPage, Problem, ServiceRow, ServiceState, TermsItem},
        result::{ChangesPage, Outcome, ProofStep, ResultPage, ResultSummary, StepView, WithdrawForm},
    },
};

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
        announced: (slug == "cloud").then(|| AnnouncedTerms {
            number: "4".to_owned(),
            url: format!("/{}/terms/{slug}/4", locale.code()),
            effective: at(900),
        }),
        details_url: shown.then(|| format!("/{}/profile/permissions/{slug}", locale.code())),
        problem: None,
        data_protection: (slug != "new").then(|| told(locale)),
        seen_by_lecturers: slug == "rocketchat",
        state,
    }
}

pub(super) fn told(locale: Locale) -> Disclosure {
    Disclosure {
        purpose: say(locale, "Damit andere Sie finden.", "So that others can find you."),
        legal_basis: say(locale, "Die Nutzungsbedingungen.", "The terms and conditions."),
        recipients: say(locale, "Der Chat-Server.", "The chat server."),
        retention: say(locale, "Solange der Dienst freigeschaltet ist.", "As long as the service is active."),
    }
}

pub(super) fn permissions(locale: Locale) -> PermissionsPage {
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

pub(super) fn result(locale: Locale, outcome: Outcome) -> ResultPage {
    let qr = qrcode::QrCode::new(b"https://go.rocket.chat/auth?host=chat.uni.example").unwrap();
    let svg = qr.render::<qrcode::render::svg::Color<'_>>().min_dimensions(160, 160).build();
    let refused = matches!(outcome, Outcome::Refused { .. });
    let active = outcome.may_use() || refused;
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
        steps: steps(locale),
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

fn steps(locale: Locale) -> Vec<StepView> {
    let step = |title: &str, de: &str, en: &str, link: &str, label: &str| StepView {
        title: title.to_owned(),
        text: say(locale, de, en),
        link: Some(link.to_owned()),
        link_label: Some(label.to_owned()),
    };
    vec![
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
    ]
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

/// Every page in every state.
pub(super) fn pages(locale: Locale, add: &mut impl FnMut(&str, askama::Result<String>)) {
    add("permissions", permissions(locale).render());
    add("permissions-refused", permissions_refused(locale).render());
    add("permissions-none", PermissionsPage { services: Vec::new(), ..permissions(locale) }.render());
    for (name, outcome) in outcomes(locale) {
        add(&format!("result-{name}"), result(locale, outcome).render());
    }
    add("changes", changes(locale).render());
}
