//! The embedded directory: a real LDAP v3 server (RFC 4511) on loopback, for the demo and for tests.
//!
//! Entries live in memory; they can be read and modified, not added or deleted. Result codes, messages and access
//! rules follow `OpenLDAP`'s. There is no TLS, and passwords are kept in clear: it holds sample data only.

mod access;
mod codec;
mod controls;
mod dn;
mod faults;
mod filter;
mod journal;
mod modify;
mod refusal;
mod schema;
mod search;
mod server;
mod session;
#[cfg(test)]
mod tests;
mod tree;
mod values;

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, RwLock},
};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

pub use self::faults::{Fault, Faults};
use self::{access::Rules, journal::Journal, server::Shared, tree::Tree};

/// How to run an embedded directory.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The naming context, such as `dc=demo,dc=example`.
    pub base: String,
    /// The file that keeps modifications beyond a restart; without it they are forgotten.
    pub journal: Option<PathBuf>,
    pub access: Access,
}

/// The access rules, as names of entries.
///
/// The portal's account and the chat server's account read people and groups. The portal's account may also add
/// and delete single values: of the membership attributes of entries directly below the service groups (persons,
/// or usernames), and entitlements on people. A person reads the own entry, anonymous the root DSE. Nobody reads a
/// password. Everything else is refused.
#[derive(Clone, Debug)]
pub struct Access {
    pub portal: String,
    pub chat: String,
    /// The branch of people.
    pub people: String,
    /// The branch of all groups.
    pub groups: String,
    /// The branch directly below which the service groups are.
    pub service_groups: String,
    /// What a value of `eduPersonEntitlement` must begin with to be the portal's business.
    pub entitlement_prefix: String,
}

/// An entry to start with. `userPassword` is in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub dn: String,
    pub attributes: Vec<(String, Vec<String>)>,
}

/// A running directory. It stops when it is dropped.
#[derive(Debug)]
pub struct EmbeddedDirectory {
    address: SocketAddr,
    faults: Faults,
    stop: watch::Sender<()>,
    serving: JoinHandle<()>,
}

impl EmbeddedDirectory {
    /// Loads the entries, replays the journal and starts to serve, on the current runtime.
    ///
    /// # Errors
    /// The address cannot be listened on, an entry or an access rule is not valid, or the journal cannot be read
    /// or is in use by another server.
    pub async fn start(options: Options, entries: Vec<Entry>) -> io::Result<Self> {
        let Options { listen, base, journal, access } = options;
        let rules = Rules::new(&access)?;
        let load = move || {
            let mut tree = Tree::new(entries)?;
            let journal = journal.map(|path| Journal::open(&path, &mut tree)).transpose()?;
            io::Result::Ok((tree, journal))
        };
        let (tree, journal) = tokio::task::spawn_blocking(load).await.map_err(io::Error::other)??;
        let faults = Faults::default();
        let (tree, journal) = (RwLock::new(tree), Mutex::new(journal));
        let shared = Shared { base, rules, tree, journal, faults: faults.clone() };
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(());
        let serving = tokio::spawn(server::serve(listener, Arc::new(shared), stopped));
        Ok(Self { address, faults, stop, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What is to go wrong; nothing, unless a test says so.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The same as an LDAP URL (RFC 4516).
    pub fn url(&self) -> String {
        format!("ldap://{}", self.address)
    }

    /// Stops accepting, lets operations under way finish, and returns when the journal is free again.
    pub async fn stop(self) {
        // An error means that it has stopped already.
        let _ = self.stop.send(());
        let _ = self.serving.await;
    }
}
