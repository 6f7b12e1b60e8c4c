//! Until a launched server answers, or why it never will.
//!
//! IO: reads `postmaster.pid` and the log. The postmaster writes `ready` into its pid file when it
//! accepts connections, which is cheaper to watch than to knock. Invariant: the answer is about
//! the process that was asked for, not one that took its place.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};
use crate::event::Observer;
use crate::lock::pause;
use crate::log;
use crate::port;
use crate::postmaster::{self, Found, PidFile};
use crate::process::Process;

const PAUSE: Duration = Duration::from_millis(3);
/// A new postmaster writes its pid file within some ten milliseconds.
const CLAIM_TIME: Duration = Duration::from_secs(5);

/// One wait for a server.
pub(crate) struct Wait<'a> {
    pub(crate) pgdata: &'a Path,
    pub(crate) timeout: Duration,
    pub(crate) log: &'a Path,
    /// Where in the log the messages of this server begin.
    pub(crate) log_start: u64,
    /// Whether the log outlives a failed start.
    pub(crate) keeps_log: bool,
    pub(crate) port: u16,
}

impl Wait<'_> {
    /// # Errors
    /// [`Kind::Port`] or [`Kind::Start`] if the process ended, [`Kind::Timeout`].
    pub(crate) fn until_ready(
        &self,
        process: &Process,
        observer: &mut dyn Observer,
    ) -> Result<PidFile> {
        let began = Instant::now();
        loop {
            // asked before the file is read: an end in between is seen in the next round
            let is_alive = process.is_alive();
            let claim = match postmaster::read(self.pgdata)? {
                Found::Claimed(file) if file.pid == process.pid() => Some(file),
                _ => None,
            };
            let is_claimed = claim.is_some();
            if let Some(file) = claim.filter(PidFile::answers) {
                return Ok(file);
            }
            if !is_alive {
                return Err(self.failure());
            }
            if !is_claimed && began.elapsed() < CLAIM_TIME {
                // given up now, the server would come up later than the next start looks for it
                std::thread::sleep(PAUSE);
                continue;
            }
            if began.elapsed() >= self.timeout {
                return Err(self.too_late(process));
            }
            pause(PAUSE, observer)?;
        }
    }

    /// Why the server ended, by its own words.
    pub(crate) fn failure(&self) -> Error {
        let said = log::text(self.log, self.log_start).unwrap_or_default();
        if said.contains("could not bind") && said.contains("Address already in use") {
            return port::taken(self.port);
        }
        let why = match log::complaints(&said) {
            why if why.is_empty() => "it ended without a word".to_owned(),
            why => why,
        };
        let error = Error::new(Kind::Start, format!("the server did not start: {why}"));
        if !self.keeps_log {
            return error;
        }
        error.with_hint(format!("all it said is in `{}`", self.log.display()))
    }

    fn too_late(&self, process: &Process) -> Error {
        let message = format!(
            "the server, process {}, does not answer after {} s",
            process.pid(),
            self.timeout.as_secs_f32()
        );
        let log = self.log.display();
        Error::new(Kind::Timeout, message).with_hint(format!(
            "it may be recovering from a crash: see `{log}`; wait longer"
        ))
    }
}
