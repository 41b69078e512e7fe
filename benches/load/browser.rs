//! One person at a browser: cookies, forms, and nothing that a browser would not do.

use std::{
    io::Read as _,
    time::{Duration, Instant},
};

use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode,
    header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, LOCATION, RETRY_AFTER, SET_COOKIE, USER_AGENT},
    redirect::Policy,
};
use url::form_urlencoded::Serializer;

use crate::{
    figures::Way,
    university::{PASSWORD, uid},
};

const PERMISSIONS: &str = "/en/profile/permissions";

/// A browser with one connection that is kept, and its cookies.
pub struct Browser {
    client: Client,
    address: String,
    cookies: Vec<(String, String)>,
}

/// An answer as far as it matters here.
struct Answer {
    status: StatusCode,
    location: String,
    /// Whether it says when to come back.
    may_come_back: bool,
    page: String,
}

impl Browser {
    pub fn new(address: &str) -> Self {
        let client = Client::builder().redirect(Policy::none()).no_proxy().pool_max_idle_per_host(1).build();
        Self { client: client.expect("a client"), address: address.to_owned(), cookies: Vec::new() }
    }

    /// The whole way of one person: sign in, change the permission, read the result, sign out.
    pub async fn whole_way(&mut self, number: usize, wanted: bool) -> Result<Way, String> {
        self.forget();
        let start = Instant::now();
        let form = self.sign_in(number).await?;
        let press = self.rest_of_the_way(&form, wanted).await?;
        Ok(Way { whole: start.elapsed(), press })
    }

    /// The same for somebody new, if the portal has time for them now.
    pub async fn way_if_admitted(&mut self, number: usize) -> Result<bool, String> {
        let Some(form) = self.try_to_sign_in(number).await? else { return Ok(false) };
        self.rest_of_the_way(&form, true).await?;
        Ok(true)
    }

    /// From the permissions page on; returns how long the press took.
    async fn rest_of_the_way(&mut self, form: &str, wanted: bool) -> Result<Duration, String> {
        let pressing = Instant::now();
        let result = self.press(form, wanted).await?;
        let press = pressing.elapsed();
        let page = self.page(&result).await?;
        let outcome = if wanted { "is active for you" } else { "is withdrawn" };
        if !page.contains(&format!("{outcome}</h1>")) {
            let heading =
                page.split_once("<h1").and_then(|(_, rest)| rest.split_once("</h1>")).map(|(heading, _)| heading);
            return Err(format!("the result says “{}”", heading.unwrap_or_default()));
        }
        let token = hidden(&page, "form_token").ok_or("no token on the result")?;
        let answer = self.send("/en/sign-out", Some(&[("form_token", &token)])).await?;
        expect(&answer, StatusCode::SEE_OTHER)?;
        Ok(press)
    }

    /// Somebody who is signed in changes what the permissions page shows, and looks at the result; returns how long each answer took.
    pub async fn change_once(&mut self) -> Result<[Duration; 3], String> {
        let opening = Instant::now();
        let form = self.permissions().await?;
        let pressing = Instant::now();
        let is_active = hidden(&form, "shown.rocketchat").is_some_and(|shown| shown == "active");
        let result = self.press(&form, !is_active).await?;
        let looking = Instant::now();
        self.page(&result).await?;
        Ok([pressing - opening, looking - pressing, looking.elapsed()])
    }

    /// Signs in and presses the button; returns when the answer to that came.
    pub async fn activate(&mut self, number: usize) -> Result<Instant, String> {
        let form = self.sign_in(number).await?;
        self.press(&form, true).await?;
        Ok(Instant::now())
    }

    /// An answer that goes on.
    pub async fn listen(&self, path: &str) -> Result<Response, String> {
        let response = self.request(Method::GET, path).send().await.map_err(|error| format!("{path}: {error}"))?;
        if response.status() == StatusCode::OK { Ok(response) } else { Err(format!("status {}", response.status())) }
    }

    /// Signs in and returns the permissions page.
    pub async fn sign_in(&mut self, number: usize) -> Result<String, String> {
        self.try_to_sign_in(number).await?.ok_or_else(|| "asked to come back later".to_owned())
    }

    /// The same; `None` where the portal asks to come back later.
    async fn try_to_sign_in(&mut self, number: usize) -> Result<Option<String>, String> {
        let token = hidden(&self.page("/en/sign-in").await?, "form_token").ok_or("no token at sign-in")?;
        let name = uid(number);
        let fields = [("form_token", token.as_str()), ("name", &name), ("password", PASSWORD)];
        let answer = self.send("/en/sign-in", Some(&fields)).await?;
        if answer.status == StatusCode::SERVICE_UNAVAILABLE && answer.may_come_back {
            return Ok(None);
        }
        expect(&answer, StatusCode::SEE_OTHER)?;
        self.page(&answer.location).await.map(Some)
    }

    /// Presses "Change permission" and returns where the answer leads.
    async fn press(&mut self, form: &str, wanted: bool) -> Result<String, String> {
        let value = |name: &str| hidden(form, name).ok_or_else(|| format!("no field {name}"));
        let (token, shown, terms) =
            (value("form_token")?, value("shown.rocketchat")?, value("terms.rocketchat").unwrap_or_default());
        if (shown == "active") == wanted {
            return Err(format!("the page shows “{shown}” before the change"));
        }
        let mut fields =
            vec![("form_token", token.as_str()), ("shown.rocketchat", &shown), ("terms.rocketchat", &terms)];
        if wanted {
            fields.extend([("service", "rocketchat"), ("terms", "accepted")]);
        }
        let answer = self.send(PERMISSIONS, Some(&fields)).await?;
        expect(&answer, StatusCode::SEE_OTHER)?;
        Ok(answer.location)
    }

    /// A page that must be there.
    pub async fn page(&mut self, path: &str) -> Result<String, String> {
        let answer = self.send(path, None).await?;
        expect(&answer, StatusCode::OK)?;
        Ok(answer.page)
    }

    pub async fn permissions(&mut self) -> Result<String, String> {
        self.page(PERMISSIONS).await
    }

    /// Another person sits down: a browser without cookies.
    pub fn forget(&mut self) {
        self.cookies.clear();
    }

    /// GET, or POST with the fields of a form.
    async fn send(&mut self, path: &str, form: Option<&[(&str, &str)]>) -> Result<Answer, String> {
        let mut request = self.request(if form.is_some() { Method::POST } else { Method::GET }, path);
        if let Some(fields) = form {
            let body = Serializer::new(String::new()).extend_pairs(fields).finish();
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        }
        let response = request.send().await.map_err(|error| format!("{path}: {error}"))?;
        self.keep_cookies(&response);
        let location = header(&response, &LOCATION);
        let may_come_back = response.headers().contains_key(RETRY_AFTER);
        let (status, encoding) = (response.status(), header(&response, &CONTENT_ENCODING));
        let body = response.bytes().await.map_err(|error| format!("{path}: {error}"))?;
        Ok(Answer { status, location, may_come_back, page: unpacked(&body, &encoding)? })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self
            .client
            .request(method, format!("{}{path}", self.address))
            .header(USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
            .header(ACCEPT_ENCODING, "gzip, deflate, br")
            .header("Sec-Fetch-Site", "same-origin");
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) }
    }

    fn keep_cookies(&mut self, response: &Response) {
        for line in response.headers().get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            let cookie = line.split(';').next().unwrap_or_default();
            let Some((name, value)) = cookie.split_once('=') else { continue };
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}

fn expect(answer: &Answer, status: StatusCode) -> Result<(), String> {
    if answer.status == status { Ok(()) } else { Err(format!("status {} instead of {status}", answer.status)) }
}

fn header(response: &Response, name: &reqwest::header::HeaderName) -> String {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn unpacked(body: &[u8], encoding: &str) -> Result<String, String> {
    let mut text = String::new();
    let read = match encoding {
        "br" => brotli::Decompressor::new(body, 4096).read_to_string(&mut text),
        "gzip" => flate2::read::GzDecoder::new(body).read_to_string(&mut text),
        _ => Ok(std::str::from_utf8(body).map(|plain| text.push_str(plain)).map_or(0, |()| body.len())),
    };
    read.map(|_| text).map_err(|error| error.to_string())
}

/// The value of the first hidden field of this name.
fn hidden(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}
