//! Locks on relations, as `pg_locks` shows them. IO: one query.

use std::collections::BTreeSet;

use howdah_driver::{Connection, Rows};

use super::catalog::{Moment, Oid};
use super::{Lock, Mode};
use crate::error::{Doing, Error, Result};

/// A relation and a mode.
pub(crate) type Locked = (Oid, Mode);

const OWN: &str = "select relation, mode from pg_catalog.pg_locks \
     where pid = pg_catalog.pg_backend_pid() and locktype = 'relation' and granted \
     and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())";

/// The locks that this session has.
pub(crate) fn own(connection: &mut Connection) -> Result<BTreeSet<Locked>> {
    let rows = connection.query(OWN).doing("reading `pg_locks`")?;
    read(&rows).ok_or(Error::Answer("locks"))
}

fn read(rows: &Rows) -> Option<BTreeSet<Locked>> {
    rows.iter()
        .map(|row| Some((row.get(0)?.parse().ok()?, Mode::named(row.get(1)?)?)))
        .collect()
}

/// Those on relations of `moment`, in order of the relations' names.
pub(crate) fn named(locks: impl IntoIterator<Item = Locked>, moment: &Moment) -> Vec<Lock> {
    let mut named: Vec<Lock> = locks
        .into_iter()
        .filter_map(|(oid, mode)| {
            let relation = moment.by_oid(oid)?.relation.clone();
            Some(Lock { relation, mode })
        })
        .collect();
    named.sort();
    named
}
