//! Sockets: opened, connected under a deadline, tuned. IO; called for each address.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::io::{Errno, ioctl_fionbio};
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with, sockopt,
};

use crate::Interrupt;
use crate::config::Keepalive;
use crate::wait::{Interest, wait_or};

/// Where exactly a server is: what a name resolves to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// TCP.
    Tcp(SocketAddr),
    /// A unix socket's file.
    Socket(PathBuf),
    /// A unix socket in Linux' abstract namespace.
    Abstract(String),
}

/// Between attempts to join a full queue of connections.
const QUEUE_PAUSE: Duration = Duration::from_millis(5);

/// Connects and tunes a socket, which is in blocking mode then.
///
/// # Errors
/// `TimedOut` at the deadline, `Interrupted` when the interrupt says so, or the network's answer.
pub(crate) fn open(
    address: &Address,
    keepalive: &Keepalive,
    deadline: Option<Instant>,
    interrupt: &Interrupt,
) -> io::Result<OwnedFd> {
    let socket = unconnected(address)?;
    loop {
        match start(&socket, address) {
            Ok(()) => break,
            Err(Errno::INPROGRESS) => {
                wait_or(socket.as_fd(), Interest::Writable, deadline, interrupt)?;
                sockopt::socket_error(&socket)??;
                break;
            }
            // a unix socket whose queue of connections is full: nothing tells when it is not
            Err(Errno::AGAIN) => pause(deadline, interrupt)?,
            Err(error) => return Err(error.into()),
        }
    }
    ioctl_fionbio(&socket, false)?;
    if let Address::Tcp(_) = address {
        tune(&socket, keepalive)?;
    }
    Ok(socket)
}

/// Waits a little, but not beyond the deadline.
fn pause(deadline: Option<Instant>, interrupt: &Interrupt) -> io::Result<()> {
    if interrupt.is_triggered() {
        return Err(io::ErrorKind::Interrupted.into());
    }
    if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
        return Err(io::ErrorKind::TimedOut.into());
    }
    std::thread::sleep(QUEUE_PAUSE);
    Ok(())
}

fn unconnected(address: &Address) -> io::Result<OwnedFd> {
    let family = match address {
        Address::Tcp(SocketAddr::V4(_)) => AddressFamily::INET,
        Address::Tcp(SocketAddr::V6(_)) => AddressFamily::INET6,
        Address::Socket(_) | Address::Abstract(_) => AddressFamily::UNIX,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(socket_with(family, SocketType::STREAM, flags, None)?)
}

fn start(socket: &OwnedFd, address: &Address) -> Result<(), Errno> {
    match address {
        Address::Tcp(address) => connect(socket, address),
        Address::Socket(path) => connect(socket, &SocketAddrUnix::new(path.as_path())?),
        Address::Abstract(name) => {
            connect(socket, &SocketAddrUnix::new_abstract_name(name.as_bytes())?)
        }
    }
}

fn tune(socket: &OwnedFd, keepalive: &Keepalive) -> io::Result<()> {
    sockopt::set_tcp_nodelay(socket, true)?;
    if keepalive.enabled {
        sockopt::set_socket_keepalive(socket, true)?;
        if let Some(idle) = keepalive.idle {
            sockopt::set_tcp_keepidle(socket, idle)?;
        }
        if let Some(interval) = keepalive.interval {
            sockopt::set_tcp_keepintvl(socket, interval)?;
        }
        if let Some(count) = keepalive.count {
            sockopt::set_tcp_keepcnt(socket, count)?;
        }
    }
    if let Some(timeout) = keepalive.user_timeout {
        sockopt::set_tcp_user_timeout(socket, milliseconds(timeout))?;
    }
    Ok(())
}

fn milliseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}
