//! A private OpenLDAP with its own data, certificate and rights, ready in well under a second.

use std::{
    fmt::Write as _,
    fs,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::{
    certificates::{self, Tls},
    people::{ALL, BASE, ENTITLEMENT, PASSWORD, Person},
    process::{Process, connect, free_port},
};

pub const ADMIN_DN: &str = "cn=admin,dc=uni,dc=example";
pub const PORTAL_DN: &str = "cn=latchkey,ou=system,dc=uni,dc=example";
pub const CHAT_DN: &str = "cn=rocketchat-reader,ou=system,dc=uni,dc=example";

/// What the directory is to be like.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each switches one thing on, independent of the others")]
pub struct Options {
    /// So many people more: `student00001` …, with the password of everybody.
    pub students: usize,
    /// Entries in LDIF to load after all others.
    pub ldif: String,
    /// The password-policy overlay: lockout, expiry, must-change.
    pub ppolicy: bool,
    /// The memberOf overlay, for both kinds of groups of DNs.
    pub memberof: bool,
    /// Passwords of people hashed as Debian's default does (about 8 ms per bind); otherwise in clear.
    pub argon2: bool,
    /// A write is on the disk when it is answered, as in production.
    pub sync: bool,
    /// Keeps `member` sorted, so that one value among many is found quickly.
    pub sorted_members: bool,
    pub tls: Tls,
}

/// A running OpenLDAP. It ends when this is dropped.
pub struct OpenLdap {
    pub ldap_url: String,
    pub ldaps_url: String,
    /// The authority that clients are told to trust.
    pub ca_pem: PathBuf,
    pub base: &'static str,
    /// May do everything.
    pub admin_dn: &'static str,
    pub admin_password: &'static str,
    /// May read people and groups, and change what a portal has to change.
    pub portal_dn: &'static str,
    pub portal_password: &'static str,
    /// May read people and groups.
    pub chat_dn: &'static str,
    pub chat_password: &'static str,
    ports: (u16, u16),
    process: Option<Process>,
    folder: TempDir,
}

impl OpenLdap {
    /// Starts one from nothing.
    ///
    /// # Panics
    ///
    /// If OpenLDAP is not installed or refuses; the message holds what it printed.
    pub fn start(options: &Options) -> Self {
        assert!(Path::new("/usr/sbin/slapd").exists(), "no /usr/sbin/slapd: run scripts/test, which installs it");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = certificates::make(folder.path(), options.tls);
        load(folder.path(), options);
        let ports = (free_port(), free_port());
        let mut server = Self {
            ldap_url: format!("ldap://127.0.0.1:{}", ports.0),
            ldaps_url: format!("ldaps://127.0.0.1:{}", ports.1),
            ca_pem: files.ca_pem,
            base: BASE,
            admin_dn: ADMIN_DN,
            admin_password: "admin-secret",
            portal_dn: PORTAL_DN,
            portal_password: "portal-secret",
            chat_dn: CHAT_DN,
            chat_password: "chat-secret",
            ports,
            process: None,
            folder,
        };
        server.restart();
        server
    }

    /// Ends the server; its data stay.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Ends the server as a crash would (SIGKILL); its data stay.
    pub fn crash(&mut self) {
        self.running().signal("KILL");
        self.process = None;
    }

    /// Starts the server again, at the same addresses and with the same data, and waits for its first answer.
    pub fn restart(&mut self) {
        self.stop();
        let folder = self.folder.path().display().to_string();
        let addresses = format!("{} {}", self.ldap_url, self.ldaps_url);
        let configuration = format!("{folder}/slapd.d");
        let command = ["/usr/sbin/slapd", "-d", "stats", "-F", &configuration, "-h", &addresses];
        let process = Process::start(&command, &self.log_file());
        let port = self.ports.0;
        let started = process.wait_until(|| answers(port));
        started.unwrap_or_else(|log| panic!("OpenLDAP did not start:\n{log}"));
        self.process = Some(process);
    }

    /// Lets the server hang: connections stay open and nothing is answered until [`OpenLdap::thaw`].
    pub fn freeze(&self) {
        self.running().freeze();
    }

    pub fn thaw(&self) {
        self.running().signal("CONT");
    }

    /// The id of the running process.
    pub fn pid(&self) -> u32 {
        self.running().pid
    }

    /// What the server logged so far: every operation (`BIND dn=…`, `SRCH base=…`) and its result.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// How long the log is now.
    pub fn log_length(&self) -> u64 {
        fs::metadata(self.log_file()).map_or(0, |file| file.len())
    }

    /// What the server logged after the first `start` bytes.
    pub fn log_since(&self, start: u64) -> String {
        let mut text = Vec::new();
        let read = fs::File::open(self.log_file()).and_then(|mut file| {
            file.seek(SeekFrom::Start(start))?;
            file.read_to_end(&mut text)
        });
        read.expect("the log");
        String::from_utf8_lossy(&text).into_owned()
    }

    fn running(&self) -> &Process {
        self.process.as_ref().expect("OpenLDAP was stopped")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("slapd.log")
    }
}

/// Whether an anonymous bind (RFC 4511, section 4.2) is answered.
fn answers(port: u16) -> bool {
    const ANONYMOUS_BIND: [u8; 14] = [0x30, 12, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0];
    let mut answer = [0; 1];
    let Some(mut stream) = connect(port) else { return false };
    stream.write_all(&ANONYMOUS_BIND).is_ok() && stream.read_exact(&mut answer).is_ok() && answer == [0x30]
}

/// Makes the configuration and the data.
fn load(folder: &Path, options: &Options) {
    for name in ["slapd.d", "data"] {
        fs::create_dir(folder.join(name)).expect("a folder");
    }
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("a file");
    write("eduperson.ldif", include_str!("eduperson.ldif"));
    write("config.ldif", &configuration(folder, options));
    write("data.ldif", &data(options));
    slapadd(folder, "0", "config.ldif");
    slapadd(folder, "1", "data.ldif");
}

/// `slapadd` takes operational attributes as they are, which no client could set.
fn slapadd(folder: &Path, database: &str, file: &str) {
    let output = Command::new("/usr/sbin/slapadd")
        .args(["-q", "-n", database, "-F", "slapd.d", "-l", file])
        .current_dir(folder)
        .output()
        .expect("start slapadd");
    assert!(output.status.success(), "slapadd refused {file}: {}", String::from_utf8_lossy(&output.stderr));
}

fn configuration(folder: &Path, options: &Options) -> String {
    let mut text = include_str!("config.ldif").to_owned();
    let values = [
        ("{folder}", folder.display().to_string()),
        ("{base}", BASE.to_owned()),
        ("{hash}", if options.argon2 { "{ARGON2}" } else { "{CLEARTEXT}" }.to_owned()),
        ("{admin}", ADMIN_DN.to_owned()),
        ("{admin_password}", "admin-secret".to_owned()),
        ("{portal}", PORTAL_DN.to_owned()),
        ("{chat}", CHAT_DN.to_owned()),
        ("{entitlement}", ENTITLEMENT.to_owned()),
    ];
    for (name, value) in values {
        text = text.replace(name, &value);
    }
    if options.sync {
        text = text.replace("olcDbNoSync: TRUE\n", "");
    }
    if options.sorted_members {
        text = text.replace("olcDatabase: {-1}frontend\n", "olcDatabase: {-1}frontend\nolcSortVals: member\n");
    }
    let mut overlays = Vec::new();
    if options.memberof {
        for (class, attribute) in [("groupOfNames", "member"), ("groupOfUniqueNames", "uniqueMember")] {
            let settings = format!("olcMemberOfGroupOC: {class}\nolcMemberOfMemberAD: {attribute}\n");
            overlays.push(("memberof", "olcMemberOfConfig", settings));
        }
    }
    if options.ppolicy {
        let settings = format!("olcPPolicyDefault: cn=default,ou=policies,{BASE}\nolcPPolicyUseLockout: FALSE\n");
        overlays.push(("ppolicy", "olcPPolicyConfig", settings));
    }
    for (number, (name, class, settings)) in overlays.into_iter().enumerate() {
        let dn = format!("olcOverlay={{{number}}}{name},olcDatabase={{1}}mdb,cn=config");
        let _ = write!(
            text,
            "dn: {dn}\nobjectClass: olcOverlayConfig\nobjectClass: {class}\nolcOverlay: {name}\n{settings}\n"
        );
    }
    text
}

fn data(options: &Options) -> String {
    let password = if options.argon2 { argon2(PASSWORD) } else { PASSWORD.to_owned() };
    let mut text = include_str!("data.ldif").to_owned();
    for person in ALL {
        text += &entry(&person, &password);
    }
    for number in 1..=options.students {
        let uid = format!("student{number:05}");
        let _ = write!(
            text,
            "dn: uid={uid},ou=people,{BASE}\nobjectClass: inetOrgPerson\nobjectClass: eduPerson\nuid: {uid}\n\
             cn: Student {number}\nsn: {number}\ndisplayName: Student {number}\nmail: {uid}@uni.example\n\
             eduPersonAffiliation: student\nuserPassword: {password}\n\n"
        );
    }
    text + &options.ldif
}

fn entry(person: &Person, password: &str) -> String {
    let Person { uid, name, surname, affiliation, policy, .. } = person;
    let mail = person.mail.map(|mail| format!("mail: {mail}\n")).unwrap_or_default();
    format!(
        "dn: {}\nobjectClass: inetOrgPerson\nobjectClass: eduPerson\nuid: {uid}\ncn: {name}\nsn: {surname}\n\
         displayName: {name}\n{mail}eduPersonAffiliation: {affiliation}\nuserPassword: {password}\n{policy}\n",
        person.dn()
    )
}

/// The hash that Debian's OpenLDAP makes by default.
fn argon2(password: &str) -> String {
    let arguments =
        ["-o", "module-path=/usr/lib/ldap", "-o", "module-load=argon2", "-h", "{ARGON2}", "-n", "-s", password];
    let output = Command::new("/usr/sbin/slappasswd").args(arguments).output().expect("start slappasswd");
    let hash = String::from_utf8(output.stdout).expect("text");
    assert!(hash.starts_with("{ARGON2}"), "slappasswd refused: {}", String::from_utf8_lossy(&output.stderr));
    hash
}
