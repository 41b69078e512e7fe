//! Markdown of the operator, made into HTML that is safe to show.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// Renders Markdown. Headings move down one level, because the page has its own first heading; raw HTML loses everything
/// that could run or load something.
pub fn to_html(source: &str) -> String {
    render(source, below)
}

/// Renders what a page has below its title; nothing is above these headings but the title, so they stay as they are.
pub fn body_to_html(source: &str) -> String {
    render(without_title(source), |level| level.max(HeadingLevel::H2))
}

fn render(source: &str, moved: impl Fn(HeadingLevel) -> HeadingLevel) -> String {
    let events = Parser::new_ext(source, Options::ENABLE_TABLES).map(|event| match event {
        Event::Start(Tag::Heading { level, id, classes, attrs }) => {
            Event::Start(Tag::Heading { level: moved(level), id, classes, attrs })
        }
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(moved(level))),
        other => other,
    });
    let mut html = String::with_capacity(source.len() * 3 / 2);
    pulldown_cmark::html::push_html(&mut html, events);
    ammonia::Builder::default()
        .rm_tags(["img", "map", "area"])
        .link_rel(Some("noopener noreferrer"))
        .url_schemes(["https", "http", "mailto", "tel"].into())
        .clean(&html)
        .to_string()
}

/// The text of the first heading, for a title.
pub fn title(source: &str) -> Option<&str> {
    source.lines().find_map(|line| line.strip_prefix("# ")).map(str::trim)
}

/// The source without its first heading, which the page shows as its own.
fn without_title(source: &str) -> &str {
    match source.trim_start().strip_prefix("# ") {
        Some(rest) => rest.split_once('\n').map_or("", |(_, body)| body),
        None => source,
    }
}

fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_leave_room_for_the_pages_own() {
        assert_eq!(to_html("# Eins\n\n## Zwei"), "<h2>Eins</h2>\n<h3>Zwei</h3>\n");
    }

    #[test]
    fn headings_below_a_title_begin_with_the_second_level() {
        assert_eq!(body_to_html("# Hilfe\n\n## Eins\n\n# Zwei"), "<h2>Eins</h2>\n<h2>Zwei</h2>\n");
    }

    #[test]
    fn nothing_that_runs_or_loads_survives() {
        let html =
            to_html("<script>x</script>\n\n<img src=x onerror=y> [k](javascript:alert(1)) <b onclick=z>fett</b>");
        for word in ["script", "onerror", "onclick", "javascript", "img"] {
            assert!(!html.contains(word), "{word} in {html}");
        }
        assert!(html.contains("<b>fett</b>"));
    }
}
