//! The mail server: connections are made when they are needed, kept for the next message, and given up when the server is silent.

use std::{
    fmt::Display,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use lettre::{
    Message,
    address::Envelope,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter, ServerInfo},
    },
};
use secrecy::ExposeSecret;

use super::{MailError, Smtp, SmtpTls};

/// How many connections are kept.
const KEPT: usize = 8;

/// How long the answer to a whole message may take. A filter before the queue may need that long and accept the message all the same;
/// whoever hangs up earlier sends it again, and the person gets it again and again. So RFC 5321, section 4.5.3.2.6, asks for ten minutes.
const ANSWER: Duration = Duration::from_mins(10);

/// How long a goodbye may take on a connection that is given up anyway.
const GOODBYE: Duration = Duration::from_secs(1);

/// The mail library's own transport waits for answers without a limit and takes connections back in whatever state they are,
/// so connections are looked after here: one on which anything went wrong, or took too long, is closed.
pub(super) struct MailServer {
    settings: Smtp,
    tls: TlsParameters,
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

impl MailServer {
    /// Prepares; nothing is sent yet.
    pub(super) fn new(settings: &Smtp) -> Result<Self, MailError> {
        Ok(Self { tls: tls_parameters(settings)?, settings: settings.clone(), idle: Mutex::default() })
    }

    /// # Errors
    /// [`MailError::Passing`] also if there is no answer in time; whether the message was taken is unknown then.
    pub(super) async fn send(&self, message: &Message) -> Result<(), MailError> {
        let mut connection = within(self.settings.timeout, MailError::NotAdmitted, self.connection()).await?;
        let sent = self.converse(&mut connection, message).await;
        if sent.is_ok() {
            self.keep(connection);
        } else {
            let _ = tokio::time::timeout(GOODBYE, connection.abort()).await;
        }
        sent
    }

    /// Connects and signs in.
    pub(super) async fn try_connection(&self) -> Result<(), MailError> {
        let mut connection = within(self.settings.timeout, MailError::NotAdmitted, self.connect()).await?;
        within(self.settings.timeout, MailError::NotAdmitted, connection.quit()).await?;
        Ok(())
    }

    /// The steps that the mail library's own `send` takes in one, because each has its own limit. The message leaves in one piece:
    /// the library writes the mark of its end apart, which then waits for the acknowledgement of what came before, some 40 ms.
    async fn converse(&self, connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), MailError> {
        let (envelope, content) = (message.envelope(), message.formatted());
        let parameters = parameters(connection.server_info(), envelope, &content)?;
        let content = String::from_utf8(content).map_err(|error| MailError::Refused(error.to_string()))?;
        self.command(connection, Mail::new(envelope.from().cloned(), parameters)).await?;
        for recipient in envelope.to() {
            self.command(connection, Rcpt::new(recipient.clone(), Vec::new())).await?;
        }
        self.command(connection, Data).await?;
        let sending = connection.command(with_end(&content));
        within(ANSWER.max(self.settings.timeout), MailError::Refused, sending).await?;
        Ok(())
    }

    async fn command(&self, connection: &mut AsyncSmtpConnection, command: impl Display) -> Result<(), MailError> {
        within(self.settings.timeout, MailError::Refused, connection.command(command)).await?;
        Ok(())
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(connection);
        }
    }

    /// A kept connection that still answers, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Error> {
        loop {
            let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut kept) = kept else { return self.connect().await };
            if kept.test_connected().await {
                return Ok(kept);
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let Smtp { host, port, tls, timeout, username, password, .. } = &self.settings;
        let (hello, address) = (ClientId::default(), (host.as_str(), *port));
        let tls_at_once = (*tls == SmtpTls::Implicit).then(|| self.tls.clone());
        let connecting = AsyncSmtpConnection::connect_tokio1(address, Some(*timeout), &hello, tls_at_once, None);
        let mut connection = connecting.await?;
        if *tls == SmtpTls::StartTls {
            connection.starttls(self.tls.clone(), &hello).await?;
        }
        if let (Some(username), Some(password)) = (username, password) {
            let credentials = Credentials::new(username.clone(), password.expose_secret().to_owned());
            connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
        }
        Ok(connection)
    }
}

/// Takes a step that may take so long; `refusal` is what a permanent one means there.
async fn within<T>(
    limit: Duration,
    refusal: fn(String) -> MailError,
    step: impl Future<Output = Result<T, Error>>,
) -> Result<T, MailError> {
    match tokio::time::timeout(limit, step).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) if error.is_permanent() => Err(refusal(without_address(&error))),
        Ok(Err(error)) => Err(MailError::Passing(without_address(&error))),
        Err(_) => Err(MailError::Passing("it does not answer in time".into())),
    }
}

/// What the server has to be told of a message beforehand: that addresses (RFC 6531) or the text (RFC 6152) are not ASCII.
fn parameters(server: &ServerInfo, envelope: &Envelope, content: &[u8]) -> Result<Vec<MailParameter>, MailError> {
    let mut addresses = envelope.from().into_iter().chain(envelope.to());
    let are_ascii = addresses.all(|address| address.user().is_ascii() && address.domain().is_ascii());
    let all = [
        (are_ascii, Extension::SmtpUtfEight, MailParameter::SmtpUtfEight),
        (content.is_ascii(), Extension::EightBitMime, MailParameter::Body(MailBodyParameter::EightBitMime)),
    ];
    let needed = all.into_iter().filter(|(is_ascii, ..)| !is_ascii);
    let known = needed.map(|(_, extension, parameter)| {
        let is_known = server.supports_feature(extension);
        is_known.then_some(parameter).ok_or_else(|| MailError::Refused(format!("it does not know {extension}")))
    });
    known.collect()
}

/// A message as it follows DATA: no line of it is taken for its end, which comes after it (RFC 5321, section 4.5.2).
fn with_end(message: &str) -> String {
    let lines = message.replace("\r\n.", "\r\n..");
    let first = if lines.starts_with('.') { "." } else { "" };
    let last = if lines.ends_with("\r\n") { "" } else { "\r\n" };
    format!("{first}{lines}{last}.\r\n")
}

fn tls_parameters(settings: &Smtp) -> Result<TlsParameters, MailError> {
    let mut parameters = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.ca_file {
        let fault = |error: &dyn Display| MailError::Settings(format!("{}: {error}", path.display()));
        let pem = std::fs::read(path).map_err(|error| fault(&error))?;
        let authority = Certificate::from_pem(&pem).map_err(|error| fault(&error))?;
        parameters = parameters.certificate_store(CertificateStore::None).add_root_certificate(authority);
    }
    parameters.build().map_err(|error| MailError::Settings(error.to_string()))
}

/// A reply of the server is named by its code alone: its words often repeat the recipient's address.
fn without_address(error: &Error) -> String {
    error.status().map_or_else(|| error.to_string(), |code| format!("reply {code}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::with_end;

    /// What a server makes of it (RFC 5321, section 4.5.2): the lines before one that is a point.
    fn received(sent: &str) -> Option<String> {
        let (mut message, mut rest) = (String::new(), sent);
        loop {
            let (line, next) = rest.split_once("\r\n")?;
            match line.strip_prefix('.') {
                Some("") => return next.is_empty().then_some(message),
                unstuffed => message.extend([unstuffed.unwrap_or(line), "\r\n"]),
            }
            rest = next;
        }
    }

    proptest! {
        #[test]
        fn a_message_arrives_whole(lines in prop::collection::vec("[.a\r]{0,4}", 0..6), is_ended: bool) {
            let mut message = lines.join("\r\n");
            if is_ended {
                message += "\r\n";
            }
            let ended = if message.ends_with("\r\n") { message.clone() } else { format!("{message}\r\n") };
            prop_assert_eq!(received(&with_end(&message)), Some(ended));
        }
    }
}
