use howdah_wire::backend::{Message, ServerError};
use howdah_wire::{BindHead, Oid};
use pyo3::prelude::*;

use super::super::faults;
use super::{Context, Reception};
use crate::types::{TYPES_SQL, TypeRow, asked_parameter};

/// `_oid` in `pg_type`.
const OID_ARRAY: Oid = 1028;

/// Asks the server for types that the catalogue does not know: one query for all of them.
pub(crate) struct Introspection {
    asked: Vec<Oid>,
    rows: Vec<TypeRow>,
    error: Option<ServerError>,
    complete: bool,
}

impl Introspection {
    /// Requests the query as a unit of its own.
    pub(crate) fn start(cx: &mut Context<'_, '_>, types: &[Oid]) -> PyResult<Self> {
        let asking = Self::start_within(cx, types)?;
        cx.session.sync();
        Ok(asking)
    }

    /// Requests the query as part of a unit that somebody else ends.
    pub(crate) fn start_within(cx: &mut Context<'_, '_>, types: &[Oid]) -> PyResult<Self> {
        request(cx, types).map_err(|error| faults::protocol(cx.py, &error))?;
        Ok(Self {
            asked: types.to_vec(),
            rows: Vec::new(),
            error: None,
            complete: false,
        })
    }

    /// Whether the answer has come.
    pub(crate) const fn is_complete(&self) -> bool {
        self.complete
    }

    pub(crate) fn on(&mut self, _: &Reception<'_, '_>, message: &Message<'_>) {
        match message {
            Message::DataRow(row) => {
                let mut values = row.values();
                let read = (0..row.columns()).map_while(|_| values.value().ok());
                self.rows
                    .push(read.map(|value| value.map(<[u8]>::to_vec)).collect());
            }
            Message::CommandComplete(_) => self.complete = true,
            Message::ErrorResponse(fields) => {
                self.complete = true;
                self.error = Some(fields.to_owned());
            }
            _ => {}
        }
    }

    /// Adds the answer to the catalogue.
    pub(crate) fn finish(self, cx: &Context<'_, '_>) -> PyResult<()> {
        if let Some(error) = self.error {
            return Err(faults::server_error(cx.py, &error, None));
        }
        cx.catalogue
            .add(&self.asked, &self.rows)
            .map_err(|refused| {
                super::super::columns::refusal(cx.py, "the catalogue's types", refused)
            })
    }
}

/// Requests the query by the unnamed statement, with its answer as text.
fn request(cx: &mut Context<'_, '_>, types: &[Oid]) -> Result<(), howdah_wire::Error> {
    let asked = asked_parameter(types);
    let length = i32::try_from(asked.len()).unwrap_or(i32::MAX);
    let bind = BindHead::new("", "", &[], 1, &[])?;
    cx.session.parse("", TYPES_SQL, &[OID_ARRAY])?;
    cx.session.bind(&bind, |out| {
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(asked.as_bytes());
        Ok::<_, howdah_wire::Error>(())
    })?;
    cx.session.execute("", 0)
}
