//! Large files are made in the background, for one person, and kept for a while. The files have no name: when the program ends, or
//! when their time is over, nothing of them is left on the disk.

use std::{
    collections::HashMap,
    fs::File,
    io::Write as _,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{BATCH, Source, content::Content, format::Format};
use crate::{
    chance,
    clock::{Instant, delta},
    db,
    web::{error::WebError, pages::audit::export::Progress, settings::Inspection},
};

/// How many files there may be at once, and how many of them for one person.
const MOST: usize = 8;
const MOST_OF_A_PERSON: usize = 2;

pub(in crate::web::audit) struct Jobs {
    folder: PathBuf,
    kept: Duration,
    by_id: Mutex<HashMap<String, Arc<Job>>>,
}

/// One file in the making, or made.
pub(super) struct Job {
    account_id: String,
    /// Without an ending.
    pub(super) file_name: &'static str,
    pub(super) format: Format,
    pub(super) total: u64,
    pub(super) ends_at: Instant,
    pub(super) file: File,
    written: AtomicU64,
    is_done: AtomicBool,
    has_failed: AtomicBool,
}

impl Job {
    pub(super) fn progress(&self) -> Progress {
        if self.has_failed.load(Ordering::Acquire) {
            Progress::Failed
        } else if self.is_done.load(Ordering::Acquire) {
            Progress::Done
        } else {
            Progress::Running { written: self.written.load(Ordering::Relaxed), total: self.total }
        }
    }
}

impl Jobs {
    pub(in crate::web::audit) fn new(settings: &Inspection) -> Self {
        Self {
            folder: settings.export_folder.clone().unwrap_or_else(std::env::temp_dir),
            kept: settings.export_kept,
            by_id: Mutex::default(),
        }
    }

    /// Begins to make a file.
    ///
    /// # Errors
    /// [`WebError::TooMany`] if there are enough already.
    pub(super) fn start<C: Content>(
        &self,
        account_id: &str,
        source: Source<C>,
        total: u64,
        now: Instant,
    ) -> Result<String, WebError> {
        let mut jobs = self.lock();
        jobs.retain(|_, job| job.ends_at > now);
        let own = jobs.values().filter(|job| job.account_id == account_id).count();
        if jobs.len() >= MOST || own >= MOST_OF_A_PERSON {
            return Err(WebError::TooMany { seconds: 60 });
        }
        let broken = |error: std::io::Error| WebError::Internal(format!("a file for an export: {error}"));
        let job = Arc::new(Job {
            account_id: account_id.to_owned(),
            file_name: C::FILE,
            format: source.format,
            total,
            ends_at: now + delta(self.kept),
            file: tempfile::tempfile_in(&self.folder).map_err(broken)?,
            written: AtomicU64::new(0),
            is_done: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
        });
        let id = chance::token();
        jobs.insert(id.clone(), Arc::clone(&job));
        tokio::spawn(run(job, source));
        Ok(id)
    }

    /// The job of this id, if it is this person's and its time is not over.
    pub(super) fn get(&self, id: &str, account_id: &str, now: Instant) -> Option<Arc<Job>> {
        let mut jobs = self.lock();
        jobs.retain(|_, job| job.ends_at > now);
        jobs.get(id).filter(|job| job.account_id == account_id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Job>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn run<C: Content>(job: Arc<Job>, source: Source<C>) {
    let outcome = write(&job, &source).await;
    if let Err(error) = outcome {
        tracing::error!(event = "export.failed", reason = %error);
        job.has_failed.store(true, Ordering::Release);
    }
    job.is_done.store(true, Ordering::Release);
}

async fn write<C: Content>(job: &Arc<Job>, source: &Source<C>) -> Result<(), db::Error> {
    append(job, source.format.beginning(C::COLUMNS)).await?;
    let mut last = None;
    while let Some((text, id)) = source.piece(last.take()).await? {
        append(job, text).await?;
        job.written.fetch_add(BATCH as u64, Ordering::Relaxed);
        last = Some(id);
    }
    Ok(())
}

async fn append(job: &Arc<Job>, text: String) -> Result<(), db::Error> {
    let job = Arc::clone(job);
    let written = tokio::task::spawn_blocking(move || (&job.file).write_all(text.as_bytes())).await;
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(db::Error::Broken(format!("a file for an export: {error}"))),
        Err(error) => Err(db::Error::Broken(error.to_string())),
    }
}
