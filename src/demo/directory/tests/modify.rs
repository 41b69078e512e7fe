use ldap3::controls::RawControl;

use super::*;

const PERMISSIVE: &str = "1.2.840.113556.1.4.1413";

async fn permissive(ldap: &mut Ldap, dn: &str, change: Mod<&str>) -> u32 {
    let control = RawControl { ctype: PERMISSIVE.to_owned(), crit: true, val: None };
    ldap.with_controls(control).modify(dn, vec![change]).await.unwrap().rc
}

#[tokio::test]
async fn membership_comes_and_goes_in_any_spelling() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    let (group, comma) = (service("rocketchat"), format!(r"cn=Weiß\, Jürgen,{PEOPLE}"));
    assert_eq!(add(&mut ldap, &group, "member", &comma).await.rc, 0);
    for other in [comma.clone(), comma.to_uppercase().replace("SS", "ß"), comma.replace(r"\,", r"\2C")] {
        let result = add(&mut ldap, &group, "member", &other).await;
        assert_eq!((result.rc, result.text.as_str()), (20, "modify/add: member: value #0 already exists"), "{other}");
    }
    assert!(is_member(&mut ldap, &group, "member", &comma).await);
    let groups = read(&mut ldap, &comma, &["memberOf"]).await.attrs.remove("memberOf").unwrap();
    assert!(groups.contains(&group), "{groups:?}");
    assert_eq!(delete(&mut ldap, &group, "member", &comma.replace(r"\,", r"\2c")).await.rc, 0);
    let result = delete(&mut ldap, &group, "member", &comma).await;
    assert_eq!((result.rc, result.text.as_str()), (16, "modify/delete: member: no such value"));
    assert!(!is_member(&mut ldap, &group, "member", &comma).await);
    let groups = read(&mut ldap, &comma, &["memberOf"]).await.attrs.remove("memberOf").unwrap();
    assert!(!groups.contains(&group), "{groups:?}");
}

#[tokio::test]
async fn usernames_of_a_posix_group_are_exact() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    let group = service("posix-demo");
    assert_eq!(delete(&mut ldap, &group, "memberUid", "amueller").await.rc, 16);
    assert_eq!(add(&mut ldap, &group, "memberUid", "amueller").await.rc, 0);
    assert_eq!(add(&mut ldap, &group, "memberUid", "AMueller").await.rc, 0);
    assert_eq!(add(&mut ldap, &group, "memberUid", "amueller").await.rc, 20);
    assert_eq!(add(&mut ldap, &group, "memberUid", "müller").await.rc, 21);
    assert_eq!(read(&mut ldap, &group, &["memberUid"]).await.attrs["memberUid"].len(), 2);
    assert_eq!(find(&mut ldap, SERVICES, Scope::OneLevel, "(memberUid=amueller)").await.0, [group.as_str()]);
    for uid in ["amueller", "AMueller"] {
        assert_eq!(delete(&mut ldap, &group, "memberUid", uid).await.rc, 0, "a posixGroup may be empty");
    }
}

#[tokio::test]
async fn a_modify_is_done_whole_or_not_at_all() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    let (group, anna, bernd) = (service("vpn"), person("amueller"), person("bschmidt"));
    add(&mut ldap, &group, "member", &anna).await.success().unwrap();
    let both = Mod::Add("member", HashSet::from([anna.as_str(), bernd.as_str()]));
    assert_eq!(ldap.modify(&group, vec![both]).await.unwrap().rc, 20);
    assert!(!is_member(&mut ldap, &group, "member", &bernd).await);
    let swap = vec![Mod::Delete("member", set(anna.as_str())), Mod::Delete("member", set(bernd.as_str()))];
    assert_eq!(ldap.modify(&group, swap).await.unwrap().rc, 16);
    assert!(is_member(&mut ldap, &group, "member", &anna).await);
    let swap = vec![Mod::Delete("member", set(anna.as_str())), Mod::Add("member", set(bernd.as_str()))];
    assert_eq!(ldap.modify(&group, swap).await.unwrap().rc, 0);
    assert!(is_member(&mut ldap, &group, "member", &bernd).await);
    assert_eq!(count(&mut ldap, &format!("(memberOf={group})")).await, 1);
}

#[tokio::test]
async fn what_cannot_be_stored_is_refused() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    let (group, anna) = (service("rocketchat"), person("amueller"));
    let result = add(&mut ldap, &group, "member", "not a name").await;
    assert_eq!((result.rc, result.text.as_str()), (21, "member: value #0 invalid per syntax"));
    assert_eq!(add(&mut ldap, &service("nogroup"), "member", &anna).await.rc, 32);
    assert_eq!(add(&mut ldap, "nonsense", "member", &anna).await.rc, 34);
    assert_eq!(add(&mut ldap, &group, "noSuchType", "x").await.rc, 17);
    assert_eq!(add(&mut ldap, &service("posix-demo"), "member", &anna).await.rc, 65, "not allowed by the class");
    let upper = anna.to_uppercase();
    let twice = Mod::Add("member", HashSet::from([anna.as_str(), upper.as_str()]));
    assert_eq!(ldap.modify(&group, vec![twice]).await.unwrap().rc, 20);
    let nobody = person("nobody");
    assert_eq!(add(&mut ldap, &group, "member", &nobody).await.rc, 0, "OpenLDAP does not ask whether it exists");
}

#[tokio::test]
async fn the_last_member_stays() {
    let mut entries = university::entries();
    for (cn, attribute) in [("vpn", "member"), ("unique-demo", "uniqueMember")] {
        let group = entries.iter_mut().find(|entry| entry.dn == service(cn)).unwrap();
        for (_, values) in group.attributes.iter_mut().filter(|(name, _)| name == attribute) {
            *values = vec![person("amueller")];
        }
    }
    let directory = start(None, entries).await;
    let mut ldap = portal(&directory).await;
    for (cn, attribute, class) in
        [("vpn", "member", "groupOfNames"), ("unique-demo", "uniqueMember", "groupOfUniqueNames")]
    {
        let result = delete(&mut ldap, &service(cn), attribute, &person("amueller")).await;
        assert_eq!(result.rc, 65);
        assert_eq!(result.text, format!("object class '{class}' requires attribute '{attribute}'"));
        assert!(is_member(&mut ldap, &service(cn), attribute, &person("amueller")).await);
    }
}

#[tokio::test]
async fn permissive_modify_forgives_adding_but_not_deleting() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    let (group, anna) = (service("rocketchat"), person("amueller"));
    for _ in 0..2 {
        assert_eq!(permissive(&mut ldap, &group, Mod::Add("member", set(anna.as_str()))).await, 0);
    }
    assert_eq!(permissive(&mut ldap, &group, Mod::Delete("member", set(anna.as_str()))).await, 0);
    assert_eq!(permissive(&mut ldap, &group, Mod::Delete("member", set(anna.as_str()))).await, 16);
}
