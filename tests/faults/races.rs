//! Two at once, where one is overtaken.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::{
    evidence,
    portal::Portal,
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
    let direct = world.another_portal();
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

/// A portal that comes to a write only after its lease has ended leaves it: another one has written it meanwhile, and perhaps
/// something newer.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_turn_comes_too_late_is_left_to_others() {
    let world = World::new().await;
    let other = world.another_portal();
    let mut maria = world.visitor(MARIA.uid).await;
    let jonas = world.visitor("student00001").await;
    assert!(world.press(&mut maria, true).await.is_done());
    world.settle().await;
    // Somebody else's write hangs, and Maria's withdrawal waits behind it.
    world.ldap_proxy.hang_at(Moment::Before(Operation::Modify));
    world.pressing(&jonas, true);
    world.ldap_proxy.hung().await;
    let form = maria.permissions(&other.address()).await.expect("an answer").1.expect("a form");
    let answer = maria.press(&world.portal.address(), &form, false).await.expect("an answer");
    assert!(answer.is_done(), "{answer:?}");
    world.until("the other portal has taken Maria out", async || !world.is_member(&MARIA).await).await;
    world.settle().await;
    let form = maria.permissions(&other.address()).await.expect("an answer").1.expect("a form");
    assert!(maria.press(&other.address(), &form, true).await.expect("an answer").is_done());
    world.settle().await;
    // Were the first portal to take her out now, it would find out and put her back, but not before the next look.
    world.ldap_proxy.set(Weather::Slow(Duration::from_millis(300)));
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        assert!(world.is_member(&MARIA).await, "taken out by an older decision\n{}", world.portal.log());
        sleep(Duration::from_millis(50)).await;
    }
}
