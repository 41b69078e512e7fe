//! The sample university: people, courses and groups that look like the real thing, the same at every start.
//!
//! Courses are `groupOfNames` with the title as `description`, the term as `businessCategory`, the number as `ou`,
//! lecturers as `owner` and students as `member`: only attributes that the standard object class allows.

use std::collections::HashSet;

use super::directory::{Access, Entry};
use crate::domain::locale::Text;

pub const BASE: &str = "dc=demo,dc=example";
pub const PEOPLE: &str = "ou=people,dc=demo,dc=example";
pub const GROUPS: &str = "ou=groups,dc=demo,dc=example";
pub const COURSES: &str = "ou=courses,ou=groups,dc=demo,dc=example";
pub const SERVICES: &str = "ou=services,ou=groups,dc=demo,dc=example";
pub const ROLES: &str = "ou=roles,ou=groups,dc=demo,dc=example";

/// The account with which the portal works.
pub const PORTAL_DN: &str = "cn=latchkey,ou=system,dc=demo,dc=example";
/// The account with which the chat server looks people up.
pub const CHAT_DN: &str = "cn=rocketchat,ou=system,dc=demo,dc=example";
/// Keeps service groups from being empty, which `groupOfNames` does not allow.
pub const PLACEHOLDER_DN: &str = "cn=placeholder,ou=system,dc=demo,dc=example";
/// Everybody's password, also of the system accounts.
pub const PASSWORD: &str = "latchkey";

const STUDENTS: usize = 320;

const FIRST: &str = "Lena,Jonas,Käthe,Mehmet,Sophie,Björn,Thị Lan,Paul,Zoë,Jörg,Marie,Emre,Änne,Felix,René,Clara,Minh,Greta,\
    Sören,Ayşe,Till,Hannah,Günther,Amélie,Moritz,Elif,Anne-Sophie,Jürgen,Mia,Karl-Heinz,Ida,Łukasz,Frieda,\
    Théo,Nora,Ömer,Johanna,Vincent,Rosa,Hans-Peter,Élodie,Matteo,Şeyma,Ludwig,Pia,Quang";

const LAST: &str = "Schäfer,Becker,Yılmaz,Groß,Nguyễn,Koch,von der Heide,Dubois,Köhler,Richter,Müller-Lüdenscheidt,Krüger,\
    Özdemir,Weiß,Hoffmann,Trần,Böhm,Lefèvre,Straßer,Vogel,Schröder,van den Berg,Jäger,Kaya,Zimmermann,Phạm,\
    Größmann,Fuchs,Schulze-Osterloh,Lang,Moreau,Keller,Şahin,Günther,Busch,Lê,Kühn,zu Reventlow,Winkler,\
    Çelik,Möller,Beaumont,Haas,Demir,Förster,Sauer,Wöhrl";

/// Code, number, title, lecturers (places in the list of lecturers), first student, number of students.
type Course = (&'static str, &'static str, &'static str, &'static [usize], usize, usize);

const COURSE_LIST: [Course; 8] = [
    ("stat1-2026w", "040101", "Statistik I", &[0], 0, 64),
    ("emp-2026w", "040107", "Empirische Sozialforschung", &[0], 40, 36),
    ("algo-2026w", "051024", "Algorithmen & Datenstrukturen", &[1, 2], 70, 90),
    ("analysis-2026w", "025003", "Analysis für Lehramt", &[3], 110, 48),
    ("roemrecht-2026w", "030210", "Römisches Recht", &[4], 150, 55),
    ("uebers-2026w", "340018", "Übersetzungswissenschaft: Grundlagen", &[5, 6], 190, 30),
    ("orgchem-2026w", "270045", "Organische Chemie (Praktikum)", &[7], 215, 24),
    ("ki-2026w", "053601", "Künstliche Intelligenz", &[8, 1], 230, 80),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Student,
    Lecturer,
    Technician,
}

struct Person {
    kind: Kind,
    uid: String,
    dn: String,
    given: String,
    family: String,
    title: Option<&'static str>,
    mail: Option<String>,
    language: Option<&'static str>,
    mark: Option<(&'static str, &'static str)>,
}

/// The access rules of the sample university.
pub fn access() -> Access {
    Access {
        portal: PORTAL_DN.to_owned(),
        chat: CHAT_DN.to_owned(),
        people: PEOPLE.to_owned(),
        groups: GROUPS.to_owned(),
        service_groups: SERVICES.to_owned(),
        entitlement_prefix: "urn:".to_owned(),
    }
}

/// Usernames worth trying, and who they are. The password is [`PASSWORD`].
pub fn accounts_to_try() -> Vec<(&'static str, Text)> {
    let accounts = [
        ("amueller", "Anna Müller, Studentin in „Statistik I“", "Anna Müller, a student in “Statistik I”"),
        ("bschmidt", "PD Dr. Bernd Schmidt, lehrt zwei Kurse", "PD Dr. Bernd Schmidt, a lecturer with two courses"),
        ("cweber", "Claudia Weber, IT-Personal", "Claudia Weber, IT staff"),
        (
            "jweiss",
            "Jürgen Weiß, mit einem Komma im Verzeichnisnamen",
            "Jürgen Weiß, with a comma in the directory name",
        ),
        ("okeine", "Olivia Keine, ohne Mailadresse", "Olivia Keine, without a mail address"),
        ("dlocked", "Dora Gesperrt, deren Konto gesperrt ist", "Dora Gesperrt, whose account is locked"),
        ("ereset", "Emil Zurückgesetzt, muss das Passwort ändern", "Emil Zurückgesetzt, must change the password"),
        ("fexpired", "Fritz Abgelaufen, mit abgelaufenem Passwort", "Fritz Abgelaufen, with an expired password"),
    ];
    accounts.map(|(username, de, en)| (username, Text::new(de, en))).to_vec()
}

/// All entries, parents before children.
pub fn entries() -> Vec<Entry> {
    let people = People::new().list;
    let mut entries = branches();
    entries.extend(system_accounts());
    entries.extend(people.iter().map(Person::entry));
    entries.extend(courses(&people));
    entries.extend(services());
    entries.extend(roles(&people));
    entries
}

fn entry(dn: String, attributes: &[(&str, &[&str])]) -> Entry {
    let owned = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect();
    let attributes = attributes.iter().filter(|(_, values)| !values.is_empty());
    Entry { dn, attributes: attributes.map(|(name, values)| ((*name).to_owned(), owned(values))).collect() }
}

fn branches() -> Vec<Entry> {
    let root: &[(&str, &[&str])] =
        &[("objectClass", &["top", "dcObject", "organization"]), ("dc", &["demo"]), ("o", &["Universität Demo"])];
    let branch = |dn: &str| {
        let ou = dn.split([',', '=']).nth(1).unwrap_or_default();
        entry(dn.to_owned(), &[("objectClass", &["top", "organizationalUnit"]), ("ou", &[ou])])
    };
    let system = format!("ou=system,{BASE}");
    let mut all = vec![entry(BASE.to_owned(), root)];
    all.extend([&system, PEOPLE, GROUPS, COURSES, SERVICES, ROLES].map(branch));
    all
}

fn system_accounts() -> Vec<Entry> {
    let account = |dn: &str, cn: &str, description: &str| {
        let attributes: [(&str, &[&str]); 4] = [
            ("objectClass", &["top", "organizationalRole", "simpleSecurityObject"]),
            ("cn", &[cn]),
            ("description", &[description]),
            ("userPassword", &[PASSWORD]),
        ];
        entry(dn.to_owned(), &attributes)
    };
    let role: [(&str, &[&str]); 2] = [("objectClass", &["top", "organizationalRole"]), ("cn", &["placeholder"])];
    vec![
        account(PORTAL_DN, "latchkey", "Latchkey"),
        account(CHAT_DN, "rocketchat", "Rocket.Chat"),
        entry(PLACEHOLDER_DN.to_owned(), &role),
    ]
}

/// The people as they are thought up; usernames, mail addresses and display names are handed out once.
struct People {
    list: Vec<Person>,
    taken: HashSet<String>,
}

impl People {
    fn new() -> Self {
        let mut people = Self { list: Vec::new(), taken: HashSet::new() };
        people.known_students();
        people.staff();
        let (given, family): (Vec<&str>, Vec<&str>) = (FIRST.split(',').collect(), LAST.split(',').collect());
        let mut turn = 0;
        while people.count(Kind::Student) < STUDENTS {
            // 46 and 47 have no common factor: the pairs repeat only after 2,162 turns.
            people.add(Kind::Student, given[turn % given.len()], family[turn % family.len()], None);
            turn += 1;
        }
        people
    }

    fn count(&self, kind: Kind) -> usize {
        self.list.iter().filter(|person| person.kind == kind).count()
    }

    fn known_students(&mut self) {
        self.add(Kind::Student, "Anna", "Müller", None).language = Some("de");
        self.add(Kind::Student, "Lukas", "Schneider", None);
        self.add(Kind::Student, "Lukas", "Schneider", None);
        self.add(Kind::Student, "Olivia", "Keine", None).mail = None;
        let comma = self.add(Kind::Student, "Jürgen", "Weiß", None);
        comma.dn = format!(r"cn=Weiß\, Jürgen,{PEOPLE}");
        let marked = [
            ("dlocked", "Dora", "Gesperrt", ("pwdAccountLockedTime", "000001010000Z")),
            ("ereset", "Emil", "Zurückgesetzt", ("pwdReset", "TRUE")),
            ("fexpired", "Fritz", "Abgelaufen", ("latchkeyDemoPasswordExpired", "TRUE")),
        ];
        for (uid, given, family, mark) in marked {
            let person = self.add(Kind::Student, given, family, None);
            person.mark = Some(mark);
            uid.clone_into(&mut person.uid);
            person.dn = format!("uid={uid},{PEOPLE}");
        }
    }

    fn staff(&mut self) {
        let lecturers = [
            ("Bernd", "Schmidt", "PD Dr."),
            ("Ulrike", "Grünwald", "Prof. Dr."),
            ("Deniz", "Aydın", "Dr."),
            ("Franz", "Höß", "Prof. Dr."),
            ("Marie-Luise", "von Thun", "Prof. Dr. Dr. h. c."),
            ("Geneviève", "Laurent", "Dr."),
            ("Paweł", "Wójcik", "M. A."),
            ("Hans-Jörg", "Kästner", "Prof. Dr."),
            ("Thu Hương", "Đặng", "Prof. Dr."),
            ("Roland", "Süß", "Dr."),
            ("Birgit", "Oertel-Kranz", "PD Dr."),
            ("Jan", "de Vries", "Dr."),
        ];
        for (given, family, title) in lecturers {
            self.add(Kind::Lecturer, given, family, Some(title)).language = Some("de");
        }
        for (given, family) in [("Claudia", "Weber"), ("Timo", "Bäcker"), ("Sezen", "Arslan")] {
            self.add(Kind::Technician, given, family, None).language = Some("de");
        }
    }

    fn add(&mut self, kind: Kind, given: &str, family: &str, title: Option<&'static str>) -> &mut Person {
        let (given_ascii, family_ascii) = (ascii(given), ascii(family));
        let initial = given_ascii.get(..1).unwrap_or_default();
        let uid = self.free(|number| format!("{initial}{family_ascii}{number}"));
        let mail = self.free(|number| format!("{given_ascii}.{family_ascii}{number}@demo.example"));
        let languages = [None, Some("de"), None, Some("en"), Some("de"), None, None];
        let person = Person {
            kind,
            dn: format!("uid={uid},{PEOPLE}"),
            uid,
            given: given.to_owned(),
            family: family.to_owned(),
            title,
            mail: Some(mail),
            language: languages[self.list.len() % languages.len()],
            mark: None,
        };
        let at = self.list.len();
        self.list.push(person);
        &mut self.list[at]
    }

    /// The first of `name`, `name2`, `name3` … that nobody has.
    fn free(&mut self, name: impl Fn(&str) -> String) -> String {
        let numbers = std::iter::once(String::new()).chain((2..).map(|n: u32| n.to_string()));
        let free = numbers.map(|n| name(&n)).find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.insert(free.clone());
        free
    }
}

impl Person {
    fn entry(&self) -> Entry {
        let display = format!("{} {}", self.given, self.family);
        let by_name = format!("{}, {}", self.family, self.given);
        let cn = if self.dn.starts_with("cn=") { &by_name } else { &display };
        let (affiliations, employment): (&[&str], &str) = match self.kind {
            Kind::Student => (&["member", "student"], "student"),
            Kind::Lecturer => (&["member", "staff", "faculty"], "lecturer"),
            Kind::Technician => (&["member", "staff", "employee"], "staff"),
        };
        let mail = self.mail.as_deref();
        let one = |value: &str| vec![value.to_owned()];
        let classes = ["top", "person", "organizationalPerson", "inetOrgPerson", "eduPerson"];
        let mut attributes = vec![
            ("objectClass", classes.map(str::to_owned).to_vec()),
            ("uid", one(&self.uid)),
            ("cn", one(cn)),
            ("sn", one(&self.family)),
            ("givenName", one(&self.given)),
            ("displayName", one(&display)),
            ("eduPersonAffiliation", affiliations.iter().map(|v| (*v).to_owned()).collect()),
            ("employeeType", one(employment)),
            ("userPassword", one(PASSWORD)),
        ];
        let optional = [("mail", mail), ("title", self.title), ("preferredLanguage", self.language)];
        let optional = optional.into_iter().chain(self.mark.map(|(name, value)| (name, Some(value))));
        attributes.extend(optional.filter_map(|(name, value)| Some((name, one(value?)))));
        let attributes = attributes.into_iter().map(|(name, values)| (name.to_owned(), values)).collect();
        Entry { dn: self.dn.clone(), attributes }
    }
}

fn names(people: &[Person], kind: Kind) -> Vec<&str> {
    people.iter().filter(|person| person.kind == kind).map(|person| person.dn.as_str()).collect()
}

fn courses(people: &[Person]) -> Vec<Entry> {
    let (students, lecturers) = (names(people, Kind::Student), names(people, Kind::Lecturer));
    let course = |(code, number, title, owners, first, count): Course| {
        let owners: Vec<&str> = owners.iter().map(|at| lecturers[*at]).collect();
        let attributes: [(&str, &[&str]); 7] = [
            ("objectClass", &["top", "groupOfNames"]),
            ("cn", &[code]),
            ("description", &[title]),
            ("businessCategory", &["2026W"]),
            ("ou", &[number]),
            ("owner", &owners),
            ("member", &students[first..first + count]),
        ];
        entry(format!("cn={code},{COURSES}"), &attributes)
    };
    COURSE_LIST.into_iter().map(course).collect()
}

fn services() -> Vec<Entry> {
    let group = |cn: &str, class: &str, title: &str, (attribute, value): (&str, &str)| {
        let attributes: [(&str, &[&str]); 4] =
            [("objectClass", &["top", class]), ("cn", &[cn]), ("description", &[title]), (attribute, &[value])];
        entry(format!("cn={cn},{SERVICES}"), &attributes)
    };
    let member = ("member", PLACEHOLDER_DN);
    vec![
        group("rocketchat", "groupOfNames", "Rocket.Chat", member),
        group("cloud", "groupOfNames", "Cloud-Speicher", member),
        group("vpn", "groupOfNames", "VPN", member),
        group("printing", "groupOfNames", "Drucken", member),
        group("unique-demo", "groupOfUniqueNames", "groupOfUniqueNames", ("uniqueMember", PLACEHOLDER_DN)),
        group("posix-demo", "posixGroup", "posixGroup", ("gidNumber", "5000")),
    ]
}

fn roles(people: &[Person]) -> Vec<Entry> {
    let technicians = names(people, Kind::Technician);
    let role = |cn: &str, title: &str, members: &[&str]| {
        let attributes: [(&str, &[&str]); 4] =
            [("objectClass", &["top", "groupOfNames"]), ("cn", &[cn]), ("description", &[title]), ("member", members)];
        entry(format!("cn={cn},{ROLES}"), &attributes)
    };
    vec![
        role("it-audit", "IT-Personal: Einsicht in das Protokoll", &technicians),
        role("terms-editors", "Bearbeitung der Nutzungsbedingungen", &technicians[..2]),
    ]
}

/// A name in the letters of usernames and mail addresses.
fn ascii(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let mut out = String::new();
    for c in name.to_lowercase().chars() {
        match c {
            'ä' => out.push_str("ae"),
            'ö' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            'ı' => out.push('i'),
            'ł' => out.push('l'),
            'đ' => out.push('d'),
            _ => out.extend(c.nfd().filter(char::is_ascii_alphanumeric)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(entries: &'a [Entry], dn: &str, attribute: &str) -> &'a [String] {
        let entry = entries.iter().find(|entry| entry.dn == dn).unwrap();
        entry.attributes.iter().find(|(name, _)| name == attribute).map_or(&[], |(_, values)| values)
    }

    fn people_with<'a>(entries: &'a [Entry], attribute: &str, value: &str) -> Vec<&'a Entry> {
        let has = |entry: &&Entry| {
            let mut attributes = entry.attributes.iter();
            attributes.any(|(name, values)| name == attribute && values.iter().any(|v| v == value))
        };
        entries.iter().filter(|entry| entry.dn.ends_with(PEOPLE)).filter(has).collect()
    }

    #[test]
    fn it_is_the_same_every_time_and_large_enough() {
        let entries = entries();
        assert_eq!(entries, super::entries());
        assert_eq!(people_with(&entries, "eduPersonAffiliation", "student").len(), STUDENTS);
        assert_eq!(people_with(&entries, "eduPersonAffiliation", "faculty").len(), 12);
        assert_eq!(people_with(&entries, "eduPersonAffiliation", "employee").len(), 3);
    }

    #[test]
    fn usernames_and_mail_addresses_are_ascii_and_belong_to_one_person() {
        for attribute in ["uid", "mail"] {
            let mut seen = HashSet::new();
            for entry in entries().iter().filter(|entry| entry.dn.ends_with(PEOPLE)) {
                for (_, values) in entry.attributes.iter().filter(|(name, _)| name == attribute) {
                    assert!(values.iter().all(|v| v.is_ascii() && seen.insert(v.clone())), "{values:?}");
                }
            }
        }
    }

    #[test]
    fn the_people_of_the_demo_are_there() {
        let entries = entries();
        for (uid, _) in accounts_to_try() {
            assert_eq!(people_with(&entries, "uid", uid).len(), 1, "{uid}");
        }
        assert_eq!(people_with(&entries, "displayName", "Lukas Schneider").len(), 2);
        assert!(people_with(&entries, "uid", "okeine")[0].attributes.iter().all(|(name, _)| name != "mail"));
        let comma = format!(r"cn=Weiß\, Jürgen,{PEOPLE}");
        assert_eq!(of(&entries, &comma, "uid"), ["jweiss"]);
    }

    #[test]
    fn anna_is_in_one_of_the_two_courses_of_bernd() {
        let entries = entries();
        let owned: Vec<&Entry> = entries
            .iter()
            .filter(|entry| of(&entries, &entry.dn, "owner").contains(&format!("uid=bschmidt,{PEOPLE}")))
            .collect();
        assert_eq!(owned.len(), 2);
        let anna = format!("uid=amueller,{PEOPLE}");
        let hers = owned.iter().filter(|course| of(&entries, &course.dn, "member").contains(&anna));
        assert_eq!(hers.count(), 1);
        assert!(of(&entries, &format!("cn=it-audit,{ROLES}"), "member").contains(&format!("uid=cweber,{PEOPLE}")));
    }
}
