use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::*;

/// Sends one message (its content) and returns the answer, empty if the connection was closed.
async fn exchange(stream: &mut TcpStream, content: &[u8]) -> Vec<u8> {
    let mut message = vec![0x30, u8::try_from(content.len()).unwrap()];
    message.extend(content);
    stream.write_all(&message).await.unwrap();
    let mut answer = vec![0; 512];
    let length = stream.read(&mut answer).await.unwrap();
    answer.truncate(length);
    answer
}

/// A one-byte element inside a longer one, and so on.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag, u8::try_from(content.len()).unwrap()];
    bytes.extend(content);
    bytes
}

fn bind(id: u8, version: u8, dn: &str, password: &[u8]) -> Vec<u8> {
    let request = [vec![2, 1, version], element(4, dn.as_bytes()), element(0x80, password)].concat();
    [vec![2, 1, id], element(0x60, &request)].concat()
}

fn search(id: u8, base: &str, filter: &[u8]) -> Vec<u8> {
    let limits = [0x0a, 1, 2, 0x0a, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0];
    let request = [element(4, base.as_bytes()), limits.to_vec(), filter.to_vec(), vec![0x30, 0]].concat();
    [vec![2, 1, id], element(0x63, &request)].concat()
}

async fn connect(directory: &EmbeddedDirectory) -> TcpStream {
    TcpStream::connect(directory.address()).await.unwrap()
}

/// The operation's tag and the result code of an answer to message `id`.
fn outcome(answer: &[u8], id: u8) -> (u8, u8) {
    assert_eq!(&answer[2..5], [2, 1, id], "{answer:x?}");
    (answer[5], answer[9])
}

#[tokio::test]
async fn bytes_that_are_not_utf_8_are_answered() {
    let directory = university().await;
    let mut stream = connect(&directory).await;
    let latin1 = bind(1, 3, &person("amueller"), b"m\xfcller");
    assert_eq!(outcome(&exchange(&mut stream, &latin1).await, 1), (0x61, 49));
    let portal = bind(2, 3, PORTAL_DN, PASSWORD.as_bytes());
    assert_eq!(outcome(&exchange(&mut stream, &portal).await, 2), (0x61, 0));
    let equality = element(0xa3, &[element(4, b"cn"), element(4, b"M\xfcller")].concat());
    let undefined = [equality.clone(), element(0xa2, &equality)];
    for (id, filter) in (3..).zip(undefined) {
        let answer = exchange(&mut stream, &search(id, PEOPLE, &filter)).await;
        assert_eq!(outcome(&answer, id), (0x65, 0), "no entry, and no error");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_a_protocol_error_and_the_connection_stays() {
    let directory = university().await;
    let mut stream = connect(&directory).await;
    let broken = [vec![2, 1, 7], element(0x63, &[4, 0])].concat();
    assert_eq!(outcome(&exchange(&mut stream, &broken).await, 7), (0x65, 2));
    assert_eq!(outcome(&exchange(&mut stream, &bind(8, 2, "", b"")).await, 8), (0x61, 2));
    let start_tls = [vec![2, 1, 9], element(0x77, &element(0x80, b"1.3.6.1.4.1.1466.20037"))].concat();
    assert_eq!(outcome(&exchange(&mut stream, &start_tls).await, 9), (0x78, 2));
    assert_eq!(outcome(&exchange(&mut stream, &bind(10, 3, "", b"")).await, 10), (0x61, 0));
}

#[tokio::test]
async fn abandon_is_ignored_and_unbind_closes() {
    let directory = university().await;
    let mut stream = connect(&directory).await;
    let abandon = [0x30, 6, 2, 1, 5, 0x50, 1, 4];
    stream.write_all(&abandon).await.unwrap();
    assert_eq!(outcome(&exchange(&mut stream, &bind(6, 3, "", b"")).await, 6), (0x61, 0));
    assert!(exchange(&mut stream, &[2, 1, 7, 0x42, 0]).await.is_empty());
}

#[tokio::test]
async fn nonsense_costs_only_the_connection_it_came_on() {
    let directory = university().await;
    for nonsense in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[0x30, 2, 5, 0]] {
        let mut stream = connect(&directory).await;
        stream.write_all(nonsense).await.unwrap();
        let mut answer = Vec::new();
        // The rest of what was sent may be answered by a reset.
        let _ = stream.read_to_end(&mut answer).await;
    }
    let mut ldap = portal(&directory).await;
    assert_eq!(count(&mut ldap, "(uid=amueller)").await, 1);
}

#[tokio::test]
async fn stopping_tells_the_clients_and_frees_the_port() {
    let directory = university().await;
    let (address, mut idle) = (directory.address(), connect(&directory).await);
    assert_eq!(outcome(&exchange(&mut idle, &bind(1, 3, "", b"")).await, 1), (0x61, 0));
    directory.stop().await;
    let mut farewell = Vec::new();
    idle.read_to_end(&mut farewell).await.unwrap();
    assert_eq!(outcome(&farewell, 0), (0x78, 52));
    assert!(TcpStream::connect(address).await.is_err());
}
