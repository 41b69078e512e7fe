//! The mail server: connections are made when they are needed, kept for the next message, and given up when the server is silent.

use std::sync::{Mutex, PoisonError};

use lettre::{
    Message,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
        extension::ClientId,
    },
};
use secrecy::ExposeSecret;

use super::{MailError, Smtp, SmtpTls};

/// How many connections are kept.
const KEPT: usize = 8;

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
        let mut connection = self.in_time(self.connection()).await?;
        self.in_time(async { connection.send(message.envelope(), &message.formatted()).await }).await?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(connection);
        }
        Ok(())
    }

    /// Connects and signs in.
    pub(super) async fn try_connection(&self) -> Result<(), MailError> {
        let mut connection = self.in_time(self.connect()).await?;
        let said_goodbye = self.in_time(async { connection.quit().await }).await;
        said_goodbye.map(|_| ())
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

    async fn in_time<T>(&self, step: impl Future<Output = Result<T, Error>>) -> Result<T, MailError> {
        match tokio::time::timeout(self.settings.timeout, step).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) if error.is_permanent() => Err(MailError::Refused(without_address(&error))),
            Ok(Err(error)) => Err(MailError::Passing(without_address(&error))),
            Err(_) => Err(MailError::Passing("it does not answer in time".into())),
        }
    }
}

fn tls_parameters(settings: &Smtp) -> Result<TlsParameters, MailError> {
    let mut parameters = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.ca_file {
        let fault = |error: &dyn std::fmt::Display| MailError::Settings(format!("{}: {error}", path.display()));
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
