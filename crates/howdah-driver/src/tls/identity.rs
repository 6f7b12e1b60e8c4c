//! The client's certificate and its private key. IO: reads their files.
//!
//! The rules are libpq's: a key that others can read is refused; an encrypted key needs
//! `sslpassword`. Invariant: no error shows anything of the key or its passphrase.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use howdah_wire::Secret;
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;

use super::{certificates, read};
use crate::config::{CertificateMode, Environment, System, TlsOptions};
use crate::error::{Error, io_text};

/// Shows the certificate when the server asks, and remembers whether it did.
pub(super) struct Identity {
    key: Option<Arc<CertifiedKey>>,
    asked: AtomicBool,
}

impl Identity {
    /// Reads what `options` name.
    pub(super) fn load(options: &TlsOptions, provider: &CryptoProvider) -> Result<Self, Error> {
        let key = match options.certificate_mode {
            CertificateMode::Disable => None,
            _ => certified_key(options, provider)?,
        };
        if key.is_none() && options.certificate_mode == CertificateMode::Require {
            return Err(Error::configuration(
                "`sslcertmode=require` needs a client certificate: expected `sslcert`",
            ));
        }
        Ok(Self {
            key: key.map(Arc::new),
            asked: AtomicBool::new(false),
        })
    }

    /// Whether the server asked for a certificate.
    pub(super) fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        // also without one: only then are we told that the server asks
        true
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("present", &self.key.is_some())
            .finish_non_exhaustive()
    }
}

fn certified_key(
    options: &TlsOptions,
    provider: &CryptoProvider,
) -> Result<Option<CertifiedKey>, Error> {
    let Some(path) = &options.certificate else {
        return Ok(None);
    };
    let chain = certificates("sslcert", path)?;
    let Some(key_path) = &options.key else {
        return Err(Error::configuration(format!(
            "`sslcert` is `{}`, and there is no private key for it: expected `sslkey`",
            path.display()
        )));
    };
    check_permissions(key_path)?;
    let key = private_key(key_path, options.key_password.as_ref())?;
    let key = CertifiedKey::from_der(chain, key, provider).map_err(|error| {
        let (certificate, key) = (path.display(), key_path.display());
        Error::configuration(format!(
            "certificate `{certificate}` and private key `{key}` do not go together: {error}"
        ))
    })?;
    Ok(Some(key))
}

/// Owner only; a key of root may also be readable for a group.
fn check_permissions(path: &Path) -> Result<(), Error> {
    let shown = path.display();
    let facts = System.inspect(path).map_err(|error| {
        Error::configuration(format!(
            "cannot read `sslkey` `{shown}`: {}",
            io_text(&error)
        ))
    })?;
    if !facts.regular {
        return Err(Error::configuration(format!(
            "`sslkey` `{shown}` is not a plain file"
        )));
    }
    let forbidden = if facts.owner == 0 { 0o037 } else { 0o077 };
    if facts.mode & forbidden == 0 {
        return Ok(());
    }
    Err(Error::configuration(format!(
        "`sslkey` `{shown}` can be read by others: its mode is {:04o}",
        facts.mode
    ))
    .with_hint(format!("chmod 0600 {shown}")))
}

fn private_key(path: &Path, password: Option<&Secret>) -> Result<PrivateKeyDer<'static>, Error> {
    let shown = path.display();
    let pem = read("sslkey", path)?;
    let text = String::from_utf8_lossy(&pem);
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") {
        return decrypt(&text, password)
            .map_err(|error| error.within(format!("`sslkey` `{shown}`")));
    }
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(Error::configuration(format!(
            "`sslkey` `{shown}` is encrypted in the old form of OpenSSL, which is not supported"
        ))
        .with_hint(format!(
            "openssl pkcs8 -topk8 -v2 aes256 -in {shown} -out NEW_KEY"
        )));
    }
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
        Error::configuration(format!("`sslkey` `{shown}` holds no private key in PEM"))
    })
}

fn decrypt(pem: &str, password: Option<&Secret>) -> Result<PrivateKeyDer<'static>, Error> {
    let password = password.ok_or_else(|| {
        Error::configuration("the private key is encrypted").with_hint("give `sslpassword`")
    })?;
    let malformed = || Error::configuration("the encrypted private key is malformed");
    let (_, der) =
        pkcs8::der::pem::decode_vec(pem_block(pem).as_bytes()).map_err(|_| malformed())?;
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(&*der).map_err(|_| malformed())?;
    let key = encrypted.decrypt(password.expose()).map_err(|_| {
        Error::configuration("the private key cannot be decrypted")
            .with_hint("is `sslpassword` right? supported are PBES2 with AES and PBKDF2 or scrypt")
    })?;
    Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into())
}

/// The encrypted key's block, without what stands around it.
fn pem_block(text: &str) -> &str {
    let (begin, end) = (
        "-----BEGIN ENCRYPTED PRIVATE KEY",
        "-----END ENCRYPTED PRIVATE KEY-----",
    );
    let start = text.find(begin).unwrap_or_default();
    let stop = text.find(end).map_or(text.len(), |at| at + end.len());
    text.get(start..stop).unwrap_or_default()
}
