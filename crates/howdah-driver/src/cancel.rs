//! Cancel requests: on a connection of their own, under a deadline. IO.
//!
//! Callers: whoever holds a session whose statement must end: another thread, a cancelled task.
//! Invariant: [`Canceller::cancel`] returns only when the server has closed that connection, which
//! it does after the signal to the session's process is out, or when it may no longer wait. So a
//! statement that is sent after a success cannot be hit by the cancel.

use std::io;
use std::time::{Duration, Instant};

use howdah_wire::{CancelKey, frontend};

use crate::Interrupt;
use crate::config::Config;
use crate::connect::{Encryption, Guarded, Peer, open_socket};
use crate::error::{Error, Kind};
use crate::transport::Transport;

/// Cancels the statements of one session.
#[derive(Debug, Clone)]
pub struct Canceller {
    peer: Peer,
    encrypted: bool,
    config: Config,
    key: CancelKey,
}

impl Canceller {
    pub(crate) fn new(peer: Peer, encrypted: bool, config: Config, key: CancelKey) -> Self {
        Self {
            peer,
            encrypted,
            config,
            key,
        }
    }

    /// Asks the server to cancel what the session runs, and waits until it has taken note. Whether
    /// there was something to cancel is not told: the statement itself fails or succeeds.
    ///
    /// # Errors
    /// [`Kind::Timeout`] after `timeout`, [`Kind::Interrupted`], or the network's failure. The
    /// request may have been delivered all the same.
    pub fn cancel(&self, timeout: Duration, interrupt: &Interrupt) -> Result<(), Error> {
        let deadline = Instant::now().checked_add(timeout);
        self.deliver(deadline, interrupt)
            .map_err(|error| error.within("cannot cancel"))
    }

    fn deliver(&self, deadline: Option<Instant>, interrupt: &Interrupt) -> Result<(), Error> {
        let keepalive = self.config.keepalive();
        let socket = open_socket(&self.peer.address, keepalive, deadline, interrupt)
            .map_err(|error| Error::io("cannot connect", error))?;
        let mut transport = if self.encrypted {
            // what protected the session protects its key too
            let (config, host) = (&self.config, &self.peer.host);
            Encryption {
                config,
                host,
                deadline,
                interrupt,
            }
            .apply(socket, false)?
        } else {
            Transport::plain(socket)
        };
        let mut guarded = Guarded {
            transport: &mut transport,
            deadline,
            interrupt,
        };
        let mut request = Vec::new();
        frontend::cancel_request(&mut request, &self.key)?;
        guarded
            .send_all(&request)
            .map_err(|error| Error::io("cannot send", error))?;
        wait_for_end(&mut guarded)
    }
}

/// A server answers nothing and closes; a reset is as good as an end.
fn wait_for_end(guarded: &mut Guarded<'_>) -> Result<(), Error> {
    let mut byte = [0; 1];
    match guarded.receive(&mut byte) {
        Ok(0) => Ok(()),
        Ok(_) => Err(Error::new(
            Kind::Protocol,
            "the server answered a cancel request",
        )),
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(()),
        Err(error) => Err(Error::io("the server did not confirm", error)),
    }
}
