//! The people of the test directory: one for each thing that can be awkward about an account.

/// The base of the test directory.
pub const BASE: &str = "dc=uni,dc=example";

/// The password of everybody below `ou=people`.
pub const PASSWORD: &str = "Grüße-42";

/// The one value of `eduPersonEntitlement` that the portal may set.
pub const ENTITLEMENT: &str = "urn:mace:uni.example:service:rocketchat";

/// Groups below `ou=services`; each holds what its object class demands and nobody else.
pub const GROUP: &str = "cn=rocketchat,ou=services,ou=groups,dc=uni,dc=example";
pub const UNIQUE_GROUP: &str = "cn=rocketchat-unique,ou=services,ou=groups,dc=uni,dc=example";
pub const POSIX_GROUP: &str = "cn=rocketchat-posix,ou=services,ou=groups,dc=uni,dc=example";
/// A group that is not a service's, with [`AUDITOR`] in it.
pub const IT_STAFF: &str = "cn=it-staff,ou=groups,dc=uni,dc=example";
/// A group that is not a service's, with [`EDITOR`] in it.
pub const EDITORS: &str = "cn=terms-editors,ou=groups,dc=uni,dc=example";
/// The member that no portal may remove.
pub const PLACEHOLDER: &str = "cn=placeholder,ou=system,dc=uni,dc=example";

/// Somebody in the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    pub uid: &'static str,
    /// The first part of the DN as it is written to the directory (RFC 4514).
    pub rdn: &'static str,
    pub name: &'static str,
    pub surname: &'static str,
    pub mail: Option<&'static str>,
    pub affiliation: &'static str,
    /// Operational attributes, as lines of LDIF.
    pub policy: &'static str,
}

impl Person {
    pub fn dn(&self) -> String {
        format!("{},ou=people,{BASE}", self.rdn)
    }
}

const STUDENT: Person = Person {
    uid: "mweber",
    rdn: "uid=mweber",
    name: "Maria Weber",
    surname: "Weber",
    mail: Some("maria.weber@uni.example"),
    affiliation: "student",
    policy: "",
};

/// Nothing is special about her.
pub const MARIA: Person = STUDENT;
pub const UMLAUT: Person = Person {
    uid: "jgroessmann",
    rdn: "cn=Jürgen Größmann",
    name: "Jürgen Größmann",
    surname: "Größmann",
    mail: Some("juergen.groessmann@uni.example"),
    ..STUDENT
};
pub const COMMA: Person = Person {
    uid: "aschmidt",
    rdn: r"cn=Schmidt\, Anna",
    name: "Schmidt, Anna",
    surname: "Schmidt",
    mail: Some("anna.schmidt@uni.example"),
    ..STUDENT
};
pub const PLUS: Person = Person {
    uid: "cplus",
    rdn: r"cn=C\+\+ Tutor",
    name: "C++ Tutor",
    surname: "Tutor",
    mail: Some("c@uni.example"),
    ..STUDENT
};
/// A DN whose first part has two attributes.
pub const TWO_PARTS: Person = Person {
    uid: "klee",
    rdn: "cn=Kim Lee+uid=klee",
    name: "Kim Lee",
    surname: "Lee",
    mail: Some("kim@uni.example"),
    ..STUDENT
};
pub const PARENTHESES: Person = Person {
    uid: "otto",
    rdn: "cn=Otto (Physik)",
    name: "Otto (Physik)",
    surname: "Otto",
    mail: Some("otto@uni.example"),
    ..STUDENT
};
/// Locked by an administrator until further notice.
pub const LOCKED: Person = Person {
    uid: "locked",
    rdn: "uid=locked",
    name: "Lena Locked",
    surname: "Locked",
    mail: Some("locked@uni.example"),
    policy: "pwdAccountLockedTime: 000001010000Z\n",
    ..STUDENT
};
/// Can bind, but must change the password before anything else.
pub const MUST_CHANGE: Person = Person {
    uid: "newcomer",
    rdn: "uid=newcomer",
    name: "Nora Newcomer",
    surname: "Newcomer",
    mail: Some("newcomer@uni.example"),
    policy: "pwdReset: TRUE\n",
    ..STUDENT
};
/// The password ran out long ago.
pub const EXPIRED: Person = Person {
    uid: "expired",
    rdn: "uid=expired",
    name: "Erik Expired",
    surname: "Expired",
    mail: Some("expired@uni.example"),
    policy: "pwdChangedTime: 20200101000000Z\npwdPolicySubentry: cn=expiring,ou=policies,dc=uni,dc=example\n",
    ..STUDENT
};
pub const NO_MAIL: Person =
    Person { uid: "nomail", rdn: "uid=nomail", name: "Nils Nomail", surname: "Nomail", mail: None, ..STUDENT };
pub const TWIN: Person = Person {
    uid: "twin1",
    rdn: "uid=twin1",
    name: "Tim Twin",
    surname: "Twin",
    mail: Some("twins@uni.example"),
    ..STUDENT
};
/// Has the same mail address as [`TWIN`].
pub const OTHER_TWIN: Person = Person { uid: "twin2", rdn: "uid=twin2", name: "Tom Twin", ..TWIN };
pub const LECTURER: Person = Person {
    uid: "lecturer",
    rdn: "uid=lecturer",
    name: "Dr. Lisa Lang",
    surname: "Lang",
    mail: Some("lisa.lang@uni.example"),
    affiliation: "faculty",
    ..STUDENT
};
/// Member of [`IT_STAFF`].
pub const AUDITOR: Person = Person {
    uid: "auditor",
    rdn: "uid=auditor",
    name: "Ali Auditor",
    surname: "Auditor",
    mail: Some("auditor@uni.example"),
    affiliation: "staff",
    ..STUDENT
};
/// Member of [`EDITORS`].
pub const EDITOR: Person = Person {
    uid: "editor",
    rdn: "uid=editor",
    name: "Eva Editor",
    surname: "Editor",
    mail: Some("editor@uni.example"),
    affiliation: "staff",
    ..STUDENT
};
/// Neither student nor staff.
pub const GUEST: Person = Person {
    uid: "guest",
    rdn: "uid=guest",
    name: "Gabi Guest",
    surname: "Guest",
    mail: Some("guest@elsewhere.example"),
    affiliation: "affiliate",
    ..STUDENT
};

/// Everybody.
pub const ALL: [Person; 16] = [
    MARIA,
    UMLAUT,
    COMMA,
    PLUS,
    TWO_PARTS,
    PARENTHESES,
    LOCKED,
    MUST_CHANGE,
    EXPIRED,
    NO_MAIL,
    TWIN,
    OTHER_TWIN,
    LECTURER,
    AUDITOR,
    EDITOR,
    GUEST,
];
