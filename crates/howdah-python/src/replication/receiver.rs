//! The thread that receives: it waits on the socket and on the program, and answers the server.
//!
//! IO: the stream's socket. Started by `stream`, ended by [`Shared::stop`] or with the connection.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use howdah_driver::{Error, Replication};
use howdah_wire::replication::{StandbyStatus, standby_status};

use super::shared::{End, Shared};

/// How long the server may take to end its side.
const PATIENCE: Duration = Duration::from_secs(5);

/// From 1970 to 2000.
const EPOCH: Duration = Duration::from_hours(10_957 * 24);

pub(super) struct Receiver {
    stream: Replication,
    shared: Arc<Shared>,
    /// How often the server hears of the client at least.
    interval: Duration,
    told: StandbyStatus,
    next_status: Instant,
}

impl Receiver {
    pub(super) fn new(stream: Replication, shared: Arc<Shared>, interval: Duration) -> Self {
        let told = shared.status();
        Self {
            stream,
            shared,
            interval,
            told,
            next_status: Instant::now(),
        }
    }

    /// The thread's life.
    pub(super) fn run(mut self) {
        let outcome = self.serve();
        let end = match outcome {
            Err(error) => End::Failed(error),
            Ok(false) => End::Closed(None),
            Ok(true) => {
                // the last word: what was confirmed
                let told = self.tell().and_then(|()| self.stream.send());
                let connection = told.ok().and_then(|()| self.stream.end(PATIENCE));
                End::Closed(connection.map(Box::new))
            }
        };
        self.shared.end(end);
    }

    /// Until the stream ends (false) or the program wishes it (true).
    fn serve(&mut self) -> Result<bool, Error> {
        let mut receiving = true;
        // something may have come with the answer to the command
        loop {
            if self.shared.is_stopping() {
                return Ok(true);
            }
            let mut asked = false;
            if receiving {
                let shared = Arc::clone(&self.shared);
                if !self.stream.receive(|data| asked |= shared.push(data))? {
                    return Ok(false);
                }
            }
            let status = self.shared.status();
            let news = status.flushed != self.told.flushed;
            if asked || news || Instant::now() >= self.next_status {
                self.tell()?;
            }
            self.stream.send()?;
            receiving = self.wait()?;
        }
    }

    fn tell(&mut self) -> Result<(), Error> {
        let status = self.shared.status();
        let now = SystemTime::now().duration_since(UNIX_EPOCH + EPOCH);
        let micros = now.map_or(0, |now| i64::try_from(now.as_micros()).unwrap_or(i64::MAX));
        self.stream.queue(&standby_status(status, micros))?;
        self.told = status;
        self.next_status = Instant::now() + self.interval;
        Ok(())
    }

    /// Waits for the socket, the program or the next status; whether to receive.
    fn wait(&self) -> Result<bool, Error> {
        let has_room = self.shared.has_room();
        let bell = self.shared.wake_fd();
        let roused = self.stream.wait(has_room, bell, self.next_status)?;
        if roused.by_bell {
            self.shared.woken();
        }
        Ok(roused.readable)
    }
}
