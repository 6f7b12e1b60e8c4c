//! Which lines of the table a statement is, and which relations it means.
//!
//! No IO. A file for each subject, as in the table. Nothing is said here about locks: that is
//! [`super::table`]'s.

mod alter_table;
mod column_type;
mod columns;
mod constraints;
mod data;
mod dropping;
mod found;
mod indexes;
mod maintenance;
mod objects;
mod partitions;
mod relations;

use found::{Found, Roles};

use super::effects::Effects;
use super::known::Known;
use super::table::Form;
use crate::ast::{Do, Kind, Statement};
use crate::catalog::Catalog;

/// What a statement does on a server of that major version, given what exists.
///
/// `catalog` is as it is before the statement. What is not in it is taken to exist without anything
/// that would matter: no partitions, no indexes, no constraints.
#[must_use]
pub fn effects(statement: &Statement, catalog: &Catalog, version: u32) -> Effects {
    let mut found = Found::new(Known::new(catalog, statement, version));
    visit(statement, &mut found);
    found.finish()
}

fn visit(statement: &Statement, found: &mut Found<'_>) {
    match &statement.kind {
        Kind::AlterTable(it) => alter_table::visit(it, found),
        Kind::CreateIndex(it) => indexes::create(it, found),
        Kind::Reindex(it) => indexes::reindex(it, found),
        Kind::CreateTable(it) => relations::create_table(it, found),
        Kind::CreateTableAs(it) => relations::create_table_as(it, found),
        Kind::CreateView(it) => relations::create_view(it, found),
        Kind::CreateMaterializedView(it) => relations::create_materialized_view(it, found),
        Kind::Refresh(it) => relations::refresh(it, found),
        Kind::CreateSequence(it) => relations::create_sequence(it, found),
        Kind::Drop(it) => dropping::visit(it, found),
        Kind::Truncate(it) => maintenance::truncate(it, found),
        Kind::Vacuum(it) => maintenance::vacuum(it, found),
        Kind::Cluster(it) => maintenance::cluster(it, found),
        Kind::Lock(it) => data::lock(it, found),
        Kind::Select(it) => data::read(&it.query, found),
        Kind::Insert(it) => data::insert(it, found),
        Kind::Update(it) => data::update(it, found),
        Kind::Delete(it) => data::delete(it, found),
        Kind::Merge(it) => data::merge(it, found),
        Kind::Copy(it) => data::copy(it, found),
        Kind::Prepare(it) | Kind::Declare(it) => visit(&it.statement, found),
        Kind::Explain(it) => data::explain(it, found),
        _ => objects::visit_object(statement, found),
    }
}

/// Bodies within bodies that are looked into: each is read again for every one that it is in.
const DEPTH: u32 = 8;

/// What a `DO` block does that can be told: its statements in the order in which they stand, as if
/// each ran once. What loops and conditions make of them cannot.
fn effects_of_body(block: &Do, found: &mut Found<'_>) {
    if found.depth < DEPTH {
        found.depth += 1;
        for statement in &crate::parse_do(block).script.statements {
            visit(statement, found);
        }
        found.depth -= 1;
    }
    found.unknown_because("whether each statement of the block runs, and what else it calls");
}
