//! Memberships: set, seen, taken away, and nothing else touched.

use latchkey::{
    directory::{Directory, DirectoryError, Holder},
    domain::catalogue::Grant,
};

use crate::{
    server::{LONELY_GROUP, PEOPLE_BASE, Server, found, grants, in_time, on_both},
    support::people::{ALL, COMMA, GROUP, IT_STAFF, MARIA, PLACEHOLDER, PLUS, TWIN, UMLAUT},
};

on_both!(
    every_kind_of_grant_is_set_and_taken_away_for_everybody,
    a_dn_in_another_spelling_is_the_same_member,
    the_placeholder_stays,
    the_last_member_cannot_go,
    what_does_not_exist_is_told_apart,
    without_rights_nothing_changes,
    whether_it_may_write_is_found_out_without_writing,
    many_change_one_group_at_once,
    what_spoils_a_change_spoils_nobody_elses,
);

async fn has(directory: &Directory, grant: &Grant, holder: &Holder) -> bool {
    directory.has(grant, holder).await.expect("an answer")
}

async fn every_kind_of_grant_is_set_and_taken_away_for_everybody(server: Server) {
    let directory = server.directory();
    let maria = Holder::from(&found(&directory, &MARIA).await);
    for grant in grants() {
        directory.set(&grant, &maria, true, in_time()).await.expect("Maria is there all the time");
        for person in ALL.iter().filter(|person| **person != MARIA) {
            let holder = Holder::from(&found(&directory, person).await);
            let (entry, attribute, value) = place(&grant, &holder);
            let before = server.entry(&entry, false).await.attrs;
            assert!(!has(&directory, &grant, &holder).await, "{grant:?} {holder:?}");
            for _ in 0..2 {
                directory.set(&grant, &holder, true, in_time()).await.expect("set");
                assert!(has(&directory, &grant, &holder).await, "{grant:?} {holder:?}");
            }
            let mut expected = before.get(attribute).cloned().unwrap_or_default();
            expected.push(value.clone());
            expected.sort();
            assert_eq!(server.values(&entry, attribute).await, expected, "exactly this value more");
            for _ in 0..2 {
                directory.set(&grant, &holder, false, in_time()).await.expect("taken away");
                assert!(!has(&directory, &grant, &holder).await, "{grant:?} {holder:?}");
            }
            assert_eq!(server.entry(&entry, false).await.attrs, before, "as before");
        }
        assert!(has(&directory, &grant, &maria).await);
    }
}

/// Entry, attribute and value that a grant is stored as.
fn place<'a>(grant: &'a Grant, holder: &Holder) -> (String, &'a str, String) {
    match grant {
        Grant::GroupOfDns { group, attribute } => (group.clone(), attribute, holder.dn.clone()),
        Grant::GroupOfUsernames { group, attribute } => (group.clone(), attribute, holder.username.clone()),
        Grant::PersonAttribute { attribute, value } => (holder.dn.clone(), attribute, value.clone()),
    }
}

async fn a_dn_in_another_spelling_is_the_same_member(server: Server) {
    let directory = server.directory();
    let [grant, ..] = grants();
    for person in [MARIA, COMMA, UMLAUT] {
        let holder = Holder::from(&found(&directory, &person).await);
        let other = Holder { dn: holder.dn.replace(",ou=people", " , OU=PEOPLE"), ..holder.clone() };
        directory.set(&grant, &holder, true, in_time()).await.expect("set");
        assert!(has(&directory, &grant, &other).await);
        directory.set(&grant, &other, true, in_time()).await.expect("set again");
        assert_eq!(server.values(GROUP, "member").await.len(), 2);
        directory.set(&grant, &other, false, in_time()).await.expect("taken away");
        assert!(!has(&directory, &grant, &holder).await);
    }
    let upper = Holder { dn: String::new(), username: MARIA.uid.to_uppercase() };
    let [_, _, posix, _] = grants();
    let maria = Holder::from(&found(&directory, &MARIA).await);
    directory.set(&posix, &maria, true, in_time()).await.expect("set");
    assert!(!has(&directory, &posix, &upper).await, "usernames of posix groups keep their case");
}

async fn the_placeholder_stays(server: Server) {
    let directory = server.directory();
    let placeholder = Holder { dn: PLACEHOLDER.into(), username: "placeholder".into() };
    let [member, unique, ..] = grants();
    for grant in [member, unique] {
        let answer = directory.set(&grant, &placeholder, false, in_time()).await;
        assert!(matches!(answer, Err(DirectoryError::InsufficientAccess)), "{answer:?}");
        assert!(has(&directory, &grant, &placeholder).await);
    }
}

async fn the_last_member_cannot_go(server: Server) {
    let directory = server.directory();
    let grant = Grant::GroupOfDns { group: LONELY_GROUP.into(), attribute: "member".into() };
    let maria = Holder::from(&found(&directory, &MARIA).await);
    let answer = directory.set(&grant, &maria, false, in_time()).await;
    assert!(matches!(answer, Err(DirectoryError::Other(65))), "{answer:?}");
    assert!(has(&directory, &grant, &maria).await);
}

async fn what_does_not_exist_is_told_apart(server: Server) {
    let directory = server.directory();
    let maria = found(&directory, &MARIA).await;
    let holder = Holder::from(&maria);
    let group = "cn=nothing,ou=services,ou=groups,dc=uni,dc=example".to_owned();
    let grant = Grant::GroupOfDns { group, attribute: "member".into() };
    assert!(matches!(directory.has(&grant, &holder).await, Err(DirectoryError::NoSuchObject)));
    assert!(matches!(directory.may_write(&grant, &maria).await, Err(DirectoryError::NoSuchObject)));
    let [dns, _, _, person] = grants();
    let nobody = Holder { dn: format!("uid=nobody,{PEOPLE_BASE}"), username: "nobody".into() };
    for wanted in [true, false] {
        let answer = directory.set(&grant, &holder, wanted, in_time()).await;
        assert!(matches!(answer, Err(DirectoryError::NoSuchObject)), "{answer:?}");
    }
    let answer = directory.set(&person, &nobody, true, in_time()).await;
    assert!(matches!(answer, Err(DirectoryError::NoSuchObject)), "{answer:?}");
    directory.set(&person, &nobody, false, in_time()).await.expect("who is gone has no attribute any more");
    let unknown = Grant::GroupOfDns { group: GROUP.into(), attribute: "noSuchAttribute".into() };
    assert!(matches!(directory.set(&unknown, &holder, true, in_time()).await, Err(DirectoryError::Other(17))));
    let no_dn = Holder { dn: "not a name".into(), username: String::new() };
    assert!(matches!(directory.set(&dns, &no_dn, true, in_time()).await, Err(DirectoryError::Other(21))));
}

async fn without_rights_nothing_changes(server: Server) {
    let directory = server.directory();
    let maria = Holder::from(&found(&directory, &MARIA).await);
    let forbidden = [
        Grant::GroupOfDns { group: IT_STAFF.into(), attribute: "member".into() },
        Grant::GroupOfDns { group: GROUP.into(), attribute: "owner".into() },
        Grant::PersonAttribute { attribute: "eduPersonEntitlement".into(), value: "urn:mace:other:root".into() },
        Grant::PersonAttribute { attribute: "eduPersonAffiliation".into(), value: "faculty".into() },
        Grant::PersonAttribute { attribute: "userPassword".into(), value: "guessed".into() },
    ];
    for grant in &forbidden {
        let (entry, ..) = place(grant, &maria);
        let before = server.entry(&entry, true).await.attrs;
        let answer = directory.set(grant, &maria, true, in_time()).await;
        assert!(matches!(answer, Err(DirectoryError::InsufficientAccess)), "{grant:?}: {answer:?}");
        assert_eq!(server.entry(&entry, true).await.attrs, before, "{grant:?}");
    }
    let [grant, ..] = grants();
    let stranger = Holder { dn: "cn=somebody,ou=system,dc=uni,dc=example".into(), username: "somebody".into() };
    let answer = directory.set(&grant, &stranger, true, in_time()).await;
    assert!(matches!(answer, Err(DirectoryError::InsufficientAccess)), "only people: {answer:?}");
}

async fn whether_it_may_write_is_found_out_without_writing(server: Server) {
    let directory = server.directory();
    let forbidden = [
        Grant::GroupOfDns { group: IT_STAFF.into(), attribute: "member".into() },
        Grant::PersonAttribute { attribute: "eduPersonAffiliation".into(), value: "faculty".into() },
    ];
    for person in [MARIA, COMMA, UMLAUT] {
        let member = found(&directory, &person).await;
        let holder = Holder::from(&member);
        for is_member in [false, true] {
            for grant in &grants() {
                directory.set(grant, &holder, is_member, in_time()).await.expect("set");
                let (entry, ..) = place(grant, &holder);
                let before = server.entry(&entry, true).await.attrs;
                directory.may_write(grant, &member).await.expect("it may");
                assert_eq!(server.entry(&entry, true).await.attrs, before, "{grant:?}");
            }
        }
        for grant in &forbidden {
            let (entry, ..) = place(grant, &holder);
            let before = server.entry(&entry, true).await.attrs;
            let answer = directory.may_write(grant, &member).await;
            assert!(matches!(answer, Err(DirectoryError::InsufficientAccess)), "{grant:?}: {answer:?}");
            assert_eq!(server.entry(&entry, true).await.attrs, before, "{grant:?}");
        }
    }
}

async fn many_change_one_group_at_once(server: Server) {
    let directory = server.directory();
    let [grant, ..] = grants();
    for wanted in [true, false] {
        let changes = ALL.map(|person| {
            let (directory, grant) = (directory.clone(), grant.clone());
            tokio::spawn(async move {
                let holder = Holder::from(&found(&directory, &person).await);
                let twice = tokio::join!(
                    directory.set(&grant, &holder, wanted, in_time()),
                    directory.set(&grant, &holder, wanted, in_time())
                );
                twice.0.and(twice.1).expect("both succeed");
            })
        });
        for change in futures_util::future::join_all(changes).await {
            change.expect("no panic");
        }
        let expected = if wanted { ALL.len() + 1 } else { 1 };
        assert_eq!(server.values(GROUP, "member").await.len(), expected);
    }
}

async fn what_spoils_a_change_spoils_nobody_elses(server: Server) {
    let directory = server.directory();
    let [grant, ..] = grants();
    let stranger = Holder { dn: "cn=somebody,ou=system,dc=uni,dc=example".into(), username: "somebody".into() };
    let no_dn = Holder { dn: "not a name".into(), username: "nobody".into() };
    let [member, leaver, absent, newcomer, other] = [MARIA, TWIN, COMMA, UMLAUT, PLUS].map(|person| person.dn());
    let holder = |dn: &str| Holder { dn: dn.to_owned(), username: String::new() };
    for dn in [&member, &leaver] {
        directory.set(&grant, &holder(dn), true, in_time()).await.expect("set");
    }
    let wishes = [
        (holder(&member), true, true),
        (stranger, true, false),
        (holder(&newcomer), true, true),
        (holder(&leaver), false, true),
        (no_dn, true, false),
        (holder(&absent), false, true),
        (holder(&other), true, true),
    ];
    let answers = wishes.iter().map(|(holder, wanted, _)| directory.set(&grant, holder, *wanted, in_time()));
    let answers = futures_util::future::join_all(answers).await;
    for ((holder, wanted, possible), answer) in wishes.iter().zip(answers) {
        assert_eq!(answer.is_ok(), *possible, "{holder:?}: {answer:?}");
        if *possible {
            assert_eq!(has(&directory, &grant, holder).await, *wanted, "{holder:?}");
        }
    }
    assert_eq!(server.values(GROUP, "member").await.len(), 4, "Maria, two more, and the placeholder");
}
