//! A schema taken apart: every entity with its definition and with what it needs.
//!
//! No IO. What an expression needs is found by its words, as [`crate::ddl`] finds the order of objects: nothing that is
//! needed is missed, and what is seen too much costs at worst that a view is made again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::definition::{Definition, Described, Granted};
use super::entity::Entity;
use crate::ddl::order::symbols;
use crate::ddl::{constraint, routine, table, view, words};
use crate::identifiers::quoted;
use crate::value::{
    Column, Constraint, ConstraintKind, Domain, Grants, Index, Name, Policy, Routine, Schema,
    Server, Table, Trigger, View,
};

/// An entity's definition and what it has to do with others.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) definition: Definition,
    /// What must be there as long as it is.
    pub(super) uses: BTreeSet<Entity>,
    /// What it may name and should be made after, where that is possible.
    pub(super) mentions: BTreeSet<Entity>,
    /// Whose statement makes it, if that is made, too.
    pub(super) made_with: Option<Entity>,
    /// With which of these it goes.
    pub(super) goes_with: Vec<Entity>,
}

impl Node {
    pub(super) fn new(definition: Definition) -> Self {
        Self {
            definition,
            uses: BTreeSet::new(),
            mentions: BTreeSet::new(),
            made_with: None,
            goes_with: Vec::new(),
        }
    }

    pub(super) fn of(mut self, owner: Entity) -> Self {
        self.uses.insert(owner.clone());
        self.goes_with.push(owner);
        self
    }
}

/// A schema taken apart.
#[derive(Debug)]
pub(super) struct Model<'a> {
    pub(super) schema: &'a Schema,
    pub(super) nodes: BTreeMap<Entity, Node>,
    named: HashMap<&'a str, Vec<Entity>>,
    tables: Rc<HashMap<&'a Name, &'a Table>>,
}

impl<'a> Model<'a> {
    pub(super) fn of(schema: &'a Schema) -> Self {
        let mut model = Self {
            schema,
            nodes: BTreeMap::new(),
            named: HashMap::new(),
            tables: Rc::new(schema.tables.iter().map(|it| (&it.name, it)).collect()),
        };
        model.learn_names();
        model.add_standalone();
        schema.servers.iter().for_each(|it| model.add_server(it));
        schema.domains.iter().for_each(|it| model.add_domain(it));
        schema.routines.iter().for_each(|it| model.add_routine(it));
        schema.tables.iter().for_each(|it| model.add_table(it));
        schema.views.iter().for_each(|it| model.add_view(it));
        model.add_sequences();
        super::others::add(&mut model, schema);
        model
    }

    /// These of its entities alone.
    pub(super) fn part(&self, of: &BTreeSet<Entity>) -> Self {
        let nodes = of
            .iter()
            .filter_map(|it| Some((it.clone(), self.nodes.get(it)?.clone())));
        Self {
            schema: self.schema,
            nodes: nodes.collect(),
            named: HashMap::new(),
            tables: Rc::clone(&self.tables),
        }
    }

    /// The table of this name.
    pub(super) fn table(&self, name: &Name) -> Option<&'a Table> {
        self.tables.get(name).copied()
    }

    /// The tables that use the type, each with the columns of it.
    fn learn_names(&mut self) {
        let schema = self.schema;
        let mut learn = |name: &'a str, entity: Entity| {
            self.named.entry(name).or_default().push(entity);
        };
        let enums = schema.enums.iter().map(|it| &it.name);
        let composites = schema.composites.iter().map(|it| &it.name);
        let domains = schema.domains.iter().map(|it| &it.name);
        let ranges = schema.ranges.iter().map(|it| &it.name);
        for name in enums.chain(composites).chain(domains).chain(ranges) {
            learn(&name.name, Entity::Type(name.clone()));
        }
        for it in &schema.ranges {
            if let Some(multirange) = &it.multirange {
                learn(&multirange.name, Entity::Type(it.name.clone()));
            }
        }
        for it in &schema.sequences {
            learn(&it.name.name, Entity::Sequence(it.name.clone()));
        }
        for it in &schema.definitions {
            let entity = Entity::Other(it.kind.sql(), it.designation.clone());
            learn(&it.name.name, entity);
        }
        for it in &schema.collations {
            learn(
                &it.name.name,
                Entity::Other("collation", it.name.to_string()),
            );
        }
        for it in &schema.routines {
            learn(&it.name.name, routine_entity(it));
        }
        for it in &schema.tables {
            learn(&it.name.name, Entity::Relation(it.name.clone()));
        }
        for it in &schema.views {
            learn(&it.name.name, Entity::Relation(it.name.clone()));
        }
    }

    pub(super) fn add_other(&mut self, entity: Entity, node: Node, comment: Option<&String>) {
        let on = format!("{} {entity}", entity.kind());
        self.comment(&entity, on, comment);
        self.add(entity, node);
    }

    pub(super) fn add(&mut self, entity: Entity, mut node: Node) {
        if let Some(schema) = schema_of(&entity) {
            node.uses.insert(Entity::Schema(schema));
        }
        node.uses.remove(&entity);
        self.nodes.insert(entity, node);
    }

    fn comment(&mut self, entity: &Entity, on: String, text: Option<&String>) {
        if let Some(text) = text {
            let text = text.clone();
            let node = Node::new(Definition::Comment(Described { on, text }));
            let owner = entity.clone();
            self.add(Entity::Comment(Box::new(owner.clone())), node.of(owner));
        }
    }

    /// A comment on what is part of an entity and has none of its own.
    fn comment_within(&mut self, owner: &Entity, on: String, text: Option<&String>) {
        if let Some(text) = text {
            let part = Entity::Other("comment", on.clone());
            let text = text.clone();
            let node = Node::new(Definition::Comment(Described { on, text }));
            self.add(part, node.of(owner.clone()));
        }
    }

    pub(super) fn grants(
        &mut self,
        entity: &Entity,
        on: String,
        usual: Option<&'static str>,
        it: &Grants,
    ) {
        if let Some(list) = it {
            let node = Node::new(Definition::Grants(Granted {
                on,
                column: None,
                usual,
                list: list.clone(),
            }));
            let owner = entity.clone();
            self.add(Entity::Grants(Box::new(owner.clone())), node.of(owner));
        }
    }

    fn column_grants(&mut self, relation: &Name, column: &str, grants: &Grants, owner: &Entity) {
        if let Some(list) = grants {
            let node = Node::new(Definition::Grants(Granted {
                on: format!("table {relation}"),
                column: Some(column.to_owned()),
                usual: None,
                list: list.clone(),
            }));
            let entity = Entity::Column(relation.clone(), column.to_owned());
            self.add(Entity::Grants(Box::new(entity)), node.of(owner.clone()));
        }
    }

    /// The types, sequences and routines that a text names.
    pub(super) fn named_in(&self, text: &str) -> BTreeSet<Entity> {
        let is_relation = |it: &&Entity| matches!(it, Entity::Relation(_));
        self.met(text)
            .filter(|it| !is_relation(it))
            .cloned()
            .collect()
    }

    /// What can be the type of a value, of those that a text names.
    fn types_in(&self, text: &str) -> BTreeSet<Entity> {
        let is_type = |it: &&Entity| matches!(it, Entity::Relation(_) | Entity::Type(_));
        self.met(text).filter(is_type).cloned().collect()
    }

    /// Everything that a query names: also the columns of the tables.
    pub(super) fn queried_in(&self, text: &str) -> BTreeSet<Entity> {
        let met: HashSet<String> = words(text).chain(symbols(text)).collect();
        let named = met.iter().filter_map(|word| self.named.get(word.as_str()));
        let mut found: BTreeSet<Entity> = named.flatten().cloned().collect();
        let relations: Vec<Name> = found
            .iter()
            .filter_map(|it| match it {
                Entity::Relation(name) => Some(name.clone()),
                _ => None,
            })
            .collect();
        for name in relations {
            found.extend(self.columns_met(&name, &met));
        }
        found
    }

    fn met(&self, text: &str) -> impl Iterator<Item = &Entity> {
        let met: HashSet<String> = words(text).chain(symbols(text)).collect();
        let named = met
            .into_iter()
            .filter_map(|word| self.named.get(word.as_str()));
        named.flatten()
    }

    /// The columns of a table that an expression names.
    pub(super) fn columns_in(&self, table: &Name, text: &str) -> BTreeSet<Entity> {
        self.columns_met(table, &words(text).collect())
    }

    fn columns_met(&self, table: &Name, met: &HashSet<String>) -> BTreeSet<Entity> {
        let columns = self.lineage(table).into_iter().flat_map(|it| {
            let named = it
                .columns
                .iter()
                .filter(|column| met.contains(&column.name));
            named.map(|column| Entity::Column(it.name.clone(), column.name.clone()))
        });
        columns.collect()
    }

    /// The column, which may be that of a parent.
    pub(super) fn column(&self, table: &Name, name: &str) -> Option<(&'a Name, &'a Column)> {
        self.lineage(table).into_iter().find_map(|it| {
            let column = it.columns.iter().find(|column| column.name == name)?;
            Some((&it.name, column))
        })
    }

    fn column_entities<'b>(
        &self,
        table: &Name,
        names: impl IntoIterator<Item = &'b String>,
    ) -> Vec<Entity> {
        let column = |name: &String| {
            let (table, column) = self.column(table, name)?;
            Some(Entity::Column(table.clone(), column.name.clone()))
        };
        names.into_iter().filter_map(column).collect()
    }

    /// The table and those that it has its columns from.
    pub(super) fn lineage(&self, name: &Name) -> Vec<&'a Table> {
        let mut found: Vec<&'a Table> = Vec::new();
        let mut next: Vec<&Name> = vec![name];
        while let Some(table) = next.pop().and_then(|name| self.table(name)) {
            if found.iter().any(|it| it.name == table.name) {
                continue;
            }
            found.push(table);
            next.extend(table.partition_of.as_ref().map(|of| &of.parent));
            next.extend(&table.inherits);
        }
        found
    }

    fn add_standalone(&mut self) {
        let schema = self.schema;
        for it in &schema.schemas {
            let entity = Entity::Schema(it.name.clone());
            let on = format!("schema {}", quoted(&it.name));
            self.comment(&entity, on.clone(), it.comment.as_ref());
            self.grants(&entity, on, None, &it.grants);
            self.add(entity, Node::new(Definition::Schema));
        }
        for it in &schema.extensions {
            let entity = Entity::Extension(it.name.clone());
            let on = format!("extension {}", quoted(&it.name));
            self.comment(&entity, on, it.comment.as_ref());
            let mut node = Node::new(Definition::Extension(crate::value::Extension {
                comment: None,
                ..it.clone()
            }));
            node.uses.extend(it.schema.clone().map(Entity::Schema));
            self.add(entity, node);
        }
        for it in &schema.enums {
            let definition = Definition::Enum(crate::value::Enum {
                comment: None,
                grants: None,
                owner: None,
                ..it.clone()
            });
            self.add_type(
                &it.name,
                "type",
                definition,
                &[],
                it.comment.as_ref(),
                &it.grants,
            );
        }
        for it in &schema.composites {
            let texts: Vec<&str> = it.attributes.iter().map(|it| &*it.type_name).collect();
            let mut composite = crate::value::Composite {
                comment: None,
                grants: None,
                owner: None,
                ..it.clone()
            };
            for attribute in &mut composite.attributes {
                let on = format!("column {}.{}", it.name, quoted(&attribute.name));
                let owner = Entity::Type(it.name.clone());
                self.comment_within(&owner, on, attribute.comment.take().as_ref());
            }
            let definition = Definition::Composite(composite);
            self.add_type(
                &it.name,
                "type",
                definition,
                &texts,
                it.comment.as_ref(),
                &it.grants,
            );
        }
        for it in &schema.ranges {
            let definition = Definition::Range(crate::value::Range {
                comment: None,
                grants: None,
                owner: None,
                ..it.clone()
            });
            let mut texts = vec![&*it.subtype];
            texts.extend(it.subtype_diff.as_ref().map(|name| &*name.name));
            self.add_type(
                &it.name,
                "type",
                definition,
                &texts,
                it.comment.as_ref(),
                &it.grants,
            );
        }
    }

    fn add_domain(&mut self, it: &Domain) {
        let mut domain = Domain {
            comment: None,
            grants: None,
            owner: None,
            ..it.clone()
        };
        domain.checks.iter_mut().for_each(|it| it.comment = None);
        if let Some(it) = &mut domain.not_null_constraint {
            let usual = crate::naming::object_name(&domain.name.name, "", "not_null");
            let name = quoted(it.name.as_deref().unwrap_or(&usual)).into_owned();
            let on = format!("constraint {name} on domain {}", domain.name);
            let owner = Entity::Type(domain.name.clone());
            let text = it.comment.take();
            self.comment_within(&owner, on, text.as_ref());
        }
        let definition = Definition::Domain(domain);
        let mut texts = vec![&*it.type_name];
        texts.extend(it.default.as_deref());
        texts.extend(it.checks.iter().map(|check| &*check.expression));
        let owner = Entity::Type(it.name.clone());
        for check in &it.checks {
            let name = quoted(check.name.as_deref().unwrap_or_default());
            let on = format!("constraint {name} on domain {}", it.name);
            self.comment_within(&owner, on, check.comment.as_ref());
        }
        self.add_type(
            &it.name,
            "domain",
            definition,
            &texts,
            it.comment.as_ref(),
            &it.grants,
        );
    }

    fn add_type(
        &mut self,
        name: &Name,
        kind: &str,
        definition: Definition,
        texts: &[&str],
        comment: Option<&String>,
        grants: &Grants,
    ) {
        let entity = Entity::Type(name.clone());
        let mut node = Node::new(definition);
        for text in texts {
            node.uses.extend(self.named_in(text));
            node.uses.extend(self.types_in(text));
        }
        self.comment(&entity, format!("{kind} {name}"), comment);
        self.grants(&entity, format!("type {name}"), Some("usage"), grants);
        self.add(entity, node);
    }

    fn add_server(&mut self, it: &Server) {
        let entity = Entity::Server(it.name.clone());
        let name = quoted(&it.name);
        self.comment(&entity, format!("server {name}"), it.comment.as_ref());
        self.grants(&entity, format!("foreign server {name}"), None, &it.grants);
        let definition = Definition::Server(Server {
            comment: None,
            grants: None,
            owner: None,
            ..it.clone()
        });
        let mut node = Node::new(definition);
        node.uses.extend(self.named_in(&name_as_text(&it.wrapper)));
        self.add(entity, node);
    }

    fn add_sequences(&mut self) {
        for it in &self.schema.sequences {
            let entity = Entity::Sequence(it.name.clone());
            let on = format!("sequence {}", it.name);
            self.comment(&entity, on.clone(), it.comment.as_ref());
            self.grants(&entity, on, None, &it.grants);
            let mut node = Node::new(Definition::Sequence(crate::value::Sequence {
                owned_by: None,
                comment: None,
                grants: None,
                owner: None,
                ..it.clone()
            }));
            if let Some(owner) = &it.owned_by {
                let column = Entity::Column(owner.table.clone(), owner.column.clone());
                node.goes_with.push(column.clone());
                let mut owned = Node::new(Definition::OwnedBy(owner.clone())).of(entity.clone());
                owned.uses.insert(column);
                self.add(Entity::OwnedBy(it.name.clone()), owned);
            }
            self.add(entity, node);
        }
    }

    fn add_routine(&mut self, it: &Routine) {
        let entity = routine_entity(it);
        let on = format!("{} {}", it.kind.sql(), routine::designation(it));
        self.comment(&entity, on.clone(), it.comment.as_ref());
        self.grants(&entity, on, Some("execute"), &it.grants);
        let mut node = Node::new(Definition::Routine(Box::new(Routine {
            comment: None,
            grants: None,
            owner: None,
            ..it.clone()
        })));
        node.uses.extend(self.types_in(&it.arguments));
        node.uses
            .extend(self.types_in(it.returns.as_deref().unwrap_or_default()));
        if it.atomic {
            node.uses.extend(self.queried_in(&it.body));
        } else {
            node.mentions = self.queried_in(&it.body);
        }
        self.add(entity, node);
    }

    fn add_table(&mut self, it: &Table) {
        let entity = Entity::Relation(it.name.clone());
        let on = format!("{} {}", table::kind(it), it.name);
        self.comment(&entity, on, it.comment.as_ref());
        self.grants(&entity, format!("table {}", it.name), None, &it.grants);
        let mut node = Node::new(Definition::Table(Box::new(shell(it))));
        let parents = it.partition_of.iter().map(|of| &of.parent);
        let parents = parents.chain(&it.inherits).cloned();
        node.uses.extend(parents.map(Entity::Relation));
        node.uses.extend(
            it.foreign
                .iter()
                .map(|it| Entity::Server(it.server.clone())),
        );
        if let Some(method) = &it.access_method {
            node.uses.extend(self.named_in(&name_as_text(method)));
        }
        if let Some(by) = &it.partition_by {
            node.uses.extend(self.named_in(&by.keys));
        }
        self.add(entity.clone(), node);
        for column in &it.columns {
            self.add_column(it, column);
        }
        let relation = Entity::Relation(it.name.clone());
        for column in &it.inherited {
            self.column_grants(&it.name, &column.name, &column.grants, &relation);
            let on = format!("column {}.{}", it.name, quoted(&column.name));
            self.comment_within(&relation, on, column.comment.as_ref());
        }
        for constraint in &it.constraints {
            self.add_constraint(it, constraint);
        }
        self.add_indexes(&it.name, &it.indexes);
        self.add_triggers(&it.name, &it.triggers);
        for policy in &it.policies {
            self.add_policy(&it.name, policy);
        }
        if let Some(identity) = &it.replica_identity {
            let mut node = Node::new(Definition::ReplicaIdentity(identity.clone())).of(entity);
            let met: HashSet<String> = words(identity).collect();
            let indexes = it.indexes.iter().filter_map(|index| index.name.as_ref());
            let keys = it.constraints.iter().filter_map(|it| it.name.as_ref());
            let indexes = indexes.map(|name| Entity::Index(it.name.clone(), name.clone()));
            let keys = keys.map(|name| Entity::Constraint(it.name.clone(), name.clone()));
            let is_met =
                |entity: &Entity| entity.occupies().is_some_and(|(_, it)| met.contains(it));
            node.uses.extend(indexes.chain(keys).filter(is_met));
            self.add(Entity::ReplicaIdentity(it.name.clone()), node);
        }
    }

    fn add_column(&mut self, table: &Table, it: &Column) {
        let relation = Entity::Relation(table.name.clone());
        let entity = Entity::Column(table.name.clone(), it.name.clone());
        let on = format!("column {}.{}", table.name, quoted(&it.name));
        self.comment(&entity, on, it.comment.as_ref());
        self.column_grants(&table.name, &it.name, &it.grants, &entity);
        let mut column = Column {
            default: None,
            comment: None,
            grants: None,
            was: None,
            ..it.clone()
        };
        if let Some(text) = column
            .not_null_constraint
            .as_mut()
            .and_then(|it| it.comment.take())
        {
            let name = super::column::not_null_name(&table.name, it);
            let on = format!("constraint {} on {}", quoted(&name), table.name);
            self.comment_within(&entity, on, Some(&text));
        }
        let usual = crate::naming::object_name(&table.name.name, &it.name, "not_null");
        if let Some(constraint) = &mut column.not_null_constraint {
            constraint.name.take_if(|name| *name == usual);
        }
        if let Some(identity) = &mut column.identity {
            let usual = crate::naming::object_name(&table.name.name, &it.name, "seq");
            identity.sequence.take_if(|name| *name == usual);
        }
        // with nothing special about it, it is the usual one
        column.not_null_constraint = column
            .not_null_constraint
            .filter(|it| *it != crate::value::NotNull::default());
        let mut node = Node::new(Definition::Column(Box::new(column)));
        node.made_with = Some(relation.clone());
        node.uses.extend(self.types_in(&it.type_name));
        if let Some(collation) = &it.collation {
            node.uses.extend(self.named_in(&quoted(&collation.name)));
        }
        if let Some(generated) = &it.generated {
            node.uses.extend(self.named_in(&generated.expression));
            node.uses
                .extend(self.columns_in(&table.name, &generated.expression));
        }
        self.add(entity.clone(), node.of(relation));
        if let Some(default) = &it.default {
            let mut node = Node::new(Definition::Default(default.clone())).of(entity.clone());
            node.made_with = Some(entity);
            node.uses.extend(self.named_in(default));
            self.add(Entity::Default(table.name.clone(), it.name.clone()), node);
        }
    }

    fn add_constraint(&mut self, table: &Table, it: &Constraint) {
        let name = it.name.clone().unwrap_or_default();
        let relation = Entity::Relation(table.name.clone());
        let entity = Entity::Constraint(table.name.clone(), name);
        let quoted_name = quoted(it.name.as_deref().unwrap_or_default());
        let on = format!("constraint {quoted_name} on {}", table.name);
        self.comment(&entity, on, it.comment.as_ref());
        let mut node = Node::new(Definition::Constraint(Box::new(Constraint {
            comment: None,
            ..it.clone()
        })));
        if !constraint::comes_later(it) {
            node.made_with = Some(relation.clone());
        }
        let own = self.column_entities(&table.name, columns_of(&it.kind));
        node.goes_with.extend(own.iter().cloned());
        node.uses.extend(own);
        for text in texts_of(&it.kind) {
            node.uses.extend(self.columns_in(&table.name, text));
            node.uses.extend(self.named_in(text));
        }
        node.goes_with.push(relation.clone());
        node.uses.insert(relation);
        if let ConstraintKind::ForeignKey {
            references,
            referenced_columns,
            ..
        } = &it.kind
        {
            node.uses.insert(Entity::Relation(references.clone()));
            let theirs = self.column_entities(references, referenced_columns);
            node.uses.extend(theirs);
            node.uses.extend(self.keys(references, referenced_columns));
        }
        self.add(entity, node);
    }

    /// The keys of a table that a foreign key to these columns may rest on.
    fn keys(&self, table: &Name, columns: &[String]) -> Vec<Entity> {
        let Some(table) = self.table(table) else {
            return Vec::new();
        };
        let wanted: BTreeSet<&String> = columns.iter().collect();
        let is_key = |it: &&Constraint| match &it.kind {
            ConstraintKind::PrimaryKey { columns, .. } => {
                wanted.is_empty() || columns.iter().collect::<BTreeSet<_>>() == wanted
            }
            ConstraintKind::Unique { columns, .. } => {
                columns.iter().collect::<BTreeSet<_>>() == wanted
            }
            _ => false,
        };
        let named = |name: &Option<String>| name.clone().unwrap_or_default();
        let keys = table.constraints.iter().filter(is_key);
        let keys = keys.map(|it| Entity::Constraint(table.name.clone(), named(&it.name)));
        let is_unique = |it: &&Index| {
            let columns = it.elements.iter().filter_map(|it| it.column.as_ref());
            it.unique && it.predicate.is_none() && columns.collect::<BTreeSet<_>>() == wanted
        };
        let indexes = table.indexes.iter().filter(is_unique);
        keys.chain(indexes.map(|it| Entity::Index(table.name.clone(), named(&it.name))))
            .collect()
    }

    fn add_indexes(&mut self, relation: &Name, indexes: &[Index]) {
        for it in indexes {
            let name = it.name.clone().unwrap_or_default();
            let entity = Entity::Index(relation.clone(), name);
            self.comment(&entity, format!("index {entity}"), it.comment.as_ref());
            let owner = Entity::Relation(relation.clone());
            let mut node = Node::new(Definition::Index(Box::new(Index {
                comment: None,
                ..it.clone()
            })))
            .of(owner);
            let columns = it.elements.iter().filter_map(|it| it.column.as_ref());
            let own = self.column_entities(relation, columns.chain(&it.include));
            node.goes_with.extend(own.iter().cloned());
            node.uses.extend(own);
            let expressions = it.elements.iter().filter_map(|it| it.expression.as_deref());
            for text in expressions.chain(it.predicate.as_deref()) {
                node.uses.extend(self.columns_in(relation, text));
                node.uses.extend(self.named_in(text));
            }
            if let Some(whole) = &it.part_of {
                let parent = self.table(relation).and_then(|it| it.partition_of.as_ref());
                let whole = parent.map(|of| Entity::Index(of.parent.clone(), whole.name.clone()));
                node.uses.extend(whole.clone());
                node.goes_with.extend(whole);
            }
            self.add(entity, node);
        }
    }

    fn add_triggers(&mut self, relation: &Name, triggers: &[Trigger]) {
        for it in triggers {
            let entity = Entity::Trigger(relation.clone(), it.name.clone());
            let on = format!("trigger {} on {relation}", quoted(&it.name));
            self.comment(&entity, on, it.comment.as_ref());
            let mut node = Node::new(Definition::Trigger(Box::new(Trigger {
                comment: None,
                ..it.clone()
            })))
            .of(Entity::Relation(relation.clone()));
            node.uses
                .extend(self.column_entities(relation, &it.columns));
            if let Some(condition) = &it.condition {
                node.uses.extend(self.columns_in(relation, condition));
                node.uses.extend(self.named_in(condition));
            }
            node.uses
                .extend(it.from.iter().cloned().map(Entity::Relation));
            let named = self.named.get(it.function.name.as_str());
            let is_routine = |it: &&Entity| matches!(it, Entity::Routine(..));
            node.uses
                .extend(named.into_iter().flatten().filter(is_routine).cloned());
            self.add(entity, node);
        }
    }

    fn add_policy(&mut self, relation: &Name, it: &Policy) {
        let entity = Entity::Policy(relation.clone(), it.name.clone());
        let on = format!("policy {} on {relation}", quoted(&it.name));
        self.comment(&entity, on, it.comment.as_ref());
        let mut node = Node::new(Definition::Policy(Box::new(Policy {
            comment: None,
            ..it.clone()
        })))
        .of(Entity::Relation(relation.clone()));
        for text in it.using.iter().chain(&it.check) {
            node.uses.extend(self.columns_in(relation, text));
            node.uses.extend(self.queried_in(text));
        }
        self.add(entity, node);
    }

    fn add_view(&mut self, it: &View) {
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

/// A name as texts have it.
fn name_as_text(name: &str) -> String {
    quoted(name).into_owned()
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

/// A table without what has statements of its own.
fn shell(it: &Table) -> Table {
    let mut inherited = it.inherited.clone();
    for column in &mut inherited {
        (column.comment, column.grants) = (None, None);
    }
    Table {
        inherited,
        columns: Vec::new(),
        constraints: Vec::new(),
        indexes: Vec::new(),
        triggers: Vec::new(),
        trigger_states: BTreeMap::new(),
        rules: Vec::new(),
        policies: Vec::new(),
        replica_identity: None,
        clustered_on: None,
        comment: None,
        grants: None,
        owner: None,
        was: None,
        ..it.clone()
    }
}

pub(super) fn routine_entity(it: &Routine) -> Entity {
    Entity::Routine(it.name.clone(), it.signature.clone().unwrap_or_default())
}

/// The schema that it lies in, where that is not its owner's.
fn schema_of(entity: &Entity) -> Option<String> {
    match entity {
        Entity::Type(name)
        | Entity::Sequence(name)
        | Entity::Routine(name, _)
        | Entity::Relation(name) => name.schema.clone(),
        _ => None,
    }
}

/// The table's columns that a constraint is about, where it does not name them in an expression.
pub(crate) fn columns_of(kind: &ConstraintKind) -> Vec<&String> {
    match kind {
        ConstraintKind::PrimaryKey {
            columns, include, ..
        }
        | ConstraintKind::Unique {
            columns, include, ..
        } => columns.iter().chain(include).collect(),
        ConstraintKind::ForeignKey { columns, .. } => columns.iter().collect(),
        ConstraintKind::Check { .. } => Vec::new(),
        ConstraintKind::Exclude {
            elements, include, ..
        } => {
            let columns = elements.iter().filter_map(|it| it.column.as_ref());
            columns.chain(include).collect()
        }
    }
}

/// The expressions of a constraint.
pub(crate) fn texts_of(kind: &ConstraintKind) -> Vec<&str> {
    match kind {
        ConstraintKind::Check { expression, .. } => vec![expression],
        ConstraintKind::Exclude {
            elements,
            predicate,
            ..
        } => {
            let expressions = elements.iter().filter_map(|it| it.expression.as_deref());
            expressions.chain(predicate.as_deref()).collect()
        }
        _ => Vec::new(),
    }
}
