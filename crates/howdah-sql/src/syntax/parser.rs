//! The parser's crate, driven by hand: tokens, grammar, tree.
//!
//! Its own entry builds the tree of each statement from nothing and then checks rules that
//! PostgreSQL checks beyond its grammar, which takes longer than all the rest. Here trees share what
//! they have in common, and the grammar alone decides.

use rowan::{GreenNodeBuilder, NodeCache};
use squawk_parser::{EntryPoint, LexedStr, StrStep};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use crate::text::Span;

/// A cache that has grown to this many statements is begun anew: it keeps every name.
const CACHED_STATEMENTS: usize = 2_000;

/// Makes trees of statements, one after the other.
#[derive(Default)]
pub(super) struct Parser {
    cache: NodeCache,
    parsed: usize,
}

/// What is wrong first.
pub(super) struct Mistake {
    pub(super) span: Span,
    pub(super) message: String,
}

impl Parser {
    /// The tree of a statement, and its first mistake that counts.
    pub(super) fn parse(
        &mut self,
        source: &str,
        counts: impl Fn(&str) -> bool,
    ) -> (SyntaxNode, Option<Mistake>) {
        if self.parsed >= CACHED_STATEMENTS {
            *self = Self::default();
        }
        self.parsed += 1;
        let lexed = LexedStr::new(source);
        let output = EntryPoint::SourceFile.parse(&lexed.to_input());
        let mut builder = GreenNodeBuilder::with_cache(&mut self.cache);
        let mut first: Option<Mistake> = None;
        let mut mistake = |span: Span, message: &str| {
            let earlier = first
                .as_ref()
                .is_none_or(|known| span.start < known.span.start);
            if earlier && counts(message) {
                first = Some(Mistake {
                    span,
                    message: message.to_owned(),
                });
            }
        };
        lexed.intersperse_trivia(&output, &mut |step| match step {
            StrStep::Token { kind, text } => builder.token(raw(kind), text),
            StrStep::Enter { kind } => builder.start_node(raw(kind)),
            StrStep::Exit => builder.finish_node(),
            StrStep::Error { msg, pos } => mistake(Span::new(pos, pos), msg),
        });
        for (range, message) in lexed.errors() {
            mistake(Span::new(range.start as usize, range.end as usize), message);
        }
        (SyntaxNode::new_root(builder.finish()), first)
    }
}

fn raw(kind: SyntaxKind) -> rowan::SyntaxKind {
    rowan::SyntaxKind(kind.into())
}
