//! A schema taken apart: every entity with its definition and with what it needs.
//!
//! No IO. What an expression needs is found by its words, as [`crate::ddl`] finds the order of objects: nothing that is
//! needed is missed. What the catalog has told not to be needed does not count; what is seen too much nevertheless costs
//! at worst that a view is made again.

mod attached;
mod constraint;
mod standalone;
mod table;
mod types;
mod view;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::definition::{Definition, Described, Granted};
use super::entity::Entity;
use super::grants;
use crate::ddl::order::symbols;
use crate::ddl::words;
use crate::dependencies::Told;
use crate::identifiers::quoted;
use crate::value::{Column, Grants, Name, Schema, Table};

pub(crate) use constraint::{columns_of, texts_of};
pub(super) use standalone::routine_entity;

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
    /// What everybody may do with what can be granted, known only where there are default privileges.
    pub(super) rights: Rc<BTreeMap<Entity, Granted>>,
    named: HashMap<&'a str, Vec<Entity>>,
    tables: Rc<HashMap<&'a Name, &'a Table>>,
    told: Rc<Told<'a>>,
}

impl<'a> Model<'a> {
    pub(super) fn of(schema: &'a Schema) -> Self {
        let mut model = Self {
            schema,
            nodes: BTreeMap::new(),
            rights: Rc::default(),
            named: HashMap::new(),
            tables: Rc::new(schema.tables.iter().map(|it| (&it.name, it)).collect()),
            told: Rc::new(Told::of(schema)),
        };
        model.learn_names();
        for it in &schema.schemas {
            model.add_schema(&it.name, it.comment.as_ref(), &it.grants);
        }
        let extensions = schema.extensions.iter();
        extensions.for_each(|it| model.add_extension(it));
        schema.enums.iter().for_each(|it| model.add_enum(it));
        let composites = schema.composites.iter();
        composites.for_each(|it| model.add_composite(it));
        schema.ranges.iter().for_each(|it| model.add_range(it));
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
            rights: Rc::clone(&self.rights),
            named: HashMap::new(),
            tables: Rc::clone(&self.tables),
            told: Rc::clone(&self.told),
        }
    }

    /// The table of this name.
    pub(super) fn table(&self, name: &Name) -> Option<&'a Table> {
        self.tables.get(name).copied()
    }

    /// What a word of a text may mean.
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
        self.believe_the_catalog(&entity, &mut node);
        self.nodes.insert(entity, node);
    }

    /// Takes out what only has the name of something that it uses.
    fn believe_the_catalog(&self, entity: &Entity, node: &mut Node) {
        let of = entity.address().filter(|it| self.told.knows_needs_of(it));
        let Some(of) = of else { return };
        let is_denied = |it: &Entity| {
            let on = it.address().filter(|on| *on != of);
            on.is_some_and(|on| self.told.needs(&of, &on) == Some(false))
        };
        let is_part = |it: &Entity| matches!(it, Entity::Column(..));
        let all = node.uses.len();
        node.uses.retain(|it| is_part(it) || !is_denied(it));
        if node.uses.len() == all {
            return;
        }
        // columns come with their relation, or with one that has them from there
        let relations = node.uses.iter().filter_map(|it| match it {
            Entity::Relation(name) => Some(name),
            _ => None,
        });
        let relations = relations.chain(entity.relation());
        let lineages = relations.flat_map(|it| self.lineage(it));
        let there: HashSet<&Name> = lineages.map(|it| &it.name).collect();
        node.uses.retain(|it| match it {
            Entity::Column(relation, _) => there.contains(relation),
            _ => true,
        });
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
        let granted = Granted {
            on,
            column: None,
            usual,
            list: it.clone().unwrap_or_default(),
        };
        if !self.schema.default_privileges.is_empty() {
            let rights = Rc::make_mut(&mut self.rights);
            let known = rights.entry(entity.clone()).or_insert(granted.clone());
            if it.is_none() {
                known.list = grants::usual(&granted);
            }
        }
        if it.is_some() {
            let node = Node::new(Definition::Grants(granted));
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

    /// The same of the name of a type, which no cast is needed for.
    pub(super) fn named_as_type(&self, text: &str) -> BTreeSet<Entity> {
        let mut found = self.named_in(text);
        found.retain(|it| !matches!(it, Entity::Other("cast", _)));
        found.extend(self.types_in(text));
        found
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
}

/// A name as texts have it.
fn name_as_text(name: &str) -> String {
    quoted(name).into_owned()
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
