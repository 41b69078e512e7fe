//! What only the operator can mend is set aside, listed, and done when the operator says so.

use std::collections::HashSet;

use ldap3::Mod;

use crate::{
    evidence::{as_admin, as_configurer},
    support::people::{IT_STAFF, MARIA, PLACEHOLDER, UMLAUT},
    world::World,
};

const MISSING: &str = "cn=forgotten,ou=services,ou=groups,dc=uni,dc=example";

/// The line about this person's directory write.
fn membership_of<'a>(list: &'a str, uid: &str) -> &'a str {
    list.lines().find(|line| line.contains("membership") && line.contains(uid)).unwrap_or_default()
}

async fn set_aside(world: &World, uid: &str, trouble: &str) {
    let named = format!("needs you: {trouble}");
    world.until(&named, async || membership_of(&world.portal.run(&["outbox", "list"]), uid).contains(&named)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_does_not_exist() {
    let world = World::with(|options| options.group = MISSING.to_owned()).await;
    let (mut maria, mut umlaut) = (world.visitor(MARIA.uid).await, world.visitor(UMLAUT.uid).await);
    assert!(world.press(&mut maria, true).await.is_done());
    assert!(world.press(&mut umlaut, true).await.is_done());
    set_aside(&world, MARIA.uid, "no-such-object").await;
    set_aside(&world, UMLAUT.uid, "no-such-object").await;
    assert!(world.portal.log().contains("outbox.needs-operator"));

    let attributes = [("objectClass", "groupOfNames"), ("cn", "forgotten"), ("member", PLACEHOLDER)];
    let attributes = attributes.map(|(name, value)| (name, HashSet::from([value]))).to_vec();
    let created = as_admin(&world.ldap).await.add(MISSING, attributes).await.expect("an answer");
    created.success().expect("created");
    world.portal.run(&["outbox", "retry"]);
    world.settle().await;
    assert!(world.is_member(&MARIA).await && world.is_member(&UMLAUT).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_password_that_was_changed() {
    let world = World::new().await;
    let mut maria = world.visitor(MARIA.uid).await;
    world.smtp.change_password("another");
    assert!(world.press(&mut maria, true).await.is_done());
    let waits = async || world.portal.run(&["outbox", "list"]).contains("needs you: mail-not-admitted");
    world.until("the mail waits for the operator", waits).await;
    assert!(world.portal.log().contains("outbox.needs-operator"));

    world.smtp.change_password(world.smtp.password);
    world.portal.run(&["outbox", "retry"]);
    assert_eq!(world.accepted_once(&MARIA).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_that_the_portal_does_not_have() {
    let world = World::with(|options| options.group = IT_STAFF.to_owned()).await;
    let mut maria = world.visitor(MARIA.uid).await;
    assert!(world.press(&mut maria, true).await.is_done());
    set_aside(&world, MARIA.uid, "insufficient-access").await;

    let rule = format!(
        "{{0}}to dn.exact=\"{IT_STAFF}\" attrs=member by dn.exact=\"{}\" =azcsrd by * break",
        world.ldap.portal_dn
    );
    let change = vec![Mod::Add("olcAccess", HashSet::from([rule.as_str()]))];
    let given = as_configurer(&world.ldap).await.modify("olcDatabase={1}mdb,cn=config", change).await;
    given.expect("an answer").success().expect("given");
    world.portal.run(&["outbox", "retry"]);
    assert_eq!(world.accepted_once(&MARIA).await, 1);
}
