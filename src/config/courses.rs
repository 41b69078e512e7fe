//! `[courses]`: where classes are found in the directory, and what lecturers may see of them.

use regex::Regex;

use super::{faults::Wrong, reader::Section, values};
use crate::{
    directory::courses::settings::{By, Field, GroupPerRole, Groups, Kind, Reference, Settings, Source, Texts, Values},
    domain::courses::{Rules, TermDates},
};

/// What the pages do with classes.
pub(super) fn rules(section: &Section<'_>) -> Rules {
    let usual = TermDates::default();
    Rules {
        smallest: section.number("smallest", 3, 1..=1000),
        cached_for: section.duration("cached_for", "5m", ("1s", "1d")),
        terms: TermDates {
            summer: section.parsed("summer_begins", Some("04-01"), month_and_day).unwrap_or(usual.summer),
            winter: section.parsed("winter_begins", Some("10-01"), month_and_day).unwrap_or(usual.winter),
        },
    }
}

/// What the directory is asked.
pub(super) fn sources(section: &Section<'_>) -> Settings {
    let sources = section.section("sources");
    Settings {
        sources: sources.names().into_iter().filter_map(|name| source(&sources.section(&name), name)).collect(),
        dn_attribute: section.parsed("dn_attribute", Some("entryDN"), values::attribute).unwrap_or_default(),
        language_attribute: section
            .parsed("language_attribute", Some("preferredLanguage"), values::attribute)
            .unwrap_or_default(),
        surname_attribute: section.parsed("surname_attribute", Some("sn"), values::attribute).unwrap_or_default(),
        matriculation_attribute: section.optional_parsed("matriculation_attribute", values::attribute),
    }
}

fn month_and_day(text: &str) -> Result<(u32, u32), Wrong> {
    let parts = text.split_once('-').and_then(|(month, day)| Some((month.parse().ok()?, day.parse().ok()?)));
    parts.filter(|(month, day)| (1..=12).contains(month) && (1..=31).contains(day)).ok_or_else(|| {
        let what = format!("{} is not a day of the year.", values::quoted(text));
        Wrong::new(what, "Write month and day, for example \"04-01\".")
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Groups,
    GroupPerRole,
    Values,
    EduCourseMember,
}

/// What was written for a source, whether its kind needs it or not.
struct Written {
    base: Option<String>,
    filter: Option<String>,
    owner: Reference,
    member: Reference,
    name: String,
    attribute: Option<String>,
    lecturers: Option<Regex>,
    students: Option<String>,
    texts: Texts,
}

fn source(section: &Section<'_>, name: String) -> Option<Source> {
    let shapes = [
        ("groups", Shape::Groups),
        ("group-per-role", Shape::GroupPerRole),
        ("values", Shape::Values),
        ("edu-course-member", Shape::EduCourseMember),
    ];
    let shape = section.choice("kind", None, &shapes);
    let written = Written {
        base: section.optional_parsed("base", values::dn),
        filter: section.optional_parsed("filter", values::filter),
        owner: reference(section, "owner"),
        member: reference(section, "member"),
        name: section.parsed("name", Some("cn"), values::attribute).unwrap_or_default(),
        attribute: section.optional_parsed("attribute", values::attribute),
        lecturers: section.optional_parsed("lecturers", course_pattern),
        students: section.optional_parsed("students", students_pattern),
        texts: Texts {
            title: field(section, "title", Some("description")).unwrap_or_else(|| whole("description")),
            term: field(section, "term", None),
            number: field(section, "number", None),
        },
    };
    check_placeholders(section, &written);
    let kind = kind(section, shape?, written)?;
    Some(Source { name, kind })
}

impl Shape {
    /// The keys without which there is no such source.
    fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Groups => &["base", "filter"],
            Self::GroupPerRole => &["base", "filter", "lecturers", "students"],
            Self::Values => &["attribute", "lecturers", "students"],
            Self::EduCourseMember => &[],
        }
    }
}

fn kind(section: &Section<'_>, shape: Shape, written: Written) -> Option<Kind> {
    // What was written and is wrong has its fault already.
    for key in shape.needs().iter().filter(|key| !section.is_written(key)) {
        section.missing(key);
    }
    Some(match shape {
        Shape::Groups => Kind::Groups(Groups {
            base: written.base?,
            filter: written.filter?,
            lecturer: written.owner,
            student: written.member,
            texts: written.texts,
        }),
        Shape::GroupPerRole => Kind::GroupPerRole(GroupPerRole {
            base: written.base?,
            filter: written.filter?,
            name: written.name,
            lecturers: written.lecturers?,
            students: written.students?,
            member: written.member,
            texts: written.texts,
        }),
        Shape::Values => Kind::Values(Values {
            attribute: written.attribute?,
            lecturers: written.lecturers?,
            students: written.students?,
        }),
        Shape::EduCourseMember => Kind::Values(Values {
            attribute: written.attribute.unwrap_or_else(|| "eduCourseMember".to_owned()),
            // The form that eduCourse prescribes: role@course.
            lecturers: written.lecturers.or_else(|| Regex::new("^Instructor@(?<course>.+)$").ok())?,
            students: written.students.unwrap_or_else(|| "Learner@{course}".to_owned()),
        }),
    })
}

/// `owner` and `owner_is`, `member` and `member_is`.
fn reference(section: &Section<'_>, key: &str) -> Reference {
    let attribute = section.parsed(key, Some(key), values::attribute).unwrap_or_default();
    let kind = format!("{key}_is");
    let by = section.choice(&kind, Some("dn"), &[("dn", By::Dn), ("username", By::Username)]).unwrap_or(By::Dn);
    if by == By::Dn && attribute.eq_ignore_ascii_case("memberUid") {
        let wrong = Wrong::new("memberUid holds usernames.", format!("Write {kind} = \"username\"."));
        section.fault(&kind, wrong);
    }
    Reference { attribute, by }
}

fn whole(attribute: &str) -> Field {
    Field { attribute: attribute.to_owned(), pattern: None }
}

fn field(section: &Section<'_>, key: &str, default: Option<&str>) -> Option<Field> {
    let pattern = section.optional_parsed(&format!("{key}_pattern"), |text| {
        let pattern = pattern(text)?;
        if pattern.captures_len() < 2 {
            let what = format!("{} captures nothing.", values::quoted(text));
            return Err(Wrong::new(what, "Put the part to be shown in parentheses."));
        }
        Ok(pattern)
    });
    let attribute = match default {
        Some(_) => section.parsed(key, default, values::attribute),
        None => section.optional_parsed(key, values::attribute),
    };
    Some(Field { attribute: attribute?, pattern })
}

fn course_pattern(text: &str) -> Result<Regex, Wrong> {
    let pattern = pattern(text)?;
    if pattern.capture_names().flatten().any(|name| name == "course") {
        return Ok(pattern);
    }
    let what = format!("{} does not say which part names the course.", values::quoted(text));
    Err(Wrong::new(what, "Write that part as (?<course>…), for example \"^(?<course>.+)-lecturers$\"."))
}

/// Without the course in it, it would stand for the same people in every course.
fn students_pattern(text: &str) -> Result<String, Wrong> {
    if text.contains("{course}") {
        return Ok(text.to_owned());
    }
    let what = format!("{} gives every course the same students.", values::quoted(text));
    Err(Wrong::new(what, "Put {course} where the course is named, for example \"{course}-students\"."))
}

/// What `students` needs besides the course must be captured by `lecturers`.
fn check_placeholders(section: &Section<'_>, written: &Written) {
    let (Some(lecturers), Some(students)) = (&written.lecturers, &written.students) else { return };
    let names = students.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    for name in names.filter(|name| !lecturers.capture_names().flatten().any(|captured| captured == *name)) {
        let what = format!("Nothing is filled in for {{{name}}}.");
        section.fault("students", Wrong::new(what, format!("Capture it in lecturers: (?<{name}>…).")));
    }
}

fn pattern(text: &str) -> Result<Regex, Wrong> {
    Regex::new(text).map_err(|_| {
        let what = format!("{} is not a regular expression.", values::quoted(text));
        Wrong::new(what, "Write it in the syntax of Rust's regex crate, which is close to Perl's.")
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{reader::Reader, source::Source as Written};

    const OPERATING: &str = include_str!("../../docs/OPERATING.md");

    /// The sources, or all that is wrong.
    fn read(text: &str) -> Result<Settings, String> {
        let reader = Reader::new(Written::parse(Path::new("latchkey.toml"), text, std::iter::empty()).unwrap());
        let section = reader.section("courses");
        rules(&section);
        let settings = sources(&section);
        reader.finish().map(|()| settings).map_err(|faults| faults.to_string())
    }

    #[test]
    fn the_examples_for_operators_are_understood() {
        let example = OPERATING.split("```toml\n").find(|block| block.contains("[courses.sources.lms]")).unwrap();
        let settings = read(example.split("```").next().unwrap()).unwrap();
        let names: Vec<&str> = settings.sources.iter().map(|source| source.name.as_str()).collect();
        assert_eq!(names, ["lms", "unix", "campus", "groups"]);
        let Kind::GroupPerRole(unix) = &settings.sources[1].kind else { panic!("a group for each role") };
        assert_eq!(unix.member, Reference { attribute: "memberUid".to_owned(), by: By::Username });
        let Kind::Values(campus) = &settings.sources[2].kind else { panic!("values") };
        assert_eq!((campus.attribute.as_str(), campus.students.as_str()), ("eduCourseMember", "Learner@{course}"));
    }

    #[test]
    fn what_is_missing_or_cannot_work_is_said() {
        for (text, key, what) in [
            ("kind = \"groups\"", "courses.sources.x.base", "required and missing"),
            ("kind = \"groups\"", "courses.sources.x.filter", "required and missing"),
            ("kind = \"values\"", "courses.sources.x.lecturers", "required and missing"),
            ("kind = \"lists\"", "courses.sources.x.kind", "not one of the words"),
            ("lecturers = \"(\"", "courses.sources.x.lecturers", "not a regular expression"),
            ("lecturers = \"^(.+)-l$\"", "courses.sources.x.lecturers", "does not say which part names the course"),
            ("title_pattern = \"^x$\"", "courses.sources.x.title_pattern", "captures nothing"),
            ("member = \"memberUid\"", "courses.sources.x.member_is", "memberUid holds usernames"),
            ("students = \"students\"", "courses.sources.x.students", "gives every course the same students"),
            (
                "lecturers = \"^(?<course>.+)-l$\"\nstudents = \"{course}-{half}\"",
                "courses.sources.x.students",
                "Nothing is filled in for {half}",
            ),
        ] {
            let faults = read(&format!("[courses.sources.x]\n{text}\n")).unwrap_err();
            assert!(faults.contains(key) && faults.contains(what), "{text}:\n{faults}");
        }
        for wrong in [
            "kind = \"groups\"\nbase = \"ou=c,dc=x\"\nfilter = \"objectClass=x\"",
            "kind = \"groups\"\nbase = \"courses\"\nfilter = \"(objectClass=x)\"",
            "kind = \"values\"\nattribute = \"memberOf\"\nlecturers = \"(\"\nstudents = \"{course}\"",
        ] {
            let faults = read(&format!("[courses.sources.x]\n{wrong}\n")).unwrap_err();
            assert!(faults.ends_with("1 fault in the configuration"), "what is written is not missing:\n{faults}");
        }
        let faults = read("[courses]\nsummer_begins = \"13-01\"\nsmallest = 0\n").unwrap_err();
        assert!(faults.contains("not a day of the year") && faults.contains("out of range"), "{faults}");
    }
}
