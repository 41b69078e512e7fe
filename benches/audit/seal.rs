//! Sealing everything, and verifying everything.

use chrono::NaiveDate;
use latchkey::{
    db::Error,
    domain::log::{
        head::Signer,
        seal::{self, Sealing},
        verify::Verification,
    },
    work,
};

use crate::Filled;

/// As many as the portal's sealer takes at once.
const BATCH: i64 = 1000;

fn signer() -> Signer {
    Signer::from_seed(&[1; 32])
}

pub async fn seal(filled: &Filled) -> Result<(), Error> {
    let now = NaiveDate::from_ymd_opt(2026, 11, 1).and_then(|day| day.and_hms_opt(0, 0, 0)).expect("a date");
    let mut after = filled.database.read(move |conn| seal::look_from(conn, now)).await?;
    loop {
        let from = after.clone();
        let rows = filled.database.read(move |conn| seal::unsealed(conn, &from, None, BATCH)).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after.clone_from(&last.id);
        let sealing = move |conn: &mut latchkey::db::Conn| {
            seal::seal(conn, &rows, Sealing { signer: &signer(), origin: "bench/latchkey-log", now })
        };
        filled.database.write(sealing).await?;
    }
}

pub async fn verify(filled: &Filled) -> Result<(), Error> {
    let verification = Verification::new(vec![signer().public()], None);
    let report = work::verify(&filled.database, verification, |_, _| {}).await?;
    assert_eq!(report.misfit, None);
    Ok(())
}
