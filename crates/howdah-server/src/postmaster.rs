//! `postmaster.pid`: what a running server says of itself.
//!
//! IO: reads that file of a data directory. The format is fixed by PostgreSQL's `pidfile.h`
//! (version 18; unchanged since 10): one value per line, written piece by piece while the server
//! starts, so a file may be short. Invariant: nothing here trusts the pid; see `process`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The lines of `postmaster.pid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PidFile {
    pub(crate) pid: u32,
    pub(crate) port: Option<u16>,
    /// The first of `unix_socket_directories`.
    pub(crate) socket_directory: Option<PathBuf>,
    pub(crate) state: State,
}

/// `PM_STATUS_*` of `pidfile.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Starting,
    Stopping,
    Ready,
    Standby,
}

/// What the data directory says of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// No file: no server, or it was stopped in order.
    Absent,
    /// A file without a pid: left by a crash at a bad moment, or just being written.
    Damaged,
    Claimed(PidFile),
}

impl PidFile {
    /// Whether the server accepts connections.
    pub(crate) fn answers(&self) -> bool {
        matches!(self.state, State::Ready | State::Standby)
    }
}

pub(crate) fn path(pgdata: &Path) -> PathBuf {
    pgdata.join("postmaster.pid")
}

pub(crate) fn read(pgdata: &Path) -> Result<Found> {
    let path = path(pgdata);
    match fs::read(&path) {
        Ok(bytes) => Ok(parse(&String::from_utf8_lossy(&bytes))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Found::Absent),
        Err(error) => Err(Error::io("cannot read", &path, error)),
    }
}

fn parse(text: &str) -> Found {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let line = |number: usize| {
        lines
            .get(number - 1)
            .copied()
            .filter(|line| !line.is_empty())
    };
    // a stand-alone backend writes its pid as a negative number
    let pid = line(1).and_then(|pid| pid.trim_start_matches('-').parse().ok());
    let Some(pid) = pid else {
        return Found::Damaged;
    };
    Found::Claimed(PidFile {
        pid,
        port: line(4).and_then(|port| port.parse().ok()),
        socket_directory: line(5).map(PathBuf::from),
        state: match line(8) {
            Some("ready") => State::Ready,
            Some("standby") => State::Standby,
            Some("stopping") => State::Stopping,
            _ => State::Starting,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // as PostgreSQL 18.6 writes it
    const READY: &str =
        "10908\n/d\n1795255764\n25431\n/d/s\n127.0.0.1\n 10117371        24\nready   \n";

    #[test]
    fn a_whole_file_is_read() {
        let Found::Claimed(file) = parse(READY) else {
            panic!("not claimed")
        };
        assert_eq!((file.pid, file.port), (10908, Some(25431)));
        assert_eq!(file.socket_directory.as_deref(), Some(Path::new("/d/s")));
        assert_eq!(file.state, State::Ready);
    }

    #[test]
    fn every_beginning_of_a_file_is_read_without_a_wrong_answer() {
        for end in 0..READY.len() {
            let beginning = &READY[..end];
            match parse(beginning) {
                Found::Claimed(file) => {
                    assert_eq!(file.answers(), beginning.contains("ready"), "{beginning:?}");
                }
                other => assert_eq!((other, end), (Found::Damaged, 0)),
            }
        }
    }

    #[test]
    fn a_single_user_backend_counts_as_a_claim() {
        assert!(matches!(
            parse("-77\n/d\n"),
            Found::Claimed(PidFile { pid: 77, .. })
        ));
    }
}
