//! One address: socket, TLS, handshake, and whether the server is what was asked for. IO.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use howdah_wire::auth::scram::KeyCache;
use rustix::net::sockopt::socket_peercred;

use super::encrypt::{self, Encryption, Protection};
use super::guarded::Guarded;
use super::socket::{self, Address};
use super::{Established, Peer, target};
use crate::cancel::Canceller;
use crate::config::{Config, Host, TargetSession, account_name};
use crate::error::{Error, Kind};
use crate::tls;
use crate::transport::Transport;
use crate::{Handshake, Interrupt, ProtocolVersion, ServerError, Startup};

/// The derivation takes milliseconds of CPU, and is the same for each connection of a role.
static SCRAM_KEYS: LazyLock<Arc<KeyCache>> = LazyLock::new(Arc::default);

/// One address of one host, under one deadline.
pub(super) struct Attempt<'a> {
    pub(super) config: &'a Config,
    pub(super) host: &'a Host,
    pub(super) address: &'a Address,
    pub(super) target: TargetSession,
    pub(super) deadline: Option<Instant>,
    pub(super) interrupt: &'a Interrupt,
}

/// A failure, and whether other servers may do better.
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) final_: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let final_ = match error.kind() {
            Kind::Interrupted | Kind::Misuse | Kind::Internal => true,
            // "If a connection is established successfully, but authentication fails, the
            // remaining hosts in the list are not tried" (18, 32.1.1.3); a server that is starting
            // or stopping (57P03) says nothing of the others
            Kind::Server => error
                .server()
                .is_some_and(|error| error.sqlstate() != "57P03"),
            _ => false,
        };
        Self { error, final_ }
    }
}

/// A failure with one protection, and whether another may do better.
struct Failed {
    error: Error,
    other_protection: bool,
}

impl Attempt<'_> {
    pub(super) fn run(&self) -> Result<Established, Failure> {
        let protocol = self.config.protocol();
        match self.with_protocol(protocol.max) {
            Err(error) if !protocol.explicit && dislikes_version(&error) => {
                Ok(self.with_protocol(ProtocolVersion::V3_0)?)
            }
            outcome => Ok(outcome.map_err(|error| self.with_origin_of_password(error))?),
        }
    }

    /// A password that the user did not type is easily forgotten when the server refuses it.
    fn with_origin_of_password(&self, error: Error) -> Error {
        match (
            &self.host.passfile,
            error.server().map(ServerError::sqlstate),
        ) {
            (Some(passfile), Some("28P01")) => {
                let hint = format!("the password is from passfile `{}`", passfile.display());
                error.with_hint(hint)
            }
            _ => error,
        }
    }

    /// Tries each protection that `sslmode` allows, until one works or hope is lost.
    fn with_protocol(&self, max_version: ProtocolVersion) -> Result<Established, Error> {
        let mut earlier: Option<Error> = None;
        let plan = encrypt::plan(self.config, self.host);
        for (index, protection) in plan.iter().enumerate() {
            match self.with_protection(*protection, max_version) {
                Ok(established) => return Ok(established),
                Err(Failed {
                    error,
                    other_protection,
                }) => {
                    let error = match earlier.take() {
                        Some(first) => both(&first, error),
                        None => error,
                    };
                    if index + 1 == plan.len() || !other_protection {
                        return Err(error);
                    }
                    earlier = Some(error);
                }
            }
        }
        Err(Error::new(
            Kind::Internal,
            "no protection was tried; please report this",
        ))
    }

    fn with_protection(
        &self,
        protection: Protection,
        max_version: ProtocolVersion,
    ) -> Result<Established, Failed> {
        let transport = self.protect(protection)?;
        // the server has no TLS, so clear text was tried already
        let plain_after_all = protection == Protection::TlsOrNone && !transport.is_tls();
        self.log_in(transport, max_version).map_err(|error| Failed {
            other_protection: !plain_after_all && encrypt::is_about_protection(&error),
            error,
        })
    }

    fn protect(&self, protection: Protection) -> Result<Transport, Failed> {
        let socket = self.open().map_err(|error| Failed {
            other_protection: false,
            error,
        })?;
        if protection == Protection::None {
            return Ok(Transport::plain(socket));
        }
        let encryption = Encryption {
            config: self.config,
            host: self.host,
            deadline: self.deadline,
            interrupt: self.interrupt,
        };
        encryption
            .apply(socket, protection == Protection::TlsOrNone)
            .map_err(|error| Failed {
                other_protection: encrypt::may_do_without(&error),
                error,
            })
    }

    fn log_in(
        &self,
        mut transport: Transport,
        max_version: ProtocolVersion,
    ) -> Result<Established, Error> {
        let handshake = Handshake::new(self.startup(&transport, max_version)?)?;
        let (mut session, notices) = self
            .guard(&mut transport)
            .shake_hands(handshake)
            .map_err(Error::from)?;
        let fits = target::fits(self.target, &mut self.guard(&mut transport), &mut session)?;
        if !fits {
            let _ = self.guard(&mut transport).send_all(&[b'X', 0, 0, 0, 4]);
            return Err(target::mismatch(self.target));
        }
        let peer = Peer {
            host: self.host.clone(),
            address: self.address.clone(),
        };
        let canceller = session.cancel_key().map(|key| {
            Canceller::new(
                peer.clone(),
                transport.is_tls(),
                self.config.clone(),
                key.clone(),
            )
        });
        Ok(Established {
            transport,
            session,
            peer,
            notices,
            canceller,
        })
    }

    fn guard<'a>(&'a self, transport: &'a mut Transport) -> Guarded<'a> {
        Guarded {
            transport,
            deadline: self.deadline,
            interrupt: self.interrupt,
        }
    }

    fn open(&self) -> Result<OwnedFd, Error> {
        let keepalive = self.config.keepalive();
        let socket = socket::open(self.address, keepalive, self.deadline, self.interrupt)
            .map_err(|error| self.unreachable(error))?;
        if let Some(expected) = self.config.require_peer()
            && self.host.is_local()
        {
            check_peer(&socket, expected)?;
        }
        Ok(socket)
    }

    fn unreachable(&self, error: io::Error) -> Error {
        use io::ErrorKind::{ConnectionRefused, InvalidFilename, NotFound, PermissionDenied};
        let kind = error.kind();
        let error = Error::io("cannot connect", error);
        match (kind, self.host.is_local()) {
            (NotFound | ConnectionRefused, true) => error
                .with_hint("is the server running on this machine, and listening on this socket?"),
            (ConnectionRefused, false) => error
                .with_hint("is the server running on that host, and accepting TCP connections?"),
            (InvalidFilename, true) => {
                error.with_hint("the path of a unix socket holds at most 107 bytes")
            }
            (PermissionDenied, true) => error.with_hint("may this account use the socket?"),
            _ => error,
        }
    }

    fn startup(
        &self,
        transport: &Transport,
        max_version: ProtocolVersion,
    ) -> Result<Startup, Error> {
        let mut nonce = [0; _];
        getrandom::fill(&mut nonce).map_err(|error| {
            Error::new(
                Kind::Io,
                format!("the system gives no random bytes: {error}"),
            )
        })?;
        Ok(Startup {
            user: self.config.user().to_owned(),
            parameters: self.config.parameters().to_vec(),
            password: self.host.password.clone(),
            require_auth: self.config.require_auth().clone(),
            channel_binding: self.config.channel_binding(),
            tls: transport.tls().map(tls::channel),
            max_version,
            min_version: self.config.protocol().min,
            nonce,
            keys: Arc::clone(&SCRAM_KEYS),
        })
    }
}

/// One error of two: `sslmode` allowed both ways, and both failed.
fn both(first: &Error, second: Error) -> Error {
    let message = format!("{}; then: {}", first.message(), second.message());
    second.with_message(message)
}

/// Whether a server or pooler that cannot negotiate refused the protocol's version:
/// `protocol_violation` of pgbouncer, `feature_not_supported` of others.
fn dislikes_version(error: &Error) -> bool {
    let refused = error.server().filter(|_| error.is_at_once());
    refused.is_some_and(|error| matches!(error.sqlstate(), "08P01" | "0A000"))
}

fn check_peer(socket: &OwnedFd, expected: &str) -> Result<(), Error> {
    let credentials = socket_peercred(socket)
        .map_err(|error| Error::io("cannot ask for the server's account", error.into()))?;
    let found = account_name(credentials.uid.as_raw());
    if found.as_deref() == Some(expected) {
        return Ok(());
    }
    let found = found.unwrap_or_else(|| credentials.uid.as_raw().to_string());
    Err(Error::configuration(format!(
        "`requirepeer` is `{expected}`, and the server runs as `{found}`"
    )))
}
