//! Data protection: what people are told, what they can take along, and how accounts that have left are erased.

use chrono::TimeDelta;
use latchkey::{
    command::purge::purge,
    demo::university::{self, PEOPLE},
    domain::log::verify::Verification,
    work::verify,
};
use serde_json::Value;

use crate::world::{Base, World, about, dn, en, remove_person, who};

on_both![
    a_service_that_does_not_tell_what_it_does_cannot_be_requested,
    what_happens_to_data_stands_where_people_decide,
    everything_about_oneself_can_be_read_and_taken_along,
    whoever_left_long_ago_is_erased_and_the_proof_stays,
    whoever_comes_back_in_time_keeps_everything,
    nobody_is_gone_while_the_directory_is_silent_or_shows_nobody,
    a_change_that_would_erase_many_erases_nobody,
    names_are_kept_until_the_directory_is_rid_of_the_membership,
    a_name_that_is_given_to_somebody_else_is_another_account,
    the_command_line_tells_before_it_erases,
];

/// The demo's configuration, but nothing is said about who gets the data of the cloud storage.
fn without_recipients(configuration: &str) -> String {
    let (before, cloud) = configuration.split_once("[services.cloud]").expect("the service");
    let (own, after) = cloud.split_once("[services.cloud.grant]").expect("its grant");
    let own: Vec<&str> = own.lines().filter(|line| !line.starts_with("recipients_")).collect();
    format!(
        "{before}[services.cloud]{}
[services.cloud.grant]{after}",
        own.join(
            "
"
        )
    )
}

async fn a_service_that_does_not_tell_what_it_does_cannot_be_requested(base: Base) {
    let world = World::configured(base, &[], without_recipients).await;
    let anna = world.signed_in(who::ANNA).await;
    let page = anna.permissions().await;
    page.says(&en("state-not-disclosed-text"));
    assert_eq!(page.is_ticked("service-cloud"), None);
    let before = world.facts();
    let form = page.form("/profile/permissions").tick("terms").with("service", "cloud");
    let digest = world.lines(
        "digest",
        "terms_texts JOIN terms_versions ON id = version_id WHERE service = 'cloud' AND locale = 'en'",
    );
    anna.post(&form.with("terms.cloud", &digest[0]))
        .await
        .expect(422)
        .says(&about("problem-not-eligible", "Cloud storage"));
    assert_eq!(world.facts(), before);
    anna.open("/profile/permissions/cloud").await.expect(200).says(&en("state-not-disclosed-text"));

    // Whoever has it may still give it up.
    world.put_into_group("cloud", &dn(who::ANNA)).await;
    anna.withdraw("cloud").await.expect(200);
    assert!(world.members("cloud").await.is_empty());
    world.deliver().await;
}

async fn what_happens_to_data_stands_where_people_decide(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    for path in ["/profile/permissions", "/profile/permissions/printing", "/terms/printing/2"] {
        let page = anna.open(path).await;
        page.expect(200)
            .says(&en("legal-basis-public-task"))
            .says("Example University's print server.")
            .says("after one year");
    }
}

async fn everything_about_oneself_can_be_read_and_taken_along(base: Base) {
    let world = World::new(base).await;
    let (anna, bernd) = (world.signed_in(who::ANNA).await, world.signed_in(who::BERND).await);
    anna.activate(&["rocketchat", "cloud"]).await;
    bernd.activate(&["printing"]).await;
    anna.withdraw("cloud").await;
    world.deliver().await;
    let page = anna.open("/profile/history").await;
    assert!(page.attributes("main a", "href").contains(&"/en/profile/data".to_owned()));
    let page = anna.open("/profile/data").await;
    page.expect(200).says("Anna Müller").says("anna.mueller@demo.example").says("Firefox, Linux");

    let file = anna.open("/profile/data/json").await;
    assert_eq!(file.expect(200).header("content-type"), "application/json; charset=utf-8");
    assert!(file.header("content-disposition").starts_with("attachment; filename="));
    let data: Value = serde_json::from_str(&file.body).expect("JSON");
    assert_eq!(data["account"]["username"], who::ANNA);
    assert!(data["account"]["affiliations"].as_array().expect("a list").contains(&"student".into()));
    assert_eq!(data["acceptances"].as_array().expect("a list").len(), 2);
    let digests = world.lines("digest", "acceptances");
    assert!(digests.contains(&data["acceptances"][0]["sha256"].as_str().expect("a digest").to_owned()));
    assert_eq!(data["withdrawals"][0]["service"], "cloud");
    let kinds: Vec<&str> = data["log"].as_array().expect("a list").iter().filter_map(|r| r["kind"].as_str()).collect();
    for kind in ["signed-in", "terms-accepted", "acceptance-withdrawn", "entitlement-granted", "membership-written"] {
        assert!(kinds.contains(&kind), "{kind} is not among {kinds:?}");
    }
    for foreign in ["bschmidt", "Schmidt", "printing"] {
        assert!(!file.body.contains(foreign), "{foreign} is in {}", file.body);
    }
    world.visitor().open("/profile/data/json").await.expect(303);
}

/// Anna has the chat and leaves; whoever stays is known, too.
async fn anna_leaves(world: &mut World) {
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    for username in [who::BERND, who::CLAUDIA] {
        world.signed_in(username).await;
    }
    world.deliver().await;
    world.look_for_the_gone().await.expect("an answer");
    world.stop_directory().await;
    world.start_directory(|entries| remove_person(entries, who::ANNA)).await;
    world.put_into_group("rocketchat", &dn(who::ANNA)).await;
}

async fn whoever_left_long_ago_is_erased_and_the_proof_stays(base: Base) {
    let mut world = World::new(base).await;
    anna_leaves(&mut world).await;
    assert_eq!(world.look_for_the_gone().await.expect("an answer"), 1);
    world.advance(TimeDelta::days(364));
    assert_eq!(world.look_for_the_gone().await.expect("an answer"), 1);
    assert_eq!(world.erase_due().await.expect("an answer").erased, 0);
    assert_eq!(world.members("rocketchat").await, [dn(who::ANNA)]);
    let (acceptances, id) = (world.lines("digest", "acceptances"), world.lines("account_id", "acceptances").remove(0));
    let records = world.lines("detail", "log_records ORDER BY id");

    world.advance(TimeDelta::days(2));
    let purged = world.erase_due().await.expect("an answer");
    assert_eq!((purged.erased, purged.waiting, purged.back), (1, 0, 0));
    assert!(world.members("rocketchat").await.is_empty());
    let names =
        "username || dn || display_name || affiliations || salt || coalesce(mail, '') || coalesce(directory_key, '')";
    assert_eq!(world.lines(names, &format!("accounts WHERE id = '{id}'")), [""]);
    for table in ["sessions", "outbox", "terms_notices", "account_checks"] {
        assert_eq!(world.count(&format!("{table} WHERE account_id = '{id}'")), 0, "{table}");
    }
    // What was accepted and recorded stays, and says when it ended and why.
    assert_eq!(world.lines("digest", "acceptances"), acceptances);
    assert_eq!(world.lines("cause", "withdrawals"), ["account-gone"]);
    assert_eq!(world.lines("detail", "log_records ORDER BY id")[..records.len()], records);
    let record = format!("log_records WHERE kind = 'account-erased' AND account_id = '{id}' AND actor = 'system'");
    assert_eq!(world.count(&record), 1);
    for word in ["mueller", "Müller"] {
        for (table, rows) in world.dump() {
            assert!(rows.iter().all(|row| !row.contains(word)), "{word} is in {table}");
        }
    }
    let claudia = crate::audit::auditor(&world).await;
    let page = claudia.open(&format!("/audit/people/{id}")).await;
    page.expect(200).says(&en("history-account-gone"));
    assert_eq!(world.erase_due().await.expect("an answer").erased, 0);
    assert_eq!(world.mails().len(), 1, "nobody is there to read another");
    world.seal().await;
    let verification = Verification::new(world.config().audit.trusted_keys(), None);
    let report = verify(world.records(), verification, |_, _| {}).await.expect("a report");
    assert_eq!(report.misfit, None, "the log still verifies");
}

async fn whoever_comes_back_in_time_keeps_everything(base: Base) {
    let mut world = World::new(base).await;
    anna_leaves(&mut world).await;
    world.look_for_the_gone().await.expect("an answer");
    world.advance(TimeDelta::days(300));
    world.stop_directory().await;
    let anna = university::entries().into_iter().find(|entry| entry.dn == dn(who::ANNA));
    world.start_directory(|entries| entries.push(anna.expect("Anna"))).await;
    assert_eq!(world.look_for_the_gone().await.expect("an answer"), 0);
    assert_eq!(world.count("account_checks WHERE gone_since IS NOT NULL"), 0);
    // Not noticed by a look, but at the last moment.
    world.execute("UPDATE account_checks SET gone_since = checked_at").expect("a change");
    world.advance(TimeDelta::days(400));
    world
        .execute("DELETE FROM account_checks WHERE account_id NOT IN (SELECT account_id FROM acceptances)")
        .expect("a change");
    let purged = world.erase_due().await.expect("an answer");
    assert_eq!((purged.erased, purged.back), (0, 1));
    world.signed_in("bschmidt").await;
    assert_eq!(world.count("accounts WHERE directory_key IS NULL"), 0);
}

async fn nobody_is_gone_while_the_directory_is_silent_or_shows_nobody(base: Base) {
    let mut world = World::new(base).await;
    for username in [who::ANNA, who::BERND] {
        world.signed_in(username).await;
    }
    world.stop_directory().await;
    world.look_for_the_gone().await.expect_err("nobody answers");
    world.start_directory(|entries| entries.retain(|entry| !entry.dn.ends_with(&format!(",{PEOPLE}")))).await;
    let refusal = world.look_for_the_gone().await.expect_err("the directory is empty");
    assert!(refusal.contains("shows nobody at all"), "{refusal}");
    assert_eq!(world.count("account_checks"), 0);
}

async fn a_change_that_would_erase_many_erases_nobody(base: Base) {
    let mut world = World::new(base).await;
    for username in [who::ANNA, who::BERND, who::CLAUDIA] {
        world.signed_in(username).await;
    }
    world.stop_directory().await;
    world
        .start_directory(|entries| {
            for username in [who::ANNA, who::BERND] {
                remove_person(entries, username);
            }
        })
        .await;
    assert_eq!(world.look_for_the_gone().await.expect("an answer"), 2);
    world.advance(TimeDelta::days(366));
    let before = world.dump();
    let refusal = world.erase_due().await.expect_err("too many");
    assert!(refusal.contains("2 of 3 accounts would be erased at once"), "{refusal}");
    assert_eq!(world.dump(), before);
}

async fn names_are_kept_until_the_directory_is_rid_of_the_membership(base: Base) {
    let mut world = World::new(base).await;
    anna_leaves(&mut world).await;
    world.look_for_the_gone().await.expect("an answer");
    world.advance(TimeDelta::days(366));
    world.stop_directory().await;
    let mut group = None;
    world
        .start_directory(|entries| {
            let place = entries.iter().position(|entry| entry.dn.starts_with("cn=rocketchat,ou=services")).expect("it");
            group = Some(entries.remove(place));
        })
        .await;
    let purged = world.erase_due().await.expect("an answer");
    assert_eq!((purged.erased, purged.waiting), (0, 1));
    assert_eq!(world.count("accounts WHERE username = 'amueller'"), 1);
    world.stop_directory().await;
    world.start_directory(|entries| entries.push(group.expect("the group"))).await;
    world.advance(TimeDelta::hours(1));
    world.deliver().await;
    assert_eq!(world.erase_due().await.expect("an answer").erased, 1);
    assert_eq!(world.count("accounts WHERE username = 'amueller'"), 0);
}

async fn a_name_that_is_given_to_somebody_else_is_another_account(base: Base) {
    let mut world = World::new(base).await;
    anna_leaves(&mut world).await;
    world.look_for_the_gone().await.expect("an answer");
    world.advance(TimeDelta::days(366));
    world.erase_due().await.expect("an answer");
    world.stop_directory().await;
    let anna = university::entries().into_iter().find(|entry| entry.dn == dn(who::ANNA));
    world
        .start_directory(|entries| {
            let mut anna = anna.expect("Anna");
            anna.attributes.retain(|(name, _)| name != "userPassword");
            anna.attributes.push(("userPassword".to_owned(), vec![crate::world::PASSWORD.to_owned()]));
            entries.push(anna);
        })
        .await;
    let anna = world.signed_in(who::ANNA).await;
    anna.open("/profile/history").await.says(&en("history-empty"));
    assert_eq!(world.count("accounts WHERE username = 'amueller'"), 1);
    assert_eq!(world.count("accounts WHERE directory_key IS NULL"), 1);
}

async fn the_command_line_tells_before_it_erases(base: Base) {
    let mut world = World::new(base).await;
    anna_leaves(&mut world).await;
    world.look_for_the_gone().await.expect("an answer");
    world.advance(TimeDelta::days(366));
    let portal = world.another_portal().await;
    let before = world.dump();
    purge(&portal, 5, true).await.expect("a dry run");
    assert_eq!(world.dump(), before);
    purge(&portal, 5, false).await.expect("a run");
    assert_eq!(world.count("accounts WHERE directory_key IS NULL"), 1);
    assert_eq!(world.count("log_records WHERE kind = 'account-erased' AND actor = 'operator'"), 1);
}

#[tokio::test]
async fn the_record_of_processing_activities_in_both_languages() {
    let world = World::configured(Base::Sqlite, &[], without_recipients).await;
    for language in ["de", "en"] {
        crate::pages::same(&format!("processing-record.{language}"), &world.processing_record(language));
    }
}
