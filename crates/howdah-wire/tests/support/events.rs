//! Moving bytes into a session and events out of it.

use howdah_wire::backend::{Authentication, DataRow, Message};
use howdah_wire::{Error, Session};

/// An event beyond the life of the receive buffer: its name and all that it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub name: &'static str,
    pub content: Vec<u8>,
}

impl Event {
    pub fn of(message: &Message<'_>) -> Self {
        let content = match message {
            Message::DataRow(row) => row.body().to_vec(),
            Message::CopyData(data) => data.to_vec(),
            other => format!("{other:?}").into_bytes(),
        };
        Self {
            name: message.name(),
            content,
        }
    }
}

/// Copies `bytes` into the session, as a mover that receives them.
pub fn feed(session: &mut Session, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let spare = session.spare();
        assert!(!spare.is_empty(), "no room to receive");
        let (piece, rest) = bytes.split_at(bytes.len().min(spare.len()));
        spare[..piece.len()].copy_from_slice(piece);
        session.fed(piece.len());
        bytes = rest;
    }
}

/// Gives each event that has arrived to `take`. `short_way` says for each whether a row is asked
/// for with `next_row` first.
pub fn drain(
    session: &mut Session,
    mut short_way: impl FnMut() -> bool,
    mut take: impl FnMut(&Message<'_>),
) -> Result<(), Error> {
    loop {
        if short_way()
            && let Some(row) = session.next_row()?
        {
            take(&Message::DataRow(row));
            continue;
        }
        match session.next_event()? {
            Some(message) => take(&message),
            None => return Ok(()),
        }
    }
}

/// Reads all that a message holds, as far as it goes.
pub fn read(message: &Message<'_>) {
    match message {
        Message::DataRow(row) => read_row(row),
        Message::RowDescription(description) => {
            assert_eq!(description.fields().count(), description.len());
        }
        Message::ErrorResponse(fields) | Message::NoticeResponse(fields) => {
            let error = fields.to_owned();
            assert!(error.to_string().contains(error.message()));
        }
        Message::CommandComplete(tag) => {
            let _ = tag.rows();
        }
        Message::ParameterDescription(description) => {
            let types = description.types();
            assert_eq!(types.len(), types.count());
        }
        Message::NegotiateProtocolVersion(answer) => {
            let _ = (answer.minor(), answer.unknown_options().count());
        }
        Message::Authentication(Authentication::Sasl(list)) => {
            let _ = Authentication::mechanisms(list).count();
        }
        _ => {}
    }
}

/// A row may lie about its values, which reading them finds out.
fn read_row(row: &DataRow<'_>) {
    let mut values = row.values();
    for _ in 0..row.columns() {
        if values.value().is_err() {
            return;
        }
    }
    let _ = values.finish();
}
