//! Geometric types as the named tuples of `howdah.types`.
//!
//! No IO. All are made of `float8` numbers: the binary format is the numbers in a row, the text
//! format is the numbers between brackets, so both are read into one list of numbers. Parameters are
//! the named tuples, or tuples and lists that hold the same numbers in the same order.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyString, PyTuple, PyType};

use super::reader::Reader;
use super::{Decoded, Format, Functions, Refused, string};

/// The functions of a type that is `$count` numbers, written as `$form` says.
macro_rules! fixed_functions {
    ($make:ident, $count:literal, $form:literal) => {
        Functions {
            decode_binary: Some(|scope, _, bytes| $make(scope.py, &binary(bytes)?)),
            decode_text: |scope, _, bytes| $make(scope.py, &text(bytes)?),
            encode_binary: Some(|_, _, value, out| {
                put(&fixed::<$count>(value)?, out);
                Ok(())
            }),
            encode_text: |_, _, value, out| {
                if !string::verbatim(value, out)? {
                    put_form($form, &fixed::<$count>(value)?, out);
                }
                Ok(())
            },
            result_format: Format::Binary,
            atomic: false,
        }
    };
}
pub(super) const POINT: Functions = fixed_functions!(point, 2, "(#,#)");
pub(super) const LINE: Functions = fixed_functions!(line, 3, "{#,#,#}");
pub(super) const LSEG: Functions = fixed_functions!(segment, 4, "[(#,#),(#,#)]");
pub(super) const BOX: Functions = fixed_functions!(rectangle, 4, "(#,#),(#,#)");
pub(super) const CIRCLE: Functions = fixed_functions!(circle, 3, "<(#,#),#>");

pub(super) const PATH: Functions = Functions {
    decode_binary: Some(|scope, _, bytes| {
        let mut reader = Reader::new(bytes);
        let closed = reader.u8()? != 0;
        path(scope.py, &counted(reader)?, closed)
    }),
    decode_text: |scope, _, bytes| path(scope.py, &text(bytes)?, bytes.first() != Some(&b'[')),
    encode_binary: Some(|_, _, value, out| {
        let (numbers, closed) = path_numbers(value)?;
        out.push(closed.into());
        put_counted(&numbers, out)
    }),
    encode_text: |_, _, value, out| {
        if string::verbatim(value, out)? {
            return Ok(());
        }
        let (numbers, closed) = path_numbers(value)?;
        put_points(&numbers, if closed { *b"()" } else { *b"[]" }, out);
        Ok(())
    },
    result_format: Format::Binary,
    atomic: false,
};

pub(super) const POLYGON: Functions = Functions {
    decode_binary: Some(|scope, _, bytes| polygon(scope.py, &counted(Reader::new(bytes))?)),
    decode_text: |scope, _, bytes| polygon(scope.py, &text(bytes)?),
    encode_binary: Some(|_, _, value, out| put_counted(&numbers(value, "Polygon")?, out)),
    encode_text: |_, _, value, out| {
        if string::verbatim(value, out)? {
            return Ok(());
        }
        put_points(&numbers(value, "Polygon")?, *b"()", out);
        Ok(())
    },
    ..PATH
};

fn point<'py>(py: Python<'py>, numbers: &[f64]) -> Decoded<'py> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    match *numbers {
        [x, y] => Ok(class(py, &CLASS, "Point")?.call1((x, y))?),
        _ => Err(malformed()),
    }
}

fn line<'py>(py: Python<'py>, numbers: &[f64]) -> Decoded<'py> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    match *numbers {
        [a, b, c] => Ok(class(py, &CLASS, "Line")?.call1((a, b, c))?),
        _ => Err(malformed()),
    }
}

fn segment<'py>(py: Python<'py>, numbers: &[f64]) -> Decoded<'py> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let (start, end) = two_points(py, numbers)?;
    Ok(class(py, &CLASS, "LineSegment")?.call1((start, end))?)
}

fn rectangle<'py>(py: Python<'py>, numbers: &[f64]) -> Decoded<'py> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let (upper_right, lower_left) = two_points(py, numbers)?;
    Ok(class(py, &CLASS, "Box")?.call1((upper_right, lower_left))?)
}

fn circle<'py>(py: Python<'py>, numbers: &[f64]) -> Decoded<'py> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    match numbers {
        [center @ .., radius] => {
            Ok(class(py, &CLASS, "Circle")?.call1((point(py, center)?, *radius))?)
        }
        [] => Err(malformed()),
    }
}

fn path<'py>(py: Python<'py>, numbers: &[f64], closed: bool) -> Decoded<'py> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    Ok(class(py, &CLASS, "Path")?.call1((points(py, numbers)?, closed))?)
}

fn polygon<'py>(py: Python<'py>, numbers: &[f64]) -> Decoded<'py> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    Ok(class(py, &CLASS, "Polygon")?.call1((points(py, numbers)?,))?)
}

fn class<'py>(
    py: Python<'py>,
    lock: &'py PyOnceLock<Py<PyType>>,
    name: &str,
) -> PyResult<&'py Bound<'py, PyType>> {
    lock.import(py, "howdah.types._geometry", name)
}

type Pair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

fn two_points<'py>(py: Python<'py>, numbers: &[f64]) -> Result<Pair<'py>, Refused> {
    let (first, second) = numbers.split_at_checked(2).ok_or_else(malformed)?;
    Ok((point(py, first)?, point(py, second)?))
}

fn points<'py>(py: Python<'py>, numbers: &[f64]) -> Result<Bound<'py, PyTuple>, Refused> {
    let points: Result<Vec<_>, _> = numbers.chunks(2).map(|pair| point(py, pair)).collect();
    Ok(PyTuple::new(py, points?)?)
}

#[cold]
fn malformed() -> Refused {
    Refused::invalid("malformed geometric value")
}

fn binary(bytes: &[u8]) -> Result<Vec<f64>, Refused> {
    let mut reader = Reader::new(bytes);
    let mut numbers = Vec::with_capacity(bytes.len() / 8);
    while reader.remaining() > 0 {
        numbers.push(reader.f64()?);
    }
    Ok(numbers)
}

/// Points behind their number.
fn counted(mut reader: Reader<'_>) -> Result<Vec<f64>, Refused> {
    let count = reader.count(16)?;
    let numbers = binary(reader.rest())?;
    if numbers.len() == count * 2 {
        Ok(numbers)
    } else {
        Err(malformed())
    }
}

/// The numbers between any brackets and commas.
fn text(bytes: &[u8]) -> Result<Vec<f64>, Refused> {
    string::ascii(bytes)?
        .split(|letter| "()[]{}<>,".contains(letter))
        .filter(|word| !word.is_empty())
        .map(|word| word.parse().map_err(|_| malformed()))
        .collect()
}

/// All numbers in nested tuples and lists.
fn numbers(value: &Bound<'_, PyAny>, accepted: &'static str) -> Result<Vec<f64>, Refused> {
    let mut numbers = Vec::new();
    if is_sequence(value) {
        gather(value, 0, &mut numbers)?;
        return Ok(numbers);
    }
    Err(Refused::unsuited(format!(
        "{accepted}, tuple or list of numbers, or str"
    )))
}

fn gather(value: &Bound<'_, PyAny>, depth: usize, numbers: &mut Vec<f64>) -> Result<(), Refused> {
    if !is_sequence(value) {
        if value.is_instance_of::<PyString>() {
            return Err(Refused::invalid("str where a number was expected"));
        }
        numbers.push(value.extract()?);
        return Ok(());
    }
    if depth == 3 {
        return Err(Refused::invalid(
            "tuples nested deeper than any geometric value",
        ));
    }
    value
        .try_iter()?
        .try_for_each(|item| gather(&item?, depth + 1, numbers))
}

fn is_sequence(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyTuple>() || value.is_instance_of::<PyList>()
}

fn fixed<const N: usize>(value: &Bound<'_, PyAny>) -> Result<[f64; N], Refused> {
    let numbers = numbers(value, "named tuple")?;
    numbers.try_into().map_err(|numbers: Vec<f64>| {
        Refused::invalid(format!("expected {N} numbers, found {}", numbers.len()))
    })
}

/// Only a `Path` says whether it is closed, so nothing else is taken.
fn path_numbers(value: &Bound<'_, PyAny>) -> Result<(Vec<f64>, bool), Refused> {
    match value.cast::<PyTuple>().map(|tuple| (tuple.len(), tuple)) {
        Ok((2, tuple)) => {
            let closed = tuple
                .get_item(1)?
                .extract()
                .map_err(|_| Refused::unsuited("Path or str"))?;
            Ok((numbers(&tuple.get_item(0)?, "Path")?, closed))
        }
        _ => Err(Refused::unsuited("Path or str")),
    }
}

fn put(numbers: &[f64], out: &mut Vec<u8>) {
    for number in numbers {
        out.extend_from_slice(&number.to_be_bytes());
    }
}

fn put_counted(numbers: &[f64], out: &mut Vec<u8>) -> Result<(), Refused> {
    if !numbers.len().is_multiple_of(2) {
        return Err(Refused::invalid("a coordinate without its partner"));
    }
    out.extend_from_slice(&((numbers.len() / 2) as u32).to_be_bytes());
    put(numbers, out);
    Ok(())
}

/// Writes a form with numbers in the places of `#`.
fn put_form(form: &str, numbers: &[f64], out: &mut Vec<u8>) {
    let mut numbers = numbers.iter();
    for byte in form.bytes() {
        match numbers.as_slice() {
            [number, ..] if byte == b'#' => {
                out.extend_from_slice(format!("{number:?}").as_bytes());
                numbers.next();
            }
            _ => out.push(byte),
        }
    }
}

fn put_points(numbers: &[f64], [opening, closing]: [u8; 2], out: &mut Vec<u8>) {
    out.push(opening);
    for (position, pair) in numbers.chunks(2).enumerate() {
        if position > 0 {
            out.push(b',');
        }
        put_form("(#,#)", pair, out);
    }
    out.push(closing);
}
