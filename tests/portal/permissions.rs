//! What the button refuses: always the same page again, with everything kept and nothing written.

use crate::world::{Base, Form, Page, Visitor, World, about, dn, en, who};

on_both![
    the_page_of_a_service_that_one_may_not_have_says_why,
    without_the_terms_box_everything_is_kept_and_nothing_is_written,
    unknown_services_are_refused,
    a_service_that_one_may_not_have_says_why,
    fields_that_the_form_does_not_have_are_ignored,
    a_press_without_a_change_says_so,
    members_of_staff_may_have_the_vpn,
];

/// Sends a form that is refused, and makes sure that nothing came of it.
async fn refused(world: &World, visitor: &Visitor, form: &Form) -> Page {
    let before = world.facts();
    let page = visitor.post(form).await;
    page.expect(422).says(&en("problem-title"));
    assert!(page.text("title").starts_with("Error:"), "{}", page.text("title"));
    assert!(page.attributes("#error-summary", "autofocus").len() == 1, "focus moves to the summary");
    assert_eq!(world.facts(), before);
    page
}

async fn without_the_terms_box_everything_is_kept_and_nothing_is_written(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let form = anna.permissions().await.form("/profile/permissions");
    let page = refused(&world, &anna, &form.tick("service-rocketchat").tick("service-cloud")).await;
    page.says(&en("problem-terms-not-accepted"));
    assert_eq!(page.attributes("#error-summary a", "href"), ["#terms"]);
    assert_eq!(page.text("#terms-error"), en("problem-terms-not-accepted"));
    let ticked = ["service-rocketchat", "service-cloud", "service-printing", "terms"].map(|id| page.is_ticked(id));
    assert_eq!(ticked, [Some(true), Some(true), Some(false), Some(false)]);
    assert!(world.members("rocketchat").await.is_empty());

    let result = anna.press(&page.form("/profile/permissions").tick("terms")).await;
    result.expect(200).says(&about("result-admitted", "Rocket.Chat"));
    world.deliver().await;
}

async fn unknown_services_are_refused(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let long = "x".repeat(10 * 1024);
    for unknown in ["root", "", "rocketchat ", "ROCKETCHAT", "../cloud", "cloud\0", "' OR 1=1 --", &long] {
        let form = anna.permissions().await.form("/profile/permissions").tick("service-cloud").tick("terms");
        let page = refused(&world, &anna, &form.with("service", unknown)).await;
        page.says(&en("problem-unknown-service"));
        assert_eq!((page.is_ticked("service-cloud"), page.is_ticked("terms")), (Some(true), Some(true)));
    }
}

async fn a_service_that_one_may_not_have_says_why(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let page = anna.permissions().await;
    assert_eq!((page.state_of("vpn"), page.is_ticked("service-vpn")), (en("state-not-eligible"), None));
    page.says("The VPN is open to members of staff.");
    let digest = world.lines("digest", "terms_texts WHERE locale = 'en' ORDER BY digest");
    for digest in digest.iter().map(String::as_str).chain([""]) {
        let form = page.form("/profile/permissions").tick("terms").with("service", "vpn").with("terms.vpn", digest);
        refused(&world, &anna, &form).await.says(&about("problem-not-eligible", "VPN"));
    }
    assert!(world.members("vpn").await.is_empty());
}

async fn fields_that_the_form_does_not_have_are_ignored(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let form = anna.permissions().await.form("/profile/permissions").tick("service-cloud").tick("terms");
    let extra = [("role", "admin"), ("user", who::BERND), ("user", who::CLAUDIA), ("account_id", "1"), ("dn", "cn=x")];
    let form = extra.iter().fold(form, |form, (name, value)| form.with(name, value));
    let form = form.with("shown.cloud", "active").with("service", "cloud").with("terms.cloud", "0");
    anna.press(&form).await.expect(200).says(&about("result-active", "Cloud storage"));
    assert_eq!(world.members("cloud").await, [dn(who::ANNA)]);
    assert_eq!(world.count("acceptances"), 1);
    world.deliver().await;
}

async fn a_press_without_a_change_says_so(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let before = world.facts();
    let form = anna.permissions().await.form("/profile/permissions");
    for form in [form.clone(), form.tick("terms")] {
        anna.press(&form).await.expect(200).says(&en("notice-nothing-changed"));
        let again = anna.permissions().await.content();
        assert!(!again.contains(&en("notice-nothing-changed")), "the notice stays until the next page only");
    }
    assert_eq!(world.facts(), before);
}

async fn members_of_staff_may_have_the_vpn(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    bernd.activate(&["vpn"]).await.says(&about("result-active", "VPN"));
    assert_eq!(world.members("vpn").await, [dn(who::BERND)]);
    world.deliver().await;
}

async fn the_page_of_a_service_that_one_may_not_have_says_why(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let page = anna.open("/profile/permissions/vpn").await;
    page.expect(200).says(&about("result-not-available", "VPN")).says("The VPN is open to members of staff.");
}
