//! People who do something at the same time, each one thing after the other.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;

use crate::{
    browser::Browser,
    figures::{Round, Way},
    raw,
    university::University,
};

/// Who does it, and how.
pub enum User {
    /// A whole way through the portal.
    Portal(Box<Browser>),
    /// The directory operations alone.
    Raw(Box<raw::Worker>),
    /// The sign-in page.
    SignInPage(Box<Browser>),
    /// The permissions page of somebody who is signed in.
    PermissionsPage(Box<Browser>),
    /// Signing in, and leaving the session as it is.
    Session(Box<Browser>),
}

impl User {
    async fn act(&mut self, number: usize, wanted: bool) -> Result<Way, String> {
        let start = Instant::now();
        match self {
            Self::Portal(browser) => return browser.whole_way(number, wanted).await,
            Self::Raw(worker) => worker.change(number, wanted).await?,
            Self::SignInPage(browser) => {
                browser.forget();
                browser.page("/en/sign-in").await?;
            }
            Self::PermissionsPage(browser) => {
                browser.permissions().await?;
            }
            Self::Session(browser) => {
                browser.forget();
                browser.sign_in(number).await?;
            }
        }
        Ok(Way { whole: start.elapsed(), press: Duration::ZERO })
    }
}

/// Users of the portal at this address.
pub fn browsers(address: &str, count: usize, user: impl Fn(Box<Browser>) -> User) -> Vec<User> {
    (0..count).map(|_| user(Box::new(Browser::new(address)))).collect()
}

pub async fn raw(university: &University, members: usize, count: usize) -> Vec<User> {
    let mut users = Vec::new();
    for _ in 0..count {
        users.push(User::Raw(Box::new(raw::Worker::new(university, members).await)));
    }
    users
}

/// One round: every user takes the next of the people, again and again, until the time is over or nobody is left. What has
/// begun is finished, and counts with the time that it took.
pub async fn round(users: Vec<User>, people: Vec<usize>, wanted: bool, time: Duration) -> (Round, Vec<User>) {
    let (people, next, start) = (Arc::new(people), Arc::new(AtomicUsize::new(0)), Instant::now());
    let tasks = users.into_iter().map(|mut user| {
        let (people, next) = (Arc::clone(&people), Arc::clone(&next));
        tokio::spawn(async move {
            let mut round = Round::default();
            while start.elapsed() < time
                && let Some(&number) = people.get(next.fetch_add(1, Ordering::Relaxed))
            {
                match user.act(number, wanted).await {
                    Ok(way) => {
                        round.ways.push(way);
                        round.people.push(number);
                    }
                    Err(failure) => round.failures.push(failure),
                }
            }
            (round, user)
        })
    });
    let (mut sum, mut back) = (Round::default(), Vec::new());
    for done in join_all(tasks).await {
        let (round, user) = done.expect("a user");
        sum.add(round);
        back.push(user);
    }
    sum.lasted = start.elapsed();
    (sum, back)
}
