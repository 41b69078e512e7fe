//! Servers that are down, hang, or come back.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::{
    evidence,
    proxy::{Moment, Operation, Weather},
    support::people::{COMMA, MARIA, UMLAUT},
    visitor::{self, Visitor},
    world::World,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_stops_before_the_press() {
    let mut world = World::new().await;
    let mut maria = world.visitor(MARIA.uid).await;
    world.ldap.stop();
    let answer = world.press(&mut maria, true).await;
    assert!(answer.is_done(), "{answer:?}");
    assert!(world.dossier(MARIA.uid).await.stands());
    world.ldap.restart();
    assert_eq!(world.accepted_once(&MARIA).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_crashes_during_the_press() {
    for moment in [Moment::Before(Operation::Modify), Moment::After(Operation::Modify)] {
        let mut world = World::new().await;
        let maria = world.visitor(MARIA.uid).await;
        world.ldap_proxy.hang_at(moment);
        let pressing = world.pressing(&maria, true);
        world.ldap_proxy.hung().await;
        world.ldap.crash();
        world.ldap_proxy.cut();
        world.mend();
        let answer = pressing.await.expect("a press").expect("an answer");
        assert!(answer.is_done(), "{moment:?}: {answer:?}");
        world.ldap.restart();
        assert_eq!(world.accepted_once(&MARIA).await, 1, "{moment:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_crashes_after_the_press() {
    let mut world = World::new().await;
    let mut maria = world.visitor(MARIA.uid).await;
    assert!(world.press(&mut maria, true).await.is_done());
    world.ldap.crash();
    world.ldap.restart();
    assert_eq!(world.accepted_once(&MARIA).await, 1);
    let (_, form) = maria.permissions(&world.portal.address()).await.expect("an answer");
    assert!(form.expect("a form").is_active, "the portal connects again by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_directory_is_down_the_portal_shows_what_it_knows_and_takes_orders() {
    let mut world = World::new().await.alone().await;
    let (mut maria, mut umlaut) = (world.visitor(MARIA.uid).await, world.visitor(UMLAUT.uid).await);
    assert!(world.press(&mut maria, true).await.is_done());
    world.settle().await;
    world.ldap.stop();
    let portal = world.portal.address();

    let began = Instant::now();
    let (page, form) = maria.permissions(&portal).await.expect("an answer");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let form = form.expect("a form");
    assert!(form.without_directory && form.is_active, "{}", page.body);
    let withdrawn = maria.press(&portal, &form, false).await.expect("an answer");
    assert!(withdrawn.is_done(), "{withdrawn:?}");
    let result = maria.get(&portal, &withdrawn.location.expect("a place")).await.expect("an answer");
    assert!(result.body.contains("data-pending"), "{}", result.body);

    assert!(world.press(&mut umlaut, true).await.is_done());
    let (_, form) = umlaut.permissions(&portal).await.expect("an answer");
    assert!(form.expect("a form").is_active, "being applied counts as active");

    let mut stranger = Visitor::new(COMMA.uid, visitor::http());
    let began = Instant::now();
    let refused = stranger.sign_in(&portal).await.expect("an answer");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert_eq!((refused.status.as_u16(), refused.retry_after.is_some()), (503, true), "{refused:?}");

    world.ldap.restart();
    world.settle().await;
    assert!(!world.is_member(&MARIA).await && world.is_member(&UMLAUT).await);
    assert!(stranger.sign_in(&portal).await.expect("an answer").is_done());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_too_busy_gets_the_change_later() {
    let world = World::new().await;
    let mut maria = world.visitor(MARIA.uid).await;
    world.ldap_proxy.set(Weather::Busy);
    let answer = world.press(&mut maria, true).await;
    assert!(answer.is_done(), "{answer:?}");
    let mut umlaut = Visitor::new(UMLAUT.uid, visitor::http());
    let refused = umlaut.sign_in(&world.portal.address()).await.expect("an answer");
    assert_eq!((refused.status.as_u16(), refused.retry_after.is_some()), (503, true), "{refused:?}");
    assert!(!world.is_member(&MARIA).await);
    world.mend();
    assert_eq!(world.accepted_once(&MARIA).await, 1);
}

/// Fifty people at once wait as long as one: the two seconds of the settings, and not for each other.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_directory_keeps_nobody_waiting_at_the_sign_in() {
    for is_fresh in [false, true] {
        let world = World::new().await.alone().await;
        world.visitor(MARIA.uid).await;
        world.ldap_proxy.set(Weather::Hanging);
        if is_fresh {
            world.ldap_proxy.cut();
        }
        let began = Instant::now();
        for refused in sign_in_all(&world, 50).await {
            assert_eq!((refused.status.as_u16(), refused.retry_after.is_some()), (503, true), "{refused:?}");
        }
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}, fresh: {is_fresh}", began.elapsed());
        world.mend();
        world.visitor(UMLAUT.uid).await;
    }
}

/// More people than the portal lets sign in at once: the rest is asked to come back, at once, and those inside are served.
#[tokio::test(flavor = "multi_thread")]
async fn under_too_much_load_people_inside_are_served_and_others_come_back_later() {
    let world = World::new().await.alone().await;
    let mut maria = world.visitor(MARIA.uid).await;
    world.ldap_proxy.set(Weather::Slow(Duration::from_millis(200)));
    let portal = world.portal.address();
    let crowd = sign_in_all(&world, 330);
    let inside = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let began = Instant::now();
        assert!(world.press(&mut maria, true).await.is_done());
        assert!(maria.get(&portal, "/en/profile/history").await.expect("an answer").status.is_success());
        began.elapsed()
    };
    let (crowd, took) = tokio::join!(crowd, inside);
    let (refused, admitted): (Vec<_>, Vec<_>) = crowd.into_iter().partition(|answer| !answer.is_done());
    assert!(!refused.is_empty() && admitted.len() >= 10, "{} of 330 came in", admitted.len());
    for answer in &refused {
        assert_eq!((answer.status.as_u16(), answer.retry_after.is_some()), (503, true), "{answer:?}");
    }
    // Three pages of a second at most, each with the network's delay.
    assert!(took < Duration::from_secs(5), "{took:?}");
    world.mend();
    assert_eq!(world.accepted_once(&MARIA).await, 1);
}

/// So many students sign in at the same time.
async fn sign_in_all(world: &World, count: usize) -> Vec<visitor::Answer> {
    let portal = world.portal.address();
    let signing_in: Vec<_> = (1..=count)
        .map(|number| {
            let portal = portal.clone();
            tokio::spawn(async move {
                let mut student = Visitor::new(&format!("student{number:05}"), visitor::http());
                student.sign_in(&portal).await.expect("an answer")
            })
        })
        .collect();
    join_all(signing_in).await.into_iter().map(|answer| answer.expect("a visitor")).collect()
}

/// The limits of the tests: one second for connecting, one for a page or a press, three for an operation.
#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_hangs_makes_pages_late_but_not_later_with_every_visitor() {
    for is_fresh in [false, true] {
        let world = World::new().await;
        let mut visitors = Vec::new();
        for number in 1..=12 {
            visitors.push(world.visitor(&format!("student{number:05}")).await);
        }
        world.ldap_proxy.set(Weather::Hanging);
        if is_fresh {
            // Every connection has to be made anew, and none can be.
            world.ldap_proxy.cut();
        }
        let portal = world.portal.address();
        let began = Instant::now();
        let waiting: Vec<_> = visitors
            .into_iter()
            .map(|mut visitor| {
                let portal = portal.clone();
                tokio::spawn(async move {
                    let (page, form) = visitor.permissions(&portal).await.expect("an answer");
                    assert!(form.is_some_and(|form| form.without_directory), "{page:?}");
                    let form = visitor.permissions(&portal).await.expect("an answer").1.expect("a form");
                    assert!(visitor.press(&portal, &form, true).await.expect("an answer").is_done());
                    began.elapsed()
                })
            })
            .collect();
        for visitor in waiting {
            let took = visitor.await.expect("a visitor");
            // Three pages, each late by at most the deadline and the time for connecting.
            assert!(took < 3 * Duration::from_secs(2) + Duration::from_secs(1), "{took:?}, fresh: {is_fresh}");
        }
        world.mend();
        world.settle().await;
    }
}

/// The promise is a second; a machine that does other things as well may need longer for one page, not for three.
#[tokio::test(flavor = "multi_thread")]
async fn within_a_second_the_page_says_that_the_directory_is_silent() {
    for is_fresh in [false, true] {
        let world = World::new().await.alone().await;
        let mut maria = world.visitor(MARIA.uid).await;
        world.ldap_proxy.set(Weather::Hanging);
        if is_fresh {
            world.ldap_proxy.cut();
        }
        let mut times = Vec::new();
        for _ in 0..3 {
            let began = Instant::now();
            let (page, form) = maria.permissions(&world.portal.address()).await.expect("an answer");
            times.push(began.elapsed());
            assert!(form.is_some_and(|form| form.without_directory), "{page:?}");
        }
        assert!(times.iter().min() < Some(&Duration::from_secs(1)), "{times:?}, fresh: {is_fresh}");
    }
}

/// Each answer takes 0.6 s, within the limit of a page (0.8 s) and of a press (1 s); all that are needed take longer, and there is
/// one limit for all of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_directory_makes_a_page_late_once_and_not_for_each_question() {
    let world = World::with(|options| options.believe_for = "0s").await.alone().await;
    let mut maria = world.visitor(MARIA.uid).await;
    world.ldap_proxy.set(Weather::Slow(Duration::from_millis(300)));
    let portal = world.portal.address();
    let mut times = Vec::new();
    for _ in 0..3 {
        let began = Instant::now();
        let (page, form) = maria.permissions(&portal).await.expect("an answer");
        let (seen, pressing) = (began.elapsed(), Instant::now());
        let form = form.unwrap_or_else(|| panic!("{page:?}"));
        assert!(form.without_directory, "who it is was answered, the membership was not");
        assert!(maria.press(&portal, &form, !form.is_active).await.expect("an answer").is_done());
        times.push((seen, pressing.elapsed()));
    }
    assert!(times.iter().any(|(page, _)| *page < Duration::from_millis(1_100)), "{times:?}");
    assert!(times.iter().any(|(_, press)| *press < Duration::from_millis(1_300)), "{times:?}");
    world.mend();
    world.settle().await;
}

/// Each answer takes 0.9 s, a page waits 0.8 s: what comes too late for one page counts for the next.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_gone_is_out_however_slow_the_directory_is() {
    let world = World::with(|options| options.believe_for = "1s").await;
    let mut maria = world.visitor(MARIA.uid).await;
    let deleted = evidence::as_admin(&world.ldap).await.delete(&MARIA.dn()).await.expect("an answer");
    deleted.success().expect("an entry that is gone");
    world.ldap_proxy.set(Weather::Slow(Duration::from_millis(450)));
    let portal = world.portal.address();
    world
        .until("Maria is signed out", async || {
            let (page, _) = maria.clone().permissions(&portal).await.expect("an answer");
            page.location.is_some_and(|location| location.contains("/sign-in"))
        })
        .await;
    assert!(maria.permissions(&portal).await.expect("an answer").1.is_none());
}

/// As behind a firewall that forgot its connections: what is sent on an old one is never answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_died_silently_is_replaced() {
    let world = World::new().await;
    let mut maria = world.visitor(MARIA.uid).await;
    world.ldap_proxy.forget_connections();
    let began = Instant::now();
    while maria.permissions(&world.portal.address()).await.expect("an answer").1.expect("a form").without_directory {
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
    assert!(world.press(&mut maria, true).await.is_done());
    assert_eq!(world.accepted_once(&MARIA).await, 1);
}

/// Somebody who signs in waits for two seconds, an operation has three: that a connection has died shows after the page.
#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_has_connections_replaced_that_died_silently() {
    let world = World::new().await;
    world.visitor(MARIA.uid).await;
    world.ldap_proxy.forget_connections();
    let (portal, mut umlaut) = (world.portal.address(), Visitor::new(UMLAUT.uid, visitor::http()));
    let began = Instant::now();
    while !umlaut.sign_in(&portal).await.expect("an answer").is_done() {
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_that_the_mail_server_is_down() {
    let mut world = World::new().await.alone().await;
    let mut maria = world.visitor(MARIA.uid).await;
    world.smtp.stop();
    let began = Instant::now();
    assert!(world.press(&mut maria, true).await.is_done());
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert!(world.is_member(&MARIA).await);
    world
        .until("a failed attempt", async || world.portal.run(&["outbox", "list"]).contains("waiting: mail-server"))
        .await;
    world.smtp.restart();
    assert_eq!(world.accepted_once(&MARIA).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_hangs_holds_up_no_directory_write() {
    let mut world = World::new().await;
    let mut visitors = Vec::new();
    for number in 1..=24 {
        visitors.push(world.visitor(&format!("student{number:05}")).await);
    }
    world.smtp_proxy.set(Weather::Hanging);
    for visitor in &mut visitors {
        assert!(world.press(visitor, true).await.is_done());
    }
    // Now the worker has to do a directory write, with all these mails before it.
    let mut maria = world.visitor(MARIA.uid).await;
    world.ldap.stop();
    assert!(world.press(&mut maria, true).await.is_done());
    world.ldap.restart();
    let began = Instant::now();
    world.until("the membership", async || world.is_member(&MARIA).await).await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    world.mend();
    world.settle().await;
}

/// A filter before the queue thinks longer than `mail.timeout` (two seconds here) and the lease of what is owed (five), and accepts the
/// message in the end: until then nobody sends it again, neither this portal nor another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_thinks_longer_than_a_lease_gets_the_mail_once() {
    let world = World::new().await;
    let _other = world.another_portal();
    let mut maria = world.visitor(MARIA.uid).await;
    world.smtp.answer(Some("hang"));
    assert!(world.press(&mut maria, true).await.is_done());
    world.until("a mail", async || world.smtp.messages().len() == 1).await;
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert_eq!(world.smtp.messages().len(), 1, "{}", world.portal.log());
    world.mend();
    assert_eq!(world.accepted_once(&MARIA).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_the_server_ponders_holds_up_no_other() {
    let world = World::new().await;
    let (mut maria, mut umlaut) = (world.visitor(MARIA.uid).await, world.visitor(UMLAUT.uid).await);
    world.smtp.answer(Some("hang"));
    for (visitor, mails) in [(&mut maria, 1), (&mut umlaut, 2)] {
        assert!(world.press(visitor, true).await.is_done());
        world.until("a mail", async || world.smtp.messages().len() == mails).await;
    }
    world.mend();
    world.settle().await;
    assert_eq!(world.smtp.messages().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_down_nothing_is_half_done() {
    let world = World::on_postgres().await;
    let mut maria = world.visitor(MARIA.uid).await;
    let portal = world.portal.address();
    let form = maria.permissions(&portal).await.expect("an answer").1.expect("a form");
    let proxy = world.database_proxy.as_ref().expect("a proxy");
    proxy.set(Weather::Refusing);

    let pressed = maria.press(&portal, &form, true).await.expect("an answer");
    assert_eq!((pressed.status.as_u16(), pressed.retry_after.is_some()), (503, true), "{pressed:?}");
    let (page, _) = maria.permissions(&portal).await.expect("an answer");
    assert_eq!((page.status.as_u16(), page.retry_after.is_some()), (503, true), "{page:?}");
    let mut stranger = Visitor::new(UMLAUT.uid, visitor::http());
    let refused = stranger.sign_in(&portal).await.expect("an answer");
    assert_eq!((refused.status.as_u16(), refused.retry_after.is_some()), (503, true), "{refused:?}");
    assert!(world.dossier(MARIA.uid).await.events.is_empty() && !world.is_member(&MARIA).await);

    proxy.set(Weather::Fair);
    assert!(maria.press(&portal, &form, true).await.expect("an answer").is_done(), "the same page still serves");
    assert_eq!(world.accepted_once(&MARIA).await, 1);
    assert!(stranger.sign_in(&portal).await.expect("an answer").is_done());
}

/// A database that says nothing at all, as behind a network that is gone, keeps nobody waiting for ever, and is used again when it
/// speaks.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_silent_people_are_told_and_later_all_is_well() {
    let world = World::on_postgres().await;
    let portal = world.portal.address();
    let mut visitors = Vec::new();
    // More than the pool has connections.
    for uid in [MARIA.uid, UMLAUT.uid, COMMA.uid].into_iter().cycle().take(12) {
        visitors.push(world.visitor(uid).await);
    }
    let proxy = world.database_proxy.as_ref().expect("a proxy");
    proxy.set(Weather::Hanging);
    let began = Instant::now();
    let answers = join_all(visitors.iter_mut().map(|visitor| visitor.permissions(&portal))).await;
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    for answer in answers {
        let (page, _) = answer.expect("an answer");
        assert_eq!((page.status.as_u16(), page.retry_after.is_some()), (503, true), "{page:?}");
    }
    proxy.set(Weather::Fair);
    let mut maria = world.visitor(MARIA.uid).await;
    assert!(world.press(&mut maria, true).await.is_done());
    assert_eq!(world.accepted_once(&MARIA).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_goes_while_the_directory_is_written() {
    let world = World::on_postgres().await;
    let maria = world.visitor(MARIA.uid).await;
    world.ldap_proxy.hang_at(Moment::After(Operation::Modify));
    let pressing = world.pressing(&maria, true);
    world.ldap_proxy.hung().await;
    world.database_proxy.as_ref().expect("a proxy").set(Weather::Refusing);
    world.ldap_proxy.set(Weather::Fair);
    let answer = pressing.await.expect("a press").expect("an answer");
    assert!(answer.is_done(), "it was committed: {answer:?}");
    world.mend();
    assert_eq!(world.accepted_once(&MARIA).await, 1);
}
