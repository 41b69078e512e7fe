//! How often one lecturer may ask for data of classes.

use chrono::TimeDelta;

use crate::{
    reminders::place,
    uploads::{form, upload},
    world::{Base, World, en, who},
};

on_both![a_minute_allows_so_many_pages_and_files_of_classes, uploads_count_as_well];

/// Teaches other courses.
const HUONG: &str = "tdang";

async fn a_minute_allows_so_many_pages_and_files_of_classes(base: Base) {
    let world = World::with(base, &[("COURSES_REQUESTS_PER_MINUTE", "5")]).await;
    let bernd = world.signed_in(who::BERND).await;
    let place = place(&bernd).await;
    for page in ["", "?q=a", "/people.csv", "/reminder"] {
        bernd.open(&format!("{place}{page}")).await.expect(200);
    }
    for page in ["", "?q=b", "/people.csv", "/reminder"] {
        let refused = bernd.open(&format!("{place}{page}")).await;
        let seconds: i64 = refused.expect(429).header("retry-after").parse().expect("seconds");
        assert!((1..=60).contains(&seconds), "{seconds}");
        refused.says(&en("error-429-text"));
    }
    bernd.open("/courses").await.expect(429);
    // The projector goes on, and so does everybody else.
    bernd.open(&format!("{place}/board")).await.expect(200);
    bernd.open("/profile").await.expect(200);
    world.signed_in(HUONG).await.open("/courses").await.expect(200);
    assert_eq!(world.count("log_records WHERE kind = 'course-exported'"), 1, "what is refused is no look");
    world.advance(TimeDelta::seconds(61));
    bernd.open(&place).await.expect(200);
}

async fn uploads_count_as_well(base: Base) {
    let world = World::with(base, &[("COURSES_REQUESTS_PER_MINUTE", "4")]).await;
    let bernd = world.signed_in(who::BERND).await;
    let page = upload(&bernd, "login\na\n").await;
    let file = format!("{}/answers.csv", page.path);
    bernd.get(&file).await.expect(200);
    bernd.upload(&form(&bernd).await, "list.csv", b"login\nb\n").await.expect(303);
    let refused = bernd.upload(&form(&bernd).await, "list.csv", b"login\nc\n").await;
    refused.expect(429).says(&en("error-429-text"));
    assert!(!refused.header("retry-after").is_empty());
    bernd.get(&page.path).await.expect(429);
    bernd.get(&file).await.expect(429);
    assert!(world.lines("list", "uploads").join("").contains("\"b\""), "the list before stays");
}
