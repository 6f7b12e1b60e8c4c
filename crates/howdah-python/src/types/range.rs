//! Ranges of every subtype as `howdah.types.Range`.
//!
//! No IO. The bounds are read and written by the subtype's codec. Called through the codecs of
//! ranges and by `multirange`.

use std::borrow::Cow;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyType};

use super::range_literal::{self, Literal};
use super::reader::{Reader, write_value};
use super::{
    Codec, Decode, Decoded, Encode, Functions, Refused, Scope, Structure, build, python, string,
};

const EMPTY: u8 = 0x01;
const LOWER_INCLUSIVE: u8 = 0x02;
const UPPER_INCLUSIVE: u8 = 0x04;
const LOWER_INFINITE: u8 = 0x08;
const UPPER_INFINITE: u8 = 0x10;

/// How ranges over `subtype` are read and written.
pub(super) fn functions(subtype: &Codec) -> Functions {
    Functions {
        decode_binary: subtype.decode_binary.map(|_| decode_binary as Decode),
        decode_text,
        encode_binary: subtype.encode_binary.map(|_| encode_binary as Encode),
        encode_text,
        result_format: subtype.result_format,
        atomic: false,
    }
}

fn subtype(codec: &Codec) -> Result<&Codec, Refused> {
    match &codec.structure {
        Structure::Range { subtype } => Ok(subtype),
        _ => Err(Refused::invalid("codec of a range without a subtype")),
    }
}

fn decode_binary<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let subtype = subtype(codec)?;
    let decode = subtype.decode_binary.unwrap_or(subtype.decode_text);
    let mut reader = Reader::new(bytes);
    let flags = reader.u8()?;
    let mut bound = |infinite: u8| {
        if flags & (infinite | EMPTY) != 0 {
            return Ok(scope.py.None().into_bound(scope.py));
        }
        decode(scope, subtype, reader.present()?)
    };
    let (lower, upper) = (bound(LOWER_INFINITE)?, bound(UPPER_INFINITE)?);
    reader.end()?;
    let bounds = match (
        flags & EMPTY,
        flags & LOWER_INCLUSIVE,
        flags & UPPER_INCLUSIVE,
    ) {
        (0, 0, 0) => intern!(scope.py, "()"),
        (0, _, 0) => intern!(scope.py, "[)"),
        (0, 0, _) => intern!(scope.py, "(]"),
        (0, _, _) => intern!(scope.py, "[]"),
        _ => intern!(scope.py, ""),
    };
    range(&lower, &upper, bounds)
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let (literal, rest) = range_literal::parse(bytes)?;
    if !rest.is_empty() {
        return Err(Refused::invalid("range text with more behind its end"));
    }
    from_literal(scope, codec, &literal)
}

/// The range that a part of a text says.
pub(super) fn from_literal<'py>(
    scope: &Scope<'_, 'py>,
    codec: &Codec,
    literal: &Literal<'_>,
) -> Decoded<'py> {
    let py = scope.py;
    let subtype = subtype(codec)?;
    let bound = |text: &Option<Cow<'_, [u8]>>| match text {
        Some(text) => (subtype.decode_text)(scope, subtype, text),
        None => Ok(py.None().into_bound(py)),
    };
    range(
        &bound(&literal.lower)?,
        &bound(&literal.upper)?,
        &PyString::intern(py, literal.bounds),
    )
}

/// An instance with the slots that `howdah.types._range.Range` documents: no bounds mean empty.
fn range<'py>(
    lower: &Bound<'py, PyAny>,
    upper: &Bound<'py, PyAny>,
    bounds: &Bound<'py, PyString>,
) -> Decoded<'py> {
    let py = lower.py();
    build::instance(
        class(py)?,
        &[
            (intern!(py, "_lower"), lower),
            (intern!(py, "_upper"), upper),
            (intern!(py, "_bounds"), bounds.as_any()),
        ],
    )
}

/// `howdah.types.Range`.
fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "howdah.types._range", "Range")
}

/// A `Range` taken apart.
struct Parts<'py> {
    /// None if unbounded.
    lower: Option<Bound<'py, PyAny>>,
    upper: Option<Bound<'py, PyAny>>,
    /// None if empty.
    bounds: Option<(u8, u8)>,
}

impl<'py> Parts<'py> {
    fn of(value: &Bound<'py, PyAny>) -> Result<Self, Refused> {
        let py = value.py();
        if !value.is_instance(class(py)?)? {
            return Err(Refused::unsuited("Range or str"));
        }
        let bounds = value.getattr(intern!(py, "_bounds"))?;
        let bounds = match python::utf8(bounds.cast::<PyString>().map_err(PyErr::from)?)?.as_bytes()
        {
            [] => None,
            [lower, upper] => Some((*lower, *upper)),
            _ => return Err(Refused::invalid("Range with malformed bounds")),
        };
        let bound = |name| {
            let bound = value.getattr(name)?;
            Ok::<_, Refused>((!bound.is_none()).then_some(bound))
        };
        Ok(Self {
            lower: bound(intern!(py, "_lower"))?,
            upper: bound(intern!(py, "_upper"))?,
            bounds,
        })
    }

    fn flags(&self) -> u8 {
        let Some((lower, upper)) = self.bounds else {
            return EMPTY;
        };
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        flag(lower == b'[' && self.lower.is_some(), LOWER_INCLUSIVE)
            | flag(upper == b']' && self.upper.is_some(), UPPER_INCLUSIVE)
            | flag(self.lower.is_none(), LOWER_INFINITE)
            | flag(self.upper.is_none(), UPPER_INFINITE)
    }
}

pub(super) fn encode_binary(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let subtype = subtype(codec)?;
    let encode = subtype
        .encode_binary
        .ok_or_else(|| Refused::unsuited("Range or str"))?;
    let parts = Parts::of(value)?;
    out.push(parts.flags());
    if parts.bounds.is_some() {
        for bound in [&parts.lower, &parts.upper].into_iter().flatten() {
            write_value(out, |out| encode(scope, subtype, bound, out))?;
        }
    }
    Ok(())
}

pub(super) fn encode_text(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if string::verbatim(value, out)? {
        return Ok(());
    }
    let subtype = subtype(codec)?;
    let parts = Parts::of(value)?;
    let Some((before, behind)) = parts.bounds else {
        out.extend_from_slice(b"empty");
        return Ok(());
    };
    out.push(before);
    for (bound, next) in [(&parts.lower, b','), (&parts.upper, behind)] {
        if let Some(bound) = bound {
            let start = out.len();
            (subtype.encode_text)(scope, subtype, bound, out)
                .map_err(|refused| refused.settled(bound).inside(|| "bound".to_owned()))?;
            range_literal::quote(out, start);
        }
        out.push(next);
    }
    Ok(())
}
