//! The log as a file.

use askama::Template;

use crate::{
    clock::Instant,
    web::pages::frame::{Frame, Nav},
};

/// `GET /audit/export`
#[derive(Template)]
#[template(path = "audit/export.html")]
pub struct ExportPage {
    pub frame: Frame,
    pub reason: String,
    /// The search, as it stands in the address.
    pub query: String,
    pub back_url: String,
    pub is_empty: bool,
    /// What will be in the file; `None` if that is too much.
    pub contents: Option<String>,
    pub takes_a_while: bool,
    pub form_token: String,
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
