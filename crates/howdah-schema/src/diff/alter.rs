//! What makes one definition of the other in place.
//!
//! No IO. Invariant: after the statements, the catalog reads as the second definition. Where nothing does that, the
//! entity is dropped and made again.

use super::column;
use super::definition::Definition;
use super::entity::Entity;
use super::{grants, make, owners, publication};
use crate::ddl::{attach, foreign, index, inherited, push_some, routine, view};
use crate::identifiers::{literal, quoted, quoted_list};
use crate::value::{
    Composite, Constraint, ConstraintKind, Deferral, Domain, Enum, Index, Name, Options, Policy,
    Sequence, Server, Table, Trigger, View,
};

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
    Check(String),
    DropIdentity,
    DropExpression,
    DropNotNull,
    Type,
    SetNotNull,
    NotNullName,
    NotNullInherit,
    AccessMethod,
    Inherited(String),
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
            if let Some(schema) = to.schema.as_deref().filter(|_| from.schema != to.schema) {
                let text = format!("alter extension {name} set schema {}", quoted(schema));
                out.push(Alteration::new(Aspect::Schema, text));
            }
            if let Some(it) = to.version.as_deref().filter(|_| from.version != to.version) {
                let text = format!("alter extension {name} update to {}", literal(it));
                out.push(Alteration::new(Aspect::Version, text));
            }
            Some(out)
        }
        (_, D::Server(from), D::Server(to)) => alter_server(from, to),
        (_, D::Enum(from), D::Enum(to)) => add_values(from, to),
        (_, D::Domain(from), D::Domain(to)) => alter_domain(from, to),
        (_, D::Composite(from), D::Composite(to)) => alter_composite(from, to),
        (_, D::Sequence(from), D::Sequence(to)) => Some(alter_sequence(from, to)),
        (_, D::Routine(from), D::Routine(to)) => {
            let stays = from.kind == to.kind
                && from.arguments == to.arguments
                && from.returns == to.returns
                && from.window == to.window;
            stays.then(|| vec![replace(&routine::create(to))])
        }
        (_, D::Table(from), D::Table(to)) => alter_table(from, to),
        (_, D::View(from), D::View(to)) => alter_view(from, to),
        (Entity::Column(table, _), D::Column(from), D::Column(to)) => {
            column::alter(table, from, to, version, retyped)
        }
        (Entity::Default(table, name), _, D::Default(to)) => Some(vec![Alteration::new(
            Aspect::Default,
            make::set_default(table, name, to),
        )]),
        (Entity::Constraint(table, _), D::Constraint(from), D::Constraint(to)) => {
            alter_constraint(table, from, to)
        }
        (Entity::Index(table, _), D::Index(from), D::Index(to)) => {
            alter_index(entity, table, from, to)
        }
        (Entity::Trigger(table, _), D::Trigger(from), D::Trigger(to)) => {
            alter_trigger(table, from, to, version)
        }
        (Entity::Policy(table, _), D::Policy(from), D::Policy(to)) => alter_policy(table, from, to),
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

/// `create or replace …`.
fn replace(create: &str) -> Alteration {
    let tail = create.strip_prefix("create ").unwrap_or(create);
    Alteration::new(Aspect::Replace, format!("create or replace {tail}"))
}

/// Values in the order of the second; nothing where one goes or moves.
fn add_values(from: &Enum, to: &Enum) -> Option<Vec<Alteration>> {
    let mut old = from.labels.iter().peekable();
    let mut out = Vec::new();
    let mut previous: Option<&String> = None;
    for label in &to.labels {
        if old.peek() == Some(&label) {
            old.next();
        } else {
            if from.labels.contains(label) {
                return None;
            }
            let place = match (previous, old.peek()) {
                (Some(it), _) => format!(" after {}", literal(it)),
                (None, Some(it)) => format!(" before {}", literal(it)),
                (None, None) => String::new(),
            };
            let text = format!("alter type {} add value {}{place}", to.name, literal(label));
            out.push(Alteration::new(Aspect::AddValue(label.clone()), text));
        }
        previous = Some(label);
    }
    old.next().is_none().then_some(out)
}

fn alter_domain(from: &Domain, to: &Domain) -> Option<Vec<Alteration>> {
    if from.type_name != to.type_name || from.collation != to.collation {
        return None;
    }
    let alter = format!("alter domain {}", to.name);
    let mut out = Vec::new();
    for check in &from.checks {
        let now = to.checks.iter().find(|it| it.name == check.name);
        if now.is_some_and(|it| {
            it.expression == check.expression
                && (it.not_valid == check.not_valid || check.not_valid)
        }) {
            continue;
        }
        let name = check.name.as_deref().unwrap_or_default();
        let text = format!("{alter} drop constraint {}", quoted(name));
        out.push(Alteration::new(Aspect::Check(format!("-{name}")), text));
    }
    if from.default != to.default {
        let text = match &to.default {
            Some(default) => format!("{alter} set default {default}"),
            None => format!("{alter} drop default"),
        };
        out.push(Alteration::new(Aspect::Default, text));
    }
    if from.not_null != to.not_null {
        let word = if to.not_null { "set" } else { "drop" };
        out.push(Alteration::new(
            Aspect::SetNotNull,
            format!("{alter} {word} not null"),
        ));
    }
    for check in &to.checks {
        let name = check.name.as_deref().unwrap_or_default();
        let was = from.checks.iter().find(|it| it.name == check.name);
        match was.filter(|it| it.expression == check.expression) {
            Some(it) if it.not_valid == check.not_valid => {}
            Some(it) if it.not_valid => {
                let text = format!("{alter} validate constraint {}", quoted(name));
                out.push(Alteration::new(Aspect::Validate, text));
            }
            _ => {
                let text = make::add_check(to, check);
                out.push(Alteration::new(Aspect::Check(format!("+{name}")), text));
            }
        }
    }
    Some(out)
}

fn alter_composite(from: &Composite, to: &Composite) -> Option<Vec<Alteration>> {
    let stays = |name: &str| to.attributes.iter().any(|it| it.name == name);
    let kept: Vec<_> = from
        .attributes
        .iter()
        .filter(|it| stays(&it.name))
        .collect();
    let head = to.attributes.get(..kept.len())?;
    if !kept.iter().copied().eq(head) {
        return None;
    }
    let alter = format!("alter type {}", to.name);
    let mut out = Vec::new();
    for it in from.attributes.iter().filter(|it| !stays(&it.name)) {
        let text = format!("{alter} drop attribute {}", quoted(&it.name));
        out.push(Alteration {
            loses: Some(format!(
                "the attribute `{}` of values of `{}`",
                it.name, to.name
            )),
            ..Alteration::new(Aspect::Attribute(format!("-{}", it.name)), text)
        });
    }
    for it in to.attributes.get(kept.len()..)? {
        let mut text = format!(
            "{alter} add attribute {} {}",
            quoted(&it.name),
            it.type_name
        );
        push_some(&mut text, " collate ", it.collation.as_ref());
        out.push(Alteration::new(
            Aspect::Attribute(format!("+{}", it.name)),
            text,
        ));
    }
    Some(out)
}

fn alter_sequence(from: &Sequence, to: &Sequence) -> Vec<Alteration> {
    let alter = format!("alter sequence {}", to.name);
    let mut statements = Vec::new();
    // with a new type in the same statement, `no maxvalue` would not mind the direction
    if from.type_name != to.type_name {
        let type_name = to.type_name.as_deref().unwrap_or("bigint");
        statements.push(format!("{alter} as {type_name}"));
    }
    let words = column::sequence_changes(&from.options, &to.options);
    if !words.is_empty() {
        statements.push(format!("{alter} {}", words.join(" ")));
    }
    if statements.is_empty() {
        return Vec::new();
    }
    vec![Alteration {
        aspect: Aspect::Options,
        statements,
        loses: None,
    }]
}

fn alter_table(from: &Table, to: &Table) -> Option<Vec<Alteration>> {
    let same_server = match (&from.foreign, &to.foreign) {
        (None, None) => true,
        (Some(from), Some(to)) => from.server == to.server,
        _ => false,
    };
    if from.partition_by != to.partition_by || !same_server {
        return None;
    }
    let alter = format!("alter table {}", to.name);
    let mut out = Vec::new();
    let mut push = |aspect: Aspect, text: String| out.push(Alteration::new(aspect, text));
    if from.partition_of != to.partition_of {
        if let Some(of) = &from.partition_of {
            let text = format!("alter table {} detach partition {}", of.parent, to.name);
            push(Aspect::DetachPartition, text);
        }
        if let Some(of) = &to.partition_of {
            let (parent, bounds) = (&of.parent, &of.bounds);
            let text = format!("alter table {parent} attach partition {} {bounds}", to.name);
            push(Aspect::AttachPartition, text);
        }
    }
    for parent in from.inherits.iter().filter(|it| !to.inherits.contains(it)) {
        push(
            Aspect::NoInherit(parent.to_string()),
            format!("{alter} no inherit {parent}"),
        );
    }
    for parent in to.inherits.iter().filter(|it| !from.inherits.contains(it)) {
        push(
            Aspect::Inherit(parent.to_string()),
            format!("{alter} inherit {parent}"),
        );
    }
    if from.unlogged != to.unlogged {
        let word = if to.unlogged { "unlogged" } else { "logged" };
        push(Aspect::Logged, format!("{alter} set {word}"));
    }
    if from.tablespace != to.tablespace {
        let space = to.tablespace.as_deref().unwrap_or("pg_default");
        push(
            Aspect::Tablespace,
            format!("{alter} set tablespace {}", quoted(space)),
        );
    }
    if from.row_security != to.row_security {
        let word = if to.row_security { "enable" } else { "disable" };
        push(
            Aspect::RowSecurity,
            format!("{alter} {word} row level security"),
        );
    }
    if from.force_row_security != to.force_row_security {
        let word = if to.force_row_security {
            "force"
        } else {
            "no force"
        };
        push(
            Aspect::ForceRowSecurity,
            format!("{alter} {word} row level security"),
        );
    }
    if let (Some(from), Some(to)) = (&from.foreign, &to.foreign) {
        let options = option_changes(&from.options, &to.options);
        if !options.is_empty() {
            push(Aspect::Options, format!("{alter} options ({options})"));
        }
    }
    if from.access_method != to.access_method {
        let method = to.access_method.as_deref().unwrap_or("heap");
        push(
            Aspect::AccessMethod,
            format!("{alter} set access method {}", quoted(method)),
        );
    }
    for it in to
        .inherited
        .iter()
        .filter(|it| !from.inherited.contains(it))
    {
        let statements = inherited::alter(to, it);
        if !statements.is_empty() {
            let aspect = Aspect::Inherited(it.name.clone());
            out.push(Alteration {
                aspect,
                statements,
                loses: None,
            });
        }
    }
    out.extend(parameters(&alter, &from.options, &to.options));
    Some(out)
}

fn alter_view(from: &View, to: &View) -> Option<Vec<Alteration>> {
    let alter = format!("alter {} {}", view::kind(to), to.name);
    if from.materialized != to.materialized {
        return None;
    }
    if from.query == to.query && from.columns == to.columns {
        let mut out = parameters(&alter, &from.options, &to.options);
        if from.without_data != to.without_data {
            let tail = if to.without_data { " with no data" } else { "" };
            let text = format!("refresh materialized view {}{tail}", to.name);
            out.push(Alteration::new(Aspect::Populate, text));
        }
        return Some(out);
    }
    let keeps_columns = !from.columns.is_empty() && to.columns.starts_with(&from.columns);
    (keeps_columns && !to.materialized).then(|| vec![replace(&view::create(to))])
}

fn alter_constraint(table: &Name, from: &Constraint, to: &Constraint) -> Option<Vec<Alteration>> {
    let name = quoted(to.name.as_deref().unwrap_or_default());
    let is_key = matches!(to.kind, ConstraintKind::ForeignKey { .. });
    let like = Constraint {
        not_valid: from.not_valid || to.not_valid,
        deferral: if is_key { from.deferral } else { to.deferral },
        ..to.clone()
    };
    if like != *from {
        return None;
    }
    let mut out = Vec::new();
    if from.deferral != to.deferral {
        let when = match to.deferral {
            Deferral::NotDeferrable => "not deferrable",
            Deferral::Deferrable => "deferrable initially immediate",
            Deferral::InitiallyDeferred => "deferrable initially deferred",
        };
        let text = format!("alter table {table} alter constraint {name} {when}");
        out.push(Alteration::new(Aspect::Deferral, text));
    }
    if from.not_valid && !to.not_valid {
        let text = format!("alter table {table} validate constraint {name}");
        out.push(Alteration::new(Aspect::Validate, text));
    }
    Some(out)
}

fn alter_index(entity: &Entity, table: &Name, from: &Index, to: &Index) -> Option<Vec<Alteration>> {
    let attached = index::attach(table, to).filter(|_| from.part_of.is_none());
    let like = Index {
        part_of: if attached.is_some() {
            None
        } else {
            to.part_of.clone()
        },
        options: from.options.clone(),
        tablespace: from.tablespace.clone(),
        ..to.clone()
    };
    if like != *from {
        return None;
    }
    let alter = format!("alter index {entity}");
    let mut out = parameters(&alter, &from.options, &to.options);
    out.extend(attached.map(|it| Alteration::new(Aspect::Replace, it)));
    if from.tablespace != to.tablespace {
        let space = to.tablespace.as_deref().unwrap_or("pg_default");
        let text = format!("{alter} set tablespace {}", quoted(space));
        out.push(Alteration::new(Aspect::Tablespace, text));
    }
    Some(out)
}

fn alter_trigger(
    table: &Name,
    from: &Trigger,
    to: &Trigger,
    version: u32,
) -> Option<Vec<Alteration>> {
    let like = Trigger {
        enabled: from.enabled,
        ..to.clone()
    };
    let enable = Alteration::new(
        Aspect::Enable,
        attach::enable_trigger(table, &to.name, to.enabled),
    );
    if like == *from {
        return Some(vec![enable]);
    }
    if version < 140_000 || from.constraint || to.constraint {
        return None;
    }
    let mut replaced = replace(&attach::trigger(table, to));
    if to.enabled != crate::value::Enabled::Origin {
        replaced.statements.extend(enable.statements);
    }
    Some(vec![replaced])
}

fn alter_policy(table: &Name, from: &Policy, to: &Policy) -> Option<Vec<Alteration>> {
    let loses = |from: &Option<String>, to: &Option<String>| from.is_some() && to.is_none();
    if from.restrictive != to.restrictive
        || from.command != to.command
        || loses(&from.using, &to.using)
        || loses(&from.check, &to.check)
    {
        return None;
    }
    let mut text = format!("alter policy {} on {table}", quoted(&to.name));
    if from.roles != to.roles {
        let roles = match to.roles.as_slice() {
            [] => "public".to_owned(),
            roles => quoted_list(roles),
        };
        push_some(&mut text, " to ", Some(roles));
    }
    let changed = |from: &Option<String>, to: &Option<String>| {
        to.as_ref()
            .filter(|_| from != to)
            .map(|it| format!("{it})"))
    };
    push_some(&mut text, " using (", changed(&from.using, &to.using));
    push_some(&mut text, " with check (", changed(&from.check, &to.check));
    Some(vec![Alteration::new(Aspect::Replace, text)])
}

fn alter_server(from: &Server, to: &Server) -> Option<Vec<Alteration>> {
    if from.wrapper != to.wrapper || from.kind != to.kind {
        return None;
    }
    let name = quoted(&to.name);
    let mut out = Vec::new();
    let options = option_changes(&from.options, &to.options);
    let mut text = String::new();
    if from.version != to.version {
        push_some(&mut text, " version ", to.version.as_deref().map(literal));
    }
    if !options.is_empty() {
        push_some(&mut text, " options (", Some(options + ")"));
    }
    if !text.is_empty() {
        out.push(Alteration::new(
            Aspect::Options,
            format!("alter server {name}{text}"),
        ));
    }
    for mapping in &from.user_mappings {
        if !to.user_mappings.iter().any(|it| it.role == mapping.role) {
            let role = foreign::role(mapping);
            let text = format!("drop user mapping for {role} server {name}");
            out.push(Alteration::new(Aspect::UserMapping(role), text));
        }
    }
    for mapping in &to.user_mappings {
        let role = foreign::role(mapping);
        let was = from.user_mappings.iter().find(|it| it.role == mapping.role);
        let text = match was.map(|it| option_changes(&it.options, &mapping.options)) {
            Some(same) if same.is_empty() => continue,
            Some(changes) => {
                format!("alter user mapping for {role} server {name} options ({changes})")
            }
            None => {
                let options = foreign::options(&mapping.options);
                format!("create user mapping for {role} server {name}{options}")
            }
        };
        out.push(Alteration::new(Aspect::UserMapping(role), text));
    }
    Some(out)
}

/// `set (…)` and `reset (…)` of storage parameters.
fn parameters(alter: &str, from: &Options, to: &Options) -> Vec<Alteration> {
    let name = |name: &str| -> String {
        let parts: Vec<_> = name.split('.').map(quoted).collect();
        parts.join(".")
    };
    let mut out = Vec::new();
    let set = to
        .iter()
        .filter(|(key, value)| from.get(*key) != Some(value));
    let set: Vec<String> = set
        .map(|(key, value)| format!("{}={}", name(key), literal(value)))
        .collect();
    if !set.is_empty() {
        out.push(Alteration::new(
            Aspect::Options,
            format!("{alter} set ({})", set.join(", ")),
        ));
    }
    let gone = from.keys().filter(|key| !to.contains_key(*key));
    let gone: Vec<String> = gone.map(|key| name(key)).collect();
    if !gone.is_empty() {
        let text = format!("{alter} reset ({})", gone.join(", "));
        out.push(Alteration::new(Aspect::ResetOptions, text));
    }
    out
}

/// `add a 'b', set c 'd', drop e`: what makes one list of a foreign object's options of the other.
pub(super) fn option_changes(from: &Options, to: &Options) -> String {
    let changed = to.iter().filter_map(|(key, value)| {
        let verb = match from.get(key) {
            None => "add",
            Some(was) if was != value => "set",
            Some(_) => return None,
        };
        Some(format!("{verb} {} {}", quoted(key), literal(value)))
    });
    let gone = from.keys().filter(|key| !to.contains_key(*key));
    let gone = gone.map(|key| format!("drop {}", quoted(key)));
    let all: Vec<String> = changed.chain(gone).collect();
    all.join(", ")
}
