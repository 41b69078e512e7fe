//! Statements that stay prepared on their connection.

use diesel::{
    QueryResult, RunQueryDsl,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};

/// A statement that the database reads and plans once for each connection, and not at each use.
#[derive(Clone, Copy, Debug)]
pub struct Prepared<S>(S);

/// Keeps `statement` prepared. Diesel does so by itself for what it knows to have always the same text; an update is not among that,
/// nor an insert of several rows or with an answer to conflicts. Only what returns something can be kept (`get_result`, `load`; diesel
/// does not ask this type about what it merely executes). Not for statements whose text differs with what they are given: each text
/// would be kept as long as the connection lasts.
pub fn prepared<S: Query>(statement: S) -> Prepared<S> {
    Prepared(statement)
}

impl<DB: Backend, S: QueryFragment<DB>> QueryFragment<DB> for Prepared<S> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Found again by its text.
impl<S> QueryId for Prepared<S> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S: Query> Query for Prepared<S> {
    type SqlType = S::SqlType;
}

impl<S, C> RunQueryDsl<C> for Prepared<S> {}

/// How many rows are few: for each number of them another statement is kept prepared.
pub const FEW: usize = 8;

/// Inserts rows that are tuples of assignments, as `insert_all!(conn, table, column, rows)`, in a function that returns
/// [`crate::db::Error`]; any column that is text.
///
/// Many rows in one statement are not among what both databases share in diesel. On PostgreSQL each statement is a round trip, so a few
/// rows are one that stays prepared; on SQLite the statement for one row is used again. A statement for many rows is read anew.
macro_rules! insert_all {
    ($conn:expr, $table:expr, $column:expr, $rows:expr) => {{
        let rows: Vec<_> = $rows;
        match $conn {
            _ if rows.is_empty() => {}
            $crate::db::Conn::Sqlite(sqlite) if rows.len() <= $crate::db::FEW => {
                for row in rows {
                    diesel::insert_into($table).values(row).execute(sqlite)?;
                }
            }
            $crate::db::Conn::Postgres(postgres) if rows.len() <= $crate::db::FEW => {
                let inserting = diesel::insert_into($table).values(rows).returning($column);
                let _: Vec<String> = $crate::db::prepared(inserting).load(postgres)?;
            }
            $crate::db::Conn::Sqlite(sqlite) => {
                diesel::insert_into($table).values(rows).execute(sqlite)?;
            }
            $crate::db::Conn::Postgres(postgres) => {
                diesel::insert_into($table).values(rows).execute(postgres)?;
            }
        }
    }};
}
pub(crate) use insert_all;
