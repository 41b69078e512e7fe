//! What the database knows of one account's permissions, asked for at once.

use diesel::prelude::*;

use crate::{
    clock::Instant,
    db::{Conn, Error, schema::account_facts},
    domain::{
        acceptances::{Acceptance, History, Withdrawal},
        entitlements::Entitlement,
    },
};

/// An acceptance, a withdrawal or an entitlement; what the others have is `None`.
#[derive(Queryable)]
struct Fact {
    account_id: String,
    part: String,
    service: String,
    change_id: String,
    at: Instant,
    id: Option<String>,
    refers_to: Option<String>,
    receipt: Option<String>,
    number: Option<i32>,
    locale: Option<String>,
    digest: Option<String>,
    cause: Option<String>,
    wanted: Option<bool>,
    revision: Option<i64>,
    applied_revision: Option<i64>,
    applied_at: Option<Instant>,
}

/// Everything that an account accepted and withdrew, newest first, and all decisions about it.
pub(super) fn of_account(conn: &mut Conn, account_id: &str) -> Result<(History, Vec<Entitlement>), Error> {
    let facts: Vec<Fact> = account_facts::table.filter(account_facts::account_id.eq(account_id)).load(conn)?;
    let (mut history, mut entitlements) = (History::default(), Vec::new());
    for fact in facts {
        let is_whole = match fact.part.as_str() {
            "acceptance" => fact.acceptance().map(|acceptance| history.acceptances.push(acceptance)),
            "withdrawal" => fact.withdrawal().map(|withdrawal| history.withdrawals.push(withdrawal)),
            _ => fact.entitlement().map(|entitlement| entitlements.push(entitlement)),
        };
        is_whole.ok_or_else(|| Error::Broken("a fact about an account lacks a value".into()))?;
    }
    history.acceptances.sort_by(|a, b| (b.accepted_at, &b.id).cmp(&(a.accepted_at, &a.id)));
    history.withdrawals.sort_by(|a, b| (b.withdrawn_at, &b.id).cmp(&(a.withdrawn_at, &a.id)));
    Ok((history, entitlements))
}

impl Fact {
    fn acceptance(self) -> Option<Acceptance> {
        Some(Acceptance {
            id: self.id?,
            service: self.service,
            version_id: self.refers_to?,
            number: self.number?,
            locale: self.locale?,
            digest: self.digest?,
            receipt: self.receipt?,
            change_id: self.change_id,
            accepted_at: self.at,
        })
    }

    fn withdrawal(self) -> Option<Withdrawal> {
        Some(Withdrawal {
            id: self.id?,
            acceptance_id: self.refers_to,
            service: self.service,
            cause: self.cause?,
            receipt: self.receipt?,
            change_id: self.change_id,
            withdrawn_at: self.at,
        })
    }

    fn entitlement(self) -> Option<Entitlement> {
        Some(Entitlement {
            account_id: self.account_id,
            service: self.service,
            wanted: self.wanted?,
            revision: self.revision?,
            cause: self.cause?,
            change_id: self.change_id,
            changed_at: self.at,
            applied_revision: self.applied_revision?,
            applied_at: self.applied_at,
        })
    }
}
