//! One line to the machine's own syslog (`/dev/log`), which carries it further.

use std::{io, os::unix::net::UnixDatagram};

/// Facility `authpriv`, severity `info` (RFC 5424, section 6.2.1).
const PRIORITY: u8 = 10 * 8 + 6;

/// Sends a line; the socket is that of every Linux system with rsyslog, syslog-ng or journald.
pub(super) fn send(line: &str) -> io::Result<()> {
    send_to("/dev/log", line)
}

fn send_to(socket: &str, line: &str) -> io::Result<()> {
    let message = format!("<{PRIORITY}>latchkey: {}", line.replace(['\n', '\r'], " "));
    UnixDatagram::unbound()?.send_to(message.as_bytes(), socket).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_arrives_as_one_message() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let daemon = UnixDatagram::bind(&path).unwrap();
        send_to(path.to_str().unwrap(), "{\"event\":\n1}").unwrap();
        let mut message = [0; 100];
        let length = daemon.recv(&mut message).unwrap();
        assert_eq!(&message[..length], b"<86>latchkey: {\"event\": 1}");
        assert!(send_to("/nowhere/log", "").is_err());
    }
}
