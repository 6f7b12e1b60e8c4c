//! Lists as array parameters.
//!
//! No IO. Called through the codecs that `functions` made. The shape is read off the first item of
//! each depth and every other list must agree with it, so that ragged input is refused with its
//! place. Where an item has no binary form the whole array is written as text.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyMemoryView, PySequence, PyString, PyTuple};

use super::super::reader::{NULL, write_value};
use super::super::{Codec, Encode, Refused, Scope, string};
use super::{MAX_DIMENSIONS, decode, is_ndarray, lists_are_dimensions, ndarray, parts};

pub(super) fn binary(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let (element, _) = parts(codec)?;
    let encode = element.encode_binary.ok_or_else(unsuited)?;
    if !is_list(value) && is_ndarray(value) && ndarray::write(element, value, out)? {
        return Ok(());
    }
    let items = items(value)?;
    let shape = Shape::of(element, value, &items)?;
    shape.write_binary(element.oid, out);
    if shape.lengths.is_empty() {
        return Ok(());
    }
    let writer = Writer {
        scope,
        element,
        encode,
        shape: &shape,
    };
    writer.binary(&items, 0, out)
}

pub(super) fn text(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if string::verbatim(value, out)? {
        return Ok(());
    }
    let (element, delimiter) = parts(codec)?;
    let items = items(value)?;
    let shape = Shape::of(element, value, &items)?;
    if shape.lengths.is_empty() {
        out.extend_from_slice(b"{}");
        return Ok(());
    }
    shape.write_text(out);
    let writer = Writer {
        scope,
        element,
        encode: element.encode_text,
        shape: &shape,
    };
    writer.text(&items, 0, delimiter, out)
}

/// Any sequence as a list or tuple; text and bytes are values, not sequences of them.
pub(in super::super) fn items<'py>(
    value: &Bound<'py, PyAny>,
) -> Result<Bound<'py, PyAny>, Refused> {
    if is_list(value) {
        return Ok(value.clone());
    }
    let is_value = value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>()
        || value.is_instance_of::<PyMemoryView>();
    if is_ndarray(value) {
        let list = value.call_method0(intern!(value.py(), "tolist"))?;
        return if is_list(&list) {
            Ok(list)
        } else {
            Err(unsuited())
        };
    }
    match value.cast::<PySequence>() {
        Ok(sequence) if !is_value => Ok(sequence.to_list()?.into_any()),
        _ => Err(unsuited()),
    }
}

fn is_list(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>()
}

fn length(items: &Bound<'_, PyAny>) -> Result<usize, Refused> {
    Ok(items.len()?)
}

#[cold]
fn unsuited() -> Refused {
    Refused::unsuited("list, tuple or other sequence")
}

/// Lengths and lower bounds by dimension; none for the empty array.
struct Shape {
    lengths: Vec<usize>,
    lower_bounds: Vec<i32>,
}

impl Shape {
    fn of(
        element: &Codec,
        value: &Bound<'_, PyAny>,
        items: &Bound<'_, PyAny>,
    ) -> Result<Self, Refused> {
        let lower_bounds = lower_bounds(value)?;
        let deepest = match &lower_bounds {
            Some(bounds) => bounds.len(),
            None if lists_are_dimensions(element) => usize::MAX,
            None => 1,
        };
        let lengths = lengths(items, deepest)?;
        let lower_bounds = lower_bounds.unwrap_or_else(|| vec![1; lengths.len()]);
        if !lengths.is_empty() && lengths.len() != lower_bounds.len() {
            return Err(Refused::invalid(format!(
                "`Array` with {} lower bounds for {} dimensions",
                lower_bounds.len(),
                lengths.len()
            )));
        }
        Ok(Self {
            lengths,
            lower_bounds,
        })
    }

    fn write_binary(&self, element: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(&(self.lengths.len() as u32).to_be_bytes());
        out.extend_from_slice(&0_u32.to_be_bytes()); // whether there are nulls: the server looks
        out.extend_from_slice(&element.to_be_bytes());
        for (length, bound) in self.lengths.iter().zip(&self.lower_bounds) {
            out.extend_from_slice(&(*length as u32).to_be_bytes());
            out.extend_from_slice(&bound.to_be_bytes());
        }
    }

    fn write_text(&self, out: &mut Vec<u8>) {
        if self.lower_bounds.iter().all(|bound| *bound == 1) {
            return;
        }
        for (length, lower) in self.lengths.iter().zip(&self.lower_bounds) {
            let upper = i64::from(*lower) + *length as i64 - 1;
            out.extend_from_slice(format!("[{lower}:{upper}]").as_bytes());
        }
        out.push(b'=');
    }
}

/// The lower bounds that a `howdah.types.Array` carries; None for every other list.
fn lower_bounds(value: &Bound<'_, PyAny>) -> Result<Option<Vec<i32>>, Refused> {
    if value.is_exact_instance_of::<PyList>() || value.is_exact_instance_of::<PyTuple>() {
        return Ok(None);
    }
    if !value.is_instance(decode::class(value.py())?)? {
        return Ok(None);
    }
    Ok(Some(
        value
            .getattr(pyo3::intern!(value.py(), "lower_bounds"))?
            .extract()?,
    ))
}

/// The lengths of the dimensions, from the first item of each depth.
fn lengths(items: &Bound<'_, PyAny>, deepest: usize) -> Result<Vec<usize>, Refused> {
    let mut lengths = vec![length(items)?];
    let mut current = items.clone();
    // one more than there can be is enough to see: a list may contain itself
    let deepest = deepest.min(MAX_DIMENSIONS + 1);
    while lengths.len() < deepest && lengths.last() != Some(&0) {
        let first = current.get_item(0)?;
        if !is_list(&first) {
            break;
        }
        lengths.push(length(&first)?);
        current = first;
    }
    if lengths == [0] {
        return Ok(Vec::new());
    }
    if lengths.contains(&0) {
        return Err(Refused::invalid(
            "empty list inside a list: the only empty array is `[]`",
        ));
    }
    if lengths.len() > MAX_DIMENSIONS {
        return Err(Refused::invalid("list of more than 6 dimensions"));
    }
    Ok(lengths)
}

struct Writer<'a, 's, 'py> {
    scope: &'a Scope<'s, 'py>,
    element: &'a Codec,
    encode: Encode,
    shape: &'a Shape,
}

impl<'py> Writer<'_, '_, 'py> {
    fn binary(
        &self,
        items: &Bound<'py, PyAny>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Refused> {
        if depth + 1 < self.shape.lengths.len() {
            return self.each(items, depth, |inner| self.binary(inner, depth + 1, out));
        }
        self.each(items, depth, |item| {
            if item.is_none() {
                out.extend_from_slice(&NULL);
                return Ok(());
            }
            write_value(out, |out| {
                (self.encode)(self.scope, self.element, item, out)
            })
        })
    }

    fn text(
        &self,
        items: &Bound<'py, PyAny>,
        depth: usize,
        delimiter: u8,
        out: &mut Vec<u8>,
    ) -> Result<(), Refused> {
        let inner = depth + 1 < self.shape.lengths.len();
        let mut before = b'{';
        self.each(items, depth, |item| {
            out.push(before);
            before = delimiter;
            if inner {
                return self.text(item, depth + 1, delimiter, out);
            }
            if item.is_none() {
                out.extend_from_slice(b"NULL");
                return Ok(());
            }
            let start = out.len();
            (self.encode)(self.scope, self.element, item, out)
                .map_err(|refused| refused.settled(item))?;
            quote(out, start, delimiter);
            Ok(())
        })?;
        out.push(b'}');
        Ok(())
    }

    /// Calls `write` for each item of a list at `depth`, whose length and kind must be as the shape
    /// says: the list may be ragged, or may change while Python code runs in an encoder.
    fn each(
        &self,
        items: &Bound<'py, PyAny>,
        depth: usize,
        mut write: impl FnMut(&Bound<'py, PyAny>) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let expected = self.shape.lengths.get(depth).copied().unwrap_or(0);
        let innermost = depth + 1 == self.shape.lengths.len();
        let mut count = 0;
        let mut one = |item: Bound<'py, PyAny>| {
            let position = count;
            count += 1;
            if innermost {
                self.check_item(&item)?;
            }
            write(&item).map_err(|refused| refused.inside(|| format!("element {position}")))
        };
        if let Ok(list) = items.cast::<PyList>() {
            list.iter().try_for_each(&mut one)?;
        } else if let Ok(tuple) = items.cast::<PyTuple>() {
            tuple.iter().try_for_each(&mut one)?;
        } else {
            return Err(Refused::invalid(
                "ragged array: an item where a list was expected",
            ));
        }
        if count == expected {
            Ok(())
        } else {
            Err(Refused::invalid(format!(
                "ragged array: a list of {count} where the first has {expected}"
            )))
        }
    }

    fn check_item(&self, item: &Bound<'py, PyAny>) -> Result<(), Refused> {
        if is_list(item) && lists_are_dimensions(self.element) {
            return Err(Refused::invalid(
                "ragged array: a list where an item was expected",
            ));
        }
        Ok(())
    }
}

/// Quotes what was written from `start` on, if an array's text needs it quoted.
fn quote(out: &mut Vec<u8>, start: usize, delimiter: u8) {
    let item = out.get(start..).unwrap_or_default();
    let special = |byte: &u8| {
        matches!(byte, b'{' | b'}' | b'"' | b'\\' | b' ' | b'\t'..=b'\r') || *byte == delimiter
    };
    if !item.is_empty() && !item.eq_ignore_ascii_case(b"null") && !item.iter().any(special) {
        return;
    }
    let item = out.split_off(start);
    out.push(b'"');
    for byte in item {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::literal;
    use super::*;

    proptest! {
        #[test]
        fn what_is_quoted_reads_back(
            items in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..8), 1..5),
        ) {
            let mut out = Vec::new();
            let mut before = b'{';
            for item in &items {
                out.push(before);
                before = b',';
                let start = out.len();
                out.extend_from_slice(item);
                quote(&mut out, start, b',');
            }
            out.push(b'}');
            let literal = literal::parse(&out, b',').expect("an array");
            let read: Vec<_> = literal.items.into_iter().map(|item| item.map(Vec::from)).collect();
            prop_assert_eq!(read, items.into_iter().map(Some).collect::<Vec<_>>());
        }
    }
}
