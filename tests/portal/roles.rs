//! Roles: who has them, how that shows, and how they end.

use chrono::TimeDelta;
use latchkey::demo::{directory::Entry, university};

use crate::world::{Base, World, dn, en, who};

on_both![
    the_main_menu_shows_what_belongs_to_a_role,
    a_role_that_is_given_or_taken_is_a_record_of_the_log,
    a_role_belongs_to_its_group_and_to_those_who_fit_its_filter,
    somebody_whose_roles_cannot_be_asked_has_none,
];

/// Takes somebody out of a group of the roles.
fn take_out(entries: &mut [Entry], role: &str, username: &str) {
    let group = format!("cn={role},{}", university::ROLES);
    let entry = entries.iter_mut().find(|entry| entry.dn == group).expect("a group");
    entry.attributes.iter_mut().for_each(|(_, values)| values.retain(|value| *value != dn(username)));
}

async fn menu(world: &World, username: &str) -> Vec<String> {
    let page = world.signed_in(username).await.open("/profile").await;
    page.texts(".lk-nav a")
}

async fn the_main_menu_shows_what_belongs_to_a_role(base: Base) {
    let world = World::new(base).await;
    assert_eq!(menu(&world, who::ANNA).await, ["nav-profiles", "nav-help"].map(en));
    assert_eq!(menu(&world, who::BERND).await, ["nav-profiles", "nav-courses", "nav-help"].map(en));
    assert_eq!(menu(&world, who::CLAUDIA).await, ["nav-profiles", "nav-terms", "nav-audit", "nav-help"].map(en));
}

async fn a_role_that_is_given_or_taken_is_a_record_of_the_log(base: Base) {
    let mut world = World::new(base).await;
    let changes = "log_records WHERE kind = 'roles-changed' ORDER BY id";
    world.signed_in(who::ANNA).await;
    assert_eq!(world.count("log_records WHERE kind = 'roles-changed'"), 0);
    world.signed_in(who::CLAUDIA).await;
    world.signed_in(who::CLAUDIA).await;
    assert_eq!(world.lines("detail", changes), [r#"{"from":[],"to":["auditor","terms-editor"]}"#]);
    world.stop_directory().await;
    world.start_directory(|entries| take_out(entries, "it-audit", who::CLAUDIA)).await;
    world.advance(TimeDelta::minutes(6));
    world.signed_in(who::CLAUDIA).await;
    let detail = world.lines("detail", changes);
    assert_eq!(detail[1..], [r#"{"from":["auditor","terms-editor"],"to":["terms-editor"]}"#]);
    assert_eq!(world.lines("actor", changes), ["system", "system"]);
}

async fn a_role_belongs_to_its_group_and_to_those_who_fit_its_filter(base: Base) {
    let settings = [("ROLES_LECTURERS_FILTER", "(uid=amueller)"), ("ROLES_AUDITORS_FILTER", "(uid=bschmidt)")];
    let world = World::with(base, &settings).await;
    assert_eq!(menu(&world, who::ANNA).await, ["nav-profiles", "nav-courses", "nav-help"].map(en));
    assert_eq!(menu(&world, who::BERND).await, ["nav-profiles", "nav-audit", "nav-help"].map(en));
    assert_eq!(menu(&world, who::CLAUDIA).await, ["nav-profiles", "nav-terms", "nav-audit", "nav-help"].map(en));
}

async fn somebody_whose_roles_cannot_be_asked_has_none(base: Base) {
    let missing = format!("cn=nobody-made-this,{}", university::ROLES);
    let world = World::with(base, &[("ROLES_AUDITORS_GROUP", &missing)]).await;
    assert_eq!(menu(&world, who::CLAUDIA).await, [en("nav-profiles"), en("nav-help")]);
    assert_eq!(world.count("log_records WHERE kind = 'roles-changed'"), 0);
}
