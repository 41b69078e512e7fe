//! The command line.

use std::{
    io::IsTerminal,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use latchkey::{
    app::App,
    clock::Clock,
    command::{
        audit, check, demo, outbox,
        processing_record::processing_record,
        purge, serve,
        terms::{self, Weight},
    },
    config::{self, Config, LogSettings},
    db::Database,
    domain::locale::Locale,
    say,
};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

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
    /// Erase accounts that have left the directory
    Purge(PurgeArgs),
    /// The sealed log: its head, verification, receipts, keys; the record of processing activities
    #[command(subcommand)]
    Audit(AuditCommand),
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

#[derive(Subcommand)]
enum AuditCommand {
    /// Print the newest signed tree head, to be kept where nobody can change it
    Head(ConfigArgs),
    /// Compute everything again and name the first record that does not fit
    Verify(VerifyArgs),
    /// Prove a receipt with the log's public key alone; needs neither database nor configuration
    VerifyReceipt {
        /// The receipt (JSON)
        file: PathBuf,
        /// A file with the public key, in PEM or as the line that new-key printed
        #[arg(long, value_name = "PUB")]
        key: PathBuf,
    },
    /// Make a key that signs tree heads, and print its public key
    NewKey {
        /// The file to make; there must be none of this name
        file: PathBuf,
    },
    /// Print the record of processing activities (GDPR, article 30) as Markdown
    ProcessingRecord(RecordArgs),
}

#[derive(Args)]
struct RecordArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The language of the record
    #[arg(long, default_value = "de", value_parser = ["de", "en"])]
    language: String,
}

#[derive(Args)]
struct PurgeArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Say who would be erased, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Erase nobody if it would be more than so many percent of all accounts [default: as configured]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=100))]
    at_most_share: Option<u8>,
}

#[derive(Args)]
struct VerifyArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// An older head: proves that the log is an extension of it
    #[arg(long, value_name = "HEAD-FILE")]
    since: Option<PathBuf>,
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
    // Databases, journals and mails hold personal data: what is made here is for this account alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    match Box::pin(run(CommandLine::parse().command)).await {
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
            say!("The tables are up to date.");
        }
        Command::Outbox(command) => return run_outbox(command).await,
        Command::Purge(args) => {
            let Some(config) = load(&args.config.config) else { return Ok(ExitCode::from(2)) };
            start_log(config.log);
            let most = args.at_most_share.unwrap_or(config.work.erasure.at_most_percent);
            purge::purge(&App::assemble(&config, Clock::system(), None).await?, most, args.dry_run).await?;
        }
        Command::Audit(command) => return run_audit(command).await,
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

async fn run_audit(command: AuditCommand) -> anyhow::Result<ExitCode> {
    let (path, since) = match &command {
        AuditCommand::NewKey { file } => {
            audit::print_new_key(file)?;
            return Ok(ExitCode::SUCCESS);
        }
        AuditCommand::VerifyReceipt { file, key } => {
            let is_good = audit::verify_receipt(file, key)?;
            return Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        AuditCommand::ProcessingRecord(args) => {
            let Some(config) = load(&args.config.config) else { return Ok(ExitCode::from(2)) };
            let locale = Locale::from_code(&args.language).unwrap_or(Locale::De);
            say!("{}", processing_record(&config, locale).trim_end());
            return Ok(ExitCode::SUCCESS);
        }
        AuditCommand::Head(args) => (&args.config, None),
        AuditCommand::Verify(args) => (&args.config.config, Some(&args.since)),
    };
    let Some(config) = load(path) else { return Ok(ExitCode::from(2)) };
    let database = Database::open(&config.database)?;
    let is_good = match since {
        None => audit::head(&database).await.map(|()| true)?,
        Some(since) => audit::verify(&database, config.audit.trusted_keys(), since.as_deref()).await?,
    };
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
    // Variables of others may hold anything; one of ours that is no text is as good as misspelt.
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        let value = value.to_str().map_or_else(|| "(not UTF-8)".to_owned(), str::to_owned);
        name.starts_with("LATCHKEY_").then_some((name, value))
    });
    match config::load(path, variables) {
        Ok(config) => Some(config),
        Err(faults) => {
            eprintln!("{faults}");
            None
        }
    }
}

/// The log goes to standard error, one line per event. Libraries are heard when something is wrong; the demo directory's codec calls
/// controls unknown that the directory itself understands.
fn start_log(settings: LogSettings) {
    let heard = Targets::new()
        .with_default(settings.level.min(LevelFilter::WARN))
        .with_target("latchkey", settings.level)
        .with_target("ldap3_proto", LevelFilter::ERROR);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if settings.json {
        lines.json().flatten_event(true).boxed()
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).boxed()
    };
    tracing_subscriber::registry().with(lines.with_filter(heard)).init();
}

/// `$XDG_DATA_HOME/latchkey-demo`, or `~/.local/share/latchkey-demo`.
fn demo_folder() -> anyhow::Result<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")));
    Ok(base.context("there is no home folder; say where with --data DIR")?.join("latchkey-demo"))
}
