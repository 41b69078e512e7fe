//! Form tokens, and the fields of forms.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite},
};
use subtle::ConstantTimeEq;

use super::error::WebError;
use crate::chance;

/// The cookie that the sign-in form is bound to, before there is a session.
const FORM_COOKIE: &str = "__Host-latchkey-form";

/// The fields of a submitted form, in order; a name may come several times.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// The first value of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// All values of this name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// All fields whose name begins so, without the beginning.
    pub(super) fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(n, value)| Some((n.strip_prefix(prefix)?, value.as_str())))
    }

    /// # Errors
    /// [`WebError::Forbidden`] if the form does not carry this token.
    pub(super) fn require_token(&self, token: &str) -> Result<(), WebError> {
        let carried = self.get("form_token").and_then(unmask);
        let matches = carried.is_some_and(|carried| carried.as_bytes().ct_eq(token.as_bytes()).into());
        if matches { Ok(()) } else { Err(WebError::Forbidden) }
    }

    /// The fields as one text, to be kept while the person signs in again; nothing secret is kept.
    pub(super) fn encode(&self) -> String {
        let kept = self.0.iter().filter(|(name, _)| name != "form_token");
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish()
    }

    pub(super) fn decode(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }
}

/// The token as a form carries it: different in every answer, so that compression tells nothing about it.
pub(super) fn mask(token: &str) -> String {
    let pad = chance::bytes::<32>();
    let mut masked = pad.to_vec();
    masked.extend(token.bytes().enumerate().map(|(place, byte)| byte ^ pad[place % 32]));
    hex::encode(masked)
}

fn unmask(masked: &str) -> Option<String> {
    let bytes = hex::decode(masked).ok()?;
    let (pad, token) = bytes.split_at_checked(32)?;
    String::from_utf8(token.iter().enumerate().map(|(place, byte)| byte ^ pad[place % 32]).collect()).ok()
}

/// The token of a form that is shown before anybody is signed in: random, and the same in a cookie (a double submit; the prefix
/// `__Host-` keeps other hosts from setting it).
pub(super) struct FormCookie {
    pub(super) token: String,
    is_new: bool,
}

impl FormCookie {
    /// The browser's, if it has sent one.
    pub(super) fn sent(request: &HttpRequest) -> Option<Self> {
        let cookie = request.cookie(FORM_COOKIE)?;
        (cookie.value().len() == 64).then(|| Self { token: cookie.value().to_owned(), is_new: false })
    }

    /// The browser's, or a new one.
    pub(super) fn for_page(request: &HttpRequest) -> Self {
        Self::sent(request).unwrap_or_else(|| Self { token: chance::token(), is_new: true })
    }

    pub(super) fn set(&self, answer: &mut HttpResponse) -> Result<(), WebError> {
        if !self.is_new {
            return Ok(());
        }
        let cookie = Cookie::build(FORM_COOKIE, &self.token)
            .path("/")
            .secure(true)
            .http_only(true)
            .same_site(SameSite::Lax)
            .finish();
        answer.add_cookie(&cookie).map_err(|error| WebError::Internal(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_token_is_new_each_time_and_comes_back() {
        let token = chance::token();
        assert_ne!(mask(&token), mask(&token));
        assert_eq!(unmask(&mask(&token)).unwrap(), token);
        let fields = Fields::new(vec![("form_token".into(), mask(&token))]);
        assert!(fields.require_token(&token).is_ok());
        assert!(fields.require_token(&chance::token()).is_err());
        assert!(Fields::new(vec![]).require_token(&token).is_err());
        assert!(Fields::new(vec![("form_token".into(), "zz".into())]).require_token(&token).is_err());
    }

    #[test]
    fn kept_fields_hold_no_token() {
        let fields = Fields::new(vec![("service".into(), "a&b".into()), ("form_token".into(), "x".into())]);
        let back = Fields::decode(&fields.encode());
        assert_eq!((back.get("service"), back.get("form_token")), (Some("a&b"), None));
    }
}
