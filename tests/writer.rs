//! The coalescing writer against a directory that answers anything: every caller's answer is true.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use latchkey::{
    demo::{
        directory::{EmbeddedDirectory, Fault, Options},
        university::{self, BASE, PASSWORD, PEOPLE, PORTAL_DN, SERVICES},
    },
    directory::{
        Directory, DirectoryError, Holder, Shown,
        settings::{People, Settings},
    },
    domain::catalogue::Grant,
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use tokio::runtime::Builder;

/// What servers answer when a value is there or not there already, when something is missing or forbidden, when they are busy,
/// unavailable, or broken; not always for that reason.
const CODES: [u32; 9] = [20, 68, 16, 53, 50, 32, 51, 52, 80];

/// How many people are wished for.
const CROWD: usize = 5;

/// Somebody shall (not) be in the group.
#[derive(Clone, Debug)]
struct Wish {
    person: usize,
    wanted: bool,
    /// Milliseconds after the beginning of the round.
    after: u64,
}

/// Wishes at the same time, and what happens to the modifies that come of them.
#[derive(Clone, Debug)]
struct Round {
    wishes: Vec<Wish>,
    faults: Vec<Option<Fault>>,
}

fn rounds() -> impl Strategy<Value = Vec<Round>> {
    let wish = (0..CROWD, any::<bool>(), 0..4_u64).prop_map(|(person, wanted, after)| Wish { person, wanted, after });
    let fault = (any::<bool>(), option::weighted(0.7, select(CODES.to_vec())))
        .prop_map(|(has_effect, code)| Fault { has_effect, code });
    let round = (vec(wish, 1..16), vec(option::weighted(0.6, fault), 0..12))
        .prop_map(|(wishes, faults)| Round { wishes, faults });
    vec(round, 1..6)
}

struct World {
    embedded: EmbeddedDirectory,
    directory: Directory,
    crowd: Vec<Holder>,
    grant: Grant,
}

impl World {
    async fn new(most_values_per_modify: usize) -> Self {
        let listen = "127.0.0.1:0".parse().expect("an address");
        let options = Options { listen, base: BASE.to_owned(), journal: None, access: university::access() };
        let entries = university::entries();
        let people = entries.iter().filter(|entry| entry.dn.ends_with(&format!(",{PEOPLE}")));
        let holder = |dn: &String| Holder { dn: dn.clone(), username: String::new() };
        let crowd = people.map(|entry| holder(&entry.dn)).take(200).collect();
        let embedded = EmbeddedDirectory::start(options, entries).await.expect("a directory");
        let settings = Settings {
            urls: vec![embedded.url()],
            start_tls: false,
            ca_file: None,
            bind_dn: PORTAL_DN.to_owned(),
            bind_password: PASSWORD.into(),
            connect_timeout: Duration::from_secs(2),
            operation_timeout: Duration::from_secs(2),
            most_values_per_modify,
            roles: latchkey::directory::settings::Roles::default(),
            people: People {
                base: PEOPLE.to_owned(),
                filter: "(uid={username})".to_owned(),
                dn_template: None,
                key_attribute: "entryUUID".to_owned(),
                username_attribute: "uid".to_owned(),
                display_name_attribute: "displayName".to_owned(),
                mail_attribute: "mail".to_owned(),
                affiliation_attribute: "eduPersonAffiliation".to_owned(),
            },
        };
        let group = format!("cn=rocketchat,{SERVICES}");
        let directory = Directory::new(settings).expect("a client");
        Self { embedded, directory, crowd, grant: Grant::GroupOfDns { group, attribute: "member".to_owned() } }
    }

    async fn set(&self, person: usize, wanted: bool) -> Result<Shown, DirectoryError> {
        self.set_until(person, wanted, Duration::from_mins(1)).await
    }

    async fn set_until(&self, person: usize, wanted: bool, limit: Duration) -> Result<Shown, DirectoryError> {
        self.directory.set(&self.grant, &self.crowd[person], wanted, Instant::now() + limit).await
    }

    /// Asked on the same kind of connection, when nothing is under way.
    async fn shows(&self, person: usize) -> bool {
        self.directory.has(&self.grant, &self.crowd[person]).await.expect("an answer")
    }

    /// Who was answered "done" last, with nothing wished after it: what they were told must be so. Wishes are made in the order of
    /// this list, because nothing here runs in parallel.
    async fn play(&self, round: &Round) {
        let Round { wishes, faults } = round;
        self.embedded.faults().expect(faults.iter().copied());
        let order = Arc::new(std::sync::Mutex::new(Vec::new()));
        let wishing = wishes.iter().map(async |wish| {
            tokio::time::sleep(Duration::from_millis(wish.after)).await;
            let place = {
                let mut order = order.lock().expect("the order");
                order.push((wish.person, wish.wanted, None));
                order.len() - 1
            };
            // Nothing comes between taking the place and queueing up.
            let answer = self.set(wish.person, wish.wanted).await;
            order.lock().expect("the order")[place].2 = Some(answer);
        });
        join_all(wishing).await;
        self.embedded.faults().clear();
        let mut last = BTreeMap::new();
        for (person, wanted, answer) in order.lock().expect("the order").iter() {
            last.insert(*person, (*wanted, answer.clone().expect("an answer")));
        }
        for (person, (wanted, answer)) in last {
            if answer.is_ok() {
                assert_eq!(self.shows(person).await, wanted, "person {person} was told otherwise: {round:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_told_what_is_not_so(rounds in rounds(), most in select(vec![1, 2, 3, 100])) {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let world = World::new(most).await;
            for round in &rounds {
                world.play(round).await;
            }
            // Whatever went wrong, the next wish is carried out.
            for person in 0..CROWD {
                world.set(person, true).await.expect("done");
                assert!(world.shows(person).await);
                world.set(person, false).await.expect("done");
                assert!(!world.shows(person).await);
            }
        });
    }
}

#[tokio::test]
async fn wishes_at_the_same_time_share_modifies() {
    let world = World::new(100).await;
    world.embedded.faults().set_latency(Duration::from_millis(5));
    let wishes = world.crowd.len();
    for wanted in [true, false] {
        let before = world.embedded.faults().modifies();
        let answers = join_all((0..wishes).map(|person| world.set(person, wanted))).await;
        assert!(answers.iter().all(Result::is_ok));
        let modifies = world.embedded.faults().modifies() - before;
        assert!(modifies <= 4, "{modifies} modifies for {wishes} people");
        for person in 0..wishes {
            assert_eq!(world.shows(person).await, wanted);
        }
    }
}

/// Every second person has already what is wished for, which spoils the modify for all.
#[tokio::test]
async fn a_value_that_spoils_the_modify_costs_the_others_nothing() {
    let world = World::new(100).await;
    for person in (0..40).step_by(2) {
        world.set(person, true).await.expect("done");
    }
    let before = world.embedded.faults().modifies();
    let answers = join_all((0..40).map(|person| world.set(person, false))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let modifies = world.embedded.faults().modifies() - before;
    assert!(modifies < 20, "{modifies} modifies for 40 people");
    for person in 0..40 {
        assert!(!world.shows(person).await);
    }
}

#[tokio::test]
async fn wishes_about_one_person_are_carried_out_in_their_order() {
    let world = World::new(100).await;
    world.embedded.faults().set_latency(Duration::from_millis(2));
    for last in [true, false, true] {
        let wishes: Vec<bool> = (0..9).map(|number| (number % 2 == 0) == last).collect();
        let answers = join_all(wishes.iter().map(|wanted| world.set(0, *wanted))).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert_eq!(world.shows(0).await, last);
    }
}

/// A caller that gives up does not take the others with it, nor its own wish back.
#[tokio::test]
async fn a_wish_is_carried_out_although_nobody_waits_for_it() {
    let world = World::new(100).await;
    world.embedded.faults().set_latency(Duration::from_millis(20));
    let impatient = tokio::time::timeout(Duration::from_millis(1), world.set(0, true)).await;
    assert!(impatient.is_err());
    world.set(1, true).await.expect("done");
    assert!(world.shows(0).await && world.shows(1).await);
}

/// Whoever may write no longer when their turn comes has not written, and holds up nobody.
#[tokio::test]
async fn nothing_is_sent_after_its_time() {
    let world = World::new(100).await;
    // The first change also asks what the server can do.
    world.set(3, true).await.expect("done");
    let latency = Duration::from_millis(50);
    world.embedded.faults().set_latency(latency);
    let before = world.embedded.faults().modifies();
    let (first, (late, timely)) = tokio::join!(world.set(0, true), async {
        tokio::time::sleep(latency / 10).await;
        tokio::join!(world.set_until(1, true, latency / 5), world.set(2, true))
    });
    assert!(first.is_ok() && timely.is_ok(), "{first:?} {timely:?}");
    assert!(matches!(late, Err(DirectoryError::TooLate)), "{late:?}");
    assert_eq!(world.embedded.faults().modifies() - before, 2, "one for the first, one for the third");
    assert!(world.shows(0).await && !world.shows(1).await && world.shows(2).await);
}
