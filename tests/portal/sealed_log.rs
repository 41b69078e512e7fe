//! The sealed log: what happens in the portal can be verified, and whoever changes a row behind its back is found.

use std::{fs, path::Path};

use chrono::TimeDelta;
use latchkey::{
    chance,
    clock::Instant,
    command::audit,
    config::Config,
    db::{Conn, Error},
    domain::log::{
        self, Actor, Kind, Origin, Record,
        head::{PublicKey, SignedHead, Signer},
        misfit::Misfit,
        seal::{self, Sealing},
        stored, tree,
        verify::{Report, Verification},
    },
    work::verify,
};

use crate::world::{Base, Visitor, World, who};

on_both![
    what_is_recorded_is_sealed_and_verifies,
    a_changed_record_is_named,
    deleted_inserted_and_reordered_rows_are_found,
    an_exchanged_person_is_found_and_an_erased_one_is_not_missed,
    whom_a_record_is_about_cannot_be_changed,
    an_acceptance_without_its_record_is_found_and_a_record_without_its_acceptance,
    a_changed_head_is_found,
    an_older_head_shows_that_the_newest_records_are_gone,
    an_older_head_shows_that_the_log_was_rewritten_with_the_right_key,
    two_portals_seal_nothing_twice,
    another_portal_goes_on_where_one_has_died,
    a_seal_that_is_cut_off_has_not_happened,
    the_command_line_verifies_against_an_older_head,
    a_long_log_has_nodes_that_proofs_are_made_of,
    a_late_record_is_sealed_behind_the_others,
    heads_of_a_former_key_are_believed_as_long_as_it_is_listed,
    nothing_that_was_sealed_can_be_changed_through_the_front_door,
    without_a_key_nothing_is_sealed_and_nothing_is_lost,
];

/// What is sealed of a record.
const COLUMNS: &str = "id, at, kind, actor, account_id, service, request_id, detail";

/// Somebody who activated a service and withdrew it again; every step is sealed by itself.
async fn some_history(world: &World) -> Visitor {
    let anna = world.signed_in(who::ANNA).await;
    world.seal().await;
    for services in [["rocketchat"], ["cloud"]] {
        world.advance(TimeDelta::minutes(5));
        anna.activate(&services).await.expect(200);
        world.deliver().await;
    }
    anna
}

async fn report(world: &World, since: Option<SignedHead>) -> Report {
    report_with(world, world.config().audit.trusted_keys(), since).await
}

async fn report_with(world: &World, trusted: Vec<PublicKey>, since: Option<SignedHead>) -> Report {
    verify(world.records(), Verification::new(trusted, since), |_, _| {}).await.expect("a report")
}

async fn misfit(world: &World) -> Misfit {
    report(world, None).await.misfit.expect("something that does not fit")
}

async fn fits(world: &World) {
    assert_eq!(report(world, None).await.misfit, None);
}

async fn head(world: &World) -> SignedHead {
    world.records().read(stored::newest_head).await.expect("the database").expect("a head")
}

/// Takes away what keeps even an administrator of the database from changing rows by mistake.
fn disarm(world: &World) {
    for table in [
        "log_records",
        "log_subjects",
        "log_leaves",
        "log_nodes",
        "tree_heads",
        "accounts",
        "acceptances",
        "withdrawals",
    ] {
        if world.execute(&format!("ALTER TABLE {table} DISABLE TRIGGER USER")).is_err() {
            for trigger in
                world.lines("name", &format!("sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'"))
            {
                world.execute(&format!("DROP TRIGGER {trigger}")).expect("the rights of an administrator");
            }
        }
    }
}

fn one(world: &World, expression: &str, from: &str) -> String {
    world.lines(expression, from).into_iter().next().expect("a row")
}

fn place_of(world: &World, id: &str) -> u64 {
    one(world, "CAST(seq AS TEXT)", &format!("log_leaves WHERE record_id = '{id}'")).parse().expect("a number")
}

/// The acceptance of the first service.
fn acceptance(world: &World) -> String {
    one(world, "id", "log_records WHERE kind = 'terms-accepted' ORDER BY id")
}

async fn what_is_recorded_is_sealed_and_verifies(base: Base) {
    let world = World::new(base).await;
    some_history(&world).await;
    let records = world.count("log_records");
    assert_eq!(world.count("log_leaves"), records);
    assert_eq!(world.seal().await, 0);
    let report = report(&world, None).await;
    assert_eq!((report.misfit, report.records), (None, u64::try_from(records).expect("a number")));
    assert!(report.heads > 2);
    let newest = report.newest.expect("a head");
    assert_eq!(newest.head.origin, format!("{}/latchkey-log", world.address));
    assert_eq!(newest.verify(&world.config().audit.trusted_keys()), Ok(()));
    // Leaves name people by commitments alone.
    let rows = world.records().read(|conn| stored::records(conn, 0, 1000)).await.expect("records");
    let (account, commitment) = (one(&world, "id", "accounts"), one(&world, "commitment", "accounts"));
    for (_, row) in rows {
        let leaf = row.leaf(|_| Some(commitment.clone()));
        assert!(!leaf.contains(&account) && !leaf.contains(who::ANNA), "{leaf}");
    }
}

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

async fn two_portals_seal_nothing_twice(base: Base) {
    let world = World::new(base).await;
    let (one, other) = (world.another_portal().await, world.another_portal().await);
    for _ in 0..5 {
        world.signed_in(who::ANNA).await;
        let (first, second) = tokio::join!(one.sealer.seal_due(), other.sealer.seal_due());
        first.and(second).expect("both go on");
        world.advance(TimeDelta::minutes(1));
    }
    one.sealer.seal_due().await.expect("the rest");
    other.sealer.seal_due().await.expect("the rest");
    assert_eq!(world.count("log_leaves"), world.count("log_records"));
    fits(&world).await;
}

async fn another_portal_goes_on_where_one_has_died(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await;
    assert!(world.seal().await > 0);
    world.signed_in(who::ANNA).await;
    let other = world.another_portal().await;
    assert_eq!(other.sealer.seal_due().await.expect("nothing"), 0, "the first portal's lease has not ended");
    world.advance(TimeDelta::seconds(31));
    assert_eq!(other.sealer.seal_due().await.expect("a seal"), 1);
    world.signed_in(who::ANNA).await;
    assert_eq!(world.seal().await, 0, "now the lease is the other's");
    other.sealer.seal_due().await.expect("a seal");
    fits(&world).await;
}

async fn a_seal_that_is_cut_off_has_not_happened(base: Base) {
    let world = World::new(base).await;
    some_history(&world).await;
    let sealed = world.count("log_leaves");
    world.signed_in(who::ANNA).await;
    let (signer, now) = (world.config().audit.signer.clone().expect("a key"), world.clock.now());
    let cut_off = move |conn: &mut Conn| {
        let rows = seal::unsealed(conn, "", None, 10)?;
        assert_eq!(rows.len(), 1);
        seal::seal(conn, &rows, Sealing { signer: &signer, origin: "test", now })?;
        Err::<(), _>(Error::Broken("the power is gone".into()))
    };
    world.records().write(cut_off).await.expect_err("no power");
    assert_eq!(world.count("log_leaves"), sealed);
    fits(&world).await;
    assert_eq!(world.seal().await, 1);
    fits(&world).await;
}

async fn the_command_line_verifies_against_an_older_head(base: Base) {
    let world = World::new(base).await;
    some_history(&world).await;
    let (older, keys) = (world.mail_folder().join("older-head.txt"), world.config().audit.trusted_keys());
    fs::write(&older, head(&world).await.note).expect("a file");
    world.signed_in(who::ANNA).await;
    world.seal().await;
    let verify =
        async |since: Option<&Path>| audit::verify(world.records(), keys.clone(), since).await.expect("a result");
    assert!(verify(None).await && verify(Some(&older)).await);
    disarm(&world);
    world
        .execute(&format!("UPDATE log_records SET service = 'vpn' WHERE id = '{}'", acceptance(&world)))
        .expect("a change");
    assert!(!verify(None).await && !verify(Some(&older)).await);
    audit::verify(world.records(), Vec::new(), None).await.expect_err("nothing to verify with");
}

/// More than two stored nodes, so that proofs are made of nodes, of leaves, and of what lies between.
async fn a_long_log_has_nodes_that_proofs_are_made_of(base: Base) {
    let world = World::new(base).await;
    let now = world.clock.now();
    let many = move |conn: &mut Conn| {
        for number in 0..600 {
            let request_id = number.to_string();
            let at = now + TimeDelta::milliseconds(number);
            let origin = Origin { actor: Actor::System, request_id: &request_id, at };
            let detail = serde_json::json!({});
            log::append(conn, origin, &Record { kind: Kind::SignedOut, account_id: None, service: None, detail })?;
        }
        Ok::<_, Error>(())
    };
    world.records().write(many).await.expect("records");
    world.seal().await;
    world.signed_in(who::ANNA).await;
    world.seal().await;
    assert_eq!(world.count("log_nodes"), 2);
    fits(&world).await;
    let (older, newest) = (
        world.records().read(|conn| stored::head_over(conn, 0)).await.expect("the database").expect("a head").head,
        head(&world).await.head,
    );
    let size = newest.size;
    for seq in [0, 1, 255, 256, 511, 512, size - 1] {
        let proof = world.records().read(move |conn| stored::inclusion_proof(conn, seq, size)).await.expect("a proof");
        let leaf =
            one(&world, "hex", &format!("(SELECT {} AS hex FROM log_leaves WHERE seq = {seq}) AS leaf", in_hex(base)));
        let leaf = hex::decode(leaf).expect("hexadecimal").try_into().expect("a hash");
        assert!(tree::verify_inclusion(leaf, seq, size, &proof, &newest.root), "{seq}");
    }
    let before = older.size;
    let proof = world.records().read(move |conn| stored::consistency_proof(conn, before, size)).await.expect("a proof");
    assert!(tree::verify_consistency(before, size, &proof, &older.root, &newest.root));
    disarm(&world);
    world
        .execute("UPDATE log_nodes SET hash = (SELECT hash FROM log_leaves WHERE seq = 0) WHERE position = 1")
        .expect("a change");
    assert_eq!(misfit(&world).await, Misfit::Node { from: 256, leaves: 256 });
}

fn in_hex(base: Base) -> &'static str {
    match base {
        Base::Sqlite => "hex(hash)",
        Base::Postgresql => "encode(hash, 'hex')",
    }
}

async fn a_late_record_is_sealed_behind_the_others(base: Base) {
    let world = World::new(base).await;
    some_history(&world).await;
    let sealed = world.count("log_leaves");
    let late = |id: String, at: Instant| {
        let row = format!("'{id}-7000-8000-000000000000', '{at}', 'signed-in', 'system', NULL, NULL, 'late', '{{}}'");
        world.execute(&format!("INSERT INTO log_records ({COLUMNS}) VALUES ({row})")).expect("a row");
    };
    // A transaction that took long, or a clock that is a little slow.
    let minutes_ago = world.clock.now() - TimeDelta::minutes(5);
    late(chance::first_id(minutes_ago), minutes_ago);
    world.seal().await;
    assert_eq!(world.count("log_leaves"), sealed + 1);
    // A clock that is quite wrong, or a backup that was restored.
    let days_ago = world.clock.now() - TimeDelta::days(5);
    late(chance::first_id(days_ago), days_ago);
    world.seal().await;
    assert_eq!(world.count("log_leaves"), sealed + 1);
    world.advance(TimeDelta::hours(2));
    world.seal().await;
    assert_eq!(world.count("log_leaves"), sealed + 2);
    // A clock that is ahead keeps nobody else waiting.
    let tomorrow = world.clock.now() + TimeDelta::days(1);
    late(chance::first_id(tomorrow), tomorrow);
    world.seal().await;
    world.signed_in(who::ANNA).await;
    world.seal().await;
    assert_eq!(world.count("log_leaves"), sealed + 4);
    fits(&world).await;
}

async fn heads_of_a_former_key_are_believed_as_long_as_it_is_listed(base: Base) {
    let world = World::new(base).await;
    some_history(&world).await;
    let former = world.config().audit.signer.clone().expect("a key").public();
    let mut config: Config = world.config().clone();
    let key = Signer::from_seed(&[9; 32]);
    config.audit.signer = Some(key.clone());
    let renewed = world.portal_with(&config).await;
    world.signed_in(who::ANNA).await;
    world.advance(TimeDelta::minutes(1));
    assert_eq!(renewed.sealer.seal_due().await.expect("a seal"), 1);
    assert_eq!(head(&world).await.head.key_id, key.public().id());
    assert_eq!(world.count("log_keys"), 2);
    let both = vec![key.public(), former.clone()];
    assert_eq!(report_with(&world, both, None).await.misfit, None);
    let only_new = report_with(&world, vec![key.public()], None).await.misfit;
    assert!(matches!(only_new, Some(Misfit::Head { .. })), "{only_new:?}");
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

async fn without_a_key_nothing_is_sealed_and_nothing_is_lost(base: Base) {
    let world = World::new(base).await;
    let mut config: Config = world.config().clone();
    config.audit.signer = None;
    let keyless = world.portal_with(&config).await;
    world.signed_in(who::ANNA).await;
    assert_eq!(keyless.sealer.seal_due().await.expect("nothing"), 0);
    assert_eq!(world.count("log_leaves"), 0);
    fits(&world).await;
    world.seal().await;
    assert_eq!(world.count("log_leaves"), world.count("log_records"));
    fits(&world).await;
}
