//! JSON text into Python objects, straight from the receive buffer.
//!
//! No IO. As `json.loads` reads: the last of equal names wins, integers are exact, other numbers are
//! `float`. Nested values are kept on a stack of our own, so no depth can exhaust the thread's.

use std::sync::Mutex;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyList};

use super::keys::Keys;
use super::lexer::{Fault, Lexer, Text, Token, unescaped};
use crate::types::{Decoded, Refused, python};

/// Shared by the process. Taken for one value at a time, and never waited for: who finds it taken
/// (by another thread, or by a finalizer that interrupted its owner) starts with an empty one.
static KEYS: Mutex<Keys> = Mutex::new(Keys::new());

pub(super) fn load<'py>(py: Python<'py>, text: &[u8]) -> Decoded<'py> {
    let lexer = Lexer::new(text);
    match KEYS.try_lock() {
        Ok(mut keys) => Loader {
            py,
            lexer,
            keys: &mut keys,
        }
        .load(),
        Err(_) => Loader {
            py,
            lexer,
            keys: &mut Keys::new(),
        }
        .load(),
    }
}

struct Loader<'a, 'py> {
    py: Python<'py>,
    lexer: Lexer<'a>,
    keys: &'a mut Keys,
}

/// An array or object whose end has not come yet.
enum Open<'py> {
    Array(Vec<Bound<'py, PyAny>>),
    Object {
        dict: Bound<'py, PyDict>,
        key: Bound<'py, PyAny>,
    },
}

impl<'py> Loader<'_, 'py> {
    fn load(&mut self) -> Decoded<'py> {
        let mut open = Vec::new();
        loop {
            let Some(mut value) = self.value(&mut open)? else {
                continue;
            };
            loop {
                let Some(parent) = open.last_mut() else {
                    self.lexer.end()?;
                    return Ok(value);
                };
                if self.put(parent, value)? {
                    break;
                }
                value = match open.pop() {
                    Some(Open::Array(items)) => PyList::new(self.py, items)?.into_any(),
                    Some(Open::Object { dict, .. }) => dict.into_any(),
                    None => return Err(self.lexer.fault().into()),
                };
            }
        }
    }

    /// The next value, or None if it was the beginning of one: then it is the last of `open`.
    fn value(&mut self, open: &mut Vec<Open<'py>>) -> Result<Option<Bound<'py, PyAny>>, Refused> {
        let py = self.py;
        let value = match self.lexer.value()? {
            Token::Null => py.None().into_bound(py),
            Token::False => PyBool::new(py, false).to_owned().into_any(),
            Token::True => PyBool::new(py, true).to_owned().into_any(),
            Token::Integer(number) => number.into_bound_py_any(py)?,
            Token::Digits(digits) => long_integer(py, digits)?,
            Token::Float(number) => PyFloat::new(py, number).into_any(),
            Token::String(text) => string(py, &text)?,
            Token::Array if self.lexer.take(b']') => PyList::empty(py).into_any(),
            Token::Array => {
                open.push(Open::Array(Vec::new()));
                return Ok(None);
            }
            Token::Object if self.lexer.take(b'}') => PyDict::new(py).into_any(),
            Token::Object => {
                open.push(Open::Object {
                    dict: PyDict::new(py),
                    key: self.key()?,
                });
                return Ok(None);
            }
        };
        Ok(Some(value))
    }

    /// Adds a value to what it is part of. Whether a comma follows; if not, the end was read.
    #[inline]
    fn put(&mut self, parent: &mut Open<'py>, value: Bound<'py, PyAny>) -> Result<bool, Refused> {
        match parent {
            Open::Array(items) => {
                items.push(value);
                if self.lexer.take(b',') {
                    return Ok(true);
                }
                self.close(b']')?;
            }
            Open::Object { dict, key } => {
                dict.set_item(&*key, value)?;
                if self.lexer.take(b',') {
                    *key = self.key()?;
                    return Ok(true);
                }
                self.close(b'}')?;
            }
        }
        Ok(false)
    }

    fn key(&mut self) -> Result<Bound<'py, PyAny>, Refused> {
        let text = self.lexer.key()?;
        if text.has_escapes {
            string(self.py, &text)
        } else {
            self.keys.find(self.py, text.raw)
        }
    }

    fn close(&mut self, bracket: u8) -> Result<(), Fault> {
        if self.lexer.take(bracket) {
            Ok(())
        } else {
            Err(self.lexer.fault())
        }
    }
}

fn string<'py>(py: Python<'py>, text: &Text<'_>) -> Decoded<'py> {
    if !text.has_escapes {
        return python::str_from_utf8(py, text.raw);
    }
    match unescaped(text.raw) {
        Some((plain, false)) => python::str_from_utf8(py, &plain),
        Some((plain, true)) => python::str_with_surrogates(py, &plain),
        None => Err(Refused::invalid("malformed escape in a JSON string")),
    }
}

/// Reads the digits by parts: `int` itself refuses more than 4,300 at once.
fn long_integer<'py>(py: Python<'py>, digits: &str) -> Decoded<'py> {
    const PART: usize = 4000;
    let int = py.get_type::<pyo3::types::PyInt>();
    let (negative, mut rest) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits),
    };
    let mut value = 0_i32.into_bound_py_any(py)?;
    while !rest.is_empty() {
        let (part, after) = rest.split_at(rest.len().min(PART));
        let scale = int.call1((10,))?.pow(part.len(), py.None())?;
        value = value.mul(scale)?.add(int.call1((part,))?)?;
        rest = after;
    }
    Ok(if negative { value.neg()? } else { value })
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::invalid(format!("malformed JSON at byte {}", fault.position_bytes))
    }
}
