//! Arrays from the server.
//!
//! No IO. Called through the codecs that `functions` made. Items go straight into lists of the
//! right length; numbers are made in place, others by their codec's function.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFloat, PyList, PyType};

use super::super::build::List;
use super::super::reader::Reader;
use super::super::shared_int::int;
use super::super::{Codec, Decode, Decoded, Format, Functions, Refused, Scope, Structure, string};
use super::literal::{self, Literal};
use super::{MAX_DIMENSIONS, lists_are_dimensions, parts};

/// `anyarray`, the type of columns like `pg_statistic.stavalues1`: binary values name the element.
pub(in super::super) const ANYARRAY: Functions = Functions {
    decode_binary: Some(anyarray),
    decode_text: anyarray_text,
    encode_binary: None,
    encode_text: string::encode,
    result_format: Format::Binary,
    atomic: false,
};

/// Reads the items of one innermost dimension.
type Fill = for<'py> fn(&Scope<'_, 'py>, &Codec, &mut Reader<'_>, usize) -> Filled<'py>;
type Filled<'py> = Result<Bound<'py, PyList>, Refused>;

const INT8: u32 = 20;
const INT2: u32 = 21;
const INT4: u32 = 23;
const FLOAT8: u32 = 701;

/// The binary decoder for arrays of `element`: numbers have their own.
pub(super) fn binary_for(element: &Codec) -> Decode {
    if matches!(element.structure, Structure::Chosen { .. }) {
        return |scope, codec, bytes| binary(scope, codec, bytes, any);
    }
    match element.oid {
        INT2 => |scope, codec, bytes| binary(scope, codec, bytes, int2),
        INT4 => |scope, codec, bytes| binary(scope, codec, bytes, int4),
        INT8 => |scope, codec, bytes| binary(scope, codec, bytes, int8),
        FLOAT8 => |scope, codec, bytes| binary(scope, codec, bytes, float8),
        _ => |scope, codec, bytes| binary(scope, codec, bytes, any),
    }
}

/// Reads the text format.
pub(super) fn text<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let (element, delimiter) = parts(codec)?;
    let literal = literal::parse(bytes, delimiter).map_err(|wrong| Refused::invalid(wrong.0))?;
    let list = literal_list(scope, element, &literal)?;
    let mut lower_bounds = literal.lower_bounds;
    lower_bounds.resize(literal.lengths.len(), 1);
    finish(list, element, &lower_bounds)
}

/// The list of items in one dimension, without regard for lower bounds.
pub(super) fn binary_list<'py>(
    scope: &Scope<'_, 'py>,
    element: &Codec,
    bytes: &[u8],
    fill: Fill,
) -> Result<(Bound<'py, PyList>, Shape), Refused> {
    let mut reader = Reader::new(bytes);
    let shape = Shape::read(&mut reader)?;
    if shape.element != element.oid {
        return Err(Refused::stale(element.oid));
    }
    let list = nest(scope, element, &mut reader, shape.lengths(), fill)?;
    reader.end()?;
    Ok((list, shape))
}

fn binary<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8], fill: Fill) -> Decoded<'py> {
    let (element, _) = parts(codec)?;
    let (list, shape) = binary_list(scope, element, bytes, fill)?;
    finish(list, element, shape.lower_bounds())
}

fn anyarray<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let oid = Shape::read(&mut Reader::new(bytes))?.element;
    let element = scope.codec(oid)?;
    let (list, shape) = binary_list(scope, &element, bytes, any)?;
    finish(list, &element, shape.lower_bounds())
}

/// The text format does not name the element: items stay text.
fn anyarray_text<'py>(scope: &Scope<'_, 'py>, codec: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let literal = literal::parse(bytes, b',').map_err(|wrong| Refused::invalid(wrong.0))?;
    let element = Codec::new(codec.oid, "text", string::TEXT, Structure::Scalar);
    Ok(literal_list(scope, &element, &literal)?.into_any())
}

/// What stands before the items of a binary array.
pub(super) struct Shape {
    element: u32,
    dimensions: usize,
    lengths: [usize; MAX_DIMENSIONS],
    lower_bounds: [i32; MAX_DIMENSIONS],
}

impl Shape {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Refused> {
        let dimensions = reader.u32()? as usize;
        let _has_null = reader.u32()?;
        let element = reader.u32()?;
        if dimensions > MAX_DIMENSIONS {
            return Err(Refused::invalid("array of more than 6 dimensions"));
        }
        let mut shape = Self {
            element,
            dimensions,
            lengths: [0; 6],
            lower_bounds: [1; 6],
        };
        for (length, bound) in shape
            .lengths
            .iter_mut()
            .zip(&mut shape.lower_bounds)
            .take(dimensions)
        {
            *length = reader.u32()? as usize;
            *bound = reader.i32()?;
        }
        shape.check(reader.remaining())?;
        Ok(shape)
    }

    /// Every item takes four bytes at least, so no more items are announced than can follow.
    fn check(&self, remaining: usize) -> Result<(), Refused> {
        let product = self
            .lengths()
            .iter()
            .try_fold(1_usize, |sum, n| sum.checked_mul(*n));
        let fits = product.is_some_and(|count| count <= remaining / 4);
        let hollow = self.dimensions > 1 && self.lengths().contains(&0);
        if hollow || (self.dimensions > 0 && !fits) {
            return Err(Refused::invalid(
                "array whose dimensions do not fit its bytes",
            ));
        }
        Ok(())
    }

    fn lengths(&self) -> &[usize] {
        self.lengths.get(..self.dimensions).unwrap_or_default()
    }

    fn lower_bounds(&self) -> &[i32] {
        self.lower_bounds.get(..self.dimensions).unwrap_or_default()
    }
}

fn nest<'py>(
    scope: &Scope<'_, 'py>,
    element: &Codec,
    reader: &mut Reader<'_>,
    lengths: &[usize],
    fill: Fill,
) -> Filled<'py> {
    match lengths {
        [] => Ok(PyList::empty(scope.py)),
        [length] => fill(scope, element, reader, *length),
        [length, inner @ ..] => {
            let mut list = List::with_length(scope.py, *length)?;
            for _ in 0..*length {
                list.push(nest(scope, element, reader, inner, fill)?.into_any());
            }
            Ok(list.finish())
        }
    }
}

/// Items of any type, by their codec.
pub(super) fn any<'py>(
    scope: &Scope<'_, 'py>,
    element: &Codec,
    reader: &mut Reader<'_>,
    length: usize,
) -> Filled<'py> {
    let decode = element.decode_binary.unwrap_or(element.decode_text);
    let mut list = List::with_length(scope.py, length)?;
    for _ in 0..length {
        list.push(match reader.value()? {
            Some(bytes) => decode(scope, element, bytes)?,
            None => scope.py.None().into_bound(scope.py),
        });
    }
    Ok(list.finish())
}

fn int2<'py>(
    scope: &Scope<'_, 'py>,
    _: &Codec,
    reader: &mut Reader<'_>,
    length: usize,
) -> Filled<'py> {
    fixed(scope.py, reader, length, |py, bytes| {
        int(py, i16::from_be_bytes(bytes).into())
    })
}

fn int4<'py>(
    scope: &Scope<'_, 'py>,
    _: &Codec,
    reader: &mut Reader<'_>,
    length: usize,
) -> Filled<'py> {
    fixed(scope.py, reader, length, |py, bytes| {
        int(py, i32::from_be_bytes(bytes).into())
    })
}

fn int8<'py>(
    scope: &Scope<'_, 'py>,
    _: &Codec,
    reader: &mut Reader<'_>,
    length: usize,
) -> Filled<'py> {
    fixed(scope.py, reader, length, |py, bytes| {
        int(py, i64::from_be_bytes(bytes))
    })
}

fn float8<'py>(
    scope: &Scope<'_, 'py>,
    _: &Codec,
    from: &mut Reader<'_>,
    length: usize,
) -> Filled<'py> {
    fixed(scope.py, from, length, |py, bytes| {
        Ok(PyFloat::new(py, f64::from_be_bytes(bytes)).into_any())
    })
}

/// Items of `N` bytes, the loop that arrays of numbers spend their time in.
#[inline]
fn fixed<'py, const N: usize>(
    py: Python<'py>,
    reader: &mut Reader<'_>,
    length: usize,
    make: impl Fn(Python<'py>, [u8; N]) -> PyResult<Bound<'py, PyAny>>,
) -> Filled<'py> {
    let mut list = List::with_length(py, length)?;
    for _ in 0..length {
        list.push(match reader.fixed()? {
            Some(bytes) => make(py, bytes)?,
            None => py.None().into_bound(py),
        });
    }
    Ok(list.finish())
}

fn literal_list<'py>(
    scope: &Scope<'_, 'py>,
    element: &Codec,
    literal: &Literal<'_>,
) -> Filled<'py> {
    let mut items = literal.items.iter();
    let mut next = || match items.next() {
        Some(Some(text)) => (element.decode_text)(scope, element, text),
        Some(None) => Ok(scope.py.None().into_bound(scope.py)),
        None => Err(Refused::invalid(
            "array text with fewer items than its dimensions say",
        )),
    };
    literal_nest(scope.py, &literal.lengths, &mut next)
}

fn literal_nest<'py>(
    py: Python<'py>,
    lengths: &[usize],
    next: &mut impl FnMut() -> Decoded<'py>,
) -> Filled<'py> {
    let Some((length, inner)) = lengths.split_first() else {
        return Ok(PyList::empty(py));
    };
    let mut list = List::with_length(py, *length)?;
    for _ in 0..*length {
        list.push(match inner {
            [] => next()?,
            _ => literal_nest(py, inner, next)?.into_any(),
        });
    }
    Ok(list.finish())
}

/// The list itself where it says everything, else `howdah.types.Array`.
fn finish<'py>(list: Bound<'py, PyList>, element: &Codec, lower_bounds: &[i32]) -> Decoded<'py> {
    let plain = lower_bounds.iter().all(|bound| *bound == 1)
        && (lower_bounds.len() < 2 || lists_are_dimensions(element));
    if plain {
        return Ok(list.into_any());
    }
    let class = class(list.py())?;
    Ok(class.call1((list, lower_bounds.to_vec()))?)
}

/// `howdah.types.Array`.
pub(super) fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "howdah.types._array", "Array")
}
