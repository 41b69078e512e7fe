//! Signing in, with sample data.

use askama::Template;

use super::{NAME, guest};
use crate::{
    domain::locale::Locale,
    web::pages::sign_in::{SignInPage, SignInProblem},
};

const SIGN_IN_PROBLEMS: [SignInProblem; 10] = [
    SignInProblem::NothingTyped { name: true, password: true },
    SignInProblem::Refused,
    SignInProblem::Throttled { minutes: 5 },
    SignInProblem::MustChangePassword,
    SignInProblem::PasswordExpired,
    SignInProblem::AccountDisabled,
    SignInProblem::AccountExpired,
    SignInProblem::DirectoryUnavailable,
    SignInProblem::Overloaded,
    SignInProblem::CookieMissing,
];

fn sign_in(locale: Locale, problem: Option<SignInProblem>) -> SignInPage {
    SignInPage {
        frame: guest(locale, "/sign-in?next=%2Fprofile%2Fpermissions"),
        name: if problem.is_some() { NAME.to_owned() } else { String::new() },
        next: Some("/profile/permissions".to_owned()),
        resume: None,
        form_token: "token-0".to_owned(),
        session_ended: problem.is_none(),
        problem,
        forgotten_password_url: Some("https://konto.uni.example/passwort".to_owned()),
        service_name: problem.is_none().then(|| "Rocket.<b>Chat</b>".to_owned()),
    }
}

/// Every page in every state.
pub(super) fn pages(locale: Locale, add: &mut impl FnMut(&str, askama::Result<String>)) {
    add("sign-in", sign_in(locale, None).render());
    for (i, problem) in SIGN_IN_PROBLEMS.into_iter().enumerate() {
        add(&format!("sign-in-problem-{i}"), sign_in(locale, Some(problem)).render());
    }
}
