//! Where statements begin and end, as psql sees it, whatever is in them.
//!
//! A `;` ends a statement unless it stands in text, in a comment, in the body of a
//! `BEGIN ATOMIC … END` or between the parentheses of a rule's actions. psql's own commands
//! (`\set …`, `\restrict …`) and the data behind `COPY … FROM STDIN` belong to no statement, and
//! commands that send the buffer (`\g`, `\gexec`) end one. Nothing else of the grammar is known
//! here, so that a statement with a mistake in it hides none of the others.

use super::scan::{Token, TokenKind};
use super::{Span, scan};

/// A statement's place in a text, and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// From its first word up to its `;`, which is not part of it.
    pub span: Span,
    /// Lines behind `COPY … FROM STDIN;` up to the `\.`, if they are there.
    pub copy_data: Option<Span>,
    /// psql's commands inside of the statement's span, which are not SQL.
    pub masked: Vec<Span>,
    /// The deepest nesting of parentheses, brackets and `CASE`.
    pub depth: u32,
    /// The most operators that wait for each other: those of all parentheses that are open at one
    /// place, as a chain of them nests without any parenthesis.
    pub links: u32,
}

/// All that a text consists of.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    /// In order; empty statements are left out.
    pub statements: Vec<Piece>,
    /// Every comment, with `true` for `/* */`, in order.
    pub comments: Vec<(Span, bool)>,
    /// psql's commands, in order, those inside of statements too.
    pub psql_commands: Vec<Span>,
}

/// The statements of a text.
#[must_use]
pub fn split(text: &str) -> Vec<Piece> {
    pieces(text).statements
}

/// The statements, comments and psql commands of a text, in one pass.
#[must_use]
pub fn pieces(text: &str) -> Pieces {
    let mut splitter = Splitter {
        text,
        found: Pieces::default(),
        open: Open::default(),
    };
    let mut at = 0;
    while let Some(token) = scan::token_at(text, at) {
        at = splitter.take(token);
    }
    splitter.finish();
    splitter.found
}

struct Splitter<'a> {
    text: &'a str,
    found: Pieces,
    open: Open,
}

/// The statement that is being read.
#[derive(Default)]
struct Open {
    piece: Option<Piece>,
    /// What its first words have said.
    head: Head,
    /// How many operators stand in each parenthesis that is open, since its last comma.
    parentheses: Vec<u32>,
    /// Their sum, with those outside of all parentheses.
    links: u32,
    /// Those outside of all parentheses, since the last comma.
    outside: u32,
    cases: u32,
    /// `BEGIN ATOMIC` and the `CASE`s in it.
    blocks: u32,
    /// `FROM STDIN` was the latest.
    from: bool,
    from_stdin: bool,
}

/// Words that make expressions and queries nest without parentheses.
const LINKS: [&str; 8] = [
    "and",
    "or",
    "not",
    "union",
    "intersect",
    "except",
    "join",
    "is",
];

/// The first words of a statement, as far as they matter.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Head {
    #[default]
    Nothing,
    Create,
    CreateOr,
    CreateOrReplace,
    /// `CREATE [OR REPLACE] RULE`.
    Rule,
    /// The same of a function or procedure.
    Routine,
    Copy,
    Other,
}

impl Head {
    fn with(self, word: &str) -> Self {
        let is = |other: &str| word.eq_ignore_ascii_case(other);
        match self {
            Self::Nothing if is("create") => Self::Create,
            Self::Nothing if is("copy") => Self::Copy,
            Self::Create if is("or") => Self::CreateOr,
            Self::CreateOr if is("replace") => Self::CreateOrReplace,
            Self::Create | Self::CreateOrReplace if is("rule") => Self::Rule,
            Self::Create | Self::CreateOrReplace if is("function") || is("procedure") => {
                Self::Routine
            }
            Self::Rule | Self::Routine | Self::Copy => self,
            _ => Self::Other,
        }
    }
}

impl Splitter<'_> {
    /// Takes a token in; returns where the next one begins.
    fn take(&mut self, token: Token) -> usize {
        match token.kind {
            TokenKind::Space => {}
            TokenKind::LineComment => self.found.comments.push((token.span, false)),
            TokenKind::BlockComment => self.found.comments.push((token.span, true)),
            TokenKind::Backslash => return self.psql_command(token.span),
            TokenKind::Symbol if token.span.of(self.text) == ";" && self.ends_here() => {
                return self.end(token.span);
            }
            _ => self.extend(token),
        }
        token.span.end as usize
    }

    fn extend(&mut self, token: Token) {
        let start = token.span.start;
        let piece = self.open.piece.get_or_insert_with(|| Piece {
            span: Span { start, end: start },
            ..Piece::default()
        });
        piece.span.end = token.span.end;
        match token.kind {
            TokenKind::Word => self.open.word(token.span.of(self.text)),
            TokenKind::Symbol => self.open.symbol(token.span.of(self.text)),
            _ => self.open.from = false,
        }
    }

    /// Inside of parentheses a `;` is no end where the grammar has one there; anywhere else it
    /// shows a parenthesis that was never closed, and the next statement should not suffer.
    fn ends_here(&self) -> bool {
        let is_rule = self.open.head == Head::Rule;
        self.open.blocks == 0 && (self.open.parentheses.is_empty() || !is_rule)
    }

    fn end(&mut self, semicolon: Span) -> usize {
        let open = std::mem::take(&mut self.open);
        let mut next = semicolon.end as usize;
        if let Some(mut piece) = open.piece {
            if open.from_stdin
                && let Some((data, end)) = copy_data(self.text, next)
            {
                piece.copy_data = Some(data);
                next = end;
            }
            self.found.statements.push(piece);
        }
        next
    }

    /// A command reaches to the end of its line.
    fn psql_command(&mut self, backslash: Span) -> usize {
        let start = backslash.start as usize;
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.find('\n').unwrap_or(rest.len());
        let command = rest.get(..length).unwrap_or_default().trim_end();
        let span = Span::new(start, start + command.len());
        self.found.psql_commands.push(span);
        if sends_buffer(command) {
            self.end(Span::new(span.end as usize, span.end as usize))
        } else {
            if let Some(piece) = &mut self.open.piece {
                piece.masked.push(span);
            }
            span.end as usize
        }
    }

    fn finish(&mut self) {
        let end = self.text.len();
        self.end(Span::new(end, end));
    }
}

impl Open {
    fn word(&mut self, word: &str) {
        self.head = self.head.with(word);
        let is = |other: &str| word.eq_ignore_ascii_case(other);
        if is("case") {
            self.cases += 1;
            self.deepen();
            self.blocks += u32::from(self.blocks > 0);
        } else if is("end") {
            self.cases = self.cases.saturating_sub(1);
            self.blocks = self.blocks.saturating_sub(1);
        } else if is("begin") && self.parentheses.is_empty() {
            self.blocks += u32::from(self.head == Head::Routine);
        }
        if LINKS.iter().any(|link| is(link)) {
            self.link();
        }
        self.from_stdin |= self.head == Head::Copy && self.from && is("stdin");
        self.from = is("from");
    }

    fn symbol(&mut self, symbol: &str) {
        match symbol {
            "(" | "[" => {
                self.parentheses.push(0);
                self.deepen();
            }
            ")" | "]" => {
                self.links -= self.parentheses.pop().unwrap_or_default();
            }
            "," => {
                let here = std::mem::take(self.here());
                self.links -= here;
            }
            _ => self.link(),
        }
        self.from = false;
    }

    /// An operator, or a word that works like one.
    fn link(&mut self) {
        *self.here() += 1;
        self.links += 1;
        if let Some(piece) = &mut self.piece {
            piece.links = piece.links.max(self.links);
        }
    }

    fn here(&mut self) -> &mut u32 {
        self.parentheses.last_mut().unwrap_or(&mut self.outside)
    }

    fn deepen(&mut self) {
        if let Some(piece) = &mut self.piece {
            let depth = self.parentheses.len() as u32 + self.cases;
            piece.depth = piece.depth.max(depth);
        }
    }
}

/// psql's commands that send what was typed, as `;` does.
fn sends_buffer(command: &str) -> bool {
    let word = command.split_whitespace().next().unwrap_or_default();
    let known = [
        "\\g",
        "\\gx",
        "\\gexec",
        "\\gset",
        "\\gdesc",
        "\\crosstabview",
        "\\watch",
    ];
    known.contains(&word) || word.starts_with("\\;")
}

/// The lines behind a `COPY`, up to a line that is `\.`, and where the text goes on. Without such
/// a line there is no data: more likely the script goes on with SQL.
fn copy_data(text: &str, behind: usize) -> Option<(Span, usize)> {
    let rest = text.get(behind..)?;
    let start = behind + rest.find('\n')? + 1;
    let mut at = start;
    for line in text.get(start..)?.split_inclusive('\n') {
        if line.trim_end_matches(['\r', '\n']) == "\\." {
            return Some((Span::new(start, at), at + line.len()));
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        let all = split(text);
        all.iter().map(|piece| piece.span.of(text)).collect()
    }

    #[test]
    fn a_semicolon_ends_a_statement_where_postgresql_sees_one() {
        let text = "select ';'; -- a;\n/* ; */ select $$;$$ ;;\n select 1";
        assert_eq!(texts(text), ["select ';'", "select $$;$$", "select 1"]);
    }

    #[test]
    fn bodies_of_routines_and_rules_keep_theirs() {
        let atomic = "create or replace function f() returns int begin atomic \
                      select case when true then 1 end; select 2; end";
        let rule = "create rule r as on insert to t do (delete from a; delete from b)";
        assert_eq!(
            texts(&format!("{atomic};{rule};begin;end")),
            [atomic, rule, "begin", "end"]
        );
    }

    #[test]
    fn a_parenthesis_left_open_hides_nothing_behind_it() {
        assert_eq!(
            texts("create table t (a int; drop table x;"),
            ["create table t (a int", "drop table x"]
        );
    }

    #[test]
    fn psql_commands_belong_to_no_statement() {
        let text = "\\set a 1\nselect 1\\gexec\nselect\n\\echo x;\n2;";
        let all = pieces(text);
        assert_eq!(texts(text), ["select 1", "select\n\\echo x;\n2"]);
        assert_eq!(all.psql_commands.len(), 3);
        assert_eq!(all.statements[1].masked[0].of(text), "\\echo x;");
    }

    #[test]
    fn data_behind_copy_is_its_own() {
        let text = "copy t from stdin;\n1\t;\n\\.\nselect 1; copy t from stdin; select 2;";
        let all = split(text);
        assert_eq!(all[0].copy_data.map(|data| data.of(text)), Some("1\t;\n"));
        assert_eq!(
            texts(text)[1..],
            ["select 1", "copy t from stdin", "select 2"]
        );
    }

    #[test]
    fn nesting_is_measured() {
        assert_eq!(
            split("select ((1)), case when (true) then 1 end")[0].depth,
            2
        );
    }
}
