//! The types that a statement gives to columns.

use crate::ast::{Action, ColumnChange, ColumnDef, Kind, Name, ObjectName, Persistence, TypeName};
use crate::lint::context::At;

/// A column and the type that it gets.
pub(in crate::lint::rules) struct Typed<'a> {
    pub(in crate::lint::rules) table: &'a ObjectName,
    pub(in crate::lint::rules) name: &'a Name,
    pub(in crate::lint::rules) type_name: &'a TypeName,
    /// None where a column changes its type.
    pub(in crate::lint::rules) definition: Option<&'a ColumnDef>,
    /// The column is made together with its table.
    pub(in crate::lint::rules) with_table: bool,
}

/// The columns that a statement gives a type, those of temporary tables left out.
pub(in crate::lint::rules) fn typed<'a>(at: &At<'a>) -> Vec<Typed<'a>> {
    match &at.statement.kind {
        Kind::CreateTable(table) if table.persistence != Persistence::Temporary => {
            let columns = table.columns.iter();
            columns
                .filter_map(|it| new(&table.name, it, true))
                .collect()
        }
        Kind::AlterTable(table) => {
            let actions = table.actions.iter();
            let typed = actions.filter_map(|it| match &it.kind {
                Action::AddColumn { column, .. } => new(&table.name, column, false),
                Action::AlterColumn {
                    column,
                    change: ColumnChange::Type { to, .. },
                } => Some(Typed {
                    table: &table.name,
                    name: column,
                    type_name: to,
                    definition: None,
                    with_table: false,
                }),
                _ => None,
            });
            typed.collect()
        }
        _ => Vec::new(),
    }
}

fn new<'a>(table: &'a ObjectName, column: &'a ColumnDef, with_table: bool) -> Option<Typed<'a>> {
    Some(Typed {
        table,
        name: &column.name,
        type_name: column.type_name.as_ref()?,
        definition: Some(column),
        with_table,
    })
}

impl Typed<'_> {
    /// Whether the column can have another type without a change to what exists.
    pub(in crate::lint::rules) fn is_new(&self) -> bool {
        self.definition.is_some()
    }

    /// The built-in type, also of an array's elements.
    pub(in crate::lint::rules) fn element(&self) -> Option<&str> {
        let name = &self.type_name.name;
        name.schema.is_none().then_some(name.name.as_str())
    }
}

/// The type that a small integer had better be.
pub(in crate::lint::rules) fn wider(typed: &Typed<'_>) -> Option<&'static str> {
    match typed.element()? {
        "int4" | "int2" => Some("bigint"),
        "serial4" | "serial2" => Some("bigserial"),
        _ => None,
    }
}
