//! The TLS options and their defaults. No IO but through [`Environment`].
//!
//! Invariant: `verify-*` without a root certificate, and combinations that could only fail later,
//! are refused here.

use std::path::{Path, PathBuf};

use howdah_wire::Secret;

use super::environment::Environment;
use super::values::Values;
use crate::error::Error;

/// libpq's `sslmode`, in the order of strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    /// Never TLS.
    Disable,
    /// TLS only if the server refuses to go on without.
    Allow,
    /// TLS if the server has it.
    Prefer,
    /// TLS, with any certificate unless a root certificate is there.
    Require,
    /// TLS, with a certificate that a root has signed.
    VerifyCa,
    /// As `VerifyCa`, and the certificate is for this host.
    VerifyFull,
}

/// Whose signatures count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootCertificates {
    /// Nobody's: certificates are not checked.
    None,
    /// The system's.
    System,
    /// Those in this PEM file.
    File(PathBuf),
}

/// `sslcertmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateMode {
    /// A client certificate is never sent.
    Disable,
    /// One is sent if there is one and the server asks.
    Allow,
    /// The server must ask for one and it must be there.
    Require,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

/// Everything that TLS needs to know.
#[derive(Debug, Clone)]
pub struct TlsOptions {
    /// Whether TLS is used, and how much is checked.
    pub mode: SslMode,
    /// TLS from the first byte, without SSLRequest.
    pub direct: bool,
    /// The roots that certificates are checked against.
    pub roots: RootCertificates,
    /// A list of revoked certificates, PEM; with one, every certificate must be covered by it.
    pub revocations: Option<PathBuf>,
    /// A directory of such lists.
    pub revocation_directory: Option<PathBuf>,
    /// Whether the client may or must show a certificate.
    pub certificate_mode: CertificateMode,
    /// The client's certificate chain, PEM.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM.
    pub key: Option<PathBuf>,
    /// The passphrase of an encrypted key.
    pub key_password: Option<Secret>,
    /// Whether the server is told the name that the client wants (SNI).
    pub server_name: bool,
    /// The oldest version to accept.
    pub min_version: TlsVersion,
    /// The newest version to offer.
    pub max_version: TlsVersion,
}

const MODES: [(&str, SslMode); 6] = [
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

impl SslMode {
    /// As connection strings spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        MODES
            .iter()
            .find(|(_, mode)| *mode == self)
            .map_or("", |(name, _)| name)
    }
}

pub(super) fn read(values: &Values, environment: &dyn Environment) -> Result<TlsOptions, Error> {
    let roots = roots(values, environment);
    let mode = mode(values, &roots)?;
    let direct = values.choice(
        "sslnegotiation",
        &[("postgres", false), ("direct", true)],
        false,
    )?;
    if direct && mode < SslMode::Require {
        return Err(Error::configuration(format!(
            "`sslnegotiation=direct` needs `sslmode=require` or stronger, found `{}`",
            mode.name()
        )));
    }
    if mode >= SslMode::VerifyCa && roots == RootCertificates::None {
        return Err(no_roots(mode));
    }
    let certificate_modes = [
        ("disable", CertificateMode::Disable),
        ("allow", CertificateMode::Allow),
        ("require", CertificateMode::Require),
    ];
    let (min_version, max_version) = versions(values)?;
    Ok(TlsOptions {
        mode,
        direct,
        roots,
        revocations: file(values, "sslcrl", "root.crl", environment),
        revocation_directory: values.get("sslcrldir").map(PathBuf::from),
        certificate_mode: values.choice(
            "sslcertmode",
            &certificate_modes,
            CertificateMode::Allow,
        )?,
        certificate: file(values, "sslcert", "postgresql.crt", environment),
        key: file(values, "sslkey", "postgresql.key", environment),
        key_password: values.get("sslpassword").map(Secret::from),
        server_name: values.flag("sslsni", true)?,
        min_version,
        max_version,
    })
}

fn mode(values: &Values, roots: &RootCertificates) -> Result<SslMode, Error> {
    let system = *roots == RootCertificates::System;
    let default = if system {
        SslMode::VerifyFull
    } else {
        SslMode::Prefer
    };
    let mode = values.choice("sslmode", &MODES, default)?;
    if system && mode != SslMode::VerifyFull {
        // anybody can have a certificate of a public authority, so its signature alone says nothing
        return Err(Error::configuration(format!(
            "`sslrootcert=system` needs `sslmode=verify-full`, found `{}`",
            mode.name()
        )));
    }
    Ok(mode)
}

fn roots(values: &Values, environment: &dyn Environment) -> RootCertificates {
    if values.get("sslrootcert") == Some("system") {
        return RootCertificates::System;
    }
    file(values, "sslrootcert", "root.crt", environment)
        .map_or(RootCertificates::None, RootCertificates::File)
}

/// A file that was named, or the one in `~/.postgresql` if it is there. libpq leaves unchecked
/// whether a named root certificate exists when nothing is verified; a name is a wish, so here it
/// must.
fn file(
    values: &Values,
    option: &str,
    default: &str,
    environment: &dyn Environment,
) -> Option<PathBuf> {
    if let Some(path) = values.get(option) {
        return Some(expand_home(Path::new(path), environment));
    }
    let path = environment.home()?.join(".postgresql").join(default);
    environment.inspect(&path).is_ok().then_some(path)
}

fn expand_home(path: &Path, environment: &dyn Environment) -> PathBuf {
    match (path.strip_prefix("~"), environment.home()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

fn no_roots(mode: SslMode) -> Error {
    Error::configuration(format!(
        "`sslmode={}` needs a root certificate: expected `sslrootcert` or `~/.postgresql/root.crt`",
        mode.name()
    ))
    .with_hint("give `sslrootcert=FILE`, or `sslrootcert=system` for the system's authorities")
}

fn versions(values: &Values) -> Result<(TlsVersion, TlsVersion), Error> {
    // rustls has nothing below TLS 1.2, which is libpq's default minimum too
    let minimum = [
        ("TLSv1", TlsVersion::V1_2),
        ("TLSv1.1", TlsVersion::V1_2),
        ("TLSv1.2", TlsVersion::V1_2),
        ("TLSv1.3", TlsVersion::V1_3),
    ];
    let maximum = [("TLSv1.2", TlsVersion::V1_2), ("TLSv1.3", TlsVersion::V1_3)];
    let min = values.choice("ssl_min_protocol_version", &minimum, TlsVersion::V1_2)?;
    let max = values.choice("ssl_max_protocol_version", &maximum, TlsVersion::V1_3)?;
    if min > max {
        let expected = "a version not below `ssl_min_protocol_version`";
        return Err(values.invalid("ssl_max_protocol_version", expected));
    }
    Ok((min, max))
}
