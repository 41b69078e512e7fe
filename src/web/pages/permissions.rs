//! The services, the terms box, the button.

use askama::Template;
use askama_web::WebTemplate;

use super::{
    data_protection::Disclosure,
    frame::{Frame, Nav, NoticeKind},
};
use crate::{clock::Instant, texts};

/// `GET /profile/permissions`, and its `POST` when something has to be put right.
///
/// The form posts, for each service with a tick box, `service={slug}` if ticked, `shown.{slug}`
/// (`active`, `inactive`, `accept-again`) and `terms.{slug}` (the digest of the terms it showed);
/// `terms=accepted` if the box below is ticked; `form_token`.
#[derive(Template, WebTemplate)]
#[template(path = "permissions/form.html")]
pub struct PermissionsPage {
    pub frame: Frame,
    pub services: Vec<ServiceRow>,
    /// The terms that the box stands for, one per service that can be granted.
    pub terms: Vec<TermsItem>,
    /// Whether the box was ticked when the form came back; never on a fresh page.
    pub terms_accepted: bool,
    pub problems: Vec<Problem>,
    pub form_token: String,
    /// Whose form this is: entries that are kept when a session ends go on with the same person only.
    pub account: String,
    pub directory_unavailable: bool,
    /// The service that the page was opened for, by its slug.
    pub marked: Option<String>,
}

impl PermissionsPage {
    pub fn is_marked(&self, row: &ServiceRow) -> bool {
        self.marked.as_ref() == Some(&row.slug)
    }

    /// What is said at the marked service.
    pub fn marked_text(&self, row: &ServiceRow) -> String {
        let is_active = matches!(row.state, ServiceState::Active { .. });
        self.frame.t(if is_active { "permissions-marked-active" } else { "permissions-marked" })
    }

    /// The marked service, if there is such a one.
    pub fn marked_row(&self) -> Option<&ServiceRow> {
        self.services.iter().find(|row| self.is_marked(row))
    }
}

/// One line of the error summary.
#[derive(Clone, Debug)]
pub struct Problem {
    /// `terms`, or `service-{slug}`: the id of the field that the line leads to.
    pub field_id: String,
    pub text: String,
}

/// One service.
#[derive(Clone, Debug)]
pub struct ServiceRow {
    pub slug: String,
    pub name: String,
    pub description: String,
    pub purpose: String,
    pub data_protection: Option<Disclosure>,
    pub ticked: bool,
    /// Whether the page shows the service as active: what a tick is compared with.
    pub shown: bool,
    pub state: ServiceState,
    pub terms: Option<TermsItem>,
    /// New terms that whoever has the service will have to accept.
    pub announced: Option<AnnouncedTerms>,
    /// The page with result and next steps.
    pub details_url: Option<String>,
    /// The words beside the tick box.
    pub problem: Option<String>,
    pub seen_by_lecturers: bool,
}

/// Terms that are published and not in effect yet.
#[derive(Clone, Debug)]
pub struct AnnouncedTerms {
    pub number: String,
    pub url: String,
    /// From when on they can be accepted.
    pub effective: Instant,
}

/// How things stand between the person and a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceState {
    Active {
        since: Option<Instant>,
    },
    Inactive,
    BeingApplied,
    BeingRemoved,
    /// New terms: active until then, and ends unless accepted. `None`: it was set up by other means and never accepted here.
    AcceptAgain {
        until: Option<Instant>,
    },
    /// It was active and ended without the person's doing; it may be activated again.
    Ended {
        at: Instant,
    },
    /// The reason says why, who decides, whom to ask.
    NotEligible {
        reason: String,
    },
    /// No terms are published yet: nothing can be accepted.
    NoTerms,
    /// The directory does not answer.
    Unknown,
}

/// A version of a service's terms, as pages link to it.
#[derive(Clone, Debug)]
pub struct TermsItem {
    pub slug: String,
    pub service_name: String,
    pub number: String,
    pub url: String,
    pub published: Instant,
    /// SHA-256 of the text in the page's language, in hexadecimal.
    pub digest: String,
}

impl PermissionsPage {
    /// The words beside the terms box.
    pub fn terms_problem(&self) -> Option<&str> {
        self.problems.iter().find(|p| p.field_id == "terms").map(|p| p.text.as_str())
    }

    /// Whether there is anything to tick.
    pub fn can_change(&self) -> bool {
        self.services.iter().any(ServiceRow::has_box)
    }
}

impl TermsItem {
    /// What a link to it says.
    pub fn label(&self, frame: &Frame) -> String {
        let args = [("service", self.service_name.clone()), ("number", self.number.clone())];
        texts::text_with(frame.locale, "permissions-terms-link", &args)
    }
}

impl ServiceRow {
    /// Whether the person may change anything: the others say why not instead.
    pub fn has_box(&self) -> bool {
        match self.state {
            ServiceState::NotEligible { .. } | ServiceState::NoTerms => self.shown,
            ServiceState::Unknown => false,
            _ => true,
        }
    }

    /// Whether ticking it (or leaving it ticked) may need the terms box.
    pub fn may_need_terms(&self) -> bool {
        self.has_box() && !matches!(self.state, ServiceState::Active { .. } | ServiceState::BeingApplied)
    }

    /// The value of `shown.{slug}`.
    pub fn shown_value(&self) -> &'static str {
        match self.state {
            ServiceState::AcceptAgain { .. } => "accept-again",
            _ if self.shown => "active",
            _ => "inactive",
        }
    }

    /// Colour and icon of the state.
    pub fn state_class(&self) -> &'static str {
        let kind = match self.state {
            ServiceState::Active { .. } => NoticeKind::Success,
            ServiceState::BeingApplied | ServiceState::BeingRemoved => NoticeKind::Info,
            ServiceState::AcceptAgain { .. } | ServiceState::Ended { .. } | ServiceState::Unknown => {
                NoticeKind::Warning
            }
            ServiceState::Inactive | ServiceState::NotEligible { .. } | ServiceState::NoTerms => return "neutral",
        };
        kind.class()
    }

    /// The state in one or two words.
    pub fn state_label(&self, frame: &Frame) -> String {
        frame.t(match self.state {
            ServiceState::Active { .. } => "state-active",
            ServiceState::Inactive => "state-inactive",
            ServiceState::BeingApplied => "state-being-applied",
            ServiceState::BeingRemoved => "state-being-removed",
            ServiceState::AcceptAgain { .. } => "state-accept-again",
            ServiceState::Ended { .. } => "state-ended",
            ServiceState::NotEligible { .. } => "state-not-eligible",
            ServiceState::NoTerms => "state-no-terms",
            ServiceState::Unknown => "state-unknown",
        })
    }

    /// The state in a sentence, where a word is not enough.
    pub fn state_text(&self, frame: &Frame) -> Option<String> {
        match &self.state {
            ServiceState::Active { since } => {
                since.map(|at| frame.with("state-active-since", "date", frame.date_time(at)))
            }
            ServiceState::Inactive => None,
            ServiceState::BeingApplied => Some(frame.t("state-being-applied-text")),
            ServiceState::BeingRemoved => Some(frame.t("state-being-removed-text")),
            ServiceState::AcceptAgain { until: Some(until) } => {
                Some(frame.with("state-accept-again-text", "date", frame.date_time(until)))
            }
            ServiceState::AcceptAgain { until: None } => Some(frame.t("state-never-accepted-text")),
            ServiceState::Ended { at } => Some(frame.with("state-ended-text", "date", frame.date_time(at))),
            ServiceState::NotEligible { reason } => Some(reason.clone()),
            ServiceState::NoTerms => Some(frame.t("state-no-terms-text")),
            ServiceState::Unknown => Some(frame.t("state-unknown-text")),
        }
    }
}
