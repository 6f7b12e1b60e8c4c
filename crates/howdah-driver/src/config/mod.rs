//! Connection options: from all the places where libpq finds them to one validated value.
//!
//! [`Config`] is read once, with IO only through [`Environment`]: a connection string (URI or
//! `key=value`), options that override it, the service file, PG* variables, the passfile, then
//! defaults. Callers: [`crate::connect`], the Python module, the command. Invariants: an unknown
//! option or a value that cannot be honoured is an error here, before any connection is tried; no
//! text made from a `Config` shows a secret.

mod environment;
mod host;
mod keyvalue;
mod options;
mod passfile;
mod service;
mod tls;
mod uri;
mod values;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use howdah_wire::auth::{ChannelBinding, RequireAuth};
use howdah_wire::{ProtocolVersion, Secret};

pub(crate) use environment::account_name;
pub use environment::{Environment, FileFacts, System};
pub use host::{Host, Place};
pub use tls::{CertificateMode, RootCertificates, SslMode, TlsOptions, TlsVersion};

use crate::error::Error;
use passfile::Passfile;
use values::Values;

/// Validated connection options. Clones share them.
#[derive(Clone)]
pub struct Config(Arc<Resolved>);

/// What a [`Config`] holds.
#[derive(Clone)]
struct Resolved {
    given: Vec<(String, String)>,
    default_application_name: String,
    values: Values,
    warnings: Vec<String>,
    hosts: Vec<Host>,
    user: String,
    dbname: String,
    parameters: Vec<(String, String)>,
    connect_timeout: Option<Duration>,
    keepalive: Keepalive,
    tls: TlsOptions,
    require_auth: RequireAuth,
    channel_binding: ChannelBinding,
    require_peer: Option<String>,
    target: TargetSession,
    random_order: bool,
    protocol: ProtocolRange,
    statement_cache_size: usize,
}

/// Which servers are good enough: `target_session_attrs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetSession {
    /// Any server.
    Any,
    /// One whose sessions can write by default.
    ReadWrite,
    /// One whose sessions cannot.
    ReadOnly,
    /// One that is not in recovery.
    Primary,
    /// One that is.
    Standby,
    /// A standby if there is one, otherwise any.
    PreferStandby,
}

/// TCP's own watch over a silent peer. `None` is the system's setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keepalive {
    /// Whether probes are sent at all.
    pub enabled: bool,
    /// Silence before the first probe.
    pub idle: Option<Duration>,
    /// Time between probes.
    pub interval: Option<Duration>,
    /// Lost probes before the connection is dead.
    pub count: Option<u32>,
    /// How long sent data may stay unacknowledged.
    pub user_timeout: Option<Duration>,
}

/// The versions of the protocol that are acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProtocolRange {
    pub(crate) min: ProtocolVersion,
    pub(crate) max: ProtocolVersion,
    /// The user asked for `max`; otherwise a server that dislikes it is tried with 3.0.
    pub(crate) explicit: bool,
}

const DEFAULT_STATEMENT_CACHE_SIZE: usize = 256;

impl Config {
    /// Reads options on this machine: those of `dsn`, overridden by `options`.
    ///
    /// `default_application_name` names the connection if neither `application_name` nor
    /// `fallback_application_name` does.
    ///
    /// # Errors
    /// [`Kind::Configuration`](crate::Kind::Configuration) for an unknown option, a value that is
    /// malformed or cannot be honoured, or an unreadable service file.
    pub fn parse<'a>(
        dsn: Option<&str>,
        options: impl IntoIterator<Item = (&'a str, &'a str)>,
        default_application_name: &str,
    ) -> Result<Self, Error> {
        Self::parse_in(dsn, options, default_application_name, &System)
    }

    /// As [`Config::parse`], in another environment than this machine's.
    ///
    /// # Errors
    /// As [`Config::parse`].
    pub fn parse_in<'a>(
        dsn: Option<&str>,
        options: impl IntoIterator<Item = (&'a str, &'a str)>,
        default_application_name: &str,
        environment: &dyn Environment,
    ) -> Result<Self, Error> {
        let mut given = values::parse_dsn(dsn.unwrap_or_default())?;
        given.extend(
            options
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value.to_owned())),
        );
        Self::resolve(given, default_application_name.to_owned(), environment)
    }

    /// The same options with some replaced, or taken back by `None`; what is not given then is
    /// looked up again.
    ///
    /// # Errors
    /// As [`Config::parse`].
    pub fn replace<'a>(
        &self,
        options: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Result<Self, Error> {
        let mut given = self.0.given.clone();
        for (option, value) in options {
            options::find(option)?;
            given.retain(|(earlier, _)| earlier != option);
            given.extend(value.map(|value| (option.to_owned(), value.to_owned())));
        }
        Self::resolve(given, self.0.default_application_name.clone(), &System)
    }

    fn resolve(
        given: Vec<(String, String)>,
        default_application_name: String,
        environment: &dyn Environment,
    ) -> Result<Self, Error> {
        let values = Values::collect(&given, environment)?;
        let user = user(&values, environment)?;
        let dbname = values.get("dbname").unwrap_or(&user).to_owned();
        let mut resolved = Resolved {
            hosts: host::list(&values)?,
            parameters: parameters(&values, &dbname, &default_application_name, environment)?,
            connect_timeout: connect_timeout(&values)?,
            keepalive: keepalive(&values)?,
            tls: tls::read(&values, environment)?,
            require_auth: require_auth(&values)?,
            channel_binding: channel_binding(&values)?,
            require_peer: values.get("requirepeer").map(str::to_owned),
            target: target(&values)?,
            random_order: values.choice(
                "load_balance_hosts",
                &[("disable", false), ("random", true)],
                false,
            )?,
            protocol: protocol(&values)?,
            statement_cache_size: values
                .number("statement_cache_size", "a number, 0 for no cache")?
                .unwrap_or(DEFAULT_STATEMENT_CACHE_SIZE),
            warnings: Vec::new(),
            given,
            default_application_name,
            values,
            user,
            dbname,
        };
        resolved.find_passwords(environment);
        Ok(Self(Arc::new(resolved)))
    }

    /// The same options with another password, which is sought nowhere else then.
    #[must_use]
    pub fn with_password(&self, password: &str) -> Self {
        let mut resolved = (*self.0).clone();
        for host in &mut resolved.hosts {
            host.password = Some(password.into());
            host.passfile = None;
        }
        Self(Arc::new(resolved))
    }

    /// The servers to try, in order.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.0.hosts
    }

    /// The role to log in as.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.0.user
    }

    /// The database.
    #[must_use]
    pub fn dbname(&self) -> &str {
        &self.0.dbname
    }

    /// An option's text, from wherever it came; `None` if it has none or is a secret.
    #[must_use]
    pub fn get(&self, option: &str) -> Option<&str> {
        let spec = options::find(option).ok()?;
        if spec.secret {
            None
        } else {
            self.0.values.text(spec.keyword)
        }
    }

    /// What was found in the configuration and not used, for the user to read.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.0.warnings
    }

    /// How long one address may take to connect and log in; `None` is for ever.
    #[must_use]
    pub fn connect_timeout(&self) -> Option<Duration> {
        self.0.connect_timeout
    }

    /// How many prepared statements a connection keeps.
    #[must_use]
    pub fn statement_cache_size(&self) -> usize {
        self.0.statement_cache_size
    }

    /// TCP keepalive.
    #[must_use]
    pub fn keepalive(&self) -> &Keepalive {
        &self.0.keepalive
    }

    /// TLS.
    #[must_use]
    pub fn tls(&self) -> &TlsOptions {
        &self.0.tls
    }

    /// Which servers are good enough.
    #[must_use]
    pub fn target_session(&self) -> TargetSession {
        self.0.target
    }

    pub(crate) fn parameters(&self) -> &[(String, String)] {
        &self.0.parameters
    }

    pub(crate) fn require_auth(&self) -> &RequireAuth {
        &self.0.require_auth
    }

    pub(crate) fn channel_binding(&self) -> ChannelBinding {
        self.0.channel_binding
    }

    pub(crate) fn require_peer(&self) -> Option<&str> {
        self.0.require_peer.as_deref()
    }

    pub(crate) fn random_order(&self) -> bool {
        self.0.random_order
    }

    pub(crate) fn protocol(&self) -> ProtocolRange {
        self.0.protocol
    }
}

impl Resolved {
    fn find_passwords(&mut self, environment: &dyn Environment) {
        if let Some(password) = self.values.get("password") {
            for host in &mut self.hosts {
                host.password = Some(password.into());
            }
            return;
        }
        let named = self.values.get("passfile").map(PathBuf::from);
        let path = named.or_else(|| environment.home().map(|home| home.join(".pgpass")));
        let Some(path) = path else { return };
        let passfile = Passfile::load(&path, environment, &mut self.warnings);
        for host in &mut self.hosts {
            let found =
                passfile.password(host.passfile_name(), host.port, &self.dbname, &self.user);
            host.passfile = found.is_some().then(|| path.clone());
            host.password = found.map(Secret::from);
        }
    }
}

/// `key='value' …` of everything that is set, without secrets.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (keyword, text)) in self.0.values.shown().enumerate() {
            let space = if index == 0 { "" } else { " " };
            let plain = !text.is_empty() && !text.contains([' ', '\'', '\\']);
            if plain {
                write!(f, "{space}{keyword}={text}")?;
            } else {
                let escaped = text.replace('\\', r"\\").replace('\'', r"\'");
                write!(f, "{space}{keyword}='{escaped}'")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Config({self})")
    }
}

fn user(values: &Values, environment: &dyn Environment) -> Result<String, Error> {
    let named = values.get("user").map(str::to_owned);
    named.or_else(|| environment.account()).ok_or_else(|| {
        Error::configuration("no `user` was given, and this account has no name")
            .with_hint("give `user`, or set PGUSER")
    })
}

/// What the startup message carries besides the user.
fn parameters(
    values: &Values,
    dbname: &str,
    default_application_name: &str,
    environment: &dyn Environment,
) -> Result<Vec<(String, String)>, Error> {
    client_encoding(values)?;
    let mut parameters = vec![
        ("database", dbname.to_owned()),
        ("client_encoding", "UTF8".into()),
    ];
    let name = ["application_name", "fallback_application_name"]
        .iter()
        .find_map(|option| values.get(option))
        .unwrap_or(default_application_name);
    if !name.is_empty() {
        parameters.push(("application_name", name.to_owned()));
    }
    for option in ["options", "replication"] {
        parameters.extend(values.get(option).map(|text| (option, text.to_owned())));
    }
    for (variable, setting) in options::SESSION_VARIABLES {
        let value = values::variable(variable, environment)?;
        let value = value.filter(|text| !text.eq_ignore_ascii_case("default"));
        parameters.extend(value.map(|text| (setting, text)));
    }
    Ok(parameters
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text))
        .collect())
}

/// Text is UTF-8 on both sides of the wire: the server converts.
fn client_encoding(values: &Values) -> Result<(), Error> {
    let Some(encoding) = values.get("client_encoding") else {
        return Ok(());
    };
    let plain: String = encoding
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    if ["utf8", "unicode", "auto"].contains(&plain.to_ascii_lowercase().as_str()) {
        return Ok(());
    }
    Err(values.invalid(
        "client_encoding",
        "`UTF8`, the only encoding that howdah speaks",
    ))
}

fn connect_timeout(values: &Values) -> Result<Option<Duration>, Error> {
    let seconds: Option<i32> = values.number("connect_timeout", "a whole number of seconds")?;
    let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
    Ok(seconds
        .filter(|seconds| *seconds > 0)
        .map(Duration::from_secs))
}

fn keepalive(values: &Values) -> Result<Keepalive, Error> {
    // negative and zero: the system's default, as in libpq
    let positive = |option| -> Result<Option<u32>, Error> {
        let number: Option<i32> = values.number(option, "a whole number")?;
        Ok(number
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| *number > 0))
    };
    let seconds = |option| -> Result<Option<Duration>, Error> {
        Ok(positive(option)?.map(|seconds| Duration::from_secs(seconds.into())))
    };
    let user_timeout_ms = positive("tcp_user_timeout")?;
    Ok(Keepalive {
        enabled: values.flag("keepalives", true)?,
        idle: seconds("keepalives_idle")?,
        interval: seconds("keepalives_interval")?,
        count: positive("keepalives_count")?,
        user_timeout: user_timeout_ms.map(|ms| Duration::from_millis(ms.into())),
    })
}

fn require_auth(values: &Values) -> Result<RequireAuth, Error> {
    values
        .get("require_auth")
        .unwrap_or_default()
        .parse()
        .map_err(|problem: String| {
            let expected = "a list such as `scram-sha-256,md5` or `!password`";
            let error = values.invalid("require_auth", expected);
            let message = format!("{} ({problem})", error.message());
            error.with_message(message)
        })
}

fn channel_binding(values: &Values) -> Result<ChannelBinding, Error> {
    let choices = [
        ("disable", ChannelBinding::Disable),
        ("prefer", ChannelBinding::Prefer),
        ("require", ChannelBinding::Require),
    ];
    values.choice("channel_binding", &choices, ChannelBinding::Prefer)
}

fn target(values: &Values) -> Result<TargetSession, Error> {
    let choices = [
        ("any", TargetSession::Any),
        ("read-write", TargetSession::ReadWrite),
        ("read-only", TargetSession::ReadOnly),
        ("primary", TargetSession::Primary),
        ("standby", TargetSession::Standby),
        ("prefer-standby", TargetSession::PreferStandby),
    ];
    values.choice("target_session_attrs", &choices, TargetSession::Any)
}

fn protocol(values: &Values) -> Result<ProtocolRange, Error> {
    let choices = [
        ("3.0", ProtocolVersion::V3_0),
        ("3.2", ProtocolVersion::V3_2),
        ("latest", ProtocolVersion::V3_2),
    ];
    let min = values.choice("min_protocol_version", &choices, ProtocolVersion::V3_0)?;
    let max = values.choice("max_protocol_version", &choices, ProtocolVersion::V3_2)?;
    if min > max {
        let expected = "a version not below `min_protocol_version`";
        return Err(values.invalid("max_protocol_version", expected));
    }
    let explicit = values.get("max_protocol_version").is_some() || min == max;
    Ok(ProtocolRange { min, max, explicit })
}

#[cfg(test)]
mod tests;
