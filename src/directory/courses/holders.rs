//! Who of a class has a service, by the directory's word, without asking about each and without fetching the group.
//!
//! A group is asked about a hundred people at once: is any of them in it, are all? Only where the answer is "some" is the
//! hundred halved and asked about again. Those who ask leave out the people about whom the portal itself decided, so that the
//! answer is mostly "none": one round of questions for a class.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use ldap3::{Scope, ldap_escape};

use super::{AT_ONCE, Courses, SIDE_BY_SIDE, reading::any_of};
use crate::{
    directory::{DirectoryError, Search, people},
    domain::{catalogue::Grant, courses::Participant},
};

/// What the directory says about some people together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    None,
    Some,
    All,
}

impl Courses {
    pub(super) async fn holders_among(
        &self,
        grant: &Grant,
        people: &[&Participant],
    ) -> Result<BTreeSet<String>, DirectoryError> {
        match grant {
            Grant::GroupOfDns { group, attribute } => self.in_group(group, attribute, people, |p| &p.dn).await,
            Grant::GroupOfUsernames { group, attribute } => {
                self.in_group(group, attribute, people, |p| &p.username).await
            }
            Grant::PersonAttribute { attribute, value } => self.with_value(attribute, value, people).await,
        }
    }

    /// By questions to the group: in each round to all blocks of people about whom "some" was the answer.
    async fn in_group(
        &self,
        group: &str,
        attribute: &str,
        people: &[&Participant],
        value: impl Fn(&Participant) -> &str,
    ) -> Result<BTreeSet<String>, DirectoryError> {
        let mut holders = BTreeSet::new();
        let mut blocks: Vec<&[&Participant]> = people.chunks(AT_ONCE).collect();
        while !blocks.is_empty() {
            let terms: Vec<Vec<String>> = blocks
                .iter()
                .map(|block| block.iter().map(|p| format!("({attribute}={})", ldap_escape(value(p)))).collect())
                .collect();
            let asked: Vec<_> = terms.iter().map(|terms| self.share(group, terms)).collect();
            let shares: Vec<Share> = stream::iter(asked).buffered(SIDE_BY_SIDE).try_collect().await?;
            let mut next = Vec::new();
            for (block, share) in blocks.into_iter().zip(shares) {
                match share {
                    Share::None => {}
                    Share::All => holders.extend(block.iter().map(|person| person.key.clone())),
                    Share::Some => next.extend(<[_; 2]>::from(block.split_at(block.len() / 2))),
                }
            }
            blocks = next;
        }
        Ok(holders)
    }

    /// One question for one person, two for several.
    async fn share(&self, group: &str, terms: &[String]) -> Result<Share, DirectoryError> {
        let (any, all) = (format!("(|{})", terms.concat()), format!("(&{})", terms.concat()));
        if terms.len() == 1 {
            let holds = self.directory.matches(group, &any).await?;
            return Ok(if holds { Share::All } else { Share::None });
        }
        let (any, all) = tokio::try_join!(self.directory.matches(group, &any), self.directory.matches(group, &all))?;
        Ok(match (any, all) {
            (false, _) => Share::None,
            (true, false) => Share::Some,
            (true, true) => Share::All,
        })
    }

    /// By questions for those people who have the value.
    async fn with_value(
        &self,
        attribute: &str,
        value: &str,
        people: &[&Participant],
    ) -> Result<BTreeSet<String>, DirectoryError> {
        let has_value = format!("({attribute}={})", ldap_escape(value));
        let filter = |block: &[&Participant]| {
            let dns: Vec<&str> = block.iter().map(|person| person.dn.as_str()).collect();
            format!("(&{has_value}{})", any_of(&self.settings.dn_attribute, &dns))
        };
        let filters: Vec<String> = people.chunks(AT_ONCE).map(filter).collect();
        let asked: Vec<_> = filters.iter().map(|filter| self.keys_of(filter)).collect();
        let found: Vec<Vec<String>> = stream::iter(asked).buffered(SIDE_BY_SIDE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn keys_of(&self, filter: &str) -> Result<Vec<String>, DirectoryError> {
        let settings = &self.directory.settings().people;
        let key = settings.key_attribute.as_str();
        let search = Search { base: &settings.base, scope: Scope::Subtree, filter, attributes: &[key], size_limit: 0 };
        let entries = self.directory.search(search).await?;
        Ok(entries.iter().filter_map(|entry| people::stable_key(entry, key)).collect())
    }
}
