//! The sign-in form.

use askama::Template;
use askama_web::WebTemplate;

use super::frame::{Frame, Nav};

/// `GET` and refused `POST /sign-in`. The form posts `name`, `password`, `form_token` and, where given,
/// `next` and `resume`.
#[derive(Template, WebTemplate)]
#[template(path = "sign_in/form.html")]
pub struct SignInPage {
    pub frame: Frame,
    /// What was typed before.
    pub name: String,
    /// The path of the portal to go to afterwards.
    pub next: Option<String>,
    /// The key of entries that were kept when the session ended.
    pub resume: Option<String>,
    pub form_token: String,
    pub problem: Option<SignInProblem>,
    /// The session ended; the person is asked to sign in again.
    pub session_ended: bool,
    pub forgotten_password_url: Option<String>,
    /// The service that the page afterwards marks, by its name.
    pub service_name: Option<String>,
}

/// Why signing in did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInProblem {
    /// Which of the fields are empty.
    NothingTyped {
        name: bool,
        password: bool,
    },
    /// Name or password wrong, or the account is locked: one text for all.
    Refused,
    Throttled {
        minutes: u64,
    },
    MustChangePassword,
    PasswordExpired,
    AccountDisabled,
    AccountExpired,
    DirectoryUnavailable,
    Overloaded,
    CookieMissing,
}

/// One line of the error summary; without a field it is no link.
pub struct SummaryLine {
    pub field: Option<&'static str>,
    pub text: String,
}

impl SignInPage {
    /// The lines of the error summary; empty without a problem.
    pub fn summary(&self) -> Vec<SummaryLine> {
        let Some(problem) = self.problem else { return Vec::new() };
        let line = |field, key: &str| SummaryLine { field, text: self.frame.t(key) };
        match problem {
            SignInProblem::NothingTyped { .. } => [self.name_error(), self.password_error()]
                .into_iter()
                .zip(["name", "password"])
                .filter_map(|(text, field)| text.map(|text| SummaryLine { field: Some(field), text }))
                .collect(),
            SignInProblem::Refused => vec![line(Some("name"), "sign-in-refused")],
            SignInProblem::Throttled { minutes } => {
                vec![SummaryLine { field: None, text: self.frame.count("sign-in-throttled", minutes) }]
            }
            SignInProblem::MustChangePassword => vec![line(None, "sign-in-must-change-password")],
            SignInProblem::PasswordExpired => vec![line(None, "sign-in-password-expired")],
            SignInProblem::AccountDisabled => vec![line(None, "sign-in-account-disabled")],
            SignInProblem::AccountExpired => vec![line(None, "sign-in-account-expired")],
            SignInProblem::DirectoryUnavailable => vec![line(None, "sign-in-directory-unavailable")],
            SignInProblem::Overloaded => vec![line(None, "sign-in-overloaded")],
            SignInProblem::CookieMissing => vec![line(None, "sign-in-cookie-missing")],
        }
    }

    /// The words beside the field "name".
    pub fn name_error(&self) -> Option<String> {
        match self.problem {
            Some(SignInProblem::NothingTyped { name: true, .. }) => Some(self.frame.t("sign-in-name-missing")),
            Some(SignInProblem::Refused) => Some(self.frame.t("sign-in-refused-field")),
            _ => None,
        }
    }

    /// The words beside the field "password".
    pub fn password_error(&self) -> Option<String> {
        match self.problem {
            Some(SignInProblem::NothingTyped { password: true, .. }) => Some(self.frame.t("sign-in-password-missing")),
            _ => None,
        }
    }

    /// Whether setting a new password would help.
    pub fn password_would_help(&self) -> bool {
        use SignInProblem::{MustChangePassword, PasswordExpired, Refused};
        matches!(self.problem, Some(MustChangePassword | PasswordExpired | Refused))
    }
}
