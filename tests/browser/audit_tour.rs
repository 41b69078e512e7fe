//! The part of the tour that shows what editors of terms and auditors see.

use chrono::TimeDelta;

use crate::tour::Tour;

impl Tour<'_> {
    /// Announces a version, so that nobody has to accept it yet.
    pub async fn terms_are_published(&mut self) {
        self.enter("cweber").await;
        self.open("/terms/printing/edit").await;
        self.browser
            .run(
                "for (const code of ['de', 'en']) { \
                     const text = document.getElementById('source_' + code); \
                     text.value = text.value.replace(/\\.$/m, ', please.') + '\\n\\nPrint little.\\n'; \
                 } \
                 document.getElementById('weight-major').checked = true; \
                 document.getElementById('effective_on').value = '2026-12-07'; \
                 document.getElementById('grace_days').value = '14'",
            )
            .await;
        self.browser.submit("button[value=preview]").await;
        self.inspector.look("terms-editor-difference-and-impact", 200).await;
        self.browser.submit("button[value=save]").await;
        self.inspector.look("terms-editor-ready-to-publish", 200).await;
        let name = if self.language == "de" { "Drucken" } else { "Printing" };
        self.browser.fill("#confirmation", name).await;
        self.browser.submit("#publish button").await;
        self.inspector.look("terms-published", 200).await;
        self.visit("/terms/printing/3", "terms-announced", 200).await;
        self.leave().await;
    }

    pub async fn auditors_look_up_people(&mut self) {
        self.enter("lschneider").await;
        self.visit("/audit", "audit-for-auditors-only", 403).await;
        self.visit("/terms", "terms-for-editors-only", 403).await;
        self.leave().await;
        self.enter("cweber").await;
        self.visit("/audit", "audit-reason", 200).await;
        self.browser.submit("main form button").await;
        self.inspector.look("audit-reason-refused", 422).await;
        self.browser.fill("#reason", "Ticket 4711").await;
        self.browser.submit("main form button").await;
        self.inspector.look("audit-records", 200).await;
        for (query, name, status) in [
            ("?q=m%C3%BCller", "audit-person-searched", 200),
            ("?q=nobody", "audit-nobody-found", 200),
            ("?from=2026-11-24&until=2026-11-23", "audit-dates-refused", 422),
            ("/standing?service=cloud", "audit-standing", 200),
            ("/standing?service=cloud&on=2020-01-01", "audit-standing-nobody", 200),
            ("/standing?service=cloud&ground=none", "audit-without-acceptance", 200),
            ("/standing?on=someday", "audit-standing-date-refused", 422),
            ("/standing/export?service=cloud", "audit-standing-export", 200),
        ] {
            self.visit(&format!("/audit{query}"), name, status).await;
        }
        self.open("/audit?q=amueller").await;
        self.browser.submit(".lk-people a").await;
        self.inspector.look("audit-person", 200).await;
        self.leave().await;
        self.enter("amueller").await;
        self.visit("/profile/history", "history-with-looks", 200).await;
        self.leave().await;
    }

    pub async fn auditors_look_at_the_log(&mut self) {
        // Another minute, so that the log is sealed and the head is brought to its anchor.
        self.portal.let_pass(TimeDelta::minutes(1));
        self.enter("cweber").await;
        self.open("/audit/reason").await;
        self.browser.fill("#reason", "Ticket 4712").await;
        self.browser.submit("main form button").await;
        self.open("/audit?kind=terms-accepted").await;
        self.browser.submit("main tbody a[href*='/audit/records/']").await;
        self.inspector.look("audit-record", 200).await;
        self.visit("/audit/charts?service=cloud&days=14", "audit-charts", 200).await;
        self.visit("/audit/charts?service=vpn", "audit-charts-nothing", 200).await;
        self.visit("/audit/log", "audit-log", 200).await;
        self.browser.submit("main form button").await;
        self.browser
            .wait_for("!document.getElementById('verify-progress') && document.querySelector('#verify-title')")
            .await;
        self.inspector.look("audit-log-verified", 200).await;
        self.visit("/audit/export?kind=no-such-kind", "audit-export-nothing", 200).await;
        self.visit("/audit/export", "audit-export", 200).await;
        self.browser.submit("main button[value=csv]").await;
        self.browser.wait_for("document.querySelector('a[download]')").await;
        self.inspector.look("audit-export-done", 200).await;
        self.leave().await;
    }
}
