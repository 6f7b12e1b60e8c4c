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
        if PARTS.contains(&self.kind()) || self.any(&PARTS).is_some() {
            let mut path = self.as_path();
            return path.pop().unwrap_or_default();
        }
        Name {
            text: self.identifier(),
            span: self.span(),
        }
    }

    /// The name that this node is, with its schema; a database before it is left out.
    pub(super) fn as_object(&self) -> ObjectName {
        let mut path = self.as_path();
        let name = path.pop().unwrap_or_default();
        ObjectName {
            schema: path.pop().map(|schema| schema.text),
            name: name.text,
            span: self.span(),
        }
    }

    /// All parts of the name that this node is.
    pub(super) fn as_path(&self) -> Vec<Name> {
        let top = match self.any(&PARTS) {
            Some(path) if !PARTS.contains(&self.kind()) => path,
            _ => *self,
        };
        if !PARTS.contains(&top.kind()) {
            return vec![Name {
                text: top.identifier(),
                span: top.span(),
            }];
        }
        let mut parts = Vec::new();
        let mut next = Some(top);
        while let Some(path) = next {
            parts.extend(path.any(&SEGMENTS).map(|segment| Name {
                text: segment.identifier(),
                span: segment.span(),
            }));
            next = path.any(&PARTS);
        }
        parts.reverse();
        parts
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
