//! What anybody may read, with sample data: terms, legal texts, errors.

use askama::Template;

use super::{DIGEST, at, guest, permissions::told};
use crate::{
    domain::locale::Locale,
    web::pages::{
        error::ErrorPage,
        frame::{Frame, Nav},
        legal::{LegalPage, LegalText},
        terms::{OtherVersion, TermsPage},
    },
};

pub(super) fn terms(locale: Locale) -> TermsPage {
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

/// Every page in every state.
pub(super) fn pages(locale: Locale, add: &mut impl FnMut(&str, askama::Result<String>)) {
    add("terms", terms(locale).render());
    for text in LegalText::ALL {
        add(text.name(), legal(locale, text).render());
    }
    for status in [403, 404, 405, 413, 422, 429, 500, 503] {
        let mut page = ErrorPage::new(guest(locale, "/nowhere"), status);
        page.retry_after_minutes = (status == 429).then_some(2);
        add(&format!("error-{status}"), page.render());
    }
}
