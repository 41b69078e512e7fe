//! Somebody at a browser: keeps cookies, opens pages, presses buttons.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};

use chrono::TimeDelta;
use latchkey::clock::Clock;
use reqwest::{
    Client, Method, Response,
    header::{HeaderMap, SET_COOKIE},
    redirect::Policy,
};

use super::{Form, Page, Secrets};

/// What a browser says about itself.
#[derive(Clone, Copy, Debug)]
pub enum Browser {
    FirefoxOnLinux,
    SafariOnIphone,
}

impl Browser {
    fn agent(self) -> &'static str {
        match self {
            Self::FirefoxOnLinux => "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            Self::SafariOnIphone => {
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1"
            }
        }
    }
}

pub struct Visitor {
    client: Client,
    address: SocketAddr,
    clock: Clock,
    secrets: Secrets,
    /// The jar, as browsers on this machine keep it: `Secure` is no hindrance on loopback.
    pub cookies: Mutex<BTreeMap<String, String>>,
    /// The language of the pages: `de` or `en`.
    pub language: &'static str,
    pub browser: Browser,
}

impl Visitor {
    pub(super) fn new(address: SocketAddr, clock: Clock, secrets: Secrets) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        let cookies = Mutex::default();
        Self { client, address, clock, secrets, cookies, language: "en", browser: Browser::FirefoxOnLinux }
    }

    /// Somebody at a portal that is a process of its own.
    pub fn elsewhere(address: SocketAddr) -> Self {
        Self::new(address, Clock::system(), Secrets::default())
    }

    pub fn reads_german(mut self) -> Self {
        self.language = "de";
        self
    }

    pub fn uses(mut self, browser: Browser) -> Self {
        self.browser = browser;
        self
    }

    /// A path in the visitor's language.
    pub fn path(&self, path: &str) -> String {
        format!("/{}{path}", self.language)
    }

    /// Opens a page in the visitor's language, without following.
    pub async fn open(&self, path: &str) -> Page {
        self.get(&self.path(path)).await
    }

    pub async fn get(&self, path: &str) -> Page {
        self.send(Method::GET, path, &[], "").await
    }

    pub async fn permissions(&self) -> Page {
        let page = self.open("/profile/permissions").await;
        page.expect(200);
        page
    }

    /// Sends a form as the page would, without following.
    pub async fn post(&self, form: &Form) -> Page {
        self.post_from(form, &[("sec-fetch-site", "same-origin")]).await
    }

    /// Sends a form with headers of the test's choice.
    pub async fn post_from(&self, form: &Form, headers: &[(&str, &str)]) -> Page {
        if let Some(token) = form.value("form_token") {
            self.keep_secret(token);
        }
        // People take their time.
        self.clock.advance(TimeDelta::seconds(1));
        let form_type = ("content-type", "application/x-www-form-urlencoded");
        let headers: Vec<_> = headers.iter().copied().chain([form_type]).collect();
        self.send(Method::POST, &form.action, &headers, &form.encoded()).await
    }

    /// Sends a form and goes where the answer leads.
    pub async fn press(&self, form: &Form) -> Page {
        let answer = self.post(form).await;
        self.follow(answer).await
    }

    pub async fn follow(&self, mut page: Page) -> Page {
        for _ in 0..4 {
            if page.status != 303 {
                break;
            }
            page = self.get(page.location()).await;
        }
        page
    }

    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        self.send_bytes(method, path, headers, body.as_bytes().to_vec()).await
    }

    pub(super) async fn send_bytes(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Page {
        let answer = self.ask_with(method, path, headers, body).await;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        self.keep_cookies(&headers);
        Page { status, path: path.to_owned(), headers, body: answer.text().await.expect("text") }
    }

    /// An answer whose body has not been read yet.
    pub async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        self.ask_with(method, path, headers, body.as_bytes().to_vec()).await
    }

    async fn ask_with(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
        let url = format!("http://{}{path}", self.address);
        let mut request = self.client.request(method, url).header("user-agent", self.browser.agent());
        let cookies = self.cookie_header();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(body).send().await.expect("an answer")
    }

    /// Signs in through the form that the permissions lead to.
    pub async fn sign_in(&mut self, username: &str, password: &str) {
        let form = self.sign_in_form().await.fill("name", username).fill("password", password);
        let page = self.press(&form).await;
        page.expect(200);
        assert!(page.path.ends_with("/profile/permissions"), "{} leads to {}", username, page.path);
    }

    /// The sign-in form that the permissions lead to.
    pub async fn sign_in_form(&self) -> Form {
        let page = self.open("/profile/permissions").await;
        let page = self.follow(page).await;
        page.expect(200);
        page.form("/sign-in")
    }

    /// Tries to sign in and stays where that leads, without following.
    pub async fn try_to_sign_in(&self, username: &str, password: &str) -> Page {
        let form = self.open("/sign-in").await.form("/sign-in");
        self.post(&form.fill("name", username).fill("password", password)).await
    }

    /// Ticks services and the terms box, and presses the button.
    pub async fn activate(&self, services: &[&str]) -> Page {
        let mut form = self.permissions().await.form("/profile/permissions").tick("terms");
        for service in services {
            form = form.tick(&format!("service-{service}"));
        }
        self.press(&form).await
    }

    /// Unticks a service and presses the button.
    pub async fn withdraw(&self, service: &str) -> Page {
        let form = self.permissions().await.form("/profile/permissions");
        self.press(&form.untick(&format!("service-{service}"))).await
    }

    pub async fn sign_out(&self) -> Page {
        let form = self.open("/profile").await.sign_out_form();
        self.post(&form).await
    }

    /// The session's cookie, as it is sent.
    pub fn session_cookie(&self) -> Option<String> {
        self.jar().get("__Host-latchkey").cloned()
    }

    fn jar(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cookie_header(&self) -> String {
        let cookies: Vec<String> = self.jar().iter().map(|(name, value)| format!("{name}={value}")).collect();
        cookies.join("; ")
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        for cookie in headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("text");
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').expect("a value");
            if value.is_empty() || attributes.contains("Max-Age=0") {
                self.jar().remove(name);
            } else {
                self.keep_secret(value);
                self.jar().insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Remembers what the log must not tell: the whole value, and its last part, which is the key itself in a signed cookie.
    pub(super) fn keep_secret(&self, value: &str) {
        if value.len() < 32 {
            return;
        }
        let key = value.get(value.len().saturating_sub(40)..).unwrap_or(value);
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.extend([value.to_owned(), key.to_owned()]);
    }
}
