//! Classes as they were last read, kept for a while and read once for all who ask at the same moment.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix_web::web;

use super::{unavailable, visible};
use crate::{
    clock::{Instant, delta},
    directory::{Courses, OwnCourse},
    domain::courses::{self, CourseId, Participant, Roster},
    web::{State, error::WebError, patience::Patience},
};

/// How many classes are kept; a class of 100 people takes some 30 KB.
const KEPT: usize = 1000;

/// A lecturer who asks for the newest list gets the one of another press if that had been read not longer ago than this.
const NEWEST: Duration = Duration::from_secs(10);

/// One class.
#[derive(Default)]
struct Slot {
    kept: Mutex<Option<Kept>>,
    /// Whoever holds it reads the class, the others wait and find it.
    reading: tokio::sync::Mutex<()>,
}

impl Slot {
    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recent(&self, state: &State, wants_newest: bool) -> Option<Arc<Roster>> {
        let kept = self.kept();
        kept.as_ref().filter(|kept| kept.is_recent(state, wants_newest)).map(|kept| Arc::clone(&kept.roster))
    }
}

struct Kept {
    roster: Arc<Roster>,
    /// When it had been read.
    since: Instant,
}

impl Kept {
    fn is_recent(&self, state: &State, wants_newest: bool) -> bool {
        let (now, cached_for) = (state.clock.now(), state.settings.courses.cached_for);
        // Reading may take longer than the newest may be old.
        self.roster.is_fresh(now, cached_for) && (!wants_newest || now - self.since < delta(NEWEST))
    }
}

/// The class: as kept if that is recent enough, else as the directory shows it now. What takes longer than anybody waits is read
/// all the same, and is there for the next page.
pub(super) async fn roster(
    state: &web::Data<State>,
    own: &OwnCourse,
    wants_newest: bool,
    patience: &Patience,
) -> Result<Arc<Roster>, WebError> {
    if let Some(kept) = state.classes.kept(state, &own.course.id, wants_newest) {
        return Ok(kept);
    }
    let (state, own) = (state.clone(), own.clone());
    let reading = async move { Ok(state.classes.kept_or_read(&state, &own, wants_newest).await) };
    patience.ask(reading).await.unwrap_or_else(|error| Err(unavailable(&error)))
}

pub(in crate::web) struct Classes {
    courses: Courses,
    slots: Mutex<HashMap<CourseId, Arc<Slot>>>,
}

impl Classes {
    pub(in crate::web) fn new(courses: Courses) -> Self {
        Self { courses, slots: Mutex::default() }
    }

    pub(in crate::web) fn courses(&self) -> &Courses {
        &self.courses
    }

    /// The class as it is kept, if that is recent enough.
    fn kept(&self, state: &State, id: &CourseId, wants_newest: bool) -> Option<Arc<Roster>> {
        self.known(id)?.recent(state, wants_newest)
    }

    async fn kept_or_read(&self, state: &State, own: &OwnCourse, wants_newest: bool) -> Result<Arc<Roster>, WebError> {
        let slot = self.slot(&own.course.id);
        let _reading = slot.reading.lock().await;
        if let Some(roster) = slot.recent(state, wants_newest) {
            return Ok(roster);
        }
        let roster = Arc::new(self.read(state, own).await?);
        *slot.kept() = Some(Kept { roster: Arc::clone(&roster), since: state.clock.now() });
        Ok(roster)
    }

    /// The class as it was last read, whenever that was; for those who have been shown it.
    pub(super) fn last(&self, id: &CourseId) -> Option<Arc<Roster>> {
        self.known(id)?.kept().as_ref().map(|kept| Arc::clone(&kept.roster))
    }

    fn known(&self, id: &CourseId) -> Option<Arc<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    async fn read(&self, state: &State, own: &OwnCourse) -> Result<Roster, WebError> {
        let now = state.clock.now();
        let people = Arc::new(self.courses.participants(own).await.map_err(|error| unavailable(&error))?);
        let mut holders = BTreeMap::new();
        for service in visible(&state.catalogue) {
            let (slug, asked) = (service.slug.to_string(), Arc::clone(&people));
            let decided = state.database.read(move |conn| courses::decisions(conn, &slug, &asked)).await?;
            let undecided: Vec<&Participant> =
                people.iter().filter(|person| !decided.contains_key(&person.key)).collect();
            let seen = self.courses.holders(&service.grant, &undecided).await.map_err(|error| unavailable(&error))?;
            holders.insert(service.slug.to_string(), seen);
        }
        Ok(Roster::new(Arc::unwrap_or_clone(people), holders, now))
    }

    fn slot(&self, id: &CourseId) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= KEPT && !slots.contains_key(id) {
            // What is being read is held by somebody else, too, and stays.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry(id.clone()).or_default())
    }
}
