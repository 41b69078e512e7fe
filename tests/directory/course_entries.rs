//! The courses of the test directory, one for each way to keep them, with the people who are in them.

use std::fmt::Write as _;

use crate::{
    server::PEOPLE_BASE,
    support::people::{BASE, COMMA, GUEST, LECTURER, MARIA, PARENTHESES, PLACEHOLDER, PLUS, TWIN, TWO_PARTS, UMLAUT},
};

pub const COURSES: &str = "ou=courses,ou=groups,dc=uni,dc=example";
/// Where the portal may write, so that memberOf follows on both servers.
pub const ROLES: &str = "ou=services,ou=groups,dc=uni,dc=example";

type Attributes = Vec<(&'static str, &'static str)>;

/// DN and attributes, as both directories are loaded with them.
pub fn all() -> Vec<(String, Attributes)> {
    let of_names = |value: String| -> &'static str { value.leak() };
    let group = |class, cn: &'static str, more: &[(&'static str, &'static str)]| {
        let attributes = [&[("objectClass", class), ("cn", cn)], more].concat();
        (format!("cn={cn},{COURSES}"), attributes)
    };
    let [maria, umlaut, comma, plus, two_parts, parentheses, lecturer, guest, twin] =
        [MARIA, UMLAUT, COMMA, PLUS, TWO_PARTS, PARENTHESES, LECTURER, GUEST, TWIN].map(|p| of_names(p.dn()));
    let gone = of_names(format!("uid=gone,{PEOPLE_BASE}"));
    let role = |cn: &'static str| {
        let attributes = vec![("objectClass", "groupOfNames"), ("cn", cn), ("member", PLACEHOLDER)];
        (format!("cn={cn},{ROLES}"), attributes)
    };
    vec![
        (COURSES.to_owned(), vec![("objectClass", "organizationalUnit"), ("ou", "courses")]),
        group(
            "groupOfNames",
            "stat1",
            &[
                ("description", "040101 Statistik I"),
                ("businessCategory", "WS 2026/27"),
                ("ou", "040101"),
                ("owner", lecturer),
                ("owner", guest),
                ("member", maria),
                ("member", umlaut),
                ("member", comma),
                ("member", plus),
                ("member", two_parts),
                ("member", parentheses),
                ("member", gone),
                ("member", PLACEHOLDER),
            ],
        ),
        group("groupOfNames", "others", &[("description", "Anderes"), ("owner", guest), ("member", twin)]),
        group(
            "groupOfUniqueNames",
            "unique",
            &[
                ("description", "Römisches Recht"),
                ("owner", lecturer),
                ("uniqueMember", maria),
                ("uniqueMember", comma),
            ],
        ),
        group(
            "posixGroup",
            "algo-lecturers",
            &[("gidNumber", "1"), ("description", "Algorithmen"), ("memberUid", "lecturer")],
        ),
        group(
            "posixGroup",
            "algo-students",
            &[("gidNumber", "2"), ("memberUid", "klee"), ("memberUid", "otto"), ("memberUid", "gone")],
        ),
        group("posixGroup", "ki-lecturers", &[("gidNumber", "3"), ("memberUid", "guest")]),
        role("chem-lecturers"),
        role("chem-students"),
        edu_person("eteacher", "Instructor@urn:mace:uni.example:2026W:040107"),
        edu_person("elearner1", "Learner@urn:mace:uni.example:2026W:040107"),
        edu_person("elearner2", "Learner@urn:mace:uni.example:2026W:040107"),
        edu_person("elearner3", "Learner@urn:mace:uni.example:2026S:040107"),
    ]
}

fn edu_person(uid: &'static str, course: &'static str) -> (String, Attributes) {
    let attributes = vec![
        ("objectClass", "inetOrgPerson"),
        ("objectClass", "person"),
        ("objectClass", "eduCourse"),
        ("uid", uid),
        ("cn", uid),
        ("sn", uid),
        ("preferredLanguage", "en, de;q=0.5"),
        ("employeeNumber", "01234567"),
        ("eduCourseMember", course),
    ];
    (format!("uid={uid},ou=people,{BASE}"), attributes)
}

/// The same as LDIF (RFC 2849); every value is written so that none needs base 64.
pub fn ldif() -> String {
    let mut text = String::new();
    for (dn, attributes) in all() {
        let _ = writeln!(text, "dn: {dn}");
        for (name, value) in attributes {
            let _ = writeln!(text, "{name}: {value}");
        }
        text.push('\n');
    }
    text
}
