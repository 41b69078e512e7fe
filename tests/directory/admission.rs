//! The chat server's own check, repeated against real queries.

use latchkey::{
    clock::Clock,
    directory::{Directory, Holder},
    domain::{
        accounts::Person as Member,
        catalogue::{Admission, Grant, GroupFilter, NextSteps, Service, ServiceAccount, ServiceSlug},
        locale::Text,
        memberships::{Membership, ProofOf, Refusal, Verdict},
    },
};

use crate::{
    server::{CHAT_PASSWORD, Server, found, grants, in_time, on_both},
    support::{
        openldap::CHAT_DN,
        people::{
            BASE, COMMA, ENTITLEMENT, GROUP, GUEST, LECTURER, MARIA, NO_MAIL, PARENTHESES, PLUS, Person, TWIN,
            TWO_PARTS, UMLAUT,
        },
    },
};

on_both!(
    members_are_admitted_and_others_are_not,
    every_way_of_storing_membership_admits,
    a_dn_that_the_chat_server_does_not_escape_is_refused,
    member_of_in_the_user_filter_admits_a_comma,
    a_group_filter_without_a_format_admits_nobody,
    without_mail_a_default_domain_is_needed,
    the_search_must_find_exactly_this_person,
    each_step_is_told,
    another_spelling_of_the_dn_is_the_same_person,
    a_chat_account_that_is_refused_checks_nothing,
    a_service_without_a_check_only_looks_at_the_membership,
);

/// What the chat server asks when it looks at a group of DNs.
fn group_filter() -> GroupFilter {
    GroupFilter {
        object_class: "groupOfNames".into(),
        id_attribute: "cn".into(),
        group_name: "rocketchat".into(),
        member_attribute: "member".into(),
        member_format: "#{userdn}".into(),
    }
}

fn service(grant: Grant, change: impl FnOnce(&mut Admission)) -> Service {
    let mut admission = Admission {
        base: BASE.into(),
        user_filter: "(objectclass=*)".into(),
        user_fields: vec!["uid".into()],
        group_filter: Some(group_filter()),
        find_user_after_login: true,
        default_domain: None,
        account: Some(ServiceAccount { dn: CHAT_DN.into(), password: CHAT_PASSWORD.into() }),
    };
    change(&mut admission);
    Service {
        slug: ServiceSlug::parse("rocketchat").expect("a slug"),
        name: Text::new("Rocket.Chat", "Rocket.Chat"),
        description: Text::default(),
        purpose: Text::default(),
        data_protection: latchkey::domain::catalogue::DataProtection::default(),
        eligibility: None,
        grant,
        admission: Some(admission),
        next_steps: NextSteps::default(),
        visible_to_lecturers: false,
    }
}

/// The usual service: a group of DNs and the group filter.
pub fn usual() -> Service {
    let [grant, ..] = grants();
    service(grant, |_| {})
}

async fn verdict(directory: &Directory, service: &Service, member: &Member) -> (Membership, Verdict) {
    let (membership, proof) = directory.prove_admission(service, member, Clock::system().now()).await;
    (membership, proof.expect("a proof").verdict)
}

/// What is said of a person who has the grant.
async fn judged(directory: &Directory, service: &Service, person: &Person) -> Verdict {
    let member = found(directory, person).await;
    directory.set(&service.grant, &Holder::from(&member), true, in_time()).await.expect("set");
    let (membership, verdict) = verdict(directory, service, &member).await;
    assert_eq!(membership, Membership::Present);
    verdict
}

async fn members_are_admitted_and_others_are_not(server: Server) {
    let directory = server.directory();
    let service = usual();
    for person in [MARIA, UMLAUT, TWO_PARTS, TWIN, LECTURER, GUEST] {
        let member = found(&directory, &person).await;
        let outside = (Membership::Absent, Verdict::Refused(Refusal::NotInGroup));
        assert_eq!(verdict(&directory, &service, &member).await, outside, "{}", person.uid);
        assert_eq!(judged(&directory, &service, &person).await, Verdict::Admitted, "{}", person.uid);
        directory.set(&service.grant, &Holder::from(&member), false, in_time()).await.expect("taken away");
        assert_eq!(verdict(&directory, &service, &member).await, outside, "{}", person.uid);
    }
}

async fn every_way_of_storing_membership_admits(server: Server) {
    let directory = server.directory();
    let [member, unique, posix, entitlement] = grants();
    let services = [
        service(unique, |a| {
            a.group_filter = Some(GroupFilter {
                object_class: "groupOfUniqueNames".into(),
                group_name: "rocketchat-unique".into(),
                member_attribute: "uniqueMember".into(),
                ..group_filter()
            });
        }),
        service(posix, |a| {
            a.group_filter = Some(GroupFilter {
                object_class: "posixGroup".into(),
                group_name: "rocketchat-posix".into(),
                member_attribute: "memberUid".into(),
                member_format: "#{username}".into(),
                ..group_filter()
            });
        }),
        service(entitlement, |a| {
            a.group_filter = None;
            // Without parentheses, which the chat server adds.
            a.user_filter = format!("eduPersonEntitlement={ENTITLEMENT}");
        }),
        service(member.clone(), |a| {
            a.group_filter = None;
            a.user_filter = format!("(memberOf={GROUP})");
        }),
        service(member.clone(), |a| a.user_fields = vec!["uid".into(), "mail".into()]),
        service(member, |a| a.account = None),
    ];
    for service in services {
        for person in [MARIA, UMLAUT] {
            let member = found(&directory, &person).await;
            directory.set(&service.grant, &Holder::from(&member), false, in_time()).await.expect("taken away");
            let outside = (Membership::Absent, Verdict::Refused(Refusal::NotInGroup));
            assert_eq!(verdict(&directory, &service, &member).await, outside, "{:?}", service.grant);
            assert_eq!(judged(&directory, &service, &person).await, Verdict::Admitted, "{:?}", service.grant);
        }
    }
}

async fn a_dn_that_the_chat_server_does_not_escape_is_refused(server: Server) {
    let directory = server.directory();
    let service = usual();
    for person in [COMMA, PLUS, PARENTHESES] {
        let refused = Verdict::Refused(Refusal::UnescapedDn);
        assert_eq!(judged(&directory, &service, &person).await, refused, "{}", person.uid);
    }
}

async fn member_of_in_the_user_filter_admits_a_comma(server: Server) {
    let directory = server.directory();
    let [grant, ..] = grants();
    let by_filter = |find_user_after_login| {
        service(grant.clone(), |a| {
            a.group_filter = None;
            a.user_filter = format!("(memberOf={GROUP})");
            a.find_user_after_login = find_user_after_login;
        })
    };
    for person in [COMMA, PLUS] {
        assert_eq!(judged(&directory, &by_filter(false), &person).await, Verdict::Admitted, "{}", person.uid);
        let unreadable = Verdict::Refused(Refusal::OwnEntryUnreadable);
        assert_eq!(judged(&directory, &by_filter(true), &person).await, unreadable, "{}", person.uid);
    }
    assert_eq!(judged(&directory, &by_filter(true), &PARENTHESES).await, Verdict::Admitted);
}

async fn a_group_filter_without_a_format_admits_nobody(server: Server) {
    let directory = server.directory();
    let [grant, ..] = grants();
    let service =
        service(grant, |a| a.group_filter = Some(GroupFilter { member_format: String::new(), ..group_filter() }));
    assert_eq!(judged(&directory, &service, &MARIA).await, Verdict::Refused(Refusal::NotInGroup));
}

async fn without_mail_a_default_domain_is_needed(server: Server) {
    let directory = server.directory();
    let [grant, ..] = grants();
    assert_eq!(judged(&directory, &usual(), &NO_MAIL).await, Verdict::Refused(Refusal::NoMail));
    let with_domain = service(grant, |a| a.default_domain = Some("uni.example".into()));
    assert_eq!(judged(&directory, &with_domain, &NO_MAIL).await, Verdict::Admitted);
}

async fn the_search_must_find_exactly_this_person(server: Server) {
    // Members type their mail address, at the portal and at the chat server.
    let directory = server.directory_with(|s| s.people.username_attribute = "mail".into());
    let [grant, ..] = grants();
    let by_mail = service(grant.clone(), |a| a.user_fields = vec!["mail".into()]);
    assert_eq!(judged(&directory, &by_mail, &MARIA).await, Verdict::Admitted);
    assert_eq!(judged(&directory, &by_mail, &TWIN).await, Verdict::Refused(Refusal::Ambiguous));

    let directory = server.directory();
    let elsewhere = service(grant.clone(), |a| a.base = "ou=groups,dc=uni,dc=example".into());
    assert_eq!(judged(&directory, &elsewhere, &MARIA).await, Verdict::Refused(Refusal::NotFound));
    let nowhere = service(grant, |a| a.base = "ou=nowhere,dc=uni,dc=example".into());
    assert_eq!(judged(&directory, &nowhere, &MARIA).await, Verdict::Refused(Refusal::NotFound));
    let guest = found(&directory, &GUEST).await;
    directory.set(&usual().grant, &Holder::from(&guest), true, in_time()).await.expect("set");
    let somebody_else = Member { username: MARIA.uid.into(), ..guest };
    let refused = (Membership::Present, Verdict::Refused(Refusal::SomebodyElse));
    assert_eq!(verdict(&directory, &usual(), &somebody_else).await, refused);
}

async fn each_step_is_told(server: Server) {
    let directory = server.directory();
    let now = Clock::system().now();
    let maria = found(&directory, &MARIA).await;
    let (_, proof) = directory.prove_admission(&usual(), &maria, now).await;
    let proof = proof.expect("a proof");
    let steps: Vec<_> = proof.steps.iter().map(|step| (step.what, step.succeeded)).collect();
    let until_refused = [(ProofOf::Membership, false), (ProofOf::UserSearch, true), (ProofOf::GroupFilter, false)];
    assert_eq!(steps, until_refused);
    assert_eq!(proof.checked_at, now);

    directory.set(&usual().grant, &Holder::from(&maria), true, in_time()).await.expect("set");
    let (_, proof) = directory.prove_admission(&usual(), &maria, now).await;
    let steps = proof.expect("a proof").steps;
    let all = [ProofOf::Membership, ProofOf::UserSearch, ProofOf::GroupFilter, ProofOf::OwnEntry, ProofOf::MailAddress];
    assert_eq!(steps.iter().map(|step| step.what).collect::<Vec<_>>(), all);
    assert!(steps.iter().all(|step| step.succeeded));
}

async fn another_spelling_of_the_dn_is_the_same_person(server: Server) {
    let directory = server.directory();
    for person in [MARIA, UMLAUT] {
        assert_eq!(judged(&directory, &usual(), &person).await, Verdict::Admitted);
        let member = found(&directory, &person).await;
        let respelt = Member { dn: member.dn.replace(",ou=people", " , OU=PEOPLE"), ..member };
        let admitted = (Membership::Present, Verdict::Admitted);
        assert_eq!(verdict(&directory, &usual(), &respelt).await, admitted);
    }
}

async fn a_chat_account_that_is_refused_checks_nothing(server: Server) {
    let directory = server.directory();
    let [grant, ..] = grants();
    for (dn, password) in [(CHAT_DN, "wrong"), ("cn=nobody,ou=system,dc=uni,dc=example", CHAT_PASSWORD)] {
        let account = Some(ServiceAccount { dn: dn.into(), password: password.into() });
        let service = service(grant.clone(), |a| a.account = account);
        assert_eq!(judged(&directory, &service, &MARIA).await, Verdict::NotChecked, "{dn}");
    }
}

async fn a_service_without_a_check_only_looks_at_the_membership(server: Server) {
    let directory = server.directory();
    let service = Service { admission: None, ..usual() };
    let maria = found(&directory, &MARIA).await;
    for (wanted, membership) in [(true, Membership::Present), (false, Membership::Absent)] {
        directory.set(&service.grant, &Holder::from(&maria), wanted, in_time()).await.expect("set");
        let answer = directory.prove_admission(&service, &maria, Clock::system().now()).await;
        assert_eq!(answer, (membership, None));
    }
}
