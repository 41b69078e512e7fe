use ldap3::{
    controls::RawControl,
    exop::{WhoAmI, WhoAmIResp},
};

use super::*;

const POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";

async fn code(dn: &str, password: &str) -> u32 {
    let directory = university().await;
    anonymous(&directory).await.simple_bind(dn, password).await.unwrap().rc
}

async fn who(ldap: &mut Ldap) -> String {
    let (exop, _) = ldap.extended(WhoAmI).await.unwrap().success().unwrap();
    exop.val.as_ref().map(|_| exop.parse::<WhoAmIResp>().authzid).unwrap_or_default()
}

/// The code of a bind with the password-policy control, and the value of the control in the answer.
async fn policy(ldap: &mut Ldap, uid: &str, password: &str) -> (u32, Option<Vec<u8>>) {
    let control = RawControl { ctype: POLICY.to_owned(), crit: false, val: None };
    let result = ldap.with_controls(control).simple_bind(&person(uid), password).await.unwrap();
    let value = result.ctrls.into_iter().find(|control| control.1.ctype == POLICY).and_then(|control| control.1.val);
    (result.rc, value)
}

#[tokio::test]
async fn a_password_admits_under_any_spelling_of_the_name() {
    assert_eq!(code(&person("amueller"), PASSWORD).await, 0);
    assert_eq!(code("UID = AMueller , OU=People,dc=demo,dc=example", PASSWORD).await, 0);
    assert_eq!(code(&format!(r"cn=Wei\C3\9F\2C Jürgen,{PEOPLE}"), PASSWORD).await, 0);
}

#[tokio::test]
async fn wrong_unknown_empty_and_malformed_are_told_apart_as_openldap_does() {
    assert_eq!(code(&person("amueller"), "wrong").await, 49);
    assert_eq!(code(&person("nobody"), PASSWORD).await, 49);
    assert_eq!(code("ou=people,dc=demo,dc=example", PASSWORD).await, 49);
    assert_eq!(code(&person("amueller"), "").await, 53);
    assert_eq!(code("", "").await, 0);
    assert_eq!(code("", PASSWORD).await, 49);
    assert_eq!(code("amueller", PASSWORD).await, 34);
}

#[tokio::test]
async fn other_ways_to_bind_are_not_supported() {
    let directory = university().await;
    assert_eq!(anonymous(&directory).await.sasl_external_bind().await.unwrap().rc, 7);
}

#[tokio::test]
async fn who_am_i_follows_every_bind_and_a_failed_one_makes_anonymous() {
    let directory = university().await;
    let mut ldap = anonymous(&directory).await;
    assert_eq!(who(&mut ldap).await, "");
    ldap.simple_bind("UID=AMUELLER,ou=people,dc=demo,dc=example", PASSWORD).await.unwrap().success().unwrap();
    assert_eq!(who(&mut ldap).await, format!("dn:{}", person("amueller")));
    assert_eq!(ldap.simple_bind(&person("amueller"), "wrong").await.unwrap().rc, 49);
    assert_eq!(who(&mut ldap).await, "");
}

#[tokio::test]
async fn a_locked_account_is_named_only_to_those_who_ask() {
    let directory = university().await;
    let mut ldap = anonymous(&directory).await;
    assert_eq!(ldap.simple_bind(&person("dlocked"), PASSWORD).await.unwrap().rc, 49);
    for password in [PASSWORD, "wrong"] {
        assert_eq!(policy(&mut ldap, "dlocked", password).await, (49, Some(vec![0x30, 3, 0x81, 1, 1])));
    }
    assert_eq!(policy(&mut ldap, "amueller", PASSWORD).await, (0, Some(vec![0x30, 0])));
}

#[tokio::test]
async fn an_expired_password_is_told_only_after_the_right_one() {
    let directory = university().await;
    let mut ldap = anonymous(&directory).await;
    assert_eq!(ldap.simple_bind(&person("fexpired"), PASSWORD).await.unwrap().rc, 49);
    assert_eq!(policy(&mut ldap, "fexpired", PASSWORD).await, (49, Some(vec![0x30, 3, 0x81, 1, 0])));
    assert_eq!(policy(&mut ldap, "fexpired", "wrong").await, (49, Some(vec![0x30, 0])));
}

#[tokio::test]
async fn after_a_reset_nothing_works_until_another_bind() {
    let directory = university().await;
    let mut ldap = anonymous(&directory).await;
    assert_eq!(policy(&mut ldap, "ereset", "wrong").await, (49, Some(vec![0x30, 0])));
    assert_eq!(policy(&mut ldap, "ereset", PASSWORD).await, (0, Some(vec![0x30, 3, 0x81, 1, 2])));
    let own = person("ereset");
    let (_, result) = ldap.search(&own, Scope::Base, "(objectClass=*)", vec!["uid"]).await.map(|r| (r.0, r.1)).unwrap();
    assert_eq!(result.rc, 50);
    assert!(result.text.starts_with("Operations are restricted to bind/unbind"), "{}", result.text);
    assert_eq!(add(&mut ldap, &own, "mail", "x@y").await.rc, 50);
    assert_eq!(ldap.compare(&own, "uid", "ereset").await.unwrap().0.rc, 50);
    assert_eq!(who(&mut ldap).await, format!("dn:{own}"));
    ldap.simple_bind(&person("amueller"), PASSWORD).await.unwrap().success().unwrap();
    assert_eq!(read(&mut ldap, &person("amueller"), &["uid"]).await.attrs["uid"], ["amueller"]);
}
