//! Sessions that stand in a statement's way, so that it is seen at each of its steps.
//!
//! IO: two sessions for each table, one for the database. The first of a table *reads*: it has ACCESS SHARE on it
//! and on its indexes. The second *writes*: ROW EXCLUSIVE, and above it, in a savepoint, EXCLUSIVE, which lets
//! readers in and nobody else; of a materialized view it has SHARE UPDATE EXCLUSIVE. The last one has an old *snapshot*. A statement that meets one of them is seen
//! waiting, in `pg_locks`, for a mode or for the end of a transaction; then that one goes out of the way.
//!
//! Invariant: a gate opens only when the statement has been seen waiting for it, or when it has ended.

use howdah_driver::{Config, Connection};

use super::{Relation, Wait, WaitFor, connect};
use crate::error::{Doing, Error, Result};

/// How far a gate is still closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It reads the table and its indexes.
    Reads,
    /// It writes to the table.
    Writes,
    /// It writes to the table, and has EXCLUSIVE besides.
    Excludes,
    /// It has an old snapshot.
    Remembers,
    /// It is open.
    Open,
}

/// One session in the way.
struct Gate {
    session: Connection,
    process_id: u32,
    stage: Stage,
    table: Option<Relation>,
}

/// All gates around one statement.
pub(super) struct Gates(Vec<Gate>);

/// What the statement is told to wait for, at one gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    /// A lock on a relation, or on a row of the catalog.
    Lock,
    /// The end of the gate's transaction.
    End,
}

/// What came of opening a gate.
#[derive(Debug)]
pub(super) enum Opened {
    /// It is none: the statement waits for somebody else.
    NoGate,
    /// It gave way to a lock.
    Lock,
    /// It ended its transaction, for which the statement had waited.
    End(Wait),
}

impl Gates {
    /// Closes gates at the tables, and one for snapshots.
    pub(super) fn close(config: &Config, tables: &[Relation]) -> Result<Self> {
        let mut gates = Vec::new();
        for table in tables {
            let name = quoted(table);
            // planning takes a lock on each index, with `limit 0` nothing is read
            let reads = match table.kind {
                'm' => format!("begin; select 1 from {name} limit 0"),
                _ => format!(
                    "begin; lock table only {name} in access share mode; \
                     select 1 from only {name} limit 0"
                ),
            };
            gates.push(Gate::close(config, Stage::Reads, Some(table), &reads)?);
            let excludes = match table.kind {
                // LOCK does not take these, and nobody writes to them; this changes no row of the catalog
                'm' => format!(
                    "begin; savepoint writes; alter materialized view {name} set without cluster"
                ),
                _ => format!(
                    "begin; lock table only {name} in row exclusive mode; \
                     savepoint writes; lock table only {name} in exclusive mode"
                ),
            };
            gates.push(Gate::close(
                config,
                Stage::Excludes,
                Some(table),
                &excludes,
            )?);
        }
        let remembers = "begin isolation level repeatable read; select 1";
        gates.push(Gate::close(config, Stage::Remembers, None, remembers)?);
        Ok(Self(gates))
    }

    /// Opens, by one stage, the gate of the process that the statement waits for.
    pub(super) fn open(&mut self, process_id: u32, awaited: Awaited) -> Result<Opened> {
        let is_it = |gate: &&mut Gate| gate.process_id == process_id && gate.stage != Stage::Open;
        match self.0.iter_mut().find(is_it) {
            Some(gate) => gate.open(awaited),
            None => Ok(Opened::NoGate),
        }
    }
}

impl Gate {
    fn close(config: &Config, stage: Stage, table: Option<&Relation>, sql: &str) -> Result<Self> {
        let mut session = connect(config)?;
        session.query(sql).doing("closing a gate")?;
        let process_id = process_id(&mut session)?;
        Ok(Self {
            session,
            process_id,
            stage,
            table: table.cloned(),
        })
    }

    fn open(&mut self, awaited: Awaited) -> Result<Opened> {
        let stage = self.stage;
        if stage == Stage::Excludes && awaited == Awaited::Lock {
            self.stage = Stage::Writes;
            self.session
                .query("rollback to writes")
                .doing("opening a gate")?;
            return Ok(Opened::Lock);
        }
        self.stage = Stage::Open;
        self.session.query("rollback").doing("opening a gate")?;
        if awaited == Awaited::Lock {
            return Ok(Opened::Lock);
        }
        let for_whom = match stage {
            Stage::Reads => WaitFor::Readers,
            Stage::Remembers => WaitFor::Snapshots,
            Stage::Writes | Stage::Excludes | Stage::Open => WaitFor::Writers,
        };
        Ok(Opened::End(Wait {
            for_whom,
            relation: self.table.clone(),
        }))
    }
}

/// The process that serves `session`.
pub(super) fn process_id(session: &mut Connection) -> Result<u32> {
    let rows = session
        .query("select pg_catalog.pg_backend_pid()")
        .doing("asking for a process")?;
    let process_id = rows.value().and_then(|text| text.parse().ok());
    process_id.ok_or(Error::Answer("a process"))
}

fn quoted(relation: &Relation) -> String {
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    format!("{}.{}", quote(&relation.schema), quote(&relation.name))
}
