//! Lists of participants that lecturers have uploaded, and what is answered about the people in them.
//!
//! Answers come from the lecturer's own classes alone. About everybody else nothing is looked up, so that nothing can differ:
//! whether they exist, have an account or have activated a service, the answer is the same and takes the same way.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};

use chrono::TimeDelta;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    chance,
    clock::{Instant, delta},
    db::{Conn, Error, schema::uploads},
    domain::{
        courses::{Activation, Participant, views},
        log::{self, Kind, Origin, Record},
        participant_list::{Identifier, ParticipantList, Row, Rules as ListRules, comparable},
        reservations,
    },
};

/// What the operator decided about uploads.
#[derive(Clone, Debug)]
pub struct Rules {
    pub list: ListRules,
    /// How long a list is kept.
    pub kept: Duration,
}

/// What is said about one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    NotActivated,
    Activated,
    /// Not one of the lecturer's own students, or not certain who is meant.
    NotVerifiable,
}

impl Verdict {
    pub const ALL: [Self; 3] = [Self::NotActivated, Self::Activated, Self::NotVerifiable];

    /// The stable name, in exports and keys of texts.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotActivated => "not-activated",
            Self::Activated => "activated",
            Self::NotVerifiable => "not-verifiable",
        }
    }
}

/// A line with what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub row: Row,
    pub verdict: Verdict,
    /// Who it is; `None` if the line is not verifiable.
    pub person: Option<Participant>,
}

impl Answer {
    /// The name, if the line has the username: that pair the lecturer sees on the class's page anyway. Whose a mail address or a
    /// matriculation number is, is not told.
    pub fn name(&self) -> Option<&str> {
        let by = self.row.identity.as_ref()?.by;
        self.person.as_ref().filter(|_| by == Identifier::Username).map(|person| person.display_name.as_str())
    }
}

/// What is said about each line, in the order of the list. Of `classes` only those may be given whose people may be named to this
/// lecturer.
pub fn answers(rows: &[Row], identify_by: &[Identifier], classes: &[Activation<'_>]) -> Vec<Answer> {
    let known = known(identify_by, classes);
    let answer = |row: &Row| {
        let person = row.identity.as_ref().and_then(|identity| known.people.get(&identity.key()).copied().flatten());
        let verdict = match person {
            Some(person) if known.activated.contains(person.key.as_str()) => Verdict::Activated,
            Some(_) => Verdict::NotActivated,
            None => Verdict::NotVerifiable,
        };
        Answer { row: row.clone(), verdict, person: person.cloned() }
    };
    rows.iter().map(answer).collect()
}

/// The people of all classes, by what tells them apart.
struct Known<'a> {
    /// `None`: several people share the value.
    people: HashMap<(Identifier, String), Option<&'a Participant>>,
    activated: HashSet<&'a str>,
}

fn known<'a>(identify_by: &[Identifier], classes: &'a [Activation<'a>]) -> Known<'a> {
    let mut known = Known { people: HashMap::new(), activated: HashSet::new() };
    for class in classes {
        known.activated.extend(class.activated.iter().map(|person| person.key.as_str()));
        for &person in class.activated.iter().chain(&class.missing) {
            for by in identify_by {
                let Some(value) = value_of(person, *by) else { continue };
                let entry = known.people.entry((*by, comparable(value))).or_insert(Some(person));
                if entry.is_none_or(|other| other.key != person.key) {
                    *entry = None;
                }
            }
        }
    }
    known
}

fn value_of(person: &Participant, by: Identifier) -> Option<&str> {
    match by {
        Identifier::Username => Some(&person.username),
        Identifier::Mail => person.mail.as_deref(),
        Identifier::Matriculation => person.matriculation.as_deref(),
    }
}

/// A list that is kept for a while: identifiers and line numbers, nothing else of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub id: String,
    pub service: String,
    pub list: KeptList,
    pub uploaded_at: Instant,
    pub ends_at: Instant,
}

/// What is kept of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptList {
    pub rows: Vec<Row>,
    pub identified_by: Vec<Identifier>,
    pub surplus_columns: usize,
    pub has_passwords: bool,
}

impl From<ParticipantList> for KeptList {
    fn from(list: ParticipantList) -> Self {
        let ParticipantList { rows, identified_by, surplus_columns, has_passwords } = list;
        Self { rows, identified_by, surplus_columns, has_passwords }
    }
}

/// Keeps a list under the account, instead of the one before; returns its id.
///
/// # Errors
/// [`Error::Conflict`] if the same account uploads its first list twice at the same moment.
pub fn keep(
    conn: &mut Conn,
    account_id: &str,
    service: &str,
    list: &KeptList,
    kept: Duration,
    now: Instant,
) -> Result<String, Error> {
    diesel::delete(uploads::table.filter(uploads::account_id.eq(account_id))).execute(conn)?;
    let id = chance::id(now);
    let text = serde_json::to_string(list).map_err(|error| Error::Broken(error.to_string()))?;
    diesel::insert_into(uploads::table)
        .values((
            uploads::id.eq(&id),
            uploads::account_id.eq(account_id),
            uploads::service.eq(service),
            uploads::list.eq(text),
            uploads::uploaded_at.eq(now),
            uploads::ends_at.eq(now + delta(kept)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// The account's list of this id, while it is kept.
pub fn get(conn: &mut Conn, account_id: &str, id: &str, now: Instant) -> Result<Option<Upload>, Error> {
    let row: Option<(String, String, String, Instant, Instant)> = uploads::table
        .filter(uploads::id.eq(id).and(uploads::account_id.eq(account_id)).and(uploads::ends_at.gt(now)))
        .select((uploads::id, uploads::service, uploads::list, uploads::uploaded_at, uploads::ends_at))
        .first(conn)
        .optional()?;
    let Some((id, service, list, uploaded_at, ends_at)) = row else { return Ok(None) };
    let list = serde_json::from_str(&list).map_err(|error| Error::Broken(error.to_string()))?;
    Ok(Some(Upload { id, service, list, uploaded_at, ends_at }))
}

/// The id of the account's list, while one is kept, and when it was uploaded.
pub fn current(conn: &mut Conn, account_id: &str, now: Instant) -> Result<Option<(String, Instant)>, Error> {
    let own = uploads::account_id.eq(account_id).and(uploads::ends_at.gt(now));
    Ok(uploads::table.filter(own).select((uploads::id, uploads::uploaded_at)).first(conn).optional()?)
}

/// Forgets the account's list now; returns whether there was one of this id.
pub fn forget(conn: &mut Conn, account_id: &str, id: &str) -> Result<bool, Error> {
    let own = uploads::id.eq(id).and(uploads::account_id.eq(account_id));
    Ok(diesel::delete(uploads::table.filter(own)).execute(conn)? == 1)
}

/// Deletes what has been kept long enough.
pub fn purge(conn: &mut Conn, now: Instant) -> Result<usize, Error> {
    Ok(diesel::delete(uploads::table.filter(uploads::ends_at.le(now))).execute(conn)?)
}

/// Who gets the same answers again within this time makes no new record.
const CHECK_LASTS: TimeDelta = TimeDelta::minutes(15);

/// What is done with the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Shown,
    Exported,
}

/// Records that the lecturer got these answers, about the people in them. Reloading the page is no new record, unless the answers
/// are others by now; every export is one.
pub fn record_check(
    conn: &mut Conn,
    origin: Origin<'_>,
    upload: &Upload,
    answers: &[Answer],
    how: Use,
) -> Result<(), Error> {
    let answered: Vec<(&str, Verdict)> =
        answers.iter().filter_map(|answer| Some((answer.person.as_ref()?.key.as_str(), answer.verdict))).collect();
    let shown = views::digest(answered.iter().flat_map(|(key, verdict)| [*key, verdict.name()]));
    if how == Use::Shown && !is_news(conn, origin.at, upload, &shown)? {
        return Ok(());
    }
    let ids = reservations::ids(conn, answered.iter().map(|(key, _)| *key), origin.at)?;
    let subjects: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let detail = json!({
        "lines": upload.list.rows.len(),
        "answered": answered.len(),
        "exported": how == Use::Exported,
    });
    let record = Record { kind: Kind::RosterChecked, account_id: None, service: Some(&upload.service), detail };
    log::append_about(conn, origin, &record, &subjects)
}

fn is_news(conn: &mut Conn, now: Instant, upload: &Upload, digest: &str) -> Result<bool, Error> {
    let known = uploads::recorded_sha256.eq(digest).and(uploads::recorded_at.gt(now - CHECK_LASTS));
    let lasting = uploads::table.find(&upload.id).filter(known).select(uploads::id);
    if lasting.first::<String>(conn).optional()?.is_some() {
        return Ok(false);
    }
    diesel::update(uploads::table.find(&upload.id))
        .set((uploads::recorded_sha256.eq(digest), uploads::recorded_at.eq(now)))
        .execute(conn)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::{
        Verdict::{Activated, NotActivated, NotVerifiable},
        *,
    };
    use crate::domain::participant_list::Identity;

    fn person(key: &str, mail: Option<&str>, matriculation: Option<&str>) -> Participant {
        Participant {
            key: key.to_owned(),
            dn: format!("uid={key}"),
            username: key.to_owned(),
            display_name: key.to_uppercase(),
            surname: None,
            mail: mail.map(str::to_owned),
            matriculation: matriculation.map(str::to_owned),
            language: None,
        }
    }

    fn row(line: usize, by: Identifier, value: &str) -> Row {
        Row { line, identity: Some(Identity { by, value: value.to_owned() }), lacks: None, repeats: None }
    }

    fn verdicts(rows: &[Row], identify_by: &[Identifier], classes: &[Activation<'_>]) -> Vec<Verdict> {
        answers(rows, identify_by, classes).iter().map(|answer| answer.verdict).collect()
    }

    #[test]
    fn only_people_of_own_classes_are_answered_about() {
        let (anna, bert) = (person("anna", Some("anna@uni.example"), Some("01")), person("bert", None, None));
        let classes = [Activation { activated: vec![&anna], missing: vec![&bert] }];
        let rows = [
            row(2, Identifier::Username, "ANNA"),
            row(3, Identifier::Username, "bert"),
            row(4, Identifier::Username, "carl"),
            row(5, Identifier::Mail, "Anna@Uni.Example"),
            row(6, Identifier::Matriculation, "01"),
            row(7, Identifier::Matriculation, "1"),
            Row { line: 8, identity: None, lacks: None, repeats: None },
        ];
        let all = [Activated, NotActivated, NotVerifiable, Activated, Activated, NotVerifiable, NotVerifiable];
        assert_eq!(verdicts(&rows, &Identifier::ALL, &classes), all);
        let by_username = [Activated, NotActivated, NotVerifiable, NotVerifiable];
        assert_eq!(verdicts(&rows[..4], &[Identifier::Username], &classes), by_username);
        assert!(verdicts(&rows, &Identifier::ALL, &[]).iter().all(|verdict| *verdict == NotVerifiable));
    }

    #[test]
    fn somebody_in_two_classes_is_one_person_and_two_people_with_one_number_are_nobody() {
        let (anna, again) = (person("anna", None, Some("1")), person("anna", None, Some("1")));
        let bert = person("bert", None, Some("2"));
        let carl = person("carl", None, Some("2"));
        let classes = [
            Activation { activated: vec![], missing: vec![&anna, &bert] },
            Activation { activated: vec![&again], missing: vec![&carl, &bert] },
        ];
        let rows = [row(2, Identifier::Username, "anna"), row(3, Identifier::Matriculation, "2")];
        assert_eq!(verdicts(&rows, &Identifier::ALL, &classes), [Activated, NotVerifiable]);
    }
}
