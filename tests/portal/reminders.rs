//! Reminders: to those who are missing, in their language, seldom, and without telling the lecturer anything but a number.

use std::time::Duration;

use chrono::TimeDelta;
use latchkey::{
    demo::{directory::Entry, university},
    mail::{self, SmtpTls, Transport},
};
use mail_parser::MessageParser;
use serde_json::Value;

use crate::{
    support::smtp::Smtp,
    world::{Base, Form, Page, Visitor, World, change_person, dn, en, who},
};

on_both![
    those_who_are_missing_are_reminded_in_their_language,
    nothing_is_sent_before_it_was_looked_at,
    words_are_plain_and_the_frame_stays,
    a_course_has_one_reminder_in_three_days,
    of_two_lecturers_at_once_one_sends,
    who_activates_in_the_meantime_gets_no_mail,
    only_lecturers_of_the_course_may_remind,
    a_reminder_that_cannot_be_delivered_in_time_lapses,
    reminders_wait_until_the_mail_server_lets_the_portal_in,
];

/// Students of "Statistik I"; the first has no account, and the directory says which language he prefers.
pub const LUKAS: &str = "lschneider";
const STATISTICS: &str = "stat1-2026w";
/// Nothing is known about her language.
pub const DORA: &str = who::LOCKED;
const HUONG: &str = "tdang";

fn set(entries: &mut [Entry], attribute: &str, values: &[&str]) {
    let wanted = format!("cn={STATISTICS},{}", university::COURSES);
    let entry = entries.iter_mut().find(|entry| entry.dn == wanted).expect("a course");
    let (_, old) = entry.attributes.iter_mut().find(|(name, _)| name == attribute).expect("an attribute");
    *old = values.iter().map(|value| (*value).to_owned()).collect();
}

/// A world where "Statistik I" has these students, taught by Bernd and Hương.
pub async fn with_students(base: Base, students: &[&str]) -> World {
    let mut world = World::new(base).await;
    world.stop_directory().await;
    let students: Vec<String> = students.iter().map(|student| dn(student)).collect();
    let students: Vec<&str> = students.iter().map(String::as_str).collect();
    world
        .start_directory(|entries| {
            set(entries, "member", &students);
            set(entries, "owner", &[&dn(who::BERND), &dn(HUONG)]);
            change_person(entries, LUKAS, "preferredLanguage", Some("en-GB"));
            change_person(entries, DORA, "preferredLanguage", None);
        })
        .await;
    world
}

/// Where the course's page is, without the language.
pub async fn place(lecturer: &Visitor) -> String {
    let page = lecturer.open("/courses").await;
    page.expect(200);
    let titles = page.texts(".lk-course h3 a");
    let links = page.attributes(".lk-course h3 a", "href");
    let at = titles.iter().position(|title| title == "Statistik I").expect("the course");
    links[at].trim_start_matches("/en").to_owned()
}

pub async fn form(lecturer: &Visitor) -> Form {
    let page = lecturer.open(&format!("{}/reminder", place(lecturer).await)).await;
    page.expect(200);
    page.form("/reminder")
}

/// Presses "Send" on the page that shows the mail.
async fn send(lecturer: &Visitor) -> Page {
    let checked = lecturer.post(&form(lecturer).await.with("step", "check")).await;
    checked.expect(200);
    lecturer.press(&checked.form("/reminder").with("step", "send")).await
}

pub fn recipients(world: &World) -> Vec<String> {
    let parse = |raw: &String| {
        let mail = MessageParser::default().parse(raw.as_bytes()).expect("a mail");
        let to = mail.to().and_then(|to| to.first()).and_then(|to| to.address()).expect("an address").to_owned();
        (to, mail.subject().unwrap_or_default().to_owned())
    };
    let all = world.mails();
    let mut to: Vec<String> =
        all.iter().map(parse).filter(|(_, subject)| subject.contains("Statistik")).map(|(to, _)| to).collect();
    to.sort();
    to
}

/// The reminder to this address: subject, plain text and HTML.
pub fn reminder_to(world: &World, address: &str) -> String {
    let mails = world.mails();
    let raw = mails.iter().find(|raw| raw.contains(address) && raw.contains("Statistik")).expect("a reminder");
    let mail = MessageParser::default().parse(raw.as_bytes()).expect("a mail");
    let text = mail.body_text(0).expect("text").replace('\r', "");
    let html = mail.body_html(0).expect("HTML").replace('\r', "");
    let all = format!("Subject: {}\n\n{text}\n\n{html}", mail.subject().expect("a subject"));
    all.replace(&world.address.to_string(), "portal.example")
}

async fn those_who_are_missing_are_reminded_in_their_language(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, DORA, who::ODD, who::WITHOUT_MAIL, who::ODD_ADDRESS]).await;
    let mut anna = world.visitor_in("de");
    anna.sign_in(who::ANNA, crate::world::PASSWORD).await;
    world.signed_in(who::ODD).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    let bernd = world.signed_in(who::BERND).await;
    let accounts = world.count("accounts");
    let page = send(&bernd).await;
    page.expect(200).says("The reminder was sent to 5 people");
    assert!(!page.content().contains('@'), "no addresses: {}", page.content());
    world.deliver().await;
    assert_eq!(world.count("outbox"), 0);
    assert_eq!(world.count("accounts"), accounts, "nobody gets an account by being reminded");
    let mails = world.mails().len();
    assert_eq!(recipients(&world).len(), 3, "who has activated, has no address or an impossible one gets no mail");
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("mail-reminder.de", reminder_to(&world, "anna.mueller@demo.example"));
        let lukas = recipients(&world).into_iter().find(|to| to.contains("schneider")).expect("his mail");
        insta::assert_snapshot!("mail-reminder.en", reminder_to(&world, &lukas));
        let dora = recipients(&world).into_iter().find(|to| to.starts_with("dora.")).expect("her mail");
        insta::assert_snapshot!("mail-reminder.both", reminder_to(&world, &dora));
    });
    let detail = world.lines("detail", "log_records WHERE kind = 'reminder-sent'");
    let detail: Value = serde_json::from_str(&detail[0]).expect("JSON");
    assert_eq!((&detail["course"], &detail["reminded"]), (&"Statistik I".into(), &5.into()));
    let about = "log_subjects JOIN log_records ON record_id = log_records.id \
                 JOIN accounts ON accounts.id = log_subjects.account_id WHERE kind = 'reminder-sent'";
    assert_eq!(world.lines("username", about), [who::ANNA]);
    let stored = world.lines("payload", "outbox").join("") + &world.lines("text_de", "reminders").join("");
    assert!(!stored.contains('@'));
    world.deliver().await;
    assert_eq!(world.mails().len(), mails);
}

async fn nothing_is_sent_before_it_was_looked_at(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    let bernd = world.signed_in(who::BERND).await;
    let written = form(&bernd).await.fill("text_en", "Please look at the chat.\n\nB. Schmidt");
    let checked = bernd.post(&written.with("step", "check")).await;
    checked.expect(200).says("This e-mail goes to 3 people").says("Please look at the chat.");
    checked.says(&en("reminder-languages"));
    assert_eq!(world.count("outbox"), 0);
    let edited = bernd.post(&checked.form("/reminder").with("step", "edit")).await;
    // As browsers send it.
    assert_eq!(edited.form("/reminder").value("text_en"), Some("Please look at the chat.\r\n\r\nB. Schmidt"));
    assert_eq!(world.count("outbox"), 0);
    bernd.press(&checked.form("/reminder").with("step", "send")).await.expect(200);
    assert_eq!(world.count("outbox"), 3);
    assert_eq!(world.lines("text_en", "reminders"), ["Please look at the chat.\n\nB. Schmidt"]);
    world.deliver().await;
    assert_eq!(recipients(&world).len(), 3);
}

async fn words_are_plain_and_the_frame_stays(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    let bernd = world.signed_in(who::BERND).await;
    for (words, told) in [
        ("", "write a text"),
        ("Press https://evil.example/login", "looks like a link"),
        ("<a href=x>here</a>", "are not possible"),
        (&"x".repeat(1001), "longer than 1000 characters"),
    ] {
        for step in ["check", "send"] {
            let page = bernd.post(&form(&bernd).await.fill("text_de", words).with("step", step)).await;
            page.expect(422).says(told).says(&en("reminder-text-de"));
            assert_eq!(page.form("/reminder").value("text_de"), Some(words), "what was entered is kept");
        }
    }
    assert_eq!(world.count("outbox"), 0);
    bernd.post(&form(&bernd).await.without("form_token").with("step", "send")).await.expect(403);
    let checked = bernd.post(&form(&bernd).await.with("step", "check")).await.form("/reminder");
    let stranger = checked.with("step", "send").with("course", "x").with("people", "all");
    bernd.press(&stranger).await.expect(200).says("The reminder was sent to 3 people");
    world.deliver().await;
    for mail in world.mails().iter().filter(|mail| mail.contains("Statistik")) {
        let parsed = MessageParser::default().parse(mail.as_bytes()).expect("a mail");
        let text = parsed.body_text(0).expect("text");
        assert!(text.contains("freiwillig") || text.contains("voluntary"), "{text}");
        assert!(text.contains("ja oder nein") || text.contains("yes or no"), "{text}");
        assert!(parsed.header_raw("Bcc").is_none());
    }
}

async fn a_course_has_one_reminder_in_three_days(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    let (bernd, huong) = (world.signed_in(who::BERND).await, world.signed_in(HUONG).await);
    let written = form(&huong).await.with("step", "send");
    send(&bernd).await.says("The reminder was sent to 3 people");
    // A page that was open before, a new one, and one about it by a colleague.
    huong.press(&written).await.expect(200).says("The next reminder for this course is possible from");
    bernd.open(&format!("{}/reminder", place(&bernd).await)).await.says("The reminder was sent to 3 people");
    assert_eq!(world.count("outbox"), 3);
    world.deliver().await;
    world.advance(TimeDelta::days(3) - TimeDelta::minutes(1));
    world.upkeep().await;
    let huong = world.signed_in(HUONG).await;
    huong.open(&format!("{}/reminder", place(&huong).await)).await.says("The reminder was sent to 3 people");
    world.advance(TimeDelta::minutes(2));
    send(&huong).await.says("The reminder was sent to 3 people");
    assert_eq!(world.count("log_records WHERE kind = 'reminder-sent'"), 2);
    world.deliver().await;
    assert_eq!(recipients(&world).len(), 6);
}

async fn of_two_lecturers_at_once_one_sends(base: Base) {
    for _ in 0..3 {
        let world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
        let (bernd, huong) = (world.signed_in(who::BERND).await, world.signed_in(HUONG).await);
        let mut forms = Vec::new();
        for lecturer in [&bernd, &huong] {
            let checked = lecturer.post(&form(lecturer).await.with("step", "check")).await;
            forms.push(checked.form("/reminder").with("step", "send"));
        }
        let (one, other) = tokio::join!(bernd.press(&forms[0]), huong.press(&forms[1]));
        one.expect(200).says("The reminder was sent to 3 people");
        other.expect(200).says("The reminder was sent to 3 people");
        assert_eq!(world.count("outbox"), 3);
        assert_eq!(world.count("log_records WHERE kind = 'reminder-sent'"), 1);
        world.deliver().await;
        assert_eq!(recipients(&world).len(), 3);
    }
}

async fn who_activates_in_the_meantime_gets_no_mail(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS]).await;
    let bernd = world.signed_in(who::BERND).await;
    send(&bernd).await.expect(200);
    world.signed_in(who::ANNA).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    assert_eq!(recipients(&world).len(), 1);
    world.signed_in(LUKAS).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    world.advance(TimeDelta::days(4));
    let bernd = world.signed_in(who::BERND).await;
    bernd.open(&format!("{}/reminder", place(&bernd).await)).await.says("There is nobody to remind.");
}

async fn only_lecturers_of_the_course_may_remind(base: Base) {
    let mut world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    let (bernd, stranger) = (world.signed_in(who::BERND).await, world.signed_in("daydin").await);
    let anna = world.signed_in(who::ANNA).await;
    let page = format!("{}/reminder", place(&bernd).await);
    stranger.open(&page).await.expect(404);
    anna.open(&page).await.expect(403);
    assert!(world.visitor().open(&page).await.expect(303).location().contains("/sign-in?next="));
    bernd.open(&format!("{page}?service=cloud")).await.expect(404);
    let written = form(&bernd).await.with("step", "send");
    let token = stranger.open("/profile").await.sign_out_form().value("form_token").map(str::to_owned);
    let foreign = Form::made_up(&format!("/en{page}")).with("form_token", &token.expect("a token"));
    let foreign = foreign.with("text_de", "a").with("text_en", "b").with("step", "send");
    stranger.post(&foreign).await.expect(404);
    world.stop_directory().await;
    world.start_directory(|entries| set(entries, "owner", &[&dn(HUONG)])).await;
    bernd.post(&written).await.expect(404);
    assert_eq!(world.count("outbox"), 0);
}

async fn a_reminder_that_cannot_be_delivered_in_time_lapses(base: Base) {
    let mut world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    let bernd = world.signed_in(who::BERND).await;
    send(&bernd).await.expect(200);
    world.stop_directory().await;
    world.deliver().await;
    assert_eq!((world.count("outbox"), recipients(&world).len()), (3, 0));
    world.advance(TimeDelta::days(3) + TimeDelta::minutes(1));
    world.start_directory(|_| {}).await;
    world.deliver().await;
    assert_eq!((world.count("outbox"), recipients(&world).len()), (0, 0));
    world.upkeep().await;
    assert_eq!(world.count("reminders"), 0);
}

async fn reminders_wait_until_the_mail_server_lets_the_portal_in(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    send(&world.signed_in(who::BERND).await).await.expect(200);
    let server = Smtp::start();
    let mut config = world.config().clone();
    config.mail.transport = Transport::Smtp(mail::Smtp {
        host: server.host.to_owned(),
        port: server.port,
        tls: SmtpTls::StartTls,
        ca_file: Some(server.ca.clone()),
        username: Some(server.username.to_owned()),
        password: Some(server.password.to_owned().into()),
        timeout: Duration::from_secs(5),
    });
    let portal = world.portal_with(&config).await;
    server.change_password("another");
    portal.delivery.deliver_due().await.expect("the outbox");
    assert_eq!(world.lines("trouble", "outbox"), ["mail-not-admitted"; 3]);
    assert_eq!(world.count("outbox WHERE set_aside_at IS NOT NULL"), 3);
    assert!(server.messages().is_empty());

    server.change_password(server.password);
    world.advance(TimeDelta::minutes(1));
    portal.delivery.deliver_due().await.expect("the outbox");
    assert_eq!((world.count("outbox"), server.messages().len()), (0, 3));
}
