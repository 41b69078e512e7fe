//! The sealed log.

use askama::Template;

use crate::{
    clock::Instant,
    web::pages::frame::{Frame, Nav},
};

/// `GET /audit/log`
#[derive(Template)]
#[template(path = "audit/log.html")]
pub struct LogPage {
    pub frame: Frame,
    /// `None`: nothing is sealed yet.
    pub head: Option<HeadFacts>,
    pub anchors: Vec<AnchorRow>,
    /// Whether there are records that are not sealed yet.
    pub is_waiting: bool,
    pub verified: Verified,
    pub form_token: String,
}

/// The newest signed head.
#[derive(Clone, Debug)]
pub struct HeadFacts {
    pub size: String,
    pub at: Instant,
    /// In hexadecimal.
    pub root: String,
    pub key: String,
    /// The signed text.
    pub note: String,
}

#[derive(Clone, Debug)]
pub struct AnchorRow {
    pub at: Instant,
    pub size: String,
    pub way: String,
}

/// What the last verification says.
#[derive(Clone, Debug)]
pub enum Verified {
    Never,
    Running {
        verified: u64,
        all: u64,
    },
    Fits {
        records: u64,
        heads: u64,
        at: Instant,
    },
    DoesNotFit {
        what: String,
        at: Instant,
    },
    /// It could not be carried out.
    Failed,
}

impl LogPage {
    fn own_tab(&self) -> &'static str {
        "/audit/log"
    }

    fn is_running(&self) -> bool {
        matches!(self.verified, Verified::Running { .. })
    }

    fn n(&self, value: &u64) -> String {
        super::number(&self.frame, *value)
    }
}
