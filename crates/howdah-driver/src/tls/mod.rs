//! TLS by rustls, with libpq's meaning of the options.
//!
//! IO: reads certificates; the socket's IO is in [`TlsStream`]. Callers: [`crate::connect`] and
//! [`Canceller`](crate::Canceller). Invariant: a connection that `sslmode` wants checked is either
//! checked or refused.

mod certificate;
mod identity;
mod stream;
mod verify;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use howdah_wire::auth::TlsChannel;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, RootCertStore,
    SupportedProtocolVersion,
};

pub(crate) use stream::TlsStream;

use crate::config::{CertificateMode, Host, RootCertificates, SslMode, TlsOptions, TlsVersion};
use crate::error::{Error, Kind, io_text};
use identity::Identity;
use verify::{Trust, Verifier};

/// "postgresql", registered for ALPN; obligatory where TLS begins without SSLRequest.
const ALPN: &[u8] = b"postgresql";

/// What is needed to begin TLS with one server.
pub(crate) struct Connector {
    config: Arc<ClientConfig>,
    identity: Arc<Identity>,
    must_be_asked: bool,
    direct: bool,
}

impl Connector {
    /// Reads the files that `options` name. They are read for each connection, so that renewed
    /// certificates need no restart.
    pub(crate) fn new(options: &TlsOptions) -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let verifier = verifier(options, &provider)?;
        let identity = Arc::new(Identity::load(options, &provider)?);
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions(options))
            .map_err(|error| internal(&error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(identity.clone());
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.enable_sni = options.server_name;
        // PostgreSQL's servers issue no tickets
        config.resumption = rustls::client::Resumption::disabled();
        let must_be_asked = options.certificate_mode == CertificateMode::Require;
        Ok(Self {
            config: Arc::new(config),
            identity,
            must_be_asked,
            direct: options.direct,
        })
    }

    /// A connection to `host` that has not begun.
    pub(crate) fn begin(&self, host: &Host) -> Result<TlsStream, Error> {
        let name = ServerName::try_from(host.name.clone()).map_err(|_| {
            Error::configuration(format!("TLS cannot verify the host name `{}`", host.name))
        })?;
        let connection = ClientConnection::new(self.config.clone(), name)
            .map_err(|error| Error::new(Kind::Configuration, format!("TLS: {error}")))?;
        Ok(TlsStream::new(connection))
    }

    /// Checks what the handshake has agreed on.
    pub(crate) fn finish(&self, stream: &TlsStream) -> Result<(), Error> {
        if self.direct && stream.connection().alpn_protocol() != Some(ALPN) {
            return Err(
                Error::protocol("the server did not agree on ALPN protocol `postgresql`")
                    .with_hint("`sslnegotiation=direct` needs PostgreSQL 17 or newer"),
            );
        }
        if self.must_be_asked && !self.identity.was_asked() {
            return Err(Error::configuration(
                "`sslcertmode` is `require`, and the server did not ask for a certificate",
            ));
        }
        Ok(())
    }
}

/// What SCRAM can bind to.
pub(crate) fn channel(stream: &TlsStream) -> TlsChannel {
    let certificates = stream.connection().peer_certificates().unwrap_or_default();
    let server_end_point = certificates
        .first()
        .and_then(|it| certificate::server_end_point(it));
    TlsChannel { server_end_point }
}

/// The error for a failed handshake, with what the user can do.
pub(crate) fn refused(error: &io::Error) -> Error {
    let ours = match error.kind() {
        io::ErrorKind::TimedOut => Error::new(Kind::Timeout, "the TLS handshake took too long"),
        io::ErrorKind::Interrupted => Error::new(Kind::Interrupted, "the TLS handshake ended"),
        io::ErrorKind::UnexpectedEof => Error::new(
            Kind::Io,
            "the server closed the connection during the TLS handshake",
        ),
        _ => Error::new(
            Kind::Io,
            format!("the TLS handshake failed: {}", io_text(error)),
        ),
    };
    match explanation(error) {
        Some((message, hint)) => Error::new(Kind::Configuration, message).with_hint(hint),
        None => ours,
    }
}

/// What rustls' verdict means for the one who configured the connection.
fn explanation(error: &io::Error) -> Option<(String, &'static str)> {
    let error: &rustls::Error = error.get_ref()?.downcast_ref()?;
    match error {
        rustls::Error::InvalidCertificate(error) => {
            let (what, hint) = certificate_fault(error);
            Some((
                format!("the server's certificate is not accepted: {what}"),
                hint,
            ))
        }
        rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure,
        ) => Some((
            "the server demands another TLS handshake".to_owned(),
            "does it ask for a client certificate (`sslcert`, `sslkey`)?",
        )),
        _ => None,
    }
}

/// What is wrong with a certificate, and what helps.
fn certificate_fault(error: &CertificateError) -> (String, &'static str) {
    use CertificateError as C;
    const GIVE_ROOTS: &str = "give the authority's certificate as `sslrootcert=FILE`, \
                              or `sslrootcert=system` for the system's authorities";
    match error {
        C::UnknownIssuer => (
            "no root certificate of ours has signed it".to_owned(),
            GIVE_ROOTS,
        ),
        C::Revoked => (
            "it has been revoked".to_owned(),
            "the server needs another certificate",
        ),
        C::UnknownRevocationStatus => (
            "no list of revoked certificates covers it".to_owned(),
            "`sslcrl` must hold a list of every authority in the chain",
        ),
        C::NotValidForName | C::NotValidForNameContext { .. } => (
            "it is for another host".to_owned(),
            "connect by a name that the certificate has, or use `sslmode=verify-ca`",
        ),
        C::Expired | C::ExpiredContext { .. } => (
            "it has expired".to_owned(),
            "renew it on the server, or check this machine's clock",
        ),
        // what rustls has no name of its own for, by its verifier's name
        C::Other(other) => match other.to_string().as_str() {
            "CaUsedAsEndEntity" => (
                "it is self-signed and not a root certificate of ours".to_owned(),
                GIVE_ROOTS,
            ),
            "UnsupportedCertVersion" => (
                "it is of X.509 version 1, which carries no host names".to_owned(),
                "make it anew with a subjectAltName (`openssl x509 -req -extfile …`)",
            ),
            other => (other.to_owned(), "see `sslmode` for what is checked"),
        },
        other => (other.to_string(), "see `sslmode` for what is checked"),
    }
}

fn versions(options: &TlsOptions) -> Vec<&'static SupportedProtocolVersion> {
    let all = [
        (TlsVersion::V1_2, &rustls::version::TLS12),
        (TlsVersion::V1_3, &rustls::version::TLS13),
    ];
    let wanted = options.min_version..=options.max_version;
    all.into_iter()
        .filter(|(version, _)| wanted.contains(version))
        .map(|(_, it)| it)
        .collect()
}

fn verifier(options: &TlsOptions, provider: &Arc<CryptoProvider>) -> Result<Verifier, Error> {
    let names = options.mode == SslMode::VerifyFull;
    let trust = match &options.roots {
        RootCertificates::None => return Ok(Verifier::any(provider.clone())),
        // nothing is promised below `require`, so a file that is not there takes nothing away
        RootCertificates::File(path) if options.mode < SslMode::Require && !path.exists() => {
            return Ok(Verifier::any(provider.clone()));
        }
        RootCertificates::File(path) => Trust {
            store: store("sslrootcert", path)?,
            roots: certificates("sslrootcert", path)?,
            revocations: revocations(options)?,
        },
        RootCertificates::System => Trust {
            store: system_roots()?,
            roots: Vec::new(),
            revocations: revocations(options)?,
        },
    };
    Verifier::new(provider.clone(), trust, names).map_err(|error| {
        Error::configuration(format!(
            "the lists of revoked certificates cannot be used: {error}"
        ))
    })
}

fn store(option: &str, path: &Path) -> Result<Arc<RootCertStore>, Error> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(certificates(option, path)?);
    if store.is_empty() {
        let path = path.display();
        return Err(Error::configuration(format!(
            "`{option}` `{path}` holds no usable certificate"
        )));
    }
    Ok(Arc::new(store))
}

/// The lists of `sslcrl` and of the files in `sslcrldir`.
fn revocations(options: &TlsOptions) -> Result<Vec<CertificateRevocationListDer<'static>>, Error> {
    let mut files: Vec<PathBuf> = options.revocations.iter().cloned().collect();
    if let Some(directory) = &options.revocation_directory {
        let unreadable = |error: io::Error| {
            let (directory, reason) = (directory.display(), io_text(&error));
            Error::configuration(format!("cannot read `sslcrldir` `{directory}`: {reason}"))
        };
        for entry in std::fs::read_dir(directory).map_err(unreadable)? {
            files.push(entry.map_err(unreadable)?.path());
        }
    }
    let mut lists = Vec::new();
    for file in files {
        let pem = read("sslcrl", &file)?;
        let found: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(&pem).collect();
        lists.extend(
            found
                .ok()
                .filter(|found| !found.is_empty())
                .ok_or_else(|| {
                    let file = file.display();
                    Error::configuration(format!(
                        "`sslcrl` `{file}` holds no revocation list in PEM"
                    ))
                })?,
        );
    }
    Ok(lists)
}

/// The system's authorities, read once in a process: there are over a hundred.
fn system_roots() -> Result<Arc<RootCertStore>, Error> {
    static STORE: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    if let Some(store) = STORE.get() {
        return Ok(store.clone());
    }
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        let reasons: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        return Err(Error::configuration(format!(
            "`sslrootcert=system`: this system has no root certificates {}",
            reasons.join("; ")
        ))
        .with_hint("install its package `ca-certificates`, or set SSL_CERT_FILE"));
    }
    Ok(STORE.get_or_init(|| Arc::new(store)).clone())
}

/// The certificates in the PEM file that `option` names; at least one.
fn certificates(option: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let pem = read(option, path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    certificates
        .ok()
        .filter(|found| !found.is_empty())
        .ok_or_else(|| {
            Error::configuration(format!(
                "`{option}` `{}` holds no certificate in PEM",
                path.display()
            ))
        })
}

fn read(option: &str, path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| {
        let (path, reason) = (path.display(), io_text(&error));
        Error::configuration(format!("cannot read `{option}` `{path}`: {reason}"))
    })
}

fn internal(error: &dyn std::fmt::Display) -> Error {
    Error::new(Kind::Internal, format!("TLS: {error}; please report this"))
}
