//! An answer of the portal, read as a person or a browser would.

use reqwest::header::HeaderMap;
use scraper::{Html, Selector};

use super::Form;

pub struct Page {
    pub status: u16,
    /// Path and query that were asked for.
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

pub fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"))
}

/// Texts with single blanks between words.
fn words<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let text: String = texts.collect::<Vec<_>>().join(" ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Page {
    pub fn html(&self) -> Html {
        Html::parse_document(&self.body)
    }

    /// A header's value; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// The words of each element that fits.
    pub fn texts(&self, css: &str) -> Vec<String> {
        self.html().select(&selector(css)).map(|element| words(element.text())).collect()
    }

    /// The words of the first element that fits.
    pub fn text(&self, css: &str) -> String {
        self.texts(css).into_iter().next().unwrap_or_else(|| panic!("no {css} in {}:\n{}", self.path, self.body))
    }

    /// The words of the page's own content.
    pub fn content(&self) -> String {
        self.text("main")
    }

    /// An attribute of each element that fits.
    pub fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let html = self.html();
        let elements = selector(css);
        html.select(&elements).filter_map(|element| element.attr(name)).map(str::to_owned).collect()
    }

    /// The source of the page's own content.
    pub fn content_source(&self) -> String {
        let html = self.html();
        html.select(&selector("main")).next().expect("main").inner_html()
    }

    #[track_caller]
    pub fn expect(&self, status: u16) -> &Self {
        let text = || self.texts("main").into_iter().next().unwrap_or_else(|| self.body.clone());
        assert!(self.status == status, "{} answers {}, not {status}: {}", self.path, self.status, text());
        self
    }

    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.content().contains(text), "'{text}' is not in: {}", self.content());
        self
    }

    /// The form in the page's own content whose action ends so.
    #[track_caller]
    pub fn form(&self, action: &str) -> Form {
        Form::find(&self.html(), &selector("main form"), action)
            .unwrap_or_else(|| panic!("no form to {action} in {}: {}", self.path, self.content()))
    }

    /// The form that signs out, in the header.
    #[track_caller]
    pub fn sign_out_form(&self) -> Form {
        Form::find(&self.html(), &selector("header form"), "/sign-out").expect("a form to sign out")
    }

    /// The state of a service as the permissions show it.
    #[track_caller]
    pub fn state_of(&self, service: &str) -> String {
        self.text(&format!("#state-{service}"))
    }

    /// Whether a box is ticked; `None` if there is no such box.
    pub fn is_ticked(&self, id: &str) -> Option<bool> {
        let html = self.html();
        let boxes = selector(&format!("input[type=checkbox]#{id}"));
        html.select(&boxes).next().map(|element| element.attr("checked").is_some())
    }
}
