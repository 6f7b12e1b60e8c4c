//! The text format of arrays, `[0:1]={a,"b c",NULL}`, taken apart.
//!
//! No IO, no Python. Called by `decode`. Invariant: the number of items is the product of the
//! lengths, whatever the bytes were; what is not an array in PostgreSQL's output is refused.

use std::borrow::Cow;

use super::MAX_DIMENSIONS;

/// An array's shape and its items, first dimension outermost.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Literal<'a> {
    /// Items per dimension; empty for the empty array.
    pub(super) lengths: Vec<usize>,
    /// Empty when the text names none: all are 1 then.
    pub(super) lower_bounds: Vec<i32>,
    pub(super) items: Vec<Option<Cow<'a, [u8]>>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

pub(super) fn parse(text: &[u8], delimiter: u8) -> Result<Literal<'_>, Malformed> {
    let (lower_bounds, body) = split_bounds(text)?;
    let Some(rest) = body.strip_prefix(b"{") else {
        return Err(Malformed("array text that does not begin with a brace"));
    };
    let mut parser = Parser {
        rest,
        delimiter,
        lengths: Vec::new(),
        deepest: None,
        items: Vec::new(),
    };
    parser.list(0)?;
    if !parser.rest.is_empty() {
        return Err(Malformed("array text with more behind its last brace"));
    }
    let lengths = if parser.items.is_empty() {
        Vec::new()
    } else {
        parser.lengths
    };
    if !lower_bounds.is_empty() && lower_bounds.len() != lengths.len() {
        return Err(Malformed(
            "array text with bounds for another number of dimensions",
        ));
    }
    Ok(Literal {
        lengths,
        lower_bounds,
        items: parser.items,
    })
}

/// Takes the leading `[lower:upper]…=` off, keeping the lower bounds.
fn split_bounds(text: &[u8]) -> Result<(Vec<i32>, &[u8]), Malformed> {
    const WRONG: Malformed = Malformed("array text with malformed bounds");
    let mut bounds = Vec::new();
    let mut rest = text;
    while let Some(inner) = rest.strip_prefix(b"[") {
        let end = inner.iter().position(|byte| *byte == b']').ok_or(WRONG)?;
        let (range, behind) = inner.split_at_checked(end).ok_or(WRONG)?;
        let lower = range.split(|byte| *byte == b':').next().unwrap_or(range);
        let lower = std::str::from_utf8(lower)
            .ok()
            .and_then(|digits| digits.parse().ok());
        bounds.push(lower.ok_or(WRONG)?);
        rest = behind.strip_prefix(b"]").ok_or(WRONG)?;
    }
    if !bounds.is_empty() {
        rest = rest.strip_prefix(b"=").ok_or(WRONG)?;
    }
    Ok((bounds, rest))
}

struct Parser<'a> {
    rest: &'a [u8],
    delimiter: u8,
    lengths: Vec<usize>,
    /// The depth at which the items are, once the first was seen.
    deepest: Option<usize>,
    items: Vec<Option<Cow<'a, [u8]>>>,
}

impl<'a> Parser<'a> {
    /// Reads a list whose opening brace is already behind us.
    fn list(&mut self, depth: usize) -> Result<(), Malformed> {
        if depth == 0 && self.rest.strip_prefix(b"}").is_some_and(<[u8]>::is_empty) {
            self.rest = &[];
            return Ok(());
        }
        let mut count = 0;
        loop {
            self.entry(depth)?;
            count += 1;
            match self.next()? {
                byte if byte == self.delimiter => {}
                b'}' => break,
                _ => return Err(Malformed("array text without a delimiter between items")),
            }
        }
        self.agree(depth, count)
    }

    fn entry(&mut self, depth: usize) -> Result<(), Malformed> {
        if let Some(rest) = self.rest.strip_prefix(b"{") {
            if self.deepest.is_some_and(|deepest| depth >= deepest) || depth + 1 >= MAX_DIMENSIONS {
                return Err(Malformed("array text with a list too deep"));
            }
            self.rest = rest;
            return self.list(depth + 1);
        }
        if *self.deepest.get_or_insert(depth) != depth {
            return Err(Malformed(
                "array text with an item where a list was expected",
            ));
        }
        let item = if let Some(rest) = self.rest.strip_prefix(b"\"") {
            self.rest = rest;
            Some(self.quoted()?)
        } else {
            self.bare()?
        };
        self.items.push(item);
        Ok(())
    }

    /// All lists of one depth have one length. Inner lists end first, so `lengths` grows from its
    /// end; it is as long as the array is deep once the first item was seen.
    fn agree(&mut self, depth: usize, count: usize) -> Result<(), Malformed> {
        let dimensions = self.deepest.map_or(0, |deepest| deepest + 1);
        self.lengths.resize(dimensions, 0);
        match self.lengths.get_mut(depth) {
            Some(length) if *length == 0 || *length == count => *length = count,
            _ => return Err(Malformed("array text with lists of different lengths")),
        }
        Ok(())
    }

    fn next(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.rest.split_first().ok_or(ENDS_EARLY)?;
        self.rest = rest;
        Ok(*first)
    }

    fn quoted(&mut self) -> Result<Cow<'a, [u8]>, Malformed> {
        let plain = self
            .rest
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\'))
            .ok_or(ENDS_EARLY)?;
        let (head, rest) = self.rest.split_at_checked(plain).ok_or(ENDS_EARLY)?;
        self.rest = rest;
        if self.rest.first() == Some(&b'"') {
            self.next()?;
            return Ok(Cow::Borrowed(head));
        }
        let mut item = head.to_vec();
        loop {
            match self.next()? {
                b'"' => return Ok(Cow::Owned(item)),
                b'\\' => item.push(self.next()?),
                byte => item.push(byte),
            }
        }
    }

    /// An item without quotes. PostgreSQL quotes every item that holds a space, a brace, a quote or
    /// a backslash, so none of them needs care here.
    fn bare(&mut self) -> Result<Option<Cow<'a, [u8]>>, Malformed> {
        let delimiter = self.delimiter;
        let end = self
            .rest
            .iter()
            .position(|byte| *byte == delimiter || *byte == b'}');
        let (item, rest) = self
            .rest
            .split_at_checked(end.ok_or(ENDS_EARLY)?)
            .ok_or(ENDS_EARLY)?;
        self.rest = rest;
        match item {
            b"" => Err(Malformed("array text with an empty item without quotes")),
            b"NULL" => Ok(None),
            _ => Ok(Some(Cow::Borrowed(item))),
        }
    }
}

const ENDS_EARLY: Malformed = Malformed("array text that ends early");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn items<'a>(literal: &'a Literal<'_>) -> Vec<Option<&'a str>> {
        let text = |item: &'a Cow<'_, [u8]>| std::str::from_utf8(item).unwrap_or("not UTF-8");
        literal
            .items
            .iter()
            .map(|item| item.as_ref().map(text))
            .collect()
    }

    #[test]
    fn one_dimension() {
        let literal = parse(br#"{a,"b c",NULL,"NULL","","x\"\\y"}"#, b',').expect("an array");
        let expected = [
            Some("a"),
            Some("b c"),
            None,
            Some("NULL"),
            Some(""),
            Some("x\"\\y"),
        ];
        assert_eq!(items(&literal), expected);
        assert_eq!(literal.lengths, [6]);
        assert!(literal.lower_bounds.is_empty());
    }

    #[test]
    fn dimensions_and_bounds() {
        let literal = parse(b"[0:1][-2:0]={{1,2,3},{4,5,6}}", b',').expect("an array");
        assert_eq!(
            (literal.lengths, literal.lower_bounds),
            (vec![2, 3], vec![0, -2])
        );
        assert_eq!(literal.items.len(), 6);
    }

    #[test]
    fn boxes_are_divided_by_semicolons() {
        let literal = parse(b"{(1,1),(0,0);(3,3),(2,2)}", b';').expect("an array");
        assert_eq!(items(&literal), [Some("(1,1),(0,0)"), Some("(3,3),(2,2)")]);
    }

    #[test]
    fn the_empty_array_has_no_dimension() {
        let empty = Literal {
            lengths: vec![],
            lower_bounds: vec![],
            items: vec![],
        };
        assert_eq!(parse(b"{}", b','), Ok(empty));
    }

    #[test]
    fn what_is_no_array_is_refused() {
        let wrong: &[&[u8]] = &[
            b"",
            b"1",
            b"{",
            b"{1",
            b"{1,",
            b"{1,}",
            b"{,1}",
            b"{1}}",
            b"{}x",
            b"{{}}",
            b"{{1},2}",
            b"{1,{2}}",
            b"{{1},{2,3}}",
            b"{{{1}},{{2},{3}}}",
            b"{\"a}",
            b"{\"a\\",
            b"{\"a\"b}",
            b"[1:2]{1,2}",
            b"[1:2={1,2}",
            b"[a:b]={1}",
            b"[1:1][1:1]={1}",
            b"{{{{{{{1}}}}}}}",
        ];
        for text in wrong {
            assert!(
                parse(text, b',').is_err(),
                "{}",
                String::from_utf8_lossy(text)
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_whole_array_or_a_refusal(text in array_like()) {
            if let Ok(literal) = parse(&text, b',') {
                let product: usize = literal.lengths.iter().product();
                let count = if literal.lengths.is_empty() { 0 } else { product };
                prop_assert_eq!(literal.items.len(), count);
            }
        }
    }

    /// Bytes in which the characters that mean something to the parser are common.
    fn array_like() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            3 => proptest::sample::select(&b"{},;\"\\[]:=N1 "[..]),
            1 => any::<u8>(),
        ];
        proptest::collection::vec(byte, 0..40)
    }
}
