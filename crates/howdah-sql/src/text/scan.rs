//! Tokens: just enough to know what is text, what is comment and where a statement may end.
//!
//! The rules are those of PostgreSQL's scanner with `standard_conforming_strings` on. Every byte
//! belongs to exactly one token, and what is not closed reaches to the end of the text.

use super::Span;

/// A token and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of tokens that matter before any grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Spaces, tabs and ends of lines.
    Space,
    /// `-- …`, without the end of its line.
    LineComment,
    /// `/* … */`, nested ones within.
    BlockComment,
    /// `'…'`, with any prefix (`E`, `B`, `X`, `N`, `U&`).
    String,
    /// `$tag$ … $tag$`.
    DollarString,
    /// `"…"`, with or without `U&`.
    QuotedIdentifier,
    /// A keyword or an unquoted identifier.
    Word,
    /// A number, or `$1`.
    Number,
    /// A backslash outside of everything, which PostgreSQL does not know: psql's.
    Backslash,
    /// One character of punctuation or of an operator.
    Symbol,
}

/// The tokens of a text, in order, all of it.
pub fn tokens(text: &str) -> impl Iterator<Item = Token> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let token = token_at(text, at)?;
        at = token.span.end as usize;
        Some(token)
    })
}

/// The token that begins at an offset; none at the end.
pub(super) fn token_at(text: &str, at: usize) -> Option<Token> {
    let rest = text.get(at..)?;
    let (kind, length) = first(rest, at > 0 && ends_in_word(text, at))?;
    Some(Token {
        kind,
        span: Span::new(at, at + length),
    })
}

/// A `$` right behind a word's character is part of that word and opens no string.
fn ends_in_word(text: &str, at: usize) -> bool {
    let before = text.as_bytes().get(at - 1);
    before.is_some_and(|byte| is_word(*byte))
}

fn first(rest: &str, behind_word: bool) -> Option<(TokenKind, usize)> {
    let bytes = rest.as_bytes();
    let second = bytes.get(1).copied().unwrap_or_default();
    Some(match *bytes.first()? {
        byte if is(byte, SPACE) => (TokenKind::Space, length_while(bytes, |b| is(*b, SPACE))),
        b'-' if second == b'-' => {
            let end = length_while(bytes, |b| *b != b'\n' && *b != b'\r');
            (TokenKind::LineComment, end)
        }
        b'/' if second == b'*' => (TokenKind::BlockComment, block_comment(bytes)),
        b'\'' => (TokenKind::String, quoted(bytes, 0, b'\'', false)),
        b'"' => (TokenKind::QuotedIdentifier, quoted(bytes, 0, b'"', false)),
        b'e' | b'E' if second == b'\'' => (TokenKind::String, quoted(bytes, 1, b'\'', true)),
        b'b' | b'B' | b'x' | b'X' | b'n' | b'N' if second == b'\'' => {
            (TokenKind::String, quoted(bytes, 1, b'\'', false))
        }
        b'u' | b'U' if second == b'&' && matches!(bytes.get(2), Some(b'\'' | b'"')) => {
            match bytes.get(2) {
                Some(b'"') => (TokenKind::QuotedIdentifier, quoted(bytes, 2, b'"', false)),
                _ => (TokenKind::String, quoted(bytes, 2, b'\'', false)),
            }
        }
        b'$' if second.is_ascii_digit() => {
            let digits = length_while(bytes.get(1..)?, u8::is_ascii_digit);
            (TokenKind::Number, 1 + digits)
        }
        b'$' if !behind_word => match dollar_string(rest) {
            Some(length) => (TokenKind::DollarString, length),
            None => (TokenKind::Symbol, 1),
        },
        byte if byte.is_ascii_digit() => {
            let number = |b: &u8| is_word(*b) && *b != b'$';
            (TokenKind::Number, length_while(bytes, number))
        }
        byte if starts_word(byte) => (TokenKind::Word, length_while(bytes, |b| is_word(*b))),
        b'\\' => (TokenKind::Backslash, 1),
        _ => (TokenKind::Symbol, 1),
    })
}

/// Classes of bytes, one bit each: tokens are most of what is done to a text.
const SPACE: u8 = 1;
const STARTS_WORD: u8 = 2;
const IN_WORD: u8 = 4;

// run by the compiler, which would not let it panic
#[allow(clippy::indexing_slicing)]
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        classes[byte] = if b.is_ascii_whitespace() || b == 0x0b {
            SPACE
        } else if b.is_ascii_alphabetic() || b == b'_' || b >= 0x80 {
            STARTS_WORD | IN_WORD
        } else if b.is_ascii_digit() || b == b'$' {
            IN_WORD
        } else {
            0
        };
        byte += 1;
    }
    classes
};

fn is(byte: u8, class: u8) -> bool {
    CLASSES
        .get(usize::from(byte))
        .is_some_and(|it| it & class != 0)
}

fn starts_word(byte: u8) -> bool {
    is(byte, STARTS_WORD)
}

fn is_word(byte: u8) -> bool {
    is(byte, IN_WORD)
}

fn length_while(bytes: &[u8], belongs: impl Fn(&u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| belongs(byte)).count()
}

/// The length of a quoted token whose quote stands at `open`; a doubled quote does not close it.
fn quoted(bytes: &[u8], open: usize, quote: u8, backslashes: bool) -> usize {
    let mut at = open + 1;
    while let Some(byte) = bytes.get(at) {
        if *byte == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 2;
        } else if *byte == b'\\' && backslashes {
            at += 2;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

fn block_comment(bytes: &[u8]) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1)) {
            (b'/', Some(b'*')) => {
                depth += 1;
                at += 2;
            }
            (b'*', Some(b'/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The length of `$tag$…$tag$`, to the end of the text if it is not closed; none if no tag opens.
fn dollar_string(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let tag = length_while(bytes.get(1..)?, |b| is_word(*b) && *b != b'$');
    if bytes.get(1 + tag) != Some(&b'$') {
        return None;
    }
    let delimiter = rest.get(..tag + 2)?;
    let body = rest.get(tag + 2..)?;
    Some(match body.find(delimiter) {
        Some(at) => at + 2 * delimiter.len(),
        None => rest.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(TokenKind, &str)> {
        let all = tokens(text).filter(|token| token.kind != TokenKind::Space);
        all.map(|token| (token.kind, token.span.of(text))).collect()
    }

    #[test]
    fn what_looks_like_an_end_inside_of_text_is_none() {
        use TokenKind::{BlockComment, DollarString, LineComment, String, Word};
        assert_eq!(kinds("'a;''b'"), [(String, "'a;''b'")]);
        assert_eq!(kinds("E'a\\';' x"), [(String, "E'a\\';'"), (Word, "x")]);
        assert_eq!(
            kinds("/* /* ; */ ' */x"),
            [(BlockComment, "/* /* ; */ ' */"), (Word, "x")]
        );
        assert_eq!(kinds("$a$ $$ ; $a$"), [(DollarString, "$a$ $$ ; $a$")]);
        assert_eq!(kinds("-- '\nx"), [(LineComment, "-- '"), (Word, "x")]);
        assert_eq!(kinds("a$b$c"), [(Word, "a$b$c")]);
    }

    #[test]
    fn every_byte_belongs_to_one_token() {
        for text in [
            "$1 $x$",
            "'open",
            "/* open",
            "ä😀\\;",
            "U&'x' u&\"y\"",
            "1e5$a$",
            "$",
            "E'\\",
        ] {
            let whole: String = tokens(text).map(|token| token.span.of(text)).collect();
            assert_eq!(whole, text);
        }
    }
}
