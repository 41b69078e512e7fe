//! A person's directory entry as Latchkey knows it.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    chance,
    clock::Instant,
    db::{Conn, Error, prepared, schema::accounts},
    domain::{audit::people, locale::Locale, log::people::Opening, reservations},
};

/// A person as the directory shows it at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The stable key (entryUUID, objectGUID, nsUniqueId), with the attribute's name before a colon.
    pub key: String,
    /// Exactly as the server returned it; never compared as text.
    pub dn: String,
    pub username: String,
    pub display_name: String,
    pub mail: Option<String>,
    pub affiliations: Vec<String>,
}

#[cfg(test)]
impl Person {
    /// Somebody, for tests.
    pub(crate) fn maria() -> Self {
        Self {
            key: "1".into(),
            dn: "uid=maria".into(),
            username: "maria".into(),
            display_name: "Maria".into(),
            mail: None,
            affiliations: Vec::new(),
        }
    }
}

/// A person who has signed in at least once.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = accounts)]
pub struct Account {
    pub id: String,
    /// The stable key in the directory; `None` once the account was erased.
    pub directory_key: Option<String>,
    pub username: String,
    pub dn: String,
    pub display_name: String,
    pub mail: Option<String>,
    pub locale: String,
}

impl Account {
    fn of(id: String, person: &Person, locale: Locale) -> Self {
        let Person { key, dn, username, display_name, mail, .. } = person.clone();
        Self { id, directory_key: Some(key), username, dn, display_name, mail, locale: locale.code().to_owned() }
    }

    /// Whether this is the same person: names and DNs are given to others in time, the key is not.
    pub fn is(&self, person: &Person) -> bool {
        self.directory_key.as_deref() == Some(&person.key)
    }

    /// Whether names and addresses were deleted for good: pages show "erased account" instead.
    pub fn is_erased(&self) -> bool {
        self.directory_key.is_none()
    }

    /// Whether the account says of the person what the directory shows now; affiliations are looked at when signing in only.
    pub fn shows(&self, person: &Person, locale: Locale) -> bool {
        self.is(person)
            && self.username == person.username
            && self.dn == person.dn
            && self.display_name == person.display_name
            && self.mail == person.mail
            && self.locale == locale.code()
    }

    /// The language in which the person was last remembered; German if the stored one is none of ours.
    pub fn locale(&self) -> Locale {
        Locale::from_code(&self.locale).unwrap_or(Locale::De)
    }
}

/// Remembers the person as the directory shows it now, and the language it reads; people are told apart by their stable
/// key, so a renamed person stays the same account. A new account gets the id under which the log knows the person, if records
/// have been made about them before ([`reservations`]).
///
/// # Errors
/// [`Error::Conflict`] if the same new person was stored at the same moment: try again.
pub fn remember(conn: &mut Conn, person: &Person, locale: Locale, now: Instant) -> Result<Account, Error> {
    let affiliations = person.affiliations.join("\n");
    let names = [person.display_name.as_str(), &person.username, person.mail.as_deref().unwrap_or_default()];
    let shown = (
        accounts::username.eq(&person.username),
        accounts::dn.eq(&person.dn),
        accounts::display_name.eq(&person.display_name),
        accounts::mail.eq(&person.mail),
        accounts::affiliations.eq(&affiliations),
        accounts::locale.eq(locale.code()),
        accounts::seen_at.eq(now),
    );
    let update = diesel::update(accounts::table.filter(accounts::directory_key.eq(&person.key)))
        .set(shown)
        .returning(accounts::id);
    let known: Option<String> = prepared(update).get_result(conn).optional()?;
    if let Some(id) = known {
        people::index(conn, &id, &names)?;
        return Ok(Account::of(id, person, locale));
    }
    let account_id = reservations::take(conn, &person.key, now)?;
    let opening = Opening { salt: chance::token(), directory_key: person.key.clone(), account_id };
    diesel::insert_into(accounts::table)
        .values((
            accounts::id.eq(&opening.account_id),
            accounts::directory_key.eq(&person.key),
            shown,
            accounts::salt.eq(&opening.salt),
            accounts::commitment.eq(opening.commitment()),
            accounts::created_at.eq(now),
        ))
        .execute(conn)?;
    people::index_new(conn, &opening.account_id, &names)?;
    Ok(Account::of(opening.account_id, person, locale))
}

/// The id of the account with this stable key.
pub fn id_of_key(conn: &mut Conn, key: &str) -> Result<Option<String>, Error> {
    Ok(accounts::table.filter(accounts::directory_key.eq(key)).select(accounts::id).first(conn).optional()?)
}

/// The account of this id.
pub fn get(conn: &mut Conn, id: &str) -> Result<Option<Account>, Error> {
    Ok(accounts::table.find(id).select(Account::as_select()).first(conn).optional()?)
}

/// Makes everybody else who changes this account wait until the transaction ends. SQLite has one writer at a time anyway.
pub fn lock(conn: &mut Conn, id: &str) -> Result<(), Error> {
    if let Conn::Postgres(postgres) = conn {
        let row = accounts::table.find(id).select(accounts::id).for_no_key_update();
        let _: Option<String> = row.first(postgres).optional()?;
    }
    Ok(())
}
