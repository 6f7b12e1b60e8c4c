//! The new column beside the old one, and what keeps both in step. No IO.

use std::collections::BTreeMap;

use super::conversion::converted;
use super::moves::Move;
use crate::ddl;
use crate::diff::column::extras;
use crate::identifiers::quoted;
use crate::naming::object_name;
use crate::plan::column::{NotNull, backfill, refuse_null};
use crate::plan::units::Form;
use crate::plan::{Deploy, Kind, Situation, Step};
use crate::value::{Column, Name};

/// The column, the function and the trigger, in one transaction; nothing where they are there.
pub(super) fn begun(situation: &Situation<'_>, it: &Move) -> Option<Form> {
    if it.is_begun {
        return None;
    }
    let (table, what, name) = (&it.table, it.object(), quoted(&it.name));
    let column = bare(it);
    let add = format!(
        "alter table {table} add column {}",
        ddl::table::column(&column)
    );
    let reason = "a column beside the old one; no row is touched";
    let step = |sql: String, reason: &str| Step::ddl(sql, what.clone(), reason);
    let mut form =
        vec![step(add, reason).undone_by(format!("alter table {table} drop column {name}"))];
    let more = extras(table, &column).into_iter();
    form.extend(more.map(|sql| step(sql, "it changes the catalog alone").goes_along()));
    if let Some(default) = it
        .from
        .default
        .as_ref()
        .filter(|_| !it.has_late_default(situation))
    {
        let sql = format!("alter table {table} alter column {name} set default {default}");
        form.push(step(sql, "new rows have it from now on").goes_along());
    }
    let function = it.function();
    let create = format!(
        "create function {function}() returns trigger language plpgsql set search_path from current as $howdah${}$howdah$",
        body(situation, it)
    );
    let reason = "what either program writes is in both columns";
    form.push(step(create, reason).undone_by(format!("drop function {function}()")));
    let trigger = quoted(&it.trigger()).into_owned();
    let create = format!(
        "create trigger {trigger} before insert or update on {table} for each row execute function {function}()"
    );
    let reason = "its name lets it fire after all others";
    form.push(step(create, reason).undone_by(format!("drop trigger {trigger} on {table}")));
    if !situation.is_partitioned(table) {
        let always = format!("alter table {table} enable always trigger {trigger}");
        let undo = format!("alter table {table} enable trigger {trigger}");
        let reason = "also for rows that a replication writes";
        form.push(step(always, reason).undone_by(undo));
    }
    Some(form)
}

/// The column as it is added: whatever reads rows or gives values comes later.
fn bare(it: &Move) -> Column {
    Column {
        name: it.name.clone(),
        not_null: false,
        not_null_constraint: None,
        default: None,
        identity: None,
        comment: None,
        grants: None,
        was: None,
        ..it.to.clone()
    }
}

/// What the trigger does with a row.
fn body(situation: &Situation<'_>, it: &Move) -> String {
    let (old, new) = (quoted(&it.from.name), quoted(&it.name));
    if !it.is_rename() {
        let value = converted(&format!("new.{old}"), &it.from, &it.to);
        return format!("\nbegin\n    new.{new} := {value};\n    return new;\nend\n");
    }
    let type_name = &it.from.type_name;
    // images are compared: `=` does not tell 1.0 from 1.00, and some types have none
    let inserted = if it.has_late_default(situation) {
        // the new column has no default: a value in it was given
        format!(
            "{} *= {}",
            image(&format!("new.{new}")),
            image(&format!("null::{type_name}"))
        )
    } else {
        // both have the default: another value in the old column was given
        let default = it.from.default.as_deref().unwrap_or("null");
        format!(
            "{} *<> {}",
            image(&format!("new.{old}")),
            image(&format!("({default})::{type_name}"))
        )
    };
    let (is, was) = (image(&format!("new.{new}")), image(&format!("old.{new}")));
    format!(
        "\nbegin\n    if tg_op = 'INSERT' then\n        if {inserted} then\n            new.{new} := new.{old};\n        \
         else\n            new.{old} := new.{new};\n        end if;\n    \
         elsif {is} *<> {was} then\n        new.{old} := new.{new};\n    \
         else\n        new.{new} := new.{old};\n    end if;\n    return new;\nend\n"
    )
}

/// A value as it is stored; without the cast, PostgreSQL would compare the parts of both rows by themselves.
fn image(value: &str) -> String {
    format!("row({value})::record")
}

/// Values for the rows that were there before the triggers: each row is written once, whatever is moved of it.
pub(super) fn filled(situation: &Situation<'_>, moves: &[Move]) -> Vec<Step> {
    let mut by_table: BTreeMap<(Deploy, &Name), Vec<&Move>> = BTreeMap::new();
    for it in moves {
        by_table.entry((it.ready, &it.table)).or_default().push(it);
    }
    let all = by_table.into_iter();
    all.map(|((ready, table), moves)| {
        let (mut set, mut conditions, mut objects) = (Vec::new(), Vec::new(), Vec::new());
        for it in &moves {
            let (old, new) = (quoted(&it.from.name), quoted(&it.name));
            set.push(format!("{new} = {}", converted(&old, &it.from, &it.to)));
            conditions.push(format!("{new} is null and {old} is not null"));
            objects.push(it.object());
        }
        let condition = match &*conditions {
            [only] => only.clone(),
            several => format!("({})", several.join(") or (")),
        };
        let object = objects.first().cloned().unwrap_or_default();
        backfill(situation, table, &set.join(", "), &condition, &object).deployed(ready)
    })
    .collect()
}

/// That both columns hold the same is proven of all rows, and of every row that comes: the old one can go.
pub(super) fn proven(situation: &Situation<'_>, it: &Move) -> Vec<Form> {
    let (table, name) = (&it.table, it.proof());
    let (old, new) = (quoted(&it.from.name), quoted(&it.name));
    let value = format!(
        "({})::{}",
        converted(&old, &it.from, &it.to),
        it.to.type_name
    );
    let own = situation.from.table(table).into_iter();
    let mut own = own.flat_map(|it| &it.constraints);
    let there = own.find(|it| it.name.as_ref() == Some(&name));
    let name = quoted(&name);
    let mut forms = Vec::new();
    if there.is_none() {
        let (is, was) = (image(&new), image(&value));
        let sql =
            format!("alter table {table} add constraint {name} check ({is} *= {was}) not valid");
        let reason = "no writer gets past the trigger";
        let undo = format!("alter table {table} drop constraint {name}");
        forms.push(vec![Step::ddl(sql, it.object(), reason).undone_by(undo)]);
    }
    if there.is_none_or(|it| it.not_valid) {
        let sql = format!("alter table {table} validate constraint {name}");
        let reason = "every row has its value in the new column: the old one can go";
        forms.push(vec![
            Step::ddl(sql, it.object(), reason)
                .of_kind(Kind::Validate)
                .goes_along(),
        ]);
    }
    let deployed = |form: Form| {
        form.into_iter()
            .map(|step| step.deployed(it.ready))
            .collect()
    };
    forms.into_iter().map(deployed).collect()
}

/// Null is refused in the new column, as it is in the old one.
pub(super) fn without_null(situation: &Situation<'_>, it: &Move) -> Vec<Form> {
    if !it.keeps_not_null() {
        return Vec::new();
    }
    let column = Column {
        name: it.name.clone(),
        not_null_constraint: it.not_null_constraint(),
        ..it.to.clone()
    };
    let there = there(situation, it, &column);
    refuse_null(
        situation,
        &it.table,
        &column,
        it.ready,
        &it.object(),
        there,
        None,
    )
}

/// How far refusing null has come in the column that is there.
fn there(situation: &Situation<'_>, it: &Move, column: &Column) -> NotNull {
    let Some(table) = situation.from.table(&it.table) else {
        return NotNull::Absent;
    };
    let own = table.columns.iter().find(|own| own.name == it.name);
    if let Some(own) = own.filter(|own| own.not_null) {
        let is_unproven = own
            .not_null_constraint
            .as_ref()
            .is_some_and(|it| it.not_valid);
        return if is_unproven {
            NotNull::Unproven
        } else {
            NotNull::Proven
        };
    }
    let usual = object_name(&it.table.name, &column.name, "not_null");
    let constraint = column.not_null_constraint.as_ref();
    let name = constraint.and_then(|it| it.name.clone()).unwrap_or(usual);
    let check = table
        .constraints
        .iter()
        .find(|own| own.name.as_ref() == Some(&name));
    match check {
        None => NotNull::Absent,
        Some(check) if check.not_valid => NotNull::Unproven,
        Some(_) => NotNull::Checked,
    }
}

impl Move {
    /// Whether null is refused in both.
    pub(super) fn keeps_not_null(&self) -> bool {
        let unproven = self.from.not_null_constraint.as_ref();
        let is_proven = self.from.not_null && !unproven.is_some_and(|it| it.not_valid);
        is_proven && self.to.not_null
    }

    /// What is special about the constraint that refuses null in the new column, as long as the old one is there.
    fn not_null_constraint(&self) -> Option<crate::value::NotNull> {
        let mut constraint = self.to.not_null_constraint.clone();
        if !self.is_rename()
            && let Some(constraint) = &mut constraint
        {
            constraint.name = None;
        }
        constraint
    }
}
