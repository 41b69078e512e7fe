//! Delivering mails about changes.

use tokio::time::timeout;

use super::{Delivery, delivery::Failure, receipts::Receipt};
use crate::{
    db,
    domain::{
        accounts::Account,
        catalogue::Service,
        outbox::{self, Entry, MailOrder, News},
    },
    mail::{ChangeMail, Letter, MailAction, MailError, MailTerms},
};

impl Delivery {
    pub(super) async fn deliver_mail(&self, entry: &mut Entry, order: &MailOrder) -> Result<(), Failure> {
        if let Some(to) = entry.account.mail.clone() {
            let service = self.service(&entry.service)?;
            let receipt = match self.receipt(&entry.account, service, order).await? {
                Receipt::Awaited => return Ok(self.wait_for_seal(entry).await?),
                Receipt::Sealed(json) => Some(json),
                Receipt::NotSealed => None,
            };
            let mail = ChangeMail { receipt_file: receipt, ..self.mail(&entry.account, service, order) };
            self.send(entry, &to, &mail).await?;
        }
        Ok(self.forget(entry).await?)
    }

    pub(super) async fn send(&self, entry: &mut Entry, to: &str, mail: &ChangeMail) -> Result<(), Failure> {
        match self.send_held(entry, to, mail).await {
            // Nobody can mend an address by waiting: the change stands, and the person sees the receipt under "History".
            Err(error @ MailError::Recipient(_)) => {
                tracing::error!(event = "mail.given-up", id = entry.id, service = entry.service, reason = %error);
                Ok(())
            }
            sent => Ok(sent?),
        }
    }

    /// Sends a mail, and renews the lease of its entry while the mail server ponders, so that no other portal sends it, too. If somebody
    /// else holds the entry all the same, this is only not renewed any more: a message on its way cannot be called back.
    pub(super) async fn send_held(&self, entry: &mut Entry, to: &str, mail: &impl Letter) -> Result<(), MailError> {
        let id = entry.id.clone();
        let mut sending = Box::pin(self.outside.mailer.send(&id, to, mail));
        loop {
            if let Ok(sent) = timeout(self.settings.lease / 3, &mut sending).await {
                return sent;
            }
            match self.renew(entry).await {
                Ok(true) => {}
                Ok(false) => return sending.await,
                Err(error) => tracing::warn!(event = "outbox.renew", id, reason = %error),
            }
        }
    }

    /// Holds an entry longer. Returns whether it was still held.
    async fn renew(&self, entry: &mut Entry) -> Result<bool, db::Error> {
        let (owed, lease) = (entry.clone(), self.lease(self.outside.clock.now()));
        let renewed = lease.clone();
        let is_held = self.outside.database.write(move |conn| outbox::renew(conn, &owed, &lease)).await?;
        if is_held {
            entry.lease = renewed;
        }
        Ok(is_held)
    }

    fn mail(&self, account: &Account, service: &Service, order: &MailOrder) -> ChangeMail {
        let portal = &self.outside.portal;
        let terms = order.terms_number.map(|number| MailTerms {
            number: number.to_string(),
            url: portal.address(&format!("/terms/{}/{number}", service.slug)),
        });
        ChangeMail {
            locale: order.locale,
            portal_name: portal.name.clone(),
            organisation: portal.organisation.clone(),
            display_name: account.display_name.clone(),
            service_name: service.name.clone(),
            action: match order.news {
                News::Granted => MailAction::Granted,
                News::AcceptedAgain => MailAction::AcceptedAgain,
                News::Withdrawn => MailAction::Withdrawn,
                News::GraceEnded => MailAction::Ended,
            },
            at: order.at,
            receipt: Some(order.receipt.clone()),
            receipt_url: Some(portal.address(&format!("/profile/receipts/{}", order.receipt))),
            receipt_file: None,
            terms,
            permissions_url: portal.address("/profile/permissions"),
            support: service.next_steps.support.clone(),
            tz: portal.time_zone,
        }
    }
}
