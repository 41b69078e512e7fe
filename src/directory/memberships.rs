//! Reading and writing one person's membership: the observed state.

use std::{collections::HashSet, time::Instant};

use ldap3::Mod;

use super::{
    Directory, DirectoryError, split_dn,
    writer::{Shown, Target},
};
use crate::domain::{
    accounts::{Account, Person},
    catalogue::Grant,
    memberships::Membership,
};

/// Who holds or shall hold a membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Exactly as the server returned it.
    pub dn: String,
    pub username: String,
}

impl From<&Person> for Holder {
    fn from(person: &Person) -> Self {
        Self { dn: person.dn.clone(), username: person.username.clone() }
    }
}

impl From<&Account> for Holder {
    /// As the directory showed the person last.
    fn from(account: &Account) -> Self {
        Self { dn: account.dn.clone(), username: account.username.clone() }
    }
}

/// One value of one attribute of one entry.
struct Assertion<'a> {
    entry: &'a str,
    attribute: &'a str,
    value: &'a str,
}

fn assertion<'a>(grant: &'a Grant, holder: &'a Holder) -> Assertion<'a> {
    match grant {
        Grant::GroupOfDns { group, attribute } => Assertion { entry: group, attribute, value: &holder.dn },
        Grant::GroupOfUsernames { group, attribute } => Assertion { entry: group, attribute, value: &holder.username },
        Grant::PersonAttribute { attribute, value } => Assertion { entry: &holder.dn, attribute, value },
    }
}

impl Directory {
    /// Whether the directory shows the membership; asks about this one person only, however large the group is.
    pub async fn has(&self, grant: &Grant, holder: &Holder) -> Result<bool, DirectoryError> {
        let Assertion { entry, attribute, value } = assertion(grant, holder);
        self.0.portal.compare(entry, attribute, value).await
    }

    /// Makes the directory show the membership, or its absence; writing what is there already succeeds.
    ///
    /// Adds or deletes one value, never replaces the attribute; what others owe to the same group at this moment goes with it.
    /// After any answer but success the directory is asked what it shows, because servers use different codes for the same thing
    /// and a lost answer may have had its effect. After `send_until` nothing is sent any more ([`DirectoryError::TooLate`]): by then
    /// somebody else may be writing a newer decision.
    pub async fn set(
        &self,
        grant: &Grant,
        holder: &Holder,
        wanted: bool,
        send_until: Instant,
    ) -> Result<Shown, DirectoryError> {
        let Assertion { entry, attribute, value } = assertion(grant, holder);
        let target = Target { entry: entry.to_owned(), attribute: attribute.to_owned() };
        match (self.0.writers.set(target, value, wanted, send_until).await, grant) {
            // A person who is gone has no attribute any more.
            (Err(DirectoryError::NoSuchObject), Grant::PersonAttribute { .. }) if !wanted => Ok(Shown::Answered),
            (done, _) => done,
        }
    }

    /// Whether the portal's account may write this grant, found out without changing anything: deleting a value that is not
    /// there is refused for lack of rights (50) before it is refused for lack of the value.
    pub async fn may_write(&self, grant: &Grant, somebody: &Person) -> Result<(), DirectoryError> {
        let (_, parent) = split_dn(&somebody.dn);
        let nobody = Holder { dn: format!("uid=latchkey-probe,{parent}"), username: "latchkey-probe".to_owned() };
        let mut probe = assertion(grant, &nobody);
        if let Grant::PersonAttribute { .. } = grant {
            probe.entry = &somebody.dn;
            // The right may cover this one value only, so the real one is used; never if the person has it.
            if self.0.portal.compare(probe.entry, probe.attribute, probe.value).await? {
                return Ok(());
            }
        }
        let values = HashSet::from([probe.value]);
        let change = vec![Mod::Delete(probe.attribute, values)];
        match self.0.portal.modify(probe.entry, change, None, None).await {
            Ok(()) | Err(DirectoryError::Other(16 | 53)) => Ok(()),
            refused => refused,
        }
    }
}

/// What [`Directory::has`] answers, with an outage told apart from "no".
pub(super) fn observed(answer: &Result<bool, DirectoryError>) -> Membership {
    match answer {
        Ok(true) => Membership::Present,
        Ok(false) => Membership::Absent,
        Err(_) => Membership::Unknown,
    }
}
