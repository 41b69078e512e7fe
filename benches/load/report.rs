//! What was measured, as tables in Markdown.

use std::{collections::BTreeMap, fs, time::Duration};

use crate::{
    Arguments, Case, DatabaseKind,
    boards::Boards,
    classes::Class,
    figures::{Quantiles, Round, milliseconds},
    one_by_one::{Activations, Counts},
    overload::Overload,
    together::Measured,
};

/// Collects lines; progress goes to standard error, the tables to standard output.
pub struct Report {
    machine: String,
    activations: Vec<String>,
    withdrawals: Vec<String>,
    computing: Vec<String>,
    counts: Vec<String>,
    pages: Vec<String>,
    memory: Vec<String>,
    trouble: Vec<String>,
    classes: Vec<String>,
    boards: Vec<String>,
    overload: Vec<String>,
}

impl Report {
    pub fn begin(arguments: &Arguments) -> Self {
        let build = if cfg!(debug_assertions) { "a debug build" } else { "a release build" };
        let machine = format!(
            "{build}; {}; {} s per side and case in {} rounds; {} people",
            machine(),
            arguments.seconds,
            arguments.rounds,
            arguments.people
        );
        let empty = Vec::new;
        Self {
            machine,
            activations: empty(),
            withdrawals: empty(),
            computing: empty(),
            counts: empty(),
            pages: empty(),
            memory: empty(),
            trouble: empty(),
            classes: empty(),
            boards: empty(),
            overload: empty(),
        }
    }

    pub fn classes(&mut self, database: DatabaseKind, classes: &[Class]) {
        for class in classes {
            self.classes.push(format!(
                "| {} | {} | {} | {} | {} | {} |",
                database.name(),
                class.size,
                class.questions_anew,
                class.anew.text(),
                class.questions_kept,
                class.kept.text()
            ));
        }
    }

    pub fn boards(&mut self, database: DatabaseKind, boards: &Boards) {
        let start = format!("| {} | {} in {:.0} s |", database.name(), boards.people, boards.lasted.as_secs_f64());
        for (place, lags) in boards.lags.iter().enumerate() {
            self.boards.push(format!("{start} {} | {} |", place + 1, lags.text()));
        }
        self.boards.push(format!(
            "{start} all | slowest {} ms, never counted {}, failed presses {}, questions about courses {} |",
            milliseconds(boards.slowest),
            boards.missed,
            boards.failures.len(),
            boards.questions
        ));
        self.trouble.extend(boards.failures.iter().take(5).cloned());
    }

    pub fn overload(&mut self, database: DatabaseKind, overload: &Overload) {
        let Overload { inside, inside_before, memory, .. } = overload;
        let failures = overload.failures.iter().chain(&inside.failures).chain(&inside_before.failures);
        let line = format!(
            "| {} | {:.0} | {:.0} | {:.0} | {} of {} | {} | {} | {} | {} | {} ms | {} → {} MiB | {} |",
            database.name(),
            overload.bearable,
            overload.offered_per_second(),
            overload.admitted_per_second(),
            overload.refused,
            overload.refused + overload.admitted,
            overload.until_refused.text(),
            overload.whole_way.text(),
            Quantiles::of(inside_before.pages.clone()).text(),
            Quantiles::of(inside.pages.clone()).text(),
            milliseconds(overload.afterwards),
            memory.0,
            memory.1,
            failures.clone().count(),
        );
        eprintln!("{line}");
        self.overload.push(line);
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for failure in failures {
            *kinds.entry(failure).or_default() += 1;
        }
        let trouble = kinds.iter().map(|(failure, count)| format!("| {} | | | {failure}: {count} |", database.name()));
        self.trouble.extend(trouble);
    }

    pub fn changed(&mut self, case: &Case<'_>, measured: &Measured) {
        let start = format!("| {} | {} | {} |", case.database.name(), case.members, case.users);
        for (sides, table) in
            [(&measured.activations, &mut self.activations), (&measured.withdrawals, &mut self.withdrawals)]
        {
            let (portal, raw) = (&sides.portal, &sides.raw);
            if portal.ways.is_empty() && portal.failures.is_empty() {
                continue;
            }
            let line = format!(
                "{start} {:.1} | {:.1} | **{:.2}** | {} | {} | {} | {} |",
                portal.per_second(),
                raw.per_second(),
                portal.per_second() / raw.per_second(),
                portal.whole().text(),
                portal.press().text(),
                raw.whole().text(),
                portal.failures.len() + raw.failures.len(),
            );
            eprintln!("{line}");
            table.push(line);
            let failures = portal.failures.iter().chain(&raw.failures).take(3);
            self.trouble.extend(failures.map(|failure| format!("{start} {failure} |")));
        }
        self.trouble.extend(measured.complaints.iter().map(|line| format!("{start} `{line}` |")));
        self.computing.push(computing(&start, measured));
    }

    pub fn counted(&mut self, database: DatabaseKind, counts: &Counts) {
        for (rules, Activations { count: activations, operations, transactions }) in
            [("role and eligibility", &counts.with_rules), ("none", &counts.without_rules)]
        {
            let each = |count: usize| share(count, *activations);
            let transactions = transactions.map_or("as PostgreSQL | as PostgreSQL".to_owned(), |counted| {
                let each = |count: i64| each(usize::try_from(count).unwrap_or_default());
                format!("{} | {}", each(counted.commits), each(counted.writes))
            });
            self.counts.push(format!(
                "| {} | {rules} | {} | {} | {} | {} | {transactions} |",
                database.name(),
                each(operations.binds),
                each(operations.searches),
                each(operations.compares),
                each(operations.modifies),
            ));
        }
        self.pages.extend([
            page(database, "sign-in", &counts.sign_in_page),
            page(database, "permissions", &counts.permissions_page),
        ]);
        self.memory.push(format!(
            "| {} | {} | {} MiB | {} MiB | {} MiB ({} sessions) | {:.1} MiB |",
            database.name(),
            milliseconds(counts.first_answer),
            counts.idle,
            counts.after_pages,
            counts.with_sessions,
            counts.sessions,
            mebibytes(counts.binary),
        ));
        eprintln!("{:?}\n{:?}\n{:?}", self.counts, self.pages, self.memory);
    }

    pub fn print(&self) {
        let changes = "| database | members | users | portal/s | raw/s | ratio | whole way p50 / p99 ms | press p50 / p99 ms \
                       | raw p50 / p99 ms | failures |";
        println!("\nMachine: {}\n", self.machine);
        table("Activations", changes, &self.activations);
        table("Withdrawals", changes, &self.withdrawals);
        let computing =
            "| database | members | users | portal | OpenLDAP | driver | values per modify | mail backlog |";
        table("Computing time per activation in ms, and coalescing", computing, &self.computing);
        let counts = "| database | rules | binds | searches | compares | modifies | transactions | of these writing |";
        table("Per activation, one user", counts, &self.counts);
        table("Pages", "| database | page | per second | p50 / p99 ms | failures |", &self.pages);
        let memory = "| database | first answer ms | idle | under load | with sessions | program |";
        table("Start and memory", memory, &self.memory);
        let classes =
            "| database | people | questions, read anew | p50 / p99 ms | questions, list kept | p50 / p99 ms |";
        table("Classes: opening the page", classes, &self.classes);
        let boards =
            "| database | activations | board | from the answer to a press until the board counts it, p50 / p99 ms |";
        table("Boards", boards, &self.boards);
        let overload = "| database | can bear /s | offered /s | admitted /s | refused | refused after p50 / p99 ms \
                        | whole way p50 / p99 ms | inside, as much as it bears, p50 / p99 ms | inside, twice as much, p50 / p99 ms \
                        | signing in afterwards | memory | failures |";
        table("Twice the load", overload, &self.overload);
        table("Trouble", "| database | members | users | what |", &self.trouble);
    }
}

fn computing(start: &str, measured: &Measured) -> String {
    let count = measured.activations.portal.ways.len();
    let each = |time: Duration| {
        format!("{:.2}", time.as_secs_f64() * 1000.0 / f64::from(u32::try_from(count).unwrap_or(1).max(1)))
    };
    format!(
        "{start} {} | {} | {} | {} | {} ms |",
        each(measured.computing.portal),
        each(measured.computing.openldap),
        each(measured.computing.driver),
        share(count, measured.operations.modifies),
        milliseconds(measured.backlog),
    )
}

fn page(database: DatabaseKind, name: &str, round: &Round) -> String {
    format!(
        "| {} | {name} | {:.0} | {} | {} |",
        database.name(),
        round.per_second(),
        round.whole().text(),
        round.failures.len()
    )
}

fn table(title: &str, head: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let columns = head.matches('|').count() - 1;
    println!("### {title}\n\n{head}\n|{}\n{}\n", "---|".repeat(columns), lines.join("\n"));
}

fn share(count: usize, of: usize) -> String {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    format!("{:.1}", number(count) / number(of.max(1)))
}

fn mebibytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0
}

/// Processor and memory, from `/proc`.
fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<&str> = processors
        .lines()
        .filter_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, m)| m)
        .collect();
    format!("{} × {}", models.len(), models.first().unwrap_or(&"unknown processor"))
}
