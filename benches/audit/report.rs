//! Tables in Markdown.

use std::time::Duration;

use crate::{
    Took,
    export::Exported,
    pages::{AIM, Timed},
};

pub fn pages(timed: &[Timed]) {
    println!("| page | rows | first ms | p50 ms | p99 ms | |\n|---|---|---|---|---|---|");
    for Timed { what, rows, first, median, p99 } in timed {
        let mark = if median.max(p99) > &AIM { "over 50 ms" } else { "" };
        println!("| {what} | {rows} | {} | {} | {} | {mark} |", millis(*first), millis(*median), millis(*p99));
    }
    let over = timed.iter().filter(|page| page.median > AIM).count();
    println!("\n{} pages, {over} with a median over {} ms\n", timed.len(), AIM.as_millis());
}

pub fn exports(exported: &[Exported]) {
    println!("| file | records | MB | first byte s | s | records/s | MiB at most |\n|---|---|---|---|---|---|---|");
    for one in exported {
        let (size, rate) = (one.bytes / 1_000_000, rate(one.records, one.time));
        println!(
            "| {} | {} | {size} | {:.1} | {:.1} | {rate} | {} |",
            one.format,
            one.records,
            one.first_byte.as_secs_f64(),
            one.time.as_secs_f64(),
            one.mebibytes
        );
    }
    println!();
}

/// What was done to so many records.
pub fn work(rows: &[(&str, u64, Took)]) {
    println!("| | records | s | records/s | MiB at most |\n|---|---|---|---|---|");
    for (what, records, took) in rows {
        let (seconds, rate) = (took.time.as_secs_f64(), rate(*records, took.time));
        println!("| {what} | {records} | {seconds:.1} | {rate} | {} |", took.mebibytes);
    }
    println!();
}

#[expect(clippy::cast_precision_loss, reason = "numbers of records are small")]
fn rate(records: u64, time: Duration) -> f64 {
    (records as f64 / time.as_secs_f64()).round()
}

fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}
