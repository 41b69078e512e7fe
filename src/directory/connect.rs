//! Making connections: addresses in order, TLS, and links that rebuild themselves.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use ldap3::{
    Ldap, LdapConnAsync, LdapConnSettings, LdapError, Mod, ResultEntry, SearchEntry, StdStream, controls::RawControl,
};
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer, pki_types::pem::PemObject};
use secrecy::{ExposeSecret, SecretString};
use tokio::{net::TcpStream, sync::Semaphore, task::AbortHandle, time::timeout};
use url::Url;

use super::{DirectoryError, Search, settings::Settings};

/// The answer of a copy that only reads to a write (RFC 4511, section 4.1.10).
pub(super) const REFERRAL: u32 = 10;

/// Connects to the first address that answers, beginning with the one that answered last.
#[derive(Clone)]
pub(super) struct Connector {
    urls: Vec<String>,
    start_tls: bool,
    tls: Arc<ClientConfig>,
    connect_timeout: Duration,
    pub(super) operation_timeout: Duration,
    last_good: Arc<AtomicUsize>,
}

impl Connector {
    pub(super) fn new(settings: &Settings) -> Result<Self, DirectoryError> {
        Ok(Self {
            urls: settings.urls.clone(),
            start_tls: settings.start_tls,
            tls: Arc::new(tls_config(settings.ca_file.as_deref())?),
            connect_timeout: settings.connect_timeout,
            operation_timeout: settings.operation_timeout,
            last_good: Arc::default(),
        })
    }

    /// A connection to the first address that answers, without identity, or bound as an account of a program; then a server that
    /// is too busy, or refuses the account, is passed over, too: one that is just being filled knows nobody yet.
    pub(super) async fn connect(&self, account: Option<(&str, &SecretString)>) -> Result<Connected, DirectoryError> {
        let first = self.last_good.load(Ordering::Relaxed);
        let (mut faults, mut refused) = (Vec::new(), Vec::new());
        for place in (0..self.urls.len()).map(|i| (first + i) % self.urls.len()) {
            let url = &self.urls[place];
            match self.connect_as(url, account).await {
                Ok((ldap, driver)) => {
                    self.last_good.store(place, Ordering::Relaxed);
                    return Ok(Connected { ldap, place, driver });
                }
                Err(error @ DirectoryError::AccountRefused(_)) => refused.push(error),
                Err(error) if !error.is_passing() => return Err(error),
                // There is no other one to tell apart from it.
                Err(error @ (DirectoryError::Busy(_) | DirectoryError::TimedOut)) if self.urls.len() == 1 => {
                    return Err(error);
                }
                Err(error) => faults.push(format!("{url}: {error}")),
            }
        }
        // Whether those that cannot be reached refuse the account, too, nobody knows.
        match refused.pop() {
            Some(error) if faults.is_empty() => Err(error),
            error => {
                faults.extend(error.map(|error| error.to_string()));
                Err(DirectoryError::Unreachable(faults.join("; ")))
            }
        }
    }

    async fn connect_as(
        &self,
        url: &str,
        account: Option<(&str, &SecretString)>,
    ) -> Result<(Ldap, AbortHandle), DirectoryError> {
        let (mut ldap, driver) = self.connect_to(url).await?;
        if let Some((dn, password)) = account {
            self.bind(&mut ldap, dn, password).await?;
        }
        Ok((ldap, driver))
    }

    /// How many servers there are besides the one that is used.
    pub(super) fn others(&self) -> usize {
        self.urls.len() - 1
    }

    /// A server cannot do what it is asked for: if there is another one, new connections go there first. Returns whether there is.
    pub(super) fn turn_away_from(&self, place: usize) -> bool {
        let next = (place + 1) % self.urls.len();
        // Whoever else found that out has turned already.
        let _ = self.last_good.compare_exchange(place, next, Ordering::Relaxed, Ordering::Relaxed);
        next != place
    }

    /// A connection to one address, and the task that carries it: where that is ended, so is the connection.
    pub(super) async fn connect_to(&self, url: &str) -> Result<(Ldap, AbortHandle), DirectoryError> {
        let connecting = async {
            let settings = LdapConnSettings::new()
                // Not asked for on ldaps: addresses; whether an address is one, however it is written, the library decides.
                .set_starttls(self.start_tls)
                .set_config(Arc::clone(&self.tls))
                .set_std_stream(StdStream::Tcp(stream(url).await?));
            LdapConnAsync::with_settings(settings, url).await
        };
        // One limit for all of it: also the StartTLS exchange with a server that accepts and then is silent.
        let (connection, ldap) = timeout(self.connect_timeout, connecting)
            .await
            .map_err(|_| DirectoryError::TimedOut)?
            .map_err(|error| DirectoryError::Unreachable(error.to_string()))?;
        let driver = tokio::spawn(async move {
            // The end of a connection shows in the next operation on it, which is where it is handled.
            let _ = connection.drive().await;
        });
        Ok((ldap, driver.abort_handle()))
    }

    /// Binds as an account of a program.
    pub(super) async fn bind(&self, ldap: &mut Ldap, dn: &str, password: &SecretString) -> Result<(), DirectoryError> {
        let result = ldap.with_timeout(self.operation_timeout).simple_bind(dn, password.expose_secret()).await?;
        match result.rc {
            0 => Ok(()),
            code => match DirectoryError::from_code(code) {
                busy @ DirectoryError::Busy(_) => Err(busy),
                _ => Err(DirectoryError::AccountRefused(code)),
            },
        }
    }
}

/// A connection, the place of its address in the list, and the task that carries it.
#[derive(Clone)]
pub(super) struct Connected {
    pub(super) ldap: Ldap,
    pub(super) place: usize,
    driver: AbortHandle,
}

/// A connection on which nothing waits for the acknowledgement of what was sent before: many requests share it, and behind a
/// slow write that would take some 40 ms. When it is closed, by us or because the process was killed, what the network has not
/// taken yet is thrown away; the operating system would go on trying to send it for minutes, and a write would arrive after
/// newer ones.
async fn stream(url: &str) -> Result<std::net::TcpStream, LdapError> {
    let parsed = Url::parse(url)?;
    let port = parsed.port().unwrap_or(if parsed.scheme() == "ldaps" { 636 } else { 389 });
    let host = parsed.host_str().filter(|host| !host.is_empty()).unwrap_or("localhost");
    let stream = TcpStream::connect(format!("{host}:{port}")).await?;
    stream.set_nodelay(true)?;
    stream.set_zero_linger()?;
    Ok(stream.into_std()?)
}

/// Trusts the operator's authorities if a file is given, else those of the operating system; there is no way to trust
/// everybody.
fn tls_config(ca_file: Option<&Path>) -> Result<ClientConfig, DirectoryError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca_file {
        let fault = |error: &dyn std::fmt::Display| DirectoryError::Tls(format!("{}: {error}", path.display()));
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| fault(&error))? {
            let certificate = certificate.map_err(|error| fault(&error))?;
            roots.add(certificate).map_err(|error| fault(&error))?;
        }
        if roots.is_empty() {
            return Err(fault(&"holds no certificate in PEM form"));
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| DirectoryError::Tls(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// One shared connection, bound as one account; rebuilt when it broke. Handles are cloned and multiplexed.
pub(super) struct Link {
    connector: Connector,
    dn: String,
    password: SecretString,
    current: Mutex<Current>,
    /// Whose turn it is to make a new connection. Apart from what is known of the current one: a lock that is handed from task to task
    /// in order lets through no more than one with each turn of the thread, and behind it everybody would queue for good.
    connecting: tokio::sync::Mutex<()>,
    /// Places for questions that wait for their answer.
    room: Semaphore,
}

/// How many questions wait for their answer on one connection; more wait here for one of them. A server answers a few at the same time,
/// and ends a connection on which too much has piled up (OpenLDAP's `olcConnMaxPendingAuth`: 1000).
const QUESTIONS_AT_ONCE: usize = 64;

#[derive(Default)]
struct Current {
    connected: Option<Connected>,
    /// Counts the connections, to tell them apart.
    number: u64,
    /// The last attempt to connect, if it failed, and when.
    failed: Option<(Instant, DirectoryError)>,
}

impl Link {
    pub(super) fn new(connector: Connector, dn: String, password: SecretString) -> Self {
        Self {
            connector,
            dn,
            password,
            current: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
            room: Semaphore::new(QUESTIONS_AT_ONCE),
        }
    }

    /// One operation on the shared connection, with the time-out set for it. A connection that broke, or that was silent, is
    /// not used again: a firewall that forgot it drops everything without a word. Neither is one to a server that is too busy, if
    /// there is another server.
    async fn once<T, F>(&self, operation: impl FnOnce(Connected) -> F) -> Result<T, DirectoryError>
    where
        F: Future<Output = Result<T, DirectoryError>>,
    {
        let (connected, number) = self.handle().await?;
        let place = connected.place;
        let result = operation(connected).await;
        let is_spent = match &result {
            Err(DirectoryError::Lost(_) | DirectoryError::TimedOut) => true,
            Err(DirectoryError::Busy(_)) => self.connector.turn_away_from(place),
            _ => false,
        };
        if is_spent {
            let mut current = self.current();
            if current.number == number {
                current.connected = None;
            }
        }
        result
    }

    /// The server that is used now cannot do what it is asked for; another one may. Returns whether there is another one.
    pub(super) fn turn_away(&self) -> bool {
        let left = self.current().connected.take();
        left.is_some_and(|Connected { place, .. }| self.connector.turn_away_from(place))
    }

    /// How many servers there are besides the one that is used.
    pub(super) fn others(&self) -> usize {
        self.connector.others()
    }

    /// An operation that may be repeated. It has the time of one operation to be begun, and then that of each attempt.
    pub(super) async fn question<T, F>(&self, ask: impl Fn(Ldap) -> F) -> Result<T, DirectoryError>
    where
        F: Future<Output = Result<T, DirectoryError>>,
    {
        let place = timeout(self.connector.operation_timeout, self.room.acquire()).await;
        let _place = place.map_err(|_| DirectoryError::TimedOut)?.expect("nobody closes it");
        match self.once(|connected| ask(connected.ldap)).await {
            Err(error) if self.is_worth_another(&error) => self.once(|connected| ask(connected.ldap)).await,
            done => done,
        }
    }

    /// The connection and its number; a new one, if there is none that lives.
    async fn handle(&self) -> Result<(Connected, u64), DirectoryError> {
        if let Some(living) = self.living() {
            return Ok(living);
        }
        let asked = Instant::now();
        let _turn = self.connecting.lock().await;
        if let Some(living) = self.living() {
            return Ok(living);
        }
        // Those who waited for an attempt share its failure; else each in turn would wait for a time-out of its own.
        if let Some((_, error)) = self.current().failed.as_ref().filter(|(at, _)| *at >= asked) {
            return Err(error.clone());
        }
        let made = self.connector.connect(Some((&self.dn, &self.password))).await;
        let mut current = self.current();
        match made {
            Ok(mut connected) => {
                connected.ldap.with_timeout(self.connector.operation_timeout);
                current.number += 1;
                current.connected = Some(connected.clone());
                Ok((connected, current.number))
            }
            Err(error) => {
                current.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    fn living(&self) -> Option<(Connected, u64)> {
        let current = self.current();
        let number = current.number;
        let mut connected = current.connected.clone()?;
        if connected.ldap.is_closed() {
            return None;
        }
        connected.ldap.with_timeout(self.connector.operation_timeout);
        Some((connected, number))
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an operation that may be repeated is worth another attempt on a new connection: this one turned out to be broken, or
    /// the server is busy while there is another one.
    fn is_worth_another(&self, error: &DirectoryError) -> bool {
        match error {
            DirectoryError::Lost(_) => true,
            DirectoryError::Busy(_) => self.others() > 0,
            _ => false,
        }
    }

    pub(super) async fn search(&self, search: &Search<'_>) -> Result<Vec<SearchEntry>, DirectoryError> {
        self.question(|ldap| search_on(ldap, search)).await
    }

    /// Compares (RFC 4511, section 4.10). An entry without the attribute does not have the value.
    pub(super) async fn compare(&self, dn: &str, attribute: &str, value: &str) -> Result<bool, DirectoryError> {
        self.question(|ldap| compare_on(ldap, dn, attribute, value)).await
    }

    /// One modify (RFC 4511, section 4.6), which is not sent after `send_until`, however long a connection is waited for. One that
    /// was not answered in time is not sent after that either: its connection is closed, whoever else uses it.
    pub(super) async fn modify(
        &self,
        dn: &str,
        changes: Vec<Mod<&str>>,
        control: Option<RawControl>,
        send_until: Option<Instant>,
    ) -> Result<(), DirectoryError> {
        self.once(|Connected { mut ldap, driver, .. }| async move {
            if send_until.is_some_and(|until| until <= Instant::now()) {
                return Err(DirectoryError::TooLate);
            }
            if let Some(control) = control {
                ldap.with_controls(control);
            }
            match ldap.modify(dn, changes).await.map_err(DirectoryError::from) {
                Ok(result) if result.rc == 0 => Ok(()),
                // The server that writes is another one of the list, perhaps away just now.
                Ok(result) if result.rc == REFERRAL && self.others() > 0 => Err(DirectoryError::Busy(REFERRAL)),
                Ok(result) => Err(DirectoryError::from_code(result.rc)),
                Err(error) => {
                    if matches!(error, DirectoryError::TimedOut) {
                        driver.abort();
                    }
                    Err(error)
                }
            }
        })
        .await
    }
}

async fn compare_on(mut ldap: Ldap, dn: &str, attribute: &str, value: &str) -> Result<bool, DirectoryError> {
    match ldap.compare(dn, attribute, value).await?.0.rc {
        6 => Ok(true),
        5 | 16 => Ok(false),
        code => Err(DirectoryError::from_code(code)),
    }
}

/// One search on one connection. Reaching a size limit (4) ends the answer, it is not an error.
pub(super) async fn search_on(mut ldap: Ldap, search: &Search<'_>) -> Result<Vec<SearchEntry>, DirectoryError> {
    ldap.with_search_options(search.options());
    let result = ldap.search(search.base, search.scope, search.filter, search.attributes).await?;
    match result.1.rc {
        0 | 4 => Ok(result.0.into_iter().filter(is_entry).map(SearchEntry::construct).collect()),
        code => Err(DirectoryError::from_code(code)),
    }
}

fn is_entry(entry: &ResultEntry) -> bool {
    !entry.is_ref() && !entry.is_intermediate()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use futures_util::FutureExt as _;

    use super::*;

    /// A queue that everybody has to go through, and that lets through one with each turn of the thread, never becomes shorter again
    /// under load.
    #[tokio::test]
    async fn which_connection_is_used_is_known_without_waiting_for_whoever_makes_one() {
        let server = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("ldap://{}", server.local_addr().expect("its address"));
        let connector = Connector {
            urls: vec![url.clone()],
            start_tls: false,
            tls: Arc::new(tls_config(None).expect("TLS")),
            connect_timeout: Duration::from_secs(10),
            operation_timeout: Duration::from_secs(10),
            last_good: Arc::default(),
        };
        let link = Link::new(connector, "cn=portal".to_owned(), SecretString::default());
        let (ldap, driver) = link.connector.connect_to(&url).await.expect("a connection");
        *link.current() = Current { connected: Some(Connected { ldap, place: 0, driver }), number: 7, failed: None };
        let _making = link.connecting.lock().await;
        let known = link.handle().now_or_never().expect("it waits").expect("a connection");
        assert_eq!(known.1, 7);
    }
}
