//! Activating services and giving them up again.

use chrono::TimeDelta;
use latchkey::{demo::university, domain::locale::Locale, texts::text_with};
use mail_parser::{MessageParser, MimeHeaders as _};

use crate::world::{Base, World, about, de, dn, en, who};

on_both![
    a_second_press_for_several_services_leads_to_the_same_page,
    accepting_the_terms_activates_rocket_chat,
    withdrawing_takes_no_more_presses_than_activating,
    the_page_of_a_service_offers_to_withdraw,
    a_clock_that_is_put_back_hides_no_acceptance,
    one_press_changes_several_services,
    pressing_twice_changes_nothing_more,
    a_stale_page_never_undoes_something_else,
    a_stale_page_withdraws_only_what_was_unticked,
    without_a_mail_address_the_receipt_is_on_the_page_only,
    a_person_whom_the_chat_server_would_refuse_is_told_why,
    what_others_put_into_the_directory_is_shown_and_can_be_accepted_or_ended,
];

async fn accepting_the_terms_activates_rocket_chat(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let page = anna.permissions().await;
    assert_eq!(page.state_of("rocketchat"), en("state-inactive"));
    assert_eq!((page.is_ticked("service-rocketchat"), page.is_ticked("terms")), (Some(false), Some(false)));

    let result = anna.activate(&["rocketchat"]).await;
    result.expect(200).says("Rocket.Chat admits you. We checked this on 23 November 2026 at 09:00:02");
    assert_eq!(result.path, "/en/profile/permissions/rocketchat");
    assert_eq!(world.members("rocketchat").await, [dn(who::ANNA)]);
    let receipt = result.text("main dd code");
    assert_eq!(world.lines("receipt", "acceptances"), [receipt.as_str()]);
    let kinds = world.lines("kind", "log_records WHERE account_id IS NOT NULL AND kind <> 'signed-in' ORDER BY kind");
    assert_eq!(kinds, ["entitlement-granted", "membership-written", "terms-accepted"]);

    let history = anna.open("/profile/history").await;
    history.says(&receipt).says(&en("history-accepted")).says("Version 1").says("Language: English");
    let page = anna.permissions().await;
    assert_eq!(page.state_of("rocketchat"), en("state-active"));
    assert_eq!((page.is_ticked("service-rocketchat"), page.is_ticked("terms")), (Some(true), Some(false)));

    world.deliver().await;
    let mails = world.mails();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    let mail = MessageParser::default().parse(mail.as_bytes()).expect("a mail");
    assert!(mail.is_content_type("multipart", "mixed"));
    assert_eq!(mail.to().and_then(|to| to.first()?.address()), Some("anna.mueller@demo.example"));
    assert_eq!(mail.subject(), Some("Rocket.Chat is active"));
    for part in [mail.body_text(0).expect("text"), mail.body_html(0).expect("HTML")] {
        let place = |locale| part.find(&text_with(locale, "mail-granted", &[("service", "Rocket.Chat".to_owned())]));
        let (english, german) = (place(Locale::En).expect("English"), place(Locale::De).expect("German"));
        assert!(english < german, "the member's language comes first");
        assert!(part.contains(&receipt) && part.contains("/en/terms/rocketchat/1"));
    }
}

async fn withdrawing_takes_no_more_presses_than_activating(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;

    let result = anna.withdraw("rocketchat").await;
    result.expect(200).says(&about("result-withdrawn", "Rocket.Chat"));
    assert!(world.members("rocketchat").await.is_empty());
    anna.open("/profile/history").await.says(&en("history-withdrawn"));
    assert_eq!(world.count("withdrawals WHERE cause = 'member' AND acceptance_id IS NOT NULL"), 1);

    // An acceptance that was withdrawn does not come back to life.
    let form = anna.permissions().await.form("/profile/permissions").tick("service-rocketchat");
    anna.post(&form).await.expect(422).says(&en("problem-terms-not-accepted"));
    anna.activate(&["rocketchat"]).await.says(&about("result-admitted", "Rocket.Chat"));
    assert_eq!((world.count("acceptances"), world.members("rocketchat").await.len()), (2, 1));
    world.deliver().await;
    assert_eq!(world.mails().len(), 3);
}

async fn the_page_of_a_service_offers_to_withdraw(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let result = anna.activate(&["cloud"]).await;
    let gone = anna.press(&result.form("/profile/permissions")).await;
    gone.expect(200).says(&about("result-withdrawn", "Cloud storage"));
    assert!(world.members("cloud").await.is_empty());
    world.deliver().await;
}

/// What is newest stands; the new acceptance is the newest although the clock says otherwise.
async fn a_clock_that_is_put_back_hides_no_acceptance(base: Base) {
    let world = World::new(base).await;
    world.advance(TimeDelta::minutes(10));
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["cloud"]).await;
    anna.withdraw("cloud").await;
    world.advance(-TimeDelta::minutes(5));
    anna.activate(&["cloud"]).await.says(&about("result-active", "Cloud storage"));
    assert_eq!(anna.permissions().await.state_of("cloud"), en("state-active"));
    world.advance(TimeDelta::minutes(10));
    world.deliver().await;
    assert_eq!((world.count("acceptances"), world.count("withdrawals")), (2, 1));
}

async fn one_press_changes_several_services(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let page = anna.activate(&["rocketchat", "cloud", "printing"]).await;
    assert!(page.path.starts_with("/en/profile/changes/"), "{}", page.path);
    assert_eq!(page.texts("main h2").len(), 3);
    page.says(&about("result-admitted", "Rocket.Chat")).says(&about("result-active", "Cloud storage"));
    for service in ["rocketchat", "cloud", "printing"] {
        assert_eq!(world.members(service).await, [dn(who::ANNA)], "{service}");
    }
    assert_eq!(world.lines("DISTINCT change_id", "acceptances").len(), 1);
    let others = world.signed_in(who::BERND).await;
    others.get(&page.path).await.expect(404);

    let form = anna.permissions().await.form("/profile/permissions");
    let form = form.untick("service-rocketchat").untick("service-cloud");
    anna.press(&form).await.says(&about("result-withdrawn", "Rocket.Chat"));
    assert_eq!(world.members("printing").await.len() + world.members("cloud").await.len(), 1);
    world.deliver().await;
    assert_eq!(world.mails().len(), 5);
}

async fn pressing_twice_changes_nothing_more(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    // Several rounds, as what happens at the same time happens in another order each time.
    for round in 1..=4 {
        let form = anna.permissions().await.form("/profile/permissions").tick("service-rocketchat").tick("terms");
        let at_once = tokio::join!(anna.post(&form), anna.post(&form), anna.post(&form));
        let later = anna.post(&form).await;
        for answer in [at_once.0, at_once.1, at_once.2, later] {
            assert_eq!((answer.status, answer.location()), (303, "/en/profile/permissions/rocketchat"));
        }
        let granted = "log_records WHERE kind = 'entitlement-granted'";
        assert_eq!((world.count("acceptances"), world.count(granted)), (round, round));
        assert_eq!(world.members("rocketchat").await, [dn(who::ANNA)]);

        let form = anna.permissions().await.form("/profile/permissions").untick("service-rocketchat");
        let at_once = tokio::join!(anna.post(&form), anna.post(&form), anna.post(&form));
        let later = anna.post(&form).await;
        for answer in [at_once.0, at_once.1, at_once.2, later] {
            assert_eq!((answer.status, answer.location()), (303, "/en/profile/permissions/rocketchat"));
        }
        let ended = "log_records WHERE kind = 'entitlement-ended'";
        assert_eq!((world.count("withdrawals"), world.count(ended)), (round, round));
        assert!(world.members("rocketchat").await.is_empty());
    }
    world.deliver().await;
    assert_eq!(world.mails().len(), 8);
}

async fn a_stale_page_never_undoes_something_else(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let stale = anna.permissions().await.form("/profile/permissions");
    anna.activate(&["cloud"]).await.expect(200);
    anna.press(&stale.tick("service-rocketchat").tick("terms")).await.expect(200);
    assert_eq!(world.members("cloud").await, [dn(who::ANNA)]);
    assert_eq!(world.members("rocketchat").await, [dn(who::ANNA)]);
    world.deliver().await;
}

async fn a_stale_page_withdraws_only_what_was_unticked(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat", "cloud"]).await;
    let stale = anna.permissions().await.form("/profile/permissions");
    anna.withdraw("cloud").await;
    // The stale page still shows the cloud as active: leaving it ticked does not bring it back.
    anna.press(&stale.untick("service-rocketchat")).await.expect(200);
    assert!(world.members("cloud").await.is_empty());
    assert!(world.members("rocketchat").await.is_empty());
    world.deliver().await;
}

async fn without_a_mail_address_the_receipt_is_on_the_page_only(base: Base) {
    let world = World::new(base).await;
    let olivia = world.signed_in(who::WITHOUT_MAIL).await;
    let result = olivia.activate(&["cloud"]).await;
    result.says(&about("result-active", "Cloud storage")).says(&en("result-no-mail"));
    assert!(!result.text("main dd code").is_empty());
    olivia.open("/profile").await.says(&en("profile-no-mail"));
    olivia.activate(&["rocketchat"]).await.says(&about("refusal-no-mail", "Rocket.Chat"));
    world.deliver().await;
    assert!(world.mails().is_empty());
}

async fn a_person_whom_the_chat_server_would_refuse_is_told_why(base: Base) {
    let world = World::new(base).await;
    let comma = world.signed_in(who::COMMA).await;
    let result = comma.activate(&["rocketchat"]).await;
    result.says(&about("result-refused", "Rocket.Chat")).says(&about("refusal-unescaped-dn", "Rocket.Chat"));
    result.says(&en("result-proof-failed"));
    // The name of the entry stands in the group exactly as the directory returns it.
    let stored = format!(r"cn=Weiß\, Jürgen,{}", university::PEOPLE);
    assert_eq!(world.members("rocketchat").await, [stored.as_str()]);
    assert_eq!(comma.permissions().await.state_of("rocketchat"), en("state-active"));
    comma.withdraw("rocketchat").await.says(&about("result-withdrawn", "Rocket.Chat"));
    assert!(world.members("rocketchat").await.is_empty());
    world.deliver().await;
}

async fn what_others_put_into_the_directory_is_shown_and_can_be_accepted_or_ended(base: Base) {
    let world = World::new(base).await;
    for service in ["cloud", "printing"] {
        world.put_into_group(service, &dn(who::ANNA)).await;
    }
    let anna = world.signed_in(who::ANNA).await.reads_german();
    let page = anna.permissions().await;
    assert_eq!((page.state_of("cloud"), page.is_ticked("service-cloud")), (de("state-accept-again"), Some(true)));
    page.says(&de("state-never-accepted-text"));
    // One is accepted now, the other one is given up.
    let form = page.form("/profile/permissions").untick("service-printing").tick("terms");
    anna.press(&form).await.expect(200);
    assert_eq!((world.members("cloud").await.len(), world.members("printing").await.len()), (1, 0));
    assert_eq!((world.count("acceptances"), world.count("withdrawals WHERE acceptance_id IS NULL")), (1, 1));
    world.deliver().await;
}

async fn a_second_press_for_several_services_leads_to_the_same_page(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let form = anna.permissions().await.form("/profile/permissions");
    let form = form.tick("service-rocketchat").tick("service-cloud").tick("terms");
    let (first, second) = (anna.post(&form).await, anna.post(&form).await);
    assert!(first.location().starts_with("/en/profile/changes/"), "{}", first.location());
    assert_eq!(second.location(), first.location());
    assert_eq!(world.count("acceptances"), 2);
    world.deliver().await;
}
