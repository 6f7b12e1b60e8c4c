//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS as a client (RFC 5802, 7677). No IO, no randomness.
//!
//! Each state is consumed by the next message: [`Scram::start`] → [`Scram::challenge`] →
//! [`Proven::verify`]. Invariant: only [`Proven::verify`] gives [`Verified`], and it does so only
//! if the server has shown that it knows the password's keys, compared in constant time.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::Mechanism;
use crate::secret::Secret;

/// Random bytes that a client must bring: libpq's number, 24 characters in base64.
pub const NONCE_BYTES: usize = 18;

/// A server may ask for so many rounds and no more: ten million take seconds, four thousand are
/// the default, and the number is the server's to choose before it has proven anything.
pub const MAX_ITERATIONS: u32 = 10_000_000;

/// How a server's SCRAM message was wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScramError {
    /// The message does not have the form of RFC 5802.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// The server's nonce does not begin with the client's.
    #[error("the server's nonce does not continue the client's")]
    Nonce,
    /// Zero rounds, or more than [`MAX_ITERATIONS`].
    #[error("iteration count {0} is out of range: expected 1 to {MAX_ITERATIONS}")]
    Iterations(u64),
    /// The server says what it did not like (`e=`).
    #[error("the server reports `{0}`")]
    Server(String),
    /// The server does not know the password's keys: it may be an impostor.
    #[error("the server's signature is wrong: it does not know this password")]
    Signature,
}

/// The exchange, after the client's first message.
pub struct Scram {
    mechanism: Mechanism,
    password: Secret,
    nonce: String,
    first_bare: String,
}

/// The exchange, after the client's proof.
pub struct Proven {
    server_key: Key,
    auth_message: String,
}

/// The server knows the password's keys.
#[derive(Debug)]
pub struct Verified(());

type Key = [u8; 32];

/// What a password becomes for one salt and count: enough to log in, and slow to compute.
#[derive(Clone)]
pub struct Keys {
    client: Key,
    server: Key,
}

impl Scram {
    /// Begins an exchange; the answer is the data for SASLInitialResponse.
    #[must_use]
    pub fn start(
        mechanism: Mechanism,
        password: Secret,
        nonce: [u8; NONCE_BYTES],
    ) -> (Self, String) {
        // PostgreSQL takes the user of the startup message and ignores the one given here
        Self::start_as("", mechanism, password, BASE64.encode(nonce))
    }

    fn start_as(
        user: &str,
        mechanism: Mechanism,
        password: Secret,
        nonce: String,
    ) -> (Self, String) {
        let first_bare = format!("n={user},r={nonce}");
        let first = format!("{}{first_bare}", gs2_header(&mechanism));
        (
            Self {
                mechanism,
                password,
                nonce,
                first_bare,
            },
            first,
        )
    }

    /// Answers server-first-message with client-final-message.
    ///
    /// # Errors
    /// If the message is malformed, does not continue our nonce, or asks for too many rounds.
    pub fn challenge(
        self,
        server_first: &str,
        cache: &KeyCache,
    ) -> Result<(Proven, String), ScramError> {
        let challenge = Challenge::parse(server_first, &self.nonce)?;
        let keys = cache.keys(&self.password, &challenge.salt, challenge.iterations);

        let without_proof = format!(
            "c={},r={}",
            BASE64.encode(binding_input(&self.mechanism)),
            challenge.nonce
        );
        let auth_message = format!("{},{server_first},{without_proof}", self.first_bare);
        let signature = hmac(&Sha256::digest(keys.client), auth_message.as_bytes());
        let proof: Vec<u8> = keys
            .client
            .iter()
            .zip(signature)
            .map(|(a, b)| a ^ b)
            .collect();
        let client_final = format!("{without_proof},p={}", BASE64.encode(proof));
        Ok((
            Proven {
                server_key: keys.server,
                auth_message,
            },
            client_final,
        ))
    }
}

impl Proven {
    /// Checks server-final-message.
    ///
    /// # Errors
    /// If it reports an error, is malformed, or carries a wrong signature.
    pub fn verify(self, server_final: &str) -> Result<Verified, ScramError> {
        const NAME: &str = "server-final-message";
        if let Some(reason) = server_final.strip_prefix("e=") {
            return Err(ScramError::Server(reason.to_owned()));
        }
        let encoded = server_final
            .strip_prefix("v=")
            .ok_or(ScramError::Malformed(NAME))?;
        let encoded = encoded.split(',').next().unwrap_or_default();
        let signature = BASE64
            .decode(encoded)
            .map_err(|_| ScramError::Malformed(NAME))?;
        mac(&self.server_key, self.auth_message.as_bytes())
            .verify_slice(&signature)
            .map_err(|_| ScramError::Signature)?;
        Ok(Verified(()))
    }
}

impl Keys {
    /// Derives the keys: `iterations` rounds of HMAC-SHA-256 over the prepared password.
    #[must_use]
    pub fn derive(password: &str, salt: &[u8], iterations: u32) -> Self {
        let salted: Key =
            pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(prepare(password).as_bytes(), salt, iterations);
        Self {
            client: hmac(&salted, b"Client Key"),
            server: hmac(&salted, b"Server Key"),
        }
    }
}

/// Keys of earlier exchanges, so that the rounds are paid once per password and salt.
///
/// It holds no password, only what tells whether a password is the same.
pub struct KeyCache(Mutex<Vec<Remembered>>);

struct Remembered {
    fingerprint: Key,
    salt: Vec<u8>,
    iterations: u32,
    keys: Keys,
}

/// Roles and servers of one process; what was not used for longest goes first.
const REMEMBERED: usize = 64;

impl KeyCache {
    /// A cache that remembers nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn keys(&self, password: &Secret, salt: &[u8], iterations: u32) -> Keys {
        if let Some(keys) = self.recall(password, salt, iterations) {
            return keys;
        }
        let keys = Keys::derive(password.expose(), salt, iterations);
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == REMEMBERED {
            entries.remove(0);
        }
        entries.push(Remembered {
            fingerprint: fingerprint(password, salt),
            salt: salt.to_vec(),
            iterations,
            keys: keys.clone(),
        });
        keys
    }

    fn recall(&self, password: &Secret, salt: &[u8], iterations: u32) -> Option<Keys> {
        let fingerprint = fingerprint(password, salt);
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = entries.iter().position(|entry| {
            entry.iterations == iterations && entry.salt == salt && entry.fingerprint == fingerprint
        })?;
        entries.get_mut(index..)?.rotate_left(1);
        entries.last().map(|entry| entry.keys.clone())
    }
}

impl Default for KeyCache {
    fn default() -> Self {
        Self::new()
    }
}

fn fingerprint(password: &Secret, salt: &[u8]) -> Key {
    hmac(salt, password.expose().as_bytes())
}

impl std::fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyCache(***)")
    }
}

/// server-first-message.
struct Challenge<'a> {
    nonce: &'a str,
    salt: Vec<u8>,
    iterations: u32,
}

impl<'a> Challenge<'a> {
    fn parse(text: &'a str, client_nonce: &str) -> Result<Self, ScramError> {
        const MALFORMED: ScramError = ScramError::Malformed("server-first-message");
        let mut parts = text.split(',');
        let mut attribute = |name: &str| {
            parts
                .next()
                .and_then(|part| part.strip_prefix(name))
                .ok_or(MALFORMED)
        };
        let nonce = attribute("r=")?;
        let salt = attribute("s=")?;
        let iterations = attribute("i=")?;
        if !nonce.starts_with(client_nonce) || nonce.len() == client_nonce.len() {
            return Err(ScramError::Nonce);
        }
        let salt = BASE64.decode(salt).map_err(|_| MALFORMED)?;
        let iterations: u64 = iterations.parse().map_err(|_| MALFORMED)?;
        let bounded = u32::try_from(iterations)
            .ok()
            .filter(|n| (1..=MAX_ITERATIONS).contains(n));
        let iterations = bounded.ok_or(ScramError::Iterations(iterations))?;
        Ok(Self {
            nonce,
            salt,
            iterations,
        })
    }
}

fn gs2_header(mechanism: &Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Plain => "n,,",
        Mechanism::PlainServerUnable => "y,,",
        Mechanism::Plus(_) => "p=tls-server-end-point,,",
    }
}

fn binding_input(mechanism: &Mechanism) -> Vec<u8> {
    let mut input = gs2_header(mechanism).as_bytes().to_vec();
    if let Mechanism::Plus(hash) = mechanism {
        input.extend_from_slice(hash);
    }
    input
}

/// SASLprep, or the text as it is where SASLprep refuses it: servers store such passwords
/// unprepared (PostgreSQL 18, `pg_be_scram_build_secret`).
fn prepare(password: &str) -> Cow<'_, str> {
    let prepared = stringprep::saslprep(password)
        .ok()
        .filter(|text| !text.is_empty());
    prepared.unwrap_or(Cow::Borrowed(password))
}

fn mac(key: &[u8], message: &[u8]) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key)
        .unwrap_or_else(|_| unreachable!("hmac takes keys of any length"));
    mac.update(message);
    mac
}

fn hmac(key: &[u8], message: &[u8]) -> Key {
    mac(key, message).finalize().into_bytes().into()
}

/// What a server that knows the password answers at the end.
#[cfg(test)]
pub(crate) fn server_final(
    password: &str,
    salt: &[u8],
    iterations: u32,
    auth_message: &str,
) -> String {
    let keys = Keys::derive(password, salt, iterations);
    format!(
        "v={}",
        BASE64.encode(hmac(&keys.server, auth_message.as_bytes()))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7677, section 3
    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
    const SERVER_FIRST: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
        s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const CLIENT_FINAL: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
        p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    const SERVER_FINAL: &str = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    fn start(mechanism: Mechanism) -> (Scram, String) {
        Scram::start_as("user", mechanism, "pencil".into(), NONCE.to_owned())
    }

    fn challenge(server_first: &str) -> Result<(Proven, String), ScramError> {
        start(Mechanism::Plain)
            .0
            .challenge(server_first, &KeyCache::default())
    }

    #[test]
    fn the_example_of_rfc_7677() {
        let (scram, first) = start(Mechanism::Plain);
        assert_eq!(first, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let (proven, client_final) = scram.challenge(SERVER_FIRST, &KeyCache::default()).unwrap();
        assert_eq!(client_final, CLIENT_FINAL);
        proven.verify(SERVER_FINAL).unwrap();
    }

    #[test]
    fn an_impostor_is_found_out() {
        let impostor = "v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
        for (message, expected) in [
            (impostor, ScramError::Signature),
            ("v=", ScramError::Signature),
            ("v=!", ScramError::Malformed("server-final-message")),
            ("", ScramError::Malformed("server-final-message")),
            (
                "e=invalid-proof",
                ScramError::Server("invalid-proof".to_owned()),
            ),
        ] {
            let (proven, _) = challenge(SERVER_FIRST).unwrap();
            assert_eq!(proven.verify(message).unwrap_err(), expected, "{message}");
        }
    }

    #[test]
    fn hostile_challenges_are_refused() {
        let with = |nonce: &str, rest: &str| challenge(&format!("r={nonce},{rest}")).err();
        let good = "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let longer = format!("{NONCE}x");
        assert_eq!(with("other", good), Some(ScramError::Nonce));
        assert_eq!(with(NONCE, good), Some(ScramError::Nonce));
        assert_eq!(with(&longer, "s=AA==,i=0"), Some(ScramError::Iterations(0)));
        assert_eq!(
            with(&longer, "s=AA==,i=4294967295"),
            Some(ScramError::Iterations(4_294_967_295))
        );
        let malformed = Some(ScramError::Malformed("server-first-message"));
        for rest in [
            "s=AA==",
            "s=,,i=1",
            "s=!,i=1",
            "i=1,s=AA==",
            "s=AA==,i=-1",
            "s=AA==,i=",
        ] {
            assert_eq!(with(&longer, rest), malformed, "{rest}");
        }
    }

    #[test]
    fn the_binding_is_under_the_proof() {
        let (scram, first) = start(Mechanism::Plus(vec![1, 2, 3]));
        assert!(first.starts_with("p=tls-server-end-point,,n=user,"));
        let (_, client_final) = scram.challenge(SERVER_FIRST, &KeyCache::default()).unwrap();
        let encoded = BASE64.encode(b"p=tls-server-end-point,,\x01\x02\x03");
        assert!(client_final.starts_with(&format!("c={encoded},r=")));
        let (scram, first) = start(Mechanism::PlainServerUnable);
        assert!(first.starts_with("y,,"));
        let (_, client_final) = scram.challenge(SERVER_FIRST, &KeyCache::default()).unwrap();
        assert!(client_final.starts_with("c=eSws,r="));
    }

    #[test]
    fn passwords_are_prepared_or_taken_raw() {
        assert_eq!(prepare("I\u{ad}X"), "IX"); // RFC 4013, section 3
        assert_eq!(prepare("\u{2168}"), "IX");
        for raw in ["\u{7}", "\u{ad}", "\u{627}1"] {
            assert_eq!(prepare(raw), raw);
        }
    }

    #[test]
    fn keys_are_remembered_for_the_same_password_only() {
        let cache = KeyCache::default();
        let keys = cache.keys(&"a".into(), b"salt", 2);
        assert!(
            cache
                .recall(&"a".into(), b"salt", 2)
                .is_some_and(|k| k.client == keys.client)
        );
        assert!(cache.recall(&"b".into(), b"salt", 2).is_none());
        assert!(cache.recall(&"a".into(), b"salt", 3).is_none());
        for n in 10..70 {
            cache.keys(&"a".into(), b"salt", n);
            assert!(
                cache.recall(&"a".into(), b"salt", 2).is_some(),
                "used: kept"
            );
        }
        for n in 100..200 {
            cache.keys(&"a".into(), b"salt", n);
        }
        assert!(cache.recall(&"a".into(), b"salt", 2).is_none());
        assert_eq!(cache.0.lock().unwrap().len(), REMEMBERED);
    }
}
