//! The text format of ranges, `[a,"b c")`, taken apart and quoted.
//!
//! No IO, no Python. Called by `range` and `multirange`.

use std::borrow::Cow;

use super::Refused;

/// A range as text says it. An empty range has no bounds at all.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Literal<'a> {
    pub(super) lower: Option<Cow<'a, [u8]>>,
    pub(super) upper: Option<Cow<'a, [u8]>>,
    /// `[)` and the like; nothing for the empty range.
    pub(super) bounds: &'static str,
}

/// One range and what follows it.
pub(super) fn parse(text: &[u8]) -> Result<(Literal<'_>, &[u8]), Refused> {
    if let Some(rest) = text.strip_prefix(b"empty") {
        return Ok((Literal::default(), rest));
    }
    let (opening, rest) = text.split_first().ok_or_else(malformed)?;
    let (lower, comma, rest) = bound(rest)?;
    let (upper, closing, rest) = bound(rest)?;
    let bounds = match (opening, comma, closing) {
        (b'[', b',', b')') => "[)",
        (b'[', b',', b']') => "[]",
        (b'(', b',', b')') => "()",
        (b'(', b',', b']') => "(]",
        _ => return Err(malformed()),
    };
    Ok((
        Literal {
            lower,
            upper,
            bounds,
        },
        rest,
    ))
}

/// Quotes what was written from `start` on, if a range's text needs it quoted.
pub(super) fn quote(out: &mut Vec<u8>, start: usize) {
    let bound = out.get(start..).unwrap_or_default();
    if !bound.is_empty() && !bound.iter().any(|byte| special(*byte)) {
        return;
    }
    let bound = out.split_off(start);
    out.push(b'"');
    for byte in bound {
        if matches!(byte, b'"' | b'\\') {
            out.push(byte);
        }
        out.push(byte);
    }
    out.push(b'"');
}

fn special(byte: u8) -> bool {
    matches!(
        byte,
        b'"' | b'\\' | b'(' | b')' | b'[' | b']' | b',' | b' ' | b'\t'..=b'\r'
    )
}

type Part<'a> = (Option<Cow<'a, [u8]>>, u8, &'a [u8]);

/// A bound (None where nothing is written: infinite), the character that ended it, and the rest.
fn bound(text: &[u8]) -> Result<Part<'_>, Refused> {
    let end = text
        .iter()
        .position(|byte| special(*byte))
        .ok_or_else(malformed)?;
    let (plain, rest) = text.split_at_checked(end).ok_or_else(malformed)?;
    match rest.split_first() {
        Some((end @ (b',' | b')' | b']'), rest)) => Ok((
            (!plain.is_empty()).then_some(Cow::Borrowed(plain)),
            *end,
            rest,
        )),
        _ => quoted_bound(text),
    }
}

fn quoted_bound(text: &[u8]) -> Result<Part<'_>, Refused> {
    let mut bound = Vec::new();
    let mut quoted = false;
    let mut rest = text;
    loop {
        match rest {
            [b'"', b'"', behind @ ..] if quoted => {
                bound.push(b'"');
                rest = behind;
            }
            [b'"', behind @ ..] => {
                quoted = !quoted;
                rest = behind;
            }
            [end @ (b',' | b')' | b']'), behind @ ..] if !quoted => {
                return Ok((Some(Cow::Owned(bound)), *end, behind));
            }
            [b'\\', byte, behind @ ..] | [byte, behind @ ..] => {
                bound.push(*byte);
                rest = behind;
            }
            [] => return Err(malformed()),
        }
    }
}

#[cold]
fn malformed() -> Refused {
    Refused::invalid("malformed range text")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(text: &str) -> Option<Whole> {
        let (literal, rest) = parse(text.as_bytes()).ok()?;
        let string = |bound: Option<Cow<'_, [u8]>>| {
            bound.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        rest.is_empty()
            .then(|| (string(literal.lower), string(literal.upper), literal.bounds))
    }

    type Whole = (Option<String>, Option<String>, &'static str);

    fn range(lower: Option<&str>, upper: Option<&str>, bounds: &'static str) -> Whole {
        (lower.map(str::to_owned), upper.map(str::to_owned), bounds)
    }

    #[test]
    fn bounds_are_told_apart() {
        assert_eq!(whole("[1,10)"), Some(range(Some("1"), Some("10"), "[)")));
        assert_eq!(whole("(,10]"), Some(range(None, Some("10"), "(]")));
        assert_eq!(whole("(,)"), Some(range(None, None, "()")));
        assert_eq!(whole("empty"), Some(range(None, None, "")));
        assert_eq!(whole("[\"\",a]"), Some(range(Some(""), Some("a"), "[]")));
        assert_eq!(
            whole(r#"["a""b,c\)",\\)"#),
            Some(range(Some("a\"b,c)"), Some("\\"), "[)"))
        );
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in [
            "", "[", "[1", "[1,", "[1,2", "1,2)", "[1)", "[1,2,3)", "[\"1,2)", "{1,2}",
        ] {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse(&text);
        }

        #[test]
        fn what_is_quoted_reads_back(lower in any::<Vec<u8>>(), upper in any::<Vec<u8>>()) {
            let mut out = vec![b'['];
            out.extend_from_slice(&lower);
            quote(&mut out, 1);
            out.push(b',');
            let start = out.len();
            out.extend_from_slice(&upper);
            quote(&mut out, start);
            out.push(b')');
            let (literal, rest) = parse(&out).expect("a range");
            prop_assert!(rest.is_empty());
            prop_assert_eq!(literal.lower.as_deref(), Some(&lower[..]));
            prop_assert_eq!(literal.upper.as_deref(), Some(&upper[..]));
        }
    }
}
