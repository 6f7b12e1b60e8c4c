//! The statements that make and drop one entity. No IO.

use super::definition::{Definition, Described};
use super::entity::Entity;
use super::grants;
use super::model::Model;
use super::publication;
use crate::ddl::{
    attach, constraint, foreign, index, inherited, push_some, routine, sequence, table, types, view,
};
use crate::identifiers::{literal, quoted};
use crate::value::{Domain, DomainCheck, Enabled, Extension, Index, Name, Trigger, View};

/// The statements that make it, with those parts that are made along with it.
pub(super) fn create(entity: &Entity, definition: &Definition, model: &Model<'_>) -> Vec<String> {
    let statement = match (entity, definition) {
        (Entity::Schema(name), _) => format!("create schema {}", quoted(name)),
        (_, Definition::Extension(it)) => create_extension(it),
        (_, Definition::Server(it)) => {
            let mut statements = Vec::new();
            foreign::create(it, &mut statements);
            return statements;
        }
        (_, Definition::Enum(it)) => types::create_enum(it),
        (_, Definition::Composite(it)) => types::create_composite(it),
        (_, Definition::Range(it)) => types::create_range(it),
        (_, Definition::Domain(it)) => return create_domain(it),
        (_, Definition::Sequence(it)) => sequence::create(it),
        (_, Definition::Routine(it)) => routine::create(it),
        (Entity::Relation(name), Definition::Table(_)) => return create_table(name, model),
        (Entity::Relation(name), Definition::View(it)) => return create_view(name, it, model),
        (Entity::Column(of, name), Definition::Column(_)) => add_column(of, name, model),
        (Entity::Default(of, name), Definition::Default(it)) => set_default(of, name, it),
        (Entity::Constraint(of, _), Definition::Constraint(it)) => {
            format!("alter table {of} add {}", constraint::definition(it))
        }
        (Entity::Index(of, _), Definition::Index(it)) => return create_index(of, it),
        (Entity::Trigger(of, _), Definition::Trigger(it)) => return create_trigger(of, it),
        (Entity::Policy(of, _), Definition::Policy(it)) => attach::policy(of, it),
        (Entity::ReplicaIdentity(of), Definition::ReplicaIdentity(it)) => {
            format!("alter table {of} replica identity {it}")
        }
        (Entity::OwnedBy(of), Definition::OwnedBy(it)) => {
            format!(
                "alter sequence {of} owned by {}.{}",
                it.table,
                quoted(&it.column)
            )
        }
        (_, Definition::Publication(it)) => publication::create(it, model),
        (_, Definition::Other(it)) => return it.create.clone(),
        (_, Definition::Comment(it)) => comment(it, Some(&it.text)),
        (_, Definition::Grants(it)) => return grants::change(None, Some(it)),
        _ => return Vec::new(), // no entity has another's definition
    };
    vec![statement]
}

/// The statements that drop it.
pub(super) fn drop(entity: &Entity, definition: &Definition) -> Vec<String> {
    let statement = match (entity, definition) {
        (Entity::Schema(name), _) => format!("drop schema {}", quoted(name)),
        (Entity::Extension(name), _) => format!("drop extension {}", quoted(name)),
        (_, Definition::Server(it)) => {
            let mut statements = Vec::new();
            foreign::drop(it, &mut statements);
            return statements;
        }
        (Entity::Type(name), Definition::Domain(_)) => format!("drop domain {name}"),
        (Entity::Type(name), _) => format!("drop type {name}"),
        (Entity::Sequence(name), _) => format!("drop sequence {name}"),
        (_, Definition::Routine(it)) => {
            format!("drop {} {}", it.kind.sql(), routine::designation(it))
        }
        (Entity::Relation(name), Definition::Table(it)) => {
            format!("drop {} {name}", table::kind(it))
        }
        (Entity::Relation(name), Definition::View(it)) => format!("drop {} {name}", view::kind(it)),
        (Entity::Column(of, name), _) => format!("alter table {of} drop column {}", quoted(name)),
        (Entity::Default(of, name), _) => {
            format!(
                "alter table {of} alter column {} drop default",
                quoted(name)
            )
        }
        (Entity::Constraint(of, name), _) => {
            format!("alter table {of} drop constraint {}", quoted(name))
        }
        (Entity::Index(..), _) => format!("drop index {entity}"),
        (Entity::Trigger(..), _) => format!("drop trigger {entity}"),
        (Entity::Policy(..), _) => format!("drop policy {entity}"),
        (Entity::ReplicaIdentity(of), _) => format!("alter table {of} replica identity default"),
        (Entity::OwnedBy(of), _) => format!("alter sequence {of} owned by none"),
        (Entity::Other(..), Definition::Publication(_)) => format!("drop publication {entity}"),
        (_, Definition::Other(it)) => return it.drop.clone(),
        (_, Definition::Comment(it)) => comment(it, None),
        (_, Definition::Grants(it)) => return grants::change(Some(it), None),
        _ => return Vec::new(), // no entity has another's definition
    };
    vec![statement]
}

pub(super) fn comment(it: &Described, text: Option<&String>) -> String {
    let text = text.map_or("null".to_owned(), |text| literal(text));
    format!("comment on {} is {text}", it.on)
}

pub(super) fn set_default(table: &Name, column: &str, expression: &str) -> String {
    let column = quoted(column);
    format!("alter table {table} alter column {column} set default {expression}")
}

fn create_trigger(table: &Name, it: &Trigger) -> Vec<String> {
    let mut statements = vec![attach::trigger(table, it)];
    if it.enabled != Enabled::Origin {
        statements.push(attach::enable_trigger(table, &it.name, it.enabled));
    }
    statements
}

fn create_view(name: &Name, it: &View, model: &Model<'_>) -> Vec<String> {
    let mut statements = vec![view::create(it)];
    let whole = model.schema.views.iter().find(|it| it.name == *name);
    if let Some(whole) = whole {
        let bare = View {
            // that waits for the index
            clustered_on: None,
            ..whole.clone()
        };
        attach::view_extras(&bare, &mut statements);
    }
    statements
}

fn create_index(of: &Name, it: &Index) -> Vec<String> {
    let mut statements = vec![index::create(of, it)];
    for (place, element) in (1..).zip(&it.elements) {
        let target = element.statistics;
        statements.extend(target.map(|target| index::set_statistics(of, it, place, target)));
    }
    statements.extend(index::attach(of, it));
    statements
}

fn create_extension(it: &Extension) -> String {
    let mut text = format!("create extension {}", quoted(&it.name));
    push_some(&mut text, " schema ", it.schema.as_deref().map(quoted));
    push_some(&mut text, " version ", it.version.as_deref().map(literal));
    text
}

fn create_domain(it: &Domain) -> Vec<String> {
    let mut statements = vec![types::create_domain(it)];
    let unproven = it.checks.iter().filter(|check| check.not_valid);
    statements.extend(unproven.map(|check| types::add_check(&it.name, check)));
    let told = it.checks.iter().filter(|check| check.comment.is_some());
    statements.extend(told.map(|check| comment_on_check(it, check)));
    statements
}

pub(super) fn comment_on_check(domain: &Domain, check: &DomainCheck) -> String {
    let name = quoted(check.name.as_deref().unwrap_or_default());
    let on = format!("constraint {name} on domain {}", domain.name);
    let text = check.comment.clone().unwrap_or_default();
    comment(&Described { on, text }, check.comment.as_ref())
}

fn create_table(name: &Name, model: &Model<'_>) -> Vec<String> {
    let Some(it) = model.table(name) else {
        return Vec::new();
    };
    let mut statements = table::create(it, model.schema);
    if it.row_security {
        statements.push(format!("alter table {name} enable row level security"));
    }
    if it.force_row_security {
        statements.push(format!("alter table {name} force row level security"));
    }
    let inherited = it.inherited.iter();
    statements.extend(inherited.flat_map(|column| inherited::alter(it, column)));
    let columns = it.columns.iter();
    statements.extend(columns.flat_map(|column| super::column::extras(name, column)));
    statements
}

fn add_column(of: &Name, name: &str, model: &Model<'_>) -> String {
    let column = model
        .column(of, name)
        .map(|(_, column)| table::column(column));
    format!("alter table {of} add column {}", column.unwrap_or_default())
}
