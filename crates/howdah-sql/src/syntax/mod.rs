//! The grammar: a text becomes an [`Script`]. The only place that knows the parser's crate.
//!
//! No IO. Statements are found first ([`crate::text::pieces`]) and parsed one by one, so that a
//! mistake in one of them is its own, and no more than one tree is held in memory.

mod access;
mod alter_table;
mod bodies;
mod constraints;
mod dynamic;
mod expressions;
mod literals;
mod maintenance;
mod names;
mod objects;
mod options;
mod parser;
mod queries;
mod relations;
mod replication;
mod routines;
mod row_locks;
mod session;
mod shapes;
mod statements;
mod tables;
mod tree;
mod types;

use std::borrow::Cow;

pub use self::bodies::{Inner, parse_do};
pub use self::literals::stretches;
use self::parser::Parser;
use self::tree::{Parsed, Tree};
use crate::ast::{Kind, Script, SourceComment, Statement, SyntaxError};
use crate::text::{Piece, Span, TokenKind, mask_commands, mask_variables, pieces, tokens};

/// Parentheses within parentheses that the parser, which calls itself for each, is given.
/// PostgreSQL's own limit depends on its stack and is of the same order.
const DEEPEST: u32 = 500;

/// Operators in a chain, which the parser nests as well. Generated conditions are this long.
const LONGEST: u32 = 10_000;

/// Up to this many levels any thread's stack is enough; behind that a larger one is made.
const SHALLOW: u32 = 250;

/// For `LONGEST` levels, of up to three kilobytes each in a build without optimisation.
const LARGE_STACK_BYTES: usize = 64 << 20;

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
    let mut parser = Parser::default();
    for piece in &pieces.statements {
        let statement = match read(&mut parser, text, piece) {
            Ok(kind) => Statement {
                span: piece.span,
                kind,
            },
            Err(error) => {
                script.errors.push(error);
                Statement {
                    span: piece.span,
                    kind: Kind::Other(first_words(piece.span.of(text))),
                }
            }
        };
        script.statements.push(statement);
    }
    script
}

/// One statement. If it is none as it stands, it is read once more with psql's variables masked.
fn read(parser: &mut Parser, text: &str, piece: &Piece) -> Result<Kind, SyntaxError> {
    let refused = |message: String| SyntaxError {
        span: piece.span,
        message,
    };
    if piece.depth > DEEPEST {
        return Err(refused(format!("nested deeper than {DEEPEST} levels")));
    }
    if piece.links > LONGEST {
        return Err(refused(format!(
            "more than {LONGEST} operators in one expression"
        )));
    }
    if piece.depth + piece.links > SHALLOW {
        return on_large_stack(|| read_here(&mut Parser::default(), text, piece, 0))
            .unwrap_or_else(|| {
                Err(refused(
                    "too deeply nested for the memory at hand".to_owned(),
                ))
            });
    }
    read_here(parser, text, piece, 0)
}

/// None where no thread could be made.
fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(LARGE_STACK_BYTES);
        builder.spawn_scoped(scope, work).ok()?.join().ok()
    })
}

/// The text stands at `base` of the script.
fn read_here(
    parser: &mut Parser,
    text: &str,
    piece: &Piece,
    base: usize,
) -> Result<Kind, SyntaxError> {
    let start = piece.span.start as usize;
    let source = mask_commands(piece.span.of(text), start, &piece.masked);
    let start = start + base;
    convert(parser, &source, start).or_else(|error| match mask_variables(&source) {
        Cow::Owned(masked) => convert(parser, &masked, start).map_err(|_| error),
        Cow::Borrowed(_) => Err(error),
    })
}

fn convert(parser: &mut Parser, source: &str, base: usize) -> Result<Kind, SyntaxError> {
    // the parser takes the elements of a schema behind `AUTHORIZATION` for statements of their own
    let counts = |message: &str| !message.starts_with("Missing semicolon") || !makes_schema(source);
    let (elements, mistake) = parser.parse(source, counts);
    if let Some(mistake) = mistake {
        return Err(SyntaxError {
            span: mistake.span.shifted(base),
            message: message(&mistake.message),
        });
    }
    let parsed = Parsed {
        elements,
        source,
        base,
    };
    let nodes = Tree::root(&parsed).nodes();
    let mut statements = nodes.map(|node| node.statement());
    let first = statements.next().map(|statement| statement.kind);
    Ok(match first {
        Some(Kind::CreateSchema(mut schema)) => {
            schema.elements.extend(statements);
            Kind::CreateSchema(schema)
        }
        first => {
            // the parser goes on with whatever it can; a server reads one statement up to its semicolon
            if let Some(second) = statements.next() {
                return Err(SyntaxError {
                    span: Span {
                        end: second.span.start,
                        ..second.span
                    },
                    message: "missing semicolon before this".to_owned(),
                });
            }
            first.unwrap_or_else(|| Kind::Other(first_words(source)))
        }
    })
}

fn makes_schema(source: &str) -> bool {
    first_words(source) == "create schema"
}

/// In the voice of this house: lower case at the start, no period at the end.
fn message(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let shouts = text.chars().nth(1).is_some_and(char::is_uppercase);
    match text.chars().next() {
        Some(first) if !shouts => {
            let rest = text.get(first.len_utf8()..).unwrap_or_default();
            format!("{}{rest}", first.to_lowercase())
        }
        _ => text.to_owned(),
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
