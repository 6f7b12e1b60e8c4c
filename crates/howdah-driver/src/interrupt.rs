//! The way to end a connection attempt, a cancel or a wait from outside.
//!
//! An [`Interrupt`] is shared: one thread works under it, another (or a signal's handler, through
//! the check) ends that work at once. IO: a pipe. Invariant: once triggered it stays so.

use std::fmt;
use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends the blocking work that was started with it. Clones are the same interrupt.
#[derive(Clone, Default)]
pub struct Interrupt {
    bell: Option<Arc<Bell>>,
    check: Option<Arc<dyn Fn() -> bool + Send + Sync>>,
}

struct Bell {
    rung: AtomicBool,
    reader: PipeReader,
    writer: PipeWriter,
}

impl Interrupt {
    /// An interrupt that nobody can trigger, at no cost.
    #[must_use]
    pub fn never() -> Self {
        Self::default()
    }

    /// An interrupt for [`Interrupt::trigger`].
    ///
    /// # Errors
    /// If the process may open no more files.
    pub fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let bell = Bell {
            rung: AtomicBool::new(false),
            reader,
            writer,
        };
        Ok(Self {
            bell: Some(Arc::new(bell)),
            check: None,
        })
    }

    /// Adds a question that is asked whenever a signal has arrived: whether to end the work.
    #[must_use]
    pub fn with_signal_check(mut self, check: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.check = Some(Arc::new(check));
        self
    }

    /// Ends the work, now or when it begins.
    pub fn trigger(&self) {
        let Some(bell) = &self.bell else { return };
        if !bell.rung.swap(true, Ordering::SeqCst) {
            // one byte always fits into an empty pipe whose reader we hold
            let _ = (&bell.writer).write_all(&[1]);
        }
    }

    /// Whether it was triggered.
    #[must_use]
    pub fn is_triggered(&self) -> bool {
        self.bell
            .as_ref()
            .is_some_and(|bell| bell.rung.load(Ordering::SeqCst))
    }

    /// Asks the check, after a system call was interrupted by a signal.
    pub(crate) fn ends_on_signal(&self) -> bool {
        self.is_triggered() || self.check.as_ref().is_some_and(|check| check())
    }

    /// What becomes readable when it is triggered.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.bell.as_ref().map(|bell| bell.reader.as_fd())
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupt")
            .field("triggered", &self.is_triggered())
            .finish_non_exhaustive()
    }
}
