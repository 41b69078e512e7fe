//! The catalogue: which services a member may be granted, how each grant is stored in the directory,
//! how the chat server would judge it, and what to tell the person afterwards.

use std::fmt;

use crate::domain::locale::{Locale, Text};

/// The short name of a service in paths, forms, records and the database: `[a-z][a-z0-9-]{0,39}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceSlug(String);

impl ServiceSlug {
    /// Parses a slug; `None` if it is not of the form above.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=40).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        fits.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServiceSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All services, in the order in which the pages show them.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub services: Vec<Service>,
}

impl Catalogue {
    pub fn get(&self, slug: &str) -> Option<&Service> {
        self.services.iter().find(|s| s.slug.as_str() == slug)
    }

    /// What a service is called; one that has left the catalogue keeps at least its short name.
    pub fn name<'a>(&'a self, slug: &'a str, locale: Locale) -> &'a str {
        self.get(slug).map_or(slug, |service| service.name.get(locale))
    }
}

/// One service of the catalogue.
#[derive(Clone, Debug)]
pub struct Service {
    pub slug: ServiceSlug,
    pub name: Text,
    /// What the service is, in one or two sentences.
    pub description: Text,
    /// What personal data is used for (GDPR Art. 13).
    pub purpose: Text,
    pub data_protection: DataProtection,
    /// Who may have it; `None`: everybody who can sign in.
    pub eligibility: Option<Eligibility>,
    pub grant: Grant,
    /// How the service itself decides about an account; `None`: it only looks at the membership.
    pub admission: Option<Admission>,
    pub next_steps: NextSteps,
    /// Whether lecturers may see for their own courses who has activated it.
    pub visible_to_lecturers: bool,
}

/// What people are told, besides the purpose, before their data is passed on (GDPR Art. 13). Whatever is missing keeps the service
/// from being requested; those who have it may still give it up.
#[derive(Clone, Debug, Default)]
pub struct DataProtection {
    pub legal_basis: Option<LegalBasis>,
    /// What else has to be said about the legal basis.
    pub legal_basis_text: Option<Text>,
    pub recipients: Option<Text>,
    /// For how long data is kept.
    pub retention: Option<Text>,
}

/// On what ground data is passed on (GDPR Art. 6(1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegalBasis {
    /// The terms that the person accepts are a contract (letter b).
    Terms,
    /// The person's consent (letter a).
    Consent,
    /// A task in the public interest (letter e), as universities have by law.
    PublicTask,
}

impl DataProtection {
    /// The settings that are missing.
    pub fn lacking(&self) -> Vec<&'static str> {
        let there = [
            ("legal_basis", self.legal_basis.is_some()),
            ("recipients", self.recipients.is_some()),
            ("retention", self.retention.is_some()),
        ];
        there.into_iter().filter(|(_, is_there)| !is_there).map(|(name, _)| name).collect()
    }

    pub fn is_complete(&self) -> bool {
        self.lacking().is_empty()
    }
}

/// Who may have a service.
#[derive(Clone, Debug)]
pub struct Eligibility {
    /// An LDAP filter (RFC 4515) that the directory evaluates on the person's own entry.
    pub filter: String,
    /// Why others may not have it, who decides, whom to ask.
    pub reason: Text,
}

/// How "this account has the service" is stored in the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// A value of `attribute` (`member`, `uniqueMember`) on the group `group`: the person's DN exactly as
    /// the server returned it.
    GroupOfDns { group: String, attribute: String },
    /// A value of `attribute` (`memberUid`) on the group `group`: the username, exact case.
    GroupOfUsernames { group: String, attribute: String },
    /// The fixed `value` of `attribute` on the person's own entry.
    PersonAttribute { attribute: String, value: String },
}

/// How Rocket.Chat is set up to admit LDAP accounts: the settings that its login evaluates, under their
/// names there (see `docs/ROCKETCHAT.md`).
#[derive(Clone, Debug)]
pub struct Admission {
    /// `LDAP_BaseDN`: base of both the user search and the group search.
    pub base: String,
    /// `LDAP_User_Search_Filter`
    pub user_filter: String,
    /// `LDAP_User_Search_Field`, comma separated there.
    pub user_fields: Vec<String>,
    /// `LDAP_Group_Filter_*`; `None`: the group filter is off.
    pub group_filter: Option<GroupFilter>,
    /// `LDAP_Find_User_After_Login`
    pub find_user_after_login: bool,
    /// `LDAP_Default_Domain`; `None`: accounts without mail are refused.
    pub default_domain: Option<String>,
    /// The account under which the chat server searches; `None`: the portal's own account is used.
    pub account: Option<ServiceAccount>,
}

/// `LDAP_Group_Filter_*` of Rocket.Chat.
#[derive(Clone, Debug)]
pub struct GroupFilter {
    /// `ObjectClass`
    pub object_class: String,
    /// `Group_Id_Attribute`
    pub id_attribute: String,
    /// `Group_Name`
    pub group_name: String,
    /// `Group_Member_Attribute`
    pub member_attribute: String,
    /// `Group_Member_Format`, with `#{username}` and `#{userdn}`.
    pub member_format: String,
}

/// An LDAP account of a program.
#[derive(Clone, Debug)]
pub struct ServiceAccount {
    pub dn: String,
    pub password: secrecy::SecretString,
}

/// What a person does after activation, and where help is.
#[derive(Clone, Debug, Default)]
pub struct NextSteps {
    /// The address to type or copy, e.g. `https://chat.uni.example`.
    pub server_address: Option<String>,
    /// A link shown as QR code for phones.
    pub qr_link: Option<String>,
    /// One block each for browser, desktop, phone …, in order.
    pub steps: Vec<Step>,
    /// Links per language.
    pub manual: Option<Text>,
    pub forum: Option<Text>,
    /// Whom to ask: a name or sentence, and a link (`https:` or `mailto:`).
    pub support: Option<Text>,
    pub support_link: Option<Text>,
}

/// One way to use the service.
#[derive(Clone, Debug)]
pub struct Step {
    pub title: Text,
    pub text: Text,
    /// The target of a button; schemes `https`, `http` on loopback, `mailto`, `rocketchat`.
    pub link: Option<String>,
    pub link_label: Option<Text>,
}
