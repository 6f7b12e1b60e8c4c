//! Types and domains, and which tables use them.

use super::{Known, Relation};
use crate::ast::{NewType, Node, ObjectName, TypeName};
use crate::builtin;
use crate::catalog::{self, Domain, TypeKind};

/// Domains over domains.
const DEEPEST: usize = 100;

impl<'a> Known<'a> {
    fn domain(&self, of: &TypeName) -> Option<&'a Domain> {
        if of.array_dimensions > 0 {
            return None;
        }
        self.catalog.domain(&of.name)
    }

    /// The domain that a type is, and those below it. A script can say names that lead in a circle.
    fn domains(&self, of: &TypeName) -> impl Iterator<Item = &'a Domain> {
        let below = |it: &&'a Domain| self.domain(&it.base);
        std::iter::successors(self.domain(of), below).take(DEEPEST)
    }

    pub(in crate::locks) fn is_domain(&self, name: &ObjectName) -> bool {
        self.catalog.domain(name).is_some()
    }

    /// Whether values of the type are tested; None for a type that nobody knows.
    pub(in crate::locks) fn is_constrained_domain(&self, of: &TypeName) -> Option<bool> {
        if of.array_dimensions > 0 || of.serial().is_some() {
            return Some(false);
        }
        match self.catalog.type_named(&of.name).map(|it| &it.kind) {
            Some(TypeKind::Domain(_)) => {
                let tests = |it: &Domain| it.not_null || !it.constraints.is_empty();
                Some(self.domains(of).any(tests))
            }
            Some(TypeKind::Made(_)) => Some(false),
            None if builtin::is_type(&of.name.name) => Some(false),
            None => None,
        }
    }

    /// The type below a domain, or the type itself.
    pub(in crate::locks) fn base_type(&self, of: &TypeName) -> TypeName {
        let last = self.domains(of).last();
        last.map_or(of, |domain| &domain.base).clone()
    }

    /// Whether two names mean one type, modifiers aside.
    pub(in crate::locks) fn is_same_type(&self, one: &TypeName, other: &TypeName) -> bool {
        let resolved = |it: &TypeName| self.catalog.resolve_type(&it.name);
        (one.array_dimensions > 0) == (other.array_dimensions > 0)
            && resolved(one) == resolved(other)
    }

    /// Whether an index sorts values by an operator class for all types of a kind (`array_ops`,
    /// `enum_ops`, `range_ops`, `record_ops`): then it serves one type of that kind alone.
    pub(in crate::locks) fn is_sorted_by_its_parts(&self, of: &TypeName) -> bool {
        of.array_dimensions > 0
            || matches!(
                self.catalog.type_named(&of.name).map(|it| &it.kind),
                Some(TypeKind::Made(
                    NewType::Enum(_) | NewType::Composite(_) | NewType::Range(_)
                ))
            )
            || of.name.schema.is_none() && of.name.name.ends_with("range")
    }

    /// The default that a column without one takes from its domain.
    pub(in crate::locks) fn domain_default(&self, of: &TypeName) -> Option<Node> {
        let mut defaults = self.domains(of).filter_map(|it| it.default.as_ref());
        defaults.next().map(|it| it.node.clone())
    }

    pub(in crate::locks) fn tables_using_type(&self, name: &ObjectName) -> Vec<ObjectName> {
        self.all(self.catalog.relations_that(|it| {
            let mut columns = it.columns.iter();
            columns.any(|column| self.catalog.is_of_type(column.type_name.as_ref(), name))
                && matches!(
                    self.kind(&it.name),
                    Some(Relation::Table | Relation::ForeignTable | Relation::MaterializedView)
                )
        }))
    }

    /// What loses a column with a type: tables, and what depends on those columns.
    pub(in crate::locks) fn losers_of_type(&self, name: &ObjectName) -> Vec<ObjectName> {
        let domains = self.domains_over(name);
        domains
            .into_iter()
            .flat_map(|it| self.losers_of_one(it))
            .collect()
    }

    fn losers_of_one(&self, name: &ObjectName) -> Vec<ObjectName> {
        let mut found = self.tables_using_type(name);
        for table in found.clone() {
            let columns = self
                .catalog
                .relation(&table)
                .map(|it| it.columns.as_slice());
            for column in columns.unwrap_or_default() {
                if self.catalog.is_of_type(column.type_name.as_ref(), name) {
                    found.extend(self.indexes_with_column(&table, &column.name));
                    found.extend(self.dependents_of_column(&table, &column.name));
                }
            }
        }
        found
    }

    /// Tables with a column of a domain, or of a domain over it.
    pub(in crate::locks) fn tables_using_domain(&self, name: &ObjectName) -> Vec<ObjectName> {
        let domains = self.domains_over(name);
        let tables = domains
            .into_iter()
            .flat_map(|it| self.tables_using_type(it));
        tables
            .filter(|it| self.kind(it) == Some(Relation::Table))
            .collect()
    }

    /// A type, and the domains over it.
    fn domains_over<'b>(&'b self, name: &'b ObjectName) -> Vec<&'b ObjectName> {
        let mut domains = vec![name];
        let mut at = 0;
        while let Some(name) = domains.get(at).copied() {
            for above in self.catalog.types() {
                if let TypeKind::Domain(domain) = &above.kind
                    && self.catalog.is_of_type(Some(&domain.base), name)
                    && !domains.contains(&&above.name)
                {
                    domains.push(&above.name);
                }
            }
            at += 1;
        }
        domains
    }

    /// Tables declared `OF` a composite type, and what inherits from them.
    pub(in crate::locks) fn tables_of_type(&self, name: &ObjectName) -> Vec<ObjectName> {
        let name = self.catalog.resolve_type(name);
        let is_of = |it: &catalog::Relation| {
            let of = it.of_type.as_ref();
            of.is_some_and(|of| self.catalog.resolve_type(of) == name)
        };
        let tables = self.all(self.catalog.relations_that(is_of));
        tables
            .iter()
            .flat_map(|it| self.with_descendants(it))
            .collect()
    }

    /// Tables whose triggers, defaults or checks call a function, and views that do.
    pub(in crate::locks) fn tables_using_function(&self, name: &ObjectName) -> Vec<ObjectName> {
        let is_call = |node: &Node| matches!(node, Node::Call(call) if call.name.name == name.name);
        let calls = |node: &Node| {
            let mut calls = false;
            node.walk(&mut |node| calls |= is_call(node));
            calls
        };
        self.all(self.catalog.relations_that(|it| {
            it.triggers
                .iter()
                .any(|trigger| trigger.function.name == name.name)
                || it.columns.iter().any(|column| {
                    column
                        .default
                        .as_ref()
                        .is_some_and(|expr| calls(&expr.node))
                        || column
                            .generated
                            .as_ref()
                            .is_some_and(|it| calls(&it.expr.node))
                })
                || self
                    .checks(&it.name)
                    .iter()
                    .any(|check| calls(&check.expr.node))
                || it.query.as_ref().is_some_and(|query| {
                    let mut calls = false;
                    query.walk(&mut |node| calls |= is_call(node));
                    calls
                })
        }))
    }
}
