//! Columns: `ADD`, `DROP`, and `ALTER COLUMN` but for its type.

use super::{Form, Found, Roles, constraints};
use crate::ast::{
    ColumnChange, ColumnDef, ConstraintKind, DropBehavior, Name, Node, ObjectName, TypeName,
};
use crate::locks::known::{Generated, Known, Relation};
use crate::locks::proofs::proves_not_null;
use crate::locks::table::Role;
use crate::locks::volatility::volatility;

pub(super) fn add(
    table: &ObjectName,
    column: &ColumnDef,
    if_not_exists: bool,
    found: &mut Found<'_>,
) {
    let roles = Roles::of(table, false);
    if if_not_exists && found.known.has_column(table, &column.name) {
        found.add(Form::AddColumnThere, &roles);
        return;
    }
    let form = match found.known.kind(table) {
        Some(Relation::ForeignTable) => Form::AddColumn, // its rows are elsewhere
        _ => kind_of_new(column, found),
    };
    found.add(form, &roles);
    if is_empty_not_null(column, form) && found.known.kind(table) != Some(Relation::ForeignTable) {
        found.add(Form::AddColumnNotNull, &roles);
    }
    if let Some(default) = column.default() {
        default_of_sequence(&default.node, form == Form::AddColumnVolatileDefault, found);
    }
    let filled = !matches!(form, Form::AddColumn | Form::AddColumnVirtual);
    for constraint in &column.constraints {
        match &constraint.kind {
            ConstraintKind::ForeignKey(key) if !filled => {
                let referenced = found.known.with_partitions(&key.references);
                let roles = roles.clone().with(Role::Referenced, referenced);
                found.add(Form::AddColumnReferences, &roles);
            }
            ConstraintKind::ForeignKey(_)
            | ConstraintKind::Check(_)
            | ConstraintKind::Unique(_)
            | ConstraintKind::PrimaryKey(_) => {
                constraints::add_with_column(table, constraint, found);
            }
            _ => {}
        }
    }
}

/// Whether no row can have a value in a new column that needs one: whether there are rows is looked up.
fn is_empty_not_null(column: &ColumnDef, form: Form) -> bool {
    let says_so = |it: &ConstraintKind| matches!(it, ConstraintKind::NotNull(_));
    matches!(form, Form::AddColumn | Form::AddColumnVirtual)
        && column.constraints.iter().any(|it| says_so(&it.kind))
}

/// Which line a new column is, its constraints aside.
fn kind_of_new(column: &ColumnDef, found: &mut Found<'_>) -> Form {
    let of_kind = |wanted: fn(&ConstraintKind) -> Option<Form>| {
        column.constraints.iter().find_map(|it| wanted(&it.kind))
    };
    if let Some(form) = of_kind(|kind| match kind {
        ConstraintKind::Generated { stored: true, .. } => Some(Form::AddColumnStored),
        ConstraintKind::Generated { .. } => Some(Form::AddColumnVirtual),
        ConstraintKind::Identity { .. } => Some(Form::AddColumnIdentity),
        _ => None,
    }) {
        return form;
    }
    let type_name = column.type_name.as_ref();
    if type_name.is_some_and(|it| it.serial().is_some()) {
        return Form::AddColumnSerial;
    }
    if type_name.is_some_and(|it| is_constrained_domain(it, found)) {
        return Form::AddColumnConstrainedDomain;
    }
    match column.default() {
        Some(default) => kind_of_default(&default.node, found),
        None => match type_name.and_then(|it| found.known.domain_default(it)) {
            // before 13 a domain's default is computed once, volatile or not
            Some(_) if found.known.version < 13 => Form::AddColumnDefault,
            Some(default) => kind_of_default(&default, found),
            None => Form::AddColumn,
        },
    }
}

fn is_constrained_domain(type_name: &TypeName, found: &mut Found<'_>) -> bool {
    match found.known.is_constrained_domain(type_name) {
        Some(constrained) => constrained,
        None => {
            found.assume(format!(
                "type {} is not known here; taken for one that is no domain with constraints",
                type_name.name
            ));
            false
        }
    }
}

fn kind_of_default(default: &Node, found: &mut Found<'_>) -> Form {
    if is_null(default) {
        return Form::AddColumn;
    }
    let volatility = volatility(default, &found.known);
    for function in &volatility.unknown {
        found.assume(format!(
            "function {function} is not known here; taken for volatile, as functions are by default"
        ));
    }
    if !volatility.reads.is_empty() {
        let roles = Roles::none().with(Role::Reads, volatility.reads);
        found.add(Form::Select, &roles);
    }
    if volatility.volatile {
        Form::AddColumnVolatileDefault
    } else {
        Form::AddColumnDefault
    }
}

/// A default that draws from a sequence, and whether it does so at once.
pub(super) fn default_of_sequence(default: &Node, runs: bool, found: &mut Found<'_>) {
    let sequences = found.known.sequences_in(default);
    if runs && calls(default, "lastval") {
        found.unknown_because("which sequence `lastval` means");
    }
    if sequences.is_empty() {
        return;
    }
    if runs {
        let roles = Roles::none().with(Role::Affected, sequences);
        found.add(Form::UseSequence, &roles);
    } else {
        let roles = Roles::none().with(Role::Sequences, sequences);
        found.add(Form::DefaultOfSequence, &roles);
    }
}

fn calls(node: &Node, function: &str) -> bool {
    let mut calls = false;
    node.walk(&mut |node| {
        calls |= matches!(node, Node::Call(call) if call.name.name == function);
    });
    calls
}

fn is_null(node: &Node) -> bool {
    match node {
        Node::Null => true,
        Node::Cast { operand, .. } => is_null(operand),
        _ => false,
    }
}

pub(super) fn drop(
    table: &ObjectName,
    only: bool,
    column: &Name,
    behavior: DropBehavior,
    found: &mut Found<'_>,
) {
    let known = &found.known;
    if known.has_columns(table) && !known.has_column(table, column) {
        found.add(Form::DropColumnMissing, &Roles::of(table, false));
        return;
    }
    // children keep the column where the parent alone loses it: it is theirs then
    let (tables, touched) = if only {
        (vec![table.clone()], known.partitions(table))
    } else {
        (known.with_descendants(table), known.descendants(table))
    };
    let referenced = tables.iter().flat_map(|it| {
        known
            .foreign_keys(it)
            .into_iter()
            .filter(|key| key.columns.iter().any(|name| **name == **column))
            .flat_map(|key| known.with_keyed_partitions(&key.referenced))
    });
    let dependents = match behavior {
        DropBehavior::Cascade => known.dependents_of_column(table, column),
        DropBehavior::Restrict => Vec::new(),
    };
    let roles = Roles::of(table, false)
        .with(Role::Descendants, touched)
        .with(
            Role::ColumnIndexes,
            known.indexes_with_column(table, column),
        )
        .with(Role::Sequences, known.sequences_of_column(table, column))
        .with(Role::Referenced, referenced.collect::<Vec<_>>())
        .with(Role::Dependents, dependents);
    found.add(Form::DropColumn, &roles);
}

pub(super) fn alter(
    table: &ObjectName,
    only: bool,
    column: &Name,
    change: &ColumnChange,
    found: &mut Found<'_>,
) {
    let roles = Roles::of(table, only);
    let sequences = found.known.sequences_of_column(table, column);
    let of_sequence = || roles.clone().with(Role::Sequences, sequences.clone());
    match change {
        ColumnChange::SetDefault(default) => {
            found.add(Form::SetDefault, &roles);
            default_of_sequence(&default.node, false, found);
        }
        ColumnChange::DropDefault => found.add(Form::SetDefault, &roles),
        ColumnChange::SetNotNull => set_not_null(table, only, &[column.text.as_str()], found),
        ColumnChange::DropNotNull if found.known.is_not_null(table, column) == Some(false) => {
            found.add(Form::DropNotNullMissing, &roles);
        }
        ColumnChange::DropNotNull => found.add(Form::DropNotNull, &roles),
        ColumnChange::SetExpression(_) => {
            let form = match found.known.generated(table, column) {
                Some(Generated::Virtual) => Form::SetExpressionVirtual,
                _ => Form::SetExpression,
            };
            found.add(form, &roles);
        }
        ColumnChange::DropExpression { .. } => found.add(Form::DropExpression, &roles),
        ColumnChange::AddIdentity { .. } => found.add(Form::AddIdentity, &roles),
        ColumnChange::SetIdentity { .. } => found.add(Form::SetIdentity, &of_sequence()),
        ColumnChange::DropIdentity { .. } => found.add(Form::DropIdentity, &of_sequence()),
        ColumnChange::SetStatistics(_) => found.add(Form::SetStatistics, &roles),
        ColumnChange::SetOptions(_) | ColumnChange::ResetOptions(_) => {
            found.add(Form::SetColumnOptions, &roles);
        }
        ColumnChange::SetStorage(_) => found.add(Form::SetStorage, &roles),
        ColumnChange::SetCompression(_) => found.add(Form::SetCompression, &roles),
        ColumnChange::ForeignOptions => found.add(Form::ForeignColumnOptions, &roles),
        ColumnChange::Type { .. } | ColumnChange::Other => {
            found.unknown_because("what this change of a column does");
        }
    }
}

/// Some columns become NOT NULL: each table is scanned in which that is not proven.
pub(super) fn set_not_null(
    table: &ObjectName,
    only: bool,
    columns: &[&str],
    found: &mut Found<'_>,
) {
    let roles = Roles::of(table, only);
    let unproven = unproven(table, only, columns, &found.known);
    if unproven.is_empty() {
        found.add(Form::SetNotNullProven, &roles);
    } else {
        found.add(Form::SetNotNull, &roles.with(Role::Affected, unproven));
    }
}

/// The tables of a family in which rows may have NULL in one of the columns.
pub(super) fn unproven(
    table: &ObjectName,
    only: bool,
    columns: &[&str],
    known: &Known<'_>,
) -> Vec<ObjectName> {
    let family = if only {
        vec![table.clone()]
    } else {
        known.with_descendants(table)
    };
    let is_proven = |table: &ObjectName, column: &str| {
        known.is_never_null(table, column)
            || (known.version >= 12
                && known
                    .checks(table)
                    .iter()
                    .any(|check| check.valid && proves_not_null(&check.expr.node, column)))
    };
    family
        .into_iter()
        .filter(|table| !columns.iter().all(|column| is_proven(table, column)))
        .collect()
}
