//! Tables and what has no form of its own: renamed, dropped, rewritten, partitions. No IO.

use super::column::{lets_null, null_refused, rewritten};
use super::units::{Outcome, Permission, apart, constraint_of, object, plain};
use super::{Deploy, Kind, Question, Refused, Situation, Step, Undo, partition};
use crate::ddl;
use crate::diff::{Action, Aspect, Change, Definition, Entity};
use crate::identifiers::quoted;
use crate::naming::object_name;
use crate::value::{Column, ConstraintKind, Name, Table};

pub(crate) fn renamed(situation: &Situation<'_>, change: &Change) -> Outcome {
    let was = change.renamed_from.as_deref().unwrap_or_default();
    let id = format!("rename {}", object(change));
    let answer = situation.options.answers.get(&id).map(String::as_str);
    match &change.entity {
        Entity::Relation(name) if answer == Some("direct") || situation.is_small(name) => {
            let steps = plain(change, "another name is a matter of the catalog alone");
            Outcome::Steps(vec![steps], Deploy::Expand)
        }
        Entity::Relation(name) => {
            let is_guarded = situation.from.table(name).is_some_and(|it| it.row_security);
            if is_guarded && situation.options.server_version < INVOKER && answer != Some("view") {
                return Outcome::Asked(unguarded(change, id, was));
            }
            let former = change.former.clone();
            let former = former.unwrap_or_else(|| name.sibling(was));
            let forms = with_view(situation, change, name, &former);
            Outcome::Steps(forms, Deploy::Expand)
        }
        Entity::Column(..) if answer == Some("keep") => Outcome::Left,
        Entity::Column(table, _) if answer != Some("direct") && !situation.is_small(table) => {
            let reason = format!("a program that still says `{was}` fails from then on");
            let question = Question::new(
                id,
                object(change),
                "may the column be renamed at once?".to_owned(),
                situation.with_obstacle(change, reason),
            );
            let question = question
                .answer("direct", "rename it: no running program uses the old name")
                .answer("keep", "leave it as it is");
            Outcome::Asked(question)
        }
        _ => {
            let steps = plain(change, "another name is a matter of the catalog alone");
            Outcome::Steps(vec![steps], Deploy::Expand)
        }
    }
}

/// Since then views can have the rights of those who ask.
const INVOKER: u32 = 150_000;

/// A view has its owner's rights, who sees all rows.
fn unguarded(change: &Change, id: String, was: &str) -> Question {
    let reason = format!(
        "under the name `{was}` a view would show rows that policies hide: before PostgreSQL 15 it has its owner's rights"
    );
    let question = Question::new(
        id,
        object(change),
        "may the table be renamed at once?".to_owned(),
        reason,
    );
    question
        .answer("direct", "rename it: no running program uses the old name")
        .answer(
            "view",
            "a view that shows all rows stands under the old name",
        )
}

/// Under its old name a view stands for the table as long as the old program runs, with the rights that the table gives.
fn with_view(
    situation: &Situation<'_>,
    change: &Change,
    name: &Name,
    was: &Name,
) -> Vec<super::units::Form> {
    let mut steps = plain(change, "the table gets its new name");
    let options = if situation.options.server_version < INVOKER {
        ""
    } else {
        " with (security_invoker = true)"
    };
    let drop = format!("drop view {was}");
    let columns = columns(situation, was);
    let create = format!("create view {was}{options} as select {columns} from {name}");
    let rights = ddl::grant::copied(name, was);
    let again = vec![create.clone(), rights.clone()];
    let reason = "the old program goes on under the old name";
    steps.push(Step::ddl(create, object(change), reason).undone_by(drop.clone()));
    let reason = "with the rights that the table gives, whoever granted them";
    steps.push(Step {
        undo: Some(Vec::new()),
        ..Step::ddl(rights, object(change), reason)
    });
    let reason = "no program uses the old name any more";
    let drop = Step {
        undo: Some(vec![Undo::of(again)]),
        ..Step::ddl(drop, object(change), reason)
    };
    vec![steps, vec![drop.deployed(Deploy::Contract)]]
}

/// The columns that the table has so far, by name: those that come later can go again although a view reads the table.
fn columns(situation: &Situation<'_>, table: &Name) -> String {
    match situation.start.table(table) {
        Some(own) if own.partition_of.is_none() && own.inherits.is_empty() => {
            let names: Vec<_> = own.columns.iter().map(|it| quoted(&it.name)).collect();
            names.join(", ")
        }
        _ => "*".to_owned(),
    }
}

pub(crate) fn dropped(situation: &Situation<'_>, change: &Change) -> Outcome {
    let loss = match &change.entity {
        Entity::Extension(_) => Some("what the extension brought".to_owned()),
        _ => change.loses.clone(),
    };
    if let Some(loss) = loss {
        match situation.may_drop(change, &loss) {
            Permission::Given => {}
            Permission::Refused => return Outcome::Left,
            Permission::Asked(question) => return Outcome::Asked(*question),
        }
    }
    // what only forbids something can go at once; what the old program may use goes after it: `on conflict` asks for
    // keys, and foreign keys pass on what is deleted
    let only_forbids = constraint_of(change.from.as_ref())
        .is_some_and(|it| matches!(it.kind, ConstraintKind::Check { .. }));
    let deploy = match &change.entity {
        Entity::Comment(_) | Entity::ReplicaIdentity(_) => Deploy::Expand,
        Entity::Constraint(..) if only_forbids => Deploy::Expand,
        _ => Deploy::Contract,
    };
    let reason = match deploy {
        Deploy::Expand => "it changes the catalog alone",
        _ => "nothing uses it any more when the old program is gone",
    };
    let steps = plain(change, reason)
        .into_iter()
        .map(|it| it.deployed(deploy));
    let before = lets_null(situation, change).map(|it| vec![it]);
    let forms = before.into_iter().chain([steps.collect()]);
    Outcome::Steps(forms.collect(), deploy)
}

/// Why a table cannot be made again.
pub(crate) fn refusal(change: &Change) -> Option<Refused> {
    let is_table = matches!(
        (&change.entity, &change.from),
        (Entity::Relation(_), Some(Definition::Table(_)))
    );
    let goes = change.action == Action::Drop && change.is_made_again && is_table;
    goes.then(|| Refused {
        object: object(change),
        reason: "it cannot become what it should be in place: its rows would be lost".to_owned(),
        hint: "make a table under another name, copy the rows, and rename both".to_owned(),
    })
}

pub(crate) fn altered(situation: &Situation<'_>, change: &Change) -> Outcome {
    let Entity::Relation(name) = &change.entity else {
        return Outcome::Left;
    };
    match &change.aspect {
        Some(Aspect::AttachPartition) => return partition::joined(situation, change),
        Some(Aspect::InheritedNotNull(column)) => {
            return match inherited(situation, name, column) {
                Some(column) => null_refused(situation, change, name, &column),
                None => Outcome::Left,
            };
        }
        _ => {}
    }
    if let Some(hazard) = situation.hazard(change) {
        let id = format!("rewrite {}", object(change));
        return rewritten(situation, change, &id, hazard.to_string());
    }
    match &change.aspect {
        Some(Aspect::RowSecurity | Aspect::ForceRowSecurity) => {
            let reason = "the old program may not say whose rows it asks for";
            let steps = plain(change, reason)
                .into_iter()
                .map(|it| it.deployed(Deploy::Contract));
            Outcome::Steps(vec![steps.collect()], Deploy::Contract)
        }
        Some(Aspect::DetachPartition) if can_detach_concurrently(situation, name) => {
            Outcome::Steps(apart(detached(situation, change, name)), Deploy::Contract)
        }
        _ => {
            let steps = plain(
                change,
                "it changes the catalog alone, or the table is small",
            );
            Outcome::Steps(vec![steps], Deploy::Expand)
        }
    }
}

/// A column that a parent brings, with what the table says of it.
fn inherited(situation: &Situation<'_>, table: &Name, name: &str) -> Option<Column> {
    let own = situation.table(table)?;
    let said = own.inherited.iter().find(|it| it.name == *name)?;
    let brought = brought(situation, own, name);
    let default = brought.and_then(|it| it.default.clone());
    Some(Column {
        name: name.to_owned(),
        type_name: brought.map(|it| it.type_name.clone()).unwrap_or_default(),
        generated: brought.and_then(|it| it.generated.clone()),
        not_null: true,
        not_null_constraint: said.not_null_constraint.clone(),
        default: said
            .default
            .clone()
            .or(default)
            .filter(|_| !said.no_default),
        ..Column::default()
    })
}

/// The column as the parent has it that brings it.
fn brought<'a>(situation: &'a Situation<'_>, table: &Table, name: &str) -> Option<&'a Column> {
    let parents = table.partition_of.iter().map(|of| &of.parent);
    let parents = parents.chain(&table.inherits);
    let mut parents = parents.filter_map(|it| situation.table(it));
    parents.find_map(|parent| {
        let own = parent.columns.iter().find(|it| it.name == *name);
        own.or_else(|| brought(situation, parent, name))
    })
}

/// The partition goes while readers and writers go on, and without the constraint that PostgreSQL leaves on it then.
fn detached(situation: &Situation<'_>, change: &Change, name: &Name) -> Vec<Step> {
    let reason = "the partition is detached while readers and writers go on";
    let steps = plain(change, reason).into_iter().map(|it| {
        let sql = format!("{} concurrently", it.sql);
        Step { sql, ..it }.of_kind(Kind::Detach)
    });
    let parent = situation
        .from
        .table(name)
        .and_then(|it| it.partition_of.as_ref());
    let by = parent.and_then(|of| situation.from.table(&of.parent)?.partition_by.as_ref());
    let keys = by.map_or("", |it| it.keys.as_str());
    let column = if keys.contains([',', '(', ' ']) {
        ""
    } else {
        keys
    };
    let constraint = object_name(&name.name, column.trim_matches('"'), "check");
    let sql = format!(
        "alter table {name} drop constraint if exists {}",
        quoted(&constraint)
    );
    let reason = "detaching leaves the bounds as a constraint";
    let steps = steps.chain([Step::ddl(sql, object(change), reason).goes_along()]);
    steps.map(|it| it.deployed(Deploy::Contract)).collect()
}

fn can_detach_concurrently(situation: &Situation<'_>, name: &Name) -> bool {
    let of = situation
        .from
        .table(name)
        .and_then(|it| it.partition_of.as_ref());
    let is_default = |bounds: &str| bounds.eq_ignore_ascii_case("default");
    let has_default = situation
        .from
        .tables
        .iter()
        .filter_map(|it| it.partition_of.as_ref());
    let has_default = has_default
        .filter(|it| of.is_some_and(|of| of.parent == it.parent))
        .any(|it| is_default(&it.bounds));
    let goes = situation
        .table(name)
        .is_some_and(|it| it.partition_of.is_none());
    goes && situation.options.server_version >= 140_000 && of.is_some() && !has_default
}
