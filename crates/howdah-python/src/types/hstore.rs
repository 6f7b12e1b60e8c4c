//! `hstore` as `dict[str, str | None]`.
//!
//! No IO. Found by the catalogue, for the type belongs to an extension.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::reader::{NULL, Reader, write_value};
use super::{Codec, Decoded, Format, Functions, Refused, Scope, python, string};

pub(super) const HSTORE: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text,
    encode_binary: Some(encode_binary),
    encode_text,
    result_format: Format::Binary,
    atomic: false,
};

fn decode_binary<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let mut reader = Reader::new(bytes);
    let dict = PyDict::new(scope.py);
    for _ in 0..reader.count(8)? {
        let key = reader.present()?;
        put(&dict, key, reader.value()?)?;
    }
    reader.end()?;
    Ok(dict.into_any())
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let dict = PyDict::new(scope.py);
    for (key, value) in parse(bytes)? {
        put(&dict, &key, value.as_deref())?;
    }
    Ok(dict.into_any())
}

fn put(dict: &Bound<'_, PyDict>, key: &[u8], value: Option<&[u8]>) -> Result<(), Refused> {
    let key = python::str_from_utf8(dict.py(), key)?;
    let value = value
        .map(|value| python::str_from_utf8(dict.py(), value))
        .transpose()?;
    Ok(dict.set_item(key, value)?)
}

fn encode_binary(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let dict = value
        .cast::<PyDict>()
        .map_err(|_| Refused::unsuited("dict or str"))?;
    out.extend_from_slice(&(dict.len() as u32).to_be_bytes());
    for (key, value) in dict {
        append(&key, out)?;
        if value.is_none() {
            out.extend_from_slice(&NULL);
        } else {
            append(&value, out)?;
        }
    }
    Ok(())
}

fn append(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Result<(), Refused> {
    let text = text_of(value)?;
    write_value(out, |out| {
        out.extend_from_slice(text.as_bytes());
        Ok(())
    })
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
    let dict = value
        .cast::<PyDict>()
        .map_err(|_| Refused::unsuited("dict or str"))?;
    for (position, (key, value)) in dict.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        quote(text_of(&key)?, out);
        out.extend_from_slice(b"=>");
        if value.is_none() {
            out.extend_from_slice(b"NULL");
        } else {
            quote(text_of(&value)?, out);
        }
    }
    Ok(())
}

fn text_of<'a>(value: &'a Bound<'_, PyAny>) -> Result<&'a str, Refused> {
    match value.cast::<PyString>() {
        Ok(text) => python::utf8(text),
        Err(_) => Err(Refused::invalid(
            "hstore with a key or value that is not str",
        )),
    }
}

fn quote(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

type Pair = (Vec<u8>, Option<Vec<u8>>);

/// `"a"=>"1", "b"=>NULL`, as the server writes it: keys and values always quoted.
fn parse(text: &[u8]) -> Result<Vec<Pair>, Refused> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if !pairs.is_empty() {
            rest = rest.strip_prefix(b", ").ok_or_else(malformed)?;
        }
        let (key, behind) = quoted(rest)?;
        let behind = behind.strip_prefix(b"=>").ok_or_else(malformed)?;
        let (value, behind) = match behind.strip_prefix(b"NULL") {
            Some(behind) => (None, behind),
            None => quoted(behind).map(|(value, behind)| (Some(value), behind))?,
        };
        pairs.push((key, value));
        rest = behind;
    }
    Ok(pairs)
}

fn quoted(text: &[u8]) -> Result<(Vec<u8>, &[u8]), Refused> {
    let mut rest = text.strip_prefix(b"\"").ok_or_else(malformed)?;
    let mut item = Vec::new();
    loop {
        match rest {
            [b'"', behind @ ..] => return Ok((item, behind)),
            [b'\\', byte, behind @ ..] | [byte, behind @ ..] => {
                item.push(*byte);
                rest = behind;
            }
            [] => return Err(malformed()),
        }
    }
}

#[cold]
fn malformed() -> Refused {
    Refused::invalid("malformed text of an hstore")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pairs_are_told_apart() {
        let pairs = parse(br#""a"=>"1", "b"=>NULL, "x\"\\"=>"""#).expect("an hstore");
        let expected: Vec<Pair> = vec![
            (b"a".to_vec(), Some(b"1".to_vec())),
            (b"b".to_vec(), None),
            (br#"x"\"#.to_vec(), Some(vec![])),
        ];
        assert_eq!(pairs, expected);
        assert!(parse(b"").is_ok_and(|pairs| pairs.is_empty()));
    }

    #[test]
    fn what_is_no_hstore_is_refused() {
        for text in [
            "a",
            "\"a",
            "\"a\"",
            "\"a\"=>",
            "\"a\"=>\"1\",",
            "\"a\"=>\"1\"\"b\"=>NULL",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse(&text);
        }

        #[test]
        fn what_is_quoted_reads_back(key in any::<String>(), value in any::<String>()) {
            let mut out = Vec::new();
            quote(&key, &mut out);
            out.extend_from_slice(b"=>");
            quote(&value, &mut out);
            let pairs = parse(&out).expect("an hstore");
            prop_assert_eq!(pairs, vec![(key.into_bytes(), Some(value.into_bytes()))]);
        }
    }
}
