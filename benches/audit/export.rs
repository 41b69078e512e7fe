//! A million records as a file.

use std::time::{Duration, Instant};

use crate::{
    auditor::Auditor,
    life::{Life, RECORDS_OF_A_COMING},
    memory,
};

/// The largest export.
const MOST: u32 = 1_000_000;

pub struct Exported {
    pub format: &'static str,
    pub records: u64,
    pub bytes: u64,
    pub first_byte: Duration,
    pub time: Duration,
    pub mebibytes: u64,
}

/// As many of the newest records as one export may hold, in each format.
pub async fn exports(auditor: &mut Auditor, life: Life) -> Vec<Exported> {
    let query = newest(life);
    let mut exported = Vec::new();
    for format in ["csv", "jsonl"] {
        let form = auditor.get(&format!("/en/audit/export?{query}")).await;
        memory::forget();
        let began = Instant::now();
        let mut answer = auditor.send("/en/audit/export", &form, &[("query", &query), ("format", format)]).await;
        assert!(answer.status().is_success(), "an export: {}", answer.status());
        let (mut first_byte, mut bytes, mut lines) = (None, 0, 0_u64);
        while let Some(piece) = answer.chunk().await.expect("a whole file") {
            first_byte.get_or_insert_with(|| began.elapsed());
            bytes += piece.len() as u64;
            lines += piece.split(|byte| *byte == b'\n').count() as u64 - 1;
        }
        exported.push(Exported {
            format,
            records: lines - u64::from(format == "csv"),
            bytes,
            first_byte: first_byte.unwrap_or_default(),
            time: began.elapsed(),
            mebibytes: memory::at_most(),
        });
    }
    exported
}

/// A search that means not quite as many: what this bench looked at has been recorded, too.
fn newest(life: Life) -> String {
    let comings = life.comings.min(MOST / RECORDS_OF_A_COMING * 9 / 10);
    format!("from={}", life.at(life.comings - comings).date())
}
