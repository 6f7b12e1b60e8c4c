//! NumPy's arrays as array parameters, numbers straight from their memory.
//!
//! No IO; NumPy itself is never imported. Arrays of integers and floats are written from the buffer
//! that they offer, others as the lists that they are equal to. Invariant: a number that the
//! element type cannot hold is refused, with its place.

use pyo3::buffer::{Element, PyBuffer};
use pyo3::intern;
use pyo3::prelude::*;

use super::super::{Codec, Refused, Structure};
use super::MAX_DIMENSIONS;

const INT8: u32 = 20;
const INT2: u32 = 21;
const INT4: u32 = 23;
const FLOAT4: u32 = 700;
const FLOAT8: u32 = 701;

/// Whether a value is a `numpy.ndarray`.
pub(super) fn is_ndarray(value: &Bound<'_, PyAny>) -> bool {
    let class = value.get_type();
    class.name().is_ok_and(|name| name == "ndarray")
        && class.module().is_ok_and(|module| module == "numpy")
}

/// Appends an array of numbers from its memory; false where that cannot be done.
pub(super) fn write(
    element: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<bool, Refused> {
    if matches!(element.structure, Structure::Chosen { .. }) {
        return Ok(false);
    }
    // the buffer does not tell foreign byte orders apart
    let dtype = value.getattr(intern!(value.py(), "dtype"))?;
    if !dtype
        .getattr(intern!(value.py(), "isnative"))?
        .is_truthy()?
    {
        return Ok(false);
    }
    let oid = element.oid;
    match oid {
        INT2 => integers(oid, value, out, |number| {
            i16::try_from(number).ok().map(i16::to_be_bytes)
        }),
        INT4 => integers(oid, value, out, |number| {
            i32::try_from(number).ok().map(i32::to_be_bytes)
        }),
        INT8 => integers(oid, value, out, |number| Some(number.to_be_bytes())),
        FLOAT4 => match PyBuffer::<f32>::get(value) {
            Ok(buffer) => put(oid, &buffer, value, out, |number| {
                Some(number.to_be_bytes())
            }),
            Err(_) => Ok(false),
        },
        FLOAT8 => floats(value, out),
        _ => Ok(false),
    }
}

fn integers<const N: usize>(
    oid: u32,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
    convert: impl Fn(i64) -> Option<[u8; N]>,
) -> Result<bool, Refused> {
    if let Ok(buffer) = PyBuffer::<i64>::get(value) {
        put(oid, &buffer, value, out, convert)
    } else if let Ok(buffer) = PyBuffer::<i32>::get(value) {
        put(oid, &buffer, value, out, |number| convert(number.into()))
    } else if let Ok(buffer) = PyBuffer::<i16>::get(value) {
        put(oid, &buffer, value, out, |number| convert(number.into()))
    } else if let Ok(buffer) = PyBuffer::<u8>::get(value) {
        put(oid, &buffer, value, out, |number| convert(number.into()))
    } else {
        Ok(false)
    }
}

fn floats(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Result<bool, Refused> {
    if let Ok(buffer) = PyBuffer::<f64>::get(value) {
        put(FLOAT8, &buffer, value, out, |number| {
            Some(number.to_be_bytes())
        })
    } else if let Ok(buffer) = PyBuffer::<f32>::get(value) {
        put(FLOAT8, &buffer, value, out, |number| {
            Some(f64::from(number).to_be_bytes())
        })
    } else {
        Ok(false)
    }
}

fn put<T: Element, const N: usize>(
    oid: u32,
    buffer: &PyBuffer<T>,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
    convert: impl Fn(T) -> Option<[u8; N]>,
) -> Result<bool, Refused> {
    let shape = buffer.shape();
    if shape.is_empty() || shape.contains(&0) || shape.len() > MAX_DIMENSIONS {
        return Ok(false);
    }
    let numbers = buffer.to_vec(value.py())?;
    out.reserve(12 + 8 * shape.len() + (4 + N) * numbers.len());
    for head in [shape.len() as u32, 0, oid] {
        out.extend_from_slice(&head.to_be_bytes());
    }
    for &length in shape {
        let length = u32::try_from(length)
            .map_err(|_| Refused::invalid("array longer than PostgreSQL's arrays"))?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&1_u32.to_be_bytes());
    }
    for (position, number) in numbers.into_iter().enumerate() {
        let bytes = convert(number).ok_or_else(|| {
            Refused::invalid(format!("element {position}: int out of range of the type"))
        })?;
        out.extend_from_slice(&(N as u32).to_be_bytes());
        out.extend_from_slice(&bytes);
    }
    Ok(true)
}
