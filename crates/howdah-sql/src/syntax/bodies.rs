//! The SQL in a PL/pgSQL body: statements that stand there, and literals that `EXECUTE` runs.
//!
//! PL/pgSQL itself is not understood: words that open a statement of it are stepped over, and
//! what looks like SQL between them is read. What cannot be read is left alone.

use super::parser::Parser;
use super::read_here;
use crate::ast::{CreateTableAs, Do, Kind, Script, Select, SourceComment, Statement};
use crate::text::{Piece, Span, Token, TokenKind, tokens};

/// The statements of a `DO` block, with their places in the script that the block stands in;
/// where its text has escapes, with places in that text. Of another language than PL/pgSQL: none.
///
/// `EXECUTE 'literal'` and `EXECUTE format('literal', …)` give the literal's statements, names that
/// `format` fills in as any name.
///
/// ```
/// use howdah_sql::ast::Kind;
///
/// let text = "do $$ begin if true then execute 'drop table t'; end if; end $$";
/// let Kind::Do(block) = &howdah_sql::parse(text).statements[0].kind else { panic!() };
/// let inner = howdah_sql::parse_do(block);
/// assert_eq!(inner.statements[0].span.of(text), "drop table t");
/// ```
#[must_use]
pub fn parse_do(block: &Do) -> Script {
    if block.language == "plpgsql" {
        parse_body(&block.body.text, block.body.offset.unwrap_or(0) as usize)
    } else {
        Script::default()
    }
}

fn parse_body(text: &str, base: usize) -> Script {
    let mut script = Script::default();
    let mut words = Vec::new();
    for token in tokens(text) {
        match token.kind {
            TokenKind::Space => {}
            TokenKind::LineComment | TokenKind::BlockComment => {
                script.comments.push(SourceComment {
                    span: token.span.shifted(base),
                    block: token.kind == TokenKind::BlockComment,
                });
            }
            _ => words.push(token),
        }
    }
    let mut body = Body {
        text,
        base,
        tokens: words,
        at: 0,
        found: Vec::new(),
        parser: Parser::default(),
    };
    body.run();
    script.statements = body.found;
    script
}

struct Body<'a> {
    text: &'a str,
    base: usize,
    tokens: Vec<Token>,
    at: usize,
    found: Vec<Statement>,
    parser: Parser,
}

/// Words that begin a statement of SQL, where PL/pgSQL takes one.
const VERBS: [&str; 27] = [
    "alter", "analyze", "call", "cluster", "comment", "copy", "create", "delete", "do", "drop",
    "explain", "grant", "import", "insert", "lock", "merge", "refresh", "reindex", "reset",
    "revoke", "security", "select", "set", "truncate", "update", "vacuum", "with",
];

impl<'a> Body<'a> {
    fn run(&mut self) {
        while self.at < self.tokens.len() {
            let before = self.at;
            self.step();
            self.at = self.at.max(before + 1);
        }
    }

    /// One statement, or the words that open a block of them.
    fn step(&mut self) {
        let word = self.word(self.at);
        match word.as_str() {
            "declare" => self.skip_to(&["begin"]),
            "begin" | "else" | "loop" | "exception" => {}
            "if" | "elsif" | "elseif" | "when" | "case" => {
                self.skip_to(&["then"]);
                self.at += 1;
            }
            "while" => {
                self.skip_to(&["loop"]);
                self.at += 1;
            }
            "for" | "foreach" => self.for_loop(),
            "return" if self.word(self.at + 1) == "query" => self.at += 2,
            "execute" => self.execute(),
            "perform" => self.sql(Some("select")),
            verb if VERBS.contains(&verb) => self.sql(None),
            "<" => {
                self.skip_to(&[">"]);
                self.at += 2;
            }
            _ => self.skip_to(&[";"]),
        }
    }

    /// A token's text in lower case; empty behind the end.
    fn word(&self, at: usize) -> String {
        let token = self.tokens.get(at);
        token.map_or(String::new(), |token| {
            token.span.of(self.text).to_ascii_lowercase()
        })
    }

    /// Goes on to one of these words outside of parentheses, or to the end.
    fn skip_to(&mut self, words: &[&str]) {
        self.at = self.find(self.at, words);
    }

    fn find(&self, from: usize, words: &[&str]) -> usize {
        self.find_before(self.tokens.len(), from, words)
    }

    fn find_before(&self, end: usize, from: usize, words: &[&str]) -> usize {
        let mut depth = 0usize;
        let tokens = self.tokens.iter().enumerate().take(end).skip(from);
        for (at, token) in tokens {
            match token.span.of(self.text) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                word if depth == 0 && words.iter().any(|it| word.eq_ignore_ascii_case(it)) => {
                    return at;
                }
                _ => {}
            }
        }
        end
    }

    /// `for r in select … loop`: the query is a statement.
    fn for_loop(&mut self) {
        let end = self.find(self.at, &["loop"]);
        let from = self.find_before(end, self.at, &["in"]) + 1;
        if from < end {
            match self.word(from).as_str() {
                "execute" => self.execute_between(from + 1, end),
                verb if VERBS.contains(&verb) => self.statement(from, end, None),
                _ => {}
            }
        }
        self.at = end + 1;
    }

    /// A statement up to its `;`; `PERFORM x` is `SELECT x`.
    fn sql(&mut self, instead: Option<&str>) {
        let end = self.find(self.at, &[";"]);
        let returning = self.find_before(end, self.at, &["returning"]);
        let into = self.find_before(end, returning, &["into"]);
        self.statement(self.at, into, instead);
        self.at = end;
    }

    fn statement(&mut self, from: usize, end: usize, instead: Option<&str>) {
        let (Some(first), Some(last)) = (
            self.tokens.get(from),
            self.tokens.get(end.saturating_sub(1)),
        ) else {
            return;
        };
        let span = Span {
            start: first.span.start,
            end: last.span.end,
        };
        let written = span.of(self.text);
        let text = match instead {
            // one letter shorter: `perform` and `select `
            Some(word) => format!(
                "{word} {}",
                written.get(word.len() + 1..).unwrap_or_default()
            ),
            None => written.to_owned(),
        };
        self.take(&text, span.shifted(self.base));
    }

    fn execute(&mut self) {
        let end = self.find(self.at, &[";"]);
        self.execute_between(self.at + 1, end);
        self.at = end;
    }

    /// `'literal'`, `$$literal$$`, `format('literal', …)`; anything else is not known.
    fn execute_between(&mut self, from: usize, end: usize) {
        let formats = self.word(from) == "format" && self.word(from + 1) == "(";
        let at = if formats { from + 2 } else { from };
        let behind = self.word(at + 1);
        let alone = at + 1 >= end || matches!(behind.as_str(), "using" | "into" | ";");
        let Some(literal) = self
            .tokens
            .get(at)
            .filter(|_| at < end && (formats || alone))
        else {
            return;
        };
        let Some((inner, offset)) = literal_text(literal, self.text) else {
            return;
        };
        let start = self.base + offset;
        let masked = if formats {
            mask_format(inner)
        } else {
            inner.to_owned()
        };
        for piece in crate::text::split(&masked) {
            self.take(piece.span.of(&masked), piece.span.shifted(start));
        }
    }

    /// Reads one statement; what cannot be read is left out.
    fn take(&mut self, text: &str, span: Span) {
        let mut pieces = crate::text::split(text);
        let Some(piece) = pieces.pop().filter(|_| pieces.is_empty()) else {
            return;
        };
        let deep = piece.depth + piece.links > super::SHALLOW;
        let moved = Piece {
            span: Span::new(0, text.len()),
            ..piece
        };
        if deep {
            return;
        }
        if let Ok(kind) = read_here(&mut self.parser, text, &moved, span.start as usize) {
            let kind = assigned(kind, text);
            self.found.push(Statement { span, kind });
        }
    }
}

/// `SELECT … INTO variable` makes no table here.
fn assigned(kind: Kind, text: &str) -> Kind {
    match kind {
        Kind::CreateTableAs(CreateTableAs {
            query: Some(query), ..
        }) if !text.trim_start().to_ascii_lowercase().starts_with("create") => {
            Kind::Select(Select { query })
        }
        kind => kind,
    }
}

/// What a string constant without escapes holds, and where that begins.
fn literal_text<'a>(token: &Token, text: &'a str) -> Option<(&'a str, usize)> {
    let written = token.span.of(text);
    let open = match token.kind {
        TokenKind::DollarString => written.get(1..)?.find('$')? + 2,
        TokenKind::String if written.starts_with('\'') => 1,
        _ => return None,
    };
    let inner = written.get(open..written.len().checked_sub(open)?)?;
    // a doubled quote would move every place behind it
    let plain = token.kind == TokenKind::DollarString || !inner.contains('\'');
    plain.then_some((inner, token.span.start as usize + open))
}

/// `%I` and `%s` as a name, `%L` as a string, each of the same length.
fn mask_format(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, from) = rest.split_at(at);
        masked.push_str(before);
        let width = from.get(1..).map_or(0, |spec| {
            let marks = |c: char| c.is_ascii_digit() || matches!(c, '$' | '-' | '*');
            spec.chars().take_while(|c| marks(*c)).count()
        });
        let kind = from.get(1 + width..).and_then(|spec| spec.chars().next());
        let length = 2 + width;
        match kind {
            Some('I' | 's') => masked.extend(std::iter::repeat_n('_', length)),
            Some('L') => {
                masked.push('\'');
                masked.extend(std::iter::repeat_n(' ', length - 2));
                masked.push('\'');
            }
            Some('%') => masked.push_str(" %"),
            _ => {
                masked.push('%');
                rest = from.get(1..).unwrap_or_default();
                continue;
            }
        }
        rest = from.get(length..).unwrap_or_default();
    }
    masked.push_str(rest);
    masked
}
