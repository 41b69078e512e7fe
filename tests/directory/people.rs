//! Finding people by the name they type, and reading them again.

use std::collections::HashSet;

use latchkey::directory::{DirectoryError, Holder};
use ldap3::{Mod, Scope, SearchEntry};

use crate::{
    server::{PEOPLE_BASE, PORTAL_PASSWORD, Server, found, grants, in_time, on_both},
    support::{
        openldap::PORTAL_DN,
        people::{ALL, AUDITOR, COMMA, GUEST, LECTURER, MARIA, NO_MAIL, PLACEHOLDER, TWIN, UMLAUT},
    },
};

on_both!(
    everybody_is_found_by_name_and_read_by_dn,
    a_name_matches_as_the_directory_compares_names,
    what_is_no_name_finds_nobody,
    umlauts_and_blanks_are_found_in_any_attribute,
    an_ambiguous_name_is_nobodys,
    who_does_not_fit_the_filter_is_nobody,
    the_dn_is_returned_as_the_server_spells_it,
    eligibility_is_the_directorys_word,
    passwords_cannot_be_searched,
);

async fn everybody_is_found_by_name_and_read_by_dn(server: Server) {
    let directory = server.directory();
    for person in ALL {
        let member = found(&directory, &person).await;
        assert_eq!(member.username, person.uid);
        assert_eq!(member.display_name, person.name);
        assert_eq!(member.mail.as_deref(), person.mail);
        assert_eq!(member.affiliations, [person.affiliation]);
        assert!(member.key.starts_with("entryuuid:") && member.key.len() > 40, "{}", member.key);
        assert_eq!(directory.read(&member.dn).await.expect("an answer"), Some(member));
    }
    assert_eq!(found(&directory, &NO_MAIL).await.mail, None);
    assert_eq!(directory.read(&format!("uid=nobody,{PEOPLE_BASE}")).await.expect("an answer"), None);
}

async fn a_name_matches_as_the_directory_compares_names(server: Server) {
    let directory = server.directory();
    let maria = found(&directory, &MARIA).await;
    for spelling in ["MWeber", " mweber ", "MWEBER"] {
        assert_eq!(directory.find(spelling).await.expect("an answer").as_ref(), Some(&maria), "{spelling:?}");
    }
}

async fn what_is_no_name_finds_nobody(server: Server) {
    let directory = server.directory();
    let long = "a".repeat(1000);
    let umlauts = "ü".repeat(1000);
    for name in [
        "",
        " ",
        "*",
        "m*",
        "mweber)(uid=*",
        ")(uid=*",
        "*)(objectClass=*",
        "(",
        ")",
        "\\",
        "\\2a",
        "\\6dweber",
        "\0",
        "mweber\0",
        "&",
        "|(uid=mweber)",
        "!",
        "=",
        "~=",
        "mweber,ou=people",
        "a,dc=x",
        "{username}",
        "#{username}",
        "\u{1}",
        "\n",
        "\u{202e}rebewm",
        "🎓",
        &long,
        &umlauts,
    ] {
        let answer = directory.find(name).await;
        assert!(matches!(answer, Ok(None)), "{name:?}: {answer:?}");
    }
    found(&directory, &MARIA).await;
}

async fn umlauts_and_blanks_are_found_in_any_attribute(server: Server) {
    let directory = server.directory_with(|s| s.people.filter = "(&(objectClass=person)(cn={username}))".into());
    for person in ALL {
        let member = directory.find(person.name).await.expect("an answer").expect(person.name);
        assert_eq!(member.username, person.uid);
    }
    for spelling in ["JÜRGEN GRÖSSMANN", "jürgen  größmann", "Ju\u{308}rgen Gro\u{308}ßmann"] {
        let member = directory.find(spelling).await.expect("an answer");
        // "ß" is a letter of its own, whatever its capital looks like.
        let expected = (!spelling.contains("SS")).then_some(UMLAUT.uid);
        assert_eq!(member.as_ref().map(|m| m.username.as_str()), expected, "{spelling}");
    }
}

async fn an_ambiguous_name_is_nobodys(server: Server) {
    let filter = "(&(objectClass=person)(|(uid={username})(mail={username})))";
    let directory = server.directory_with(|s| s.people.filter = filter.into());
    assert_eq!(directory.find("twins@uni.example").await.expect("an answer"), None);
    assert!(directory.candidate("twins@uni.example").await.expect("an answer").is_none());
    let by_mail = directory.find("maria.weber@uni.example").await.expect("an answer").expect("Maria");
    assert_eq!(by_mail.username, MARIA.uid);
    assert_eq!(found(&directory, &TWIN).await.username, TWIN.uid);
}

async fn who_does_not_fit_the_filter_is_nobody(server: Server) {
    let whole = server.directory();
    let locked = whole.find("locked").await.expect("an answer").expect("a person");
    let filter = "(&(objectClass=person)(uid={username})(!(pwdAccountLockedTime=*)))";
    let directory = server.directory_with(|s| s.people.filter = filter.into());
    assert_eq!(directory.find("locked").await.expect("an answer"), None);
    assert_eq!(directory.read(&locked.dn).await.expect("an answer"), None);
    assert_eq!(found(&directory, &MARIA).await.username, MARIA.uid);
    let elsewhere = server.directory_with(|s| s.people.base = "ou=nowhere,dc=uni,dc=example".into());
    assert!(matches!(elsewhere.find("mweber").await, Err(DirectoryError::NoSuchObject)));
    let no_key = server.directory_with(|s| s.people.key_attribute = "employeeNumber".into());
    assert_eq!(no_key.find("mweber").await.expect("an answer"), None);
}

async fn the_dn_is_returned_as_the_server_spells_it(server: Server) {
    let directory = server.directory();
    for person in ALL {
        let spelt = server.entry(&person.dn(), false).await.dn;
        assert_eq!(found(&directory, &person).await.dn, spelt);
        let otherwise = person.dn().replace(",ou=people", " , OU=People");
        assert_eq!(directory.read(&otherwise).await.expect("an answer").expect(person.uid).dn, spelt);
    }
    let escaped = format!(r"CN=schmidt\2c \41nna,{PEOPLE_BASE}");
    assert_eq!(directory.read(&escaped).await.expect("an answer").expect("Anna").username, COMMA.uid);
}

async fn eligibility_is_the_directorys_word(server: Server) {
    let directory = server.directory();
    let rule = "(|(eduPersonAffiliation=student)(eduPersonAffiliation=staff)(eduPersonAffiliation=faculty))";
    for (person, eligible) in [(MARIA, true), (COMMA, true), (LECTURER, true), (AUDITOR, true), (GUEST, false)] {
        let dn = found(&directory, &person).await.dn;
        assert_eq!(directory.matches(&dn, rule).await.expect("an answer"), eligible, "{}", person.uid);
        let not = format!("(!{rule})");
        assert_eq!(directory.matches(&dn, &not).await.expect("an answer"), !eligible, "{}", person.uid);
    }
    let [grant, ..] = grants();
    let maria = found(&directory, &MARIA).await;
    directory.set(&grant, &Holder::from(&maria), true, in_time()).await.expect("set");
    let maria = maria.dn;
    for (filter, fits) in [
        ("(EDUPERSONAFFILIATION=STUDENT)", true),
        ("(cn=Maria*)", true),
        ("(memberOf=cn=rocketchat,ou=services,ou=groups,dc=uni,dc=example)", true),
        ("(memberOf=cn=it-staff,ou=groups,dc=uni,dc=example)", false),
        ("(noSuchAttribute=x)", false),
        ("(!(noSuchAttribute=x))", false),
    ] {
        assert_eq!(directory.matches(&maria, filter).await.expect(filter), fits, "{filter}");
    }
    let nobody = format!("uid=nobody,{PEOPLE_BASE}");
    assert!(!directory.matches(&nobody, "(objectClass=*)").await.expect("an answer"));
    assert!(matches!(directory.matches(&maria, "(((").await, Err(DirectoryError::Filter)));
}

async fn passwords_cannot_be_searched(server: Server) {
    let directory = server.directory();
    let maria = found(&directory, &MARIA).await.dn;
    for filter in ["(userPassword=*)", "(userPassword=Grüße-42)"] {
        assert!(!directory.matches(&maria, filter).await.expect("an answer"), "{filter}");
    }
}

#[tokio::test]
async fn the_stable_key_survives_a_rename() {
    let server = Server::openldap().await;
    let directory = server.directory();
    let before = found(&directory, &MARIA).await;
    let mut ldap = server.administrator().await;
    let renamed = ldap.modifydn(&before.dn, r"cn=Weber-Groß\, Maria", false, None).await.expect("an answer");
    renamed.success().expect("renamed");
    let after = found(&directory, &MARIA).await;
    assert_eq!(after.key, before.key);
    assert_ne!(after.dn, before.dn);
    assert_eq!(directory.read(&before.dn).await.expect("an answer"), None);
}

#[tokio::test]
async fn the_portals_account_reads_only_what_it_needs() {
    let server = Server::openldap().await;
    let maria = MARIA.dn();
    let private = ["telephoneNumber", "homePostalAddress", "description"];
    let changes = private.map(|attribute| Mod::Add(attribute, HashSet::from(["private"]))).to_vec();
    let mut administrator = server.administrator().await;
    administrator.modify(&maria, changes).await.expect("an answer").success().expect("changed");
    let mut portal = server.bound(PORTAL_DN, PORTAL_PASSWORD).await;
    let asked = ["*", "+", "userPassword", "telephoneNumber"];
    let found = portal.search(&maria, Scope::Base, "(objectClass=*)", asked).await.expect("an answer");
    let entry = SearchEntry::construct(found.success().expect("0").0.remove(0));
    let mut seen: Vec<_> = entry.attrs.into_keys().chain(entry.bin_attrs.into_keys()).collect();
    seen.sort();
    let needed =
        ["cn", "displayName", "eduPersonAffiliation", "entryDN", "entryUUID", "mail", "objectClass", "sn", "uid"];
    assert_eq!(seen, needed);
    for base in [PORTAL_DN, PLACEHOLDER, "cn=default,ou=policies,dc=uni,dc=example"] {
        let answer = portal.search(base, Scope::Base, "(userPassword=*)", ["*"]).await.expect("an answer");
        assert!(answer.0.is_empty(), "{base}");
    }
}
