//! A server as a process of its own, which ends when its owner is dropped, and also when the test process
//! dies in any other way.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    ops::Range,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Starts the program, says its id, and ends it by this id once standard input is closed: that is when the
/// test process wants it to or has died. Ctrl-C reaches the keeper as well, which must outlive it; and a server
/// that a test stopped would not notice that it is to end.
const KEEPER: &str = r#""$@" >>"$LOG" 2>&1 & server=$!; trap '' INT HUP TERM; echo $server
cat >/dev/null; kill $server; kill -CONT $server; wait $server"#;

/// A running server.
pub struct Process {
    keeper: Child,
    pub pid: u32,
    log: PathBuf,
}

impl Process {
    /// Starts a program; what it prints goes to `log`.
    pub fn start(command: &[&str], log: &Path) -> Self {
        let mut keeper = Command::new("/bin/sh")
            .args(["-c", KEEPER, "keeper"])
            .args(command)
            .env("LOG", log)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("start /bin/sh");
        let mut line = String::new();
        let output = keeper.stdout.take().expect("piped");
        BufReader::new(output).read_line(&mut line).expect("the process id");
        Self { keeper, pid: line.trim().parse().expect("a process id"), log: log.to_owned() }
    }

    /// Waits until `answers` says so.
    ///
    /// # Errors
    ///
    /// What the server printed, if it ended or did not answer within ten seconds.
    pub fn wait_until(&self, answers: impl Fn() -> bool) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) && self.is_running() {
            if answers() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Err(fs::read_to_string(&self.log).unwrap_or_default())
    }

    /// Whether it still runs; ended processes stay listed as zombies until their keeper ends.
    pub fn is_running(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
    }

    /// Sends a signal by its name, e.g. `STOP`.
    pub fn signal(&self, name: &str) {
        let pid = self.pid.to_string();
        let status = Command::new("/bin/kill").args(["-s", name, &pid]).stderr(Stdio::null()).status();
        assert!(status.is_ok(), "/bin/kill cannot be started (Debian package procps)");
    }

    /// Stops it where it is, until `CONT`. Waits until all its threads stand still: after the signal alone they may go on for a
    /// while and answer.
    pub fn freeze(&self) {
        self.signal("STOP");
        let start = Instant::now();
        while !self.stands_still() {
            assert!(start.elapsed() < Duration::from_secs(10), "it does not stop");
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn stands_still(&self) -> bool {
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid)).expect("a running process");
        threads.flatten().all(|thread| {
            let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('T'))
        })
    }

    /// Ends it and waits for its end.
    pub fn stop(&mut self) {
        if self.is_running() {
            self.signal("CONT");
        }
        drop(self.keeper.stdin.take());
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(5) {
            if let Ok(Some(_)) = self.keeper.try_wait() {
                return;
            }
            thread::sleep(Duration::from_millis(2));
        }
        self.signal("KILL");
        let _ = self.keeper.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Below those that the system gives to outgoing connections: one of them could take the port before the server listens.
const PORTS: Range<u16> = 10_000..30_000;

/// A port on which nobody listens now, and which this process gives to nobody else.
pub fn free_port() -> u16 {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    // Another process that does the same begins elsewhere.
    let begin = std::process::id() as usize * 97;
    loop {
        let place = begin + NEXT.fetch_add(1, Ordering::Relaxed);
        let port = PORTS.start + u16::try_from(place % PORTS.len()).expect("a port");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// A connection to a port of this machine, with limits so that no test hangs.
pub fn connect(port: u16) -> Option<TcpStream> {
    let limit = Duration::from_secs(1);
    let stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), limit).ok()?;
    stream.set_read_timeout(Some(limit)).ok()?;
    Some(stream)
}
