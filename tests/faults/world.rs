//! A portal with its servers, a proxy before each of them, and what must be true at the end.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use latchkey::db::Database;
use tempfile::TempDir;
use tokio::{
    sync::{RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::sleep,
};
use url::Url;

use crate::{
    evidence::{self, Dossier},
    portal::{self, Options, Portal, port_of},
    proxy::{Proxy, Weather},
    support::{
        openldap::{self, OpenLdap},
        people::{GROUP, Person},
        postgres,
        smtp::Smtp,
    },
    visitor::{self, Answer, Visitor},
};

/// `student00001` and so on.
const STUDENTS: usize = 1500;

/// Longer than everything that happens by and by may take on a busy machine; what never happens ends here.
const LIMIT: Duration = Duration::from_mins(1);

/// Stories that look at the time have the machine alone; all others happen beside each other.
static MACHINE: RwLock<()> = RwLock::const_new(());

/// A story's share of the machine.
enum Share {
    Some { _guard: RwLockReadGuard<'static, ()> },
    All { _guard: RwLockWriteGuard<'static, ()> },
    None,
}

pub struct World {
    pub portal: Portal,
    pub options: Options,
    pub ldap: OpenLdap,
    pub smtp: Smtp,
    pub ldap_proxy: Proxy,
    pub smtp_proxy: Proxy,
    /// Before PostgreSQL, where that is the database.
    pub database_proxy: Option<Proxy>,
    pub database: Database,
    _folder: TempDir,
    /// Given back when the servers are stopped.
    share: Share,
}

impl World {
    /// A portal on SQLite.
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// A portal on SQLite with other options.
    pub async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = portal::sqlite(folder.path());
        Self::on(&url, &url, None, folder, change).await
    }

    /// A portal on PostgreSQL, with a proxy before it.
    pub async fn on_postgres() -> Self {
        let url = postgres::database();
        let proxy = Proxy::before(port_of(&url)).await;
        let mut proxied = Url::parse(&url).expect("a URL");
        proxied.set_port(Some(proxy.port)).expect("a port");
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self::on(&url, proxied.as_str(), Some(proxy), folder, |_| ()).await
    }

    async fn on(
        url: &str,
        for_portal: &str,
        database_proxy: Option<Proxy>,
        folder: TempDir,
        change: impl FnOnce(&mut Options),
    ) -> Self {
        let share = Share::Some { _guard: MACHINE.read().await };
        let ldap = OpenLdap::start(&openldap::Options { students: STUDENTS, ..openldap::Options::default() });
        let smtp = Smtp::start();
        let ldap_proxy = Proxy::before(port_of(&ldap.ldap_url)).await;
        let smtp_proxy = Proxy::before(smtp.port).await;
        let mut options = Options {
            database: for_portal.to_owned(),
            ldap_port: ldap_proxy.port,
            smtp_port: smtp_proxy.port,
            group: GROUP.to_owned(),
            // Longer than what a page waits.
            operation_timeout: "3s",
            believe_for: "30s",
            sign_ins_at_once: 64,
        };
        change(&mut options);
        let portal = Portal::start(&options, &ldap, &smtp);
        let database = evidence::open(url);
        Self { portal, options, ldap, smtp, ldap_proxy, smtp_proxy, database_proxy, database, _folder: folder, share }
    }

    /// The same when no other story happens beside it.
    pub async fn alone(mut self) -> Self {
        self.share = Share::None;
        self.share = Share::All { _guard: MACHINE.write().await };
        self
    }

    /// A second portal on the same database, with no proxy before its servers.
    pub fn another_portal(&self) -> Portal {
        Portal::start(&portal::options(&self.options.database, &self.ldap, &self.smtp), &self.ldap, &self.smtp)
    }

    /// Somebody who has signed in.
    pub async fn visitor(&self, uid: &str) -> Visitor {
        let mut visitor = Visitor::new(uid, visitor::http());
        let answer = visitor.sign_in(&self.portal.address()).await.expect("an answer");
        assert!(answer.is_done(), "{uid} is not signed in: {answer:?}");
        visitor
    }

    /// Looks at the page and presses the button.
    pub async fn press(&self, visitor: &mut Visitor, wanted: bool) -> Answer {
        let (page, form) = visitor.permissions(&self.portal.address()).await.expect("an answer");
        let form = form.unwrap_or_else(|| panic!("no form: {page:?}"));
        assert_ne!(form.is_active, wanted, "{}: {}", visitor.uid, page.body);
        visitor.press(&self.portal.address(), &form, wanted).await.expect("an answer")
    }

    /// The same by somebody else, while the test goes on.
    pub fn pressing(&self, visitor: &Visitor, wanted: bool) -> tokio::task::JoinHandle<Option<Answer>> {
        let (mut visitor, portal) = (visitor.clone(), self.portal.address());
        tokio::spawn(async move {
            let form = visitor.permissions(&portal).await.ok()?.1?;
            visitor.press(&portal, &form, wanted).await.ok()
        })
    }

    pub async fn dossier(&self, uid: &str) -> Dossier {
        self.dossiers().await.remove(uid).unwrap_or_default()
    }

    /// Everybody about whom something was decided.
    pub async fn dossiers(&self) -> BTreeMap<String, Dossier> {
        evidence::dossiers(&self.database).await
    }

    /// Whether the directory shows the membership.
    pub async fn is_member(&self, person: &Person) -> bool {
        evidence::members(&self.ldap, &self.options.group).await.contains(&person.dn())
    }

    /// Waits until nothing is owed any more.
    pub async fn settle(&self) {
        let began = Instant::now();
        while evidence::owed(&self.database).await > 0 {
            let list = || self.portal.run(&["outbox", "list"]);
            assert!(began.elapsed() < LIMIT, "still owed:\n{}\n{}", list(), self.portal.log());
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until this holds.
    pub async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let began = Instant::now();
        while !holds().await {
            assert!(began.elapsed() < LIMIT, "never: {what}\n{}", self.portal.log());
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Everything works again.
    pub fn mend(&self) {
        self.ldap_proxy.set(Weather::Fair);
        self.smtp_proxy.set(Weather::Fair);
        self.smtp.answer(None);
        if let Some(proxy) = &self.database_proxy {
            proxy.set(Weather::Fair);
        }
    }

    /// What must be true of one accepted press, whatever happened: one acceptance, the membership, one mail or twice the same one.
    /// Returns how many mails came.
    pub async fn accepted_once(&self, person: &Person) -> usize {
        self.settle().await;
        let dossier = self.dossier(person.uid).await;
        let [event] = &dossier.events[..] else { panic!("not one acceptance: {dossier:?}") };
        assert!(event.granted && dossier.wanted && dossier.is_applied, "{dossier:?}");
        assert!(self.is_member(person).await, "not in the group");
        let receipts = evidence::receipts(&self.smtp.messages());
        assert_eq!(receipts.keys().collect::<Vec<_>>(), [&event.receipt]);
        let mails = &receipts[&event.receipt];
        assert!(
            mails.len() <= 2 && mails.iter().all(|mail| (&mail.id, &mail.to) == (&mails[0].id, &mails[0].to)),
            "{mails:?}"
        );
        mails.len()
    }
}
