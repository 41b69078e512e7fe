//! Search filters: prepared once per search, evaluated per entry in three-valued logic (RFC 4511, section 4.5.1.7).

use ldap3_proto::proto::{LdapFilter, LdapMatchingRuleAssertion, LdapSubstringFilter};

use super::{
    schema::{self, Rule},
    tree::{Id, Node, Tree},
    values::Values,
};

/// True, false, or (`None`) undefined.
pub type Truth = Option<bool>;

/// A filter with its assertions in normal form.
#[derive(Debug)]
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Equals(String, String),
    Has(String),
    Substrings(String, Pieces),
    AtLeast(String, String),
    AtMost(String, String),
    /// The value as a number has all, or any, of these bits (the two bit rules of Active Directory).
    Bits {
        kind: String,
        mask: i64,
        all: bool,
    },
    /// A value, or a part of the entry's name, equals this.
    NamePart(String, String),
    /// The group has the entry as a member.
    MemberOf(Id),
    Known(Truth),
}

/// The folded pieces of a substrings assertion.
#[derive(Debug)]
pub struct Pieces {
    initial: String,
    any: Vec<String>,
    end: String,
}

impl Filter {
    /// Prepares a filter. What the schema cannot evaluate becomes undefined.
    pub fn prepare(filter: LdapFilter, tree: &Tree) -> Self {
        match filter {
            LdapFilter::And(parts) => Self::All(parts.into_iter().map(|f| Self::prepare(f, tree)).collect()),
            LdapFilter::Or(parts) => Self::Any(parts.into_iter().map(|f| Self::prepare(f, tree)).collect()),
            LdapFilter::Not(inner) => Self::Not(Box::new(Self::prepare(*inner, tree))),
            // Approximate matching is equality where no better algorithm is at hand (RFC 4511, section 4.5.1.7.6).
            LdapFilter::Equality(name, value) | LdapFilter::Approx(name, value) => {
                searchable(&name, tree).map_or(Self::Known(None), |kind| equality(kind, &value, tree))
            }
            LdapFilter::Present(name) => searchable(&name, tree).map_or(Self::Known(None), Self::Has),
            LdapFilter::Substring(name, pieces) => {
                let prepared = searchable(&name, tree).and_then(|kind| Some((Pieces::new(&kind, &pieces)?, kind)));
                prepared.map_or(Self::Known(None), |(pieces, kind)| Self::Substrings(kind, pieces))
            }
            LdapFilter::GreaterOrEqual(name, value) => ordering(&name, &value, tree, Self::AtLeast),
            LdapFilter::LessOrEqual(name, value) => ordering(&name, &value, tree, Self::AtMost),
            LdapFilter::Extensible(assertion) => extensible(assertion, tree).unwrap_or(Self::Known(None)),
        }
    }

    /// Whether an entry matches.
    pub fn evaluate(&self, node: &Node, tree: &Tree) -> Truth {
        match self {
            Self::All(parts) => fold(parts, node, tree, false),
            Self::Any(parts) => fold(parts, node, tree, true),
            Self::Not(inner) => inner.evaluate(node, tree).map(|truth| !truth),
            Self::Equals(kind, value) => Some(node.values(kind).is_some_and(|v| v.contains(value))),
            Self::Has(kind) if kind == "memberof" => Some(tree.groups_of(node).next().is_some()),
            Self::Has(kind) => Some(node.values(kind).is_some()),
            Self::Substrings(kind, pieces) => Some(any_value(node, kind, |v| pieces.fit(v))),
            Self::AtLeast(kind, bound) => Some(any_value(node, kind, |v| compare(v, bound).is_ge())),
            Self::AtMost(kind, bound) => Some(any_value(node, kind, |v| compare(v, bound).is_le())),
            Self::Bits { kind, mask, all } => Some(any_value(node, kind, |v| has_bits(v, *mask, *all))),
            Self::NamePart(kind, value) => {
                let named = node.name.parts().any(|part| part.0 == *kind && part.1 == *value);
                Some(named || any_value(node, kind, |v| v == value))
            }
            Self::MemberOf(group) => Some(is_member(tree.node(*group), node)),
            Self::Known(truth) => *truth,
        }
    }

    /// How many entries the indexes would offer; nothing if they cannot narrow the search down.
    fn estimate(&self, tree: &Tree) -> Option<usize> {
        match self {
            Self::Equals(kind, value) => tree.with_value(kind, value).map(std::collections::BTreeSet::len),
            Self::MemberOf(group) => Some(member_values(tree.node(*group)).map(Values::len).sum()),
            Self::All(parts) => parts.iter().filter_map(|part| part.estimate(tree)).min(),
            Self::Any(parts) => parts.iter().map(|part| part.estimate(tree)).sum(),
            Self::Known(Some(false) | None) => Some(0),
            _ => None,
        }
    }

    /// Every entry that could match, from the indexes; nothing if they cannot narrow the search down.
    pub fn candidates(&self, tree: &Tree) -> Option<Vec<Id>> {
        match self {
            Self::Equals(kind, value) => Some(tree.with_value(kind, value)?.iter().copied().collect()),
            Self::MemberOf(group) => {
                Some(members(tree.node(*group)).filter_map(|member| tree.by_key(member)).collect())
            }
            Self::All(parts) => {
                let narrowest = parts.iter().filter_map(|p| Some((p.estimate(tree)?, p))).min_by_key(|(n, _)| *n);
                narrowest?.1.candidates(tree)
            }
            Self::Any(parts) => {
                let each: Option<Vec<Vec<Id>>> = parts.iter().map(|part| part.candidates(tree)).collect();
                each.map(|lists| lists.concat())
            }
            Self::Known(Some(false) | None) => Some(Vec::new()),
            _ => None,
        }
    }
}

/// And (`decisive` false) or or (`decisive` true): one decisive part settles it, else one undefined part does.
fn fold(parts: &[Filter], node: &Node, tree: &Tree, decisive: bool) -> Truth {
    let mut truth = Some(!decisive);
    for part in parts {
        match part.evaluate(node, tree) {
            Some(settled) if settled == decisive => return Some(decisive),
            Some(_) => {}
            None => truth = None,
        }
    }
    truth
}

/// The type of a description, if a filter may look at it. Passwords may not be searched for by anybody.
fn searchable(name: &str, tree: &Tree) -> Option<String> {
    let kind = schema::type_name(name);
    (tree.knows(&kind) && kind != "userpassword").then_some(kind)
}

fn equality(kind: String, value: &str, tree: &Tree) -> Filter {
    let Some(normal) = Rule::of(&kind).normalise(value) else { return Filter::Known(None) };
    if kind == "memberof" {
        return tree.by_key(&normal).map_or(Filter::Known(Some(false)), Filter::MemberOf);
    }
    Filter::Equals(kind, normal)
}

fn ordering(name: &str, value: &str, tree: &Tree, make: fn(String, String) -> Filter) -> Filter {
    let prepared = searchable(name, tree)
        .filter(|kind| schema::is_ordered(kind))
        .and_then(|kind| Some((Rule::of(&kind).normalise(value)?, kind)));
    prepared.map_or(Filter::Known(None), |(normal, kind)| make(kind, normal))
}

/// Extensible matching (RFC 4511, section 4.5.1.7.7) with the rules we know, on a named type.
fn extensible(assertion: LdapMatchingRuleAssertion, tree: &Tree) -> Option<Filter> {
    let kind = searchable(&assertion.type_?, tree)?;
    let value = &assertion.match_value;
    match assertion.matching_rule.as_deref() {
        Some("1.2.840.113556.1.4.803") => Some(Filter::Bits { kind, mask: value.parse().ok()?, all: true }),
        Some("1.2.840.113556.1.4.804") => Some(Filter::Bits { kind, mask: value.parse().ok()?, all: false }),
        None if assertion.dn_attributes => {
            let normal = Rule::of(&kind).normalise(value)?;
            Some(Filter::NamePart(kind, normal))
        }
        None => Some(equality(kind, value, tree)),
        Some(rule) if names_rule_of(rule, &kind) => Some(equality(kind, value, tree)),
        Some(_) => None,
    }
}

/// Whether a matching rule, by name or identifier, is the equality rule of the type anyway.
fn names_rule_of(rule: &str, kind: &str) -> bool {
    match Rule::of(kind) {
        Rule::IgnoreCase => matches!(rule, "caseIgnoreMatch" | "2.5.13.2" | "caseIgnoreIA5Match"),
        Rule::ExactCase => matches!(rule, "caseExactMatch" | "2.5.13.5" | "caseExactIA5Match"),
        Rule::Name => matches!(rule, "distinguishedNameMatch" | "2.5.13.1"),
    }
}

impl Pieces {
    fn new(kind: &str, filter: &LdapSubstringFilter) -> Option<Self> {
        let rule = Rule::of(kind);
        let piece = |text: &Option<String>| match text {
            Some(text) => schema::fold_piece(rule, text),
            None => schema::fold_piece(rule, ""),
        };
        let any = filter.any.iter().map(|text| schema::fold_piece(rule, text)).collect::<Option<Vec<_>>>()?;
        Some(Self {
            initial: piece(&filter.initial)?.trim_start().to_owned(),
            any,
            end: piece(&filter.final_)?.trim_end().to_owned(),
        })
    }

    fn fit(&self, value: &str) -> bool {
        let Some(mut rest) = value.strip_prefix(self.initial.as_str()) else { return false };
        for piece in &self.any {
            match rest.split_once(piece.as_str()) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        rest.ends_with(self.end.as_str())
    }
}

fn any_value(node: &Node, kind: &str, fits: impl Fn(&str) -> bool) -> bool {
    node.values(kind).is_some_and(|values| values.normal().iter().any(|v| fits(v)))
}

/// Numbers by size, everything else by code point.
fn compare(value: &str, bound: &str) -> std::cmp::Ordering {
    match (value.parse::<i64>(), bound.parse::<i64>()) {
        (Ok(value), Ok(bound)) => value.cmp(&bound),
        _ => value.cmp(bound),
    }
}

fn has_bits(value: &str, mask: i64, all: bool) -> bool {
    value.parse::<i64>().is_ok_and(|bits| if all { bits & mask == mask } else { bits & mask != 0 })
}

fn member_values(group: &Node) -> impl Iterator<Item = &Values> {
    ["member", "uniquemember"].into_iter().filter_map(|kind| group.values(kind))
}

fn is_member(group: &Node, node: &Node) -> bool {
    member_values(group).any(|values| values.contains(&node.key))
}

fn members(group: &Node) -> impl Iterator<Item = &String> {
    member_values(group).flat_map(Values::normal)
}

/// Whether an entry has a value (for the compare operation); nothing if the entry has no such attribute.
pub fn holds(tree: &Tree, node: &Node, kind: &str, normal: &str) -> Option<bool> {
    if kind == "memberof" {
        let mut groups = tree.groups_of(node).peekable();
        groups.peek()?;
        return Some(groups.any(|group| group.key == normal));
    }
    node.values(kind).map(|values| values.contains(normal))
}

#[cfg(test)]
mod tests {
    use ldap3_proto::parse_ldap_filter_str;

    use super::*;
    use crate::demo::university;

    fn university() -> (Tree, usize) {
        let entries = university::entries();
        let count = entries.len();
        (Tree::new(entries).unwrap(), count)
    }

    fn prepare(text: &str, tree: &Tree) -> Filter {
        Filter::prepare(parse_ldap_filter_str(text).unwrap(), tree)
    }

    #[test]
    fn undefined_spreads_unless_another_part_decides() {
        let (tree, _) = university();
        let node = tree.node(0);
        for (text, expected) in [
            ("(noSuchType=x)", None),
            ("(!(noSuchType=x))", None),
            ("(&(noSuchType=x)(dc=demo))", None),
            ("(&(noSuchType=x)(dc=other))", Some(false)),
            ("(|(noSuchType=x)(dc=demo))", Some(true)),
            ("(|(noSuchType=x)(dc=other))", None),
            ("(!(mail=x))", Some(true)),
            ("(member=nonsense)", None),
            ("(o:1.2.3.4:=x)", None),
        ] {
            assert_eq!(prepare(text, &tree).evaluate(node, &tree), expected, "{text}");
        }
    }

    fn is(name: &str, value: &str) -> LdapFilter {
        LdapFilter::Equality(name.to_owned(), value.to_owned())
    }

    #[test]
    fn the_indexes_offer_every_entry_that_matches() {
        let (tree, count) = university();
        let anna = || is("member", "uid=amueller,ou=people,dc=demo,dc=example");
        let stat1 = || is("memberOf", "cn=stat1-2026w,ou=courses,ou=groups,dc=demo,dc=example");
        for filter in [
            is("uid", "amueller"),
            is("cn", "Lukas Schneider"),
            anna(),
            stat1(),
            LdapFilter::And(vec![is("objectClass", "person"), stat1(), LdapFilter::Present("sn".to_owned())]),
            LdapFilter::Or(vec![is("uid", "bschmidt"), stat1()]),
            LdapFilter::Or(vec![is("uid", "bschmidt"), is("sn", "Weber"), stat1()]),
            LdapFilter::And(vec![LdapFilter::Not(Box::new(is("uid", "amueller"))), stat1()]),
        ] {
            let filter = Filter::prepare(filter, &tree);
            let matches = |id: &Id| filter.evaluate(tree.node(*id), &tree) == Some(true);
            let all: Vec<Id> = (0..count).filter(matches).collect();
            let mut offered = filter.candidates(&tree).unwrap_or_else(|| (0..count).collect());
            offered.retain(matches);
            offered.sort_unstable();
            offered.dedup();
            assert_eq!(offered, all, "{filter:?}");
            assert!(!all.is_empty(), "{filter:?}");
        }
    }
}
