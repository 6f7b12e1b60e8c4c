//! What a statement changed between two moments. No IO.
//!
//! Invariant: an index that was made again under its name over the same file was not built: `ALTER COLUMN TYPE`
//! does that where the old index serves.

use super::catalog::{Known, Moment};
use super::{Read, Relation};

/// Rows and files, of what existed at the first moment.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    pub(crate) rewrites: Vec<Relation>,
    pub(crate) builds: Vec<Relation>,
    pub(crate) reads: Vec<Read>,
    pub(crate) invalid: Vec<Relation>,
}

impl Difference {
    pub(crate) fn between(before: &Moment, after: &Moment) -> Self {
        let mut difference = Self::default();
        for now in after.relations() {
            let then = before
                .by_oid(now.relation.oid)
                .or_else(|| before.by_name_of(&now.relation));
            difference.add(now, then, before);
        }
        difference
    }

    fn add(&mut self, now: &Known, then: Option<&Known>, before: &Moment) {
        let relation = &now.relation;
        if relation.is_toast() {
            return;
        }
        let stored_anew = now.file != 0 && then.is_none_or(|then| then.file != now.file);
        if relation.is_index() {
            if stored_anew && is_of_known_table(relation, before) {
                self.builds.push(relation.clone());
            }
            if !now.valid && then.is_none_or(|then| then.valid) {
                self.invalid.push(relation.clone());
            }
        } else if stored_anew && matches!(relation.kind, 'r' | 'm') && then.is_some() {
            self.rewrites.push(relation.clone());
        }
        self.count(now, then);
    }

    fn count(&mut self, now: &Known, then: Option<&Known>) {
        // a relation that was made by the statement is no concern of others
        let Some(then) = then.filter(|then| then.relation.oid == now.relation.oid) else {
            return;
        };
        let scans = now.scans.saturating_sub(then.scans);
        if scans > 0 {
            self.reads.push(Read {
                relation: now.relation.clone(),
                scans,
                rows: now.rows_read.saturating_sub(then.rows_read),
            });
        }
    }
}

fn is_of_known_table(index: &Relation, before: &Moment) -> bool {
    let table = index.on.as_ref().map(|table| Relation {
        name: table.clone(),
        ..index.clone()
    });
    table.is_some_and(|table| before.by_name_of(&table).is_some())
}
