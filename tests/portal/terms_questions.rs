//! The mails that ask for the acceptance of new terms: who gets them, when, and that nobody gets one twice.

use chrono::TimeDelta;
use latchkey::command::terms::Weight;

use crate::world::{Base, PASSWORD, World, dn, who};

on_both![
    those_affected_are_asked_three_times_and_never_twice_at_one_stage,
    whoever_has_accepted_given_up_or_no_address_is_not_asked,
    a_mail_that_is_no_longer_needed_is_not_sent,
    what_is_not_in_effect_yet_is_announced,
    a_short_time_has_fewer_mails_and_a_minor_version_none,
    a_worker_that_slept_sends_one_mail_and_not_all_of_them,
    more_people_than_one_transaction_takes_are_asked_once_each,
];

const MAJOR: Weight = Weight { major: Some(true), grace_days: 14, effective_in_days: 0 };

fn subjects(world: &World) -> Vec<String> {
    let subject = |mail: &String| {
        let line = mail.lines().find_map(|line| line.strip_prefix("Subject: "));
        line.expect("a subject").to_owned()
    };
    world.mails().iter().map(subject).filter(|subject| subject.contains("please accept")).collect()
}

/// The one mail that asks.
fn question(world: &World) -> String {
    let mut asking: Vec<String> = world.mails().into_iter().filter(|mail| mail.contains("please accept")).collect();
    assert_eq!(asking.len(), 1);
    asking.remove(0).replace("=\r\n", "")
}

async fn those_affected_are_asked_three_times_and_never_twice_at_one_stage(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    assert_eq!(world.ask_again().await, 0);
    world.publish("rocketchat", 2, MAJOR).await;
    let steps = [(0, 1), (1, 0), (5, 0), (1, 1), (5, 0), (1, 1), (0, 0)];
    for (days, expected) in steps {
        world.advance(TimeDelta::days(days));
        assert_eq!(world.ask_again().await, expected, "after {days} more days");
    }
    let first = "Rocket.Chat: please accept the new terms";
    let reminder = "Reminder: please accept the new terms of Rocket.Chat";
    assert_eq!(subjects(&world), [first, reminder, reminder]);
    let dated = |mail: &String| mail.contains("please accept") && mail.contains("7 December 2026");
    assert_eq!(world.mails().into_iter().filter(dated).count(), 3);
    assert_eq!(world.lines("stage", "terms_notices ORDER BY at"), ["published", "week-before", "day-before"]);
    world.advance(TimeDelta::days(1));
    assert_eq!(world.ask_again().await, 0);
    world.upkeep().await;
    assert!(world.members("rocketchat").await.is_empty());
    world.deliver().await;
}

async fn whoever_has_accepted_given_up_or_no_address_is_not_asked(base: Base) {
    let world = World::new(base).await;
    let people = [who::ANNA, who::BERND, who::CLAUDIA, who::WITHOUT_MAIL];
    for username in people {
        world.signed_in(username).await.activate(&["cloud"]).await;
    }
    world.publish("cloud", 2, MAJOR).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.press(&anna.permissions().await.form("/profile/permissions").tick("terms")).await.expect(200);
    world.signed_in(who::BERND).await.withdraw("cloud").await;
    assert_eq!(world.ask_again().await, 1, "Claudia only");
    assert!(question(&world).contains("<claudia.weber@demo.example>"), "{}", question(&world));
    // Who begins with the old text before the new one holds is asked, too; who begins with the new one is not.
    world.signed_in(who::BERND).await.activate(&["cloud"]).await;
    assert_eq!(world.ask_again().await, 0);
    world.deliver().await;
}

async fn a_mail_that_is_no_longer_needed_is_not_sent(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    world.deliver().await;
    world.publish("rocketchat", 2, MAJOR).await;
    // Owed, but the mail server takes its time.
    assert_eq!(world.only_ask().await, 1);
    anna.press(&anna.permissions().await.form("/profile/permissions").tick("terms")).await.expect(200);
    world.deliver().await;
    assert_eq!(subjects(&world), [""; 0]);
    assert_eq!(world.count("outbox"), 0);
}

async fn what_is_not_in_effect_yet_is_announced(base: Base) {
    let world = World::new(base).await;
    let mut anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    world.deliver().await;
    world.publish("rocketchat", 2, Weight { effective_in_days: 10, ..MAJOR }).await;
    assert_eq!(world.ask_again().await, 1);
    let mail = question(&world);
    assert!(mail.contains("change on 3 December 2026, 09:00"), "{mail}");
    assert!(mail.contains("17 December 2026, 09:00"), "{mail}");
    assert!(!mail.contains("Was this not you"), "{mail}");
    assert!(mail.contains("Please accept them from then on"), "{mail}");
    anna.open("/terms/rocketchat/2").await.expect(200).says("can be accepted from 3 December 2026, 09:00 on");
    let page = anna.permissions().await;
    page.says("New terms take effect on 3 December 2026, 09:00. You can accept them here from then on, not earlier.");
    assert_eq!(page.attributes("#row-rocketchat a[href*='/terms/']", "href"), ["/en/terms/rocketchat/2"]);
    // Who presses now has changed nothing: the version that holds is accepted already.
    anna.press(&page.form("/profile/permissions").tick("terms")).await.expect(200);
    assert_eq!(world.count("acceptances"), 1);
    let bernd = world.signed_in(who::BERND).await.permissions().await;
    assert!(!bernd.content().contains("New terms take effect"), "nothing changes for who lacks the service");
    world.advance(TimeDelta::days(11));
    anna.sign_in(who::ANNA, PASSWORD).await;
    let page = anna.permissions().await;
    assert!(!page.content().contains("New terms take effect"), "they are in effect");
    assert!(!anna.open("/terms/rocketchat/2").await.content().contains("can be accepted from"));
    anna.press(&page.form("/profile/permissions").tick("terms")).await.expect(200);
    world.advance(TimeDelta::days(10));
    assert_eq!(world.ask_again().await, 0);
    world.upkeep().await;
    assert_eq!(world.members("rocketchat").await, [dn(who::ANNA)]);
}

async fn a_short_time_has_fewer_mails_and_a_minor_version_none(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat", "cloud"]).await;
    world.publish("cloud", 2, Weight { major: Some(false), ..MAJOR }).await;
    world.publish("rocketchat", 2, Weight { grace_days: 3, ..MAJOR }).await;
    let mut asked = 0;
    for _ in 0..8 {
        asked += world.ask_again().await;
        world.advance(TimeDelta::hours(12));
    }
    assert_eq!(asked, 2, "at publication and a day before the end");
    world.upkeep().await;
    world.deliver().await;
}

async fn a_worker_that_slept_sends_one_mail_and_not_all_of_them(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    world.publish("rocketchat", 2, MAJOR).await;
    world.advance(TimeDelta::days(13) + TimeDelta::hours(1));
    assert_eq!(world.ask_again().await, 1);
    assert_eq!(world.lines("stage", "terms_notices"), ["day-before"]);
}

async fn more_people_than_one_transaction_takes_are_asked_once_each(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    world.deliver().await;
    for number in 0..250 {
        world
            .execute(&format!(
                "INSERT INTO accounts (id, directory_key, username, dn, display_name, mail, affiliations, locale, salt, \
                 created_at, seen_at) SELECT 'copy-{number}', 'copy:{number}', username, dn, display_name, mail, \
                 affiliations, 'de', salt, created_at, seen_at FROM accounts WHERE username = 'amueller' AND id NOT LIKE \
                 'copy-%'; INSERT INTO entitlements (account_id, service, wanted, revision, cause, change_id, changed_at, \
                 applied_revision) SELECT 'copy-{number}', service, wanted, revision, cause, change_id, changed_at, \
                 applied_revision FROM entitlements WHERE account_id NOT LIKE 'copy-%'"
            ))
            .expect("one more person");
    }
    world.publish("rocketchat", 2, MAJOR).await;
    // Two portals at once, and one more after that.
    let (one, other) = tokio::join!(world.only_ask(), world.only_ask());
    let left = world.only_ask().await;
    assert_eq!(world.count("terms_notices"), 251);
    assert_eq!(world.count("outbox"), 251);
    assert_eq!(one + other + left, 251, "{one}, {other}, {left}");
    world.deliver().await;
    assert_eq!(world.mails().len(), 252);
    let german = world.mails().iter().filter(|mail| mail.contains("bitte den neuen Bedingungen")).count();
    assert_eq!(german, 250, "each in the person's language");
}
