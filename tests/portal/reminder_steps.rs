//! From the form of a reminder to its mails: nothing is sent that was not looked at, and nothing in it hides the rest.

use mail_parser::MessageParser;

use crate::{
    reminders::{DORA, LUKAS, form, recipients, with_students},
    world::{Base, Page, Visitor, World, en, who},
};

on_both![
    sending_without_having_looked_shows_the_mail_first,
    a_number_that_has_changed_is_shown_again,
    other_words_than_those_looked_at_are_shown_again,
    pressing_twice_and_going_back_send_once,
    what_no_button_sends_shows_the_form,
    what_was_typed_is_kept_and_the_fault_is_named,
    words_stand_between_the_portals_own,
];

async fn check(lecturer: &Visitor) -> Page {
    let page = lecturer.post(&form(lecturer).await.with("step", "check")).await;
    page.expect(200);
    page
}

async fn sending_without_having_looked_shows_the_mail_first(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    let bernd = world.signed_in(who::BERND).await;
    for seen in [None, Some(""), Some("0".repeat(64).as_str()), Some("x")] {
        let mut form = form(&bernd).await.with("step", "send");
        if let Some(seen) = seen {
            form = form.with("seen", seen);
        }
        let page = bernd.post(&form).await;
        page.expect(422).says("It now goes to 3 people and has not been sent yet.");
        assert!(page.text("title").starts_with("Error:"));
        assert_eq!((world.count("outbox"), world.count("reminders")), (0, 0));
    }
    let page = bernd.post(&form(&bernd).await.with("step", "send")).await;
    bernd.press(&page.form("/reminder").with("step", "send")).await.says("The reminder was sent to 3 people");
    assert_eq!(world.count("outbox"), 3);
    world.deliver().await;
}

async fn a_number_that_has_changed_is_shown_again(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    let bernd = world.signed_in(who::BERND).await;
    let looked_at = check(&bernd).await.form("/reminder").with("step", "send");
    world.signed_in(who::ANNA).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    let page = bernd.post(&looked_at).await;
    page.expect(422).says("It now goes to 2 people and has not been sent yet.");
    assert_eq!(world.count("reminders"), 0);
    bernd.press(&page.form("/reminder").with("step", "send")).await.says("The reminder was sent to 2 people");
    world.deliver().await;
    assert_eq!(recipients(&world).len(), 2);
}

async fn other_words_than_those_looked_at_are_shown_again(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    let bernd = world.signed_in(who::BERND).await;
    let looked_at = check(&bernd).await.form("/reminder").with("step", "send");
    let page = bernd.post(&looked_at.fill("text_en", "Something else.")).await;
    page.expect(422).says("Something else.");
    assert_eq!(world.count("reminders"), 0);
}

async fn pressing_twice_and_going_back_send_once(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    let bernd = world.signed_in(who::BERND).await;
    let written = form(&bernd).await;
    let looked_at = check(&bernd).await.form("/reminder");
    let send = looked_at.with("step", "send");
    let (one, other) = tokio::join!(bernd.press(&send), bernd.press(&send));
    for page in [one, other, bernd.press(&send).await, bernd.post(&written.with("step", "check")).await] {
        page.expect(200).says("The reminder was sent to 3 people");
    }
    let edit = send.without("step").with("step", "edit");
    bernd.post(&edit).await.expect(200).says("The reminder was sent to 3 people");
    assert_eq!((world.count("outbox"), world.count("log_records WHERE kind = 'reminder-sent'")), (3, 1));
    world.deliver().await;
    assert_eq!(recipients(&world).len(), 3);
}

async fn what_no_button_sends_shows_the_form(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    let bernd = world.signed_in(who::BERND).await;
    for step in [None, Some(""), Some("SEND"), Some("send "), Some("delete")] {
        let mut form = form(&bernd).await.fill("text_en", "Hello there.");
        if let Some(step) = step {
            form = form.with("step", step);
        }
        let page = bernd.post(&form).await;
        page.expect(200);
        assert_eq!(page.form("/reminder").value("text_en"), Some("Hello there."), "{step:?}");
    }
    assert_eq!(world.count("reminders"), 0);
}

async fn what_was_typed_is_kept_and_the_fault_is_named(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    let bernd = world.signed_in(who::BERND).await;
    let many = "a\r\n".repeat(31);
    let long = "x".repeat(200);
    for (words, told) in [
        ("Please go to evil\u{200b}.com now", "“evil.com” looks like a link"),
        ("Room 5.Please come", "put a space after full stops"),
        ("sms:+49123", "“sms:+49123” looks like a link"),
        ("evil。com", "looks like a link"),
        ("Hello\r\n--\r\nB. Schmidt", "hide what stands behind the line “--”"),
        ("Hello \u{1b}[2J", "a character that cannot be shown"),
        ("\u{200b}\u{2800}\u{3164}", "write a text"),
        (many.as_str(), "more than 30 lines"),
        (long.as_str(), "too long for a word"),
    ] {
        let page = bernd.post(&form(&bernd).await.fill("text_en", words).with("step", "check")).await;
        page.expect(422).says(told).says(&en("reminder-text-en"));
        assert_eq!(page.form("/reminder").value("text_en"), Some(words), "what was entered is kept");
    }
    assert_eq!(world.count("reminders"), 0);
}

async fn words_stand_between_the_portals_own(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    let bernd = world.signed_in(who::BERND).await;
    let words = format!("First\u{202e} line.{}Last \u{200b}line.", "\r\n".repeat(200));
    let written = form(&bernd).await.fill("text_en", &words).fill("text_de", &words);
    let checked = bernd.post(&written.with("step", "check")).await;
    checked.expect(200);
    let shown: Vec<String> = checked.texts(".lk-letter [lang=en] > :is(p, blockquote)");
    bernd.press(&checked.form("/reminder").with("step", "send")).await.expect(200);
    world.deliver().await;
    assert_eq!(world.lines("text_en", "reminders"), ["First line.\n\nLast line."]);
    let text = plain_text(&world, "lukas.schneider@demo.example");
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let sent = squeezed(&text);
    let greeting = sent.split_once(", ").expect("a greeting").1;
    assert_eq!(squeezed(&shown.join(" ")).split_once(", ").expect("a greeting").1, greeting, "the preview is the mail");
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is missing: {text}"));
    assert!(place("is voluntary") < place("First line."), "{text}");
    assert!(place("yes or no") < place("First line."), "{text}");
    assert!(place("Last line.") < text.rfind("is voluntary").expect("said again"), "{text}");
    assert!(text.contains("\n    First line.\n\n    Last line.\n\n"), "{text}");
    assert!(!text.lines().any(|line| line.trim_end() == "--"), "{text}");
}

fn plain_text(world: &World, address: &str) -> String {
    let mails = world.mails();
    let raw = mails.iter().find(|raw| raw.contains(address) && raw.contains("Statistik")).expect("a reminder");
    let mail = MessageParser::default().parse(raw.as_bytes()).expect("a mail");
    mail.body_text(0).expect("text").replace('\r', "")
}
