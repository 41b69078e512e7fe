//! The directory through real sockets: with the client that Latchkey uses, and with `OpenLDAP`'s tools.

mod access;
mod bind;
mod journal;
mod large;
mod modify;
mod search;
mod tools;
mod wire;

use std::{collections::HashSet, path::PathBuf};

use ldap3::{Ldap, LdapConnAsync, LdapResult, Mod, Scope, SearchEntry};

use super::{EmbeddedDirectory, Entry, Options};
use crate::demo::university::{self, BASE, CHAT_DN, PASSWORD, PEOPLE, PORTAL_DN, SERVICES};

async fn start(journal: Option<PathBuf>, entries: Vec<Entry>) -> EmbeddedDirectory {
    let listen = "127.0.0.1:0".parse().unwrap();
    let options = Options { listen, base: BASE.to_owned(), journal, access: university::access() };
    EmbeddedDirectory::start(options, entries).await.unwrap()
}

async fn university() -> EmbeddedDirectory {
    start(None, university::entries()).await
}

async fn anonymous(directory: &EmbeddedDirectory) -> Ldap {
    let (connection, ldap) = LdapConnAsync::new(&directory.url()).await.unwrap();
    tokio::spawn(connection.drive());
    ldap
}

async fn bound(directory: &EmbeddedDirectory, dn: &str) -> Ldap {
    let mut ldap = anonymous(directory).await;
    ldap.simple_bind(dn, PASSWORD).await.unwrap().success().unwrap();
    ldap
}

async fn portal(directory: &EmbeddedDirectory) -> Ldap {
    bound(directory, PORTAL_DN).await
}

fn person(uid: &str) -> String {
    format!("uid={uid},{PEOPLE}")
}

fn service(cn: &str) -> String {
    format!("cn={cn},{SERVICES}")
}

/// The DNs found, and the result code.
async fn find(ldap: &mut Ldap, base: &str, scope: Scope, filter: &str) -> (Vec<String>, u32) {
    let found = ldap.search(base, scope, filter, vec!["1.1"]).await.unwrap();
    (found.0.into_iter().map(|entry| SearchEntry::construct(entry).dn).collect(), found.1.rc)
}

async fn count(ldap: &mut Ldap, filter: &str) -> usize {
    let (found, code) = find(ldap, PEOPLE, Scope::Subtree, filter).await;
    assert_eq!(code, 0, "{filter}");
    found.len()
}

async fn read(ldap: &mut Ldap, dn: &str, attributes: &[&str]) -> SearchEntry {
    let found = ldap.search(dn, Scope::Base, "(objectClass=*)", attributes.to_vec()).await.unwrap();
    SearchEntry::construct(found.success().unwrap().0.remove(0))
}

fn set<T: std::hash::Hash + Eq>(value: T) -> HashSet<T> {
    HashSet::from([value])
}

async fn add(ldap: &mut Ldap, dn: &str, attribute: &str, value: &str) -> LdapResult {
    ldap.modify(dn, vec![Mod::Add(attribute, set(value))]).await.unwrap()
}

async fn delete(ldap: &mut Ldap, dn: &str, attribute: &str, value: &str) -> LdapResult {
    ldap.modify(dn, vec![Mod::Delete(attribute, set(value))]).await.unwrap()
}

async fn is_member(ldap: &mut Ldap, dn: &str, attribute: &str, value: &str) -> bool {
    ldap.compare(dn, attribute, value).await.unwrap().equal().unwrap()
}
