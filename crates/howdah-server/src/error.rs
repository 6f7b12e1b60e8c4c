//! What can go wrong with a cluster, sorted by what the caller can do about it.
//!
//! No IO. Every function of this crate that can fail answers [`Error`]: a sentence that says what
//! was found where, and apart from it the cure. Invariant: neither ever holds a password.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::Path;

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure: its kind, what happened, and what to do.
#[derive(Debug)]
pub struct Error(Box<Parts>);

#[derive(Debug)]
struct Parts {
    kind: Kind,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Whose fault a failure is, or what state it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// No usable PostgreSQL programs.
    Programs,
    /// The account that should run the server is missing or cannot reach what it needs.
    Account,
    /// The caller's options contradict each other or what exists.
    Misuse,
    /// The directory holds something that howdah did not make, or what it made is damaged.
    Foreign,
    /// The cluster was made by another major version of PostgreSQL.
    Version,
    /// The TCP port is in use by another program.
    Port,
    /// `initdb` failed; nothing of it was kept.
    Initialise,
    /// The server did not start.
    Start,
    /// Something did not happen in time.
    Timeout,
    /// The caller asked to give up.
    Interrupted,
    /// There is no cluster in the directory.
    NoCluster,
    /// The cluster is not running.
    NotRunning,
    /// The operating system refused.
    Io,
}

impl Kind {
    /// In a word, for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Programs => "programs",
            Self::Account => "account",
            Self::Misuse => "misuse",
            Self::Foreign => "foreign",
            Self::Version => "version",
            Self::Port => "port",
            Self::Initialise => "initialise",
            Self::Start => "start",
            Self::Timeout => "timeout",
            Self::Interrupted => "interrupted",
            Self::NoCluster => "no_cluster",
            Self::NotRunning => "not_running",
            Self::Io => "io",
        }
    }
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            message: message.into(),
            hint: None,
            source: None,
        }))
    }

    /// `what` is a clause such as "cannot read", completed by the path.
    pub(crate) fn io(what: &str, path: &Path, source: io::Error) -> Self {
        let message = format!("{what} `{}`: {}", path.display(), describe(&source));
        Self::new(Kind::Io, message).with_source(source)
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The system's words without Rust's `(os error 13)`, in lower case as house messages are.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

/// Turns an IO result into this crate's, naming what was tried on which path.
pub(crate) trait At<T> {
    fn at(self, what: &str, path: &Path) -> Result<T>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, what: &str, path: &Path) -> Result<T> {
        self.map_err(|source| Error::io(what, path, source))
    }
}

impl<T> At<T> for std::result::Result<T, rustix::io::Errno> {
    fn at(self, what: &str, path: &Path) -> Result<T> {
        self.map_err(|source| Error::io(what, path, source.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_io_error_names_the_path_and_reads_as_a_house_message() {
        let error = Error::io(
            "cannot read",
            Path::new("/x/y"),
            io::Error::from_raw_os_error(rustix::io::Errno::ACCESS.raw_os_error()),
        );
        assert_eq!(error.to_string(), "cannot read `/x/y`: permission denied");
        assert_eq!(error.kind(), Kind::Io);
        assert!(error.source().is_some());
    }
}
