//! What the database itself refuses, whoever asks.

use crate::world::{Base, World, who};

on_both![what_was_published_accepted_or_logged_cannot_be_changed_or_deleted];

async fn what_was_published_accepted_or_logged_cannot_be_changed_or_deleted(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["cloud"]).await;
    anna.withdraw("cloud").await;
    world.deliver().await;
    let before = world.dump();
    let tables = [
        ("terms_versions", "number"),
        ("terms_texts", "html"),
        ("acceptances", "digest"),
        ("withdrawals", "cause"),
        ("log_records", "detail"),
    ];
    for (table, column) in tables {
        assert!(world.count(table) > 0, "{table} is empty");
        let mut statements = vec![format!("UPDATE {table} SET {column} = {column}"), format!("DELETE FROM {table}")];
        if base == Base::Postgresql {
            statements.push(format!("TRUNCATE {table} CASCADE"));
        }
        for statement in statements {
            let refusal = world.execute(&statement).expect_err(&statement);
            assert!(refusal.contains("append-only"), "{statement}: {refusal}");
        }
    }
    assert_eq!(world.dump(), before);
}
