//! The parser's tree with the text below it: what every converter asks of a node.
//!
//! Nodes are found by kind among direct children; what is missing reads as absent or empty, so
//! that no converter has to think about broken trees.

use squawk_parser::SyntaxKind as K;

use super::parser::Element;
use crate::ast::{Name, ObjectName};
use crate::text::Span;

/// Values are dropped and compared by functions that call themselves: this many levels at most.
const DEEPEST_VALUE: u16 = 600;

/// A text that was parsed.
pub(super) struct Parsed<'a> {
    pub(super) elements: &'a [Element],
    pub(super) source: &'a str,
    /// Where the text stands in the script.
    pub(super) base: usize,
}

/// A node of a text that was parsed, or a token of it.
#[derive(Clone, Copy)]
pub(super) struct Tree<'a> {
    parsed: &'a Parsed<'a>,
    at: u32,
    /// How many expressions it is within, as far as they were read.
    level: u16,
}

impl<'a> Tree<'a> {
    pub(super) fn root(parsed: &'a Parsed<'a>) -> Self {
        Self {
            parsed,
            at: 0,
            level: 0,
        }
    }

    /// The same, one level deeper; none where that would be too deep to be held as values.
    pub(super) fn deeper(&self) -> Option<Self> {
        let level = self.level + 1;
        (level <= DEEPEST_VALUE).then_some(Self { level, ..*self })
    }

    /// Whether the other is the same node.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.at == other.at
    }

    pub(super) fn kind(&self) -> K {
        self.here().kind
    }

    pub(super) fn is_token(&self) -> bool {
        self.here().is_token
    }

    fn here(&self) -> &'a Element {
        let element = self.parsed.elements.get(self.at as usize);
        element.unwrap_or(&Element::NONE)
    }

    /// Where it stands in the script.
    pub(super) fn span(&self) -> Span {
        let Element { start, end, .. } = *self.here();
        Span { start, end }.shifted(self.parsed.base)
    }

    /// Its text as it was written.
    pub(super) fn text(&self) -> &'a str {
        let Element { start, end, .. } = *self.here();
        Span { start, end }.of(self.parsed.source)
    }

    /// The first child of a kind.
    pub(super) fn child(&self, kind: K) -> Option<Self> {
        self.nodes().find(|child| child.kind() == kind)
    }

    /// The first child of one of these kinds.
    pub(super) fn any(&self, kinds: &[K]) -> Option<Self> {
        self.nodes().find(|child| kinds.contains(&child.kind()))
    }

    /// All children of a kind.
    pub(super) fn children(&self, kind: K) -> impl Iterator<Item = Self> + use<'a> {
        self.nodes().filter(move |child| child.kind() == kind)
    }

    /// All children that are nodes.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Self> + use<'a> {
        self.with_tokens().filter(|child| !child.is_token())
    }

    /// All children, nodes and tokens.
    pub(super) fn with_tokens(&self) -> impl Iterator<Item = Self> + use<'a> {
        let behind = self.here().next;
        let first = Self {
            at: self.at + 1,
            ..*self
        };
        let next = |child: &Self| {
            let at = child.here().next;
            Some(Self { at, ..*child })
        };
        std::iter::successors(Some(first), next).take_while(move |child| child.at < behind)
    }

    /// This node and all nodes below it, parents first.
    pub(super) fn descendants(&self) -> impl Iterator<Item = Self> + use<'a> {
        self.all().filter(|it| !it.is_token())
    }

    fn all(&self) -> impl Iterator<Item = Self> + use<'a> {
        let tree = *self;
        (self.at..self.here().next).map(move |at| Self { at, ..tree })
    }

    /// The nodes around it, inner ones first.
    pub(super) fn ancestors(&self) -> impl Iterator<Item = Self> + use<'a> {
        let outer = |inner: &Self| {
            let at = inner.here().parent;
            (at != inner.at).then_some(Self { at, ..*inner })
        };
        std::iter::successors(Some(*self), outer).skip(1)
    }

    /// Whether a child, node or token, is of a kind.
    pub(super) fn has(&self, kind: K) -> bool {
        self.with_tokens().any(|child| child.kind() == kind)
    }

    /// Where its first token of a kind stands.
    pub(super) fn token(&self, kind: K) -> Option<Span> {
        let found = self.with_tokens().find(|child| child.kind() == kind);
        found.map(|it| it.span())
    }

    /// The tokens in it, without space and comments.
    pub(super) fn tokens(&self) -> impl Iterator<Item = (K, &'a str)> + use<'a> {
        let tokens = self.all().filter(Self::is_token);
        tokens.map(|token| (token.kind(), token.text()))
    }

    /// Its tokens in lower case, with one space between them.
    pub(super) fn words(&self) -> String {
        lower_words(self.tokens().map(|(_, text)| text))
    }

    /// The name in the first child of a kind.
    pub(super) fn name(&self, kind: K) -> Option<Name> {
        self.child(kind).map(|child| child.as_name())
    }

    /// The names in all children of a kind.
    pub(super) fn names(&self, kind: K) -> Vec<Name> {
        exact(self.children(kind).map(|child| child.as_name()))
    }

    /// The names of one kind in the list that the first child of another kind is.
    pub(super) fn names_in(&self, list: K, kind: K) -> Vec<Name> {
        self.child(list)
            .map(|list| list.names(kind))
            .unwrap_or_default()
    }

    /// The qualified name in the first child of a kind.
    pub(super) fn object(&self, kind: K) -> Option<ObjectName> {
        self.child(kind).map(|child| child.as_object())
    }

    /// The qualified names in all children of a kind.
    pub(super) fn objects(&self, kind: K) -> Vec<ObjectName> {
        self.children(kind).map(|child| child.as_object()).collect()
    }
}

/// A list without room for more: it stays as it is until the end of the script.
pub(super) fn exact<T>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = items.collect();
    all.shrink_to_fit();
    all
}

/// Words in lower case, with one space between them.
pub(super) fn lower_words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut all = String::new();
    for word in words {
        if !all.is_empty() {
            all.push(' ');
        }
        all.extend(word.chars().map(|it| it.to_ascii_lowercase()));
    }
    all
}
