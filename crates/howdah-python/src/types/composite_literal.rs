//! The text format of composite values, `(1,"b c",)`, taken apart and quoted.
//!
//! No IO, no Python. Called by `composite` and `record`.

use std::borrow::Cow;

use super::Refused;

/// The fields of a composite value's text; nothing at all between commas is null.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Option<Cow<'_, [u8]>>>, Refused> {
    let inner = text
        .strip_prefix(b"(")
        .and_then(|rest| rest.strip_suffix(b")"));
    let mut rest = inner.ok_or_else(malformed)?;
    let mut fields = Vec::new();
    loop {
        let (field, behind) = field(rest)?;
        fields.push(field);
        match behind.split_first() {
            Some((b',', next)) => rest = next,
            Some(_) => return Err(malformed()),
            None => return Ok(fields),
        }
    }
}

/// Quotes what was written from `start` on, if a composite value's text needs it quoted.
pub(super) fn quote(out: &mut Vec<u8>, start: usize) {
    let field = out.get(start..).unwrap_or_default();
    let special = |byte: &u8| {
        matches!(
            byte,
            b'"' | b'\\' | b'(' | b')' | b',' | b' ' | b'\t'..=b'\r'
        )
    };
    if !field.is_empty() && !field.iter().any(special) {
        return;
    }
    let field = out.split_off(start);
    out.push(b'"');
    for byte in field {
        if matches!(byte, b'"' | b'\\') {
            out.push(byte);
        }
        out.push(byte);
    }
    out.push(b'"');
}

type Part<'a> = (Option<Cow<'a, [u8]>>, &'a [u8]);

/// A field and what follows it, which is a comma or the end.
fn field(text: &[u8]) -> Result<Part<'_>, Refused> {
    let end = text
        .iter()
        .position(|byte| matches!(byte, b',' | b'"' | b'\\' | b'(' | b')'));
    let (plain, rest) = text
        .split_at_checked(end.unwrap_or(text.len()))
        .ok_or_else(malformed)?;
    match rest.first() {
        None | Some(b',') => Ok(((!plain.is_empty()).then_some(Cow::Borrowed(plain)), rest)),
        Some(b'(' | b')') => Err(malformed()),
        Some(_) => quoted_field(text),
    }
}

fn quoted_field(text: &[u8]) -> Result<Part<'_>, Refused> {
    let mut field = Vec::new();
    let mut quoted = false;
    let mut rest = text;
    loop {
        match rest {
            [b'"', b'"', behind @ ..] if quoted => {
                field.push(b'"');
                rest = behind;
            }
            [b'"', behind @ ..] => {
                quoted = !quoted;
                rest = behind;
            }
            [b'\\'] => return Err(malformed()),
            [] if quoted => return Err(malformed()),
            [] => return Ok((Some(Cow::Owned(field)), rest)),
            [b',', ..] if !quoted => return Ok((Some(Cow::Owned(field)), rest)),
            [b'\\', byte, behind @ ..] | [byte, behind @ ..] => {
                field.push(*byte);
                rest = behind;
            }
        }
    }
}

#[cold]
fn malformed() -> Refused {
    Refused::invalid("malformed text of a composite value")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(text: &str) -> Option<Vec<Option<String>>> {
        let string = |bytes: Cow<'_, [u8]>| String::from_utf8_lossy(&bytes).into_owned();
        let fields = parse(text.as_bytes()).ok()?;
        Some(fields.into_iter().map(|field| field.map(string)).collect())
    }

    fn owned(fields: &[Option<&str>]) -> Vec<Option<String>> {
        fields
            .iter()
            .map(|field| field.map(str::to_owned))
            .collect()
    }

    #[test]
    fn fields_are_told_apart() {
        assert_eq!(fields("(1,a)"), Some(owned(&[Some("1"), Some("a")])));
        assert_eq!(fields("(,\"\",)"), Some(owned(&[None, Some(""), None])));
        assert_eq!(
            fields("(\"b c\",\"x\"\"y\\\\z\")"),
            Some(owned(&[Some("b c"), Some("x\"y\\z")]))
        );
        assert_eq!(
            fields("(\"(1,\"\"a b\"\")\",NULL)"),
            Some(owned(&[Some("(1,\"a b\")"), Some("NULL")]))
        );
        assert_eq!(fields("()"), Some(owned(&[None])));
    }

    #[test]
    fn what_is_no_composite_is_refused() {
        for text in ["", "(", ")", "1,2", "(1,2", "(\"a)", "(a\\)", "((1),2)"] {
            assert_eq!(fields(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse(&text);
        }

        #[test]
        fn what_is_quoted_reads_back(
            fields in proptest::collection::vec(proptest::option::of(any::<Vec<u8>>()), 1..5),
        ) {
            let mut out = vec![];
            for field in &fields {
                out.push(if out.is_empty() { b'(' } else { b',' });
                if let Some(field) = field {
                    let start = out.len();
                    out.extend_from_slice(field);
                    quote(&mut out, start);
                }
            }
            out.push(b')');
            let read = parse(&out).expect("a composite value");
            let read: Vec<_> = read.into_iter().map(|field| field.map(Cow::into_owned)).collect();
            prop_assert_eq!(read, fields);
        }
    }
}
