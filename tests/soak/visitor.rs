//! Somebody with a browser: cookies, forms, tokens.
#![allow(dead_code, reason = "every test crate uses a part of it")]

use std::{collections::BTreeMap, fmt, time::Duration};

use reqwest::{Client, Method, StatusCode, header, redirect};
use scraper::{Html, Selector};
use url::form_urlencoded;

use crate::{portal::SERVICE, support::people::PASSWORD};

/// A browser of one person.
#[derive(Clone)]
pub struct Visitor {
    pub uid: String,
    http: Client,
    cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub location: Option<String>,
    pub retry_after: Option<String>,
    pub body: String,
}

/// The sign-in page, filled in.
pub struct Entrance(Vec<(String, String)>);

/// Nothing came back.
#[derive(Debug)]
pub struct Silence(String);

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The permissions page as it was shown.
#[derive(Clone, Debug)]
pub struct Form {
    /// What a browser sends if nothing is touched.
    fields: Vec<(String, String)>,
    /// Whether the service's box is ticked.
    pub is_active: bool,
    /// Whether the page says that the directory cannot be asked.
    pub without_directory: bool,
}

impl Form {
    /// The fields after ticking (or unticking) the service, with the terms accepted where that is needed.
    fn filled(&self, wanted: bool) -> Vec<(String, String)> {
        let mut fields: Vec<_> = self.fields.iter().filter(|(name, _)| name != "service").cloned().collect();
        if wanted {
            fields.push(("service".into(), SERVICE.into()));
            fields.push(("terms".into(), "accepted".into()));
        }
        fields
    }
}

/// A client without memory; visitors may share one.
pub fn http() -> Client {
    let builder = Client::builder().redirect(redirect::Policy::none()).no_proxy();
    // Longer than anything may take.
    builder.timeout(Duration::from_secs(30)).pool_max_idle_per_host(0).build().expect("a client")
}

impl Visitor {
    pub fn new(uid: &str, http: Client) -> Self {
        Self { uid: uid.to_owned(), http, cookies: BTreeMap::new() }
    }

    pub fn is_signed_in(&self) -> bool {
        self.cookies.contains_key("__Host-latchkey")
    }

    /// Signs in through the form.
    pub async fn sign_in(&mut self, portal: &str) -> Result<Answer, Silence> {
        match self.entrance(portal).await? {
            Ok(entrance) => self.enter(portal, &entrance).await,
            Err(page) => Ok(page),
        }
    }

    /// Opens the sign-in page and fills it in; an error if something else is answered.
    pub async fn entrance(&mut self, portal: &str) -> Result<Result<Entrance, Answer>, Silence> {
        let page = self.get(portal, "/en/sign-in").await?;
        if page.status != StatusCode::OK {
            return Ok(Err(page));
        }
        let mut fields = inputs(&page.body, "form[action='/en/sign-in']");
        fields.retain(|(name, _)| name != "name" && name != "password");
        fields.push(("name".into(), self.uid.clone()));
        fields.push(("password".into(), PASSWORD.into()));
        Ok(Ok(Entrance(fields)))
    }

    /// Presses "Sign in".
    pub async fn enter(&mut self, portal: &str, Entrance(fields): &Entrance) -> Result<Answer, Silence> {
        self.post(portal, "/en/sign-in", fields).await
    }

    /// Opens the permissions page; `None` if it is not what was answered.
    pub async fn permissions(&mut self, portal: &str) -> Result<(Answer, Option<Form>), Silence> {
        let page = self.get(portal, "/en/profile/permissions").await?;
        let form = (page.status == StatusCode::OK).then(|| form(&page.body));
        Ok((page, form))
    }

    /// Presses the button.
    pub async fn press(&mut self, portal: &str, form: &Form, wanted: bool) -> Result<Answer, Silence> {
        self.post(portal, "/en/profile/permissions", &form.filled(wanted)).await
    }

    pub async fn get(&mut self, portal: &str, path: &str) -> Result<Answer, Silence> {
        self.send(Method::GET, portal, path, None).await
    }

    async fn post(&mut self, portal: &str, path: &str, fields: &[(String, String)]) -> Result<Answer, Silence> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, portal, path, Some(body)).await
    }

    async fn send(
        &mut self,
        method: Method,
        portal: &str,
        path: &str,
        body: Option<String>,
    ) -> Result<Answer, Silence> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.http.request(method, format!("{portal}{path}")).header("sec-fetch-site", "same-origin");
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        }
        let silence = |error: reqwest::Error| Silence(error.to_string());
        let response = request.send().await.map_err(silence)?;
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().unwrap_or_default());
        }
        let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (location, retry_after) = (text(header::LOCATION), text(header::RETRY_AFTER));
        Ok(Answer { status: response.status(), location, retry_after, body: response.text().await.map_err(silence)? })
    }

    fn keep(&mut self, cookie: &str) {
        let pair = cookie.split(';').next().unwrap_or_default();
        let Some((name, value)) = pair.split_once('=') else { return };
        if value.is_empty() || cookie.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Answer {
    /// Whether the press was accepted: "look there", and not at the sign-in page.
    pub fn is_done(&self) -> bool {
        self.status == StatusCode::SEE_OTHER
            && self.location.as_deref().is_some_and(|location| location.contains("/profile/"))
    }
}

fn form(page: &str) -> Form {
    let fields = inputs(page, "form.lk-permissions");
    Form {
        is_active: fields.iter().any(|(name, _)| name == "service"),
        without_directory: page.contains("lk-alert") && page.contains("directory"),
        fields,
    }
}

/// What a browser would send of this form: unticked boxes are left out.
fn inputs(page: &str, form: &str) -> Vec<(String, String)> {
    let selector = Selector::parse(&format!("{form} input")).expect("a selector");
    let page = Html::parse_document(page);
    let inputs = page.select(&selector).map(|input| input.value());
    let sent = inputs.filter(|input| input.attr("type") != Some("checkbox") || input.attr("checked").is_some());
    sent.filter_map(|input| Some((input.attr("name")?.to_owned(), input.attr("value").unwrap_or_default().to_owned())))
        .collect()
}
