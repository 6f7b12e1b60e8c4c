//! The classes of tables and views. No IO.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use super::context::{Context, dotted};
use super::names::snake_case;
use super::source::Node;
use super::{columns, declarations, relations};
use crate::naming::{usual_constraint, usual_index};
use crate::value::{Constraint, ConstraintKind, Deferral, Element, Index, Name, Table, View};

/// The classes, tables first.
pub(super) fn all(context: &Context<'_>) -> Vec<String> {
    let relations = relations::Relations::of(context);
    let tables = context
        .schema
        .tables
        .iter()
        .filter(|it| it.partition_of.is_none());
    let tables = tables.map(|it| table(context, &relations, it));
    tables
        .chain(context.schema.views.iter().map(|it| view(context, it)))
        .collect()
}

/// What the columns of a table say of its constraints and indexes.
#[derive(Debug, Default)]
pub(super) struct Said<'a> {
    /// The columns of the primary key.
    pub(super) key: Vec<String>,
    /// The class says the key, because it has another order than the columns.
    pub(super) key_is_apart: bool,
    pub(super) unique: HashSet<String>,
    pub(super) indexed: HashSet<String>,
    /// The columns that a key begins with: no index of theirs is made.
    pub(super) leading: HashSet<String>,
    pub(super) checks: HashMap<&'a str, String>,
    /// The foreign keys of single columns, and whether they have the usual name.
    pub(super) references: HashMap<&'a str, (&'a Constraint, bool)>,
    constraints: Vec<&'a Constraint>,
    indexes: Vec<&'a Index>,
}

impl<'a> Said<'a> {
    pub(super) fn of(context: &Context<'_>, table: &'a Table) -> Self {
        let mut said = Self::default();
        for it in &table.constraints {
            said.constraint(context, table, it);
        }
        let first = said.key.first().cloned();
        said.leading = said.unique.iter().cloned().chain(first).collect();
        for it in &table.indexes {
            if let Some(column) = plain_index(table, it)
                && !said.leading.contains(column)
                && said.indexed.insert(column.to_owned())
            {
                said.indexes.push(it);
            }
        }
        said
    }

    pub(super) fn has_constraint(&self, it: &Constraint) -> bool {
        self.constraints
            .iter()
            .any(|known| std::ptr::eq(*known, it))
    }

    pub(super) fn has_index(&self, it: &Index) -> bool {
        self.indexes.iter().any(|known| std::ptr::eq(*known, it))
    }

    fn constraint(&mut self, context: &Context<'_>, table: &'a Table, it: &'a Constraint) {
        let usual = it.name.as_ref() == Some(&usual_constraint(table, it));
        let is_plain = it.deferral == Deferral::NotDeferrable
            && !it.not_valid
            && !it.not_enforced
            && it.comment.is_none();
        match &it.kind {
            ConstraintKind::PrimaryKey {
                columns,
                include,
                without_overlaps,
                options,
            } => {
                let own = table.columns.iter().map(|it| &it.name);
                let in_order: Vec<&String> = own.filter(|it| columns.contains(it)).collect();
                self.key_is_apart = !in_order.into_iter().eq(columns);
                self.key.clone_from(columns);
                let nothing_more = include.is_empty() && options.is_empty() && !without_overlaps;
                if usual && is_plain && nothing_more {
                    self.constraints.push(it);
                }
            }
            ConstraintKind::Unique {
                columns,
                include,
                nulls_not_distinct: false,
                without_overlaps: false,
                options,
            } if usual && is_plain && include.is_empty() && options.is_empty() => {
                if let [column] = columns.as_slice()
                    && is_col(table, column)
                {
                    self.unique.insert(column.clone());
                    self.constraints.push(it);
                }
            }
            ConstraintKind::Check {
                expression,
                no_inherit: false,
            } if usual && is_plain => {
                let column = table.columns.iter().find(|column| {
                    let name = &*column.name;
                    crate::ddl::words(expression).any(|word| word == name)
                });
                if let Some(column) = column
                    && usual_names_column(table, it, &column.name)
                    && is_col(table, &column.name)
                    && relations_key(context, table, &column.name).is_none()
                {
                    self.checks.insert(&column.name, expression.clone());
                    self.constraints.push(it);
                }
            }
            ConstraintKind::ForeignKey { .. } => {
                if let Some(column) = relations::single(context, table, it)
                    && !self.references.contains_key(&*column.name)
                {
                    self.references.insert(&column.name, (it, usual));
                    self.constraints.push(it);
                }
            }
            _ => {}
        }
    }
}

/// Whether the usual name of a check is that of this one column.
fn usual_names_column(table: &Table, it: &Constraint, column: &str) -> bool {
    usual_constraint(table, it) == crate::naming::object_name(&table.name.name, column, "check")
}

/// Whether `col` or `references` says the column.
fn is_col(table: &Table, column: &str) -> bool {
    let found = table.columns.iter().find(|it| it.name == column);
    found.is_some_and(|it| it.identity.is_none() && it.generated.is_none())
}

/// The foreign key of a column that `references` says.
fn relations_key<'a>(
    context: &Context<'_>,
    table: &'a Table,
    column: &str,
) -> Option<&'a Constraint> {
    let is_it = |it: &&'a Constraint| {
        relations::single(context, table, it).is_some_and(|found| found.name == column)
    };
    table.constraints.iter().find(is_it)
}

/// The column of an index that `index=True` says.
fn plain_index<'a>(table: &Table, it: &'a Index) -> Option<&'a str> {
    let [element] = it.elements.as_slice() else {
        return None;
    };
    let column = element.column.as_deref()?;
    let plain = Index {
        name: it.name.clone(),
        elements: vec![Element {
            column: Some(column.to_owned()),
            ..Element::default()
        }],
        ..Index::default()
    };
    let has_identity = table
        .columns
        .iter()
        .any(|it| it.name == column && it.identity.is_some());
    let is_usual = it.name.as_ref() == Some(&usual_index(&table.name.name, it));
    (*it == plain && is_usual && !has_identity).then_some(column)
}

fn table(context: &Context<'_>, relations: &relations::Relations<'_>, it: &Table) -> String {
    let said = Said::of(context, it);
    let security = match (it.row_security, it.force_row_security) {
        (true, true) => Some(Node::literal("force")),
        (true, false) if it.policies.is_empty() => Some(Node::Text("True".to_owned())),
        _ => None,
    };
    let key = said.key_is_apart.then(|| {
        let attribute = |it: &String| super::source::literal(it);
        let columns = context.columns(&it.name, &said.key);
        let columns: Vec<String> = columns.iter().map(attribute).collect();
        Node::Text(format!("({},)", columns.join(", ")))
    });
    let parents: Vec<String> = it.inherits.iter().map(dotted).collect();
    let head = head(context, &it.name)
        .named("primary_key", key)
        .texts("inherits", &parents)
        .text("server", it.foreign.as_ref().map(|of| &of.server))
        .named("server_options", declarations::server_options(it))
        .flag("unlogged", it.unlogged)
        .named("row_security", security)
        .named("with_", declarations::options(&it.options))
        .text("tablespace", it.tablespace.as_ref())
        .text("replica_identity", it.replica_identity.as_ref())
        .text("comment", it.comment.as_ref())
        .list("declare", declarations::of_table(context, it, &said));
    let mut lines: Vec<String> = it
        .columns
        .iter()
        .map(|column| columns::line(context, &it.name, column, &said))
        .collect();
    lines.extend(relations.lines(context, it));
    class(&head, &lines)
}

fn view(context: &Context<'_>, it: &View) -> String {
    let no = Node::Text("False".to_owned());
    let depends_on: Vec<String> = it.depends_on.iter().map(dotted).collect();
    let head = head(context, &it.name)
        .text("view", Some(&it.query))
        .flag("materialized", it.materialized)
        .named("with_data", it.without_data.then_some(no))
        .named("with_", declarations::options(&it.options))
        .texts("depends_on", &depends_on)
        .text("comment", it.comment.as_ref())
        .list("declare", declarations::of_view(context, it));
    let line = |column| columns::line_of_view(context, &it.name, column);
    let lines: Vec<String> = it.columns.iter().map(line).collect();
    class(&head, &lines)
}

/// `class Book(Model, table=…, schema=…`.
fn head(context: &Context<'_>, name: &Name) -> Node {
    let class = context.names.class(name).unwrap_or_default();
    Node::call(format!("class {class}"))
        .with(Node::Text("Model".to_owned()))
        .text(
            "table",
            (snake_case(class) != name.name).then_some(&name.name),
        )
        .text("schema", name.schema.as_ref())
}

fn class(head: &Node, lines: &[String]) -> String {
    let mut text = format!("{}:\n", head.source(0, 1));
    for line in lines {
        let _ = writeln!(text, "    {line}"); // into a String: cannot fail
    }
    if lines.is_empty() {
        text.push_str("    pass\n");
    }
    text
}
