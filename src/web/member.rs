//! Who is signed in: the session, the account behind it, and the person as the directory shows them now.

use std::{
    collections::HashMap,
    future::{Ready, ready},
};

use actix_session::{Session, SessionExt};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use serde::{Deserialize, Serialize};

use super::{
    State, client,
    door::Pace,
    error::WebError,
    forms::Fields,
    observed::Subject,
    pages::frame::{Notice, NoticeKind},
    patience::Patience,
    session_store::UNAVAILABLE,
};
use crate::{
    clock::{Instant, delta},
    directory::DirectoryError,
    domain::{
        accounts::{Account, Person},
        locale::Locale,
    },
};

/// The session's cookie.
pub(super) const COOKIE: &str = "__Host-latchkey";

/// The account behind the session as the database shows it at this request; loaded with the session, never stored in it.
pub(super) const ACCOUNT: &str = "account";

/// The key under which a session that begins is stored already, together with the sign-in.
pub(super) const STORED_UNDER: &str = "stored-under";

const DATA: &str = "data";
const EXTENDED: &str = "extended";
const NOTICE: &str = "notice";
const RESUME: &str = "resume";

/// What a session knows from its beginning to its end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SessionData {
    pub(super) account_id: String,
    /// Names the session in the list of own sessions.
    pub(super) reference: String,
    pub(super) form_token: String,
    pub(super) device: String,
    pub(super) ends_at: Instant,
}

/// What a session holds when it begins, as actix-session stores it: JSON values by name, in JSON.
pub(super) fn first_state(data: &SessionData, resume: Option<&str>) -> serde_json::Result<String> {
    let mut values = HashMap::from([(DATA, serde_json::to_string(data)?)]);
    if let Some(resume) = resume {
        values.insert(RESUME, serde_json::to_string(resume)?);
    }
    serde_json::to_string(&values)
}

/// A notice for the next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum NextNotice {
    NothingChanged,
    /// Besides what the page is about, new terms of other services were accepted.
    TermsAcceptedToo,
    SessionEnded,
    SessionsEnded,
    DraftSaved,
    DraftDiscarded,
    TermsPublished,
}

/// A person who is signed in.
pub(super) struct Member {
    pub(super) account: Account,
    pub(super) data: SessionData,
    /// When the session ends if nothing more is done.
    pub(super) session_ends: Instant,
    pub(super) notice: Option<NextNotice>,
    session: Session,
}

/// Gives the browser the session that is stored under this key, whatever it had before.
pub(super) fn begin_session(session: &Session, key: &str) -> Result<(), WebError> {
    session.clear();
    session.renew();
    session.insert(STORED_UNDER, key).map_err(|error| WebError::Internal(error.to_string()))
}

impl Member {
    /// # Errors
    /// [`WebError::SignInFirst`] if nobody is signed in, [`WebError::Unavailable`] if that cannot be found out.
    pub(super) fn of(request: &HttpRequest) -> Result<Self, WebError> {
        let session = request.get_session();
        let Some(state) = request.app_data::<web::Data<State>>() else {
            return Err(WebError::Internal("no state".into()));
        };
        if session.contains_key(UNAVAILABLE) {
            return Err(WebError::Unavailable("the session cannot be loaded".into()));
        }
        let data: Option<SessionData> = session.get(DATA).ok().flatten();
        let Some(data) = data else { return Err(sign_in_first(request)) };
        let account: Option<Account> = session.get(ACCOUNT).ok().flatten();
        let Some(account) = account.filter(|account| account.id == data.account_id) else {
            session.purge();
            return Err(sign_in_first(request));
        };
        Pace::of(request).is_inside();
        let session_ends = data.ends_at.min(state.clock.now() + delta(state.settings.session.idle));
        let notice = take(&session, NOTICE);
        Ok(Self { account, data, session_ends, notice, session })
    }

    /// The person as the directory shows them, or has shown them lately; `None` if the directory does not answer in time.
    ///
    /// # Errors
    /// [`WebError::SignInFirst`] if the person is gone or shut out there: the session ends with that.
    pub(super) async fn person(
        &self,
        state: &State,
        locale: Locale,
        patience: &Patience,
    ) -> Result<Option<Person>, WebError> {
        if let Some(person) = state.sightings.person(&self.account.id, state.clock.now()) {
            return Ok(Some(person));
        }
        match self.look_up(state, patience).await {
            Ok(Some(person)) => Ok(Some(person)),
            Err(error) if !state.sightings.is_gone(&self.account.id) => {
                tracing::warn!(event = "directory.unavailable", reason = %error);
                Ok(None)
            }
            // Who was gone when the directory said something last is so until it says otherwise.
            Ok(None) | Err(_) => {
                self.end();
                tracing::info!(event = "session.person-gone", account = self.account.id);
                Err(WebError::SignInFirst { locale, next: None })
            }
        }
    }

    /// An answer that comes too late for this page is there for the next one.
    async fn look_up(&self, state: &State, patience: &Patience) -> Result<Option<Person>, DirectoryError> {
        let (directory, sightings, account) = (state.directory.clone(), state.sightings.clone(), self.account.clone());
        let (now, question) = (state.clock.now(), sightings.ask());
        let looking = async move {
            let seen = directory.behind(&account).await?;
            sightings.keep(&account.id, seen.as_ref(), now, question);
            Ok(seen)
        };
        patience.ask(looking).await
    }

    /// Whom the directory is asked about on the own pages.
    pub(super) fn subject<'a>(&'a self, person: Option<&'a Person>, patience: &'a Patience) -> Subject<'a> {
        Subject { account_id: &self.account.id, person, patience }
    }

    /// Ends this session.
    pub(super) fn end(&self) {
        self.session.purge();
    }

    /// Notes that the session is in use, whatever the last note was.
    pub(super) fn extend(&self, now: Instant) -> Result<(), WebError> {
        self.session.insert(EXTENDED, now).map_err(|error| WebError::Internal(error.to_string()))
    }

    /// The next page of this session shows a notice.
    pub(super) fn leave_notice(&self, notice: NextNotice) -> Result<(), WebError> {
        self.session.insert(NOTICE, notice).map_err(|error| WebError::Internal(error.to_string()))
    }

    /// The form that was interrupted by the end of the last session; given once, and only to the person who filled it in.
    pub(super) fn take_resumed_form(&self) -> Option<Fields> {
        let form = Fields::decode(&take::<String>(&self.session, RESUME)?);
        (form.get("account") == Some(&self.account.id)).then_some(form)
    }
}

/// Takes a value out of the session. One that is not there is not taken: that alone would count as a change to be stored.
fn take<T: serde::de::DeserializeOwned + 'static>(session: &Session, key: &str) -> Option<T> {
    if session.contains_key(key) { session.remove_as(key)?.ok() } else { None }
}

impl NextNotice {
    pub(super) fn to_notice(self, locale: Locale) -> Notice {
        let (kind, key) = match self {
            Self::NothingChanged => (NoticeKind::Info, "notice-nothing-changed"),
            Self::TermsAcceptedToo => (NoticeKind::Success, "notice-terms-accepted-too"),
            Self::SessionEnded => (NoticeKind::Success, "notice-session-ended"),
            Self::SessionsEnded => (NoticeKind::Success, "notice-sessions-ended"),
            Self::DraftSaved => (NoticeKind::Success, "notice-draft-saved"),
            Self::DraftDiscarded => (NoticeKind::Info, "notice-draft-discarded"),
            Self::TermsPublished => (NoticeKind::Success, "notice-terms-published"),
        };
        Notice { kind, text: crate::texts::text(locale, key) }
    }
}

/// Back to this page after signing in, if it was asked for by GET.
fn sign_in_first(request: &HttpRequest) -> WebError {
    let path = request.uri().path_and_query().map(|path| path.as_str().to_owned());
    let next = path.filter(|_| request.method().is_safe());
    WebError::SignInFirst { locale: client::locale(request), next }
}

impl FromRequest for Member {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}
