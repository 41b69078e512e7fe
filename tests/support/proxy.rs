//! A bad network between a client and a server: it loses, delays and cuts, and it remembers what it heard.

use std::{
    collections::HashMap,
    io,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinSet,
};

/// The name of the StartTLS operation (RFC 4511, section 4.14.1).
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";

/// What the network does to connections from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weather {
    #[default]
    Fair,
    /// Every piece of an answer comes so much later.
    Slow(Duration),
    /// So many bytes of answers come through; then the connection is cut, and the weather is fair again.
    CutAfter(usize),
    /// The next piece of an answer is lost; then the weather is fair again.
    LoseAnswer,
    /// The next answer to a modify has a message that is no text; then the weather is fair again.
    Mangled,
    /// Connections are accepted and nothing moves on them, ever.
    Dead,
    /// A request for StartTLS gets this result code and does not reach the server.
    NoStartTls(u8),
}

/// A running proxy on loopback. It ends when this is dropped.
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
    _accepting: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    weather: Mutex<Weather>,
    heard: Mutex<Vec<u8>>,
    /// How many connections there have been, for their numbers here.
    connections: AtomicUsize,
    /// For each open connection, whether it has died silently.
    open: Mutex<HashMap<usize, Arc<AtomicBool>>>,
}

impl Proxy {
    /// Starts one before a port of this machine.
    pub async fn before(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let own_port = listener.local_addr().expect("its address").port();
        let shared = Arc::new(Shared::default());
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, port, Arc::clone(&shared)));
        Self { port: own_port, shared, _accepting: accepting }
    }

    pub fn weather(&self, weather: Weather) {
        *lock(&self.shared.weather) = weather;
    }

    /// The connections that are open now carry nothing any more, as after a firewall forgot them; new ones work.
    pub fn forget_connections(&self) {
        lock(&self.shared.open).values().for_each(|dead| dead.store(true, Ordering::SeqCst));
    }

    /// Everything that clients sent so far.
    pub fn heard(&self) -> Vec<u8> {
        lock(&self.shared.heard).clone()
    }

    /// Whether clients sent this text, unencrypted.
    pub fn heard_text(&self, text: &str) -> bool {
        self.heard().windows(text.len()).any(|part| part == text.as_bytes())
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, port: u16, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let number = shared.connections.fetch_add(1, Ordering::SeqCst);
            let dead = Arc::new(AtomicBool::new(false));
            lock(&shared.open).insert(number, Arc::clone(&dead));
            // However it ends, dropping both sockets closes the connection.
            let _ = Box::pin(relay(client, port, &shared, &dead)).await;
            lock(&shared.open).remove(&number);
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn relay(client: TcpStream, port: u16, shared: &Shared, dead: &AtomicBool) -> io::Result<()> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let to_client = tokio::sync::Mutex::new(to_client);
    tokio::select! {
        ended = requests(from_client, to_server, &to_client, shared, dead) => ended,
        ended = answers(from_server, &to_client, shared, dead) => ended,
    }
}

type ToClient = tokio::sync::Mutex<OwnedWriteHalf>;

async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    to_client: &ToClient,
    shared: &Shared,
    dead: &AtomicBool,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        let piece = &buffer[..length];
        if piece.is_empty() {
            return Ok(());
        }
        lock(&shared.heard).extend(piece);
        let weather = *lock(&shared.weather);
        match weather {
            _ if dead.load(Ordering::SeqCst) => {}
            Weather::Dead => dead.store(true, Ordering::SeqCst),
            Weather::NoStartTls(code) if asks_for_start_tls(piece) => {
                to_client.lock().await.write_all(&start_tls_answer(piece, code)).await?;
            }
            _ => to.write_all(piece).await?,
        }
    }
}

async fn answers(mut from: OwnedReadHalf, to_client: &ToClient, shared: &Shared, dead: &AtomicBool) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        let mut piece = &buffer[..length];
        if piece.is_empty() {
            return Ok(());
        }
        let weather = *lock(&shared.weather);
        let change = |to| *lock(&shared.weather) = to;
        let mut cut = false;
        match weather {
            _ if dead.load(Ordering::SeqCst) => continue,
            Weather::Slow(by) => tokio::time::sleep(by).await,
            Weather::CutAfter(left) if left < length => {
                change(Weather::Fair);
                (piece, cut) = (&piece[..left], true);
            }
            Weather::CutAfter(left) => change(Weather::CutAfter(left - length)),
            Weather::LoseAnswer => {
                change(Weather::Fair);
                continue;
            }
            Weather::Mangled if is_answer_to_modify(piece) => {
                change(Weather::Fair);
                let id = piece[4];
                to_client.lock().await.write_all(&[0x30, 13, 2, 1, id, 0x67, 8, 0x0a, 1, 0, 4, 0, 4, 1, 0xff]).await?;
                continue;
            }
            Weather::Fair | Weather::Mangled | Weather::Dead | Weather::NoStartTls(_) => {}
        }
        to_client.lock().await.write_all(piece).await?;
        if cut {
            return Ok(());
        }
    }
}

/// A modify response without texts (RFC 4511, section 4.6), and nothing else.
fn is_answer_to_modify(answer: &[u8]) -> bool {
    answer.len() == 14 && answer[5] == 0x67
}

fn asks_for_start_tls(request: &[u8]) -> bool {
    request.windows(START_TLS.len()).any(|part| part == START_TLS)
}

/// An extended response (RFC 4511, section 4.12) to the message that the request begins with.
fn start_tls_answer(request: &[u8], code: u8) -> [u8; 14] {
    let id = request[4];
    [0x30, 12, 2, 1, id, 0x78, 7, 0x0a, 1, code, 4, 0, 4, 0]
}
