//! Pieces of a stream as the classes of `howdah.replication`.
//!
//! No IO. Called by Python with what a stream gave, in its order: pieces refer to tables that earlier
//! ones described. Types are those of the stream's database, as far as its connections know them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use howdah_wire::Oid;
use howdah_wire::replication::pgoutput::{Change, Logical, OldRow, Prepared, Tuple};
use howdah_wire::replication::{Envelope, Lsn};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyTuple};

use super::rows::{Table, py_text};
use crate::connection::columns::refusal;
use crate::connection::faults;
use crate::types::{Catalogue, Layer, Overlay, Scope, Settings};

const PG_LSN: Oid = 3220;
const TIMESTAMPTZ: Oid = 1184;

/// Turns the pieces of a stream into changes.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct ChangeDecoder {
    catalogue: Arc<Catalogue>,
    settings: Settings,
    state: Mutex<Seen>,
}

/// What earlier pieces said.
#[derive(Default)]
struct Seen {
    tables: HashMap<Oid, Arc<Table>>,
    in_block: bool,
}

impl ChangeDecoder {
    pub(super) fn new(catalogue: Arc<Catalogue>) -> Self {
        let settings = Settings {
            overlay: Overlay::of(&Layer::everywhere()),
            ..Settings::default()
        };
        Self {
            catalogue,
            settings,
            state: Mutex::default(),
        }
    }
}

#[pymethods]
impl ChangeDecoder {
    /// The types that a piece names and nobody knows yet, as OIDs.
    fn unknown_types(&self, py: Python<'_>, data: &[u8]) -> PyResult<Vec<Oid>> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let message = parsed(py, data, state.in_block)?;
        let Logical::Relation(_, relation) = message else {
            return Ok(Vec::new());
        };
        let scope = self.scope(py);
        let types = relation.columns().map(|column| column.type_oid);
        Ok(types.filter(|&oid| scope.known(oid).is_none()).collect())
    }

    /// The change that a piece tells.
    fn decode<'py>(&self, py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let message = parsed(py, data, state.in_block)?;
        let scope = self.scope(py);
        let module = classes(py)?;
        match message {
            Logical::StreamStart { .. } => state.in_block = true,
            Logical::StreamStop => state.in_block = false,
            Logical::Relation(_, relation) => {
                let table = Arc::new(Table::new(&scope, module, &relation)?);
                let public = table.public.bind(py).clone();
                state.tables.insert(relation.oid, table);
                return Ok(public);
            }
            _ => {}
        }
        let maker = Maker {
            scope: &scope,
            module,
            seen: &state,
        };
        maker.make(&message)
    }
}

impl ChangeDecoder {
    fn scope<'a, 'py>(&'a self, py: Python<'py>) -> Scope<'a, 'py> {
        Scope {
            py,
            settings: &self.settings,
            catalogue: Some(&self.catalogue),
        }
    }
}

fn parsed<'a>(py: Python<'_>, data: &'a [u8], in_block: bool) -> PyResult<Logical<'a>> {
    let malformed = |error: howdah_wire::Error| faults::protocol(py, &error);
    match Envelope::parse(data).map_err(malformed)? {
        Envelope::XLogData { payload, .. } => Logical::parse(payload, in_block).map_err(malformed),
        Envelope::Keepalive { .. } => {
            Err(faults::fault(py, "DataError", "a keepalive is no change"))
        }
    }
}

/// `howdah.replication._changes`.
fn classes(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let import = || py.import("howdah.replication._changes").map(Bound::unbind);
    Ok(MODULE.get_or_try_init(py, import)?.bind(py))
}

/// Makes one object of `howdah.replication`.
struct Maker<'a, 'py> {
    scope: &'a Scope<'a, 'py>,
    module: &'a Bound<'py, PyModule>,
    seen: &'a Seen,
}

type Made<'py> = PyResult<Bound<'py, PyAny>>;

impl<'py> Maker<'_, 'py> {
    fn make(&self, message: &Logical<'_>) -> Made<'py> {
        match message {
            Logical::Insert(xid, change) => self.insert(*xid, change),
            Logical::Update(xid, change) => self.update(*xid, change),
            Logical::Delete(xid, change) => self.delete(*xid, change),
            Logical::Begin(begin) => self.call(
                "Begin",
                (
                    begin.xid,
                    self.lsn(begin.final_lsn)?,
                    self.time(begin.committed_at)?,
                ),
            ),
            Logical::Commit(commit) => self.call(
                "Commit",
                (
                    self.lsn(commit.lsn)?,
                    self.lsn(commit.end_lsn)?,
                    self.time(commit.committed_at)?,
                ),
            ),
            other => self.rarer(other),
        }
    }

    fn rarer(&self, message: &Logical<'_>) -> Made<'py> {
        let py = self.scope.py;
        match message {
            Logical::Origin { lsn, name } => {
                self.call("Origin", (py_text(py, name), self.lsn(*lsn)?))
            }
            Logical::Type(xid, named) => self.call(
                "Type",
                (
                    named.oid,
                    py_text(py, named.schema),
                    py_text(py, named.name),
                    *xid,
                ),
            ),
            Logical::Truncate(xid, truncate) => {
                let tables = truncate.relations().map(|oid| self.relation(oid));
                let tables = PyTuple::new(py, tables.collect::<PyResult<Vec<_>>>()?)?;
                let (cascade, restart) = (truncate.cascade, truncate.restart_identity);
                self.call("Truncate", (tables, cascade, restart, *xid))
            }
            Logical::Message(xid, message) => self.call(
                "Message",
                (
                    py_text(py, message.prefix),
                    PyBytes::new(py, message.content),
                    self.lsn(message.lsn)?,
                    message.transactional,
                    *xid,
                ),
            ),
            Logical::StreamStart { xid, first } => self.call("StreamStart", (*xid, *first)),
            Logical::StreamStop => self.call("StreamStop", ()),
            Logical::StreamCommit(xid, commit) => self.call(
                "StreamCommit",
                (
                    *xid,
                    self.lsn(commit.lsn)?,
                    self.lsn(commit.end_lsn)?,
                    self.time(commit.committed_at)?,
                ),
            ),
            Logical::StreamAbort(abort) => {
                let at = abort.abort;
                let lsn = at.map(|(lsn, _)| self.lsn(lsn)).transpose()?;
                let time = at.map(|(_, time)| self.time(time)).transpose()?;
                self.call("StreamAbort", (abort.xid, abort.subxid, lsn, time))
            }
            Logical::BeginPrepare(step) => self.prepared("BeginPrepare", step),
            Logical::Prepare(step) => self.prepared("Prepare", step),
            Logical::CommitPrepared(step) => self.prepared("CommitPrepared", step),
            Logical::StreamPrepare(step) => self.prepared("StreamPrepare", step),
            Logical::RollbackPrepared(step) => self.call(
                "RollbackPrepared",
                (
                    py_text(py, step.gid),
                    step.xid,
                    self.lsn(step.prepared_lsn)?,
                    self.lsn(step.end_lsn)?,
                    self.time(step.prepared_at)?,
                    self.time(step.at)?,
                ),
            ),
            _ => Err(faults::fault(
                py,
                "InternalError",
                "a change without a class",
            )),
        }
    }

    fn prepared(&self, class: &str, step: &Prepared<'_>) -> Made<'py> {
        self.call(
            class,
            (
                py_text(self.scope.py, step.gid),
                step.xid,
                self.lsn(step.lsn)?,
                self.lsn(step.end_lsn)?,
                self.time(step.at)?,
            ),
        )
    }

    fn insert(&self, xid: Option<u32>, change: &Change<'_>) -> Made<'py> {
        let table = self.table(change.relation)?;
        let new = self.new_row(table, change)?;
        self.call("Insert", (&table.public, new, xid))
    }

    fn update(&self, xid: Option<u32>, change: &Change<'_>) -> Made<'py> {
        let table = self.table(change.relation)?;
        let (key, old) = self.before(table, change)?;
        let new = self.new_row(table, change)?;
        self.call("Update", (&table.public, new, key, old, xid))
    }

    fn delete(&self, xid: Option<u32>, change: &Change<'_>) -> Made<'py> {
        let table = self.table(change.relation)?;
        let (key, old) = self.before(table, change)?;
        self.call("Delete", (&table.public, key, old, xid))
    }

    fn new_row(&self, table: &Table, change: &Change<'_>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let row = |tuple: &Tuple<'_>| table.row(self.scope, tuple, &self.unchanged()?);
        change.new.as_ref().map(row).transpose()
    }

    /// Key and whole row before the change, as far as they were sent. A table without another
    /// identity has all its columns for a key.
    #[expect(clippy::type_complexity, reason = "a pair of rows")]
    fn before(
        &self,
        table: &Table,
        change: &Change<'_>,
    ) -> PyResult<(Option<Bound<'py, PyAny>>, Option<Bound<'py, PyAny>>)> {
        let unchanged = self.unchanged()?;
        match &change.old {
            None => Ok((None, None)),
            Some(OldRow::Key(tuple)) => Ok((Some(table.key(self.scope, tuple, &unchanged)?), None)),
            Some(OldRow::Full(tuple)) => {
                Ok((None, Some(table.row(self.scope, tuple, &unchanged)?)))
            }
        }
    }

    fn unchanged(&self) -> Made<'py> {
        self.module.getattr(intern!(self.scope.py, "UNCHANGED"))
    }

    fn table(&self, oid: Oid) -> PyResult<&Table> {
        self.seen
            .tables
            .get(&oid)
            .map(AsRef::as_ref)
            .ok_or_else(|| {
                let message =
                    format!("a change of the table with oid {oid}, which was not described");
                faults::fault(self.scope.py, "DataError", message)
            })
    }

    fn relation(&self, oid: Oid) -> Made<'py> {
        Ok(self.table(oid)?.public.bind(self.scope.py).clone())
    }

    fn lsn(&self, lsn: Lsn) -> Made<'py> {
        self.value(PG_LSN, &lsn.to_be_bytes())
    }

    fn time(&self, micros: i64) -> Made<'py> {
        self.value(TIMESTAMPTZ, &micros.to_be_bytes())
    }

    fn value(&self, oid: Oid, bytes: &[u8]) -> Made<'py> {
        let codec = crate::types::builtin(oid);
        let read = codec.and_then(|codec| Some((codec.decode_binary?)(self.scope, codec, bytes)));
        match read {
            Some(Ok(value)) => Ok(value),
            Some(Err(refused)) => Err(refusal(self.scope.py, "a change", refused)),
            None => Err(faults::fault(
                self.scope.py,
                "InternalError",
                "a built-in type is missing",
            )),
        }
    }

    fn call(&self, class: &str, args: impl pyo3::call::PyCallArgs<'py>) -> Made<'py> {
        self.module.getattr(class)?.call1(args)
    }
}
