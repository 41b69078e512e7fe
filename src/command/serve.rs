//! `latchkey serve`: the portal on the operator's directory, database and mail server.

use std::net::TcpListener;

use anyhow::Context;
use serde_json::json;

use crate::{
    app::{App, patiently},
    chance,
    clock::Clock,
    config::Config,
    db::{Conn, Error},
    domain::log::{self, Actor, Kind, Origin, Record},
};

/// Runs until the process is told to end; what a request has begun is finished first.
pub async fn serve(config: &Config) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.listen)
        .with_context(|| format!("cannot listen on {}; is another program there? See portal.listen", config.listen))?;
    let app = App::assemble(config, Clock::system(), None).await?;
    tracing::info!(event = "start", version = env!("CARGO_PKG_VERSION"), listen = %config.listen,
        address = %config.web.portal.public_url, configuration = config.digest);
    record_start(&app, config).await?;
    run(&app, listener).await
}

/// Records that a portal begins to work, and with which configuration.
pub(super) async fn record_start(app: &App, config: &Config) -> Result<(), Error> {
    let (digest, now) = (config.digest.clone(), app.state.clock.now());
    let record = async || {
        let digest = digest.clone();
        let record = move |conn: &mut Conn| {
            let request_id = chance::id(now);
            let origin = Origin { actor: Actor::System, request_id: &request_id, at: now };
            let detail = json!({ "version": env!("CARGO_PKG_VERSION"), "configuration_sha256": digest });
            log::append(conn, origin, &Record { kind: Kind::PortalStarted, account_id: None, service: None, detail })
        };
        app.state.database.write(record).await
    };
    patiently(record).await
}

/// Server and worker side by side.
pub(super) async fn run(app: &App, listener: TcpListener) -> anyhow::Result<()> {
    let (delivery, sealer) = (app.delivery.clone(), app.sealer.clone());
    let worker = actix_web::rt::spawn(async move { tokio::join!(delivery.run(), sealer.run()) });
    let ended = app.server(listener)?.await;
    worker.abort();
    tracing::info!(event = "stop");
    Ok(ended?)
}
