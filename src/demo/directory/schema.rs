//! Attribute types and how their values are compared (RFC 4512, section 2.5; RFC 4517, section 4; RFC 4518).

use unicode_normalization::UnicodeNormalization as _;

use super::dn::Dn;

/// Stands where a request carried bytes that are not UTF-8 (see the codec): no value of the directory contains
/// it, and an assertion that does is undefined.
pub const UNREADABLE: char = '\u{1}';

/// The equality rule of an attribute type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `caseIgnoreMatch`: case, repeated blanks and the Unicode spelling do not matter.
    IgnoreCase,
    /// `caseExactMatch`: only blanks and the Unicode spelling do not matter.
    ExactCase,
    /// `distinguishedNameMatch`.
    Name,
}

impl Rule {
    /// The rule of a type, given as [`type_name`] returns it.
    pub fn of(kind: &str) -> Self {
        match kind {
            "member" | "uniquemember" | "owner" | "memberof" | "entrydn" | "manager" | "seealso" => Self::Name,
            "memberuid" | "edupersonentitlement" | "educoursemember" | "userpassword" => Self::ExactCase,
            _ => Self::IgnoreCase,
        }
    }

    /// The normal form of a value; nothing if it breaks the syntax.
    pub fn normalise(self, value: &str) -> Option<String> {
        if value.contains(UNREADABLE) {
            return None;
        }
        let normal = match self {
            Self::IgnoreCase => fold(value),
            Self::ExactCase => fold_blanks(&value.nfkc().collect::<String>()),
            Self::Name => return Dn::parse(value).ok().map(|dn| dn.key()),
        };
        (!normal.is_empty()).then_some(normal)
    }
}

/// The type of an attribute description (RFC 4512, section 2.5) in lower case: options cut off, aliases and the
/// commonest object identifiers resolved.
pub fn type_name(description: &str) -> String {
    let kind = description.split(';').next().unwrap_or_default().to_ascii_lowercase();
    let known = match kind.as_str() {
        "commonname" | "2.5.4.3" => "cn",
        "surname" | "2.5.4.4" => "sn",
        "gn" | "2.5.4.42" => "givenname",
        "userid" | "0.9.2342.19200300.100.1.1" => "uid",
        "rfc822mailbox" | "0.9.2342.19200300.100.1.3" => "mail",
        "domaincomponent" | "0.9.2342.19200300.100.1.25" => "dc",
        "organizationalunitname" | "2.5.4.11" => "ou",
        "organizationname" | "2.5.4.10" => "o",
        "2.5.4.0" => "objectclass",
        "2.5.4.31" => "member",
        "2.5.4.32" => "owner",
        "2.5.4.50" => "uniquemember",
        _ => return kind,
    };
    known.to_owned()
}

/// Whether the text is a short name or a numeric object identifier (RFC 4512, section 1.4).
pub fn is_type_name(text: &str) -> bool {
    let first = text.chars().next().unwrap_or(' ');
    let fits = |c: char| match first {
        '0'..='9' => c.is_ascii_digit() || c == '.',
        _ => c.is_ascii_alphanumeric() || c == '-',
    };
    // A bare number is not an object identifier.
    first.is_ascii_alphanumeric() && text.chars().all(fits) && (first.is_ascii_alphabetic() || text.contains('.'))
}

/// Whether the server makes the attribute itself: returned for `+` or by name only (RFC 4512, section 3.4).
pub fn is_operational(kind: &str) -> bool {
    const NAMES: &str = "entryuuid entrydn memberof latchkeydemopasswordexpired namingcontexts supportedcontrol \
        supportedextension supportedldapversion vendorname structuralobjectclass";
    kind.starts_with("pwd") || NAMES.split(' ').any(|name| name == kind)
}

/// Whether the type is known although no entry may carry it: then a filter on it is false, not undefined.
pub fn is_standard(kind: &str) -> bool {
    const NAMES: &str = "objectclass cn sn givenname displayname uid mail dc ou o c l st title description member \
        uniquemember memberuid owner seealso manager businesscategory employeetype employeenumber \
        preferredlanguage telephonenumber mobile initials street postalcode postaladdress roomnumber \
        departmentnumber uidnumber gidnumber homedirectory loginshell serialnumber labeleduri \
        edupersonaffiliation edupersonentitlement educoursemember edupersonprincipalname edupersonprimaryaffiliation";
    NAMES.split(' ').any(|name| name == kind) || is_operational(kind)
}

/// Whether the type has an ordering rule: numbers and times do, names of people do not (RFC 4519), and neither
/// does a real server let them be searched by `>=`.
pub fn is_ordered(kind: &str) -> bool {
    matches!(kind, "uidnumber" | "gidnumber" | "pwdaccountlockedtime" | "entryuuid")
}

/// The object class whose entries may carry a membership attribute.
pub fn class_allowing(kind: &str) -> Option<&'static str> {
    match kind {
        "member" => Some("groupOfNames"),
        "uniquemember" => Some("groupOfUniqueNames"),
        "memberuid" => Some("posixGroup"),
        "edupersonentitlement" => Some("eduPerson"),
        _ => None,
    }
}

/// The object class whose entries must keep at least one value of the attribute (RFC 4519, sections 3.5, 3.6).
pub fn class_requiring(kind: &str) -> Option<&'static str> {
    class_allowing(kind).filter(|_| matches!(kind, "member" | "uniquemember"))
}

/// String preparation for `caseIgnoreMatch` (RFC 4518): compatibility-composed, in lower case, blanks folded.
pub fn fold(value: &str) -> String {
    // Character by character, so that the form of a letter does not depend on its neighbours (final sigma).
    let lower: String = value.nfkc().flat_map(char::to_lowercase).collect();
    fold_blanks(&lower.nfkc().collect::<String>())
}

/// Insignificant blanks (RFC 4518, section 2.6.1): none at the ends, one between words.
fn fold_blanks(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A piece of a substrings assertion: folded like a value, but a blank at an inner edge counts.
pub fn fold_piece(rule: Rule, piece: &str) -> Option<String> {
    let edge = |blank: bool| if blank { " " } else { "" };
    let inner = match rule {
        Rule::Name => return None,
        Rule::IgnoreCase => fold(piece),
        Rule::ExactCase => fold_blanks(&piece.nfkc().collect::<String>()),
    };
    if piece.contains(UNREADABLE) {
        return None;
    }
    if inner.is_empty() {
        return Some(edge(!piece.is_empty()).to_owned());
    }
    Some(format!("{}{inner}{}", edge(piece.starts_with(' ')), edge(piece.ends_with(' '))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_lose_case_options_and_aliases() {
        assert_eq!(type_name("CommonName;lang-de"), "cn");
        assert_eq!(type_name("2.5.4.31"), "member");
        assert_eq!(type_name("eduPersonEntitlement"), "edupersonentitlement");
    }

    #[test]
    fn usernames_of_posix_groups_and_entitlements_keep_their_case() {
        assert_ne!(Rule::of("memberuid").normalise("Anna"), Rule::of("memberuid").normalise("anna"));
        assert_ne!(
            Rule::of("edupersonentitlement").normalise("urn:A"),
            Rule::of("edupersonentitlement").normalise("urn:a")
        );
        assert_eq!(Rule::of("uid").normalise("Anna"), Rule::of("uid").normalise("anna"));
    }

    #[test]
    fn blanks_and_unicode_spelling_do_not_matter() {
        assert_eq!(fold("  Anna   MU\u{308}LLER "), "anna m\u{fc}ller");
        assert_eq!(Rule::IgnoreCase.normalise("   "), None);
    }

    #[test]
    fn names_must_be_names() {
        assert_eq!(Rule::Name.normalise("not a name"), None);
        assert_eq!(Rule::Name.normalise("CN = x").as_deref(), Some("cn=x"));
    }

    #[test]
    fn a_piece_keeps_the_blank_at_its_edge() {
        assert_eq!(fold_piece(Rule::IgnoreCase, "Anna  ").as_deref(), Some("anna "));
        assert_eq!(fold_piece(Rule::Name, "uid=a"), None);
    }

    #[test]
    fn type_names_are_words_or_identifiers() {
        for good in ["cn", "x-y1", "2.5.4.3"] {
            assert!(is_type_name(good), "{good}");
        }
        for bad in ["", "1", "1a", "c n", "cn_x", "ü"] {
            assert!(!is_type_name(bad), "{bad}");
        }
    }
}
