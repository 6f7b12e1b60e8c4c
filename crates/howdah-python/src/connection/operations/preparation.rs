use std::sync::Arc;

use howdah_wire::backend::{Message, ServerError};
use howdah_wire::frontend::Target;
use howdah_wire::{Oid, TransactionStatus};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::super::columns::{Columns, Described};
use super::super::faults;
use super::super::statement::Statement;
use super::super::{known, unknown_type};
use super::introspection::Introspection;
use super::{Context, Reception, scope};

/// Prepares and describes a statement, asking for types that it uses and nobody knows yet.
pub(crate) struct Preparation {
    sql: Py<PyString>,
    /// The types to prepare it for; empty where the server chooses.
    signature: Box<[Oid]>,
    name: String,
    parsed: bool,
    told: Told,
    /// Describe was answered.
    answered: bool,
    error: Option<ServerError>,
    introspection: Option<Introspection>,
}

impl Preparation {
    /// Requests Parse and Describe; the caller requests Sync.
    pub(crate) fn start(
        cx: &mut Context<'_, '_>,
        sql: &Py<PyString>,
        signature: Box<[Oid]>,
    ) -> PyResult<Self> {
        let closed = cx.close_forgotten();
        closed.map_err(|error| faults::protocol(cx.py, &error))?;
        Self::start_keeping(cx, sql, signature)
    }

    /// As [`Preparation::start`], without Close for statements that the cache has dropped: some of
    /// them may still be wanted.
    pub(super) fn start_keeping(
        cx: &mut Context<'_, '_>,
        sql: &Py<PyString>,
        signature: Box<[Oid]>,
    ) -> PyResult<Self> {
        let mut preparation = Self {
            sql: sql.clone_ref(cx.py),
            signature,
            name: String::new(),
            parsed: false,
            told: Told::default(),
            answered: false,
            error: None,
            introspection: None,
        };
        preparation.request(cx)?;
        Ok(preparation)
    }

    fn request(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        let text = self.sql.bind(cx.py).to_str()?;
        if Self::lasts(text) {
            self.name = cx.statements.next_name();
        }
        let requested = cx
            .session
            .parse(
                &self.name,
                &cx.statements.text(&self.name, text),
                &self.signature,
            )
            .and_then(|()| cx.session.describe(Target::Statement(&self.name)));
        requested.map_err(|error| faults::protocol(cx.py, &error))
    }

    /// Whether a statement of this text is prepared for more than one execution.
    pub(super) fn lasts(sql: &str) -> bool {
        !has_passing_columns(sql)
    }

    /// Whether the server has described the statement.
    pub(super) const fn is_described(&self) -> bool {
        self.parsed && self.answered && self.error.is_none()
    }

    pub(crate) fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) {
        if let Some(introspection) = &mut self.introspection {
            return introspection.on(reception, message);
        }
        match message {
            Message::ParseComplete => self.parsed = true,
            Message::ParameterDescription(types) => {
                self.told.parameters = types.types().collect();
            }
            Message::RowDescription(columns) => {
                self.answered = true;
                self.told.described = Some(Described::all(columns));
            }
            Message::NoData => self.answered = true,
            Message::ErrorResponse(fields) => self.error = Some(fields.to_owned()),
            _ => {}
        }
    }

    /// The statement, or None while its types are asked for.
    pub(crate) fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Option<Arc<Statement>>> {
        if let Some(error) = self.error.take() {
            if !cx.statements.refused_new(&error) || cx.session.status() != TransactionStatus::Idle
            {
                return Err(self.failed(cx, &error));
            }
            self.give_up(cx);
            self.told = Told::default();
            (self.parsed, self.answered) = (false, false);
            self.request(cx)?;
            cx.session.sync();
            return Ok(None);
        }
        match self.introspection.take() {
            Some(introspection) => introspection.finish(cx)?,
            None => {
                let unknown = self.told.unknown_types(cx);
                if !unknown.is_empty() {
                    self.introspection = Some(Introspection::start(cx, &unknown)?);
                    return Ok(None);
                }
            }
        }
        self.finish(cx).map(Some)
    }

    /// The error, naming the statement's text; a statement that was prepared is closed again.
    fn failed(&self, cx: &mut Context<'_, '_>, error: &ServerError) -> PyErr {
        self.give_up(cx);
        faults::server_error(cx.py, error, self.sql.bind(cx.py).to_str().ok())
    }

    /// The statement will not be used: it is closed if it was prepared.
    pub(crate) fn give_up(&self, cx: &mut Context<'_, '_>) {
        if let Some(error) = &self.error {
            cx.statements.refused_new(error);
        }
        if self.parsed {
            cx.statements.forget_name(&self.name);
        }
    }

    pub(super) fn unknown_types(&self, cx: &Context<'_, '_>) -> Vec<Oid> {
        self.told.unknown_types(cx)
    }

    pub(super) fn finish(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Arc<Statement>> {
        let told = std::mem::take(&mut self.told);
        let name = std::mem::take(&mut self.name);
        let sql = self.sql.bind(cx.py);
        let statement = Arc::new(told.statement(cx, name, sql)?);
        cx.statements.keep(sql, &self.signature, &statement)?;
        Ok(statement)
    }
}

/// What the server says of a statement.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) parameters: Vec<Oid>,
    pub(crate) described: Option<Vec<Described>>,
}

impl Told {
    /// The types that nobody knows yet.
    pub(crate) fn unknown_types(&self, cx: &Context<'_, '_>) -> Vec<Oid> {
        let columns = self.described.iter().flatten();
        let columns = columns.map(|column| column.type_oid);
        let types = self.parameters.iter().copied().chain(columns);
        let mut unknown: Vec<_> = types
            .filter(|&oid| known(cx.catalogue, oid).is_none())
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        unknown
    }

    /// The statement, once its types are known.
    pub(crate) fn statement(
        self,
        cx: &Context<'_, '_>,
        name: String,
        sql: &Bound<'_, PyString>,
    ) -> PyResult<Statement> {
        let scope = scope(cx.py, cx.settings, cx.catalogue);
        let codec = |oid| scope.known(oid).ok_or_else(|| unknown_type(cx.py, oid));
        let parameters = self.parameters.iter().map(|&oid| codec(oid));
        let parameters = parameters.collect::<PyResult<_>>()?;
        let columns = match self.described {
            None => None,
            Some(described) => {
                let codecs = described.iter().map(|column| codec(column.type_oid));
                let codecs = codecs.collect::<PyResult<_>>()?;
                // the first use has not asked for the binary format, and the text of an anonymous
                // record has lost its types: all uses are to give the same values
                let records_as_text = !cx.statements.keeps();
                Some(Arc::new(Columns::new(
                    cx.py,
                    described,
                    codecs,
                    records_as_text,
                )?))
            }
        };
        Statement::new(name, sql, parameters, columns)
            .map_err(|error| faults::protocol(cx.py, &error))
    }
}

/// Whether a statement's columns are those of a cursor or of a statement of that name at the moment:
/// the server never says that they have changed since, so that values would be read as another type.
/// DECLARE returns none, but its text is mostly new each time.
fn has_passing_columns(sql: &str) -> bool {
    let start = after_comments(sql);
    let word = start
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .map_or(start, |end| &start[..end]);
    ["fetch", "execute", "declare"]
        .iter()
        .any(|passing| word.eq_ignore_ascii_case(passing))
}

/// Whether a statement is a COPY.
pub(crate) fn is_copy(sql: &str) -> bool {
    let start = after_comments(sql);
    let (word, rest) = start.split_at_checked(4).unwrap_or((start, ""));
    word.eq_ignore_ascii_case("copy")
        && !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// The text from its first token on.
fn after_comments(sql: &str) -> &str {
    let mut rest = sql.trim_start();
    loop {
        let after = if let Some(line) = rest.strip_prefix("--") {
            line.split_once('\n').map_or("", |(_, after)| after)
        } else if let Some(block) = rest.strip_prefix("/*") {
            after_block(block)
        } else {
            return rest;
        };
        rest = after.trim_start();
    }
}

/// What follows the end of a block comment, which may hold others.
fn after_block(mut rest: &str) -> &str {
    let mut depth = 1;
    while depth > 0 {
        let Some(at) = rest.find(['*', '/']) else {
            return "";
        };
        let (length, change) = match rest.get(at..at + 2) {
            Some("*/") => (2, -1),
            Some("/*") => (2, 1),
            _ => (1, 0),
        };
        depth += change;
        rest = rest.get(at + length..).unwrap_or("");
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_whose_columns_pass_are_known_by_their_first_word() {
        for passing in [
            "fetch 1 from c",
            "  FETCH all c",
            "/* a /* b */ / * */ Fetch c",
            "-- why\n-- not\nexecute p(1)",
            "declare c cursor for select 1",
            "fetch",
        ] {
            assert!(has_passing_columns(passing), "{passing}");
        }
        for lasting in [
            "select 1",
            "fetch_all()",
            "fetcher",
            "-- fetch",
            "/* fetch",
            "/* é */ select 'fetch'",
            "",
        ] {
            assert!(!has_passing_columns(lasting), "{lasting}");
        }
    }
}
