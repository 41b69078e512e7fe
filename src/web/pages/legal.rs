//! Privacy, imprint, accessibility, help: the operator's texts.

use std::path::Path;

use askama::Template;
use askama_web::WebTemplate;

use super::frame::{Frame, Nav};
use crate::domain::locale::Locale;

/// `GET /privacy`, `/imprint`, `/accessibility`, `/help`
#[derive(Template, WebTemplate)]
#[template(path = "legal/show.html")]
pub struct LegalPage {
    pub frame: Frame,
    /// The text's own title (its first heading, which `html` does not repeat).
    pub title: String,
    /// Sanitised.
    pub html: String,
}

/// The four texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegalText {
    Privacy,
    Imprint,
    Accessibility,
    Help,
}

impl LegalText {
    pub const ALL: [Self; 4] = [Self::Privacy, Self::Imprint, Self::Accessibility, Self::Help];

    /// The path and the file's name, e.g. `privacy` for `/privacy` and `privacy.de.md`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Privacy => "privacy",
            Self::Imprint => "imprint",
            Self::Accessibility => "accessibility",
            Self::Help => "help",
        }
    }

    /// The operator's text; the template where there is none.
    pub fn read(self, folder: Option<&Path>, locale: Locale) -> String {
        let path = folder.map(|folder| folder.join(format!("{}.{}.md", self.name(), locale.code())));
        let own = path.and_then(|path| std::fs::read_to_string(path).ok());
        own.unwrap_or_else(|| self.built_in(locale).to_owned())
    }

    /// The built-in template, Markdown that starts with `# Title`.
    pub fn built_in(self, locale: Locale) -> &'static str {
        match (self, locale) {
            (Self::Privacy, Locale::De) => include_str!("../../../content/legal/privacy.de.md"),
            (Self::Privacy, Locale::En) => include_str!("../../../content/legal/privacy.en.md"),
            (Self::Imprint, Locale::De) => include_str!("../../../content/legal/imprint.de.md"),
            (Self::Imprint, Locale::En) => include_str!("../../../content/legal/imprint.en.md"),
            (Self::Accessibility, Locale::De) => include_str!("../../../content/legal/accessibility.de.md"),
            (Self::Accessibility, Locale::En) => include_str!("../../../content/legal/accessibility.en.md"),
            (Self::Help, Locale::De) => include_str!("../../../content/legal/help.de.md"),
            (Self::Help, Locale::En) => include_str!("../../../content/legal/help.en.md"),
        }
    }
}
