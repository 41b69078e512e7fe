//! Verification: everything is computed again, from the first record to the newest head, in steps of constant size.
//!
//! Whoever can write to the database can change rows, but cannot sign: what was changed is found here, and so is a log that was
//! rewritten and signed anew with the right key, if an older head has been kept elsewhere.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    ops::ControlFlow,
};

use diesel::prelude::*;

use super::{
    counterparts,
    head::{PublicKey, SignedHead},
    leaf::Row,
    misfit::Misfit,
    people::{self, Known},
    seal, stored,
    stored::{column, level_column, number},
    subjects_digest,
    tree::{Frontier, Hash, Subtree},
};
use crate::{
    clock::Instant,
    db::{
        Conn, Error,
        schema::{log_leaves, log_nodes, log_records, log_subjects, tree_heads},
    },
};

/// Records that are read at once.
const PAGE: i64 = 4096;

/// How many people are kept in memory, so that those who occur often are not read again and again.
const KEPT: usize = 20_000;

/// A verification under way.
pub struct Verification {
    trusted: Vec<PublicKey>,
    since: Option<SignedHead>,
    stage: Stage,
    /// How many records the newest head covers.
    goal: u64,
    newest: Option<SignedHead>,
    frontier: Frontier,
    /// Heads that have not been reached yet.
    heads: VecDeque<StoredHead>,
    heads_verified: u64,
    /// The first record that is not covered by a verified head, and its place.
    after_head: Option<(u64, String)>,
    people: HashMap<String, Known>,
}

enum Stage {
    Beginning,
    Records,
    /// Looking for what was never sealed, behind this id.
    Unsealed(String),
    Done,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many records have been verified.
    pub records: u64,
    pub heads: u64,
    /// The newest head, with which everything agrees if there is no misfit.
    pub newest: Option<SignedHead>,
    pub misfit: Option<Misfit>,
}

#[derive(Queryable)]
struct StoredHead {
    size: i64,
    root: Vec<u8>,
    signed_at: Instant,
    key_id: String,
    note: String,
}

/// Why it does not go on.
enum Stop {
    Misfit(Misfit),
    Database(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

/// A leaf as it is stored, with the record that it stands for.
struct Leaf {
    seq: u64,
    record_id: String,
    hash: Vec<u8>,
    row: Option<Row>,
    /// Whether people are listed as those whom the record is about.
    has_subjects: bool,
    /// Whether it tells of an acceptance or withdrawal that says otherwise or is not there.
    is_alone: bool,
}

impl Verification {
    /// Verifies against these keys; with an older head, also that the log is an extension of it.
    pub fn new(trusted: Vec<PublicKey>, since: Option<SignedHead>) -> Self {
        Self {
            trusted,
            since,
            stage: Stage::Beginning,
            goal: 0,
            newest: None,
            frontier: Frontier::default(),
            heads: VecDeque::new(),
            heads_verified: 0,
            after_head: None,
            people: HashMap::new(),
        }
    }

    /// How many records are verified, and how many there are to verify.
    pub fn progress(&self) -> (u64, u64) {
        (self.frontier.size(), self.goal)
    }

    /// Goes on by one step. Each step may run in a transaction of its own: what is sealed does not change.
    pub fn step(mut self, conn: &mut Conn) -> Result<ControlFlow<Report, Self>, Error> {
        let done = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Beginning => self.begin(conn),
            Stage::Records => self.records(conn),
            Stage::Unsealed(after) => self.unsealed(conn, &after),
            Stage::Done => Ok(()),
        };
        match done {
            Ok(()) if !matches!(self.stage, Stage::Done) => Ok(ControlFlow::Continue(self)),
            Ok(()) => Ok(ControlFlow::Break(self.report(None))),
            Err(Stop::Misfit(misfit)) => Ok(ControlFlow::Break(self.report(Some(misfit)))),
            Err(Stop::Database(error)) => Err(error),
        }
    }

    fn report(self, misfit: Option<Misfit>) -> Report {
        Report { records: self.frontier.size(), heads: self.heads_verified, newest: self.newest, misfit }
    }

    fn begin(&mut self, conn: &mut Conn) -> Result<(), Stop> {
        // In this order: what is sealed meanwhile has a head.
        let sealed = stored::size(conn)?;
        let newest: Option<StoredHead> = tree_heads::table.order(tree_heads::size.desc()).first(conn).optional()?;
        self.newest = newest.map(|head| self.believe(&head)).transpose()?;
        self.goal = self.newest.as_ref().map_or(0, |head| head.head.size);
        if self.goal < sealed {
            let first = record_at(conn, self.goal)?;
            return Err(Stop::Misfit(Misfit::Unsigned { from: self.goal, first }));
        }
        if let Some(since) = &self.since {
            since.verify(&self.trusted).map_err(|why| Stop::Misfit(Misfit::OlderHead(why)))?;
            if since.head.size > self.goal {
                return Err(Stop::Misfit(Misfit::Shorter { size: since.head.size, found: self.goal }));
            }
        }
        self.stage = Stage::Records;
        Ok(())
    }

    /// Whether a stored head is signed and says the same in all its columns.
    fn believe(&self, stored: &StoredHead) -> Result<SignedHead, Stop> {
        let size = number(stored.size);
        let bad = |why| Stop::Misfit(Misfit::Head { size, why });
        let signed = SignedHead::parse(&stored.note).map_err(bad)?;
        signed.verify(&self.trusted).map_err(bad)?;
        let head = &signed.head;
        let agrees = head.size == size
            && head.root.as_slice() == stored.root
            && head.at == stored.signed_at
            && head.key_id == stored.key_id;
        if agrees { Ok(signed) } else { Err(Stop::Misfit(Misfit::HeadColumns { size })) }
    }

    fn records(&mut self, conn: &mut Conn) -> Result<(), Stop> {
        self.check_heads(conn)?;
        if self.frontier.size() >= self.goal {
            if counterparts::are_rows_alone(conn)? {
                return Err(Stop::Misfit(Misfit::NoRecord));
            }
            let is_any_left = seal::is_any_left(conn)?;
            self.stage = if is_any_left { Stage::Unsealed(String::new()) } else { Stage::Done };
            return Ok(());
        }
        let leaves = leaves(conn, self.frontier.size(), self.goal)?;
        if leaves.is_empty() {
            return Err(Stop::Misfit(Misfit::Gap { seq: self.frontier.size() }));
        }
        self.learn_people(conn, &leaves)?;
        let mut nodes = Vec::new();
        for leaf in leaves {
            self.check_leaf(conn, leaf, &mut nodes)?;
            self.check_heads(conn)?;
        }
        check_nodes(conn, &nodes)?;
        self.stage = Stage::Records;
        Ok(())
    }

    fn check_leaf(&mut self, conn: &mut Conn, leaf: Leaf, nodes: &mut Vec<(Subtree, Hash)>) -> Result<(), Stop> {
        let (seq, id) = (self.frontier.size(), leaf.record_id);
        if leaf.seq != seq {
            return Err(Stop::Misfit(Misfit::Gap { seq }));
        }
        let Some(row) = leaf.row else { return Err(Stop::Misfit(Misfit::Gone { seq, id })) };
        let hash = row.hash(|person| self.people.get(person)?.commitment.clone());
        if row.people().iter().any(|person| self.people.get(*person).is_some_and(|known| !known.fits())) {
            return Err(Stop::Misfit(Misfit::Person { seq, id }));
        }
        if hash.as_slice() != leaf.hash {
            return Err(Stop::Misfit(Misfit::Changed { seq, id }));
        }
        if !has_its_subjects(conn, &row, leaf.has_subjects)? {
            return Err(Stop::Misfit(Misfit::Subjects { seq, id }));
        }
        if leaf.is_alone {
            return Err(Stop::Misfit(Misfit::Counterpart { seq, id }));
        }
        self.after_head.get_or_insert((seq, id));
        self.frontier.push(hash, |subtree, root| {
            if stored::is_kept(subtree) {
                nodes.push((subtree, *root));
            }
        });
        Ok(())
    }

    /// Compares what has been computed so far with the heads over exactly so many records.
    fn check_heads(&mut self, conn: &mut Conn) -> Result<(), Stop> {
        let size = self.frontier.size();
        if self.heads.is_empty() && size <= self.goal {
            self.heads = tree_heads::table
                .filter(tree_heads::size.ge(column(size.max(1))).and(tree_heads::size.le(column(self.goal))))
                .filter(tree_heads::size.gt(column(self.covered())))
                .order(tree_heads::size)
                .limit(PAGE)
                .load(conn)?
                .into();
        }
        while let Some(stored) = self.heads.pop_front_if(|head| number(head.size) <= size) {
            let signed = self.believe(&stored)?;
            if signed.head.size != size || signed.head.root != self.frontier.root() {
                return Err(Stop::Misfit(self.root_misfit(conn, size)?));
            }
            self.heads_verified += 1;
            self.after_head = None;
        }
        if let Some(since) = self.since.take_if(|since| since.head.size == size)
            && since.head.root != self.frontier.root()
        {
            return Err(Stop::Misfit(Misfit::NoExtension { size }));
        }
        Ok(())
    }

    /// How many records the last verified head covers.
    fn covered(&self) -> u64 {
        self.after_head.as_ref().map_or(self.frontier.size(), |(seq, _)| *seq)
    }

    fn root_misfit(&self, conn: &mut Conn, size: u64) -> Result<Misfit, Stop> {
        let (from, first) = self.after_head.clone().unwrap_or_default();
        let last = record_at(conn, size.saturating_sub(1))?;
        Ok(Misfit::Root { from, to: size.saturating_sub(1), first, last })
    }

    /// Reads what is known of the people on this page.
    fn learn_people(&mut self, conn: &mut Conn, leaves: &[Leaf]) -> Result<(), Stop> {
        if self.people.len() > KEPT {
            self.people.clear();
        }
        let rows = leaves.iter().filter_map(|leaf| leaf.row.as_ref());
        let mut unknown: Vec<&str> =
            rows.flat_map(Row::people).filter(|person| !self.people.contains_key(*person)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        let known = people::load(conn, unknown)?;
        self.people.extend(known);
        Ok(())
    }

    /// Records that were never sealed although younger ones are. What is young may be sealed in a moment.
    fn unsealed(&mut self, conn: &mut Conn, after: &str) -> Result<(), Stop> {
        let Some(newest) = &self.newest else { return Ok(()) };
        let young = seal::look_from(conn, newest.head.at)?;
        let (left, next) = seal::left_behind(conn, after)?;
        if let Some(row) = left.into_iter().find(|row| row.id < young) {
            return Err(Stop::Misfit(Misfit::Unsealed { id: row.id }));
        }
        if let Some(next) = next.filter(|next| *next < young) {
            self.stage = Stage::Unsealed(next);
        }
        Ok(())
    }
}

/// A page of leaves with their records.
fn leaves(conn: &mut Conn, from: u64, goal: u64) -> Result<Vec<Leaf>, Error> {
    let leaves: Vec<(i64, String, Vec<u8>)> = log_leaves::table
        .filter(log_leaves::seq.ge(column(from)).and(log_leaves::seq.lt(column(goal))))
        .order(log_leaves::seq)
        .limit(PAGE)
        .load(conn)?;
    let ids: Vec<&str> = leaves.iter().map(|(_, id, _)| id.as_str()).collect();
    let rows: Vec<Row> = log_records::table.filter(log_records::id.eq_any(&ids)).select(Row::as_select()).load(conn)?;
    let with_subjects: Vec<String> = log_subjects::table
        .filter(log_subjects::record_id.eq_any(&ids))
        .select(log_subjects::record_id)
        .distinct()
        .load(conn)?;
    let alone = counterparts::alone(conn, &rows.iter().collect::<Vec<_>>())?;
    let with_subjects: HashSet<String> = with_subjects.into_iter().collect();
    let mut rows: HashMap<String, Row> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    let leaf = |(seq, record_id, hash): (i64, String, Vec<u8>)| {
        let (has_subjects, is_alone) = (with_subjects.contains(&record_id), alone.contains(&record_id));
        Leaf { seq: number(seq), hash, row: rows.remove(&record_id), has_subjects, is_alone, record_id }
    };
    Ok(leaves.into_iter().map(leaf).collect())
}

/// Whether the people whom a record is about are those it was written for.
fn has_its_subjects(conn: &mut Conn, row: &Row, has_subjects: bool) -> Result<bool, Error> {
    let claimed = row.detail.contains("people_sha256").then(|| serde_json::from_str::<serde_json::Value>(&row.detail));
    let claimed =
        claimed.and_then(Result::ok).and_then(|detail| Some(detail.get("people_sha256")?.as_str()?.to_owned()));
    let Some(claimed) = claimed else { return Ok(!has_subjects) };
    let mut subjects: Vec<String> =
        log_subjects::table.filter(log_subjects::record_id.eq(&row.id)).select(log_subjects::account_id).load(conn)?;
    subjects.sort_unstable();
    Ok(subjects_digest(subjects.iter().map(String::as_str)) == claimed)
}

fn check_nodes(conn: &mut Conn, nodes: &[(Subtree, Hash)]) -> Result<(), Stop> {
    for (Subtree { level, position }, root) in nodes {
        let key = (level_column(*level), column(*position));
        let stored: Option<Vec<u8>> = log_nodes::table.find(key).select(log_nodes::hash).first(conn).optional()?;
        if stored.is_none_or(|stored| stored != root) {
            let (from, leaves) = (position << level, 1 << level);
            return Err(Stop::Misfit(Misfit::Node { from, leaves }));
        }
    }
    Ok(())
}

fn record_at(conn: &mut Conn, seq: u64) -> Result<String, Error> {
    let id: Option<String> =
        log_leaves::table.find(column(seq)).select(log_leaves::record_id).first(conn).optional()?;
    Ok(id.unwrap_or_else(|| "(none)".to_owned()))
}
