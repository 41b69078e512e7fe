//! The command line.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use latchkey::{
    clock::Clock,
    command::{
        check, demo, outbox, serve,
        terms::{self, Weight},
    },
    config::{self, Config, LogSettings},
    db::Database,
};
use tracing_subscriber::filter::LevelFilter;

/// Account self-service permission portal for organisations with an LDAP directory.
#[derive(Parser)]
#[command(version, about)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the portal with an embedded directory and a sample university, to try it out
    Demo(DemoArgs),
    /// Run the portal on your directory, database and mail server
    Serve(ConfigArgs),
    /// Try everything that can be configured and say what to do about what fails; changes nothing
    Check(ConfigArgs),
    /// Bring the database's tables to this version
    Migrate(ConfigArgs),
    /// Show what is owed to the directory and the mail server, or try again what failed
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Publish or list the services' terms
    #[command(subcommand)]
    Terms(TermsCommand),
}

#[derive(Args)]
struct ConfigArgs {
    /// The configuration file; latchkey.example.toml shows every key
    #[arg(long, env = "LATCHKEY_CONFIG", default_value = "latchkey.toml", value_name = "FILE")]
    config: PathBuf,
}

#[derive(Args)]
struct DemoArgs {
    /// Address and port of the portal
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Address and port of the embedded directory
    #[arg(long, default_value = "127.0.0.1:3890")]
    directory_listen: SocketAddr,
    /// Folder for the demo's data [default: latchkey-demo in your data folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum TermsCommand {
    /// Publish what is new in the terms folder: <service>/<number>.de.md and <number>.en.md
    Publish(PublishArgs),
    /// List all published versions with their digests
    List(ConfigArgs),
}

#[derive(Subcommand)]
enum OutboxCommand {
    /// List what is owed to whom and since when
    List(ConfigArgs),
    /// Try at once everything that has failed before
    Retry(ConfigArgs),
}

#[derive(Args)]
struct PublishArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Only these services [default: all]
    services: Vec<String>,
    /// Everybody who has the service must accept the new version
    #[arg(long, conflicts_with = "minor")]
    major: bool,
    /// Nobody has to accept again
    #[arg(long)]
    minor: bool,
    /// After a major version: how many days members keep the service without having accepted it
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(i32).range(0..=366))]
    grace_days: i32,
    /// The version takes effect after this many days
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(i32).range(0..=366))]
    effective_in_days: i32,
}

/// Exit codes: 0 done; 1 something failed or a check found something; 2 the command line or the configuration is wrong.
#[actix_web::main]
async fn main() -> ExitCode {
    match run(CommandLine::parse().command).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("latchkey: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo(args) => {
            start_log(LogSettings { level: LevelFilter::WARN, json: false });
            let place = demo::Place {
                listen: args.listen,
                directory_listen: args.directory_listen,
                data: args.data.map_or_else(demo_folder, Ok)?,
            };
            demo::demo(&place).await?;
        }
        Command::Serve(args) => {
            let Some(config) = load(&args.config) else { return Ok(ExitCode::from(2)) };
            start_log(config.log);
            serve::serve(&config).await?;
        }
        Command::Check(args) => {
            let Some(config) = load(&args.config) else { return Ok(ExitCode::from(2)) };
            let lines = check::check(&config, check::print_line).await;
            if lines.iter().any(|line| line.trouble.is_some()) {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Migrate(args) => {
            let Some(config) = load(&args.config) else { return Ok(ExitCode::from(2)) };
            Database::open(&config.database)?.migrate().await?;
            println!("The tables are up to date.");
        }
        Command::Outbox(command) => return run_outbox(command).await,
        Command::Terms(command) => return run_terms(command).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn run_outbox(command: OutboxCommand) -> anyhow::Result<ExitCode> {
    let (OutboxCommand::List(args) | OutboxCommand::Retry(args)) = &command;
    let Some(config) = load(&args.config) else { return Ok(ExitCode::from(2)) };
    let database = Database::open(&config.database)?;
    match command {
        OutboxCommand::List(_) => outbox::list(&database).await?,
        OutboxCommand::Retry(_) => outbox::retry(&database, Clock::system().now()).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn run_terms(command: TermsCommand) -> anyhow::Result<ExitCode> {
    let path = match &command {
        TermsCommand::Publish(args) => &args.config.config,
        TermsCommand::List(args) => &args.config,
    };
    let Some(config) = load(path) else { return Ok(ExitCode::from(2)) };
    let database = Database::open(&config.database)?;
    database.migrate().await?;
    match command {
        TermsCommand::List(_) => terms::list(&database).await?,
        TermsCommand::Publish(args) => {
            let weight = Weight {
                major: (args.major || args.minor).then_some(args.major),
                grace_days: args.grace_days,
                effective_in_days: args.effective_in_days,
            };
            let now = Clock::system().now();
            let (catalogue, folder) = (&config.catalogue, &config.terms_folder);
            terms::publish(&database, catalogue, folder, &args.services, weight, now).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The configuration, or all its faults on standard error.
fn load(path: &Path) -> Option<Config> {
    match config::load(path, std::env::vars()) {
        Ok(config) => Some(config),
        Err(faults) => {
            eprintln!("{faults}");
            None
        }
    }
}

/// The log goes to standard error, one line per event.
fn start_log(settings: LogSettings) {
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(settings.level);
    if settings.json {
        log.json().flatten_event(true).init();
    } else {
        log.init();
    }
}

/// `$XDG_DATA_HOME/latchkey-demo`, or `~/.local/share/latchkey-demo`.
fn demo_folder() -> anyhow::Result<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")));
    Ok(base.context("there is no home folder; say where with --data DIR")?.join("latchkey-demo"))
}
