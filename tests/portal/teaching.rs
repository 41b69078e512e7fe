//! Uploading and reminding as lecturers see it, in both languages.

use crate::{
    pages::{in_both_languages, same_page},
    world::{PASSWORD, who},
};

#[tokio::test]
async fn uploads_and_reminders() {
    in_both_languages(async |world, mut bernd| {
        bernd.sign_in(who::BERND, PASSWORD).await;
        let form = bernd.open("/courses/upload").await;
        same_page(world, "upload", &form);
        let form = form.form("/courses/upload");
        same_page(world, "upload-refused", &bernd.upload(&form, "x.csv", b"login;name\nanna;A\nbert;B;C\n").await);
        let list = b"login;Passwort;note\namueller;x;1\nno-such-name;y;2\nAmueller;z;3\n;;4\n";
        let answer = bernd.upload(&form, "x.csv", list).await;
        same_page(world, "upload-answers", &bernd.follow(answer).await);
        let courses = bernd.open("/courses").await;
        let course = courses.attributes(".lk-course h3 a", "href").remove(0);
        let page = bernd.get(&format!("{course}/reminder")).await;
        same_page(world, "reminder", &page);
        let form = page.form("/reminder");
        let refused = form.clone().fill("text_de", "www.evil.example").fill("text_en", "").with("step", "check");
        same_page(world, "reminder-refused", &bernd.post(&refused).await);
        let checked = bernd.post(&form.with("step", "check")).await;
        same_page(world, "reminder-check", &checked);
        same_page(world, "reminder-sent", &bernd.press(&checked.form("/reminder").with("step", "send")).await);
        world.deliver().await;
    })
    .await;
}
