use super::*;

#[tokio::test]
async fn anonymous_sees_the_root_dse_only_and_changes_nothing() {
    let directory = university().await;
    let mut ldap = anonymous(&directory).await;
    for base in [BASE, PEOPLE, &person("amueller")] {
        assert_eq!(find(&mut ldap, base, Scope::Subtree, "(objectClass=*)").await, (vec![], 32));
    }
    assert_eq!(ldap.compare(&person("amueller"), "uid", "amueller").await.unwrap().0.rc, 32);
    let result = add(&mut ldap, &service("rocketchat"), "member", &person("amueller")).await;
    assert_eq!((result.rc, result.text.as_str()), (8, "modifications require authentication"));
}

#[tokio::test]
async fn a_person_sees_the_own_entry_only() {
    let directory = university().await;
    let mut ldap = bound(&directory, &person("amueller")).await;
    assert_eq!(read(&mut ldap, &person("amueller"), &["uid"]).await.attrs["uid"], ["amueller"]);
    for base in [BASE, PEOPLE, &person("bschmidt"), &service("rocketchat")] {
        assert_eq!(find(&mut ldap, base, Scope::Subtree, "(objectClass=*)").await, (vec![], 32));
    }
    assert_eq!(add(&mut ldap, &service("rocketchat"), "member", &person("amueller")).await.rc, 50);
    assert_eq!(add(&mut ldap, &person("amueller"), "mail", "other@demo.example").await.rc, 50);
}

#[tokio::test]
async fn the_chat_server_reads_people_and_groups_and_writes_nothing() {
    let directory = university().await;
    let mut ldap = bound(&directory, CHAT_DN).await;
    let (found, code) = find(&mut ldap, BASE, Scope::Subtree, "(&(objectClass=*)(uid=amueller))").await;
    assert_eq!((found, code), (vec![person("amueller")], 0));
    let (found, _) = find(&mut ldap, BASE, Scope::Subtree, "(&(objectClass=groupOfNames)(cn=rocketchat))").await;
    assert_eq!(found, [service("rocketchat")]);
    assert_eq!(add(&mut ldap, &service("rocketchat"), "member", &person("amueller")).await.rc, 50);
    let (system, _) = find(&mut ldap, BASE, Scope::Subtree, "(cn=latchkey)").await;
    assert!(system.is_empty(), "the accounts of other systems are nobody's business");
}

#[tokio::test]
async fn the_portal_changes_memberships_and_entitlements_and_nothing_else() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    let (anna, course) = (person("amueller"), "cn=stat1-2026w,ou=courses,ou=groups,dc=demo,dc=example");
    for (dn, attribute, value, expected) in [
        (service("rocketchat"), "member", anna.clone(), 0),
        (service("unique-demo"), "uniqueMember", anna.clone(), 0),
        (service("posix-demo"), "memberUid", "amueller".to_owned(), 0),
        (anna.clone(), "eduPersonEntitlement", "urn:demo:chat".to_owned(), 0),
        (anna.clone(), "eduPersonEntitlement", "other:demo:chat".to_owned(), 50),
        (service("rocketchat"), "eduPersonEntitlement", "urn:demo:chat".to_owned(), 50),
        (service("rocketchat"), "member", university::PLACEHOLDER_DN.to_owned(), 50),
        (service("rocketchat"), "member", PEOPLE.to_owned(), 50),
        (service("rocketchat"), "description", "x".to_owned(), 50),
        (course.to_owned(), "member", person("okeine"), 50),
        (SERVICES.to_owned(), "member", anna.clone(), 50),
        (anna.clone(), "mail", "x@demo.example".to_owned(), 50),
        (anna.clone(), "userPassword", "x".to_owned(), 50),
        (PORTAL_DN.to_owned(), "description", "x".to_owned(), 50),
    ] {
        assert_eq!(add(&mut ldap, &dn, attribute, &value).await.rc, expected, "{dn} {attribute} {value}");
    }
    let group = service("rocketchat");
    let all = Mod::Delete("member", HashSet::<&str>::new());
    assert_eq!(ldap.modify(&group, vec![all]).await.unwrap().rc, 50);
    let replace = Mod::Replace("member", set(anna.as_str()));
    assert_eq!(ldap.modify(&group, vec![replace]).await.unwrap().rc, 50);
    let placeholder = delete(&mut ldap, &group, "member", university::PLACEHOLDER_DN).await;
    assert_eq!(placeholder.rc, 50);
}

#[tokio::test]
async fn entries_are_not_added_deleted_or_renamed() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    let attributes = vec![("objectClass", set("organizationalUnit")), ("ou", set("x"))];
    assert_eq!(ldap.add("ou=x,dc=demo,dc=example", attributes).await.unwrap().rc, 53);
    assert_eq!(ldap.delete(&person("amueller")).await.unwrap().rc, 53);
    assert_eq!(ldap.modifydn(&person("amueller"), "uid=x", true, None).await.unwrap().rc, 53);
}
