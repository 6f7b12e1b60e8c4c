//! The servers to try: `host`, `hostaddr` and `port` as a list. No IO but through the passfile.
//!
//! Called by `config`. Invariant: there is at least one [`Host`], and each has a port and either
//! an address, a name or a socket's directory.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use howdah_wire::Secret;

use super::values::Values;
use crate::error::Error;

/// Where libpq's builders put the server's socket: Debian and Red Hat, then the sources.
const SOCKET_DIRECTORIES: [&str; 2] = ["/var/run/postgresql", "/tmp"];
const DEFAULT_PORT: u16 = 5432;

/// One server to try.
#[derive(Debug, Clone)]
pub struct Host {
    /// The name, address or socket directory as the user wrote it: what certificates are
    /// compared with and what messages show.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// The TCP port, or the number in the socket's file name.
    pub port: u16,
    pub(crate) password: Option<Secret>,
    /// The passfile that the password is from.
    pub(crate) passfile: Option<PathBuf>,
}

/// How to reach a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A name to resolve.
    Name(String),
    /// An address (`hostaddr`, or an address given as `host`).
    Address(IpAddr),
    /// A unix socket's file, `DIR/.s.PGSQL.PORT`.
    Socket(PathBuf),
    /// A socket in Linux' abstract namespace, without the leading `@`.
    Abstract(String),
}

impl Host {
    /// Whether it is reached by a unix socket, where TLS has no place.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self.place, Place::Socket(_) | Place::Abstract(_))
    }

    /// The name by which the passfile knows this host.
    pub(super) fn passfile_name(&self) -> &str {
        if SOCKET_DIRECTORIES.contains(&self.name.as_str()) {
            "localhost"
        } else {
            &self.name
        }
    }
}

/// ``host `db.example.com`, port 5432`` or ``socket `/tmp/.s.PGSQL.5432` ``.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Socket(path) => write!(f, "socket `{}`", path.display()),
            Place::Abstract(name) => write!(f, "socket `@{name}`"),
            Place::Address(address) if address.to_string() != self.name => {
                write!(f, "host `{}` ({address}), port {}", self.name, self.port)
            }
            _ => write!(f, "host `{}`, port {}", self.name, self.port),
        }
    }
}

/// The list that `host`, `hostaddr` and `port` make.
pub(super) fn list(values: &Values) -> Result<Vec<Host>, Error> {
    let split = |keyword| {
        values
            .get(keyword)
            .map(|text| text.split(',').collect::<Vec<_>>())
    };
    let names = split("host");
    let addresses = split("hostaddr");
    let count = match (&names, &addresses) {
        (Some(names), Some(addresses)) if names.len() != addresses.len() => {
            return Err(Error::configuration(format!(
                "`host` lists {} servers and `hostaddr` {}: expected as many",
                names.len(),
                addresses.len()
            )));
        }
        (Some(list), _) | (None, Some(list)) => list.len(),
        (None, None) => 1,
    };
    let ports = ports(values, count)?;
    let mut hosts = Vec::with_capacity(count);
    for (index, port) in ports.into_iter().enumerate() {
        let pick = |list: &Option<Vec<&str>>| {
            list.as_ref()
                .and_then(|list| list.get(index))
                .map_or("", |text| text.trim())
                .to_owned()
        };
        match (pick(&names), pick(&addresses)) {
            (name, address) if !address.is_empty() => {
                hosts.push(by_address(name, &address, port, values)?);
            }
            (name, _) if name.is_empty() => {
                hosts.extend(SOCKET_DIRECTORIES.map(|dir| by_name(dir.to_owned(), port)));
            }
            (name, _) => hosts.push(by_name(name, port)),
        }
    }
    Ok(hosts)
}

fn ports(values: &Values, count: usize) -> Result<Vec<u16>, Error> {
    let texts: Vec<&str> = values.get("port").unwrap_or_default().split(',').collect();
    if texts.len() != 1 && texts.len() != count {
        return Err(Error::configuration(format!(
            "`port` lists {} ports for {count} hosts: expected one, or one for each",
            texts.len()
        )));
    }
    let port = |text: &str| match text.trim() {
        "" => Ok(DEFAULT_PORT),
        text => text
            .parse()
            .ok()
            .filter(|port| *port > 0)
            .ok_or_else(|| values.invalid("port", "a number from 1 to 65535")),
    };
    (0..count)
        .map(|index| port(texts.get(index).or(texts.first()).unwrap_or(&"")))
        .collect()
}

fn by_address(name: String, address: &str, port: u16, values: &Values) -> Result<Host, Error> {
    let parsed = address
        .parse()
        .map_err(|_| values.invalid("hostaddr", "an IP address"))?;
    let name = if name.is_empty() {
        address.to_owned()
    } else {
        name
    };
    Ok(Host {
        name,
        place: Place::Address(parsed),
        port,
        password: None,
        passfile: None,
    })
}

fn by_name(name: String, port: u16) -> Host {
    let file = format!(".s.PGSQL.{port}");
    let place = if name.starts_with('/') {
        Place::Socket(PathBuf::from(&name).join(file))
    } else if let Some(name) = name.strip_prefix('@') {
        Place::Abstract(format!("{name}/{file}"))
    } else if let Ok(address) = name.parse() {
        Place::Address(address)
    } else {
        Place::Name(name.clone())
    };
    Host {
        name,
        place,
        port,
        password: None,
        passfile: None,
    }
}
