//! `latchkey outbox`: what is owed to the outside.

use crate::{
    clock::Instant,
    db::{Database, Error},
    domain::outbox,
};

/// How many entries are printed.
const SHOWN: i64 = 1000;

/// Prints what is owed to whom and since when, oldest first.
pub async fn list(database: &Database) -> Result<(), Error> {
    let (entries, depth) =
        database.read(|conn| Ok::<_, Error>((outbox::list(conn, SHOWN)?, outbox::depth(conn)?))).await?;
    for entry in &entries {
        let state = match (&entry.trouble, entry.set_aside_at) {
            (Some(trouble), Some(_)) => format!("needs you: {trouble}"),
            (Some(trouble), None) => format!("waiting: {trouble}"),
            (None, _) => "new".to_owned(),
        };
        say!(
            "{}  {:<10} {:<20} {:<16} {} attempts, {state}",
            entry.created_at.format("%Y-%m-%d %H:%M:%S"),
            entry.kind,
            entry.username,
            entry.service,
            entry.attempts
        );
    }
    say!("{} effects are owed, {} of them need you. Times are UTC.", depth.owed, depth.set_aside);
    Ok(())
}

/// Makes everything due at once that has failed before.
pub async fn retry(database: &Database, now: Instant) -> Result<(), Error> {
    let count = database.write(move |conn| outbox::retry(conn, now)).await?;
    say!("{count} effects are due now; the running portal takes them within seconds.");
    Ok(())
}
