//! The auditors' pages. Each of them shows data of other people, so each asks for a reason once per session and makes a record of
//! the log that says who looked, at whom or at how many, and why.

mod auditor;
mod charts;
mod export;
mod log;
pub(super) mod looks;
mod past_days;
mod person;
mod reason;
mod record;
mod records;
mod search;
mod standing;
mod words;

use actix_web::web;

use super::{at, get, limit::Limit, post, settings::Inspection};
use crate::clock::Clock;
use export::Jobs;
use log::Checking;
use past_days::PastDays;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(at("/audit", get(records::show)))
        .service(at("/audit/reason", get(reason::show)).route(post(reason::create)))
        .service(at("/audit/export", get(export::show_of_log)).route(post(export::create_of_log)))
        .service(at("/audit/exports/{id}", get(export::show_job)))
        .service(at("/audit/exports/{id}/file", get(export::file)))
        .service(at("/audit/log", get(log::show)).route(post(log::verify)))
        .service(at("/audit/charts", get(charts::show)))
        .service(at("/audit/standing", get(standing::show)))
        .service(at("/audit/standing/export", get(export::show_of_standing)).route(post(export::create_of_standing)))
        .service(at("/audit/people/{account}", get(person::show)))
        .service(at("/audit/records/{id}", get(record::show)));
}

/// What the auditors' pages share.
pub(super) struct Shared {
    limit: Limit,
    jobs: Jobs,
    checking: Checking,
    past_days: PastDays,
}

impl Shared {
    pub(super) fn new(settings: &Inspection, clock: &Clock) -> Self {
        Self {
            limit: Limit::new(settings.requests_per_minute, clock),
            jobs: Jobs::new(settings),
            checking: Checking::default(),
            past_days: PastDays::default(),
        }
    }
}
