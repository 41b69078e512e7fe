//! Forms with a file, sent as a browser sends them.

use reqwest::Method;

use super::{Form, Page, Visitor};

const BOUNDARY: &str = "----latchkey-test-boundary";

impl Visitor {
    /// Sends the form with this file in its field `list`.
    pub async fn upload(&self, form: &Form, file_name: &str, file: &[u8]) -> Page {
        if let Some(token) = form.value("form_token") {
            self.keep_secret(token);
        }
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let headers = [("sec-fetch-site", "same-origin"), ("content-type", content_type.as_str())];
        self.send_bytes(Method::POST, &form.action, &headers, body(form, file_name, file)).await
    }
}

/// RFC 7578, with the field of the file where the page has it.
fn body(form: &Form, file_name: &str, file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in form.fields().filter(|(name, _)| *name != "list") {
        let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"list\"; filename=\"{file_name}\"\r\n\
         Content-Type: text/csv\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}
