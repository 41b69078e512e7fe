//! `[services.…]`: the catalogue, in the order of the file.

use super::{faults::Wrong, outside::credentials, reader::Section, values};
use crate::domain::{
    catalogue::{
        Admission, Catalogue, DataProtection, Eligibility, Grant, GroupFilter, LegalBasis, NextSteps, Service,
        ServiceAccount, ServiceSlug, Step,
    },
    locale::Text,
};

/// What steps and QR codes may link to.
const ANY_LINK: [&str; 3] = ["https", "mailto", "rocketchat"];

/// All services; faults where two of them would share a grant, since one's withdrawal would end the other.
pub(super) fn catalogue(services: &Section<'_>) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for name in services.names() {
        let section = services.section(&name);
        let service = service(&section, &name);
        let twin = catalogue.services.iter().find(|other| is_same_grant(&other.grant, &service.grant));
        if let Some(twin) = twin {
            let what = format!("The service {} has the same grant.", twin.slug);
            section.fault("grant", Wrong::new(what, "Give each service a group or a value of its own."));
        }
        catalogue.services.push(service);
    }
    catalogue
}

fn service(section: &Section<'_>, name: &str) -> Service {
    let slug = ServiceSlug::parse(name).unwrap_or_else(|| {
        let what = format!("{} cannot be the short name of a service.", values::quoted(name));
        let remedy = "Use at most 40 lower-case letters, digits and dashes, beginning with a letter.";
        section.fault("", Wrong::new(what, remedy));
        ServiceSlug::parse("stand-in").expect("a constant slug")
    });
    let grant = grant(&section.section("grant"));
    let admission = admission(&section.section("admission"), &grant);
    Service {
        slug,
        name: section.in_both("name", None),
        description: section.in_both("description", None),
        purpose: section.in_both("purpose", None),
        data_protection: data_protection(section),
        eligibility: eligibility(&section.section("eligibility")),
        grant,
        admission,
        next_steps: next_steps(&section.section("next_steps")),
        visible_to_lecturers: section.flag("visible_to_lecturers", false),
    }
}

/// What is missing keeps the service from being requested, but not the portal from running: nobody loses anything by an update.
fn data_protection(section: &Section<'_>) -> DataProtection {
    let legal_basis = |text: &str| match text {
        "terms" => Ok(LegalBasis::Terms),
        "consent" => Ok(LegalBasis::Consent),
        "public-task" => Ok(LegalBasis::PublicTask),
        _ => {
            let what = format!("{} is not one of the words known here.", values::quoted(text));
            Err(Wrong::new(what, format!("Write {}.", values::one_of(["terms", "consent", "public-task"].into_iter()))))
        }
    };
    DataProtection {
        legal_basis: section.optional_parsed("legal_basis", legal_basis),
        legal_basis_text: section.in_both_or_none("legal_basis_text"),
        recipients: section.in_both_or_none("recipients"),
        retention: section.in_both_or_none("retention"),
    }
}

fn eligibility(section: &Section<'_>) -> Option<Eligibility> {
    section.exists().then(|| Eligibility {
        filter: section.parsed("filter", None, values::filter).unwrap_or_default(),
        reason: section.in_both("reason", None),
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Dns,
    Usernames,
    Person,
}

fn grant(section: &Section<'_>) -> Grant {
    let kinds =
        [("group-of-dns", Kind::Dns), ("group-of-usernames", Kind::Usernames), ("person-attribute", Kind::Person)];
    let kind = section.choice("kind", None, &kinds);
    let group = section.optional_parsed("group", values::dn);
    let attribute = section.optional_parsed("attribute", values::attribute);
    let value = section.optional("value");
    let word = kinds.iter().find(|(_, k)| Some(*k) == kind).map_or("", |(word, _)| *word);
    let demand = |key: &str, there: bool, wanted: bool| {
        let stands = section.optional(key).is_some();
        if kind.is_some() && wanted && !there && !stands {
            section.missing(key);
        } else if kind.is_some() && !wanted && stands {
            let what = format!("A grant of the kind \"{word}\" has no {key}.");
            section.fault(key, Wrong::new(what, "Take it out, or choose another kind."));
        }
    };
    demand("attribute", attribute.is_some(), true);
    demand("group", group.is_some(), kind != Some(Kind::Person));
    demand("value", value.is_some(), kind == Some(Kind::Person));
    let (group, attribute) = (group.unwrap_or_default(), attribute.unwrap_or_default());
    match kind {
        Some(Kind::Person) => Grant::PersonAttribute { attribute, value: value.unwrap_or_default() },
        Some(Kind::Usernames) => Grant::GroupOfUsernames { group, attribute },
        Some(Kind::Dns) | None => Grant::GroupOfDns { group, attribute },
    }
}

/// Whether two grants are stored at the same place, however they are written.
fn is_same_grant(a: &Grant, b: &Grant) -> bool {
    let place = |grant: &Grant| match grant {
        Grant::GroupOfDns { group, .. } | Grant::GroupOfUsernames { group, .. } if group.is_empty() => None,
        Grant::GroupOfDns { group, attribute } | Grant::GroupOfUsernames { group, attribute } => {
            Some((attribute.to_lowercase(), values::rdns(group)))
        }
        Grant::PersonAttribute { value, .. } if value.is_empty() => None,
        Grant::PersonAttribute { attribute, value } => Some((attribute.to_lowercase(), vec![value.clone()])),
    };
    place(a).is_some() && place(a) == place(b)
}

fn admission(section: &Section<'_>, grant: &Grant) -> Option<Admission> {
    if !section.exists() {
        return None;
    }
    let (dn, password) = credentials(section, "bind_dn", "bind_password");
    let admission = Admission {
        base: section.parsed("base", None, values::dn).unwrap_or_default(),
        user_filter: section.parsed("user_filter", None, user_filter).unwrap_or_default(),
        user_fields: user_fields(section),
        group_filter: group_filter(&section.section("group_filter"), grant),
        find_user_after_login: section.flag("find_user_after_login", true),
        default_domain: section.optional_parsed("default_domain", domain),
        account: dn.zip(password).map(|(dn, password)| ServiceAccount { dn, password }),
    };
    if let (Some(_), Grant::GroupOfDns { group, .. } | Grant::GroupOfUsernames { group, .. }) =
        (&admission.group_filter, grant)
        && !values::rdns(group).ends_with(&values::rdns(&admission.base))
    {
        let what = "The chat server searches groups below this, but the group of the grant is elsewhere.";
        section.fault("base", Wrong::new(what, "Name a base that has both the people and the group below it."));
    }
    Some(admission)
}

/// The chat server puts the typed name beside this filter, not into it.
fn user_filter(text: &str) -> Result<String, Wrong> {
    if text.contains("#{username}") || text.contains("{username}") {
        let what = "The chat server replaces no name in this filter.";
        return Err(Wrong::new(what, "Take the part with {username} out; user_fields says where names are looked up."));
    }
    values::filter(text)
}

fn user_fields(section: &Section<'_>) -> Vec<String> {
    let fields = section.list("user_fields", Some(&["uid"])).unwrap_or_default();
    if fields.is_empty() {
        section.fault("user_fields", Wrong::new("This list is empty.", "Name at least one attribute, e.g. [\"uid\"]."));
    }
    for field in &fields {
        section.check("user_fields", values::attribute(field).map(|_| ()));
    }
    fields
}

fn domain(text: &str) -> Result<String, Wrong> {
    if text.contains('.') && !text.contains(['@', ' ', '/']) {
        return Ok(text.to_owned());
    }
    let what = format!("{} is not a mail domain.", values::quoted(text));
    Err(Wrong::new(what, "Write what stands after the @, for example \"uni.example\"."))
}

fn group_filter(section: &Section<'_>, grant: &Grant) -> Option<GroupFilter> {
    if !section.exists() {
        return None;
    }
    let filter = GroupFilter {
        object_class: section.parsed("object_class", None, values::attribute).unwrap_or_default(),
        id_attribute: section.parsed("id_attribute", Some("cn"), values::attribute).unwrap_or_default(),
        group_name: section.text("group_name"),
        member_attribute: section.parsed("member_attribute", None, values::attribute).unwrap_or_default(),
        member_format: section.text("member_format"),
    };
    if filter.group_name.contains('*') {
        let what = "The chat server takes * as \"any characters\" here.";
        section.fault("group_name", Wrong::new(what, "Use a group without * in its name."));
    }
    check_against_grant(section, &filter, grant);
    Some(filter)
}

/// What is written must be what the chat server looks at.
fn check_against_grant(section: &Section<'_>, filter: &GroupFilter, grant: &Grant) {
    let (group, attribute, format) = match grant {
        Grant::GroupOfDns { group, attribute } => (group, attribute, "#{userdn}"),
        Grant::GroupOfUsernames { group, attribute } => (group, attribute, "#{username}"),
        Grant::PersonAttribute { .. } => {
            let what = "The chat server looks at a group, but the grant is an attribute of the person.";
            section.fault("", Wrong::new(what, "Take this section out and test the attribute in user_filter."));
            return;
        }
    };
    if !filter.member_format.is_empty() && !filter.member_format.contains(format) {
        let what = format!("{} does not fit the grant.", values::quoted(&filter.member_format));
        section.fault("member_format", Wrong::new(what, format!("Write \"{format}\", here and in the chat server.")));
    }
    let differs =
        |mine: &str, theirs: &str| !mine.is_empty() && !theirs.is_empty() && !mine.eq_ignore_ascii_case(theirs);
    if differs(attribute, &filter.member_attribute) {
        let what = format!("The chat server reads {}, but the grant writes {attribute}.", filter.member_attribute);
        section.fault("member_attribute", Wrong::new(what, "Make it the same as attribute in the grant."));
    }
    let wanted = format!("{}={}", filter.id_attribute, filter.group_name).to_lowercase();
    let first = values::rdns(group).into_iter().next().unwrap_or_default();
    let comparable = first.starts_with(&format!("{}=", filter.id_attribute.to_lowercase()));
    if comparable && !filter.group_name.is_empty() && first != wanted {
        let what =
            format!("The chat server looks at {}, but the grant is in {group}.", values::quoted(&filter.group_name));
        section.fault("group_name", Wrong::new(what, "Name the same group in both."));
    }
}

fn next_steps(section: &Section<'_>) -> NextSteps {
    let server_address = section.optional_parsed("server_address", |text| {
        values::link(text, &["https"]).map(|()| text.trim_end_matches('/').to_owned())
    });
    let links = Links { server_address: server_address.as_deref() };
    let steps = section.section("steps");
    let listed = steps.names().into_iter().map(|number| step(&steps.section(&number), &links)).collect();
    NextSteps {
        qr_link: links.one(section, "qr_link", &ANY_LINK),
        steps: listed,
        manual: links.in_both(section, "manual", &["https"]),
        forum: links.in_both(section, "forum", &["https"]),
        support: section.in_both_or_none("support"),
        support_link: links.in_both(section, "support_link", &["https", "mailto"]),
        server_address,
    }
}

fn step(section: &Section<'_>, links: &Links<'_>) -> Step {
    let step = Step {
        title: section.in_both("title", None),
        text: section.in_both("text", None),
        link: links.one(section, "link", &ANY_LINK),
        link_label: section.in_both_or_none("link_label"),
    };
    if step.link_label.is_some() && section.optional("link").is_none() {
        section.fault("link", Wrong::new("There are labels, but no link.", "Add the link, or take the labels out."));
    }
    if step.link.is_some() && step.link_label.is_none() {
        section.fault(
            "link_label_de",
            Wrong::new("There is a link, but no label.", "Give link_label_de and link_label_en."),
        );
    }
    step
}

/// Reads links and fills the server's address in.
struct Links<'a> {
    server_address: Option<&'a str>,
}

impl Links<'_> {
    fn usable(&self, text: &str, schemes: &[&str]) -> Result<String, Wrong> {
        let link = values::expand(text, self.server_address)?;
        values::link(&link, schemes).map(|()| link)
    }

    fn one(&self, section: &Section<'_>, key: &str, schemes: &[&str]) -> Option<String> {
        section.optional_parsed(key, |text| self.usable(text, schemes))
    }

    fn in_both(&self, section: &Section<'_>, key: &str, schemes: &[&str]) -> Option<Text> {
        let written = section.in_both_or_none(key)?;
        let [de, en] = [("de", written.de), ("en", written.en)].map(|(code, text)| {
            let usable = self.usable(&text, schemes);
            usable.map_err(|wrong| section.fault(&format!("{key}_{code}"), wrong)).ok()
        });
        de.zip(en).map(|(de, en)| Text::new(de, en))
    }
}
