//! What goes over the wire: sizes, and requests that no browser sends.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use crate::world::{Base, World, en, who};

on_both![
    a_form_may_have_64_kib_and_not_a_byte_more,
    a_request_with_two_lengths_is_refused,
    unreadable_fields_are_refused,
];

async fn a_form_may_have_64_kib_and_not_a_byte_more(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let form = anna.permissions().await.form("/profile/permissions");
    let before = world.facts();
    let room = 64 * 1024 - form.encoded().len() - "&x=".len();
    anna.post(&form.clone().with("x", &"x".repeat(room))).await.expect(303);
    for size in [room + 1, 10_000_000] {
        let page = anna.post(&form.clone().with("x", &"x".repeat(size))).await;
        page.expect(413).says(&en("error-413-title"));
    }
    assert_eq!(world.facts(), before);
    // A body whose length is not said beforehand has the same limit.
    let chunk = format!("{:x}\r\n{}\r\n", 8192, "x".repeat(8192)).repeat(9);
    let answer = exchange(
        &world,
        &format!(
            "POST /en/sign-in HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
                  Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n"
        ),
    );
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

async fn a_request_with_two_lengths_is_refused(base: Base) {
    let world = World::new(base).await;
    let lengths = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: +5\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
    ];
    for lengths in lengths {
        let smuggled = "GET /en/help HTTP/1.1\r\nHost: x\r\n\r\n";
        let request = format!("POST /en/sign-in HTTP/1.1\r\nHost: x\r\n{lengths}\r\n0\r\n\r\n{smuggled}");
        let answer = exchange(&world, &request);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{lengths}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), usize::from(!answer.is_empty()), "{lengths}: {answer}");
    }
}

async fn unreadable_fields_are_refused(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let before = world.dump();
    for (kind, body) in [
        ("application/json", "{\"service\":\"cloud\"}"),
        ("text/plain", "service=cloud"),
        ("multipart/form-data; boundary=x", "--x--"),
    ] {
        let headers = [("sec-fetch-site", "same-origin"), ("content-type", kind)];
        let page = anna.send(reqwest::Method::POST, "/en/profile/permissions", &headers, body).await;
        page.expect(422).says(&en("error-422-title"));
    }
    assert_eq!(world.dump(), before);
}

/// Sends bytes as they are and returns all that comes back until the end of the connection, or until nothing more comes.
fn exchange(world: &World, request: &str) -> String {
    let mut stream = TcpStream::connect(world.address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_millis(500))).expect("a limit");
    // The portal may close before it has read everything.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}
