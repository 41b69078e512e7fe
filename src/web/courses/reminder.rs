//! Reminding those of a class who have not activated a service: written, looked at, sent.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde::Deserialize;

use super::{
    chosen, lecturer, name, own_course,
    records::{self, Look},
    visible,
};
use crate::{
    db::{self, Conn},
    domain::{
        catalogue::Service,
        courses::{self, Course, Roster},
        locale::{Locale, Text},
        log::{Actor, Origin},
        reminders::{self, LONGEST, Order, Reminder, Words, WordsFault},
    },
    mail::{Letter as _, ReminderMail},
    texts,
    web::{
        State, client,
        error::WebError,
        forms::{self, Fields},
        member::Member,
        pages::{
            courses::{Checking, ReminderPage, Sent, ServiceTab, Stage, WordsProblem, Writing},
            frame::Nav,
        },
        see_other, view,
    },
};

/// What the address of a reminder may say.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Wish {
    service: Option<String>,
}

/// A class of which a lecturer may remind the missing.
struct Class<'a> {
    course: Course,
    service: &'a Service,
    roster: Arc<Roster>,
}

/// `GET /courses/{id}/reminder`
pub(in crate::web) async fn form(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    id: web::Path<String>,
    wish: web::Query<Wish>,
) -> Result<HttpResponse, WebError> {
    let class = class(&request, &state, &member, &id, wish.service.as_deref()).await?;
    let words = usual_words(class.service);
    show(&request, &state, &member, &class, Entered::Words(words, Vec::new())).await
}

/// `POST /courses/{id}/reminder`
pub(in crate::web) async fn create(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    id: web::Path<String>,
    fields: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    let fields = Fields::new(fields.into_inner());
    fields.require_token(&member.data.form_token)?;
    let class = class(&request, &state, &member, &id, fields.get("service")).await?;
    let own_address = state.settings.portal.public_url.as_str();
    let parse = |field| Words::parse(fields.get(field).unwrap_or_default(), own_address, &class.service.name);
    let entered = Text::new(fields.get("text_de").unwrap_or_default(), fields.get("text_en").unwrap_or_default());
    let words = match (parse("text_de"), parse("text_en")) {
        (Ok(de), Ok(en)) => [de, en],
        (de, en) => {
            let faults = [("text_de", de.err()), ("text_en", en.err())];
            let faults = faults.into_iter().filter_map(|(field, fault)| Some((field, fault?))).collect();
            return show(&request, &state, &member, &class, Entered::Words(entered, faults)).await;
        }
    };
    match fields.get("step") {
        Some("send") => {
            let place = format!("/courses/{}/reminder?service={}", class.course.id, class.service.slug);
            send(&request, &state, &member, class, words).await?;
            Ok(see_other(&format!("/{}{place}", client::locale(&request).code())))
        }
        Some("check") => show(&request, &state, &member, &class, Entered::ToCheck(words)).await,
        _ => show(&request, &state, &member, &class, Entered::Words(entered, Vec::new())).await,
    }
}

async fn class<'a>(
    request: &HttpRequest,
    state: &'a State,
    member: &Member,
    id: &str,
    slug: Option<&str>,
) -> Result<Class<'a>, WebError> {
    let lecturer = lecturer(request, state, member).await?;
    let own = own_course(state, &lecturer, id).await?;
    let service = chosen(&state.catalogue, slug)?;
    let roster = state.classes.roster(state, &own, false).await?;
    Ok(Class { course: own.course, service, roster })
}

/// One transaction: who is missing now, and a mail owed to each. If the course had a reminder too recently, or nobody is missing,
/// nothing happens; the page to which this leads says so.
async fn send(
    request: &HttpRequest,
    state: &State,
    member: &Member,
    class: Class<'_>,
    words: [Words; 2],
) -> Result<(), WebError> {
    let (account_id, request_id, now) = (member.account.id.clone(), client::request_id(request), state.clock.now());
    let (service, every) = (class.service.slug.to_string(), state.settings.reminders.every);
    let sending = state.database.write(move |conn| -> Result<bool, db::Error> {
        let activation = courses::activation(conn, &service, &class.roster)?;
        if activation.missing.is_empty() {
            return Ok(false);
        }
        let [de, en] = &words;
        let course = &class.course;
        let order = Order { account_id: &account_id, course, service: &service, words: [de, en], every };
        let origin = Origin { actor: Actor::Account(&account_id), request_id: &request_id, at: now };
        reminders::send(conn, origin, &order, &activation.missing)
    });
    match sending.await {
        // A colleague's first reminder of this course at this moment.
        Err(db::Error::Conflict(_)) => {}
        sent => {
            if sent? {
                state.delivery.wake();
            }
        }
    }
    Ok(())
}

/// What the lecturer has entered.
enum Entered {
    Words(Text, Vec<(&'static str, WordsFault)>),
    ToCheck([Words; 2]),
}

async fn show(
    request: &HttpRequest,
    state: &State,
    member: &Member,
    class: &Class<'_>,
    entered: Entered,
) -> Result<HttpResponse, WebError> {
    let mut frame = view::frame(request, state, Some(member), Nav::Courses);
    let Class { course, service, .. } = class;
    let path = |service: &Service| format!("/courses/{}/reminder?service={}", course.id, service.slug);
    frame.path = path(service);
    let (missing, recent) = situation(state, class).await?;
    let look = Look { member, course, service, roster: &class.roster };
    records::missing_counted(request, state, &look, missing).await?;
    let progress = match (recent, entered) {
        (Some(recent), _) => Stage::Sent(sent(state, frame.locale, recent)),
        (None, _) if missing == 0 => Stage::NobodyMissing,
        (None, Entered::Words(words, faults)) => Stage::Writing(Writing {
            mail: mail(state, member, class, &Text::default()),
            problems: faults.iter().map(|(field, fault)| problem(frame.locale, field, fault)).collect(),
            longest: LONGEST,
            words,
        }),
        (None, Entered::ToCheck([de, en])) => {
            let words = Text::new(de.as_str(), en.as_str());
            let mail = mail(state, member, class, &words);
            let subjects = Locale::ALL.map(|locale| ReminderMail { locale: Some(locale), ..mail.clone() }.subject());
            Stage::Checking(Checking { words, mail, subjects })
        }
    };
    let tabs = visible(&state.catalogue).map(|other| ServiceTab {
        name: other.name.get(frame.locale).to_owned(),
        url: frame.url(&path(other)),
        is_current: other.slug == service.slug,
    });
    let page = ReminderPage {
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
    };
    view::page(if page.has_problems() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page)
}

/// How many are missing, and the reminder because of which there may be none now.
async fn situation(state: &State, class: &Class<'_>) -> Result<(usize, Option<Reminder>), WebError> {
    let (id, now) = (class.course.id.clone(), state.clock.now());
    let (service, roster) = (class.service.slug.to_string(), Arc::clone(&class.roster));
    let looking = move |conn: &mut Conn| -> Result<_, db::Error> {
        let missing = courses::activation(conn, &service, &roster)?.missing.len();
        Ok((missing, reminders::recent(conn, id.as_str(), now)?))
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
fn usual_words(service: &Service) -> Text {
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
        permissions_url: portal.address("/profile/permissions"),
    }
}

fn problem(locale: Locale, field: &'static str, fault: &WordsFault) -> WordsProblem {
    let language = texts::text(locale, if field == "text_de" { "reminder-text-de" } else { "reminder-text-en" });
    let (key, piece) = match fault {
        WordsFault::Empty => ("reminder-fault-empty", String::new()),
        WordsFault::TooLong => ("reminder-fault-too-long", LONGEST.to_string()),
        WordsFault::Markup => ("reminder-fault-markup", String::new()),
        WordsFault::Link(piece) => ("reminder-fault-link", piece.chars().take(60).collect()),
    };
    WordsProblem { field, text: texts::text_with(locale, key, &[("field", language), ("piece", piece)]) }
}
