//! When something the portal depends on is away: nothing is lost, nothing is claimed, and people are told.

use std::fs;

use chrono::TimeDelta;

use crate::world::{Base, PASSWORD, World, about, dn, en, who};

on_both![
    a_directory_that_stops_between_page_and_press_gets_the_membership_later,
    a_withdrawal_while_the_directory_is_away_is_carried_out_later,
    what_others_took_away_or_gave_is_changed_while_the_directory_is_away,
    who_was_eligible_before_the_outage_may_activate_meanwhile,
    the_newest_decision_wins_when_the_directory_comes_back,
    while_the_directory_is_away_nobody_signs_in,
    while_the_directory_is_away_pages_claim_nothing,
    a_mail_that_cannot_be_written_does_not_undo_the_change,
    a_mail_that_nobody_can_receive_does_not_undo_the_change,
    who_decides_again_and_again_meanwhile_owes_one_write,
    a_portal_that_was_cut_off_lets_the_others_write_first,
    a_broken_table_is_an_error_page_without_internals,
    a_database_that_does_not_answer_is_an_error_page_and_signs_nobody_out,
];

async fn a_directory_that_stops_between_page_and_press_gets_the_membership_later(base: Base) {
    let mut world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let form = anna.permissions().await.form("/profile/permissions").tick("service-rocketchat").tick("terms");
    world.stop_directory().await;

    let result = anna.press(&form).await;
    result.expect(200).says(&about("result-being-applied", "Rocket.Chat"));
    assert!(!result.content().contains("admits you"));
    assert_eq!(result.attributes("[data-pending]", "class").len(), 1);
    assert_eq!((world.count("acceptances"), world.count("outbox WHERE kind = 'membership'")), (1, 1));
    assert_eq!(world.lines("trouble", "outbox WHERE kind = 'membership'"), ["unreachable"]);
    world.deliver().await;
    assert_eq!(world.count("outbox"), 1, "the mail does not wait for the directory");
    anna.get(&result.path).await.says(&about("result-being-applied", "Rocket.Chat"));

    world.start_directory(|_| ()).await;
    world.advance(TimeDelta::seconds(30));
    world.deliver().await;
    assert_eq!(world.members("rocketchat").await, [dn(who::ANNA)]);
    anna.get(&result.path).await.says(&about("result-admitted", "Rocket.Chat")).says("admits you");
}

async fn a_withdrawal_while_the_directory_is_away_is_carried_out_later(base: Base) {
    let mut world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["cloud"]).await;
    let form = anna.permissions().await.form("/profile/permissions").untick("service-cloud");
    world.stop_directory().await;
    anna.press(&form).await.says(&about("result-being-removed", "Cloud storage"));
    world.start_directory(|_| ()).await;
    world.put_into_group("cloud", &dn(who::ANNA)).await;
    world.advance(TimeDelta::seconds(30));
    world.deliver().await;
    assert!(world.members("cloud").await.is_empty());
    assert_eq!(anna.permissions().await.state_of("cloud"), en("state-inactive"));
}

/// The page has shown it before the outage: nobody is told that it is done, and then nothing happens.
async fn what_others_took_away_or_gave_is_changed_while_the_directory_is_away(base: Base) {
    let mut world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["cloud"]).await;
    world.deliver().await;
    // Started again, nobody is a member.
    world.stop_directory().await;
    world.start_directory(|_| ()).await;
    let form = anna.permissions().await.form("/profile/permissions").tick("service-cloud").tick("terms");
    world.stop_directory().await;
    anna.press(&form).await.says(&about("result-being-applied", "Cloud storage"));
    world.start_directory(|_| ()).await;
    world.advance(TimeDelta::seconds(30));
    world.deliver().await;
    assert_eq!(world.members("cloud").await, [dn(who::ANNA)]);
    assert_eq!(world.count("acceptances"), 1, "what was accepted before still stands");

    world.put_into_group("rocketchat", &dn(who::ANNA)).await;
    let form = anna.permissions().await.form("/profile/permissions").untick("service-rocketchat");
    world.stop_directory().await;
    anna.press(&form).await.says(&about("result-being-removed", "Rocket.Chat"));
    world.start_directory(|_| ()).await;
    world.put_into_group("rocketchat", &dn(who::ANNA)).await;
    world.advance(TimeDelta::seconds(30));
    world.deliver().await;
    assert!(world.members("rocketchat").await.is_empty());
}

/// Of a service that is not for everybody.
async fn who_was_eligible_before_the_outage_may_activate_meanwhile(base: Base) {
    let mut world = World::new(base).await;
    let (bernd, anna) = (world.signed_in(who::BERND).await, world.signed_in(who::ANNA).await);
    assert_eq!(bernd.permissions().await.is_ticked("service-vpn"), Some(false));
    assert_eq!(anna.permissions().await.is_ticked("service-vpn"), None);
    world.stop_directory().await;
    world.advance(TimeDelta::minutes(10));
    assert_eq!(anna.permissions().await.state_of("vpn"), en("state-unknown"), "who was not may be by now");
    let page = bernd.permissions().await;
    page.says(&en("directory-unavailable"));
    bernd.press(&page.form("/profile/permissions").tick("service-vpn").tick("terms")).await.expect(200);
    assert_eq!(bernd.permissions().await.state_of("vpn"), en("state-being-applied"));
    world.start_directory(|_| ()).await;
    world.advance(TimeDelta::minutes(1));
    world.deliver().await;
    assert_eq!(world.members("vpn").await, [dn(who::BERND)]);
}

async fn the_newest_decision_wins_when_the_directory_comes_back(base: Base) {
    let mut world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let result = anna.activate(&["cloud"]).await;
    let form = result.form("/profile/permissions");
    world.stop_directory().await;
    anna.press(&form).await.says(&about("result-being-removed", "Cloud storage"));
    let again = form.with("service", "cloud").with("terms", "accepted").without("shown.cloud");
    let digest = world.lines("digest", "acceptances").remove(0);
    anna.press(&again.with("shown.cloud", "inactive").with("terms.cloud", &digest)).await.expect(200);
    assert_eq!(world.lines("CAST(revision AS TEXT)", "entitlements"), ["3"]);
    world.start_directory(|_| ()).await;
    world.advance(TimeDelta::minutes(1));
    world.deliver().await;
    assert_eq!(world.members("cloud").await, [dn(who::ANNA)]);
    assert_eq!(world.count("entitlements WHERE applied_revision = revision AND wanted"), 1);
}

async fn while_the_directory_is_away_nobody_signs_in(base: Base) {
    let mut world = World::new(base).await;
    let anna = world.visitor();
    world.stop_directory().await;
    let page = anna.try_to_sign_in(who::ANNA, PASSWORD).await;
    page.expect(503).says(&en("sign-in-directory-unavailable"));
    assert_eq!((page.header("retry-after"), anna.session_cookie()), ("30", None));
    assert_eq!(page.form("/sign-in").value("name"), Some(who::ANNA));
    assert_eq!(page.form("/sign-in").value("password"), Some(""));
    anna.get("/health/live").await.expect(200);
    anna.get("/health/ready").await.expect(200);
    world.start_directory(|_| ()).await;
    // An outage is nobody's failed attempt.
    for _ in 0..3 {
        anna.try_to_sign_in(who::ANNA, PASSWORD).await.expect(303);
    }
}

async fn while_the_directory_is_away_pages_claim_nothing(base: Base) {
    let mut world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let result = anna.activate(&["rocketchat"]).await;
    world.deliver().await;
    world.stop_directory().await;
    world.advance(TimeDelta::seconds(31));
    anna.get(&result.path).await.expect(200).says(&about("result-unknown", "Rocket.Chat"));
    let page = anna.permissions().await;
    page.says(&en("directory-unavailable"));
    assert_eq!(page.state_of("vpn"), en("state-unknown"));
    assert_eq!(page.is_ticked("service-vpn"), None, "who may not be known to be eligible has no box");
    anna.open("/profile").await.expect(200).says(&en("directory-unavailable"));
    anna.open("/profile/history").await.expect(200);
    world.start_directory(|_| ()).await;
}

async fn a_mail_that_cannot_be_written_does_not_undo_the_change(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let folder = world.mail_folder();
    fs::remove_dir(&folder).expect("an empty folder");
    fs::write(&folder, "in the way").expect("a file");
    anna.activate(&["cloud"]).await.says(&about("result-active", "Cloud storage"));
    world.deliver().await;
    assert_eq!(world.members("cloud").await, [dn(who::ANNA)]);
    assert_eq!(world.lines("trouble", "outbox WHERE kind = 'mail'"), ["mail-server"]);

    fs::remove_file(&folder).expect("a file");
    fs::create_dir(&folder).expect("a folder");
    world.deliver().await;
    assert!(world.mails().is_empty(), "not before its time");
    world.advance(TimeDelta::minutes(1));
    world.deliver().await;
    assert_eq!(world.mails().len(), 1);
}

async fn a_mail_that_nobody_can_receive_does_not_undo_the_change(base: Base) {
    let world = World::new(base).await;
    let otto = world.signed_in(who::ODD_ADDRESS).await;
    otto.activate(&["cloud"]).await.says(&about("result-active", "Cloud storage"));
    world.deliver().await;
    assert_eq!(world.members("cloud").await, [dn(who::ODD_ADDRESS)]);
    assert!(world.mails().is_empty(), "{:?}", world.mails());
    assert!(world.lines("id", "outbox").is_empty(), "waiting does not mend an address");
}

async fn who_decides_again_and_again_meanwhile_owes_one_write(base: Base) {
    let mut world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    world.stop_directory().await;
    for _ in 0..3 {
        anna.activate(&["rocketchat"]).await;
        anna.withdraw("rocketchat").await;
    }
    anna.activate(&["rocketchat"]).await;
    assert_eq!((world.count("acceptances"), world.count("withdrawals")), (4, 3));
    assert_eq!(world.count("outbox WHERE kind = 'membership'"), 1);

    world.start_directory(|_| ()).await;
    world.advance(TimeDelta::minutes(5));
    world.deliver().await;
    assert_eq!(world.members("rocketchat").await, [dn(who::ANNA)]);
    assert_eq!((world.count("outbox"), world.count("log_records WHERE kind = 'membership-written'")), (0, 1));
}

/// Of two portals one may be cut off from the directory. It would take every other write, only to put it off again.
async fn a_portal_that_was_cut_off_lets_the_others_write_first(base: Base) {
    let mut world = World::with(base, &[("WORK_POLL", "2s")]).await;
    let other = world.another_portal().await;
    let (anna, bernd) = (world.signed_in(who::ANNA).await, world.signed_in(who::BERND).await);
    let form = bernd.permissions().await.form("/profile/permissions").tick("service-cloud").tick("terms");
    world.stop_directory().await;
    anna.activate(&["rocketchat"]).await;
    world.start_directory(|_| ()).await;
    world.advance(TimeDelta::seconds(3));
    world.deliver().await;
    assert!(world.members("rocketchat").await.is_empty(), "the other portal has had no time to take it");
    other.delivery.deliver_due().await.expect("the outbox");
    assert_eq!(world.members("rocketchat").await, [dn(who::ANNA)]);

    // Without another one it comes to it a little later, or once it has written something.
    world.stop_directory().await;
    anna.withdraw("rocketchat").await;
    world.start_directory(|_| ()).await;
    world.put_into_group("rocketchat", &dn(who::ANNA)).await;
    world.advance(TimeDelta::seconds(3));
    world.deliver().await;
    assert_eq!(world.members("rocketchat").await, [dn(who::ANNA)]);
    bernd.press(&form).await.says(&about("result-active", "Cloud storage"));
    world.deliver().await;
    assert!(world.members("rocketchat").await.is_empty());
}

async fn a_broken_table_is_an_error_page_without_internals(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    world.execute("ALTER TABLE acceptances RENAME TO misplaced").expect("another name");
    world.execute("ALTER TABLE terms_texts RENAME TO misplaced_texts").expect("another name");
    for page in [anna.open("/profile/permissions").await, anna.open("/profile/history").await] {
        page.expect(500).says(&en("error-500-title")).says("Number of this request: 01");
        for internal in ["acceptances", "texts", "misplaced", "relation", "no such", "SELECT", "diesel", "sqlite"] {
            assert!(!page.body.contains(internal), "{internal} in {}", page.body);
        }
    }
    world.execute("ALTER TABLE misplaced RENAME TO acceptances").expect("the old name");
    world.execute("ALTER TABLE misplaced_texts RENAME TO terms_texts").expect("the old name");
    anna.permissions().await.expect(200);
}

async fn a_database_that_does_not_answer_is_an_error_page_and_signs_nobody_out(base: Base) {
    let world = World::with(base, &[("DATABASE_WAIT", "200ms"), ("DATABASE_POOL_SIZE", "1")]).await;
    let anna = world.signed_in(who::ANNA).await;
    let pages = world.with_the_only_connection(async {
        [anna.open("/profile/permissions").await, anna.open("/profile/history").await]
    });
    for page in pages.await {
        page.expect(503).says(&en("error-503-title"));
        assert_eq!(page.header("retry-after"), "30");
        assert!(anna.session_cookie().is_some());
    }
    anna.permissions().await.expect(200);
}
