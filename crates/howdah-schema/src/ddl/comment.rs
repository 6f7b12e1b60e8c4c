//! `comment on`. No IO.

use super::{definition, routine, table, view};
use crate::identifiers::{literal, quoted};
use crate::naming;
use crate::value::{Domain, Index, Name, NotNull, Schema, Table, View};

pub(crate) fn everything(schema: &Schema, out: &mut Vec<String>) {
    let mut comment = |what: &str, text: &Option<String>| {
        if let Some(text) = text {
            out.push(format!("comment on {what} is {}", literal(text)));
        }
    };
    if let Some(public) = &schema.public {
        comment("schema public", &public.comment);
    }
    for it in &schema.extensions {
        comment(&format!("extension {}", quoted(&it.name)), &it.comment);
    }
    for it in &schema.schemas {
        comment(&format!("schema {}", quoted(&it.name)), &it.comment);
    }
    for it in &schema.collations {
        comment(&format!("collation {}", it.name), &it.comment);
    }
    for it in &schema.enums {
        comment(&format!("type {}", it.name), &it.comment);
    }
    for it in &schema.composites {
        comment(&format!("type {}", it.name), &it.comment);
        for attribute in &it.attributes {
            let name = quoted(&attribute.name);
            comment(&format!("column {}.{name}", it.name), &attribute.comment);
        }
    }
    for it in &schema.ranges {
        comment(&format!("type {}", it.name), &it.comment);
    }
    for it in &schema.domains {
        comment(&format!("domain {}", it.name), &it.comment);
        comments_on_checks(it, &mut comment);
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
    for it in &schema.definitions {
        comment(&definition::designation(it), &it.comment);
    }
    for it in &schema.tables {
        comments_on_table(it, &mut comment);
    }
    for it in &schema.views {
        comments_on_view(it, &mut comment);
    }
    for it in &schema.statistics {
        comment(&format!("statistics {}", it.name), &it.comment);
    }
}

/// On what is made after all the rest.
pub(crate) fn of_the_last(schema: &Schema, out: &mut Vec<String>) {
    let mut comment = |what: String, text: &Option<String>| {
        if let Some(text) = text {
            out.push(format!("comment on {what} is {}", literal(text)));
        }
    };
    for it in &schema.publications {
        comment(format!("publication {}", quoted(&it.name)), &it.comment);
    }
    for it in &schema.event_triggers {
        comment(format!("event trigger {}", quoted(&it.name)), &it.comment);
    }
}

fn comments_on_checks(domain: &Domain, comment: &mut impl FnMut(&str, &Option<String>)) {
    let name = &domain.name;
    for it in &domain.checks {
        let check = quoted(it.name.as_deref().unwrap_or_default());
        comment(&format!("constraint {check} on domain {name}"), &it.comment);
    }
    if let Some(it) = &domain.not_null_constraint {
        let usual = naming::object_name(&name.name, "", "not_null");
        let not_null = quoted(it.name.as_deref().unwrap_or(&usual)).into_owned();
        comment(
            &format!("constraint {not_null} on domain {name}"),
            &it.comment,
        );
    }
}

fn comments_on_view(it: &View, comment: &mut impl FnMut(&str, &Option<String>)) {
    let name = &it.name;
    comment(&format!("{} {name}", view::kind(it)), &it.comment);
    for column in &it.columns {
        comment(
            &format!("column {name}.{}", quoted(&column.name)),
            &column.comment,
        );
    }
    for index in &it.indexes {
        comments_on_index(name, index, comment);
    }
    for trigger in &it.triggers {
        comment(
            &format!("trigger {} on {name}", quoted(&trigger.name)),
            &trigger.comment,
        );
    }
    for rule in &it.rules {
        comment(
            &format!("rule {} on {name}", quoted(&rule.name)),
            &rule.comment,
        );
    }
}

fn comments_on_table(table: &Table, comment: &mut impl FnMut(&str, &Option<String>)) {
    let name = &table.name;
    comment(&format!("{} {name}", table::kind(table)), &table.comment);
    for it in &table.columns {
        comment(&format!("column {name}.{}", quoted(&it.name)), &it.comment);
        comment_on_not_null(table, &it.name, it.not_null_constraint.as_ref(), comment);
    }
    for it in &table.inherited {
        comment(&format!("column {name}.{}", quoted(&it.name)), &it.comment);
        comment_on_not_null(table, &it.name, it.not_null_constraint.as_ref(), comment);
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
    for it in &table.rules {
        comment(&format!("rule {} on {name}", quoted(&it.name)), &it.comment);
    }
    for it in &table.policies {
        comment(
            &format!("policy {} on {name}", quoted(&it.name)),
            &it.comment,
        );
    }
}

fn comment_on_not_null(
    table: &Table,
    column: &str,
    it: Option<&NotNull>,
    comment: &mut impl FnMut(&str, &Option<String>),
) {
    if let Some(it) = it {
        let usual = naming::object_name(&table.name.name, column, "not_null");
        let name = quoted(it.name.as_deref().unwrap_or(&usual));
        comment(&format!("constraint {name} on {}", table.name), &it.comment);
    }
}

fn comments_on_index(table: &Name, index: &Index, comment: &mut impl FnMut(&str, &Option<String>)) {
    let name = table.sibling(index.name.as_deref().unwrap_or_default());
    comment(&format!("index {name}"), &index.comment);
}
