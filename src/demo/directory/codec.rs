//! Messages on the wire (RFC 4511, section 5.1), more forgiving than the protocol crate alone: a message that it
//! cannot read is answered instead of costing the connection.

use std::io;

use ldap3_proto::{LdapCodec, proto::LdapMsg};
use tokio_util::{
    bytes::BytesMut,
    codec::{Decoder, Encoder},
};

use super::schema::UNREADABLE;

/// The largest message taken: room for a modify with tens of thousands of members.
const MAX_MESSAGE: usize = 4 << 20;

/// How deeply elements may be nested: filters of depth 128, each level of which takes one or two elements.
const MAX_DEPTH: usize = 300;

/// A request as far as it could be read.
#[derive(Debug)]
pub enum Incoming {
    Message(Box<LdapMsg>),
    /// Message id and operation could be read, the rest not.
    Malformed {
        id: i32,
        operation: u8,
    },
}

pub struct Codec(LdapCodec);

impl Codec {
    pub fn new() -> Self {
        Self(LdapCodec::new(Some(MAX_MESSAGE), Some(MAX_DEPTH)))
    }
}

impl Decoder for Codec {
    type Item = Incoming;
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Incoming>> {
        let Some((header, content)) = length(buffer)? else { return Ok(None) };
        let length = header + content;
        if length > MAX_MESSAGE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "message too large"));
        }
        if buffer.len() < length {
            buffer.reserve(length - buffer.len());
            return Ok(None);
        }
        let frame = buffer.split_to(length);
        if let Ok(Some(message)) = self.0.decode(&mut frame.clone()) {
            return Ok(Some(Incoming::Message(Box::new(message))));
        }
        let mut readable = frame.clone();
        make_readable(&mut readable[header..], 0);
        if let Ok(Some(message)) = self.0.decode(&mut readable) {
            return Ok(Some(Incoming::Message(Box::new(message))));
        }
        malformed(&frame[header..]).map(Some)
    }
}

impl Encoder<LdapMsg> for Codec {
    type Error = io::Error;

    fn encode(&mut self, message: LdapMsg, buffer: &mut BytesMut) -> io::Result<()> {
        self.0.encode(message, buffer)
    }
}

/// The lengths of the header and the content of the element at the start; nothing if more bytes are needed.
fn length(bytes: &[u8]) -> io::Result<Option<(usize, usize)>> {
    match bytes {
        [] => Ok(None),
        [tag, ..] if *tag != 0x30 => Err(io::Error::new(io::ErrorKind::InvalidData, "not an LDAP message")),
        _ => element(bytes),
    }
}

fn element(bytes: &[u8]) -> io::Result<Option<(usize, usize)>> {
    let Some(first) = bytes.get(1) else { return Ok(None) };
    let count = usize::from(first & 0x7f);
    match (first & 0x80 != 0, count) {
        (false, length) => Ok(Some((2, length))),
        // The indefinite form is not allowed in LDAP.
        (true, 0 | 5..) => Err(io::Error::new(io::ErrorKind::InvalidData, "invalid length")),
        (true, count) => {
            let Some(digits) = bytes.get(2..2 + count) else { return Ok(None) };
            Ok(Some((2 + count, digits.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))))
        }
    }
}

/// Replaces bytes that are not UTF-8 inside strings by a character that no value contains, so that an assertion
/// with them is undefined and a password with them is wrong. Controls (`[0]` of the message) stay as they are.
fn make_readable(mut bytes: &mut [u8], depth: usize) {
    while let Ok(Some((header, content))) = element(bytes) {
        if bytes.len() < header + content || depth > MAX_DEPTH {
            return;
        }
        let tag = bytes[0];
        let (this, rest) = bytes.split_at_mut(header + content);
        let value = &mut this[header..];
        let constructed = tag & 0x20 != 0;
        // `[4]` of one byte is the truth value `dnAttributes` of an extensible match.
        let truth = tag == 0x84 && value.len() == 1;
        if constructed && !(depth == 0 && tag == 0xa0) {
            make_readable(value, depth + 1);
        } else if !constructed && !truth && (tag == 0x04 || tag & 0xc0 == 0x80) {
            replace_invalid(value);
        }
        bytes = rest;
    }
}

fn replace_invalid(value: &mut [u8]) {
    let mut start = 0;
    while let Err(error) = std::str::from_utf8(&value[start..]) {
        let bad = start + error.valid_up_to();
        value[bad] = UNREADABLE as u8;
        start = bad + 1;
    }
}

/// What to answer to: the message id and the tag of the operation.
fn malformed(content: &[u8]) -> io::Result<Incoming> {
    let unreadable = || io::Error::new(io::ErrorKind::InvalidData, "unreadable message");
    match content {
        [0x02, length @ 1..=4, rest @ ..] if rest.len() > usize::from(*length) => {
            let (digits, rest) = rest.split_at(usize::from(*length));
            let id = digits.iter().fold(0, |id: i32, byte| id << 8 | i32::from(*byte));
            Ok(Incoming::Malformed { id, operation: rest[0] })
        }
        _ => Err(unreadable()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(bytes: &[u8]) -> io::Result<Option<Incoming>> {
        Codec::new().decode(&mut BytesMut::from(bytes))
    }

    #[test]
    fn half_a_message_is_waited_for() {
        assert!(decode(&[]).unwrap().is_none());
        assert!(decode(&[0x30]).unwrap().is_none());
        assert!(decode(&[0x30, 0x82, 0x01]).unwrap().is_none());
        assert!(decode(&[0x30, 5, 2, 1, 1]).unwrap().is_none());
    }

    #[test]
    fn what_is_not_ldap_or_too_large_is_an_error() {
        assert!(decode(b"GET / HTTP/1.1\r\n").is_err());
        assert!(decode(&[0x30, 0x84, 0x7f, 0, 0, 0]).is_err());
        assert!(decode(&[0x30, 0x80, 0, 0]).is_err());
    }

    #[test]
    fn an_unreadable_operation_keeps_its_id() {
        let incoming = decode(&[0x30, 7, 2, 1, 9, 0x63, 2, 4, 0]).unwrap();
        assert!(matches!(incoming, Some(Incoming::Malformed { id: 9, operation: 0x63 })), "{incoming:?}");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
            if bytes.len() > 2 {
                bytes[0] = 0x30;
                bytes[1] = u8::try_from(bytes.len() - 2).unwrap_or(100) & 0x7f;
                let _ = decode(&bytes);
            }
        }
    }
}
