//! Texts as people look for them.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Without case and accents; every other character stays. Letters with a stroke and the like have no accent in Unicode's eyes.
pub fn folded(text: &str) -> String {
    let plain = |text: &mut String, c: char| match c {
        'ł' => text.push('l'),
        'ø' => text.push('o'),
        'đ' | 'ð' => text.push('d'),
        'ħ' => text.push('h'),
        'ı' => text.push('i'),
        'ß' => text.push_str("ss"),
        'æ' => text.push_str("ae"),
        'œ' => text.push_str("oe"),
        'þ' => text.push_str("th"),
        c => text.push(c),
    };
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        plain(&mut folded, c);
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn case_accents_and_strokes_are_gone_and_nothing_else() {
        assert_eq!(folded("ÄNNE Łukasiewicz-Groß (Prof.)"), "anne lukasiewicz-gross (prof.)");
        assert_eq!(folded("Søren Ægir ĐURĐEVIĆ ısıl"), "soren aegir durdevic isil");
    }
}
