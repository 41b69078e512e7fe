//! A network that misbehaves on command: every connection to a server goes through here.
#![allow(dead_code, reason = "every test crate uses a part of it")]

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

/// How the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    Fair,
    /// Everything is late by this much, in its order.
    Slow(Duration),
    /// Nothing comes through; what was sent is delivered when the weather changes.
    Hanging,
    /// Requests arrive, answers are lost for good; such a connection ends with this weather.
    SwallowingAnswers,
    /// Connections are ended, new ones at once.
    Refusing,
    /// LDAP requests are answered that the server is busy (51) and do not reach it.
    Busy,
}

/// When to hang by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The operation was sent and has not arrived.
    Before(Operation),
    /// It has arrived, its answer has not.
    After(Operation),
}

/// An LDAP operation, by the tag of its request (RFC 4511, section 4.2 and following).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Modify = 0x66,
    Compare = 0x6e,
}

/// A proxy before a server on this machine. It ends when this is dropped.
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    target: SocketAddr,
    weather: watch::Sender<Weather>,
    /// Grows with every order to cut all connections.
    cuts: watch::Sender<u64>,
    /// Grows with every order to let all connections die silently.
    forgotten: watch::Sender<u64>,
    /// How many more bytes of requests pass before all connections are cut; negative: no limit.
    budget: AtomicI64,
    trap: Mutex<Option<Moment>>,
    open: AtomicUsize,
}

impl Proxy {
    pub async fn before(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let shared = Arc::new(Shared {
            target: (Ipv4Addr::LOCALHOST, port).into(),
            weather: watch::Sender::new(Weather::Fair),
            cuts: watch::Sender::new(0),
            forgotten: watch::Sender::new(0),
            budget: AtomicI64::new(-1),
            trap: Mutex::default(),
            open: AtomicUsize::new(0),
        });
        let port = listener.local_addr().expect("its address").port();
        Self { port, accepting: tokio::spawn(accept(listener, Arc::clone(&shared))), shared }
    }

    /// Changes the weather for all connections, old and new.
    pub fn set(&self, weather: Weather) {
        self.shared.weather.send_replace(weather);
        if weather == Weather::Refusing {
            self.cut();
        }
    }

    /// Ends all connections now; new ones are welcome.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Ends all connections once so many more bytes of requests have arrived, in the middle of one if need be.
    pub fn cut_after(&self, bytes: u16) {
        self.shared.budget.store(i64::from(bytes), Ordering::SeqCst);
    }

    /// Hangs by itself at the next operation of a kind; only on connections without TLS can that be seen.
    pub fn hang_at(&self, moment: Moment) {
        *self.shared.trap.lock().unwrap_or_else(PoisonError::into_inner) = Some(moment);
    }

    /// Waits until it hangs.
    pub async fn hung(&self) {
        let mut weather = self.shared.weather.subscribe();
        let hung = weather.wait_for(|weather| *weather == Weather::Hanging);
        timeout(Duration::from_secs(10), hung).await.expect("nothing like it came along").expect("the proxy lives");
    }

    /// What is sent on connections that are open now, in either direction, vanishes, and nobody is told; new connections are well.
    pub fn forget_connections(&self) {
        self.shared.forgotten.send_modify(|times| *times += 1);
    }

    /// How many connections are open now.
    pub fn connections(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        if *shared.weather.borrow() == Weather::Refusing {
            continue;
        }
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            shared.open.fetch_add(1, Ordering::SeqCst);
            let _ = carry(client, &shared).await;
            shared.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

/// Carries both directions until one side ends or the connection is cut.
async fn carry(client: TcpStream, shared: &Shared) -> io::Result<()> {
    let (mut cuts, mut forgotten) = (shared.cuts.subscribe(), shared.forgotten.subscribe());
    // The server's system accepts connections even while the server hangs; here nobody does.
    let mut weather = shared.weather.subscribe();
    let _ = weather.wait_for(|weather| *weather != Weather::Hanging).await;
    let server = TcpStream::connect(shared.target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let to_client = tokio::sync::Mutex::new(to_client);
    let (from_server, to_server) = server.into_split();
    let mut carrying = std::pin::pin!(async {
        tokio::select! {
            ended = requests(from_client, to_server, &to_client, shared) => ended,
            ended = answers(from_server, &to_client, shared) => ended,
        }
    });
    tokio::select! {
        _ = cuts.changed() => Ok(()),
        ended = &mut carrying => ended,
        _ = forgotten.changed() => {
            // Both ends stay open and hear nothing.
            let _ = cuts.changed().await;
            Ok(())
        }
    }
}

type Client = tokio::sync::Mutex<OwnedWriteHalf>;

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, client: &Client, shared: &Shared) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let size = from.read(&mut buffer).await?;
        if size == 0 {
            return Ok(());
        }
        let chunk = &buffer[..size];
        if *shared.weather.borrow() == Weather::Busy {
            // Half a message cannot be answered: the connection ends, as it may with a busy server.
            let Some(answers) = busy(chunk) else { return Ok(()) };
            client.lock().await.write_all(&answers).await?;
            continue;
        }
        let trap = spring(shared, chunk);
        if matches!(trap, Some(Moment::Before(_))) {
            shared.weather.send_replace(Weather::Hanging);
        }
        wait_for_passage(shared).await;
        let passing = shared.budget.load(Ordering::SeqCst);
        if passing >= 0 {
            let rest = passing - i64::try_from(size).unwrap_or(i64::MAX);
            shared.budget.store(rest.max(-1), Ordering::SeqCst);
            if rest < 0 {
                to.write_all(&chunk[..usize::try_from(passing).unwrap_or(0)]).await?;
                shared.cuts.send_modify(|cuts| *cuts += 1);
                return Ok(());
            }
        }
        if matches!(trap, Some(Moment::After(_))) {
            shared.weather.send_replace(Weather::Hanging);
        }
        to.write_all(chunk).await?;
    }
}

async fn answers(mut from: OwnedReadHalf, client: &Client, shared: &Shared) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    let mut weather = shared.weather.subscribe();
    loop {
        let size = from.read(&mut buffer).await?;
        if size == 0 {
            return Ok(());
        }
        if *weather.borrow() == Weather::SwallowingAnswers {
            let _ = weather.wait_for(|weather| *weather != Weather::SwallowingAnswers).await;
            return Ok(());
        }
        wait_for_passage(shared).await;
        client.lock().await.write_all(&buffer[..size]).await?;
    }
}

/// Waits as long as the weather demands.
async fn wait_for_passage(shared: &Shared) {
    let mut weather = shared.weather.subscribe();
    let now = *weather.borrow();
    match now {
        Weather::Slow(by) => sleep(by).await,
        Weather::Hanging => _ = weather.wait_for(|weather| *weather != Weather::Hanging).await,
        Weather::Fair | Weather::SwallowingAnswers | Weather::Refusing | Weather::Busy => {}
    }
}

/// The moment that was waited for, if this is it; it comes once.
fn spring(shared: &Shared, chunk: &[u8]) -> Option<Moment> {
    let mut trap = shared.trap.lock().unwrap_or_else(PoisonError::into_inner);
    trap.take_if(|moment| match moment {
        Moment::Before(operation) | Moment::After(operation) => holds(chunk, *operation),
    })
}

/// What a busy server answers to these LDAP messages (RFC 4511, section 4.1.9); `None` if one is not whole.
fn busy(mut messages: &[u8]) -> Option<Vec<u8>> {
    const RESULT: [u8; 7] = [0x0a, 1, 51, 4, 0, 4, 0];
    let mut answers = Vec::new();
    while let [0x30, rest @ ..] = messages {
        let (length, content) = length(rest)?;
        let content = content.get(..length).map(|message| (message, &content[length..]))?;
        messages = content.1;
        let [2, size, id_and_operation @ ..] = content.0 else { return None };
        let (id, operation) = id_and_operation.split_at_checked(usize::from(*size))?;
        // Searches end with an operation of its own; nothing is answered to unbind and abandon.
        let response = match operation.first()? {
            0x42 | 0x50 => continue,
            0x63 => 0x65,
            request => request + 1,
        };
        let mut answer = vec![2, *size];
        answer.extend_from_slice(id);
        answer.extend([response, 7]);
        answer.extend(RESULT);
        answers.extend([0x30, u8::try_from(answer.len()).ok()?]);
        answers.append(&mut answer);
    }
    messages.is_empty().then_some(answers)
}

/// Whether one of these LDAP messages (RFC 4511, section 4.1.1) is such a request.
fn holds(mut messages: &[u8], operation: Operation) -> bool {
    const SEQUENCE: u8 = 0x30;
    while let [SEQUENCE, rest @ ..] = messages {
        let Some((length, content)) = length(rest) else { return false };
        // The message's id stands before the operation.
        if let [2, size, id_and_operation @ ..] = content
            && id_and_operation.get(usize::from(*size)) == Some(&(operation as u8))
        {
            return true;
        }
        messages = content.get(length..).unwrap_or_default();
    }
    false
}

/// A length in BER (X.690, section 8.1.3), and what follows it.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    Some((digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest))
}
