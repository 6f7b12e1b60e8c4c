use std::sync::Arc;

use howdah_wire::Oid;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping, PyString, PyTuple};

use super::supply::{Next, Supply};
use super::{Context, Limit, More, Source, scope};
use crate::connection::{faults, parameters, unknown_type};
use crate::types::{Codec, Refused, Scope};

/// The statement in the format that rows are sent in. Binary is used where every column has a binary
/// form, unless there is no statement for it.
pub(crate) struct RowStatements {
    pub(crate) binary: Option<Py<PyString>>,
    /// COPY's text format with its default delimiter and NULL.
    pub(crate) text: Option<Py<PyString>>,
}

/// Rows of Python values.
pub(crate) struct Rows {
    supply: Supply,
    statements: RowStatements,
    binary: bool,
    names: Vec<String>,
    types: Vec<Oid>,
    codecs: Vec<Arc<Codec>>,
    taken: u64,
    begun: bool,
    /// A value as text, before it is escaped.
    scratch: Vec<u8>,
}

impl Rows {
    /// Rows for columns of these names and types.
    pub(crate) fn new(
        supply: Supply,
        statements: RowStatements,
        columns: Vec<(String, Oid)>,
    ) -> Self {
        let (names, types) = columns.into_iter().unzip();
        Self {
            supply,
            statements,
            binary: true,
            names,
            types,
            codecs: Vec::new(),
            taken: 0,
            begun: false,
            scratch: Vec::new(),
        }
    }

    #[inline]
    fn write(
        &mut self,
        scope: &Scope<'_, '_>,
        row: &Bound<'_, PyAny>,
        out: &mut Vec<u8>,
    ) -> PyResult<()> {
        self.taken += 1;
        if let Ok(values) = row.cast::<PyTuple>() {
            return self.write_values(scope, values, out);
        }
        let values = match row.cast::<PyList>() {
            Ok(list) => list.to_tuple(),
            Err(_) => self.other_values(row)?,
        };
        self.write_values(scope, &values, out)
    }

    #[inline]
    fn write_values(
        &mut self,
        scope: &Scope<'_, '_>,
        values: &Bound<'_, PyTuple>,
        out: &mut Vec<u8>,
    ) -> PyResult<()> {
        if values.len() != self.codecs.len() {
            return Err(self.miscounted(scope.py, values.len()));
        }
        if self.binary {
            self.write_binary(scope, values, out)
        } else {
            self.write_text(scope, values, out)
        }
    }

    #[inline]
    fn write_binary(
        &self,
        scope: &Scope<'_, '_>,
        values: &Bound<'_, PyTuple>,
        out: &mut Vec<u8>,
    ) -> PyResult<()> {
        out.extend_from_slice(&(self.codecs.len() as i16).to_be_bytes());
        for (index, (codec, value)) in self.codecs.iter().zip(values.iter_borrowed()).enumerate() {
            if let Err(refused) = parameters::write_field(scope, codec, &value, out) {
                return Err(self.refused(index, &value, refused));
            }
        }
        Ok(())
    }

    fn write_text(
        &mut self,
        scope: &Scope<'_, '_>,
        values: &Bound<'_, PyTuple>,
        out: &mut Vec<u8>,
    ) -> PyResult<()> {
        for (index, (codec, value)) in self.codecs.iter().zip(values.iter_borrowed()).enumerate() {
            if index > 0 {
                out.push(b'\t');
            }
            if value.is_none() {
                out.extend_from_slice(b"\\N");
                continue;
            }
            self.scratch.clear();
            if let Err(refused) = (codec.encode_text)(scope, codec, &value, &mut self.scratch) {
                return Err(self.refused(index, &value, refused));
            }
            escape(&self.scratch, out);
        }
        out.push(b'\n');
        Ok(())
    }

    /// The values of a row that is neither tuple nor list: a mapping by column names, or an iterable.
    fn other_values<'py>(&self, row: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
        let Ok(mapping) = row.cast::<PyMapping>() else {
            return parameters::as_tuple(row).map_err(|error| self.note(row.py(), error));
        };
        let values: Vec<_> = self
            .names
            .iter()
            .map(|name| self.named_value(mapping, name))
            .collect::<PyResult<_>>()?;
        if mapping.len()? > values.len() {
            return Err(self.strange_name(mapping));
        }
        PyTuple::new(row.py(), values)
    }

    fn named_value<'py>(
        &self,
        mapping: &Bound<'py, PyMapping>,
        name: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = mapping.py();
        let found = match mapping.cast::<PyDict>() {
            Ok(dict) => dict.get_item(name),
            Err(_) => item_of(mapping, name),
        };
        found.map_err(|error| self.note(py, error))?.ok_or_else(|| {
            let message = format!("row {}: no value for column `{name}`", self.taken);
            self.located(faults::fault(py, "DataError", message), py, Some(name))
        })
    }

    #[cold]
    fn strange_name(&self, mapping: &Bound<'_, PyMapping>) -> PyErr {
        let keys = match mapping.keys() {
            Ok(keys) => keys,
            Err(error) => return error,
        };
        let strange = keys.iter().find(|key| {
            let name = key.extract::<String>();
            !name.is_ok_and(|name| self.names.contains(&name))
        });
        let strange = strange.map_or_else(String::new, |key| key.to_string());
        let message = format!("row {}: there is no column `{strange}` to fill", self.taken);
        let py = mapping.py();
        self.located(faults::fault(py, "DataError", message), py, None)
    }

    #[cold]
    fn miscounted(&self, py: Python<'_>, found: usize) -> PyErr {
        let (row, expected) = (self.taken, self.codecs.len());
        let message = format!("row {row}: expected {expected} values, found {found}");
        self.located(faults::fault(py, "DataError", message), py, None)
    }

    #[cold]
    fn refused(&self, index: usize, value: &Bound<'_, PyAny>, refused: Refused) -> PyErr {
        let name = self.names.get(index).map_or("?", String::as_str);
        let type_name = self.codecs.get(index).map_or("?", |codec| &codec.name);
        let place = format!("row {}, column `{name}` of type `{type_name}`", self.taken);
        let refused = if self.binary {
            refused.in_binary()
        } else {
            refused
        };
        let error = parameters::refused_at(&place, value, refused);
        if self.binary && value.is_instance_of::<PyString>() {
            // an error that cannot take the hint is raised without
            let hint = "pass `format=\"text\"` to have the server read texts of every type";
            let _ = error
                .value(value.py())
                .setattr(intern!(value.py(), "hint"), hint);
        }
        self.located(error, value.py(), Some(name))
    }

    /// Tells an error of ours where it happened; others have it in a note.
    fn located(&self, error: PyErr, py: Python<'_>, column: Option<&str>) -> PyErr {
        let value = error.value(py);
        if value.hasattr(intern!(py, "copy_row")).unwrap_or(false) {
            let set = value
                .setattr(intern!(py, "copy_row"), self.taken)
                .and_then(|()| value.setattr(intern!(py, "copy_column"), column));
            if let Err(failed) = set {
                return failed;
            }
        }
        error
    }

    /// Says in a note which row could not be had.
    #[cold]
    fn note(&self, py: Python<'_>, error: PyErr) -> PyErr {
        let note = format!("in row {} of the COPY", self.taken);
        faults::noted(py, error, note)
    }

    fn begin(&self, out: &mut Vec<u8>) {
        if self.binary {
            // PostgreSQL 18 documentation, COPY, "Binary Format": signature, flags, extension
            out.extend_from_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
        }
    }

    fn end(&self, out: &mut Vec<u8>) {
        if self.binary {
            out.extend_from_slice(&(-1_i16).to_be_bytes());
        }
    }
}

impl Source for Rows {
    fn types(&self) -> &[Oid] {
        &self.types
    }

    fn statement<'py>(&mut self, cx: &Context<'_, 'py>) -> PyResult<Bound<'py, PyString>> {
        let scope = scope(cx.py, cx.settings, cx.catalogue);
        let codec = |&oid| scope.known(oid).ok_or_else(|| unknown_type(cx.py, oid));
        self.codecs = self.types.iter().map(codec).collect::<PyResult<_>>()?;
        let all_binary = self
            .codecs
            .iter()
            .all(|codec| codec.encode_binary.is_some());
        let RowStatements { binary, text } = &self.statements;
        let (chosen, other) = if all_binary {
            (binary, text)
        } else {
            (text, binary)
        };
        self.binary = all_binary == chosen.is_some();
        match chosen.as_ref().or(other.as_ref()) {
            Some(sql) => Ok(sql.bind(cx.py).clone()),
            None => Err(PyValueError::new_err("a COPY of rows needs a statement")),
        }
    }

    fn fill(
        &mut self,
        scope: &Scope<'_, '_>,
        out: &mut Vec<u8>,
        mut limit: Limit,
    ) -> PyResult<More> {
        if !std::mem::replace(&mut self.begun, true) {
            self.begin(out);
        }
        loop {
            let next = self.supply.next(scope.py).map_err(|error| {
                self.taken += 1;
                self.note(scope.py, error)
            })?;
            match next {
                Next::Item(row) => self.write(scope, &row, out)?,
                Next::Later => return Ok(More::Later),
                Next::End => {
                    self.end(out);
                    return Ok(More::End);
                }
            }
            if limit.ends_after_item(out.len()) {
                return Ok(More::Now);
            }
        }
    }

    fn rows(&self) -> u64 {
        self.taken
    }
}

/// What a mapping that is no `dict` has under a name.
fn item_of<'py>(
    mapping: &Bound<'py, PyMapping>,
    name: &str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if mapping.contains(name)? {
        mapping.get_item(name).map(Some)
    } else {
        Ok(None)
    }
}

/// Appends a value with the escapes of COPY's text format.
fn escape(value: &[u8], out: &mut Vec<u8>) {
    for &byte in value {
        let escaped = match byte {
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', escaped]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_value_or_a_row_is_escaped() {
        let mut out = Vec::new();
        escape(b"a\tb\\N\r\n\xc3\xa4", &mut out);
        assert_eq!(out, b"a\\tb\\\\N\\r\\n\xc3\xa4");
    }
}
