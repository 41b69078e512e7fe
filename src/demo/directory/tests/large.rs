use std::time::Instant;

use super::*;

/// Not a measurement: a wrong order of growth takes minutes here, not seconds.
#[tokio::test]
async fn a_group_of_a_hundred_thousand_costs_no_more_than_a_small_one() {
    let mut entries = university::entries();
    let group = entries.iter_mut().find(|entry| entry.dn == service("rocketchat")).unwrap();
    let (_, members) = group.attributes.iter_mut().find(|(name, _)| name == "member").unwrap();
    members.extend((0..100_000).map(|n| person(&format!("s{n}"))));
    members.push(person("bschmidt"));
    let directory = start(None, entries).await;
    let mut ldap = portal(&directory).await;
    let (group, anna) = (service("rocketchat"), person("amueller"));
    let began = Instant::now();
    for _ in 0..50 {
        add(&mut ldap, &group, "member", &anna).await.success().unwrap();
        assert!(is_member(&mut ldap, &group, "member", &anna).await);
        assert_eq!(count(&mut ldap, &format!("(&(uid=amueller)(memberOf={group}))")).await, 1);
        let (groups, _) = find(&mut ldap, SERVICES, Scope::OneLevel, &format!("(member={anna})")).await;
        assert_eq!(groups, [group.as_str()]);
        delete(&mut ldap, &group, "member", &anna).await.success().unwrap();
    }
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    assert_eq!(count(&mut ldap, &format!("(memberOf={group})")).await, 1);
    let all = read(&mut ldap, &group, &["member"]).await;
    assert_eq!(all.attrs["member"].len(), 100_002);
}

#[tokio::test]
async fn one_modify_may_carry_ten_thousand_members() {
    let directory = university().await;
    let mut ldap = portal(&directory).await;
    let many: Vec<String> = (0..10_000).map(|n| person(&format!("student-number-{n}"))).collect();
    let change = Mod::Add("member", many.iter().map(String::as_str).collect());
    ldap.modify(&service("cloud"), vec![change]).await.unwrap().success().unwrap();
    assert!(is_member(&mut ldap, &service("cloud"), "member", &many[9_999]).await);
}

#[tokio::test]
async fn many_connections_at_once_are_served() {
    let directory = university().await;
    let mut all = Vec::new();
    for _ in 0..200 {
        all.push(portal(&directory).await);
    }
    let work = all.iter_mut().enumerate().map(|(n, ldap)| async move {
        let dn = person(&format!("s{n}"));
        add(ldap, &service("vpn"), "member", &dn).await.success().unwrap();
        assert!(is_member(ldap, &service("vpn"), "member", &dn).await);
    });
    futures_util::future::join_all(work).await;
    let group = read(&mut all[0], &service("vpn"), &["member"]).await;
    assert_eq!(group.attrs["member"].len(), 201);
}
