//! What database, directory and mail server show, read without the portal's pages.
#![allow(dead_code, reason = "every test crate uses a part of it")]

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use latchkey::db::{
    self, Database,
    schema::{acceptances, accounts, entitlements, outbox, withdrawals},
};
use ldap3::{Ldap, LdapConnAsync, Mod, Scope, SearchEntry};
use mail_parser::MessageParser;

use crate::support::{openldap::OpenLdap, smtp::Message};

/// An acceptance or a withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub granted: bool,
    pub at: NaiveDateTime,
    pub receipt: String,
    /// Of the acceptance that begins or ends here.
    pub acceptance: Option<String>,
}

/// What the database says about one person.
#[derive(Clone, Debug, Default)]
pub struct Dossier {
    /// In order.
    pub events: Vec<Event>,
    pub wanted: bool,
    /// How often it was decided.
    pub revision: i64,
    pub is_applied: bool,
}

impl Dossier {
    /// Whether an acceptance stands: the newest, unless it was withdrawn.
    pub fn stands(&self) -> bool {
        self.events.last().is_some_and(|event| event.granted)
    }
}

pub fn open(url: &str) -> Database {
    let settings = db::Settings { url: url.into(), pool_size: 2, wait: Duration::from_secs(5) };
    Database::open(&settings).expect("the address of a database")
}

/// Everybody about whom something was ever decided, by username.
pub async fn dossiers(database: &Database) -> BTreeMap<String, Dossier> {
    let read = database.read(|conn| {
        let names: Vec<(String, String)> = accounts::table.select((accounts::id, accounts::username)).load(conn)?;
        let accepted: Vec<(String, NaiveDateTime, String, String)> = acceptances::table
            .select((acceptances::account_id, acceptances::accepted_at, acceptances::receipt, acceptances::id))
            .load(conn)?;
        let withdrawn: Vec<(String, NaiveDateTime, String, Option<String>)> = withdrawals::table
            .select((
                withdrawals::account_id,
                withdrawals::withdrawn_at,
                withdrawals::receipt,
                withdrawals::acceptance_id,
            ))
            .load(conn)?;
        let decided: Vec<(String, bool, i64, i64)> = entitlements::table
            .select((
                entitlements::account_id,
                entitlements::wanted,
                entitlements::revision,
                entitlements::applied_revision,
            ))
            .load(conn)?;
        Ok::<_, db::Error>((names, accepted, withdrawn, decided))
    });
    let (names, accepted, withdrawn, decided) = read.await.expect("the database");
    let mut people: BTreeMap<String, Dossier> = BTreeMap::new();
    let names: BTreeMap<String, String> = names.into_iter().collect();
    for (account, at, receipt, id) in accepted {
        let event = Event { granted: true, at, receipt, acceptance: Some(id) };
        people.entry(names[&account].clone()).or_default().events.push(event);
    }
    for (account, at, receipt, acceptance) in withdrawn {
        let event = Event { granted: false, at, receipt, acceptance };
        people.entry(names[&account].clone()).or_default().events.push(event);
    }
    for (account, wanted, revision, applied) in decided {
        let dossier = people.entry(names[&account].clone()).or_default();
        (dossier.wanted, dossier.revision, dossier.is_applied) = (wanted, revision, revision == applied);
    }
    for dossier in people.values_mut() {
        dossier.events.sort_by_key(|event| event.at);
    }
    people
}

/// How many effects are owed.
pub async fn owed(database: &Database) -> i64 {
    database.read(|conn| Ok::<i64, db::Error>(outbox::table.count().get_result(conn)?)).await.expect("the database")
}

/// A connection that may do everything with the data.
pub async fn as_admin(ldap: &OpenLdap) -> Ldap {
    bound(ldap, ldap.admin_dn, ldap.admin_password).await
}

/// A connection that may change the configuration of the server.
pub async fn as_configurer(ldap: &OpenLdap) -> Ldap {
    bound(ldap, "cn=config", ldap.admin_password).await
}

async fn bound(ldap: &OpenLdap, dn: &str, password: &str) -> Ldap {
    let (connection, mut handle) = LdapConnAsync::new(&ldap.ldap_url).await.expect("a connection");
    ldap3::drive!(connection);
    handle.simple_bind(dn, password).await.expect("an answer").success().expect("bound");
    handle
}

/// The members of a group, as the directory returns them.
pub async fn members(ldap: &OpenLdap, group: &str) -> BTreeSet<String> {
    let mut admin = as_admin(ldap).await;
    let found = admin.search(group, Scope::Base, "(objectClass=*)", vec!["member"]).await.expect("an answer");
    let (entries, _) = found.success().expect("the group");
    let mut entry = SearchEntry::construct(entries.into_iter().next().expect("the group"));
    entry.attrs.remove("member").unwrap_or_default().into_iter().collect()
}

/// Puts people into a group who are none of the portal's business.
pub async fn add_members(ldap: &OpenLdap, group: &str, people: &[String]) {
    let values = people.iter().map(String::as_str).collect();
    let done = as_admin(ldap).await.modify(group, vec![Mod::Add("member", values)]).await.expect("an answer");
    done.success().expect("added");
}

/// Takes people out of a group behind the portal's back.
pub async fn remove_members(ldap: &OpenLdap, group: &str, people: &[String]) {
    let values = people.iter().map(String::as_str).collect();
    let done = as_admin(ldap).await.modify(group, vec![Mod::Delete("member", values)]).await.expect("an answer");
    done.success().expect("deleted");
}

/// A mail about a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub id: String,
    pub to: String,
    pub arrived: NaiveDateTime,
}

/// The numbers of receipts in the mails that arrived, each with these mails in their order.
pub fn receipts(messages: &[Message]) -> BTreeMap<String, Vec<Mail>> {
    let mut receipts: BTreeMap<String, Vec<Mail>> = BTreeMap::new();
    for message in messages {
        let parsed = MessageParser::default().parse(message.raw.as_bytes()).expect("a message");
        let text = parsed.body_text(0).expect("a text").into_owned();
        let is_receipt = |word: &&str| word.starts_with("R-") && word.len() == 16;
        let number = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').find(is_receipt);
        let number = number.unwrap_or_else(|| panic!("a mail without the number of a receipt:\n{text}"));
        let id = parsed.message_id().expect("a Message-ID").to_owned();
        receipts.entry(number.to_owned()).or_default().push(Mail {
            id,
            to: message.to.join(","),
            arrived: DateTime::<Utc>::from(message.arrived).naive_utc(),
        });
    }
    receipts
}
