//! What models declare beside their columns: constraints, indexes, triggers, policies, partitions. No IO.

use super::context::{Context, dotted, grant};
use super::source::Node;
use super::tables::Said;
use crate::naming::{usual_constraint, usual_index};
use crate::value::{
    Action, Column, Constraint, ConstraintKind, Deferral, Direction, Element, Enabled, Index, Name,
    Nulls, Options, Policy, PolicyCommand, Table, Trigger, View,
};

/// The list for a table, without what its columns say.
pub(super) fn of_table(context: &Context<'_>, table: &Table, said: &Said<'_>) -> Vec<Node> {
    let mut list = Vec::new();
    if let Some(by) = &table.partition_by {
        list.push(
            Node::call("partition_by")
                .with_text(by.method.sql())
                .with_text(&by.keys),
        );
    }
    for it in table
        .constraints
        .iter()
        .filter(|it| !said.has_constraint(it))
    {
        list.push(constraint(context, table, it));
    }
    list.extend(of_columns(context, &table.name, &table.columns));
    own(context, table, &mut list, said);
    list
}

/// The list for a view.
pub(super) fn of_view(context: &Context<'_>, view: &View) -> Vec<Node> {
    let mut list: Vec<Node> = view
        .indexes
        .iter()
        .map(|it| index(context, &view.name, it))
        .collect();
    list.extend(
        view.triggers
            .iter()
            .map(|it| trigger(context, &view.name, it)),
    );
    list.extend(view.grants.iter().flatten().map(|it| grant(it, &[])));
    list
}

/// Indexes, triggers, policies, grants and partitions.
fn own(context: &Context<'_>, table: &Table, list: &mut Vec<Node>, said: &Said<'_>) {
    for it in table.indexes.iter().filter(|it| !said.has_index(it)) {
        list.push(index(context, &table.name, it));
    }
    list.extend(
        table
            .triggers
            .iter()
            .map(|it| trigger(context, &table.name, it)),
    );
    list.extend(table.policies.iter().map(policy));
    list.extend(table.grants.iter().flatten().map(|it| grant(it, &[])));
    let is_part = |it: &&Table| {
        it.partition_of
            .as_ref()
            .is_some_and(|of| of.parent == table.name)
    };
    let parts = context.schema.tables.iter().filter(is_part);
    list.extend(parts.map(|it| partition(context, it)));
}

fn partition(context: &Context<'_>, table: &Table) -> Node {
    let bounds = table.partition_of.as_ref().map(|of| of.bounds.as_str());
    let by = table.partition_by.as_ref().map(|by| {
        Node::call("partition_by")
            .with_text(by.method.sql())
            .with_text(&by.keys)
    });
    let said = Said::default();
    let mut list: Vec<Node> = Vec::new();
    for it in &table.constraints {
        list.push(constraint(context, table, it));
    }
    own(context, table, &mut list, &said);
    Node::call("partition")
        .with_text(&table.name.name)
        .with_text(bounds.unwrap_or_default())
        .text("schema", table.name.schema.as_ref())
        .named("partition_by", by)
        .list("declare", list)
        .named("with_", options(&table.options))
        .text("server", table.foreign.as_ref().map(|of| &of.server))
        .named("server_options", server_options(table))
        .flag("unlogged", table.unlogged)
        .text("tablespace", table.tablespace.as_ref())
        .text("comment", table.comment.as_ref())
}

/// What is said of a foreign table to its server.
pub(super) fn server_options(table: &Table) -> Option<Node> {
    options(&table.foreign.as_ref()?.options)
}

/// What no option of a column says.
fn of_columns(context: &Context<'_>, relation: &Name, columns: &[Column]) -> Vec<Node> {
    let mut list = Vec::new();
    for column in columns {
        let path = context.path(relation, &column.name).unwrap_or_default();
        let attribute = path.rsplit('.').next().unwrap_or_default().to_owned();
        let is_plain = column.identity.is_none() && column.generated.is_none();
        let call = Node::call("column_settings").named(
            "statistics",
            column.statistics.map(|it| Node::Text(it.to_string())),
        );
        let call = call.named("foreign_options", options(&column.foreign_options));
        let call = if is_plain {
            call
        } else {
            call.text("collation", column.collation.as_ref().map(|it| &it.name))
                .text("compression", column.compression.as_ref())
                .text("storage", column.storage.as_ref())
        };
        if let Node::Call(head, mut arguments) = call
            && !arguments.is_empty()
        {
            arguments.insert(0, (None, Node::literal(&attribute)));
            list.push(Node::Call(head, arguments));
        }
        let one = [attribute];
        list.extend(column.grants.iter().flatten().map(|it| grant(it, &one)));
    }
    list
}

fn constraint(context: &Context<'_>, table: &Table, it: &Constraint) -> Node {
    let relation = &table.name;
    let usual = usual_constraint(table, it);
    let name = it.name.as_ref().filter(|name| **name != usual);
    let call = match &it.kind {
        ConstraintKind::PrimaryKey {
            include,
            without_overlaps,
            options: storage,
            ..
        } => Node::call("primary_key")
            .texts("include", &attributes(context, relation, include))
            .flag("without_overlaps", *without_overlaps)
            .named("with_", options(storage)),
        ConstraintKind::Unique {
            columns,
            include,
            nulls_not_distinct,
            without_overlaps,
            options: storage,
        } => arguments(
            Node::call("unique"),
            &attributes(context, relation, columns),
        )
        .texts("include", &attributes(context, relation, include))
        .flag("nulls_not_distinct", *nulls_not_distinct)
        .flag("without_overlaps", *without_overlaps)
        .named("with_", options(storage)),
        ConstraintKind::Check {
            expression,
            no_inherit,
        } => Node::call("check")
            .with_text(expression)
            .flag("no_inherit", *no_inherit),
        ConstraintKind::ForeignKey { .. } => foreign_key(context, relation, &it.kind),
        ConstraintKind::Exclude { .. } => exclude(context, relation, &it.kind),
    };
    call.flag("deferrable", it.deferral == Deferral::Deferrable)
        .flag(
            "initially_deferred",
            it.deferral == Deferral::InitiallyDeferred,
        )
        .flag("not_valid", it.not_valid)
        .flag("not_enforced", it.not_enforced)
        .text("name", name)
        .text("comment", it.comment.as_ref())
}

fn foreign_key(context: &Context<'_>, relation: &Name, kind: &ConstraintKind) -> Node {
    let ConstraintKind::ForeignKey {
        columns,
        references,
        referenced_columns,
        on_delete,
        on_update,
        on_delete_columns,
        match_full,
        period,
    } = kind
    else {
        return Node::call("foreign_key");
    };
    let paths: Option<Vec<String>> = referenced_columns
        .iter()
        .map(|it| context.path(references, it))
        .collect();
    let call =
        Node::call("foreign_key").with(Node::strings(&attributes(context, relation, columns)));
    let call = match paths {
        Some(paths) if paths.len() == 1 => {
            call.with(Node::Text(format!("lambda: {}", paths.concat())))
        }
        Some(paths) => call.with(Node::Text(format!("lambda: ({})", paths.join(", ")))),
        None => call
            .with_text(&dotted(references))
            .with(Node::strings(referenced_columns)),
    };
    let action = |it: Action| (it != Action::NoAction).then(|| it.sql());
    call.text("on_delete", action(*on_delete))
        .text("on_update", action(*on_update))
        .texts(
            "on_delete_columns",
            &attributes(context, relation, on_delete_columns),
        )
        .flag("match_full", *match_full)
        .flag("period", *period)
}

fn exclude(context: &Context<'_>, relation: &Name, kind: &ConstraintKind) -> Node {
    let ConstraintKind::Exclude {
        method,
        elements,
        operators,
        include,
        predicate,
        options: storage,
    } = kind
    else {
        return Node::call("exclude");
    };
    let mut call = Node::call("exclude");
    for (it, operator) in elements.iter().zip(operators) {
        let element = element(context, relation, it).source(0, 0);
        let operator = super::source::literal(operator);
        call = call.with(Node::Text(format!("({element}, {operator})")));
    }
    call.text("using", (method != "gist").then_some(method))
        .texts("include", &attributes(context, relation, include))
        .text("where", predicate.as_ref())
        .named("with_", options(storage))
}

fn index(context: &Context<'_>, relation: &Name, it: &Index) -> Node {
    let usual = usual_index(&relation.name, it);
    let mut call = Node::call("index");
    for element in &it.elements {
        call = call.with(self::element(context, relation, element));
    }
    call.flag("unique", it.unique)
        .text("using", it.method.as_ref())
        .texts("include", &attributes(context, relation, &it.include))
        .text("where", it.predicate.as_ref())
        .flag("nulls_not_distinct", it.nulls_not_distinct)
        .named("with_", options(&it.options))
        .text("tablespace", it.tablespace.as_ref())
        .text("name", it.name.as_ref().filter(|name| **name != usual))
        .text("comment", it.comment.as_ref())
}

fn element(context: &Context<'_>, relation: &Name, it: &Element) -> Node {
    let subject = match (&it.column, &it.expression) {
        (Some(column), _) => match context.path(relation, column) {
            Some(path) => path.rsplit('.').next().unwrap_or_default().to_owned(),
            None => column.clone(),
        },
        (None, expression) => expression.clone().unwrap_or_default(),
    };
    let nulls = it.nulls.map(|it| match it {
        Nulls::First => "first",
        Nulls::Last => "last",
    });
    let call = Node::call("element")
        .text("operator_class", it.operator_class.as_ref())
        .text("collation", it.collation.as_ref().map(|it| &it.name))
        .text("order", (it.direction == Direction::Desc).then_some("desc"))
        .text("nulls", nulls);
    match call {
        Node::Call(head, mut arguments) if !arguments.is_empty() => {
            arguments.insert(0, (None, Node::literal(&subject)));
            Node::Call(head, arguments)
        }
        _ => Node::literal(&subject),
    }
}

fn trigger(context: &Context<'_>, relation: &Name, it: &Trigger) -> Node {
    let when = format!("{} {}", it.timing.sql(), it.events.join(" or "));
    let enabled = match it.enabled {
        Enabled::Origin => None,
        Enabled::Disabled => Some("disabled"),
        Enabled::Replica => Some("replica"),
        Enabled::Always => Some("always"),
    };
    let call = Node::call("trigger")
        .with_text(&it.name)
        .with_text(&when)
        .with(context.function(&it.function));
    arguments(call, &it.arguments)
        .texts("columns", &attributes(context, relation, &it.columns))
        .text("each", it.for_each_statement.then_some("statement"))
        .text("condition", it.condition.as_ref())
        .text("old_table", it.old_table.as_ref())
        .text("new_table", it.new_table.as_ref())
        .flag("constraint", it.constraint)
        .flag("deferrable", it.deferral == Deferral::Deferrable)
        .flag(
            "initially_deferred",
            it.deferral == Deferral::InitiallyDeferred,
        )
        .text("enabled", enabled)
        .text("comment", it.comment.as_ref())
}

fn policy(it: &Policy) -> Node {
    let command = (it.command != PolicyCommand::All).then(|| it.command.sql());
    Node::call("policy")
        .with_text(&it.name)
        .text("using", it.using.as_ref())
        .text("check", it.check.as_ref())
        .text("command", command)
        .texts("to", &it.roles)
        .flag("restrictive", it.restrictive)
        .text("comment", it.comment.as_ref())
}

/// Options as a dict, where there are some.
pub(super) fn options(options: &Options) -> Option<Node> {
    if options.is_empty() {
        return None;
    }
    let pair = |(name, value): (&String, &String)| {
        format!(
            "{}: {}",
            super::source::literal(name),
            super::source::literal(value)
        )
    };
    let pairs: Vec<String> = options.iter().map(pair).collect();
    Some(Node::Text(format!("{{{}}}", pairs.join(", "))))
}

fn arguments(call: Node, texts: &[String]) -> Node {
    texts.iter().fold(call, |call, it| call.with_text(it))
}

/// The columns as attributes; those of a partition as they are.
fn attributes(context: &Context<'_>, relation: &Name, columns: &[String]) -> Vec<String> {
    let attribute = |it: &String| match context.path(relation, it) {
        Some(path) => path.rsplit('.').next().unwrap_or_default().to_owned(),
        None => it.clone(),
    };
    columns.iter().map(attribute).collect()
}
