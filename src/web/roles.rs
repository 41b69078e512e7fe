//! Who may do what: roles as the directory gave them, asked again when the answer has grown old.

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
    db,
    directory::DirectoryError,
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
    let roles = of(&client::request_id(request), state, &member.account, member.patience(state)).await?;
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
pub(super) async fn learn(request: &HttpRequest, state: &State, account: &Account, person: Person, patience: Patience) {
    state.roles.forget(&account.id);
    if !state.directory.settings().roles.is_any_granted() {
        return;
    }
    let (directory, now) = (state.directory.clone(), state.clock.now());
    let learnt = match patience.ask(async move { directory.roles(&person).await }).await {
        Ok(roles) => keep(&client::request_id(request), state, account, roles, now).await,
        Err(error) => Err(not_known(&error)),
    };
    if learnt.is_err() {
        tracing::info!(event = "roles.not-known", account = account.id);
    }
}

/// The account's roles; the directory is asked if its last answer is older than the refresh.
pub(super) async fn of(
    request_id: &str,
    state: &State,
    account: &Account,
    patience: Patience,
) -> Result<Roles, WebError> {
    if !state.directory.settings().roles.is_any_granted() {
        return Ok(Roles::NONE);
    }
    let now = state.clock.now();
    if let Some(roles) = state.roles.fresh(&account.id, now) {
        return Ok(roles);
    }
    let roles = look(state, account, patience).await.map_err(|error| not_known(&error))?;
    keep(request_id, state, account, roles, now).await
}

fn not_known(error: &DirectoryError) -> WebError {
    tracing::warn!(event = "directory.roles", reason = %error);
    WebError::Unavailable("the directory does not say which roles there are".into())
}

/// Remembers what the directory said at this time.
async fn keep(
    request_id: &str,
    state: &State,
    account: &Account,
    roles: Roles,
    at: Instant,
) -> Result<Roles, WebError> {
    record_change(state, account, request_id.to_owned(), at, roles).await?;
    state.roles.keep(&account.id, roles, at);
    Ok(roles)
}

/// Asks about this account. Who is gone has none.
async fn look(state: &State, account: &Account, patience: Patience) -> Result<Roles, DirectoryError> {
    let (directory, account) = (state.directory.clone(), account.clone());
    let seen = state.sightings.person(&account.id, state.clock.now());
    let asking = async move {
        let person = match seen {
            Some(person) => Some(person),
            None => directory.behind(&account).await?,
        };
        match person {
            Some(person) => directory.roles(&person).await,
            None => Ok(Roles::NONE),
        }
    };
    patience.ask(asking).await
}

/// A change of somebody's roles is a record of the log; most people never have any, and nothing is written for them.
async fn record_change(
    state: &State,
    account: &Account,
    request_id: String,
    now: Instant,
    to: Roles,
) -> Result<(), db::Error> {
    let id = account.id.clone();
    if state.database.ask(move |conn| roles::recorded(conn, &id)).await? == to {
        return Ok(());
    }
    let id = account.id.clone();
    state
        .database
        .write(move |conn| {
            let origin = Origin { actor: Actor::System, request_id: &request_id, at: now };
            roles::record_change(conn, origin, &id, to)
        })
        .await
}
