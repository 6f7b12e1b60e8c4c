use howdah_wire::Error;
use howdah_wire::backend::Message;
use howdah_wire::frontend::Target;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::super::collector::Collector;
use super::super::columns::Described;
use super::super::faults;
use super::super::guess::Guess;
use super::preparation::Told;
use super::{Context, Reception, scope};

/// Executes a statement of which nothing is known, by the unnamed statement in one unit of requests,
/// and learns meanwhile what the server says of it.
pub(crate) struct Learning {
    /// No type was guessed: what is described is what is executed.
    certain: bool,
    bound: bool,
    /// The description of the statement is whole.
    described: bool,
    told: Told,
}

impl Learning {
    /// Requests all of it, Sync included; None where the types of parameters must be asked for first.
    ///
    /// A guess may fail. That costs a round trip, and within a block it would cost the transaction.
    pub(crate) fn start(
        cx: &mut Context<'_, '_>,
        sql: &Bound<'_, PyString>,
        values: &Bound<'_, PyTuple>,
        may_fail: bool,
    ) -> PyResult<Option<Self>> {
        let guess = Guess::of(&scope(cx.py, cx.settings, cx.catalogue), values);
        let Some(guess) = guess.filter(|guess| may_fail || guess.is_certain()) else {
            return Ok(None);
        };
        request(cx, sql.to_str()?, &guess).map_err(|error| faults::protocol(cx.py, &error))?;
        Ok(Some(Self {
            certain: guess.is_certain(),
            bound: false,
            described: false,
            told: Told::default(),
        }))
    }

    /// Takes an answer that is about the statement rather than its rows.
    pub(crate) fn on(
        &mut self,
        reception: &Reception<'_, '_>,
        message: &Message<'_>,
        collector: &mut Collector,
    ) {
        match message {
            Message::BindComplete => self.bound = true,
            Message::ParameterDescription(types) => {
                self.told.parameters = types.types().collect();
            }
            Message::NoData => self.described = true,
            Message::RowDescription(columns) => {
                if self.described || self.certain {
                    collector.describe(&reception.scope, reception.catalogue, columns);
                }
                if !std::mem::replace(&mut self.described, true) {
                    self.told.described = Some(Described::all(columns));
                }
            }
            _ => {}
        }
    }

    /// Whether an error is about the guess: the statement is fine, and nothing was executed.
    pub(crate) const fn has_misguessed(&self) -> bool {
        self.described && !self.bound && !self.certain
    }

    /// Remembers what was learned, if all of its types are known.
    pub(crate) fn keep(self, cx: &mut Context<'_, '_>, sql: &Bound<'_, PyString>) -> PyResult<()> {
        if !self.described || !self.told.unknown_types(cx).is_empty() {
            return Ok(());
        }
        let statement = self.told.statement(cx, String::new(), sql)?;
        cx.statements.keep(sql, &[], &statement.into())
    }
}

/// Describes the statement as the server understands it, then executes it with the guessed types.
fn request(cx: &mut Context<'_, '_>, sql: &str, guess: &Guess) -> Result<(), Error> {
    let session = &mut *cx.session;
    session.parse("", sql, &[])?;
    session.describe(Target::Statement(""))?;
    if !guess.is_certain() {
        session.parse("", sql, &guess.types)?;
    }
    session.bind(&guess.bind, |out| {
        out.extend_from_slice(&guess.bytes);
        Ok::<_, Error>(())
    })?;
    if !guess.is_certain() {
        session.describe(Target::Portal(""))?;
    }
    session.execute("", 0)?;
    session.sync();
    Ok(())
}
