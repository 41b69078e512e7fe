//! Who may see and change what: the least that the portal and the chat server need.

use std::io;

use super::{
    Access,
    dn::Dn,
    modify::{Action, Change},
    refusal::Refusal,
    schema::{self, Rule},
    tree::Node,
};

/// Who is bound on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    Anonymous,
    /// The name as stored, and its normal form.
    Bound {
        dn: String,
        key: String,
    },
}

/// The access rules with their names parsed.
#[derive(Debug)]
pub struct Rules {
    portal: String,
    chat: String,
    people: Dn,
    groups: Dn,
    services: Dn,
    entitlement_prefix: String,
}

impl Rules {
    pub fn new(access: &Access) -> io::Result<Self> {
        let parse = |text: &str| {
            let message = format!("access rules: not a name: {text}");
            Dn::parse(text).map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, message))
        };
        Ok(Self {
            portal: parse(&access.portal)?.key(),
            chat: parse(&access.chat)?.key(),
            people: parse(&access.people)?,
            groups: parse(&access.groups)?,
            services: parse(&access.service_groups)?,
            entitlement_prefix: access.entitlement_prefix.clone(),
        })
    }

    /// Whether the caller may know that an entry exists, and read it (never its password).
    pub fn may_see(&self, caller: &Caller, node: &Node) -> bool {
        let Caller::Bound { key, .. } = caller else { return false };
        if *key == node.key {
            return true;
        }
        let reader = *key == self.portal || *key == self.chat;
        reader && [&self.people, &self.groups].into_iter().any(|branch| on_the_way(branch, &node.name))
    }

    /// Whether the caller may apply these changes to an entry.
    pub fn may_change(&self, caller: &Caller, node: &Node, changes: &[Change]) -> Result<(), Refusal> {
        let Caller::Bound { key, .. } = caller else { return Err(Refusal::needs_authentication()) };
        if *key == self.portal && changes.iter().all(|change| self.is_grant(node, change)) {
            return Ok(());
        }
        Err(Refusal::no_access())
    }

    /// Whether a change is what the portal is there for: single values of a membership, or of the entitlement.
    fn is_grant(&self, node: &Node, change: &Change) -> bool {
        if change.values.is_empty() || change.action == Action::Replace {
            return false;
        }
        let mut values = change.values.iter();
        match schema::type_name(&change.attribute).as_str() {
            "edupersonentitlement" => {
                node.name.is_below(&self.people) && values.all(|v| v.starts_with(&self.entitlement_prefix))
            }
            "memberuid" => node.name.is_child_of(&self.services),
            kind @ ("member" | "uniquemember") if Rule::of(kind) == Rule::Name => {
                node.name.is_child_of(&self.services) && values.all(|v| self.is_person(v))
            }
            _ => false,
        }
    }

    fn is_person(&self, value: &str) -> bool {
        Dn::parse(value).is_ok_and(|name| name.is_below(&self.people))
    }
}

/// Whether a name is in a branch, or above it: who may read a branch may know the entries that lead there.
fn on_the_way(branch: &Dn, name: &Dn) -> bool {
    name == branch || name.is_below(branch) || branch.is_below(name)
}
