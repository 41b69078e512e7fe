//! What leaves the sealed log: heads to places outside (anchors), and records as events for other programs (the feed).

use std::{fs, io::Write as _, path::Path};

use serde_json::json;

use super::{Sealer, sealer::LEASE, syslog};
use crate::{
    clock::delta,
    db::Error,
    domain::{
        leases,
        log::{
            anchors::{self, Way},
            feed,
            head::SignedHead,
            stored,
        },
    },
    mail::PlainMail,
};

/// Where events go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    Off,
    /// One line each to standard output.
    Stdout,
    Syslog,
}

impl Sealer {
    /// Brings the newest head to every place where it is due; returns to how many. What fails is tried again in the next round.
    pub async fn anchor_due(&self) -> Result<usize, Error> {
        let settings = &self.settings.anchors;
        let ways = [
            (Way::Folder, settings.folder.is_some()),
            (Way::Mail, settings.mail_to.is_some()),
            (Way::Syslog, settings.syslog),
        ];
        let mut done = 0;
        for (way, _) in ways.into_iter().filter(|(_, wanted)| *wanted) {
            done += usize::from(self.anchor(way).await?);
        }
        Ok(done)
    }

    async fn anchor(&self, way: Way) -> Result<bool, Error> {
        let (newest, last) = self
            .outside
            .database
            .read(move |conn| Ok::<_, Error>((stored::newest_head(conn)?, anchors::newest_of(conn, way)?)))
            .await?;
        let now = self.outside.clock.now();
        let Some(newest) = newest else { return Ok(false) };
        let is_due =
            last.is_none_or(|last| last.size < newest.head.size && last.at + delta(self.settings.anchors.every) <= now);
        if !is_due || self.is_others_turn().await? {
            return Ok(false);
        }
        if let Err(reason) = self.bring(way, &newest).await {
            tracing::error!(
                event = "anchor.failed",
                way = way.name(),
                reason,
                "the tree head could not be brought outside"
            );
            return Ok(false);
        }
        let size = newest.head.size;
        self.outside.database.write(move |conn| anchors::note(conn, size, way, now)).await?;
        tracing::info!(event = "anchor.done", way = way.name(), size);
        Ok(true)
    }

    async fn bring(&self, way: Way, head: &SignedHead) -> Result<(), String> {
        let anchors = &self.settings.anchors;
        match (way, &anchors.folder, &anchors.mail_to) {
            (Way::Folder, Some(folder), _) => store(folder, head).map_err(|error| error.to_string()),
            (Way::Mail, _, Some(to)) => self.send(to, head).await,
            _ => syslog::send(&line(head)).map_err(|error| error.to_string()),
        }
    }

    async fn send(&self, to: &str, head: &SignedHead) -> Result<(), String> {
        let mail = PlainMail {
            subject: format!("[{}] {}", head.head.origin, head.head.size),
            text: head.note.clone(),
            at: head.head.at,
        };
        let id = format!("head-{}", head.head.size);
        self.outside.mailer.send_plain(&id, to, &mail).await.map_err(|error| error.to_string())
    }

    /// Hands new records on as events, at least once and in sealed order.
    pub async fn feed_due(&self) -> Result<usize, Error> {
        match self.settings.feed {
            Feed::Off => Ok(0),
            Feed::Stdout => self.feed_to(|line| writeln!(std::io::stdout(), "{line}")).await,
            Feed::Syslog => self.feed_to(syslog::send).await,
        }
    }

    /// Hands new records on to `outlet`; returns how many. The place is noted afterwards: after a failure events come again.
    pub async fn feed_to(&self, mut outlet: impl FnMut(&str) -> std::io::Result<()>) -> Result<usize, Error> {
        let mut sum = 0;
        while !self.is_others_turn().await? {
            let (lines, behind) = self.outside.database.read(feed::next).await?;
            if lines.is_empty() {
                break;
            }
            if let Err(error) = lines.iter().try_for_each(|line| outlet(line)) {
                tracing::error!(event = "feed.failed", reason = %error, "events could not be handed on");
                break;
            }
            sum += lines.len();
            let now = self.outside.clock.now();
            let lease = self.lease(now);
            let note = move |conn: &mut crate::db::Conn| {
                if leases::hold(conn, LEASE, &lease, now)? { feed::advance(conn, behind) } else { Ok(()) }
            };
            self.outside.database.write(note).await?;
        }
        Ok(sum)
    }
}

/// One file per head, never overwritten by another.
fn store(folder: &Path, head: &SignedHead) -> std::io::Result<()> {
    let name = format!("head-{:012}.txt", head.head.size);
    let (path, fresh) = (folder.join(&name), folder.join(format!(".{name}.new")));
    fs::create_dir_all(folder)?;
    let mut file = fs::File::create(&fresh)?;
    file.write_all(head.note.as_bytes())?;
    file.sync_all()?;
    fs::rename(fresh, path)
}

fn line(head: &SignedHead) -> String {
    json!({ "event": "latchkey.head", "origin": head.head.origin, "size": head.head.size, "note": head.note })
        .to_string()
}
