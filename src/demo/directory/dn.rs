//! Distinguished names: parsing (RFC 4514) and one normal form for comparison (RFC 4517, section 4.2.15).

use super::schema;

/// The text is not a distinguished name of RFC 4514.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidDn;

/// A distinguished name in normal form: two spellings of the same name are equal.
///
/// Attribute types are in lower case with aliases resolved, values folded as `caseIgnoreMatch` does, and the
/// parts of a multi-valued RDN sorted. The text as stored is kept elsewhere: names are returned unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Dn {
    rdns: Vec<Rdn>,
}

/// The parts of one relative distinguished name: (type, value), sorted.
type Rdn = Vec<(String, String)>;

impl Dn {
    /// Parses the string form of RFC 4514, section 3; blanks around separators and `;` for `,` (RFC 2253,
    /// section 4) are understood too. The empty text is the name of the root.
    pub fn parse(text: &str) -> Result<Self, InvalidDn> {
        let mut rest = text.trim_start_matches(' ');
        let mut rdns = Vec::new();
        if rest.is_empty() {
            return Ok(Self { rdns });
        }
        loop {
            let (rdn, after) = relative_name(rest)?;
            rdns.push(rdn);
            match after {
                Some(after) => rest = after,
                None => return Ok(Self { rdns }),
            }
        }
    }

    /// The normal form as text, usable as a key of maps: equal if and only if the names are equal.
    pub fn key(&self) -> String {
        let rdns: Vec<String> = self.rdns.iter().map(rdn_key).collect();
        rdns.join(",")
    }

    /// The name of the entry above; nothing for the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, above) = self.rdns.split_first()?;
        Some(Self { rdns: above.to_vec() })
    }

    /// Whether this name is strictly below `base`, at any depth.
    pub fn is_below(&self, base: &Self) -> bool {
        self.rdns.len() > base.rdns.len() && self.rdns.ends_with(&base.rdns)
    }

    /// Whether this name is exactly one level below `base`.
    pub fn is_child_of(&self, base: &Self) -> bool {
        self.rdns.len() == base.rdns.len() + 1 && self.is_below(base)
    }

    /// All (type, value) parts of all levels, for matching rules that look at the name (`:dn:`).
    pub fn parts(&self) -> impl Iterator<Item = &(String, String)> {
        self.rdns.iter().flatten()
    }
}

fn rdn_key(rdn: &Rdn) -> String {
    let parts: Vec<String> = rdn.iter().map(|(kind, value)| format!("{kind}={}", escaped(value))).collect();
    parts.join("+")
}

fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '\\' | ',' | '+' | '=' | ';' | '"' | '<' | '>' | '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// One RDN, and what follows its separator (nothing at the end of the name).
fn relative_name(text: &str) -> Result<(Rdn, Option<&str>), InvalidDn> {
    let mut rdn = Vec::new();
    let mut rest = text;
    loop {
        let (kind, after) = rest.split_once('=').ok_or(InvalidDn)?;
        let kind = kind.trim_matches(' ');
        if !schema::is_type_name(kind) {
            return Err(InvalidDn);
        }
        let (value, separator, after) = value(after.trim_start_matches(' '))?;
        rdn.push((schema::type_name(kind), value));
        match separator {
            Some('+') => rest = after,
            Some(_) => return Ok((sorted(rdn), Some(after))),
            None => return Ok((sorted(rdn), None)),
        }
    }
}

fn sorted(mut rdn: Rdn) -> Rdn {
    rdn.sort();
    rdn
}

/// One folded value, the separator that ended it, and what follows that.
fn value(text: &str) -> Result<(String, Option<char>, &str), InvalidDn> {
    let mut bytes = Vec::new();
    let mut chars = text.char_indices();
    let mut end = (None, "");
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => bytes.extend(escape(&mut chars)?),
            ',' | ';' | '+' => {
                end = (Some(c), &text[at + 1..]);
                break;
            }
            '"' | '<' | '>' | '\0' => return Err(InvalidDn),
            _ => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    if text.starts_with('#') {
        bytes = from_hex_string(&bytes)?;
    }
    let value = String::from_utf8(bytes).map_err(|_| InvalidDn)?;
    if value.contains(schema::UNREADABLE) {
        return Err(InvalidDn);
    }
    let folded = schema::fold(&value);
    if folded.is_empty() { Err(InvalidDn) } else { Ok((folded, end.0, end.1)) }
}

/// What follows a backslash: a special character, or two hexadecimal digits for one byte of UTF-8.
fn escape(chars: &mut std::str::CharIndices<'_>) -> Result<Vec<u8>, InvalidDn> {
    let (_, first) = chars.next().ok_or(InvalidDn)?;
    if matches!(first, '\\' | ',' | ';' | '+' | '"' | '<' | '>' | ' ' | '#' | '=') {
        return Ok(vec![first as u8]);
    }
    let (_, second) = chars.next().ok_or(InvalidDn)?;
    let byte = hex::decode([first, second].iter().collect::<String>()).map_err(|_| InvalidDn)?;
    Ok(byte)
}

/// The `#` form: the hexadecimal BER encoding of the value (RFC 4514, section 2.4). Strings of up to 127 bytes
/// are understood; nothing longer can name an entry here.
fn from_hex_string(text: &[u8]) -> Result<Vec<u8>, InvalidDn> {
    let text = text.trim_ascii_end();
    let ber = hex::decode(text.get(1..).unwrap_or_default()).map_err(|_| InvalidDn)?;
    match ber.as_slice() {
        [0x04 | 0x0c | 0x13 | 0x14 | 0x16, length, content @ ..] if usize::from(*length) == content.len() => {
            Ok(content.to_vec())
        }
        _ => Err(InvalidDn),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> String {
        Dn::parse(text).unwrap().key()
    }

    #[test]
    fn spellings_of_one_name_are_equal() {
        let plain = key("uid=mweber,ou=people,dc=demo,dc=example");
        for other in [
            "UID=MWeber,OU=People,DC=demo,DC=example",
            " uid = mweber , ou = people ; dc=demo,dc=example ",
            r"uid=\6dweber,ou=people,dc=demo,dc=example",
            "userid=mweber,2.5.4.11=people,domainComponent=demo,dc=example",
            "uid=#04066d7765626572,ou=people,dc=demo,dc=example",
        ] {
            assert_eq!(key(other), plain, "{other}");
        }
    }

    #[test]
    fn an_escaped_comma_is_part_of_the_value() {
        let comma = key(r"cn=Weiß\, Jürgen,ou=people");
        assert_eq!(comma, key(r"cn=wei\C3\9F\2C  J\C3\BCRGEN,ou=people"));
        assert_ne!(comma, key("cn=Weiß,cn=Jürgen,ou=people"));
    }

    #[test]
    fn composed_and_decomposed_umlauts_are_equal() {
        assert_eq!(key("cn=J\u{fc}rgen"), key("cn=Ju\u{308}rgen"));
    }

    #[test]
    fn parts_of_an_rdn_have_no_order() {
        assert_eq!(key("cn=a+uid=b,dc=x"), key("UID = B + CN = A,dc=x"));
        assert_ne!(key(r"cn=a\+uid=b,dc=x"), key("cn=a+uid=b,dc=x"));
    }

    #[test]
    fn what_is_not_a_name_is_refused() {
        for bad in
            ["mweber", "uid", "=x", "uid=", "uid=a,", "uid=a\\", "uid=\\zz", "uid=\\ff", "uid=<a>", "1a=b", ",", "#"]
        {
            assert!(Dn::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn below_and_child_follow_whole_parts() {
        let base = Dn::parse("ou=people,dc=x").unwrap();
        let person = Dn::parse("uid=a,ou=people,dc=x").unwrap();
        assert!(person.is_below(&base) && person.is_child_of(&base));
        assert!(!base.is_below(&base));
        assert!(!Dn::parse("uid=a,ou=morepeople,dc=x").unwrap().is_below(&base));
        assert!(!Dn::parse("cn=x,uid=a,ou=people,dc=x").unwrap().is_child_of(&base));
        assert_eq!(person.parent(), Some(base));
    }

    /// Another spelling of the same value: every character escaped in hexadecimal, in the other case, or as is.
    fn respelt(value: &str, how: &[u8]) -> String {
        let spell = |(at, c): (usize, char)| match how[at % how.len()] % 3 {
            0 => c.to_string().bytes().fold(String::new(), |text, byte| format!("{text}\\{byte:02X}")),
            1 if c.is_alphabetic() => c.to_uppercase().collect(),
            _ if matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '#' | '=' | ' ') => format!("\\{c}"),
            _ => c.to_string(),
        };
        value.chars().enumerate().map(spell).collect()
    }

    proptest! {
        #[test]
        fn the_normal_form_does_not_depend_on_the_spelling(
            values in proptest::collection::vec("[a-zäöüéş0-9,+\"\\\\<>;#= ]{0,8}[a-z]", 1..5),
            how in proptest::collection::vec(any::<u8>(), 1..16),
            blanks in 0_usize..3,
        ) {
            let plain: Vec<String> = values.iter().map(|v| format!("cn={}", respelt(v, &[2]))).collect();
            let blank = " ".repeat(blanks);
            let other: Vec<String> = values.iter().map(|v| format!("CN{blank}={blank}{}", respelt(v, &how))).collect();
            let (plain, other) = (key(&plain.join(",")), key(&other.join(&format!("{blank},{blank}"))));
            prop_assert_eq!(&plain, &other);
            prop_assert_eq!(key(&plain), plain.clone(), "the normal form is its own normal form");
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Dn::parse(&text);
        }
    }
}
