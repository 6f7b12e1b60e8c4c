use super::Lsn;
use crate::{Error, Reader};

/// A message of the server within a replication stream (PostgreSQL 18 documentation, 54.4).
#[derive(Debug, Clone, Copy)]
pub enum Envelope<'a> {
    /// A piece of the log, or of what an output plugin made of it.
    XLogData {
        /// Where it starts.
        start: Lsn,
        /// How far the server's log went when it was sent.
        end: Lsn,
        /// The plugin's message.
        payload: &'a [u8],
    },
    /// The server says that it is there.
    Keepalive {
        /// How far the log was sent.
        end: Lsn,
        /// It wants an answer soon, or it will end the stream.
        reply: bool,
    },
}

impl<'a> Envelope<'a> {
    /// Parses the content of a CopyData.
    ///
    /// # Errors
    /// [`Error`] for what is no message of a replication stream.
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("replication data", data);
        match reader.u8("a kind")? {
            b'w' => {
                let start = reader.u64("a start")?;
                let end = reader.u64("an end")?;
                let _sent_at = reader.u64("a time")?;
                let payload = reader.rest();
                Ok(Self::XLogData {
                    start,
                    end,
                    payload,
                })
            }
            b'k' => {
                let end = reader.u64("an end")?;
                let _sent_at = reader.u64("a time")?;
                let reply = reader.u8("a flag")? != 0;
                reader.finish()?;
                Ok(Self::Keepalive { end, reply })
            }
            unknown => Err(Error::UnknownMessage(unknown)),
        }
    }
}
