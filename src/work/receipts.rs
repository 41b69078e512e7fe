//! The receipt in the mail about a change: the mail waits a moment for its seal.

use chrono::TimeDelta;

use super::Delivery;
use crate::{
    db::Error,
    domain::{
        accounts::Account,
        catalogue::Service,
        log::receipt,
        outbox::{self, Entry, MailOrder},
    },
};

/// A mail goes without its receipt rather than wait longer than this.
const PATIENCE: TimeDelta = TimeDelta::seconds(10);

/// How soon to look again. The sealer wakes the worker as well.
const AGAIN_AFTER: TimeDelta = TimeDelta::milliseconds(500);

/// The receipt of a change.
pub(super) enum Receipt {
    /// The document (JSON).
    Sealed(String),
    /// It will be sealed in a moment.
    Awaited,
    /// It is not sealed, and the mail does not wait for it any longer: the page of the receipt has it later.
    NotSealed,
}

impl Delivery {
    /// The receipt that belongs to a mail.
    pub(super) async fn receipt(
        &self,
        account: &Account,
        service: &Service,
        order: &MailOrder,
    ) -> Result<Receipt, Error> {
        if self.outside.log_keys.is_empty() {
            return Ok(Receipt::NotSealed);
        }
        let (account_id, number) = (account.id.clone(), order.receipt.clone());
        let found = self.outside.database.read(move |conn| receipt::find(conn, &account_id, &number)).await?;
        let document =
            found.and_then(|found| found.document(&self.outside.portal, Some(service), &self.outside.log_keys));
        match document {
            Some(document) => Ok(Receipt::Sealed(document.to_json()?)),
            None if self.outside.clock.now() < order.at + PATIENCE => Ok(Receipt::Awaited),
            None => Ok(Receipt::NotSealed),
        }
    }

    pub(super) async fn wait_for_seal(&self, entry: &Entry) -> Result<(), Error> {
        let (entry, due_at) = (entry.clone(), self.outside.clock.now() + AGAIN_AFTER);
        self.outside.database.run(move |conn| outbox::put_off(conn, &entry, due_at)).await
    }
}
