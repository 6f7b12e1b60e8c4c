//! pgvector's `sparsevec` as `howdah.types.SparseVector`.
//!
//! No IO. In binary: the dimensions, the number of elements, a word that is always zero, the indices
//! from 0 in ascending order, then their `float4` numbers, none of them zero. The text
//! (`{1:1.5,3:2}/5`) counts from 1. A list, tuple or array of all numbers is taken as a parameter too.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyInt, PyTuple, PyType};

use super::build::instance;
use super::reader::Reader;
use super::{Codec, Decoded, Format, Functions, Refused, Scope, string, vector};

pub(super) const SPARSE_VECTOR: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text,
    encode_binary: Some(encode_binary),
    encode_text,
    result_format: Format::Binary,
    atomic: false,
};

/// Indices ascend from 0 and are less than `dimensions`; no number is zero.
struct Sparse {
    dimensions: u32,
    elements: Vec<(u32, f32)>,
}

fn decode_binary<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let mut reader = Reader::new(bytes);
    let dimensions = reader.u32()?;
    // behind the count is the word that is not used: 4 bytes that `count` cannot know of
    let count = reader.count(8)?;
    let _unused = reader.u32()?;
    let indices: Vec<_> = (0..count).map(|_| reader.u32()).collect::<Result<_, _>>()?;
    let values: Vec<_> = (0..count).map(|_| reader.f32()).collect::<Result<_, _>>()?;
    reader.end()?;
    let elements = indices.into_iter().zip(values).collect();
    object(scope.py, &Sparse::checked(dimensions, elements)?)
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let sparse = parse(string::ascii(bytes)?).ok_or_else(malformed)?;
    object(
        scope.py,
        &Sparse::checked(sparse.dimensions, sparse.elements)?,
    )
}

fn parse(text: &str) -> Option<Sparse> {
    let (inner, dimensions) = text.strip_prefix('{')?.split_once("}/")?;
    let element = |word: &str| {
        let (place, number) = word.split_once(':')?;
        let place: u32 = place.parse().ok()?;
        Some((place.checked_sub(1)?, number.parse().ok()?))
    };
    let words = inner.split(',').filter(|word| !word.is_empty());
    Some(Sparse {
        dimensions: dimensions.parse().ok()?,
        elements: words.map(element).collect::<Option<_>>()?,
    })
}

fn encode_binary(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let sparse = sparse(value)?;
    out.extend_from_slice(&sparse.dimensions.to_be_bytes());
    out.extend_from_slice(&(sparse.elements.len() as u32).to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    for (index, _) in &sparse.elements {
        out.extend_from_slice(&index.to_be_bytes());
    }
    for (_, number) in &sparse.elements {
        out.extend_from_slice(&number.to_be_bytes());
    }
    Ok(())
}

fn encode_text(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if string::verbatim(value, out)? {
        return Ok(());
    }
    let sparse = sparse(value)?;
    let elements = sparse.elements.iter();
    let shown: Vec<_> = elements
        .map(|(index, number)| format!("{}:{number}", index + 1))
        .collect();
    out.extend_from_slice(format!("{{{}}}/{}", shown.join(","), sparse.dimensions).as_bytes());
    Ok(())
}

impl Sparse {
    fn checked(dimensions: u32, elements: Vec<(u32, f32)>) -> Result<Self, Refused> {
        let ascend = elements
            .windows(2)
            .all(|pair| matches!(pair, [(before, _), (after, _)] if before < after));
        let inside = elements.last().is_none_or(|(last, _)| *last < dimensions);
        let present = elements.iter().all(|(_, number)| *number != 0.0);
        if ascend && inside && present {
            Ok(Self {
                dimensions,
                elements,
            })
        } else {
            Err(malformed())
        }
    }
}

#[cold]
fn malformed() -> Refused {
    Refused::invalid("malformed sparse vector")
}

fn object<'py>(py: Python<'py>, sparse: &Sparse) -> Decoded<'py> {
    let (indices, values): (Vec<_>, Vec<_>) = sparse
        .elements
        .iter()
        .map(|(index, number)| (*index, f64::from(*number)))
        .unzip();
    let dimensions = PyInt::new(py, sparse.dimensions);
    let (indices, values) = (PyTuple::new(py, indices)?, PyTuple::new(py, values)?);
    instance(
        class(py)?,
        &[
            (intern!(py, "_dimensions"), &dimensions),
            (intern!(py, "_indices"), &indices),
            (intern!(py, "_values"), &values),
        ],
    )
}

fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "howdah.types._sparse_vector", "SparseVector")
}

/// A vector's elements; numbers that a `float4` rounds to zero are left out like zeros.
fn sparse(value: &Bound<'_, PyAny>) -> Result<Sparse, Refused> {
    let py = value.py();
    let (dimensions, places, numbers): (u32, Vec<u32>, Vec<f64>);
    if value.is_instance(class(py)?)? {
        dimensions = value.getattr(intern!(py, "_dimensions"))?.extract()?;
        places = value.getattr(intern!(py, "_indices"))?.extract()?;
        numbers = value.getattr(intern!(py, "_values"))?.extract()?;
    } else {
        numbers = vector::numbers(value)?;
        dimensions = u32::try_from(numbers.len()).map_err(|_| malformed())?;
        places = (0..dimensions).collect();
    }
    let mut elements = Vec::with_capacity(numbers.len());
    for (place, number) in places.into_iter().zip(numbers) {
        let number = vector::single(number)?;
        if number != 0.0 {
            elements.push((place, number));
        }
    }
    Sparse::checked(dimensions, elements)
}
