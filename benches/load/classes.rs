//! A lecturer opens classes of several sizes: what that asks of the directory, and how long it takes.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::{browser::Browser, figures::Quantiles, portal::Portal, university::University};

/// The last one is for the boards.
pub const SIZES: [usize; 4] = [30, 300, 3000, 500];

const TIMES: usize = 7;

/// One size of class.
pub struct Class {
    pub size: usize,
    /// The page when the directory has to be asked about everybody, and the questions that this takes.
    pub anew: Quantiles,
    pub questions_anew: usize,
    /// The page while the list is kept.
    pub kept: Quantiles,
    pub questions_kept: usize,
}

pub async fn measure(university: &University, members: usize, database: Option<String>) -> Vec<Class> {
    let portal = Portal::start(university, members, database.as_deref());
    let mut lecturer = Browser::new(&portal.address);
    lecturer.sign_in(0).await.expect("the lecturer");
    let list = lecturer.page("/en/courses").await.expect("the list of courses");
    let mut classes = Vec::new();
    for size in SIZES {
        classes.push(one(university, &mut lecturer, &address(&list, size), size).await);
    }
    classes
}

/// Where the page of the class of this size is.
pub fn address(list: &str, size: usize) -> String {
    let (before, _) = list.split_once(&format!("\">Class of {size}</a>")).expect("the course in the list");
    before.rsplit('"').next().expect("its address").to_owned()
}

async fn one(university: &University, lecturer: &mut Browser, page: &str, size: usize) -> Class {
    let (mut anew, mut kept, mut asked) = (Vec::new(), Vec::new(), [0, 0]);
    for _ in 0..TIMES {
        // What is kept has to grow old first.
        sleep(Duration::from_millis(1100)).await;
        for (times, questions) in [&mut anew, &mut kept].into_iter().zip(&mut asked) {
            let (log, start) = (university.server.log_length(), Instant::now());
            lecturer.page(page).await.expect("the class");
            times.push(start.elapsed());
            *questions = questions_in(&university.server.log_since(log));
        }
    }
    let [questions_anew, questions_kept] = asked;
    Class { size, anew: Quantiles::of(anew), questions_anew, kept: Quantiles::of(kept), questions_kept }
}

/// Searches and compares in OpenLDAP's log, which cuts off long lines together with their ends.
pub fn questions_in(log: &str) -> usize {
    log.matches(" SRCH base=").count() + log.matches(" CMP dn=").count()
}
