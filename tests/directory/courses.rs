//! Courses: whose they are, who is in them, and who of these has a service; alike on both servers.

use std::{collections::BTreeSet, fmt::Write as _};

use latchkey::{
    directory::{
        Courses, Directory, Holder, OwnCourse,
        courses::settings::{By, Field, GroupPerRole, Groups, Kind, Reference, Settings, Source, Texts, Values},
    },
    domain::{
        catalogue::Grant,
        courses::{Participant, Term},
        locale::Locale,
    },
};
use regex::Regex;

use crate::{
    course_entries::{COURSES, ROLES},
    server::{PEOPLE_BASE, Server, found, grants, in_time, on_both},
    support::{
        openldap::{OpenLdap, Options},
        people::{COMMA, GUEST, LECTURER, MARIA, Person, UMLAUT},
    },
};

on_both!(
    groups_name_lecturers_and_students,
    a_group_per_role_is_told_by_its_name,
    course_memberships_stand_on_people_as_the_standard_says,
    the_groups_that_people_are_members_of_tell_their_courses,
    several_sources_stand_side_by_side,
    an_id_is_the_courses_own_and_cannot_be_made_up,
    nobody_elses_course_is_found,
    who_has_a_service_is_found_for_every_kind_of_grant,
);

fn field(attribute: &str, pattern: Option<&str>) -> Field {
    Field { attribute: attribute.into(), pattern: pattern.map(|text| Regex::new(text).expect("a pattern")) }
}

fn reference(attribute: &str, by: By) -> Reference {
    Reference { attribute: attribute.into(), by }
}

fn groups(class: &str, member: &str) -> Kind {
    Kind::Groups(Groups {
        base: COURSES.into(),
        filter: format!("(objectClass={class})"),
        lecturer: reference("owner", By::Dn),
        student: reference(member, By::Dn),
        texts: Texts {
            title: field("description", Some(r"^(?:\d+ )?(.*)$")),
            term: Some(field("businessCategory", None)),
            number: Some(field("description", Some(r"^(\d+)"))),
        },
    })
}

fn per_role() -> Kind {
    Kind::GroupPerRole(GroupPerRole {
        base: COURSES.into(),
        filter: "(objectClass=posixGroup)".into(),
        name: "cn".into(),
        lecturers: Regex::new("^(?<course>.+)-lecturers$").expect("a pattern"),
        students: "{course}-students".into(),
        member: reference("memberUid", By::Username),
        texts: Texts { title: field("description", None), term: None, number: None },
    })
}

fn edu_course_member() -> Kind {
    Kind::Values(Values {
        attribute: "eduCourseMember".into(),
        lecturers: Regex::new("^Instructor@(?<course>.*:(?<term>[^:]+):(?<number>[^:]+))$").expect("a pattern"),
        students: "Learner@{course}".into(),
    })
}

fn member_of() -> Kind {
    Kind::Values(Values {
        attribute: "memberOf".into(),
        lecturers: Regex::new("(?i)^cn=(?<course>(?<title>[^,]+))-lecturers,").expect("a pattern"),
        students: format!("cn={{course}}-students,{ROLES}"),
    })
}

fn courses(server: &Server, kinds: Vec<Kind>) -> Courses {
    with_sources(server.directory(), kinds)
}

fn with_sources(directory: Directory, kinds: Vec<Kind>) -> Courses {
    let named = |(place, kind)| Source { name: format!("source{place}"), kind };
    let settings = Settings {
        sources: kinds.into_iter().enumerate().map(named).collect(),
        dn_attribute: "entryDN".into(),
        language_attribute: "preferredLanguage".into(),
        surname_attribute: "sn".into(),
        matriculation_attribute: Some("employeeNumber".into()),
    };
    Courses::new(directory, settings, b"key")
}

async fn own(server: &Server, courses: &Courses, lecturer: &str) -> Vec<OwnCourse> {
    let person = server.directory().find(lecturer).await.expect("an answer").expect(lecturer);
    courses.of(&person).await.expect("an answer")
}

async fn the_only(server: &Server, courses: &Courses, lecturer: &str) -> OwnCourse {
    let mut own = own(server, courses, lecturer).await;
    assert_eq!(own.len(), 1, "{own:?}");
    own.remove(0)
}

fn usernames(people: &[Participant]) -> BTreeSet<&str> {
    people.iter().map(|person| person.username.as_str()).collect()
}

async fn groups_name_lecturers_and_students(server: Server) {
    let by_name = courses(&server, vec![groups("groupOfNames", "member")]);
    let course = the_only(&server, &by_name, LECTURER.uid).await;
    assert_eq!((course.course.title.as_str(), course.course.number.as_deref()), ("Statistik I", Some("040101")));
    assert_eq!(course.course.parsed_term(), Term::parse("2026W"));
    let people = by_name.participants(&course).await.expect("people");
    let expected = ["mweber", "jgroessmann", "aschmidt", "cplus", "klee", "otto"];
    assert_eq!(usernames(&people), BTreeSet::from(expected), "whatever their DNs look like, and nobody who is gone");
    let maria = people.iter().find(|person| person.username == MARIA.uid).expect("Maria");
    let account = found(&server.directory(), &MARIA).await;
    assert_eq!((&maria.key, &maria.dn, &maria.mail), (&account.key, &account.dn, &account.mail));

    let by_unique_name = courses(&server, vec![groups("groupOfUniqueNames", "uniqueMember")]);
    let course = the_only(&server, &by_unique_name, LECTURER.uid).await;
    assert_eq!((course.course.title.as_str(), &course.course.term), ("Römisches Recht", &None));
    let people = by_unique_name.participants(&course).await.expect("people");
    assert_eq!(usernames(&people), BTreeSet::from(["mweber", "aschmidt"]));
}

async fn a_group_per_role_is_told_by_its_name(server: Server) {
    let courses = courses(&server, vec![per_role()]);
    let course = the_only(&server, &courses, LECTURER.uid).await;
    assert_eq!(course.course.title, "Algorithmen");
    let people = courses.participants(&course).await.expect("people");
    assert_eq!(usernames(&people), BTreeSet::from(["klee", "otto"]));
    assert!(own(&server, &courses, "klee").await.is_empty(), "a student of the course is not its lecturer");
    let empty = the_only(&server, &courses, GUEST.uid).await;
    assert!(courses.participants(&empty).await.expect("an answer").is_empty(), "there is no group of students");
}

async fn course_memberships_stand_on_people_as_the_standard_says(server: Server) {
    let courses = courses(&server, vec![edu_course_member()]);
    let course = the_only(&server, &courses, "eteacher").await;
    assert_eq!((course.course.term.as_deref(), course.course.number.as_deref()), (Some("2026W"), Some("040107")));
    let people = courses.participants(&course).await.expect("people");
    assert_eq!(usernames(&people), BTreeSet::from(["elearner1", "elearner2"]));
    assert_eq!(people[0].matriculation.as_deref(), Some("01234567"));
    assert_eq!(people[0].language, Some(Locale::En));
    assert!(own(&server, &courses, "elearner1").await.is_empty());
}

async fn the_groups_that_people_are_members_of_tell_their_courses(server: Server) {
    let directory = server.directory();
    for (role, person) in [("lecturers", LECTURER), ("students", MARIA), ("students", COMMA)] {
        let group = format!("cn=chem-{role},{ROLES}");
        let grant = Grant::GroupOfDns { group, attribute: "member".into() };
        directory
            .set(&grant, &Holder::from(&found(&directory, &person).await), true, in_time())
            .await
            .expect("a member");
    }
    let courses = courses(&server, vec![member_of()]);
    let course = the_only(&server, &courses, LECTURER.uid).await;
    assert_eq!(course.course.title, "chem");
    let people = courses.participants(&course).await.expect("people");
    assert_eq!(usernames(&people), BTreeSet::from(["mweber", "aschmidt"]));
    assert!(own(&server, &courses, MARIA.uid).await.is_empty());
}

async fn several_sources_stand_side_by_side(server: Server) {
    let kinds = vec![groups("groupOfNames", "member"), groups("groupOfUniqueNames", "uniqueMember"), per_role()];
    let courses = courses(&server, kinds);
    let own = own(&server, &courses, LECTURER.uid).await;
    let titles: Vec<&str> = own.iter().map(|own| own.course.title.as_str()).collect();
    assert_eq!(titles, ["Statistik I", "Römisches Recht", "Algorithmen"]);
    let sources: BTreeSet<&str> = own.iter().map(|own| own.course.source.as_str()).collect();
    assert_eq!(sources, BTreeSet::from(["source0", "source1", "source2"]));
}

async fn an_id_is_the_courses_own_and_cannot_be_made_up(server: Server) {
    let courses = courses(&server, vec![groups("groupOfNames", "member")]);
    let (lecturer, guest) = (found(&server.directory(), &LECTURER).await, found(&server.directory(), &GUEST).await);
    let id = courses.of(&lecturer).await.expect("courses")[0].course.id.clone();
    let of_guest = courses.of(&guest).await.expect("courses");
    assert_eq!(of_guest.len(), 2);
    assert!(of_guest.iter().any(|own| own.course.id == id), "the course is the same for both of its lecturers");
    let elsewhere = Courses::new(server.directory(), Settings::default(), b"other");
    assert!(!elsewhere.has_sources() && elsewhere.of(&lecturer).await.expect("none").is_empty());
}

async fn nobody_elses_course_is_found(server: Server) {
    let courses = courses(&server, vec![groups("groupOfNames", "member")]);
    let guest = found(&server.directory(), &GUEST).await;
    let lecturer = found(&server.directory(), &LECTURER).await;
    for own in courses.of(&guest).await.expect("courses") {
        let is_shared = own.course.title == "Statistik I";
        let seen = courses.one_of(&lecturer, &own.course.id).await.expect("an answer");
        assert_eq!(seen.is_some(), is_shared, "{}", own.course.title);
    }
    let maria = found(&server.directory(), &MARIA).await;
    assert!(courses.of(&maria).await.expect("an answer").is_empty(), "a student owns nothing");
}

async fn who_has_a_service_is_found_for_every_kind_of_grant(server: Server) {
    let (directory, courses) = (server.directory(), courses(&server, vec![groups("groupOfNames", "member")]));
    let course = the_only(&server, &courses, LECTURER.uid).await;
    let people = courses.participants(&course).await.expect("people");
    let everybody: Vec<&Participant> = people.iter().collect();
    for grant in grants() {
        assert_eq!(courses.holders(&grant, &[]).await.expect("an answer"), BTreeSet::new());
        let mut expected = courses.holders(&grant, &everybody).await.expect("an answer");
        for person in [COMMA, UMLAUT] {
            let holder = found(&directory, &person).await;
            directory.set(&grant, &Holder::from(&holder), true, in_time()).await.expect("set");
            expected.insert(holder.key);
            assert_eq!(courses.holders(&grant, &everybody).await.expect("an answer"), expected, "{grant:?}");
        }
        for person in &people {
            let holder = Holder { dn: person.dn.clone(), username: person.username.clone() };
            directory.set(&grant, &holder, true, in_time()).await.expect("set");
        }
        assert_eq!(courses.holders(&grant, &everybody).await.expect("an answer").len(), people.len());
    }
}

/// As the server's log counts them; it cuts long lines off, together with their ends.
fn questions(log: &str) -> usize {
    log.matches(" SRCH base=").count()
}

#[tokio::test]
async fn a_class_of_a_thousand_is_read_in_a_few_questions() {
    const SIZE: usize = 1000;
    let mut ldif = format!(
        "dn: {COURSES}\nobjectClass: organizationalUnit\nou: courses\n\ndn: cn=large,{COURSES}\n\
         objectClass: groupOfNames\ncn: large\ndescription: Large\nowner: {}\n",
        Person::dn(&LECTURER)
    );
    for number in 1..=SIZE {
        let _ = writeln!(ldif, "member: uid=student{number:05},{PEOPLE_BASE}");
    }
    let options = Options { students: SIZE, ldif, ..Options::default() };
    let openldap = tokio::task::spawn_blocking(move || OpenLdap::start(&options)).await.expect("OpenLDAP");
    let mut settings = Server::settings_for(&openldap.ldaps_url);
    settings.ca_file = Some(openldap.ca_pem.clone());
    let directory = Directory::new(settings).expect("a directory");
    let courses = with_sources(directory.clone(), vec![groups("groupOfNames", "member")]);
    let lecturer = found(&directory, &LECTURER).await;
    let start = openldap.log_length();
    let course = courses.of(&lecturer).await.expect("courses").remove(0);
    let people = courses.participants(&course).await.expect("people");
    assert_eq!(people.len(), SIZE);
    let asked = questions(&openldap.log_since(start));
    assert_eq!(asked, 1 + 2 + SIZE / 100 + 1, "own courses, the group and its owners, its people and lecturers");
    let everybody: Vec<&Participant> = people.iter().collect();
    let start = openldap.log_length();
    assert!(courses.holders(&grants()[0], &everybody).await.expect("an answer").is_empty());
    assert_eq!(questions(&openldap.log_since(start)), 2 * SIZE / 100, "any of a hundred, all of a hundred");
}
