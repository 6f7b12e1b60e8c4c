//! What belongs to an object and is made after all of them. No IO.

use super::{constraint, index, push_some, routine, table, view};
use crate::identifiers::{literal, quoted, quoted_list};
use crate::value::{Enabled, Grants, Index, Name, Policy, PolicyCommand, Schema, Table, Trigger};

pub(crate) fn everything(schema: &Schema, out: &mut Vec<String>) {
    for sequence in &schema.sequences {
        if let Some(owner) = &sequence.owned_by {
            let column = quoted(&owner.column);
            let (name, table) = (&sequence.name, &owner.table);
            out.push(format!("alter sequence {name} owned by {table}.{column}"));
        }
    }
    for domain in &schema.domains {
        for check in domain.checks.iter().filter(|it| it.not_valid) {
            let mut text = format!("alter domain {} add", domain.name);
            push_some(&mut text, " constraint ", check.name.as_deref().map(quoted));
            push_some(&mut text, " check (", Some(&check.expression));
            out.push(text + ") not valid");
        }
    }
    // the keys that foreign keys of other tables lead to must be there first
    schema
        .tables
        .iter()
        .for_each(|table| indexes(&table.name, &table.indexes, out));
    schema
        .views
        .iter()
        .for_each(|view| indexes(&view.name, &view.indexes, out));
    schema
        .tables
        .iter()
        .for_each(|table| table_extras(table, out));
    for table in &schema.tables {
        triggers(&table.name, &table.triggers, out);
        row_security(table, out);
    }
    for view in &schema.views {
        triggers(&view.name, &view.triggers, out);
    }
    comments(schema, out);
    grants(schema, out);
}

/// Takes off what keeps objects from being dropped one by one.
pub(crate) fn detach(schema: &Schema, out: &mut Vec<String>) {
    for table in &schema.tables {
        let name = &table.name;
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

fn indexes(table: &Name, indexes: &[Index], out: &mut Vec<String>) {
    out.extend(indexes.iter().map(|it| index::create(table, it)));
}

fn table_extras(table: &Table, out: &mut Vec<String>) {
    let alter = format!("alter table {}", table.name);
    for it in table
        .constraints
        .iter()
        .filter(|it| constraint::comes_later(it))
    {
        out.push(format!("{alter} add {}", constraint::definition(it)));
    }
    for column in &table.columns {
        let name = quoted(&column.name);
        if let Some(storage) = &column.storage {
            out.push(format!("{alter} alter column {name} set storage {storage}"));
        }
        if let Some(target) = column.statistics {
            out.push(format!(
                "{alter} alter column {name} set statistics {target}"
            ));
        }
    }
    if let Some(identity) = &table.replica_identity {
        out.push(format!("{alter} replica identity {identity}"));
    }
}

fn triggers(table: &Name, triggers: &[Trigger], out: &mut Vec<String>) {
    for it in triggers {
        out.push(trigger(table, it));
        let state = match it.enabled {
            Enabled::Origin => continue,
            Enabled::Disabled => "disable trigger",
            Enabled::Replica => "enable replica trigger",
            Enabled::Always => "enable always trigger",
        };
        out.push(format!("alter table {table} {state} {}", quoted(&it.name)));
    }
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

fn comments(schema: &Schema, out: &mut Vec<String>) {
    let mut comment = |what: &str, text: &Option<String>| {
        if let Some(text) = text {
            out.push(format!("comment on {what} is {}", literal(text)));
        }
    };
    for it in &schema.schemas {
        comment(&format!("schema {}", quoted(&it.name)), &it.comment);
    }
    for it in &schema.enums {
        comment(&format!("type {}", it.name), &it.comment);
    }
    for it in &schema.composites {
        comment(&format!("type {}", it.name), &it.comment);
    }
    for it in &schema.ranges {
        comment(&format!("type {}", it.name), &it.comment);
    }
    for it in &schema.domains {
        comment(&format!("domain {}", it.name), &it.comment);
    }
    for it in &schema.servers {
        comment(&format!("server {}", quoted(&it.name)), &it.comment);
    }
    for it in &schema.sequences {
        comment(&format!("sequence {}", it.name), &it.comment);
    }
    for it in &schema.routines {
        let name = routine::designation(it);
        comment(&format!("{} {name}", it.kind.sql()), &it.comment);
    }
    for it in &schema.tables {
        comments_on_table(it, &mut comment);
    }
    for it in &schema.views {
        comment(&format!("{} {}", view::kind(it), it.name), &it.comment);
        for column in &it.columns {
            let column_name = quoted(&column.name);
            comment(
                &format!("column {}.{column_name}", it.name),
                &column.comment,
            );
        }
        for index in &it.indexes {
            comments_on_index(&it.name, index, &mut comment);
        }
        for trigger in &it.triggers {
            let name = quoted(&trigger.name);
            comment(&format!("trigger {name} on {}", it.name), &trigger.comment);
        }
    }
}

fn comments_on_table(table: &Table, comment: &mut impl FnMut(&str, &Option<String>)) {
    let name = &table.name;
    comment(&format!("{} {name}", table::kind(table)), &table.comment);
    for it in &table.columns {
        comment(&format!("column {name}.{}", quoted(&it.name)), &it.comment);
    }
    for it in &table.constraints {
        let constraint = quoted(it.name.as_deref().unwrap_or_default());
        comment(&format!("constraint {constraint} on {name}"), &it.comment);
    }
    for it in &table.indexes {
        comments_on_index(name, it, comment);
    }
    for it in &table.triggers {
        comment(
            &format!("trigger {} on {name}", quoted(&it.name)),
            &it.comment,
        );
    }
    for it in &table.policies {
        comment(
            &format!("policy {} on {name}", quoted(&it.name)),
            &it.comment,
        );
    }
}

fn comments_on_index(table: &Name, index: &Index, comment: &mut impl FnMut(&str, &Option<String>)) {
    let name = table.sibling(index.name.as_deref().unwrap_or_default());
    comment(&format!("index {name}"), &index.comment);
}

fn grants(schema: &Schema, out: &mut Vec<String>) {
    let mut grant = |what: String, grants: &Grants, is_public: bool| {
        if let (Some(_), true) = (grants, is_public) {
            // everybody has the right by default; what is listed takes its place
            out.push(format!("revoke all on {what} from public"));
        }
        for it in grants.iter().flatten() {
            let role = it.role.as_deref().map_or("public".into(), quoted);
            let tail = if it.grantable {
                " with grant option"
            } else {
                ""
            };
            out.push(format!(
                "grant {} on {what} to {role}{tail}",
                it.privileges.join(", ")
            ));
        }
    };
    for it in &schema.schemas {
        grant(format!("schema {}", quoted(&it.name)), &it.grants, false);
    }
    let enums = schema.enums.iter().map(|it| (&it.name, &it.grants));
    let composites = schema.composites.iter().map(|it| (&it.name, &it.grants));
    let ranges = schema.ranges.iter().map(|it| (&it.name, &it.grants));
    let domains = schema.domains.iter().map(|it| (&it.name, &it.grants));
    for (name, grants) in enums.chain(composites).chain(ranges).chain(domains) {
        grant(format!("type {name}"), grants, true);
    }
    for it in &schema.servers {
        let what = format!("foreign server {}", quoted(&it.name));
        grant(what, &it.grants, false);
    }
    for it in &schema.sequences {
        grant(format!("sequence {}", it.name), &it.grants, false);
    }
    for it in &schema.routines {
        grant(
            format!("{} {}", it.kind.sql(), routine::designation(it)),
            &it.grants,
            true,
        );
    }
    for it in &schema.tables {
        grant(format!("table {}", it.name), &it.grants, false);
    }
    for it in &schema.views {
        grant(format!("table {}", it.name), &it.grants, false);
    }
    for table in &schema.tables {
        column_grants(table, out);
    }
}

fn column_grants(table: &Table, out: &mut Vec<String>) {
    for column in &table.columns {
        let name = quoted(&column.name);
        for it in column.grants.iter().flatten() {
            let role = it.role.as_deref().map_or("public".into(), quoted);
            let rights = it
                .privileges
                .iter()
                .map(|right| format!("{right} ({name})"));
            let rights: Vec<String> = rights.collect();
            let tail = if it.grantable {
                " with grant option"
            } else {
                ""
            };
            let table = &table.name;
            out.push(format!(
                "grant {} on table {table} to {role}{tail}",
                rights.join(", ")
            ));
        }
    }
}
