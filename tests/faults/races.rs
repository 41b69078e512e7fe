//! Two presses at once, where one is overtaken.

use crate::{
    evidence,
    portal::{self, Portal},
    proxy::{Moment, Operation, Weather},
    support::people::MARIA,
    visitor::Visitor,
    world::World,
};

/// What one request has seen of the directory is out of date once another has written to it: a double click must not withdraw
/// (or grant) twice. Only where somebody else has changed the group is the directory looked at before a press is decided.
#[tokio::test(flavor = "multi_thread")]
async fn a_press_that_was_overtaken_changes_nothing() {
    let world = World::new().await;
    let direct =
        Portal::start(&portal::options(&world.options.database, &world.ldap, &world.smtp), &world.ldap, &world.smtp);
    let mut maria = world.visitor(MARIA.uid).await;
    // In the group without ever having accepted anything.
    evidence::add_members(&world.ldap, &world.options.group, &[MARIA.dn()]).await;
    pressed_twice(&world, &direct, &mut maria, false).await;
    let dossier = world.dossier(MARIA.uid).await;
    assert_eq!((dossier.events.len(), dossier.revision), (1, 1), "{dossier:?}");

    assert!(world.press(&mut maria, true).await.is_done());
    world.settle().await;
    // Taken out of it although everything is accepted.
    evidence::remove_members(&world.ldap, &world.options.group, &[MARIA.dn()]).await;
    pressed_twice(&world, &direct, &mut maria, true).await;
    let dossier = world.dossier(MARIA.uid).await;
    assert_eq!((dossier.events.len(), dossier.revision), (2, 3), "{dossier:?}");
}

/// The same form is sent to two portals. The first has looked at the directory and hangs while the second one carries it out.
async fn pressed_twice(world: &World, direct: &Portal, maria: &mut Visitor, granting: bool) {
    let slow = world.portal.address();
    let form = maria.permissions(&slow).await.expect("an answer").1.expect("a form");
    world.ldap_proxy.hang_at(Moment::After(Operation::Compare));
    let overtaken = {
        let (mut maria, form, slow) = (maria.clone(), form.clone(), slow.clone());
        tokio::spawn(async move { maria.press(&slow, &form, granting).await.expect("an answer") })
    };
    world.ldap_proxy.hung().await;
    let answer = maria.press(&direct.address(), &form, granting).await.expect("an answer");
    assert!(answer.is_done(), "{answer:?}");
    world.ldap_proxy.set(Weather::Fair);
    let answer = overtaken.await.expect("a press");
    assert!(answer.is_done(), "{answer:?}");
    world.settle().await;
    assert_eq!(world.is_member(&MARIA).await, granting);
}
