//! Whoever changes a row behind the log's back, with the rights of an administrator of the database, is found.

use chrono::TimeDelta;
use latchkey::{
    db::Conn,
    domain::log::{self, Actor, Kind, Origin, Record, misfit::Misfit},
};

use super::{COLUMNS, acceptance, disarm, fits, head, misfit, one, place_of, report, some_history};
use crate::world::{Base, World, who};

on_both![
    a_changed_record_is_named,
    deleted_inserted_and_reordered_rows_are_found,
    an_exchanged_person_is_found_and_an_erased_one_is_not_missed,
    whom_a_record_is_about_cannot_be_changed,
    an_acceptance_without_its_record_is_found_and_a_record_without_its_acceptance,
    a_changed_head_is_found,
    an_older_head_shows_that_the_newest_records_are_gone,
    an_older_head_shows_that_the_log_was_rewritten_with_the_right_key,
    nothing_that_was_sealed_can_be_changed_through_the_front_door,
];

async fn a_changed_record_is_named(base: Base) {
    let world = World::new(base).await;
    some_history(&world).await;
    disarm(&world);
    let id = acceptance(&world);
    let seq = place_of(&world, &id);
    let other = one(&world, "id", "log_records WHERE kind = 'signed-in'");
    let changes = [
        ("at", "'2026-11-23 08:00:01'".to_owned()),
        ("kind", "'acceptance-withdrawn'".to_owned()),
        ("actor", "'operator'".to_owned()),
        ("actor", format!("'{other}'")),
        ("account_id", "NULL".to_owned()),
        ("account_id", format!("'{other}'")),
        ("service", "'printing'".to_owned()),
        ("service", "NULL".to_owned()),
        ("request_id", "'another'".to_owned()),
        ("detail", "replace(detail, '\"version\":1', '\"version\":2')".to_owned()),
        ("detail", "detail || ' '".to_owned()),
    ];
    world.execute(&format!("CREATE TABLE kept AS SELECT {COLUMNS} FROM log_records")).expect("a copy");
    for (column, value) in changes {
        let of_it = format!("WHERE id = '{id}'");
        world.execute(&format!("UPDATE log_records SET {column} = {value} {of_it}")).expect("a change");
        assert_eq!(misfit(&world).await, Misfit::Changed { seq, id: id.clone() }, "{column} = {value}");
        let back = format!("UPDATE log_records SET {column} = (SELECT {column} FROM kept {of_it}) {of_it}");
        world.execute(&back).expect("the old value");
        fits(&world).await;
    }
}

async fn deleted_inserted_and_reordered_rows_are_found(base: Base) {
    let world = World::new(base).await;
    some_history(&world).await;
    disarm(&world);
    let id = acceptance(&world);
    let seq = place_of(&world, &id);
    let copy = format!(
        "CREATE TABLE kept AS SELECT {COLUMNS} FROM log_records; CREATE TABLE kept_leaves AS SELECT * FROM log_leaves;"
    );
    world.execute(&copy).expect("a copy");

    world.execute(&format!("DELETE FROM log_records WHERE id = '{id}'")).expect("a deletion");
    assert_eq!(misfit(&world).await, Misfit::Gone { seq, id: id.clone() });
    // Whoever is more careful deletes the leaf as well …
    world.execute(&format!("DELETE FROM log_leaves WHERE seq = {seq}")).expect("a deletion");
    assert_eq!(misfit(&world).await, Misfit::Gap { seq });
    // … and moves the others up.
    let up = format!(
        "UPDATE log_leaves SET seq = -seq WHERE seq > {seq}; UPDATE log_leaves SET seq = -seq - 1 WHERE seq < 0;"
    );
    world.execute(&up).expect("other places");
    assert!(matches!(misfit(&world).await, Misfit::Root { .. } | Misfit::Unsigned { .. } | Misfit::Gap { .. }));
    let restore = format!(
        "DELETE FROM log_leaves; INSERT INTO log_leaves SELECT * FROM kept_leaves; \
         DELETE FROM log_records; INSERT INTO log_records ({COLUMNS}) SELECT {COLUMNS} FROM kept;"
    );
    world.execute(&restore).expect("all rows");
    fits(&world).await;

    let swap = format!(
        "UPDATE log_leaves SET seq = -1 WHERE seq = {seq}; UPDATE log_leaves SET seq = {seq} WHERE seq = {next}; \
         UPDATE log_leaves SET seq = {next} WHERE seq = -1;",
        next = seq + 1
    );
    world.execute(&swap).expect("another order");
    let Misfit::Root { from, to, .. } = misfit(&world).await else { panic!("a root") };
    assert!(from <= seq && seq <= to, "{seq} is not between {from} and {to}");
    world.execute(&restore).expect("all rows");

    // A record that never went through the portal: it is older than what is sealed.
    let forged = format!(
        "INSERT INTO log_records ({COLUMNS}) SELECT '00000000-0000-7000-8000-000000000000', at, kind, actor, account_id, \
         service, request_id, detail FROM kept WHERE kind = 'signed-in'"
    );
    world.execute(&forged).expect("another row");
    assert_eq!(misfit(&world).await, Misfit::Unsealed { id: "00000000-0000-7000-8000-000000000000".into() });
    // Also with a leaf of its own it is not what was signed.
    let leaf = "UPDATE log_leaves SET seq = -seq - 1; UPDATE log_leaves SET seq = -seq; \
                INSERT INTO log_leaves SELECT 0, '00000000-0000-7000-8000-000000000000', hash FROM kept_leaves WHERE seq = 0;";
    world.execute(leaf).expect("another leaf");
    assert!(matches!(misfit(&world).await, Misfit::Unsigned { .. } | Misfit::Changed { seq: 0, .. }));
}

async fn an_exchanged_person_is_found_and_an_erased_one_is_not_missed(base: Base) {
    let world = World::new(base).await;
    some_history(&world).await;
    let by_portal = world.execute("UPDATE accounts SET commitment = 'another'").expect_err("a trigger");
    assert!(by_portal.contains("a commitment stays as it is"), "{by_portal}");
    disarm(&world);
    world.execute("CREATE TABLE kept AS SELECT * FROM accounts").expect("a copy");
    for column in ["salt", "directory_key", "commitment"] {
        world.execute(&format!("UPDATE accounts SET {column} = 'another'")).expect("a change");
        assert!(matches!(misfit(&world).await, Misfit::Person { .. }), "{column}");
        let back = format!("UPDATE accounts SET {column} = (SELECT {column} FROM kept WHERE kept.id = accounts.id)");
        world.execute(&back).expect("the old value");
        fits(&world).await;
    }
    world
        .execute("UPDATE accounts SET directory_key = NULL, salt = '', username = '', display_name = ''")
        .expect("erasure");
    fits(&world).await;
    world.execute("UPDATE accounts SET commitment = 'another'").expect("a change");
    assert!(matches!(misfit(&world).await, Misfit::Changed { .. }));
}

async fn whom_a_record_is_about_cannot_be_changed(base: Base) {
    let world = World::new(base).await;
    some_history(&world).await;
    world.signed_in(who::BERND).await;
    let ids = world.lines("id", "accounts ORDER BY id");
    let (people, now) = (ids.clone(), world.clock.now());
    let look = move |conn: &mut Conn| {
        let origin = Origin { actor: Actor::Operator, request_id: "look", at: now };
        let record = Record { kind: Kind::SignedIn, account_id: None, service: None, detail: serde_json::json!({}) };
        log::append_about(conn, origin, &record, &people.iter().map(String::as_str).collect())
    };
    world.records().write(look).await.expect("a record");
    world.seal().await;
    fits(&world).await;
    disarm(&world);
    world.execute(&format!("DELETE FROM log_subjects WHERE account_id = '{}'", ids[1])).expect("a deletion");
    let id = one(&world, "id", "log_records WHERE request_id = 'look'");
    assert_eq!(misfit(&world).await, Misfit::Subjects { seq: place_of(&world, &id), id: id.clone() });
    world.execute(&format!("INSERT INTO log_subjects VALUES ('{}', '{id}')", ids[1])).expect("the old row");
    fits(&world).await;
    // A record that was about nobody else stays so.
    let other = acceptance(&world);
    world.execute(&format!("INSERT INTO log_subjects VALUES ('{}', '{other}')", ids[1])).expect("a row");
    assert_eq!(misfit(&world).await, Misfit::Subjects { seq: place_of(&world, &other), id: other });
}

async fn an_acceptance_without_its_record_is_found_and_a_record_without_its_acceptance(base: Base) {
    let world = World::new(base).await;
    let anna = some_history(&world).await;
    world.advance(TimeDelta::minutes(1));
    anna.withdraw("cloud").await.expect(200);
    world.deliver().await;
    fits(&world).await;
    disarm(&world);
    let kept = "CREATE TABLE kept AS SELECT * FROM acceptances; CREATE TABLE kept_ends AS SELECT * FROM withdrawals;";
    world.execute(kept).expect("copies");
    let id = acceptance(&world);
    let seq = place_of(&world, &id);
    for (column, value) in
        [("digest", "'00'"), ("locale", "'xx'"), ("service", "'vpn'"), ("accepted_at", "'2026-11-23 08:00:01'")]
    {
        world.execute(&format!("UPDATE acceptances SET {column} = {value}")).expect("a change");
        let Misfit::Counterpart { seq: found, .. } = misfit(&world).await else { panic!("{column}") };
        assert!(found <= seq, "{column}");
        let back =
            format!("UPDATE acceptances SET {column} = (SELECT {column} FROM kept WHERE kept.id = acceptances.id)");
        world.execute(&back).expect("the old value");
    }
    world.execute("DELETE FROM withdrawals").expect("a deletion");
    let withdrawn = one(&world, "id", "log_records WHERE kind = 'acceptance-withdrawn'");
    assert_eq!(misfit(&world).await, Misfit::Counterpart { seq: place_of(&world, &withdrawn), id: withdrawn });
    world.execute("INSERT INTO withdrawals SELECT * FROM kept_ends").expect("the old row");
    fits(&world).await;
    // An acceptance that nobody gave.
    let forged = "INSERT INTO acceptances (id, account_id, service, version_id, locale, digest, receipt, change_id, accepted_at) \
                  SELECT 'forged', account_id, service, version_id, locale, digest, 'R-1', change_id, accepted_at FROM kept \
                  WHERE service = 'rocketchat'";
    world.execute(forged).expect("another row");
    assert_eq!(misfit(&world).await, Misfit::NoRecord);
}

async fn a_changed_head_is_found(base: Base) {
    let world = World::new(base).await;
    some_history(&world).await;
    disarm(&world);
    let size = head(&world).await.head.size;
    world.execute("CREATE TABLE kept AS SELECT * FROM tree_heads").expect("a copy");
    for (column, value) in [
        ("key_id", "'another'"),
        ("signed_at", "'2026-11-23 08:00:01'"),
        ("root", "(SELECT hash FROM log_leaves WHERE seq = 0)"),
    ] {
        world.execute(&format!("UPDATE tree_heads SET {column} = {value}")).expect("a change");
        assert_eq!(misfit(&world).await, Misfit::HeadColumns { size }, "{column}");
        let back =
            format!("UPDATE tree_heads SET {column} = (SELECT {column} FROM kept WHERE kept.size = tree_heads.size)");
        world.execute(&back).expect("the old value");
    }
    fits(&world).await;
    world.execute("UPDATE tree_heads SET note = replace(note, 'time 2026', 'time 2025')").expect("a change");
    assert!(matches!(misfit(&world).await, Misfit::Head { .. }));
    world.execute("DELETE FROM tree_heads; INSERT INTO tree_heads SELECT * FROM kept").expect("the old rows");
    world.execute(&format!("DELETE FROM tree_heads WHERE size = {size}")).expect("a deletion");
    assert!(matches!(misfit(&world).await, Misfit::Unsigned { .. }));
}

async fn an_older_head_shows_that_the_newest_records_are_gone(base: Base) {
    let world = World::new(base).await;
    some_history(&world).await;
    let kept = head(&world).await;
    disarm(&world);
    let second: u64 = one(&world, "CAST(min(size) AS TEXT)", "tree_heads").parse().expect("a number");
    let cut = format!(
        "DELETE FROM log_records WHERE id IN (SELECT record_id FROM log_leaves WHERE seq >= {second}); \
         DELETE FROM log_leaves WHERE seq >= {second}; DELETE FROM tree_heads WHERE size > {second}; \
         DELETE FROM acceptances;"
    );
    world.execute(&cut).expect("deletions");
    // By itself the shorter log is whole; only whoever kept a head knows better.
    fits(&world).await;
    let size = kept.head.size;
    assert_eq!(report(&world, Some(kept)).await.misfit, Some(Misfit::Shorter { size, found: second }));
}

async fn an_older_head_shows_that_the_log_was_rewritten_with_the_right_key(base: Base) {
    let world = World::new(base).await;
    some_history(&world).await;
    let kept = head(&world).await;
    assert_eq!(report(&world, Some(kept.clone())).await.misfit, None);
    disarm(&world);
    let rewrite = format!(
        "UPDATE log_records SET service = 'printing' WHERE id = '{}'; \
         UPDATE acceptances SET service = 'printing' WHERE service = 'rocketchat'; \
         DELETE FROM log_leaves; DELETE FROM log_nodes; DELETE FROM tree_heads;",
        acceptance(&world)
    );
    world.execute(&rewrite).expect("changes");
    world.seal().await;
    fits(&world).await;
    let size = kept.head.size;
    assert_eq!(report(&world, Some(kept)).await.misfit, Some(Misfit::NoExtension { size }));
}

async fn nothing_that_was_sealed_can_be_changed_through_the_front_door(base: Base) {
    let world = World::new(base).await;
    some_history(&world).await;
    for (table, column) in [("log_records", "id"), ("log_leaves", "seq"), ("tree_heads", "size"), ("log_keys", "id")] {
        for statement in [format!("DELETE FROM {table}"), format!("UPDATE {table} SET {column} = {column}")] {
            let refusal = world.execute(&statement).expect_err("a trigger");
            assert!(refusal.contains(&format!("{table} is append-only")), "{statement}: {refusal}");
        }
    }
    fits(&world).await;
}
