use ldap3::{
    SearchOptions,
    adapters::{Adapter, EntriesOnly, PagedResults},
    controls::RawControl,
};

use super::*;

#[tokio::test]
async fn scopes_reach_as_far_as_they_say() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    assert_eq!(find(&mut ldap, PEOPLE, Scope::Base, "(objectClass=*)").await.0, [PEOPLE]);
    let (services, _) = find(&mut ldap, "ou=groups,dc=demo,dc=example", Scope::OneLevel, "(objectClass=*)").await;
    assert_eq!(services.len(), 3);
    let (all, _) = find(&mut ldap, BASE, Scope::Subtree, "(objectClass=groupOfNames)").await;
    assert_eq!(all.len(), 14);
    let (one, _) = find(&mut ldap, BASE, Scope::OneLevel, "(uid=amueller)").await;
    assert!(one.is_empty());
}

#[tokio::test]
async fn a_base_that_does_not_exist_names_the_nearest_entry_above() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    let result = ldap.search("uid=a,ou=no,dc=demo,dc=example", Scope::Base, "(cn=*)", vec!["cn"]).await.unwrap().1;
    assert_eq!((result.rc, result.matched.as_str()), (32, BASE));
    assert_eq!(find(&mut ldap, "nonsense", Scope::Base, "(cn=*)").await.1, 34);
}

#[tokio::test]
async fn filters_of_every_kind() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    let anna = person("amueller");
    for (filter, expected) in [
        ("(uid=AMueller)", 1),
        ("(displayName=anna  MÜLLER)", 1),
        ("(displayName=Anna Mu\u{308}ller)", 1),
        ("(displayName~=anna müller)", 1),
        ("(displayName=anna*)", 1),
        ("(displayName=Anna *ller)", 1),
        ("(displayName=*nn*nn*müller)", 0),
        ("(displayName=anna*ü*)", 1),
        ("(&(objectClass=inetOrgPerson)(uid=amueller))", 1),
        ("(&(uid=amueller)(!(mail=*)))", 0),
        ("(|(uid=amueller)(uid=bschmidt))", 2),
        ("(&(objectClass=person)(!(mail=*)))", 1),
        ("(pwdAccountLockedTime>=000001010000Z)", 1),
        ("(pwdAccountLockedTime<=000001000000Z)", 0),
        (r"(uid=\2a)", 0),
        (&format!("(entryDN={anna})"), 1),
        ("(ou:dn:=people)", 336),
        ("(eduPersonAffiliation:caseIgnoreMatch:=FACULTY)", 12),
        ("(memberOf=cn=stat1-2026w,ou=courses,ou=groups,dc=demo,dc=example)", 64),
        ("(&(uid=amueller)(memberOf=CN=stat1-2026w, ou=courses,ou=groups,dc=demo,dc=example))", 1),
        ("(&(uid=amueller)(memberOf=cn=emp-2026w,ou=courses,ou=groups,dc=demo,dc=example))", 0),
        ("(&(uid=amueller)(memberOf=*))", 1),
        ("(memberOf=cn=nogroup,dc=example)", 0),
    ] {
        assert_eq!(count(&mut ldap, filter).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn what_is_not_known_is_undefined_not_false() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    assert_eq!(count(&mut ldap, "(noSuchType=x)").await, 0);
    assert_eq!(count(&mut ldap, "(!(noSuchType=x))").await, 0, "not undefined is undefined");
    assert_eq!(count(&mut ldap, "(&(uid=amueller)(!(telephoneNumber=x)))").await, 1, "known, and no value is false");
    assert_eq!(count(&mut ldap, "(|(noSuchType=x)(uid=amueller))").await, 1);
    assert_eq!(count(&mut ldap, "(&(uid=amueller)(!(&(noSuchType=x)(uid=other))))").await, 1);
    assert_eq!(count(&mut ldap, "(!(memberOf=not a name))").await, 0);
    assert_eq!(count(&mut ldap, "(!(noSuchType=*))").await, 0);
    assert_eq!(count(&mut ldap, "(!(member=uid=p*))").await, 0, "names have no substrings");
    assert_eq!(
        count(&mut ldap, "(uid>=a)").await + count(&mut ldap, "(!(uid>=a))").await,
        0,
        "usernames have no order"
    );
    assert_eq!(count(&mut ldap, "(userPassword=latchkey)").await, 0);
    assert_eq!(count(&mut ldap, "(!(userPassword=wrong))").await, 0);
}

#[tokio::test]
async fn numbers_are_compared_as_numbers() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    for (filter, expected) in [("(gidNumber>=999)", 1), ("(gidNumber<=10000)", 1), ("(gidNumber>=5001)", 0)] {
        assert_eq!(find(&mut ldap, SERVICES, Scope::Subtree, filter).await.0.len(), expected, "{filter}");
    }
}

#[tokio::test]
async fn bit_rules_compare_numbers() {
    let mut entries = university::entries();
    entries[8].attributes.push(("userAccountControl".to_owned(), vec!["514".to_owned()]));
    let (dn, directory) = (entries[8].dn.clone(), start(None, entries).await);
    let mut ldap = bound(&directory, &dn).await;
    for (rule, mask, expected) in [("803", 2, 1), ("803", 3, 0), ("804", 3, 1), ("804", 4, 0)] {
        let filter = format!("(userAccountControl:1.2.840.113556.1.4.{rule}:={mask})");
        assert_eq!(find(&mut ldap, &dn, Scope::Base, &filter).await.0.len(), expected, "{filter}");
    }
}

#[tokio::test]
async fn attributes_are_returned_as_asked() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    let dn = person("amueller");
    let plain = read(&mut ldap, &dn, &[]).await;
    assert_eq!(plain.attrs["displayName"], ["Anna Müller"]);
    assert!(!plain.attrs.contains_key("entryUUID") && !plain.attrs.contains_key("userPassword"));
    let some = read(&mut ldap, &dn, &["MAIL", "entryuuid", "memberOf", "userPassword", "noSuchType"]).await;
    assert_eq!(some.attrs.len(), 3);
    assert_eq!(some.attrs["mail"], ["anna.mueller@demo.example"]);
    assert_eq!(some.attrs["memberOf"], ["cn=stat1-2026w,ou=courses,ou=groups,dc=demo,dc=example"]);
    let operational = read(&mut ldap, &dn, &["+"]).await;
    assert_eq!(operational.attrs["entryDN"], [dn.as_str()]);
    assert!(!operational.attrs.contains_key("cn"));
    assert_eq!(operational.attrs["entryUUID"], some.attrs["entryUUID"]);
    assert!(uuid::Uuid::parse_str(&some.attrs["entryUUID"][0]).is_ok());
    assert!(read(&mut ldap, &dn, &["1.1"]).await.attrs.is_empty());
    ldap.with_search_options(SearchOptions::new().typesonly(true));
    assert!(read(&mut ldap, &dn, &["mail"]).await.attrs["mail"].is_empty());
}

#[tokio::test]
async fn a_name_is_returned_as_it_was_stored() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    let (found, _) = find(&mut ldap, PEOPLE, Scope::Subtree, "(uid=jweiss)").await;
    assert_eq!(found, [format!(r"cn=Weiß\, Jürgen,{PEOPLE}")]);
}

#[tokio::test]
async fn the_size_limit_of_the_client_ends_a_search() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    ldap.with_search_options(SearchOptions::new().sizelimit(10));
    let (found, code) = find(&mut ldap, PEOPLE, Scope::Subtree, "(uid=*)").await;
    assert_eq!((found.len(), code), (10, 4));
    ldap.with_search_options(SearchOptions::new().sizelimit(2));
    let (found, code) = find(&mut ldap, PEOPLE, Scope::Subtree, "(|(uid=amueller)(uid=bschmidt))").await;
    assert_eq!((found.len(), code), (2, 0));
}

#[tokio::test]
async fn pages_together_are_the_whole() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    for size in [1, 7, 100, 335, 1000] {
        let adapters: Vec<Box<dyn Adapter<_, _>>> =
            vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(size))];
        let mut stream =
            ldap.streaming_search_with(adapters, PEOPLE, Scope::Subtree, "(uid=*)", vec!["uid"]).await.unwrap();
        let mut seen = HashSet::new();
        while let Some(entry) = stream.next().await.unwrap() {
            assert!(seen.insert(SearchEntry::construct(entry).dn));
        }
        assert_eq!(stream.finish().await.rc, 0);
        assert_eq!(seen.len(), 335, "pages of {size}");
    }
}

#[tokio::test]
async fn a_broken_cookie_is_refused() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    let val = Some(vec![0x30, 6, 2, 1, 5, 4, 1, b'x']);
    ldap.with_controls(RawControl { ctype: "1.2.840.113556.1.4.319".to_owned(), crit: true, val });
    assert_eq!(find(&mut ldap, PEOPLE, Scope::Subtree, "(uid=*)").await.1, 2);
}

#[tokio::test]
async fn an_unknown_control_is_refused_if_critical() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    for (crit, expected) in [(true, 12), (false, 0)] {
        ldap.with_controls(RawControl { ctype: "1.3.6.1.1.12".to_owned(), crit, val: None });
        assert_eq!(find(&mut ldap, PEOPLE, Scope::Base, "(ou=*)").await.1, expected);
    }
}

#[tokio::test]
async fn compare_answers_yes_no_or_why_not() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    let course = "cn=stat1-2026w,ou=courses,ou=groups,dc=demo,dc=example";
    let anna = person("amueller");
    for (dn, attribute, value, expected) in [
        (course, "member", anna.as_str(), 6),
        (course, "member", "UID=AMUELLER , ou=People,dc=demo,dc=example", 6),
        (course, "member", "uid=nobody,ou=people,dc=demo,dc=example", 5),
        (course, "member", "nonsense", 21),
        (course, "uniqueMember", anna.as_str(), 16),
        (course, "noSuchType", "x", 17),
        (&anna, "memberOf", course, 6),
        (&anna, "userPassword", PASSWORD, 50),
        ("cn=nogroup,ou=courses,ou=groups,dc=demo,dc=example", "member", anna.as_str(), 32),
        ("nonsense", "member", anna.as_str(), 34),
    ] {
        assert_eq!(ldap.compare(dn, attribute, value).await.unwrap().0.rc, expected, "{dn} {attribute} {value}");
    }
}

#[tokio::test]
async fn the_root_dse_tells_what_is_supported() {
    let directory = university().await;
    let mut ldap = anonymous(&directory).await;
    let root = read(&mut ldap, "", &["+"]).await.attrs;
    assert_eq!(root["namingContexts"], [BASE]);
    assert_eq!(root["supportedLDAPVersion"], ["3"]);
    assert_eq!(root["supportedExtension"], ["1.3.6.1.4.1.4203.1.11.3"]);
    for control in ["1.2.840.113556.1.4.319", "1.2.840.113556.1.4.1413", "1.3.6.1.4.1.42.2.27.8.5.1"] {
        assert!(root["supportedControl"].iter().any(|known| known == control));
    }
    assert_eq!(read(&mut ldap, "", &[]).await.attrs["objectClass"], ["top"]);
}
