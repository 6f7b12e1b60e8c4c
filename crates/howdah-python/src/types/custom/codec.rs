//! One choice for a type: functions of the program, or a preset that is read natively.
//!
//! No IO. Checked here, when it is made or chosen; `functions` makes codecs of it. Invariant: two
//! choices are equal if values are read and written by the same functions.

use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

/// How values of a type are read and written, by functions of the program.
///
/// What is not given stays as howdah has it.
#[pyclass(frozen, name = "Codec", module = "howdah.types")]
pub(crate) struct PyCodec(Arc<Calls>);

/// The functions of a [`PyCodec`].
pub(crate) struct Calls {
    pub(super) decode: Option<Py<PyAny>>,
    pub(super) encode: Option<Py<PyAny>>,
    pub(super) decode_binary: Option<Py<PyAny>>,
    pub(super) encode_binary: Option<Py<PyAny>>,
}

#[pymethods]
impl PyCodec {
    #[new]
    #[pyo3(signature = (*, decode=None, encode=None, decode_binary=None, encode_binary=None))]
    fn new(
        py: Python<'_>,
        decode: Option<Py<PyAny>>,
        encode: Option<Py<PyAny>>,
        decode_binary: Option<Py<PyAny>>,
        encode_binary: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let given = [&decode, &encode, &decode_binary, &encode_binary];
        let mut given = given.into_iter().flatten().peekable();
        if given.peek().is_none() {
            return Err(PyTypeError::new_err("a codec without any function"));
        }
        for function in given {
            if !function.bind(py).is_callable() {
                let found = function.bind(py).get_type().name()?;
                let message = format!("a codec's functions are callable, found `{found}`");
                return Err(PyTypeError::new_err(message));
            }
        }
        Ok(Self(Arc::new(Calls {
            decode,
            encode,
            decode_binary,
            encode_binary,
        })))
    }

    /// From PostgreSQL's text.
    #[getter]
    fn decode(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.0
            .decode
            .as_ref()
            .map(|function| function.clone_ref(py))
    }

    /// To PostgreSQL's text, or to a value that howdah writes.
    #[getter]
    fn encode(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.0
            .encode
            .as_ref()
            .map(|function| function.clone_ref(py))
    }

    /// From the binary format.
    #[getter]
    fn decode_binary(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let function = self.0.decode_binary.as_ref();
        function.map(|function| function.clone_ref(py))
    }

    /// To the binary format.
    #[getter]
    fn encode_binary(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let function = self.0.encode_binary.as_ref();
        function.map(|function| function.clone_ref(py))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut shown = Vec::new();
        for (name, function) in [
            ("decode", &self.0.decode),
            ("encode", &self.0.encode),
            ("decode_binary", &self.0.decode_binary),
            ("encode_binary", &self.0.encode_binary),
        ] {
            if let Some(function) = function {
                shown.push(format!("{name}={}", function.bind(py).repr()?));
            }
        }
        Ok(format!("Codec({})", shown.join(", ")))
    }
}

/// What a program chose for a type.
#[derive(Clone)]
pub(crate) enum Chosen {
    Calls(Arc<Calls>),
    Preset(Preset),
}

/// Ways of reading that need no Python code; writing is howdah's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preset {
    /// `str`: what PostgreSQL prints.
    Text,
    /// `bytes`: the binary format, which is also written as it is.
    Binary,
    /// The `float` nearest to the number that PostgreSQL prints.
    Float,
}

impl PartialEq for Chosen {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Calls(one), Self::Calls(other)) => Arc::ptr_eq(one, other),
            (Self::Preset(one), Self::Preset(other)) => one == other,
            _ => false,
        }
    }
}

impl Chosen {
    /// # Errors
    /// `TypeError` for another object than a `Codec` or a `str`, `ValueError` for an unknown preset.
    pub(super) fn of(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(codec) = value.cast::<PyCodec>() {
            return Ok(Self::Calls(Arc::clone(&codec.get().0)));
        }
        let Ok(name) = value.cast::<PyString>() else {
            let found = value.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "expected a `Codec`, the name of a preset or None, found `{found}`"
            )));
        };
        match name.to_str()? {
            "text" => Ok(Self::Preset(Preset::Text)),
            "binary" => Ok(Self::Preset(Preset::Binary)),
            "float" => Ok(Self::Preset(Preset::Float)),
            name => Err(PyValueError::new_err(format!(
                "unknown preset `{name}`: expected `text`, `binary` or `float`"
            ))),
        }
    }
}
