//! What exists at one moment: relations with the files they are stored in, and how much was read.
//!
//! IO: one query. Callers: the two ways of observing. Invariant: the query takes no lock on a
//! relation of the user, so that looking never shows up in what is seen.

use std::collections::HashMap;

use super::Relation;
use super::session::{Row, Session};
use crate::error::{Error, Result};

/// An `oid`.
pub(crate) type Oid = u32;

/// The first `oid` that is not PostgreSQL's own.
const FIRST_NORMAL_OBJECT_ID: Oid = 16_384;

/// Whose counters of reading are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counters {
    /// The asking session's in its transaction.
    Transaction,
    /// Everybody's since the statistics were reset.
    Everybody,
}

/// One relation at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) relation: Relation,
    /// 0 where there is none, as for a view.
    pub(crate) file: u32,
    /// False for an index that the planner may not use.
    pub(crate) valid: bool,
    pub(crate) scans: u64,
    pub(crate) rows_read: u64,
}

/// All relations of users at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moment {
    by_oid: HashMap<Oid, Known>,
    by_name: HashMap<(String, String), Oid>,
}

impl Moment {
    /// What a session sees now.
    pub(crate) fn see(session: &mut impl Session, counters: Counters) -> Result<Self> {
        let rows = session.rows(&query(counters), "reading the catalog")?;
        let mut moment = Self::default();
        for row in &rows {
            let known = known(row).ok_or(Error::Answer("relations"))?;
            let name = (known.relation.schema.clone(), known.relation.name.clone());
            moment.by_name.insert(name, known.relation.oid);
            moment.by_oid.insert(known.relation.oid, known);
        }
        Ok(moment)
    }

    pub(crate) fn by_oid(&self, oid: Oid) -> Option<&Known> {
        self.by_oid.get(&oid)
    }

    /// The relation that has the name of `relation`: after some statements it has another `oid`.
    pub(crate) fn by_name_of(&self, relation: &Relation) -> Option<&Known> {
        let name = (relation.schema.clone(), relation.name.clone());
        self.by_oid(*self.by_name.get(&name)?)
    }

    /// All relations, by name.
    pub(crate) fn relations(&self) -> Vec<&Known> {
        let mut all: Vec<&Known> = self.by_oid.values().collect();
        all.sort_by(|one, two| one.relation.cmp(&two.relation));
        all
    }
}

fn query(counters: Counters) -> String {
    let within = match counters {
        Counters::Transaction => "xact_",
        Counters::Everybody => "",
    };
    format!(
        "select c.oid, n.nspname, c.relname, c.relkind, c.relfilenode, \
         o.relname, t.relname, coalesce(i.indisvalid, true), \
         pg_catalog.pg_stat_get_{within}numscans(c.oid), \
         pg_catalog.pg_stat_get_{within}tuples_returned(c.oid) \
         from pg_catalog.pg_class c \
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         left join pg_catalog.pg_index i on i.indexrelid = c.oid \
         left join pg_catalog.pg_class o on o.oid = i.indrelid \
         left join pg_catalog.pg_class t on c.relkind = 't' and t.reltoastrelid = c.oid \
         where c.oid >= {FIRST_NORMAL_OBJECT_ID}"
    )
}

fn known(row: &Row) -> Option<Known> {
    let get = |index: usize| row.get(index)?.as_deref();
    let text = |index| get(index).map(str::to_owned);
    let number = |index| get(index)?.parse::<u64>().ok();
    Some(Known {
        relation: Relation {
            oid: get(0)?.parse().ok()?,
            schema: text(1)?,
            name: text(2)?,
            kind: get(3)?.chars().next()?,
            on: text(5).or_else(|| text(6)),
        },
        file: get(4)?.parse().ok()?,
        valid: get(7)? == "t",
        scans: number(8)?,
        rows_read: number(9)?,
    })
}
