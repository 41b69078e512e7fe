//! Who may do what: roles as the directory gave them, asked again when the answer has grown old.

use std::sync::Arc;

use actix_web::HttpRequest;
use askama::Template;

use super::{
    State, client,
    error::WebError,
    member::Member,
    pages::{frame::Nav, role_missing::RoleMissingPage},
    patience::Patience,
    view,
};
use crate::{
    clock::Instant,
    db::{self, Database},
    domain::{
        accounts::{Account, Person},
        log::{Actor, Origin},
        roles::{self, Role, Roles},
    },
};

/// Lets nobody pass but those who hold the role.
///
/// # Errors
/// A page with 403 that says what grants the role; [`WebError::Unavailable`] if the last answer has grown old and the directory
/// cannot be asked.
pub(super) async fn require(request: &HttpRequest, state: &State, member: &Member, role: Role) -> Result<(), WebError> {
    require_in_time(request, state, member, role, &Patience::without_alternative(request, state)).await
}

/// The same for a page that asks the directory more than that.
pub(super) async fn require_in_time(
    request: &HttpRequest,
    state: &State,
    member: &Member,
    role: Role,
    patience: &Patience,
) -> Result<(), WebError> {
    let roles = of(&client::request_id(request), state, &member.account, patience).await?;
    if roles.has(role) {
        return Ok(());
    }
    tracing::info!(
        event = "role.missing",
        request_id = client::request_id(request),
        account = member.account.id,
        role = role.name()
    );
    let granted_by = state.directory.settings().roles.of(role);
    let page = RoleMissingPage {
        frame: view::frame(request, state, Some(member), Nav::None),
        role,
        group: granted_by.group.clone(),
        is_configured: granted_by.group.is_some() || granted_by.filter.is_some(),
        contact: state.settings.roles.contact.clone(),
    };
    Err(WebError::ForbiddenPage(page.render()?))
}

/// Looks at the roles of somebody who signs in, so that the first page shows what belongs to them. Signing in does not depend on it.
pub(super) async fn learn(request_id: &str, state: &State, account: &Account, person: Person, patience: &Patience) {
    state.roles.forget(&account.id);
    if !state.directory.settings().roles.is_any_granted() {
        return;
    }
    if look(request_id, state, account, Some(person), patience).await.is_err() {
        tracing::info!(event = "roles.not-known", account = account.id);
    }
}

/// The account's roles; the directory is asked if its last answer is older than the refresh.
pub(super) async fn of(
    request_id: &str,
    state: &State,
    account: &Account,
    patience: &Patience,
) -> Result<Roles, WebError> {
    if !state.directory.settings().roles.is_any_granted() {
        return Ok(Roles::NONE);
    }
    let now = state.clock.now();
    if let Some(roles) = state.roles.fresh(&account.id, now) {
        return Ok(roles);
    }
    let seen = state.sightings.person(&account.id, now);
    look(request_id, state, account, seen, patience).await
}

/// Asks about this account, and remembers the answer, also one that comes too late for this page. Who is gone has no roles.
async fn look(
    request_id: &str,
    state: &State,
    account: &Account,
    seen: Option<Person>,
    patience: &Patience,
) -> Result<Roles, WebError> {
    let (directory, database, memory) = (state.directory.clone(), state.database.clone(), Arc::clone(&state.roles));
    let (account, request_id, now) = (account.clone(), request_id.to_owned(), state.clock.now());
    let question = memory.ask();
    let asking = async move {
        let person = match seen {
            Some(person) => Some(person),
            None => directory.behind(&account).await?,
        };
        let roles = match person {
            Some(person) => directory.roles(&person).await?,
            None => Roles::NONE,
        };
        // An answer that comes late is no news.
        if memory.is_overtaken(&account.id, question) {
            return Ok(Ok(memory.last(&account.id).unwrap_or(Roles::NONE)));
        }
        let recorded = record_change(&database, &account.id, request_id, now, roles).await;
        Ok(recorded.map(|()| {
            memory.keep(&account.id, roles, now, question);
            roles
        }))
    };
    match patience.ask(asking).await {
        Ok(recorded) => Ok(recorded?),
        Err(error) => {
            tracing::warn!(event = "directory.roles", reason = %error);
            Err(WebError::Unavailable("the directory does not say which roles there are".into()))
        }
    }
}

/// A change of somebody's roles is a record of the log; most people never have any, and nothing is written for them.
async fn record_change(
    database: &Database,
    account_id: &str,
    request_id: String,
    now: Instant,
    to: Roles,
) -> Result<(), db::Error> {
    let id = account_id.to_owned();
    if database.ask(move |conn| roles::recorded(conn, &id)).await? == to {
        return Ok(());
    }
    let id = account_id.to_owned();
    let recording = database.write(move |conn| {
        let origin = Origin { actor: Actor::System, request_id: &request_id, at: now };
        roles::record_change(conn, origin, &id, to)
    });
    recording.await
}
