//! The steps of an exchange: what a session requests, sends and receives.

use howdah_wire::frontend::Target;
use howdah_wire::{BindHead, Error, Session};
use serde::Deserialize;

/// One line of a captured exchange; see `tools/capture_streams.py`. Bytes are hexadecimal.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// What the exchange shows: for people.
    #[allow(dead_code)] // not by all who share this module
    About(String),
    /// The login begins.
    Startup,
    Query(String),
    Parse(String, String, Vec<u32>),
    DescribeStatement(String),
    DescribePortal(String),
    /// Portal, statement, the parameters' formats, the parameters, the result's formats.
    Bind(String, String, Vec<i16>, Vec<Option<String>>, Vec<i16>),
    Execute(String, u32),
    CloseStatement(String),
    ClosePortal(String),
    Sync,
    Flush,
    CopyData(String),
    CopyDone,
    CopyFail(String),
    Terminate,
    /// What was requested since the last such step was sent: its length and its SHA-256.
    Send(usize, String),
    /// So many bytes were received.
    Receive(usize),
}

impl Step {
    /// Makes the request; steps that are none change nothing.
    pub fn request(&self, session: &mut Session) -> Result<(), Error> {
        match self {
            Self::Query(sql) => session.query(sql),
            Self::Parse(statement, sql, types) => session.parse(statement, sql, types),
            Self::DescribeStatement(name) => session.describe(Target::Statement(name)),
            Self::DescribePortal(name) => session.describe(Target::Portal(name)),
            Self::Bind(portal, statement, formats, values, results) => {
                let head = BindHead::new(portal, statement, formats, values.len(), results)?;
                session.bind(&head, |out| {
                    for value in values {
                        append(out, value.as_deref());
                    }
                    Ok(())
                })
            }
            Self::Execute(portal, max_rows) => session.execute(portal, *max_rows),
            Self::CloseStatement(name) => session.close(Target::Statement(name)),
            Self::ClosePortal(name) => session.close(Target::Portal(name)),
            Self::CopyData(data) => session.copy_data(&bytes(data)),
            Self::CopyDone => session.copy_done(),
            Self::CopyFail(reason) => session.copy_fail(reason),
            Self::Sync => {
                session.sync();
                Ok(())
            }
            Self::Flush => {
                session.flush();
                Ok(())
            }
            Self::Terminate => {
                session.terminate();
                Ok(())
            }
            Self::About(_) | Self::Startup | Self::Send(..) | Self::Receive(_) => Ok(()),
        }
    }
}

fn append(out: &mut Vec<u8>, value: Option<&str>) {
    let value = value.map(bytes);
    let length = value.as_ref().map_or(-1, |value| value.len() as i32);
    out.extend(length.to_be_bytes());
    out.extend(value.unwrap_or_default());
}

/// The bytes that `hex` stands for.
pub fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .map(|digit| digit.to_digit(16).unwrap() as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}
