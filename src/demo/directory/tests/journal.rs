use std::{fs, io::Write as _, path::Path};

use super::*;

fn journal_in(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("directory.jsonl")
}

async fn join(path: &Path, uids: &[&str]) {
    let directory = start(Some(path.to_owned()), university::entries()).await;
    let mut ldap = portal(&directory).await;
    for uid in uids {
        add(&mut ldap, &service("rocketchat"), "member", &person(uid)).await.success().unwrap();
    }
    directory.stop().await;
}

async fn members(path: &Path) -> Vec<String> {
    let directory = start(Some(path.to_owned()), university::entries()).await;
    let mut ldap = portal(&directory).await;
    let mut found = read(&mut ldap, &service("rocketchat"), &["member"]).await.attrs.remove("member").unwrap();
    directory.stop().await;
    found.remove(0);
    found
}

#[tokio::test]
async fn modifications_outlive_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = journal_in(&folder);
    join(&path, &["amueller", "bschmidt"]).await;
    let directory = start(Some(path.clone()), university::entries()).await;
    let mut ldap = portal(&directory).await;
    delete(&mut ldap, &service("rocketchat"), "member", &person("amueller")).await.success().unwrap();
    add(&mut ldap, &service("rocketchat"), "member", &person("bschmidt")).await.success().unwrap_err();
    drop(directory);
    assert_eq!(members(&path).await, [person("bschmidt")]);
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 3, "what failed is not written");
}

#[tokio::test]
async fn an_unfinished_last_line_is_cut_off_and_writing_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = journal_in(&folder);
    join(&path, &["amueller"]).await;
    let whole = fs::read(&path).unwrap();
    for cut in [1, whole.len() / 2, whole.len() - 1] {
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(&whole[..cut]).unwrap();
        assert_eq!(members(&path).await, [person("amueller")]);
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
    join(&path, &["bschmidt"]).await;
    assert_eq!(members(&path).await, [person("amueller"), person("bschmidt")]);
}

#[tokio::test]
async fn damage_in_the_middle_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = journal_in(&folder);
    join(&path, &["amueller"]).await;
    let line = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{{\"dn\":\n{line}")).unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let options = Options { listen, base: BASE.to_owned(), journal: Some(path), access: university::access() };
    let error = EmbeddedDirectory::start(options, university::entries()).await.unwrap_err();
    assert!(error.to_string().ends_with("line 1: damaged"), "{error}");
}

#[tokio::test]
async fn two_servers_do_not_share_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = journal_in(&folder);
    let _first = start(Some(path.clone()), university::entries()).await;
    let listen = "127.0.0.1:0".parse().unwrap();
    let options = Options { listen, base: BASE.to_owned(), journal: Some(path), access: university::access() };
    let error = EmbeddedDirectory::start(options, university::entries()).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ResourceBusy);
}
