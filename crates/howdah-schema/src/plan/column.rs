//! Columns: added with values in batches, null refused by what is proven. No IO.

use super::hazard::Hazard;
use super::undo::transactions;
use super::units::{Form, Outcome, apart, deployed, object, plain, validates, validation};
use super::{Batches, Deploy, Kind, Question, Situation, Step};
use crate::ddl;
use crate::diff::{Action, Aspect, Change, Definition, Entity};
use crate::identifiers::quoted;
use crate::naming::object_name;
use crate::value::{Column, Name};

pub(crate) fn added(situation: &Situation<'_>, change: &Change) -> Outcome {
    let Some((table, column)) = whole(situation, change) else {
        return Outcome::Left;
    };
    if let Some(reason) = lacks_values(situation, change) {
        return valued(situation, change, reason);
    }
    let is_told = column.generated.is_none() && column.identity.is_none();
    if let Some(hazard) = situation.hazard(change) {
        return match &column.default {
            Some(default) if is_told => filled(situation, change, Some(default), Deploy::Migrate),
            _ => anew(situation, change, &hazard),
        };
    }
    let reason = if situation.is_small(table) {
        "the table is new or small"
    } else {
        "rows that are there need not be touched"
    };
    Outcome::Steps(vec![plain(change, reason)], Deploy::Expand)
}

/// Why a new column cannot be added as it is.
pub(crate) fn lacks_values(situation: &Situation<'_>, change: &Change) -> Option<String> {
    if change.action != Action::Create {
        return None;
    }
    let (table, column) = whole(situation, change)?;
    let is_told = column.generated.is_none() && column.identity.is_none();
    let lacks = is_told && column.not_null && column.default.is_none();
    let is_foreign = situation.table(table)?.foreign.is_some();
    (lacks && !is_foreign && situation.has_rows(table))
        .then(|| format!("`{}` refuses null and has no default", change.object.name))
}

/// The rows are written anew, if an answer allows it.
pub(crate) fn anew(situation: &Situation<'_>, change: &Change, hazard: &Hazard) -> Outcome {
    let id = format!("rewrite {}", object(change));
    rewritten(situation, change, &id, hazard.to_string())
}

/// The table and the column as it will be, with its default.
fn whole<'a>(situation: &'a Situation<'_>, change: &'a Change) -> Option<(&'a Name, &'a Column)> {
    let Entity::Column(table, name) = &change.entity else {
        return None;
    };
    let columns = &situation.table(table)?.columns;
    Some((table, columns.iter().find(|it| it.name == *name)?))
}

/// The column first, then its default for new rows, then values for the others, then what refuses null.
fn filled(
    situation: &Situation<'_>,
    change: &Change,
    value: Option<&str>,
    not_null: Deploy,
) -> Outcome {
    let Some((table, column)) = whole(situation, change) else {
        return Outcome::Left;
    };
    let (what, name) = (object(change), quoted(&column.name));
    let bare = Column {
        default: None,
        not_null: false,
        not_null_constraint: None,
        ..column.clone()
    };
    let add = format!(
        "alter table {table} add column {}",
        ddl::table::column(&bare)
    );
    if let Some(hazard) = situation.hazard_of([&add]) {
        return anew(situation, change, &hazard); // values of some domains are tested row by row
    }
    let undo = format!("alter table {table} drop column {name}");
    let mut first =
        vec![Step::ddl(add, what.clone(), "without a value, no row is touched").undone_by(undo)];
    if let Some(default) = &column.default {
        let sql = format!("alter table {table} alter column {name} set default {default}");
        let reason = "new rows have it from now on";
        first.push(Step::ddl(sql, what.clone(), reason).goes_along());
    }
    let extras = change.statements.iter().skip(1);
    first.extend(extras.map(|sql| {
        Step::ddl(sql.clone(), what.clone(), "it changes the catalog alone").goes_along()
    }));
    let mut forms = vec![first];
    let fill = value.map(|value| {
        let (set, condition) = (format!("{name} = {value}"), format!("{name} is null"));
        backfill(situation, table, &set, &condition, &what)
    });
    // without a default, the old program goes on leaving it out
    let again = fill.clone().filter(|_| column.default.is_none());
    forms.extend(fill.map(|it| vec![it]));
    let mut ready = Deploy::Expand;
    if column.not_null {
        ready = not_null;
        forms.extend(refuse_null(
            situation,
            table,
            column,
            not_null,
            &what,
            NotNull::Absent,
            again,
        ));
    }
    Outcome::Steps(forms, ready)
}

/// A column that comes back without the values it had: null is refused as far as its rows allow it.
pub(super) fn restored(situation: &Situation<'_>, change: &Change) -> Option<Vec<Form>> {
    let (_, column) = whole(situation, change).filter(|_| change.action == Action::Create)?;
    let is_bare = column.default.is_none() && column.generated.is_none();
    let lacks = column.not_null && is_bare && column.identity.is_none();
    let outcome = lacks.then(|| filled(situation, change, None, Deploy::Contract))?;
    match outcome {
        Outcome::Steps(forms, _) => Some(forms),
        _ => None,
    }
}

/// What lets the new program, which does not know a column that goes, write rows while it is there.
pub(super) fn lets_null(situation: &Situation<'_>, change: &Change) -> Option<Step> {
    let (Entity::Column(table, name), Some(Definition::Column(column))) =
        (&change.entity, &change.from)
    else {
        return None;
    };
    let goes = change.action == Action::Drop && !change.is_made_again;
    let is_filled = column.default.is_some() || column.generated.is_some();
    let refuses = column.not_null && !is_filled && column.identity.is_none();
    let own = situation.from.table(table)?;
    let name = quoted(name);
    // these need it
    let is_key =
        own.replica_identity.is_some() || situation.key(table).iter().any(|it| *it == name);
    let is_heir = own.partition_of.is_some() || !own.inherits.is_empty();
    if !goes || !refuses || is_key || is_heir {
        return None;
    }
    let object = object(change);
    let state = NotNull::Absent;
    let back = refuse_null(
        situation,
        table,
        column,
        Deploy::Expand,
        &object,
        state,
        None,
    );
    let reason = "the new program writes rows without it";
    let sql = format!("alter table {table} alter column {name} drop not null");
    Some(Step {
        undo: Some(transactions(back.into_iter().flatten(), situation.from)),
        ..Step::ddl(sql, object, reason)
    })
}

/// A value for the rows that are there has to be told.
fn valued(situation: &Situation<'_>, change: &Change, reason: String) -> Outcome {
    let id = format!("value {}", change.object.name);
    if let Some(value) = situation.options.answers.get(&id) {
        if value == "keep" {
            return Outcome::Left;
        }
        // the old program gives no value: null is refused when it is gone
        return filled(situation, change, Some(value), Deploy::Contract);
    }
    let Some((table, _)) = whole(situation, change) else {
        return Outcome::Left;
    };
    let question = Question::new(
        id,
        object(change),
        format!("which value do the rows of `{table}` get that are there?"),
        reason,
    );
    Outcome::Asked(
        question
            .answer(
                "an SQL expression",
                "it is filled in in batches; then null is refused",
            )
            .answer("keep", "leave the column out"),
    )
}

/// A column refuses null from now on: rows that have it get a value first, or none has it, as an answer says.
pub(crate) fn null_refused(
    situation: &Situation<'_>,
    change: &Change,
    table: &Name,
    column: &Column,
) -> Outcome {
    let contract = |forms: Vec<Form>| Outcome::Steps(forms, Deploy::Contract);
    let is_foreign = situation
        .table(table)
        .is_some_and(|it| it.foreign.is_some());
    let is_proven = !situation.is_small(table) && situation.hazard(change).is_none();
    if is_foreign || is_proven || !situation.has_rows(table) {
        let steps = plain(
            change,
            "no row is read: there is none, or a check has proven it",
        );
        return contract(vec![deployed(steps, Deploy::Contract)]);
    }
    let id = format!("value {table}.{}", quoted(&column.name));
    let answer = situation.options.answers.get(&id).map(String::as_str);
    let value = match (answer, column.default.as_deref()) {
        (Some("keep"), _) => return Outcome::Left,
        (Some("filled"), _) => None,
        (Some(value), _) | (None, Some(value)) => Some(value),
        (None, None) => return Outcome::Asked(unfilled(change, id, table, column)),
    };
    let fill = value.map(|value| {
        let name = quoted(&column.name);
        let (set, condition) = (format!("{name} = {value}"), format!("{name} is null"));
        backfill(situation, table, &set, &condition, &object(change))
    });
    if situation.is_small(table) {
        let fill = fill.map(|it| Step::ddl(it.sql, it.object, "the table is small"));
        let steps = plain(change, "the table is small");
        let steps = fill.into_iter().chain(steps).collect();
        return contract(vec![deployed(steps, Deploy::Contract)]);
    }
    let (object, state) = (object(change), NotNull::Absent);
    contract(refuse_null(
        situation,
        table,
        column,
        Deploy::Contract,
        &object,
        state,
        fill,
    ))
}

/// Rows that have null have to get something else.
fn unfilled(change: &Change, id: String, table: &Name, column: &Column) -> Question {
    let question = Question::new(
        id,
        object(change),
        format!("which value do the rows of `{table}` get that have none?"),
        format!(
            "`{table}.{}` refuses null from now on and has no default",
            quoted(&column.name)
        ),
    );
    let question = match column.generated {
        Some(_) => question,
        None => question.answer(
            "an SQL expression",
            "it is filled in in batches; then null is refused",
        ),
    };
    question
        .answer(
            "filled",
            "every row has a value: it is proven, and null is refused",
        )
        .answer("keep", "leave it as it is")
}

/// An update in batches.
pub(crate) fn backfill(
    situation: &Situation<'_>,
    table: &Name,
    set: &str,
    condition: &str,
    object: &str,
) -> Step {
    let sql = format!("update {table} set {set} where {condition}");
    let reason = "rows are filled in batches, each committed by itself";
    let step = Step::ddl(sql, object.to_owned(), reason).of_kind(Kind::Backfill);
    let mut step = step.goes_along();
    step.batches = Some(Batches {
        table: table.to_string(),
        key: situation.key(table),
        set: set.to_owned(),
        condition: condition.to_owned(),
    });
    step.deployed(Deploy::Migrate)
}

/// How far refusing null has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotNull {
    /// Nothing is there.
    Absent,
    /// The constraint is there, and not proven.
    Unproven,
    /// The constraint is proven, and the column does not know of it (before 18).
    Checked,
    /// The column refuses null.
    Proven,
}

/// Null is refused at first of new rows, then proven for the others.
pub(crate) fn refuse_null(
    situation: &Situation<'_>,
    table: &Name,
    column: &Column,
    deploy: Deploy,
    object: &str,
    state: NotNull,
    fill: Option<Step>,
) -> Vec<Form> {
    let name = quoted(&column.name);
    let is_new = situation.options.server_version >= 180_000;
    let constraint = column.not_null_constraint.clone().unwrap_or_default();
    let usual = object_name(&table.name, &column.name, "not_null");
    let own = constraint.name.unwrap_or(usual);
    let own = quoted(&own);
    let inherit = if constraint.no_inherit {
        " no inherit"
    } else {
        ""
    };
    let demand = if is_new {
        format!("not null {name}{inherit}")
    } else {
        format!("check ({name} is not null)")
    };
    let add = format!("alter table {table} add constraint {own} {demand} not valid");
    let drop = format!("alter table {table} drop constraint {own}");
    let undo = if is_new {
        drop.clone()
    } else {
        // it goes when the column refuses null by itself
        format!("alter table {table} drop constraint if exists {own}")
    };
    let reason = "new rows keep it from now on; those that are there are not read";
    let mut forms = Vec::new();
    if state == NotNull::Absent {
        let add = Step::ddl(add, object.to_owned(), reason);
        forms.push(vec![add.undone_by(undo).deployed(deploy)]);
    }
    // what the old program has written until now
    forms.extend(fill.map(|it| vec![it.deployed(deploy)]));
    if constraint.not_valid || state == NotNull::Proven {
        return forms;
    }
    let validate = format!("alter table {table} validate constraint {own}");
    let reason = "rows are read while readers and writers go on";
    if state != NotNull::Checked {
        let validate = Step::ddl(validate, object.to_owned(), reason);
        forms.push(vec![validate.of_kind(Kind::Validate).goes_along()]);
    }
    if !is_new {
        let alter = format!("alter table {table} alter column {name}");
        let reason = "the constraint has proven it: no row is read";
        let set = Step::ddl(format!("{alter} set not null"), object.to_owned(), reason);
        let set = set.undone_by(format!("{alter} drop not null"));
        let drop = Step::ddl(
            drop,
            object.to_owned(),
            "the column refuses null by itself now",
        );
        forms.push(vec![set, drop.goes_along()]);
    }
    let deployed = |form: Form| form.into_iter().map(|it| it.deployed(deploy)).collect();
    forms.into_iter().map(deployed).collect()
}

pub(crate) fn altered(situation: &Situation<'_>, change: &Change) -> Outcome {
    if validates(change) {
        return Outcome::Steps(apart(validation(change)), Deploy::Migrate);
    }
    if let (Some(Aspect::SetNotNull), Some((table, column))) =
        (&change.aspect, whole(situation, change))
    {
        return null_refused(situation, change, table, column);
    }
    let hazard = situation.hazard(change);
    if change.aspect == Some(Aspect::Type) {
        let reason = hazard.as_ref().map(ToString::to_string);
        let reasons = reason.into_iter().chain(lost(situation, change));
        let reasons: Vec<String> = reasons.collect();
        if !reasons.is_empty() {
            let id = format!("type {}", change.object.name);
            return rewritten(situation, change, &id, reasons.join("; "));
        }
    }
    let Some(hazard) = hazard else {
        let reason = "it changes the catalog alone, or the table is small";
        return Outcome::Steps(vec![plain(change, reason)], Deploy::Expand);
    };
    anew(situation, change, &hazard)
}

/// What becomes of the values of a column that changes its type, where they do not stay what they are.
pub(crate) fn lost(situation: &Situation<'_>, change: &Change) -> Option<String> {
    let Entity::Column(table, _) = &change.entity else {
        return None;
    };
    let is_type = change.aspect == Some(Aspect::Type) && situation.has_rows(table);
    match (&change.from, &change.to) {
        (Some(Definition::Column(from)), Some(Definition::Column(to))) if is_type => {
            super::expand::lost(from, to)
        }
        _ => None,
    }
}

/// Beside a new column readers and writers go on; what is lost on the way was not asked for.
pub(crate) fn expandable(
    situation: &Situation<'_>,
    change: &Change,
    question: Question,
) -> Question {
    let (Some(Definition::Column(from)), Some(Definition::Column(to))) = (&change.from, &change.to)
    else {
        return question;
    };
    let is_type = change.aspect == Some(Aspect::Type);
    match super::expand::loses(from, to) {
        Some(general) if is_type && situation.obstacle(change).is_none() => {
            let loss = lost(situation, change).unwrap_or_else(|| general.to_owned());
            let how = "a new column takes the place of the old one, over several deploys";
            question.answer("expand", &format!("{how}; {loss}"))
        }
        _ => question,
    }
}

/// What has no form that lets readers go on is done when an answer says so.
pub(crate) fn rewritten(
    situation: &Situation<'_>,
    change: &Change,
    id: &str,
    reason: String,
) -> Outcome {
    match situation.options.answers.get(id).map(String::as_str) {
        Some("rewrite") => {
            let reason = "it was answered that readers and writers may wait";
            Outcome::Steps(vec![plain(change, reason)], Deploy::Expand)
        }
        Some("keep") => Outcome::Left,
        _ => {
            let reason = situation.with_obstacle(change, reason);
            let (asked, how) = match lost(situation, change) {
                Some(loss) => (
                    "may its values change?",
                    format!("at once, readers and writers wait until it is done; {loss}"),
                ),
                None => (
                    "may readers and writers wait until it is done?",
                    "do it at once".to_owned(),
                ),
            };
            let question = Question::new(id.to_owned(), object(change), asked.to_owned(), reason);
            let question = question.answer("rewrite", &how);
            let question =
                expandable(situation, change, question).answer("keep", "leave it as it is");
            Outcome::Asked(question)
        }
    }
}
