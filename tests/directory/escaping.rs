//! Names of any kind, through OpenLDAP's own parsers of DNs and filters.

use std::collections::HashSet;

use latchkey::directory::Holder;
use ldap3::{Ldap, dn_escape};
use proptest::{
    prelude::*,
    sample::select,
    test_runner::{Config, TestCaseError, TestRunner},
};
use tokio::runtime::Runtime;

use crate::{
    server::{PEOPLE_BASE, Server, grants, in_time},
    support::people::{ENTITLEMENT, GROUP, MARIA, PLACEHOLDER},
};

/// A character with a meaning in DNs, filters, URLs or templates, a letter from far away, or any at all that can be shown:
/// the schema takes no others.
fn character() -> impl Strategy<Value = char> {
    prop_oneof![
        4 => select(r#"*()\,+"<>;=#&|!~/'$%{}[]@.:-_ 0aAzZ"#.chars().collect::<Vec<_>>()),
        2 => select("äöüÄÖÜßéşğıİŁđấ漢字Ως🎓👩🏽‍🎓".chars().collect::<Vec<_>>()),
        1 => proptest::char::any().prop_filter("control character", |c| !c.is_control()),
    ]
}

/// A name that the schema takes: not empty, and not of blanks alone.
fn name() -> impl Strategy<Value = String> {
    let text = |least| proptest::collection::vec(character(), least..12).prop_map(String::from_iter);
    (
        select(vec!["", " ", "#", "  "]),
        text(0),
        select(vec!['x', '*', ',', 'ü', '🎓', '\\']),
        text(0),
        select(vec!["", " "]),
    )
        .prop_map(|(before, first, middle, last, after)| format!("{before}{first}{middle}{last}{after}"))
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

fn failure(error: impl std::fmt::Debug) -> TestCaseError {
    TestCaseError::fail(format!("{error:?}"))
}

/// Adds a person whose DN begins with this attribute and name.
async fn add(ldap: &mut Ldap, attribute: &str, name: &str) -> Result<String, TestCaseError> {
    let dn = format!("{attribute}={},{PEOPLE_BASE}", dn_escape(name));
    let one = |value: &'static str| HashSet::from([value.as_bytes().to_vec()]);
    let mut attributes = vec![
        (b"objectClass".to_vec(), [&b"inetOrgPerson"[..], b"eduPerson"].map(<[u8]>::to_vec).into()),
        (b"sn".to_vec(), one("Name")),
        (b"uid".to_vec(), HashSet::from([name.as_bytes().to_vec()])),
    ];
    let cn = if attribute == "cn" { name } else { "somebody" };
    attributes.push((b"cn".to_vec(), HashSet::from([cn.as_bytes().to_vec()])));
    ldap.add(&dn, attributes).await.map_err(failure)?.success().map_err(failure)?;
    Ok(dn)
}

#[test]
fn whatever_somebody_is_called_they_are_found_and_nobody_else_is_granted_anything() {
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(Server::openldap());
    let directory = server.directory();
    let ldap = runtime.block_on(server.administrator());
    let names = (select(vec!["uid", "cn"]), name());
    let outcome = runner(150).run(&names, |(attribute, name)| {
        runtime.block_on(async {
            let dn = add(&mut ldap.clone(), attribute, &name).await?;
            let person = directory.find(&name).await.map_err(failure)?;
            let person = person.ok_or_else(|| TestCaseError::fail("not found"))?;
            prop_assert_eq!(&person.username, &name);
            let again = directory.read(&dn).await.map_err(failure)?;
            prop_assert_eq!(again.as_ref(), Some(&person));
            prop_assert!(directory.matches(&person.dn, "(sn=Name)").await.map_err(failure)?);
            let holder = Holder::from(&person);
            let [member, _, _, entitlement] = grants();
            for grant in [&member, &entitlement] {
                prop_assert!(!directory.has(grant, &holder).await.map_err(failure)?);
                directory.set(grant, &holder, true, in_time()).await.map_err(failure)?;
                prop_assert!(directory.has(grant, &holder).await.map_err(failure)?);
            }
            let mut members = vec![PLACEHOLDER.to_owned(), person.dn.clone()];
            members.sort();
            prop_assert_eq!(server.values(GROUP, "member").await, members);
            prop_assert_eq!(server.values(&dn, "eduPersonEntitlement").await, [ENTITLEMENT]);
            for grant in [&member, &entitlement] {
                directory.set(grant, &holder, false, in_time()).await.map_err(failure)?;
                prop_assert!(!directory.has(grant, &holder).await.map_err(failure)?);
            }
            prop_assert_eq!(server.values(GROUP, "member").await, [PLACEHOLDER]);
            ldap.clone().delete(&dn).await.map_err(failure)?.success().map_err(failure)?;
            prop_assert_eq!(directory.find(&name).await.map_err(failure)?, None);
            Ok(())
        })
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// The filters that OpenLDAP logged after this place of its log, as it understood them.
fn filters(log: &str) -> Vec<&str> {
    log.split(" filter=\"").skip(1).filter_map(|rest| rest.split_once("\"\n")).map(|(filter, _)| filter).collect()
}

/// Undoes what RFC 4515, section 3, does to a value.
fn unescaped(value: &str) -> Vec<u8> {
    let mut bytes = value.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' {
            let digits = [bytes.next().expect("a digit"), bytes.next().expect("a digit")];
            plain.extend(hex::decode(digits).expect("two digits"));
        } else {
            plain.push(byte);
        }
    }
    plain
}

#[test]
fn whatever_is_typed_reaches_the_directory_as_one_escaped_value() {
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(Server::openldap());
    // An attribute that is compared byte by byte, so that the server logs what it got and not a form of it.
    let filter = "(&(objectClass=person)(userPassword={username}))";
    let directory = server.directory_with(|s| s.people.filter = filter.into());
    let typed = prop_oneof![proptest::collection::vec(any::<char>(), 1..12).prop_map(String::from_iter), name()];
    let outcome = runner(8).run(&proptest::collection::vec(typed, 40), |names| {
        let before = server.real().log().len();
        for name in &names {
            let found = runtime.block_on(directory.find(name)).map_err(failure)?;
            prop_assert_eq!(found, None);
        }
        let log = server.real().log();
        let filters = filters(&log[before..]);
        prop_assert_eq!(filters.len(), names.len());
        for (name, filter) in names.iter().zip(filters) {
            let value = filter.strip_prefix("(&(objectClass=person)(userPassword=").and_then(|f| f.strip_suffix("))"));
            let value = value.ok_or_else(|| TestCaseError::fail(filter.to_owned()))?;
            prop_assert!(!value.contains(['(', ')', '*', '\0']), "{}", filter);
            prop_assert_eq!(unescaped(value), name.as_bytes());
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test]
async fn what_is_typed_cannot_widen_the_filter() {
    let server = Server::openldap().await;
    let directory = server.directory();
    for typed in ["*", ")(uid=*", "*)(|(uid=*", "\\", "\0", "a,dc=x", "mweber)(objectClass=*"] {
        let before = server.real().log().len();
        assert_eq!(directory.find(typed).await.expect("an answer"), None, "{typed:?}");
        let log = server.real().log();
        let log = &log[before..];
        let [filter] = filters(log)[..] else { panic!("one search: {log}") };
        let shape: String = filter.chars().filter(|c| "()".contains(*c)).collect();
        assert!(shape == "(()())" && filter.starts_with("(&(objectClass=person)(uid="), "{filter}");
    }
    assert_eq!(directory.find(MARIA.uid).await.expect("an answer").expect("Maria").username, MARIA.uid);
}
