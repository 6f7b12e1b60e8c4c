//! Locks on relations, as `pg_locks` shows them. IO: one query.

use std::collections::BTreeSet;

use super::catalog::{Moment, Oid};
use super::session::{Row, Session};
use super::{Lock, Mode};
use crate::error::{Error, Result};

/// A relation and a mode.
pub(crate) type Locked = (Oid, Mode);

const OWN: &str = "select relation, mode from pg_catalog.pg_locks \
     where pid = pg_catalog.pg_backend_pid() and locktype = 'relation' and granted \
     and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())";

/// The locks that this session has.
pub(crate) fn own(session: &mut impl Session) -> Result<BTreeSet<Locked>> {
    read(&session.rows(OWN, "reading `pg_locks`")?).ok_or(Error::Answer("locks"))
}

fn read(rows: &[Row]) -> Option<BTreeSet<Locked>> {
    let locked = |row: &Row| {
        let [relation, mode] = row.as_slice() else {
            return None;
        };
        let mode = Mode::named(mode.as_deref()?)?;
        Some((relation.as_deref()?.parse().ok()?, mode))
    };
    rows.iter().map(locked).collect()
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
