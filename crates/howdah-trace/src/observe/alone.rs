//! Observing a statement that makes transactions of its own: `CREATE INDEX CONCURRENTLY`, `VACUUM` …
//!
//! IO: the statement runs in a thread; the watcher looks at its session again and again until it has ended, and
//! opens the gate that it stands at. Invariant: every lock that a gate is in the way of is seen, however short it
//! is held, since the statement waits for it.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use howdah_driver::{Connection, Rows};

use super::catalog::{Counters, Moment, Oid};
use super::gates::{Awaited, Gates, Opened, process_id};
use super::locks::{self, Locked};
use super::{
    Difference, FLUSHES, Mode, Observation, Observer, Relation, Wait, Way, failure, wal_position,
};
use crate::error::{Doing, Error, Result};

/// How long the watcher rests between two looks. Nothing depends on it but how soon a gate opens.
const REST: Duration = Duration::from_millis(1);

/// What the watcher has seen so far.
#[derive(Default)]
struct Seen {
    locks: BTreeSet<Locked>,
    waits: BTreeSet<Wait>,
    at_gates: Duration,
}

/// What the subject was doing at one look.
struct Look {
    locks: BTreeSet<Locked>,
    /// Whom it waits for, if it does.
    waiting: Option<(u32, Awaited)>,
    /// How long it had waited then; servers before 14 do not say.
    waited: Duration,
}

impl Observer {
    /// Runs one statement outside any transaction block, between gates at `tables`: those it may concern. Gates
    /// keep everybody from writing to these tables, so they are for databases that nobody else uses; without
    /// tables only what the watcher happens to see is told of the statement's locks, and nothing of what it reads, as
    /// others read too.
    ///
    /// # Errors
    /// As [`Observer::observe`], and those of further connections.
    pub fn observe_alone(&mut self, sql: &str, tables: &[Relation]) -> Result<Observation> {
        self.flush()?;
        let before = Moment::see(&mut self.watcher, Counters::Everybody)?;
        let process_id = process_id(&mut self.subject)?;
        let gates = match tables {
            [] => None,
            tables => Some(Gates::close(&self.config, tables)?),
        };
        let wal = wal_position(&mut self.watcher)?;
        let (subject, watcher) = (&mut self.subject, &mut self.watcher);
        // the gates end with the closure, also if looking fails: the statement shall not stand there for ever
        let (outcome, seen, elapsed) = thread::scope(move |scope| {
            let mut gates = gates;
            let start = Instant::now();
            let running = scope.spawn(|| subject.query(sql));
            let mut seen = Seen::default();
            while !running.is_finished() {
                if !seen.look(watcher, process_id, gates.as_mut())? {
                    thread::sleep(REST);
                }
            }
            let elapsed = start.elapsed();
            Ok::<_, Error>((running.join().map_err(|_| Error::Thread)?, seen, elapsed))
        })?;
        let wal_bytes = wal_position(&mut self.watcher)?.saturating_sub(wal);
        let error = outcome.err().map(failure).transpose()?;
        self.flush()?;
        let after = Moment::see(&mut self.watcher, Counters::Everybody)?;
        let difference = Difference::between(&before, &after);
        Ok(Observation {
            way: Way::Alone,
            locks: locks::named(seen.locks, &before),
            held: Vec::new(),
            rewrites: difference.rewrites,
            builds: difference.builds,
            reads: (self.version >= FLUSHES && !tables.is_empty()).then_some(difference.reads),
            waits: seen.waits.into_iter().collect(),
            invalid: difference.invalid,
            duration: elapsed.saturating_sub(seen.at_gates),
            wal_bytes,
            error,
        })
    }

    /// The tables and materialized views that a statement which names these relations may concern, by name: their
    /// own, their parents, partitions and children, and those that foreign keys tie to them. All, if it names none.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn tables_near(&mut self, names: &[&str]) -> Result<Vec<Relation>> {
        let names = serde_json::to_string(names).unwrap_or_default();
        let rows = self
            .watcher
            .query_with(include_str!("tables_near.sql"), &[Some(&names)])
            .doing("asking for the tables that a statement concerns")?;
        let moment = Moment::see(&mut self.watcher, Counters::Everybody)?;
        let known = rows
            .iter()
            .filter_map(|row| moment.by_oid(row.get(0)?.parse().ok()?));
        Ok(known.map(|known| known.relation.clone()).collect())
    }

    /// Makes the subject's counters visible to others.
    fn flush(&mut self) -> Result<()> {
        if self.version >= FLUSHES {
            self.subject
                .query("select pg_catalog.pg_stat_force_next_flush()")
                .doing("asking for statistics")?;
        }
        Ok(())
    }
}

impl Seen {
    /// Looks once, and opens the gate that the subject stands at. Whether there was one.
    fn look(
        &mut self,
        watcher: &mut Connection,
        process_id: u32,
        gates: Option<&mut Gates>,
    ) -> Result<bool> {
        let look = Look::at(watcher, process_id)?;
        let seen = Instant::now();
        self.locks.extend(look.locks);
        let (Some(gates), Some((blocker, awaited))) = (gates, look.waiting) else {
            return Ok(false);
        };
        match gates.open(blocker, awaited)? {
            Opened::NoGate => return Ok(false),
            Opened::Lock => {}
            Opened::End(wait) => {
                self.waits.insert(wait);
            }
        }
        self.at_gates += look.waited + seen.elapsed();
        Ok(true)
    }
}

impl Look {
    fn at(watcher: &mut Connection, process_id: u32) -> Result<Self> {
        let sql = format!(
            "select locktype, relation, mode, granted, \
             case when not granted then (pg_catalog.pg_blocking_pids(pid))[1] end, \
             extract(epoch from pg_catalog.clock_timestamp() \
             - (pg_catalog.to_jsonb(l) ->> 'waitstart')::timestamptz) \
             from pg_catalog.pg_locks l where pid = {process_id} \
             and (locktype = 'relation' or not granted)"
        );
        let rows = watcher.query(&sql).doing("watching the statement")?;
        Self::read(&rows).ok_or(Error::Answer("locks"))
    }

    fn read(rows: &Rows) -> Option<Self> {
        let mut look = Self {
            locks: BTreeSet::new(),
            waiting: None,
            waited: Duration::ZERO,
        };
        for row in rows {
            let is_relation = row.get(0)? == "relation";
            if is_relation {
                let oid: Oid = row.get(1)?.parse().ok()?;
                look.locks.insert((oid, Mode::named(row.get(2)?)?));
            }
            // nobody blocks it any more, if it got what it waited for between the two functions
            if let Some(blocker) = row.get(4).filter(|_| row.get(3) == Some("f")) {
                let awaited = match row.get(0)? {
                    "virtualxid" => Awaited::End,
                    _ => Awaited::Lock,
                };
                look.waiting = Some((blocker.parse().ok()?, awaited));
                let seconds = row.get(5).and_then(|text| text.parse().ok());
                look.waited = seconds
                    .and_then(|it| Duration::try_from_secs_f64(it).ok())
                    .unwrap_or_default();
            }
        }
        Some(look)
    }
}
