//! Verifying the log step by step, while the portal goes on.

use std::ops::ControlFlow;

use crate::{
    db::{Database, Error},
    domain::log::verify::{Report, Verification},
};

/// Verifies to the end, and tells after each step how many records are verified and how many there are. Each step is a transaction of
/// its own, so that a long verification keeps nobody waiting.
pub async fn verify(
    database: &Database,
    mut verification: Verification,
    progress: impl Fn(u64, u64),
) -> Result<Report, Error> {
    loop {
        match database.read_once(move |conn| verification.step(conn)).await? {
            ControlFlow::Break(report) => return Ok(report),
            ControlFlow::Continue(next) => verification = next,
        }
        let (verified, all) = verification.progress();
        progress(verified, all);
    }
}
