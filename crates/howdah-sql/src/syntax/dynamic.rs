//! The text that `EXECUTE` puts together, where it can be told.
//!
//! Constants, `||`, `quote_ident`, `quote_literal` and `format` are computed; whatever else stands between constants is a
//! name for the grammar, made of `_`, of which nobody knows what it stands for.

use std::collections::{HashMap, HashSet};

use super::literals::undo;
use crate::text::{Token, TokenKind, quote_identifier};

/// What was put together.
#[derive(Debug, Default)]
pub(super) struct Assembled {
    /// The SQL.
    pub(super) text: String,
    /// Names of `_` in it, with what is written in their place.
    pub(super) stand_ins: Vec<(String, String)>,
    /// Some of it is a constant.
    has_text: bool,
}

/// A piece of the text.
enum Piece {
    Constant(String),
    /// Known when it runs, with how it is written.
    Unknown(String),
    /// The same, as a string in quotes.
    UnknownString,
}

/// Reads expressions of PL/pgSQL.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Token],
    /// Variables that have one value, by their names.
    pub(super) constants: &'a HashMap<String, String>,
    /// How many stand-ins there are already: each has a name of its own.
    pub(super) first: usize,
}

impl Reader<'_> {
    /// The text that an expression gives; none where nothing of it is known.
    pub(super) fn assembled(&self, from: usize, end: usize) -> Option<Assembled> {
        let mut made = Assembled::default();
        for piece in self.pieces(from, end)? {
            match piece {
                Piece::Constant(text) => {
                    made.has_text |= !text.trim().is_empty();
                    made.text.push_str(&text);
                }
                Piece::UnknownString => made.text.push_str("''"),
                Piece::Unknown(written) => {
                    let name = "_".repeat(2 + self.first + made.stand_ins.len());
                    made.text.push_str(&name);
                    made.stand_ins.push((name, shown(&written)));
                }
            }
        }
        made.has_text.then_some(made)
    }

    /// The value of an expression of constants.
    fn constant(&self, from: usize, end: usize) -> Option<String> {
        let mut value = String::new();
        for piece in self.pieces(from, end)? {
            let Piece::Constant(text) = piece else {
                return None;
            };
            value.push_str(&text);
        }
        Some(value)
    }

    /// The operands of `||`.
    fn pieces(&self, from: usize, end: usize) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        for (from, end) in self.split(from, end, &["|", "|"]) {
            pieces.extend(self.operand(from, end)?);
        }
        Some(pieces)
    }

    fn operand(&self, from: usize, end: usize) -> Option<Vec<Piece>> {
        let first = self.tokens.get(from).filter(|_| from < end)?;
        let word = self.word(from);
        if word == "(" && self.closing(from, end) == Some(end - 1) {
            return self.pieces(from + 1, end - 1);
        }
        let is_cast = self.word(from + 1) == ":" && self.word(from + 2) == ":";
        if from + 1 == end || is_cast {
            return Some(vec![match first.kind {
                TokenKind::String | TokenKind::DollarString => Piece::Constant(self.value(first)),
                TokenKind::Number => Piece::Constant(word),
                TokenKind::Word if self.constants.contains_key(&word) => {
                    Piece::Constant(self.constants.get(&word).cloned().unwrap_or_default())
                }
                _ => self.unknown(from, end),
            }]);
        }
        if self.word(from + 1) == "(" && self.closing(from + 1, end) == Some(end - 1) {
            return Some(self.call(&word, from + 2, end - 1));
        }
        Some(vec![self.unknown(from, end)])
    }

    fn call(&self, function: &str, from: usize, end: usize) -> Vec<Piece> {
        let value = || self.constant(from, end);
        let piece = match function {
            "quote_ident" => Some(value().map_or_else(
                || self.unknown(from, end),
                |it| Piece::Constant(quote_identifier(&it).into_owned()),
            )),
            "quote_literal" | "quote_nullable" => {
                Some(value().map_or(Piece::UnknownString, |it| Piece::Constant(quoted(&it))))
            }
            "chr" if self.word(from) == "10" => Some(Piece::Constant("\n".to_owned())),
            "format" => return self.format(from, end),
            _ => None,
        };
        vec![piece.unwrap_or_else(|| self.unknown(from, end))]
    }

    /// `format('…%I…', a, b)`.
    fn format(&self, from: usize, end: usize) -> Vec<Piece> {
        let mut arguments = self.split(from, end, &[","]).into_iter();
        let template = arguments
            .next()
            .and_then(|(from, end)| self.constant(from, end));
        let Some(template) = template else {
            return vec![self.unknown(from, end)];
        };
        let arguments: Vec<(usize, usize)> = arguments.collect();
        let mut pieces = Vec::new();
        let mut next = 0;
        let mut rest = template.as_str();
        while let Some(at) = rest.find('%') {
            let (before, from) = rest.split_at(at);
            pieces.push(Piece::Constant(before.to_owned()));
            let specifier = Specifier::read(from);
            rest = from.get(specifier.length..).unwrap_or_default();
            if specifier.letter == '%' {
                pieces.push(Piece::Constant("%".to_owned()));
                continue;
            }
            let index = specifier.position.map_or(next, |it| it.saturating_sub(1));
            next = index + 1;
            let argument = arguments.get(index).copied();
            let value = argument.and_then(|(from, end)| self.constant(from, end));
            pieces.push(match (specifier.letter, value, argument) {
                ('I', Some(value), _) => Piece::Constant(quote_identifier(&value).into_owned()),
                ('L', Some(value), _) => Piece::Constant(quoted(&value)),
                ('s', Some(value), _) => Piece::Constant(value),
                ('L', None, _) => Piece::UnknownString,
                (_, _, Some((from, end))) => self.unknown(from, end),
                (_, _, None) => Piece::Unknown(String::new()),
            });
        }
        pieces.push(Piece::Constant(rest.to_owned()));
        pieces
    }

    fn unknown(&self, from: usize, end: usize) -> Piece {
        let bounds = self
            .tokens
            .get(from)
            .zip(self.tokens.get(end.saturating_sub(1)));
        let written = bounds.and_then(|(first, last)| {
            self.text
                .get(first.span.start as usize..last.span.end as usize)
        });
        Piece::Unknown(written.unwrap_or_default().to_owned())
    }

    fn value(&self, token: &Token) -> String {
        undo(token.span.of(self.text))
    }

    fn word(&self, at: usize) -> String {
        let token = self.tokens.get(at);
        token.map_or(String::new(), |it| {
            it.span.of(self.text).to_ascii_lowercase()
        })
    }

    /// What stands between the separators, outside of parentheses.
    fn split(&self, from: usize, end: usize, separator: &[&str]) -> Vec<(usize, usize)> {
        let mut parts = Vec::new();
        let (mut begin, mut at) = (from, from);
        while at < end {
            match self.word(at).as_str() {
                "(" => at = self.closing(at, end).unwrap_or(end),
                _ if (0..separator.len())
                    .all(|it| separator.get(it) == Some(&&*self.word(at + it))) =>
                {
                    parts.push((begin, at));
                    at += separator.len();
                    begin = at;
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
        parts.push((begin, end));
        parts
    }

    /// The parenthesis that closes the one at that place.
    fn closing(&self, open: usize, end: usize) -> Option<usize> {
        let mut depth = 0usize;
        for at in open..end {
            match self.word(at).as_str() {
                "(" => depth += 1,
                ")" if depth == 1 => return Some(at),
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        None
    }
}

/// `%1$-10I`.
struct Specifier {
    length: usize,
    position: Option<usize>,
    letter: char,
}

impl Specifier {
    fn read(from: &str) -> Self {
        let inner = from.get(1..).unwrap_or_default();
        let is_mark = |c: char| c.is_ascii_digit() || matches!(c, '$' | '-' | '*');
        let marks = inner.find(|c| !is_mark(c)).unwrap_or(inner.len());
        let (marks, rest) = inner.split_at(marks);
        let letter = rest.chars().next().unwrap_or('%');
        Self {
            length: 1 + marks.len() + rest.chars().next().map_or(0, char::len_utf8),
            position: marks
                .split_once('$')
                .and_then(|(number, _)| number.parse().ok()),
            letter,
        }
    }
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// What a stand-in stands for, as a message names it.
fn shown(written: &str) -> String {
    const LONG: usize = 40;
    let is_short = written.len() <= LONG && !written.contains(['\n', '`']);
    let written = if is_short { written } else { "…" };
    format!("{{{written}}}")
}

/// The variables of a body that are set once, to a constant.
pub(super) fn constants(text: &str, tokens: &[Token]) -> HashMap<String, String> {
    let nothing = HashMap::new();
    let reader = Reader {
        text,
        tokens,
        constants: &nothing,
        first: 0,
    };
    let mut found = HashMap::new();
    let mut again = HashSet::new();
    let mut begin = 0;
    for at in 0..tokens.len() {
        match reader.word(at).as_str() {
            ";" | "declare" | "begin" | "then" | "else" | "loop" => begin = at + 1,
            "into" => {
                again.insert(reader.word(at + 1));
            }
            ":" if reader.word(at + 1) == "=" => {
                let name = reader.word(begin);
                let end = (at..tokens.len()).find(|it| reader.word(*it) == ";");
                let value = reader.constant(at + 2, end.unwrap_or(tokens.len()));
                match value {
                    Some(value) if !found.contains_key(&name) => {
                        found.insert(name, value);
                    }
                    _ => {
                        again.insert(name);
                    }
                }
            }
            _ => {}
        }
    }
    found.retain(|name, _| !again.contains(name));
    found
}
