//! A statement's effect on the catalog.
//!
//! One file for each kind of change. What names no known object changes nothing: the catalog is
//! mostly not the whole database. Of a table that is altered without being known, what the script says is kept.

mod alter;
mod constraints;
mod create;
mod drop;
mod indexes;
mod partitions;
mod rename;
mod routines;
mod types;

use super::Catalog;
use crate::ast::{Kind, Set, Statement, Transaction};

impl Catalog {
    /// Follows a statement that has run.
    pub fn apply(&mut self, statement: &Statement) {
        self.follow(&statement.kind);
        if self.saved.is_empty() {
            // without a transaction block each statement is one
            self.transaction += 1;
        }
    }

    fn follow(&mut self, kind: &Kind) {
        match kind {
            Kind::Transaction(transaction) => self.transaction(transaction),
            Kind::Set(set) => self.set(set),
            Kind::CreateTable(table) => self.create_table(table),
            Kind::CreateTableAs(table) => self.create_table_as(table),
            Kind::CreateView(view) => self.create_view(view),
            Kind::CreateMaterializedView(view) => self.create_materialized_view(view),
            Kind::CreateSequence(sequence) => self.create_sequence(sequence),
            Kind::CreateIndex(index) => self.create_index(index),
            Kind::CreateStatistics(statistics) => self.create_statistics(statistics),
            Kind::CreateSchema(schema) => self.create_schema(schema),
            Kind::CreateTrigger(trigger) => self.create_trigger(trigger),
            Kind::CreateRule(rule) => self.create_rule(rule),
            Kind::CreatePolicy(policy) => {
                self.change(&policy.table, |table| {
                    table.policies.push(policy.name.text.clone());
                });
            }
            Kind::CreateExtension(extension) => {
                self.others().extensions.insert(extension.name.text.clone());
            }
            Kind::CreateType(made) => self.create_type(made),
            Kind::AlterType(alter) => self.alter_type(alter),
            Kind::CreateDomain(domain) => self.create_domain(domain),
            Kind::AlterDomain(alter) => self.alter_domain(alter),
            Kind::CreateFunction(function) => self.create_function(function),
            Kind::AlterFunction(alter) => self.alter_function(alter),
            Kind::Publication(publication) => self.publication_changed(publication),
            Kind::AlterTable(alter) => self.alter_table(alter),
            Kind::AlterObject(alter) => self.alter_object(alter),
            Kind::Drop(drop) => self.drop_objects(drop),
            Kind::Reindex(reindex) => self.reindexed(reindex),
            _ => {}
        }
    }

    fn transaction(&mut self, transaction: &Transaction) {
        match transaction {
            Transaction::Begin(_) if self.saved.is_empty() => self.save(None),
            Transaction::Savepoint(name) if !self.saved.is_empty() => {
                self.save(Some(name.text.clone()));
            }
            Transaction::Release(name) => {
                if let Some(at) = self.savepoint(name) {
                    self.saved.truncate(at);
                }
            }
            Transaction::RollbackTo(name) => {
                if let Some(at) = self.savepoint(name) {
                    self.saved.truncate(at + 1);
                    self.restore(at);
                }
            }
            Transaction::Commit { chain } => self.end(*chain),
            Transaction::Rollback { chain } => {
                self.restore(0);
                self.end(*chain);
            }
            // its objects come with COMMIT PREPARED, in all likelihood
            Transaction::Prepare(_) => self.end(false),
            _ => {}
        }
    }

    fn save(&mut self, name: Option<String>) {
        let mark = self.objects().mark();
        self.saved.push((name, mark));
    }

    fn savepoint(&self, name: &str) -> Option<usize> {
        let mut saved = self.saved.iter();
        saved.rposition(|(saved, _)| saved.as_deref() == Some(name))
    }

    fn restore(&mut self, at: usize) {
        if let Some((_, mark)) = self.saved.get(at).cloned() {
            self.objects().undo(&mark);
        }
    }

    fn end(&mut self, chain: bool) {
        self.saved.clear();
        self.objects().forget();
        if chain {
            self.transaction += 1;
            self.save(None);
        }
    }

    fn set(&mut self, set: &Set) {
        let all = set.reset && set.name == "all";
        if set.name == "search_path" || all {
            let real = |schema: &&String| !matches!(schema.as_str(), "pg_catalog" | "$user" | "");
            let schemas: Vec<String> = set.values.iter().filter(real).cloned().collect();
            let default = set.values.is_empty();
            self.search_path = if default {
                vec!["public".to_owned()]
            } else {
                schemas
            };
        }
        if set.name == "timezone" || all {
            self.time_zone = set.values.first().cloned();
        }
    }
}
