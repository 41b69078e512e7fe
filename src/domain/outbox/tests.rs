//! Two who hold the same entry one after the other.

use chrono::TimeDelta;

use super::*;
use crate::{
    clock::Clock,
    db::{Database, Settings},
    domain::accounts::{self, Person},
};

fn lease(holder: &str, until: Instant) -> Lease {
    Lease { holder: holder.to_owned(), until }
}

/// An entry that one took, and then, the lease being over, another.
fn taken_twice(conn: &mut Conn, now: Instant) -> Result<(Entry, Entry), Error> {
    let person = Person::maria();
    let account = accounts::remember(conn, &person, Locale::De, now)?;
    owe(conn, &account.id, "chat", Effect::Membership, now)?;
    let (soon, later) = (now + TimeDelta::seconds(1), now + TimeDelta::seconds(2));
    let mut take = |holder, until, now| take_due(conn, Kind::Membership, &lease(holder, until), 8, now);
    let (mut first, mut second) = (take("one", soon, now)?, take("another", now + TimeDelta::minutes(1), later)?);
    Ok((first.pop().expect("taken"), second.pop().expect("taken again")))
}

#[tokio::test]
async fn who_holds_an_entry_no_longer_changes_nothing_about_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}/test.db", folder.path().display());
    let settings = Settings { url: url.into(), pool_size: 2, wait: std::time::Duration::from_secs(3) };
    let database = Database::open(&settings).expect("an address");
    database.migrate().await.expect("migrated");
    let now = Clock::system().now();
    let story = database.write(move |conn| {
        let (late, holding) = taken_twice(conn, now)?;
        assert_eq!((late.past, holding.past), (Past::Settled, Past::InDoubt), "the first may still be writing");
        assert_eq!(writers(conn, &late)?, Writers::Others);
        assert_eq!(writers(conn, &holding)?, Writers::Alone);
        let delay = Delay { due_at: now, trouble: "busy", needs_operator: true, is_unanswered: true };
        assert!(!postpone(conn, &late, delay, now)?);
        assert!(!renew(conn, &late, &lease("one", now + TimeDelta::hours(1)))?);
        put_off(conn, &late, now)?;
        done(conn, &late)?;
        let listed = list(conn, 8)?;
        assert_eq!((listed.len(), listed[0].attempts, listed[0].set_aside_at), (1, 0, None));
        assert_eq!(take_due(conn, Kind::Membership, &lease("third", now), 8, now + TimeDelta::seconds(3))?, []);

        let longer = lease("another", now + TimeDelta::hours(1));
        assert!(renew(conn, &holding, &longer)?);
        assert_eq!(writers(conn, &holding)?, Writers::Others, "the old lease is over");
        let holding = Entry { lease: longer.clone(), ..holding };
        assert!(postpone(conn, &holding, delay, now)?);
        assert_eq!(list(conn, 8)?[0].attempts, 1);

        let due = membership(conn, &holding.account.id, "chat", None, now)?;
        assert_eq!(due.past(), Past::InDoubt, "what was not answered may still arrive");
        owe_all(conn, &holding.account.id, &[due], now)?;
        let again = take_due(conn, Kind::Membership, &longer, 8, now)?;
        assert_eq!(again.iter().map(|entry| (entry.attempts, entry.past)).collect::<Vec<_>>(), [(0, Past::InDoubt)]);
        let due = membership(conn, &holding.account.id, "chat", None, now)?;
        assert_eq!((due.past(), list(conn, 8)?.len()), (Past::Settled, 1), "what is being delivered stays");
        Ok::<_, Error>(())
    });
    story.await.expect("the database");
}
