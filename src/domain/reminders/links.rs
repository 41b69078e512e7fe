//! What a mail program could make a link of.
//!
//! Mail programs guess: each has its own list of endings, schemes and separators. So this does not ask what a link is, but what
//! plain German or English never needs: a word of two letters or more right behind a full stop, something right behind a word
//! and a colon, `//`, `\\`, `@`, four numbers with full stops between them. Whoever forgot a blank is told where to put it.
//!
//! The text must have lost its invisible characters before; compatible characters (fullwidth letters, other full stops) are
//! folded here.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

use crate::domain::locale::Text;

/// Words behind a colon that name people of every gender, as in "Teilnehmer:innen" and "jede:r".
const GENDERED: [&str; 18] = [
    "in", "innen", "rin", "r", "n", "e", "s", "m", "er", "sie", "die", "der", "dem", "den", "des", "das", "ihr", "ihm",
];

/// Schemes that a gendered ending does not excuse.
const SCHEMES: [&str; 24] = [
    "http",
    "https",
    "ftp",
    "sftp",
    "file",
    "mailto",
    "tel",
    "sms",
    "smsto",
    "callto",
    "sip",
    "sips",
    "xmpp",
    "geo",
    "skype",
    "javascript",
    "vbscript",
    "data",
    "blob",
    "about",
    "msteams",
    "whatsapp",
    "tg",
    "magnet",
];

/// Punctuation that host names may hold (RFC 5892, sections 2.6 and 2.7: middle dots, geresh and gershayim, tsheg), and `_`.
const OF_HOSTS: &str = "-_·׳״་・";

/// What may stand right behind a word that ends there.
const CLOSING: &str = ")]}\"'’‘“”»«›‹.,;:!?…";

/// The first piece between blanks that could become a link. The portal's own address is allowed, with a plain path behind it,
/// and so is what the service is called, alone or as the beginning of a compound ("Rocket.Chat-Kanal").
pub(super) fn first<'a>(text: &'a str, own_address: &str, service: &Text) -> Option<&'a str> {
    let names = names(service);
    text.split_whitespace().find(|piece| !is_own(piece, own_address) && could_be_link(piece, &names))
}

fn is_own(piece: &str, own_address: &str) -> bool {
    let bare = piece.trim_matches(|c| c == '(' || c == '[' || c == '„' || CLOSING.contains(c));
    bare.strip_prefix(own_address.trim_end_matches('/')).is_some_and(is_plain_path)
}

fn is_plain_path(path: &str) -> bool {
    path.is_empty() || (path.starts_with('/') && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-".contains(&b)))
}

/// What the service is called, as far as it could look like a host: in the form in which pieces are compared.
fn names(service: &Text) -> Vec<String> {
    let words = |name: &str| -> Vec<String> {
        let folded: String = folded(name).into_iter().collect();
        folded.split(|c| !is_of_host(c)).filter(|word| word.contains('.')).map(str::to_owned).collect()
    };
    [&service.de, &service.en].into_iter().flat_map(|name| words(name)).collect()
}

/// Fullwidth letters become usual ones, every full stop that host names know becomes `.`, capitals become small.
fn folded(text: &str) -> Vec<char> {
    let is_full_stop = |c| matches!(c, '。' | '｡' | '．' | '․');
    text.nfkc().map(|c| if is_full_stop(c) { '.' } else { c }).flat_map(char::to_lowercase).collect()
}

fn could_be_link(piece: &str, names: &[String]) -> bool {
    let piece = folded(piece);
    let has_pair = |mark: char| piece.windows(2).any(|pair| pair == [mark, mark]);
    piece.contains(&'@')
        || has_pair('/')
        || has_pair('\\')
        || has_address(&piece)
        || (0..piece.len()).any(|place| match piece[place] {
            ':' => is_scheme(&piece[..place], &piece[place + 1..]),
            '.' => joins(&piece, place) && !is_name(&piece, place, names),
            _ => false,
        })
}

/// Four numbers: `192.0.2.1`. Dates and times have fewer.
fn has_address(piece: &[char]) -> bool {
    let is_part = |c: &char| c.is_ascii_digit() || *c == '.';
    piece.split(|c| !is_part(c)).any(|run| {
        let labels: Vec<&[char]> = run.split(|c| *c == '.').collect();
        labels.windows(4).any(|four| four.iter().all(|label| !label.is_empty()))
    })
}

/// Whether a colon with this before and behind it could end a scheme. `10:15`, `Thema:` and `Student:innen` are none.
fn is_scheme(before: &[char], behind: &[char]) -> bool {
    let of_scheme = |c: &&char| c.is_ascii_alphanumeric() || "+-.".contains(**c);
    let mut scheme: String = before.iter().rev().take_while(of_scheme).collect();
    scheme = scheme.chars().rev().collect();
    let is_word = scheme.contains(|c: char| c.is_ascii_alphabetic());
    let goes_on = behind.first().is_some_and(|c| *c == ':' || !CLOSING.contains(*c));
    is_word && goes_on && (SCHEMES.contains(&scheme.as_str()) || !is_gendered(behind))
}

fn is_gendered(behind: &[char]) -> bool {
    let word: String = behind.iter().take_while(|c| c.is_alphabetic()).collect();
    let next = behind.get(word.chars().count());
    let ends = next.is_none_or(|c| *c == '-' || CLOSING.contains(*c));
    ends && (GENDERED.contains(&word.as_str()) || word.starts_with("innen"))
}

/// Whether a full stop stands between two parts of what could be a host: behind it a word of two letters or more, as every
/// ending of a host has (RFC 3696, section 2); single letters ("z.B."), numbers ("10.15") and the rest of an ellipsis are none.
fn joins(piece: &[char], place: usize) -> bool {
    let Some(before) = place.checked_sub(1).map(|before| piece[before]) else { return false };
    let is_mark = |c: char| c.general_category_group() == GeneralCategoryGroup::Punctuation && !OF_HOSTS.contains(c);
    let begins = |c: &char| c.is_alphabetic() || is_combining_mark(*c);
    let goes_on = |c: &char| c.is_alphanumeric() || is_combining_mark(*c) || *c == '-';
    !before.is_whitespace()
        && !is_mark(before)
        && piece.get(place + 1).is_some_and(begins)
        && piece.get(place + 2).is_some_and(goes_on)
}

/// Whether the full stop belongs to what the service is called, with nothing joined to it that would make it an address.
fn is_name(piece: &[char], place: usize, names: &[String]) -> bool {
    let before = piece[..place].iter().rev().take_while(|c| is_of_host(**c)).count();
    let behind = piece[place..].iter().take_while(|c| is_of_host(**c)).count();
    let (start, end) = (place - before, place + behind);
    let whole: String = piece[start..end].iter().collect();
    let whole = whole.trim_end_matches(['.', '-']);
    let is_compound = |rest: &str| rest.is_empty() || (rest.starts_with('-') && !rest.contains('.'));
    let is_called = names.iter().any(|name| whole.strip_prefix(name.as_str()).is_some_and(is_compound));
    let ends =
        piece.get(end).is_none_or(|c| CLOSING.contains(*c) && !piece.get(end + 1).is_some_and(|c| c.is_alphanumeric()));
    is_called && ends
}

fn is_of_host(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c) || matches!(c, '.' | '-' | '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWN: &str = "https://account.uni.example/";

    fn first_in(text: &str) -> Option<String> {
        first(text, OWN, &Text::new("Rocket.Chat", "Rocket.Chat")).map(str::to_owned)
    }

    #[test]
    fn plain_words_hold_no_link() {
        for text in [
            "Bitte schalten Sie Rocket.Chat frei, z.B. heute.",
            "d.h. u.a. o.ä. e.g. i.e. i.d.R. u.s.w. a.m. p.m. U.S.A.",
            "Um 10.15 Uhr, am 24.12.2026, Kap. 3.5, Version v1.2.3, 1.000.000 Stück.",
            "Um 10:15 Uhr, im Verhältnis 3:1.",
            "Thema: Statistik. „Thema:“ (Thema:)",
            "Warten...dann geht es los … oder…nicht",
            "Rocket.Chat, „Rocket.Chat“, (Rocket.Chat). Rocket.Chat? Rocket.Chat: ja! Rocket.Chat…",
            "Der Rocket.Chat-Kanal und ROCKET.CHAT.",
            "Liebe Teilnehmer:innen, liebe Student:innen, jede:r, ein:e Ärzt:in, die Dozent:innen-Runde",
            "Teilnehmer*innen, Teilnehmer_innen, Teilnehmer/innen und Teilnehmer·innen",
            "und/oder, A/B, 1/2, km/h",
            "Das kostet 5.- Euro; 50 % sind da.",
            "Hier geht es: https://account.uni.example/de/profile/permissions.",
            "(https://account.uni.example)",
            "„https://account.uni.example/en“, danke",
            "C++ & Co., R&D, #1",
            "Prof. Dr. Ph.D.",
            "Danke 🙂",
        ] {
            assert_eq!(first_in(text), None, "{text}");
        }
    }

    #[test]
    fn whatever_could_become_a_link_is_found() {
        for piece in [
            "evil.com",
            "evil.com?x",
            "„evil.com“",
            "»evil.com«",
            "evil.com…",
            "see,evil.com",
            "(evil.com)",
            "evil.com/x",
            "evil.com:80",
            "evil.com#x",
            "evil.com.",
            "EVIL.COM",
            "a.b.evil.com",
            "evil-.com",
            "evil_x.com",
            "evil.com2",
            "evil.co.uk",
            "xn--80ak6aa92e.xn--p1ai",
            "müller-straße.köln",
            "漢・.com",
            "漢･.com",
            "l·l·.cat",
            "пример.рф",
            "i❤.ws",
            "evil。com",
            "evil｡com",
            "evil．com",
            "evil․com",
            "ｅｖｉｌ.ｃｏｍ",
            "ⓔvil.com",
            "evil.c\u{335}om",
            "https:evil",
            "https:innen",
            "sms:+49123",
            "tel:110",
            "tel:in",
            "mailto:anna",
            "javascript:alert(1)",
            "data:text",
            "https：evil",
            "foo:bar",
            "localhost:80",
            "C:\\x",
            "\\\\host\\share",
            "//evil",
            "http://1.2.3.4",
            "1.2.3.4",
            "1.2.3.4:80",
            "１.２.３.４",
            "user@host",
            "user＠host",
            "@here",
            "www.evil",
            "evilrocket.chat",
            "rocket.chat/login",
            "rocket.chat?x",
            "rocket.chat:80",
            "rocket.chat#x",
            "rocket.chat\\x",
            "rocket.chat.evil.com",
            "rocket.chat-evil.com",
            "https://rocket.chat",
            "https:rocket.chat",
            "evil.com,Rocket.Chat",
            "https://account.uni.example.evil.com/",
            "https://account.uni.example@evil.com/",
            "https://account.uni.example/de?next=//evil.com",
            "https://account.uni.example/de,evil.com",
            "5.Bitte",
            "Dr.Müller",
            "Raum:A112",
            "2001:db8::1",
        ] {
            let text = format!("Bitte hier: {piece} danke");
            assert_eq!(first_in(&text).as_deref(), Some(piece));
        }
    }

    proptest! {
        #[test]
        fn a_host_is_found_between_any_separators(
            host in prop::sample::select(vec![
                "evil.com", "www.uni-evil.de", "xn--80ak6aa92e.com", "müller.köln", "evil。com", "ｅｖｉｌ．ｃｏｍ",
                "192.0.2.1", "http://evil", "https:evil", "tel:+49", "a@b", "\\\\host\\share", "rocket.chat.evil.com",
            ]),
            before in "[ ,;()„“\"'!?*/+=&#~|…\n–—.-]{0,6}",
            behind in "[ ,;()„“\"'!?*/+=&#~|…\n–—:.-]{0,6}",
        ) {
            let text = format!("Rocket.Chat {before}{host}{behind} danke");
            prop_assert!(first_in(&text).is_some());
        }
    }
}
