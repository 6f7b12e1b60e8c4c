//! Questions to a catalog. Every name may come without its schema: the search path decides.

use std::sync::Arc;

use super::{
    Age, Catalog, Domain, Function, Index, Made, Publication, Relation, Size, TableConstraint,
    Type, TypeKind,
};
use crate::ast::{ConstraintKind, ObjectName, PartitionBound, RelationKind, TypeName};

/// Where temporary relations live.
pub(super) const TEMPORARY: &str = "pg_temp";

impl Catalog {
    /// The name with its schema: of the first schema of the search path that has a relation, an
    /// index or a sequence of that name; of what is not known, as if it were made now.
    #[must_use]
    pub fn resolve(&self, name: &ObjectName) -> ObjectName {
        self.search(name, |name| {
            self.objects.relation(name).is_some() || self.objects.index(name).is_some()
        })
    }

    /// The same for types.
    #[must_use]
    pub fn resolve_type(&self, name: &ObjectName) -> ObjectName {
        self.search(name, |name| self.objects.others.types.contains_key(name))
    }

    pub(super) fn search(
        &self,
        name: &ObjectName,
        exists: impl Fn(&ObjectName) -> bool,
    ) -> ObjectName {
        if name.schema.is_some() {
            return name.clone();
        }
        let within = |schema: &str| ObjectName {
            schema: Some(schema.to_owned()),
            ..name.clone()
        };
        let temporary = within(TEMPORARY);
        if exists(&temporary) {
            return temporary;
        }
        let found = self.search_path.iter().map(|schema| within(schema));
        found
            .into_iter()
            .find(|name| exists(name))
            .unwrap_or_else(|| self.qualified(name))
    }

    /// The name that an object would get that is made now.
    #[must_use]
    pub fn qualified(&self, name: &ObjectName) -> ObjectName {
        let default = || self.search_path.first().cloned();
        ObjectName {
            schema: name
                .schema
                .clone()
                .or_else(default)
                .or(Some("public".to_owned())),
            ..name.clone()
        }
    }

    /// A relation, if it is known; an index is none.
    #[must_use]
    pub fn relation(&self, name: &ObjectName) -> Option<&Relation> {
        self.objects.relation(&self.resolve(name))
    }

    /// All relations, in the order of their names.
    pub fn relations(&self) -> impl Iterator<Item = &Relation> {
        self.objects.relations()
    }

    /// An index, if it is known.
    #[must_use]
    pub fn index(&self, name: &ObjectName) -> Option<&Index> {
        self.objects.index(&self.resolve(name))
    }

    /// All indexes, in the order of their names.
    pub fn all_indexes(&self) -> impl Iterator<Item = &Index> {
        self.objects.indexes()
    }

    /// The indexes of a table.
    pub fn indexes<'a>(&'a self, table: &ObjectName) -> impl Iterator<Item = &'a Index> + use<'a> {
        self.objects.indexes_of(&self.resolve(table))
    }

    /// Whether a relation or index of that name is known.
    #[must_use]
    pub fn exists(&self, name: &ObjectName) -> bool {
        let name = self.resolve(name);
        self.objects.relation(&name).is_some() || self.objects.index(&name).is_some()
    }

    /// Whether all of a database is known and this is not in it.
    #[must_use]
    pub fn is_missing(&self, name: &ObjectName) -> bool {
        self.complete && !self.exists(name)
    }

    /// Whether all of a database is known.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// When a relation or index came to be; what is not known was there before.
    #[must_use]
    pub fn age_of(&self, name: &ObjectName) -> Age {
        let name = self.resolve(name);
        let relation = self.objects.relation(&name).map(|it| it.made);
        let made = relation.or_else(|| self.objects.index(&name).map(|it| it.made));
        self.age(made.unwrap_or_default())
    }

    /// What the time that an object was made at means now.
    #[must_use]
    pub fn age(&self, made: Made) -> Age {
        match made.0 {
            0 => Age::Before,
            number if number == self.transaction && self.in_transaction() => Age::Transaction,
            _ => Age::Script,
        }
    }

    /// Whether the script made a relation or index.
    #[must_use]
    pub fn is_new(&self, name: &ObjectName) -> bool {
        self.age_of(name) != Age::Before
    }

    /// How large a relation is, where known.
    #[must_use]
    pub fn size(&self, name: &ObjectName) -> Option<Size> {
        self.relation(name)?.size
    }

    /// Relations that refer to one: by a foreign key, as its children, views or sequences.
    #[must_use]
    pub fn dependents(&self, name: &ObjectName) -> Vec<&Relation> {
        self.objects.dependents(&self.resolve(name)).collect()
    }

    /// Foreign keys that refer to a table, with the tables that have them.
    pub fn references_to<'a>(
        &'a self,
        table: &ObjectName,
    ) -> impl Iterator<Item = (&'a Relation, &'a TableConstraint)> + use<'a> {
        let table = self.resolve(table);
        self.dependents(&table).into_iter().flat_map(move |relation| {
            let table = table.clone();
            let keys = relation.constraints.iter().filter(move |constraint| {
                matches!(&constraint.kind, ConstraintKind::ForeignKey(key) if key.references == table)
            });
            keys.map(move |constraint| (relation, constraint))
        })
    }

    /// Views and materialized views that read a relation.
    pub fn views_of<'a>(
        &'a self,
        name: &ObjectName,
    ) -> impl Iterator<Item = &'a Relation> + use<'a> {
        let name = self.resolve(name);
        self.dependents(&name)
            .into_iter()
            .filter(move |view| view.reads.contains(&name))
    }

    /// Other relations that have a rule whose actions use a relation.
    pub fn ruled_with<'a>(
        &'a self,
        name: &ObjectName,
    ) -> impl Iterator<Item = &'a Relation> + use<'a> {
        let name = self.resolve(name);
        self.dependents(&name).into_iter().filter(move |relation| {
            relation.name != name && relation.rules.iter().any(|it| it.mentions(&name))
        })
    }

    /// Direct partitions and heirs of a table.
    pub fn children<'a>(
        &'a self,
        table: &ObjectName,
    ) -> impl Iterator<Item = &'a Relation> + use<'a> {
        let table = self.resolve(table);
        self.dependents(&table)
            .into_iter()
            .filter(move |child| child.parents.contains(&table))
    }

    /// All partitions and heirs of a table, those of its children too, parents first.
    #[must_use]
    pub fn descendants(&self, table: &ObjectName) -> Vec<&Relation> {
        let mut found: Vec<&Relation> = self.children(table).collect();
        let mut at = 0;
        while let Some(parent) = found.get(at) {
            let more: Vec<&Relation> = self
                .children(&parent.name)
                .filter(|child| !found.iter().any(|known| known.name == child.name))
                .collect();
            found.extend(more);
            at += 1;
        }
        found
    }

    /// The default partition of a table.
    #[must_use]
    pub fn default_partition(&self, table: &ObjectName) -> Option<&Relation> {
        let mut children = self.children(table);
        children.find(|child| child.bound == Some(PartitionBound::Default))
    }

    /// The sequences that belong to a table's columns.
    pub fn sequences_of<'a>(
        &'a self,
        table: &ObjectName,
    ) -> impl Iterator<Item = &'a Relation> + use<'a> {
        let table = self.resolve(table);
        self.dependents(&table).into_iter().filter(move |relation| {
            relation.kind == RelationKind::Sequence
                && relation
                    .owned_by
                    .as_ref()
                    .is_some_and(|(owner, _)| *owner == table)
        })
    }

    /// A type that was made; the built-in ones are not here.
    #[must_use]
    pub fn type_named(&self, name: &ObjectName) -> Option<&Type> {
        self.objects
            .others
            .types
            .get(&self.resolve_type(name))
            .map(Arc::as_ref)
    }

    /// All types that were made.
    pub fn types(&self) -> impl Iterator<Item = &Type> {
        self.objects.others.types.values().map(Arc::as_ref)
    }

    /// A domain.
    #[must_use]
    pub fn domain(&self, name: &ObjectName) -> Option<&Domain> {
        match &self.type_named(name)?.kind {
            TypeKind::Domain(domain) => Some(domain),
            TypeKind::Made(_) => None,
        }
    }

    /// Whether a column's type is that one, arrays of it included.
    #[must_use]
    pub fn is_of_type(&self, column: Option<&TypeName>, name: &ObjectName) -> bool {
        let name = self.resolve_type(name);
        column.is_some_and(|it| self.resolve_type(&it.name) == name)
    }

    /// The name with its schema, of a function or procedure.
    #[must_use]
    pub fn resolve_function(&self, name: &ObjectName) -> ObjectName {
        self.search(name, |name| {
            self.objects.others.functions.contains_key(name)
        })
    }

    /// The functions and procedures of a name.
    #[must_use]
    pub fn functions(&self, name: &ObjectName) -> Vec<&Function> {
        let found = self
            .objects
            .others
            .functions
            .get(&self.resolve_function(name));
        found.into_iter().flatten().map(Arc::as_ref).collect()
    }

    /// The function of a name that takes that many arguments, defaults considered.
    #[must_use]
    pub fn function(&self, name: &ObjectName, arguments: usize) -> Option<&Function> {
        self.functions(name).into_iter().find(|function| {
            let inputs = function.definition.parameters.iter().filter(|it| it.input);
            let needed = inputs
                .clone()
                .filter(|it| it.default.is_none() && !it.variadic)
                .count();
            let variadic = inputs.clone().any(|it| it.variadic);
            needed <= arguments && (variadic || arguments <= inputs.count())
        })
    }

    /// The table of a statistics object.
    #[must_use]
    pub fn statistics(&self, name: &ObjectName) -> Option<&ObjectName> {
        let exists = |name: &ObjectName| self.objects.others.statistics.contains_key(name);
        self.objects
            .others
            .statistics
            .get(&self.search(name, exists))
    }

    /// A publication.
    #[must_use]
    pub fn publication(&self, name: &str) -> Option<&Publication> {
        self.objects.others.publications.get(name)
    }

    /// Whether a schema is known.
    #[must_use]
    pub fn has_schema(&self, name: &str) -> bool {
        self.objects.others.schemas.contains(name)
    }

    /// Whether an extension was made.
    #[must_use]
    pub fn has_extension(&self, name: &str) -> bool {
        self.objects.others.extensions.contains(name)
    }

    /// The schemas that names without one are looked up in.
    #[must_use]
    pub fn search_path(&self) -> &[String] {
        &self.search_path
    }

    /// What the script set `TimeZone` to, as it was written.
    #[must_use]
    pub fn time_zone(&self) -> Option<&str> {
        self.time_zone.as_deref()
    }

    /// Whether a transaction block is open.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        !self.saved.is_empty()
    }
}
