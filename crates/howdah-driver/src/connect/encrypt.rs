//! From a connected socket to TLS: SSLRequest and its answer, then the handshake. IO.
//!
//! Called for sessions and for cancel requests. Invariant: no byte that came in clear text is
//! taken for one that came under TLS (CVE-2021-23222).

use std::os::fd::OwnedFd;
use std::time::Instant;

use howdah_wire::frontend;

use super::guarded::{Guarded, closed};
use crate::Interrupt;
use crate::config::{Config, Host, SslMode};
use crate::error::{Error, Kind};
use crate::tls::{self, Connector};
use crate::transport::Transport;

/// How a connection begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protection {
    /// In clear text.
    None,
    /// With TLS if the server has it.
    TlsOrNone,
    /// With TLS.
    Tls,
}

/// What to try in order. Unix sockets have no TLS: `sslmode` is ignored there, as by libpq.
pub(super) fn plan(config: &Config, host: &Host) -> &'static [Protection] {
    if host.is_local() {
        return &[Protection::None];
    }
    match config.tls().mode {
        SslMode::Disable => &[Protection::None],
        SslMode::Allow => &[Protection::None, Protection::Tls],
        SslMode::Prefer => &[Protection::TlsOrNone, Protection::None],
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => &[Protection::Tls],
    }
}

/// What is needed to protect one connection.
pub(crate) struct Encryption<'a> {
    pub(crate) config: &'a Config,
    pub(crate) host: &'a Host,
    pub(crate) deadline: Option<Instant>,
    pub(crate) interrupt: &'a Interrupt,
}

/// The server's answer to SSLRequest.
enum Answer {
    Willing,
    Unwilling,
}

impl Encryption<'_> {
    /// Puts `socket` under TLS; if the server has none, it stays plain where `or_none` allows it.
    pub(crate) fn apply(&self, socket: OwnedFd, or_none: bool) -> Result<Transport, Error> {
        let mut plain = Transport::plain(socket);
        if !self.config.tls().direct {
            match self.request(&mut plain)? {
                Answer::Willing => {}
                Answer::Unwilling if or_none => return Ok(plain),
                Answer::Unwilling => {
                    return Err(
                        Error::configuration("the server does not offer TLS").with_hint(
                            "set `ssl = on` and a certificate on the server, or a weaker `sslmode`",
                        ),
                    );
                }
            }
        }
        self.begin(plain.into_socket())
    }

    fn request(&self, plain: &mut Transport) -> Result<Answer, Error> {
        let mut guarded = Guarded {
            transport: plain,
            deadline: self.deadline,
            interrupt: self.interrupt,
        };
        let mut request = Vec::new();
        frontend::ssl_request(&mut request);
        let io = |error| Error::io("asking the server for TLS failed", error);
        guarded.send_all(&request).map_err(io)?;
        let mut answer = [0; 16];
        let received = guarded.receive(&mut answer).map_err(io)?;
        match answer.get(..received).unwrap_or_default() {
            [] => Err(io(closed())),
            b"S" => Ok(Answer::Willing),
            b"N" => Ok(Answer::Unwilling),
            [b'S' | b'N', ..] => Err(Error::protocol(
                "unencrypted bytes follow the server's answer to SSLRequest",
            )
            .with_hint("somebody between client and server may have put them there")),
            // what comes before TLS may come from anybody, so an error's text is not shown
            [b'E', ..] => Err(
                Error::protocol("the server answers SSLRequest with an error")
                    .with_hint("the server's log says why"),
            ),
            _ => Err(Error::protocol(
                "the answer to SSLRequest is none of `S` and `N`: is this a PostgreSQL server?",
            )),
        }
    }

    fn begin(&self, socket: OwnedFd) -> Result<Transport, Error> {
        let connector = Connector::new(self.config.tls())?;
        let mut transport = Transport::encrypted(socket, connector.begin(self.host)?);
        let mut guarded = Guarded {
            transport: &mut transport,
            deadline: self.deadline,
            interrupt: self.interrupt,
        };
        guarded.shake_tls().map_err(|error| tls::refused(&error))?;
        if let Some(stream) = transport.tls() {
            connector.finish(stream)?;
        }
        Ok(transport)
    }
}

/// Whether a failure to begin TLS leaves hope for a connection without it.
pub(super) fn may_do_without(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Io | Kind::Configuration | Kind::Protocol
    )
}

/// Whether the server refused because of TLS or the lack of it: `pg_hba.conf` has no entry for such
/// a connection (28000), or a pooler demands the other kind (08P01). It does so before it asks for
/// authentication; a password that was wrong once must not go out again in clear text.
pub(super) fn is_about_protection(error: &Error) -> bool {
    let refused = error.server().filter(|_| error.is_at_once());
    refused.is_some_and(|error| matches!(error.sqlstate(), "28000" | "08P01"))
}
