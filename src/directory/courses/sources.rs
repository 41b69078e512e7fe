//! From a lecturer to the own courses: one question for each source.

use std::collections::BTreeMap;

use ldap3::{Scope, SearchEntry, ldap_escape};
use regex::Regex;

use super::{
    Courses, OwnCourse,
    settings::{By, Field, GroupPerRole, Groups, Kind, Reference, Source, Texts, Values},
};
use crate::{
    directory::{DirectoryError, Search, people, split_dn},
    domain::{
        accounts::Person,
        courses::{Course, CourseId},
    },
};

/// Where people of a course are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Those {
    /// Named by the group at this DN.
    InGroup { dn: String, member: Reference },
    /// Named by the one group that fits the filter.
    InNamedGroup { base: String, filter: String, member: Reference },
    /// They fit the filter themselves.
    Fitting(String),
}

/// A course with its students and its lecturers.
type Found = (Name, Those, Those);

/// What a course is called, before it has an id.
pub(super) struct Name {
    native: String,
    pub(super) title: String,
    pub(super) term: Option<String>,
    pub(super) number: Option<String>,
}

impl Courses {
    pub(super) async fn of_source(&self, source: &Source, lecturer: &Person) -> Result<Vec<OwnCourse>, DirectoryError> {
        let found = match &source.kind {
            Kind::Groups(groups) => self.of_groups(groups, lecturer).await,
            Kind::GroupPerRole(groups) => self.of_roles(groups, lecturer).await,
            Kind::Values(values) => self.of_values(values, lecturer).await,
        };
        let named = |(name, students, lecturers): (Name, Those, Those)| OwnCourse {
            course: Course {
                id: CourseId::of(&self.key, &source.name, &name.native),
                title: name.title,
                term: name.term,
                number: name.number,
                source: source.name.clone(),
            },
            students,
            lecturers,
        };
        Ok(found?.into_iter().map(named).collect())
    }

    async fn of_groups(&self, groups: &Groups, lecturer: &Person) -> Result<Vec<Found>, DirectoryError> {
        let filter = format!("(&{}{})", groups.filter, refers_to(&groups.lecturer, lecturer));
        let entries = self.groups((&groups.base, &filter), &groups.texts, None, 0).await?;
        let one = |entry: &SearchEntry| {
            let named_by = |member: &Reference| Those::InGroup { dn: entry.dn.clone(), member: member.clone() };
            (groups.course(entry, self.native(entry)), named_by(&groups.student), named_by(&groups.lecturer))
        };
        Ok(entries.iter().map(one).collect())
    }

    async fn of_roles(&self, groups: &GroupPerRole, person: &Person) -> Result<Vec<Found>, DirectoryError> {
        let filter = format!("(&{}{})", groups.filter, refers_to(&groups.member, person));
        let entries = self.groups((&groups.base, &filter), &groups.texts, Some(&groups.name), 0).await?;
        let one = |entry: &SearchEntry| {
            let (name, students) = groups.course(entry)?;
            let students = Those::InNamedGroup {
                base: groups.base.clone(),
                filter: format!("(&{}({}={}))", groups.filter, groups.name, ldap_escape(students)),
                member: groups.member.clone(),
            };
            let lecturers = Those::InGroup { dn: entry.dn.clone(), member: groups.member.clone() };
            Some((name, students, lecturers))
        };
        Ok(entries.iter().filter_map(one).collect())
    }

    async fn of_values(&self, values: &Values, lecturer: &Person) -> Result<Vec<Found>, DirectoryError> {
        let search = Search {
            base: &lecturer.dn,
            scope: Scope::Base,
            filter: "(objectClass=*)",
            attributes: &[&values.attribute],
            size_limit: 1,
        };
        let entries = self.directory.search(search).await?;
        let all = entries.iter().flat_map(|entry| people::values(entry, &values.attribute));
        let one = |value: &String| {
            let (name, student) = values.course(value)?;
            let with = |value: &str| Those::Fitting(format!("({}={})", values.attribute, ldap_escape(value)));
            Some((name, with(&student), with(value)))
        };
        Ok(all.filter_map(one).collect())
    }

    /// The groups below a base that fit a filter, with what tells how they are called; up to `limit`, unless that is 0.
    pub(super) async fn groups(
        &self,
        (base, filter): (&str, &str),
        texts: &Texts,
        name: Option<&String>,
        limit: i32,
    ) -> Result<Vec<SearchEntry>, DirectoryError> {
        let key = &self.directory.settings().people.key_attribute;
        let fields = [Some(&texts.title), texts.term.as_ref(), texts.number.as_ref()];
        let fields = fields.into_iter().flatten().map(|field| field.attribute.as_str());
        let attributes: Vec<&str> = fields.chain([key.as_str()]).chain(name.map(String::as_str)).collect();
        let search = Search { base, scope: Scope::Subtree, filter, attributes: &attributes, size_limit: limit };
        self.directory.search(search).await
    }

    /// What stays when a group is renamed; on servers that keep nothing of the kind for groups, its name.
    fn native(&self, entry: &SearchEntry) -> String {
        let key = people::stable_key(entry, &self.directory.settings().people.key_attribute);
        key.unwrap_or_else(|| entry.dn.to_lowercase())
    }
}

impl GroupPerRole {
    /// What the course of a group of lecturers is called, and the name of its group of students; `None` for any other group.
    pub(super) fn course(&self, entry: &SearchEntry) -> Option<(Name, String)> {
        let captured = people::values(entry, &self.name).find_map(|name| captures(&self.lecturers, name))?;
        let course = captured.get("course")?;
        let called = captured.get("title").unwrap_or(course);
        let students = fill(&self.students, &captured);
        Some((self.texts.of(entry, native(course, &self.students, &students), called), students))
    }
}

impl Values {
    /// What the course of a lecturer's value is called, and the value of its students; `None` for any other value.
    pub(super) fn course(&self, value: &str) -> Option<(Name, String)> {
        let captured = captures(&self.lecturers, value)?;
        let (course, students) = (captured.get("course")?, fill(&self.students, &captured));
        let name = Name {
            title: captured.get("title").or(captured.get("number")).unwrap_or(course).clone(),
            term: captured.get("term").cloned(),
            number: captured.get("number").cloned(),
            native: native(course, &self.students, &students),
        };
        Some((name, students))
    }
}

impl Groups {
    /// What the course of a group is called.
    pub(super) fn course(&self, entry: &SearchEntry, native: String) -> Name {
        self.texts.of(entry, native, first_part(&entry.dn))
    }
}

impl Texts {
    /// `called` is what the course is called where the entry has neither title nor number.
    fn of(&self, entry: &SearchEntry, native: String, called: &str) -> Name {
        let number = self.number.as_ref().and_then(|field| field.of(entry));
        Name {
            title: self.title.of(entry).or_else(|| number.clone()).unwrap_or_else(|| called.to_owned()),
            term: self.term.as_ref().and_then(|field| field.of(entry)),
            number,
            native,
        }
    }
}

impl Field {
    pub(super) fn of(&self, entry: &SearchEntry) -> Option<String> {
        let part = |value: &String| match &self.pattern {
            None => Some(value.clone()),
            Some(pattern) => Some(pattern.captures(value)?.get(1)?.as_str().to_owned()),
        };
        people::values(entry, &self.attribute).find_map(part).map(|text| people::one_line(&text))
    }
}

/// The filter for groups that name this person.
fn refers_to(reference: &Reference, person: &Person) -> String {
    let value = match reference.by {
        By::Dn => &person.dn,
        By::Username => &person.username,
    };
    format!("({}={})", reference.attribute, ldap_escape(value.as_str()))
}

/// What the pattern captures under names; nothing if it does not fit.
fn captures(pattern: &Regex, value: &str) -> Option<BTreeMap<String, String>> {
    let found = pattern.captures(value)?;
    let named = pattern.capture_names().flatten();
    Some(named.filter_map(|name| Some((name.to_owned(), found.name(name)?.as_str().to_owned()))).collect())
}

/// What tells a course from every other one of its source. Where more than the course says who its students are, these belong to
/// it: what is kept under the course's id must never be shown to the lecturers of others.
fn native(course: &str, template: &str, students: &str) -> String {
    let is_told_by_course = !template.replace("{course}", "").contains('{');
    if is_told_by_course { course.to_owned() } else { format!("{course}\n{students}") }
}

/// The value that comes first in a DN: `stat1` of `cn=stat1,ou=courses,…`, with the server's escapes.
fn first_part(dn: &str) -> &str {
    let (rdn, _) = split_dn(dn);
    rdn.split_once('=').map_or(rdn, |(_, value)| value)
}

/// The template with `{name}` replaced by what was captured under the name.
fn fill(template: &str, captured: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, following)) = after.split_once('}') else { break };
        filled.push_str(before);
        filled.push_str(captured.get(name).map_or("", String::as_str));
        rest = following;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_without_title_is_called_by_the_first_part_of_its_name() {
        for (dn, called) in [("cn=stat1,ou=courses", "stat1"), (r"cn=a\,b,ou=x", r"a\,b"), ("cn=a", "a"), ("", "")] {
            assert_eq!(first_part(dn), called);
        }
    }

    #[test]
    fn what_a_pattern_captures_fills_a_template_once() {
        let pattern = Regex::new("^Instructor@(?<course>urn:(?<number>[^:]+):.*)$").unwrap();
        let captured = captures(&pattern, "Instructor@urn:0401:{number}").unwrap();
        assert_eq!(captured["number"], "0401");
        assert_eq!(fill("Learner@{course}", &captured), "Learner@urn:0401:{number}");
        assert_eq!(fill("{none}-{number}-{", &captured), "-0401-{");
        assert_eq!(captures(&pattern, "Learner@urn:0401:x"), None);
    }
}
