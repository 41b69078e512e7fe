//! Mail through a real server that demands TLS and a password.

mod support;

use std::{
    io,
    net::Ipv4Addr,
    path::PathBuf,
    time::{Duration, Instant},
};

use latchkey::{
    domain::locale::{Locale, Text},
    mail::{ChangeMail, MailAction, MailError, MailTerms, Mailer, Settings, Smtp as SmtpSettings, SmtpTls, Transport},
};
use mail_parser::MessageParser;
use support::{certificates::Tls, smtp::Smtp};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    time::sleep,
};

const SERVER_NAME: &str = "Rocket.Chat";

fn mailer(server: &Smtp, password: &str, tls: SmtpTls, ca_file: PathBuf) -> Mailer {
    mailer_on(SmtpSettings {
        host: server.host.to_owned(),
        port: server.port,
        tls,
        ca_file: Some(ca_file),
        username: Some(server.username.to_owned()),
        password: Some(password.to_owned().into()),
        timeout: Duration::from_secs(3),
    })
}

/// For a server without TLS and password.
fn mailer_in_clear(port: u16) -> Mailer {
    mailer_on(SmtpSettings {
        host: "localhost".to_owned(),
        port,
        tls: SmtpTls::None,
        ca_file: None,
        username: None,
        password: None,
        timeout: Duration::from_secs(1),
    })
}

fn mailer_on(smtp: SmtpSettings) -> Mailer {
    let settings = Settings {
        transport: Transport::Smtp(smtp),
        from: "Account portal <portal@uni.example>".to_owned(),
        reply_to: Some("help@uni.example".to_owned()),
    };
    Mailer::new(&settings).expect("good settings")
}

/// A mail server that says the first of these to whoever comes, each other one to the next command, and then nothing any more.
async fn server_that_says(replies: &'static [&'static str]) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut stream, mut heard) = (BufReader::new(stream), String::new());
                for reply in replies {
                    stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await?;
                    stream.read_line(&mut heard).await?;
                }
                while stream.read_line(&mut heard).await? > 0 {}
                Ok::<_, io::Error>(())
            });
        }
    });
    port
}

fn mail_to(display_name: &str) -> ChangeMail {
    ChangeMail {
        locale: Locale::De,
        portal_name: Text::new("Kontoportal", "Account portal"),
        organisation: Text::new("Universität", "University"),
        display_name: display_name.to_owned(),
        service_name: Text::new(SERVER_NAME, SERVER_NAME),
        action: MailAction::Granted,
        at: chrono::NaiveDate::from_ymd_opt(2026, 11, 23).and_then(|d| d.and_hms_opt(9, 0, 0)).expect("a time"),
        receipt: Some("R-7K3M-9QXD-2FHW".to_owned()),
        receipt_url: None,
        receipt_file: None,
        terms: Some(MailTerms {
            number: "3".to_owned(),
            url: Text::new("https://x.example/de", "https://x.example/en"),
        }),
        permissions_url: Text::new("https://x.example/de/p", "https://x.example/en/p"),
        support: None,
        tz: chrono_tz::Europe::Berlin,
    }
}

#[tokio::test]
async fn a_mail_arrives_in_two_forms_and_two_languages() {
    let server = Smtp::start();
    let mailer = mailer(&server, server.password, SmtpTls::StartTls, server.ca.clone());
    mailer.try_connection().await.expect("latchkey check finds the server");
    mailer.send("0193", "j.weiss@uni.example", &mail_to("Jürgen Weiß")).await.expect("the server takes it");

    let arrived = server.messages();
    let parsed = MessageParser::default().parse(arrived[0].raw.as_bytes()).expect("a message");
    assert_eq!(arrived[0].to, ["j.weiss@uni.example"]);
    assert_eq!(parsed.subject(), Some("Rocket.Chat ist freigeschaltet"));
    assert_eq!(parsed.message_id(), Some("0193@uni.example"));
    assert_eq!(parsed.to().and_then(|to| to.first()).and_then(|to| to.name()), Some("Jürgen Weiß"));
    assert_eq!(parsed.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
    for body in [parsed.body_text(0).expect("text"), parsed.body_html(0).expect("HTML")] {
        assert!(body.contains("Guten Tag Jürgen Weiß") && body.contains("Hello Jürgen Weiß"), "{body}");
        assert!(body.contains("R-7K3M-9QXD-2FHW"));
        assert!(body.find("Guten Tag") < body.find("Hello"), "the member's language comes first");
    }
}

#[tokio::test]
async fn a_name_cannot_add_headers_or_recipients() {
    let server = Smtp::start();
    let mailer = mailer(&server, server.password, SmtpTls::StartTls, server.ca.clone());
    let hostile = "Eve\r\nBcc: victim@uni.example\r\n\r\nHello";
    mailer.send("0194", "eve@uni.example", &mail_to(hostile)).await.expect("a message");
    let arrived = &server.messages()[0];
    let parsed = MessageParser::default().parse(arrived.raw.as_bytes()).expect("a message");
    assert_eq!(arrived.to, ["eve@uni.example"]);
    assert!(parsed.bcc().is_none());
    assert!(parsed.header_raw("Bcc").is_none());
    let error = mailer.send("0195", "eve@uni.example\r\nBcc: v@uni.example", &mail_to("Eve")).await;
    assert!(matches!(error, Err(MailError::Recipient(_))), "{error:?}");
}

#[tokio::test]
async fn a_wrong_password_a_foreign_authority_and_a_server_without_tls_are_refused() {
    let server = Smtp::start();
    let wrong = mailer(&server, "wrong", SmtpTls::StartTls, server.ca.clone());
    for refused in [wrong.try_connection().await, wrong.send("1", "a@uni.example", &mail_to("A")).await] {
        assert!(matches!(refused, Err(MailError::NotAdmitted(_))), "{refused:?}");
    }

    let stranger = Smtp::start_with(Tls::UnknownCa);
    let distrusting = mailer(&stranger, stranger.password, SmtpTls::StartTls, stranger.ca.clone());
    assert!(matches!(distrusting.send("1", "a@uni.example", &mail_to("A")).await, Err(MailError::Passing(_))));
    assert!(stranger.messages().is_empty());

    let in_clear = mailer(&server, server.password, SmtpTls::None, server.ca.clone());
    assert!(in_clear.send("1", "a@uni.example", &mail_to("A")).await.is_err());
    assert!(server.messages().is_empty());
}

#[tokio::test]
async fn later_and_never_are_told_apart() {
    let server = Smtp::start();
    let mailer = mailer(&server, server.password, SmtpTls::StartTls, server.ca.clone());
    server.answer(Some("451 Try again later"));
    assert!(matches!(mailer.send("1", "a@uni.example", &mail_to("A")).await, Err(MailError::Passing(_))));
    server.answer(Some("550 No such person"));
    assert!(matches!(mailer.send("1", "a@uni.example", &mail_to("A")).await, Err(MailError::Refused(_))));
    server.answer(None);
    mailer.send("1", "a@uni.example", &mail_to("A")).await.expect("now it is taken");
}

#[tokio::test]
async fn who_is_not_let_in_is_told_apart_from_whose_message_is_refused() {
    let conversations: [(&'static [&'static str], bool); 6] = [
        (&["554 5.7.1 Not from there"], false),
        (&["220 localhost", "550 5.7.1 Not by that name", "221 Bye"], false),
        (&["220 localhost", "250 localhost", "550 5.7.1 Not from you", "221 Bye"], true),
        (&["220 localhost", "250 localhost", "250 OK", "550 5.1.1 Not to them", "221 Bye"], true),
        (&["220 localhost", "250 localhost", "250 OK", "250 OK", "554 5.5.1 Not at all", "221 Bye"], true),
        (&["220 localhost", "250 localhost", "250 OK", "250 OK", "354 Go on", "550 5.7.1 Not that", "221 Bye"], true),
    ];
    for (replies, is_let_in) in conversations {
        let mailer = mailer_in_clear(server_that_says(replies).await);
        match mailer.send("1", "a@uni.example", &mail_to("A")).await {
            Err(MailError::NotAdmitted(_)) => assert!(!is_let_in, "{replies:?}"),
            Err(MailError::Refused(_)) => assert!(is_let_in, "{replies:?}"),
            other => panic!("{replies:?}: {other:?}"),
        }
    }
}

/// A filter before the queue may think longer than any step may take, and accept the message all the same.
#[tokio::test]
async fn the_answer_to_a_whole_message_is_waited_for() {
    let server = Smtp::start();
    let mailer = mailer(&server, server.password, SmtpTls::StartTls, server.ca.clone());
    server.answer(Some("hang"));
    let mail = mail_to("A");
    let accepting = async {
        sleep(Duration::from_secs(4)).await;
        server.answer(None);
    };
    let (sent, ()) = tokio::join!(mailer.send("1", "a@uni.example", &mail), accepting);
    sent.expect("it is taken in the end");
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn a_server_that_falls_silent_before_the_message_is_left() {
    let beginnings: [&'static [&'static str]; 2] =
        [&["220 localhost", "250 localhost"], &["220 localhost", "250 localhost", "250 OK", "250 OK"]];
    for replies in beginnings {
        let mailer = mailer_in_clear(server_that_says(replies).await);
        let began = Instant::now();
        let sent = mailer.send("1", "a@uni.example", &mail_to("A")).await;
        assert!(matches!(sent, Err(MailError::Passing(_))), "{replies:?}: {sent:?}");
        // The limit of a step and that of a goodbye, each a second.
        assert!(began.elapsed() < Duration::from_secs(4), "{replies:?}: {:?}", began.elapsed());
    }
}
