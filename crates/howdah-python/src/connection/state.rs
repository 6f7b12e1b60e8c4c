//! What may be asked of a connection at any moment, by any thread, without waiting for it.
//!
//! Written by the engine as answers come, read by properties. No IO.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use howdah_wire::backend::ServerError;
use howdah_wire::{Session, TransactionStatus};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::faults;
use super::forks::Maker;
use super::prelude::Deferred;
use super::queue::Entry;
use crate::types::{Layer, Overlay, Settings, changes};

/// The shared state of one connection.
#[derive(Default)]
pub(crate) struct State {
    maker: Maker,
    closed: AtomicBool,
    /// Why the connection is gone, where this program did not close it.
    loss: Mutex<Option<Loss>>,
    busy: AtomicBool,
    status: AtomicU8,
    session_changes: AtomicU64,
    local_changes: AtomicU64,
    /// The number of the stream that keeps a unit of requests open; 0 for none.
    streaming: AtomicU64,
    /// That stream is a COPY, which the server sends without being asked for each batch.
    copying: AtomicBool,
    /// The number of that stream once nobody can read it any more.
    dropped: AtomicU64,
    /// Whether `deferred` holds anything.
    has_deferred: AtomicBool,
    deferred: Mutex<Deferred>,
    /// Whether `queue` holds anything.
    has_queued: AtomicBool,
    queue: Mutex<Vec<Entry>>,
    parameters: Mutex<BTreeMap<String, String>>,
    settings: Mutex<Chosen>,
    handlers: Mutex<Handlers>,
}

/// The connection's settings, made from what Python chose.
struct Chosen {
    layer: Arc<Layer>,
    /// What [`changes`] said when the settings were made.
    changes: u64,
    settings: Arc<Settings>,
}

#[derive(Default)]
struct Handlers {
    notice: Option<Py<PyAny>>,
    notification: Option<Py<PyAny>>,
    end: Option<Py<PyAny>>,
}

/// What ended a connection that this program did not close.
#[derive(Clone)]
pub(crate) enum Loss {
    /// The error with which the server took its leave.
    Farewell(ServerError),
    /// What the socket or the protocol showed.
    Line(String),
}

impl Loss {
    #[cold]
    pub(crate) fn error(&self, py: Python<'_>) -> PyErr {
        match self {
            Self::Farewell(error) => faults::server_error(py, error, None),
            Self::Line(why) => faults::connection_lost(py, why),
        }
    }
}

/// What a server says besides its answers; delivered when the engine is not locked.
pub(crate) enum Remark {
    Notice(ServerError),
    Notification {
        channel: String,
        payload: String,
        process_id: i32,
    },
    /// The connection was closed or lost.
    End,
}

impl State {
    /// Whether nothing may be sent or received any more: after the end, and in a forked child.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire) || self.is_of_parent()
    }

    /// Whether the session belongs to the process that this one was forked from.
    #[inline]
    pub(crate) fn is_of_parent(&self) -> bool {
        self.maker.is_parent()
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// The connection was ended by the other side; the first reason is the one that stays.
    pub(crate) fn lose(&self, loss: Loss) {
        if !self.is_closed() {
            lock(&self.loss).get_or_insert(loss);
        }
        self.close();
    }

    /// The error for whoever uses the connection after its end: why it was lost, or that this program
    /// closed it; or uses it in a forked child.
    #[cold]
    pub(crate) fn closed_error(&self, py: Python<'_>) -> PyErr {
        if self.is_of_parent() {
            return forked(py);
        }
        let loss = lock(&self.loss).clone();
        match loss {
            Some(loss) => loss.error(py),
            None => faults::fault(py, "InterfaceError", "the connection is closed"),
        }
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Acquire)
    }

    #[inline]
    pub(crate) fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Release);
    }

    /// How often something changed that outlives a statement.
    pub(crate) fn session_changes(&self) -> u64 {
        self.session_changes.load(Ordering::Acquire)
    }

    pub(crate) fn note_session_change(&self) {
        self.session_changes.fetch_add(1, Ordering::AcqRel);
    }

    /// How often something was chosen that outlives a statement, on this side of the line.
    #[inline]
    pub(crate) fn local_changes(&self) -> u64 {
        self.local_changes.load(Ordering::Acquire)
    }

    pub(crate) fn note_local_change(&self) {
        self.local_changes.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether the connection is open and nothing is under way, waiting to be sent, or open.
    pub(crate) fn is_at_rest(&self) -> bool {
        !self.is_closed()
            && !self.is_busy()
            && !self.is_streaming()
            && !self.has_deferred()
            && !self.has_queued()
            && self.server_status() == TransactionStatus::Idle
    }

    /// Whether a stream keeps a unit of requests open, and with it an implicit transaction.
    pub(crate) fn is_streaming(&self) -> bool {
        self.streaming.load(Ordering::Acquire) != 0
    }

    pub(crate) fn begin_streaming(&self, number: u64) {
        self.streaming.store(number, Ordering::Release);
    }

    /// Whether the server is sending a COPY, of which a part may wait for its reader.
    #[inline]
    pub(crate) fn is_copying(&self) -> bool {
        self.copying.load(Ordering::Acquire)
    }

    pub(crate) fn begin_copying(&self, number: u64) {
        self.streaming.store(number, Ordering::Release);
        self.copying.store(true, Ordering::Release);
    }

    /// Whether the server is sending a COPY that nobody can read any more.
    #[inline]
    pub(crate) fn copy_was_dropped(&self) -> bool {
        self.is_copying() && self.stream_was_dropped()
    }

    /// Nobody can read stream `number` any more; what was not read is let pass before the next
    /// statement.
    pub(crate) fn drop_stream(&self, number: u64) {
        self.dropped.store(number, Ordering::Release);
    }

    /// Whether the stream that keeps the unit open was dropped.
    pub(crate) fn stream_was_dropped(&self) -> bool {
        self.is_streaming()
            && self.dropped.load(Ordering::Acquire) == self.streaming.load(Ordering::Acquire)
    }

    /// Takes over what the session says of itself when a unit has ended.
    #[inline]
    pub(crate) fn set_status(&self, status: TransactionStatus) {
        self.streaming.store(0, Ordering::Release);
        self.copying.store(false, Ordering::Release);
        self.status.store(status as u8, Ordering::Release);
    }

    /// The transaction's status, commands that wait for the next statement included.
    pub(crate) fn status(&self) -> TransactionStatus {
        if self.has_deferred() {
            if !lock(&self.deferred).refused.is_empty() {
                return TransactionStatus::Failed;
            }
            // each of them begins a transaction, or is within one
            if self.server_status() == TransactionStatus::Idle {
                return TransactionStatus::InTransaction;
            }
        }
        self.server_status()
    }

    fn server_status(&self) -> TransactionStatus {
        match self.status.load(Ordering::Acquire) {
            status if status == TransactionStatus::InTransaction as u8 => {
                TransactionStatus::InTransaction
            }
            status if status == TransactionStatus::Failed as u8 => TransactionStatus::Failed,
            _ => TransactionStatus::Idle,
        }
    }

    /// Whether statements of a pipeline wait to be sent.
    #[inline]
    pub(crate) fn has_queued(&self) -> bool {
        self.has_queued.load(Ordering::Acquire)
    }

    pub(crate) fn enqueue(&self, entry: Entry) {
        let mut queue = lock(&self.queue);
        queue.push(entry);
        self.has_queued.store(true, Ordering::Release);
    }

    /// Takes the statements that wait.
    pub(crate) fn take_queued(&self) -> Vec<Entry> {
        let mut queue = lock(&self.queue);
        self.has_queued.store(false, Ordering::Release);
        std::mem::take(&mut queue)
    }

    /// Whether commands wait for the next statement, or were refused.
    #[inline]
    pub(crate) fn has_deferred(&self) -> bool {
        self.has_deferred.load(Ordering::Acquire)
    }

    /// Has `command` travel with the next statement.
    pub(crate) fn defer(&self, command: String) {
        self.change_deferred(|deferred| deferred.waiting.push(command));
    }

    /// Takes a command back, with those after it; tells whether it was `waiting`, `refused` or
    /// `sent`.
    pub(crate) fn withdraw(&self, command: &str) -> &'static str {
        self.change_deferred(|deferred| deferred.withdraw(command))
    }

    /// Forgets all commands that are not at the server.
    pub(crate) fn forget_deferred(&self) {
        self.change_deferred(|deferred| *deferred = Deferred::default());
    }

    /// Takes the commands that wait; None where some were refused.
    pub(crate) fn take_deferred(&self) -> Option<Vec<String>> {
        self.change_deferred(|deferred| {
            let takes = deferred.refused.is_empty();
            takes.then(|| std::mem::take(&mut deferred.waiting))
        })
    }

    /// Notes commands that the server has refused, or skipped after one that it refused.
    pub(crate) fn refuse_deferred(&self, refused: Vec<String>) {
        self.change_deferred(|deferred| deferred.refused = refused);
    }

    fn change_deferred<T>(&self, change: impl FnOnce(&mut Deferred) -> T) -> T {
        let mut deferred = lock(&self.deferred);
        let changed = change(&mut deferred);
        self.has_deferred
            .store(!deferred.is_empty(), Ordering::Release);
        changed
    }

    pub(crate) fn set_parameters(&self, session: &Session) {
        lock(&self.parameters).clone_from(session.parameters());
    }

    pub(crate) fn parameters(&self) -> BTreeMap<String, String> {
        lock(&self.parameters).clone()
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        lock(&self.parameters).get(name).cloned()
    }

    /// The settings as they are now, with all codecs that were chosen until now.
    #[inline]
    pub(crate) fn settings(&self) -> Arc<Settings> {
        let mut chosen = lock(&self.settings);
        if chosen.changes != changes() {
            chosen.renew();
        }
        Arc::clone(&chosen.settings)
    }

    pub(crate) fn set_json_loads(&self, json_loads: Option<Py<PyAny>>) {
        let mut chosen = lock(&self.settings);
        let settings = Settings {
            json_loads: json_loads.map(Arc::new),
            ..Settings::clone(&chosen.settings)
        };
        chosen.settings = Arc::new(settings);
    }

    /// Takes the codecs of the connection's types from this layer.
    pub(crate) fn set_codecs(&self, layer: Arc<Layer>) {
        let mut chosen = lock(&self.settings);
        chosen.layer = layer;
        chosen.renew();
    }

    pub(crate) fn set_notice_handler(&self, handler: Option<Py<PyAny>>) {
        lock(&self.handlers).notice = handler;
    }

    pub(crate) fn set_notification_handler(&self, handler: Option<Py<PyAny>>) {
        lock(&self.handlers).notification = handler;
    }

    pub(crate) fn set_end_handler(&self, handler: Option<Py<PyAny>>) {
        lock(&self.handlers).end = handler;
    }

    /// Shows the collector the handlers, which may hold the connection.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(handlers) = self.handlers.try_lock() {
            visit.call(&handlers.notice)?;
            visit.call(&handlers.notification)?;
            visit.call(&handlers.end)?;
        }
        Ok(())
    }

    /// Lets go of the handlers.
    pub(crate) fn clear(&self) {
        let handlers = self.handlers.try_lock();
        drop(handlers.map(|mut handlers| std::mem::take(&mut *handlers)));
    }

    /// Hands remarks to the handlers. A handler that raises is reported as unraisable: what it
    /// remarked on has nothing to do with the caller's statement.
    pub(crate) fn deliver(&self, py: Python<'_>, remarks: Vec<Remark>) {
        for remark in remarks {
            if let Err(error) = self.deliver_one(py, remark) {
                error.write_unraisable(py, None);
            }
        }
    }

    fn deliver_one(&self, py: Python<'_>, remark: Remark) -> PyResult<()> {
        let handler = {
            let handlers = lock(&self.handlers);
            let handler = match &remark {
                Remark::Notice(_) => &handlers.notice,
                Remark::Notification { .. } => &handlers.notification,
                Remark::End => &handlers.end,
            };
            handler.as_ref().map(|handler| handler.clone_ref(py))
        };
        let Some(handler) = handler else {
            return Ok(());
        };
        match remark {
            Remark::Notice(notice) => {
                // the program keeps it, which a pool undoes
                self.note_local_change();
                handler.call1(py, (faults::fields(py, &notice)?,))?
            }
            Remark::Notification {
                channel,
                payload,
                process_id,
            } => handler.call1(py, (channel, payload, process_id))?,
            Remark::End => handler.call0(py)?,
        };
        Ok(())
    }
}

impl Default for Chosen {
    fn default() -> Self {
        Self {
            layer: Layer::everywhere(),
            changes: 0,
            settings: Arc::default(),
        }
    }
}

impl Chosen {
    #[cold]
    fn renew(&mut self) {
        // read first: a change that comes meanwhile is noticed the next time
        self.changes = changes();
        let settings = Settings {
            json_loads: self.settings.json_loads.clone(),
            overlay: Overlay::of(&self.layer),
        };
        if !settings.has_codecs_of(&self.settings) {
            self.settings = Arc::new(settings);
        }
    }
}

#[cold]
fn forked(py: Python<'_>) -> PyErr {
    faults::fault_with_hint(
        py,
        "InterfaceError",
        "the connection belongs to the process that this one was forked from",
        Some("connect in the child; a pool that was made before the fork does so by itself"),
    )
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
