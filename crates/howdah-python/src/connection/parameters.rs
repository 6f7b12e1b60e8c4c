//! The caller's values as parameters of a prepared statement.
//!
//! No IO. Each parameter is encoded by the codec of the type that the server declared, in binary
//! where the codec can; a `str` given for another type travels as text, so that the server reads it
//! as it would read a literal. Values never choose the type of a parameter, with one exception:
//! where the server has no better idea than `text` (`select $1`) and the value is no `str`, the
//! statement is prepared again with the type of the value ([`Refusal::Retype`]).

use howdah_wire::{BindHead, Oid};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyMapping, PyString, PyTuple, PyType};

use super::columns::refusal;
use super::faults;
use super::natural::natural_type;
use super::statement::{Statement, parameter_format};
use crate::types::{self, Codec, Format, Refused, Scope};

const TEXT: Oid = 25;

/// Why parameters were not written.
pub(crate) enum Unwritten {
    Python(PyErr),
    Wire(howdah_wire::Error),
    /// One of them takes another format than the statement's Bind says.
    OtherFormats,
    /// The statement must be prepared for these types.
    Retype(Box<[Oid]>),
}

impl From<howdah_wire::Error> for Unwritten {
    fn from(error: howdah_wire::Error) -> Self {
        Self::Wire(error)
    }
}

impl From<PyErr> for Unwritten {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

/// Checks that the protocol can count the values, before the server is asked and miscounts them.
#[inline]
pub(crate) fn check_limit(py: Python<'_>, given: usize) -> PyResult<()> {
    let limit = usize::from(u16::MAX);
    if given <= limit {
        return Ok(());
    }
    Err(faults::fault_with_hint(
        py,
        "ProgrammingError",
        format!("a statement takes at most {limit} parameters, {given} were given"),
        Some("pass an array, or use `execute_many` or COPY"),
    ))
}

/// Checks that there is a value for each parameter.
#[inline]
pub(crate) fn check_count(py: Python<'_>, statement: &Statement, given: usize) -> PyResult<()> {
    let expected = statement.parameters.len();
    if given == expected {
        return Ok(());
    }
    let message = format!("the statement takes {expected} parameters, {given} were given");
    let hint = (given > expected && expected == 0)
        .then_some("parameters are written `$1`, `$2`, … in the statement");
    Err(faults::fault_with_hint(
        py,
        "ProgrammingError",
        message,
        hint,
    ))
}

/// Appends all parameters, each in the statement's usual format.
#[inline]
pub(crate) fn write(
    scope: &Scope<'_, '_>,
    statement: &Statement,
    values: &Bound<'_, PyTuple>,
    out: &mut Vec<u8>,
) -> Result<(), Unwritten> {
    for (codec, value) in statement.parameters.iter().zip(values.iter_borrowed()) {
        let start = begin(out);
        if value.is_none() {
            continue;
        }
        let encode = codec.encode_binary.unwrap_or(codec.encode_text);
        if let Err(refused) = encode(scope, codec, &value, out) {
            return Err(otherwise(statement, values, refused));
        }
        finish(out, start)?;
    }
    Ok(())
}

/// Bind and parameters where at least one value takes the text format instead of the usual one.
pub(crate) fn write_mixed(
    scope: &Scope<'_, '_>,
    statement: &Statement,
    portal: &str,
    values: &Bound<'_, PyTuple>,
) -> Result<(BindHead, Vec<u8>), Unwritten> {
    let mut out = Vec::new();
    let mut formats = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let Some(codec) = statement.parameters.get(index) else {
            break;
        };
        let start = begin(&mut out);
        if value.is_none() {
            formats.push(parameter_format(codec));
            continue;
        }
        match write_either(scope, codec, &value, &mut out) {
            Ok(format) => formats.push(format),
            Err(refused) => {
                return Err(Unwritten::Python(refused_value(
                    index, codec, &value, refused,
                )));
            }
        }
        finish(&mut out, start)?;
    }
    Ok((statement.bind_with(portal, &formats)?, out))
}

/// Appends one value's length and bytes in the type's usual format, for COPY.
pub(crate) fn write_field(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let start = begin(out);
    if value.is_none() {
        return Ok(());
    }
    let Some(encode) = codec.encode_binary else {
        return Err(Refused::invalid(
            "the type has no binary format, which COPY of rows needs",
        ));
    };
    encode(scope, codec, value, out)?;
    finish(out, start).map_err(|_| Refused::invalid("a value of more than 2 GiB"))
}

/// What to do about a value that the usual format does not take.
#[cold]
fn otherwise(statement: &Statement, values: &Bound<'_, PyTuple>, refused: Refused) -> Unwritten {
    let refusal = refused.into_inner();
    if !matches!(refusal, types::Refusal::Unsuited(_)) {
        // too large, malformed, …: report it with its place, as the mixed attempt will find it
        return Unwritten::OtherFormats;
    }
    let undecided = |(codec, value): (&std::sync::Arc<Codec>, Bound<'_, PyAny>)| {
        // a text that is no plain `str`, NumPy's, is naturally text: that decides nothing anew
        codec.oid == TEXT && natural_type(&value).is_some_and(|natural| natural != TEXT)
    };
    if statement
        .parameters
        .iter()
        .zip(values.iter())
        .any(undecided)
    {
        let types = statement
            .parameters
            .iter()
            .zip(values.iter())
            .map(|(codec, value)| {
                if codec.oid == TEXT {
                    natural_type(&value).unwrap_or(codec.oid)
                } else {
                    codec.oid
                }
            });
        return Unwritten::Retype(types.collect());
    }
    Unwritten::OtherFormats
}

/// Appends a value in binary, or as text where its type is read so (a `str` for a date).
fn write_either(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<Format, Refused> {
    let start = out.len();
    let Some(encode) = codec.encode_binary else {
        (codec.encode_text)(scope, codec, value, out)?;
        return Ok(Format::Text);
    };
    let refused = match encode(scope, codec, value, out) {
        Ok(()) => return Ok(Format::Binary),
        Err(refused) => refused,
    };
    match refused.into_inner() {
        types::Refusal::Unsuited(_) => {
            out.truncate(start);
            (codec.encode_text)(scope, codec, value, out)?;
            Ok(Format::Text)
        }
        other => Err(other.into()),
    }
}

/// The error for a parameter that was refused: names it, its type and what was given.
#[cold]
pub(crate) fn refused_value(
    index: usize,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    refused: Refused,
) -> PyErr {
    let place = format!("parameter ${} of type `{}`", index + 1, codec.name);
    refused_at(&place, value, refused)
}

/// The error for a value that was refused at `place`.
#[cold]
pub(crate) fn refused_at(place: &str, value: &Bound<'_, PyAny>, refused: Refused) -> PyErr {
    match refused.into_inner() {
        types::Refusal::Unsuited(accepted) => {
            let found = value
                .get_type()
                .name()
                .map_or_else(|_| "?".into(), |name| name.to_string());
            let message = format!("{place}: expected {accepted}, found {found}");
            faults::fault(value.py(), "DataError", message)
        }
        other => refusal(value.py(), place, other.into()),
    }
}

/// The values of one execution as a tuple.
///
/// # Errors
/// `TypeError` where they are no sequence: a text, or what has no order or names its values, whose
/// items would go to whichever parameters they happen to meet.
pub(crate) fn as_tuple<'py>(values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    if let Ok(tuple) = values.cast_exact::<PyTuple>() {
        return Ok(tuple.clone());
    }
    if let Ok(list) = values.cast_exact::<PyList>() {
        return Ok(list.to_tuple());
    }
    if is_text(values) || values.cast::<PyMapping>().is_ok() || is_set(values)? {
        let found = values.get_type().name()?;
        return Err(PyTypeError::new_err(format!(
            "the parameters of a statement must be a sequence, not {found}"
        )));
    }
    let py = values.py();
    let values: Vec<_> = values.try_iter()?.collect::<PyResult<_>>()?;
    PyTuple::new(py, values)
}

fn is_text(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>()
}

/// Whether a value is a `collections.abc.Set`: sets of all kinds, and a dict's keys and items.
fn is_set(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    static SET: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let set = SET.import(value.py(), "collections.abc", "Set")?;
    value.is_instance(set)
}

/// Room for the length of a value: that of NULL until [`finish`] writes it.
#[inline]
fn begin(out: &mut Vec<u8>) -> usize {
    out.extend_from_slice(&(-1_i32).to_be_bytes());
    out.len()
}

#[inline]
fn finish(out: &mut [u8], start: usize) -> Result<(), howdah_wire::Error> {
    let length = i32::try_from(out.len() - start)
        .map_err(|_| howdah_wire::Error::Misuse("a parameter of more than 2 GiB"))?;
    if let Some(field) = out.get_mut(start - 4..start) {
        field.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}
