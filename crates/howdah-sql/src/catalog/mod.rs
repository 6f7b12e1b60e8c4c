//! What is known to exist while a script runs: relations, indexes, types, functions.
//!
//! No IO. A [`Catalog`] begins empty, or as a database's whose schema was applied as DDL, and
//! [`Catalog::apply`] follows a script statement by statement; the lock model and the lint rules ask
//! it. What PostgreSQL would refuse changes nothing where that can be told, and is taken as it
//! comes where it cannot.
//!
//! Invariants: the key of everything is its name with its schema; a clone is cheap, since the values
//! are shared until they change; names that PostgreSQL chooses are chosen as it does.

mod apply;
mod assume;
mod choose;
mod inheritance;
mod layers;
mod lookup;
mod relation;
mod store;

use std::sync::Arc;

use crate::ast::ObjectName;
pub use relation::{
    Age, Column, Domain, Function, Generated, Index, Made, Publication, Relation, Rule, Size,
    TableConstraint, Trigger, Type, TypeKind,
};
use store::{Mark, Objects, Others};

/// The objects of a database, as far as they are known.
///
/// ```
/// use howdah_sql::ast::ObjectName;
/// use howdah_sql::catalog::Catalog;
///
/// let mut catalog = Catalog::default();
/// for statement in &howdah_sql::parse("create table t (a int unique); alter table t rename to u").statements {
///     catalog.apply(statement);
/// }
/// let table = catalog.relation(&ObjectName::new("u")).unwrap();
/// assert_eq!(table.constraints[0].name, "t_a_key");
/// ```
#[derive(Clone, Debug)]
pub struct Catalog {
    objects: Arc<Objects>,
    /// `SET search_path`, without `pg_catalog`.
    search_path: Vec<String>,
    /// As the transaction found it, and each savepoint.
    saved: Vec<(Option<String>, Mark)>,
    /// The number of the transaction that is open, or would be.
    transaction: u32,
    /// What an earlier transaction made was there before.
    first: u32,
    /// All of a database is known: what is not here does not exist.
    complete: bool,
    time_zone: Option<String>,
}

impl Default for Catalog {
    fn default() -> Self {
        Self {
            objects: Arc::default(),
            search_path: vec!["public".to_owned()],
            saved: Vec::new(),
            transaction: 1,
            first: 1,
            complete: false,
            time_zone: None,
        }
    }
}

impl Catalog {
    /// The same, with everything in it taken for what was there before, and nothing else.
    #[must_use]
    pub fn settled(mut self) -> Self {
        let objects = self.objects();
        objects.forget();
        objects.share();
        for made in objects.others().types.values_mut() {
            if !made.new_values.is_empty() {
                Arc::make_mut(made).new_values.clear();
            }
        }
        Self {
            first: self.transaction + 1,
            transaction: self.transaction + 1,
            objects: self.objects,
            complete: self.complete,
            ..Self::default()
        }
    }

    /// The same, known to be the whole of a database: what is not in it does not exist.
    #[must_use]
    pub fn completed(mut self) -> Self {
        self.complete = true;
        self
    }

    /// A copy to try one statement on, however much the open transaction has done.
    pub(crate) fn trial(&self) -> Self {
        Self {
            objects: Arc::new(self.objects.without_log()),
            search_path: self.search_path.clone(),
            saved: self.saved.clone(),
            time_zone: self.time_zone.clone(),
            ..*self
        }
    }

    /// Says how large a relation is.
    pub fn set_size(&mut self, name: &ObjectName, size: Size) {
        self.change(name, |relation| relation.size = Some(size));
    }

    /// Says that a worker of autovacuum is busy with a relation.
    pub fn set_autovacuum(&mut self, name: &ObjectName) {
        self.change(name, |relation| relation.autovacuum = true);
    }

    /// Says that an index is there and not valid.
    pub fn set_invalid(&mut self, index: &ObjectName) {
        self.change_index(index, |index| index.valid = false);
    }

    /// Changes what nothing refers to: neither names of constraints nor what the relation refers to.
    fn change(&mut self, name: &ObjectName, change: impl FnOnce(&mut Relation)) {
        if let Some(name) = self.key(name) {
            self.objects().change_relation(&name, change);
        }
    }

    /// Changes a relation in any way but its name.
    fn relink(&mut self, name: &ObjectName, change: impl FnOnce(&mut Relation)) {
        if let Some(name) = self.key(name) {
            self.objects().relink_relation(&name, change);
        }
    }

    fn change_index(&mut self, name: &ObjectName, change: impl FnOnce(&mut Index)) {
        if let Some(name) = self.key(name) {
            self.objects().change_index(&name, change);
        }
    }

    /// The name under which a relation or index is kept.
    fn key(&self, name: &ObjectName) -> Option<Arc<ObjectName>> {
        self.objects.key(self.place(name))
    }

    fn others(&mut self) -> &mut Others {
        self.objects().others()
    }

    /// For what is made now.
    fn now(&self) -> Made {
        Made(self.transaction)
    }

    /// For what is made unless it is there (`IF NOT EXISTS`, `OR REPLACE`): of a database that is not known nobody can
    /// tell, and such scripts are run where it is.
    fn now_unless(&self, conditional: bool) -> Made {
        if conditional && !self.complete {
            Made::default()
        } else {
            self.now()
        }
    }

    fn objects(&mut self) -> &mut Objects {
        Arc::make_mut(&mut self.objects)
    }
}
