//! Python objects into JSON text.
//!
//! No IO. Writes what `json.dumps` would, without spaces and in UTF-8, for the types that JSON has.
//! Whatever is not plainly one of them (keys that are not `str`, subclasses of `dict`, NaN, lone
//! surrogates, great depth, foreign classes) is left to `json.dumps` whole, and so are its complaints.

use std::io::Write;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use pyo3::{PyTypeInfo, intern};

use crate::types::{Refused, python};

/// Deeper values may refer to themselves: `json.dumps` finds out.
const MAX_DEPTH: u32 = 100;

pub(super) fn dump(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Result<(), Refused> {
    let start = out.len();
    if write(value, out, 0).is_none() {
        out.truncate(start);
        out.extend_from_slice(python_dumps(value)?.as_bytes());
    }
    Ok(())
}

/// The standard library's answer: ASCII, or an exception that says what is wrong with the value.
fn python_dumps(value: &Bound<'_, PyAny>) -> Result<String, Refused> {
    let py = value.py();
    let options = PyDict::new(py);
    options.set_item(intern!(py, "allow_nan"), false)?;
    options.set_item(intern!(py, "separators"), (",", ":"))?;
    let text = py
        .import("json")?
        .getattr("dumps")?
        .call((value,), Some(&options))?;
    Ok(text.extract()?)
}

/// None if the value is not for us; `out` then ends with a part of it.
fn write(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: u32) -> Option<()> {
    if let Ok(text) = value.cast::<PyString>() {
        write_string(text, out)
    } else if value.is_none() {
        out.extend_from_slice(b"null");
        Some(())
    } else if let Ok(truth) = value.cast::<PyBool>() {
        out.extend_from_slice(if truth.is_true() { b"true" } else { b"false" });
        Some(())
    } else if value.is_instance_of::<PyInt>() {
        let number = value.extract::<i64>().ok()?;
        write!(out, "{number}").ok()
    } else if let Ok(number) = value.cast::<PyFloat>() {
        let number = number.value();
        if !number.is_finite() {
            return None;
        }
        write!(out, "{number:?}").ok()
    } else if depth == MAX_DEPTH {
        None
    } else if let Ok(dict) = value.cast_exact::<PyDict>() {
        write_object(dict, out, depth + 1)
    } else if PyList::is_exact_type_of(value) || value.is_instance_of::<PyTuple>() {
        write_array(value, out, depth + 1)
    } else {
        None
    }
}

fn write_object(dict: &Bound<'_, PyDict>, out: &mut Vec<u8>, depth: u32) -> Option<()> {
    out.push(b'{');
    let mut separator = None;
    for (key, value) in dict {
        out.extend(separator);
        separator = Some(b',');
        write_string(key.cast::<PyString>().ok()?, out)?;
        out.push(b':');
        write(&value, out, depth)?;
    }
    out.push(b'}');
    Some(())
}

fn write_array(items: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: u32) -> Option<()> {
    out.push(b'[');
    let mut separator = None;
    let mut item_written = |item: &Bound<'_, PyAny>, out: &mut Vec<u8>| {
        out.extend(separator);
        separator = Some(b',');
        write(item, out, depth)
    };
    if let Ok(list) = items.cast::<PyList>() {
        for item in list {
            item_written(&item, out)?;
        }
    } else {
        for item in items.cast::<PyTuple>().ok()? {
            item_written(&item, out)?;
        }
    }
    out.push(b']');
    Some(())
}

fn write_string(text: &Bound<'_, PyString>, out: &mut Vec<u8>) -> Option<()> {
    let text = python::utf8(text).ok()?;
    out.push(b'"');
    escape(text.as_bytes(), out);
    out.push(b'"');
    Some(())
}

fn escape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(plain) = rest
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))
    {
        let (before, special) = rest.split_at(plain);
        out.extend_from_slice(before);
        let Some((byte, after)) = special.split_first() else {
            return;
        };
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
        rest = after;
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::lexer::unescaped;
    use super::escape;

    fn escaped(text: &str) -> String {
        let mut out = Vec::new();
        escape(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_what_must_be_is_escaped() {
        assert_eq!(escaped("a\"\\\n\u{0}é/"), "a\\\"\\\\\\n\\u0000é/");
    }

    proptest! {
        #[test]
        fn escapes_are_undone_by_the_lexer(text: String) {
            let (plain, has_surrogate) = unescaped(escaped(&text).as_bytes()).unwrap();
            prop_assert_eq!(plain, text.into_bytes());
            prop_assert!(!has_surrogate);
        }
    }
}
