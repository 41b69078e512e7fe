//! From a course to its people.

use std::ops::ControlFlow;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use ldap3::{
    Ldap, Scope, SearchEntry,
    adapters::{Adapter, EntriesOnly, PagedResults},
    ldap_escape,
};

use super::{
    AT_ONCE, Courses, SIDE_BY_SIDE,
    settings::{By, Reference},
    sources::Those,
};
use crate::{
    directory::{Directory, DirectoryError, Search, people},
    domain::{courses::Participant, locale::Locale},
};

/// Entries on one page of an answer: below the limits that servers have (500 on OpenLDAP, 1,000 on Active Directory).
const PAGE: i32 = 500;

impl Courses {
    pub(super) async fn people_of(&self, those: &Those) -> Result<Vec<Participant>, DirectoryError> {
        match those {
            Those::InGroup { dn, member } => self.members(dn, Scope::Base, "(objectClass=*)", member).await,
            Those::InNamedGroup { base, filter, member } => self.members(base, Scope::Subtree, filter, member).await,
            Those::Fitting(filter) => self.fitting(filter).await,
        }
    }

    async fn members(
        &self,
        base: &str,
        scope: Scope,
        filter: &str,
        member: &Reference,
    ) -> Result<Vec<Participant>, DirectoryError> {
        let values = self.directory.all_values(base, scope, filter, &member.attribute).await?;
        let attribute = match member.by {
            By::Dn => &self.settings.dn_attribute,
            By::Username => &self.directory.settings().people.username_attribute,
        };
        let batches: Vec<String> = values.chunks(AT_ONCE).map(|values| any_of(attribute, values)).collect();
        let asked: Vec<_> = batches.iter().map(|filter| self.fitting(filter)).collect();
        let found: Vec<Vec<Participant>> = stream::iter(asked).buffered(SIDE_BY_SIDE).try_collect().await?;
        Ok(found.concat())
    }

    /// The people who fit the filter, and the filter for people.
    pub(super) async fn fitting(&self, filter: &str) -> Result<Vec<Participant>, DirectoryError> {
        let people = &self.directory.settings().people;
        let filter = format!("(&{}{filter})", self.directory.anybody());
        let attributes: Vec<&str> = [
            people.key_attribute.as_str(),
            &people.username_attribute,
            &people.display_name_attribute,
            &people.mail_attribute,
            &self.settings.language_attribute,
            &self.settings.surname_attribute,
        ]
        .into_iter()
        .chain(self.settings.matriculation_attribute.as_deref())
        .collect();
        let search = Search {
            base: &people.base,
            scope: Scope::Subtree,
            filter: &filter,
            attributes: &attributes,
            size_limit: 0,
        };
        let entries = self.directory.search_in_pages(&search).await?;
        Ok(entries.iter().filter_map(|entry| self.participant(entry)).collect())
    }

    fn participant(&self, entry: &SearchEntry) -> Option<Participant> {
        let person = people::person(entry, &self.directory.settings().people)?;
        let language = people::first(entry, &self.settings.language_attribute);
        let matriculation = self.settings.matriculation_attribute.as_ref();
        Some(Participant {
            key: person.key,
            dn: person.dn,
            username: person.username,
            display_name: person.display_name,
            surname: people::first(entry, &self.settings.surname_attribute),
            mail: person.mail,
            matriculation: matriculation.and_then(|attribute| people::first(entry, attribute)),
            language: language.map(|ranges| Locale::from_accept_language(&ranges)),
        })
    }
}

impl Directory {
    /// A search whose answer may be larger than the server gives at once (RFC 2696).
    async fn search_in_pages(&self, search: &Search<'_>) -> Result<Vec<SearchEntry>, DirectoryError> {
        self.0.portal.question(|ldap| in_pages(ldap, search)).await
    }

    /// All values of an attribute of the first entry that fits; Active Directory gives them in parts (MS-ADTS, section
    /// 3.1.1.3.1.3.3). None if there is no such entry.
    async fn all_values(
        &self,
        base: &str,
        scope: Scope,
        filter: &str,
        attribute: &str,
    ) -> Result<Vec<String>, DirectoryError> {
        let (mut all, mut wanted) = (Vec::new(), attribute.to_owned());
        loop {
            let search = Search { base, scope, filter, attributes: &[&wanted], size_limit: 1 };
            let entries = match self.search(search).await {
                Err(DirectoryError::NoSuchObject) => Vec::new(),
                done => done?,
            };
            match entries.first().map_or(ControlFlow::Break(()), |entry| take_part(entry, attribute, &mut all)) {
                ControlFlow::Continue(next) => wanted = format!("{attribute};range={next}-*"),
                ControlFlow::Break(()) => return Ok(all),
            }
        }
    }
}

/// Takes the values of an attribute out of an answer; goes on where the server cut them off.
fn take_part(entry: &SearchEntry, attribute: &str, all: &mut Vec<String>) -> ControlFlow<(), usize> {
    all.extend(people::values(entry, attribute).cloned());
    for (name, values) in &entry.attrs {
        let Some((kind, range)) = name.split_once(";range=") else { continue };
        if kind.eq_ignore_ascii_case(attribute) {
            all.extend(values.iter().cloned());
            if let Some(last) = range.split_once('-').and_then(|(_, last)| last.parse::<usize>().ok()) {
                return ControlFlow::Continue(last + 1);
            }
        }
    }
    ControlFlow::Break(())
}

/// The filter for entries that have one of the values.
pub(super) fn any_of<S: AsRef<str>>(attribute: &str, values: &[S]) -> String {
    let one = |value: &S| format!("({attribute}={})", ldap_escape(value.as_ref()));
    format!("(|{})", values.iter().map(one).collect::<Vec<_>>().concat())
}

async fn in_pages(mut ldap: Ldap, search: &Search<'_>) -> Result<Vec<SearchEntry>, DirectoryError> {
    let attributes: Vec<String> = search.attributes.iter().map(|name| (*name).to_owned()).collect();
    let adapters: Vec<Box<dyn Adapter<'_, String, Vec<String>>>> =
        vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(PAGE))];
    let mut answer = ldap.streaming_search_with(adapters, search.base, search.scope, search.filter, attributes).await?;
    let mut entries = Vec::new();
    while let Some(entry) = answer.next().await? {
        entries.push(SearchEntry::construct(entry));
    }
    match answer.finish().await.rc {
        0 => Ok(entries),
        code => Err(DirectoryError::from_code(code)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn entry(name: &str, values: &[&str]) -> SearchEntry {
        let attrs = HashMap::from([(name.to_owned(), values.iter().map(|v| (*v).to_owned()).collect())]);
        SearchEntry { dn: String::new(), attrs, bin_attrs: HashMap::new() }
    }

    #[test]
    fn values_that_come_in_parts_are_put_together() {
        let mut all = Vec::new();
        assert_eq!(take_part(&entry("member;range=0-1", &["a", "b"]), "Member", &mut all), ControlFlow::Continue(2));
        assert_eq!(take_part(&entry("member;range=2-*", &["c"]), "Member", &mut all), ControlFlow::Break(()));
        assert_eq!(all, ["a", "b", "c"]);
        assert_eq!(take_part(&entry("member", &["d"]), "member", &mut all), ControlFlow::Break(()));
        assert_eq!(all, ["a", "b", "c", "d"]);
    }

    #[test]
    fn values_are_escaped_in_filters() {
        assert_eq!(any_of("uid", &["a*", "(b)"]), r"(|(uid=a\2a)(uid=\28b\29))");
    }
}
