//! `OpenLDAP`'s own tools: an implementation that shares no code with ours.

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

use super::*;

/// Runs a tool as somebody, with an input; the machine must have `OpenLDAP`'s tools.
async fn run(directory: &EmbeddedDirectory, tool: &str, dn: &str, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(tool);
    command.args(["-x", "-H", &directory.url()]).env("LDAPNOINIT", "1");
    if !dn.is_empty() {
        command.args(["-D", dn, "-w", PASSWORD]);
    }
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{tool} of OpenLDAP is needed: {error}"));
    let input = input.to_owned();
    // The directory runs on this thread: it must stay free.
    let finished = tokio::task::spawn_blocking(move || {
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    });
    finished.await.unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn ldapwhoami_names_the_account() {
    let directory = university().await;
    let output = run(&directory, "ldapwhoami", &person("amueller"), &["-e", "ppolicy"], "").await;
    assert_eq!(text(&output).trim(), format!("dn:{}", person("amueller")));
    assert_eq!(text(&run(&directory, "ldapwhoami", "", &[], "").await).trim(), "anonymous");
    let locked = run(&directory, "ldapwhoami", &person("dlocked"), &["-e", "ppolicy"], "").await;
    assert_eq!(locked.status.code(), Some(49));
    assert!(String::from_utf8_lossy(&locked.stderr).contains("Account locked"), "{locked:?}");
}

#[tokio::test]
async fn ldapsearch_pages_and_selects() {
    let directory = university().await;
    let arguments = ["-LLL", "-b", PEOPLE, "-E", "pr=50/noprompt", "(uid=*)", "1.1"];
    let output = run(&directory, "ldapsearch", PORTAL_DN, &arguments, "").await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text(&output).lines().filter(|line| line.starts_with("dn:")).count(), 335);
    let arguments = ["-LLL", "-o", "ldif-wrap=no", "-b", BASE, "(uid=amueller)", "mail", "memberOf"];
    let output = text(&run(&directory, "ldapsearch", CHAT_DN, &arguments, "").await);
    assert!(output.contains("mail: anna.mueller@demo.example"), "{output}");
    assert!(output.contains("memberOf: cn=stat1-2026w,ou=courses,ou=groups,dc=demo,dc=example"), "{output}");
    let limited = ["-LLL", "-z", "3", "-b", PEOPLE, "(uid=*)", "1.1"];
    assert_eq!(run(&directory, "ldapsearch", PORTAL_DN, &limited, "").await.status.code(), Some(4));
    let root = ["-LLL", "-s", "base", "-b", "", "+"];
    assert!(text(&run(&directory, "ldapsearch", "", &root, "").await).contains("namingContexts: dc=demo,dc=example"));
}

#[tokio::test]
async fn ldapmodify_and_ldapcompare_see_the_same_group() {
    let directory = university().await;
    let (group, anna) = (service("rocketchat"), person("amueller"));
    let assertion = format!("member:{anna}");
    let compare = async || run(&directory, "ldapcompare", CHAT_DN, &["-z", &group, &assertion], "").await.status.code();
    let modify = async |verb: &str, options: &[&str]| {
        let ldif = format!("dn: {group}\nchangetype: modify\n{verb}: member\nmember: {anna}\n");
        run(&directory, "ldapmodify", PORTAL_DN, options, &ldif).await.status.code()
    };
    assert_eq!(compare().await, Some(5));
    assert_eq!(modify("add", &[]).await, Some(0));
    assert_eq!(compare().await, Some(6));
    assert_eq!(modify("add", &[]).await, Some(20));
    assert_eq!(modify("add", &["-e", "!1.2.840.113556.1.4.1413"]).await, Some(0));
    assert_eq!(modify("delete", &[]).await, Some(0));
    assert_eq!(modify("delete", &[]).await, Some(16));
    assert_eq!(modify("replace", &[]).await, Some(50));
    assert_eq!(compare().await, Some(5));
}
