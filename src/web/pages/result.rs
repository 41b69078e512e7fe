//! What came of a change: admitted or not and why, and what to do next.

use askama::Template;
use askama_web::WebTemplate;

use super::{
    data_protection::Disclosure,
    frame::{Frame, Nav, NoticeKind},
    permissions::TermsItem,
};
use crate::clock::Instant;

/// `GET /profile/permissions/{service}`
#[derive(Template, WebTemplate)]
#[template(path = "permissions/result.html")]
pub struct ResultPage {
    pub frame: Frame,
    pub service_name: String,
    pub description: String,
    pub data_protection: Option<Disclosure>,
    pub outcome: Outcome,
    /// What was checked, in the order in which the chat server does.
    pub proof: Vec<ProofStep>,
    /// When the state (and, where there is one, the admission check) was last read.
    pub checked_at: Instant,
    /// The id of the last receipt about this service.
    pub receipt: Option<String>,
    pub since: Option<Instant>,
    pub server_address: Option<String>,
    /// `<svg>…</svg>` without style attributes, dark on white; made by the portal itself.
    pub qr_svg: Option<String>,
    pub steps: Vec<StepView>,
    pub manual: Option<String>,
    pub forum: Option<String>,
    /// Whom to ask: a name or sentence.
    pub support: Option<String>,
    pub support_link: Option<String>,
    /// The version that was accepted.
    pub terms: Option<TermsItem>,
    pub withdraw: Option<WithdrawForm>,
    /// Where the confirmation was sent to.
    pub mail_sent_to: Option<String>,
    /// A change was made, but the directory knows no mail address.
    pub no_mail: bool,
}

/// How things stand with one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The service's own check admits the account.
    Admitted {
        at: Instant,
    },
    /// Active; the service has no check of its own.
    Active {
        at: Instant,
    },
    BeingApplied,
    BeingRemoved,
    /// Stored and written, but the service would refuse the account.
    Refused {
        reason: String,
    },
    /// Stored and written, but the check could not be made now.
    NotVerified,
    Withdrawn,
    Inactive,
    /// Not for this person: why, who decides, whom to ask.
    NotAvailable {
        reason: String,
    },
    /// The directory does not answer.
    Unknown,
}

/// One thing that the service looks at when somebody signs in there.
#[derive(Clone, Debug)]
pub struct ProofStep {
    pub text: String,
    pub ok: bool,
}

/// One way to use the service, in the page's language.
#[derive(Clone, Debug)]
pub struct StepView {
    pub title: String,
    pub text: String,
    pub link: Option<String>,
    pub link_label: Option<String>,
}

/// Posts to `/profile/permissions` what the form there would post with only this service, unticked:
/// `form_token` and `shown.{slug}=active`.
#[derive(Clone, Debug)]
pub struct WithdrawForm {
    pub form_token: String,
    pub slug: String,
}

/// `GET` after one press that changed several services.
#[derive(Template, WebTemplate)]
#[template(path = "permissions/changes.html")]
pub struct ChangesPage {
    pub frame: Frame,
    pub results: Vec<ResultSummary>,
}

/// What came of the change of one service among several.
#[derive(Clone, Debug)]
pub struct ResultSummary {
    pub service_name: String,
    pub outcome: Outcome,
    pub receipt: Option<String>,
    pub url: String,
}

impl Outcome {
    /// Colour and icon.
    pub fn class(&self) -> &'static str {
        let kind = match self {
            Self::Admitted { .. } | Self::Active { .. } | Self::Withdrawn => NoticeKind::Success,
            Self::BeingApplied | Self::BeingRemoved | Self::Inactive | Self::NotAvailable { .. } => NoticeKind::Info,
            Self::NotVerified | Self::Unknown => NoticeKind::Warning,
            Self::Refused { .. } => NoticeKind::Danger,
        };
        kind.class()
    }

    /// Whether the page should look again by itself.
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::BeingApplied | Self::BeingRemoved)
    }

    /// Whether the next steps may be taken (or soon).
    pub fn may_use(&self) -> bool {
        matches!(self, Self::Admitted { .. } | Self::Active { .. } | Self::BeingApplied | Self::NotVerified)
    }

    /// One sentence: what is true now.
    pub fn headline(&self, frame: &Frame, service: &str) -> String {
        let key = match self {
            Self::Admitted { .. } => "result-admitted",
            Self::Active { .. } => "result-active",
            Self::BeingApplied => "result-being-applied",
            Self::BeingRemoved => "result-being-removed",
            Self::Refused { .. } => "result-refused",
            Self::NotVerified => "result-not-verified",
            Self::Withdrawn => "result-withdrawn",
            Self::Inactive => "result-inactive",
            Self::NotAvailable { .. } => "result-not-available",
            Self::Unknown => "result-unknown",
        };
        frame.with(key, "service", service)
    }

    /// What that means, and what happens next.
    pub fn explanation(&self, frame: &Frame, service: &str) -> String {
        let key = match self {
            Self::Admitted { at } => {
                return crate::texts::text_with(
                    frame.locale,
                    "result-admitted-text",
                    &[("service", service.to_owned()), ("time", frame.time(at)), ("date", frame.date(at))],
                );
            }
            Self::Refused { reason } | Self::NotAvailable { reason } => return reason.clone(),
            Self::Active { at } => return frame.with("result-active-text", "time", frame.time(at)),
            Self::BeingApplied => "result-being-applied-text",
            Self::BeingRemoved => "result-being-removed-text",
            Self::NotVerified => "result-not-verified-text",
            Self::Withdrawn => "result-withdrawn-text",
            Self::Inactive => "result-inactive-text",
            Self::Unknown => "result-unknown-text",
        };
        frame.with(key, "service", service)
    }
}

impl ResultPage {
    pub fn headline(&self) -> String {
        self.outcome.headline(&self.frame, &self.service_name)
    }

    pub fn explanation(&self) -> String {
        self.outcome.explanation(&self.frame, &self.service_name)
    }

    /// What happened at the time `since`.
    pub fn since_label(&self) -> String {
        self.frame.t(match self.outcome {
            Outcome::Withdrawn | Outcome::BeingRemoved => "result-withdrawn-at",
            Outcome::BeingApplied => "result-accepted-at",
            _ => "result-since",
        })
    }

    /// Whether there is anything to show under "next steps".
    pub fn has_next_steps(&self) -> bool {
        self.outcome.may_use() && (self.server_address.is_some() || self.qr_svg.is_some() || !self.steps.is_empty())
    }
}
