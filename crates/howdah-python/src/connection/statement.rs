//! Prepared statements and the cache of them.
//!
//! No IO. Invariant of [`Statements`]: each cached statement that has a name exists on the server
//! under it; one that was dropped from the cache is queued in `forgotten` until Close was sent for
//! it. None is found that is older than the last change of the schema that this process knows of: the
//! server refuses those whose result changed, which inside of a transaction costs the transaction.
//! Without room for named ones (`statement_cache_size=0`) it remembers what the server said of
//! each text, which then travels with every execution.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashTable;
use howdah_wire::backend::{RowDescription, ServerError};
use howdah_wire::{BindHead, Oid, Session};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::columns::Columns;
use super::faults;
use super::parameters::Unwritten;
use crate::types::{Codec, Format};

/// A statement that the server has prepared and described.
pub(crate) struct Statement {
    /// Empty for the unnamed statement.
    pub(crate) name: String,
    /// What the unnamed statement is prepared from, in each unit anew.
    text: Option<Text>,
    pub(crate) parameters: Vec<Arc<Codec>>,
    /// None where the statement returns no rows.
    pub(crate) columns: Option<Arc<Columns>>,
    /// Bind for parameters in the formats of [`parameter_format`].
    pub(crate) bind: BindHead,
}

struct Text {
    sql: Py<PyString>,
    types: Vec<Oid>,
    /// Tells one such statement from another.
    number: u64,
}

impl Statement {
    /// A statement of this name, or the unnamed one for this text.
    pub(crate) fn new(
        name: String,
        sql: &Bound<'_, PyString>,
        parameters: Vec<Arc<Codec>>,
        columns: Option<Arc<Columns>>,
    ) -> Result<Self, howdah_wire::Error> {
        let formats: Vec<_> = parameters
            .iter()
            .map(|codec| parameter_format(codec))
            .collect();
        let bind = bind_head("", &name, &formats, columns.as_deref())?;
        let text = name.is_empty().then(|| Text::new(sql, &parameters));
        Ok(Self {
            name,
            text,
            parameters,
            columns,
            bind,
        })
    }

    /// Whether it must be prepared in each unit that executes it.
    pub(crate) const fn is_unnamed(&self) -> bool {
        self.text.is_some()
    }

    /// Whether the columns are those that the server describes now.
    pub(crate) fn returns(&self, description: &RowDescription<'_>) -> bool {
        let columns = self.columns.as_deref();
        columns.is_some_and(|columns| columns.are(description))
    }

    /// What the server said of it: the parameters' types, by OID and by name, and the columns or None.
    pub(crate) fn described(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let parameters: Vec<_> = self
            .parameters
            .iter()
            .map(|codec| (codec.oid, codec.name.to_string()))
            .collect();
        let columns = match &self.columns {
            Some(columns) => Some(columns.public(py)?),
            None => None,
        };
        Ok((parameters, columns).into_pyobject(py)?.into_any().unbind())
    }

    /// Whether a parameter is of a row type, which may change after the statement was prepared.
    pub(crate) fn takes_rows(&self) -> bool {
        self.parameters.iter().any(|codec| codec.holds_rows())
    }

    /// Bind to the portal `portal` for parameters in these formats.
    pub(crate) fn bind_with(
        &self,
        portal: &str,
        formats: &[Format],
    ) -> Result<BindHead, howdah_wire::Error> {
        bind_head(portal, &self.name, formats, self.columns.as_deref())
    }
}

impl Text {
    fn new(sql: &Bound<'_, PyString>, parameters: &[Arc<Codec>]) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        Self {
            sql: sql.clone().unbind(),
            types: parameters.iter().map(|codec| codec.oid).collect(),
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
        }
    }
}

/// The format that a parameter of this type is sent in, unless its value asks for text.
pub(crate) const fn parameter_format(codec: &Codec) -> Format {
    if codec.encode_binary.is_some() {
        Format::Binary
    } else {
        Format::Text
    }
}

fn bind_head(
    portal: &str,
    name: &str,
    formats: &[Format],
    columns: Option<&Columns>,
) -> Result<BindHead, howdah_wire::Error> {
    let codes: Vec<_> = formats.iter().map(|&format| format as i16).collect();
    let same = |format| formats.iter().all(|&found| found == format);
    let codes = match codes.as_slice() {
        _ if same(Format::Text) => &[],
        _ if same(Format::Binary) => &[Format::Binary as i16][..],
        mixed => mixed,
    };
    let results = columns.map(Columns::formats).unwrap_or_default();
    BindHead::new(portal, name, codes, formats.len(), &results)
}

/// The statements of a connection by their SQL, the most recently used kept.
pub(crate) struct Statements {
    capacity: usize,
    entries: HashTable<Entry>,
    /// Names that Close must be sent for.
    forgotten: Vec<String>,
    /// Portals that were read to their end in a transaction block, which would keep them, and with
    /// them their tables "in use".
    portals: Vec<String>,
    clock: u64,
    named: u64,
    /// The version of the schema when the operation under way began.
    schema_version: u64,
    /// In each name. Behind a pooler that knows nothing of statements, two clients that used the
    /// same name would execute one another's.
    mark: u32,
    /// Texts are made this connection's own: see [`Statements::refused_new`].
    own_texts: bool,
    /// The unnamed statement that was prepared last, by its number, and the session's generation.
    unnamed: (u64, u64),
}

/// How many texts are remembered where no statement is kept.
const DESCRIPTIONS: usize = 256;

struct Entry {
    hash: u64,
    sql: Py<PyString>,
    /// The types that the caller's values have, where the server's own choice did not fit them.
    signature: Box<[Oid]>,
    statement: Arc<Statement>,
    used: u64,
    kept: u64,
    schema_version: u64,
}

impl Statements {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            entries: HashTable::new(),
            forgotten: Vec::new(),
            portals: Vec::new(),
            clock: 0,
            named: 0,
            schema_version: 0,
            mark: (RandomState::new().hash_one(capacity) >> 32) as u32,
            own_texts: false,
            unnamed: (0, 0),
        }
    }

    /// From now on statements must be as new as this version of the schema.
    #[inline]
    pub(crate) const fn expect_schema(&mut self, version: u64) {
        self.schema_version = version;
    }

    /// Requests that a statement without a name be prepared, unless the open unit has done so.
    pub(crate) fn prepare_unnamed(
        &mut self,
        py: Python<'_>,
        session: &mut Session,
        statement: &Statement,
    ) -> Result<(), Unwritten> {
        let Some(text) = &statement.text else {
            return Ok(());
        };
        if self.unnamed != (text.number, session.unnamed_generation()) {
            session.parse("", text.sql.bind(py).to_str()?, &text.types)?;
            self.unnamed = (text.number, session.unnamed_generation());
        }
        Ok(())
    }

    /// The statement for `sql`, if it is prepared.
    #[inline]
    pub(crate) fn find(
        &mut self,
        sql: &Bound<'_, PyString>,
        signature: &[Oid],
    ) -> PyResult<Option<Arc<Statement>>> {
        if self.entries.is_empty() {
            return Ok(None);
        }
        let hash = sql.hash()?.cast_unsigned() as u64;
        self.clock += 1;
        let clock = self.clock;
        let found = self
            .entries
            .find_mut(hash, |entry| entry.is_for(hash, sql, signature));
        let Some(entry) = found else {
            return Ok(None);
        };
        entry.used = clock;
        let statement = Arc::clone(&entry.statement);
        if entry.schema_version < self.schema_version {
            self.forget(&statement);
            return Ok(None);
        }
        Ok(Some(statement))
    }

    /// The statement for `sql` with the types that the server chose, if it is prepared; without using it.
    pub(crate) fn peek(&self, sql: &Bound<'_, PyString>) -> PyResult<Option<&Statement>> {
        let hash = sql.hash()?.cast_unsigned() as u64;
        let is_it = |entry: &Entry| entry.is_for(hash, sql, &[]);
        let found = self.entries.find(hash, is_it);
        Ok(found.map(|entry| &*entry.statement))
    }

    /// Whether statements are kept for further executions.
    pub(crate) const fn keeps(&self) -> bool {
        self.capacity > 0
    }

    /// A name for the next statement: empty where none is to be kept.
    pub(crate) fn next_name(&mut self) -> String {
        if self.capacity == 0 {
            return String::new();
        }
        self.named += 1;
        format!("howdah_{:x}_{}", self.mark, self.named)
    }

    /// Keeps a statement, at the cost of the one that was not used for longest.
    pub(crate) fn keep(
        &mut self,
        sql: &Bound<'_, PyString>,
        signature: &[Oid],
        statement: &Arc<Statement>,
    ) -> PyResult<()> {
        if statement.name.is_empty() && self.capacity > 0 {
            return Ok(());
        }
        let room = if self.capacity == 0 {
            DESCRIPTIONS
        } else {
            self.capacity
        };
        if self.entries.len() >= room {
            self.drop_oldest();
        }
        let hash = sql.hash()?.cast_unsigned() as u64;
        self.clock += 1;
        let entry = Entry {
            hash,
            sql: sql.clone().unbind(),
            signature: signature.into(),
            statement: Arc::clone(statement),
            used: self.clock,
            kept: self.clock,
            schema_version: self.schema_version,
        };
        self.entries.insert_unique(hash, entry, |entry| entry.hash);
        Ok(())
    }

    /// What the server is given to prepare as `name`.
    pub(crate) fn text<'a>(&self, name: &str, sql: &'a str) -> Cow<'a, str> {
        if self.own_texts && !name.is_empty() {
            Cow::Owned(format!("{sql}\n/* {name} */"))
        } else {
            Cow::Borrowed(sql)
        }
    }

    /// Takes note of an execution that the server refused; whether preparing the statement again may
    /// help even if that was done just now.
    #[cold]
    pub(crate) fn refused(&mut self, statement: &Statement, error: &ServerError) -> bool {
        let mut entries = self.entries.iter();
        let is_new = entries.any(|entry| entry.holds(statement) && entry.used == entry.kept);
        is_new && self.refused_new(error)
    }

    /// As [`Statements::refused`], for a statement that was prepared just now.
    ///
    /// pgbouncer knows the statements of all its clients by their texts, and prepares each text once
    /// on a server. One that is outdated there stays so, however often it is prepared anew. From then
    /// on texts end in their statements' names.
    #[cold]
    pub(crate) fn refused_new(&mut self, error: &ServerError) -> bool {
        let helps = !self.own_texts && faults::is_outdated_plan(error);
        self.own_texts |= helps;
        helps
    }

    /// Drops a statement that the server has lost or will not execute any more.
    pub(crate) fn forget(&mut self, statement: &Statement) {
        self.entries.retain(|entry| !entry.holds(statement));
        self.forget_name(&statement.name);
    }

    /// Drops all, for which Close must be sent: they do not fit what is in force now.
    pub(crate) fn forget_all(&mut self) {
        let entries = std::mem::take(&mut self.entries);
        for entry in entries {
            self.forget_name(&entry.statement.name);
        }
    }

    /// Drops all: the server has forgotten them.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.forgotten.clear();
    }

    /// Remembers to close a statement that never came into the cache.
    pub(crate) fn forget_name(&mut self, name: &str) {
        if !name.is_empty() {
            self.forgotten.push(name.to_owned());
        }
    }

    /// Takes the names of dropped statements, for which Close is now sent.
    #[inline]
    pub(crate) fn take_forgotten(&mut self) -> Vec<String> {
        std::mem::take(&mut self.forgotten)
    }

    /// Remembers to close a portal.
    pub(crate) fn forget_portal(&mut self, portal: &str) {
        self.portals.push(portal.to_owned());
    }

    /// Takes the portals that are to be closed now.
    #[inline]
    pub(crate) fn take_portals(&mut self) -> Vec<String> {
        std::mem::take(&mut self.portals)
    }

    #[cold]
    fn drop_oldest(&mut self) {
        let oldest = self.entries.iter().min_by_key(|entry| entry.used);
        if let Some(statement) = oldest.map(|entry| Arc::clone(&entry.statement)) {
            self.forget(&statement);
        }
    }
}

impl Entry {
    fn holds(&self, statement: &Statement) -> bool {
        std::ptr::eq(&raw const *self.statement, statement)
    }

    #[inline]
    fn is_for(&self, hash: u64, sql: &Bound<'_, PyString>, signature: &[Oid]) -> bool {
        self.hash == hash
            && *self.signature == *signature
            && (self.sql.is(sql) || same_text(self.sql.bind(sql.py()), sql))
    }
}

fn same_text(left: &Bound<'_, PyString>, right: &Bound<'_, PyString>) -> bool {
    left.as_any().eq(right).unwrap_or(false)
}
