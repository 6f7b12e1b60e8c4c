//! Views and materialized views. No IO.

use std::collections::BTreeSet;

use super::{Model, Node, name_as_text};
use crate::ddl::view;
use crate::diff::definition::Described;
use crate::diff::{Definition, Entity};
use crate::identifiers::quoted;
use crate::value::{Column, Constraint, ConstraintKind, View};

impl Model<'_> {
    pub(super) fn add_view(&mut self, it: &View) {
        let entity = Entity::Relation(it.name.clone());
        let on = format!("{} {}", view::kind(it), it.name);
        self.comment(&entity, on, it.comment.as_ref());
        self.grants(&entity, format!("table {}", it.name), None, &it.grants);
        for column in &it.columns {
            self.column_grants(&it.name, &column.name, &column.grants, &entity);
            let part = Entity::Column(it.name.clone(), column.name.clone());
            if let Some(text) = &column.comment {
                let on = format!("column {}.{}", it.name, quoted(&column.name));
                let text = text.clone();
                let node = Node::new(Definition::Comment(Described { on, text }));
                self.add(Entity::Comment(Box::new(part)), node.of(entity.clone()));
            }
        }
        let mut node = Node::new(Definition::View(Box::new(View {
            indexes: Vec::new(),
            triggers: Vec::new(),
            rules: Vec::new(),
            clustered_on: None,
            depends_on: Vec::new(),
            comment: None,
            grants: None,
            owner: None,
            columns: it.columns.iter().map(named_and_typed).collect(),
            ..it.clone()
        })));
        node.uses = self.queried_in(&it.query);
        node.uses
            .extend(self.keys_grouped_by(&it.query, &node.uses));
        if let Some(method) = &it.access_method {
            node.uses.extend(self.named_in(&name_as_text(method)));
        }
        for name in &it.depends_on {
            node.uses.extend(
                self.named
                    .get(name.name.as_str())
                    .into_iter()
                    .flatten()
                    .cloned(),
            );
        }
        self.add(entity, node);
        self.add_indexes(&it.name, &it.indexes);
        self.add_triggers(&it.name, &it.triggers);
    }
}

impl Model<'_> {
    /// The primary keys by which a query may be grouped, and so select what it does not group by.
    fn keys_grouped_by(&self, query: &str, used: &BTreeSet<Entity>) -> Vec<Entity> {
        if !query.contains("GROUP BY") {
            return Vec::new();
        }
        let tables = used.iter().filter_map(|it| match it {
            Entity::Relation(name) => self.table(name),
            _ => None,
        });
        let keys = tables.flat_map(|table| {
            let is_key = |it: &&Constraint| matches!(it.kind, ConstraintKind::PrimaryKey { .. });
            let names = table.constraints.iter().filter(is_key);
            let names = names.filter_map(|it| it.name.clone());
            names.map(|name| Entity::Constraint(table.name.clone(), name))
        });
        keys.collect()
    }
}

/// What the server says of a view's column by itself.
fn named_and_typed(it: &Column) -> Column {
    Column {
        name: it.name.clone(),
        type_name: it.type_name.clone(),
        collation: it.collation.clone(),
        default: it.default.clone(),
        storage: it.storage.clone(),
        compression: it.compression.clone(),
        statistics: it.statistics,
        options: it.options.clone(),
        ..Default::default()
    }
}
