//! What stands and what stood is kept ready for auditors; it must say what acceptances and withdrawals say, at every time.

use chrono::TimeDelta;
use latchkey::{
    chance,
    clock::Instant,
    command::terms::Weight,
    domain::audit::standing::{self, Question},
};

use crate::world::{Base, World, who};

on_both![
    what_is_kept_ready_agrees_with_acceptances_and_withdrawals,
    an_acceptance_that_arrives_late_does_not_replace_a_newer_one,
    whatever_comes_in_whatever_order_is_found_at_every_time,
];

fn question(version: &str, at: Instant, is_now: bool) -> Question {
    Question { service: "cloud".to_owned(), version: Some(version.to_owned()), at, is_now, people: None }
}

/// The accounts whose acceptance of a version stood, as it is kept ready; sorted.
fn kept(world: &World, question: &Question) -> Vec<String> {
    let mut conn = world.connect();
    let (found, more) = standing::page(&mut conn, question, None, 100).expect("a page");
    assert!(!more && found.iter().all(|standing| Some(&standing.version_id) == question.version.as_ref()));
    assert!(found.windows(2).all(|pair| pair[0].id > pair[1].id), "newest first");
    assert_eq!(standing::count_all(&mut conn, question).expect("a count"), found.len() as u64);
    let mut accounts: Vec<String> = found.into_iter().map(|standing| standing.account_id).collect();
    accounts.sort();
    accounts
}

/// The same, as acceptances and withdrawals say when they are compared.
fn compared(world: &World, version: &str, at: Instant) -> Vec<String> {
    let at = at.format("%F %T%.6f");
    let from = format!(
        "acceptances AS a WHERE version_id = '{version}' AND accepted_at <= '{at}' AND NOT EXISTS (
            SELECT 1 FROM withdrawals AS w WHERE w.acceptance_id = a.id AND withdrawn_at <= '{at}'
        ) AND NOT EXISTS (
            SELECT 1 FROM acceptances AS later WHERE later.account_id = a.account_id AND later.service = a.service
                AND later.id > a.id AND later.accepted_at <= '{at}'
        ) ORDER BY account_id"
    );
    world.lines("account_id", &from)
}

/// Who has the service without an acceptance: as it is kept ready, and as it is when all are compared.
fn without_ground(world: &World) -> Vec<String> {
    let question = question("", world.clock.now(), true);
    let (found, _) = standing::without_acceptance(&mut world.connect(), &question, None, 100).expect("a page");
    let kept: Vec<String> = found.into_iter().map(|ungrounded| ungrounded.account_id).collect();
    let from = "entitlements AS e WHERE service = 'cloud' AND wanted AND NOT EXISTS (
            SELECT 1 FROM acceptances AS a WHERE a.account_id = e.account_id AND a.service = e.service
                AND NOT EXISTS (SELECT 1 FROM withdrawals AS w WHERE w.acceptance_id = a.id)
                AND NOT EXISTS (
                    SELECT 1 FROM acceptances AS later
                    WHERE later.account_id = a.account_id AND later.service = a.service AND later.id > a.id
                )
        ) ORDER BY account_id";
    assert_eq!(kept, world.lines("account_id", from));
    kept
}

/// How many stand on each version, oldest version first.
fn counts(world: &World) -> Vec<usize> {
    let now = world.clock.now();
    without_ground(world);
    let by_version = standing::count_by_version(&mut world.connect(), "cloud").expect("counts");
    let agreed = |version: &String| {
        let ready = kept(world, &question(version, now, true));
        assert_eq!(ready, kept(world, &question(version, now, false)));
        assert_eq!(ready, compared(world, version, now));
        assert_eq!(by_version.get(version).copied().unwrap_or_default(), i64::try_from(ready.len()).expect("few"));
        ready.len()
    };
    versions(world).iter().map(agreed).collect()
}

fn versions(world: &World) -> Vec<String> {
    world.lines("id", "terms_versions WHERE service = 'cloud' ORDER BY number")
}

async fn what_is_kept_ready_agrees_with_acceptances_and_withdrawals(base: Base) {
    let world = World::new(base).await;
    for username in [who::ANNA, who::BERND, who::CLAUDIA] {
        world.signed_in(username).await.activate(&["cloud"]).await;
    }
    assert_eq!(counts(&world), [3]);
    let first_day = world.clock.now();
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
    assert_eq!(kept(&world, &question(&versions(&world)[0], first_day, false)).len(), 3);
    assert_eq!(without_ground(&world), Vec::<String>::new());
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

/// Acceptances, withdrawals and decisions of a few people, half of them late: as two portals write whose clocks differ, or as somebody
/// writes past the portal.
async fn whatever_comes_in_whatever_order_is_found_at_every_time(base: Base) {
    let world = World::new(base).await;
    let version = versions(&world).remove(0);
    let (begin, mut random) = (world.clock.now(), 4711_u64);
    let mut below = |most: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % most
    };
    for person in 0..4 {
        world
            .execute(&format!(
                "INSERT INTO accounts (id, username, dn, display_name, affiliations, locale, salt, created_at, seen_at) \
                 VALUES ('account-{person}', 'u', 'd', 'n', '', 'de', '', '2020-01-01 00:00:00', '2020-01-01 00:00:00')"
            ))
            .expect("an account");
    }
    let minutes = |minutes: u64| begin + TimeDelta::minutes(i64::try_from(minutes).expect("few"));
    let mut ungrounded = 0;
    for step in 0..80 {
        let (person, at) = (below(4), minutes(if below(2) == 0 { step } else { below(80) }));
        let (id, time) = (format!("{}-{step}", chance::first_id(at)), at.format("%F %T"));
        let statement = match below(4) {
            0 | 1 => format!(
                "INSERT INTO acceptances (id, account_id, service, version_id, locale, digest, receipt, change_id, accepted_at) \
                 VALUES ('{id}', 'account-{person}', 'cloud', '{version}', 'de', '', 'R-{step}', '', '{time}')"
            ),
            // The newest acceptance that is left, or an older one.
            2 => format!(
                "INSERT INTO withdrawals (id, acceptance_id, account_id, service, cause, receipt, change_id, withdrawn_at) \
                 SELECT '{id}', id, account_id, service, 'member', 'R-{step}', '', '{time}' FROM acceptances AS a \
                 WHERE account_id = 'account-{person}' AND accepted_at <= '{time}' \
                 AND NOT EXISTS (SELECT 1 FROM withdrawals AS w WHERE w.acceptance_id = a.id) ORDER BY id DESC LIMIT 1"
            ),
            _ => format!(
                "INSERT INTO entitlements (account_id, service, wanted, revision, cause, change_id, changed_at, applied_revision) \
                 VALUES ('account-{person}', 'cloud', {0}, 1, 'accepted', '', '{time}', 1) \
                 ON CONFLICT (account_id, service) DO UPDATE SET wanted = {0}",
                below(2) == 0
            ),
        };
        world.execute(&statement).expect("a row");
        ungrounded += without_ground(&world).len();
        if step % 8 == 7 {
            for minute in 0..80 {
                let at = minutes(minute);
                assert_eq!(
                    kept(&world, &question(&version, at, false)),
                    compared(&world, &version, at),
                    "{step} {minute}"
                );
            }
        }
    }
    assert!(world.count("ended_acceptances") > 10 && ungrounded > 10, "{ungrounded}");
}
