//! Certificates for test servers, good ones and each kind of bad one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};

/// What a client that checks will find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Valid for `localhost` and `127.0.0.1`.
    #[default]
    Good,
    Expired,
    /// Valid, but for `elsewhere.example`.
    WrongHost,
    /// Good, but from another authority than the one in `ca_pem`.
    UnknownCa,
}

/// PEM files for a server, and the authority for its clients.
pub struct Files {
    pub ca_pem: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Makes everything new in `folder`.
pub fn make(folder: &Path, tls: Tls) -> Files {
    let authority = authority("Test authority");
    let names: &[&str] = if tls == Tls::WrongHost { &["elsewhere.example"] } else { &["localhost", "127.0.0.1"] };
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(DnType::CommonName, "Test server");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = if tls == Tls::Expired { date_time_ymd(2020, 1, 2) } else { date_time_ymd(2100, 1, 1) };
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    let trusted = if tls == Tls::UnknownCa { self::authority("Another authority").pem() } else { authority.pem() };
    let file = |name: &str, text: String| {
        let path = folder.join(name);
        fs::write(&path, text).expect("a file for a certificate");
        path
    };
    Files {
        ca_pem: file("ca.pem", trusted),
        certificate: file("server.pem", certificate.pem()),
        key: file("server.key", key.serialize_pem()),
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}
