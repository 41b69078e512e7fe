//! What must hold on every page in every state, looked at from outside.

use std::{fs, path::PathBuf, process::Command, sync::OnceLock};

use serde_json::{Value, json};

use crate::browser::{Browser, output_folder};

/// Phone, tablet, desk.
const WIDTHS: [u32; 3] = [320, 768, 1280];

/// All rules that are on by default, best practices among them, and the size of targets (WCAG 2.2 AA), which is off by default.
const AXE: &str = "const found = await axe.run(document, { rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'] }); \
                   return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 200)} ${node.failureSummary}`));";

/// Looks at pages of one language and keeps what it finds.
pub struct Inspector<'a> {
    browser: &'a Browser,
    origin: String,
    language: &'static str,
    /// Where the pages' HTML is kept for the validator.
    folder: PathBuf,
    faults: Vec<String>,
    seen: usize,
}

impl<'a> Inspector<'a> {
    pub fn new(browser: &'a Browser, origin: &str, language: &'static str) -> Self {
        let folder = output_folder("pages").join(language);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        Self { browser, origin: origin.to_owned(), language, folder, faults: Vec::new(), seen: 0 }
    }

    /// The page as it is now, in a state that `name` says, answered with `status`.
    pub async fn look(&mut self, name: &str, status: u64) {
        self.seen += 1;
        let found = self.browser.status().await;
        self.expect(name, found == status, || format!("status {found} instead of {status}"));
        self.keep_source(name).await;
        self.check_console(name, status).await;
        self.check_traces(name).await;
        self.check_widths(name).await;
        let (desk, phone) = if self.language == "en" { ("light", "dark") } else { ("dark", "light") };
        for (scheme, width, device) in [(desk, 1280, "desk"), (phone, 320, "phone")] {
            self.browser.resize(width, 900).await;
            self.browser.prefer_colours(scheme).await;
            self.check_with_axe(&format!("{name}, {scheme}, {width} px")).await;
            self.browser.take_picture(&format!("{name}-{}-{scheme}-{device}", self.language), true).await;
        }
        self.browser.resize(1280, 900).await;
        self.browser.prefer_colours("light").await;
        self.browser.run("window.scrollTo(0, 0)").await;
    }

    /// All faults at once, those of the HTML as well.
    pub fn finish(mut self) {
        let invalid = validate(&self.folder);
        self.faults.extend(invalid);
        println!("{} states in {}", self.seen, self.language);
        assert!(self.faults.is_empty(), "{} faults:\n{}", self.faults.len(), self.faults.join("\n"));
    }

    fn expect(&mut self, name: &str, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.faults.push(format!("{name} ({}): {}", self.language, otherwise()));
        }
    }

    async fn keep_source(&mut self, name: &str) {
        let html = self.browser.source().await;
        self.expect(name, html.starts_with("<!DOCTYPE html>"), || "no HTML".to_owned());
        let language = format!("<html lang=\"{}\">", self.language);
        self.expect(name, html.contains(&language), || format!("no {language}"));
        fs::write(self.folder.join(format!("{name}.html")), html).expect("a file");
    }

    /// Chromium notes every page that comes with an error status, and that signing out has cleared its cache; neither is a fault.
    async fn check_console(&mut self, name: &str, status: u64) {
        for line in self.browser.log("browser").await {
            let text = line["message"].as_str().unwrap_or_default();
            let is_status =
                line["source"] == json!("network") && text.contains("the server responded with a status of");
            let is_cleared = line["level"] == json!("INFO") && text.contains("Clear-Site-Data header on");
            self.expect(name, is_cleared || (is_status && status >= 400), || format!("console: {text}"));
        }
    }

    /// Nothing is fetched from elsewhere, and nothing stays in the browser but the cookie.
    async fn check_traces(&mut self, name: &str) {
        let fetched =
            self.browser.run("return performance.getEntriesByType('resource').map((entry) => entry.name)").await;
        for address in fetched.as_array().into_iter().flatten().filter_map(Value::as_str) {
            let ours = address.starts_with(&self.origin) || address.starts_with("data:");
            self.expect(name, ours, || format!("fetched {address}"));
        }
        let kept = self.browser.run("return localStorage.length + sessionStorage.length").await;
        self.expect(name, kept == json!(0), || "something is kept in the browser".to_owned());
        let readable = self.browser.run("return document.cookie").await;
        self.expect(name, readable == json!(""), || format!("scripts can read {readable}"));
    }

    async fn check_widths(&mut self, name: &str) {
        for width in WIDTHS {
            self.browser.resize(width, 900).await;
            let sideways = self
                .browser
                .run("const root = document.documentElement; return [root.scrollWidth, root.clientWidth, document.body.scrollWidth]")
                .await;
            let fits = sideways[0].as_u64() <= sideways[1].as_u64() && sideways[2].as_u64() <= sideways[1].as_u64();
            self.expect(name, fits, || format!("{width} px: scrolls sideways, {sideways}"));
        }
    }

    async fn check_with_axe(&mut self, name: &str) {
        static SCRIPT: OnceLock<String> = OnceLock::new();
        let script = SCRIPT.get_or_init(|| {
            fs::read_to_string(node_modules().join("axe-core/axe.min.js")).expect("axe-core; run scripts/test once")
        });
        if self.browser.run("return typeof axe").await == json!("undefined") {
            // What is folded away counts, too.
            self.browser.run("for (const part of document.querySelectorAll('details')) part.open = true").await;
            self.browser.run(script).await;
        }
        let violations = self.browser.run(&format!("return (async () => {{ {AXE} }})()")).await;
        for violation in violations.as_array().into_iter().flatten().filter_map(Value::as_str) {
            self.expect(name, false, || violation.to_owned());
        }
    }
}

fn node_modules() -> PathBuf {
    let default = || concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/node_modules").into();
    std::env::var_os("LATCHKEY_TEST_NODE_MODULES").map_or_else(default, PathBuf::from)
}

/// What html-validate finds in the files of a folder.
fn validate(folder: &std::path::Path) -> Vec<String> {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/.htmlvalidate.json");
    let report_path = folder.with_extension("json");
    let output = Command::new("node")
        .arg(node_modules().join("html-validate/bin/html-validate.mjs"))
        .args(["--formatter", &format!("json={}", report_path.display()), "--ext", "html", "--config", config])
        .arg(folder)
        .output()
        .expect("node");
    let report = fs::read(&report_path).unwrap_or_default();
    let report: Value = serde_json::from_slice(&report)
        .unwrap_or_else(|_| panic!("html-validate: {}", String::from_utf8_lossy(&output.stderr)));
    let mut faults = Vec::new();
    for file in report.as_array().into_iter().flatten() {
        for message in file["messages"].as_array().into_iter().flatten() {
            let path = file["filePath"].as_str().unwrap_or_default();
            let name = path.rsplit('/').next().unwrap_or_default();
            faults.push(format!("{name}:{} {} ({})", message["line"], message["message"], message["ruleId"]));
        }
    }
    faults
}
