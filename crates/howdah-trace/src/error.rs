//! The one error type of this crate. No IO.
//!
//! Invariant: a message says its own part; what the [source](std::error::Error::source) says is not in it.

/// Why something could not be observed. What the observed statement itself fails with is part of the
/// [`Observation`](crate::Observation), not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server or the connection, while this was being done.
    #[error("{doing}")]
    Driver {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        source: howdah_driver::Error,
    },
    /// A session that a program runs statements in, while this was being done.
    #[error("{doing}: {why}")]
    Session {
        /// What was being done.
        doing: &'static str,
        /// What the program was told.
        why: String,
    },
    /// The scratch server.
    #[error("no scratch server")]
    Scratch(#[from] howdah_server::Error),
    /// A statement of the schema that the scratch server does not accept.
    #[error("line {line} of the schema")]
    Schema {
        /// Where the statement begins.
        line: u32,
        /// What the server said.
        source: howdah_driver::Error,
    },
    /// A line of the workload that is no statement.
    #[error("line {line} of the workload, expected `{{\"sql\": …, \"params\": […], \"site\": …}}`")]
    Workload {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A server's answer to one of this crate's own queries is not of the expected form.
    #[error("the answer about {0} cannot be understood; please report this")]
    Answer(&'static str),
    /// A statement ended the transaction that was to be rolled back.
    #[error(
        "line {line} of `{file}` ended the transaction: what ran before it may have been committed; please report this"
    )]
    Ended {
        /// The script.
        file: String,
        /// Where the statement begins.
        line: u32,
    },
    /// A migration that is a program could not be run, or not be looked at.
    #[error("`{file}` cannot be traced")]
    Program {
        /// The program.
        file: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The thread that ran the statement is gone.
    #[error("the statement's thread ended without an answer; please report this")]
    Thread,
}

impl Error {
    /// Whether the scratch server lacks the files of an extension.
    #[must_use]
    pub fn is_missing_extension(&self) -> bool {
        // `feature_not_supported` of CREATE EXTENSION; `undefined_file` before PostgreSQL 15
        let states = ["0A000", "58P01"];
        match self {
            Self::Schema { source, .. } => source.server().is_some_and(|server| {
                states.contains(&server.sqlstate()) && server.message().contains("extension")
            }),
            _ => false,
        }
    }
}

/// A result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Says what was being done when the driver failed.
pub(crate) trait Doing<T> {
    fn doing(self, what: &'static str) -> Result<T>;
}

impl<T> Doing<T> for std::result::Result<T, howdah_driver::Error> {
    fn doing(self, doing: &'static str) -> Result<T> {
        self.map_err(|source| Error::Driver { doing, source })
    }
}
