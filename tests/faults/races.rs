//! Two presses at once, where one is overtaken.

use crate::{
    portal::{self, Portal},
    proxy::{Moment, Operation, Weather},
    support::people::MARIA,
    world::World,
};

/// What one request has seen of the directory is out of date once another has written to it: a double click must not withdraw
/// (or grant) twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_press_that_was_overtaken_changes_nothing() {
    let world = World::new().await;
    let direct =
        Portal::start(&portal::options(&world.options.database, &world.ldap, &world.smtp), &world.ldap, &world.smtp);
    let mut maria = world.visitor(MARIA.uid).await;
    for (count, granting) in [(1, true), (2, false), (3, true)] {
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
        let dossier = world.dossier(MARIA.uid).await;
        assert_eq!(dossier.events.len(), count, "granting: {granting}: {dossier:?}");
        assert_eq!(world.is_member(&MARIA).await, granting);
        // The decision itself is not repeated either.
        let decisions = world.decisions(MARIA.uid).await;
        assert_eq!(decisions, i64::try_from(count).expect("small"), "granting: {granting}");
    }
}
