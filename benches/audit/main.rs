//! The log at size: fills a database with records, seals them and verifies them, and says how fast and with how much memory.
//!
//! `cargo bench --bench audit -- --records 100000,1000000 --databases sqlite,postgres`; PostgreSQL as `LATCHKEY_TEST_POSTGRES` says.
//! Each measurement is a function over a [`Filled`] database, in a file of its own.

mod fill;
mod memory;
#[path = "../../tests/support/postgres.rs"]
mod postgres;
mod seal;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::{Parser, ValueEnum};
use latchkey::db::{Database, Error, Settings};

/// Measures the log at size
#[derive(Parser)]
struct Arguments {
    /// How many records the log has
    #[arg(long, value_delimiter = ',', default_value = "100000")]
    records: Vec<u32>,
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    databases: Vec<Kind>,
    /// How many people the records are about
    #[arg(long, default_value_t = 100_000)]
    people: u32,
    /// Folder for the files of SQLite [default: a temporary one]
    #[arg(long)]
    folder: Option<PathBuf>,
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
    records: u32,
}

/// How long something took, with the memory that the process needed at most meanwhile.
struct Took {
    time: Duration,
    mebibytes: u64,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let arguments = Arguments::parse();
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = arguments.folder.clone().unwrap_or_else(|| temporary.path().to_owned());
    println!(
        "| database | records | fill /s | seal /s | verify s | verify /s | MiB at most |\n|---|---|---|---|---|---|---|"
    );
    for &records in &arguments.records {
        for &kind in &arguments.databases {
            let url = match kind {
                Kind::Sqlite => format!("sqlite://{}", folder.join(format!("audit-{records}.db")).display()),
                Kind::Postgres => postgres::database(),
            };
            let database = Database::open(&Settings { url: url.into(), pool_size: 4, wait: Duration::from_secs(10) })?;
            database.migrate().await?;
            let filled = Filled { database, records };
            let fill = measured(fill::fill(&filled, arguments.people)).await?;
            let sealing = measured(seal::seal(&filled)).await?;
            let verifying = measured(seal::verify(&filled)).await?;
            let rate = |took: &Took| (f64::from(records) / took.time.as_secs_f64()).round();
            println!(
                "| {kind:?} | {records} | {} | {} | {:.1} | {} | {} |",
                rate(&fill),
                rate(&sealing),
                verifying.time.as_secs_f64(),
                rate(&verifying),
                verifying.mebibytes
            );
        }
    }
    Ok(())
}

async fn measured(work: impl Future<Output = Result<(), Error>>) -> Result<Took, Error> {
    memory::forget();
    let began = Instant::now();
    work.await?;
    Ok(Took { time: began.elapsed(), mebibytes: memory::at_most() })
}
