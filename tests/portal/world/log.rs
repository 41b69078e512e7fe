//! The program's log, captured for all tests together.

use std::{
    io,
    sync::{Mutex, OnceLock},
};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Captured;

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Capture;

impl MakeWriter<'_> for Capture {
    type Writer = Captured;

    fn make_writer(&self) -> Captured {
        Captured
    }
}

/// Captures from now on what the program logs at its most talkative, and what others log as usual.
pub fn capture() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        let filter = EnvFilter::new("info,latchkey=trace");
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(Capture).with_ansi(false).init();
    });
}

/// Everything logged so far, by all tests.
pub fn captured_log() -> String {
    String::from_utf8_lossy(&LOG.lock().expect("the log")).into_owned()
}
