//! `CREATE` of relations, and of what belongs to them.

use std::sync::Arc;

use super::super::inheritance;
use super::super::lookup::TEMPORARY;
use super::super::store::beside;
use super::super::{Catalog, Column, Generated, Relation, Rule, Trigger};
use crate::ast::{
    Call, ColumnDef, ConstraintKind, CreateMaterializedView, CreateRule, CreateSchema,
    CreateSequence, CreateStatistics, CreateTable, CreateTableAs, CreateTrigger, CreateView, Expr,
    Like, Name, Node, ObjectName, Persistence, Publication, PublicationChange, Query, RelationKind,
    SequenceOption, Span, TypeName,
};

/// What a table of PostgreSQL can have.
const MOST_COLUMNS: usize = 1_600;

impl Catalog {
    /// The name of a relation that is made now.
    fn new_name(&self, name: &ObjectName, persistence: Persistence) -> ObjectName {
        match persistence {
            Persistence::Temporary => ObjectName {
                schema: Some(TEMPORARY.to_owned()),
                ..name.clone()
            },
            _ => self.qualified(name),
        }
    }

    /// Takes a relation in, unless its name is taken: then the statement fails or does nothing.
    fn insert(&mut self, relation: Relation) -> bool {
        let taken = self.objects.relation(&relation.name).is_some()
            || self.objects.index(&relation.name).is_some();
        if !taken {
            self.objects().put_relation(Arc::new(relation));
        }
        !taken
    }

    pub(super) fn create_table(&mut self, table: &CreateTable) {
        let name = self.new_name(&table.name, table.persistence);
        let parent = table
            .partition_of
            .as_ref()
            .map(|it| self.resolve(&it.parent));
        let mut parents: Vec<ObjectName> =
            table.inherits.iter().map(|it| self.resolve(it)).collect();
        parents.extend(parent.clone());
        let of_columns = table.columns.iter().map(|it| it.constraints.len());
        let relation = Relation {
            name: name.clone(),
            kind: match table.server {
                Some(_) => RelationKind::ForeignTable,
                None => RelationKind::Table,
            },
            persistence: table.persistence,
            bound: table.partition_of.as_ref().map(|it| it.bound.clone()),
            partition_by: table.partition_by.clone(),
            of_type: table.of_type.as_ref().map(|it| self.resolve_type(it)),
            method: table.method.as_ref().map(|it| it.text.clone()),
            tablespace: table.tablespace.as_ref().map(|it| it.text.clone()),
            options: table.options.clone(),
            parents: parents.clone(),
            columns: Vec::with_capacity(table.columns.len()),
            constraints: Vec::with_capacity(table.constraints.len() + of_columns.sum::<usize>()),
            made: self.now_unless(table.if_not_exists),
            ..Relation::default()
        };
        if !self.insert(relation) {
            return;
        }
        for like in &table.likes {
            self.copy_like(&name, like);
        }
        for parent in &parents {
            self.inherit_columns(&name, parent);
        }
        self.typed_columns(&name);
        for column in &table.columns {
            self.add_column(&name, column);
        }
        for constraint in &table.constraints {
            self.add_constraint(&name, constraint, false);
        }
        for parent in &parents {
            self.inherit_constraints(&name, parent);
        }
        if let Some(parent) = parent {
            self.inherit_as_partition(&name, &parent);
        }
    }

    /// Adds a column with its constraints, or what a partition says anew of one that it has.
    pub(super) fn add_column(&mut self, table: &ObjectName, def: &ColumnDef) {
        let column = self.column(table, def);
        if self
            .relation(table)
            .is_some_and(|it| it.columns.len() >= MOST_COLUMNS && it.column(&column.name).is_none())
        {
            return;
        }
        self.change(table, |relation| {
            match relation
                .columns
                .iter_mut()
                .find(|known| known.name == column.name)
            {
                Some(known) => inheritance::merge(known, column),
                None => relation.columns.push(column),
            }
        });
        for constraint in &def.constraints {
            self.add_constraint(table, constraint, false);
        }
    }

    fn column(&mut self, table: &ObjectName, def: &ColumnDef) -> Column {
        let mut column = Column {
            name: def.name.text.clone(),
            type_name: def.type_name.as_ref().map(|it| self.known_type(it)),
            collation: def.collation.clone(),
            not_null: def.is_not_null(),
            default: def.default().cloned(),
            ..Column::default()
        };
        for constraint in &def.constraints {
            match &constraint.kind {
                ConstraintKind::Identity { always, options } => {
                    column.identity = Some(*always);
                    column.sequence = Some(self.owned_sequence(table, &column.name, options));
                }
                ConstraintKind::Generated { expr, stored } => {
                    column.generated = Some(Box::new(Generated {
                        expr: expr.clone(),
                        stored: *stored,
                    }));
                }
                _ => {}
            }
        }
        if let Some(base) = def.type_name.as_ref().and_then(TypeName::serial) {
            let sequence = self.owned_sequence(table, &column.name, &[]);
            column.default = Some(next_value(&sequence));
            column.sequence = Some(sequence);
            column.type_name = Some(TypeName {
                name: ObjectName::new(base),
                span: def.type_name.as_ref().map(|it| it.span).unwrap_or_default(),
                ..TypeName::default()
            });
        }
        column
    }

    /// A type's name with the schema of the type that was made under it.
    pub(super) fn known_type(&self, name: &TypeName) -> TypeName {
        let mut known = name.clone();
        if let Some(made) = self.type_named(&name.name) {
            known.name.schema.clone_from(&made.name.schema);
        }
        known
    }

    /// The sequence behind a column, under the name that PostgreSQL chooses.
    pub(super) fn owned_sequence(
        &mut self,
        table: &ObjectName,
        column: &str,
        options: &[SequenceOption],
    ) -> ObjectName {
        let given = options.iter().find_map(|option| match option {
            SequenceOption::Name(name) => Some(self.qualified(name)),
            _ => None,
        });
        let name = match given {
            Some(name) => name,
            None => beside(table, &self.index_name(table, column, "seq")),
        };
        self.insert(Relation {
            name: name.clone(),
            kind: RelationKind::Sequence,
            owned_by: Some((table.clone(), column.to_owned())),
            made: self.now(),
            ..Relation::default()
        });
        name
    }

    /// `OF type`: the columns of a composite type.
    fn typed_columns(&mut self, table: &ObjectName) {
        let Some(attributes) = self.relation(table).and_then(|it| {
            let name = it.of_type.as_ref()?;
            self.attributes(name)
        }) else {
            return;
        };
        for attribute in attributes {
            self.add_column(table, &attribute);
        }
    }

    fn copy_like(&mut self, table: &ObjectName, like: &Like) {
        let Some(source) = self.relation(&like.source).cloned() else {
            return;
        };
        let mut columns = source.columns.clone();
        for column in &mut columns {
            column.inherited = false;
            column.sequence = None;
            if !like.copies("defaults") {
                column.default = None;
            }
            if !like.copies("generated") {
                column.generated = None;
            }
            if !like.copies("identity") {
                column.identity = None;
            }
        }
        let checks = source.constraints.iter().filter(|it| match it.kind {
            ConstraintKind::NotNull(_) => true,
            ConstraintKind::Check(_) => like.copies("constraints"),
            _ => false,
        });
        let constraints: Vec<_> = checks.cloned().collect();
        self.relink(table, |relation| {
            relation.columns.extend(columns);
            relation.constraints.extend(constraints);
        });
        if like.copies("indexes") {
            self.copy_indexes(&source.name, table, false);
        }
    }

    pub(super) fn create_table_as(&mut self, table: &CreateTableAs) {
        let name = self.new_name(&table.name, table.persistence);
        let columns = self.output_columns(table.query.as_ref(), &table.columns);
        self.insert(Relation {
            name,
            persistence: table.persistence,
            columns,
            made: self.now_unless(table.if_not_exists),
            ..Relation::default()
        });
    }

    /// The columns that a query returns; none if they cannot all be told.
    fn output_columns(&self, query: Option<&Query>, names: &[Name]) -> Vec<Column> {
        let mut columns = Vec::new();
        for target in query.iter().flat_map(|query| &query.targets) {
            match &target.expr.node {
                Node::Star => match self.all_columns(query, &target.expr.text) {
                    Some(all) => columns.extend(all),
                    None => return Vec::new(),
                },
                node => columns.push(Column {
                    name: target.name.clone().unwrap_or_else(|| "?column?".to_owned()),
                    type_name: match node {
                        Node::Cast { to, .. } => Some(to.clone()),
                        _ => None,
                    },
                    ..Column::default()
                }),
            }
        }
        for (column, name) in columns.iter_mut().zip(names) {
            column.name.clone_from(&name.text);
        }
        columns
    }

    /// What a `*` stands for, if that is known.
    fn all_columns(&self, query: Option<&Query>, star: &str) -> Option<Vec<Column>> {
        let from = query.map(|query| query.from.as_slice()).unwrap_or_default();
        if from.is_empty() || (from.len() > 1 && star != "*") {
            return None;
        }
        let mut columns = Vec::new();
        for source in from {
            columns.extend(self.relation(source)?.columns.iter().map(bare));
        }
        Some(columns)
    }

    pub(super) fn create_view(&mut self, view: &CreateView) {
        let name = self.new_name(&view.name, view.persistence);
        let mut made = self.now_unless(view.or_replace);
        if view.or_replace
            && let Some(known) = self.objects().take_relation(&name)
        {
            made = known.made;
        }
        let relation = Relation {
            name,
            kind: RelationKind::View,
            made,
            ..Relation::default()
        };
        self.insert_view(relation, &view.query, &view.columns);
        self.change(&view.name, |relation| {
            relation.options.clone_from(&view.options);
        });
    }

    pub(super) fn create_materialized_view(&mut self, view: &CreateMaterializedView) {
        let relation = Relation {
            name: self.qualified(&view.name),
            kind: RelationKind::MaterializedView,
            made: self.now_unless(view.if_not_exists),
            ..Relation::default()
        };
        self.insert_view(relation, &view.query, &view.columns);
    }

    fn insert_view(&mut self, view: Relation, query: &Query, names: &[Name]) {
        let columns = self.output_columns(Some(query), names);
        let reads = query.reads.iter().map(|it| self.resolve(it)).collect();
        self.insert(Relation {
            columns,
            reads,
            query: Some(query.clone()),
            ..view
        });
    }

    pub(super) fn create_sequence(&mut self, sequence: &CreateSequence) {
        let name = self.new_name(&sequence.name, sequence.persistence);
        let owner = owner(&sequence.options).map(|(table, column)| (self.resolve(table), column));
        self.insert(Relation {
            name,
            kind: RelationKind::Sequence,
            persistence: sequence.persistence,
            owned_by: owner,
            made: self.now_unless(sequence.if_not_exists),
            ..Relation::default()
        });
    }

    pub(super) fn create_statistics(&mut self, statistics: &CreateStatistics) {
        let table = self.resolve(&statistics.table);
        let columns = statistics
            .expressions
            .iter()
            .filter_map(|it| it.node.implied_name());
        let columns: Vec<String> = columns.collect();
        let name = match &statistics.name {
            Some(name) => self.qualified(name),
            None => beside(
                &table,
                &format!("{}_{}_stat", table.name, columns.join("_")),
            ),
        };
        self.others().statistics.insert(Arc::new(name), table);
    }

    pub(super) fn create_schema(&mut self, schema: &CreateSchema) {
        self.others().schemas.insert(schema.name.text.clone());
        let outer = self.search_path.clone();
        self.search_path.insert(0, schema.name.text.clone());
        for element in &schema.elements {
            self.follow(&element.kind);
        }
        self.search_path = outer;
    }

    pub(super) fn create_trigger(&mut self, trigger: &CreateTrigger) {
        let made = Trigger {
            name: trigger.name.text.clone(),
            function: trigger.function.clone(),
            for_each_row: trigger.for_each_row,
            events: trigger.events.clone(),
            enabled: true,
            inherited: false,
        };
        let table = self.resolve(&trigger.table);
        let partitions: Vec<ObjectName> = if trigger.for_each_row {
            self.partitions_below(&table)
        } else {
            Vec::new()
        };
        for partition in partitions {
            let inherited = Trigger {
                inherited: true,
                ..made.clone()
            };
            self.change(&partition, |relation| relation.set_trigger(inherited));
        }
        self.change(&table, |relation| relation.set_trigger(made));
    }

    pub(super) fn create_rule(&mut self, rule: &CreateRule) {
        let kinds = || rule.actions.iter().map(|it| &it.kind);
        let resolved = |names: Vec<&ObjectName>| {
            let mut names: Vec<_> = names.into_iter().map(|it| self.resolve(it)).collect();
            names.sort();
            names.dedup();
            names
        };
        let read = kinds().filter_map(|it| it.query()).flat_map(|it| &it.reads);
        let made = Rule {
            name: rule.name.text.clone(),
            event: rule.event.clone(),
            reads: resolved(read.collect()),
            writes: resolved(kinds().flat_map(|it| it.written()).collect()),
        };
        self.relink(&rule.table, |table| {
            table.rules.retain(|it| it.name != made.name);
            table.rules.push(made);
        });
    }

    pub(super) fn publication_changed(&mut self, publication: &Publication) {
        let tables: Vec<ObjectName> = publication
            .tables
            .iter()
            .map(|it| self.resolve(&it.name))
            .collect();
        let schemas = publication.schemas.iter().map(|it| it.text.clone());
        let known = self
            .others()
            .publications
            .entry(publication.name.text.clone())
            .or_default();
        match publication.change {
            PublicationChange::Drop => {
                known.tables.retain(|table| !tables.contains(table));
                let schemas: Vec<String> = schemas.collect();
                known.schemas.retain(|schema| !schemas.contains(schema));
            }
            change => {
                if matches!(change, PublicationChange::Set) {
                    known.tables.clear();
                    known.schemas.clear();
                }
                known.all_tables |= publication.all_tables;
                known.tables.extend(tables);
                known.schemas.extend(schemas);
            }
        }
    }
}

impl Relation {
    fn set_trigger(&mut self, trigger: Trigger) {
        self.triggers.retain(|known| known.name != trigger.name);
        self.triggers.push(trigger);
    }
}

/// A column as a query returns it: its type, and no constraint.
fn bare(column: &Column) -> Column {
    Column {
        name: column.name.clone(),
        type_name: column.type_name.clone(),
        collation: column.collation.clone(),
        ..Column::default()
    }
}

/// The column that `OWNED BY` names.
pub(super) fn owner(options: &[SequenceOption]) -> Option<(&ObjectName, String)> {
    options.iter().find_map(|option| match option {
        SequenceOption::OwnedBy(Some((table, column))) => Some((table, column.text.clone())),
        _ => None,
    })
}

/// `nextval('s.t_id_seq')`, the default behind `serial`.
fn next_value(sequence: &ObjectName) -> Expr {
    let argument = sequence.to_string();
    Expr {
        span: Span::default(),
        text: format!("nextval('{}')", argument.replace('\'', "''")),
        node: Node::Call(Call {
            name: ObjectName::new("nextval"),
            arguments: vec![Node::String(argument)],
            star: false,
            window: false,
            syntax: false,
        }),
    }
}
