//! Where courses are found in the operator's directory.

use regex::Regex;

/// All sources of courses, and what else is read about the people in them.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub sources: Vec<Source>,
    /// Under which a server lets entries be found by their own name: `entryDN` (RFC 5020), `distinguishedName` (Active
    /// Directory).
    pub dn_attribute: String,
    pub language_attribute: String,
    pub surname_attribute: String,
    pub matriculation_attribute: Option<String>,
}

/// One source, under the name that it has in the configuration.
#[derive(Clone, Debug)]
pub struct Source {
    pub name: String,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Groups(Groups),
    GroupPerRole(GroupPerRole),
    Values(Values),
}

/// One group for each course, which names both lecturers and students.
#[derive(Clone, Debug)]
pub struct Groups {
    pub base: String,
    /// What a course is, complete and in parentheses.
    pub filter: String,
    pub lecturer: Reference,
    pub student: Reference,
    pub texts: Texts,
}

/// One group for each course and role.
#[derive(Clone, Debug)]
pub struct GroupPerRole {
    pub base: String,
    pub filter: String,
    /// The attribute that tells course and role, usually `cn`.
    pub name: String,
    /// Fits the name of a group of lecturers; what it captures names the course.
    pub lecturers: Regex,
    /// The name of the group of students, with `{course}` and what else `lecturers` captures.
    pub students: String,
    pub member: Reference,
    /// Read from the group of lecturers.
    pub texts: Texts,
}

/// Courses as values on people's own entries: `eduCourseMember`, `memberOf`, `isMemberOf`.
#[derive(Clone, Debug)]
pub struct Values {
    pub attribute: String,
    /// Fits the value of a lecturer. The capture `course` names the course; `title`, `term` and `number` tell these.
    pub lecturers: Regex,
    /// The value of a student, with `{course}` and what else `lecturers` captures.
    pub students: String,
}

/// How an attribute of a group refers to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub attribute: String,
    pub by: By,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Dn,
    Username,
}

/// Where a group tells what a course is called.
#[derive(Clone, Debug)]
pub struct Texts {
    pub title: Field,
    pub term: Option<Field>,
    pub number: Option<Field>,
}

/// An attribute, or the part of it that a pattern captures first.
#[derive(Clone, Debug)]
pub struct Field {
    pub attribute: String,
    pub pattern: Option<Regex>,
}
