//! The sealed log: what happens in the portal can be verified, and whoever changes a row behind its back is found.

mod sealing;
mod tampering;

use chrono::TimeDelta;
use latchkey::{
    domain::log::{
        head::{PublicKey, SignedHead},
        misfit::Misfit,
        stored,
        verify::{Report, Verification},
    },
    work::verify,
};

use crate::world::{Visitor, World, who};

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
