//! People by the beginnings of their names.
//!
//! An account is found under the words of its display name, its username, its mail address and the parts of that before the `@`.
//! Words are folded: no capitals, no accents, `ß` as `ss`.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use crate::{
    clock::Instant,
    db::{
        Conn, Error, insert_all,
        schema::{account_words, account_words_again, accounts},
    },
    domain::folding::folded,
};

/// Ids in one statement: an export may be about everybody, and SQLite takes some 32,000 values at most.
const IDS_AT_ONCE: usize = 1_000;

/// How many people a search may mean; more, and it has to be more exact.
pub const MOST: usize = 30;

/// How many words of a search are looked at, and how many letters of its text.
const MOST_WORDS: usize = 5;
const MOST_LETTERS: usize = 500;

/// Behind every word that begins with what stands before it.
const LAST: char = '\u{10ffff}';

/// A person as lists show them.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Listed {
    pub id: String,
    pub directory_key: Option<String>,
    pub username: String,
    pub display_name: String,
    pub mail: Option<String>,
}

impl Listed {
    /// Whether names and address are gone for good.
    pub fn is_erased(&self) -> bool {
        self.directory_key.is_none()
    }
}

/// What a search for people found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// By name.
    pub people: Vec<Listed>,
    /// Whether there are more than [`MOST`].
    pub too_many: bool,
}

/// The people of whom every word of the search is the beginning of a word; nobody, if no word has two letters.
pub fn search(conn: &mut Conn, text: &str) -> Result<Found, Error> {
    let text: String = text.chars().take(MOST_LETTERS).collect();
    let words: Vec<String> = words_of(&text).collect();
    // The longest word tells most, so it is asked for first.
    let longest = words.iter().max_by_key(|word| word.chars().count()).filter(|word| word.chars().count() > 1);
    let Some(longest) = longest else { return Ok(Found::default()) };
    let mut query = account_words::table
        .filter(account_words::word.ge(longest).and(account_words::word.lt(format!("{longest}{LAST}"))))
        .select(account_words::account_id)
        .distinct()
        .limit(i64::try_from(MOST + 1).unwrap_or(i64::MAX))
        .into_boxed();
    for word in words.iter().filter(|word| *word != longest).take(MOST_WORDS) {
        let begins = account_words_again::word.ge(word).and(account_words_again::word.lt(format!("{word}{LAST}")));
        let with_word = account_words_again::table.filter(begins).select(account_words_again::account_id);
        query = query.filter(account_words::account_id.eq_any(with_word));
    }
    let mut ids: Vec<String> = query.load(conn)?;
    let too_many = ids.len() > MOST;
    ids.truncate(MOST);
    let mut people: Vec<Listed> = listed(conn, &ids)?.into_values().collect();
    people.sort_by(|a, b| (&a.display_name, &a.id).cmp(&(&b.display_name, &b.id)));
    Ok(Found { people, too_many })
}

/// The people of these ids, by id.
pub fn listed<'a>(
    conn: &mut Conn,
    ids: impl IntoIterator<Item = &'a String>,
) -> Result<HashMap<String, Listed>, Error> {
    let ids: Vec<&str> = ids.into_iter().map(String::as_str).collect();
    let mut people = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(IDS_AT_ONCE) {
        let found: Vec<Listed> = accounts::table
            .filter(accounts::id.eq_any(ids.to_vec()))
            .select((accounts::id, accounts::directory_key, accounts::username, accounts::display_name, accounts::mail))
            .load(conn)?;
        people.extend(found.into_iter().map(|person| (person.id.clone(), person)));
    }
    Ok(people)
}

/// Those of these ids that are accounts.
pub fn known(conn: &mut Conn, ids: &BTreeSet<String>) -> Result<BTreeSet<String>, Error> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut known = BTreeSet::new();
    for ids in ids.chunks(IDS_AT_ONCE) {
        let found: Vec<String> =
            accounts::table.filter(accounts::id.eq_any(ids.to_vec())).select(accounts::id).load(conn)?;
        known.extend(found);
    }
    Ok(known)
}

/// When an account was made, when the person was last seen, and what the directory said then about affiliations.
pub fn times(conn: &mut Conn, id: &str) -> Result<Option<(Instant, Instant, Vec<String>)>, Error> {
    let found: Option<(Instant, Instant, String)> = accounts::table
        .find(id)
        .select((accounts::created_at, accounts::seen_at, accounts::affiliations))
        .first(conn)
        .optional()?;
    let words = |text: String| text.split('\n').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    Ok(found.map(|(created, seen, affiliations)| (created, seen, words(affiliations))))
}

/// Makes an account findable under these names, and under no older ones.
pub fn index(conn: &mut Conn, account_id: &str, names: &[&str]) -> Result<(), Error> {
    let of_account = account_words::table.filter(account_words::account_id.eq(account_id));
    let known: BTreeSet<String> = of_account.select(account_words::word).load(conn)?.into_iter().collect();
    let wanted: BTreeSet<String> = names.iter().flat_map(|name| words_of(name)).collect();
    for word in known.difference(&wanted) {
        diesel::delete(account_words::table.find((word, account_id))).execute(conn)?;
    }
    insert(conn, account_id, wanted.difference(&known))
}

/// Makes an account findable that has just been made.
pub fn index_new(conn: &mut Conn, account_id: &str, names: &[&str]) -> Result<(), Error> {
    let words: BTreeSet<String> = names.iter().flat_map(|name| words_of(name)).collect();
    insert(conn, account_id, &words)
}

fn insert<'a>(conn: &mut Conn, account_id: &str, words: impl IntoIterator<Item = &'a String>) -> Result<(), Error> {
    let row = |word| (account_words::word.eq(word), account_words::account_id.eq(account_id));
    insert_all!(conn, account_words::table, account_words::word, words.into_iter().map(row).collect());
    Ok(())
}

/// Makes accounts findable that are not yet, because they are older than the search; a bounded number at a time. Returns how
/// many these were.
pub fn index_older(conn: &mut Conn, limit: i64) -> Result<usize, Error> {
    use diesel::dsl::{exists, not};
    let has_words = account_words::table.filter(account_words::account_id.eq(accounts::id));
    let older: Vec<Listed> = accounts::table
        .filter(accounts::directory_key.is_not_null().and(not(exists(has_words))))
        .select((accounts::id, accounts::directory_key, accounts::username, accounts::display_name, accounts::mail))
        .limit(limit)
        .load(conn)?;
    for person in &older {
        let mail = person.mail.as_deref().unwrap_or_default();
        index(conn, &person.id, &[&person.display_name, &person.username, mail])?;
    }
    Ok(older.len())
}

/// The words of a text: what stands between blanks, and the parts of that. A mail address is one word, and its parts before the
/// `@` are words, too; those behind it would fit everybody.
pub fn words_of(text: &str) -> impl Iterator<Item = String> {
    let folded = folded(text);
    let mut words = BTreeSet::new();
    for word in folded.split_whitespace() {
        words.insert(word.to_owned());
        let own = word.split('@').next().unwrap_or_default();
        words.extend(own.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).map(str::to_owned));
    }
    words.into_iter().map(|word| word.chars().take(100).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        words_of(text).collect()
    }

    #[test]
    fn accents_capitals_and_marks_between_parts_do_not_matter() {
        assert_eq!(words("Zoë MÜLLER-Groß"), ["gross", "muller", "muller-gross", "zoe"]);
        assert_eq!(words("Łukasz Yılmaz"), ["lukasz", "yilmaz"]);
    }

    #[test]
    fn the_part_of_an_address_that_all_share_is_no_word() {
        assert_eq!(words("anna.mueller@demo.example"), ["anna", "anna.mueller@demo.example", "mueller"]);
        assert_eq!(words(" % _ "), ["%", "_"]);
    }
}
