//! The SQL in a PL/pgSQL body: statements that stand there, and those that `EXECUTE` runs.
//!
//! PL/pgSQL itself is not understood: words that open a statement of it are stepped over, and
//! what looks like SQL between them is read. What cannot be read is left alone.

use std::collections::HashMap;

use super::dynamic::{self, Reader};
use super::parser::Parser;
use super::read_here;
use crate::ast::{CreateTableAs, Do, Kind, Script, Select, SourceComment, Statement};
use crate::text::{Piece, Span, Token, TokenKind, tokens};

/// The SQL in a `DO` block.
#[derive(Clone, Debug, Default)]
pub struct Inner {
    /// What places are about where that is not the script itself: the block's text, and behind it what `EXECUTE` puts
    /// together.
    pub text: Option<String>,
    /// Its statements and comments.
    pub script: Script,
    /// `EXECUTE` of what is not known.
    pub unseen: Vec<Span>,
    /// Names of `_` that stand for what is known when it runs, with how that is written.
    pub stand_ins: Vec<(String, String)>,
    /// What `EXECUTE` puts together, with the expression that does.
    pub assembled: Vec<(Span, Span)>,
    /// The texts of these.
    made: Vec<String>,
}

/// The statements of a `DO` block, with their places in the script that the block stands in; where its text has escapes or
/// `EXECUTE` puts text together, with places in [`Inner::text`]. Of another language than PL/pgSQL: none.
///
/// `EXECUTE 'literal'` gives the literal's statements; constants, `||` and `format` are put together, and what is known
/// when it runs is taken for any name.
///
/// ```
/// use howdah_sql::ast::Kind;
///
/// let text = "do $$ begin if true then execute 'drop table t'; end if; end $$";
/// let Kind::Do(block) = &howdah_sql::parse(text).statements[0].kind else { panic!() };
/// let inner = howdah_sql::parse_do(block);
/// assert_eq!(inner.script.statements[0].span.of(text), "drop table t");
/// ```
#[must_use]
pub fn parse_do(block: &Do) -> Inner {
    if block.language != "plpgsql" {
        return Inner::default();
    }
    let text = &block.body.text;
    if let Some(base) = block.body.offset {
        let inner = parse_body(text, base as usize);
        if inner.assembled.is_empty() {
            return inner;
        }
    }
    let mut inner = parse_body(text, 0);
    let mut all = text.clone();
    for made in &inner.made {
        all.push('\n');
        all.push_str(made);
    }
    inner.text = Some(all);
    inner
}

fn parse_body(text: &str, base: usize) -> Inner {
    let mut script = Script::default();
    let mut words = Vec::new();
    let mut executes = false;
    for token in tokens(text) {
        match token.kind {
            TokenKind::Space => {}
            TokenKind::LineComment | TokenKind::BlockComment => {
                script.comments.push(SourceComment {
                    span: token.span.shifted(base),
                    block: token.kind == TokenKind::BlockComment,
                });
            }
            _ => {
                executes |= token.span.of(text).eq_ignore_ascii_case("execute");
                words.push(token);
            }
        }
    }
    let constants = if executes {
        dynamic::constants(text, &words)
    } else {
        HashMap::new()
    };
    let mut body = Body {
        text,
        base,
        tokens: words,
        constants,
        at: 0,
        end: base + text.len(),
        inner: Inner {
            script,
            ..Inner::default()
        },
        parser: Parser::default(),
    };
    body.run();
    body.inner
}

struct Body<'a> {
    text: &'a str,
    base: usize,
    tokens: Vec<Token>,
    /// Variables that have one value.
    constants: HashMap<String, String>,
    at: usize,
    /// Behind the text, and what was put together so far.
    end: usize,
    inner: Inner,
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
        let mut depth = 0usize;
        for at in from..self.tokens.len() {
            let word = self.word(at);
            match word.as_str() {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                word if depth == 0 && words.contains(&word) => return at,
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// `for r in select … loop`: the query is a statement.
    fn for_loop(&mut self) {
        let end = self.find(self.at, &["loop"]);
        let from = self.find(self.at, &["in"]) + 1;
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
        let returning = self.find(self.at, &["returning"]);
        let into = self.find(returning, &["into"]);
        self.statement(self.at, end.min(into), instead);
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

    /// What stands behind `EXECUTE`, up to `USING` and `INTO`.
    fn execute_between(&mut self, from: usize, end: usize) {
        let end = self.find(from, &["using", "into", ";"]).min(end);
        if from >= end {
            return;
        }
        let before = self.inner.script.statements.len();
        let literal = self.tokens.get(from).filter(|_| from + 1 == end);
        if let Some((inner, offset)) = literal.and_then(|it| literal_text(it, self.text)) {
            for piece in crate::text::split(inner) {
                let span = piece.span.shifted(self.base + offset);
                self.take(piece.span.of(inner), span);
            }
        } else {
            self.assemble(from, end);
        }
        if self.inner.script.statements.len() == before {
            let unseen = self.span(from, end);
            self.inner.unseen.push(unseen.shifted(self.base));
        }
    }

    /// Puts the text together that an expression gives, as far as it is known.
    fn assemble(&mut self, from: usize, end: usize) {
        let reader = Reader {
            text: self.text,
            tokens: &self.tokens,
            constants: &self.constants,
            first: self.inner.stand_ins.len(),
        };
        let Some(made) = reader.assembled(from, end) else {
            return;
        };
        // an end of line stands before each
        let start = self.end + 1;
        for piece in crate::text::split(&made.text) {
            self.take(piece.span.of(&made.text), piece.span.shifted(start));
        }
        self.end = start + made.text.len();
        let source = self.span(from, end).shifted(self.base);
        self.inner
            .assembled
            .push((Span::new(start, self.end), source));
        self.inner.made.push(made.text);
        self.inner.stand_ins.extend(made.stand_ins);
    }

    /// From one token up to another.
    fn span(&self, from: usize, end: usize) -> Span {
        let place = |at: usize| self.tokens.get(at).map(|it| it.span).unwrap_or_default();
        Span {
            start: place(from).start,
            end: place(end.saturating_sub(1)).end,
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
            self.inner.script.statements.push(Statement { span, kind });
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
