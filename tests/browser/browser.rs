//! Chromium, driven from outside, and what tests want to know from it.

use std::{
    io::{Read as _, Write as _},
    path::PathBuf,
    sync::OnceLock,
    time::Duration,
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource as _, KeyAction, KeyActions},
    elements::Element,
    key::Key,
    wd::WebDriverCompatibleCommand,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::process::{self, Process};

const FLAGS: [&str; 13] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    // No smooth scrolling: a click would aim where its target was.
    "--force-prefers-reduced-motion",
    "--force-color-profile=srgb",
    // The browser ends when the driver does, however that comes about.
    "--remote-debugging-pipe",
];

/// One driver for all tests; it ends with the test process.
fn driver() -> u16 {
    static DRIVER: OnceLock<(u16, Process, TempDir)> = OnceLock::new();
    let (port, _, _) = DRIVER.get_or_init(|| {
        let folder = TempDir::new().expect("a temporary folder");
        let port = process::free_port();
        let program = std::env::var("LATCHKEY_TEST_CHROMEDRIVER").unwrap_or("/usr/bin/chromedriver".into());
        let process = Process::start(&[&program, &format!("--port={port}")], &folder.path().join("log"));
        process.wait_until(|| process::connect(port).is_some()).expect("chromedriver starts");
        (port, process, folder)
    });
    *port
}

/// How a browser differs from the usual one.
#[derive(Clone, Copy)]
pub struct Kind {
    /// The language it prefers.
    pub language: &'static str,
    pub scripts: bool,
}

pub const ENGLISH: Kind = Kind { language: "en", scripts: true };
pub const GERMAN: Kind = Kind { language: "de", scripts: true };

pub struct Browser {
    pub client: Client,
    session: String,
    _profile: TempDir,
}

impl Browser {
    pub async fn open(kind: Kind) -> Self {
        let profile = TempDir::new().expect("a temporary folder");
        let program = std::env::var("LATCHKEY_TEST_CHROMIUM").unwrap_or("/usr/bin/chromium".into());
        let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        flags.push(format!("--lang={}", kind.language));
        flags.push(format!("--accept-lang={}", kind.language));
        let scripts = if kind.scripts { 1 } else { 2 };
        let capabilities = json!({
            "goog:chromeOptions": {
                "binary": program,
                "args": flags,
                "prefs": {
                    "profile.managed_default_content_settings.javascript": scripts,
                    "intl.accept_languages": kind.language,
                    "credentials_enable_service": false,
                },
            },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("an object") };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", driver()))
            .await
            .expect("a browser");
        let session = client.session_id().await.expect("an answer").expect("a session");
        let browser = Self { client, session, _profile: profile };
        browser.resize(1280, 900).await;
        browser
    }

    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.expect("a page");
    }

    /// Path and query of the page.
    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.expect("a URL");
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    pub async fn title(&self) -> String {
        self.client.title().await.expect("a title")
    }

    /// The visible text of the page's main part; of the next page if this one makes room for it just now.
    pub async fn text(&self) -> String {
        for _ in 0..5 {
            if let Ok(text) = self.find("main").await.text().await {
                return text;
            }
        }
        self.find("main").await.text().await.expect("text")
    }

    pub async fn find(&self, css: &str) -> Element {
        match self.client.find(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!("no {css} on {}: {error}", self.path().await),
        }
    }

    /// The first visible element of this kind with exactly this text.
    pub async fn with_text(&self, kind: &str, text: &str) -> Element {
        let path = format!("//{kind}[normalize-space()='{text}']");
        for element in self.client.find_all(Locator::XPath(&path)).await.expect("an answer") {
            if element.is_displayed().await.expect("an answer") {
                return element;
            }
        }
        panic!("no visible {kind} “{text}” on {}", self.path().await)
    }

    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.expect("a click");
    }

    /// Clicks where this text is, without going elsewhere.
    pub async fn click_text(&self, kind: &str, text: &str) {
        self.with_text(kind, text).await.click().await.expect("a click");
    }

    /// Clicks what leads to another page, and waits for that page.
    pub async fn follow(&self, kind: &str, text: &str) {
        let element = self.with_text(kind, text).await;
        self.mark_page().await;
        element.click().await.expect("a click");
        self.next_page().await;
    }

    pub async fn mark_page(&self) {
        self.run("document.documentElement.dataset.left = 'yes'").await;
    }

    /// Waits until the marked page is gone and the next one is complete.
    pub async fn next_page(&self) {
        self.wait_for("document.readyState === 'complete' && !document.documentElement.dataset.left").await;
    }

    /// Waits until a condition in the page holds.
    pub async fn wait_for(&self, condition: &str) {
        for _ in 0..300 {
            // While one page replaces the other, there is nothing to ask.
            let answer = self.client.execute(&format!("return Boolean({condition})"), vec![]).await;
            if answer.is_ok_and(|answer| answer == json!(true)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        panic!("{} never reached: {condition}", self.path().await);
    }

    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.expect("a field");
        field.send_keys(text).await.expect("a field");
    }

    /// Signs in on the page with the form, whatever the language.
    pub async fn sign_in(&self, name: &str, password: &str) {
        self.fill("#name", name).await;
        self.fill("#password", password).await;
        self.submit("form.lk-form button").await;
    }

    /// Presses a button that sends a form.
    pub async fn submit(&self, css: &str) {
        self.mark_page().await;
        self.click(css).await;
        self.next_page().await;
    }

    /// Runs a script in the page, past its content security policy, and returns what it returns.
    pub async fn run(&self, script: &str) -> Value {
        match self.client.execute(script, vec![]).await {
            Ok(value) => value,
            Err(error) => panic!("{script}: {error}"),
        }
    }

    /// The status of the answer that this page came with.
    pub async fn status(&self) -> u64 {
        let status = self.run("return performance.getEntriesByType('navigation')[0].responseStatus").await;
        status.as_u64().unwrap_or_default()
    }

    /// A command of Chromium's protocol for developers.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        let sent = self.client.issue_cmd(Extra { path: "goog/cdp/execute", body }).await;
        sent.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// What has come into this log since the last look.
    pub async fn log(&self, kind: &str) -> Vec<Value> {
        let read = self.client.issue_cmd(Extra { path: "se/log", body: json!({ "type": kind }) }).await;
        read.expect("a log").as_array().cloned().unwrap_or_default()
    }

    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    pub async fn prefer_colours(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    pub async fn press(&self, key: Key) {
        self.type_keys(&[key.into()]).await;
    }

    pub async fn type_text(&self, text: &str) {
        self.type_keys(&text.chars().collect::<Vec<_>>()).await;
    }

    async fn type_keys(&self, keys: &[char]) {
        let strokes = keys.iter().fold(KeyActions::new("keys".to_owned()), |actions, key| {
            actions.then(KeyAction::Down { value: *key }).then(KeyAction::Up { value: *key })
        });
        self.client.perform_actions(strokes).await.expect("keys");
    }

    /// The HTML of the page as it came over the wire.
    pub async fn source(&self) -> String {
        let tree = self.devtools("Page.getFrameTree", json!({})).await;
        let which = json!({ "requestId": tree["frameTree"]["frame"]["loaderId"] });
        let content = self.devtools("Network.getResponseBody", which).await;
        content["body"].as_str().unwrap_or_default().to_owned()
    }

    /// Writes a picture of the page to `target/screenshots`, of all of it or of the part that is seen first.
    pub async fn take_picture(&self, name: &str, whole: bool) {
        let mut wanted = json!({ "format": "png", "captureBeyondViewport": whole, "optimizeForSpeed": whole });
        if whole {
            let size = self.devtools("Page.getLayoutMetrics", json!({})).await["cssContentSize"].clone();
            wanted["clip"] = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        }
        let picture = self.devtools("Page.captureScreenshot", wanted).await;
        let path = output_folder("screenshots").join(format!("{name}.png"));
        std::fs::write(path, decode_base64(picture["data"].as_str().unwrap_or_default())).expect("a picture");
    }
}

impl Drop for Browser {
    /// A driver keeps a browser until it is told to close it.
    fn drop(&mut self) {
        let Some(mut stream) = process::connect(driver()) else { return };
        let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
        let request =
            format!("DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", self.session);
        if stream.write_all(request.as_bytes()).is_ok() {
            let _ = stream.read(&mut [0; 64]);
        }
    }
}

/// A folder below the build's folder, for what people may want to look at afterwards.
pub fn output_folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// A command beyond the standard.
#[derive(Debug)]
struct Extra {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extra {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (reqwest::Method, Option<String>) {
        (reqwest::Method::POST, Some(self.body.to_string()))
    }
}

fn decode_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0);
    for digit in text.bytes().filter_map(|byte| DIGITS.iter().position(|d| *d == byte)) {
        held = held << 6 | u32::try_from(digit).expect("six bits");
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).expect("eight bits"));
        }
    }
    bytes
}
