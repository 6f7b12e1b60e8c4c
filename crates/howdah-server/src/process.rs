//! A running process, held so that no signal can reach another one.
//!
//! IO: Linux pidfds and `/proc`. A pid read from a file may be recycled: the process it names now
//! can be anyone's. So the pid is turned into a pidfd first, which keeps naming the same process,
//! then `/proc` is asked whether that process is a `postgres` whose working directory is the data
//! directory (the postmaster changes into it at its start and stays), and only then is it used.
//! Invariant: a signal goes only through a handle that was checked in this order.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::account::Account;
use crate::error::{Error, Kind, Result};

/// A process that existed when this was made.
#[derive(Debug)]
pub(crate) struct Process {
    pid: u32,
    handle: OwnedFd,
}

impl Process {
    /// The process with this pid; `None` if there is none.
    pub(crate) fn open(pid: u32) -> Result<Option<Self>> {
        let Some(number) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
            return Ok(None);
        };
        match pidfd_open(number, PidfdFlags::empty()) {
            Ok(handle) => Ok(Some(Self { pid, handle })),
            Err(Errno::SRCH | Errno::INVAL) => Ok(None),
            Err(errno) => {
                let message = format!("cannot hold on to process {pid}: {errno}");
                Err(Error::new(Kind::Io, message)
                    .with_hint("this needs Linux 5.3 or newer and a sandbox that allows pidfd_open")
                    .with_source(std::io::Error::from(errno)))
            }
        }
    }

    /// The postmaster with this pid if it still is the one that works in `pgdata`, which belongs
    /// to `account`.
    pub(crate) fn postmaster(pid: u32, pgdata: &Path, account: &Account) -> Result<Option<Self>> {
        let Some(process) = Self::open(pid)? else {
            return Ok(None);
        };
        let named = fs::read_to_string(format!("/proc/{pid}/comm"));
        let is_ours =
            named.is_ok_and(|name| name.trim_end() == "postgres") && works_in(pid, pgdata, account);
        // the order matters: /proc was read for this pid while the handle shows it to be alive
        Ok((is_ours && process.is_alive()).then_some(process))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) fn is_alive(&self) -> bool {
        !self.wait(Duration::ZERO)
    }

    /// Waits for the end of the process; false if it still runs after `timeout`.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut waited = [PollFd::new(&self.handle, PollFlags::IN)];
            // a pidfd becomes readable when its process ends, zombie or not
            match poll(&mut waited, Timespec::try_from(left).ok().as_ref()) {
                Ok(0) if left.is_zero() => return false,
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return true,
                Err(_) => return false,
            }
        }
    }

    /// Sends `signal`; a process that has ended is no error.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        match pidfd_send_signal(&self.handle, signal) {
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(errno) => {
                let message = format!("cannot signal the server, process {}: {errno}", self.pid);
                Err(Error::new(Kind::Io, message)
                    .with_hint("run howdah as root or as the account that runs the server")
                    .with_source(std::io::Error::from(errno)))
            }
        }
    }
}

/// The pids of all processes that work in `directory`, which belongs to `account`: of a data
/// directory, its postmaster and backends.
pub(crate) fn working_in(directory: &Path, account: &Account) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| may_run_for(*pid, account) && works_in(*pid, directory, account))
        .collect()
}

/// Whether the process belongs to the account; its own `/proc` folder tells everyone.
fn may_run_for(pid: u32, account: &Account) -> bool {
    account.owns(Path::new(&format!("/proc/{pid}")))
}

/// Whether the working directory of the process is `directory`.
///
/// The kernel tells that only to the same account and to holders of `CAP_SYS_PTRACE`, which root
/// in a container usually is not: then it is asked as that account.
fn works_in(pid: u32, directory: &Path, account: &Account) -> bool {
    let link = format!("/proc/{pid}/cwd");
    match fs::metadata(&link) {
        Ok(found) => fs::metadata(directory)
            .is_ok_and(|wanted| (found.dev(), found.ino()) == (wanted.dev(), wanted.ino())),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            let Account::Other { .. } = account else {
                return false;
            };
            let mut question = account.command(Path::new("/bin/sh"));
            question
                .args(["-c", "[ \"$1\" -ef \"$2\" ]", "sh", &link])
                .arg(directory);
            question
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_process_that_is_not_a_postmaster_of_the_directory_is_none() {
        let directory = fs::canonicalize(std::env::temp_dir()).unwrap();
        let mut child = Command::new("sleep")
            .arg("60")
            .current_dir(&directory)
            .spawn()
            .unwrap();
        // right directory, wrong program: a recycled pid
        assert!(
            Process::postmaster(child.id(), &directory, &Account::Own)
                .unwrap()
                .is_none()
        );
        assert!(working_in(&directory, &Account::Own).contains(&child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(Process::open(child.id()).unwrap().is_none());
    }

    #[test]
    fn waiting_notices_the_end_even_of_an_unreaped_child() {
        let mut child = Command::new("sleep")
            .arg("60")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let process = Process::open(child.id()).unwrap().unwrap();
        assert!(process.is_alive());
        assert!(!process.wait(Duration::from_millis(20)));
        process.signal(Signal::KILL).unwrap();
        assert!(process.wait(Duration::from_secs(5)));
        assert!(!process.is_alive());
        child.wait().unwrap();
        process.signal(Signal::KILL).unwrap();
    }
}
