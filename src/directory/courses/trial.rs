//! What the sources show, for `latchkey check`: a few searches with a limit for each, which read nobody's membership.

use ldap3::{Scope, SearchEntry};

use super::{
    Courses,
    reading::any_of,
    settings::{GroupPerRole, Groups, Kind, Source, Texts, Values},
    sources::Name,
};
use crate::{
    directory::{DirectoryError, Search, people},
    domain::courses::Term,
};

/// So many entries are looked at.
pub const MOST: usize = 200;

/// For so many courses the students are looked for.
const MOST_COURSES: usize = 20;

/// What a source shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// Groups, or people with the value; [`MOST`] may stand for more.
    pub entries: usize,
    pub figures: Vec<Figure>,
    /// A course, as a page would call it.
    pub example: Option<String>,
}

/// How often something is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The key of the source that it depends on.
    pub key: &'static str,
    /// What was looked for: an attribute, or a name.
    pub what: String,
    pub count: usize,
    /// Without it nothing is shown to anybody. Where only a sample was looked at, that it is not there proves nothing.
    pub is_needed: bool,
}

impl Courses {
    /// What each source shows.
    pub async fn try_sources(&self) -> Vec<(&Source, Result<Trial, DirectoryError>)> {
        let mut tried = Vec::new();
        for source in &self.settings.sources {
            let trial = match &source.kind {
                Kind::Groups(groups) => self.try_groups(groups).await,
                Kind::GroupPerRole(groups) => self.try_roles(groups).await,
                Kind::Values(values) => self.try_values(values).await,
            };
            tried.push((source, trial));
        }
        tried
    }

    /// Whether anybody's entry shows the attribute.
    pub async fn shows_attribute(&self, attribute: &str) -> Result<bool, DirectoryError> {
        Ok(!self.people_with(&format!("({attribute}=*)"), "1.1", 1).await?.is_empty())
    }

    async fn try_groups(&self, groups: &Groups) -> Result<Trial, DirectoryError> {
        let entries = self.groups((&groups.base, &groups.filter), &groups.texts, None, limit()).await?;
        if entries.is_empty() {
            return Ok(Trial::default());
        }
        let names: Vec<Name> = entries.iter().map(|entry| groups.course(entry, String::new())).collect();
        let mut figures = Vec::new();
        for (key, attribute) in [("owner", &groups.lecturer.attribute), ("member", &groups.student.attribute)] {
            figures.push(self.holding((&groups.base, &groups.filter), key, attribute).await?);
        }
        figures.extend(told(&groups.texts, &entries, &names));
        Ok(Trial { entries: entries.len(), figures, example: names.first().map(written) })
    }

    async fn try_roles(&self, groups: &GroupPerRole) -> Result<Trial, DirectoryError> {
        let place = (groups.base.as_str(), groups.filter.as_str());
        let entries = self.groups(place, &groups.texts, Some(&groups.name), limit()).await?;
        if entries.is_empty() {
            return Ok(Trial::default());
        }
        let of_lecturers: Vec<&SearchEntry> = entries.iter().filter(|entry| groups.course(entry).is_some()).collect();
        let (names, students): (Vec<Name>, Vec<String>) =
            of_lecturers.iter().filter_map(|entry| groups.course(entry)).unzip();
        let mut figures = vec![
            self.holding(place, "member", &groups.member.attribute).await?,
            lecturers(groups.lecturers.as_str(), names.len(), entries.len()),
        ];
        if let Some(example) = students.first() {
            let sought = any_of(&groups.name, &students[..students.len().min(MOST_COURSES)]);
            let found =
                self.entries(groups.base.as_str(), &format!("(&{}{sought})", groups.filter), "1.1", limit()).await?;
            figures.push(Figure { key: "students", what: example.clone(), count: found.len(), is_needed: true });
        }
        figures.extend(told(&groups.texts, of_lecturers.iter().copied(), &names));
        Ok(Trial { entries: entries.len(), figures, example: names.first().map(written) })
    }

    async fn try_values(&self, values: &Values) -> Result<Trial, DirectoryError> {
        let has_value = format!("({}=*)", values.attribute);
        let people = self.people_with(&has_value, &values.attribute, limit()).await?;
        if people.is_empty() {
            return Ok(Trial::default());
        }
        let all = people.iter().flat_map(|entry| people::values(entry, &values.attribute));
        let (names, students): (Vec<Name>, Vec<String>) = all.filter_map(|value| values.course(value)).unzip();
        let mut figures = vec![lecturers(values.lecturers.as_str(), names.len(), people.len())];
        if let Some(example) = students.first() {
            let sought = any_of(&values.attribute, &students[..students.len().min(MOST_COURSES)]);
            let found = self.people_with(&sought, "1.1", limit()).await?;
            figures.push(Figure { key: "students", what: example.clone(), count: found.len(), is_needed: true });
        }
        Ok(Trial { entries: people.len(), figures, example: names.first().map(written) })
    }

    /// How many groups have the attribute; asked by a filter, so that no list of members is read.
    async fn holding(
        &self,
        (base, filter): (&str, &str),
        key: &'static str,
        attribute: &str,
    ) -> Result<Figure, DirectoryError> {
        let found = self.entries(base, &format!("(&{filter}({attribute}=*))"), "1.1", limit()).await?;
        Ok(Figure { key, what: attribute.to_owned(), count: found.len(), is_needed: true })
    }

    async fn people_with(&self, filter: &str, attribute: &str, limit: i32) -> Result<Vec<SearchEntry>, DirectoryError> {
        let filter = format!("(&{}{filter})", self.directory.anybody());
        self.entries(&self.directory.settings().people.base, &filter, attribute, limit).await
    }

    async fn entries(
        &self,
        base: &str,
        filter: &str,
        attribute: &str,
        limit: i32,
    ) -> Result<Vec<SearchEntry>, DirectoryError> {
        let search = Search { base, scope: Scope::Subtree, filter, attributes: &[attribute], size_limit: limit };
        self.directory.search(search).await
    }
}

fn limit() -> i32 {
    i32::try_from(MOST).unwrap_or(i32::MAX)
}

/// How many of the entries belong to lecturers. Among the first of many there need be none.
fn lecturers(pattern: &str, count: usize, entries: usize) -> Figure {
    Figure { key: "lecturers", what: pattern.to_owned(), count, is_needed: entries < MOST }
}

/// How many of the groups tell what their courses are called.
fn told<'a>(texts: &Texts, entries: impl IntoIterator<Item = &'a SearchEntry>, names: &[Name]) -> Vec<Figure> {
    let figure = |key, attribute: &str, count| Figure { key, what: attribute.to_owned(), count, is_needed: false };
    let titles = entries.into_iter().filter(|entry| texts.title.of(entry).is_some()).count();
    let understood = |name: &&Name| name.term.as_deref().is_some_and(|term| Term::parse(term).is_some());
    let term =
        texts.term.as_ref().map(|field| figure("term", &field.attribute, names.iter().filter(understood).count()));
    let number = texts
        .number
        .as_ref()
        .map(|field| figure("number", &field.attribute, names.iter().filter(|name| name.number.is_some()).count()));
    let title = figure("title", &texts.title.attribute, titles);
    std::iter::once(title).chain(term).chain(number).filter(|_| !names.is_empty()).collect()
}

/// A course as a page would call it.
fn written(name: &Name) -> String {
    let facts: Vec<&str> = name.number.as_deref().into_iter().chain(name.term.as_deref()).collect();
    if facts.is_empty() {
        format!("“{}”", name.title)
    } else {
        format!("“{}” ({})", name.title, facts.join(", "))
    }
}
