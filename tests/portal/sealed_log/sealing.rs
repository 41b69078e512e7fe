//! Sealing: everything, once, in one order, by whatever portal.

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
        head::Signer,
        misfit::Misfit,
        seal::{self, Sealing},
        stored, tree,
    },
};

use super::{COLUMNS, acceptance, disarm, fits, head, misfit, one, report, report_with, some_history};
use crate::world::{Base, World, who};

on_both![
    what_is_recorded_is_sealed_and_verifies,
    two_portals_seal_nothing_twice,
    another_portal_goes_on_where_one_has_died,
    a_seal_that_is_cut_off_has_not_happened,
    the_command_line_verifies_against_an_older_head,
    a_long_log_has_nodes_that_proofs_are_made_of,
    a_late_record_is_sealed_behind_the_others,
    heads_of_a_former_key_are_believed_as_long_as_it_is_listed,
    without_a_key_nothing_is_sealed_and_nothing_is_lost,
];

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
