//! Identifiers: folded, unquoted, split into their parts.

use squawk_parser::SyntaxKind as K;

use super::tree::Tree;
use crate::ast::{Name, ObjectName};
use crate::text::{unquote_identifier, unquote_unicode_identifier};

/// What a `PATH` and its kin consist of.
const PARTS: [K; 2] = [K::PATH, K::PATH_REF];
const SEGMENTS: [K; 2] = [K::PATH_SEGMENT, K::PATH_SEGMENT_REF];

impl Tree<'_> {
    /// The name that this node is; the last part of a qualified one.
    pub(super) fn as_name(&self) -> Name {
        let last = self.segments().next();
        last.map(|it| it.part()).unwrap_or_default()
    }

    /// The name that this node is, with its schema; a database before it is left out.
    pub(super) fn as_object(&self) -> ObjectName {
        let mut parts = self.segments();
        let name = parts.next().map(|it| it.identifier());
        ObjectName {
            schema: parts.next().map(|it| it.identifier()),
            name: name.unwrap_or_default(),
            span: self.span(),
        }
    }

    /// All parts of the name that this node is.
    pub(super) fn as_path(&self) -> Vec<Name> {
        let mut parts: Vec<Name> = self.segments().map(|it| it.part()).collect();
        parts.reverse();
        parts
    }

    /// The parts of the name that this node is, the last one first.
    fn segments(&self) -> impl Iterator<Item = Self> {
        let top = match self.any(&PARTS) {
            Some(path) if !PARTS.contains(&self.kind()) => path,
            _ => *self,
        };
        let is_path = PARTS.contains(&top.kind());
        let alone = (!is_path).then_some(top);
        let paths = std::iter::successors(is_path.then_some(top), |path| path.any(&PARTS));
        let found = paths.filter_map(|path| path.any(&SEGMENTS));
        alone.into_iter().chain(found)
    }

    fn part(&self) -> Name {
        Name {
            text: self.identifier(),
            span: self.span(),
        }
    }

    /// What its tokens name: one identifier, perhaps with `UESCAPE 'x'` behind it.
    fn identifier(&self) -> String {
        let mut tokens = self.tokens().map(|(_, text)| text);
        let word = tokens.next().unwrap_or_default();
        match tokens.last().and_then(|escape| escape.chars().nth(1)) {
            Some(escape) => unquote_unicode_identifier(word, escape),
            None => unquote_identifier(word),
        }
    }
}
