//! `[courses.upload]` and `[courses.reminder]`: what lecturers may do besides looking at their classes.

use super::{faults::Wrong, reader::Section, values};
use crate::domain::{
    participant_list::{Identifier, Rules as ListRules},
    reminders, uploads,
};

/// From the section `[courses]`: which lists are taken depends on what is read about people.
pub(super) fn uploads(courses: &Section<'_>) -> uploads::Rules {
    let section = courses.section("upload");
    let identify_by = identify_by(&section);
    if identify_by.contains(&Identifier::Matriculation) && courses.optional("matriculation_attribute").is_none() {
        let what = "Nobody has a matriculation number without courses.matriculation_attribute.";
        let remedy = "Name the attribute there, or take \"matriculation\" out.";
        section.fault("identify_by", Wrong::new(what, remedy));
    }
    uploads::Rules {
        list: ListRules {
            identify_by,
            most_bytes: section.number("most_bytes", 1_048_576, 1_000..=16_777_216),
            most_lines: section.number("most_lines", 5_000, 10..=100_000),
        },
        kept: section.duration("kept", "1h", ("1m", "7d")),
    }
}

fn identify_by(section: &Section<'_>) -> Vec<Identifier> {
    let names = section.list("identify_by", Some(&["username", "mail"])).unwrap_or_default();
    let known = |name: &String| {
        let found = Identifier::ALL.into_iter().find(|by| by.name() == name);
        if found.is_none() {
            let what = format!("{} is not one of the words known here.", values::quoted(name));
            let remedy = format!("Write {}.", values::one_of(Identifier::ALL.iter().map(|by| by.name())));
            section.fault("identify_by", Wrong::new(what, remedy));
        }
        found
    };
    let found: Vec<Identifier> = names.iter().filter_map(known).collect();
    if names.is_empty() {
        section.fault("identify_by", Wrong::new("This is empty.", "Write at least one of the words."));
    }
    let is_new = |place: &usize| !found[..*place].contains(&found[*place]);
    (0..found.len()).filter(is_new).map(|place| found[place]).collect()
}

pub(super) fn reminders(section: &Section<'_>) -> reminders::Rules {
    reminders::Rules { every: section.duration("every", "3d", ("1h", "90d")) }
}
