//! Relations between models, by their foreign keys. No IO.

use std::collections::{HashMap, HashSet};

use super::context::Context;
use super::names::{camel_case, free, plural, snake_case};
use crate::value::{Column, Constraint, ConstraintKind, Name, Table};

/// The foreign keys of all models, by both ends.
pub(super) struct Relations<'a> {
    of: HashMap<&'a Name, Vec<Key<'a>>>,
    to: HashMap<&'a Name, Vec<Key<'a>>>,
    /// The tables that are nothing but two keys.
    between: HashMap<&'a Name, Vec<(Key<'a>, &'a Name)>>,
}

/// A foreign key of one column that a model says by `references`.
#[derive(Clone)]
struct Key<'a> {
    table: &'a Name,
    /// Its attribute.
    attribute: String,
    /// `Class.attribute`.
    path: String,
    references: &'a Name,
    /// The class of the table that it names.
    target: String,
    is_optional: bool,
}

impl<'a> Relations<'a> {
    pub(super) fn of(context: &Context<'a>) -> Self {
        let mut relations = Self {
            of: HashMap::new(),
            to: HashMap::new(),
            between: HashMap::new(),
        };
        for table in &context.schema.tables {
            let keys = keys(context, table);
            for key in &keys {
                relations
                    .to
                    .entry(key.references)
                    .or_default()
                    .push(key.clone());
            }
            if let [one, two] = keys.as_slice()
                && one.references != two.references
                && is_between(table)
            {
                for (here, there) in [(one, two), (two, one)] {
                    let found = relations.between.entry(here.references).or_default();
                    found.push((there.clone(), &table.name));
                }
            }
            relations.of.insert(&table.name, keys);
        }
        relations
    }

    /// The lines of one model: what its keys name, and what names it.
    pub(super) fn lines(&self, context: &Context<'_>, table: &Table) -> Vec<String> {
        let path = |column: &Column| context.path(&table.name, &column.name);
        let own = table.columns.iter().filter_map(path);
        let mut taken: HashSet<String> = own
            .filter_map(|it| it.rsplit('.').next().map(str::to_owned))
            .collect();
        let mut lines = Vec::new();
        for key in self.of.get(&table.name).into_iter().flatten() {
            let (wanted, is_guessed) = name_of_one(key);
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
        for key in self.to.get(&table.name).into_iter().flatten() {
            let Some(class) = context.names.class(key.table) else {
                continue;
            };
            let name = free(&self.name_of_many(key), &taken);
            lines.push(format!(
                "{name}: Many[{class}] = many(lambda: {})",
                key.path
            ));
            taken.insert(name);
        }
        for (there, between) in self.between.get(&table.name).into_iter().flatten() {
            let Some(class) = context.names.class(between) else {
                continue;
            };
            let name = free(&plural(&snake_case(&there.target)), &taken);
            let target = &there.target;
            lines.push(format!(
                "{name}: Many[{target}] = many(through=lambda: {class})"
            ));
            taken.insert(name);
        }
        lines
    }

    fn name_of_many(&self, key: &Key<'_>) -> String {
        let name = plural(&snake_case(&camel_case(&key.table.name)));
        let all = self.of.get(key.table).into_iter().flatten();
        if all.filter(|it| it.references == key.references).count() == 1 {
            return name;
        }
        format!("{name}_by_{}", name_of_one(key).0)
    }
}

fn keys<'a>(context: &Context<'_>, table: &'a Table) -> Vec<Key<'a>> {
    let found = table.constraints.iter().filter_map(|it| {
        let column = single(context, table, it)?;
        let ConstraintKind::ForeignKey { references, .. } = &it.kind else {
            return None;
        };
        let path = context.path(&table.name, &column.name)?;
        Some(Key {
            table: &table.name,
            attribute: path.rsplit('.').next()?.to_owned(),
            path,
            references,
            target: context.names.class(references)?.to_owned(),
            is_optional: !column.not_null,
        })
    });
    found.collect()
}

/// Whether a table has two columns, which are its primary key.
fn is_between(table: &Table) -> bool {
    let is_key = |it: &Constraint| matches!(&it.kind, ConstraintKind::PrimaryKey { columns, .. } if columns.len() == 2);
    table.columns.len() == 2 && table.constraints.iter().any(is_key)
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
