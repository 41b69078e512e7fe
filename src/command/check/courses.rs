//! Courses: whether the sources show what they are configured to show, and whether anybody can see it.

use super::{Line, Report};
use crate::{
    config::Config,
    directory::{
        Courses, Directory, DirectoryError,
        courses::{
            Figure, MOST_TRIED, Trial,
            settings::{Kind, Source},
        },
    },
    domain::accounts::Person,
};

pub(super) async fn check(config: &Config, directory: &Directory, person: Option<&Person>, report: &mut Report) {
    let courses = Courses::new(directory.clone(), config.courses.clone(), &[]);
    if !courses.has_sources() {
        return;
    }
    for (source, trial) in courses.try_sources().await {
        report.add(match trial {
            Ok(trial) => shown(source, &trial),
            Err(error) => unreadable(config, source, &error),
        });
    }
    if let Some(person) = person {
        check_names(config, &courses, person, report).await;
        check_attributes(config, &courses, report).await;
    }
}

/// Sources, role and visible services lead to something only together.
pub(super) fn check_connections(config: &Config, report: &mut Report) {
    let rule = &config.directory.roles.lecturers;
    let has_lecturers = rule.group.is_some() || rule.filter.is_some();
    let has_sources = !config.courses.sources.is_empty();
    let is_visible = config.catalogue.services.iter().any(|service| service.visible_to_lecturers);
    if has_sources && !has_lecturers {
        report.advise(
            "courses: there are sources, but nobody is a lecturer",
            "Nobody sees \"Courses\" until roles.lecturers_group or roles.lecturers_filter says who is one.",
        );
    }
    if has_sources && !is_visible {
        report.advise(
            "courses: there are sources, but lecturers may see no service",
            "Set visible_to_lecturers = true in the sections of the services that they may see.",
        );
    }
    if !has_sources && (has_lecturers || is_visible) {
        let what = if has_lecturers { "roles.lecturers_… is set" } else { "a service has visible_to_lecturers" };
        report.advise(
            format!("courses: {what}, but there is no source of courses"),
            "Say in [courses.sources.…] where courses are found, or take it out.",
        );
    }
}

fn shown(source: &Source, trial: &Trial) -> Line {
    let what = format!("courses: the source {}", source.name);
    let is_open = open_pattern(source);
    if trial.entries == 0 {
        let trouble = Some(nothing(source));
        return Line { what: format!("{what} shows nothing"), trouble, advice: None };
    }
    let figures: Vec<String> = trial.figures.iter().map(|figure| in_words(source, figure)).collect();
    let example = trial.example.as_ref().map(|example| format!("; for example {example}")).unwrap_or_default();
    let entries = entries(source);
    let what = format!("{what} shows {} {entries}: {}{example}", many(trial.entries), figures.join(", "));
    let remedies = |is_needed| {
        let lacking = trial.figures.iter().filter(|figure| figure.count == 0 && figure.is_needed == is_needed);
        let remedies: Vec<String> = lacking.map(|figure| remedy(source, trial, figure)).collect();
        (!remedies.is_empty()).then(|| remedies.join("\n"))
    };
    let advice = is_open.into_iter().chain(remedies(false)).reduce(|all, one| format!("{all}\n{one}"));
    Line { what, trouble: remedies(true), advice }
}

/// A pattern that fits more than it says: whoever may make groups could make themselves lecturers.
fn open_pattern(source: &Source) -> Option<String> {
    let pattern = match &source.kind {
        Kind::Groups(_) => return None,
        Kind::GroupPerRole(groups) => groups.lecturers.as_str(),
        Kind::Values(values) => values.lecturers.as_str(),
    };
    let begins = pattern.trim_start_matches("(?i)").starts_with('^');
    (!begins || !pattern.ends_with('$')).then(|| {
        format!(
            "\"{pattern}\" fits anything that only begins or ends like it, so others may become lecturers of it. \
             Let courses.sources.{}.lecturers begin with ^ and end with $.",
            source.name
        )
    })
}

fn entries(source: &Source) -> &'static str {
    match source.kind {
        Kind::Groups(_) | Kind::GroupPerRole(_) => "groups",
        Kind::Values(_) => "people",
    }
}

fn many(count: usize) -> String {
    if count < MOST_TRIED { count.to_string() } else { format!("at least {MOST_TRIED}") }
}

fn in_words(source: &Source, figure: &Figure) -> String {
    let (count, what) = (many(figure.count), &figure.what);
    match (figure.key, &source.kind) {
        ("lecturers", Kind::Values(_)) => format!("{count} values of lecturers"),
        ("lecturers", _) => format!("{count} of lecturers"),
        ("students", Kind::Values(_)) => format!("{count} students of their courses"),
        ("students", _) => format!("{count} of their students"),
        ("term", _) => format!("{count} with a term that is understood"),
        _ => format!("{count} with {what}"),
    }
}

fn nothing(source: &Source) -> String {
    let key = format!("courses.sources.{}", source.name);
    match &source.kind {
        Kind::Groups(_) | Kind::GroupPerRole(_) => {
            format!("Check {key}.base and filter, and that the portal's account may search and read there.")
        }
        Kind::Values(values) => format!(
            "Nobody shows {}. Check {key}.attribute, and that the portal's account may search and read {} of people.",
            values.attribute, values.attribute
        ),
    }
}

/// What to do about something that is nowhere.
fn remedy(source: &Source, trial: &Trial, figure: &Figure) -> String {
    let key = format!("courses.sources.{}.{}", source.name, figure.key);
    let Figure { what, .. } = figure;
    let may_read = "and let the portal's account search and read it";
    match (figure.key, &source.kind) {
        ("owner", _) => {
            format!("No group has {what}. Set {key} to the attribute that names the lecturers of a course, {may_read}.")
        }
        ("member", _) => {
            format!("No group has {what}. Set {key} to the attribute that names the people in a group, {may_read}.")
        }
        ("lecturers", Kind::Values(values)) => {
            let attribute = &values.attribute;
            format!(
                "Of the first {} people nobody has a value of {attribute} that fits \"{what}\". Check {key}.",
                trial.entries
            )
        }
        ("lecturers", _) => {
            format!("None of the first {} groups has a name that fits \"{what}\". Check {key}.", trial.entries)
        }
        ("students", Kind::Values(values)) => {
            format!("Nobody has the value \"{what}\" of {}, or that of another course. Check {key}.", values.attribute)
        }
        ("students", _) => format!("There is no group \"{what}\", and none for another course. Check {key}."),
        ("term", _) => format!(
            "No group has a term in {what} that is understood, so all courses count as current ones. Check {key} and {key}_pattern."
        ),
        ("title", _) => {
            format!(
                "No group has a title in {what}, so courses are called by number or name. Check {key} and {key}_pattern."
            )
        }
        _ => format!("No group has anything in {what}. Check {key} and {key}_pattern."),
    }
}

fn unreadable(config: &Config, source: &Source, error: &DirectoryError) -> Line {
    let key = format!("courses.sources.{}", source.name);
    let (key, base) = match &source.kind {
        Kind::Groups(groups) => (format!("{key}.base"), &groups.base),
        Kind::GroupPerRole(groups) => (format!("{key}.base"), &groups.base),
        Kind::Values(_) => ("directory.people.base".to_owned(), &config.directory.people.base),
    };
    let remedy = match error {
        DirectoryError::NoSuchObject => {
            format!("Check {key}: \"{base}\" is not there, or the portal's account may not see it.")
        }
        _ => format!("Check courses.sources.{}.", source.name),
    };
    let what = format!("courses: the source {} cannot be read", source.name);
    Line { what, trouble: Some(format!("{error}\n{remedy}")), advice: None }
}

/// Lists of members need it.
async fn check_names(config: &Config, courses: &Courses, person: &Person, report: &mut Report) {
    let attribute = &config.courses.dn_attribute;
    match courses.finds_by_dn(person).await {
        Ok(true) => report.ok(format!("courses: people are found by {attribute}")),
        Ok(false) => report.bad(
            format!("courses: nobody is found by {attribute}"),
            "Set courses.dn_attribute to the attribute under which this server lets entries be found by their own DN \
             (entryDN, on Active Directory distinguishedName), and let the portal's account search by it.",
        ),
        Err(error) => report.bad(format!("courses: the search by {attribute} fails"), error.to_string()),
    }
}

/// What else is read about people.
async fn check_attributes(config: &Config, courses: &Courses, report: &mut Report) {
    let language = Some(("language_attribute", &config.courses.language_attribute, "Reminders come in both languages"));
    let matriculation = config.courses.matriculation_attribute.as_ref();
    let matriculation =
        matriculation.map(|attribute| ("matriculation_attribute", attribute, "Lists cannot be checked by it"));
    for (key, attribute, effect) in language.into_iter().chain(matriculation) {
        match courses.shows_attribute(attribute).await {
            Ok(true) => report.ok(format!("courses: {attribute} of people can be read")),
            Ok(false) => report.advise(
                format!("courses: nobody shows {attribute}"),
                format!(
                    "{effect}. If people have it, let the portal's account search and read it (docs/OPERATING.md); \
                     if it is called otherwise, set courses.{key}."
                ),
            ),
            Err(error) => report.bad(format!("courses: the search for {attribute} fails"), error.to_string()),
        }
    }
}
