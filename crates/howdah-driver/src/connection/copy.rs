//! COPY with the client for [`Connection`]. IO: its socket, and the caller's reader or writer.

use std::io::{Read, Write};

use howdah_wire::backend::Message;

use super::{Connection, Feed};
use crate::error::{Error, Kind};

const CHUNK_BYTES: usize = 64 * 1024;

impl Connection {
    /// Runs `COPY … FROM STDIN` with what `source` gives; how many rows were copied.
    ///
    /// # Errors
    /// As [`Connection::query`]; if `source` fails, the server forgets the rows.
    pub fn copy_in(&mut self, sql: &str, mut source: impl Read) -> Result<u64, Error> {
        self.request(|session| session.query(sql))?;
        let mut copied = 0;
        let mut chunk = vec![0; CHUNK_BYTES];
        self.run(
            |message| match message {
                Message::CommandComplete(tag) => {
                    copied = tag.rows().unwrap_or(0);
                    Ok(())
                }
                Message::RowDescription(_) | Message::CopyOutResponse(_) => Err(Error::new(
                    Kind::Misuse,
                    "the statement is not `COPY … FROM STDIN`",
                )),
                _ => Ok(()),
            },
            |session| {
                let count = source
                    .read(&mut chunk)
                    .map_err(|error| Error::io("cannot read what is to be copied", error))?;
                if count == 0 {
                    session.copy_done()?;
                    return Ok(Feed::Done);
                }
                session.copy_data(chunk.get(..count).unwrap_or_default())?;
                Ok(Feed::More)
            },
        )?;
        Ok(copied)
    }

    /// Runs `COPY … TO STDOUT` into `sink`; how many bytes were written.
    ///
    /// # Errors
    /// As [`Connection::query`]; if `sink` fails, the rest is received and thrown away.
    pub fn copy_out(&mut self, sql: &str, mut sink: impl Write) -> Result<u64, Error> {
        self.request(|session| session.query(sql))?;
        let mut written = 0;
        let mut failed = false;
        self.run(
            |message| match message {
                Message::CopyData(data) if !failed => {
                    written += data.len() as u64;
                    sink.write_all(data).map_err(|error| {
                        failed = true;
                        Error::io("cannot write what is copied", error)
                    })
                }
                Message::RowDescription(_) => Err(Error::new(
                    Kind::Misuse,
                    "the statement is not `COPY … TO STDOUT`",
                )),
                _ => Ok(()),
            },
            |_| {
                Err(Error::new(
                    Kind::Misuse,
                    "the statement is not `COPY … TO STDOUT`",
                ))
            },
        )?;
        Ok(written)
    }
}
