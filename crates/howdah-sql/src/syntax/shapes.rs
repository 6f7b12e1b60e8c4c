//! Statements that differ in names and literals alone have one tree; it is made once.
//!
//! The grammar sees kinds of tokens, never their text, and scripts say the same again and again: owners, comments,
//! indexes, rows of a dump. No IO. Used by the parser. Invariant: what is found here is, element for element, what the
//! grammar would have made; a text that our own scanner might cut differently has no shape.

use std::sync::LazyLock;

use hashbrown::{HashMap, HashSet};
use squawk_parser::SyntaxKind as K;

use super::parser::Element;
use crate::text::{TokenKind, tokens};

/// Elements that are kept for a script, all its shapes together.
const MOST_ELEMENTS: usize = 100_000;

/// A statement of more bytes hardly has its like.
const LONGEST: usize = 4_000;

/// The trees of a script's statements so far.
#[derive(Default)]
pub(super) struct Shapes {
    /// By the text without its names and literals. Places in them are numbers of [`Self::edges`].
    known: HashMap<Vec<u8>, Box<[Element]>>,
    elements: usize,
    /// The text that was asked for last.
    shape: Vec<u8>,
    /// Where its tokens begin and end, in turn.
    edges: Vec<u32>,
}

impl Shapes {
    /// Puts the tree of a statement into `elements`, if one of the same shape was seen.
    pub(super) fn find(&mut self, source: &str, elements: &mut Vec<Element>) -> bool {
        self.read(source);
        let Some(known) = self.known.get(&self.shape) else {
            return false;
        };
        let edge = |at: u32| self.edges.get(at as usize).copied().unwrap_or_default();
        elements.clear();
        elements.extend(known.iter().map(|element| Element {
            start: edge(element.start),
            end: edge(element.end),
            ..*element
        }));
        true
    }

    /// Keeps the tree of the statement that was asked for last, which has no mistake.
    pub(super) fn keep(&mut self, elements: &[Element]) {
        if self.shape.is_empty() || self.elements + elements.len() > MOST_ELEMENTS {
            return;
        }
        let edge = |place: u32| Some(self.edges.binary_search(&place).ok()? as u32);
        let numbered = elements.iter().map(|element| {
            Some(Element {
                start: edge(element.start)?,
                end: edge(element.end)?,
                ..*element
            })
        });
        if let Some(numbered) = numbered.collect::<Option<Box<[Element]>>>() {
            self.elements += elements.len();
            self.known.insert(self.shape.clone(), numbered);
        }
    }

    /// Notes shape and edges of a text; an empty shape where it has none.
    fn read(&mut self, source: &str) {
        self.shape.clear();
        self.edges.clear();
        if source.len() > LONGEST || self.try_read(source).is_none() {
            self.shape.clear();
        }
    }

    fn try_read(&mut self, source: &str) -> Option<()> {
        let mut before = None;
        // behind the dot of a number: `1.5` is one token, `1.x` and `1..2` are who knows how many
        let mut fraction = false;
        for token in tokens(source) {
            let text = token.span.of(source);
            let is_digits = token.kind == TokenKind::Number && all_digits(text);
            if fraction && !is_digits {
                return None;
            }
            fraction = text == "." && before == Some(TokenKind::Number);
            if !is_space(token.kind) {
                self.edges.extend([token.span.start, token.span.end]);
            }
            let mark = match token.kind {
                // what stands side by side may be one operator
                kind if is_space(kind) => b' ',
                TokenKind::Word => self.word(text)?,
                TokenKind::Number if is_digits => b'0',
                // a letter before it would change its meaning
                TokenKind::String if is_whole(text, b'\'') && before != Some(TokenKind::Word) => {
                    b'\''
                }
                TokenKind::QuotedIdentifier if is_whole(text, b'"') && text.len() > 2 => b'"',
                TokenKind::DollarString if is_whole_dollar(text) => b'$',
                TokenKind::Symbol if text != "$" => *text.as_bytes().first()?,
                _ => return None,
            };
            if mark != b' ' || self.shape.last() != Some(&b' ') {
                self.shape.push(mark);
            }
            before = Some(token.kind);
        }
        Some(())
    }

    /// Notes a keyword but for its last letter, which is returned; any other word is one letter.
    fn word(&mut self, word: &str) -> Option<u8> {
        if !word.is_ascii() {
            return None;
        }
        let start = self.shape.len();
        self.shape.extend_from_slice(word.as_bytes());
        let written = self.shape.get_mut(start..)?;
        written.make_ascii_lowercase();
        if KEYWORDS.contains(written) {
            self.shape.pop()
        } else {
            self.shape.truncate(start);
            Some(b'_')
        }
    }
}

fn is_space(kind: TokenKind) -> bool {
    use TokenKind::{BlockComment, LineComment, Space};
    matches!(kind, Space | LineComment | BlockComment)
}

fn all_digits(number: &str) -> bool {
    number.bytes().all(|it| it.is_ascii_digit())
}

/// Whether it begins with the quote, without a prefix, and ends with one.
fn is_whole(text: &str, quote: u8) -> bool {
    let quotes = text.bytes().filter(|it| *it == quote).count();
    text.as_bytes().first() == Some(&quote) && quotes.is_multiple_of(2)
}

fn is_whole_dollar(text: &str) -> bool {
    let rest = text.get(1..).unwrap_or_default();
    let tag = rest.find('$').map_or(0, |it| it + 2);
    let body = text.get(tag..).unwrap_or_default();
    body.len() >= tag && text.get(..tag).is_some_and(|tag| body.ends_with(tag))
}

/// All words that the grammar may tell from a name, in lower case.
static KEYWORDS: LazyLock<HashSet<Vec<u8>>> = LazyLock::new(|| {
    let kinds = (0..K::__LAST as u16).map(|it| format!("{:?}", K::from(it)));
    let words = kinds.filter_map(|it| Some(it.strip_suffix("_KW")?.to_ascii_lowercase()));
    words.map(String::into_bytes).collect()
});

#[cfg(test)]
mod tests {
    use super::super::parser::Parser;
    use super::*;

    #[test]
    fn what_is_found_is_what_the_grammar_makes() {
        let pairs = [
            (
                "create table a (b int default 1.5)",
                "CREATE TABLE \"x y\".cc(dd INT  DEFAULT 27.125)",
            ),
            (
                "comment on column a.b is 'it''s'",
                "comment /* ; */ on column t.c is ''",
            ),
            ("do $$ begin end $$", "do $x$ $$ $x$"),
            (
                "select a::text || 'x' from t where a >= 10",
                "select bb::text || '' from tt where cc >= 7",
            ),
        ];
        for (first, second) in pairs {
            let mut shared = Parser::default();
            shared.parse(first, |_| true);
            let found = format!("{:?}", shared.parse(second, |_| true).0);
            let fresh = format!("{:?}", Parser::default().parse(second, |_| true).0);
            assert_eq!(found, fresh, "{second}");
        }
    }

    #[test]
    fn what_differs_in_kind_differs_in_shape() {
        let shape = |text: &str| {
            let mut shapes = Shapes::default();
            shapes.read(text);
            String::from_utf8(shapes.shape).unwrap()
        };
        assert_eq!(shape("SELECT a1, 'x' FROM \"T\""), "select _, ' from \"");
        assert_ne!(shape("select a - 1"), shape("select a -1"));
        assert_ne!(shape("drop table a"), shape("drop table if"));
        for none in [
            "select 1.x",
            "select $1",
            "select e'a'",
            "select 'a",
            "select 0x1",
            "select ä",
        ] {
            assert_eq!(shape(none), "", "{none}");
        }
    }
}
