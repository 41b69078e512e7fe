//! The search operation (RFC 4511, section 4.5) and the root DSE (RFC 4512, section 5.1).

use ldap3_proto::proto::{
    LdapPartialAttribute, LdapResultCode, LdapSearchRequest, LdapSearchResultEntry, LdapSearchScope, OID_WHOAMI,
};

use super::{
    access::{Caller, Rules},
    controls::{self, Page},
    dn::Dn,
    filter::Filter,
    refusal::Refusal,
    schema,
    tree::{Id, Node, Tree},
};

/// What a search found.
#[derive(Debug, Default)]
pub struct Found {
    pub entries: Vec<LdapSearchResultEntry>,
    /// Why the search ended early, if it did; what was found before is returned nevertheless.
    pub refusal: Option<Refusal>,
    /// Where the next page begins.
    pub cookie: Vec<u8>,
}

impl From<Refusal> for Found {
    fn from(refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..Self::default() }
    }
}

/// Answers a search as one caller may see it.
pub fn search(tree: &Tree, rules: &Rules, caller: &Caller, request: LdapSearchRequest, page: Option<&Page>) -> Found {
    let base = Dn::parse(&request.base).map_err(|_| Refusal::invalid_dn());
    let base = base.and_then(|name| entry(tree, rules, caller, &name));
    let (base, window) = match base.and_then(|base| Ok((base, Window::new(&request, page)?))) {
        Ok(both) => both,
        Err(refusal) => return refusal.into(),
    };
    let selection = Selection::new(&request);
    let filter = Filter::prepare(request.filter, tree);
    let mut matching = in_scope(tree, base, &request.scope, &filter)
        .into_iter()
        .filter(|id| *id >= window.from)
        .filter(|id| rules.may_see(caller, tree.node(*id)))
        .filter(|id| filter.evaluate(tree.node(*id), tree) == Some(true));
    let mut found = Found::default();
    for id in matching.by_ref() {
        if window.limit.is_some_and(|limit| window.returned + found.entries.len() >= limit) {
            found.refusal = Some(Refusal::new(LdapResultCode::SizeLimitExceeded, ""));
            return found;
        }
        if window.page.is_some_and(|size| found.entries.len() >= size) {
            found.cookie = cookie(id, window.returned + found.entries.len());
            return found;
        }
        found.entries.push(selection.of(tree, tree.node(id)));
    }
    found
}

/// The entry of a name, if it exists and the caller may see it.
pub fn entry(tree: &Tree, rules: &Rules, caller: &Caller, name: &Dn) -> Result<Id, Refusal> {
    if let Some(id) = tree.find(name).filter(|id| rules.may_see(caller, tree.node(*id))) {
        return Ok(id);
    }
    let mut above = std::iter::successors(name.parent(), Dn::parent).filter_map(|name| tree.find(&name));
    let nearest = above.find(|id| rules.may_see(caller, tree.node(*id)));
    let matched = nearest.map(|id| tree.node(id).dn.clone()).unwrap_or_default();
    Err(Refusal { matched, ..Refusal::no_such_object() })
}

/// The entries to look at, in the order of the tree: from the indexes where they narrow the search down.
fn in_scope(tree: &Tree, base: Id, scope: &LdapSearchScope, filter: &Filter) -> Vec<Id> {
    let top = &tree.node(base).name;
    let mut ids = match (scope, filter.candidates(tree)) {
        (LdapSearchScope::Base, _) => vec![base],
        (LdapSearchScope::OneLevel, None) => tree.children(base).to_vec(),
        (LdapSearchScope::Subtree | LdapSearchScope::Children, None) => below(tree, base),
        (LdapSearchScope::OneLevel, Some(mut ids)) => {
            ids.retain(|id| tree.node(*id).name.is_child_of(top));
            ids
        }
        (LdapSearchScope::Subtree | LdapSearchScope::Children, Some(mut ids)) => {
            ids.retain(|id| *id == base || tree.node(*id).name.is_below(top));
            ids
        }
    };
    if *scope == LdapSearchScope::Children {
        ids.retain(|id| *id != base);
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn below(tree: &Tree, base: Id) -> Vec<Id> {
    let mut ids = vec![base];
    let mut next = 0;
    while let Some(id) = ids.get(next).copied() {
        ids.extend(tree.children(id));
        next += 1;
    }
    ids
}

/// Which part of the matching entries is wanted.
struct Window {
    from: Id,
    /// Returned on earlier pages: the client's size limit counts them all.
    returned: usize,
    page: Option<usize>,
    limit: Option<usize>,
}

impl Window {
    fn new(request: &LdapSearchRequest, page: Option<&Page>) -> Result<Self, Refusal> {
        let limit = usize::try_from(request.sizelimit).ok().filter(|limit| *limit > 0);
        let all = Self { from: 0, returned: 0, page: None, limit };
        let Some(page) = page else { return Ok(all) };
        if page.cookie.is_empty() {
            return Ok(Self { page: Some(page.size), ..all });
        }
        let (from, returned) = read_cookie(&page.cookie)
            .ok_or_else(|| Refusal::new(LdapResultCode::ProtocolError, "paged results cookie is invalid"))?;
        // Size 0 with a cookie gives the search up (RFC 2696, section 3).
        let from = if page.size == 0 { Id::MAX } else { from };
        Ok(Self { from, returned, page: Some(page.size), ..all })
    }
}

/// A page begins at an entry. As entries never come or go, that is all there is to remember between pages.
fn cookie(from: Id, returned: usize) -> Vec<u8> {
    format!("{from}/{returned}").into_bytes()
}

fn read_cookie(cookie: &[u8]) -> Option<(Id, usize)> {
    let (from, returned) = std::str::from_utf8(cookie).ok()?.split_once('/')?;
    Some((from.parse().ok()?, returned.parse().ok()?))
}

/// The attributes asked for (RFC 4511, section 4.5.1.8; `+` of RFC 3673).
struct Selection {
    user: bool,
    operational: bool,
    kinds: Vec<String>,
    types_only: bool,
}

impl Selection {
    fn new(request: &LdapSearchRequest) -> Self {
        let asked = |what| request.attrs.iter().any(|attr| attr == what);
        Self {
            user: request.attrs.is_empty() || asked("*"),
            operational: asked("+"),
            kinds: request.attrs.iter().map(|attr| schema::type_name(attr)).collect(),
            types_only: request.typesonly,
        }
    }

    fn wants(&self, kind: &str) -> bool {
        let class = if schema::is_operational(kind) { self.operational } else { self.user };
        // Nobody reads passwords.
        kind != "userpassword" && (class || self.kinds.iter().any(|asked| asked == kind))
    }

    fn of(&self, tree: &Tree, node: &Node) -> LdapSearchResultEntry {
        let wanted = node.attributes.iter().filter(|attribute| self.wants(&attribute.kind));
        let mut attributes: Vec<_> =
            wanted.map(|attribute| self.attribute(&attribute.name, attribute.values.stored().iter())).collect();
        if self.wants("memberof") {
            let mut groups = tree.groups_of(node).map(|group| &group.dn).peekable();
            if groups.peek().is_some() {
                attributes.push(self.attribute("memberOf", groups));
            }
        }
        LdapSearchResultEntry { dn: node.dn.clone(), attributes }
    }

    fn attribute<'a>(&self, name: &str, values: impl Iterator<Item = &'a String>) -> LdapPartialAttribute {
        let vals = if self.types_only { Vec::new() } else { values.map(|v| v.clone().into_bytes()).collect() };
        LdapPartialAttribute { atype: name.to_owned(), vals }
    }
}

/// Answers a search for the root DSE, which everybody may read.
pub fn root_dse(tree: &Tree, naming_context: &str, request: LdapSearchRequest) -> Found {
    let mut node = Node::default();
    let facts = [
        ("objectClass", "top"),
        ("namingContexts", naming_context),
        ("supportedLDAPVersion", "3"),
        ("supportedControl", controls::PAGED_RESULTS),
        ("supportedControl", controls::PERMISSIVE_MODIFY),
        ("supportedControl", controls::PASSWORD_POLICY),
        ("supportedControl", controls::MANAGE_DSA_IT),
        ("supportedExtension", OID_WHOAMI),
        ("vendorName", "Latchkey, embedded directory"),
    ];
    for (name, value) in facts {
        node.add(name, value.to_owned(), schema::fold(value));
    }
    let selection = Selection::new(&request);
    let entries = match Filter::prepare(request.filter, tree).evaluate(&node, tree) {
        Some(true) => vec![selection.of(tree, &node)],
        Some(false) | None => Vec::new(),
    };
    Found { entries, ..Found::default() }
}
