//! The load driver: whole activations through the portal as a browser does them, and, in the same run on the same
//! OpenLDAP, the same directory operations without it. `docs/PERFORMANCE.md` says how to read what it prints.

mod boards;
mod browser;
mod classes;
mod crowd;
mod figures;
mod one_by_one;
mod overload;
mod portal;
mod postgres;
mod raw;
mod report;
#[path = "../../tests/support/mod.rs"]
mod support;
mod together;
mod university;

use std::time::Duration;

use clap::{Parser, ValueEnum};

use postgres::Postgres;
use report::Report;
use university::University;

/// Measures the portal against the directory behind it
#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
struct Arguments {
    /// How many people do it at the same time
    #[arg(long, value_delimiter = ',', default_value = "1,8,32")]
    users: Vec<usize>,
    /// How many members the group has at the start of each round
    #[arg(long, value_delimiter = ',', default_value = "1000,100000")]
    members: Vec<usize>,
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    databases: Vec<DatabaseKind>,
    /// How long each side is measured in each case
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Into how many rounds this time is divided; the sides take turns
    #[arg(long, default_value_t = 2)]
    rounds: u32,
    /// How many people the university has
    #[arg(long, default_value_t = 20_000)]
    people: usize,
    /// With how many sessions memory is looked at
    #[arg(long, default_value_t = 10_000)]
    sessions: usize,
    /// Leaves out withdrawals
    #[arg(long)]
    no_withdrawals: bool,
    /// Leaves out what is counted with one user, the pages and the sessions
    #[arg(long)]
    only_changes: bool,
    /// Measures lecturers' classes and boards, and nothing else
    #[arg(long)]
    classes: bool,
    /// Measures what happens at twice the load that the portal can bear, and nothing else
    #[arg(long)]
    overload: bool,
    /// In how many seconds the whole class activates in front of the boards
    #[arg(long, default_value_t = 120.0)]
    board_seconds: f64,
    /// What cargo says to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DatabaseKind {
    Sqlite,
    Postgres,
}

impl DatabaseKind {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// One line of the table.
#[derive(Clone, Copy)]
struct Case<'a> {
    university: &'a University,
    members: usize,
    users: usize,
    database: DatabaseKind,
    postgres: Option<&'a Postgres>,
    each_round: Duration,
    rounds: u32,
    with_withdrawals: bool,
}

impl Case<'_> {
    /// The address of a new PostgreSQL database, if that is what is measured.
    fn url(&self, name: &str) -> Option<String> {
        (self.database == DatabaseKind::Postgres).then(|| self.postgres.expect("PostgreSQL").database(name))
    }
}

#[tokio::main]
async fn main() {
    let arguments = Arguments::parse();
    let courses: &[usize] = if arguments.classes { &classes::SIZES } else { &[] };
    let university = University::start(arguments.people, &arguments.members, courses);
    let postgres = arguments.databases.contains(&DatabaseKind::Postgres).then(Postgres::start);
    let mut report = Report::begin(&arguments);
    let url = |database: DatabaseKind, name: &str| {
        (database == DatabaseKind::Postgres).then(|| postgres.as_ref().expect("PostgreSQL").database(name))
    };
    let members = arguments.members[0];
    if arguments.overload {
        let time = Duration::from_secs_f64(arguments.seconds);
        for &database in &arguments.databases {
            report.overload(database, &overload::measure(&university, members, url(database, "overload"), time).await);
        }
        return report.print();
    }
    if arguments.classes {
        for &database in &arguments.databases {
            report.classes(database, &classes::measure(&university, members, url(database, "classes")).await);
            let time = Duration::from_secs_f64(arguments.board_seconds);
            report.boards(database, &boards::measure(&university, members, url(database, "boards"), time).await);
        }
        return report.print();
    }
    for &database in &arguments.databases {
        let case = Case {
            university: &university,
            members,
            users: arguments.users.iter().copied().max().unwrap_or(1),
            database,
            postgres: postgres.as_ref(),
            each_round: Duration::from_secs_f64(arguments.seconds / f64::from(arguments.rounds)),
            rounds: arguments.rounds,
            with_withdrawals: !arguments.no_withdrawals,
        };
        if !arguments.only_changes {
            report.counted(database, &one_by_one::measure(case, arguments.sessions).await);
        }
        for &members in &arguments.members {
            for &users in &arguments.users {
                report.changed(
                    &Case { members, users, ..case },
                    &together::measure(Case { members, users, ..case }).await,
                );
            }
        }
    }
    report.print();
}
