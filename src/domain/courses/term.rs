//! The halves of the academic year, as campus systems write them.

use chrono::Datelike;
use chrono_tz::Tz;

use crate::clock::Instant;

/// Half an academic year. Terms are in order of time: the summer of a year comes before the winter that begins in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// In which it begins.
    pub year: i32,
    pub half: Half,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Half {
    Summer,
    Winter,
}

/// When the halves begin: month and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermDates {
    pub summer: (u32, u32),
    pub winter: (u32, u32),
}

impl Default for TermDates {
    fn default() -> Self {
        Self { summer: (4, 1), winter: (10, 1) }
    }
}

impl Term {
    /// Understands `2026W`, `W2026`, `SS26`, `WS 2026/27`, `WiSe 2026/2027`, `SoSe 2026`, `Winter 2026`, and the numbers of
    /// campus management systems: `20261` for summer, `20262` for winter.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric() || *c == '/').collect();
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let (before, rest) = text.split_at(start);
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        let after = after.strip_prefix('/').map_or(after, |next| next.trim_start_matches(|c: char| c.is_ascii_digit()));
        let word = if before.is_empty() { after } else { before };
        let (year, half) = match (digits.len(), word) {
            (5, "") => (&digits[..4], Half::of_number(&digits[4..])?),
            (4 | 2, word) => (digits, Half::of_word(word)?),
            _ => return None,
        };
        let number: i32 = year.parse().ok()?;
        Some(Self { year: if year.len() == 2 { 2000 + number } else { number }, half })
    }

    /// The term at this moment.
    pub fn at(now: Instant, tz: Tz, dates: TermDates) -> Self {
        let today = now.and_utc().with_timezone(&tz);
        let (year, day) = (today.year(), (today.month(), today.day()));
        if day >= dates.winter {
            Self { year, half: Half::Winter }
        } else if day >= dates.summer {
            Self { year, half: Half::Summer }
        } else {
            Self { year: year - 1, half: Half::Winter }
        }
    }
}

impl Half {
    fn of_word(word: &str) -> Option<Self> {
        match word {
            "s" | "ss" | "so" | "sose" | "sommer" | "sommersemester" | "summer" => Some(Self::Summer),
            "w" | "ws" | "wi" | "wise" | "winter" | "wintersemester" => Some(Self::Winter),
            _ => None,
        }
    }

    fn of_number(number: &str) -> Option<Self> {
        match number {
            "1" => Some(Self::Summer),
            "2" => Some(Self::Winter),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::*;

    fn term(year: i32, half: Half) -> Term {
        Term { year, half }
    }

    fn noon(year: i32, month: u32, day: u32) -> Instant {
        NaiveDate::from_ymd_opt(year, month, day).unwrap().and_hms_opt(12, 0, 0).unwrap()
    }

    #[test]
    fn terms_are_understood_as_campus_systems_write_them() {
        for text in ["2026W", "W2026", "WS 2026/27", "WiSe 2026/2027", "ws26", "Winter 2026", "20262", "2026/27 WS"] {
            assert_eq!(Term::parse(text), Some(term(2026, Half::Winter)), "{text}");
        }
        for text in ["2026S", "SS 2026", "SoSe 2026", "ss26", "Sommersemester 2026", "20261", "summer 2026"] {
            assert_eq!(Term::parse(text), Some(term(2026, Half::Summer)), "{text}");
        }
        for text in ["", "2026", "20263", "W", "T2026", "always", "1", "2026WX", "/"] {
            assert_eq!(Term::parse(text), None, "{text}");
        }
    }

    #[test]
    fn winter_lasts_until_spring() {
        let (tz, dates) = (chrono_tz::Europe::Berlin, TermDates::default());
        assert_eq!(Term::at(noon(2026, 11, 23), tz, dates), term(2026, Half::Winter));
        assert_eq!(Term::at(noon(2027, 3, 31), tz, dates), term(2026, Half::Winter));
        assert_eq!(Term::at(noon(2027, 4, 1), tz, dates), term(2027, Half::Summer));
        assert_eq!(Term::at(noon(2027, 9, 30), tz, dates), term(2027, Half::Summer));
        assert!(term(2027, Half::Summer) > term(2026, Half::Winter));
        assert!(term(2026, Half::Winter) > term(2026, Half::Summer));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reading_of_terms(text in "\\PC{0,20}") {
            let _ = Term::parse(&text);
        }
    }
}
