//! Host names into addresses. IO: the system's resolver, on a thread of its own where it could
//! block, because it knows neither deadlines nor interrupts.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::AsFd;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use super::socket::Address;
use crate::Interrupt;
use crate::config::{Host, Place};
use crate::wait::{Interest, wait_or};

/// Every address of `host`, in the resolver's order.
///
/// # Errors
/// `TimedOut`, `Interrupted`, or the resolver's answer.
pub(crate) fn resolve(
    host: &Host,
    deadline: Option<Instant>,
    interrupt: &Interrupt,
) -> io::Result<Vec<Address>> {
    match &host.place {
        Place::Socket(path) => Ok(vec![Address::Socket(path.clone())]),
        Place::Abstract(name) => Ok(vec![Address::Abstract(name.clone())]),
        Place::Address(address) => Ok(vec![Address::Tcp(SocketAddr::new(*address, host.port))]),
        Place::Name(name) => {
            let addresses = ask(name.clone(), host.port, deadline, interrupt)?;
            Ok(addresses.into_iter().map(Address::Tcp).collect())
        }
    }
}

/// Asks the resolver, and leaves it alone with the question when the time is over: its thread ends
/// by itself once it has an answer.
fn ask(
    name: String,
    port: u16,
    deadline: Option<Instant>,
    interrupt: &Interrupt,
) -> io::Result<Vec<SocketAddr>> {
    let (done, finished) = io::pipe()?;
    let (answer, answered) = mpsc::channel();
    thread::Builder::new()
        .name("howdah-resolve".to_owned())
        .spawn(move || {
            let _ = answer.send((name.as_str(), port).to_socket_addrs().map(Vec::from_iter));
            drop(finished); // hangs up the pipe, which ends the wait
        })?;
    wait_or(done.as_fd(), Interest::Readable, deadline, interrupt)?;
    answered
        .recv()
        .unwrap_or_else(|_| Err(io::Error::other("the resolver gave no answer")))
}
