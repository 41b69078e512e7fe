//! A search as it stands in the address, and what it means.

use chrono::{Datelike as _, NaiveDate, NaiveTime, TimeDelta, TimeZone as _};
use chrono_tz::Tz;

use super::words;
use crate::{
    clock::Instant,
    domain::{audit::records::Filter, terms::Version},
    web::{
        State,
        forms::Fields,
        pages::{
            audit::{Choice, FieldProblem, records::SearchForm},
            frame::Frame,
        },
    },
};

/// A search as somebody filled it in.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    pub(super) q: String,
    pub(super) account: Option<String>,
    service: Option<String>,
    kind: Option<String>,
    version: Option<(String, i32)>,
    cause: Option<String>,
    from: String,
    until: String,
    first_day: Option<NaiveDate>,
    last_day: Option<NaiveDate>,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    /// The fields that cannot be understood, with the key of what is wrong.
    faults: Vec<(&'static str, &'static str)>,
}

impl Search {
    pub(super) fn parse(query: &str) -> Self {
        let fields = Fields::decode(query);
        let text = |name: &str| fields.get(name).map(str::trim).filter(|text| !text.is_empty() && text.len() <= 200);
        let word = |name: &str| text(name).filter(|text| is_word(text)).map(str::to_owned);
        let mut search = Self {
            q: text("q").unwrap_or_default().to_owned(),
            account: word("account"),
            service: word("service"),
            kind: word("kind"),
            version: text("version").and_then(version),
            cause: word("cause"),
            from: text("from").unwrap_or_default().to_owned(),
            until: text("until").unwrap_or_default().to_owned(),
            before: word("before"),
            after: word("after"),
            ..Self::default()
        };
        search.read_days();
        search
    }

    fn read_days(&mut self) {
        let mut day = |field: &'static str, text: &str| {
            let day = day_of(text);
            if day.is_none() && !text.is_empty() {
                self.faults.push((field, "audit-date-wrong"));
            }
            day
        };
        self.first_day = day("from", &self.from);
        self.last_day = day("until", &self.until);
        if self.first_day.zip(self.last_day).is_some_and(|(first, last)| first > last) {
            self.faults.push(("until", "audit-dates-reversed"));
        }
    }

    pub(super) fn problems(&self, frame: &Frame) -> Vec<FieldProblem> {
        self.faults.iter().map(|(field, key)| FieldProblem { field, text: frame.t(key) }).collect()
    }

    /// What is searched for; the people are found before.
    pub(super) fn filter(&self, people: Option<Vec<String>>, tz: Tz) -> Filter {
        Filter {
            people,
            service: self.version.as_ref().map(|(service, _)| service.clone()).or_else(|| self.service.clone()),
            kind: self.kind.clone(),
            version: self.version.as_ref().map(|(_, number)| *number),
            cause: self.cause.clone(),
            from: self.first_day.map(|day| begin(day, tz)),
            until: self.last_day.map(|day| begin(day + TimeDelta::days(1), tz)),
        }
    }

    /// The search in the address, without the place in the list.
    pub(super) fn query(&self) -> String {
        let version = self.version.as_ref().map(|(service, number)| format!("{service}/{number}"));
        let account = self.account.as_deref().unwrap_or_default();
        self.encode(&[("q", &self.q), ("account", account)], version.as_deref())
    }

    /// The same without a name, to be recorded: a record of the log holds none.
    pub(super) fn recorded(&self) -> String {
        let version = self.version.as_ref().map(|(service, number)| format!("{service}/{number}"));
        self.encode(&[], version.as_deref())
    }

    fn encode(&self, people: &[(&str, &str)], version: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let rest = [
            ("service", self.service.as_deref()),
            ("kind", self.kind.as_deref()),
            ("version", version),
            ("cause", self.cause.as_deref()),
            ("from", Some(self.from.as_str())),
            ("until", Some(self.until.as_str())),
        ];
        query.extend_pairs(people.iter().filter(|(_, value)| !value.is_empty()));
        query.extend_pairs(rest.iter().filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?))));
        query.finish()
    }

    /// Whether somebody is named.
    pub(super) fn names_people(&self) -> bool {
        !self.q.is_empty() || self.account.is_some()
    }

    pub(super) fn form(&self, frame: &Frame, state: &State, versions: &[Version]) -> SearchForm {
        let choose = |list: &[(&str, &str)], chosen: &Option<String>| -> Vec<Choice> {
            let choice = |(value, key): &(&str, &str)| Choice {
                value: (*value).to_owned(),
                label: frame.t(key),
                selected: chosen.as_deref() == Some(value),
            };
            list.iter().map(choice).collect()
        };
        let chosen_version = self.version.as_ref().map(|(service, number)| format!("{service}/{number}"));
        SearchForm {
            q: self.q.clone(),
            account: self.account.clone(),
            services: service_choices(frame, state, versions, self.service.as_deref()),
            kinds: choose(words::KINDS, &self.kind),
            versions: version_choices(frame, state, versions, chosen_version.as_deref()),
            causes: choose(words::CAUSES, &self.cause),
            from: self.from.clone(),
            until: self.until.clone(),
            is_filled: !self.query().is_empty(),
        }
    }
}

/// The services of the catalogue, and those that had terms once.
pub(super) fn service_choices(frame: &Frame, state: &State, versions: &[Version], chosen: Option<&str>) -> Vec<Choice> {
    let mut slugs: Vec<&str> = state.catalogue.services.iter().map(|service| service.slug.as_str()).collect();
    for version in versions {
        if !slugs.contains(&version.service.as_str()) {
            slugs.push(&version.service);
        }
    }
    let choice = |slug: &str| Choice {
        value: slug.to_owned(),
        label: words::service(frame, state, slug),
        selected: chosen == Some(slug),
    };
    slugs.into_iter().map(choice).collect()
}

/// Every version of every service's terms.
pub(super) fn version_choices(frame: &Frame, state: &State, versions: &[Version], chosen: Option<&str>) -> Vec<Choice> {
    let choice = |version: &Version| {
        let value = format!("{}/{}", version.service, version.number);
        let number = frame.with("history-version-number", "number", version.number);
        let label = format!("{}: {number}", words::service(frame, state, &version.service));
        Choice { selected: chosen == Some(&value), value, label }
    };
    versions.iter().map(choice).collect()
}

/// `rocketchat/3`
pub(super) fn version(text: &str) -> Option<(String, i32)> {
    let (service, number) = text.split_once('/')?;
    Some((Some(service).filter(|service| is_word(service))?.to_owned(), number.parse().ok()?))
}

/// A day as forms send it. Years have four digits: behind them lies the end of the calendar, and no id.
pub(super) fn day_of(text: &str) -> Option<NaiveDate> {
    text.parse().ok().filter(|day: &NaiveDate| (1..=9999).contains(&day.year()))
}

/// The first moment of a day; where clocks are put forward at midnight, the first that there is.
pub(super) fn begin(day: NaiveDate, tz: Tz) -> Instant {
    let midnight = day.and_time(NaiveTime::MIN);
    let local = tz.from_local_datetime(&midnight);
    local.earliest().map_or_else(|| midnight + TimeDelta::hours(1), |at| at.naive_utc())
}

/// Ids, slugs, names of kinds and causes.
pub(super) fn is_word(text: &str) -> bool {
    text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_address_comes_back_and_nothing_else() {
        let query =
            "q=M%C3%BCller&service=chat&kind=signed-in&version=chat%2F3&cause=member&from=2026-11-01&until=2026-11-30";
        let search = Search::parse(&format!("{query}&before=0193&evil=%3Cb%3E"));
        assert_eq!(search.query(), query);
        assert!(!search.recorded().contains("q="), "{}", search.recorded());
        assert_eq!(search.before.as_deref(), Some("0193"));
        assert_eq!(Search::parse("service=%27+OR+1&kind=%25&version=x&cause=&account=../x").query(), "");
    }

    #[test]
    fn days_begin_and_end_where_the_portal_is() {
        let search = Search::parse("from=2026-11-01&until=2026-11-30");
        let filter = search.filter(None, chrono_tz::Europe::Berlin);
        assert_eq!(filter.from.unwrap().to_string(), "2026-10-31 23:00:00");
        assert_eq!(filter.until.unwrap().to_string(), "2026-11-30 23:00:00");
        let faults = |query| Search::parse(query).faults.len();
        assert_eq!(
            (faults("from=x"), faults("from=2026-02-30"), faults("from=2026-02-03&until=2026-02-02")),
            (1, 1, 1)
        );
    }
}
