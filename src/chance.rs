//! The only source of randomness: ids, tokens, receipt numbers, jitter.

use rand::Rng as _;
use uuid::{NoContext, Timestamp, Uuid};

use crate::clock::Instant;

/// A new id: UUIDv7 (RFC 9562), so that ids sort by the time they were made.
pub fn id(now: Instant) -> String {
    let time = now.and_utc();
    let seconds = u64::try_from(time.timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, time.timestamp_subsec_nanos())).to_string()
}

/// What sorts before every id that was made at this time or later, and behind every earlier one.
pub fn first_id(at: Instant) -> String {
    let millis = at.and_utc().timestamp_millis().max(0);
    format!("{:08x}-{:04x}", millis >> 16, millis & 0xffff)
}

/// 256 random bits from the operating system's generator, in hexadecimal.
pub fn token() -> String {
    hex::encode(bytes::<32>())
}

/// Random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// A receipt number such as `R-7K3M-9QXD-2FHW`: 60 random bits in Crockford's base 32, which people can read out.
pub fn receipt_number() -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut number = String::from("R");
    for (place, byte) in bytes::<12>().into_iter().enumerate() {
        if place % 4 == 0 {
            number.push('-');
        }
        number.push(char::from(ALPHABET[usize::from(byte) % 32]));
    }
    number
}

/// A factor between 0.5 and 1.5, so that those who wait do not all come back at once.
pub fn jitter() -> f64 {
    let [high, low] = bytes::<2>();
    0.5 + f64::from(u16::from_be_bytes([high, low])) / 65_535.0
}
