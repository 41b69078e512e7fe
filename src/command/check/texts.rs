//! The texts that visitors read: whether the operator has filled them in.

use super::Report;
use crate::config::Config;

pub(super) fn check(config: &Config, report: &mut Report) {
    let lacking: Vec<String> =
        config.legal_texts().into_iter().filter_map(|(name, text)| Some(format!("{name}: {}", gap(&text)?))).collect();
    if lacking.is_empty() {
        report.ok("texts: privacy, imprint, accessibility and help are filled in");
    } else {
        let remedy = "Copy content/legal, fill in what is in brackets, and name the folder in portal.legal_folder.";
        report.advise("texts: visitors read what has yet to be filled in", format!("{}\n{remedy}", lacking.join("\n")));
    }
}

/// The first thing in brackets that is no link (`CommonMark` 0.31, section 6.3), shortened.
fn gap(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('[') {
        let (inside, following) = after.split_once(']')?;
        if !following.starts_with(['(', '[', ':']) && !inside.trim().is_empty() {
            let start: String = inside.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
            let more = if start.len() < inside.len() { "…" } else { "" };
            return Some(format!("[{start}{more}]"));
        }
        rest = following;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::gap;

    #[test]
    fn what_is_in_brackets_and_no_link_is_a_gap() {
        assert_eq!(gap("# Help\n\nAsk [the IT support](mailto:it@uni.example).").as_deref(), None);
        assert_eq!(gap("See [a](b) and [Name and address].").as_deref(), Some("[Name and address]"));
        assert_eq!(gap(&format!("[{}]", "x".repeat(60))), Some(format!("[{}…]", "x".repeat(40))));
        for text in ["", "[", "]", "[]", "a ] b [ c"] {
            assert_eq!(gap(text), None, "{text}");
        }
    }
}
