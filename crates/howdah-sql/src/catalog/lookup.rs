//! Questions to a catalog. Every name may come without its schema: the search path decides.

use std::collections::HashSet;
use std::sync::Arc;

use super::layers::Path;
use super::{
    Age, Catalog, Domain, Function, Index, Made, Publication, Relation, Size, TableConstraint,
    Type, TypeKind,
};
use crate::ast::{ConstraintKind, ObjectName, RelationKind, TypeName};

/// Where temporary relations live.
pub(super) const TEMPORARY: &str = "pg_temp";

impl Catalog {
    /// The name with its schema: of the first schema of the search path that has a relation, an
    /// index or a sequence of that name; of what is not known, as if it were made now.
    #[must_use]
    pub fn resolve(&self, name: &ObjectName) -> ObjectName {
        named(self.place(name), name)
    }

    /// A relation's or index's name without the schema where the search path finds it, else with it.
    #[must_use]
    pub fn shortest(&self, name: &ObjectName) -> ObjectName {
        let full = self.place(name);
        let bare = Path {
            schema: None,
            ..full
        };
        let found = self.search(bare, |name| self.objects.has(name));
        named(if found == full { bare } else { full }, name)
    }

    /// The same as [`Self::resolve`], for looking it up.
    pub(super) fn place<'a>(&'a self, name: &'a ObjectName) -> Path<'a> {
        self.search(name, |name| self.objects.has(name))
    }

    /// The same for types.
    #[must_use]
    pub fn resolve_type(&self, name: &ObjectName) -> ObjectName {
        named(self.place_of_type(name), name)
    }

    fn place_of_type<'a>(&'a self, name: &'a ObjectName) -> Path<'a> {
        self.search(name, |name| self.objects.others.types.contains_key(&name))
    }

    pub(super) fn search<'a>(
        &'a self,
        name: impl Into<Path<'a>>,
        exists: impl Fn(Path<'_>) -> bool,
    ) -> Path<'a> {
        let name = name.into();
        if name.schema.is_some() {
            return name;
        }
        let within = |schema| Path {
            schema: Some(schema),
            ..name
        };
        let path = self.search_path.iter().map(String::as_str);
        let default = self.search_path.first().map_or("public", String::as_str);
        std::iter::once(TEMPORARY)
            .chain(path)
            .map(within)
            .find(|name| exists(*name))
            .unwrap_or_else(|| within(default))
    }

    /// The name that an object would get that is made now.
    #[must_use]
    pub fn qualified(&self, name: &ObjectName) -> ObjectName {
        let default = self.search_path.first().map_or("public", String::as_str);
        let schema = name.schema.as_deref().unwrap_or(default);
        ObjectName {
            schema: Some(schema.to_owned()),
            name: name.name.clone(),
            span: name.span,
        }
    }

    /// A relation, if it is known; an index is none.
    #[must_use]
    pub fn relation(&self, name: &ObjectName) -> Option<&Relation> {
        self.objects.relation(self.place(name))
    }

    /// All relations, in the order of their names.
    pub fn relations(&self) -> impl Iterator<Item = &Relation> {
        self.objects.relations(|_| true).into_iter()
    }

    /// The relations for which that holds, in the order of their names.
    pub fn relations_that(&self, holds: impl Fn(&Relation) -> bool) -> Vec<&Relation> {
        self.objects.relations(holds)
    }

    /// An index, if it is known.
    #[must_use]
    pub fn index(&self, name: &ObjectName) -> Option<&Index> {
        self.objects.index(self.place(name))
    }

    /// All indexes, in the order of their names.
    pub fn all_indexes(&self) -> impl Iterator<Item = &Index> {
        self.objects.indexes(|_| true).into_iter()
    }

    /// The indexes of a table.
    pub fn indexes<'a>(&'a self, table: &ObjectName) -> impl Iterator<Item = &'a Index> + use<'a> {
        self.objects.indexes_of(self.place(table))
    }

    /// Whether a relation or index of that name is known.
    #[must_use]
    pub fn exists(&self, name: &ObjectName) -> bool {
        self.objects.has(self.place(name))
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
        let name = self.place(name);
        let relation = self.objects.relation(name).map(|it| it.made);
        let made = relation.or_else(|| self.objects.index(name).map(|it| it.made));
        self.age(made.unwrap_or_default())
    }

    /// What the time that an object was made at means now.
    #[must_use]
    pub fn age(&self, made: Made) -> Age {
        match made.0 {
            number if number < self.first => Age::Before,
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
        let place = self.place(name);
        let by_key = self.objects.referring(place);
        let all = self.objects.dependents(place).chain(by_key);
        let mut all: Vec<&Relation> = all.map(|(_, relation)| relation).collect();
        all.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        all.dedup_by(|a, b| a.name == b.name);
        all
    }

    /// What belongs to a relation, each with its full name.
    fn belonging<'a>(
        &'a self,
        name: &ObjectName,
    ) -> impl Iterator<Item = (&'a ObjectName, &'a Relation)> + use<'a> {
        self.objects.dependents(self.place(name))
    }

    /// Foreign keys that refer to a table, with the tables that have them.
    pub fn references_to<'a>(
        &'a self,
        table: &ObjectName,
    ) -> impl Iterator<Item = (&'a Relation, &'a TableConstraint)> + use<'a> {
        let referring = self.objects.referring(self.place(table));
        referring.flat_map(|(table, relation)| {
            let keys = relation.constraints.iter().filter(move |constraint| {
                matches!(&constraint.kind, ConstraintKind::ForeignKey(key) if key.references == *table)
            });
            keys.map(move |constraint| (relation, constraint))
        })
    }

    /// Views and materialized views that read a relation.
    pub fn views_of<'a>(
        &'a self,
        name: &ObjectName,
    ) -> impl Iterator<Item = &'a Relation> + use<'a> {
        let found = self.belonging(name);
        found
            .filter(|(name, view)| view.reads.contains(name))
            .map(|(_, view)| view)
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
        let found = self.belonging(table);
        found
            .filter(|(table, child)| child.parents.contains(table))
            .map(|(_, child)| child)
    }

    /// All partitions and heirs of a table, those of its children too, parents first.
    #[must_use]
    pub fn descendants(&self, table: &ObjectName) -> Vec<&Relation> {
        let mut found: Vec<&Relation> = self.children(table).collect();
        let mut seen: HashSet<&ObjectName> = found.iter().map(|it| &it.name).collect();
        let mut at = 0;
        while let Some(parent) = found.get(at) {
            let children = self.children(&parent.name);
            let more: Vec<&Relation> = children.filter(|it| seen.insert(&it.name)).collect();
            found.extend(more);
            at += 1;
        }
        found
    }

    /// The default partition of a table.
    #[must_use]
    pub fn default_partition(&self, table: &ObjectName) -> Option<&Relation> {
        self.objects.default_partition(self.place(table))
    }

    /// The sequences that belong to a table's columns.
    pub fn sequences_of<'a>(
        &'a self,
        table: &ObjectName,
    ) -> impl Iterator<Item = &'a Relation> + use<'a> {
        let belongs = |table: &ObjectName, relation: &Relation| {
            let owner = relation.owned_by.as_ref().map(|(owner, _)| owner);
            relation.kind == RelationKind::Sequence && owner == Some(table)
        };
        self.belonging(table)
            .filter(move |(table, relation)| belongs(table, relation))
            .map(|(_, relation)| relation)
    }

    /// A type that was made; the built-in ones are not here.
    #[must_use]
    pub fn type_named(&self, name: &ObjectName) -> Option<&Type> {
        self.objects
            .others
            .types
            .get(&self.place_of_type(name))
            .map(Arc::as_ref)
    }

    /// All types that were made, in the order of their names.
    pub fn types(&self) -> impl Iterator<Item = &Type> {
        let all = self.objects.others.types.values().map(Arc::as_ref);
        let mut all: Vec<&Type> = all.collect();
        all.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        all.into_iter()
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
        let name = self.place_of_type(name);
        column.is_some_and(|it| self.place_of_type(&it.name) == name)
    }

    /// The name with its schema, of a function or procedure.
    #[must_use]
    pub fn resolve_function(&self, name: &ObjectName) -> ObjectName {
        named(self.place_of_function(name), name)
    }

    fn place_of_function<'a>(&'a self, name: &'a ObjectName) -> Path<'a> {
        self.search(name, |name| {
            self.objects.others.functions.contains_key(&name)
        })
    }

    /// The functions and procedures of a name.
    #[must_use]
    pub fn functions(&self, name: &ObjectName) -> Vec<&Function> {
        let found = self
            .objects
            .others
            .functions
            .get(&self.place_of_function(name));
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
        let exists = |name: Path<'_>| self.objects.others.statistics.contains_key(&name);
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

/// A name that was looked up, where it was written.
fn named(path: Path<'_>, written: &ObjectName) -> ObjectName {
    ObjectName {
        schema: path.schema.map(str::to_owned),
        name: path.name.to_owned(),
        span: written.span,
    }
}
