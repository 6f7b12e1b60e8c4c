//! The one error type of this crate, sorted by whose fault it is.
//!
//! An [`Error`] has a [`Kind`], a message, perhaps a hint and a source. Invariant: the text of an
//! error never holds a secret or a parameter's value, and a server's error is kept whole.

use std::fmt;
use std::io;

use howdah_wire::HandshakeError;
use howdah_wire::auth::AuthError;
use howdah_wire::backend::ServerError;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What went wrong, where, and what may help.
pub struct Error(Box<Details>);

struct Details {
    kind: Kind,
    message: String,
    hint: Option<String>,
    source: Option<Source>,
    server: Option<Box<ServerError>>,
    /// The server refused before it asked who we are.
    at_once: bool,
}

/// Whose fault an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The server reported an error: see [`Error::server`].
    Server,
    /// The peer broke the protocol, or speaks another one.
    Protocol,
    /// The operating system or the network.
    Io,
    /// A connection option, a file it names, or what it demands cannot be had.
    Configuration,
    /// The server is not of the kind that `target_session_attrs` asks for.
    Target,
    /// A deadline passed.
    Timeout,
    /// The caller's [`Interrupt`](crate::Interrupt) ended the work.
    Interrupted,
    /// A value is larger than the protocol or a configured bound allows.
    Limit,
    /// This crate was called in a way that cannot work.
    Misuse,
    /// A fault of howdah: please report it.
    Internal,
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Details {
            kind,
            message,
            hint: None,
            source: None,
            server: None,
            at_once: false,
        }))
    }

    /// What the server reported, kept whole; its own hint becomes ours.
    pub(crate) fn from_server(error: Box<ServerError>) -> Self {
        let mut ours = Self::new(Kind::Server, error.to_string());
        ours.0.hint = error.field(b'H').map(str::to_owned);
        ours.0.server = Some(error);
        ours
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(Kind::Configuration, message)
    }

    pub(crate) fn protocol(message: impl Into<String>) -> Self {
        Self::new(Kind::Protocol, message)
    }

    /// An IO error with what was being done; a timeout and an interruption keep their own kinds.
    pub(crate) fn io(doing: impl fmt::Display, error: io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::TimedOut => Kind::Timeout,
            io::ErrorKind::Interrupted => Kind::Interrupted,
            _ => Kind::Io,
        };
        Self::new(kind, format!("{doing}: {}", io_text(&error))).with_source(error)
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_kind(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same error seen from further out: `context: message`.
    pub(crate) fn within(mut self, context: impl fmt::Display) -> Self {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }

    pub(crate) fn with_message(mut self, message: String) -> Self {
        self.0.message = message;
        self
    }

    /// Whose fault it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The server's error with all its fields, if it was the server that reported one.
    #[must_use]
    pub fn server(&self) -> Option<&ServerError> {
        self.0.server.as_deref()
    }

    /// Whether the server refused the connection before it asked for authentication.
    pub(crate) fn is_at_once(&self) -> bool {
        self.0.at_once
    }

    /// What happened, without the hint.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

/// The message, then `hint: …` on a line of its own.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match &self.0.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}

impl From<howdah_wire::Error> for Error {
    fn from(error: howdah_wire::Error) -> Self {
        let kind = match error {
            howdah_wire::Error::Misuse(_) => Kind::Misuse,
            howdah_wire::Error::TooLong { .. } => Kind::Limit,
            _ => Kind::Protocol,
        };
        Self::new(kind, error.to_string()).with_source(error)
    }
}

impl From<HandshakeError> for Error {
    fn from(error: HandshakeError) -> Self {
        match error {
            HandshakeError::Protocol(error) => error.into(),
            HandshakeError::Refused { error, at_once } => {
                let mut ours = Self::from_server(error);
                ours.0.at_once = at_once;
                ours
            }
            HandshakeError::Auth(error) => {
                let hint = error.hint();
                let ours = Self::new(auth_kind(&error), error.to_string()).with_source(error);
                match hint {
                    Some(hint) => ours.with_hint(hint),
                    None => ours,
                }
            }
            error => Self::new(Kind::Protocol, error.to_string()).with_source(error),
        }
    }
}

fn auth_kind(error: &AuthError) -> Kind {
    match error {
        AuthError::Scram(_) | AuthError::OutOfOrder(_) | AuthError::Unproven => Kind::Protocol,
        _ => Kind::Configuration,
    }
}

/// An IO error's text in the voice of the house: no capital, no `(os error 111)`.
pub(crate) fn io_text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error ").next().unwrap_or(&text);
    let mut chars = text.chars();
    match (chars.next(), chars.as_str()) {
        (Some(first), rest) if rest.starts_with(char::is_lowercase) => {
            first.to_lowercase().chain(rest.chars()).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_stands_apart() {
        let error = Error::configuration("`port` is 0").with_hint("give 1 to 65535");
        assert_eq!(error.to_string(), "`port` is 0\nhint: give 1 to 65535");
        assert_eq!(
            error.within("service `a`").message(),
            "service `a`: `port` is 0"
        );
    }

    #[test]
    fn io_errors_speak_in_the_voice_of_the_house() {
        let refused = io::Error::from_raw_os_error(rustix::io::Errno::CONNREFUSED.raw_os_error());
        let error = Error::io("cannot connect", refused);
        assert_eq!(error.to_string(), "cannot connect: connection refused");
        assert_eq!(error.kind(), Kind::Io);
        assert_eq!(
            Error::io("x", io::ErrorKind::TimedOut.into()).kind(),
            Kind::Timeout
        );
    }
}
