//! The chat server's own check, repeated: the directory queries that Rocket.Chat makes when somebody signs in there
//! (`docs/ROCKETCHAT.md`), under its own account if that is configured, with its placeholders and its missing escaping.

use ldap3::{Scope, SearchEntry, ldap_escape};
use std::sync::Arc;

use super::{Directory, DirectoryError, Holder, Search, connect::Link, memberships::observed};
use crate::{
    clock::Instant,
    domain::{
        accounts::Person,
        catalogue::{Admission, Grant, GroupFilter, Service},
        memberships::{Membership, Proof, ProofOf, ProofStep, Refusal, Verdict},
    },
};

/// What a step found: `None` is a success.
type Finding = Option<Refusal>;

impl Directory {
    /// Observes the membership and, if the service has an admission check, repeats it. "Admitted" is said only if every query
    /// succeeded; for a service without a check the membership is all there is to say.
    pub async fn prove_admission(
        &self,
        service: &Service,
        person: &Person,
        now: Instant,
    ) -> (Membership, Option<Proof>) {
        let Some(admission) = &service.admission else { return (self.membership(service, person).await, None) };
        let mut asked = Asked::default();
        let finding = self.ask_like_rocket_chat(admission, person, &mut asked).await;
        // Where the chat server's own question was about the very group that the portal writes, its answer is the membership.
        let membership = match &admission.group_filter {
            Some(filter) if asked.shows(&service.grant, filter) => Membership::Present,
            _ => self.membership(service, person).await,
        };
        let step = ProofStep { what: ProofOf::Membership, succeeded: membership == Membership::Present };
        let verdict = match finding {
            _ if membership == Membership::Unknown => Verdict::NotChecked,
            Ok(None) => Verdict::Admitted,
            Ok(Some(refusal)) => Verdict::Refused(explained(refusal, membership, &asked.dn)),
            Err(error) => {
                tracing::warn!(event = "admission.not-checked", service = %service.slug, reason = %error);
                Verdict::NotChecked
            }
        };
        let steps = std::iter::once(step).chain(asked.steps).collect();
        (membership, Some(Proof { verdict, steps, checked_at: now }))
    }

    async fn membership(&self, service: &Service, person: &Person) -> Membership {
        observed(&self.has(&service.grant, &Holder::from(person)).await)
    }

    /// Whether the chat server's user search finds this person, under its own account, for `latchkey check`.
    pub async fn finds_as_chat_server(&self, admission: &Admission, person: &Person) -> Result<bool, DirectoryError> {
        let link = self.asking_as(admission);
        // Without a group filter the user filter is what tells members from others, and nobody need be a member.
        let user_filter = if admission.group_filter.is_some() { admission.user_filter.clone() } else { String::new() };
        let anybody = Admission { user_filter, ..admission.clone() };
        Ok(user_search(&link, &anybody, person).await?.0.is_none())
    }

    /// Whether the chat server's account sees the group of its group filter, for `latchkey check`; true without such a filter.
    pub async fn chat_server_sees_group(&self, admission: &Admission) -> Result<bool, DirectoryError> {
        let Some(filter) = &admission.group_filter else { return Ok(true) };
        let link = self.asking_as(admission);
        let anybody = GroupFilter { member_format: "*".to_owned(), ..filter.clone() };
        Ok(!search(&link, &admission.base, &group_filter(&anybody, "", ""), 1).await?.is_empty())
    }

    async fn ask_like_rocket_chat(
        &self,
        admission: &Admission,
        person: &Person,
        asked: &mut Asked,
    ) -> Result<Finding, DirectoryError> {
        let link = self.asking_as(admission);
        let (finding, dn) = user_search(&link, admission, person).await?;
        asked.dn = dn;
        if let Some(refusal) = asked.note(ProofOf::UserSearch, finding) {
            return Ok(Some(refusal));
        }
        if let Some(filter) = &admission.group_filter {
            asked.groups = group_search(&link, admission, filter, person, &asked.dn).await?;
            let finding = asked.groups.is_empty().then_some(Refusal::NotInGroup);
            if let Some(refusal) = asked.note(ProofOf::GroupFilter, finding) {
                return Ok(Some(refusal));
            }
        }
        if admission.find_user_after_login {
            let finding = has_escaped_separator(&asked.dn).then_some(Refusal::OwnEntryUnreadable);
            if let Some(refusal) = asked.note(ProofOf::OwnEntry, finding) {
                return Ok(Some(refusal));
            }
        }
        let finding = (person.mail.is_none() && admission.default_domain.is_none()).then_some(Refusal::NoMail);
        Ok(asked.note(ProofOf::MailAddress, finding))
    }

    fn asking_as(&self, admission: &Admission) -> Arc<Link> {
        match &admission.account {
            Some(account) => self.chat_link(&account.dn, &account.password),
            None => Arc::clone(&self.0.portal),
        }
    }
}

/// What the chat server's questions have brought to light so far.
#[derive(Default)]
struct Asked {
    steps: Vec<ProofStep>,
    /// The person's DN as the user search returned it.
    dn: String,
    /// The DNs of the groups that the group filter found.
    groups: Vec<String>,
}

impl Asked {
    fn note(&mut self, what: ProofOf, finding: Finding) -> Finding {
        self.steps.push(ProofStep { what, succeeded: finding.is_none() });
        finding
    }

    /// Whether the group filter has found this person in the very group of the grant. A DN that Rocket.Chat does not escape may
    /// have found the group without being in it.
    fn shows(&self, grant: &Grant, filter: &GroupFilter) -> bool {
        let (group, attribute, format, is_exact) = match grant {
            Grant::GroupOfDns { group, attribute } => (group, attribute, "#{userdn}", !needs_escaping(&self.dn)),
            Grant::GroupOfUsernames { group, attribute } => (group, attribute, "#{username}", true),
            Grant::PersonAttribute { .. } => return false,
        };
        is_exact
            && filter.member_format == format
            && filter.member_attribute.eq_ignore_ascii_case(attribute)
            && self.groups.contains(group)
    }
}

/// The reason behind what the chat server notices: who is in no group is not found by a user filter that asks for it, and a member
/// whose DN breaks the group filter is no stranger.
fn explained(refusal: Refusal, membership: Membership, dn: &str) -> Refusal {
    match (refusal, membership) {
        (Refusal::NotFound | Refusal::Ambiguous | Refusal::SomebodyElse, Membership::Absent) => Refusal::NotInGroup,
        (Refusal::NotInGroup, Membership::Present) if needs_escaping(dn) => Refusal::UnescapedDn,
        _ => refusal,
    }
}

/// `(&<LDAP_User_Search_Filter>(<field>=<typed name>))`; exactly one entry must match, and it must be this person.
async fn user_search(link: &Link, admission: &Admission, person: &Person) -> Result<(Finding, String), DirectoryError> {
    let filter = user_filter(admission, &person.username);
    let found = search(link, &admission.base, &filter, 2).await?;
    let finding = match found.as_slice() {
        [] => Some(Refusal::NotFound),
        [one] if is_same_entry(link, &one.dn, &person.dn).await? => None,
        [_] => Some(Refusal::SomebodyElse),
        _ => Some(Refusal::Ambiguous),
    };
    Ok((finding, found.into_iter().next().map(|entry| entry.dn).unwrap_or_default()))
}

/// DNs are never compared as text: if they differ, the directory says whether both lead to the same entry.
async fn is_same_entry(link: &Link, one: &str, other: &str) -> Result<bool, DirectoryError> {
    if one == other {
        return Ok(true);
    }
    let canonical = async |dn| {
        let search =
            Search { base: dn, scope: Scope::Base, filter: "(objectClass=*)", attributes: &["1.1"], size_limit: 1 };
        link.search(&search).await.map(|found| found.into_iter().next().map(|entry| entry.dn))
    };
    Ok(canonical(one).await? == canonical(other).await?)
}

/// `(&(objectclass=…)(<Member_Attribute>=<Member_Format>)(<Id_Attribute>=<Group_Name>))` under the same base; one entry or
/// more admits. A filter that cannot be parsed finds nobody there, so it finds nobody here. Returns the DNs of at most two groups.
async fn group_search(
    link: &Link,
    admission: &Admission,
    filter: &GroupFilter,
    person: &Person,
    dn: &str,
) -> Result<Vec<String>, DirectoryError> {
    let text = group_filter(filter, &person.username, dn);
    let found = match search(link, &admission.base, &text, 2).await {
        Err(DirectoryError::Filter | DirectoryError::Other(_)) => Vec::new(),
        answer => answer?,
    };
    Ok(found.into_iter().map(|entry| entry.dn).collect())
}

async fn search(link: &Link, base: &str, filter: &str, limit: i32) -> Result<Vec<SearchEntry>, DirectoryError> {
    let search = Search { base, scope: Scope::Subtree, filter, attributes: &["1.1"], size_limit: limit };
    match link.search(&search).await {
        Err(DirectoryError::NoSuchObject) => Ok(Vec::new()),
        answer => answer,
    }
}

fn user_filter(admission: &Admission, username: &str) -> String {
    let escaped = ldap_escape(username);
    let fields: Vec<String> = admission.user_fields.iter().map(|field| format!("({field}={escaped})")).collect();
    let by_name = if fields.len() == 1 { fields.concat() } else { format!("(|{})", fields.concat()) };
    let own = admission.user_filter.trim();
    // Rocket.Chat adds the parentheses where they are missing.
    let own = if own.is_empty() || own.starts_with('(') { own.to_owned() } else { format!("({own})") };
    format!("(&{own}{by_name})")
}

fn group_filter(filter: &GroupFilter, username: &str, dn: &str) -> String {
    let mut parts = String::new();
    if !filter.object_class.is_empty() {
        parts.extend(["(objectclass=", &filter.object_class, ")"]);
    }
    // An empty format or name stays in the filter, which then finds nobody.
    let member = (&filter.member_attribute, &filter.member_format);
    let group = (&filter.id_attribute, &filter.group_name);
    for (attribute, value) in [member, group].into_iter().filter(|(attribute, _)| !attribute.is_empty()) {
        parts.extend(["(", attribute, "=", value, ")"]);
    }
    let with_name = replace_like_javascript(&format!("(&{parts})"), "#{username}", &ldap_escape(username));
    replace_like_javascript(&with_name, "#{userdn}", dn)
}

/// JavaScript's `String.prototype.replace` with a global pattern: in the replacement `$$` is a dollar sign, `$&` the matched
/// text, `` $` `` what stands before it and `$'` what stands after it.
fn replace_like_javascript(text: &str, pattern: &str, replacement: &str) -> String {
    let mut result = String::new();
    let mut done = 0;
    for (start, matched) in text.match_indices(pattern) {
        let end = start + matched.len();
        result += &text[done..start];
        let mut rest = replacement;
        while let Some(dollar) = rest.find('$') {
            result += &rest[..dollar];
            let (expansion, length) = match rest.as_bytes().get(dollar + 1) {
                Some(b'$') => ("$", 2),
                Some(b'&') => (matched, 2),
                Some(b'`') => (&text[..start], 2),
                Some(b'\'') => (&text[end..], 2),
                _ => ("$", 1),
            };
            result += expansion;
            rest = &rest[dollar + length..];
        }
        result += rest;
        done = end;
    }
    result + &text[done..]
}

/// Characters of a DN that change a filter in which they are not escaped (RFC 4515, section 3), or that `replace` expands.
fn needs_escaping(dn: &str) -> bool {
    dn.contains(['\\', '*', '(', ')', '$'])
}

/// An escaped comma or plus, written either way (RFC 4514, section 2.4).
fn has_escaped_separator(dn: &str) -> bool {
    let dn = dn.to_ascii_lowercase();
    [r"\,", r"\+", r"\2c", r"\2b"].iter().any(|separator| dn.contains(separator))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> GroupFilter {
        GroupFilter {
            object_class: "groupOfNames".into(),
            id_attribute: "cn".into(),
            group_name: "rocketchat".into(),
            member_attribute: "member".into(),
            member_format: "#{userdn}".into(),
        }
    }

    #[test]
    fn the_dn_goes_into_the_filter_as_it_is_and_the_name_escaped() {
        let filter = group_filter(&group(), "a*", r"cn=Weiß\, J (x),dc=x");
        assert_eq!(filter, r"(&(objectclass=groupOfNames)(member=cn=Weiß\, J (x),dc=x)(cn=rocketchat))");
        let by_name = GroupFilter { member_format: "#{username}".into(), ..group() };
        assert!(group_filter(&by_name, "a*", "dc=x").contains(r"(member=a\2a)"));
    }

    #[test]
    fn dollars_expand_as_in_javascript() {
        assert_eq!(replace_like_javascript("(m=#{userdn})", "#{userdn}", "a$&b$$c$1"), "(m=a#{userdn}b$c$1)");
        assert_eq!(replace_like_javascript("<x>", "x", "$`$'"), "<<>>");
    }

    #[test]
    fn several_fields_become_alternatives() {
        let admission = Admission {
            base: "dc=x".into(),
            user_filter: "(objectclass=*)".into(),
            user_fields: vec!["uid".into(), "mail".into()],
            group_filter: None,
            find_user_after_login: true,
            default_domain: None,
            account: None,
        };
        assert_eq!(user_filter(&admission, "a(b"), r"(&(objectclass=*)(|(uid=a\28b)(mail=a\28b)))");
    }
}
