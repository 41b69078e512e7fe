//! Delivering reminders: to the address that the directory shows now, in the person's language, and to nobody who no longer needs
//! one.

use super::{Delivery, delivery::Failure};
use crate::{
    db,
    domain::{
        accounts::Account,
        locale::Locale,
        outbox::{Entry, ReminderOrder},
        reminders::{self, Recipient, Reminder},
    },
    mail::{MailError, ReminderMail},
};

impl Delivery {
    /// Whoever has left, has no address or has activated the service by now gets no mail, and neither does anybody once the
    /// course may be reminded anew.
    pub(super) async fn deliver_reminder(&self, entry: &mut Entry, order: &ReminderOrder) -> Result<(), Failure> {
        let Some((reminder, recipient)) = self.reminder(entry, order).await? else {
            return Ok(self.forget(entry).await?);
        };
        let person = self.outside.directory.read(&order.dn).await?.filter(|person| person.key == order.key);
        if let Some(person) = person.filter(|_| !recipient.has_activated)
            && let Some(to) = person.mail
        {
            let mail = self.reminder_mail(
                &reminder,
                &entry.account,
                recipient.locale.or(order.language),
                person.display_name,
            )?;
            match self.send_held(entry, &to, &mail).await {
                // Nobody can mend an address or a refused message by waiting, and nothing depends on a reminder.
                Err(error @ (MailError::Recipient(_) | MailError::Refused(_))) => {
                    tracing::warn!(event = "reminder.given-up", id = entry.id, reason = %error);
                }
                sent => sent?,
            }
        }
        Ok(self.forget(entry).await?)
    }

    async fn reminder(&self, entry: &Entry, order: &ReminderOrder) -> Result<Option<(Reminder, Recipient)>, db::Error> {
        let (id, key) = (order.reminder.clone(), order.key.clone());
        let (service, now) = (entry.service.clone(), self.outside.clock.now());
        self.outside
            .database
            .read(move |conn| {
                let Some(reminder) = reminders::get(conn, &id, now)? else { return Ok(None) };
                Ok(Some((reminder, reminders::recipient(conn, &key, &service)?)))
            })
            .await
    }

    fn reminder_mail(
        &self,
        reminder: &Reminder,
        lecturer: &Account,
        locale: Option<Locale>,
        display_name: String,
    ) -> Result<ReminderMail, Failure> {
        let portal = &self.outside.portal;
        Ok(ReminderMail {
            locale,
            portal_name: portal.name.clone(),
            organisation: portal.organisation.clone(),
            display_name,
            lecturer: lecturer.display_name.clone(),
            course: reminder.title.clone(),
            service_name: self.service(&reminder.service)?.name.clone(),
            words: reminder.text(),
            at: reminder.sent_at,
            permissions_url: portal.permissions_address(&reminder.service),
        })
    }
}
