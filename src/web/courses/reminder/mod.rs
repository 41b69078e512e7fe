//! Reminding those of a class who have not activated a service: written, looked at, sent.

mod showing;

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{admit, chosen, classes, lecturer, own_course};
use crate::{
    db,
    domain::{
        catalogue::Service,
        courses::{self, Course, Roster},
        locale::Text,
        log::{Actor, Origin},
        reminders::{self, Order, Outcome, Words, WordsFault},
    },
    web::{State, client, error::WebError, forms::Fields, member::Member, see_other},
};
use showing::{show, usual_words};

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

/// What the lecturer wants next.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Edit,
    Check,
    Send,
}

impl Step {
    /// Whatever no button of ours sends shows the form again.
    fn parse(text: Option<&str>) -> Self {
        match text {
            Some("send") => Self::Send,
            Some("check") => Self::Check,
            _ => Self::Edit,
        }
    }
}

/// What the lecturer has entered.
enum Entered {
    Words(Text, Vec<(&'static str, WordsFault)>),
    ToCheck([Words; 2]),
    /// Something else was to be sent than what was looked at.
    ToCheckAgain([Words; 2]),
}

/// `GET /courses/{id}/reminder`
pub(in crate::web) async fn form(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    id: web::Path<String>,
    wish: web::Query<Wish>,
) -> Result<HttpResponse, WebError> {
    let class = class(&request, &state, &member, &id, wish.service.as_deref(), false).await?;
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
    // Whoever has left the course since its list was read is not written to.
    let class = class(&request, &state, &member, &id, fields.get("service"), true).await?;
    let words = match words(&state, class.service, &fields) {
        Ok(words) => words,
        Err(entered) => return show(&request, &state, &member, &class, entered).await,
    };
    let entered = match Step::parse(fields.get("step")) {
        Step::Edit => Entered::Words(Text::new(words[0].as_str(), words[1].as_str()), Vec::new()),
        Step::Check => Entered::ToCheck(words),
        Step::Send => {
            let seen = fields.get("seen").unwrap_or_default();
            match send(&request, &state, &member, &class, &words, seen).await? {
                Outcome::NotSeen => Entered::ToCheckAgain(words),
                // The page to which this leads says which of them it was.
                Outcome::Sent | Outcome::TooSoon | Outcome::NobodyMissing => {
                    let place = format!("/courses/{}/reminder?service={}", class.course.id, class.service.slug);
                    return Ok(see_other(&format!("/{}{place}", client::locale(&request).code())));
                }
            }
        }
    };
    show(&request, &state, &member, &class, entered).await
}

async fn class<'a>(
    request: &HttpRequest,
    state: &'a web::Data<State>,
    member: &Member,
    id: &str,
    slug: Option<&str>,
    wants_newest: bool,
) -> Result<Class<'a>, WebError> {
    let lecturer = lecturer(request, state, member).await?;
    admit(state, member)?;
    let own = own_course(state, &lecturer, id).await?;
    let service = chosen(&state.catalogue, slug)?;
    let roster = classes::roster(state, &own, wants_newest, &lecturer.patience).await?;
    Ok(Class { course: own.course, service, roster })
}

/// The words in German and in English; what was typed and what is wrong with it, if they cannot be taken.
fn words(state: &State, service: &Service, fields: &Fields) -> Result<[Words; 2], Entered> {
    let typed = |field| fields.get(field).unwrap_or_default();
    let own_address = state.settings.portal.public_url.as_str();
    let parse = |field| Words::parse(typed(field), own_address, &service.name);
    match (parse("text_de"), parse("text_en")) {
        (Ok(de), Ok(en)) => Ok([de, en]),
        (de, en) => {
            let faults = [("text_de", de.err()), ("text_en", en.err())];
            let faults = faults.into_iter().filter_map(|(field, fault)| Some((field, fault?))).collect();
            Err(Entered::Words(Text::new(typed("text_de"), typed("text_en")), faults))
        }
    }
}

/// One transaction: who is missing now, and a mail owed to each.
async fn send(
    request: &HttpRequest,
    state: &State,
    member: &Member,
    class: &Class<'_>,
    words: &[Words; 2],
    seen: &str,
) -> Result<Outcome, WebError> {
    let (account_id, request_id, now) = (member.account.id.clone(), client::request_id(request), state.clock.now());
    let (service, every) = (class.service.slug.to_string(), state.settings.reminders.every);
    let (course, roster) = (class.course.clone(), Arc::clone(&class.roster));
    let (words, seen) = (words.clone(), seen.to_owned());
    let sending = state.database.write(move |conn| -> Result<Outcome, db::Error> {
        let activation = courses::activation(conn, &service, &roster)?;
        let [de, en] = &words;
        let order =
            Order { account_id: &account_id, course: &course, service: &service, words: [de, en], every, seen: &seen };
        let origin = Origin { actor: Actor::Account(&account_id), request_id: &request_id, at: now };
        reminders::send(conn, origin, &order, &activation.missing)
    });
    match sending.await {
        // A colleague's first reminder of this course at this moment.
        Err(db::Error::Conflict(_)) => Ok(Outcome::TooSoon),
        sent => {
            let outcome = sent?;
            if outcome == Outcome::Sent {
                state.delivery.wake();
            }
            Ok(outcome)
        }
    }
}
