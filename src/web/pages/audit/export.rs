//! The log, or who had a service, as a file.

use askama::Template;

use crate::{
    clock::Instant,
    web::pages::frame::{Frame, Nav},
};

/// `GET /audit/export`, `GET /audit/standing/export`
#[derive(Template)]
#[template(path = "audit/export.html")]
pub struct ExportPage {
    pub frame: Frame,
    pub reason: String,
    /// The list, as it stands in the address.
    pub query: String,
    pub action_url: String,
    pub back_url: String,
    /// What will be in the file; `None` if that is too much.
    pub contents: Option<String>,
    /// Whether only the first of the people searched for are in the file.
    pub too_many_people: bool,
    pub extent: Extent,
    pub form_token: String,
}

/// How much a file would hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    Nothing,
    /// It is sent at once.
    Little,
    /// It is made in the background.
    Much,
    /// No file holds so much.
    TooMuch,
}

/// `GET /audit/exports/{id}`
#[derive(Template)]
#[template(path = "audit/export_job.html")]
pub struct ExportJobPage {
    pub frame: Frame,
    pub reason: String,
    pub progress: Progress,
    pub total: String,
    pub file_url: String,
    /// When the file goes.
    pub until: Instant,
}

/// How far a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Running { written: u64, total: u64 },
    Done,
    Failed,
}

impl ExportPage {
    fn own_tab(&self) -> &'static str {
        ""
    }
}

impl ExportJobPage {
    fn own_tab(&self) -> &'static str {
        ""
    }

    fn is_running(&self) -> bool {
        matches!(self.progress, Progress::Running { .. })
    }
}
