//! One connection's operations, and who is bound on it.

use std::sync::{Arc, PoisonError, RwLockReadGuard};

use ldap3_proto::{
    control::LdapControl,
    proto::{
        LdapBindCred, LdapBindRequest, LdapBindResponse, LdapCompareRequest, LdapExtendedRequest, LdapExtendedResponse,
        LdapModifyRequest, LdapMsg, LdapOp, LdapResult, LdapResultCode, LdapSearchRequest, LdapSearchScope, OID_WHOAMI,
    },
};
use subtle::ConstantTimeEq as _;

use super::{
    access::Caller,
    codec::Incoming,
    controls::{Controls, PolicyError, page_response, policy_response},
    dn::Dn,
    filter,
    modify::{Change, Modification},
    refusal::{Refusal, result},
    schema::{self, Rule},
    search::{self, Found},
    server::Shared,
    tree::{Node, Tree},
    values::Values,
};

/// The state of one connection.
pub struct Session {
    shared: Arc<Shared>,
    caller: Caller,
    /// The password was reset: nothing but a change of password is allowed, which we do not offer.
    restricted: bool,
}

/// The messages that answer a request; nothing where the protocol wants the connection closed.
pub type Answer = Option<Vec<LdapMsg>>;

impl Session {
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared, caller: Caller::Anonymous, restricted: false }
    }

    /// Carries out one request.
    pub async fn answer(&mut self, incoming: Incoming) -> Answer {
        let message = match incoming {
            Incoming::Message(message) => *message,
            Incoming::Malformed { id, operation } => return malformed(id, operation),
        };
        match &message.op {
            LdapOp::UnbindRequest => return None,
            LdapOp::AbandonRequest(_) => return Some(Vec::new()),
            _ => {}
        }
        let id = message.msgid;
        if self.shared.faults.is_busy() {
            let busy = Refusal::new(LdapResultCode::Busy, "as ordered");
            return Some(vec![LdapMsg::new(id, response(&message.op, result(Err(busy)))?)]);
        }
        let controls =
            match Controls::read(message.ctrl, &message.op).and_then(|c| self.unless_restricted(&message.op, c)) {
                Ok(controls) => controls,
                Err(refusal) => return Some(vec![LdapMsg::new(id, response(&message.op, result(Err(refusal)))?)]),
            };
        let answers = match message.op {
            LdapOp::BindRequest(request) => self.bind(request, &controls),
            LdapOp::SearchRequest(request) => self.search(request, &controls),
            LdapOp::CompareRequest(request) => vec![plain(LdapOp::CompareResult(result(self.compare(request))))],
            LdapOp::ModifyRequest(request) => {
                let outcome = match self.shared.faults.next().await {
                    None => self.modify(request, controls.permissive).await,
                    Some(fault) => {
                        if fault.has_effect {
                            let _ = self.modify(request, controls.permissive).await;
                        }
                        let code = LdapResultCode::try_from(i64::from(fault.code?)).unwrap_or(LdapResultCode::Other);
                        Err(Refusal::new(code, "as ordered"))
                    }
                };
                vec![plain(LdapOp::ModifyResponse(result(outcome.map(|()| LdapResultCode::Success))))]
            }
            LdapOp::ExtendedRequest(request) => vec![plain(LdapOp::ExtendedResponse(self.extended(&request)))],
            other => {
                let message = "entries of the demo can be read and modified, not added, deleted or renamed";
                let refusal = Refusal::new(LdapResultCode::UnwillingToPerform, message);
                vec![plain(response(&other, result(Err(refusal)))?)]
            }
        };
        Some(answers.into_iter().map(|(op, ctrl)| LdapMsg { msgid: id, op, ctrl }).collect())
    }

    fn unless_restricted(&self, operation: &LdapOp, controls: Controls) -> Result<Controls, Refusal> {
        let free = match operation {
            LdapOp::BindRequest(_) => true,
            LdapOp::ExtendedRequest(request) => request.name == OID_WHOAMI,
            _ => false,
        };
        if free || !self.restricted {
            return Ok(controls);
        }
        let message = "Operations are restricted to bind/unbind/abandon/StartTLS/modify password";
        Err(Refusal::new(LdapResultCode::InsufficentAccessRights, message))
    }

    fn tree(&self) -> RwLockReadGuard<'_, Tree> {
        self.shared.tree.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// RFC 4511, section 4.2. Whatever the outcome, who was bound before is not any more.
    fn bind(&mut self, request: LdapBindRequest, controls: &Controls) -> Vec<Reply> {
        self.caller = Caller::Anonymous;
        self.restricted = false;
        let outcome = identify(&self.tree(), request);
        let (outcome, policy) = match outcome {
            Ok((caller, policy)) => {
                self.caller = caller;
                self.restricted = policy == Some(PolicyError::ChangeAfterReset);
                (Ok(LdapResultCode::Success), policy)
            }
            Err((refusal, policy)) => (Err(refusal), policy),
        };
        let answers_policy = controls.password_policy && !self.shared.faults.hides_policy();
        let ctrl = if answers_policy { vec![policy_response(policy)] } else { Vec::new() };
        vec![(LdapOp::BindResponse(LdapBindResponse { res: result(outcome), saslcreds: None }), ctrl)]
    }

    fn search(&self, request: LdapSearchRequest, controls: &Controls) -> Vec<Reply> {
        let tree = self.tree();
        let root = request.base.trim().is_empty() && request.scope == LdapSearchScope::Base;
        let Found { entries, refusal, cookie } = if root {
            search::root_dse(&tree, &self.shared.base, request)
        } else {
            search::search(&tree, &self.shared.rules, &self.caller, request, controls.page.as_ref())
        };
        drop(tree);
        let mut answers: Vec<Reply> = entries.into_iter().map(|e| plain(LdapOp::SearchResultEntry(e))).collect();
        let outcome = refusal.map_or(Ok(LdapResultCode::Success), Err);
        let ctrl = if controls.page.is_some() { vec![page_response(cookie)] } else { Vec::new() };
        answers.push((LdapOp::SearchResultDone(result(outcome)), ctrl));
        answers
    }

    /// RFC 4511, section 4.10.
    fn compare(&self, request: LdapCompareRequest) -> Result<LdapResultCode, Refusal> {
        let tree = self.tree();
        let name = Dn::parse(&request.dn).map_err(|_| Refusal::invalid_dn())?;
        let id = search::entry(&tree, &self.shared.rules, &self.caller, &name)?;
        let kind = schema::type_name(&request.atype);
        if !tree.knows(&kind) {
            return Err(Refusal::undefined_type(&request.atype));
        }
        if kind == "userpassword" {
            return Err(Refusal::no_access());
        }
        let value = String::from_utf8(request.val).ok().and_then(|value| Rule::of(&kind).normalise(&value));
        let value = value.ok_or_else(|| Refusal::invalid_value(&request.atype, 0))?;
        match filter::holds(&tree, tree.node(id), &kind, &value) {
            Some(true) => Ok(LdapResultCode::CompareTrue),
            Some(false) => Ok(LdapResultCode::CompareFalse),
            None => Err(Refusal::new(LdapResultCode::NoSuchAttribute, "")),
        }
    }

    async fn modify(&self, request: LdapModifyRequest, permissive: bool) -> Result<(), Refusal> {
        let (shared, caller) = (Arc::clone(&self.shared), self.caller.clone());
        // The disk is waited for: not on a thread that serves connections.
        let done = tokio::task::spawn_blocking(move || modify(&shared, &caller, request, permissive)).await;
        done.unwrap_or_else(|_| Err(Refusal::new(LdapResultCode::Other, "internal error")))
    }

    fn extended(&self, request: &LdapExtendedRequest) -> LdapExtendedResponse {
        if request.name != OID_WHOAMI {
            let refusal = Refusal::new(LdapResultCode::ProtocolError, "unsupported extended operation");
            return LdapExtendedResponse { res: result(Err(refusal)), name: None, value: None };
        }
        let who = match &self.caller {
            Caller::Anonymous => String::new(),
            Caller::Bound { dn, .. } => format!("dn:{dn}"),
        };
        let res = result(Ok(LdapResultCode::Success));
        LdapExtendedResponse { res, name: None, value: Some(who.into_bytes()) }
    }
}

/// An operation that answers, and its controls.
type Reply = (LdapOp, Vec<LdapControl>);

fn plain(operation: LdapOp) -> Reply {
    (operation, Vec::new())
}

/// Who a bind proves to be; with it, or with the refusal, what the password policy says.
type Identified = Result<(Caller, Option<PolicyError>), (Refusal, Option<PolicyError>)>;

fn identify(tree: &Tree, request: LdapBindRequest) -> Identified {
    let refuse = |code, message: &str| Err((Refusal::new(code, message), None));
    if request.version != 3 {
        return refuse(LdapResultCode::ProtocolError, "historical protocol version requested, use LDAPv3 instead");
    }
    let LdapBindCred::Simple(password) = request.cred else {
        return refuse(LdapResultCode::AuthMethodNotSupported, "only simple binds are supported");
    };
    let name = Dn::parse(&request.dn).map_err(|_| (Refusal::invalid_dn(), None))?;
    match (name == Dn::default(), password.is_empty()) {
        (true, true) => return Ok((Caller::Anonymous, None)),
        (true, false) => return refuse(LdapResultCode::InvalidCredentials, ""),
        (false, true) => {
            let message = "unauthenticated bind (DN with no password) disallowed";
            return refuse(LdapResultCode::UnwillingToPerform, message);
        }
        (false, false) => {}
    }
    match tree.find(&name) {
        Some(id) => check_password(tree.node(id), &password),
        None => refuse(LdapResultCode::InvalidCredentials, ""),
    }
}

/// The password, and the marks of the password policy on the entry.
fn check_password(node: &Node, password: &str) -> Identified {
    let refuse = |policy| Err((Refusal::new(LdapResultCode::InvalidCredentials, ""), policy));
    let marked = |kind| node.first(kind).is_some_and(|value| value.eq_ignore_ascii_case("TRUE"));
    if node.values("pwdaccountlockedtime").is_some() {
        return refuse(Some(PolicyError::AccountLocked));
    }
    let stored = node.values("userpassword").map(Values::stored).unwrap_or_default();
    if !stored.iter().any(|known| bool::from(known.as_bytes().ct_eq(password.as_bytes()))) {
        return refuse(None);
    }
    if marked("latchkeydemopasswordexpired") {
        return refuse(Some(PolicyError::PasswordExpired));
    }
    let policy = marked("pwdreset").then_some(PolicyError::ChangeAfterReset);
    Ok((Caller::Bound { dn: node.dn.clone(), key: node.key.clone() }, policy))
}

/// Checks as `OpenLDAP` does: syntax, then existence, then rights, then the values; and writes the journal last.
fn modify(shared: &Shared, caller: &Caller, request: LdapModifyRequest, permissive: bool) -> Result<(), Refusal> {
    let name = Dn::parse(&request.dn).map_err(|_| Refusal::invalid_dn())?;
    if *caller == Caller::Anonymous {
        return Err(Refusal::needs_authentication());
    }
    let changes = request.changes.into_iter().map(Change::read).collect::<Result<Vec<_>, _>>()?;
    let mut tree = shared.tree.write().unwrap_or_else(PoisonError::into_inner);
    for change in &changes {
        change.normal_values(&tree)?;
    }
    let id = tree.find(&name).ok_or_else(Refusal::no_such_object)?;
    shared.rules.may_change(caller, tree.node(id), &changes)?;
    let modification = Modification::apply(&mut tree, id, &changes, permissive)?;
    if modification.steps().is_empty() {
        return Ok(());
    }
    let mut journal = shared.journal.lock().unwrap_or_else(PoisonError::into_inner);
    let written = journal.as_mut().map_or(Ok(()), |journal| journal.append(&tree.node(id).dn, &modification));
    written.map_err(|error| {
        tracing::error!(%error, "directory journal: not written");
        modification.undo(&mut tree);
        Refusal::new(LdapResultCode::Unavailable, "the journal could not be written")
    })
}

/// The response that belongs to a request, with one result; nothing for what has no response.
fn response(request: &LdapOp, res: LdapResult) -> Option<LdapOp> {
    Some(match request {
        LdapOp::BindRequest(_) => LdapOp::BindResponse(LdapBindResponse { res, saslcreds: None }),
        LdapOp::SearchRequest(_) => LdapOp::SearchResultDone(res),
        LdapOp::ModifyRequest(_) => LdapOp::ModifyResponse(res),
        LdapOp::AddRequest(_) => LdapOp::AddResponse(res),
        LdapOp::DelRequest(_) => LdapOp::DelResponse(res),
        LdapOp::ModifyDNRequest(_) => LdapOp::ModifyDNResponse(res),
        LdapOp::CompareRequest(_) => LdapOp::CompareResult(res),
        LdapOp::ExtendedRequest(_) => LdapOp::ExtendedResponse(LdapExtendedResponse { res, name: None, value: None }),
        _ => return None,
    })
}

/// The answer to a request whose content could not be read: `protocolError` in the form of its operation.
fn malformed(id: i32, operation: u8) -> Answer {
    let res = result(Err(Refusal::new(LdapResultCode::ProtocolError, "the request could not be read")));
    let op = match operation {
        0x60 => LdapOp::BindResponse(LdapBindResponse { res, saslcreds: None }),
        0x63 => LdapOp::SearchResultDone(res),
        0x66 => LdapOp::ModifyResponse(res),
        0x68 => LdapOp::AddResponse(res),
        0x4a => LdapOp::DelResponse(res),
        0x6c => LdapOp::ModifyDNResponse(res),
        0x6e => LdapOp::CompareResult(res),
        0x77 => LdapOp::ExtendedResponse(LdapExtendedResponse { res, name: None, value: None }),
        _ => return None,
    };
    Some(vec![LdapMsg::new(id, op)])
}
