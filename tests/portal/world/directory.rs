//! The directory of a world: the sample university with other passwords and two odd people.

use std::{collections::HashSet, net::SocketAddr};

use latchkey::demo::{
    directory::{EmbeddedDirectory, Entry, Options},
    university,
};
use ldap3::{Ldap, LdapConnAsync, Mod, Scope, SearchEntry};

use super::{World, dn, who};

/// Everybody's password: longer than 64 characters, with blanks and umlauts.
pub const PASSWORD: &str = "Über sieben Brücken mußt du gehn – sieben dunkle Jahre überstehn, so heißt es";

/// A name that pages, mails and the log must take literally.
pub const ODD_NAME: &str = "<b>Ödön</b> \"Quote\" 'X' & Söhne";

/// An address that would add a header to a mail.
const ODD_MAIL: &str = "odd.mail@demo.example\r\nBcc: evil@evil.example";

/// The sample university with the passwords of people replaced, and two people more.
pub fn entries() -> Vec<Entry> {
    let mut entries = university::entries();
    for entry in entries.iter_mut().filter(|entry| entry.dn.ends_with(university::PEOPLE)) {
        set(entry, "userPassword", Some(PASSWORD));
    }
    entries.push(odd_person(who::ODD, &format!("{ODD_NAME}\r\nBcc: evil@evil.example"), "odd@demo.example"));
    entries.push(odd_person(who::ODD_ADDRESS, "Otto Umbruch", ODD_MAIL));
    entries
}

fn odd_person(uid: &str, name: &str, mail: &str) -> Entry {
    let classes = ["top", "person", "organizationalPerson", "inetOrgPerson", "eduPerson"];
    let mut entry =
        Entry { dn: dn(uid), attributes: vec![("objectClass".to_owned(), classes.map(str::to_owned).to_vec())] };
    let attributes = [
        ("uid", uid),
        ("cn", name),
        ("sn", "Odd"),
        ("displayName", name),
        ("mail", mail),
        ("eduPersonAffiliation", "student"),
        ("userPassword", PASSWORD),
    ];
    for (name, value) in attributes {
        set(&mut entry, name, Some(value));
    }
    entry
}

/// Replaces an attribute of an entry by one value, or takes it away.
fn set(entry: &mut Entry, name: &str, value: Option<&str>) {
    entry.attributes.retain(|(known, _)| known != name);
    entry.attributes.extend(value.map(|value| (name.to_owned(), vec![value.to_owned()])));
}

/// Replaces an attribute of a person by one value, or takes it away.
pub fn change_person(entries: &mut [Entry], username: &str, name: &str, value: Option<&str>) {
    let person = entries.iter_mut().find(|entry| entry.dn == dn(username)).expect("a person");
    set(person, name, value);
}

/// Gives a person's entry another name; the stable key stays.
pub fn rename_person(entries: &mut [Entry], username: &str, new_dn: &str, key: &str) {
    let person = entries.iter_mut().find(|entry| entry.dn == dn(username)).expect("a person");
    new_dn.clone_into(&mut person.dn);
    let (name, value) = key.split_once(':').expect("a key");
    set(person, name, Some(value));
}

/// Takes a person out of the directory.
pub fn remove_person(entries: &mut Vec<Entry>, username: &str) {
    entries.retain(|entry| entry.dn != dn(username));
}

pub async fn start(entries: Vec<Entry>, listen: SocketAddr) -> EmbeddedDirectory {
    let options = Options { listen, base: university::BASE.to_owned(), journal: None, access: university::access() };
    EmbeddedDirectory::start(options, entries).await.expect("a directory")
}

/// What no line of the log may contain, whoever did what.
pub const PRIVATE_WORDS: [&str; 9] =
    ["Brücken", "Müller", "Schmidt", "Ödön", "Umbruch", "evil.example", "anna.mueller@", "odd@", "odd.mail@"];

impl World {
    /// Takes the directory away: nobody listens at its address any more.
    pub async fn stop_directory(&mut self) {
        self.directory.take().expect("a running directory").stop().await;
    }

    /// Brings it back at the same address, as it was at the beginning, with changes.
    pub async fn start_directory(&mut self, change: impl FnOnce(&mut Vec<Entry>)) {
        change(&mut self.entries);
        self.directory = Some(start(self.entries.clone(), self.directory_address).await);
    }

    /// The members of a service's group as the directory shows them, without the placeholder.
    pub async fn members(&self, group: &str) -> Vec<String> {
        let mut ldap = self.ldap().await;
        let group = format!("cn={group},{}", university::SERVICES);
        let found = ldap.search(&group, Scope::Base, "(objectClass=*)", vec!["member"]).await.expect("an answer");
        let (entries, _) = found.success().expect("0");
        let entry = SearchEntry::construct(entries.into_iter().next().expect("the group"));
        let mut members = entry.attrs.get("member").cloned().unwrap_or_default();
        members.retain(|member| member != university::PLACEHOLDER_DN);
        members
    }

    /// A connection with the rights of the portal.
    async fn ldap(&self) -> Ldap {
        let url = format!("ldap://{}", self.directory_address);
        let (connection, mut ldap) = LdapConnAsync::new(&url).await.expect("a connection");
        ldap3::drive!(connection);
        ldap.simple_bind(university::PORTAL_DN, university::PASSWORD).await.expect("a bind").success().expect("0");
        ldap
    }

    /// Changes a membership behind the portal's back.
    pub async fn put_into_group(&self, group: &str, member: &str) {
        let mut ldap = self.ldap().await;
        let change = Mod::Add("member", HashSet::from([member]));
        let group = format!("cn={group},{}", university::SERVICES);
        ldap.modify(&group, vec![change]).await.expect("an answer").success().expect("0");
    }
}
