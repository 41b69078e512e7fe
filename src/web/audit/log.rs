//! The sealed log: its newest head, where it was brought to, and whether all of it still fits together.

use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use crate::{
    clock::Instant,
    db,
    domain::{
        log::{
            anchors::{self, Anchor},
            seal, stored,
            verify::{Report, Verification},
        },
        roles::Role,
    },
    web::{
        State, client,
        error::WebError,
        forms::{self, Fields},
        member::Member,
        pages::{
            audit::{
                log::{AnchorRow, HeadFacts, LogPage, Verified},
                number,
            },
            frame::{Frame, Nav},
        },
        roles, see_other, view,
    },
    work,
};

/// How many anchors are shown.
const ANCHORS: i64 = 10;

/// The verification that somebody asked for last; one at a time for all, because it reads the whole log.
#[derive(Default)]
pub(in crate::web::audit) struct Checking(Mutex<Last>);

#[derive(Clone, Default)]
enum Last {
    #[default]
    Never,
    Running {
        verified: u64,
        all: u64,
    },
    Done {
        report: Box<Report>,
        at: Instant,
    },
    Failed,
}

impl Checking {
    /// Marks a verification as begun; `false` if one is under way.
    fn begin(&self) -> bool {
        let mut last = self.lock();
        let is_free = !matches!(*last, Last::Running { .. });
        if is_free {
            *last = Last::Running { verified: 0, all: 0 };
        }
        is_free
    }

    fn set(&self, last: Last) {
        *self.lock() = last;
    }

    fn last(&self) -> Last {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Last> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `GET /audit/log`
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    roles::require(&request, &state, &member, Role::Auditor).await?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Audit);
    let now = state.clock.now();
    let reading = state.database.read(move |conn| {
        // What has been left behind longer ago is looked for by the sealer; to count all records takes too long for a page.
        let from = seal::look_from(conn, now)?;
        let is_waiting = !seal::unsealed(conn, &from, None, 1)?.is_empty();
        Ok::<_, db::Error>((stored::newest_head(conn)?, anchors::newest(conn, ANCHORS)?, is_waiting))
    });
    let (head, anchors, is_waiting) = reading.await?;
    let anchors = anchors.iter().map(|anchor| anchor_row(&frame, anchor)).collect();
    let page = LogPage {
        head: head.map(|signed| HeadFacts {
            size: number(&frame, signed.head.size),
            at: signed.head.at,
            root: hex::encode(signed.head.root),
            key: signed.head.key_id.clone(),
            note: signed.note,
        }),
        anchors,
        is_waiting,
        verified: verified(&state),
        form_token: forms::mask(&member.data.form_token),
        frame,
    };
    view::page(StatusCode::OK, &page)
}

fn anchor_row(frame: &Frame, anchor: &Anchor) -> AnchorRow {
    let way = frame.t(match anchor.way.as_str() {
        "folder" => "audit-anchor-folder",
        "mail" => "audit-anchor-mail",
        _ => "audit-anchor-syslog",
    });
    AnchorRow { at: anchor.at, size: number(frame, anchor.size), way }
}

fn verified(state: &State) -> Verified {
    match state.audit.checking.last() {
        Last::Never => Verified::Never,
        Last::Running { verified, all } => Verified::Running { verified, all: all.max(1) },
        Last::Failed => Verified::Failed,
        Last::Done { report, at } => match report.misfit {
            None => Verified::Fits { records: report.records, heads: report.heads, at },
            Some(misfit) => Verified::DoesNotFit { what: misfit.to_string(), at },
        },
    }
}

/// `POST /audit/log`: verifies everything in the background.
pub(in crate::web) async fn verify(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    fields: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    roles::require(&request, &state, &member, Role::Auditor).await?;
    Fields::new(fields.into_inner()).require_token(&member.data.form_token)?;
    if state.audit.checking.begin() {
        tokio::spawn(run(state.clone()));
    }
    Ok(see_other(&format!("/{}/audit/log", client::locale(&request).code())))
}

async fn run(state: web::Data<State>) {
    let verification = Verification::new(state.log_keys.to_vec(), None);
    let progress = |verified, all| state.audit.checking.set(Last::Running { verified, all });
    match work::verify(&state.database, verification, progress).await {
        Ok(report) => {
            if let Some(misfit) = &report.misfit {
                tracing::error!(event = "log.misfit", what = %misfit);
            }
            state.audit.checking.set(Last::Done { report: Box::new(report), at: state.clock.now() });
        }
        Err(error) => {
            tracing::error!(event = "log.not-verified", reason = %error);
            state.audit.checking.set(Last::Failed);
        }
    }
}
