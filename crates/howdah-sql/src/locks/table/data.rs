//! Reading and writing. How a query reads its tables is the planner's, so nothing is said of scans.

use super::super::mode::Mode::{AccessShare, RowExclusive, RowShare};
use super::Form::*;
use super::Role::*;
use super::{Row, line};

pub(super) const ROWS: &[Row] = &[
    line(
        Select,
        "SELECT; COPY t TO; PREPARE; DECLARE",
        "with the partitions and children of what is read",
    )
    .locks(&[(Reads, AccessShare)]),
    line(
        SelectForUpdate,
        "SELECT … FOR UPDATE; … FOR NO KEY UPDATE; … FOR SHARE; … FOR KEY SHARE",
        "",
    )
    .locks(&[(Affected, RowShare), (Reads, AccessShare)]),
    line(
        Write,
        "INSERT; UPDATE; DELETE; MERGE; COPY t FROM",
        "foreign keys look up the referenced rows, and those that refer to it",
    )
    .locks(&[
        (Writes, RowExclusive),
        (Referenced, RowShare),
        (Reads, AccessShare),
    ]),
    line(UseSequence, "nextval(s); setval(s)", "also by a default")
        .locks(&[(Affected, RowExclusive)]),
    line(Lock, "LOCK TABLE t IN … MODE", "that mode"),
];
