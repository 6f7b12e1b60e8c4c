//! Constants: what a string holds once its quoting is undone.

use squawk_parser::SyntaxKind as K;

use super::tree::Tree;
use crate::ast::{Node, Quoted};
use crate::text::unescape_unicode;

impl Tree<'_> {
    /// The string constant that this node is; empty for anything else.
    pub(super) fn as_string(&self) -> String {
        match self.as_literal() {
            Node::String(text) => text,
            _ => String::new(),
        }
    }

    /// The string constant that the first `LITERAL` of this node is.
    pub(super) fn string(&self) -> Option<String> {
        self.child(K::LITERAL).map(|literal| literal.as_string())
    }

    /// The integer that this node is, its sign before it.
    pub(super) fn as_integer(&self) -> Option<i64> {
        let text: String = self.tokens().map(|(_, text)| text).collect();
        text.replace('_', "").parse().ok()
    }

    /// The constant that this node is.
    pub(super) fn as_literal(&self) -> Node {
        let mut tokens = self.tokens();
        let Some((kind, text)) = tokens.next() else {
            return Node::Null;
        };
        match kind {
            K::NULL_KW => Node::Null,
            K::TRUE_KW => Node::Boolean(true),
            K::FALSE_KW => Node::Boolean(false),
            K::DEFAULT_KW => Node::Default,
            K::POSITIONAL_PARAM => Node::Parameter,
            K::INT_NUMBER | K::NUMERIC_NUMBER => Node::Number(text.to_owned()),
            K::STRING
            | K::ESC_STRING
            | K::UNICODE_ESC_STRING
            | K::NATIONAL_STRING
            | K::DOLLAR_QUOTED_STRING
            | K::BIT_STRING
            | K::BYTE_STRING => {
                let mut all = undo(text);
                let mut escape = '\\';
                let mut rest = tokens;
                while let Some((kind, text)) = rest.next() {
                    if kind == K::UESCAPE_KW {
                        let given = rest.next().and_then(|(_, text)| text.chars().nth(1));
                        escape = given.unwrap_or(escape);
                    } else {
                        // `'a'` and `'b'` on the next line are one string
                        all.push_str(&undo(text));
                    }
                }
                if kind == K::UNICODE_ESC_STRING {
                    all = unescape_unicode(&all, escape);
                }
                Node::String(all)
            }
            _ => Node::String(text.to_owned()),
        }
    }

    /// The program that this string constant is.
    pub(super) fn as_quoted(&self) -> Quoted {
        let written = self.text();
        let text = self.as_string();
        let opening = written
            .find(&text)
            .filter(|at| *at > 0 && written.len() >= 2 * at + text.len() && !text.is_empty());
        Quoted {
            span: self.span(),
            offset: opening.map(|at| self.span().start + at as u32),
            text,
        }
    }
}

/// Where the bytes of what a string constant holds stand in it: a pair for each place from which on they stand elsewhere,
/// first the byte of what it holds, then that of the constant. None of constants in several parts and of `U&''`.
#[must_use]
pub fn stretches(written: &str) -> Option<Vec<(u32, u32)>> {
    let open = written.find('\'').filter(|at| *at <= 1)?;
    let inner = written.get(open + 1..)?.strip_suffix('\'')?;
    let escapes = written.starts_with(['e', 'E']);
    let mut found = vec![(0, open as u32 + 1)];
    let (mut held, mut at) = (0, 0);
    while let Some(next) = inner.get(at..)?.find(['\\', '\'']) {
        let from = inner.get(at + next..)?;
        if !escapes && from.starts_with('\\') {
            held += next + 1;
            at += next + 1;
            continue;
        }
        let (text, length) = escape_sequence(from);
        if length == 1 {
            // a quote that stands alone: another part follows
            return None;
        }
        held += next + text.len();
        at += next + length;
        found.push((held as u32, (open + 1 + at) as u32));
    }
    Some(found)
}

/// What one quoted token holds; the escapes of `U&''` are left for later.
pub(super) fn undo(token: &str) -> String {
    if token.starts_with('$') {
        let tag = token.get(1..).and_then(|rest| rest.find('$')).unwrap_or(0) + 2;
        let end = token.len().saturating_sub(tag);
        return token.get(tag..end.max(tag)).unwrap_or_default().to_owned();
    }
    let Some(open) = token.find('\'') else {
        return token.to_owned();
    };
    let inner = token.get(open + 1..).unwrap_or_default();
    let inner = inner.strip_suffix('\'').unwrap_or(inner);
    if token.starts_with(['e', 'E']) {
        unescape(inner)
    } else {
        inner.replace("''", "'")
    }
}

/// Undoes the backslashes of `E''`.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '\'']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let (text, length) = escape_sequence(from);
        out.push_str(&text);
        rest = from.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// What a `\…` or `''` at the beginning stands for, and its length.
fn escape_sequence(from: &str) -> (String, usize) {
    if from.starts_with('\'') {
        return ("'".to_owned(), if from.starts_with("''") { 2 } else { 1 });
    }
    let Some(letter) = from.chars().nth(1) else {
        return ("\\".to_owned(), 1);
    };
    let plain = |c: char| (c.to_string(), 2);
    match letter {
        'n' => plain('\n'),
        't' => plain('\t'),
        'r' => plain('\r'),
        'b' => plain('\u{8}'),
        'f' => plain('\u{c}'),
        'u' => numbered(from, 2, 4, 16),
        'U' => numbered(from, 2, 8, 16),
        'x' => numbered(from, 2, 2, 16),
        '0'..='7' => numbered(from, 1, 3, 8),
        other => (other.to_string(), 1 + other.len_utf8()),
    }
}

fn numbered(from: &str, start: usize, most: usize, radix: u32) -> (String, usize) {
    let rest = from.get(start..).unwrap_or_default();
    let digits = rest
        .chars()
        .take(most)
        .take_while(|c| c.is_digit(radix))
        .count();
    let code = rest
        .get(..digits)
        .and_then(|d| u32::from_str_radix(d, radix).ok());
    let text = code
        .and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER);
    (text.to_string(), start + digits)
}
