//! The log at size: fills a database with what people leave in it over years, seals it, opens every page of the auditors, exports a
//! million records, verifies everything, and says how fast and with how much memory.
//!
//! `cargo bench --bench audit -- --records 100000,1000000 --databases sqlite,postgres`; PostgreSQL as `LATCHKEY_TEST_POSTGRES` says.

mod auditor;
mod export;
mod fill;
mod life;
mod memory;
mod pages;
mod place;
mod portal;
mod report;
mod seal;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use clap::{Parser, ValueEnum};
use latchkey::{
    clock::Clock,
    db::{Database, Error, Settings},
    domain::audit::figures,
};

use crate::{auditor::Auditor, life::Life, portal::Portal};

/// Measures the log at size
#[derive(Parser)]
struct Arguments {
    /// How many records the log has
    #[arg(long, value_delimiter = ',', default_value = "100000")]
    records: Vec<u32>,
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    databases: Vec<Kind>,
    /// Folder in which databases are kept, to be measured again [default: none, and nothing is kept]
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Opens pages, and nothing else
    #[arg(long)]
    only_pages: bool,
    /// Fills this database and ends: a process of its own, whose memory counts for nobody
    #[arg(long, hide = true)]
    fill: Option<String>,
    /// What cargo says to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Sqlite,
    Postgres,
}

/// A database that is full of records.
struct Filled {
    database: Database,
    url: String,
    life: Life,
}

/// How long something took, with the memory that the process needed at most meanwhile.
struct Took {
    time: Duration,
    mebibytes: u64,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let arguments = Arguments::parse();
    if let Some(url) = &arguments.fill {
        return fill::fill(url, Life::of(arguments.records[0])).await;
    }
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = arguments.folder.as_deref().unwrap_or(temporary.path());
    for &records in &arguments.records {
        for &kind in &arguments.databases {
            println!("\n### {kind:?}, {records} records\n");
            measure(&arguments, kind, records, folder).await?;
            if arguments.folder.is_none() {
                place::forget(kind, records);
            }
        }
    }
    Ok(())
}

fn open(url: &str) -> Result<Database, Error> {
    Database::open(&Settings { url: url.to_owned().into(), pool_size: 4, wait: Duration::from_secs(10) })
}

async fn measure(arguments: &Arguments, kind: Kind, records: u32, folder: &Path) -> Result<(), Error> {
    let url = place::url(kind, records, folder);
    let filling = measured(async { fill_apart(&url, records) }).await?;
    let filled = Filled { database: open(&url)?, url, life: Life::of(records) };
    let mut works = vec![("fill", u64::from(filled.life.records()), filling)];
    let before = place::sealed(&filled.database).await?;
    if !arguments.only_pages {
        let took = measured(seal::seal(&filled)).await?;
        works.push(("seal", place::sealed(&filled.database).await? - before, took));
        works.push(("verify", place::sealed(&filled.database).await?, measured(seal::verify(&filled)).await?));
    }
    works.push(("count for charts", u64::from(filled.life.people), measured(count(&filled)).await?));
    report::work(&works);
    let portal = Portal::start(&filled.url).await;
    let mut auditor = Auditor::signed_in(portal.address).await;
    report::pages(&pages::pages(&mut auditor, filled.life).await);
    if !arguments.only_pages {
        report::exports(&export::exports(&mut auditor, filled.life).await);
    }
    Ok(())
}

/// What the worker counts for the charts now and then.
async fn count(filled: &Filled) -> Result<(), Error> {
    let services = life::SERVICES.map(str::to_owned).into();
    let counted = filled.database.read(move |conn| figures::count(conn, &services)).await?;
    filled.database.write(move |conn| figures::keep(conn, counted, Clock::system().now())).await
}

/// Fills a database that is not filled yet.
fn fill_apart(url: &str, records: u32) -> Result<(), Error> {
    let this = env::current_exe().expect("this program");
    let status = Command::new(this).args(["--fill", url, "--records", &records.to_string()]).status();
    if status.is_ok_and(|status| status.success()) { Ok(()) } else { Err(Error::Broken("not filled".into())) }
}

async fn measured(work: impl Future<Output = Result<(), Error>>) -> Result<Took, Error> {
    memory::forget();
    let began = Instant::now();
    work.await?;
    Ok(Took { time: began.elapsed(), mebibytes: memory::at_most() })
}
