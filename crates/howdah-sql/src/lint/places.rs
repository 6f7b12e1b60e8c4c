//! Where the text of a `DO` body stands in the script around it.
//!
//! No IO. Made by the engine for each body that is looked into. Invariant: what is shown lies in the script: a place behind an
//! escape is the script's own, what `EXECUTE` puts together is at the expression that does.

use super::finding::Finding;
use crate::Inner;
use crate::ast::Do;
use crate::text::Span;

/// The places of one body.
pub(super) struct Places<'a> {
    inner: &'a Inner,
    /// The constant that the body is, for what has no better place.
    whole: Span,
    /// Pairs of a byte of the body and the script's, from each of which on both go on alike; none where the places are the
    /// script's already.
    stretches: Option<Vec<(u32, u32)>>,
}

impl<'a> Places<'a> {
    /// Of a body in a text.
    pub(super) fn new(text: &str, body: &Do, inner: &'a Inner) -> Self {
        let whole = body.body.span;
        let stretches = inner.text.as_ref().map(|_| match body.body.offset {
            Some(offset) => vec![(0, offset)],
            None => crate::stretches(whole.of(text))
                .unwrap_or_default()
                .into_iter()
                .map(|(held, at)| (held, whole.start + at))
                .collect(),
        });
        Self {
            inner,
            whole,
            stretches,
        }
    }

    /// Gives a finding its place in the script, and its words what is written there.
    pub(super) fn bring_back(&self, finding: &mut Finding) {
        super::written::restore(finding, &self.inner.stand_ins);
        if self.stretches.is_some() {
            finding.span = self.source(finding.span);
            // its edits are of another text
            finding.fix = None;
        }
    }

    /// The place in the script of a place in the body.
    pub(super) fn source(&self, span: Span) -> Span {
        let mut assembled = self.inner.assembled.iter();
        let span = match assembled.find(|(made, _)| made.contains(span)) {
            Some((_, by)) => *by,
            None => span,
        };
        match (self.place(span.start), self.place(span.end)) {
            (Some(start), Some(end)) if start < end => Span { start, end },
            _ => self.whole,
        }
    }

    fn place(&self, at: u32) -> Option<u32> {
        let Some(stretches) = &self.stretches else {
            return Some(at);
        };
        let behind = stretches.partition_point(|(held, _)| *held <= at);
        let (held, place) = stretches.get(behind.checked_sub(1)?)?;
        Some(place + (at - held))
    }
}
