//! `latchkey purge`: erasing accounts that have left the directory.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use crate::{app::App, domain::log::Actor};

/// Looks for every account in the directory and erases those who have been gone long enough, or says who they are.
///
/// # Errors
/// If the directory cannot be asked, or so many seem gone that something else must be wrong: then nobody is erased.
pub async fn purge(app: &App, at_most_percent: u8, dry_run: bool) -> anyhow::Result<()> {
    if !dry_run {
        look_for_all(app).await?;
    }
    let (accounts, due) = app.delivery.due().await?;
    if dry_run {
        for due in &due {
            let since = due.gone_since.map(|since| since.format("%Y-%m-%d").to_string()).unwrap_or_default();
            say!("{}  not in the directory since {since}", due.username);
        }
        say!("{} of {accounts} accounts would be erased. Nothing was changed.", due.len());
        return Ok(());
    }
    let purged = app.delivery.erase_due(at_most_percent, Actor::Operator).await?;
    say!("{} of {accounts} accounts are erased.", purged.erased);
    if purged.waiting > 0 {
        say!(
            "{} wait until the directory is rid of their memberships. See latchkey outbox list; the portal goes on.",
            purged.waiting
        );
    }
    Ok(())
}

/// With a progress bar on a terminal.
async fn look_for_all(app: &App) -> anyhow::Result<()> {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(u64::try_from(app.delivery.due().await?.0).unwrap_or_default())
    } else {
        ProgressBar::hidden()
    };
    bar.set_style(ProgressStyle::with_template("looking for accounts {bar:40} {pos}/{len}")?);
    let before = app.state.clock.now();
    let mut gone = 0;
    loop {
        let looked = app.delivery.look(before).await?;
        if looked.accounts == 0 {
            break;
        }
        gone += looked.gone;
        bar.inc(u64::try_from(looked.accounts).unwrap_or_default());
    }
    bar.finish_and_clear();
    say!("The directory does not show {gone} accounts.");
    Ok(())
}
