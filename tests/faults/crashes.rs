//! The portal is killed at each step between commit and mail.

use crate::{
    proxy::{Moment, Operation, Weather},
    support::people::MARIA,
    world::World,
};

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_directory_write_arrives() {
    let mut world = World::new().await;
    let maria = world.visitor(MARIA.uid).await;
    world.ldap_proxy.hang_at(Moment::Before(Operation::Modify));
    let pressing = world.pressing(&maria, true);
    world.ldap_proxy.hung().await;
    assert!(world.dossier(MARIA.uid).await.stands(), "committed before the directory is told");
    world.portal.kill();
    world.ldap_proxy.cut();
    world.until("the connections are cut", async || world.ldap_proxy.connections() == 0).await;
    world.mend();
    assert!(pressing.await.expect("a press").is_none(), "nobody was told");
    assert!(!world.is_member(&MARIA).await);
    world.portal.restart();
    assert_eq!(world.accepted_once(&MARIA).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_directory_write_before_it_is_noted() {
    let mut world = World::new().await;
    let maria = world.visitor(MARIA.uid).await;
    world.ldap_proxy.hang_at(Moment::After(Operation::Modify));
    let pressing = world.pressing(&maria, true);
    world.ldap_proxy.hung().await;
    world.until("the membership", async || world.is_member(&MARIA).await).await;
    world.portal.kill();
    world.mend();
    assert!(pressing.await.expect("a press").is_none());
    assert!(!world.dossier(MARIA.uid).await.is_applied);
    world.portal.restart();
    assert_eq!(world.accepted_once(&MARIA).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_write_is_on_its_way_which_arrives_later() {
    let mut world = World::new().await;
    let maria = world.visitor(MARIA.uid).await;
    world.ldap_proxy.hang_at(Moment::Before(Operation::Modify));
    let pressing = world.pressing(&maria, true);
    world.ldap_proxy.hung().await;
    world.portal.kill();
    assert!(pressing.await.expect("a press").is_none());
    world.mend();
    world.portal.restart();
    assert_eq!(world.accepted_once(&MARIA).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_mail_is_sent() {
    let mut world = World::new().await;
    let mut maria = world.visitor(MARIA.uid).await;
    world.smtp_proxy.set(Weather::Hanging);
    assert!(world.press(&mut maria, true).await.is_done());
    world.until("a connection to the mail server", async || world.smtp_proxy.connections() > 0).await;
    world.portal.kill();
    world.smtp_proxy.cut();
    world.mend();
    assert_eq!(world.smtp.messages().len(), 0);
    world.portal.restart();
    assert_eq!(world.accepted_once(&MARIA).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_mail_is_sent_before_that_is_noted() {
    let mut world = World::new().await;
    let mut maria = world.visitor(MARIA.uid).await;
    world.smtp.answer(Some("hang"));
    assert!(world.press(&mut maria, true).await.is_done());
    world.until("a mail", async || world.smtp.messages().len() == 1).await;
    world.portal.kill();
    world.mend();
    world.portal.restart();
    assert_eq!(world.accepted_once(&MARIA).await, 2, "the same mail again, which mail programs show once");
}
