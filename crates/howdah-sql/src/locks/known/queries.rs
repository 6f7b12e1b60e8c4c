//! What queries read and draw from.

use super::{Known, Relation};
use crate::ast::{Call, Node, ObjectName, Query};
use crate::catalog::Rule;

impl Known<'_> {
    /// What a query opens when it runs: the relations that it names, their partitions and heirs, and
    /// what views are made of.
    pub(in crate::locks) fn read_by(&self, query: &Query) -> Vec<ObjectName> {
        self.opened(&query.reads, query)
    }

    /// The relations whose rows a query locks, opened in the same way.
    pub(in crate::locks) fn locked_by(&self, query: &Query) -> Vec<ObjectName> {
        self.opened(&query.row_locks, query)
    }

    fn opened(&self, names: &[ObjectName], query: &Query) -> Vec<ObjectName> {
        let mut found = Vec::new();
        for name in names {
            if query.is_only(name) && self.kind(name) != Some(Relation::View) {
                add(&mut found, self.named(name));
            } else {
                self.open(name, &mut found);
            }
        }
        found
    }

    /// Relations and what those among them that are views are made of, but no partitions or heirs:
    /// what is opened for a query that is rewritten but not planned.
    pub(in crate::locks) fn with_what_views_read(
        &self,
        mut pending: Vec<ObjectName>,
    ) -> Vec<ObjectName> {
        let mut found = Vec::new();
        while let Some(name) = pending.pop() {
            let relation = self.named(&name);
            if found.contains(&relation) {
                continue;
            }
            if self.kind(&relation) == Some(Relation::View) {
                let view = self.catalog.relation(&relation);
                pending.extend(view.into_iter().flat_map(|it| it.reads.iter().cloned()));
            }
            found.push(relation);
        }
        found
    }

    /// The rules of a relation for an event.
    pub(in crate::locks) fn rules(
        &self,
        relation: &ObjectName,
        event: &str,
    ) -> impl Iterator<Item = &'_ Rule> {
        let rules = self
            .catalog
            .relation(relation)
            .map(|it| it.rules.as_slice());
        let is_for = move |rule: &&Rule| rule.event == event;
        rules.unwrap_or_default().iter().filter(is_for)
    }

    /// What the actions of a rule open when they run: what they read, then what they write.
    pub(in crate::locks) fn done_by_rule(&self, rule: &Rule) -> (Vec<ObjectName>, Vec<ObjectName>) {
        let mut reads = Vec::new();
        rule.reads.iter().for_each(|it| self.open(it, &mut reads));
        let writes = rule.writes.iter().flat_map(|it| self.with_descendants(it));
        (reads, writes.collect())
    }

    /// The relations that a query names.
    pub(in crate::locks) fn named_by(&self, query: &Query) -> Vec<ObjectName> {
        query.reads.iter().map(|it| self.named(it)).collect()
    }

    /// What a view opens when it is read, itself aside; None where its query is not known.
    pub(in crate::locks) fn read_by_view(&self, view: &ObjectName) -> Option<Vec<ObjectName>> {
        let relation = self.catalog.relation(view)?;
        let query = relation.query.as_ref()?;
        let mut found = Vec::new();
        self.open_view(&relation.reads, query, &mut found);
        Some(found)
    }

    fn open_view(&self, reads: &[ObjectName], query: &Query, found: &mut Vec<ObjectName>) {
        let only: Vec<ObjectName> = query
            .only
            .iter()
            .map(|it| self.catalog.resolve(it))
            .collect();
        for name in reads {
            if only.contains(name) && self.kind(name) != Some(Relation::View) {
                add(found, self.named(name));
            } else {
                self.open(name, found);
            }
        }
    }

    fn open(&self, name: &ObjectName, found: &mut Vec<ObjectName>) {
        let relation = self.named(name);
        if found.contains(&relation) {
            return;
        }
        found.push(relation.clone());
        match self.kind(&relation) {
            Some(Relation::View) => {
                let view = self.catalog.relation(&relation);
                if let Some((view, query)) = view.and_then(|it| Some((it, it.query.as_ref()?))) {
                    self.open_view(&view.reads, query, found);
                }
            }
            _ => {
                for child in self.descendants(&relation) {
                    add(found, child);
                }
            }
        }
    }
}

fn add(found: &mut Vec<ObjectName>, relation: ObjectName) {
    if !found.contains(&relation) {
        found.push(relation);
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
