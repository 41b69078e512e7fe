//! The press of "Change permission": what it means, writing it down, and having it carried out.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    State, client,
    error::WebError,
    forms::Fields,
    member::{Member, NextNotice},
    observed::{Observed, Question, Seen, observe},
    patience::Patience,
    permissions, see_other, sign_in,
};
use crate::{
    chance, db,
    domain::{
        accounts::{self, Account, Person},
        changes::{self, Decided, Press, Refusal, Row, Shown, Situation},
        dossier::Dossier,
        log::{Actor, Origin},
        outbox::Lease,
    },
};

/// No catalogue is longer; what comes after is no form of ours.
const MOST_ROWS: usize = 200;

/// `POST /profile/permissions`: the press of the button.
pub(super) async fn create(
    request: HttpRequest,
    state: web::Data<State>,
    fields: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    let fields = Fields::new(fields.into_inner());
    let locale = client::locale(&request);
    let member = match Member::of(&request) {
        Err(WebError::SignInFirst { .. }) => {
            let back = format!("/{}/profile/permissions", locale.code());
            return sign_in::resume(&request, &state, &back, &fields);
        }
        member => member?,
    };
    fields.require_token(&member.data.form_token)?;
    let rows = rows(&fields);
    let terms_accepted = fields.get("terms") == Some("accepted");
    // One limit for all that the directory is asked for this press, the write included.
    let patience = Patience::of_change(&request, &state);
    let person = member.person(&state, locale, &patience).await?;
    let press = Pressed { request: &request, state: &state, member: &member, rows: &rows, terms_accepted, patience };
    match press.decide(person.as_ref()).await? {
        Ok(Written { change_id, account, decided, lease }) => {
            let deadline = press.patience.left();
            let attempt = state.delivery.attempt(&account, person.is_some(), &decided, &lease, deadline);
            press.patience.spend_on(attempt).await;
            answer_to(&member, locale.code(), &change_id, &rows, terms_accepted)
        }
        Err(refusals) => {
            let observed = observe(&state, member.subject(person.as_ref(), &press.patience), |_| Question::BOTH).await;
            permissions::form(&request, &state, &member, &observed, Some(&fields), refusals).await
        }
    }
}

/// A press, with whatever decides what it means.
struct Pressed<'a> {
    request: &'a HttpRequest,
    state: &'a State,
    member: &'a Member,
    rows: &'a [Row],
    terms_accepted: bool,
    patience: Patience,
}

/// A press that is written down.
struct Written {
    change_id: String,
    account: Account,
    decided: Vec<Decided>,
    /// Under which what is owed to the directory is this request's to deliver.
    lease: Lease,
}

/// What one transaction makes of a press.
enum Outcome {
    Written(Box<Written>),
    Refused(Vec<Refusal>),
    /// Nothing is written yet: what the press means depends on these services' memberships.
    LookFirst(BTreeSet<String>),
}

impl Pressed<'_> {
    /// Decides. Most presses follow from what the database knows; only where the directory may have lost or gained a membership
    /// without us is it asked before.
    async fn decide(&self, person: Option<&Person>) -> Result<Result<Written, Vec<Refusal>>, WebError> {
        let mut asked = BTreeSet::new();
        loop {
            let observed = self.observe(person, &asked).await;
            match self.transact(person, observed).await? {
                Outcome::Written(written) => return Ok(Ok(*written)),
                Outcome::Refused(refusals) => return Ok(Err(refusals)),
                Outcome::LookFirst(services) => asked.extend(services),
            }
        }
    }

    /// Asks for what a press needs: whether the person may have what is newly ticked, and the memberships named.
    async fn observe(&self, person: Option<&Person>, memberships: &BTreeSet<String>) -> Observed {
        let is_granted = |slug: &str| self.rows.iter().any(|row| row.service == slug && row.asks_for_more());
        observe(self.state, self.member.subject(person, &self.patience), |service| Question {
            membership: memberships.contains(service.slug.as_str()),
            eligible: is_granted(service.slug.as_str()),
        })
        .await
    }

    /// One transaction: what the press means, and writing it down.
    async fn transact(&self, person: Option<&Person>, observed: Observed) -> Result<Outcome, WebError> {
        let (locale, now) = (client::locale(self.request), self.state.clock.now());
        let (account, request_id) = (self.member.account.clone(), client::request_id(self.request));
        let changed = person.filter(|person| !account.shows(person, locale)).cloned();
        let (rows, terms_accepted) = (self.rows.to_vec(), self.terms_accepted);
        let lease = self.state.delivery.lease(now);
        let decided = self.state.database.write(move |conn| -> Result<Outcome, db::Error> {
            accounts::lock(conn, &account.id)?;
            let account = match &changed {
                Some(person) => accounts::remember(conn, person, locale, now)?,
                None => account,
            };
            let dossier = Dossier::read(conn, &account.id, locale, now)?;
            let decided_at = dossier.history.moment_after(now);
            let situations = situations(&dossier, &observed);
            let unseen = unseen(&rows, &situations, &observed);
            if !unseen.is_empty() {
                return Ok(Outcome::LookFirst(unseen));
            }
            let planned = match changes::plan(&rows, &situations, terms_accepted) {
                Ok(planned) => planned,
                Err(refusals) => return Ok(Outcome::Refused(refusals)),
            };
            if planned.is_empty() {
                let services: Vec<&str> = rows.iter().map(|row| row.service.as_str()).collect();
                let change_id = dossier.last_change(&services).unwrap_or_default();
                return Ok(Outcome::written(change_id, account, Vec::new(), lease));
            }
            let change_id = chance::id(now);
            let press = Press {
                account_id: &account.id,
                has_mail: account.mail.is_some(),
                locale,
                change_id: &change_id,
                lease: Some(&lease),
                origin: Origin { actor: Actor::Account(&account.id), request_id: &request_id, at: decided_at },
            };
            let decided = changes::carry_out(conn, press, &planned)?;
            Ok(Outcome::written(change_id, account, decided, lease))
        });
        Ok(decided.await?)
    }
}

impl Outcome {
    fn written(change_id: String, account: Account, decided: Vec<Decided>, lease: Lease) -> Self {
        Self::Written(Box::new(Written { change_id, account, decided, lease }))
    }
}

/// The services whose memberships decide, and have not been asked for.
fn unseen(rows: &[Row], situations: &[Situation], observed: &Observed) -> BTreeSet<String> {
    let was_asked = |service: &str| observed.get(service).is_some_and(|seen| seen.membership.is_some());
    changes::open_questions(rows, situations).filter(|service| !was_asked(service)).map(str::to_owned).collect()
}

fn situations(dossier: &Dossier, observed: &Observed) -> Vec<Situation> {
    let one = |(service, seen): (&String, &Seen)| {
        let membership = dossier.believe(service, seen.membership(), seen.since);
        dossier.situation(service, seen.eligible == Some(true), membership)
    };
    observed.iter().map(one).collect()
}

/// 303 to what came of it: the service's own page, or one page for several. New terms that were accepted on the way are only
/// mentioned there. The place follows from the form alone, so a press that was carried out before leads to the same one.
fn answer_to(
    member: &Member,
    locale: &str,
    change_id: &str,
    rows: &[Row],
    terms_accepted: bool,
) -> Result<HttpResponse, WebError> {
    let services = |is_meant: &dyn Fn(&Row) -> bool| -> Vec<&str> {
        rows.iter().filter(|row| is_meant(row)).map(|row| row.service.as_str()).collect()
    };
    let changed = services(&|row| row.ticked != (row.shown != Shown::Inactive));
    let accepted_again = services(&|row| row.ticked && row.shown == Shown::AcceptAgain && terms_accepted);
    let place = match (changed.as_slice(), accepted_again.as_slice()) {
        ([], []) => {
            member.leave_notice(NextNotice::NothingChanged)?;
            "permissions".to_owned()
        }
        ([one], others) => {
            if !others.is_empty() {
                member.leave_notice(NextNotice::TermsAcceptedToo)?;
            }
            format!("permissions/{one}")
        }
        ([], [one]) => format!("permissions/{one}"),
        _ => format!("changes/{change_id}"),
    };
    Ok(see_other(&format!("/{locale}/profile/{place}")))
}

/// The services in the form: what was shown, and what is ticked.
fn rows(fields: &Fields) -> Vec<Row> {
    let ticked: BTreeSet<&str> = fields.all("service").collect();
    let mut rows: Vec<Row> = Vec::new();
    for (service, shown) in fields.with_prefix("shown.").take(MOST_ROWS) {
        let shown = match shown {
            "active" => Shown::Active,
            "accept-again" => Shown::AcceptAgain,
            _ => Shown::Inactive,
        };
        if rows.iter().all(|row| row.service != service) {
            rows.push(row(fields, service, shown, ticked.contains(service)));
        }
    }
    for service in ticked.into_iter().take(MOST_ROWS) {
        if rows.iter().all(|row| row.service != service) {
            rows.push(row(fields, service, Shown::Inactive, true));
        }
    }
    rows
}

fn row(fields: &Fields, service: &str, shown: Shown, ticked: bool) -> Row {
    let digest = fields.get(&format!("terms.{service}")).map(str::to_owned);
    Row { service: service.to_owned(), shown, ticked, digest }
}
