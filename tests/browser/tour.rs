//! Every page in every state, inspected in both languages.

use chrono::TimeDelta;

use crate::{
    browser::{Browser, ENGLISH, GERMAN, Kind},
    inspection::Inspector,
    portal::Portal,
};

#[tokio::test]
async fn every_page_in_every_state_holds_in_english() {
    tour(ENGLISH).await;
}

#[tokio::test]
async fn every_page_in_every_state_holds_in_german() {
    tour(GERMAN).await;
}

pub struct Tour<'a> {
    pub portal: &'a Portal,
    pub browser: &'a Browser,
    pub inspector: Inspector<'a>,
    pub language: &'static str,
}

async fn tour(kind: Kind) {
    // Files are made in the background from ten records on, and the tour opens more pages than people do in a minute.
    let settings = [("LATCHKEY_INSPECTION_LARGE_EXPORT", "10"), ("LATCHKEY_INSPECTION_REQUESTS_PER_MINUTE", "1000")];
    let (portal, browser) = tokio::join!(Portal::start(&settings), Browser::open(kind));
    let inspector = Inspector::new(&browser, &portal.address, kind.language);
    let mut tour = Tour { portal: &portal, browser: &browser, inspector, language: kind.language };
    tour.before_signing_in().await;
    tour.refused_sign_ins().await;
    tour.a_first_activation().await;
    tour.several_changes_and_a_withdrawal().await;
    tour.an_ended_session().await;
    tour.accounts_with_difficulties().await;
    tour.terms_for_editors().await;
    tour.terms_are_published().await;
    tour.auditors_look_up_people().await;
    tour.auditors_look_at_the_log().await;
    tour.lecturers().await;
    tour.uploads_and_reminders().await;
    tour.refused_requests().await;
    tour.without_a_directory().await;
    tour.inspector.finish();
}

impl Tour<'_> {
    pub async fn open(&self, path: &str) {
        self.browser.goto(&self.portal.url(&format!("/{}{path}", self.language))).await;
    }

    pub async fn visit(&mut self, path: &str, name: &str, status: u64) {
        self.open(path).await;
        self.inspector.look(name, status).await;
    }

    pub async fn enter(&self, name: &str) {
        self.open("/sign-in").await;
        self.browser.sign_in(name, "latchkey").await;
    }

    pub async fn leave(&self) {
        self.browser.submit(".lk-sign-out").await;
    }

    async fn press_the_button(&self) {
        self.browser.submit(".lk-permissions .lk-actions button").await;
    }

    async fn before_signing_in(&mut self) {
        self.visit("/sign-in", "sign-in", 200).await;
        for (path, name) in [
            ("/help", "help"),
            ("/privacy", "privacy"),
            ("/imprint", "imprint"),
            ("/accessibility", "accessibility"),
            ("/terms/rocketchat/1", "terms"),
            ("/terms/printing/2", "terms-with-older-version"),
        ] {
            self.visit(path, name, 200).await;
        }
    }

    async fn refused_sign_ins(&mut self) {
        self.open("/sign-in").await;
        self.browser.submit("form.lk-form button").await;
        self.inspector.look("sign-in-nothing-typed", 422).await;
        for (account, state) in [
            ("nobody", "sign-in-refused"),
            ("ereset", "sign-in-must-change-password"),
            ("fexpired", "sign-in-password-expired"),
        ] {
            self.enter(account).await;
            self.inspector.look(state, 422).await;
        }
        for _ in 0..3 {
            self.enter("nobody").await;
        }
        self.inspector.look("sign-in-throttled", 429).await;
    }

    async fn a_first_activation(&mut self) {
        self.enter("amueller").await;
        self.inspector.look("permissions", 200).await;
        self.browser.run("document.getElementById('service-rocketchat').click()").await;
        self.browser.take_picture(&format!("first-view-of-permissions-{}", self.language), false).await;
        self.visit("/profile", "profile", 200).await;
        self.visit("/profile/sessions", "sessions", 200).await;
        self.open("/profile/permissions").await;
        self.browser.click("#service-rocketchat").await;
        self.press_the_button().await;
        self.inspector.look("permissions-with-errors", 422).await;
        self.browser.click("#terms").await;
        self.press_the_button().await;
        self.inspector.look("result-with-notice", 200).await;
        self.portal.let_pass(TimeDelta::minutes(2));
        self.visit("/profile/permissions/rocketchat", "result-admitted", 200).await;
        self.browser.run("document.getElementById('session-dialog').showModal()").await;
        self.inspector.look("session-warning", 200).await;
    }

    async fn several_changes_and_a_withdrawal(&mut self) {
        self.open("/profile/permissions").await;
        self.press_the_button().await;
        self.inspector.look("permissions-nothing-changed", 200).await;
        self.browser.click("#service-rocketchat").await;
        self.press_the_button().await;
        self.inspector.look("result-withdrawn", 200).await;
        self.visit("/profile/permissions/cloud", "result-inactive", 200).await;
        self.portal.let_pass(TimeDelta::minutes(1));
        self.visit("/profile/history", "history", 200).await;
        self.browser.submit("td a[href*='/receipts/']").await;
        self.inspector.look("receipt", 200).await;
        self.browser.goto(&self.portal.url("/demo/mail")).await;
        self.inspector.look("mailbox", 200).await;
    }

    async fn an_ended_session(&mut self) {
        self.open("/profile/permissions").await;
        self.browser.click("#service-cloud").await;
        self.browser.click("#terms").await;
        self.portal.let_pass(TimeDelta::minutes(31));
        self.press_the_button().await;
        self.inspector.look("sign-in-session-ended", 200).await;
        self.browser.sign_in("amueller", "latchkey").await;
        self.inspector.look("permissions-resumed", 200).await;
        self.leave().await;
        self.inspector.look("signed-out", 200).await;
    }

    async fn accounts_with_difficulties(&mut self) {
        self.enter("jweiss").await;
        self.browser.click("#service-rocketchat").await;
        self.browser.click("#service-cloud").await;
        self.browser.click("#terms").await;
        self.press_the_button().await;
        self.inspector.look("changes-refused", 200).await;
        self.visit("/profile/permissions/rocketchat", "result-refused", 200).await;
        self.leave().await;

        self.enter("okeine").await;
        self.visit("/profile", "profile-without-mail", 200).await;
        self.open("/profile/permissions").await;
        self.browser.click("#service-cloud").await;
        self.browser.click("#terms").await;
        self.press_the_button().await;
        self.visit("/profile/permissions/cloud", "result-without-mail", 200).await;
        self.leave().await;

        self.enter("lschneider").await;
        self.visit("/profile/history", "history-empty", 200).await;
        self.leave().await;
        self.enter("cweber").await;
        self.inspector.look("permissions-of-staff", 200).await;
        self.leave().await;
    }

    async fn terms_for_editors(&mut self) {
        self.enter("cweber").await;
        self.visit("/terms", "terms-index", 200).await;
        self.visit("/terms/printing/edit", "terms-editor-first", 200).await;
        let rewrite = "document.getElementById('source_de').value = '# Drucken\\n\\nDrucken Sie wenig.'; \
                       document.getElementById('source_en').value = ''";
        self.browser.run(rewrite).await;
        self.browser.submit("button[value=preview]").await;
        self.inspector.look("terms-editor-preview", 200).await;
        self.browser.submit("button[value=save]").await;
        self.inspector.look("terms-editor", 200).await;
        self.browser.submit("#publish button").await;
        self.inspector.look("terms-editor-refused", 422).await;
        self.visit("/terms", "terms-index-with-draft", 200).await;
        self.visit("/profile/data", "own-data", 200).await;
        self.leave().await;
    }

    async fn uploads_and_reminders(&mut self) {
        self.enter("bschmidt").await;
        self.visit("/courses/upload", "upload", 200).await;
        self.browser.submit(".lk-teaching .lk-actions button").await;
        self.inspector.look("upload-refused", 422).await;
        self.browser
            .run(
                "const lines = 'login;Passwort\\namueller;x\\njweiss;y\\nnobody@students.uni.example;z\\nAMUELLER;\\n;w'; \
                 const chosen = new DataTransfer(); chosen.items.add(new File([lines], 'list.csv')); \
                 document.getElementById('list').files = chosen.files",
            )
            .await;
        self.browser.submit(".lk-teaching .lk-actions button").await;
        self.inspector.look("upload-answers", 200).await;
        self.visit("/courses/upload", "upload-with-a-list", 200).await;
        self.open("/courses").await;
        self.browser.submit(".lk-course h3 a").await;
        self.browser.submit(".lk-class-actions a[href*=reminder]").await;
        self.inspector.look("reminder", 200).await;
        self.browser.run("document.getElementById('text_de').value = 'https://evil.example'").await;
        self.browser.submit(".lk-teaching .lk-actions button").await;
        self.inspector.look("reminder-refused", 422).await;
        self.browser.run("document.getElementById('text_de').value = 'Bitte.\\n\\nDanke.'").await;
        self.browser.submit(".lk-teaching .lk-actions button").await;
        self.inspector.look("reminder-check", 200).await;
        self.browser.submit("main button[value=send]").await;
        self.inspector.look("reminder-sent", 200).await;
        self.leave().await;
    }

    async fn lecturers(&mut self) {
        self.enter("rsuess").await;
        self.visit("/courses", "courses-none", 200).await;
        self.leave().await;
        self.enter("lschneider").await;
        self.visit("/courses", "courses-for-lecturers-only", 403).await;
        self.visit("/profile/permissions?service=rocketchat", "permissions-marked", 200).await;
        self.leave().await;
        self.enter("bschmidt").await;
        self.visit("/courses", "courses", 200).await;
        let address = self.browser.run("return document.querySelector('.lk-course a').href").await;
        let class = address.as_str().and_then(|url| url.split_once("/courses/")).expect("a course").1.to_owned();
        self.visit(&format!("/courses/{class}"), "class", 200).await;
        self.visit(&format!("/courses/{class}?q=nobody"), "class-nobody-found", 200).await;
        self.visit(&format!("/courses/{class}/board"), "board", 200).await;
        self.open("/profile").await;
        self.leave().await;
    }

    async fn refused_requests(&mut self) {
        self.visit("/nowhere", "error-404", 404).await;
        self.open("/help").await;
        self.send_form("/help", "").await;
        self.inspector.look("error-405", 405).await;
        self.enter("amueller").await;
        self.send_form("/profile/permissions", "forged").await;
        self.inspector.look("error-403", 403).await;
        self.visit("/profile/permissions/nothing", "error-404-signed-in", 404).await;
    }

    async fn send_form(&self, path: &str, token: &str) {
        self.browser.mark_page().await;
        let form = format!(
            "const form = document.createElement('form'); form.method = 'post'; form.action = '/{}{path}'; \
             form.innerHTML = '<input name=form_token value=\"{token}\">'; document.body.append(form); form.submit()",
            self.language
        );
        self.browser.run(&form).await;
        self.browser.next_page().await;
    }

    async fn without_a_directory(&mut self) {
        self.open("/profile/permissions").await;
        self.portal.stop_directory().await;
        self.browser.click("#service-rocketchat").await;
        self.browser.click("#terms").await;
        self.press_the_button().await;
        self.inspector.look("result-being-applied", 200).await;
        self.visit("/profile/permissions", "permissions-without-directory", 200).await;
        self.visit("/profile", "profile-without-directory", 200).await;
        self.visit("/profile/permissions/printing", "result-unknown", 200).await;
        self.visit("/profile/permissions/vpn", "result-unknown-never-decided", 200).await;
        self.open("/profile/permissions").await;
        self.browser.click("#service-printing").await;
        self.press_the_button().await;
        self.inspector.look("result-being-removed", 200).await;
        self.leave().await;
        self.enter("amueller").await;
        self.inspector.look("sign-in-without-directory", 503).await;
        self.portal.start_directory().await;
    }
}
