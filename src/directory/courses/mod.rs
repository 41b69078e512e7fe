//! Courses in the directory: whose they are, who is in them, and who of these has a service.
//!
//! A lecturer's courses are asked for anew each time; the answer lists own courses only, so nobody reaches another's by
//! guessing. A class is read in one question for every [`AT_ONCE`] people and not one for each.

mod holders;
mod reading;
pub mod settings;
mod sources;
mod trial;

use std::collections::HashSet;

use crate::domain::{
    accounts::Person,
    catalogue::Grant,
    courses::{Course, CourseId, Participant},
};

use super::{Directory, DirectoryError};
use reading::any_of;
use settings::Settings;
use sources::Those;
pub use trial::{Figure, MOST as MOST_TRIED, Trial};

/// How many people one question is about: filters stay below ten kilobytes, answers below the size limits that servers have.
const AT_ONCE: usize = 100;

/// How many such questions are under way on the connection at the same time.
const SIDE_BY_SIDE: usize = 8;

/// The courses of the directory. Cheap to clone.
#[derive(Clone)]
pub struct Courses {
    directory: Directory,
    settings: std::sync::Arc<Settings>,
    /// The installation's own, for ids that cannot be made up.
    key: std::sync::Arc<[u8]>,
}

/// A course that the directory has just called this lecturer's own.
#[derive(Clone, Debug)]
pub struct OwnCourse {
    pub course: Course,
    students: Those,
    lecturers: Those,
}

impl Courses {
    pub fn new(directory: Directory, settings: Settings, key: &[u8]) -> Self {
        Self { directory, settings: settings.into(), key: key.into() }
    }

    /// Whether the operator has named any source.
    pub fn has_sources(&self) -> bool {
        !self.settings.sources.is_empty()
    }

    /// The lecturer's own courses, by the directory's word now.
    pub async fn of(&self, lecturer: &Person) -> Result<Vec<OwnCourse>, DirectoryError> {
        let asked = self.settings.sources.iter().map(|source| self.of_source(source, lecturer));
        Ok(futures_util::future::try_join_all(asked).await?.concat())
    }

    /// The course of this id, if it is the lecturer's own, by the directory's word now.
    pub async fn one_of(&self, lecturer: &Person, id: &CourseId) -> Result<Option<OwnCourse>, DirectoryError> {
        Ok(self.of(lecturer).await?.into_iter().find(|own| own.course.id == *id))
    }

    /// Whether the server finds entries by their own DN, which lists of members need; for `latchkey check`.
    pub async fn finds_by_dn(&self, somebody: &Person) -> Result<bool, DirectoryError> {
        let found = self.fitting(&any_of(&self.settings.dn_attribute, &[&somebody.dn])).await?;
        Ok(found.iter().any(|person| person.key == somebody.key))
    }

    /// The people of the course without its lecturers: somebody who is both would make a class look larger than it is. Those whom
    /// the directory no longer has, or who do not fit the filter for people, are left out.
    pub async fn participants(&self, own: &OwnCourse) -> Result<Vec<Participant>, DirectoryError> {
        let (mut people, lecturers) = tokio::try_join!(self.people_of(&own.students), self.people_of(&own.lecturers))?;
        let lecturers: HashSet<String> = lecturers.into_iter().map(|lecturer| lecturer.key).collect();
        people.retain(|person| !lecturers.contains(&person.key));
        Ok(people)
    }

    /// The keys of those who have what the grant stands for, in a few questions (see [`holders`]).
    pub async fn holders(
        &self,
        grant: &Grant,
        people: &[&Participant],
    ) -> Result<std::collections::BTreeSet<String>, DirectoryError> {
        self.holders_among(grant, people).await
    }
}
