//! What makes one definition of the other in place.
//!
//! No IO. Invariant: after the statements, the catalog reads as the second definition. Where nothing does that, the
//! entity is dropped and made again.

mod attached;
mod constraint;
mod foreign;
mod index;
mod parameters;
mod sequence;
mod table;
mod types;
mod view;

use super::column;
use super::definition::Definition;
use super::entity::Entity;
use super::{grants, make, owners, publication};
use crate::ddl::routine;
use crate::identifiers::{literal, quoted};

pub(super) use foreign::option_changes;

/// One change of an entity that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alteration {
    pub(super) aspect: Aspect,
    pub(super) statements: Vec<String>,
    /// Which data goes with it.
    pub(super) loses: Option<String>,
}

impl Alteration {
    pub(super) fn new(aspect: Aspect, statement: impl Into<String>) -> Self {
        Self {
            aspect,
            statements: vec![statement.into()],
            loses: None,
        }
    }
}

/// What about an entity changes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as the statement is")]
pub enum Aspect {
    /// The whole of it is put in the other's place.
    Replace,
    /// A value is added to an enum.
    AddValue(String),
    Attribute(String),
    AddCheck(String),
    ReplaceCheck(String),
    ValidateCheck(String),
    RenameCheck,
    DropCheck(String),
    Comment,
    DropIdentity,
    DropExpression,
    DropNotNull,
    Type,
    SetNotNull,
    NotNullName,
    NotNullInherit,
    AccessMethod,
    Inherited(String),
    InheritedNotNull(String),
    InheritedNull(String),
    SetExpression,
    AddIdentity,
    AdvanceIdentity,
    SetIdentity,
    IdentityName,
    IdentityOptions,
    Default,
    Storage,
    Compression,
    Statistics,
    Options,
    ResetOptions,
    Validate,
    Deferral,
    Tablespace,
    Logged,
    RowSecurity,
    ForceRowSecurity,
    Inherit(String),
    NoInherit(String),
    DetachPartition,
    AttachPartition,
    Enable,
    Version,
    Schema,
    Populate,
    UserMapping(String),
}

/// The alterations; nothing where it must be made again.
pub(super) fn alter(
    entity: &Entity,
    from: &Definition,
    to: &Definition,
    version: u32,
    retyped: bool,
) -> Option<Vec<Alteration>> {
    use Definition as D;
    match (entity, from, to) {
        (_, D::Extension(from), D::Extension(to)) => {
            let name = quoted(&to.name);
            let mut out = Vec::new();
            if from.schema != to.schema {
                let text = match to.schema.as_deref().map(quoted) {
                    Some(schema) => format!("alter extension {name} set schema {schema}"),
                    None => to_base(&to.name),
                };
                out.push(Alteration::new(Aspect::Schema, text));
            }
            if let Some(it) = to.version.as_deref().filter(|_| from.version != to.version) {
                let text = format!("alter extension {name} update to {}", literal(it));
                out.push(Alteration::new(Aspect::Version, text));
            }
            Some(out)
        }
        (_, D::Server(from), D::Server(to)) => foreign::alter(from, to),
        (_, D::Enum(from), D::Enum(to)) => types::add_values(from, to),
        (_, D::Domain(from), D::Domain(to)) => types::alter_domain(from, to),
        (_, D::Composite(from), D::Composite(to)) => types::alter_composite(from, to),
        (_, D::Sequence(from), D::Sequence(to)) => Some(sequence::alter(from, to)),
        (_, D::Routine(from), D::Routine(to)) => {
            let stays = from.kind == to.kind
                && from.arguments == to.arguments
                && from.returns == to.returns
                && from.window == to.window;
            stays.then(|| vec![replace(&routine::create(to))])
        }
        (_, D::Table(from), D::Table(to)) => table::alter(from, to),
        (_, D::View(from), D::View(to)) => view::alter(from, to),
        (Entity::Column(table, _), D::Column(from), D::Column(to)) => {
            column::alter(table, from, to, version, retyped)
        }
        (Entity::Default(table, name), _, D::Default(to)) => Some(vec![Alteration::new(
            Aspect::Default,
            make::set_default(table, name, to),
        )]),
        (Entity::Constraint(table, _), D::Constraint(from), D::Constraint(to)) => {
            constraint::alter(table, from, to)
        }
        (Entity::Index(table, _), D::Index(from), D::Index(to)) => {
            index::alter(entity, table, from, to)
        }
        (Entity::Trigger(table, _), D::Trigger(from), D::Trigger(to)) => {
            attached::alter_trigger(table, from, to, version)
        }
        (Entity::Policy(table, _), D::Policy(from), D::Policy(to)) => {
            attached::alter_policy(table, from, to)
        }
        (Entity::ReplicaIdentity(of), _, D::ReplicaIdentity(to)) => Some(vec![Alteration::new(
            Aspect::Replace,
            format!("alter table {of} replica identity {to}"),
        )]),
        (Entity::OwnedBy(of), _, D::OwnedBy(to)) => Some(vec![Alteration::new(
            Aspect::Replace,
            format!(
                "alter sequence {of} owned by {}.{}",
                to.table,
                quoted(&to.column)
            ),
        )]),
        (_, D::Comment(_), D::Comment(to)) => {
            let text = make::comment(to, Some(&to.text));
            Some(vec![Alteration::new(Aspect::Replace, text)])
        }
        (_, D::Publication(from), D::Publication(to)) => publication::alter(from, to),
        (Entity::Other(publication::PART, _), D::Other(from), D::Other(to)) => {
            Some(publication::alter_part(from, to))
        }
        (Entity::Other(owners::OWNER, _), _, D::Other(to)) => Some(owners::alter(to)),
        (_, D::Grants(from), D::Grants(to)) => Some(vec![Alteration {
            aspect: Aspect::Replace,
            statements: grants::change(Some(from), Some(to)),
            loses: None,
        }]),
        _ => None,
    }
}

/// The base schema has no name here: it is the one in which objects are made.
fn to_base(extension: &str) -> String {
    let text = format!("alter extension {} set schema %I", quoted(extension));
    let text = literal(&text);
    format!("do $$begin execute format({text}, current_schema); end$$")
}

/// `create or replace …`.
fn replace(create: &str) -> Alteration {
    let tail = create.strip_prefix("create ").unwrap_or(create);
    Alteration::new(Aspect::Replace, format!("create or replace {tail}"))
}
