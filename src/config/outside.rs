//! `[directory]` and `[mail]`: the two systems outside, and no password to either of them in clear.

use lettre::message::Mailbox;
use secrecy::SecretString;
use url::Url;

use super::{faults::Wrong, reader::Section, values};
use crate::{
    directory::settings::{People, Roles, Settings},
    mail::{self, Smtp, SmtpTls, Transport},
};

pub(super) fn directory(section: &Section<'_>) -> Settings {
    let start_tls = section.flag("start_tls", false);
    Settings {
        urls: directory_urls(section, start_tls),
        start_tls,
        ca_file: section.file("ca_file"),
        bind_dn: section.parsed("bind_dn", None, values::dn).unwrap_or_default(),
        bind_password: section.required_secret("bind_password"),
        connect_timeout: section.duration("connect_timeout", "2s", ("100ms", "60s")),
        operation_timeout: section.duration("operation_timeout", "5s", ("100ms", "5m")),
        most_values_per_modify: section.number("most_values_per_modify", 100, 1..=10_000),
        people: people(&section.section("people")),
        roles: Roles::default(),
    }
}

fn directory_urls(section: &Section<'_>, start_tls: bool) -> Vec<String> {
    let before = section.faults();
    let urls = section.list("urls", None).unwrap_or_default();
    if urls.is_empty() && section.faults() == before {
        section.missing("urls");
    }
    for url in &urls {
        section.check("urls", directory_url(url, start_tls));
    }
    urls
}

fn directory_url(text: &str, start_tls: bool) -> Result<(), Wrong> {
    let remedy =
        "Write \"ldaps://ldap.uni.example\" or \"ldap://ldap.uni.example\", with a port if it is not the usual one.";
    let wrong = || Wrong::new("One of these is not the address of a directory.", remedy);
    let url = Url::parse(text).map_err(|_| wrong())?;
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.username().is_empty();
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    if !bare || url.password().is_some() || !matches!(url.scheme(), "ldap" | "ldaps") {
        return Err(wrong());
    }
    if url.scheme() == "ldap" && !start_tls && !values::is_loopback(host) {
        let what = format!("{} would send passwords unencrypted.", values::quoted(text));
        return Err(Wrong::new(what, "Write ldaps:// instead of ldap://, or set start_tls = true."));
    }
    Ok(())
}

fn people(section: &Section<'_>) -> People {
    let filter = |text: &str| values::filter(text).and_then(|filter| values::with_username(text).map(|()| filter));
    let template = |text: &str| values::dn(text).and_then(|dn| values::with_username(text).map(|()| dn));
    let attribute =
        |key: &str, default: &str| section.parsed(key, Some(default), values::attribute).unwrap_or_default();
    People {
        base: section.parsed("base", None, values::dn).unwrap_or_default(),
        filter: section.parsed("filter", None, filter).unwrap_or_default(),
        dn_template: section.optional_parsed("dn_template", template),
        key_attribute: attribute("key_attribute", "entryUUID"),
        username_attribute: attribute("username_attribute", "uid"),
        display_name_attribute: attribute("display_name_attribute", "displayName"),
        mail_attribute: attribute("mail_attribute", "mail"),
        affiliation_attribute: attribute("affiliation_attribute", "eduPersonAffiliation"),
    }
}

pub(super) fn mail(section: &Section<'_>) -> mail::Settings {
    let host = section.optional("host");
    let folder = section.optional("folder").map(|folder| section.resolve(&folder));
    if host.is_some() && folder.is_some() {
        let what = "Both this and host are there.";
        section.fault("folder", Wrong::new(what, "Keep host to send mail, or folder to write it into files."));
    }
    let smtp = smtp(section, host.clone().unwrap_or_default());
    if host.is_none() && folder.is_none() {
        section.missing("host");
    }
    mail::Settings {
        transport: folder.map_or(Transport::Smtp(smtp), Transport::Folder),
        from: section.parsed("from", None, mailbox).unwrap_or_default(),
        reply_to: section.optional_parsed("reply_to", mailbox),
    }
}

fn smtp(section: &Section<'_>, host: String) -> Smtp {
    let words = [("starttls", SmtpTls::StartTls), ("implicit", SmtpTls::Implicit), ("none", SmtpTls::None)];
    let tls = section.choice("tls", Some("starttls"), &words).unwrap_or(SmtpTls::StartTls);
    if tls == SmtpTls::None && !host.is_empty() && !values::is_loopback(&host) {
        let what = format!("Mail and password would cross the network to {} unencrypted.", values::quoted(&host));
        section
            .fault("tls", Wrong::new(what, "Write \"starttls\" or \"implicit\"; \"none\" is for this machine alone."));
    }
    let (username, password) = credentials(section, "username", "password");
    Smtp {
        host,
        port: section.number("port", 587, 1..=u16::MAX),
        tls,
        ca_file: section.file("ca_file"),
        username,
        password,
        timeout: section.duration("timeout", "10s", ("1s", "5m")),
    }
}

/// A name and its password: both or neither.
pub(super) fn credentials(section: &Section<'_>, name: &str, password: &str) -> (Option<String>, Option<SecretString>) {
    let who = section.optional(name);
    let before = section.faults();
    let secret = section.secret(password);
    let clean = section.faults() == before;
    if clean && who.is_some() && secret.is_none() {
        section.fault(password, Wrong::new(format!("{name} is there, but this is missing."), "Give both, or none."));
    }
    if who.is_none() && secret.is_some() {
        section.fault(name, Wrong::new(format!("{password} is there, but this is missing."), "Give both, or none."));
    }
    (who, secret)
}

pub(super) fn mailbox(text: &str) -> Result<String, Wrong> {
    let what = || format!("{} is not a mail address.", values::quoted(text));
    let remedy = "Write \"account@uni.example\" or \"Account portal <account@uni.example>\".";
    text.parse::<Mailbox>().map(|_| text.to_owned()).map_err(|_| Wrong::new(what(), remedy))
}
