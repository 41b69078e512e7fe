//! The modify operation (RFC 4511, section 4.6): all changes of a request, or none.

use ldap3_proto::proto::{LdapModify, LdapModifyType, LdapResultCode};
use serde::{Deserialize, Serialize};

use super::{
    refusal::Refusal,
    schema::{self, Rule},
    tree::{Id, Tree},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Add,
    Delete,
    Replace,
}

/// One change of a modify request; also the form in which the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub action: Action,
    pub attribute: String,
    pub values: Vec<String>,
}

impl Change {
    /// Reads a change off the wire; values that are not UTF-8 break the syntax of every type we have.
    pub fn read(modify: LdapModify) -> Result<Self, Refusal> {
        let attribute = modify.modification.atype;
        let action = match modify.operation {
            LdapModifyType::Add => Action::Add,
            LdapModifyType::Delete => Action::Delete,
            LdapModifyType::Replace => Action::Replace,
            LdapModifyType::Increment => {
                return Err(Refusal::new(LdapResultCode::UnwillingToPerform, "increment is not supported"));
            }
        };
        let values = modify.modification.vals.into_iter().enumerate();
        let values = values.map(|(at, v)| String::from_utf8(v).map_err(|_| Refusal::invalid_value(&attribute, at)));
        Ok(Self { action, values: values.collect::<Result<_, _>>()?, attribute })
    }

    /// The values in normal form. Unknown types, broken syntax and a value given twice are refused.
    pub fn normal_values(&self, tree: &Tree) -> Result<Vec<String>, Refusal> {
        let kind = schema::type_name(&self.attribute);
        if !tree.knows(&kind) {
            return Err(Refusal::undefined_type(&self.attribute));
        }
        let mut normal = Vec::with_capacity(self.values.len());
        let mut seen = std::collections::HashSet::new();
        for (at, value) in self.values.iter().enumerate() {
            // memberUid is an IA5String (RFC 2307).
            let fits = kind != "memberuid" || value.is_ascii();
            let form = Rule::of(&kind).normalise(value).filter(|_| fits);
            let form = form.ok_or_else(|| Refusal::invalid_value(&self.attribute, at))?;
            if !seen.insert(form.clone()) {
                let message = format!("{}: value #{at} provided more than once", self.attribute);
                return Err(Refusal::new(LdapResultCode::AttributeOrValueExists, message));
            }
            normal.push(form);
        }
        Ok(normal)
    }
}

/// A modify under way: what has been done so far, so that it can be undone, and journalled.
#[derive(Debug)]
pub struct Modification {
    id: Id,
    /// Add and delete with one value each: what really changed.
    steps: Vec<Change>,
}

impl Modification {
    /// Applies all changes, or none. With `permissive` adding a value that is there is no error; deleting one
    /// that is not there stays one, as on `OpenLDAP`.
    pub fn apply(tree: &mut Tree, id: Id, changes: &[Change], permissive: bool) -> Result<Self, Refusal> {
        let mut modification = Self { id, steps: Vec::new() };
        let outcome = changes
            .iter()
            .try_for_each(|change| modification.change(tree, change, permissive))
            .and_then(|()| modification.check(tree));
        match outcome {
            Ok(()) => Ok(modification),
            Err(refusal) => {
                modification.undo(tree);
                Err(refusal)
            }
        }
    }

    /// What really changed.
    pub fn steps(&self) -> &[Change] {
        &self.steps
    }

    /// Takes everything back.
    pub fn undo(self, tree: &mut Tree) {
        for step in self.steps.into_iter().rev() {
            let kind = schema::type_name(&step.attribute);
            for value in step.values {
                let normal = Rule::of(&kind).normalise(&value).unwrap_or_default();
                match step.action {
                    Action::Add => drop(tree.remove_value(self.id, &kind, &normal)),
                    Action::Delete | Action::Replace => _ = tree.add_value(self.id, &step.attribute, value, normal),
                }
            }
        }
    }

    fn change(&mut self, tree: &mut Tree, change: &Change, permissive: bool) -> Result<(), Refusal> {
        let normal = change.normal_values(tree)?;
        let kind = schema::type_name(&change.attribute);
        match change.action {
            Action::Add => self.add(tree, change, normal, permissive),
            Action::Delete if normal.is_empty() => {
                let all = tree.node(self.id).values(&kind).map(|v| v.normal().to_vec());
                self.delete(tree, change, &all.ok_or_else(|| no_such(change, "attribute"))?)
            }
            Action::Delete => self.delete(tree, change, &normal),
            Action::Replace => {
                let all = tree.node(self.id).values(&kind).map(|v| v.normal().to_vec()).unwrap_or_default();
                self.delete(tree, change, &all)?;
                if normal.is_empty() { Ok(()) } else { self.add(tree, change, normal, permissive) }
            }
        }
    }

    fn add(&mut self, tree: &mut Tree, change: &Change, normal: Vec<String>, permissive: bool) -> Result<(), Refusal> {
        if normal.is_empty() {
            let message = format!("modify/add: {}: no values given", change.attribute);
            return Err(Refusal::new(LdapResultCode::ProtocolError, message));
        }
        for (at, (value, normal)) in change.values.iter().zip(normal).enumerate() {
            if tree.add_value(self.id, &change.attribute, value.clone(), normal) {
                self.done(Action::Add, &change.attribute, value.clone());
            } else if !permissive {
                let message = format!("modify/add: {}: value #{at} already exists", change.attribute);
                return Err(Refusal::new(LdapResultCode::AttributeOrValueExists, message));
            }
        }
        Ok(())
    }

    fn delete(&mut self, tree: &mut Tree, change: &Change, normal: &[String]) -> Result<(), Refusal> {
        let kind = schema::type_name(&change.attribute);
        for normal in normal {
            let absent = if tree.node(self.id).values(&kind).is_some() { "value" } else { "attribute" };
            let removed = tree.remove_value(self.id, &kind, normal);
            let (name, value) = removed.ok_or_else(|| no_such(change, absent))?;
            self.done(Action::Delete, &name, value);
        }
        Ok(())
    }

    fn done(&mut self, action: Action, attribute: &str, value: String) {
        self.steps.push(Change { action, attribute: attribute.to_owned(), values: vec![value] });
    }

    /// What the object classes allow and require, after all changes.
    fn check(&self, tree: &Tree) -> Result<(), Refusal> {
        let node = tree.node(self.id);
        let violation = |message| Err(Refusal::new(LdapResultCode::ObjectClassViolation, message));
        for step in &self.steps {
            let kind = schema::type_name(&step.attribute);
            let present = node.values(&kind).is_some();
            match (schema::class_allowing(&kind), schema::class_requiring(&kind)) {
                (Some(class), _) if present && !node.is_a(class) => {
                    return violation(format!("attribute '{}' not allowed", step.attribute));
                }
                (_, Some(class)) if !present && node.is_a(class) => {
                    return violation(format!("object class '{class}' requires attribute '{}'", step.attribute));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn no_such(change: &Change, what: &str) -> Refusal {
    let message = format!("modify/delete: {}: no such {what}", change.attribute);
    Refusal::new(LdapResultCode::NoSuchAttribute, message)
}
