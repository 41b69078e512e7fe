//! The entries in memory, and what finds them quickly: by name, by parent, by indexed value.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    io,
};

use sha2::{Digest as _, Sha256};

use super::{
    Entry,
    dn::Dn,
    schema::{self, Rule},
    values::Values,
};

/// Types whose values are indexed for equality.
const INDEXED: [&str; 9] =
    ["uid", "cn", "mail", "member", "uniquemember", "memberuid", "owner", "edupersonentitlement", "entryuuid"];

/// An entry's place in [`Tree`]. Entries are never added or removed while the server runs.
pub type Id = usize;

/// One attribute of an entry.
#[derive(Debug)]
pub struct Attribute {
    /// The type, as [`schema::type_name`] returns it.
    pub kind: String,
    /// The description as stored; answers show it so.
    pub name: String,
    pub values: Values,
}

/// One entry.
#[derive(Debug, Default)]
pub struct Node {
    /// The name exactly as stored; answers show it so.
    pub dn: String,
    pub name: Dn,
    pub key: String,
    pub attributes: Vec<Attribute>,
}

impl Node {
    /// The values of a type, given as [`schema::type_name`] returns it.
    pub fn values(&self, kind: &str) -> Option<&Values> {
        self.attributes.iter().find(|a| a.kind == kind).map(|a| &a.values)
    }

    /// The first value of a type.
    pub fn first(&self, kind: &str) -> Option<&str> {
        self.values(kind)?.stored().first().map(String::as_str)
    }

    /// Whether the entry has an object class.
    pub fn is_a(&self, class: &str) -> bool {
        self.values("objectclass").is_some_and(|v| v.contains(&schema::fold(class)))
    }

    /// Adds a value; false if it is there already.
    pub fn add(&mut self, name: &str, value: String, normal: String) -> bool {
        let kind = schema::type_name(name);
        let at = self.attributes.iter().position(|a| a.kind == kind).unwrap_or_else(|| {
            self.attributes.push(Attribute { kind, name: name.to_owned(), values: Values::default() });
            self.attributes.len() - 1
        });
        self.attributes[at].values.add(value, normal)
    }

    /// Removes a value, and the attribute with its last value; returns the attribute's name and the value as stored.
    pub fn remove(&mut self, kind: &str, normal: &str) -> Option<(String, String)> {
        let at = self.attributes.iter().position(|a| a.kind == kind)?;
        let value = self.attributes[at].values.remove(normal)?;
        let name = self.attributes[at].name.clone();
        if self.attributes[at].values.is_empty() {
            self.attributes.remove(at);
        }
        Some((name, value))
    }
}

/// All entries.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    by_key: HashMap<String, Id>,
    children: Vec<Vec<Id>>,
    index: HashMap<&'static str, HashMap<String, BTreeSet<Id>>>,
    used_types: HashSet<String>,
}

impl Tree {
    /// Builds the tree. Invalid names or values, and names given twice, are errors.
    pub fn new(entries: Vec<Entry>) -> io::Result<Self> {
        let mut tree = Self::default();
        for entry in entries {
            tree.insert(entry)?;
        }
        tree.children = vec![Vec::new(); tree.nodes.len()];
        for id in 0..tree.nodes.len() {
            let parent = tree.nodes[id].name.parent().and_then(|above| tree.find(&above));
            if let Some(parent) = parent {
                tree.children[parent].push(id);
            }
        }
        Ok(tree)
    }

    fn insert(&mut self, entry: Entry) -> io::Result<()> {
        let name = Dn::parse(&entry.dn).map_err(|_| invalid(format!("not a name: {}", entry.dn)))?;
        let id = self.nodes.len();
        let key = name.key();
        if self.by_key.insert(key.clone(), id).is_some() {
            return Err(invalid(format!("entry given twice: {}", entry.dn)));
        }
        let made = [("entryUUID", stable_uuid(&key)), ("entryDN", entry.dn.clone())];
        self.nodes.push(Node { dn: entry.dn, name, key, attributes: Vec::new() });
        let made = made.into_iter().map(|(name, value)| (name.to_owned(), vec![value]));
        for (name, values) in entry.attributes.into_iter().chain(made) {
            self.used_types.insert(schema::type_name(&name));
            for value in values {
                let normal = Rule::of(&schema::type_name(&name))
                    .normalise(&value)
                    .ok_or_else(|| invalid(format!("{name} of {}: invalid value", self.nodes[id].dn)))?;
                self.add_value(id, &name, value, normal);
            }
        }
        Ok(())
    }

    /// Adds a value to an entry and the index; false if it is there already.
    pub fn add_value(&mut self, id: Id, name: &str, value: String, normal: String) -> bool {
        let added = self.nodes[id].add(name, value, normal.clone());
        if added && let Some(kind) = indexed(&schema::type_name(name)) {
            self.index.entry(kind).or_default().entry(normal).or_default().insert(id);
        }
        added
    }

    /// Removes a value from an entry and the index; returns the attribute's name and the value as stored.
    pub fn remove_value(&mut self, id: Id, kind: &str, normal: &str) -> Option<(String, String)> {
        let removed = self.nodes[id].remove(kind, normal)?;
        if let Some(by_value) = indexed(kind).and_then(|kind| self.index.get_mut(kind))
            && let Some(ids) = by_value.get_mut(normal)
        {
            ids.remove(&id);
            if ids.is_empty() {
                by_value.remove(normal);
            }
        }
        Some(removed)
    }

    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id]
    }

    pub fn find(&self, name: &Dn) -> Option<Id> {
        self.by_key(&name.key())
    }

    pub fn by_key(&self, key: &str) -> Option<Id> {
        self.by_key.get(key).copied()
    }

    pub fn children(&self, id: Id) -> &[Id] {
        &self.children[id]
    }

    /// Whether the schema knows a type. What some entry carries is known.
    pub fn knows(&self, kind: &str) -> bool {
        schema::is_standard(kind) || self.used_types.contains(kind)
    }

    /// The entries with a value, if the type is indexed.
    pub fn with_value(&self, kind: &str, normal: &str) -> Option<&BTreeSet<Id>> {
        static NONE: BTreeSet<Id> = BTreeSet::new();
        let kind = indexed(kind)?;
        Some(self.index.get(kind).and_then(|by_value| by_value.get(normal)).unwrap_or(&NONE))
    }

    /// The groups that name an entry as `member` or `uniqueMember`: its `memberOf`.
    pub fn groups_of(&self, node: &Node) -> impl Iterator<Item = &Node> {
        let by = |kind| self.with_value(kind, &node.key).into_iter().flatten();
        by("member").chain(by("uniquemember")).map(|id| self.node(*id))
    }
}

fn indexed(kind: &str) -> Option<&'static str> {
    INDEXED.into_iter().find(|known| *known == kind)
}

/// The same name gives the same identifier at every start, as accounts are recognised by it.
fn stable_uuid(key: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(key)[..16]);
    uuid::Builder::from_sha1_bytes(bytes).into_uuid().to_string()
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
