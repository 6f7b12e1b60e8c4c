//! What changes about a column, one statement for each.
//!
//! No IO. Invariant: the statements of a column run in the order in which they are given, whatever else of the schema
//! changes.

use super::alter::{Alteration, Aspect, option_changes};
use crate::ddl::{push_some, sequence};
use crate::identifiers::quoted;
use crate::naming;
use crate::value::{Column, Generated, Identity, Name, SequenceOptions};

/// What makes one of the other in place; nothing if that cannot be done.
pub(super) fn alter(
    table: &Name,
    from: &Column,
    to: &Column,
    version: u32,
    retyped: bool,
) -> Option<Vec<Alteration>> {
    let type_changes = retyped || from.type_name != to.type_name || from.collation != to.collation;
    if !can_keep(from.generated.as_ref(), to.generated.as_ref(), version)
        || (to.generated.is_some() && type_changes)
    {
        return None;
    }
    let mut out = Vec::new();
    let name = quoted(&to.name);
    let alter = format!("alter table {table} alter column {name}");
    let mut push = |aspect: Aspect, text: String| {
        out.push(Alteration::new(aspect, format!("{alter} {text}")));
    };
    if from.identity.is_some() && to.identity.is_none() {
        push(Aspect::DropIdentity, "drop identity".to_owned());
    }
    if from.generated.is_some() && to.generated.is_none() {
        push(Aspect::DropExpression, "drop expression".to_owned());
    }
    if from.not_null && !to.not_null {
        push(Aspect::DropNotNull, "drop not null".to_owned());
    }
    if type_changes {
        push(Aspect::Type, change_type(from, to, retyped));
    }
    if to.not_null && !from.not_null && to.not_null_constraint.is_none() {
        push(Aspect::SetNotNull, "set not null".to_owned());
    }
    if let (Some(was), Some(is)) = (&from.generated, &to.generated)
        && was.expression != is.expression
    {
        let text = format!("set expression as ({})", is.expression);
        push(Aspect::SetExpression, text);
    }
    if to.storage != from.storage {
        let storage = to.storage.as_deref().unwrap_or(usual_storage(to, version));
        push(Aspect::Storage, format!("set storage {storage}"));
    }
    if to.compression != from.compression {
        let compression = to.compression.as_deref().unwrap_or("default");
        push(
            Aspect::Compression,
            format!("set compression {compression}"),
        );
    }
    if to.statistics != from.statistics {
        let target = to.statistics.unwrap_or(-1);
        push(Aspect::Statistics, format!("set statistics {target}"));
    }
    let options = option_changes(&from.foreign_options, &to.foreign_options);
    if !options.is_empty() {
        push(Aspect::Options, format!("options ({options})"));
    }
    if !options_are_equal(from, to) {
        let set = crate::ddl::with(&to.options);
        let text = format!(
            "alter table only {table} alter column {name} set{}",
            set.trim_start_matches(" with")
        );
        out.push(Alteration::new(Aspect::Options, text));
    }
    out.extend(alter_not_null(table, from, to));
    out.extend(alter_identity(table, from.identity.as_ref(), to, &alter));
    Some(out)
}

fn options_are_equal(from: &Column, to: &Column) -> bool {
    to.options.is_empty() || from.options == to.options
}

/// The name of the constraint that refuses null in a column.
pub(super) fn not_null_name(table: &Name, column: &Column) -> String {
    let told = column
        .not_null_constraint
        .as_ref()
        .and_then(|it| it.name.clone());
    told.unwrap_or_else(|| naming::object_name(&table.name, &column.name, "not_null"))
}

/// What is special about the constraint that refuses null (PostgreSQL 18).
fn alter_not_null(table: &Name, from: &Column, to: &Column) -> Vec<Alteration> {
    let alter = format!("alter table {table}");
    let (old, new) = (not_null_name(table, from), not_null_name(table, to));
    let name = quoted(&new);
    let was = from.not_null_constraint.clone().unwrap_or_default();
    let is = to.not_null_constraint.clone().unwrap_or_default();
    let mut out = Vec::new();
    if to.not_null && !from.not_null && to.not_null_constraint.is_some() {
        let inherit = if is.no_inherit { " no inherit" } else { "" };
        let valid = if is.not_valid { " not valid" } else { "" };
        let column = quoted(&to.name);
        let text = format!("{alter} add constraint {name} not null {column}{inherit}{valid}");
        out.push(Alteration::new(Aspect::SetNotNull, text));
    } else if to.not_null && from.not_null {
        if old != new {
            let text = format!("{alter} rename constraint {} to {name}", quoted(&old));
            out.push(Alteration::new(Aspect::NotNullName, text));
        }
        if was.not_valid && !is.not_valid {
            let text = format!("{alter} validate constraint {name}");
            out.push(Alteration::new(Aspect::Validate, text));
        }
        if was.no_inherit != is.no_inherit {
            let word = if is.no_inherit {
                "no inherit"
            } else {
                "inherit"
            };
            let text = format!("{alter} alter constraint {name} {word}");
            out.push(Alteration::new(Aspect::NotNullInherit, text));
        }
    }
    out
}

/// What `create table` and `add column` do not say.
pub(crate) fn extras(table: &Name, it: &Column) -> Vec<String> {
    let alter = format!("alter table {table} alter column {}", quoted(&it.name));
    let storage = it
        .storage
        .iter()
        .map(|storage| format!("{alter} set storage {storage}"));
    let target = it.statistics.iter();
    let target = target.map(|target| format!("{alter} set statistics {target}"));
    let options = (!it.options.is_empty()).then(|| {
        let set = crate::ddl::with(&it.options);
        format!("{alter} set{}", set.trim_start_matches(" with"))
    });
    let unproven = it.not_null_constraint.as_ref().filter(|it| it.not_valid);
    let unproven = unproven.map(|constraint| {
        let (name, column) = (not_null_name(table, it), quoted(&it.name));
        let inherit = if constraint.no_inherit {
            " no inherit"
        } else {
            ""
        };
        let name = quoted(&name);
        format!("alter table {table} add constraint {name} not null {column}{inherit} not valid")
    });
    storage
        .chain(target)
        .chain(options)
        .chain(unproven)
        .collect()
}

/// `default` is a word since 16.
fn usual_storage(column: &Column, version: u32) -> &'static str {
    match base(&column.type_name) {
        _ if version >= 160_000 => "default",
        "numeric" => "main",
        _ => "extended",
    }
}

/// Whether one way of being computed can become the other without the column being made again.
fn can_keep(from: Option<&Generated>, to: Option<&Generated>, version: u32) -> bool {
    match (from, to) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(from), None) => !from.is_virtual && version >= 130_000,
        (Some(from), Some(to)) => {
            from == to || (from.is_virtual == to.is_virtual && !to.is_virtual && version >= 170_000)
        }
    }
}

/// The statement that gives a column its other type.
pub(crate) fn type_statement(table: &Name, from: &Column, to: &Column) -> String {
    let name = quoted(&to.name);
    let change = change_type(from, to, false);
    format!("alter table {table} alter column {name} {change}")
}

fn change_type(from: &Column, to: &Column, retyped: bool) -> String {
    let mut text = format!("type {}", to.type_name);
    // without a word of it, the type's own takes its place
    push_some(&mut text, " collate ", to.collation.as_ref());
    let is_other = from.type_name != to.type_name || retyped;
    let name = quoted(&to.name);
    let expression = conversion(&name, &from.type_name, &to.type_name, retyped);
    push_some(&mut text, " using ", expression.filter(|_| is_other));
    text
}

/// The expression that makes values of one type from the other's; nothing where PostgreSQL does it by itself.
pub(crate) fn conversion(column: &str, from: &str, to: &str, retyped: bool) -> Option<String> {
    let (family_from, family_to) = (family(from), family(to));
    if retyped || from.ends_with("[]") || to.ends_with("[]") {
        return (base(from) != base(to) || retyped).then(|| format!("{column}::text::{to}"));
    }
    match (family_from, family_to) {
        _ if base(from) == base(to) => None,
        (_, Family::Text) => None,
        (one, other) if one == other && one != Family::Other => None,
        (Family::Text, _) => Some(format!("{column}::{to}")),
        (Family::Boolean, Family::Number) | (Family::Number, Family::Boolean)
            if base(from) == "integer" || base(to) == "integer" =>
        {
            Some(format!("{column}::{to}"))
        }
        _ => Some(format!("{column}::text::{to}")),
    }
}

/// Types between which PostgreSQL assigns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Number,
    Text,
    Moment,
    Json,
    Boolean,
    Network,
    Other,
}

fn family(name: &str) -> Family {
    match base(name) {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => {
            Family::Number
        }
        "text" | "character varying" | "character" => Family::Text,
        "date" | "timestamp without time zone" | "timestamp with time zone" => Family::Moment,
        "json" | "jsonb" => Family::Json,
        "boolean" => Family::Boolean,
        "inet" | "cidr" => Family::Network,
        _ => Family::Other,
    }
}

/// The type without its modifier.
pub(crate) fn base(name: &str) -> &str {
    // `timestamp(3) without time zone` has its modifier in the middle
    if name.starts_with("timestamp") {
        return if name.ends_with("with time zone") {
            "timestamp with time zone"
        } else {
            "timestamp without time zone"
        };
    }
    name.split('(').next().unwrap_or(name).trim_end()
}

/// Whether values of the two can be compared by a foreign key.
pub(super) fn are_comparable(from: &str, to: &str) -> bool {
    let whole = ["smallint", "integer", "bigint"];
    let are_whole = whole.contains(&base(from)) && whole.contains(&base(to));
    let are_text = family(from) == Family::Text && family(to) == Family::Text;
    base(from) == base(to) || are_whole || are_text
}

fn alter_identity(
    table: &Name,
    from: Option<&Identity>,
    to: &Column,
    alter: &str,
) -> Vec<Alteration> {
    let Some(is) = &to.identity else {
        return Vec::new();
    };
    let when = if is.always { "always" } else { "by default" };
    let Some(was) = from else {
        let options = sequence::of_identity(is);
        let add = format!("{alter} add generated {when} as identity{options}");
        let mut out = vec![Alteration::new(Aspect::AddIdentity, add)];
        out.extend(advance(table, to, &is.options));
        return out;
    };
    let mut out = Vec::new();
    let name = |it: &Identity| identity_sequence(table, &to.name, it);
    let (old, new) = (name(was), name(is));
    if old != new {
        let text = format!("alter sequence {old} rename to {}", quoted(&new.name));
        out.push(Alteration::new(Aspect::IdentityName, text));
    }
    if was.always != is.always {
        let text = format!("{alter} set generated {when}");
        out.push(Alteration::new(Aspect::SetIdentity, text));
    }
    let changes = sequence_changes(&was.options, &is.options);
    if !changes.is_empty() {
        let set: Vec<String> = changes.iter().map(|it| format!("set {it}")).collect();
        let text = format!("{alter} {}", set.join(" "));
        out.push(Alteration::new(Aspect::IdentityOptions, text));
    }
    out
}

/// The sequence that gives a column its numbers.
pub(super) fn identity_sequence(table: &Name, column: &str, it: &Identity) -> Name {
    let told = it.sequence.clone();
    table.sibling(told.unwrap_or_else(|| naming::object_name(&table.name, column, "seq")))
}

/// Lets the numbers begin after those that rows have already.
fn advance(table: &Name, column: &Column, options: &SequenceOptions) -> Option<Alteration> {
    if options.increment.is_some_and(|it| it < 0) {
        return None;
    }
    let least = options.start.or(options.minimum).unwrap_or(1);
    let sequence = format!(
        "pg_catalog.pg_get_serial_sequence({}, {})",
        crate::identifiers::literal(&table.to_string()),
        crate::identifiers::literal(&column.name)
    );
    let text = count_on(&sequence, table, &column.name, least);
    Some(Alteration::new(Aspect::AdvanceIdentity, text))
}

/// The statement that lets a sequence go on after the numbers that a column has.
pub(super) fn count_on(sequence: &str, table: &Name, column: &str, least: i64) -> String {
    let name = quoted(column);
    format!(
        "select pg_catalog.setval({sequence}, greatest(max({name}) + 1, {least}), false) \
         from {table} having max({name}) is not null"
    )
}

/// `increment by 5`, `no maxvalue` …: what makes one way of counting of the other.
pub(super) fn sequence_changes(from: &SequenceOptions, to: &SequenceOptions) -> Vec<String> {
    let mut out = Vec::new();
    if from.increment != to.increment {
        out.push(format!("increment by {}", to.increment.unwrap_or(1)));
    }
    let is_descending = |it: &SequenceOptions| it.increment.is_some_and(|step| step < 0);
    let turns = is_descending(from) != is_descending(to);
    let mut bound = |word: &str, from: Option<i64>, to: Option<i64>| {
        if from != to || turns {
            out.push(to.map_or(format!("no {word}"), |to| format!("{word} {to}")));
        }
    };
    bound("minvalue", from.minimum, to.minimum);
    bound("maxvalue", from.maximum, to.maximum);
    let first = |it: &SequenceOptions| {
        let natural = if is_descending(it) {
            it.maximum.unwrap_or(-1)
        } else {
            it.minimum.unwrap_or(1)
        };
        it.start.unwrap_or(natural)
    };
    if first(from) != first(to) {
        out.push(format!("start with {}", first(to)));
    }
    if from.cache != to.cache {
        out.push(format!("cache {}", to.cache.unwrap_or(1)));
    }
    if from.cycle != to.cycle {
        out.push(if to.cycle { "cycle" } else { "no cycle" }.to_owned());
    }
    if turns {
        // what it has come to is out of bounds now
        out.push("restart".to_owned());
    }
    out
}
