//! An auditor at a browser: signed in, with a reason given.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use latchkey::demo::university::PASSWORD;
use reqwest::{
    Client, Method, Response, StatusCode,
    header::{CONTENT_TYPE, COOKIE, SET_COOKIE},
    redirect::Policy,
};
use url::form_urlencoded::Serializer;

/// IT staff of the sample university.
const AUDITOR: &str = "cweber";

pub struct Auditor {
    client: Client,
    address: SocketAddr,
    cookies: BTreeMap<String, String>,
}

impl Auditor {
    pub async fn signed_in(address: SocketAddr) -> Self {
        let client = Client::builder().redirect(Policy::none()).no_proxy().build().expect("a client");
        let mut auditor = Self { client, address, cookies: BTreeMap::new() };
        let form = auditor.get("/en/sign-in").await;
        auditor.post("/en/sign-in", &form, &[("name", AUDITOR), ("password", PASSWORD)]).await;
        let form = auditor.get("/en/audit/reason").await;
        auditor.post("/en/audit/reason", &form, &[("reason", "ticket 4711")]).await;
        auditor
    }

    /// A page that must be there.
    pub async fn get(&mut self, path: &str) -> String {
        let response = self.ask(Method::GET, path, String::new()).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        self.keep_cookies(&response);
        response.text().await.expect("a page")
    }

    /// How long it took until a page was there, and the page.
    pub async fn timed(&mut self, path: &str) -> (Duration, String) {
        let began = Instant::now();
        let page = self.get(path).await;
        (began.elapsed(), page)
    }

    /// Sends a form of this page with these fields; the answer must lead on.
    async fn post(&mut self, path: &str, page: &str, fields: &[(&str, &str)]) {
        let response = self.send(path, page, fields).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path}");
        self.keep_cookies(&response);
    }

    /// The answer to a form of this page, which may be long.
    pub async fn send(&self, path: &str, page: &str, fields: &[(&str, &str)]) -> Response {
        let token = page.split_once("name=\"form_token\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
        let (token, _) = token.expect("a token in the form");
        let body = Serializer::new(String::new()).append_pair("form_token", token).extend_pairs(fields).finish();
        self.ask(Method::POST, path, body).await
    }

    async fn ask(&self, method: Method, path: &str, body: String) -> Response {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self
            .client
            .request(method, format!("http://{}{path}", self.address))
            .header("Sec-Fetch-Site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(COOKIE, cookies.join("; "));
        request.body(body).send().await.expect("an answer")
    }

    fn keep_cookies(&mut self, response: &Response) {
        for line in response.headers().get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            let pair = line.split(';').next().and_then(|cookie| cookie.split_once('='));
            self.cookies.extend(pair.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
    }
}
