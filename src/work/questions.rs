//! Asking people to accept new terms: owing the mails in bounded batches, and delivering them as long as they are needed.

use super::{Delivery, delivery::Failure};
use crate::{
    db::Error,
    domain::{
        outbox::Entry,
        portal::Portal,
        terms,
        terms::Version,
        terms_notices::{self, Stage},
    },
    mail::{ChangeMail, MailAction, MailTerms},
};

/// How many people are asked in one transaction: a large service is asked bit by bit, and everybody else gets their turn between.
const BATCH: i64 = 100;

impl Delivery {
    /// Owes a mail to everybody who has to be asked now; returns how many that were. Safe to repeat, for several portals at once,
    /// and after a crash in the middle.
    pub async fn ask_again(&self) -> Result<usize, Error> {
        let now = self.outside.clock.now();
        let versions = self.outside.database.read(terms::all_versions).await?;
        let mut sum = 0;
        for service in &self.outside.catalogue.services {
            let of_service: Vec<Version> =
                versions.iter().filter(|version| version.service == service.slug.as_str()).cloned().collect();
            for (version, stage) in terms_notices::asked(&of_service, now) {
                sum += self.ask_all(version, stage).await?;
            }
        }
        if sum > 0 {
            tracing::info!(event = "terms.asked", mails = sum);
            self.wake();
        }
        Ok(sum)
    }

    async fn ask_all(&self, version: &Version, stage: Stage) -> Result<usize, Error> {
        let mut sum = 0;
        let mut after = String::new();
        loop {
            let (now, this, behind) = (self.outside.clock.now(), version.clone(), after.clone());
            let pending = move |conn: &mut _| terms_notices::pending(conn, &this, stage, &behind, BATCH);
            let batch = self.outside.database.read(pending).await?;
            let Some(last) = batch.last() else { return Ok(sum) };
            last.clone_into(&mut after);
            let (this, count) = (version.clone(), batch.len());
            match self.outside.database.write(move |conn| terms_notices::ask(conn, &this, stage, &batch, now)).await {
                Ok(()) => sum += count,
                // Another portal has asked one of them; whoever it left over is found in the next round.
                Err(Error::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) async fn deliver_question(
        &self,
        entry: &mut Entry,
        version_id: &str,
        stage: Stage,
    ) -> Result<(), Failure> {
        let service = self.service(&entry.service)?;
        let (account, version_id, now) = (entry.account.clone(), version_id.to_owned(), self.outside.clock.now());
        let account_id = account.id.clone();
        let needed = move |conn: &mut _| terms_notices::needed(conn, &account_id, &version_id, now);
        if let (Some(version), Some(to)) = (self.outside.database.read(needed).await?, &account.mail) {
            let Portal { name, organisation, time_zone, .. } = self.outside.portal.clone();
            let terms_url = self.outside.portal.address(&format!("/terms/{}/{}", service.slug, version.number));
            let mail = ChangeMail {
                locale: account.locale(),
                portal_name: name,
                organisation,
                display_name: account.display_name.clone(),
                service_name: service.name.clone(),
                action: MailAction::AcceptAgain {
                    from: (version.effective_at > now).then_some(version.effective_at),
                    until: version.grace_ends_at(),
                    is_reminder: stage != Stage::Published,
                },
                at: now,
                receipt: None,
                receipt_url: None,
                receipt_file: None,
                terms: Some(MailTerms { number: version.number.to_string(), url: terms_url }),
                permissions_url: self.outside.portal.address("/profile/permissions"),
                support: service.next_steps.support.clone(),
                tz: time_zone,
            };
            self.send(entry, to, &mail).await?;
        }
        Ok(self.forget(entry).await?)
    }
}
