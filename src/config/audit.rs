//! `[audit]`: how the log is sealed.

use secrecy::ExposeSecret as _;
use url::Url;

use super::{faults::Wrong, outside::mailbox, reader::Section};
use crate::{
    domain::log::head::{PublicKey, Signer},
    work::{Anchors, AuditSettings, Feed},
};

const FEEDS: [(&str, Feed); 3] = [("off", Feed::Off), ("stdout", Feed::Stdout), ("syslog", Feed::Syslog)];

pub(super) fn read(section: &Section<'_>, public_url: &Url) -> AuditSettings {
    AuditSettings {
        signer: signer(section),
        former_keys: former_keys(section),
        origin: origin(public_url),
        seal_every: section.duration("seal_every", "1s", ("100ms", "1h")),
        anchors: Anchors {
            every: section.duration("anchor_every", "1d", ("1m", "31d")),
            folder: section.optional("anchor_folder").map(|folder| section.resolve(&folder)),
            mail_to: section.optional_parsed("anchor_mail_to", mailbox),
            syslog: section.flag("anchor_syslog", false),
        },
        feed: section.choice("feed", Some("off"), &FEEDS).unwrap_or(Feed::Off),
    }
}

fn signer(section: &Section<'_>) -> Option<Signer> {
    let key = section.secret("signing_key")?;
    let signer = Signer::from_pem(key.expose_secret()).ok();
    match &signer {
        // The key itself is in no digest; which one it is, is.
        Some(signer) => section.holds("signing_key", signer.public().id()),
        None => section.fault(
            "signing_key",
            Wrong::new("This is no Ed25519 key in PEM form.", "Make one with: latchkey audit new-key FILE"),
        ),
    }
    signer
}

fn former_keys(section: &Section<'_>) -> Vec<PublicKey> {
    let parse = |text: &String| {
        let key = PublicKey::parse(text).ok();
        if key.is_none() {
            let remedy = "Write the line that latchkey audit new-key printed, for example \"MCowBQYDK2VwAyEA…\".";
            section.fault("former_public_keys", Wrong::new("This is not a list of public keys.", remedy));
        }
        key
    };
    section.list("former_public_keys", Some(&[])).unwrap_or_default().iter().filter_map(parse).collect()
}

/// Names the log: the portal's host and a fixed word.
fn origin(public_url: &Url) -> String {
    let host = public_url.host_str().unwrap_or("localhost");
    match public_url.port() {
        Some(port) => format!("{host}:{port}/latchkey-log"),
        None => format!("{host}/latchkey-log"),
    }
}
