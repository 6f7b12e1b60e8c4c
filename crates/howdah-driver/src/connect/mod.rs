//! From a [`Config`] to an established session: every host, every address, in order.
//!
//! IO: resolver, sockets, files of TLS. Callers: [`crate::Connection`] and the Python module. The
//! order, the deadlines (one for each address) and what ends the search are libpq's. Invariants:
//! nothing blocks beyond `connect_timeout` or a triggered [`Interrupt`]; on failure the error names
//! every server that was tried and why it failed.

mod attempt;
mod encrypt;
mod guarded;
mod resolve;
mod socket;
mod target;

use std::fmt;
use std::time::Instant;

pub(crate) use encrypt::Encryption;
pub(crate) use guarded::{Guarded, closed};
pub use socket::Address;
pub(crate) use socket::open as open_socket;

use crate::cancel::Canceller;
use crate::config::{Config, Host, TargetSession};
use crate::error::{Error, Kind};
use crate::transport::Transport;
use crate::{Interrupt, ServerError, Session};
use attempt::{Attempt, Failure};

/// A session with its socket.
#[derive(Debug)]
pub struct Established {
    /// The socket, plain or under TLS.
    pub transport: Transport,
    /// The session, ready for requests.
    pub session: Session,
    /// Who is at the other end.
    pub peer: Peer,
    /// What the server remarked during the login.
    pub notices: Vec<ServerError>,
    /// Cancels this session's statements; `None` if the server gave no key.
    pub canceller: Option<Canceller>,
}

/// The server that a connection reached.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The host as configured.
    pub host: Host,
    /// Its address that answered.
    pub address: Address,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe(&self.host, &self.address, f)
    }
}

/// Connects to the first server of `config` that answers and fits.
///
/// Blocks; `interrupt` ends it at once from another thread, or when a signal's check says so.
///
/// # Errors
/// The last failure's kind, with every attempt in the message; [`Error::server`] if it was a
/// server's refusal. [`Kind::Configuration`] only if that was wrong for every server.
/// [`Kind::Interrupted`] if the interrupt ended it.
pub fn establish(config: &Config, interrupt: &Interrupt) -> Result<Established, Error> {
    let mut failures = Vec::new();
    let passes: &[TargetSession] = match config.target_session() {
        TargetSession::PreferStandby => &[TargetSession::Standby, TargetSession::Any],
        other => &[other],
    };
    for target in passes {
        let search = Search {
            config,
            interrupt,
            target: *target,
        };
        if let Some(established) = search.run(&mut failures)? {
            return Ok(established);
        }
    }
    Err(summary(failures))
}

/// One pass over all hosts.
struct Search<'a> {
    config: &'a Config,
    interrupt: &'a Interrupt,
    target: TargetSession,
}

impl Search<'_> {
    /// The first session that fits, or none with the reasons added to `failures`.
    fn run(&self, failures: &mut Vec<Failed>) -> Result<Option<Established>, Error> {
        let mut hosts: Vec<&Host> = self.config.hosts().iter().collect();
        self.arrange(&mut hosts)?;
        for host in hosts {
            let mut addresses = match resolve::resolve(host, self.deadline(), self.interrupt) {
                Ok(addresses) => addresses,
                Err(error) => {
                    let error = Error::io("cannot resolve the name", error);
                    note(failures, host.to_string(), error.into())?;
                    continue;
                }
            };
            self.arrange(&mut addresses)?;
            for address in &addresses {
                match self.attempt(host, address).run() {
                    Ok(established) => return Ok(Some(established)),
                    Err(failure) => {
                        let place = Described { host, address }.to_string();
                        note(failures, place, failure)?;
                    }
                }
            }
        }
        Ok(None)
    }

    fn attempt<'a>(&'a self, host: &'a Host, address: &'a Address) -> Attempt<'a> {
        Attempt {
            config: self.config,
            host,
            address,
            target: self.target,
            deadline: self.deadline(),
            interrupt: self.interrupt,
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.config
            .connect_timeout()
            .and_then(|timeout| Instant::now().checked_add(timeout))
    }

    /// `load_balance_hosts=random`: a shuffle.
    fn arrange<T>(&self, list: &mut [T]) -> Result<(), Error> {
        if !self.config.random_order() {
            return Ok(());
        }
        for last in (1..list.len()).rev() {
            let random = getrandom::u64().map_err(|error| {
                Error::new(
                    Kind::Io,
                    format!("the system gives no random bytes: {error}"),
                )
            })?;
            // the bias of a remainder of 64 bits is far below what balancing could notice
            list.swap(last, (random % (last as u64 + 1)) as usize);
        }
        Ok(())
    }
}

/// Remembers a failure; one that ends the search comes back as the error of all.
fn note(failures: &mut Vec<Failed>, place: String, failure: Failure) -> Result<(), Error> {
    failures.push(Failed {
        place,
        error: failure.error,
    });
    if failure.final_ {
        Err(summary(std::mem::take(failures)))
    } else {
        Ok(())
    }
}

/// An attempt that failed.
struct Failed {
    place: String,
    error: Error,
}

/// One error of them all: the last one's kind, fields and hint.
fn summary(mut failures: Vec<Failed>) -> Error {
    let Some(last) = failures.pop() else {
        return Error::new(Kind::Internal, "no server was tried; please report this");
    };
    if failures.is_empty() {
        return last.error.within(last.place);
    }
    let mut message = format!(
        "none of {} attempts to connect succeeded",
        failures.len() + 1
    );
    for Failed { place, error } in failures.iter().chain([&last]) {
        message.extend(["\n  ", place, ": ", error.message()]);
    }
    let same_for_all = failures
        .iter()
        .all(|it| it.error.kind() == last.error.kind());
    match last.error.kind() {
        // another attempt may find those in service that were not
        Kind::Configuration if !same_for_all => last.error.with_kind(Kind::Io),
        _ => last.error,
    }
    .with_message(message)
}

struct Described<'a> {
    host: &'a Host,
    address: &'a Address,
}

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe(self.host, self.address, f)
    }
}

/// The host with the address that its name resolved to.
fn describe(host: &Host, address: &Address, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match address {
        Address::Tcp(tcp) if tcp.ip().to_string() != host.name => {
            write!(
                f,
                "host `{}` ({}), port {}",
                host.name,
                tcp.ip(),
                tcp.port()
            )
        }
        _ => write!(f, "{host}"),
    }
}
