//! Signing in: who gets in, and what those who do not are told.

use crate::world::{Base, PASSWORD, World, en, who};

on_both![
    unknown_names_and_wrong_passwords_look_the_same,
    what_is_no_name_is_an_unknown_name,
    what_is_no_password_is_a_wrong_password,
    empty_fields_are_named,
    the_password_counts_exactly_as_typed,
    a_locked_account_looks_like_a_wrong_password,
    people_who_need_another_password_are_told_so,
    only_own_pages_are_gone_to_after_signing_in,
    the_form_suits_password_managers,
    without_a_cookie_the_form_says_why,
];

async fn unknown_names_and_wrong_passwords_look_the_same(base: Base) {
    let world = World::new(base).await;
    let visitor = world.visitor();
    let unknown = visitor.try_to_sign_in("nobody", "wrong").await;
    let wrong = visitor.try_to_sign_in(who::ANNA, "wrong").await;
    unknown.expect(422).says(&en("sign-in-refused"));
    assert_eq!((unknown.status, unknown.content()), (wrong.status, wrong.content()));
    assert_eq!(unknown.attributes("#error-summary a", "href"), ["#name"]);
    assert_eq!(
        (wrong.form("/sign-in").value("name"), wrong.form("/sign-in").value("password")),
        (Some(who::ANNA), Some(""))
    );
    assert_eq!((world.count("accounts"), world.count("sessions"), visitor.session_cookie()), (0, 0, None));
}

async fn what_is_no_name_is_an_unknown_name(base: Base) {
    let world = World::new(base).await;
    let visitor = world.visitor();
    let expected = visitor.try_to_sign_in("nobody", PASSWORD).await;
    let long = "a".repeat(1000);
    let names = [
        "*",
        ")(uid=*",
        "amueller)(objectClass=*",
        "*)(|(uid=*",
        "\\",
        "\\2a",
        "a,dc=x",
        "amueller,ou=people",
        "\0",
        "amueller\0",
        "müller",
        "🦀",
        "<b>amueller</b>",
        "cn=latchkey,ou=system,dc=demo,dc=example",
        &long,
    ];
    for name in names {
        let page = visitor.try_to_sign_in(name, PASSWORD).await;
        assert_eq!((page.status, page.content()), (expected.status, expected.content()), "{name}");
        assert_eq!(visitor.session_cookie(), None, "{name}");
    }
    // Capitals and blanks around a name are slips of the hand.
    assert_eq!(visitor.try_to_sign_in("  AMueller ", PASSWORD).await.status, 303);
    assert_eq!(world.lines("username", "accounts"), [who::ANNA]);
}

async fn what_is_no_password_is_a_wrong_password(base: Base) {
    let world = World::with(base, &[("SIGN_IN_FAILURES_PER_ACCOUNT", "50")]).await;
    let visitor = world.visitor();
    let expected = visitor.try_to_sign_in(who::ANNA, "wrong").await;
    let long = "x".repeat(10_000);
    for password in [" ", "*", "\0", &format!("{PASSWORD}\0"), "\0\0", "{SSHA}", "ÄÖÜ", &long] {
        let page = visitor.try_to_sign_in(who::ANNA, password).await;
        assert_eq!((page.status, page.content()), (expected.status, expected.content()), "{password:?}");
        assert_eq!(visitor.session_cookie(), None);
    }
    visitor.try_to_sign_in(who::ANNA, PASSWORD).await.expect(303);
}

async fn empty_fields_are_named(base: Base) {
    let world = World::new(base).await;
    let visitor = world.visitor();
    for (name, password, expected) in [
        ("", "", vec![en("sign-in-name-missing"), en("sign-in-password-missing")]),
        ("  ", PASSWORD, vec![en("sign-in-name-missing")]),
        (who::ANNA, "", vec![en("sign-in-password-missing")]),
    ] {
        for _ in 0..4 {
            let page = visitor.try_to_sign_in(name, password).await;
            assert_eq!(page.expect(422).texts("#error-summary li"), expected);
        }
    }
    // An empty password never reaches the directory, and is no attempt.
    visitor.try_to_sign_in(who::ANNA, PASSWORD).await.expect(303);
}

async fn the_password_counts_exactly_as_typed(base: Base) {
    assert!(PASSWORD.chars().count() > 64 && PASSWORD.contains(['Ü', ' ']));
    let world = World::with(base, &[("SIGN_IN_FAILURES_PER_ACCOUNT", "50")]).await;
    let visitor = world.visitor();
    let shortened: String = PASSWORD.chars().take(64).collect();
    for almost in [format!("{PASSWORD} "), format!(" {PASSWORD}"), PASSWORD.to_lowercase(), shortened] {
        visitor.try_to_sign_in(who::ANNA, &almost).await.expect(422);
    }
    visitor.try_to_sign_in(who::ANNA, PASSWORD).await.expect(303);
}

async fn a_locked_account_looks_like_a_wrong_password(base: Base) {
    let world = World::new(base).await;
    let visitor = world.visitor();
    let wrong = visitor.try_to_sign_in(who::ANNA, "wrong").await;
    let locked = visitor.try_to_sign_in(who::LOCKED, PASSWORD).await;
    assert_eq!((locked.status, locked.content()), (wrong.status, wrong.content()));
    assert_eq!(visitor.session_cookie(), None);
}

async fn people_who_need_another_password_are_told_so(base: Base) {
    let world = World::new(base).await;
    let visitor = world.visitor();
    for (username, words) in
        [(who::MUST_CHANGE, "sign-in-must-change-password"), (who::EXPIRED, "sign-in-password-expired")]
    {
        visitor.try_to_sign_in(username, PASSWORD).await.expect(422).says(&en(words));
        assert_eq!(visitor.session_cookie(), None);
        visitor.try_to_sign_in(username, "wrong").await.expect(422).says(&en("sign-in-refused"));
    }
    assert_eq!(world.count("sessions"), 0);
}

async fn only_own_pages_are_gone_to_after_signing_in(base: Base) {
    let world = World::new(base).await;
    let elsewhere = [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example/en/",
        "/en//evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/english",
        "/en/\t/evil.example",
        "/en\r\nSet-Cookie: a=b",
        "%2F%2Fevil.example",
        "/%2Fevil.example",
        "\\\\evil",
        "/en/sign-out",
        "/demo/mail",
        "evil",
        "",
    ];
    for next in elsewhere {
        let visitor = world.visitor();
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        let page = visitor.open(&format!("/sign-in?{query}")).await;
        assert_eq!(page.expect(200).form("/sign-in").value("next"), None, "{next}");
        let links = page.attributes("[href]", "href").concat();
        assert!(!links.contains("evil") && !links.contains("alert"), "{links}");
        let form = page.form("/sign-in").with("next", next).fill("name", who::ANNA).fill("password", PASSWORD);
        assert_eq!(visitor.post(&form).await.expect(303).location(), "/en/profile/permissions", "{next}");
    }
    let visitor = world.visitor();
    let form = visitor.open("/sign-in?next=%2Fde%2Fprofile%2Fhistory%3Fx%3D1").await.form("/sign-in");
    let answer = visitor.post(&form.fill("name", who::ANNA).fill("password", PASSWORD)).await;
    assert_eq!(answer.location(), "/de/profile/history?x=1");
}

async fn the_form_suits_password_managers(base: Base) {
    let world = World::new(base).await;
    let page = world.visitor().open("/sign-in").await;
    assert_eq!(page.attributes("#password", "type"), ["password"]);
    assert_eq!(page.attributes("#password", "autocomplete"), ["current-password"]);
    assert_eq!(page.attributes("#name", "autocomplete"), ["username"]);
    assert_eq!(page.attributes("#password, #name", "maxlength").len() + page.attributes("#password", "value").len(), 0);
}

async fn without_a_cookie_the_form_says_why(base: Base) {
    let world = World::new(base).await;
    let visitor = world.visitor();
    let form = visitor.open("/sign-in").await.form("/sign-in").fill("name", who::ANNA).fill("password", PASSWORD);
    visitor.cookies.lock().expect("a jar").clear();
    let page = visitor.post(&form).await;
    page.expect(403).says(&en("sign-in-cookie-missing"));
    let form = page.form("/sign-in").fill("password", PASSWORD);
    visitor.post(&form).await.expect(303);
}
