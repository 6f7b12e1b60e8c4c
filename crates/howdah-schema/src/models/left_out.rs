//! What a schema has and models cannot say. No IO.

use crate::value::{Column, Name, Rule, Schema, Table, View};

/// One line for each object or part that the module of models does not have.
#[must_use]
pub fn left_out(schema: &Schema) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(
        schema
            .collations
            .iter()
            .map(|it| format!("collation {}", it.name)),
    );
    lines.extend(
        schema
            .definitions
            .iter()
            .map(|it| format!("{} {}", it.kind.sql(), it.designation)),
    );
    schema.tables.iter().for_each(|it| of_table(it, &mut lines));
    schema.views.iter().for_each(|it| of_view(it, &mut lines));
    lines.extend(
        schema
            .statistics
            .iter()
            .map(|it| format!("statistics {}", it.name)),
    );
    lines.extend(
        schema
            .event_triggers
            .iter()
            .map(|it| format!("event trigger {}", it.name)),
    );
    lines.extend(
        schema
            .publications
            .iter()
            .map(|it| format!("publication {}", it.name)),
    );
    if !schema.default_privileges.is_empty() {
        lines.push("default privileges".to_owned());
    }
    if schema.public.is_some() {
        lines.push("comment and privileges of schema public".to_owned());
    }
    lines.extend(
        schema
            .unknown
            .iter()
            .map(|it| format!("{} ({})", it.name, it.kind)),
    );
    lines
}

fn of_table(it: &Table, lines: &mut Vec<String>) {
    let name = &it.name;
    rules(name, &it.rules, lines);
    let parts = [
        (
            !it.inherited.is_empty(),
            "own settings of inherited columns",
        ),
        (
            it.columns.iter().any(has_named_sequence),
            "names of identity columns' sequences",
        ),
        (
            !it.trigger_states.is_empty(),
            "the sessions of a parent's triggers",
        ),
        (has_own_order(it), "the order of columns"),
        (it.of_type.is_some(), "the type"),
        (it.access_method.is_some(), "the access method"),
        (it.clustered_on.is_some(), "the index it is clustered by"),
    ];
    let there = parts.iter().filter(|(is_there, _)| *is_there);
    lines.extend(there.map(|(_, what)| format!("{what} of table {name}")));
}

fn has_own_order(it: &Table) -> bool {
    let of = it.partition_of.as_ref();
    of.is_some_and(|of| !of.columns.is_empty())
}

fn has_named_sequence(column: &Column) -> bool {
    let identity = column.identity.as_ref();
    identity.is_some_and(|it| it.sequence.is_some())
}

fn of_view(it: &View, lines: &mut Vec<String>) {
    let name = &it.name;
    rules(name, &it.rules, lines);
    let parts = [
        (
            it.columns.iter().any(|it| it.default.is_some()),
            "defaults of columns",
        ),
        (it.access_method.is_some(), "the access method"),
        (it.tablespace.is_some(), "the tablespace"),
        (it.clustered_on.is_some(), "the index it is clustered by"),
    ];
    let there = parts.iter().filter(|(is_there, _)| *is_there);
    lines.extend(there.map(|(_, what)| format!("{what} of view {name}")));
}

fn rules(relation: &Name, rules: &[Rule], lines: &mut Vec<String>) {
    lines.extend(
        rules
            .iter()
            .map(|it| format!("rule {} on {relation}", it.name)),
    );
}
