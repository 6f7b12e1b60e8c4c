use std::fmt::Write;
use std::sync::Arc;

use howdah_wire::Oid;
use howdah_wire::backend::{Message, ServerError};
use howdah_wire::frontend::Target;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::super::introspection::Introspection;
use super::super::{Context, Reception, scope};
use crate::connection::arrow::{ArrowField, ArrowType};
use crate::connection::columns::{Columns, Described};
use crate::connection::{faults, known, unknown_type};
use crate::types::Codec;

/// What the server says of a query just before it is copied: parameters and columns. Asked anew each
/// time, for rows in the binary format do not tell what they are.
pub(super) struct Description {
    sql: Py<PyString>,
    parameters: Vec<Oid>,
    columns: Vec<Described>,
    error: Option<ServerError>,
    asking: Option<Introspection>,
}

impl Description {
    /// Requests Parse and Describe of the unnamed statement.
    pub(super) fn start(cx: &mut Context<'_, '_>, sql: &Py<PyString>) -> PyResult<Self> {
        let text = sql.bind(cx.py).to_str()?;
        let requested = cx
            .session
            .parse("", text, &[])
            .and_then(|()| cx.session.describe(Target::Statement("")));
        requested.map_err(|error| faults::protocol(cx.py, &error))?;
        cx.session.sync();
        Ok(Self {
            sql: sql.clone_ref(cx.py),
            parameters: Vec::new(),
            columns: Vec::new(),
            error: None,
            asking: None,
        })
    }

    pub(super) fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) {
        if let Some(asking) = &mut self.asking {
            return asking.on(reception, message);
        }
        match message {
            Message::ParameterDescription(types) => self.parameters = types.types().collect(),
            Message::RowDescription(columns) => self.columns = Described::all(columns),
            Message::ErrorResponse(fields) => self.error = Some(fields.to_owned()),
            _ => {}
        }
    }

    /// Whether everything is known; false while types are asked for.
    pub(super) fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<bool> {
        if let Some(error) = self.error.take() {
            let sql = self.sql.bind(cx.py).to_str().ok();
            return Err(faults::server_error(cx.py, &error, sql));
        }
        if let Some(asking) = self.asking.take() {
            asking.finish(cx)?;
            return Ok(true);
        }
        let columns = self.columns.iter().map(|column| column.type_oid);
        let types = self.parameters.iter().copied().chain(columns);
        let unknown: Vec<_> = types
            .filter(|&oid| known(cx.catalogue, oid).is_none())
            .collect();
        if unknown.is_empty() {
            return Ok(true);
        }
        self.asking = Some(Introspection::start(cx, &unknown)?);
        Ok(false)
    }

    pub(super) fn parameters(&self, cx: &Context<'_, '_>) -> PyResult<Vec<Arc<Codec>>> {
        let scope = scope(cx.py, cx.settings, cx.catalogue);
        let codec = |&oid| scope.known(oid).ok_or_else(|| unknown_type(cx.py, oid));
        self.parameters.iter().map(codec).collect()
    }

    /// The columns as Arrow will hold them.
    pub(super) fn arrow_fields(&self) -> Vec<ArrowField> {
        self.columns.iter().map(ArrowField::of).collect()
    }

    /// Which columns Arrow takes in their binary form.
    pub(super) fn in_arrow(&self) -> Vec<bool> {
        let kinds = self
            .columns
            .iter()
            .map(|column| ArrowType::of(column.type_oid, column.type_modifier()));
        kinds.map(|kind| kind.is_some()).collect()
    }

    /// The columns as COPY's binary format will bring them.
    pub(super) fn columns(&self, cx: &Context<'_, '_>) -> PyResult<Columns> {
        let scope = scope(cx.py, cx.settings, cx.catalogue);
        let codec = |oid| scope.known(oid).ok_or_else(|| unknown_type(cx.py, oid));
        let codecs = self.columns.iter().map(|column| codec(column.type_oid));
        Columns::in_copy(
            cx.py,
            self.columns.clone(),
            codecs.collect::<PyResult<_>>()?,
        )
    }
}

/// The query such that each column comes in a form that is understood: those that are not `binary`
/// become text.
pub(super) fn readable(query: &str, binary: &[bool]) -> String {
    if binary.iter().all(|&binary| binary) {
        return query.to_owned();
    }
    let mut chosen = String::new();
    let mut names = String::new();
    for (index, binary) in binary.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let cast = if *binary { "" } else { "::pg_catalog.text" };
        // writing to a String cannot fail
        let _ = write!(chosen, "{comma}c{index}{cast}");
        let _ = write!(names, "{comma}c{index}");
    }
    format!("select {chosen} from (\n{query}\n) as q ({names})")
}
