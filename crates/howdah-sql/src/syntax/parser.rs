//! The parser's crate, driven by hand: tokens and grammar; the tree is ours.
//!
//! A tree is a list of its elements, parents first, in memory that the next statement's uses again: nothing is made for
//! a node alone. Rules that PostgreSQL checks beyond its grammar are left out; the server makes them anyway.

use squawk_parser::{EntryPoint, LexedStr, StrStep, SyntaxKind as K};

use super::shapes::Shapes;
use crate::text::Span;

/// A node or token; white space and comments are left out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub(super) kind: K,
    pub(super) is_token: bool,
    /// Its place in the text that was parsed.
    pub(super) start: u32,
    pub(super) end: u32,
    /// The element behind it and all below it.
    pub(super) next: u32,
    /// The root is its own.
    pub(super) parent: u32,
}

impl Element {
    /// What an element that is not there reads as.
    pub(super) const NONE: Self = Self {
        kind: K::TOMBSTONE,
        is_token: true,
        start: 0,
        end: 0,
        next: u32::MAX,
        parent: 0,
    };
}

/// Makes trees of statements, one after the other.
#[derive(Default)]
pub(super) struct Parser {
    elements: Vec<Element>,
    /// The nodes around the place that the parser is at.
    open: Vec<u32>,
    shapes: Shapes,
}

/// What is wrong first.
pub(super) struct Mistake {
    pub(super) span: Span,
    pub(super) message: String,
}

impl Parser {
    /// The tree of a statement, the root first, and its first mistake that counts.
    pub(super) fn parse(
        &mut self,
        source: &str,
        counts: impl Fn(&str) -> bool,
    ) -> (&[Element], Option<Mistake>) {
        if self.shapes.find(source, &mut self.elements) {
            return (&self.elements, None);
        }
        let lexed = LexedStr::new(source);
        let output = EntryPoint::SourceFile.parse(&lexed.to_input());
        let mut first: Option<Mistake> = None;
        let mut is_flawless = true;
        let mut mistake = |span: Span, message: &str| {
            is_flawless = false;
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
        self.elements.clear();
        self.open.clear();
        let mut at = 0;
        lexed.intersperse_trivia(&output, &mut |step| match step {
            StrStep::Token { kind, text } => {
                let end = at + text.len() as u32;
                if !matches!(kind, K::WHITESPACE | K::COMMENT) {
                    self.begin(kind, true, at);
                    self.end(end);
                }
                at = end;
            }
            StrStep::Enter { kind } => self.begin(kind, false, at),
            StrStep::Exit => self.end(at),
            StrStep::Error { msg, pos } => mistake(Span::new(pos, pos), msg),
        });
        for (range, message) in lexed.errors() {
            mistake(Span::new(range.start as usize, range.end as usize), message);
        }
        if is_flawless {
            self.shapes.keep(&self.elements);
        }
        (&self.elements, first)
    }

    fn begin(&mut self, kind: K, is_token: bool, start: u32) {
        let index = self.elements.len() as u32;
        self.elements.push(Element {
            kind,
            is_token,
            start,
            end: start,
            next: index + 1,
            parent: self.open.last().copied().unwrap_or(index),
        });
        self.open.push(index);
    }

    fn end(&mut self, end: u32) {
        let next = self.elements.len() as u32;
        let index = self.open.pop().unwrap_or_default();
        if let Some(element) = self.elements.get_mut(index as usize) {
            element.end = end;
            element.next = next;
        }
    }
}
