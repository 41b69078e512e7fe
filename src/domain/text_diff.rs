//! What differs between two Markdown texts, word by word.
//!
//! Paragraphs are compared first, then the words of those that differ. How a paragraph is broken into lines does not count.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// What happened to some words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Same,
    Removed,
    Added,
}

/// Neighbouring words of the same fate, with single blanks between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub change: Change,
    pub text: String,
}

/// One paragraph, heading or list item of the difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Shown(Vec<Piece>),
    /// So many paragraphs that are the same in both texts.
    Unchanged(usize),
}

/// The difference as a reader follows it: the new text with what was removed still in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    pub lines: Vec<Line>,
    /// How many words were added and removed.
    pub added: usize,
    pub removed: usize,
}

impl Diff {
    pub fn is_empty(&self) -> bool {
        self.added + self.removed == 0
    }
}

/// Texts with more paragraphs, and paragraphs with more words, are shown as replaced: comparing them would take too long.
const MOST_PARAGRAPHS: usize = 8000;
const MOST_WORDS: usize = 4000;

/// How many unchanged paragraphs are shown beside a change.
const CONTEXT: usize = 1;

/// Compares two texts.
pub fn compare(old: &str, new: &str) -> Diff {
    let lines = compare_all(old, new);
    let words = |wanted: Change| {
        let pieces = lines.iter().flatten().filter(|piece| piece.change == wanted);
        pieces.map(|piece| piece.text.split(' ').count()).sum()
    };
    Diff { added: words(Change::Added), removed: words(Change::Removed), lines: fold(lines) }
}

type Paragraph<'a> = Vec<&'a str>;

fn compare_all(old: &str, new: &str) -> Vec<Vec<Piece>> {
    let (old, new) = (paragraphs(old), paragraphs(new));
    if old.len() + new.len() > MOST_PARAGRAPHS {
        return replaced(&old, &new);
    }
    let mut lines = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        match op {
            DiffOp::Equal { new_index, len, .. } => lines.extend(whole(&new[new_index..new_index + len], Change::Same)),
            DiffOp::Delete { old_index, old_len, .. } => {
                lines.extend(whole(&old[old_index..old_index + old_len], Change::Removed));
            }
            DiffOp::Insert { new_index, new_len, .. } => {
                lines.extend(whole(&new[new_index..new_index + new_len], Change::Added));
            }
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                lines.extend(reworded(&old[old_index..old_index + old_len], &new[new_index..new_index + new_len]));
            }
        }
    }
    lines
}

/// Paragraphs, headings, list items and table rows: what a reader sees as one line.
fn paragraphs(source: &str) -> Vec<Paragraph<'_>> {
    let mut all: Vec<Paragraph<'_>> = vec![Vec::new()];
    for line in source.lines() {
        if line.trim().is_empty() || begins_anew(line.trim_start()) {
            all.push(Vec::new());
        }
        if let Some(last) = all.last_mut() {
            last.extend(line.split_whitespace());
        }
    }
    all.retain(|paragraph| !paragraph.is_empty());
    all
}

/// Whether Markdown takes this line for something new, although there is no blank line before it.
fn begins_anew(line: &str) -> bool {
    let after_digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered = after_digits.len() < line.len() && after_digits.starts_with([')', '.']);
    is_numbered || line.starts_with(['#', '>', '|']) || ["- ", "* ", "+ "].iter().any(|mark| line.starts_with(mark))
}

fn whole(paragraphs: &[Paragraph<'_>], change: Change) -> impl Iterator<Item = Vec<Piece>> {
    paragraphs.iter().map(move |words| vec![Piece { change, text: words.join(" ") }])
}

fn replaced(old: &[Paragraph<'_>], new: &[Paragraph<'_>]) -> Vec<Vec<Piece>> {
    whole(old, Change::Removed).chain(whole(new, Change::Added)).collect()
}

/// A word, or the end of a paragraph.
type Token<'a> = Option<&'a str>;

fn tokens<'a>(paragraphs: &[Paragraph<'a>]) -> Vec<Token<'a>> {
    let mut all = Vec::new();
    for (place, words) in paragraphs.iter().enumerate() {
        if place > 0 {
            all.push(None);
        }
        all.extend(words.iter().copied().map(Some));
    }
    all
}

fn reworded(old: &[Paragraph<'_>], new: &[Paragraph<'_>]) -> Vec<Vec<Piece>> {
    let (before, after) = (tokens(old), tokens(new));
    if before.len() + after.len() > MOST_WORDS {
        return replaced(old, new);
    }
    let mut lines = Lines::default();
    for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
        let (tag, old, new) = op.as_tag_tuple();
        if tag == similar::DiffTag::Equal {
            lines.add(&after[new], Change::Same);
        } else {
            lines.add(&before[old], Change::Removed);
            lines.add(&after[new], Change::Added);
        }
    }
    lines.0.retain(|line| !line.is_empty());
    lines.0
}

#[derive(Default)]
struct Lines(Vec<Vec<Piece>>);

impl Lines {
    fn add(&mut self, tokens: &[Token<'_>], change: Change) {
        for token in tokens {
            match token {
                None => self.0.push(Vec::new()),
                Some(word) => self.add_word(word, change),
            }
        }
    }

    fn add_word(&mut self, word: &str, change: Change) {
        if self.0.is_empty() {
            self.0.push(Vec::new());
        }
        let Some(line) = self.0.last_mut() else { return };
        match line.last_mut().filter(|piece| piece.change == change) {
            Some(piece) => {
                piece.text.push(' ');
                piece.text.push_str(word);
            }
            None => line.push(Piece { change, text: word.to_owned() }),
        }
    }
}

/// Leaves out long runs of what is the same.
fn fold(lines: Vec<Vec<Piece>>) -> Vec<Line> {
    let changed: Vec<bool> = lines.iter().map(|line| line.iter().any(|p| p.change != Change::Same)).collect();
    let is_near = |place: usize| {
        let (from, to) = (place.saturating_sub(CONTEXT), (place + CONTEXT + 1).min(changed.len()));
        changed[from..to].contains(&true)
    };
    let mut folded: Vec<Line> = Vec::new();
    for (place, line) in lines.into_iter().enumerate() {
        match folded.last_mut() {
            _ if is_near(place) => folded.push(Line::Shown(line)),
            Some(Line::Unchanged(count)) => *count += 1,
            _ => folded.push(Line::Unchanged(1)),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn piece(change: Change, text: &str) -> Piece {
        Piece { change, text: text.to_owned() }
    }

    #[test]
    fn a_word_that_changed_stands_beside_the_word_it_was() {
        let diff = compare("# Terms\n\nBe kind to others.", "# Terms\n\nBe kind to everybody.");
        let reworded = vec![
            piece(Change::Same, "Be kind to"),
            piece(Change::Removed, "others."),
            piece(Change::Added, "everybody."),
        ];
        assert_eq!(diff.lines, [Line::Shown(vec![piece(Change::Same, "# Terms")]), Line::Shown(reworded)]);
        assert_eq!((diff.added, diff.removed), (1, 1));
    }

    #[test]
    fn breaking_lines_elsewhere_changes_nothing() {
        assert!(compare("one two\nthree", "one\ntwo three\n").is_empty());
        assert!(!compare("one two three", "one two\n- three").is_empty());
    }

    #[test]
    fn what_is_far_from_a_change_is_left_out() {
        let old = (0..9).map(|n| format!("Paragraph {n}")).collect::<Vec<_>>().join("\n\n");
        let diff = compare(&old, &format!("{old}\n\nOne more"));
        assert_eq!(diff.lines[0], Line::Unchanged(8));
        assert_eq!(diff.lines.len(), 3);
    }

    #[test]
    fn texts_without_anything_in_common_are_compared_in_time() {
        let long = |word: &str| format!("{word} ").repeat(20_000);
        assert_eq!(compare(&long("a"), &long("b")).added, 20_000);
        let many = |word: &str| format!("{word}\n\n").repeat(20_000);
        assert_eq!(compare(&many("a"), &many("b")).removed, 20_000);
    }

    fn words(text: &str) -> Vec<&str> {
        text.split_whitespace().collect()
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_out_of_the_difference(old in "([ab#-]{1,2}[ \n]{1,2}){0,12}", new in "([ab#-]{1,2}[ \n]{1,2}){0,12}") {
            let lines = compare_all(&old, &new);
            let read = |left_out: Change| {
                let pieces = lines.iter().flatten().filter(|piece| piece.change != left_out);
                pieces.map(|piece| piece.text.as_str()).collect::<Vec<_>>().join(" ")
            };
            let (without_added, without_removed) = (read(Change::Added), read(Change::Removed));
            prop_assert_eq!(words(&without_added), words(&old));
            prop_assert_eq!(words(&without_removed), words(&new));
        }
    }
}
