//! Relations between models, by their foreign keys. No IO.

use std::collections::HashSet;

use super::context::Context;
use super::names::{camel_case, free, plural, snake_case};
use super::tables::Said;
use crate::value::{Column, Constraint, ConstraintKind, Name, Table};

/// The lines of one model: what its keys name, and what names it.
pub(super) fn lines(context: &Context<'_>, table: &Table) -> Vec<String> {
    let mut lines = Vec::new();
    let path = |column: &Column| context.path(&table.name, &column.name);
    let own = table.columns.iter().filter_map(path);
    let mut taken: HashSet<String> = own
        .filter_map(|it| it.rsplit('.').next().map(str::to_owned))
        .collect();
    for key in keys(context, table) {
        let (wanted, is_guessed) = name_of_one(&key);
        let name = free(&wanted, &taken);
        let how = if is_guessed && name == wanted {
            "one()".to_owned()
        } else {
            format!("one(lambda: {})", key.path)
        };
        let optional = if key.is_optional { " | None" } else { "" };
        lines.push(format!("{name}: One[{}{optional}] = {how}", key.target));
        taken.insert(name);
    }
    for (other, key) in context.schema.tables.iter().flat_map(|other| {
        keys(context, other)
            .into_iter()
            .map(move |key| (other, key))
    }) {
        if *key.references != table.name {
            continue;
        }
        let name = free(&name_of_many(context, other, &key), &taken);
        let Some(class) = context.names.class(&other.name) else {
            continue;
        };
        lines.push(format!(
            "{name}: Many[{class}] = many(lambda: {})",
            key.path
        ));
        taken.insert(name);
    }
    lines.extend(through(context, table, &mut taken));
    lines
}

/// A foreign key of one column that a model says by `references`.
struct Key<'a> {
    /// Its attribute.
    attribute: String,
    /// `Class.attribute`.
    path: String,
    references: &'a Name,
    /// The class of the table that it names.
    target: String,
    is_optional: bool,
}

fn keys<'a>(context: &Context<'_>, table: &'a Table) -> Vec<Key<'a>> {
    let found = table.constraints.iter().filter_map(|it| {
        let column = single(context, table, it)?;
        let ConstraintKind::ForeignKey { references, .. } = &it.kind else {
            return None;
        };
        let path = context.path(&table.name, &column.name)?;
        Some(Key {
            attribute: path.rsplit('.').next()?.to_owned(),
            path,
            references,
            target: context.names.class(references)?.to_owned(),
            is_optional: !column.not_null,
        })
    });
    found.collect()
}

/// The column of a foreign key that `references` can say.
pub(super) fn single<'a>(
    context: &Context<'_>,
    table: &'a Table,
    it: &'a Constraint,
) -> Option<&'a Column> {
    let ConstraintKind::ForeignKey {
        columns,
        references,
        referenced_columns,
        on_delete_columns,
        match_full: false,
        period: false,
        ..
    } = &it.kind
    else {
        return None;
    };
    let ([column], [named]) = (columns.as_slice(), referenced_columns.as_slice()) else {
        return None;
    };
    let is_plain = !it.not_valid && !it.not_enforced && it.comment.is_none();
    if !is_plain || !on_delete_columns.is_empty() {
        return None;
    }
    context.path(references, named)?;
    let column = table.columns.iter().find(|it| it.name == *column)?;
    (column.identity.is_none() && column.generated.is_none()).then_some(column)
}

/// The name of the relation, and whether `one()` finds its key by it.
fn name_of_one(key: &Key<'_>) -> (String, bool) {
    match key.attribute.strip_suffix("_id") {
        Some(stem) if !stem.is_empty() => (stem.to_owned(), true),
        _ => (snake_case(&key.target), false),
    }
}

fn name_of_many(context: &Context<'_>, other: &Table, key: &Key<'_>) -> String {
    let name = plural(&snake_case(&camel_case(&other.name.name)));
    let same = keys(context, other)
        .into_iter()
        .filter(|it| it.references == key.references);
    if same.count() == 1 {
        return name;
    }
    format!("{name}_by_{}", name_of_one(key).0)
}

/// What a table between two leads to.
fn through(context: &Context<'_>, table: &Table, taken: &mut HashSet<String>) -> Vec<String> {
    let mut lines = Vec::new();
    for between in &context.schema.tables {
        let (keys, said) = (keys(context, between), Said::of(context, between));
        let [one, two] = keys.as_slice() else {
            continue;
        };
        let is_between = between.columns.len() == 2 && said.key.len() == 2;
        if !is_between || one.references == two.references {
            continue;
        }
        let other = match table.name {
            ref it if it == one.references => two,
            ref it if it == two.references => one,
            _ => continue,
        };
        let (target, class) = (&other.target, context.names.class(&between.name));
        let name = free(&plural(&snake_case(target)), taken);
        if let Some(class) = class {
            lines.push(format!(
                "{name}: Many[{target}] = many(through=lambda: {class})"
            ));
            taken.insert(name);
        }
    }
    lines
}
