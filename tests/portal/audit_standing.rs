//! What stands now is kept ready for auditors; it must say what acceptances and withdrawals say.

use chrono::TimeDelta;
use latchkey::{
    command::terms::Weight,
    domain::audit::standing::{self, Question},
};

use crate::world::{Base, World, who};

on_both![
    what_is_kept_ready_agrees_with_acceptances_and_withdrawals,
    an_acceptance_that_arrives_late_does_not_replace_a_newer_one,
];

/// Account and version of what stands now, as it is kept ready or as acceptances and withdrawals say.
fn standing(world: &World, version: &str, is_now: bool) -> Vec<(String, String)> {
    let question = Question {
        service: "cloud".to_owned(),
        version: Some(version.to_owned()),
        at: world.clock.now(),
        is_now,
        people: None,
    };
    let (found, more) = standing::page(&mut world.connect(), &question, None, 50).expect("a page");
    assert!(!more);
    found.into_iter().map(|standing| (standing.account_id, standing.version_id)).collect()
}

/// How many stand on each version, oldest version first.
fn counts(world: &World) -> Vec<usize> {
    let versions = world.lines("id", "terms_versions WHERE service = 'cloud' ORDER BY number");
    let agreed = |version: &String| {
        let ready = standing(world, version, true);
        assert_eq!(ready, standing(world, version, false));
        assert_eq!(standing::count_of_version(&mut world.connect(), version).expect("a count"), ready.len() as u64);
        ready.len()
    };
    versions.iter().map(agreed).collect()
}

async fn what_is_kept_ready_agrees_with_acceptances_and_withdrawals(base: Base) {
    let world = World::new(base).await;
    for username in [who::ANNA, who::BERND, who::CLAUDIA] {
        world.signed_in(username).await.activate(&["cloud"]).await;
    }
    assert_eq!(counts(&world), [3]);
    world.advance(TimeDelta::days(1));
    world.signed_in(who::BERND).await.withdraw("cloud").await;
    assert_eq!(counts(&world), [2]);
    let major = Weight { major: Some(true), grace_days: 14, effective_in_days: 0 };
    world.publish("cloud", 2, major).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.press(&anna.permissions().await.form("/profile/permissions").tick("terms")).await;
    assert_eq!(counts(&world), [1, 1]);
    world.signed_in(who::BERND).await.activate(&["cloud"]).await;
    assert_eq!(counts(&world), [1, 2]);
    world.advance(TimeDelta::days(15));
    world.upkeep().await;
    assert_eq!(counts(&world), [0, 2]);
    world.deliver().await;
}

async fn an_acceptance_that_arrives_late_does_not_replace_a_newer_one(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    // From a portal whose clock is behind.
    let late = "INSERT INTO acceptances SELECT '0' || id, account_id, service, version_id, locale, digest, 'R-late', change_id, \
                accepted_at FROM acceptances";
    world.execute(late).expect("an acceptance");
    assert_eq!(counts(&world), [1]);
    assert_eq!(world.lines("acceptance_id", "standing_acceptances"), world.lines("max(id)", "acceptances"));
    world.deliver().await;
}
