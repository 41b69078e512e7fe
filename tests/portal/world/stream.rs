//! Server-sent events, as a browser takes them in.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::Value;
use tokio::time::timeout;

use super::Visitor;

/// Longer than any event may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Stream {
    answer: Response,
    text: String,
}

impl Visitor {
    /// Listens to what a page listens to.
    pub async fn listen(&self, path: &str) -> Stream {
        let headers = [("accept", "text/event-stream"), ("accept-encoding", "gzip, br")];
        let answer = self.ask(Method::GET, path, &headers, "").await;
        Stream { answer, text: String::new() }
    }
}

impl Stream {
    pub fn status(&self) -> u16 {
        self.answer.status().as_u16()
    }

    pub fn header(&self, name: &str) -> &str {
        self.answer.headers().get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The data of the next event; `None` at the end.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            while let Some(end) = self.text.find("\n\n") {
                let event: String = self.text.drain(..end + 2).collect();
                if let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) {
                    return Some(serde_json::from_str(data).expect("JSON"));
                }
            }
            let chunk = timeout(PATIENCE, self.answer.chunk()).await.expect("an event in time");
            self.text += std::str::from_utf8(&chunk.ok()??).expect("text");
        }
    }

    /// Waits until the count is this.
    pub async fn until(&mut self, activated: &str) -> Value {
        loop {
            let event = self.next().await.expect("an event");
            if event["activated"] == activated {
                return event;
            }
        }
    }
}
