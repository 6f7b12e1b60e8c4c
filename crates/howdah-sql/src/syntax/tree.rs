//! The parser's tree with the text below it: what every converter asks of a node.
//!
//! Nodes are found by kind among direct children; what is missing reads as absent or empty, so
//! that no converter has to think about broken trees.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use crate::ast::{Name, ObjectName};
use crate::text::Span;

/// Values are dropped and compared by functions that call themselves: this many levels at most.
const DEEPEST_VALUE: u16 = 600;

/// A node, the text that was parsed, and where that text stands in the script.
#[derive(Clone)]
pub(super) struct Tree<'a> {
    node: SyntaxNode,
    source: &'a str,
    base: usize,
    /// How many expressions it is within, as far as they were read.
    level: u16,
}

impl<'a> Tree<'a> {
    pub(super) fn new(node: SyntaxNode, source: &'a str, base: usize) -> Self {
        Self {
            node,
            source,
            base,
            level: 0,
        }
    }

    /// The same, one level deeper; none where that would be too deep to be held as values.
    pub(super) fn deeper(&self) -> Option<Self> {
        let level = self.level + 1;
        (level <= DEEPEST_VALUE).then(|| Self {
            level,
            ..self.clone()
        })
    }

    pub(super) fn node(&self) -> &SyntaxNode {
        &self.node
    }

    pub(super) fn with(&self, node: SyntaxNode) -> Self {
        Self {
            node,
            ..self.clone()
        }
    }

    pub(super) fn kind(&self) -> K {
        self.node.kind()
    }

    /// Where it stands in the script.
    pub(super) fn span(&self) -> Span {
        let range = self.node.text_range();
        Span::new(range.start().into(), range.end().into()).shifted(self.base)
    }

    /// Its text as it was written.
    pub(super) fn text(&self) -> &'a str {
        let range = self.node.text_range();
        let range = usize::from(range.start())..usize::from(range.end());
        self.source.get(range).unwrap_or_default()
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
        let tree = self.clone();
        self.node.children().map(move |node| tree.with(node))
    }

    /// This node and all below it, parents first.
    pub(super) fn descendants(&self) -> impl Iterator<Item = Self> + use<'a> {
        let tree = self.clone();
        self.node.descendants().map(move |node| tree.with(node))
    }

    /// The nodes around it, inner ones first.
    pub(super) fn ancestors(&self) -> impl Iterator<Item = Self> + use<'a> {
        let tree = self.clone();
        self.node
            .ancestors()
            .skip(1)
            .map(move |node| tree.with(node))
    }

    /// Whether a child, node or token, is of a kind.
    pub(super) fn has(&self, kind: K) -> bool {
        let mut children = self.node.children_with_tokens();
        children.any(|child| child.kind() == kind)
    }

    /// Where its first token of a kind stands.
    pub(super) fn token(&self, kind: K) -> Option<Span> {
        let mut children = self.node.children_with_tokens();
        let range = children.find(|child| child.kind() == kind)?.text_range();
        Some(Span::new(range.start().into(), range.end().into()).shifted(self.base))
    }

    /// The tokens in it, without space and comments.
    pub(super) fn tokens(&self) -> impl Iterator<Item = (K, &'a str)> + use<'a> {
        let source = self.source;
        self.node
            .descendants_with_tokens()
            .filter_map(squawk_syntax::SyntaxElement::into_token)
            .filter(|token| !matches!(token.kind(), K::WHITESPACE | K::COMMENT))
            .map(move |token| {
                let range = token.text_range();
                let range = usize::from(range.start())..usize::from(range.end());
                (token.kind(), source.get(range).unwrap_or_default())
            })
    }

    /// Its tokens in lower case, with one space between them.
    pub(super) fn words(&self) -> String {
        let words: Vec<String> = self
            .tokens()
            .map(|(_, text)| text.to_ascii_lowercase())
            .collect();
        words.join(" ")
    }

    /// The name in the first child of a kind.
    pub(super) fn name(&self, kind: K) -> Option<Name> {
        self.child(kind).map(|child| child.as_name())
    }

    /// The names in all children of a kind.
    pub(super) fn names(&self, kind: K) -> Vec<Name> {
        self.children(kind).map(|child| child.as_name()).collect()
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
