//! `latchkey serve`: the portal on the operator's directory, database and mail server.

use std::net::TcpListener;

use anyhow::Context;

use crate::{app::App, clock::Clock, config::Config};

/// Runs until the process is told to end; what a request has begun is finished first.
pub async fn serve(config: &Config) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.listen)
        .with_context(|| format!("cannot listen on {}; is another program there? See portal.listen", config.listen))?;
    let app = App::assemble(config, Clock::system(), None).await?;
    tracing::info!(event = "start", version = env!("CARGO_PKG_VERSION"), listen = %config.listen,
        address = %config.web.portal.public_url, configuration = config.digest);
    run(&app, listener).await
}

/// Server and worker side by side.
pub(super) async fn run(app: &App, listener: TcpListener) -> anyhow::Result<()> {
    let delivery = app.delivery.clone();
    let worker = actix_web::rt::spawn(async move { delivery.run().await });
    let ended = app.server(listener)?.await;
    worker.abort();
    tracing::info!(event = "stop");
    Ok(ended?)
}
