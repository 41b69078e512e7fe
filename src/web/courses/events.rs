//! The count of a board as a stream of server-sent events (HTML Standard, section 9.2).

use std::{convert::Infallible, sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, ContentEncoding},
    web::{self, Bytes},
};
use chrono::TimeDelta;
use futures_util::stream;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{
    board::Wish,
    chosen, classes, lecturer, own_course,
    records::{self, Look},
};
use crate::{
    clock,
    domain::{
        accounts::{Account, Person},
        catalogue::Service,
        courses::{Count, Course, Roster},
        locale::Locale,
        roles::Role,
        sessions,
    },
    web::{
        State, client, error::WebError, member::Member, pages::courses::Tally, patience::Patience, roles, seats::Seat,
    },
};

/// A sign of life, so that proxies keep the connection; at each session and role are looked at.
const BEAT: Duration = Duration::from_secs(5);

/// How often the directory is asked whether the course is still the lecturer's.
const ASK_EVERY: TimeDelta = TimeDelta::minutes(1);

/// The browser then asks again by itself; session, role and course are checked anew.
const LIFE: Duration = Duration::from_mins(5);

/// `GET /courses/{id}/board/events`
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    id: web::Path<String>,
    wish: web::Query<Wish>,
) -> Result<HttpResponse, WebError> {
    let lecturer = lecturer(&request, &state, &member).await?;
    let own = own_course(&state, &lecturer, &id).await?;
    let service = chosen(&state.catalogue, wish.service.as_deref())?;
    let Some(seat) = state.boards.seat(&member.data.reference, &member.account.id, &own.course.id) else {
        return Ok(HttpResponse::TooManyRequests().insert_header((header::RETRY_AFTER, "30")).finish());
    };
    let roster = classes::roster(&state, &own, false, &lecturer.patience).await?;
    let mut counts = state.boards.watch(&state, &own.course.id, service, Arc::clone(&roster)).await?;
    counts.mark_changed();
    let first = *counts.borrow();
    let look = Look { account_id: &member.account.id, course: &own.course, service, roster: &roster };
    records::board_viewed(&state, &client::request_id(&request), &look, first).await?;
    let board = Board {
        counts,
        locale: client::locale(&request),
        request_id: client::request_id(&request),
        session: member.data.reference.clone(),
        account: member.account,
        until: Instant::now() + LIFE,
        next_beat: Instant::now() + BEAT,
        service: service.clone(),
        course: own.course,
        asked_at: state.clock.now(),
        has_told: state.settings.courses.tells_of_each(first),
        lecturer: lecturer.person,
        roster,
        state,
        _seat: seat,
    };
    Ok(board.stream())
}

/// One open board.
struct Board {
    counts: watch::Receiver<Count>,
    locale: Locale,
    state: web::Data<State>,
    request_id: String,
    account: Account,
    session: String,
    lecturer: Person,
    course: Course,
    service: Service,
    roster: Arc<Roster>,
    /// When the directory last called the course the lecturer's own.
    asked_at: clock::Instant,
    /// Whether the last count told of each person in the class, and is recorded.
    has_told: bool,
    until: Instant,
    next_beat: Instant,
    _seat: Seat,
}

impl Board {
    fn stream(self) -> HttpResponse {
        HttpResponse::Ok()
            .content_type("text/event-stream; charset=utf-8")
            // Compressed, the events would wait for each other; proxies are asked not to collect them, either.
            .insert_header(ContentEncoding::Identity)
            .insert_header(("x-accel-buffering", "no"))
            .streaming(stream::unfold(self, Self::next))
    }

    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        // In this order, and at times of their own: however often counts change, an end is not put off.
        let piece = tokio::select! {
            biased;
            () = sleep_until(self.until) => return None,
            () = sleep_until(self.next_beat) => {
                if !self.may_go_on().await || !self.is_still_own().await {
                    return None;
                }
                self.next_beat = Instant::now() + BEAT;
                Bytes::from_static(b":\n\n")
            }
            changed = self.counts.changed() => {
                changed.ok()?;
                let count = *self.counts.borrow_and_update();
                // What cannot be recorded is not shown.
                self.record(count).await.ok()?;
                self.event(count)
            }
        };
        Some((Ok(piece), self))
    }

    fn event(&self, count: Count) -> Bytes {
        let data = Tally::new(self.locale, count).json();
        Bytes::from(format!("retry: 2000\nevent: count\ndata: {data}\n\n"))
    }

    /// A count that begins to tell of each person in the class is a look at them.
    async fn record(&mut self, count: Count) -> Result<(), WebError> {
        let tells = self.state.settings.courses.tells_of_each(count);
        if tells && !self.has_told {
            let roster = self.state.classes.last(&self.course.id).unwrap_or_else(|| Arc::clone(&self.roster));
            let look =
                Look { account_id: &self.account.id, course: &self.course, service: &self.service, roster: &roster };
            records::board_viewed(&self.state, &self.request_id, &look, count).await?;
        }
        self.has_told = tells;
        Ok(())
    }

    /// Whether the course is still the lecturer's own, asked from time to time. A directory that does not answer ends nothing.
    async fn is_still_own(&mut self) -> bool {
        let now = self.state.clock.now();
        if now - self.asked_at < ASK_EVERY {
            return true;
        }
        self.asked_at = now;
        let (courses, lecturer, id) =
            (self.state.classes.courses().clone(), self.lecturer.clone(), self.course.id.clone());
        let asked = self.patience().ask(async move { courses.one_of(&lecturer, &id).await }).await;
        !matches!(asked, Ok(None))
    }

    /// Counts wait for these questions, like a page.
    fn patience(&self) -> Patience {
        Patience::of(self.state.settings.page_timeout)
    }

    /// Whether the session and the role are still there. A database or a directory that does not answer ends nothing.
    async fn may_go_on(&self) -> bool {
        let (account_id, session, now) = (self.account.id.clone(), self.session.clone(), self.state.clock.now());
        let idle_since = clock::before(now, self.state.settings.session.idle);
        let asked =
            self.state.database.ask(move |conn| sessions::is_live(conn, &account_id, &session, idle_since, now));
        asked.await.unwrap_or(true)
            && roles::of(&self.request_id, &self.state, &self.account, &self.patience())
                .await
                .map_or(true, |roles| roles.has(Role::Lecturer))
    }
}
