//! The auditors' pages, each asked for again and again: how long until it is there.

use std::time::Duration;

use latchkey::chance;

use crate::{
    auditor::Auditor,
    life::{Life, account_id, name_of},
};

/// How often a page is asked for, and after what time it is enough.
const TIMES: usize = 60;
const ENOUGH: Duration = Duration::from_secs(8);

/// What no page may take longer than.
pub const AIM: Duration = Duration::from_millis(50);

/// How long a page took.
pub struct Timed {
    pub what: &'static str,
    pub rows: usize,
    /// The first time, before the database has the pages of its file at hand.
    pub first: Duration,
    pub median: Duration,
    pub p99: Duration,
}

/// Every page, once it is open.
pub async fn pages(auditor: &mut Auditor, life: Life) -> Vec<Timed> {
    let mut timed = Vec::new();
    for (what, path) in paths(life) {
        timed.push(time(auditor, what, &format!("/en/audit{path}")).await);
    }
    timed
}

async fn time(auditor: &mut Auditor, what: &'static str, path: &str) -> Timed {
    let (first, page) = auditor.timed(path).await;
    let mut took = Vec::new();
    while took.len() < TIMES && took.iter().sum::<Duration>() < ENOUGH {
        took.push(auditor.timed(path).await.0);
    }
    took.sort_unstable();
    // Rows of the table behind its head.
    let rows = page.matches("<tr").count().saturating_sub(page.matches("<thead").count());
    Timed { what, rows, first, median: took[took.len() / 2], p99: took[took.len() * 99 / 100] }
}

/// What is asked, with the address behind `/audit`.
fn paths(life: Life) -> Vec<(&'static str, String)> {
    let person = life.people / 2 + 1;
    let (given, family) = name_of(person);
    let id_at = |coming: u32| chance::first_id(life.at(coming));
    let day = |coming: u32| life.at(coming).date().to_string();
    let (begin, middle, end) = (0, life.comings / 2, life.comings - 1);
    let whole = format!("from={}&until={}", day(begin), day(end));
    let owned = |list: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        list.iter().map(|(what, path)| (*what, (*path).to_owned())).collect()
    };
    let mut paths = owned(&[
        ("everything, newest", ""),
        ("everything, oldest", "?after=0"),
        ("a common service", "?service=rocketchat"),
        ("a rare service", "?service=vpn"),
        ("a common kind", "?kind=signed-in"),
        ("a rare kind", "?kind=membership-refused"),
        ("a kind of which there is none", "?kind=account-erased"),
        ("a service and a kind", "?service=rocketchat&kind=terms-accepted"),
        ("a rare service and a common kind", "?service=vpn&kind=terms-accepted"),
        ("an old version", "?version=rocketchat%2F1"),
        ("an old version and a kind", "?version=rocketchat%2F1&kind=acceptance-withdrawn"),
        ("an old version and a rare cause", "?version=rocketchat%2F1&cause=account-gone"),
        (
            "an old version, a kind and a rare cause",
            "?version=rocketchat%2F1&kind=acceptance-withdrawn&cause=account-gone",
        ),
        ("a version and a cause that never go together", "?version=rocketchat%2F6&cause=accepted"),
        ("a common cause", "?cause=accepted"),
        ("a rare cause", "?cause=account-gone"),
        ("a cause and a kind that never go together", "?cause=accepted&kind=signed-in"),
        ("a common cause and a rare service", "?cause=accepted&service=vpn"),
        ("a rare cause and a common service", "?cause=account-gone&service=rocketchat"),
        ("a common cause and kind, a rare service", "?cause=accepted&kind=entitlement-granted&service=vpn"),
        ("a common kind and service, a rare cause", "?cause=account-gone&kind=entitlement-ended&service=rocketchat"),
    ]);
    paths.extend([
        ("everything, from the middle on", format!("?before={}", id_at(middle))),
        ("a common kind, from the middle on", format!("?kind=signed-in&before={}", id_at(middle))),
        ("a rare kind, back from the beginning", format!("?kind=membership-refused&after={}", id_at(begin))),
        ("one day", format!("?from={0}&until={0}", day(middle))),
        ("a rare kind on all days", format!("?kind=membership-refused&{whole}")),
        (
            "a service and a kind on an early day",
            format!("?service=cloud&kind=terms-accepted&from={0}&until={0}", day(begin)),
        ),
        ("a rare cause on one day", format!("?cause=account-gone&from={0}&until={0}", day(middle))),
        ("days before the log", "?from=2020-01-01&until=2020-12-31".to_owned()),
        ("a person by both names", format!("?q={given}+{family}")),
        ("a person by username", format!("?q=person{person}")),
        ("a person by mail", format!("?q=person{person}%40uni.example")),
        ("a person, one kind", format!("?q=person{person}%40uni.example&kind=terms-accepted")),
        (
            "a person, a service, a kind, a cause, all days",
            format!("?account={}&service=rocketchat&kind=entitlement-ended&cause=member&{whole}", account_id(person)),
        ),
        ("a beginning that hundreds share", "?q=anna".to_owned()),
        ("two beginnings that hundreds share", "?q=an+mu".to_owned()),
        ("nobody", "?q=nobody".to_owned()),
        ("a member of staff who often looked", format!("?account={}", account_id(1))),
        ("the same, a kind that is not theirs", format!("?account={}&kind=membership-refused", account_id(1))),
        ("now, a common service", "/standing?service=rocketchat".to_owned()),
        ("now, a rare service", "/standing?service=vpn".to_owned()),
        ("now, on the ground of the newest version", "/standing?version=rocketchat%2F6".to_owned()),
        ("now, on the ground of the oldest version", "/standing?version=rocketchat%2F1".to_owned()),
        ("two years ago", format!("/standing?service=rocketchat&on={}", day(life.comings / 3))),
        ("two years ago, the oldest version", format!("/standing?version=rocketchat%2F1&on={}", day(life.comings / 3))),
        ("yesterday, the oldest version", format!("/standing?version=rocketchat%2F1&on={}", day(end))),
        ("on the first day", format!("/standing?service=rocketchat&on={}", day(begin))),
        ("a year ago, a rare service", format!("/standing?service=vpn&on={}", day(life.comings * 2 / 3))),
        (
            "two years ago, one person",
            format!("/standing?service=rocketchat&q=person{person}&on={}", day(life.comings / 3)),
        ),
        ("now, without acceptance", "/standing?service=printing&ground=none".to_owned()),
        ("now, without acceptance: nobody", "/standing?service=rocketchat&ground=none".to_owned()),
        ("the page of a person", format!("/people/{}", account_id(person))),
        ("the page of one who often looked", format!("/people/{}", account_id(1))),
        ("charts, two weeks", "/charts?service=rocketchat&days=14".to_owned()),
        ("charts, 90 days", "/charts?service=rocketchat&days=90".to_owned()),
        ("charts, a rare service", "/charts?service=vpn&days=90".to_owned()),
        ("the log page", "/log".to_owned()),
        ("before an export of everything", "/export".to_owned()),
        ("before an export of a common service", "/export?service=rocketchat".to_owned()),
        ("before an export of who has a service", "/standing/export?service=rocketchat".to_owned()),
        ("before an export of who had it", format!("/standing/export?service=rocketchat&on={}", day(life.comings / 3))),
        ("before an export of one kind", "/export?kind=membership-refused".to_owned()),
    ]);
    paths
}
