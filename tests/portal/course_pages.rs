//! The pages for lecturers as people see them, in both languages.

use latchkey::demo::{directory::Entry, university};

use crate::{
    pages::same_page,
    world::{Base, PASSWORD, Page, Visitor, World, dn, who},
};

/// Five people, one of whom has activated the service.
async fn a_small_class(world: &mut World) {
    world.signed_in(who::ANNA).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    world.stop_directory().await;
    let members = [who::ANNA, "lschneider", "lschneider2", who::WITHOUT_MAIL, who::ODD].map(dn).to_vec();
    let course = format!("cn=stat1-2026w,{}", university::COURSES);
    let change = |entries: &mut Vec<Entry>| {
        let found = entries.iter_mut().find(|entry| entry.dn == course).expect("the course");
        let values = found.attributes.iter_mut().find(|(name, _)| name == "member").expect("its members");
        values.1 = members;
    };
    world.start_directory(change).await;
}

fn class_of(bernd: &Visitor, list: &Page) -> String {
    let titles = list.texts("main h3 a");
    let at = titles.iter().position(|title| title == "Statistik I").expect("the course");
    let place = list.attributes("main h3 a", "href")[at].clone();
    place.trim_start_matches(&format!("/{}", bernd.language)).to_owned()
}

#[tokio::test]
async fn courses_classes_and_boards() {
    for language in ["de", "en"] {
        let mut world = World::new(Base::Sqlite).await;
        a_small_class(&mut world).await;
        let mut bernd = world.visitor_in(language);
        bernd.sign_in(who::BERND, PASSWORD).await;
        let list = bernd.open("/courses").await;
        same_page(&world, "courses", &list);
        let class = class_of(&bernd, &list);
        same_page(&world, "class", &bernd.open(&class).await);
        same_page(&world, "class-searched", &bernd.open(&format!("{class}?q=lukas")).await);
        same_page(&world, "board", &bernd.open(&format!("{class}/board")).await);
    }
}
