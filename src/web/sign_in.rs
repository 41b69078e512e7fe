//! Signing in: one form, one text for every refusal that a correct password would not have changed.

use std::{net::IpAddr, sync::Arc, time::Duration};

use actix_session::{SessionExt, storage::generate_session_key};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, http::header, web};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use validator::Validate;

use super::{
    State,
    arrival::Arrival,
    client,
    door::Place,
    error::WebError,
    forms::{self, Fields, FormCookie},
    member::begin_session,
    pages::{
        frame::{Nav, Notice, NoticeKind},
        sign_in::{SignInPage, SignInProblem},
    },
    patience::Patience,
    refusals, roles, see_other, session_store,
    throttle::Wait,
    view,
};
use crate::{
    clock::delta,
    directory::{Candidate, DirectoryError, SignInFailure},
    domain::{accounts::Person, locale::Locale},
    texts,
};

#[derive(Deserialize)]
pub(super) struct Query {
    next: Option<String>,
    #[serde(rename = "signed-out")]
    signed_out: Option<String>,
}

/// The form as it was sent.
struct Entered {
    name: String,
    password: SecretString,
    next: Option<String>,
    resume: Option<String>,
}

/// What must not be empty. Only the names of wrong fields are looked at: the validator's own messages repeat the values.
#[derive(Validate)]
struct Required<'a> {
    #[validate(length(min = 1))]
    name: &'a str,
    #[validate(length(min = 1))]
    password: &'a str,
}

/// `GET /sign-in`
pub(super) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    query: web::Query<Query>,
) -> Result<HttpResponse, WebError> {
    let Query { next, signed_out } = query.into_inner();
    let mut form = Form::empty(next.and_then(|next| own_path(&next)));
    form.signed_out = signed_out.is_some();
    answer(&request, &state, form, StatusCode::OK)
}

/// The form again instead of the page whose form arrived too late; `resume` holds what was entered there.
pub(super) fn resume(
    request: &HttpRequest,
    state: &State,
    next: &str,
    fields: &Fields,
) -> Result<HttpResponse, WebError> {
    let form = Form { resume: Some(fields.encode()), session_ended: true, ..Form::empty(Some(next.to_owned())) };
    answer(request, state, form, StatusCode::OK)
}

/// `POST /sign-in`
pub(super) async fn create(
    request: HttpRequest,
    state: web::Data<State>,
    fields: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    let fields = Fields::new(fields.into_inner());
    let entered = Entered::from(&fields);
    let patience = Patience::of(state.settings.sign_in.deadline);
    match enter(&request, &state, &fields, &entered, &patience).await? {
        Ok(Admitted { person, place: _place }) => welcome(&request, &state, &entered, person, &patience).await,
        Err(problem) => refuse(&request, &state, entered, problem),
    }
}

/// Who has proved who they are, and their place at the door until they are inside.
struct Admitted {
    person: Person,
    place: Arc<Place>,
}

/// Who this is, or why they do not come in. What is wrong without asking the directory is said at once, and takes nobody's turn.
///
/// # Errors
/// [`WebError::Forbidden`] if the form is not the one that goes with the cookie.
async fn enter(
    request: &HttpRequest,
    state: &web::Data<State>,
    fields: &Fields,
    entered: &Entered,
    patience: &Patience,
) -> Result<Result<Admitted, SignInProblem>, WebError> {
    let Some(cookie) = FormCookie::sent(request) else { return Ok(Err(SignInProblem::CookieMissing)) };
    fields.require_token(&cookie.token)?;
    if let Err(problem) = require_both(entered).and_then(|()| admit_address(request, state)) {
        return Ok(Err(problem));
    }
    Ok(in_turn(request, state, entered, patience).await)
}

fn require_both(entered: &Entered) -> Result<(), SignInProblem> {
    let required = Required { name: &entered.name, password: entered.password.expose_secret() };
    required.validate().map_err(|faults| {
        let is_wrong = |field| faults.errors().contains_key(field);
        SignInProblem::NothingTyped { name: is_wrong("name"), password: is_wrong("password") }
    })
}

fn admit_address(request: &HttpRequest, state: &State) -> Result<(), SignInProblem> {
    match client::address(request, &state.settings.trusted_proxies) {
        Some(address) => state.throttle.admit_address(address).map_err(throttled),
        None => Ok(()),
    }
}

/// Asks the directory, and waits for its word until the deadline. However a refusal came about there, it takes the same time;
/// who cannot be served now is told so at once.
async fn in_turn(
    request: &HttpRequest,
    state: &web::Data<State>,
    entered: &Entered,
    patience: &Patience,
) -> Result<Admitted, SignInProblem> {
    let place = state.door.admit().map_err(|why| {
        tracing::warn!(event = "sign-in.overloaded", request_id = client::request_id(request), ?why);
        SignInProblem::Overloaded
    })?;
    let place = Arc::new(place);
    let began = tokio::time::Instant::now();
    let attempt = Attempt {
        state: state.clone(),
        name: entered.name.clone(),
        password: entered.password.clone(),
        address: client::address(request, &state.settings.trusted_proxies),
        request_id: client::request_id(request),
        _place: Arc::clone(&place),
    };
    let proven = patience.ask(attempt.decide()).await.unwrap_or_else(|error| {
        tracing::error!(event = "directory.unavailable", reason = %error);
        Err(SignInProblem::DirectoryUnavailable)
    });
    match proven {
        Ok(person) => Ok(Admitted { person, place }),
        Err(problem) => {
            // Who waits here is no load.
            drop(place);
            tokio::time::sleep_until(began + state.settings.sign_in.refusal_takes).await;
            Err(problem)
        }
    }
}

/// A name and a password on their way to the directory; they go on when nobody waits for the answer any longer.
struct Attempt {
    state: web::Data<State>,
    name: String,
    password: SecretString,
    address: Option<IpAddr>,
    request_id: String,
    /// Held until the attempt is over, not only until the page is answered: behind a directory that hangs they may not pile up.
    _place: Arc<Place>,
}

impl Attempt {
    /// Decides who this is. The account's attempt is counted before its password leaves for the directory.
    async fn decide(self) -> Result<Result<Person, SignInProblem>, DirectoryError> {
        let State { directory, throttle, .. } = &**self.state;
        let candidate = directory.candidate(&self.name).await?;
        let keys = throttle_keys(&self.name, candidate.as_ref());
        if let Err(wait) = keys.iter().try_for_each(|key| throttle.admit_account(key)) {
            return Ok(Err(throttled(wait)));
        }
        let proven = match &candidate {
            Some(candidate) => directory.prove(candidate, &self.password).await,
            None => Err(SignInFailure::Refused),
        };
        match proven {
            Ok(person) => {
                for key in &keys {
                    throttle.forgive_account(key);
                }
                Ok(Ok(person))
            }
            Err(failure) => Ok(Err(self.refused(candidate.as_ref(), problem(failure)?).await)),
        }
    }

    /// Counts and records that the directory refused.
    async fn refused(&self, candidate: Option<&Candidate>, problem: SignInProblem) -> SignInProblem {
        if let (SignInProblem::Refused, Some(address)) = (problem, self.address) {
            self.state.throttle.count_failure(address);
        }
        tracing::info!(event = "sign-in.refused", request_id = self.request_id, why = ?problem);
        refusals::record(&self.state, self.request_id.clone(), candidate, problem).await;
        problem
    }
}

/// What is typed counts whether or not there is such a person, so that the count tells nobody who exists; the entry counts, too,
/// since it may have several names.
fn throttle_keys(name: &str, candidate: Option<&Candidate>) -> Vec<String> {
    let entry = candidate.map(|candidate| format!("entry {}", candidate.dn));
    std::iter::once(format!("name {name}")).chain(entry).collect()
}

fn throttled(wait: Wait) -> SignInProblem {
    let minutes = wait.minutes();
    tracing::info!(event = "sign-in.throttled", minutes);
    SignInProblem::Throttled { minutes }
}

/// # Errors
/// That the directory could not be asked: nothing was decided.
fn problem(failure: SignInFailure) -> Result<SignInProblem, DirectoryError> {
    match failure {
        SignInFailure::Refused => Ok(SignInProblem::Refused),
        SignInFailure::MustChangePassword => Ok(SignInProblem::MustChangePassword),
        SignInFailure::PasswordExpired => Ok(SignInProblem::PasswordExpired),
        SignInFailure::AccountDisabled => Ok(SignInProblem::AccountDisabled),
        SignInFailure::AccountExpired => Ok(SignInProblem::AccountExpired),
        SignInFailure::Unavailable(error) => Err(error),
    }
}

/// Begins the session and leads to the page that was asked for first.
async fn welcome(
    request: &HttpRequest,
    state: &State,
    entered: &Entered,
    person: Person,
    patience: &Patience,
) -> Result<HttpResponse, WebError> {
    let locale = client::locale(request);
    let key = generate_session_key();
    let arrival = Arrival {
        person,
        locale,
        request_id: client::request_id(request),
        key_hash: session_store::hash(&key),
        device: client::device(request),
        resume: entered.resume.clone(),
        now: state.clock.now(),
        absolute: delta(state.settings.session.absolute),
    };
    let (person, now) = (arrival.person.clone(), arrival.now);
    let account = arrival.record(&state.database).await?;
    state.sightings.keep(&account.id, Some(&person), now, state.sightings.ask());
    begin_session(&request.get_session(), key.as_ref())?;
    roles::learn(&client::request_id(request), state, &account, person, patience).await;
    tracing::info!(event = "sign-in.succeeded", request_id = client::request_id(request), account = account.id);
    let next = entered.next.clone().unwrap_or_else(|| format!("/{}/profile/permissions", locale.code()));
    Ok(see_other(&next))
}

fn refuse(
    request: &HttpRequest,
    state: &State,
    entered: Entered,
    problem: SignInProblem,
) -> Result<HttpResponse, WebError> {
    let form = Form {
        name: entered.name,
        next: entered.next,
        resume: entered.resume,
        problem: Some(problem),
        session_ended: false,
        signed_out: false,
    };
    let mut answer = answer(request, state, form, status(problem))?;
    let wait = match problem {
        SignInProblem::Throttled { minutes } => Some(Duration::from_secs(minutes * 60)),
        SignInProblem::DirectoryUnavailable | SignInProblem::Overloaded => Some(Duration::from_secs(30)),
        _ => None,
    };
    if let Some(wait) = wait {
        answer.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().into());
    }
    Ok(answer)
}

fn status(problem: SignInProblem) -> StatusCode {
    match problem {
        SignInProblem::CookieMissing => StatusCode::FORBIDDEN,
        SignInProblem::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
        SignInProblem::Overloaded | SignInProblem::DirectoryUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// The form as it is shown.
struct Form {
    name: String,
    next: Option<String>,
    resume: Option<String>,
    problem: Option<SignInProblem>,
    session_ended: bool,
    signed_out: bool,
}

impl Form {
    fn empty(next: Option<String>) -> Self {
        Self { name: String::new(), next, resume: None, problem: None, session_ended: false, signed_out: false }
    }

    /// Where the language link leads: the same form, with nothing of the query but what was checked.
    fn path(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.next.as_ref().map(|next| ("next", next)));
        query.extend_pairs(self.signed_out.then_some(("signed-out", "yes")));
        let query = query.finish();
        if query.is_empty() { "/sign-in".to_owned() } else { format!("/sign-in?{query}") }
    }
}

fn answer(request: &HttpRequest, state: &State, form: Form, status: StatusCode) -> Result<HttpResponse, WebError> {
    let cookie = FormCookie::for_page(request);
    let mut frame = view::frame(request, state, None, Nav::None);
    frame.path = form.path();
    if form.signed_out {
        let text = texts::text(frame.locale, "notice-signed-out");
        frame.notice = Some(Notice { kind: NoticeKind::Success, text });
    }
    let service = form.next.as_deref().and_then(marked_service).and_then(|slug| state.catalogue.get(&slug));
    let service_name = service.map(|service| service.name.get(frame.locale).to_owned());
    let page = SignInPage {
        frame,
        name: form.name,
        next: form.next,
        resume: form.resume,
        form_token: forms::mask(&cookie.token),
        problem: form.problem,
        session_ended: form.session_ended,
        forgotten_password_url: state.settings.forgotten_password_url.clone(),
        service_name,
    };
    let mut answer = view::page(status, &page)?;
    cookie.set(&mut answer)?;
    Ok(answer)
}

/// The service that a path of ours marks on "Permissions".
fn marked_service(next: &str) -> Option<String> {
    let (path, query) = next.split_once('?')?;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let service = pairs.find(|(name, _)| name == "service")?.1.into_owned();
    path.ends_with("/profile/permissions").then_some(service)
}

/// A path of ours to return to; anything that could lead elsewhere is dropped. Browsers read `\` as `/` and skip control
/// characters, so neither may occur.
pub(super) fn own_path(next: &str) -> Option<String> {
    let is_ours = Locale::ALL.iter().any(|locale| {
        next.strip_prefix('/')
            .and_then(|rest| rest.strip_prefix(locale.code()))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    });
    let is_plain = next.chars().all(|c| c.is_ascii_graphic() && c != '\\') && !next.contains("//") && next.len() <= 512;
    let leads_back = next.contains("/sign-in") || next.contains("/sign-out");
    (is_ours && is_plain && !leads_back).then(|| next.to_owned())
}

impl From<&Fields> for Entered {
    /// Blanks around a name are slips of the hand; a password is taken exactly as it was sent.
    fn from(fields: &Fields) -> Self {
        let text = |name| fields.get(name).unwrap_or_default();
        Self {
            name: text("name").trim().to_owned(),
            password: SecretString::from(text("password")),
            next: fields.get("next").and_then(own_path),
            resume: fields.get("resume").filter(|kept| !kept.is_empty()).map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_paths_are_returned_to() {
        for ours in ["/de", "/en/profile", "/de/profile/permissions?service=chat", "/en?x"] {
            assert_eq!(own_path(ours).as_deref(), Some(ours));
        }
        for elsewhere in [
            "//evil.example",
            "/\\evil.example",
            "https:evil",
            "https://evil.example/de/",
            "javascript:alert(1)",
            "data:text/html,x",
            "/english",
            "/de//evil.example",
            "/de/\t/evil",
            "/de\\..\\x",
            "/de/sign-out",
            "de/profile",
            "",
        ] {
            assert_eq!(own_path(elsewhere), None, "{elsewhere}");
        }
    }
}
