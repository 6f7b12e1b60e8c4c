//! The tables of a stream, and their rows as `howdah.Row`.
//!
//! No IO. A table is made when the stream describes it, and again when it has changed. Invariant:
//! a value is read by the codec of its column's type, in the format that the server says it is in.

use std::sync::Arc;

use howdah_wire::replication::pgoutput::{Datum, Relation, Tuple};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::connection::columns::refusal;
use crate::connection::faults;
use crate::row::{RowBuilder, Shape, row_type};
use crate::types::{Codec, Refused, Scope, text_codec};

/// A table whose changes come.
pub(super) struct Table {
    /// `howdah.replication.Relation`.
    pub(super) public: Py<PyAny>,
    name: String,
    columns: Vec<Column>,
    shape: Py<Shape>,
    key_shape: Py<Shape>,
}

struct Column {
    name: String,
    is_key: bool,
    codec: Arc<Codec>,
}

impl Table {
    pub(super) fn new(
        scope: &Scope<'_, '_>,
        module: &Bound<'_, PyModule>,
        relation: &Relation<'_>,
    ) -> PyResult<Self> {
        let py = scope.py;
        let (schema, name) = (text(relation.schema), text(relation.name));
        let schema = if schema.is_empty() {
            "pg_catalog".to_owned()
        } else {
            schema
        };
        let known = |oid| scope.known(oid).unwrap_or_else(|| text_codec(oid));
        let columns: Vec<_> = relation
            .columns()
            .map(|column| Column {
                name: text(column.name),
                is_key: column.is_key,
                codec: known(column.type_oid),
            })
            .collect();
        let public_column = module.getattr("RelationColumn")?;
        let mut public = Vec::with_capacity(columns.len());
        for (column, sent) in columns.iter().zip(relation.columns()) {
            let type_name = column.codec.name.as_ref();
            let fields = (&column.name, sent.type_oid, type_name, sent.type_modifier);
            let (name, oid, type_name, modifier) = fields;
            public.push(public_column.call1((name, oid, type_name, modifier, column.is_key))?);
        }
        let identity = match relation.replica_identity {
            b'n' => "nothing",
            b'f' => "full",
            b'i' => "index",
            _ => "default",
        };
        let public = pyo3::types::PyTuple::new(py, public)?;
        let class = module.getattr("Relation")?;
        let public = class.call1((relation.oid, &schema, &name, identity, public))?;
        let names = |key: bool| {
            let chosen = columns.iter().filter(move |column| !key || column.is_key);
            Shape::new(py, chosen.map(|column| &column.name)).map(Bound::unbind)
        };
        Ok(Self {
            public: public.unbind(),
            name: format!("{schema}.{name}"),
            shape: names(false)?,
            key_shape: names(true)?,
            columns,
        })
    }

    /// All columns; what was not sent is `unchanged`.
    pub(super) fn row<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        tuple: &Tuple<'_>,
        unchanged: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.made(scope, tuple, unchanged, |_| true, &self.shape)
    }

    /// The columns of the replica identity.
    pub(super) fn key<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        tuple: &Tuple<'_>,
        unchanged: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let is_key = |column: &Column| column.is_key;
        self.made(scope, tuple, unchanged, is_key, &self.key_shape)
    }

    fn made<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        tuple: &Tuple<'_>,
        unchanged: &Bound<'py, PyAny>,
        wanted: impl Fn(&Column) -> bool,
        shape: &Py<Shape>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if tuple.columns() != self.columns.len() {
            let message = format!(
                "a change of `{}` with {} values, where its description has {}",
                self.name,
                tuple.columns(),
                self.columns.len()
            );
            return Err(faults::fault(scope.py, "DataError", message));
        }
        let values = self.columns.iter().zip(tuple.values());
        let values: Vec<_> = values
            .filter(|(column, _)| wanted(column))
            .map(|(column, datum)| self.value(scope, column, datum, unchanged))
            .collect::<PyResult<_>>()?;
        let mut row = RowBuilder::row(row_type(scope.py)?, shape.bind(scope.py), values.len())?;
        for (position, value) in values.into_iter().enumerate() {
            row.set(position, value);
        }
        Ok(row.finish(false))
    }

    fn value<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        column: &Column,
        datum: Datum<'_>,
        unchanged: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let codec = &column.codec;
        let read = match datum {
            Datum::Null => return Ok(scope.py.None().into_bound(scope.py)),
            Datum::Unchanged => return Ok(unchanged.clone()),
            Datum::Text(bytes) => (codec.decode_text)(scope, codec, bytes),
            Datum::Binary(bytes) => match codec.decode_binary {
                Some(decode) => decode(scope, codec, bytes),
                None => Err(Refused::advised(
                    "a binary value of a type whose binary format is not read",
                    "start the stream without `binary`",
                )),
            },
        };
        read.map_err(|refused| {
            let place = format!(
                "column `{}` of type `{}` in `{}`",
                column.name, codec.name, self.name
            );
            refusal(scope.py, &place, refused)
        })
    }
}

/// A name as the server sent it.
pub(super) fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

/// The same for Python.
pub(super) fn py_text<'py>(py: Python<'py>, name: &[u8]) -> Bound<'py, PyString> {
    PyString::new(py, &String::from_utf8_lossy(name))
}
