use pyo3::prelude::*;
use pyo3::types::PyString;

use howdah_wire::backend::Message;

use super::preparation::Preparation;
use super::{Context, Flow, Operation, Reception, Signal};

/// Prepares a statement, again if it was cached, and tells what the server says of it.
pub(crate) struct Describe {
    sql: Py<PyString>,
    preparation: Option<Preparation>,
    told: Option<Py<PyAny>>,
}

impl Describe {
    pub(crate) const fn new(sql: Py<PyString>) -> Self {
        Self {
            sql,
            preparation: None,
            told: None,
        }
    }
}

impl Operation for Describe {
    fn start(&mut self, cx: &mut Context<'_, '_>) -> PyResult<()> {
        if let Some(known) = cx.statements.find(self.sql.bind(cx.py), &[])? {
            cx.statements.forget(&known);
        }
        self.preparation = Some(Preparation::start(cx, &self.sql, Box::default())?);
        cx.session.sync();
        Ok(())
    }

    fn on(&mut self, reception: &Reception<'_, '_>, message: &Message<'_>) -> Signal {
        if let Some(preparation) = &mut self.preparation {
            preparation.on(reception, message);
        }
        Signal::Continue
    }

    fn turn(&mut self, cx: &mut Context<'_, '_>) -> PyResult<Flow> {
        if let Some(mut preparation) = self.preparation.take() {
            match preparation.turn(cx)? {
                Some(statement) => self.told = Some(statement.described(cx.py)?),
                None => self.preparation = Some(preparation),
            }
            if cx.session.has_open_unit() {
                cx.session.sync();
            }
        }
        match self.told.take() {
            Some(told) if cx.session.is_idle() => Ok(Flow::Done(told)),
            told => {
                self.told = told;
                Ok(Flow::Continue)
            }
        }
    }
}
