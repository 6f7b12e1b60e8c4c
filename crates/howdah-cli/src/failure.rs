//! An error as the user sees it.
//!
//! IO: writes to stderr. Called once, at the end of a run. Invariant: the cure stands apart from
//! the failure, and no backtrace is shown.

use howdah_server::{Error, Kind};

use crate::exit;

/// An error with its cure.
#[derive(Debug)]
pub(crate) struct Hinted {
    error: anyhow::Error,
    hint: String,
}

impl Hinted {
    pub(crate) fn new(error: anyhow::Error, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        Self { error, hint }
    }
}

impl std::fmt::Display for Hinted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:#}", self.error)
    }
}

impl std::error::Error for Hinted {}

/// Prints the error with its hint and gives the exit code for it.
pub(crate) fn report(error: &anyhow::Error) -> i32 {
    if error
        .downcast_ref::<std::io::Error>()
        .is_some_and(is_closed_pipe)
    {
        // `howdah server logs | head`: whoever read our output has enough
        return exit::OK;
    }
    talk!("error: {error:#}");
    if let Some(hinted) = error.downcast_ref::<Hinted>() {
        talk!("\nhint: {}", hinted.hint);
    }
    let Some(failure) = error.chain().find_map(|it| it.downcast_ref::<Error>()) else {
        return exit::FAILURE;
    };
    if let Some(hint) = failure.hint() {
        talk!("\nhint: {hint}");
    }
    match failure.kind() {
        Kind::NotRunning => exit::NOT_RUNNING,
        Kind::NoCluster => exit::NO_CLUSTER,
        _ => exit::FAILURE,
    }
}

fn is_closed_pipe(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}
