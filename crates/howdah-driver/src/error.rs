//! The one error type of this crate, sorted by whose fault it is.
//!
//! An [`Error`] has a [`Kind`], a message, perhaps a hint and a source. Invariant: the text of an
//! error never holds a secret or a parameter's value, and a server's error is kept whole.

use std::fmt;
use std::io;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What went wrong, where, and what may help.
pub struct Error(Box<Details>);

struct Details {
    kind: Kind,
    message: String,
    hint: Option<String>,
    source: Option<Source>,
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
        Self(Box::new(Details { kind, message: message.into(), hint: None, source: None }))
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
        assert_eq!(error.within("service `a`").message(), "service `a`: `port` is 0");
    }

    #[test]
    fn io_errors_speak_in_the_voice_of_the_house() {
        let refused = io::Error::from_raw_os_error(rustix::io::Errno::CONNREFUSED.raw_os_error());
        let error = Error::io("cannot connect", refused);
        assert_eq!(error.to_string(), "cannot connect: connection refused");
        assert_eq!(error.kind(), Kind::Io);
        assert_eq!(Error::io("x", io::ErrorKind::TimedOut.into()).kind(), Kind::Timeout);
    }
}
