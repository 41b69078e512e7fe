//! A large university on a real OpenLDAP that writes to the disk before it answers.

use std::{collections::HashSet, fmt::Write as _, iter, process::Command};

use ldap3::{Ldap, LdapConnAsync, Mod};

use crate::support::{
    openldap::{OpenLdap, Options},
    people::BASE,
};

/// The password of everybody.
pub const PASSWORD: &str = "Grüße-42";

const COURSES: &str = "ou=courses,ou=groups,dc=uni,dc=example";

/// How many values the group is restored by in one modify.
const CHUNK: usize = 1000;

/// The directory, with one group for each size that is measured.
pub struct University {
    pub server: OpenLdap,
    pub people: usize,
}

impl University {
    /// Starts OpenLDAP with so many people, a group of each size whose members are made up, and a course of each size, which the
    /// first person teaches to those after.
    pub fn start(people: usize, sizes: &[usize], courses: &[usize]) -> Self {
        let mut ldif = String::new();
        let password = salted_hash();
        for number in 0..people {
            let uid = uid(number);
            let _ = write!(
                ldif,
                "dn: {}\nobjectClass: inetOrgPerson\nobjectClass: eduPerson\nuid: {uid}\ncn: Person {number}\nsn: {number}\n\
                 displayName: Person {number}\nmail: {uid}@uni.example\neduPersonAffiliation: student\n\
                 userPassword: {password}\n\n",
                dn(number)
            );
        }
        for &size in sizes {
            let name = group_name(size);
            let _ = write!(ldif, "dn: {}\nobjectClass: groupOfNames\ncn: {name}\n", group(size));
            for member in made_up(size) {
                let _ = writeln!(ldif, "member: {member}");
            }
            ldif.push('\n');
        }
        let _ = write!(ldif, "dn: {COURSES}\nobjectClass: organizationalUnit\nou: courses\n\n");
        for size in courses {
            let _ = write!(
                ldif,
                "dn: cn=class-{size},{COURSES}\nobjectClass: groupOfNames\ncn: class-{size}\ndescription: Class of {size}\nowner: {}\n",
                dn(0)
            );
            for number in 1..=*size {
                let _ = writeln!(ldif, "member: {}", dn(number));
            }
            ldif.push('\n');
        }
        let server =
            OpenLdap::start(&Options { ldif, sync: true, sorted_members: true, ppolicy: true, ..Options::default() });
        Self { server, people }
    }

    /// A connection without identity.
    pub async fn connect(&self) -> Ldap {
        let (connection, ldap) = LdapConnAsync::new(&self.server.ldap_url).await.expect("a connection to OpenLDAP");
        ldap3::drive!(connection);
        ldap
    }

    async fn administrator(&self) -> Ldap {
        let mut ldap = self.connect().await;
        let bound = ldap.simple_bind(self.server.admin_dn, self.server.admin_password).await;
        assert_eq!(bound.expect("an answer").rc, 0, "the administrator's bind");
        ldap
    }

    /// Makes the group what it was at first.
    pub async fn empty(&self, size: usize) {
        let change = vec![Mod::Replace("member".to_owned(), made_up(size).collect())];
        let done = self.administrator().await.modify(&group(size), change).await;
        assert_eq!(done.expect("an answer").rc, 0, "the group as it was");
    }

    /// Takes these people out of the group again; whoever is not in it is no matter.
    pub async fn take_out(&self, size: usize, people: &[usize]) {
        let mut ldap = self.administrator().await;
        for chunk in people.chunks(CHUNK) {
            let code = delete(&mut ldap, size, chunk).await;
            if code == 16 {
                for &number in chunk {
                    delete(&mut ldap, size, &[number]).await;
                }
            }
        }
    }
}

/// Who is in the group at first.
fn made_up(size: usize) -> impl Iterator<Item = String> {
    let placeholder = "cn=placeholder,ou=system,dc=uni,dc=example".to_owned();
    let people = (1..size).map(move |number| format!("uid=made-up-{size}-{number:06},ou=people,{BASE}"));
    iter::once(placeholder).chain(people)
}

async fn delete(ldap: &mut Ldap, size: usize, people: &[usize]) -> u32 {
    let values: HashSet<String> = people.iter().map(|&number| dn(number)).collect();
    let change = vec![Mod::Delete("member".to_owned(), values)];
    ldap.modify(&group(size), change).await.expect("an answer").rc
}

pub fn uid(number: usize) -> String {
    format!("person{number:06}")
}

pub fn dn(number: usize) -> String {
    format!("uid={},ou=people,{BASE}", uid(number))
}

pub fn group_name(size: usize) -> String {
    format!("chat-{size}")
}

pub fn group(size: usize) -> String {
    format!("cn={},ou=services,ou=groups,{BASE}", group_name(size))
}

/// One salted SHA-1 for everybody: what a bind costs does not depend on the salt.
fn salted_hash() -> String {
    let output = Command::new("/usr/sbin/slappasswd").args(["-h", "{SSHA}", "-n", "-s", PASSWORD]).output();
    let hash = String::from_utf8(output.expect("start slappasswd").stdout).expect("text");
    assert!(hash.starts_with("{SSHA}"), "slappasswd refused");
    hash
}
