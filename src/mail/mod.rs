//! Messages and their transport: an SMTP server, or a folder in the demo.

mod message;
mod reminder;
mod server;

use std::{path::PathBuf, sync::Arc, time::Duration};

use lettre::{
    Message,
    address::AddressError,
    message::{
        Mailbox, MessageBuilder, MultiPart, SinglePart,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
};
use secrecy::SecretString;

use crate::clock::Instant;
pub use message::{ChangeMail, MailAction, MailTerms};
pub use reminder::ReminderMail;
use server::MailServer;

/// Where mail goes and whom it comes from.
#[derive(Clone, Debug)]
pub struct Settings {
    pub transport: Transport,
    /// `Name <address>` or an address.
    pub from: String,
    pub reply_to: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Transport {
    Smtp(Smtp),
    /// One `.eml` file per message.
    Folder(PathBuf),
}

#[derive(Clone, Debug)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub tls: SmtpTls,
    pub ca_file: Option<PathBuf>,
    pub username: Option<String>,
    pub password: Option<SecretString>,
    /// Limit for connecting, TLS and signing in included, and again for each step of a message but the last: the answer to the whole
    /// message may take ten minutes.
    pub timeout: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// STARTTLS, required (RFC 3207).
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// No TLS; accepted for loopback only.
    None,
}

/// A mail for a machine or an archive.
#[derive(Clone, Debug)]
pub struct PlainMail {
    pub subject: String,
    pub text: String,
    pub at: Instant,
}

/// What can go wrong with a message. The texts hold no addresses.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("mail settings: {0}")]
    Settings(String),
    #[error("the address of the recipient cannot be used")]
    Recipient(#[from] AddressError),
    #[error("the message cannot be written: {0}")]
    Message(String),
    /// The server cannot be reached, or says "later".
    #[error("the mail server cannot be used now: {0}")]
    Passing(String),
    /// The server refuses the portal, before any message: nothing can be sent until the operator has mended that.
    #[error("the mail server does not let the portal in: {0}; check mail.host, mail.username and mail.password")]
    NotAdmitted(String),
    /// The server refuses this message.
    #[error("the mail server refuses the message: {0}")]
    Refused(String),
}

/// What every message has.
pub trait Letter {
    fn display_name(&self) -> &str;
    fn at(&self) -> Instant;
    /// May contain what the catalogue and the directory contain, but no line breaks.
    fn subject(&self) -> String;
    /// The `text/plain` part.
    fn text(&self) -> askama::Result<String>;
    /// The `text/html` part.
    fn html(&self) -> askama::Result<String>;
    /// A file that goes with it.
    fn attachment(&self) -> Option<SinglePart> {
        None
    }
}

/// Sends messages. Cheap to clone; connections to the server are kept.
#[derive(Clone)]
pub struct Mailer {
    way: Way,
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

#[derive(Clone)]
enum Way {
    Smtp(Arc<MailServer>),
    Folder(PathBuf),
}

impl Mailer {
    /// Prepares the transport; nothing is sent yet.
    pub fn new(settings: &Settings) -> Result<Self, MailError> {
        let mailbox = |text: &str| {
            text.parse::<Mailbox>().map_err(|error| MailError::Settings(format!("'{text}' is not an address: {error}")))
        };
        let way = match &settings.transport {
            Transport::Smtp(smtp) => Way::Smtp(Arc::new(MailServer::new(smtp)?)),
            Transport::Folder(folder) => Way::Folder(folder.clone()),
        };
        Ok(Self {
            way,
            from: mailbox(&settings.from)?,
            reply_to: settings.reply_to.as_deref().map(mailbox).transpose()?,
        })
    }

    /// Sends a mail. `id` names the message: one that is sent twice after a crash has the same Message-ID, so
    /// that mail programs show it once.
    pub async fn send(&self, id: &str, to: &str, mail: &impl Letter) -> Result<(), MailError> {
        self.hand_over(id, self.compose(id, to, mail)?).await
    }

    /// Sends a mail that is one text and nothing else.
    pub async fn send_plain(&self, id: &str, to: &str, mail: &PlainMail) -> Result<(), MailError> {
        let message = self
            .letter(id, to.parse()?, &mail.subject, mail.at)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .map_err(|error| MailError::Message(error.to_string()))?;
        self.hand_over(id, message).await
    }

    async fn hand_over(&self, id: &str, message: Message) -> Result<(), MailError> {
        match &self.way {
            Way::Smtp(server) => server.send(&message).await,
            Way::Folder(folder) => {
                let (folder, path) = (folder.clone(), folder.join(format!("{id}.eml")));
                let write =
                    move || std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, message.formatted()));
                tokio::task::spawn_blocking(write)
                    .await
                    .map_err(|error| MailError::Passing(error.to_string()))?
                    .map_err(|error| MailError::Passing(error.to_string()))
            }
        }
    }

    /// Connects and signs in without sending anything, for `latchkey check`.
    pub async fn try_connection(&self) -> Result<(), MailError> {
        match &self.way {
            Way::Smtp(server) => server.try_connection().await,
            Way::Folder(_) => Ok(()),
        }
    }

    fn compose(&self, id: &str, to: &str, mail: &impl Letter) -> Result<Message, MailError> {
        let broken = |error: &dyn std::fmt::Display| MailError::Message(error.to_string());
        let text = mail.text().map_err(|error| broken(&error))?;
        let html = mail.html().map_err(|error| broken(&error))?;
        // A line break in a name would begin another header; the mail library refuses it by a panic.
        let name = mail.display_name().replace(char::is_control, " ");
        let builder = self.letter(id, Mailbox::new(Some(name), to.parse()?), &mail.subject(), mail.at());
        let words = MultiPart::alternative_plain_html(text, html);
        let all = match mail.attachment() {
            Some(file) => MultiPart::mixed().multipart(words).singlepart(file),
            None => words,
        };
        builder.multipart(all).map_err(|error| broken(&error))
    }

    /// What every message begins with.
    fn letter(&self, id: &str, to: Mailbox, subject: &str, at: Instant) -> MessageBuilder {
        let builder = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .date(at.and_utc().into())
            .header(AutoSubmitted);
        match &self.reply_to {
            Some(reply_to) => builder.reply_to(reply_to.clone()),
            None => builder,
        }
    }
}

/// `Auto-Submitted: auto-generated` (RFC 3834), so that absence notices do not answer.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
