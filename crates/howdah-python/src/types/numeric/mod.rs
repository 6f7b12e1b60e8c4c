//! `numeric` as `decimal.Decimal`: exact, with its scale, NaN and the infinities.
//!
//! No IO. Results are asked for as text: one call into `decimal` reads it, and nothing is cheaper.
//! Parameters may be `Decimal`, `int` or `float`; a `float` stands for the shortest decimal that
//! reads back as the same `float`, which is what its `repr` shows; NumPy's shorter ones stand for the
//! `float` that they are equal to. Invariant: no digit is rounded.

mod wire;

use pyo3::exceptions::PyArithmeticError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyType};

use self::wire::Unsendable;
use super::{Codec, Decoded, Format, Functions, Refused, Scope, python, string};

pub(super) const NUMERIC: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text,
    encode_binary: Some(encode_binary),
    encode_text,
    result_format: Format::Text,
    atomic: true,
};

fn decode_text<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let text = python::str_from_utf8(scope.py, bytes)?;
    reader(scope.py)?.call1((text,)).map_err(|error| {
        if error.is_instance_of::<PyArithmeticError>(scope.py) {
            Refused::invalid("text that is not a number")
        } else {
            error.into()
        }
    })
}

fn decode_binary<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match wire::to_text(bytes) {
        Some(text) => decode_text(scope, codec, &text),
        None => Err(Refused::invalid("malformed binary `numeric`")),
    }
}

fn encode_binary(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let text = text_of(value)?;
    wire::from_text(&text, out).map_err(refusal)
}

fn encode_text(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if !string::verbatim(value, out)? {
        let text = text_of(value)?;
        // the server rounds what is too long for the type: have the limits checked here
        wire::from_text(&text, &mut Vec::new()).map_err(refusal)?;
        out.extend_from_slice(text.as_bytes());
    }
    Ok(())
}

fn refusal(why: Unsendable) -> Refused {
    Refused::invalid(match why {
        Unsendable::NotANumber => "a signalling NaN or a NaN with a payload",
        Unsendable::TooLong => "more digits than 131072 before or 16383 after the decimal point",
    })
}

const ACCEPTED: &str = "decimal.Decimal, int, float or str";

/// Digits, point and exponent, as `str(Decimal)` writes them.
fn text_of(value: &Bound<'_, PyAny>) -> Result<String, Refused> {
    let decimal = decimal(value.py())?;
    if value.is_instance(decimal)? {
        return Ok(value.str()?.to_string());
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        return Ok(float_text(number.value()));
    }
    if is_numpys_float(value) {
        return Ok(float_text(value.extract()?));
    }
    if value.is_instance_of::<PyBool>() || !is_whole(value) {
        return Err(Refused::unsuited(ACCEPTED));
    }
    match value.extract::<i64>() {
        Ok(number) => Ok(number.to_string()),
        // `str` of a long int stops at 4,300 digits, that of a Decimal does not
        Err(_) => {
            let number = value.call_method0(pyo3::intern!(value.py(), "__index__"))?;
            Ok(decimal.call1((number,))?.str()?.to_string())
        }
    }
}

/// An `int`, or one of NumPy's.
fn is_whole(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyInt>()
        || value
            .hasattr(pyo3::intern!(value.py(), "__index__"))
            .unwrap_or(false)
}

/// One of NumPy's that are no Python `float` but fit into one; `float64` is one.
fn is_numpys_float(value: &Bound<'_, PyAny>) -> bool {
    let class = value.get_type();
    class
        .name()
        .is_ok_and(|name| name == "float32" || name == "float16")
        && class.module().is_ok_and(|module| module == "numpy")
}

fn float_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned()
    } else {
        format!("{number:?}")
    }
}

fn decimal(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    DECIMAL.import(py, "decimal", "Decimal")
}

/// `Context.create_decimal` of a context without limits, which is cheaper than `Decimal`. The traps
/// make sure that it would rather raise than round.
fn reader(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static READER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let reader = READER.get_or_try_init(py, || {
        let module = py.import("decimal")?;
        let options = PyDict::new(py);
        for (option, limit) in [
            ("prec", "MAX_PREC"),
            ("Emax", "MAX_EMAX"),
            ("Emin", "MIN_EMIN"),
        ] {
            options.set_item(option, module.getattr(limit)?)?;
        }
        let traps = [
            module.getattr("InvalidOperation")?,
            module.getattr("Inexact")?,
        ];
        options.set_item("traps", traps)?;
        let context = module.getattr("Context")?.call((), Some(&options))?;
        PyResult::Ok(context.getattr("create_decimal")?.unbind())
    })?;
    Ok(reader.bind(py))
}
