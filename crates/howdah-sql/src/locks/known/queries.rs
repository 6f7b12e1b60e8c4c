//! What queries read and draw from.

use super::{Known, Relation};
use crate::ast::{Call, Node, ObjectName, Query};

impl Known<'_> {
    /// What a query opens when it runs: the relations that it names, their partitions and heirs, and
    /// what views are made of.
    pub(in crate::locks) fn read_by(&self, query: &Query) -> Vec<ObjectName> {
        let mut found = Vec::new();
        for name in &query.reads {
            self.open(name, &mut found);
        }
        found
    }

    /// The relations that a query names.
    pub(in crate::locks) fn named_by(&self, query: &Query) -> Vec<ObjectName> {
        query.reads.iter().map(|it| self.named(it)).collect()
    }

    /// What a view opens when it is read, itself aside; None where its query is not known.
    pub(in crate::locks) fn read_by_view(&self, view: &ObjectName) -> Option<Vec<ObjectName>> {
        let relation = self.catalog.relation(view)?;
        relation.query.as_ref()?;
        let mut found = Vec::new();
        for name in &relation.reads {
            self.open(name, &mut found);
        }
        Some(found)
    }

    fn open(&self, name: &ObjectName, found: &mut Vec<ObjectName>) {
        let relation = self.named(name);
        if found.contains(&relation) {
            return;
        }
        found.push(relation.clone());
        match self.kind(&relation) {
            Some(Relation::View) => {
                let reads = self.catalog.relation(&relation).map(|it| &it.reads);
                for name in reads.into_iter().flatten() {
                    self.open(name, found);
                }
            }
            _ => {
                for child in self.descendants(&relation) {
                    if !found.contains(&child) {
                        found.push(child);
                    }
                }
            }
        }
    }
}

/// The sequence of `nextval('s')`, `setval('s', …)`, `currval('s')`.
pub(super) fn sequence_of(call: &Call) -> Option<ObjectName> {
    let name = call.name.name.as_str();
    matches!(name, "nextval" | "setval" | "currval").then_some(())?;
    literal(call.arguments.first()?)
}

fn literal(node: &Node) -> Option<ObjectName> {
    match node {
        Node::String(text) => {
            let bare = |text: &str| text.trim_matches('"').to_owned();
            Some(match text.split_once('.') {
                Some((schema, name)) => ObjectName::qualified(bare(schema), bare(name)),
                None => ObjectName::new(bare(text)),
            })
        }
        Node::Cast { operand, .. } => literal(operand),
        _ => None,
    }
}
