//! Which roles the directory gives a person: one question for each group and each filter that is configured.

use futures_util::future::try_join_all;

use super::{Directory, DirectoryError, settings::RoleRule};
use crate::domain::{
    accounts::Person,
    roles::{Role, Roles},
};

impl Directory {
    /// The person's roles. Nothing is asked for a role that is not configured, and never more than about this one person,
    /// however large a group is.
    ///
    /// # Errors
    /// If any of the questions is not answered: roles that are half known are not known.
    pub async fn roles(&self, person: &Person) -> Result<Roles, DirectoryError> {
        let asked =
            Role::ALL.map(async |role| Ok::<_, DirectoryError>(self.has_role(person, role).await?.then_some(role)));
        Ok(try_join_all(asked).await?.into_iter().flatten().collect())
    }

    /// Whether a role's group can be read, for `latchkey check`; `None` if the role has none.
    pub async fn reads_role_group(&self, role: Role, somebody: &Person) -> Option<Result<(), DirectoryError>> {
        let group = self.0.settings.roles.of(role).group.as_ref()?;
        Some(self.in_role_group(group, somebody).await.map(|_| ()))
    }

    /// Whether a role's filter is understood, for `latchkey check`; `None` if the role has none.
    pub async fn understands_role_filter(&self, role: Role, somebody: &Person) -> Option<Result<(), DirectoryError>> {
        let filter = self.0.settings.roles.of(role).filter.as_ref()?;
        Some(self.matches(&somebody.dn, filter).await.map(|_| ()))
    }

    async fn has_role(&self, person: &Person, role: Role) -> Result<bool, DirectoryError> {
        let RoleRule { group, filter } = self.0.settings.roles.of(role);
        if let Some(group) = group
            && self.in_role_group(group, person).await?
        {
            return Ok(true);
        }
        match filter {
            Some(filter) => self.matches(&person.dn, filter).await,
            None => Ok(false),
        }
    }

    /// A group of POSIX accounts holds usernames, every other kind DNs.
    async fn in_role_group(&self, group: &str, person: &Person) -> Result<bool, DirectoryError> {
        let attribute = self.0.settings.roles.group_attribute.as_str();
        let value = if attribute.eq_ignore_ascii_case("memberUid") { &person.username } else { &person.dn };
        self.0.portal.compare(group, attribute, value).await
    }
}
