//! People: found by the name they type, read by their DN.

use ldap3::{Scope, SearchEntry, dn_escape, ldap_escape};

use super::{Directory, DirectoryError, Search, settings::People};
use crate::domain::accounts::{Account, Person};

impl Directory {
    /// The person of this name; `None` if there is none, or more than one.
    pub async fn find(&self, username: &str) -> Result<Option<Person>, DirectoryError> {
        let people = &self.0.settings.people;
        let filter = people.filter.replace("{username}", &ldap_escape(username));
        let found = self.search_people(&people.base, Scope::Subtree, &filter, 2).await?;
        Ok(match found.as_slice() {
            [one] => Some(one.clone()),
            [] => None,
            _ => {
                tracing::warn!(event = "directory.ambiguous-name", "a name matches several people; nobody can use it");
                None
            }
        })
    }

    /// The person at this DN as the directory shows them now; `None` if the entry is gone or no longer fits the filter for
    /// people (so that a filter may shut out disabled accounts).
    pub async fn read(&self, dn: &str) -> Result<Option<Person>, DirectoryError> {
        let filter = self.anybody();
        match self.search_people(dn, Scope::Base, &filter, 1).await {
            Ok(found) => Ok(found.into_iter().next()),
            Err(DirectoryError::NoSuchObject) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The person behind an account, at their DN or else under their name: people are renamed and moved, and names given to others.
    /// `None` if the directory shows this person no longer.
    pub async fn behind(&self, account: &Account) -> Result<Option<Person>, DirectoryError> {
        let at_dn = self.read(&account.dn).await?;
        if let Some(person) = at_dn.filter(|person| account.is(person)) {
            return Ok(Some(person));
        }
        Ok(self.find(&account.username).await?.filter(|person| account.is(person)))
    }

    /// Whether a search for people finds anybody at all, for `latchkey check`.
    pub async fn finds_anybody(&self) -> Result<Option<Person>, DirectoryError> {
        let filter = self.anybody();
        let found = self.search_people(&self.0.settings.people.base, Scope::Subtree, &filter, 1).await?;
        Ok(found.into_iter().next())
    }

    /// Whether the person's own entry matches the filter, by the directory's word.
    pub async fn matches(&self, dn: &str, filter: &str) -> Result<bool, DirectoryError> {
        let search = Search { base: dn, scope: Scope::Base, filter, attributes: &["1.1"], size_limit: 1 };
        match self.search(search).await {
            Ok(found) => Ok(!found.is_empty()),
            Err(DirectoryError::NoSuchObject) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The DN that the template makes of a typed name (RFC 4514, section 2.4), if there is a template.
    pub(super) fn dn_by_template(&self, username: &str) -> Option<String> {
        let template = self.0.settings.people.dn_template.as_ref()?;
        Some(template.replace("{username}", &dn_escape(username)))
    }

    /// The filter for people, whoever they are.
    pub(super) fn anybody(&self) -> String {
        self.0.settings.people.filter.replace("{username}", "*")
    }

    async fn search_people(
        &self,
        base: &str,
        scope: Scope,
        filter: &str,
        size_limit: i32,
    ) -> Result<Vec<Person>, DirectoryError> {
        let people = &self.0.settings.people;
        let attributes = [
            people.key_attribute.as_str(),
            &people.username_attribute,
            &people.display_name_attribute,
            &people.mail_attribute,
            &people.affiliation_attribute,
        ];
        let search = Search { base, scope, filter, attributes: &attributes, size_limit };
        Ok(self.search(search).await?.into_iter().filter_map(|entry| person(&entry, people)).collect())
    }
}

/// An entry without stable key or username cannot be told apart from others, so it is nobody.
pub(super) fn person(entry: &SearchEntry, people: &People) -> Option<Person> {
    let username = first(entry, &people.username_attribute)?;
    let display_name = first(entry, &people.display_name_attribute).unwrap_or_else(|| username.clone());
    Some(Person {
        key: stable_key(entry, &people.key_attribute)?,
        dn: entry.dn.clone(),
        display_name: one_line(&display_name),
        mail: first(entry, &people.mail_attribute).filter(|mail| mail.contains('@')),
        affiliations: values(entry, &people.affiliation_attribute).cloned().collect(),
        username,
    })
}

/// Binary keys (objectGUID) are written in hexadecimal.
pub(super) fn stable_key(entry: &SearchEntry, attribute: &str) -> Option<String> {
    let name = attribute.to_ascii_lowercase();
    if let Some(text) = first(entry, attribute) {
        return Some(format!("{name}:{text}"));
    }
    let binary = entry.bin_attrs.iter().find(|(key, _)| key.eq_ignore_ascii_case(attribute))?.1.first()?;
    Some(format!("{name}:{}", hex::encode(binary)))
}

/// Attribute names are compared without regard to case (RFC 4512, section 2.5).
pub(super) fn values<'a>(entry: &'a SearchEntry, attribute: &str) -> impl Iterator<Item = &'a String> {
    entry.attrs.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(attribute)).flat_map(|(_, values)| values)
}

pub(super) fn first(entry: &SearchEntry, attribute: &str) -> Option<String> {
    values(entry, attribute).next().cloned()
}

/// Control characters have no place in a name: they would break lines in mails and logs.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
