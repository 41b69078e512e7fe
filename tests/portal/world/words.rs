//! The portal's words by their keys.

use latchkey::{
    domain::locale::Locale,
    texts::{text, text_with},
};

pub fn en(key: &str) -> String {
    text(Locale::En, key)
}

pub fn de(key: &str) -> String {
    text(Locale::De, key)
}

/// English words about one service.
pub fn about(key: &str, service: &str) -> String {
    text_with(Locale::En, key, &[("service", service.to_owned())])
}
