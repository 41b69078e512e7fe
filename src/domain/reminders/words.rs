//! A lecturer's own words within a reminder.
//!
//! They must not pass for anything but words: no link, nothing that is not seen, nothing behind which a mail program hides the
//! rest, and never so much that the frame around them is out of sight.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use super::links;
use crate::domain::locale::Text;

/// The longest that a lecturer's own words may be, in characters, for each language.
pub const LONGEST: usize = 1_000;

/// The most lines that they may have, blank ones included.
pub const MOST_LINES: usize = 30;

/// Longer ones are no words, and mail programs do not break them.
const LONGEST_WORD: usize = 100;

/// No script puts more marks on one letter.
const MOST_MARKS: usize = 3;

/// A lecturer's own words: plain text of one paragraph or a few, without links. Lines end with `\n`, never more than two of them
/// follow each other, and no line begins or ends with a blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(String);

/// Why words are not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WordsFault {
    /// Not one letter or digit.
    Empty,
    TooLong,
    TooManyLines,
    /// Something that a browser could take for HTML.
    Markup,
    /// A control character, one without a meaning, or a heap of marks on one letter.
    Unreadable,
    /// Something that a mail program could make a link of: the piece.
    Link(String),
    /// A line behind which mail programs hide the rest, as behind `-- `: the line.
    Divider(String),
    LongWord(String),
}

impl Words {
    /// Takes the words if they are plain. Line ends, blanks and accents become uniform, and characters that nobody sees are left
    /// out, so that whoever looks at the result sees all of it.
    ///
    /// # Errors
    /// The first [`WordsFault`] there is. Links are sought before anything else that depends on what the words say.
    pub fn parse(text: &str, own_address: &str, service: &Text) -> Result<Self, WordsFault> {
        let text = tidied(&seen(text));
        if text.chars().any(is_unreadable) || has_heap_of_marks(&text) {
            return Err(WordsFault::Unreadable);
        }
        if !text.contains(char::is_alphanumeric) {
            return Err(WordsFault::Empty);
        }
        if text.chars().count() > LONGEST {
            return Err(WordsFault::TooLong);
        }
        if text.nfkc().any(|c| matches!(c, '<' | '>')) {
            return Err(WordsFault::Markup);
        }
        if let Some(piece) = links::first(&text, own_address, service) {
            return Err(WordsFault::Link(piece.to_owned()));
        }
        check_lines(&text)?;
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check_lines(text: &str) -> Result<(), WordsFault> {
    if text.lines().count() > MOST_LINES {
        return Err(WordsFault::TooManyLines);
    }
    if let Some(line) = text.lines().find(|line| is_divider(line)) {
        return Err(WordsFault::Divider(line.to_owned()));
    }
    match text.split_whitespace().find(|word| word.chars().count() > LONGEST_WORD) {
        Some(word) => Err(WordsFault::LongWord(word.to_owned())),
        None => Ok(()),
    }
}

/// Without what is not seen: format characters (soft hyphens, joiners, directions of writing) and fillers.
fn seen(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).nfc().collect()
}

/// Lines as they look: blanks at their ends and several in a row are none, and of several blank lines one is enough.
fn tidied(text: &str) -> String {
    let is_end = |c| matches!(c, '\n' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let is_blank = |c: char| c.is_whitespace() || c == BRAILLE_BLANK;
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines = text.split(is_end).map(|line| {
        let words: Vec<&str> = line.split(is_blank).filter(|word| !word.is_empty()).collect();
        words.join(" ")
    });
    let mut tidied = String::new();
    let mut is_paragraph = false;
    for line in lines {
        if line.is_empty() {
            is_paragraph = true;
            continue;
        }
        if !tidied.is_empty() {
            tidied.push_str(if is_paragraph { "\n\n" } else { "\n" });
        }
        tidied.push_str(&line);
        is_paragraph = false;
    }
    tidied
}

/// A pattern without dots: it looks like a blank and counts as a symbol.
const BRAILLE_BLANK: char = '\u{2800}';

/// What Unicode calls format characters or ignorable by default (`DerivedCoreProperties.txt`, `Default_Ignorable_Code_Point`).
fn is_invisible(c: char) -> bool {
    c.general_category() == GeneralCategory::Format
        || matches!(c, '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{2065}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
            | '\u{e0000}'..='\u{e0fff}')
}

fn is_unreadable(c: char) -> bool {
    let is_stand_in = matches!(c, '\u{fffc}' | char::REPLACEMENT_CHARACTER);
    (c.is_control() && c != '\n') || is_stand_in || c.general_category() == GeneralCategory::PrivateUse
}

fn has_heap_of_marks(text: &str) -> bool {
    let mut marks = 0;
    text.chars().any(|c| {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        marks > MOST_MARKS
    })
}

/// `--` (behind which comes a signature), `-----Original Message-----` (behind which comes what was answered), `____`, `====`.
fn is_divider(line: &str) -> bool {
    let is_stroke = |c: char| {
        matches!(c, '_' | '=' | '~' | '−' | '\u{2500}'..='\u{257f}')
            || c.general_category() == GeneralCategory::DashPunctuation
    };
    let mut start = line.nfkc().filter(|c| *c != ' ').take(2);
    start.next().is_some_and(is_stroke) && start.next().is_some_and(is_stroke)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWN: &str = "https://account.uni.example/";

    fn parse(text: &str) -> Result<Words, WordsFault> {
        Words::parse(text, OWN, &Text::new("Rocket.Chat", "Rocket.Chat"))
    }

    fn taken(text: &str) -> String {
        parse(text).unwrap().as_str().to_owned()
    }

    #[test]
    fn plain_words_are_taken_as_they_are() {
        for text in [
            "Bitte schalten Sie Rocket.Chat frei, z.B. heute. Wir beginnen um 10.15 Uhr, Kap. 3.5.\n\nDanke – bis bald …",
            "See you on Monday (room A-112), 50 % are there already; \"Rocket.Chat\" is quick & easy.",
            "Hier geht es: https://account.uni.example/de/profile/permissions.",
            "https://account.uni.example",
            "- Anmelden\n- Freischalten\n— Bernd Schmidt",
            "Chào các bạn, ཨོཾ, שָׁלוֹם",
        ] {
            assert_eq!(taken(text), text);
        }
    }

    #[test]
    fn what_nobody_sees_is_left_out_and_blank_lines_are_few() {
        assert_eq!(taken(" a\r\nb\rc\u{2028}d \t e "), "a\nb\nc\nd e");
        assert_eq!(taken(&format!("a{}b", "\n \u{2800}\u{a0}\n".repeat(100))), "a\n\nb");
        assert_eq!(taken(&format!("a{}b", " ".repeat(900))), "a b");
        assert_eq!(taken("Sta\u{ad}tis\u{200b}tik \u{202e}I\u{2066}\u{feff}\u{e0041}\u{3164}"), "Statistik I");
        assert_eq!(taken("Mu\u{308}ller"), "Müller");
        for nothing in ["", " \r\n\t ", "\u{200b}\u{3164}\u{2800}\u{202e}", "…", "\u{301}", "🙂"] {
            assert_eq!(parse(nothing), Err(WordsFault::Empty), "{nothing:?}");
        }
    }

    #[test]
    fn links_markup_and_too_much_are_refused() {
        for piece in [
            "http://evil.example",
            "HTTPS://EVIL.EXAMPLE/x",
            "www.evil.example",
            "evil.example/login",
            "(evil.example)",
            "192.0.2.1",
            "evil.example:8443/x",
            "anna@uni.example",
            "mailto:anna",
            "javascript:alert(1)",
            "https://account.uni.example.evil.example/",
            "https://account.uni.example@evil.example/",
            "https://account.uni.example/de/sign-in?next=//evil.example",
            "müller-straße.köln",
            "rocket.chat/login",
            "Rocket.Chat.evil.example",
            "https://rocket.chat",
            "evil\u{200b}.com",
            "evil.\u{ad}com",
            "evil.c\u{2060}om",
            "evil\u{202e}.com",
        ] {
            let found = parse(&format!("Bitte hier: {piece} danke"));
            assert!(matches!(found, Err(WordsFault::Link(_))), "{piece}: {found:?}");
        }
        for markup in ["<b>fett</b>", "＜b＞", "a > b"] {
            assert_eq!(parse(markup), Err(WordsFault::Markup));
        }
        assert!(parse(&"ä ".repeat(LONGEST / 2)).is_ok());
        assert_eq!(parse(&"ä".repeat(LONGEST + 1)), Err(WordsFault::TooLong));
        assert!(parse(&"a\n".repeat(MOST_LINES)).is_ok());
        assert_eq!(parse(&"a\n".repeat(MOST_LINES + 1)), Err(WordsFault::TooManyLines));
        assert_eq!(parse(&"x".repeat(101)), Err(WordsFault::LongWord("x".repeat(101))));
    }

    #[test]
    fn nothing_that_hides_the_rest_is_taken() {
        for line in [
            "-- ",
            "--",
            "---",
            "—— ",
            "––",
            "- -",
            "__",
            "____________",
            "====",
            "~~~",
            "──────",
            "−−",
            "－－",
            "-----Original Message-----",
            "-- Bernd Schmidt",
        ] {
            let found = parse(&format!("Guten Tag\n{line}\nRest"));
            assert!(matches!(found, Err(WordsFault::Divider(_))), "{line}: {found:?}");
        }
        for c in ['\u{0}', '\u{7}', '\u{1b}', '\u{7f}', '\u{9b}', '\u{e000}', '\u{fffc}', '\u{fffd}'] {
            assert_eq!(parse(&format!("a{c}b")), Err(WordsFault::Unreadable), "{c:?}");
        }
        assert_eq!(parse(&format!("a{}", "\u{301}".repeat(5))), Err(WordsFault::Unreadable));
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_plain(text in "[ -~\r\n\täß\u{0}\u{1b}]{0,80}") {
            if let Ok(words) = parse(&text) {
                let words = words.as_str();
                prop_assert!(!words.contains(['<', '>', '@', '\r', '\0', '\u{1b}']) && !words.contains("://"), "{words:?}");
            }
        }

        #[test]
        fn whatever_is_taken_is_tidy_and_taken_again_as_it_is(text in "(\\PC|[\n\u{200b}\u{202e}\u{2800}]){0,60}") {
            if let Ok(words) = parse(&text) {
                let text = words.as_str();
                prop_assert!(!text.contains("\n\n\n") && !text.contains("  ") && text.trim() == text, "{text:?}");
                prop_assert!(!text.chars().any(is_invisible), "{text:?}");
                prop_assert_eq!(parse(text), Ok(words.clone()));
            }
        }
    }
}
