//! Every page with sample data, in both languages.

mod audit;
mod courses;
mod mail;
mod own_data;
mod permissions;
mod profile;
mod public;
mod receipts;
mod sign_in;
mod teaching;
mod terms_editor;

use askama::Template;
use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Europe::Berlin;

use self::{mail::mail, permissions::permissions, profile::profile, public::terms};
use super::{
    assets, error,
    frame::{Frame, Nav, SignedIn},
};
use crate::{
    clock::Instant,
    domain::{
        locale::{Locale, Text},
        roles::Roles,
    },
    mail::{Letter as _, MailAction},
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

/// Name and HTML of every page in every state.
fn every_page(locale: Locale) -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, html: askama::Result<String>| pages.push((name.to_owned(), html.unwrap()));
    sign_in::pages(locale, &mut add);
    profile::pages(locale, &mut add);
    permissions::pages(locale, &mut add);
    audit::pages(locale, &mut add);
    public::pages(locale, &mut add);
    mail::pages(locale, &mut add);
    for (name, html) in terms_editor::pages(locale).into_iter().chain(own_data::pages(locale)) {
        add(name, html);
    }
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
