//! Which columns get another in their place, and which cannot. No IO.

use std::collections::BTreeSet;

use super::Obstacles;
use super::conversion;
use crate::ddl::words;
use crate::diff::resting::{resting_on, uses_of};
use crate::diff::substitution::descendants;
use crate::diff::{self, Entity};
use crate::identifiers::quoted;
use crate::naming::object_name;
use crate::plan::{Deploy, Situation};
use crate::value::{Column, Name, Table, Timing};

/// The beginning of the names of triggers, which fire in the order of their names: after all others.
const TRIGGER: &str = "zz_howdah";

/// A column that gets another in its place.
#[derive(Debug, Clone)]
pub(super) struct Move {
    pub(super) table: Name,
    /// The column as it is, under its old name.
    pub(super) from: Column,
    /// The column as it will be, under its last name.
    pub(super) to: Column,
    /// The new column's name as long as the old one is there.
    pub(super) name: String,
    /// The trigger and both columns are there.
    pub(super) is_begun: bool,
    /// Where the rows are ready: before the new program if it reads the new column.
    pub(super) ready: Deploy,
}

impl Move {
    /// The name changes, and nothing else.
    pub(super) fn is_rename(&self) -> bool {
        self.from.name != self.to.name
    }

    pub(super) fn object(&self) -> String {
        format!("column {}.{}", self.table, quoted(&self.to.name))
    }

    pub(super) fn trigger(&self) -> String {
        trigger(&self.from.name, &self.name)
    }

    /// The constraint that proves that both columns hold the same.
    pub(super) fn proof(&self) -> String {
        object_name(&format!("howdah_{}", self.from.name), &self.name, "same")
    }

    pub(super) fn function(&self) -> Name {
        function(&self.table, &self.from.name, &self.name)
    }

    /// Whether the default waits until only one column is left: each call of it gives another value.
    pub(super) fn has_late_default(&self, situation: &Situation<'_>) -> bool {
        !self.is_rename() || self.from.identity.is_some() || self.would_be_filled(situation)
    }

    /// Whether its default would be computed for each row that is there.
    fn would_be_filled(&self, situation: &Situation<'_>) -> bool {
        let Some(default) = &self.from.default else {
            return false;
        };
        let add = format!(
            "alter table {} add column {} {} default {default}",
            self.table,
            quoted(&self.name),
            self.from.type_name
        );
        situation.hazard_of([&add]).is_some()
    }

    /// What a person should know.
    pub(super) fn notes(&self, situation: &Situation<'_>) -> Vec<String> {
        let mut notes = Vec::new();
        let (table, old, new) = (&self.table, &self.from, &self.to);
        if !self.is_rename() {
            notes.push(format!(
                "`{table}.{}` stays `{}` until the contract deploy: the new program must work with both types until \
                 then, and from the expand deploy on a value that is no `{}` is refused",
                old.name, old.type_name, new.type_name
            ));
        }
        for it in &situation.from.routines {
            let met: Vec<String> = words(&it.body).collect();
            let names = [&table.name, &old.name];
            if !it.atomic && names.iter().all(|name| met.contains(*name)) && self.is_rename() {
                notes.push(format!(
                    "the function `{}` seems to name `{table}.{}`, which goes in the contract deploy",
                    it.name, old.name
                ));
            }
        }
        notes
    }
}

fn trigger(old: &str, new: &str) -> String {
    object_name(&format!("{TRIGGER}_{old}"), new, "")
}

fn function(table: &Name, old: &str, new: &str) -> Name {
    table.sibling(object_name(
        &format!("howdah_{}_{old}", table.name),
        new,
        "sync",
    ))
}

/// The columns, and for those that cannot be changed so, the reason.
pub(super) fn found(situation: &Situation<'_>, obstacles: &mut Obstacles) -> Vec<Move> {
    let mut moves = Vec::new();
    for table in &situation.to.tables {
        let Some(before) = situation.from.table(&table.name) else {
            continue;
        };
        if table.foreign.is_some() || situation.is_small(&table.name) {
            continue;
        }
        for column in &table.columns {
            let Some(it) = renamed(situation, before, table, column)
                .or_else(|| retyped(situation, before, column))
            else {
                continue;
            };
            match obstacle(situation, before, &it) {
                None => moves.push(it),
                Some(reason) => {
                    let place = (table.name.clone(), column.name.clone());
                    obstacles.insert(place, reason);
                }
            }
        }
    }
    moves
}

fn column<'a>(table: &'a Table, name: &str) -> Option<&'a Column> {
    table.columns.iter().find(|it| it.name == name)
}

fn has_trigger(table: &Table, old: &str, new: &str) -> bool {
    let name = trigger(old, new);
    table.triggers.iter().any(|it| it.name == name)
}

fn renamed(situation: &Situation<'_>, before: &Table, after: &Table, to: &Column) -> Option<Move> {
    let was = to.was.as_ref()?;
    let from = column(before, was)?;
    let is_begun = has_trigger(before, was, &to.name);
    let is_there = column(before, &to.name).is_some();
    let id = format!("rename column {}.{}", before.name, quoted(&to.name));
    let answer = situation.options.answers.get(&id).map(String::as_str);
    if matches!(answer, Some("direct" | "keep")) && !is_begun
        || is_there != is_begun
        || column(after, was).is_some()
    {
        return None;
    }
    Some(Move {
        table: before.name.clone(),
        from: from.clone(),
        to: to.clone(),
        name: to.name.clone(),
        is_begun,
        ready: Deploy::Expand,
    })
}

fn retyped(situation: &Situation<'_>, before: &Table, to: &Column) -> Option<Move> {
    let from = column(before, &to.name)?;
    let is_plain = from.generated.is_none() && to.generated.is_none();
    if from.type_name == to.type_name || !is_plain {
        return None;
    }
    let id = format!("type {}.{}", before.name, quoted(&to.name));
    let answer = situation.options.answers.get(&id).map(String::as_str);
    let numbered = (0..100).map(|number| match number {
        0 => object_name(&to.name, "", "new"),
        number => object_name(&to.name, "", &format!("new{number}")),
    });
    let mut free = numbered
        .filter(|name| column(before, name).is_none() || has_trigger(before, &from.name, name));
    let name = free.next()?;
    let is_begun = has_trigger(before, &from.name, &name);
    let is_left = matches!(answer, Some("rewrite" | "keep"));
    let change = crate::diff::column::type_statement(&before.name, from, to);
    let is_quick = situation.hazard_of([&change]).is_none();
    let is_asked = conversion::loses(from, to).is_some() && answer != Some("expand");
    if !is_begun && (is_left || is_quick || is_asked) {
        return None;
    }
    Some(Move {
        table: before.name.clone(),
        from: from.clone(),
        to: to.clone(),
        name,
        is_begun,
        ready: Deploy::Migrate,
    })
}

/// Why the column cannot be changed so.
fn obstacle(situation: &Situation<'_>, before: &Table, it: &Move) -> Option<String> {
    let said = |text: &str| Some(text.to_owned());
    let version = situation.options.server_version;
    let after = situation.table(&it.table)?;
    if it.is_rename() && it.from.type_name != it.to.type_name
        || it.from.collation != it.to.collation
    {
        return said("its type changes, too");
    }
    if it.from.generated.is_some() || it.to.generated.is_some() {
        return said("it is computed of other columns");
    }
    if before.of_type.is_some() || after.of_type.is_some() {
        return said("its table is of a composite type");
    }
    if before.partition_by.as_ref() != after.partition_by.as_ref() {
        return said("its table is partitioned by it");
    }
    let family = descendants(situation.from, &it.table);
    let children = situation.from.tables.iter().chain(&situation.to.tables);
    let mut children = children.filter(|child| family.contains(&child.name));
    if let Some(by) = &before.partition_by {
        if version < 130_000 {
            return said("partitioned tables have no triggers for rows before PostgreSQL 13");
        }
        if words(&by.keys).any(|word| word == it.from.name) {
            return said("its table is partitioned by it");
        }
        if it.from.identity.is_some() {
            return said("it numbers the rows of a partitioned table");
        }
    } else if family.len() > 1 || !before.inherits.is_empty() {
        return said("tables inherit it");
    }
    let is_special = |child: &Table| {
        let names = [&it.from.name, &it.to.name];
        child.inherited.iter().any(|own| names.contains(&&own.name))
    };
    if children.any(is_special) {
        return said("a partition says something else of it");
    }
    let late = situation.from.tables.iter();
    let late = late.filter(|own| family.contains(&own.name));
    let mut late = late.flat_map(|it| &it.triggers).filter(|own| {
        own.timing == Timing::Before && !own.for_each_statement && own.name > it.trigger()
    });
    if let Some(own) = late.next() {
        return Some(format!(
            "the trigger `{}` fires after the one that keeps both in step",
            own.name
        ));
    }
    let told = |it: &Column| {
        it.not_null_constraint
            .as_ref()
            .and_then(|it| it.name.clone())
    };
    let usual = |own: &Column| object_name(&it.table.name, &own.name, "not_null");
    let not_null = |own: &Column| told(own).unwrap_or_else(|| usual(own));
    if version >= 180_000
        && it.is_rename()
        && it.keeps_not_null()
        && not_null(&it.from) == not_null(&it.to)
    {
        return said("what refuses null in it keeps its name");
    }
    if has_other_sequence(situation, it) {
        return said("what numbers it changes, too");
    }
    if let Some(reason) = super::carried::obstacle(situation, it) {
        return Some(reason);
    }
    resting_on(situation.from, &it.table, &it.from.name).err()
}

/// Those on which nothing rests that must step aside for something else, at another time.
pub(super) fn apart(
    situation: &Situation<'_>,
    moves: Vec<Move>,
    obstacles: &mut Obstacles,
) -> Vec<Move> {
    if moves.is_empty() {
        return moves;
    }
    let server_version = situation.options.server_version;
    let options = diff::Options { server_version };
    let difference = diff::diff(situation.from, situation.to, options);
    let is_hard = |it: &&diff::Change| match it.action {
        diff::Action::Alter => it.aspect == Some(diff::Aspect::Type),
        diff::Action::Drop => it.is_made_again,
        _ => false,
    };
    let hard = difference.changes.iter().filter(is_hard);
    let hard: BTreeSet<Entity> = hard.map(|it| it.entity.clone()).collect();
    let mut left: Vec<(Move, Surroundings)> = moves
        .into_iter()
        .map(|it| {
            let around = Surroundings::of(situation, &it);
            (it, around)
        })
        .collect();
    loop {
        let mut others = hard.clone();
        for (it, around) in &left {
            others.remove(&Entity::Column(it.table.clone(), it.to.name.clone()));
            others.retain(|other| {
                !around.resting.contains(other) && !goes_with(situation, it, other)
            });
        }
        let before = left.len();
        left.retain(|(it, around)| {
            let other = others.iter().find(|it| around.meets(it));
            if let Some(other) = other {
                let place = (it.table.clone(), it.to.name.clone());
                let reason = format!(
                    "the {} `{other}` is made again or changes its type",
                    other.kind()
                );
                obstacles.insert(place, reason);
            }
            other.is_none()
        });
        // what has no new column changes its type itself
        if left.len() == before {
            return left.into_iter().map(|(it, _)| it).collect();
        }
    }
}

/// What must not step aside at another time than a column does.
struct Surroundings {
    /// What steps aside with it.
    resting: BTreeSet<Entity>,
    /// The tables that it has to do with, and what else is used by what rests on it.
    near: BTreeSet<Entity>,
}

impl Surroundings {
    fn of(situation: &Situation<'_>, it: &Move) -> Self {
        let resting = resting_on(situation.from, &it.table, &it.from.name).unwrap_or_default();
        let mut near = uses_of(situation.from, &resting);
        let family = descendants(situation.from, &it.table);
        for table in &situation.from.tables {
            let is_own = family.contains(&table.name);
            for what in super::carried::all_of(table) {
                let leads = what.leads_to(&family, &it.from.name);
                if leads || is_own && what.is_about(&it.from.name) {
                    near.insert(Entity::Relation(table.name.clone()));
                    let target = what.target().map(|(it, _)| it.clone());
                    near.extend(target.map(Entity::Relation));
                }
            }
        }
        near.extend(family.into_iter().map(Entity::Relation));
        Self { resting, near }
    }

    fn meets(&self, other: &Entity) -> bool {
        let relation = other.relation().cloned().map(Entity::Relation);
        self.near.contains(other) || relation.is_some_and(|it| self.near.contains(&it))
    }
}

/// Whether it is of the old column, or a part of what rests on it.
fn goes_with(situation: &Situation<'_>, it: &Move, other: &Entity) -> bool {
    let owner = match other {
        Entity::Comment(of) | Entity::Grants(of) => of,
        _ => other,
    };
    match owner {
        Entity::Default(table, name) | Entity::Column(table, name) => {
            *table == it.table && *name == it.from.name
        }
        Entity::Index(table, name) | Entity::Constraint(table, name) => {
            let own = situation.from.table(table).into_iter();
            let family = descendants(situation.from, &it.table);
            own.flat_map(super::carried::all_of).any(|what| {
                let is_own = family.contains(table) && what.is_about(&it.from.name);
                what.name() == name && (is_own || what.leads_to(&family, &it.from.name))
            })
        }
        _ => false,
    }
}

/// Whether a sequence that it owns does not belong to it any more.
fn has_other_sequence(situation: &Situation<'_>, it: &Move) -> bool {
    let count = |schema: &crate::value::Schema, column: &str| {
        let all = schema
            .sequences
            .iter()
            .filter_map(|it| it.owned_by.as_ref());
        all.filter(|owner| owner.table == it.table && owner.column == column)
            .count()
    };
    let (old, new) = (&it.from, &it.to);
    count(situation.from, &old.name) != count(situation.to, &new.name)
        || old.identity.is_some() != new.identity.is_some()
}
