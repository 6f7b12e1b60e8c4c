//! The grammar: a text becomes an [`ast::Script`]. The only place that knows the parser's crate.
//!
//! No IO. Statements are found first ([`crate::text::pieces`]) and parsed one by one, so that a
//! mistake in one of them is its own, and no more than one tree is held in memory.

use squawk_syntax::SourceFile;

use crate::ast::{Kind, Script, SourceComment, Statement, SyntaxError};
use crate::text::{Piece, Span, TokenKind, pieces, tokens};

/// Nesting that the parser, which calls itself for each level, is given; PostgreSQL's own limit
/// depends on its stack and is of the same order.
const DEEPEST: u32 = 500;

/// What a text says: its statements, and what in it is no SQL.
///
/// ```
/// let script = howdah_sql::parse("create table t (id int primary key); drop tabel t;");
/// assert_eq!(script.statements.len(), 2);
/// assert_eq!(script.errors.len(), 1);
/// ```
#[must_use]
pub fn parse(text: &str) -> Script {
    let pieces = pieces(text);
    let mut script = Script {
        psql_commands: pieces.psql_commands,
        ..Script::default()
    };
    script.comments = pieces
        .comments
        .into_iter()
        .map(|(span, block)| SourceComment { span, block })
        .collect();
    for piece in &pieces.statements {
        let statement = statement(text, piece, &mut script.errors);
        script.statements.push(statement);
    }
    script
}

fn statement(text: &str, piece: &Piece, errors: &mut Vec<SyntaxError>) -> Statement {
    let written = piece.span.of(text);
    if piece.depth > DEEPEST {
        errors.push(SyntaxError {
            span: piece.span,
            message: format!("nested deeper than {DEEPEST} levels"),
        });
    } else {
        let base = piece.span.start as usize;
        let parsed = SourceFile::parse(written);
        // what follows the first mistake of a statement is mostly its echo
        errors.extend(parsed.errors().first().map(|error| SyntaxError {
            span: Span::new(error.range().start().into(), error.range().end().into()).shifted(base),
            message: error.message().to_owned(),
        }));
    }
    Statement {
        span: piece.span,
        kind: Kind::Other(first_words(written)),
    }
}

/// `alter table`: how a statement is called that nothing more is known of.
fn first_words(text: &str) -> String {
    let words = tokens(text).filter(|token| token.kind == TokenKind::Word);
    let words: Vec<String> = words
        .take(2)
        .map(|token| token.span.of(text).to_ascii_lowercase())
        .collect();
    words.join(" ")
}
