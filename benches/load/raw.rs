//! The same directory operations without the portal, one after the other on one connection: bind as the person, find the
//! entry, add or delete the member.
//!
//! Finding and writing need the portal's account, and a bind changes the identity of a whole connection, so each worker has
//! one connection for proving passwords and one of the portal's, as the portal itself has.

use std::collections::HashSet;

use ldap3::{Ldap, Mod, Scope};

use crate::university::{PASSWORD, University, dn, group, uid};

/// One of those who work at the same time.
pub struct Worker {
    proving: Ldap,
    portal: Ldap,
    group: String,
}

impl Worker {
    pub async fn new(university: &University, size: usize) -> Self {
        let (proving, mut portal) = (university.connect().await, university.connect().await);
        let server = &university.server;
        let bound = portal.simple_bind(server.portal_dn, server.portal_password).await.expect("an answer");
        assert_eq!(bound.rc, 0, "the portal's bind");
        Self { proving, portal, group: group(size) }
    }

    /// Everything that has to happen in the directory for one person.
    pub async fn change(&mut self, number: usize, wanted: bool) -> Result<(), String> {
        let fault = |error: ldap3::LdapError| error.to_string();
        let dn = dn(number);
        let bound = self.proving.simple_bind(&dn, PASSWORD).await.map_err(fault)?;
        let filter = format!("(&(objectClass=inetOrgPerson)(uid={}))", uid(number));
        let attributes = ["entryUUID", "uid", "displayName", "mail", "eduPersonAffiliation"];
        let base = "ou=people,dc=uni,dc=example";
        let found = self.portal.search(base, Scope::Subtree, &filter, attributes).await.map_err(fault)?;
        if bound.rc != 0 || found.0.len() != 1 {
            return Err(format!("bind {}, {} entries", bound.rc, found.0.len()));
        }
        let values = HashSet::from([dn.as_str()]);
        let change = if wanted { Mod::Add("member", values) } else { Mod::Delete("member", values) };
        let changed = self.portal.modify(&self.group, vec![change]).await.map_err(fault)?;
        if changed.rc == 0 { Ok(()) } else { Err(format!("modify {}", changed.rc)) }
    }
}
