//! The page of a reminder at each of its stages.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};

use super::{Class, Entered};
use crate::{
    db::{self, Conn},
    domain::{
        catalogue::Service,
        courses::{self, Count},
        locale::{Locale, Text},
        reminders::{self, LONGEST, MOST_LINES, Order, Reminder, Words, WordsFault},
    },
    mail::{Letter as _, ReminderMail},
    texts,
    web::{
        State,
        courses::{
            name,
            records::{self, Look},
            visible,
        },
        error::WebError,
        forms,
        member::Member,
        pages::{
            courses::{Checking, ReminderPage, Sent, ServiceTab, Stage, WordsProblem, Writing},
            frame::{Frame, Nav},
        },
        view,
    },
};

/// Shows what the lecturer has entered, unless there is nobody to remind or the course had a reminder too recently.
pub(super) async fn show(
    request: &HttpRequest,
    state: &State,
    member: &Member,
    class: &Class<'_>,
    entered: Entered,
) -> Result<HttpResponse, WebError> {
    let mut frame = view::frame(request, state, Some(member), Nav::Courses);
    frame.path = path(class, class.service);
    let (count, recent) = situation(state, class).await?;
    let missing = count.people - count.activated;
    let account_id = member.account.id.as_str();
    let look = Look { account_id, course: &class.course, service: class.service, roster: &class.roster };
    records::missing_counted(request, state, &look, count).await?;
    let progress = match recent {
        Some(recent) => Stage::Sent(sent(state, frame.locale, recent)),
        None if missing == 0 => Stage::NobodyMissing,
        None => asked(&frame, state, member, class, missing, entered),
    };
    let page = page(frame, state, member, class, missing, progress);
    view::page(if page.has_problems() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page)
}

fn path(class: &Class<'_>, service: &Service) -> String {
    format!("/courses/{}/reminder?service={}", class.course.id, service.slug)
}

fn page(
    frame: Frame,
    state: &State,
    member: &Member,
    class: &Class<'_>,
    missing: usize,
    progress: Stage,
) -> ReminderPage {
    let Class { course, service, .. } = class;
    let tabs = visible(&state.catalogue).map(|other| ServiceTab {
        name: other.name.get(frame.locale).to_owned(),
        url: frame.url(&path(class, other)),
        is_current: other.slug == service.slug,
    });
    ReminderPage {
        form_token: forms::mask(&member.data.form_token),
        name: name(&frame, course),
        course_id: course.id.to_string(),
        service: service.slug.to_string(),
        service_name: service.name.get(frame.locale).to_owned(),
        tabs: tabs.collect(),
        missing,
        stage: progress,
        every_days: state.settings.reminders.every.as_secs().div_ceil(24 * 60 * 60),
        frame,
    }
}

/// Writing or checking, whichever the lecturer is at.
fn asked(frame: &Frame, state: &State, member: &Member, class: &Class<'_>, missing: usize, entered: Entered) -> Stage {
    let (words, is_again) = match entered {
        Entered::Words(words, faults) => {
            return Stage::Writing(Writing {
                mail: mail(state, member, class, &Text::default()),
                problems: faults.iter().map(|(field, fault)| problem(frame.locale, field, fault)).collect(),
                longest: LONGEST,
                words,
            });
        }
        Entered::ToCheck(words) => (words, false),
        Entered::ToCheckAgain(words) => (words, true),
    };
    Stage::Checking(checking(mail(state, member, class, &both(&words)), &words, class, missing, is_again))
}

fn checking(mail: ReminderMail, words: &[Words; 2], class: &Class<'_>, missing: usize, is_again: bool) -> Checking {
    let [de, en] = words;
    Checking {
        subjects: Locale::ALL.map(|locale| ReminderMail { locale: Some(locale), ..mail.clone() }.subject()),
        words: both(words),
        seen: Order::seal(&class.course, class.service.slug.as_str(), [de, en], missing),
        is_again,
        mail,
    }
}

fn both([de, en]: &[Words; 2]) -> Text {
    Text::new(de.as_str(), en.as_str())
}

/// How many have activated, and the reminder because of which there may be none now.
async fn situation(state: &State, class: &Class<'_>) -> Result<(Count, Option<Reminder>), WebError> {
    let (id, now) = (class.course.id.clone(), state.clock.now());
    let (service, roster) = (class.service.slug.to_string(), Arc::clone(&class.roster));
    let looking = move |conn: &mut Conn| -> Result<_, db::Error> {
        let count = courses::activation(conn, &service, &roster)?.count();
        Ok((count, reminders::recent(conn, id.as_str(), now)?))
    };
    Ok(state.database.read(looking).await?)
}

fn sent(state: &State, locale: Locale, recent: Reminder) -> Sent {
    let service = state.catalogue.get(&recent.service);
    Sent {
        service_name: service.map_or(recent.service, |service| service.name.get(locale).to_owned()),
        people: u64::try_from(recent.people).unwrap_or_default(),
        at: recent.sent_at,
        again_at: recent.again_at,
    }
}

/// The words that the form begins with.
pub(super) fn usual_words(service: &Service) -> Text {
    let words = |locale: Locale| {
        texts::text_with(locale, "reminder-usual-words", &[("service", service.name.get(locale).to_owned())])
    };
    Text::new(words(Locale::De), words(Locale::En))
}

/// The mail as somebody receives it who is addressed by a dash.
fn mail(state: &State, member: &Member, class: &Class<'_>, words: &Text) -> ReminderMail {
    let portal = &state.settings.portal;
    ReminderMail {
        locale: None,
        portal_name: portal.name.clone(),
        organisation: portal.organisation.clone(),
        display_name: "…".to_owned(),
        lecturer: member.account.display_name.clone(),
        course: class.course.title.clone(),
        service_name: class.service.name.clone(),
        words: words.clone(),
        at: state.clock.now(),
        permissions_url: portal.permissions_address(class.service.slug.as_str()),
    }
}

fn problem(locale: Locale, field: &'static str, fault: &WordsFault) -> WordsProblem {
    let language = texts::text(locale, if field == "text_de" { "reminder-text-de" } else { "reminder-text-en" });
    let (key, piece) = match fault {
        WordsFault::Empty => ("reminder-fault-empty", String::new()),
        WordsFault::TooLong => ("reminder-fault-too-long", LONGEST.to_string()),
        WordsFault::TooManyLines => ("reminder-fault-too-many-lines", MOST_LINES.to_string()),
        WordsFault::Markup => ("reminder-fault-markup", String::new()),
        WordsFault::Unreadable => ("reminder-fault-unreadable", String::new()),
        WordsFault::Link(piece) => ("reminder-fault-link", shortened(piece)),
        WordsFault::Divider(line) => ("reminder-fault-divider", shortened(line)),
        WordsFault::LongWord(word) => ("reminder-fault-long-word", shortened(word)),
    };
    WordsProblem { field, text: texts::text_with(locale, key, &[("field", language), ("piece", piece)]) }
}

fn shortened(piece: &str) -> String {
    let start: String = piece.chars().take(60).collect();
    if start.len() < piece.len() { start + "…" } else { start }
}
