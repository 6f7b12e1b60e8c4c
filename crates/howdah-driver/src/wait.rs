//! Waiting for a socket with poll(2). IO; called by the transport and by everything that connects.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::Interrupt;

/// What to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Bytes to receive, or the end of the stream.
    Readable,
    /// Room in the kernel's buffer.
    Writable,
    /// Either.
    Both,
}

/// What has become possible. After a failure both are: the next call on the socket tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// A receive will not block.
    pub readable: bool,
    /// A send will not block.
    pub writable: bool,
}

impl Interest {
    const fn flags(self) -> PollFlags {
        match self {
            Self::Readable => PollFlags::IN,
            Self::Writable => PollFlags::OUT,
            Self::Both => PollFlags::IN.union(PollFlags::OUT),
        }
    }
}

/// Waits until `fd` is ready, once.
///
/// # Errors
/// `TimedOut` at the deadline, `Interrupted` when a signal arrives.
pub(crate) fn wait(
    fd: BorrowedFd<'_>,
    interest: Interest,
    deadline: Option<Instant>,
) -> io::Result<Ready> {
    let mut fds = [PollFd::from_borrowed_fd(fd, interest.flags())];
    poll_until(&mut fds, deadline)?;
    let [socket] = &fds;
    Ok(ready(socket.revents()))
}

/// As [`wait`], but goes on after signals that `interrupt` lets pass.
///
/// # Errors
/// `TimedOut` at the deadline, `Interrupted` when `interrupt` says so.
pub(crate) fn wait_or(
    fd: BorrowedFd<'_>,
    interest: Interest,
    deadline: Option<Instant>,
    interrupt: &Interrupt,
) -> io::Result<Ready> {
    loop {
        let socket = PollFd::from_borrowed_fd(fd, interest.flags());
        let outcome = match interrupt.fd() {
            None => {
                let mut fds = [socket];
                poll_until(&mut fds, deadline).map(|()| fds[0].revents())
            }
            Some(bell) => {
                let mut fds = [socket, PollFd::from_borrowed_fd(bell, PollFlags::IN)];
                poll_until(&mut fds, deadline).map(|()| fds[0].revents())
            }
        };
        if interrupt.is_triggered() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match outcome {
            Ok(events) => return Ok(ready(events)),
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            Err(error) if interrupt.ends_on_signal() => return Err(error),
            Err(_) => {}
        }
    }
}

/// Waits for `fd` (if anything is of interest there) and for `bell` to be readable; whether that is.
/// Nothing is ready at the deadline and after a signal.
///
/// # Errors
/// If the kernel cannot wait.
pub(crate) fn wait_beside(
    fd: BorrowedFd<'_>,
    interest: Option<Interest>,
    bell: BorrowedFd<'_>,
    deadline: Instant,
) -> io::Result<(Ready, bool)> {
    let flags = interest.map_or(PollFlags::empty(), Interest::flags);
    let bell = PollFd::from_borrowed_fd(bell, PollFlags::IN);
    let mut fds = [bell, PollFd::from_borrowed_fd(fd, flags)];
    // a socket that has hung up is ready whether one asks or not
    let watched = if interest.is_some() { 2 } else { 1 };
    let waited = poll_until(fds.get_mut(..watched).unwrap_or_default(), Some(deadline));
    match waited {
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
            ) =>
        {
            return Err(error);
        }
        _ => {}
    }
    let [bell, socket] = &fds;
    Ok((
        ready(socket.revents()),
        bell.revents().contains(PollFlags::IN),
    ))
}

fn ready(events: PollFlags) -> Ready {
    let failed = events.intersects(PollFlags::ERR | PollFlags::NVAL);
    let hung_up = events.contains(PollFlags::HUP);
    Ready {
        readable: failed || hung_up || events.contains(PollFlags::IN),
        writable: failed || hung_up || events.contains(PollFlags::OUT),
    }
}

fn poll_until(fds: &mut [PollFd<'_>], deadline: Option<Instant>) -> io::Result<()> {
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    let timeout = left.map(timespec);
    match poll(fds, timeout.as_ref()) {
        Ok(0) => Err(io::ErrorKind::TimedOut.into()),
        Ok(_) => Ok(()),
        Err(Errno::INTR) => Err(io::ErrorKind::Interrupted.into()),
        Err(error) => Err(error.into()),
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}
