//! From the first byte to a session: version, authentication, the server's account of itself.
//!
//! No IO, clock or randomness: the caller moves bytes as for a [`Session`] and brings the nonce.
//! A [`Handshake`] is consumed by [`Handshake::advance`], which gives it back until the server is
//! ready. Invariant: a session comes out only if the server's demands and proofs fit what
//! [`Startup`] allows; once SCRAM has begun, the server must prove that it knows the password.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::auth::scram::{KeyCache, NONCE_BYTES, Proven, Scram};
use crate::auth::{self, AuthError, ChannelBinding, Mechanism, Method, RequireAuth, TlsChannel};
use crate::backend::{Authentication, Message, NegotiateProtocolVersion, ServerError};
use crate::{CancelKey, Error, Inbox, Outbox, ProtocolVersion, Secret, Session, frontend};

/// What a client wants of a session, and what it allows on the way there.
#[derive(Debug, Clone)]
pub struct Startup {
    /// The role to log in as.
    pub user: String,
    /// The startup message's parameters besides `user`: `database` and settings.
    pub parameters: Vec<(String, String)>,
    /// The password, should the server ask for one.
    pub password: Option<Secret>,
    /// The authentication methods that are acceptable.
    pub require_auth: RequireAuth,
    /// Whether SCRAM binds to the TLS channel.
    pub channel_binding: ChannelBinding,
    /// What TLS offers to bind to; `None` without TLS.
    pub tls: Option<TlsChannel>,
    /// The newest protocol version, which is asked for.
    pub max_version: ProtocolVersion,
    /// The oldest protocol version that the server may answer with.
    pub min_version: ProtocolVersion,
    /// Random bytes, new for each handshake.
    pub nonce: [u8; NONCE_BYTES],
    /// Keys of earlier handshakes.
    pub keys: Arc<KeyCache>,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The server's bytes are not the protocol.
    #[error(transparent)]
    Protocol(#[from] Error),
    /// The server's authentication is not acceptable, or cannot be answered.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The server refused.
    #[error("{error}")]
    Refused {
        /// Its error, whole.
        error: Box<ServerError>,
        /// Whether it came as the first answer, before any demand for authentication.
        at_once: bool,
    },
    /// No common protocol version.
    #[error("the server speaks protocol {}.{}, and `min_protocol_version` is {}.{}",
        found.major, found.minor, minimum.major, minimum.minor)]
    Version {
        /// What the server speaks.
        found: ProtocolVersion,
        /// The oldest that is allowed.
        minimum: ProtocolVersion,
    },
}

/// A connection on its way to a session.
pub struct Handshake {
    state: State,
    inbox: Inbox,
    parts: Box<Parts>,
}

/// What [`Handshake::advance`] found.
pub enum Progress {
    /// Send what is outgoing, then feed more bytes.
    Waiting(Handshake),
    /// The server is ready; with the notices that it sent on the way.
    Ready(Session, Vec<ServerError>),
}

/// What the handling of a message reads and changes.
struct Parts {
    startup: Startup,
    outbox: Outbox,
    version: ProtocolVersion,
    parameters: BTreeMap<String, String>,
    cancel_key: Option<CancelKey>,
    notices: Vec<ServerError>,
    /// How many bytes the server has sent: notices and settings are kept.
    heard: u64,
}

enum State {
    /// The server has said nothing yet.
    Greeting,
    /// It has agreed on a version.
    Negotiated,
    /// Our first SCRAM message is out.
    Challenging(Scram),
    /// Our proof is out, the server's is due.
    Proving(Proven),
    /// We have sent, or both have proven, what was asked.
    Answered,
    /// We are in: settings and the cancel key follow.
    Admitted,
    /// ReadyForQuery.
    Ready,
}

/// No message before the login is longer: libpq takes 30,000 for an error's maximum too.
const LOGIN_MESSAGE_BYTES: u64 = 30_000;

/// All messages of a login together: thousands of times what a server has to say.
const LOGIN_BYTES: u64 = 16 * 1024 * 1024;

impl Handshake {
    /// Begins: the startup message is outgoing.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a zero byte in a parameter.
    pub fn new(startup: Startup) -> Result<Self, Error> {
        let mut outbox = Outbox::default();
        let user = ("user", startup.user.as_str());
        let others = startup
            .parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let parameters: Vec<_> = std::iter::once(user).chain(others).collect();
        frontend::startup(outbox.buffer(), startup.max_version, &parameters)?;
        let parts = Box::new(Parts {
            version: startup.max_version,
            startup,
            outbox,
            parameters: BTreeMap::new(),
            cancel_key: None,
            notices: Vec::new(),
            heard: 0,
        });
        Ok(Self {
            state: State::Greeting,
            inbox: Inbox::with_limit(LOGIN_MESSAGE_BYTES),
            parts,
        })
    }

    /// Bytes that wait to be sent.
    #[must_use]
    pub fn outgoing(&self) -> &[u8] {
        self.parts.outbox.outgoing()
    }

    /// Says that the first `count` bytes of [`Handshake::outgoing`] were sent.
    pub fn sent(&mut self, count: usize) {
        self.parts.outbox.sent(count);
    }

    /// Room for received bytes; never empty.
    pub fn spare(&mut self) -> &mut [u8] {
        self.inbox.spare()
    }

    /// Says that `count` bytes were received into [`Handshake::spare`].
    pub fn fed(&mut self, count: usize) {
        self.inbox.fed(count);
    }

    /// Understands the messages that have arrived.
    ///
    /// # Errors
    /// Any error ends the connection.
    pub fn advance(self) -> Result<Progress, HandshakeError> {
        let Self {
            mut state,
            mut inbox,
            mut parts,
        } = self;
        while let Some(frame) = inbox.frame()? {
            parts.hear(frame.body.len())?;
            let message = Message::parse(frame.kind, frame.body)?;
            state = state.handle(message, &mut parts)?;
            match state {
                State::Ready => return Ok(parts.finish(inbox)),
                State::Admitted => inbox.lift_limit(),
                _ => {}
            }
        }
        Ok(Progress::Waiting(Self {
            state,
            inbox,
            parts,
        }))
    }
}

impl State {
    /// One message of the server, and the state after it.
    fn handle(self, message: Message<'_>, parts: &mut Parts) -> Result<Self, HandshakeError> {
        match (self, message) {
            (state, Message::ErrorResponse(fields)) => Err(HandshakeError::Refused {
                error: Box::new(fields.to_owned()),
                at_once: matches!(state, Self::Greeting | Self::Negotiated),
            }),
            (state, Message::NoticeResponse(fields)) => {
                parts.notices.push(fields.to_owned());
                Ok(state)
            }
            (Self::Greeting, Message::NegotiateProtocolVersion(answer)) => {
                parts.negotiate(&answer)?;
                Ok(Self::Negotiated)
            }
            (Self::Admitted, message) => parts.admitted(&message),
            (state, Message::Authentication(demand)) => state.authenticate(demand, parts),
            (_, message) => Err(Error::Unexpected {
                found: message.name(),
                expected: "`Authentication`",
            }
            .into()),
        }
    }

    fn authenticate(
        self,
        demand: Authentication<'_>,
        parts: &mut Parts,
    ) -> Result<Self, HandshakeError> {
        use Authentication as A;
        match (self, demand) {
            (Self::Greeting | Self::Negotiated, demand) => parts.begin(demand),
            (Self::Challenging(scram), A::SaslContinue(data)) => parts.prove(scram, data),
            (Self::Proving(proven), A::SaslFinal(data)) => {
                proven.verify(text(data)?).map_err(AuthError::from)?;
                Ok(Self::Answered)
            }
            (Self::Answered, A::Ok) => Ok(Self::Admitted),
            (Self::Challenging(_) | Self::Proving(_), A::Ok) => Err(AuthError::Unproven.into()),
            _ => Err(AuthError::OutOfOrder("a second demand for authentication").into()),
        }
    }
}

fn unbound() -> AuthError {
    AuthError::NoChannelBinding("the server authenticates without it")
}

fn text(data: &[u8]) -> Result<&str, AuthError> {
    std::str::from_utf8(data).map_err(|_| AuthError::OutOfOrder("a SASL message that is not UTF-8"))
}

impl Parts {
    /// Counts a message with a body of `size` bytes.
    fn hear(&mut self, size: usize) -> Result<(), Error> {
        self.heard += 1 + size as u64;
        if self.heard > LOGIN_BYTES {
            return Err(Error::Talkative { limit: LOGIN_BYTES });
        }
        Ok(())
    }

    fn negotiate(&mut self, answer: &NegotiateProtocolVersion<'_>) -> Result<(), HandshakeError> {
        let asked = self.startup.max_version;
        let found = ProtocolVersion {
            major: asked.major,
            minor: answer.minor(),
        };
        let malformed = |problem| Error::Malformed {
            message: "NegotiateProtocolVersion",
            problem,
        };
        if answer.unknown_options().next().is_some() {
            return Err(malformed("it refuses an option that was not asked for").into());
        }
        if found >= asked {
            return Err(malformed("it does not lower the version").into());
        }
        if found < self.startup.min_version {
            return Err(HandshakeError::Version {
                found,
                minimum: self.startup.min_version,
            });
        }
        self.version = found;
        Ok(())
    }

    /// The server's first demand. Nothing is sent before the method is known to be allowed.
    fn begin(&mut self, demand: Authentication<'_>) -> Result<State, HandshakeError> {
        let method = method(demand)?;
        if !self.startup.require_auth.allows(method) {
            return Err(match method {
                Method::None => AuthError::Incomplete,
                method => AuthError::Forbidden { method },
            }
            .into());
        }
        if self.startup.channel_binding == ChannelBinding::Require && method != Method::ScramSha256
        {
            return Err(unbound().into());
        }
        match demand {
            Authentication::Ok => return Ok(State::Admitted),
            Authentication::CleartextPassword => {
                let password = self.password(method)?;
                frontend::password(self.outbox.buffer(), password.expose())?;
            }
            Authentication::Md5Password(salt) => {
                let password = self.password(method)?;
                let answer = auth::md5::response(&self.startup.user, password.expose(), salt);
                frontend::password(self.outbox.buffer(), &answer)?;
            }
            Authentication::Sasl(list) => return self.begin_scram(list),
            _ => return Err(AuthError::Unsupported(method).into()),
        }
        Ok(State::Answered)
    }

    fn begin_scram(&mut self, list: &[u8]) -> Result<State, HandshakeError> {
        let names =
            Authentication::mechanisms(list).filter_map(|name| std::str::from_utf8(name).ok());
        let tls = self.startup.tls.as_ref();
        let mechanism: Mechanism = auth::choose(names, tls, self.startup.channel_binding)?;
        let name = mechanism.name();
        let password = self.password(Method::ScramSha256)?;
        let (scram, first) = Scram::start(mechanism, password, self.startup.nonce);
        frontend::sasl_initial_response(self.outbox.buffer(), name, first.as_bytes())?;
        Ok(State::Challenging(scram))
    }

    fn prove(&mut self, scram: Scram, data: &[u8]) -> Result<State, HandshakeError> {
        let (proven, answer) = scram
            .challenge(text(data)?, &self.startup.keys)
            .map_err(AuthError::from)?;
        frontend::sasl_response(self.outbox.buffer(), answer.as_bytes())?;
        Ok(State::Proving(proven))
    }

    /// A message after the login succeeded.
    fn admitted(&mut self, message: &Message<'_>) -> Result<State, HandshakeError> {
        match *message {
            Message::ParameterStatus(name, value) => {
                let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                self.parameters.insert(text(name), text(value));
            }
            Message::BackendKeyData(process_id, secret) => {
                self.cancel_key = Some(CancelKey {
                    process_id,
                    secret: secret.into(),
                });
            }
            Message::ReadyForQuery(_) => return Ok(State::Ready),
            _ => {
                let expected = "`ReadyForQuery`";
                return Err(Error::Unexpected {
                    found: message.name(),
                    expected,
                }
                .into());
            }
        }
        Ok(State::Admitted)
    }

    fn password(&self, method: Method) -> Result<Secret, AuthError> {
        let password = self
            .startup
            .password
            .clone()
            .filter(|password| !password.is_empty());
        password.ok_or(AuthError::NoPassword { method })
    }

    fn finish(self, inbox: Inbox) -> Progress {
        let session = Session::new(inbox, self.version, self.parameters, self.cancel_key);
        Progress::Ready(session, self.notices)
    }
}

/// What a first demand asks for.
fn method(demand: Authentication<'_>) -> Result<Method, AuthError> {
    Ok(match demand {
        Authentication::Ok => Method::None,
        Authentication::CleartextPassword => Method::Password,
        Authentication::Md5Password(_) => Method::Md5,
        Authentication::Sasl(_) => Method::ScramSha256,
        Authentication::SaslContinue(_) | Authentication::SaslFinal(_) => {
            return Err(AuthError::OutOfOrder("SASL goes on before it began"));
        }
        Authentication::Unsupported(7 | 8) => Method::Gss,
        Authentication::Unsupported(9) => Method::Sspi,
        Authentication::Unsupported(code) => Method::Unknown(code.cast_unsigned()),
    })
}

#[cfg(test)]
mod tests;
