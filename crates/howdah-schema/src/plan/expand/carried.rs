//! Indexes and constraints of a new column: built beside readers and writers, before the old column goes.
//!
//! No IO. What the later schema has on the column is built; what only the old column had, goes with it. Where a name is
//! still another's, it is taken over when that has gone.

use std::collections::HashSet;

use super::moves::Move;
use crate::ddl::{self, words};
use crate::diff::Entity;
use crate::diff::substitution::{
    descendants, rename_in_constraint, rename_in_index, rename_in_list,
};
use crate::identifiers::quoted;
use crate::plan::leftover::aside;
use crate::plan::units::{Form, apart};
use crate::plan::{Deploy, Situation, Step, constraint, index};
use crate::value::{Constraint, ConstraintKind, Index, Name, Schema, Table};

/// What the new columns have.
pub(super) struct Carried(pub(super) Vec<Item>);

/// An index or a constraint.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) table: Name,
    /// As it will be.
    pub(super) last: What,
    /// As it is until the old column has gone.
    pub(super) now: What,
    /// How far it has come.
    pub(super) state: State,
    pub(super) ready: Deploy,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Index(Index),
    Constraint(Constraint),
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Absent,
    /// An index whose build was interrupted.
    Invalid,
    /// A constraint that is not proven, an index that is no key yet.
    Begun,
    Done,
}

impl What {
    pub(super) fn name(&self) -> &str {
        let name = match self {
            Self::Index(it) => &it.name,
            Self::Constraint(it) => &it.name,
        };
        name.as_deref().unwrap_or_default()
    }

    fn renamed(&self, name: &str) -> Self {
        let name = Some(name.to_owned());
        match self {
            Self::Index(it) => Self::Index(Index { name, ..it.clone() }),
            Self::Constraint(it) => Self::Constraint(Constraint { name, ..it.clone() }),
        }
    }

    /// The columns and expressions of its own table.
    fn parts(&self) -> (Vec<&String>, Vec<&str>) {
        match self {
            Self::Index(it) => {
                let columns = it.elements.iter().filter_map(|it| it.column.as_ref());
                let texts = it.elements.iter().filter_map(|it| it.expression.as_deref());
                let columns = columns.chain(&it.include).collect();
                (columns, texts.chain(it.predicate.as_deref()).collect())
            }
            Self::Constraint(it) => (
                crate::diff::columns_of(&it.kind),
                crate::diff::texts_of(&it.kind),
            ),
        }
    }

    /// Whether it is about the column of its own table.
    pub(super) fn is_about(&self, column: &str) -> bool {
        let (columns, mut texts) = self.parts();
        columns.iter().any(|it| *it == column) || texts.any_word(column)
    }

    /// Where it leads to.
    pub(super) fn target(&self) -> Option<(&Name, &[String])> {
        match self {
            Self::Constraint(Constraint {
                kind:
                    ConstraintKind::ForeignKey {
                        references,
                        referenced_columns,
                        ..
                    },
                ..
            }) => Some((references, referenced_columns)),
            _ => None,
        }
    }

    pub(super) fn entity(&self, table: &Name) -> Entity {
        let (table, name) = (table.clone(), self.name().to_owned());
        match self {
            Self::Index(_) => Entity::Index(table, name),
            Self::Constraint(_) => Entity::Constraint(table, name),
        }
    }

    pub(super) fn leads_to(&self, tables: &HashSet<Name>, column: &str) -> bool {
        self.target().is_some_and(|(table, columns)| {
            tables.contains(table) && columns.iter().any(|it| it == column)
        })
    }
}

trait AnyWord {
    fn any_word(&mut self, word: &str) -> bool;
}

impl AnyWord for Vec<&str> {
    fn any_word(&mut self, word: &str) -> bool {
        self.iter().any(|text| words(text).any(|it| it == word))
    }
}

/// The indexes and constraints of a table.
pub(super) fn all_of(table: &Table) -> impl Iterator<Item = What> + '_ {
    let indexes = table.indexes.iter().cloned().map(What::Index);
    indexes.chain(table.constraints.iter().cloned().map(What::Constraint))
}

impl Carried {
    /// What can be built on the new columns with what is there already.
    pub(super) fn along(situation: &Situation<'_>, moves: &[Move]) -> Self {
        let mut items = Vec::new();
        for table in &situation.to.tables {
            let Some(before) = situation.from.table(&table.name) else {
                continue;
            };
            for what in all_of(table) {
                items.extend(item(situation, before, what, moves));
            }
        }
        items.sort_by_key(|it: &Item| match &it.last {
            // keys come before those that lead to them
            What::Index(_) => 0,
            what if what.target().is_none() => 1,
            What::Constraint(_) => 2,
        });
        Self(items)
    }

    /// What of it is on the columns of these.
    pub(super) fn of(&self, situation: &Situation<'_>, moves: &[Move]) -> Self {
        let is_on = |item: &&Item| {
            moves.iter().any(|it| {
                let family = descendants(situation.from, &it.table);
                let is_own = family.contains(&item.table) && item.last.is_about(&it.to.name);
                is_own || item.last.leads_to(&family, &it.to.name)
            })
        };
        Self(self.0.iter().filter(is_on).cloned().collect())
    }

    pub(super) fn forms(&self, situation: &Situation<'_>) -> Vec<Form> {
        let steps = self.0.iter().flat_map(|it| it.steps(situation));
        apart(steps)
    }
}

fn item(situation: &Situation<'_>, before: &Table, mut last: What, moves: &[Move]) -> Option<Item> {
    let table = &before.name;
    let mut now = last.clone();
    let mut ready: Option<Deploy> = None;
    for it in moves {
        let family = descendants(situation.from, &it.table);
        let is_own = family.contains(table) && last.is_about(&it.to.name);
        let is_other = last.leads_to(&family, &it.to.name);
        if is_own {
            rename_own(&mut now, &it.to.name, &it.name);
        }
        if is_other
            && let What::Constraint(Constraint {
                kind:
                    ConstraintKind::ForeignKey {
                        referenced_columns, ..
                    },
                ..
            }) = &mut now
        {
            rename_in_list(referenced_columns, &it.to.name, &it.name);
        }
        if is_own || is_other {
            ready = Some(ready.unwrap_or_default().max(it.ready));
        }
    }
    let ready = ready?;
    if !is_possible(situation, before, &last, moves) {
        return None;
    }
    match &mut last {
        What::Index(it) => it.comment = None,
        What::Constraint(it) => it.comment = None,
    }
    let (now, state) = under(situation, before, &now);
    Some(Item {
        table: table.clone(),
        last,
        now,
        state,
        ready,
    })
}

fn rename_own(what: &mut What, from: &str, to: &str) {
    match what {
        What::Index(it) => rename_in_index(it, from, to),
        What::Constraint(it) => rename_in_constraint(it, from, to),
    }
}

/// Whether all columns that it names are there, and a key where it leads to.
fn is_possible(situation: &Situation<'_>, before: &Table, what: &What, moves: &[Move]) -> bool {
    let is_new = |table: &Name, column: &str| {
        let mut own = moves.iter().filter(|it| it.to.name == column);
        own.any(|it| descendants(situation.from, &it.table).contains(table))
    };
    let columns = lineage(situation.from, before);
    let later: Vec<&Table> = situation
        .table(&before.name)
        .map(|it| lineage(situation.to, it))
        .unwrap_or_default();
    let is_there = |name: &str| {
        let of = |all: &[&Table]| {
            let mut all = all.iter().flat_map(|it| &it.columns);
            all.find(|it| it.name == name)
                .map(|it| it.type_name.clone())
        };
        // of another type it may not be the same
        let there = of(&columns);
        is_new(&before.name, name) || (there.is_some() && there == of(&later))
    };
    let (own, texts) = what.parts();
    let in_texts = texts.iter().flat_map(|it| words(it));
    let named = in_texts.filter(|word| {
        let mut all = later.iter().flat_map(|it| &it.columns);
        all.any(|it| it.name == *word)
    });
    let has_columns =
        own.iter().all(|it| is_there(it)) && named.into_iter().all(|it| is_there(&it));
    let Some((target, wanted)) = what.target() else {
        return has_columns && !matches!(what, What::Index(it) if it.invalid);
    };
    let has_target = situation.from.table(target).is_some_and(|table| {
        let all = lineage(situation.from, table);
        let mut found = wanted.iter().map(|name| {
            let mut columns = all.iter().flat_map(|it| &it.columns);
            columns.any(|it| it.name == *name) || is_new(target, name)
        });
        found.all(|it| it)
    });
    has_columns && has_target
}

/// The table and those that it has its columns from.
fn lineage<'a>(schema: &'a Schema, table: &'a Table) -> Vec<&'a Table> {
    let mut found = vec![table];
    while let Some(parent) = found
        .last()
        .and_then(|it| it.partition_of.as_ref())
        .and_then(|of| schema.table(&of.parent))
    {
        found.push(parent);
    }
    found
}

/// Under which name it is built, and how far it has come there.
fn under(situation: &Situation<'_>, before: &Table, now: &What) -> (What, State) {
    let own = now.name();
    let aside = aside(own);
    for name in [own, &aside] {
        let there = all_of(before).find(|it| it.name() == name && is_same(it, now));
        if let Some(there) = there {
            return (now.renamed(name), state(&there, now));
        }
    }
    let name = if is_taken(situation, before, own) {
        &aside
    } else {
        own
    };
    (now.renamed(name), State::Absent)
}

/// Whether both are on the same columns.
fn is_same(there: &What, now: &What) -> bool {
    let key = match now {
        What::Constraint(it) => constraint::index_of(it).map(What::Index),
        What::Index(_) => None,
    };
    let sorted = |what: &What| {
        let (columns, texts) = what.parts();
        let mut all: Vec<String> = columns.into_iter().cloned().collect();
        let target = what.target();
        all.extend(target.into_iter().flat_map(|(_, columns)| columns).cloned());
        all.extend(texts.iter().flat_map(|it| words(it)));
        all.sort();
        all
    };
    sorted(there) == sorted(now) || key.is_some_and(|it| sorted(there) == sorted(&it))
}

fn state(there: &What, now: &What) -> State {
    match (there, now) {
        (What::Index(it), _) if it.invalid => State::Invalid,
        (What::Index(_), What::Constraint(_)) => State::Begun,
        (What::Constraint(there), What::Constraint(now)) if there.not_valid && !now.not_valid => {
            State::Begun
        }
        _ => State::Done,
    }
}

fn is_taken(situation: &Situation<'_>, before: &Table, name: &str) -> bool {
    let home = &before.name.schema;
    let tables = situation
        .from
        .tables
        .iter()
        .filter(|it| it.name.schema == *home);
    let mut own = tables.flat_map(|it| {
        let parts = all_of(it).map(|it| it.name().to_owned());
        parts.chain([it.name.name.clone()]).collect::<Vec<_>>()
    });
    let views = situation.from.views.iter().map(|it| &it.name);
    let sequences = situation.from.sequences.iter().map(|it| &it.name);
    let mut others = views.chain(sequences).filter(|it| it.schema == *home);
    own.any(|it| it == name) || others.any(|it| it.name == name)
}

impl Item {
    pub(super) fn object(&self) -> String {
        match &self.last {
            What::Index(_) => format!("index {}", self.table.sibling(self.last.name())),
            What::Constraint(_) => {
                format!("constraint {} on {}", quoted(self.last.name()), self.table)
            }
        }
    }

    /// Whether it becomes a constraint when the old column has gone.
    pub(super) fn is_late(&self) -> bool {
        match &self.last {
            What::Constraint(it) => match &it.kind {
                ConstraintKind::PrimaryKey { .. } => true,
                ConstraintKind::Unique { .. } => self.now.name() != self.last.name(),
                _ => false,
            },
            What::Index(_) => false,
        }
    }

    fn steps(&self, situation: &Situation<'_>) -> Vec<Step> {
        let mut steps = Vec::new();
        match &self.now {
            What::Index(it) => {
                self.build(situation, it, &mut steps);
                let places = (1..).zip(&it.elements);
                let targets = places.filter_map(|(place, element)| {
                    let target = element.statistics?;
                    Some(ddl::index::set_statistics(&self.table, it, place, target))
                });
                steps.extend(targets.map(|sql| {
                    Step::ddl(sql, self.object(), "it changes the catalog alone").goes_along()
                }));
            }
            What::Constraint(it) => match constraint::index_of(it) {
                Some(index) if self.state != State::Done => {
                    let name = it.name.clone();
                    self.build(situation, &Index { name, ..index }, &mut steps);
                    if !self.is_late() {
                        let name = self.now.name();
                        steps.push(constraint::use_index(&self.table, it, name, &self.object()));
                    }
                }
                None if self.state == State::Absent => {
                    constraint::prove_later(situation, &self.table, it, &self.object(), &mut steps);
                    if it.not_valid || it.not_enforced {
                        steps.truncate(1);
                    }
                }
                None if self.state == State::Begun => {
                    steps.push(constraint::proof(&self.table, it, &self.object()));
                }
                _ => {}
            },
        }
        steps
            .into_iter()
            .map(|it| it.deployed(self.ready))
            .collect()
    }

    fn build(&self, situation: &Situation<'_>, it: &Index, out: &mut Vec<Step>) {
        if !matches!(self.state, State::Absent | State::Invalid) {
            return;
        }
        let name = self.now.name();
        if self.state == State::Invalid {
            out.push(index::cleared(&self.table, name, &self.object()));
        }
        index::build_for_key(situation, &self.table, name, it, &self.object(), out);
    }
}

/// Why what is on the column cannot be built beside it.
pub(super) fn obstacle(situation: &Situation<'_>, it: &Move) -> Option<String> {
    let family = descendants(situation.from, &it.table);
    for (schema, column) in [(situation.from, &it.from.name), (situation.to, &it.to.name)] {
        for table in &schema.tables {
            for what in all_of(table) {
                let is_own = family.contains(&table.name) && what.is_about(column);
                if (is_own || what.leads_to(&family, column))
                    && let Some(reason) = stands_in_the_way(situation, table, &what, column)
                {
                    return Some(format!("`{}` {reason}", what.name()));
                }
            }
        }
    }
    let keys = |schema: &Schema, rename: bool| {
        let table = schema.table(&it.table)?;
        let mut keys = table.constraints.iter().filter_map(|it| match &it.kind {
            ConstraintKind::PrimaryKey { columns, .. } => Some(columns.clone()),
            _ => None,
        });
        let mut key = keys.next()?;
        if rename {
            rename_in_list(&mut key, &it.from.name, &it.to.name);
        }
        Some(key)
    };
    let (old, new) = (keys(situation.from, true), keys(situation.to, false));
    let is_in =
        |key: &Option<Vec<String>>| key.as_ref().is_some_and(|key| key.contains(&it.to.name));
    if old != new && (is_in(&old) || is_in(&new)) {
        return Some("the primary key changes, too".to_owned());
    }
    let identity = situation
        .from
        .table(&it.table)?
        .replica_identity
        .as_deref()?;
    let mut own =
        all_of(situation.from.table(&it.table)?).filter(|what| what.is_about(&it.from.name));
    own.any(|what| words(identity).any(|word| word == what.name()))
        .then(|| "it identifies rows for replication".to_owned())
}

fn stands_in_the_way(
    situation: &Situation<'_>,
    table: &Table,
    what: &What,
    column: &str,
) -> Option<&'static str> {
    let (_, texts) = what.parts();
    let is_homonym = |text: &&str| {
        let text = text.to_lowercase();
        text.contains(&format!("::{column}")) || text.contains(&format!("{column}("))
    };
    if texts.iter().any(is_homonym) {
        return Some("has its name for something else");
    }
    let is_partitioned = table.partition_by.is_some() || table.partition_of.is_some();
    let What::Constraint(it) = what else {
        return None;
    };
    match &it.kind {
        ConstraintKind::Exclude { .. } => Some("is an exclusion constraint"),
        ConstraintKind::PrimaryKey {
            without_overlaps: true,
            ..
        }
        | ConstraintKind::Unique {
            without_overlaps: true,
            ..
        }
        | ConstraintKind::ForeignKey { period: true, .. } => Some("is about time"),
        ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. } if is_partitioned => {
            Some("is a key of a partitioned table")
        }
        ConstraintKind::ForeignKey { .. }
            if is_partitioned && situation.options.server_version < 180_000 =>
        {
            Some("is a foreign key of a partitioned table")
        }
        _ => None,
    }
}
