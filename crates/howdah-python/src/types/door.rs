//! The codecs' own door: `howdah.types.decode` and `encode`, one value without a connection.
//!
//! No IO. For tests, debugging and programs that read COPY or replication streams themselves. Only
//! built-in types: those of one database are known to its connections alone.

use pyo3::exceptions::{PyLookupError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::{Codec, Refusal, Refused, Scope, Settings, builtin};

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(decode_value, module)?)?;
    module.add_function(wrap_pyfunction!(encode_value, module)?)
}

/// The Python object that `data` in format `format` (0 text, 1 binary) stands for.
#[pyfunction]
#[pyo3(signature = (oid, data, format=0))]
fn decode_value<'py>(
    py: Python<'py>,
    oid: u32,
    data: &[u8],
    format: i16,
) -> PyResult<Bound<'py, PyAny>> {
    let codec = known(oid)?;
    let decode = in_format(codec, format, codec.decode_text, codec.decode_binary)?;
    let settings = Settings::default();
    let scope = Scope {
        py,
        settings: &settings,
        catalogue: None,
    };
    decode(&scope, codec, data).map_err(|refused| raised(codec, "value", refused))
}

/// The bytes of `value` as a parameter of type `oid` in format `format` (0 text, 1 binary).
#[pyfunction]
#[pyo3(signature = (oid, value, format=0))]
fn encode_value<'py>(
    oid: u32,
    value: &Bound<'py, PyAny>,
    format: i16,
) -> PyResult<Bound<'py, PyBytes>> {
    let codec = known(oid)?;
    let encode = in_format(codec, format, codec.encode_text, codec.encode_binary)?;
    let settings = Settings::default();
    let scope = Scope {
        py: value.py(),
        settings: &settings,
        catalogue: None,
    };
    let mut out = Vec::new();
    encode(&scope, codec, value, &mut out).map_err(|refused| {
        let found = value
            .get_type()
            .name()
            .map_or_else(|_| "?".into(), |name| name.to_string());
        raised(codec, &found, refused)
    })?;
    Ok(PyBytes::new(value.py(), &out))
}

fn known(oid: u32) -> PyResult<&'static Codec> {
    let codec = builtin(oid).map(AsRef::as_ref);
    codec.ok_or_else(|| PyLookupError::new_err(format!("no built-in type has the oid {oid}")))
}

fn in_format<T>(codec: &Codec, format: i16, text: T, binary: Option<T>) -> PyResult<T> {
    match format {
        0 => Ok(text),
        1 => binary.ok_or_else(|| {
            PyValueError::new_err(format!("`{}` has no binary format here", codec.name))
        }),
        _ => Err(PyValueError::new_err("format is neither 0 nor 1")),
    }
}

fn raised(codec: &Codec, found: &str, refused: Refused) -> PyErr {
    let name = &codec.name;
    match refused.into_inner() {
        Refusal::Unsuited(accepted) => {
            PyTypeError::new_err(format!("`{name}` takes {accepted}, found {found}"))
        }
        Refusal::Invalid { why, hint: None } => PyValueError::new_err(format!("`{name}`: {why}")),
        Refusal::Invalid {
            why,
            hint: Some(hint),
        } => PyValueError::new_err(format!("`{name}`: {why}\nhint: {hint}")),
        Refusal::Stale(oid) => PyLookupError::new_err(format!(
            "`{name}` holds a value of oid {oid}, no built-in type"
        )),
        Refusal::Raised(error) => error,
    }
}
