//! Signed tree heads, in the form of a checkpoint (<https://c2sp.org/tlog-checkpoint>), so that other tools can read them:
//!
//! ```text
//! account.uni.example/latchkey-log
//! 1234
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//! time 2026-11-25T02:03:04.000000Z
//! key 5f3c…
//!
//! — account.uni.example/latchkey-log Az3grlgtzPICa5OS8npVmf1Myq/5I…
//! ```
//!
//! The first line and its place keep the signature from being taken for that of anything else.

use std::fmt;

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::{
    Signature, Signer as _, SigningKey, VerifyingKey,
    pkcs8::{
        DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _, KeypairBytes,
        spki::der::pem::LineEnding,
    },
};
use sha2::{Digest, Sha256};

use super::{
    leaf::{parse_time, time},
    tree::Hash,
};
use crate::clock::Instant;

/// What a head says: so many records have this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Names the log: host of the portal and a fixed word.
    pub origin: String,
    pub size: u64,
    pub root: Hash,
    pub at: Instant,
    /// See [`PublicKey::id`].
    pub key_id: String,
}

/// A head with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    pub head: Head,
    pub note: String,
}

/// Why a head is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHead {
    #[error("it is not a signed tree head of this kind")]
    Form,
    #[error("it is signed with the key {0}, which is not among the trusted ones")]
    UnknownKey(String),
    #[error("its signature is wrong")]
    Signature,
}

/// What is wrong with the text of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an Ed25519 key in PEM form")]
pub struct BadKey;

/// The key that signs heads.
#[derive(Clone)]
pub struct Signer(SigningKey);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.public().id())
    }
}

impl Signer {
    /// The key of these 32 random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Reads PKCS#8 in PEM, as `latchkey audit new-key` and `openssl genpkey -algorithm ed25519` write it.
    pub fn from_pem(text: &str) -> Result<Self, BadKey> {
        SigningKey::from_pkcs8_pem(text).map(Self).map_err(|_| BadKey)
    }

    /// PKCS#8 of version 1, without the public key, because OpenSSL reads no other.
    pub fn to_pem(&self) -> Result<String, BadKey> {
        let seed_alone = KeypairBytes { secret_key: self.0.to_bytes(), public_key: None };
        seed_alone.to_pkcs8_pem(LineEnding::LF).map(|pem| pem.as_str().to_owned()).map_err(|_| BadKey)
    }

    /// The key that verifies what this one signs.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs that so many records have this root.
    pub fn sign(&self, origin: &str, size: u64, root: Hash, at: Instant) -> SignedHead {
        let public = self.public();
        let head = Head { origin: origin.to_owned(), size, root, at, key_id: public.id() };
        let body = head.body();
        let signature = [public.hint(origin).as_slice(), &self.0.sign(body.as_bytes()).to_bytes()].concat();
        let note = format!("{body}\n— {origin} {}\n", Base64::encode_string(&signature));
        SignedHead { head, note }
    }
}

/// A key that heads are verified with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a key in PEM, or the one line of base64 within.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let text = text.trim();
        if text.starts_with("-----BEGIN") {
            return VerifyingKey::from_public_key_pem(text).map(Self).map_err(|_| BadKey);
        }
        let der = Base64::decode_vec(text).map_err(|_| BadKey)?;
        VerifyingKey::from_public_key_der(&der).map(Self).map_err(|_| BadKey)
    }

    /// One line of base64: the `SubjectPublicKeyInfo` of RFC 8410.
    pub fn to_line(&self) -> String {
        Base64::encode_string(&self.der())
    }

    /// SHA-256 of the `SubjectPublicKeyInfo` in hexadecimal, as RFC 6962 names a log.
    pub fn id(&self) -> String {
        hex::encode(Sha256::digest(self.der()))
    }

    fn der(&self) -> Vec<u8> {
        self.0.to_public_key_der().map(|der| der.as_bytes().to_vec()).unwrap_or_default()
    }

    /// The four bytes by which a signed note (<https://c2sp.org/signed-note>) says which key it means.
    fn hint(&self, origin: &str) -> [u8; 4] {
        let digest: Hash =
            Sha256::new_with_prefix(origin).chain_update(b"\n\x01").chain_update(self.0.as_bytes()).finalize().into();
        [digest[0], digest[1], digest[2], digest[3]]
    }
}

impl Head {
    fn body(&self) -> String {
        let Self { origin, size, root, at, key_id } = self;
        format!("{origin}\n{size}\n{}\ntime {}\nkey {key_id}\n", Base64::encode_string(root), time(*at))
    }

    fn parse_body(body: &str) -> Option<Self> {
        let mut lines = body.lines();
        let head = Self {
            origin: lines.next().filter(|origin| !origin.is_empty())?.to_owned(),
            size: lines.next()?.parse().ok()?,
            root: Base64::decode_vec(lines.next()?).ok()?.try_into().ok()?,
            at: parse_time(lines.next()?.strip_prefix("time ")?)?,
            key_id: lines.next()?.strip_prefix("key ").filter(|id| hex::decode(id).is_ok())?.to_owned(),
        };
        // There is one way to write a head, and nothing behind it.
        (head.body() == body).then_some(head)
    }
}

impl SignedHead {
    /// Reads a head; nothing about its signature is known afterwards.
    pub fn parse(note: &str) -> Result<Self, BadHead> {
        let (body, signature) = note.split_once("\n\n").ok_or(BadHead::Form)?;
        let head = Head::parse_body(&format!("{body}\n")).ok_or(BadHead::Form)?;
        if !signature.starts_with("— ") {
            return Err(BadHead::Form);
        }
        Ok(Self { head, note: note.to_owned() })
    }

    /// Whether one of the trusted keys has signed it.
    pub fn verify(&self, trusted: &[PublicKey]) -> Result<(), BadHead> {
        let Head { origin, key_id, .. } = &self.head;
        let key = trusted.iter().find(|key| key.id() == *key_id);
        let key = key.ok_or_else(|| BadHead::UnknownKey(key_id.clone()))?;
        let (_, signatures) = self.note.split_once("\n\n").ok_or(BadHead::Form)?;
        let encoded =
            signatures.lines().find_map(|line| line.strip_prefix("— ")?.strip_prefix(origin)?.strip_prefix(' '));
        let bytes = Base64::decode_vec(encoded.ok_or(BadHead::Form)?).map_err(|_| BadHead::Form)?;
        let (hint, signature) = bytes.split_at_checked(4).ok_or(BadHead::Form)?;
        let signature = Signature::from_slice(signature).map_err(|_| BadHead::Form)?;
        let is_right = hint == key.hint(origin) && key.0.verify_strict(self.head.body().as_bytes(), &signature).is_ok();
        is_right.then_some(()).ok_or(BadHead::Signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first key of RFC 8032, section 7.1.
    fn signer() -> Signer {
        let seed = hex::decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        Signer::from_seed(&seed.try_into().unwrap())
    }

    fn head() -> SignedHead {
        let at = chrono::DateTime::from_timestamp(1_764_036_184, 0).unwrap().naive_utc();
        signer().sign("account.uni.example/latchkey-log", 3, [7; 32], at)
    }

    #[test]
    fn a_head_is_read_back_and_verified() {
        let read = SignedHead::parse(&head().note).unwrap();
        assert_eq!(read, head());
        assert_eq!(read.verify(&[signer().public()]), Ok(()));
        let other = Signer::from_seed(&[1; 32]).public();
        assert_eq!(read.verify(&[other]), Err(BadHead::UnknownKey(signer().public().id())));
    }

    #[test]
    fn no_line_of_a_head_can_be_changed() {
        let (note, trusted) = (head().note, [signer().public()]);
        for (old, new) in
            [("latchkey-log\n3", "latchkey-log\n4"), ("BwcH", "BwcI"), ("02:03:04", "02:03:05"), ("uni", "inu")]
        {
            let bent = SignedHead::parse(&note.replacen(old, new, 1)).and_then(|head| head.verify(&trusted));
            assert!(bent.is_err(), "{old}");
        }
        for broken in
            ["", "\n\n", &note.replace("\n3\n", "\n03\n"), &note.replace("key ", "key  "), &note.replace("— ", "- ")]
        {
            assert_eq!(SignedHead::parse(broken), Err(BadHead::Form), "{broken}");
        }
    }

    #[test]
    fn keys_are_written_as_openssl_does() {
        let key = signer();
        let pem = key.to_pem().unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v"), "{pem}");
        assert_eq!(Signer::from_pem(&pem).unwrap().public(), key.public());
        let line = key.public().to_line();
        assert_eq!(line, "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
        assert_eq!(PublicKey::parse(&line), Ok(key.public()));
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{line}\n-----END PUBLIC KEY-----\n");
        assert_eq!(PublicKey::parse(&pem), Ok(key.public()));
        assert_eq!(PublicKey::parse("MCowBQYDK2VwAyEA"), Err(BadKey));
        assert!(!format!("{key:?}").contains("nWGx"));
    }
}
