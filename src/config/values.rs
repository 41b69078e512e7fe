//! What single values must look like. Pure functions; every refusal says what to write instead.

use std::time::Duration;

use url::{Host, Url};

use super::faults::Wrong;

/// `250ms`, `2s`, `15m`, `8h` or `14d`.
pub(super) fn duration(text: &str) -> Result<Duration, Wrong> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let millis = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(86_400_000),
        _ => None,
    };
    let total = millis.zip(number.parse::<u64>().ok()).and_then(|(millis, number)| number.checked_mul(millis));
    total.map(Duration::from_millis).ok_or_else(|| {
        Wrong::new(
            format!("{} is not a duration.", quoted(text)),
            "Write a whole number and a unit: \"500ms\", \"2s\", \"15m\", \"8h\" or \"14d\".",
        )
    })
}

/// An LDAP filter (RFC 4515) in parentheses. `{username}` counts as a plain value.
pub(super) fn filter(text: &str) -> Result<String, Wrong> {
    let parses = ldap3::parse_filter(text.replace("{username}", "x")).is_ok();
    if text.starts_with('(') && text.ends_with(')') && parses {
        return Ok(text.to_owned());
    }
    let what = format!("{} is not an LDAP filter in parentheses.", quoted(text));
    Err(Wrong::new(what, "Write it as in RFC 4515, for example \"(objectClass=person)\"."))
}

/// A text that must hold a placeholder.
pub(super) fn with_username(text: &str) -> Result<(), Wrong> {
    if text.contains("{username}") {
        return Ok(());
    }
    Err(Wrong::new(
        format!("{} has no {{username}} in it.", quoted(text)),
        "Put {username} where the typed name belongs, as in \"(uid={username})\" or \"uid={username},ou=people,…\".",
    ))
}

/// Something that can be a distinguished name: parts with `=`, separated by commas.
pub(super) fn dn(text: &str) -> Result<String, Wrong> {
    if rdns(text).iter().all(|rdn| rdn.split_once('=').is_some_and(|(a, v)| !a.is_empty() && !v.is_empty())) {
        return Ok(text.to_owned());
    }
    let what = format!("{} is not a distinguished name.", quoted(text));
    Err(Wrong::new(what, "Write it in full, for example \"ou=people,dc=uni,dc=example\"."))
}

/// The parts of a DN (RFC 4514) in lower case and without blanks around the separators, values unescaped
/// where one backslash stands before one character. For comparing what an operator wrote, not what a server sent.
pub(super) fn rdns(dn: &str) -> Vec<String> {
    let (mut parts, mut escaped) = (vec![String::new()], false);
    for c in dn.chars() {
        let last = parts.len() - 1;
        match c {
            '\\' if !escaped => escaped = true,
            ',' if !escaped => parts.push(String::new()),
            c => {
                parts[last].extend(c.to_lowercase());
                escaped = false;
            }
        }
    }
    let tidy = |part: &str| part.split('=').map(str::trim).collect::<Vec<_>>().join("=");
    parts.iter().map(|part| tidy(part)).collect()
}

/// Whether a host is this machine: `localhost`, names below it, `127.0.0.0/8`, `::1`.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).to_lowercase();
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|a| a.is_loopback())
}

/// Whether a URL points to this machine.
pub(super) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_loopback(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Where people are sent: the schemes named, and `http` on this machine wherever `https` is allowed.
pub(super) fn link(text: &str, schemes: &[&str]) -> Result<(), Wrong> {
    let local_http = |url: &Url| schemes.contains(&"https") && url.scheme() == "http" && is_local(url);
    let reaches = |url: &Url| match url.scheme() {
        "mailto" => url.path().contains('@'),
        _ => url.has_host(),
    };
    let good = |url: &Url| (schemes.contains(&url.scheme()) || local_http(url)) && reaches(url);
    if Url::parse(text).is_ok_and(|url| good(&url)) {
        return Ok(());
    }
    let what = format!("{} is not a link that may be shown.", quoted(text));
    Err(Wrong::new(what, format!("Write a full link that starts with {}.", one_of(schemes.iter().copied()))))
}

/// Fills `{server_address}`, `{host}` (with the port, if any) and `{server_address_encoded}` (for query strings) in.
pub(super) fn expand(link: &str, server_address: Option<&str>) -> Result<String, Wrong> {
    let mut expanded = link.to_owned();
    if let Some(address) = server_address.filter(|_| link.contains('{')) {
        let host = address.split_once("://").map_or(address, |(_, rest)| rest.split('/').next().unwrap_or(rest));
        let encoded: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
        let values = [("{server_address}", address), ("{host}", host), ("{server_address_encoded}", &encoded)];
        expanded = values.iter().fold(expanded, |text, (name, value)| text.replace(name, value));
    }
    if expanded.contains(['{', '}']) {
        let what = format!("{} has a placeholder that cannot be filled in.", quoted(link));
        return Err(Wrong::new(
            what,
            "Use {server_address}, {host} or {server_address_encoded} only, and set server_address in the same section.",
        ));
    }
    Ok(expanded)
}

/// A value in a fault: in quotes, on one line, not longer than a line.
pub(super) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("{short:?}{more}")
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => (*last).to_owned(),
        None => String::new(),
    }
}

/// The name of an LDAP attribute or object class (RFC 4512): letters, digits, dashes; no options.
pub(super) fn attribute(text: &str) -> Result<String, Wrong> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    let what = format!("{} is not the name of an attribute or object class.", quoted(text));
    Err(Wrong::new(what, "Write a name such as \"uid\" or \"member\"."))
}
