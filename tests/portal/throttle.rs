//! Failed sign-ins are counted, successes are not, and time forgives.

use chrono::TimeDelta;
use futures_util::{StreamExt as _, stream};
use latchkey::demo::university;

use crate::world::{Base, PASSWORD, World, who};

on_both![
    other_spellings_do_not_tell_who_exists,
    three_failures_stop_an_account_for_a_while,
    other_ways_to_write_a_name_are_the_same_account,
    many_attempts_at_once_do_not_slip_through,
    a_right_password_forgives_earlier_failures,
    a_lecture_hall_behind_one_address_signs_in,
    a_forged_address_does_not_get_around_the_limit,
    a_proxy_that_the_operator_named_is_believed,
];

async fn three_failures_stop_an_account_for_a_while(base: Base) {
    let world = World::new(base).await;
    let visitor = world.visitor();
    for _ in 0..3 {
        visitor.try_to_sign_in(who::ANNA, "wrong").await.expect(422);
    }
    for password in ["wrong", PASSWORD] {
        let page = visitor.try_to_sign_in(who::ANNA, password).await;
        page.expect(429).says("There were too many attempts. Please wait 15 minutes, then try again.");
        assert_eq!((page.header("retry-after"), visitor.session_cookie()), ("900", None));
    }
    world.signed_in(who::BERND).await.permissions().await;
    world.advance(TimeDelta::minutes(15));
    visitor.try_to_sign_in(who::ANNA, PASSWORD).await.expect(303);
}

async fn other_ways_to_write_a_name_are_the_same_account(base: Base) {
    let world = World::new(base).await;
    let visitor = world.visitor();
    for name in ["amueller", "AMUELLER", " aMueller  "] {
        visitor.try_to_sign_in(name, "wrong").await.expect(422);
    }
    for name in ["amueller", "Amueller", "ａｍｕｅｌｌｅｒ"] {
        visitor.try_to_sign_in(name, PASSWORD).await.expect(429);
    }
}

async fn many_attempts_at_once_do_not_slip_through(base: Base) {
    let world = World::new(base).await;
    let visitor = world.visitor();
    let form = visitor.open("/sign-in").await.form("/sign-in").fill("name", who::ANNA).fill("password", "wrong");
    let answers: Vec<u16> =
        stream::iter(0..20).map(|_| async { visitor.post(&form).await.status }).buffer_unordered(20).collect().await;
    let count = |status| answers.iter().filter(|answer| **answer == status).count();
    assert_eq!((count(422), count(429)), (3, 17));
}

async fn a_right_password_forgives_earlier_failures(base: Base) {
    let world = World::new(base).await;
    let visitor = world.visitor();
    for _ in 0..3 {
        visitor.try_to_sign_in(who::ANNA, "wrong").await.expect(422);
        visitor.try_to_sign_in(who::ANNA, "wrong").await.expect(422);
        visitor.try_to_sign_in(who::ANNA, PASSWORD).await.expect(303);
    }
}

async fn a_lecture_hall_behind_one_address_signs_in(base: Base) {
    let world = World::new(base).await;
    let visitor = world.visitor();
    let entries = university::entries();
    let is_usable = |name: &str| ![who::LOCKED, who::MUST_CHANGE, who::EXPIRED].contains(&name);
    let students: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry.dn.strip_prefix("uid=")?.strip_suffix(",ou=people,dc=demo,dc=example"))
        .filter(|name| is_usable(name))
        .collect();
    let form = visitor.open("/sign-in").await.form("/sign-in").fill("password", PASSWORD);
    let answers: Vec<u16> = stream::iter(students.iter().cycle().take(500))
        .map(|name| {
            let (form, hall) = (form.clone().fill("name", name), &visitor);
            async move { hall.post(&form).await.status }
        })
        .buffer_unordered(16)
        .collect()
        .await;
    assert!(answers.iter().all(|status| *status == 303), "{answers:?}");
    assert_eq!(answers.len(), 500);
}

async fn a_forged_address_does_not_get_around_the_limit(base: Base) {
    let world = World::with(base, &[("SIGN_IN_FAILURES_PER_ADDRESS", "5")]).await;
    let statuses = fail_from_other_addresses(&world).await;
    assert_eq!(statuses, [422, 422, 422, 422, 422, 422, 429, 429]);
}

async fn a_proxy_that_the_operator_named_is_believed(base: Base) {
    let settings = [("SIGN_IN_FAILURES_PER_ADDRESS", "5"), ("PORTAL_TRUSTED_PROXIES", "127.0.0.1")];
    let world = World::with(base, &settings).await;
    let statuses = fail_from_other_addresses(&world).await;
    assert_eq!(statuses, [422; 8]);
}

/// Failures of eight accounts, each time from another address, if one believes `X-Forwarded-For`.
async fn fail_from_other_addresses(world: &World) -> Vec<u16> {
    let visitor = world.visitor();
    let form = visitor.open("/sign-in").await.form("/sign-in").fill("password", "wrong");
    let mut statuses = Vec::new();
    for number in 0..8 {
        let address = format!("192.0.2.{number}");
        let headers =
            [("x-forwarded-for", address.as_str()), ("forwarded", "for=192.0.2.99"), ("sec-fetch-site", "same-origin")];
        // The clock of the limit stands still meanwhile.
        world.clock.advance(TimeDelta::seconds(-1));
        let form = form.clone().fill("name", &format!("nobody{number}"));
        statuses.push(visitor.post_from(&form, &headers).await.status);
    }
    statuses
}

async fn other_spellings_do_not_tell_who_exists(base: Base) {
    let world = World::new(base).await;
    let visitor = world.visitor();
    for name in [who::ANNA, "nobody"] {
        for _ in 0..3 {
            visitor.try_to_sign_in(name, "wrong").await.expect(422);
        }
    }
    for (known, unknown) in [
        (super::world::dn(who::ANNA), super::world::dn("nobody")),
        ("ａｍｕｅｌｌｅｒ".to_owned(), "ｎｏｂｏｄｙ".to_owned()),
    ] {
        let known = visitor.try_to_sign_in(&known, "wrong").await.status;
        assert_eq!(visitor.try_to_sign_in(&unknown, "wrong").await.status, known);
    }
}
