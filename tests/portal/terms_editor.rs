//! Terms editors: drafts, what publishing would do, publishing, and that what is published stays as it is.

use chrono::TimeDelta;
use latchkey::command::terms::Weight;

use crate::world::{Base, Form, PASSWORD, Page, Visitor, World, about, en, who};

on_both![
    only_terms_editors_see_drafts_and_publish,
    a_draft_is_kept_compared_and_published,
    the_slower_of_two_editors_is_told_and_loses_nothing,
    of_two_who_publish_at_once_one_wins,
    a_version_that_came_from_the_command_line_is_noticed,
    a_language_that_is_missing_is_refused,
    what_cannot_be_stored_is_said_beside_its_field,
    a_version_may_not_begin_in_the_past,
    the_impact_is_told_before_publishing,
    a_preview_stores_nothing,
    a_text_survives_the_end_of_the_session,
    a_draft_can_be_thrown_away,
    nothing_published_can_be_changed_or_deleted,
];

const EDIT: &str = "/terms/rocketchat/edit";
const PUBLISH: &str = "/terms/rocketchat/versions";

async fn editor(world: &World) -> Visitor {
    world.signed_in(who::CLAUDIA).await
}

async fn open(visitor: &Visitor) -> Page {
    let page = visitor.open(EDIT).await;
    page.expect(200);
    page
}

/// The form with another sentence in both languages.
fn rewritten(page: &Page) -> Form {
    let form = page.form(EDIT);
    let [de, en] = ["source_de", "source_en"].map(|name| form.value(name).expect("a text").to_owned());
    form.fill("source_de", &format!("{de}\r\nSeien Sie freundlich.\r\n"))
        .fill("source_en", &format!("{en}\r\nBe kind.\r\n"))
}

async fn draft(visitor: &Visitor) -> Page {
    let page = visitor.press(&rewritten(&open(visitor).await)).await;
    page.expect(200).says(&en("notice-draft-saved"));
    page
}

async fn publish(visitor: &Visitor) -> Page {
    visitor.press(&open(visitor).await.form(PUBLISH).fill("confirmation", "Rocket.Chat")).await
}

async fn only_terms_editors_see_drafts_and_publish(base: Base) {
    let world = World::new(base).await;
    let form = rewritten(&open(&editor(&world).await).await);
    let before = world.facts();
    for username in [who::ANNA, who::BERND] {
        let visitor = world.signed_in(username).await;
        visitor.open("/terms").await.expect(403);
        visitor.open(EDIT).await.expect(403);
        // A form with a token of their own, but not theirs to send.
        let token = visitor.open("/profile").await.sign_out_form().value("form_token").expect("a token").to_owned();
        let form = form.clone().fill("form_token", &token);
        visitor.post(&form).await.expect(403);
        for action in [PUBLISH, "/terms/rocketchat/draft"] {
            let form = Form::made_up(&visitor.path(action)).with("form_token", &token).with("basis", ".1");
            visitor.post(&form.with("confirmation", "Rocket.Chat")).await.expect(403);
        }
    }
    let mut after = world.facts();
    let records = after.get_mut("log_records").expect("records");
    records.retain(|record| before["log_records"].contains(record));
    assert_eq!(after, before);
}

async fn a_draft_is_kept_compared_and_published(base: Base) {
    let world = World::new(base).await;
    let claudia = editor(&world).await;
    claudia.open("/terms").await.expect(200).says("Rocket.Chat").says("Version 1");
    let page = draft(&claudia).await;
    page.says("Draft saved by Claudia Weber");
    assert_eq!(page.texts("ins").len(), 2);
    assert_eq!(page.texts("ins")[1], "[added: Be kind. ]");
    claudia.open("/terms").await.says("Draft saved by Claudia Weber");

    let refused = claudia.post(&page.form(PUBLISH).fill("confirmation", "rocketchat")).await;
    refused.expect(422).says(&about("problem-not-confirmed", "Rocket.Chat"));
    assert_eq!(refused.attributes("#error-summary a", "href"), ["#confirmation"]);
    assert_eq!(refused.form(PUBLISH).value("confirmation"), Some("rocketchat"), "what was typed is kept");
    assert_eq!(world.count("terms_versions WHERE service = 'rocketchat'"), 1);

    let version = publish(&claudia).await;
    version.expect(200).says(&en("notice-terms-published")).says("Be kind.");
    assert!(version.path.ends_with("/terms/rocketchat/2"), "{}", version.path);
    assert_eq!(world.count("terms_drafts"), 0);
    let record = "log_records WHERE kind = 'terms-published' AND actor IN (SELECT id FROM accounts)";
    assert_eq!(world.count(record), 1, "one record, with the editor as its actor");
    assert_eq!(world.lines("service", record), ["rocketchat"]);
    world.visitor().open("/terms/rocketchat/1").await.expect(200);
    assert_eq!(world.visitor().open("/terms/rocketchat").await.location(), "/en/terms/rocketchat/2");
}

async fn the_slower_of_two_editors_is_told_and_loses_nothing(base: Base) {
    let world = World::new(base).await;
    let (quick, slow) = (editor(&world).await, editor(&world).await);
    let mine = rewritten(&open(&slow).await).fill("source_en", "# Mine");
    draft(&quick).await;
    let before = world.dump();
    let page = slow.post(&mine).await;
    page.expect(422).says(&en("problem-overtaken")).says(&en("editor-other-diff"));
    assert_eq!(page.form(EDIT).value("source_en"), Some("# Mine"));
    assert_eq!(world.dump(), before);
    // Pressing again is a decision.
    slow.press(&page.form(EDIT)).await.expect(200).says(&en("notice-draft-saved"));
    assert_eq!(world.lines("source_en", "terms_drafts"), ["# Mine"]);
}

async fn of_two_who_publish_at_once_one_wins(base: Base) {
    let world = World::new(base).await;
    let (one, other) = (editor(&world).await, editor(&world).await);
    draft(&one).await;
    let [first, second] =
        [open(&one).await, open(&other).await].map(|page| page.form(PUBLISH).fill("confirmation", "Rocket.Chat"));
    let (first, second) = tokio::join!(one.post(&first), other.post(&second));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
    let loser = if first.status == 422 { first } else { second };
    // Whichever it notices first: that the draft is gone, or that there is a newer version.
    let reasons = [en("problem-no-draft"), en("problem-moved")];
    assert!(reasons.iter().any(|reason| loser.content().contains(reason)), "{}", loser.content());
    assert_eq!(world.count("terms_versions WHERE service = 'rocketchat'"), 2);
    assert_eq!(world.count("log_records WHERE kind = 'terms-published' AND service = 'rocketchat'"), 2);
}

async fn a_version_that_came_from_the_command_line_is_noticed(base: Base) {
    let world = World::new(base).await;
    let claudia = editor(&world).await;
    let page = draft(&claudia).await;
    world.publish("rocketchat", 2, Weight { major: Some(false), grace_days: 14, effective_in_days: 0 }).await;
    let refused = claudia.post(&page.form(PUBLISH).fill("confirmation", "Rocket.Chat")).await;
    refused.expect(422).says(&en("problem-moved")).says("You are writing version 3");
    assert_eq!(world.count("terms_versions WHERE service = 'rocketchat'"), 2);
    publish(&claudia).await.expect(200);
    assert_eq!(world.count("terms_versions WHERE service = 'rocketchat' AND number = 3"), 1);
}

async fn a_language_that_is_missing_is_refused(base: Base) {
    let world = World::new(base).await;
    let claudia = editor(&world).await;
    let form = rewritten(&open(&claudia).await).fill("source_en", " \r\n").choose("weight-minor");
    claudia.press(&form.fill("grace_days", "3")).await.expect(200).says(&en("notice-draft-saved"));
    let form = open(&claudia).await.form(PUBLISH).fill("confirmation", "Rocket.Chat");
    let page = claudia.post(&form).await;
    page.expect(422).says(&en("problem-text-missing-en"));
    assert!(page.text("title").starts_with("Error:"));
    assert_eq!(page.attributes("#error-summary a", "href"), ["#source_en"]);
    let kept = page.form(EDIT);
    assert_eq!((kept.value("weight"), kept.value("grace_days")), (Some("minor"), Some("3")));
    assert!(kept.value("source_de").expect("a text").ends_with("Seien Sie freundlich.\r\n"));
    assert_eq!(page.form(PUBLISH).value("confirmation"), Some("Rocket.Chat"));
    assert_eq!(world.count("terms_versions WHERE service = 'rocketchat'"), 1);
}

async fn what_cannot_be_stored_is_said_beside_its_field(base: Base) {
    let world = World::new(base).await;
    let claudia = editor(&world).await;
    let long = "ä".repeat(65 * 1024);
    let form = open(&claudia).await.form(EDIT).fill("source_de", &long);
    let form = form.fill("grace_days", "367").fill("effective_on", "1.4.2027");
    let page = claudia.post(&form).await;
    page.expect(422);
    let fields = ["#source_de", "#grace_days", "#effective_on"];
    assert_eq!(page.attributes("#error-summary a", "href"), fields);
    assert_eq!(page.texts(".kern-error").len(), 3);
    assert_eq!(page.form(EDIT).value("source_de"), Some(long.as_str()));
    assert_eq!(world.count("terms_drafts"), 0);
    let huge = open(&claudia).await.form(EDIT).fill("source_de", &"x".repeat(1024 * 1024));
    claudia.post(&huge).await.expect(413);
}

async fn a_version_may_not_begin_in_the_past(base: Base) {
    let world = World::new(base).await;
    let claudia = editor(&world).await;
    let form = rewritten(&open(&claudia).await).fill("effective_on", "2026-11-24");
    claudia.press(&form).await.expect(200).says("takes effect on 24 November 2026, 00:00");
    world.advance(TimeDelta::days(2));
    let claudia = editor(&world).await;
    let form = open(&claudia).await.form(PUBLISH).fill("confirmation", "Rocket.Chat");
    let page = claudia.post(&form).await;
    page.expect(422).says(&en("problem-date-past"));
    let today = page.form(EDIT).fill("effective_on", "2026-11-25");
    claudia.press(&today).await.expect(200);
    publish(&claudia).await.expect(200).says("25 November 2026, 09:00");
}

async fn the_impact_is_told_before_publishing(base: Base) {
    let world = World::new(base).await;
    let (anna, nobody) = (world.signed_in(who::ANNA).await, world.signed_in(who::WITHOUT_MAIL).await);
    anna.activate(&["rocketchat"]).await;
    nobody.activate(&["rocketchat"]).await;
    world.deliver().await;
    let claudia = editor(&world).await;
    let page = draft(&claudia).await;
    let impact = page.text("#impact");
    for words in [
        "2 members must accept again",
        "Up to 3 mails",
        "1 of them has no mail address",
        "accepted by 7 December 2026, 09:00 loses",
        "on 30 November 2026",
        "on 6 December 2026",
    ] {
        assert!(impact.contains(words), "'{words}' is not in: {impact}");
    }
    let without_grace = claudia.post(&page.form(EDIT).fill("grace_days", "0").with("action", "preview")).await;
    without_grace.expect(200).says(&en("impact-no-grace")).says(&en("impact-ending-mail"));
    let minor = claudia.post(&page.form(EDIT).choose("weight-minor").with("action", "preview")).await;
    minor.expect(200).says(&en("impact-nobody"));
}

async fn a_preview_stores_nothing(base: Base) {
    let world = World::new(base).await;
    let claudia = editor(&world).await;
    let form = open(&claudia).await.form(EDIT).fill("source_en", "# Heading\n\n<script>x</script>\n\n**Bold**");
    let page = claudia.post(&form.with("action", "preview")).await;
    page.expect(200);
    assert_eq!(page.texts("[aria-labelledby=source_en-title] .lk-preview strong"), ["Bold"]);
    assert!(page.texts(".lk-preview script").is_empty());
    assert_eq!(world.count("terms_drafts"), 0);
    // A form without the button that was pressed saves.
    claudia.press(&page.form(EDIT)).await.says(&en("notice-draft-saved"));
}

async fn a_text_survives_the_end_of_the_session(base: Base) {
    let world = World::new(base).await;
    let claudia = editor(&world).await;
    let form = rewritten(&open(&claudia).await);
    world.advance(TimeDelta::hours(1));
    let page = claudia.post(&form).await;
    page.expect(200).says(&en("sign-in-session-ended"));
    let sign_in = page.form("/sign-in").fill("name", who::CLAUDIA).fill("password", PASSWORD);
    let page = claudia.press(&sign_in).await;
    page.expect(200).says(&en("editor-not-saved"));
    assert_eq!(page.form(EDIT).value("source_en"), form.value("source_en"));
    claudia.press(&page.form(EDIT)).await.says(&en("notice-draft-saved"));

    // A text that the sign-in cannot carry is shown, to be copied.
    let long = "word ".repeat(8 * 1024);
    let form = open(&claudia).await.form(EDIT).fill("source_en", &long);
    world.advance(TimeDelta::hours(1));
    let page = claudia.post(&form).await;
    page.expect(401).says(&en("kept-text"));
    assert_eq!(page.text("#source_en"), long.trim());
}

async fn a_draft_can_be_thrown_away(base: Base) {
    let world = World::new(base).await;
    let claudia = editor(&world).await;
    let page = draft(&claudia).await;
    let discard = page.form("/terms/rocketchat/draft");
    let newer = claudia.press(&page.form(EDIT).fill("grace_days", "5")).await;
    claudia.post(&discard).await.expect(422).says(&en("problem-moved"));
    assert_eq!(world.count("terms_drafts"), 1);
    claudia.press(&newer.form("/terms/rocketchat/draft")).await.expect(200).says(&en("notice-draft-discarded"));
    assert_eq!(world.count("terms_drafts"), 0);
}

async fn nothing_published_can_be_changed_or_deleted(base: Base) {
    let world = World::new(base).await;
    let claudia = editor(&world).await;
    draft(&claudia).await;
    publish(&claudia).await.expect(200);
    let before = world.dump();
    for statement in [
        "UPDATE terms_versions SET grace_days = 365 WHERE service = 'rocketchat' AND number = 2",
        "UPDATE terms_versions SET major = (1 = 0)",
        "DELETE FROM terms_versions WHERE number = 2",
        "UPDATE terms_texts SET html = 'You owe us money.'",
        "UPDATE terms_texts SET source = '' WHERE locale = 'en'",
        "DELETE FROM terms_texts",
    ] {
        let refusal = world.execute(statement).expect_err(statement);
        assert!(refusal.contains("append-only"), "{statement}: {refusal}");
    }
    assert_eq!(world.dump(), before);
}
