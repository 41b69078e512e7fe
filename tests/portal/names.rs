//! Names and addresses with markup and line breaks stay what they are: text.

use mail_parser::MessageParser;

use crate::world::{Base, ODD_NAME, PASSWORD, World, captured_log, who};

on_both![
    a_name_with_markup_stands_literally_on_every_page,
    a_name_with_line_breaks_adds_no_header_to_a_mail,
    the_log_tells_what_happened_and_to_whom_it_does_not,
];

async fn a_name_with_markup_stands_literally_on_every_page(base: Base) {
    let world = World::new(base).await;
    let odd = world.signed_in(who::ODD).await;
    let result = odd.activate(&["rocketchat"]).await;
    world.deliver().await;
    for path in ["/profile", "/profile/permissions", "/profile/history", "/profile/sessions", "/help", "/unknown"] {
        let page = odd.open(path).await;
        assert!(!page.body.contains("<b>"), "{path}: {}", page.body);
        if page.status == 200 {
            assert!(page.text("header .lk-member").ends_with(&format!("{ODD_NAME} Bcc: evil@evil.example")), "{path}");
        }
    }
    odd.open("/profile").await.says(ODD_NAME);
    assert!(!result.body.contains("<b>"));
    // The address is from the directory, too; the typed name comes back on the form.
    let page = odd.try_to_sign_in("<b>\"'&</b><script>", "wrong").await;
    assert_eq!(page.form("/sign-in").value("name"), Some("<b>\"'&</b><script>"));
    assert!(!page.body.contains("<b>"));
    let page = odd.get("/en/sign-in?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(!page.body.contains("alert(1)"));
    let page = odd.get("/en/%3Cscript%3Ealert(1)%3C%2Fscript%3E?x=%22%3E%3Cb%3E").await;
    page.expect(404);
    assert!(!page.body.contains("<script>alert") && !page.body.contains("<b>"), "{}", page.body);
    assert!(!odd.get("/demo/mail").await.body.contains("<b>"));
}

async fn a_name_with_line_breaks_adds_no_header_to_a_mail(base: Base) {
    let world = World::new(base).await;
    let odd = world.signed_in(who::ODD).await;
    odd.activate(&["cloud"]).await;
    world.deliver().await;
    let mails = world.mails();
    let [raw] = mails.as_slice() else { panic!("{mails:?}") };
    let (head, _) = raw.split_once("\r\n\r\n").expect("a header and a body");
    assert!(head.is_ascii(), "{head}");
    let names: Vec<&str> = head
        .lines()
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap_or_default())
        .collect();
    let mut expected =
        ["From", "To", "Reply-To", "Subject", "Message-ID", "Auto-Submitted", "MIME-Version", "Date", "Content-Type"];
    let mut found = names.clone();
    (expected.sort_unstable(), found.sort_unstable());
    assert_eq!(found, expected);

    let mail = MessageParser::default().parse(raw.as_bytes()).expect("a mail");
    assert!(mail.bcc().is_none() && mail.cc().is_none());
    let to = mail.to().and_then(|to| to.first()).expect("a recipient");
    assert_eq!(to.address(), Some("odd@demo.example"));
    assert!(to.name().expect("a name").starts_with(ODD_NAME), "{to:?}");
    assert_eq!(mail.to().map(|to| to.iter().count()), Some(1));
    assert!(mail.body_text(0).expect("text").contains(ODD_NAME));
    let html = mail.body_html(0).expect("HTML");
    assert!(!html.contains("<b>") && html.contains("&#60;b&#62;Ödön"), "{html}");
}

/// The absence of names, addresses, passwords and tokens is looked at when each world ends; here is what must be there.
async fn the_log_tells_what_happened_and_to_whom_it_does_not(base: Base) {
    let world = World::new(base).await;
    let odd = world.visitor();
    odd.try_to_sign_in(who::ODD, "wrong").await.expect(422);
    odd.try_to_sign_in(who::ODD, PASSWORD).await.expect(303);
    odd.activate(&["cloud"]).await.expect(200);
    odd.open("/unknown").await.expect(404);
    world.deliver().await;
    let account = world.lines("id", "accounts").remove(0);
    let log = captured_log();
    let signed_in = log.lines().find(|line| line.contains("sign-in.succeeded") && line.contains(&account));
    let line = signed_in.expect("signing in is logged with the account's id");
    assert!(line.contains("request_id=") && line.contains("Z "), "UTC and the request's id: {line}");
    assert!(log.lines().any(|line| line.contains("sign-in.refused") && line.contains("request_id=")));
    assert!(log.lines().all(|line| !line.starts_with("Bcc")), "a line break in a name is no line break in the log");

    // The same request is in the records, with who did what, when, and with which result.
    let request = world.lines("request_id", "log_records WHERE kind = 'terms-accepted'").remove(0);
    let line = log.lines().find(|line| line.contains(&request)).expect("the request");
    assert!(line.contains("method=POST") && line.contains("status=303"), "{line}");
    let record = world.lines("actor || ' ' || service", "log_records WHERE kind = 'terms-accepted'");
    assert_eq!(record, [format!("{account} cloud")]);
    let details = world.lines("detail", "log_records").concat();
    assert!(!details.contains("odd") && !details.contains("Ödön"), "{details}");
}
