//! A form as a browser keeps it: controls in order, boxes that can be ticked.

use scraper::{ElementRef, Html, Selector};
use url::form_urlencoded::Serializer;

use super::page::selector;

#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    controls: Vec<Control>,
}

#[derive(Clone, Debug)]
struct Control {
    id: String,
    name: String,
    value: String,
    /// `None`: not a box.
    ticked: Option<bool>,
}

impl Form {
    pub fn find(html: &Html, forms: &Selector, action: &str) -> Option<Self> {
        let mut found = html.select(forms).filter(|form| form.attr("method") == Some("post"));
        let form = found.find(|form| form.attr("action").is_some_and(|found| found.ends_with(action)))?;
        let controls = form.select(&selector("input[name], textarea[name]")).map(control).collect();
        Some(Self { action: form.attr("action")?.to_owned(), controls })
    }

    /// A form that no page has.
    pub fn made_up(action: &str) -> Self {
        Self { action: action.to_owned(), controls: Vec::new() }
    }

    #[track_caller]
    pub fn tick(self, id: &str) -> Self {
        self.set_box(id, true)
    }

    #[track_caller]
    pub fn untick(self, id: &str) -> Self {
        self.set_box(id, false)
    }

    #[track_caller]
    fn set_box(mut self, id: &str, to: bool) -> Self {
        let control = self.controls.iter_mut().find(|control| control.id == id && control.ticked.is_some());
        control.unwrap_or_else(|| panic!("no box {id}")).ticked = Some(to);
        self
    }

    /// Chooses one of several.
    #[track_caller]
    pub fn choose(mut self, id: &str) -> Self {
        let chosen = self.controls.iter().find(|control| control.id == id && control.ticked.is_some());
        let name = chosen.unwrap_or_else(|| panic!("no choice {id}")).name.clone();
        for control in self.controls.iter_mut().filter(|control| control.name == name) {
            control.ticked = Some(control.id == id);
        }
        self
    }

    /// Types into a field.
    #[track_caller]
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        let control = self.controls.iter_mut().find(|control| control.name == name);
        value.clone_into(&mut control.unwrap_or_else(|| panic!("no field {name}")).value);
        self
    }

    /// What a page cannot do: one more field.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.controls.push(Control { id: String::new(), name, value, ticked: None });
        self
    }

    /// What a page cannot do: a field less.
    pub fn without(mut self, name: &str) -> Self {
        self.controls.retain(|control| control.name != name);
        self
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// What is sent.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let sent = self.controls.iter().filter(|control| control.ticked != Some(false));
        sent.map(|control| (control.name.as_str(), control.value.as_str()))
    }

    pub fn encoded(&self) -> String {
        Serializer::new(String::new()).extend_pairs(self.fields()).finish()
    }
}

fn control(element: ElementRef<'_>) -> Control {
    let attribute = |name| element.attr(name).unwrap_or_default().to_owned();
    let is_box = matches!(element.attr("type"), Some("checkbox" | "radio"));
    let is_text = element.value().name() == "textarea";
    // The line feed that begins a text in HTML does not belong to it; the parser takes it away.
    let text = || element.text().collect::<String>().replace('\n', "\r\n");
    Control {
        id: attribute("id"),
        name: attribute("name"),
        value: if is_text { text() } else { attribute("value") },
        ticked: is_box.then(|| element.attr("checked").is_some()),
    }
}
