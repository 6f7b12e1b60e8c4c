//! The difference of two schemas: what makes one of the other.
//!
//! ```text
//!   from ── rename ──▶ the same under its new names ─┐
//!   to ──────────────────────────────────────────────┴─ model: entities ── changes ── order ──▶ Difference
//! ```
//!
//! No IO. Callers: `howdah schema diff`, the planner ([`crate::plan`]) and the native module. Both schemas should be
//! readings of catalogs, in which expressions are written alike.
//!
//! Invariants: of equal schemas the difference is empty; its statements, run in their order on a catalog that reads as
//! the first schema, give one that reads as the second, but for the order of columns; nothing that neither schema has
//! is ever touched.

mod alter;
mod changes;
pub(crate) mod column;
mod definition;
mod draft;
mod entity;
pub(crate) mod evident;
mod grants;
mod make;
mod model;
mod moving;
mod order;
mod others;
mod owners;
mod partition;
mod publication;
pub(crate) mod rename;
pub(crate) mod resting;
pub(crate) mod substitution;
mod undo;

use std::borrow::Cow;

use serde::Serialize;

use crate::ddl::not_null;
use crate::value::{Schema, Table};

pub use alter::Aspect;
pub use definition::{Definition, Described, Granted, Statements};
pub use entity::Entity;
pub(crate) use model::{columns_of, texts_of};

/// What makes one schema of the other.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// The changes, in an order that works.
    pub changes: Vec<Change>,
    /// What differs and is left alone.
    pub notes: Vec<String>,
}

/// One change of one entity.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// What it is about, for people.
    pub object: Object,
    /// What happens to it.
    pub action: Action,
    /// The statements that do it, without semicolons.
    pub statements: Vec<String>,
    /// Which data is lost.
    pub loses: Option<String>,
    /// What it is about.
    #[serde(skip)]
    pub entity: Entity,
    /// What of it changes, for [`Action::Alter`].
    #[serde(skip)]
    pub aspect: Option<Aspect>,
    /// What it was.
    #[serde(skip)]
    pub from: Option<Definition>,
    /// What it becomes.
    #[serde(skip)]
    pub to: Option<Definition>,
    /// What takes it back, as far as statements can; none of them where it goes with what another takes back.
    #[serde(skip)]
    pub undo: Option<Vec<Change>>,
    /// The same as statements, those of one transaction together; the planner gives them their form.
    #[serde(skip)]
    pub way_back: Option<Vec<Vec<String>>>,
    /// Its name before, for [`Action::Rename`].
    #[serde(skip)]
    pub renamed_from: Option<String>,
    /// What the table was, where it comes from another schema.
    #[serde(skip)]
    pub former: Option<crate::value::Name>,
    /// It is dropped only to be made again, or made after having been dropped.
    #[serde(skip)]
    pub is_made_again: bool,
    /// The places of changes that must have been made before.
    #[serde(skip)]
    pub after: Vec<usize>,
    /// Changes of one group are made together, or none of them.
    #[serde(skip)]
    pub group: usize,
}

/// What a change is about, for people.
#[derive(Debug, Clone, Serialize)]
pub struct Object {
    /// `table`, `column`, `index` …
    pub kind: &'static str,
    /// Its name as SQL.
    pub name: String,
}

/// What happens to an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is made.
    Create,
    /// It stays and changes.
    Alter,
    /// It goes.
    Drop,
    /// It stays as it is under another name.
    Rename,
}

/// For which server the statements are.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// As `server_version_num` has it.
    pub server_version: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            server_version: u32::MAX,
        }
    }
}

impl Change {
    fn new(entity: Entity, action: Action) -> Self {
        Self {
            object: Object {
                kind: entity.kind(),
                name: entity.to_string(),
            },
            action,
            statements: Vec::new(),
            loses: None,
            entity,
            aspect: None,
            from: None,
            to: None,
            undo: None,
            way_back: None,
            renamed_from: None,
            former: None,
            is_made_again: false,
            after: Vec::new(),
            group: 0,
        }
    }

    /// With what takes it back, as it is said.
    fn undone_by(mut self, action: Action, statements: Vec<String>) -> Self {
        if !statements.is_empty() {
            let mut undo = Self::new(self.entity.clone(), action);
            undo.statements = statements;
            undo.from.clone_from(&self.to);
            undo.to.clone_from(&self.from);
            self.undo = Some(vec![undo]);
        }
        self
    }
}

impl Difference {
    /// Puts changes before all others.
    pub(crate) fn begin_with(&mut self, mut first: Vec<Change>) {
        let count = first.len();
        for (place, change) in first.iter_mut().enumerate() {
            change.group = place;
            change.after = (0..place).collect();
        }
        for change in &mut self.changes {
            change.after.iter_mut().for_each(|place| *place += count);
            change.after.extend(0..count);
            change.group += count;
        }
        first.append(&mut self.changes);
        self.changes = first;
    }

    /// All statements in their order.
    pub fn statements(&self) -> impl Iterator<Item = &String> {
        self.changes.iter().flat_map(|it| &it.statements)
    }
}

/// What makes `to` of `from`; names must be complete (see [`crate::naming`]).
#[must_use]
pub fn diff(from: &Schema, to: &Schema, options: Options) -> Difference {
    let to = &*evident::told(from, to);
    let (from, to) = (&*not_null::told(from), &*not_null::told(to));
    let mut pair = (Cow::Borrowed(from), Cow::Borrowed(to));
    if owners::are_told(from) != owners::are_told(to) {
        pair.0.to_mut().forget_owners();
        pair.1.to_mut().forget_owners();
    }
    let (from, to) = (&*pair.0, &*pair.1);
    let (renamed, mut all) = rename::apply(from, to, options.server_version);
    let moved = partition::moved(&renamed, to, options.server_version);
    let (before, after) = (model::Model::of(&moved), model::Model::of(to));
    let changes = changes::Changes::between(&before, &after, options.server_version);
    let mut notes = column_orders(&moved, to);
    notes.extend(changes.unexplained.iter().map(|it| {
        format!(
            "{} `{it}` differs in what no statement here changes",
            it.kind()
        )
    }));
    if from.public != to.public {
        notes.push(
            "the rights or the comment of the schema `public` differ; they are left alone"
                .to_owned(),
        );
    }
    let first = all.len();
    for (place, change) in all.iter_mut().enumerate() {
        change.group = place;
        change.after = (0..place).collect();
    }
    all.extend(order::ordered(&changes).into_iter().map(|mut it| {
        it.after = it
            .after
            .iter()
            .map(|place| place + first)
            .chain(0..first)
            .collect();
        it.group += first;
        it
    }));
    Difference {
        changes: all,
        notes,
    }
}

/// The names of its columns in their order.
fn order_of<'a>(table: &'a Table, schema: &'a Schema) -> Vec<&'a String> {
    match &table.partition_of {
        Some(of) if of.columns.is_empty() => {
            let parent = schema.table(&of.parent);
            parent.map_or_else(Vec::new, |it| order_of(it, schema))
        }
        Some(of) => of.columns.iter().collect(),
        None => table.columns.iter().map(|it| &it.name).collect(),
    }
}

/// Whether its order is another table's, of which it is told.
fn has_parents_order(it: &Table) -> bool {
    let of = it.partition_of.as_ref();
    of.is_some_and(|of| of.columns.is_empty())
}

/// Tables whose columns stand in another order, which no statement changes.
fn column_orders(from: &Schema, to: &Schema) -> Vec<String> {
    let mut notes = Vec::new();
    for table in &to.tables {
        let Some(before) = from.table(&table.name) else {
            continue;
        };
        if has_parents_order(before) && has_parents_order(table) {
            continue;
        }
        let (old, new) = (order_of(before, from), order_of(table, to));
        // new columns come last
        let kept = old.iter().copied().filter(|it| new.contains(it));
        let added = new.iter().copied().filter(|it| !old.contains(it));
        let reached: Vec<&String> = kept.chain(added).collect();
        if reached != new {
            notes.push(format!(
                "the columns of `{}` keep their order, which is not the same; no statement changes it",
                table.name
            ));
        }
    }
    notes
}
