//! The columns of a result: what they are, and how their values become Python objects.
//!
//! No IO. Made once when a statement is prepared (or a simple query answers), used for every row.
//! Invariant: one reader for each column, chosen from its type and format; decoding a value is one
//! call through a function pointer.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use howdah_wire::Oid;
use howdah_wire::backend::{DataRow, Field, RowDescription};
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

use super::rows::{RowKind, RowPlan};
use super::{faults, unknown_type};
use crate::row::{RowBuilder, Shape, row_type};
use crate::types::{Codec, Decode, Format, Refusal, Refused, Scope};

/// Types whose binary values name the types of their parts, and whose text does not: `record`,
/// `record[]` and `anyarray`.
const SELF_DESCRIBING: [Oid; 3] = [2249, 2287, 2277];

/// What the server says of one column of a result.
#[pyclass(frozen, get_all, module = "howdah._native")]
#[expect(
    clippy::struct_field_names,
    reason = "the names are Python's: `Column.table_column`"
)]
pub(crate) struct Column {
    /// The column's name or alias.
    name: String,
    /// `pg_type.oid`.
    type_oid: u32,
    /// The type as users write it.
    type_name: String,
    /// Bytes; negative for variable length.
    type_size: i16,
    /// -1 for none.
    type_modifier: i32,
    /// 0 where the column is no plain column of a table.
    table_oid: u32,
    /// `attnum`; 0 where the column is no plain column of a table.
    table_column: i16,
}

#[pymethods]
impl Column {
    fn __repr__(&self) -> String {
        format!("Column({} {})", self.name, self.type_name)
    }
}

/// A column as RowDescription told, kept beyond the receive buffer.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) type_oid: u32,
    type_size: i16,
    type_modifier: i32,
    table_oid: u32,
    table_column: i16,
    /// That of the values, where they were asked for already.
    is_binary: bool,
}

impl Described {
    /// All columns of a description.
    pub(crate) fn all(description: &RowDescription<'_>) -> Vec<Self> {
        description.fields().map(|field| Self::of(&field)).collect()
    }

    /// Reads columns from the bytes of [`Columns::to_bytes`]; None for others.
    pub(crate) fn all_from_bytes(mut bytes: &[u8]) -> Option<Vec<Self>> {
        let mut all = Vec::new();
        while !bytes.is_empty() {
            all.push(Self::read(&mut bytes)?);
        }
        Some(all)
    }

    fn write(&self, format: Format, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(format == Format::Binary));
        bytes.extend_from_slice(&self.type_oid.to_be_bytes());
        bytes.extend_from_slice(&self.type_modifier.to_be_bytes());
        bytes.extend_from_slice(self.name.as_bytes());
        // the server's names are C strings
        bytes.push(0);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (&[is_binary], rest) = bytes.split_first_chunk()?;
        let (&type_oid, rest) = rest.split_first_chunk()?;
        let (&type_modifier, rest) = rest.split_first_chunk()?;
        let end = rest.iter().position(|&byte| byte == 0)?;
        let (name, rest) = rest.split_at_checked(end)?;
        *bytes = rest.get(1..)?;
        Some(Self {
            name: String::from_utf8(name.to_vec()).ok()?,
            type_oid: Oid::from_be_bytes(type_oid),
            type_size: -1,
            type_modifier: i32::from_be_bytes(type_modifier),
            table_oid: 0,
            table_column: 0,
            is_binary: is_binary != 0,
        })
    }

    /// `atttypmod`; -1 for none.
    pub(crate) const fn type_modifier(&self) -> i32 {
        self.type_modifier
    }

    fn of(field: &Field<'_>) -> Self {
        Self {
            name: String::from_utf8_lossy(field.name).into_owned(),
            type_oid: field.type_oid,
            type_size: field.type_size,
            type_modifier: field.type_modifier,
            table_oid: field.table_oid,
            table_column: field.table_column,
            is_binary: field.format == Format::Binary as i16,
        }
    }
}

struct Reader {
    decode: Decode,
    codec: Arc<Codec>,
}

/// Why a row was not read.
pub(crate) enum Unread {
    Raised(PyErr),
    /// A value names a type that nobody knows yet, or that has changed.
    Stale(Oid),
}

impl From<PyErr> for Unread {
    fn from(error: PyErr) -> Self {
        Self::Raised(error)
    }
}

/// An object made of a row.
pub(crate) type Read<'py> = Result<Bound<'py, PyAny>, Unread>;

/// The columns of a result.
pub(crate) struct Columns {
    described: Vec<Described>,
    readers: Vec<Reader>,
    shape: Py<Shape>,
    row_type: Py<PyType>,
    /// No value of a row refers to a container.
    atomic: bool,
    /// The plan for the rows that were asked for last: programs ask for the same again.
    plan: Mutex<Option<Arc<RowPlan>>>,
}

impl Columns {
    /// Columns whose values come in the formats of [`Columns::formats`].
    pub(crate) fn new(
        py: Python<'_>,
        described: Vec<Described>,
        codecs: Vec<Arc<Codec>>,
        records_as_text: bool,
    ) -> PyResult<Self> {
        let as_text = |codec: &Codec| records_as_text && SELF_DESCRIBING.contains(&codec.oid);
        let readers = codecs.into_iter().map(|codec| {
            let decode = match codec.decode_binary {
                Some(decode) if codec.result_format == Format::Binary && !as_text(&codec) => decode,
                _ => codec.decode_text,
            };
            Reader { decode, codec }
        });
        let readers = readers.collect();
        Self::with(py, described, readers)
    }

    /// Columns whose values come in the formats that the server has said.
    ///
    /// # Errors
    /// `DataError` for a binary format that nobody here reads.
    pub(crate) fn as_described(
        py: Python<'_>,
        described: Vec<Described>,
        codecs: Vec<Arc<Codec>>,
    ) -> PyResult<Self> {
        let reader = |(column, codec): (&Described, Arc<Codec>)| {
            let decode = if column.is_binary {
                codec
                    .decode_binary
                    .ok_or_else(|| unreadable(py, column, &codec))?
            } else {
                codec.decode_text
            };
            Ok(Reader { decode, codec })
        };
        let readers = described.iter().zip(codecs).map(reader);
        let readers = readers.collect::<PyResult<_>>()?;
        Self::with(py, described, readers)
    }

    /// The same columns for a statement of the extended protocol, with the codecs of now.
    ///
    /// # Errors
    /// `InternalError` for a type that is not known any more.
    pub(crate) fn asked_again(
        &self,
        scope: &Scope<'_, '_>,
        records_as_text: bool,
    ) -> PyResult<Self> {
        let codec = |oid| scope.known(oid).ok_or_else(|| unknown_type(scope.py, oid));
        let codecs = self.described.iter().map(|column| codec(column.type_oid));
        let codecs = codecs.collect::<PyResult<_>>()?;
        Self::new(scope.py, self.described.clone(), codecs, records_as_text)
    }

    /// Columns as COPY's binary format brings them: those without a binary form cast to text.
    pub(crate) fn in_copy(
        py: Python<'_>,
        described: Vec<Described>,
        codecs: Vec<Arc<Codec>>,
    ) -> PyResult<Self> {
        let readers = codecs.into_iter().map(|codec| {
            let decode = codec.decode_binary.unwrap_or(codec.decode_text);
            Reader { decode, codec }
        });
        let readers = readers.collect();
        Self::with(py, described, readers)
    }

    /// The same columns once more, to outlive the statement.
    pub(crate) fn again(&self, py: Python<'_>) -> PyResult<Self> {
        let readers = self.readers.iter().map(|reader| Reader {
            decode: reader.decode,
            codec: Arc::clone(&reader.codec),
        });
        Self::with(py, self.described.clone(), readers.collect())
    }

    /// The columns, with the formats of their values, as [`Described::all_from_bytes`] reads them.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (column, reader) in self.described.iter().zip(&self.readers) {
            column.write(reader.format(), &mut bytes);
        }
        bytes
    }

    /// Which columns come in the binary format.
    pub(crate) fn in_binary(&self) -> Vec<bool> {
        let formats = self.readers.iter().map(Reader::format);
        formats.map(|format| format == Format::Binary).collect()
    }

    fn with(py: Python<'_>, described: Vec<Described>, readers: Vec<Reader>) -> PyResult<Self> {
        let shape = Shape::new(py, described.iter().map(|column| &column.name))?.unbind();
        let atomic = readers.iter().all(|reader| reader.codec.atomic);
        let row_type = row_type(py)?.clone().unbind();
        Ok(Self {
            described,
            readers,
            shape,
            row_type,
            atomic,
            plan: Mutex::new(None),
        })
    }

    /// Whether these are the columns that the server describes.
    pub(crate) fn are(&self, description: &RowDescription<'_>) -> bool {
        let mut known = self.described.iter();
        let same = |field: Field<'_>| {
            known.next().is_some_and(|column| {
                column.type_oid == field.type_oid && column.name.as_bytes() == field.name
            })
        };
        description.fields().all(same) && known.next().is_none()
    }

    /// The result formats that Bind must ask for, in the protocol's shortest form.
    pub(crate) fn formats(&self) -> Vec<i16> {
        let formats: Vec<_> = self
            .readers
            .iter()
            .map(|reader| reader.format() as i16)
            .collect();
        if formats.iter().all(|&format| format == Format::Text as i16) {
            Vec::new()
        } else if formats
            .iter()
            .all(|&format| format == Format::Binary as i16)
        {
            vec![Format::Binary as i16]
        } else {
            formats
        }
    }

    pub(crate) fn shape(&self) -> &Py<Shape> {
        &self.shape
    }

    pub(crate) const fn len(&self) -> usize {
        self.readers.len()
    }

    /// For `Result.columns` and `Cursor.description`.
    pub(crate) fn public<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let columns = self
            .described
            .iter()
            .zip(&self.readers)
            .map(|(column, reader)| Column {
                name: column.name.clone(),
                type_oid: column.type_oid,
                type_name: reader.codec.name.to_string(),
                type_size: column.type_size,
                type_modifier: column.type_modifier,
                table_oid: column.table_oid,
                table_column: column.table_column,
            });
        let columns: Vec<_> = columns.collect();
        PyTuple::new(py, columns)
    }

    /// How to make rows of this kind from these columns.
    pub(crate) fn plan(&self, py: Python<'_>, kind: &RowKind) -> PyResult<Arc<RowPlan>> {
        if matches!(kind, RowKind::Load(_) | RowKind::Recorded(_)) {
            // one for each execution: its objects make a cohort, or it is recorded
            return Ok(Arc::new(RowPlan::new(py, kind, self)?));
        }
        let mut kept = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some(plan) if plan.is_for(kind) => Ok(Arc::clone(plan)),
            _ => {
                let plan = Arc::new(RowPlan::new(py, kind, self)?);
                if plan.is_kept() {
                    *kept = Some(Arc::clone(&plan));
                }
                Ok(plan)
            }
        }
    }

    /// A `Row` of the values of `row`.
    #[inline]
    pub(crate) fn read_row<'py>(&self, scope: &Scope<'_, 'py>, row: &DataRow<'_>) -> Read<'py> {
        let (row_type, shape) = (self.row_type.bind(scope.py), self.shape.bind(scope.py));
        self.fill(scope, row, RowBuilder::row(row_type, shape, self.len())?)
    }

    /// A tuple of the values of `row`.
    #[inline]
    pub(crate) fn read_tuple<'py>(&self, scope: &Scope<'_, 'py>, row: &DataRow<'_>) -> Read<'py> {
        self.fill(scope, row, RowBuilder::tuple(scope.py, self.len())?)
    }

    /// The first value of `row`; there is at least one column.
    pub(crate) fn read_first<'py>(&self, scope: &Scope<'_, 'py>, row: &DataRow<'_>) -> Read<'py> {
        let Some(reader) = self.readers.first().filter(|_| row.columns() == self.len()) else {
            return Err(self.miscounted(scope.py, row).into());
        };
        match row.values().value() {
            Ok(None) => Ok(scope.py.None().into_bound(scope.py)),
            Ok(Some(bytes)) => (reader.decode)(scope, &reader.codec, bytes)
                .map_err(|refused| self.refused(scope.py, 0, refused)),
            Err(error) => Err(faults::protocol(scope.py, &error).into()),
        }
    }

    /// Hands each value of `row` to `take`, with its column's position.
    #[inline]
    pub(crate) fn read_values<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        row: &DataRow<'_>,
        mut take: impl FnMut(usize, Bound<'py, PyAny>) -> PyResult<()>,
    ) -> Result<(), Unread> {
        if row.columns() != self.readers.len() {
            return Err(self.miscounted(scope.py, row).into());
        }
        let mut values = row.values();
        for (index, reader) in self.readers.iter().enumerate() {
            let value = match values.value() {
                Ok(None) => scope.py.None().into_bound(scope.py),
                Ok(Some(bytes)) => match (reader.decode)(scope, &reader.codec, bytes) {
                    Ok(value) => value,
                    Err(refused) => return Err(self.refused(scope.py, index, refused)),
                },
                Err(error) => return Err(faults::protocol(scope.py, &error).into()),
            };
            take(index, value)?;
        }
        values
            .finish()
            .map_err(|error| faults::protocol(scope.py, &error).into())
    }

    /// Puts the values of `row` as they came into `places`, one for each column.
    pub(crate) fn split<'a>(
        &self,
        scope: &Scope<'_, '_>,
        row: &DataRow<'a>,
        places: &mut [Option<&'a [u8]>],
    ) -> Result<(), Unread> {
        if row.columns() != self.readers.len() {
            return Err(self.miscounted(scope.py, row).into());
        }
        let broken = |error| Unread::from(faults::protocol(scope.py, &error));
        let mut values = row.values();
        for (_, place) in self.readers.iter().zip(places) {
            *place = values.value().map_err(broken)?;
        }
        values.finish().map_err(broken)
    }

    /// A value of the column at `index`; there is one.
    #[inline]
    pub(crate) fn decode<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        index: usize,
        value: Option<&[u8]>,
    ) -> Read<'py> {
        match (value, self.readers.get(index)) {
            (Some(bytes), Some(reader)) => (reader.decode)(scope, &reader.codec, bytes)
                .map_err(|refused| self.refused(scope.py, index, refused)),
            _ => Ok(scope.py.None().into_bound(scope.py)),
        }
    }

    /// Whether no value of these columns refers to a container.
    pub(crate) fn are_atomic(&self, columns: Range<usize>) -> bool {
        let readers = self.readers.get(columns).unwrap_or_default();
        readers.iter().all(|reader| reader.codec.atomic)
    }

    #[inline]
    fn fill<'py>(
        &self,
        scope: &Scope<'_, 'py>,
        row: &DataRow<'_>,
        mut builder: RowBuilder<'py>,
    ) -> Read<'py> {
        self.read_values(scope, row, |index, value| {
            builder.set(index, value);
            Ok(())
        })?;
        Ok(builder.finish(self.atomic))
    }

    #[cold]
    fn miscounted(&self, py: Python<'_>, row: &DataRow<'_>) -> PyErr {
        let (found, expected) = (row.columns(), self.readers.len());
        faults::connection_lost(
            py,
            &format!("a row of {found} values came where {expected} were announced"),
        )
    }

    /// The error for a value that could not become a Python object: names the column.
    #[cold]
    fn refused(&self, py: Python<'_>, index: usize, refused: Refused) -> Unread {
        let refused = match refused.into_inner() {
            Refusal::Stale(oid) => return Unread::Stale(oid),
            other => other.into(),
        };
        let name = self.described.get(index).map_or("?", |column| &column.name);
        let type_name = self
            .readers
            .get(index)
            .map_or("?", |reader| &reader.codec.name);
        let place = format!("column `{name}` of type `{type_name}`");
        refusal(py, &place, refused).into()
    }
}

#[cold]
fn unreadable(py: Python<'_>, column: &Described, codec: &Codec) -> PyErr {
    let message = format!(
        "column `{}` of type `{}`: its binary format cannot be read",
        column.name, codec.name
    );
    faults::fault(py, "DataError", message)
}

/// The exception for a refused value at `place`.
#[cold]
pub(crate) fn refusal(py: Python<'_>, place: &str, refused: Refused) -> PyErr {
    match refused.into_inner() {
        Refusal::Raised(error) => {
            // what Python raised stays as it is; the note says where
            faults::noted(py, error, format!("in {place}"))
        }
        Refusal::Unsuited(accepted) => {
            faults::fault(py, "DataError", format!("{place}: expected {accepted}"))
        }
        Refusal::Stale(oid) => {
            let message = format!("{place}: its type with oid {oid} has changed");
            faults::fault_with_hint(
                py,
                "DataError",
                message,
                Some("execute the statement again"),
            )
        }
        Refusal::Invalid { why, hint } => {
            faults::fault_with_hint(py, "DataError", format!("{place}: {why}"), hint)
        }
    }
}

impl Reader {
    fn format(&self) -> Format {
        match self.codec.decode_binary {
            Some(decode) if std::ptr::fn_addr_eq(decode, self.decode) => Format::Binary,
            _ => Format::Text,
        }
    }
}
