//! Connections: accepting, bounding, serving and stopping them.

use std::{
    io,
    sync::{Arc, Mutex, RwLock},
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use ldap3_proto::proto::{LdapExtendedResponse, LdapMsg, LdapOp, LdapResultCode};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
};
use tokio_util::codec::Framed;

use super::{
    access::Rules,
    codec::Codec,
    faults::Faults,
    journal::Journal,
    refusal::{Refusal, result},
    session::Session,
    tree::Tree,
};

/// Connections served at a time; more wait in the listener's queue.
const MAX_CONNECTIONS: usize = 1_000;

/// How long a stopping server waits for operations under way.
const FAREWELL: Duration = Duration::from_secs(2);

/// The server says that it closes the connection (RFC 4511, section 4.4.1).
const NOTICE_OF_DISCONNECTION: &str = "1.3.6.1.4.1.1466.20036";

/// What all connections share.
#[derive(Debug)]
pub struct Shared {
    pub base: String,
    pub rules: Rules,
    pub tree: RwLock<Tree>,
    /// Locked only while the tree is locked for writing.
    pub journal: Mutex<Option<Journal>>,
    pub faults: Faults,
}

/// Accepts connections until told to stop (or until the sender is gone), then lets operations under way finish.
pub async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stop: watch::Receiver<()>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stop.changed() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, place)) => {
                let (shared, stop) = (Arc::clone(&shared), stop.clone());
                connections.spawn(async move {
                    if let Err(error) = converse(stream, shared, stop).await {
                        tracing::debug!(%error, "directory connection ended");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file descriptors, for one: others must close first.
                tracing::warn!(%error, "directory: connection not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(FAREWELL, finished).await.is_err() {
        connections.shutdown().await;
    }
}

type Place = tokio::sync::OwnedSemaphorePermit;

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> io::Result<(TcpStream, Place)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

/// Serves one connection, one operation after the other.
async fn converse(stream: TcpStream, shared: Arc<Shared>, mut stop: watch::Receiver<()>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut wire = Framed::new(stream, Codec::new());
    let mut session = Session::new(shared);
    loop {
        let incoming = tokio::select! {
            _ = stop.changed() => return wire.send(farewell(LdapResultCode::Unavailable, "stopping")).await,
            incoming = wire.next() => incoming,
        };
        match incoming {
            None => return Ok(()),
            Some(Ok(incoming)) => {
                let Some(answers) = session.answer(incoming).await else { return Ok(()) };
                for answer in answers {
                    wire.feed(answer).await?;
                }
                wire.flush().await?;
            }
            Some(Err(error)) => {
                wire.send(farewell(LdapResultCode::ProtocolError, "unreadable message")).await?;
                return Err(error);
            }
        }
    }
}

fn farewell(code: LdapResultCode, message: &str) -> LdapMsg {
    let name = Some(NOTICE_OF_DISCONNECTION.to_owned());
    let res = result(Err(Refusal::new(code, message)));
    LdapMsg::new(0, LdapOp::ExtendedResponse(LdapExtendedResponse { res, name, value: None }))
}
