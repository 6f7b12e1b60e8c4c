//! Whether a server's certificate is good enough, as `sslmode` says. No IO.
//!
//! rustls' own verifier decides about chains, times and names. Around it stand what libpq allows
//! besides: no check at all (`require` without roots), no check of the name (`verify-ca`), a root
//! file that holds the server's self-signed certificate itself, and the common name of
//! certificates without alternative names. Invariant: signatures of the handshake are always
//! checked, so that the server holds the key of the certificate that channel binding uses.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::certificate::{common_name, is_valid_at};

/// The check that one connection asks for.
#[derive(Debug)]
pub(super) struct Verifier {
    provider: Arc<CryptoProvider>,
    /// None: any certificate will do.
    chain: Option<Chain>,
    /// Whether the certificate must be for the host.
    names: bool,
}

/// What a chain of certificates is checked against.
pub(super) struct Trust {
    pub(super) store: Arc<RootCertStore>,
    /// Certificates that are trusted as they are.
    pub(super) roots: Vec<CertificateDer<'static>>,
    /// With any, the whole chain must be covered by them, and they must not be out of date.
    pub(super) revocations: Vec<CertificateRevocationListDer<'static>>,
}

#[derive(Debug)]
struct Chain {
    webpki: Arc<WebPkiServerVerifier>,
    /// The roots themselves, one of which may be the server's own certificate.
    roots: Vec<CertificateDer<'static>>,
}

impl Verifier {
    pub(super) fn any(provider: Arc<CryptoProvider>) -> Self {
        Self {
            provider,
            chain: None,
            names: false,
        }
    }

    /// Checks against `trust`, and the name too if `names` says so.
    pub(super) fn new(
        provider: Arc<CryptoProvider>,
        trust: Trust,
        names: bool,
    ) -> Result<Self, VerifierBuilderError> {
        let webpki = WebPkiServerVerifier::builder_with_provider(trust.store, provider.clone())
            .with_crls(trust.revocations)
            .enforce_revocation_expiration()
            .build()?;
        let roots = trust.roots;
        Ok(Self {
            provider,
            chain: Some(Chain { webpki, roots }),
            names,
        })
    }

    fn check_name(&self, certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> Checked {
        if !self.names {
            return Ok(ServerCertVerified::assertion());
        }
        match verify_server_name(&ParsedCertificate::try_from(certificate)?, name) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            Err(error) => by_common_name(certificate, name, error),
        }
    }
}

type Checked = Result<ServerCertVerified, Error>;

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Checked {
        let Some(chain) = &self.chain else {
            return Ok(ServerCertVerified::assertion());
        };
        if chain.roots.contains(end_entity) {
            return match is_valid_at(end_entity, now.as_secs()) {
                Some(true) => self.check_name(end_entity, server_name),
                Some(false) => Err(CertificateError::Expired.into()),
                None => Err(CertificateError::BadEncoding.into()),
            };
        }
        let webpki = &chain.webpki;
        match webpki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        {
            // the chain is good; rustls looks at the name last
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => self.check_name(end_entity, server_name),
            checked => checked,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// "If the certificate contains no Subject Alternative Name extension of type dNSName, the Common
/// Name attribute is compared" (18, 32.19.1, after RFC 6125).
fn by_common_name(
    certificate: &CertificateDer<'_>,
    name: &ServerName<'_>,
    error: Error,
) -> Checked {
    let has_alternatives = matches!(
        &error,
        Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. })
            if !presented.is_empty()
    );
    let matches = !has_alternatives
        && common_name(certificate).is_some_and(|common| name_matches(&common, &name.to_str()));
    if matches {
        Ok(ServerCertVerified::assertion())
    } else {
        Err(error)
    }
}

/// A name, or `*.` and the rest of it after its first label.
fn name_matches(pattern: &str, host: &str) -> bool {
    let rest_of_host = host.split_once('.').map(|(_, rest)| rest);
    match pattern.strip_prefix("*.") {
        Some(rest) => rest_of_host.is_some_and(|host| host.eq_ignore_ascii_case(rest)),
        None => pattern.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        for (pattern, host, expected) in [
            ("db.example.com", "DB.example.com", true),
            ("*.example.com", "db.example.com", true),
            ("*.example.com", "a.db.example.com", false),
            ("*.example.com", "example.com", false),
            ("*", "db", false),
            ("d*.example.com", "db.example.com", false),
        ] {
            assert_eq!(
                name_matches(pattern, host),
                expected,
                "{pattern} for {host}"
            );
        }
    }
}
