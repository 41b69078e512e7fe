//! That people are told, in the right place, what they came for and what was done.

use reqwest::Method;

use crate::{
    courses::{STATISTICS, place_of},
    looks::sentence,
    reminders::{self, DORA, LUKAS, with_students},
    uploads::{rows, upload},
    world::{Base, PASSWORD, World, en, who},
};

on_both![
    who_follows_the_board_is_told_what_for_and_keeps_the_mark,
    who_has_the_service_already_is_told_so,
    the_link_of_a_reminder_leads_to_the_service,
    files_are_named_after_what_is_in_them,
    a_line_without_an_address_is_told_as_what_it_is,
    the_history_names_the_service_and_stays_when_the_lecturer_is_gone,
];

async fn who_follows_the_board_is_told_what_for_and_keeps_the_mark(base: Base) {
    let world = World::new(base).await;
    let anna = world.visitor();
    let entrance = anna.send(Method::GET, "/a/rocketchat", &[("accept-language", "en")], "").await;
    let sign_in = anna.follow(entrance).await;
    sign_in.expect(200).says("Then you can activate Rocket.Chat.");
    let refused = anna.press(&sign_in.form("/sign-in").fill("name", who::ANNA).fill("password", "wrong")).await;
    refused.expect(422).says("Then you can activate Rocket.Chat.");
    let page = anna.press(&refused.form("/sign-in").fill("name", who::ANNA).fill("password", PASSWORD)).await;
    page.expect(200).says(&en("permissions-marked"));
    let form = page.form("/profile/permissions").with("service", "rocketchat").without("terms");
    let again = anna.press(&form).await;
    again.expect(422).says(&en("problem-terms-not-accepted")).says(&en("permissions-marked"));
    assert_eq!(again.attributes(".lk-service--marked", "id"), ["row-rocketchat"]);
    let made_up = world.visitor().open("/sign-in?next=%2Fen%2Fprofile%2Fpermissions%3Fservice%3Dunknown").await;
    assert!(!made_up.body.contains("you can activate"), "{}", made_up.body);
}

async fn who_has_the_service_already_is_told_so(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    world.deliver().await;
    let page = anna.open("/profile/permissions?service=rocketchat").await;
    page.expect(200).says(&en("permissions-marked-active"));
    assert!(!page.body.contains(&en("permissions-marked")), "{}", page.body);
}

async fn the_link_of_a_reminder_leads_to_the_service(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    let bernd = world.signed_in(who::BERND).await;
    let checked = bernd.post(&reminders::form(&bernd).await.with("step", "check")).await;
    checked.expect(200).says("/en/profile/permissions?service=rocketchat");
    bernd.press(&checked.form("/reminder").with("step", "send")).await.expect(200);
    world.deliver().await;
    let mail = reminders::reminder_to(&world, "lukas.schneider@demo.example");
    assert!(mail.contains("/en/profile/permissions?service=rocketchat\n"), "{mail}");
}

async fn files_are_named_after_what_is_in_them(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let file = bernd.open(&format!("{}/people.csv", place_of(&bernd, STATISTICS).await)).await;
    let name = "attachment; filename=\"rocketchat-040101-statistik-i-2026-11-23.csv\"";
    assert_eq!(file.expect(200).header("content-disposition"), name);
    let list = upload(&bernd, &format!("login\n{}\n", who::ANNA)).await;
    let file = bernd.get(&format!("{}/answers.csv", list.path)).await;
    let name = "attachment; filename=\"rocketchat-checked-list-2026-11-23.csv\"";
    assert_eq!(file.expect(200).header("content-disposition"), name);
}

async fn a_line_without_an_address_is_told_as_what_it_is(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let page = upload(&bernd, "E-Mail\nanna.mueller(at)demo.example\nnobody@demo.example\n").await;
    let told: Vec<[String; 2]> = rows(&page).into_iter().map(|[_, value, _, verdict]| [value, verdict]).collect();
    let expected = [["no e-mail address", "not verifiable"], ["nobody@demo.example", "not verifiable"]];
    assert_eq!(told, expected.map(|row| row.map(str::to_owned)));
    page.says("Who of your list of 23 November 2026");
    let kept = world.lines("list", "uploads").join("");
    assert!(!kept.contains("(at)"), "what has not the form of an identifier is not kept: {kept}");
}

async fn the_history_names_the_service_and_stays_when_the_lecturer_is_gone(base: Base) {
    let mut world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    let (anna, bernd) = (world.signed_in(who::ANNA).await, world.signed_in(who::BERND).await);
    bernd.open(&reminders::place(&bernd).await).await.expect(200);
    let told = sentence("look-course-viewed");
    assert!(told.contains("who in the course has activated Rocket.Chat"), "{told}");
    let history = anna.open("/profile/history").await;
    history.says(&told);
    assert!(!history.body.contains("Bernd"), "a role and no name, as of IT staff");
    world.stop_directory().await;
    world.start_directory(|entries| crate::world::remove_person(entries, who::BERND)).await;
    assert_eq!(world.look_for_the_gone().await.expect("an answer"), 1);
    world.advance(chrono::TimeDelta::days(366));
    assert_eq!(world.erase_due().await.expect("an answer").erased, 1);
    world.signed_in(who::ANNA).await.open("/profile/history").await.says(&told);
}
