//! What belongs to an object and is made after all of them. No IO.

use super::order::{self, Object};
use super::{
    comment, constraint, event_trigger, grant, index, inherited, owner, publication, push_some,
    statistics, types, view, with,
};
use crate::identifiers::{literal, quoted, quoted_list};
use crate::naming;
use crate::value::{
    Column, Enabled, Index, Name, Policy, PolicyCommand, Rule, Schema, Table, Trigger, View,
};

pub(crate) fn everything(schema: &Schema, out: &mut Vec<String>) {
    for sequence in &schema.sequences {
        if let Some(owner) = &sequence.owned_by {
            let column = quoted(&owner.column);
            let (name, table) = (&sequence.name, &owner.table);
            out.push(format!("alter sequence {name} owned by {table}.{column}"));
        }
    }
    for domain in &schema.domains {
        let unproven = domain.checks.iter().filter(|it| it.not_valid);
        out.extend(unproven.map(|check| types::add_check(&domain.name, check)));
    }
    // the keys that foreign keys of other tables lead to must be there first
    for table in &schema.tables {
        indexes(
            &table.name,
            &table.indexes,
            table.partition_by.is_some(),
            out,
        );
    }
    for table in &schema.tables {
        let all = table.indexes.iter();
        out.extend(all.filter_map(|it| index::attach(&table.name, it)));
    }
    for view in &schema.views {
        indexes(&view.name, &view.indexes, false, out);
    }
    schema
        .tables
        .iter()
        .for_each(|table| table_extras(table, out));
    let tables = parents_first(schema);
    // after the parents, whose storage their children get
    let inherited = tables.iter().flat_map(|table| {
        let columns = table.inherited.iter();
        columns.flat_map(|it| inherited::alter(table, it))
    });
    out.extend(inherited);
    for table in &schema.tables {
        rules(&table.name, &table.rules, out);
        triggers(&table.name, &table.triggers, out);
        row_security(table, out);
    }
    // after the parents, whose state their partitions get
    for table in tables {
        let states = table.trigger_states.iter();
        out.extend(states.map(|(name, enabled)| enable_trigger(&table.name, name, *enabled)));
    }
    for view in &schema.views {
        view_extras(view, out);
        rules(&view.name, &view.rules, out);
        triggers(&view.name, &view.triggers, out);
    }
    out.extend(schema.statistics.iter().flat_map(statistics::create));
    owner::everything(schema, out);
    comment::everything(schema, out);
    grant::everything(schema, out);
    out.extend(schema.publications.iter().map(publication::create));
    // the last, for they would fire at the others
    out.extend(schema.event_triggers.iter().flat_map(event_trigger::create));
    owner::of_the_last(schema, out);
    comment::of_the_last(schema, out);
}

/// The tables that say something of what they have from a parent, each after its parents.
fn parents_first(schema: &Schema) -> Vec<&Table> {
    let says = |it: &Table| !it.inherited.is_empty() || !it.trigger_states.is_empty();
    if !schema.tables.iter().any(says) {
        return Vec::new();
    }
    let objects = order::ordered(schema).into_iter();
    let tables = objects.filter_map(|object| match object {
        Object::Table(table) => Some(table),
        _ => None,
    });
    tables.filter(|it| says(it)).collect()
}

/// Takes off what keeps objects from being dropped one by one.
pub(crate) fn detach(schema: &Schema, out: &mut Vec<String>) {
    for it in &schema.event_triggers {
        out.push(format!("drop event trigger if exists {}", quoted(&it.name)));
    }
    for it in &schema.publications {
        out.push(format!("drop publication if exists {}", quoted(&it.name)));
    }
    for it in &schema.default_privileges {
        grant::usual_again(it, out);
    }
    for it in &schema.statistics {
        out.push(format!("drop statistics if exists {}", it.name));
    }
    for view in &schema.views {
        for it in &view.rules {
            out.push(format!(
                "drop rule if exists {} on {}",
                quoted(&it.name),
                view.name
            ));
        }
    }
    for table in &schema.tables {
        let name = &table.name;
        for it in &table.rules {
            out.push(format!(
                "drop rule if exists {} on {name}",
                quoted(&it.name)
            ));
        }
        for it in table
            .constraints
            .iter()
            .filter(|it| constraint::comes_later(it))
        {
            if let Some(constraint) = it.name.as_deref().map(quoted) {
                out.push(format!(
                    "alter table if exists {name} drop constraint if exists {constraint}"
                ));
            }
        }
        for it in &table.triggers {
            out.push(format!(
                "drop trigger if exists {} on {name}",
                quoted(&it.name)
            ));
        }
        for it in &table.policies {
            out.push(format!(
                "drop policy if exists {} on {name}",
                quoted(&it.name)
            ));
        }
    }
}

/// The indexes but those that a failed build left; one of a partitioned table that is not complete is made without
/// its partitions'.
fn indexes(table: &Name, indexes: &[Index], is_partitioned: bool, out: &mut Vec<String>) {
    for it in indexes.iter().filter(|it| !it.invalid || is_partitioned) {
        out.push(index::create(table, it));
        for (place, element) in (1..).zip(&it.elements) {
            if let Some(target) = element.statistics {
                out.push(index::set_statistics(table, it, place, target));
            }
        }
    }
}

fn table_extras(table: &Table, out: &mut Vec<String>) {
    let name = &table.name;
    for it in table
        .constraints
        .iter()
        .filter(|it| constraint::comes_later(it))
    {
        out.push(format!(
            "alter table {name} add {}",
            constraint::definition(it)
        ));
    }
    for column in &table.columns {
        out.extend(not_null_later(table, column));
        column_extras("table", name, column, out);
    }
    if let Some(identity) = &table.replica_identity {
        out.push(format!("alter table {name} replica identity {identity}"));
    }
    if let Some(index) = table.clustered_on.as_deref().map(quoted) {
        out.push(format!("alter table {name} cluster on {index}"));
    }
}

/// Refusing null of new rows alone cannot be said within `create table`.
fn not_null_later(table: &Table, column: &Column) -> Option<String> {
    let constraint = column
        .not_null_constraint
        .as_ref()
        .filter(|it| it.not_valid)?;
    let usual = naming::object_name(&table.name.name, &column.name, "not_null");
    let name = quoted(constraint.name.as_deref().unwrap_or(&usual));
    let inherit = if constraint.no_inherit {
        " no inherit"
    } else {
        ""
    };
    let (table, column) = (&table.name, quoted(&column.name));
    Some(format!(
        "alter table {table} add constraint {name} not null {column}{inherit} not valid"
    ))
}

/// What `create` cannot say of a column. The storage goes to the columns of children, too, as it does where it is set
/// before they are made; what is counted of a column does not.
fn column_extras(kind: &str, relation: &Name, column: &Column, out: &mut Vec<String>) {
    let name = quoted(&column.name);
    let only = if kind == "table" { " only" } else { "" };
    if let Some(storage) = &column.storage {
        out.push(format!(
            "alter {kind} {relation} alter column {name} set storage {storage}"
        ));
    }
    if let Some(target) = column.statistics {
        out.push(format!(
            "alter {kind}{only} {relation} alter column {name} set statistics {target}"
        ));
    }
    if !column.options.is_empty() {
        let with = with(&column.options);
        let options = inherited::parameters(&with);
        out.push(format!(
            "alter {kind}{only} {relation} alter column {name} set{options}"
        ));
    }
}

pub(crate) fn view_extras(it: &View, out: &mut Vec<String>) {
    let name = &it.name;
    let kind = view::kind(it);
    for column in &it.columns {
        if let Some(default) = column.default.as_ref().filter(|_| !it.materialized) {
            let column = quoted(&column.name);
            out.push(format!(
                "alter view {name} alter column {column} set default {default}"
            ));
        }
        if it.materialized {
            column_extras(kind, name, column, out);
            if let Some(compression) = &column.compression {
                let column = quoted(&column.name);
                out.push(format!(
                    "alter {kind} {name} alter column {column} set compression {compression}"
                ));
            }
        }
    }
    if let Some(index) = it.clustered_on.as_deref().map(quoted) {
        out.push(format!("alter {kind} {name} cluster on {index}"));
    }
}

fn rules(relation: &Name, rules: &[Rule], out: &mut Vec<String>) {
    for it in rules {
        out.push(it.create.clone());
        out.extend(rule_state(relation, it));
    }
}

/// The statement for the sessions in which a rule counts, where these are not the usual ones.
pub(crate) fn rule_state(relation: &Name, it: &Rule) -> Option<String> {
    let state = match it.enabled {
        Enabled::Origin => return None,
        Enabled::Disabled => "disable rule",
        Enabled::Replica => "enable replica rule",
        Enabled::Always => "enable always rule",
    };
    Some(format!(
        "alter table {relation} {state} {}",
        quoted(&it.name)
    ))
}

fn triggers(table: &Name, triggers: &[Trigger], out: &mut Vec<String>) {
    for it in triggers {
        out.push(trigger(table, it));
        if it.enabled != Enabled::Origin {
            out.push(enable_trigger(table, &it.name, it.enabled));
        }
    }
}

/// The sessions in which a trigger fires, also those that partitions have of it.
pub(crate) fn enable_trigger(table: &Name, name: &str, enabled: Enabled) -> String {
    let state = match enabled {
        Enabled::Origin => "enable",
        Enabled::Disabled => "disable",
        Enabled::Replica => "enable replica",
        Enabled::Always => "enable always",
    };
    format!("alter table {table} {state} trigger {}", quoted(name))
}

pub(crate) fn trigger(table: &Name, it: &Trigger) -> String {
    let constraint = if it.constraint { "constraint " } else { "" };
    let mut text = format!("create {constraint}trigger {}", quoted(&it.name));
    let events: Vec<String> = it
        .events
        .iter()
        .map(|event| self::event(it, event))
        .collect();
    push_some(&mut text, " ", Some(it.timing.sql()));
    push_some(&mut text, " ", Some(events.join(" or ")));
    push_some(&mut text, " on ", Some(table));
    push_some(&mut text, " from ", it.from.as_ref());
    text.push_str(constraint::deferral(it.deferral));
    if it.old_table.is_some() || it.new_table.is_some() {
        text.push_str(" referencing");
        push_some(
            &mut text,
            " old table as ",
            it.old_table.as_deref().map(quoted),
        );
        push_some(
            &mut text,
            " new table as ",
            it.new_table.as_deref().map(quoted),
        );
    }
    text.push_str(if it.for_each_statement {
        " for each statement"
    } else {
        " for each row"
    });
    push_some(
        &mut text,
        " when (",
        it.condition.as_ref().map(|it| format!("{it})")),
    );
    let arguments: Vec<String> = it.arguments.iter().map(|it| literal(it)).collect();
    push_some(&mut text, " execute function ", Some(&it.function));
    push_some(&mut text, "(", Some(arguments.join(", ") + ")"));
    text
}

fn event(it: &Trigger, event: &str) -> String {
    if event == "update" && !it.columns.is_empty() {
        return format!("update of {}", quoted_list(&it.columns));
    }
    event.to_owned()
}

fn row_security(table: &Table, out: &mut Vec<String>) {
    let name = &table.name;
    if table.row_security {
        out.push(format!("alter table {name} enable row level security"));
    }
    if table.force_row_security {
        out.push(format!("alter table {name} force row level security"));
    }
    out.extend(table.policies.iter().map(|it| policy(name, it)));
}

pub(crate) fn policy(table: &Name, it: &Policy) -> String {
    let mut text = format!("create policy {} on {table}", quoted(&it.name));
    if it.restrictive {
        text.push_str(" as restrictive");
    }
    if it.command != PolicyCommand::All {
        push_some(&mut text, " for ", Some(it.command.sql()));
    }
    if !it.roles.is_empty() {
        push_some(&mut text, " to ", Some(quoted_list(&it.roles)));
    }
    push_some(
        &mut text,
        " using (",
        it.using.as_ref().map(|it| format!("{it})")),
    );
    push_some(
        &mut text,
        " with check (",
        it.check.as_ref().map(|it| format!("{it})")),
    );
    text
}
