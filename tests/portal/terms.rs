//! Versions of terms: what is accepted, until when, and that nothing published ever changes.

use std::fs;

use chrono::TimeDelta;
use latchkey::command::terms::Weight;
use sha2::{Digest as _, Sha256};

use crate::world::{Base, PASSWORD, World, about, dn, en, who};

on_both![
    accepting_again_goes_on_where_the_older_acceptance_stood,
    terms_that_changed_since_the_page_was_shown_are_not_accepted,
    a_new_major_version_is_accepted_again,
    when_grace_ends_so_does_the_service,
    when_grace_ends_who_was_renamed_meanwhile_is_taken_out_too,
    grace_ends_only_for_those_who_have_not_accepted,
    a_minor_version_needs_nothing,
    a_version_counts_from_its_effective_date,
    a_published_text_is_never_changed,
    the_page_shows_the_stored_bytes_and_their_digest,
];

const MAJOR: Weight = Weight { major: Some(true), grace_days: 14, effective_in_days: 0 };
const MINOR: Weight = Weight { major: Some(false), grace_days: 14, effective_in_days: 0 };

async fn terms_that_changed_since_the_page_was_shown_are_not_accepted(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let form = anna.permissions().await.form("/profile/permissions").tick("service-rocketchat").tick("terms");
    world.publish("rocketchat", 2, MINOR).await;
    let before = world.facts();
    let page = anna.post(&form).await;
    page.expect(422).says(&about("problem-terms-changed", "Rocket.Chat"));
    assert_eq!(page.attributes("#error-summary a", "href"), ["#service-rocketchat"]);
    assert_eq!((page.is_ticked("service-rocketchat"), page.is_ticked("terms")), (Some(true), Some(true)));
    assert_eq!(world.facts(), before);
    assert!(world.members("rocketchat").await.is_empty());

    let result = anna.press(&page.form("/profile/permissions")).await;
    result.expect(200).says("Version 2");
    let accepted = world.lines("digest", "acceptances");
    let shown = "terms_texts JOIN terms_versions ON id = version_id WHERE number = 2 AND service = 'rocketchat'";
    assert_eq!(accepted, world.lines("digest", &format!("{shown} AND locale = 'en'")));
    world.deliver().await;
}

async fn a_new_major_version_is_accepted_again(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    world.publish("rocketchat", 2, MAJOR).await;
    let page = anna.permissions().await;
    assert_eq!(
        (page.state_of("rocketchat"), page.is_ticked("service-rocketchat")),
        (en("state-accept-again"), Some(true))
    );
    page.says("Please accept them below by 7 December 2026");

    // Left ticked without the box is no acceptance.
    anna.post(&page.form("/profile/permissions")).await.expect(422).says(&en("problem-terms-not-accepted"));
    let result = anna.press(&page.form("/profile/permissions").tick("terms")).await;
    result.expect(200).says(&about("result-admitted", "Rocket.Chat")).says("Version 2");
    assert_eq!(world.count("entitlements WHERE revision = 1"), 1, "the directory had nothing to learn");
    anna.open("/profile/history").await.says(&en("history-accepted-again"));
    world.deliver().await;
    assert!(world.mails()[1].contains("Subject: Rocket.Chat: new terms accepted"));
    world.advance(TimeDelta::days(20));
    world.upkeep().await;
    assert_eq!(world.members("rocketchat").await, [dn(who::ANNA)]);
}

async fn when_grace_ends_so_does_the_service(base: Base) {
    let world = World::new(base).await;
    let mut anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    world.publish("rocketchat", 2, MAJOR).await;
    world.advance(TimeDelta::days(14) - TimeDelta::minutes(1));
    world.upkeep().await;
    assert_eq!(world.members("rocketchat").await, [dn(who::ANNA)], "grace lasts to its end");
    world.advance(TimeDelta::minutes(2));
    world.upkeep().await;
    assert!(world.members("rocketchat").await.is_empty());
    assert_eq!(world.lines("cause", "withdrawals"), ["grace-ended"]);
    assert!(world.mails()[1].contains("Subject: Rocket.Chat is no longer active"), "{}", world.mails()[1]);

    anna.sign_in(who::ANNA, PASSWORD).await;
    assert_eq!(anna.permissions().await.state_of("rocketchat"), en("state-ended"));
    anna.open("/profile/history").await.says(&en("history-ended")).says(&en("history-grace-ended"));
    anna.activate(&["rocketchat"]).await.says(&about("result-admitted", "Rocket.Chat"));
    world.deliver().await;
}

/// The directory renames the members of its groups as well; the portal saw the old name last.
async fn when_grace_ends_who_was_renamed_meanwhile_is_taken_out_too(base: Base) {
    let mut world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    world.deliver().await;
    world.publish("rocketchat", 2, MAJOR).await;
    let key = world.lines("directory_key", "accounts").remove(0);
    world.stop_directory().await;
    let renamed = dn(who::ANNA).replace("uid=amueller", "cn=Anna Neumann");
    world.start_directory(|entries| crate::world::rename_person(entries, who::ANNA, &renamed, &key)).await;
    world.put_into_group("rocketchat", &renamed).await;
    world.advance(TimeDelta::days(15));
    world.upkeep().await;
    assert_eq!(world.lines("cause", "withdrawals"), ["grace-ended"]);
    assert!(world.members("rocketchat").await.is_empty());
    assert_eq!(world.count("entitlements WHERE applied_revision = revision AND NOT wanted"), 1);
}

async fn grace_ends_only_for_those_who_have_not_accepted(base: Base) {
    let world = World::new(base).await;
    let (anna, bernd) = (world.signed_in(who::ANNA).await, world.signed_in(who::BERND).await);
    anna.activate(&["cloud"]).await;
    bernd.activate(&["cloud"]).await;
    world.publish("cloud", 2, MAJOR).await;
    anna.press(&anna.permissions().await.form("/profile/permissions").tick("terms")).await.expect(200);
    world.advance(TimeDelta::days(15));
    world.upkeep().await;
    world.upkeep().await;
    assert_eq!(world.members("cloud").await, [dn(who::ANNA)]);
    assert_eq!(world.count("withdrawals"), 1);
    world.deliver().await;
}

async fn a_minor_version_needs_nothing(base: Base) {
    let world = World::new(base).await;
    let mut anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    world.publish("rocketchat", 2, MINOR).await;
    world.advance(TimeDelta::days(60));
    world.upkeep().await;
    assert_eq!(world.members("rocketchat").await, [dn(who::ANNA)]);
    anna.sign_in(who::ANNA, PASSWORD).await;
    assert_eq!(anna.permissions().await.state_of("rocketchat"), en("state-active"));
    // Who begins now accepts the newer text.
    let bernd = world.signed_in(who::BERND).await;
    bernd.activate(&["rocketchat"]).await.says("Version 2");
    world.deliver().await;
}

async fn a_version_counts_from_its_effective_date(base: Base) {
    let world = World::new(base).await;
    world.publish("cloud", 2, Weight { effective_in_days: 10, ..MAJOR }).await;
    let mut anna = world.signed_in(who::ANNA).await;
    anna.activate(&["cloud"]).await.says("Version 1");
    world.advance(TimeDelta::days(11));
    anna.sign_in(who::ANNA, PASSWORD).await;
    assert_eq!(anna.permissions().await.state_of("cloud"), en("state-accept-again"));
    world.deliver().await;
}

async fn a_published_text_is_never_changed(base: Base) {
    let world = World::new(base).await;
    let before = world.dump();
    let file = world.terms_file("rocketchat", 1, "de");
    let text = fs::read_to_string(&file).expect("the text");
    fs::write(&file, format!("{text}\nUnd Ihre Seele.\n")).expect("another text");
    let refusal = world.publish_folder("rocketchat", MAJOR).await.expect_err("a refusal");
    assert!(format!("{refusal:#}").contains("version 1 is published and cannot be changed"), "{refusal:#}");
    assert_eq!(world.dump(), before);

    fs::write(&file, text).expect("the text again");
    world.publish_folder("rocketchat", MAJOR).await.expect("nothing to do");
    fs::rename(world.terms_file("cloud", 1, "de"), world.terms_file("cloud", 2, "de")).expect("a renamed file");
    world.publish_folder("cloud", MAJOR).await.expect_err("a language is missing");
    assert_eq!(world.dump(), before);
}

async fn the_page_shows_the_stored_bytes_and_their_digest(base: Base) {
    let world = World::new(base).await;
    let visitor = world.visitor();
    for (service, number, language) in [("rocketchat", 1, "de"), ("rocketchat", 1, "en"), ("printing", 2, "de")] {
        let from = format!(
            "terms_texts JOIN terms_versions ON id = version_id \
             WHERE service = '{service}' AND number = {number} AND locale = '{language}'"
        );
        let (html, digest) = (world.lines("html", &from).remove(0), world.lines("digest", &from).remove(0));
        assert_eq!(digest, hex::encode(Sha256::digest(html.as_bytes())));

        let page = visitor.get(&format!("/{language}/terms/{service}/{number}")).await;
        page.expect(200).says(&digest);
        let (_, article) = page.body.split_once("<article id=\"terms-text\"").expect("the text");
        let (_, article) = article.split_once('>').expect("the text");
        assert_eq!(article.split_once("</article>").expect("its end").0, html);

        let raw = visitor.get(&format!("/{language}/terms/{service}/{number}/text")).await;
        assert_eq!(raw.expect(200).body, html);
        assert_eq!(raw.header("content-type"), "text/plain; charset=utf-8");
        assert!(raw.header("content-disposition").starts_with("attachment; filename=\"terms-"));
    }
}

async fn accepting_again_goes_on_where_the_older_acceptance_stood(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await.says("23 November 2026");
    world.publish("rocketchat", 2, MAJOR).await;
    world.advance(TimeDelta::days(2));
    let anna = world.signed_in(who::ANNA).await;
    let form = anna.permissions().await.form("/profile/permissions").tick("terms");
    let (first, second) = (anna.post(&form).await, anna.post(&form).await);
    assert_eq!((first.location(), second.location()), ("/en/profile/permissions/rocketchat", first.location()));
    anna.permissions().await.says("Active since 23 November 2026");
    assert_eq!(world.count("acceptances"), 2);
    world.deliver().await;
}
