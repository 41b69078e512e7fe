//! What all handlers share.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use super::{
    audit,
    courses::{classes::Classes, tickers::Boards},
    door::Door,
    limit::Limit,
    memory::Memory,
    refusals::Refusals,
    result,
    seats::Seats,
    settings::Settings,
    sightings::Sightings,
    throttle::Throttle,
};
use crate::{
    clock::Clock,
    db::Database,
    directory::{Courses, Directory},
    domain::{catalogue::Catalogue, log::head::PublicKey, roles::Roles},
    work::{Delivery, Outside},
};

/// Handles shared by all handlers.
pub struct State {
    pub settings: Settings,
    pub catalogue: Arc<Catalogue>,
    pub database: Database,
    pub directory: Directory,
    pub delivery: Delivery,
    pub clock: Clock,
    /// The keys whose signatures under the log count.
    pub log_keys: Arc<[PublicKey]>,
    /// The folder with the demo's mails; `None` outside the demo.
    pub mailbox: Option<PathBuf>,
    /// The services' QR codes, by slug: drawing one costs more than the rest of its page.
    pub(super) qr_codes: HashMap<String, String>,
    pub(super) sightings: Sightings,
    pub(super) throttle: Throttle,
    pub(super) refusals: Refusals,
    /// As the directory gave them last.
    pub(super) roles: Arc<Memory<Roles>>,
    pub(super) audit: audit::Shared,
    /// How often one lecturer may ask for data of a class.
    pub(super) class_pages: Limit,
    /// How often one lecturer may take the list of one class away.
    pub(super) class_exports: Limit,
    /// Uploads that are being received.
    pub(super) uploads: Seats,
    pub(super) classes: Classes,
    pub(super) boards: Boards,
    pub(super) door: Door,
}

impl State {
    pub fn new(
        settings: Settings,
        outside: Outside,
        courses: Courses,
        delivery: Delivery,
        mailbox: Option<PathBuf>,
    ) -> Self {
        Self {
            door: Door::new(settings.sign_in.at_once, settings.sign_in.busy_after),
            qr_codes: result::qr_codes(&outside.catalogue),
            sightings: Sightings::new(settings.believe_for),
            throttle: Throttle::new(&settings.sign_in, outside.clock.clone()),
            refusals: Refusals::default(),
            roles: Arc::new(Memory::new(settings.roles.refresh)),
            audit: audit::Shared::new(&settings.inspection, &outside.clock),
            class_pages: Limit::new(settings.class_pages_per_minute, &outside.clock),
            class_exports: Limit::per_hour(settings.class_exports_per_hour, &outside.clock),
            uploads: Seats::default(),
            classes: Classes::new(courses),
            boards: Boards::default(),
            settings,
            catalogue: outside.catalogue,
            database: outside.database,
            directory: outside.directory,
            clock: outside.clock,
            log_keys: outside.log_keys,
            delivery,
            mailbox,
        }
    }
}
