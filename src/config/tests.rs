//! The configuration as an operator meets it: the example, overrides, secrets, and everything that can be wrong.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use super::{
    Config, Faults, load, read,
    reader::Reader,
    source::{Source, Value},
};
use crate::{
    demo::university,
    domain::{catalogue::Grant, log::head::Signer},
};

const EXAMPLE: &str = include_str!("../../latchkey.example.toml");
const DEMO: &str = include_str!("../../content/demo/latchkey.toml");

/// A folder with a configuration and the files that the example needs.
struct Place(TempDir);

impl Place {
    fn new(configuration: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.path("terms")).unwrap();
        fs::create_dir(place.path("secrets")).unwrap();
        place.secret("secrets/directory-password", "from-a-file\n", 0o640);
        fs::write(place.path("latchkey.toml"), configuration).unwrap();
        place
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn secret(&self, name: &str, text: &str, mode: u32) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn load(&self, environment: &[(&str, &str)]) -> Result<Config, Faults> {
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        load(&self.path("latchkey.toml"), environment)
    }

    /// The faults as the operator reads them, with the folder's name taken out.
    fn faults(&self, environment: &[(&str, &str)]) -> String {
        let faults = self.load(environment).expect_err("faults").to_string();
        faults.replace(&format!("{}/", self.0.path().display()), "")
    }
}

/// The example with every line that starts with `#` and a key made a setting.
fn uncommented() -> String {
    let is_key = |rest: &str| {
        rest.split_once(" = ").is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    let line = |line: &'static str| line.strip_prefix('#').filter(|rest| is_key(rest)).unwrap_or(line);
    EXAMPLE.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn source(text: &str) -> Source {
    Source::parse(Path::new("latchkey.toml"), text, std::iter::empty()).unwrap()
}

#[test]
fn the_example_is_a_working_configuration() {
    let config = Place::new(EXAMPLE).load(&[]).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.directory.bind_password.expose_secret(), "from-a-file");
    assert_eq!(config.web.session.absolute, Duration::from_hours(8));
    assert_eq!(config.digest.len(), 64);
    let [service] = &config.catalogue.services[..] else { panic!("one service") };
    let group = "cn=rocketchat,ou=services,ou=groups,dc=uni,dc=example".to_owned();
    assert_eq!(service.grant, Grant::GroupOfDns { group, attribute: "member".to_owned() });
    let links: Vec<_> = service.next_steps.steps.iter().map(|step| step.link.as_deref().unwrap()).collect();
    assert_eq!(
        links,
        [
            "https://chat.uni.example",
            "rocketchat://room?host=https%3A%2F%2Fchat.uni.example&path=channel%2Fgeneral",
            "https://go.rocket.chat/auth?host=chat.uni.example",
        ]
    );
}

#[test]
fn the_example_shows_every_key_and_no_other() {
    let text = uncommented();
    let written: Vec<String> = source(&text).keys().map(str::to_owned).collect();
    let reader = Reader::new(source(&text));
    read(&reader);
    let asked: Vec<String> = reader.asked().into_keys().collect();
    assert_eq!(written, asked);
}

#[test]
fn the_example_shows_the_true_defaults() {
    let text = uncommented();
    let (written, reader) = (source(&text), Reader::new(source(&text)));
    read(&reader);
    for (key, default) in reader.asked().into_iter().filter_map(|(key, default)| Some((key, default?))) {
        let shown = match written.in_file(&key).expect("a value in the example").value {
            Value::Text(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Flag(flag) => flag.to_string(),
            Value::List(list) => format!("{list:?}"),
            Value::Other(kind) => kind.to_owned(),
        };
        assert_eq!(shown, default, "the default of {key}");
    }
}

#[test]
fn services_keep_the_order_of_the_file() {
    let wiki =
        |text: &str| text.replace("services.rocketchat", "services.a-wiki").replace("cn=rocketchat,", "cn=wiki,");
    let second = wiki(EXAMPLE.split_once("# One section per service").unwrap().1).replace("\"rocketchat\"", "\"wiki\"");
    let config = Place::new(&format!("{EXAMPLE}\n# {second}")).load(&[]).unwrap();
    let slugs: Vec<_> = config.catalogue.services.iter().map(|service| service.slug.as_str()).collect();
    assert_eq!(slugs, ["rocketchat", "a-wiki"]);
}

#[test]
fn the_environment_goes_before_the_file() {
    let config = Place::new(EXAMPLE)
        .load(&[
            ("LATCHKEY_DIRECTORY_BIND_PASSWORD", "from-the-environment"),
            ("LATCHKEY_DIRECTORY_URLS", "ldaps://a.example, ldaps://b.example"),
            ("LATCHKEY_SESSION_IDLE", "10m"),
            ("LATCHKEY_DATABASE_POOL_SIZE", "3"),
            ("LATCHKEY_SERVICES_ROCKETCHAT_VISIBLE_TO_LECTURERS", "true"),
            ("LATCHKEY_MAIL_REPLY_TO", ""),
            ("LATCHKEY_CONFIG", "/etc/latchkey.toml"),
            ("PATH", "/bin"),
        ])
        .unwrap();
    assert_eq!(config.directory.bind_password.expose_secret(), "from-the-environment");
    assert_eq!(config.directory.urls, ["ldaps://a.example", "ldaps://b.example"]);
    assert_eq!(config.web.session.idle, Duration::from_mins(10));
    assert_eq!(config.database.pool_size, 3);
    assert!(config.catalogue.services[0].visible_to_lecturers);
    assert_eq!(config.mail.reply_to, None);
}

#[test]
fn relative_paths_start_at_the_configuration_file() {
    let place = Place::new(EXAMPLE);
    let config = place.load(&[]).unwrap();
    assert_eq!(config.terms_folder, place.path("terms"));
    assert_eq!(config.database.url.expose_secret(), format!("sqlite://{}", place.path("latchkey.db").display()));
    let config = place.load(&[("LATCHKEY_DATABASE_URL", "sqlite:///var/lib/latchkey.db")]).unwrap();
    assert_eq!(config.database.url.expose_secret(), "sqlite:///var/lib/latchkey.db");
}

#[test]
fn the_digest_follows_settings_and_not_secrets() {
    let place = Place::new(EXAMPLE);
    let digest = |environment: &[(&str, &str)]| place.load(environment).unwrap().digest;
    let url = |password: &str| format!("postgres://latchkey{password}@db.example/latchkey?sslmode=require");
    assert_eq!(digest(&[]), digest(&[]));
    assert_ne!(digest(&[]), digest(&[("LATCHKEY_WORK_POLL", "3s")]));
    assert_eq!(digest(&[("LATCHKEY_DATABASE_URL", &url(":one"))]), digest(&[("LATCHKEY_DATABASE_URL", &url(":two"))]),);
    place.secret("secrets/directory-password", "another", 0o600);
    let before = digest(&[]);
    place.secret("secrets/directory-password", "yet-another", 0o600);
    assert_eq!(before, digest(&[]));
}

#[test]
fn no_secret_is_shown() {
    let place = Place::new(EXAMPLE);
    let environment = [
        ("LATCHKEY_DATABASE_URL", "postgres://latchkey:hush-1@db.example/latchkey?password=hush-2"),
        ("LATCHKEY_DIRECTORY_BIND_PASSWORD", "hush-3"),
        ("LATCHKEY_MAIL_USERNAME", "latchkey"),
        ("LATCHKEY_MAIL_PASSWORD", "hush-4"),
        ("LATCHKEY_SERVICES_ROCKETCHAT_ADMISSION_BIND_DN", "cn=reader,dc=uni,dc=example"),
        ("LATCHKEY_SERVICES_ROCKETCHAT_ADMISSION_BIND_PASSWORD", "hush-5"),
    ];
    let config = place.load(&environment).unwrap();
    assert!(config.database.url.expose_secret().contains("hush-1"));
    let shown = format!("{config:?}");
    assert!(!shown.contains("hush"), "{shown}");

    let broken = EXAMPLE.replace("bind_password_file = ", "bind_password = \"hush-6\nbind_dn = ");
    let wrong = [
        ("LATCHKEY_DATABASE_URL", "mysql://latchkey:hush-1@db.example/latchkey"),
        ("LATCHKEY_PORTAL_PUBLIC_URL", "https://hush-2:hush-3@account.example/path"),
        ("LATCHKEY_DIRECTORY_URLS", "ldap://cn=hush-4:hush-5@ldap.example"),
        ("LATCHKEY_DIRECTORY_BIND_PASSWORT", "hush-7"),
    ];
    for faults in [place.faults(&wrong), Place::new(&broken).faults(&wrong)] {
        assert!(!faults.contains("hush"), "{faults}");
    }
}

#[test]
fn a_secret_needs_one_place_that_others_cannot_read() {
    let place = Place::new(EXAMPLE);
    place.secret("secrets/directory-password", "hush", 0o644);
    place.secret("secrets/mail", "hush", 0o600);
    let faults = place.faults(&[
        ("LATCHKEY_MAIL_PASSWORD", "hush"),
        ("LATCHKEY_MAIL_PASSWORD_FILE", "secrets/mail"),
        ("LATCHKEY_DATABASE_URL_FILE", "secrets/missing"),
    ]);
    insta::assert_snapshot!(faults);
}

#[test]
fn every_fault_is_reported_at_once_with_its_line() {
    insta::assert_snapshot!(Place::new(include_str!("tests/faulty.toml")).faults(&[
        ("LATCHKEY_WORK_POLL", "soon"),
        ("LATCHKEY_DIRECTORY_BIND_PASSWORT", "hush"),
        ("LATCHKEY_TEST_POSTGRES", "not a setting"),
    ]));
}

#[test]
fn what_services_write_is_what_the_chat_server_reads() {
    insta::assert_snapshot!(Place::new(include_str!("tests/faulty-services.toml")).faults(&[]));
}

#[test]
fn an_empty_file_names_everything_that_is_required() {
    let place = Place::new("");
    let faults = place.load(&[]).unwrap_err();
    let keys: Vec<_> = faults.iter().map(|fault| fault.key.as_str()).collect();
    insta::assert_snapshot!(keys.join("\n"));
}

#[test]
fn what_is_not_toml_is_reported_with_its_line() {
    insta::assert_snapshot!(Place::new("[portal]\npublic_url = https\n[portal]\n").faults(&[]));
}

#[test]
fn single_changes_that_must_be_refused() {
    let cases: BTreeMap<&str, &[(&str, &str)]> = BTreeMap::from([
        ("portal.public_url", &[("LATCHKEY_PORTAL_PUBLIC_URL", "http://account.uni.example")][..]),
        (
            "portal.listen",
            &[("LATCHKEY_PORTAL_PUBLIC_URL", "http://localhost:8080"), ("LATCHKEY_PORTAL_LISTEN", "0.0.0.0:8080")],
        ),
        ("directory.urls", &[("LATCHKEY_DIRECTORY_URLS", "ldap://ldap.uni.example")]),
        ("mail.tls", &[("LATCHKEY_MAIL_TLS", "none")]),
        ("session.absolute", &[("LATCHKEY_SESSION_IDLE", "9h")]),
        ("database.url", &[("LATCHKEY_DATABASE_URL", "sqlit://x.db")]),
        ("directory.ca_file", &[("LATCHKEY_DIRECTORY_CA_FILE", "no/such.pem")]),
        (
            "services.rocketchat.next_steps.server_address",
            &[("LATCHKEY_SERVICES_ROCKETCHAT_NEXT_STEPS_SERVER_ADDRESS", "http://chat.uni.example")],
        ),
    ]);
    for (key, environment) in cases {
        let faults = Place::new(EXAMPLE).load(environment).expect_err(key);
        assert!(faults.iter().any(|fault| fault.key == key), "{key}: {faults}");
    }
}

#[test]
fn this_machine_needs_no_encryption() {
    let config = Place::new(EXAMPLE).load(&[
        ("LATCHKEY_PORTAL_PUBLIC_URL", "http://localhost:8080"),
        ("LATCHKEY_DIRECTORY_URLS", "ldap://127.0.0.1:389,ldap://[::1]:389"),
        ("LATCHKEY_MAIL_HOST", "localhost"),
        ("LATCHKEY_MAIL_TLS", "none"),
    ]);
    config.unwrap_or_else(|faults| panic!("{faults}"));
    let config = Place::new(EXAMPLE)
        .load(&[("LATCHKEY_DIRECTORY_URLS", "ldap://ldap.uni.example"), ("LATCHKEY_DIRECTORY_START_TLS", "true")]);
    config.unwrap_or_else(|faults| panic!("{faults}"));
}

/// The demo's configuration, filled in as at its start. The data folder has a blank and an umlaut, as home folders may.
fn demo() -> (Place, Config) {
    let place = Place::new("");
    let data = place.path("Älva Bo");
    fs::create_dir_all(data.join("terms")).unwrap();
    place.secret("Älva Bo/audit-key.pem", &Signer::from_seed(&[7; 32]).to_pem().unwrap(), 0o600);
    let filled = DEMO.replace("@LISTEN@", "127.0.0.1:8080").replace("@DIRECTORY@", "127.0.0.1:3890");
    fs::write(place.path("latchkey.toml"), filled.replace("@DATA@", data.to_str().unwrap())).unwrap();
    let config = place.load(&[]).unwrap_or_else(|faults| panic!("{faults}"));
    (place, config)
}

#[test]
fn the_demo_fits_the_sample_university() {
    let (place, config) = demo();
    let database = format!("sqlite://{}", place.path("Älva Bo/latchkey.db").display());
    assert_eq!(config.database.url.expose_secret(), database);
    assert_eq!(config.directory.bind_dn, university::PORTAL_DN);
    assert_eq!(config.directory.people.base, university::PEOPLE);
    let slugs: Vec<_> = config.catalogue.services.iter().map(|service| service.slug.as_str()).collect();
    assert_eq!(slugs, ["rocketchat", "cloud", "vpn", "printing"]);
    let entries = university::entries();
    for service in &config.catalogue.services {
        let Grant::GroupOfDns { group, .. } = &service.grant else { panic!("{}: a group of DNs", service.slug) };
        assert!(entries.iter().any(|entry| entry.dn == *group), "{group} is not in the sample university");
    }
    let chat = config.catalogue.services[0].admission.as_ref().and_then(|admission| admission.account.as_ref());
    assert_eq!(chat.unwrap().dn, university::CHAT_DN);
}

#[test]
fn the_demo_has_terms_of_every_service_in_both_languages() {
    let (_place, config) = demo();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/demo/terms");
    for service in &config.catalogue.services {
        for code in ["de", "en"] {
            let path = folder.join(service.slug.as_str()).join(format!("1.{code}.md"));
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(text.starts_with("# "), "{} has no title", path.display());
        }
    }
}

#[test]
fn the_key_of_the_log_is_read_and_its_own_text_is_told_to_nobody() {
    let key = Signer::from_seed(&[7; 32]);
    let place = Place::new(&EXAMPLE.replace("#signing_key_file", "signing_key_file"));
    place.secret("secrets/audit-key.pem", &key.to_pem().unwrap(), 0o640);
    let config = place.load(&[]).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(config.audit.signer.as_ref().map(Signer::public), Some(key.public()));
    assert_eq!(config.audit.origin, "account.uni.example/latchkey-log");
    let former = Signer::from_seed(&[8; 32]).public();
    let config = place.load(&[("LATCHKEY_AUDIT_FORMER_PUBLIC_KEYS", &former.to_line())]).unwrap();
    assert_eq!(config.audit.trusted_keys(), [key.public(), former]);
    place.secret("secrets/audit-key.pem", "c2VjcmV0", 0o640);
    let faults = place.faults(&[("LATCHKEY_AUDIT_FORMER_PUBLIC_KEYS", "AAAA")]);
    assert!(faults.contains("audit.signing_key") && faults.contains("audit.former_public_keys"), "{faults}");
    assert!(!faults.contains("c2VjcmV0"), "{faults}");
}
