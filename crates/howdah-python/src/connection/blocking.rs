//! The blocking mover: a connection for ordinary threads.
//!
//! IO: send and receive on the socket, each once for a typical statement; the interpreter is
//! released while it waits. Deadlines cost one more system call (`poll`), others none.
//!
//! Invariant: one thread at a time holds the line. Whatever ends a wait early (a signal whose handler
//! raises, a deadline) cancels the statement on the server and leaves the connection usable, or
//! closes it after [`GRACE`]: it never stays between two answers.

use std::io;
use std::mem::ManuallyDrop;
use std::net::{Shutdown, TcpStream};
use std::os::fd::{FromRawFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use howdah_driver::{Canceller, Established, Interest, Interrupt, establish};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use super::collector::PyResultSet;
use super::engine::Outcome;
use super::faults;
use super::line::{Line, Sent};
use super::operations::{
    Answer, Batch, Chunks, ClosePortal, CopyClose, CopyIn, CopyNext, CopyOpen, CopySource,
    Describe, Fetch, Many, Operation, Progress, RowStatements, Rows, Simple, Stream, StreamClose,
    StreamNext, StreamOpen, Supply,
};
use super::parameters::as_tuple;
use super::public::Base;
use super::rows::RowKind;
use super::state::State;
use crate::config::Config;

/// How long a cancelled statement may take to end before the connection is closed.
const GRACE: Duration = Duration::from_secs(5);

/// When a cancel is repeated that has not ended its statement; twice as long after each. One that comes
/// before its statement begins has no effect.
const REPEAT: Duration = Duration::from_millis(100);

/// A connection whose methods wait for their answers.
#[pyclass(extends = Base, subclass, frozen, module = "howdah._native")]
pub(crate) struct SyncConnection {
    line: Mutex<Line>,
    /// Which thread holds the line: the address of its [`THREAD`], 0 for none.
    holder: AtomicUsize,
    /// The holder waits for what the server says unasked: there is no statement to cancel.
    hearing: AtomicBool,
    queue: Queue,
    state: Arc<State>,
    canceller: Option<Canceller>,
    fd: RawFd,
}

thread_local! {
    static THREAD: u8 = const { 0 };
}

/// How long a statement may take.
struct Patience {
    deadline: Option<Instant>,
    /// The statement was given up and cancelled; what is waited for is the end of its answers.
    cancelled: Option<Cancelled>,
}

/// When a statement that was cancelled is cancelled again.
struct Cancelled {
    repeat: Instant,
    pause: Duration,
}

#[pymethods]
impl SyncConnection {
    #[new]
    fn new(py: Python<'_>, config: &Bound<'_, Config>) -> PyResult<PyClassInitializer<Self>> {
        let established = connect(py, config)?;
        let base = Base::new(config, &established);
        let fd = established.transport.raw_fd();
        let connection = Self {
            line: Mutex::new(base.line(config, established)),
            holder: AtomicUsize::new(0),
            hearing: AtomicBool::new(false),
            queue: Queue::default(),
            state: Arc::clone(base.state()),
            canceller: base.canceller().cloned(),
            fd,
        };
        Ok(PyClassInitializer::from(base).add_subclass(connection))
    }

    /// Execute a statement; answers how many rows it touched, 0 where it does not say.
    #[pyo3(signature = (query, /, *args, timeout=None))]
    fn execute(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: Bound<'_, PyTuple>,
        timeout: Option<f64>,
    ) -> Outcome {
        if args.is_empty() {
            return self.run_operation(py, Simple::new(query, RowKind::Row, false), timeout);
        }
        self.fetch_with(py, query, args, RowKind::Row, Answer::Count, timeout)
    }

    /// Execute a statement for each row of parameters, all or nothing; answers how many rows it
    /// touched, or with `returning` the rows.
    #[pyo3(signature = (query, rows, /, *, returning=false, row=None, timeout=None))]
    fn execute_many(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        rows: &Bound<'_, PyAny>,
        returning: bool,
        row: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> Outcome {
        let answer = Answer::of_many(returning, row)?;
        let kind = RowKind::from_argument(row)?;
        let operation = Many::new(query, rows.try_iter()?.unbind(), kind, answer);
        self.run_operation(py, operation, timeout)
    }

    /// As `run` for each row of parameters: one result with the rows of all.
    fn run_many(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        rows: &Bound<'_, PyAny>,
        row: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> Outcome {
        let kind = RowKind::from_argument(row)?;
        let operation = Many::new(query, rows.try_iter()?.unbind(), kind, Answer::Results);
        self.run_operation(py, operation, timeout)
    }

    /// All rows of a statement.
    #[pyo3(signature = (query, /, *args, row=None, timeout=None))]
    fn fetch(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: Bound<'_, PyTuple>,
        row: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> Outcome {
        self.fetch_with(
            py,
            query,
            args,
            RowKind::from_argument(row)?,
            Answer::Rows,
            timeout,
        )
    }

    /// The first row of a statement, or None.
    #[pyo3(signature = (query, /, *args, row=None, timeout=None))]
    fn fetch_one(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: Bound<'_, PyTuple>,
        row: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> Outcome {
        self.fetch_with(
            py,
            query,
            args,
            RowKind::from_argument(row)?,
            Answer::First,
            timeout,
        )
    }

    /// The first value of the first row, or None.
    #[pyo3(signature = (query, /, *args, timeout=None))]
    fn fetch_value(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: Bound<'_, PyTuple>,
        timeout: Option<f64>,
    ) -> Outcome {
        self.fetch_with(py, query, args, RowKind::Value, Answer::First, timeout)
    }

    /// Every result of `query`; with `args=None` by the simple protocol.
    fn run(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: Option<&Bound<'_, PyAny>>,
        row: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> Outcome {
        let kind = RowKind::from_argument(row)?;
        let Some(args) = args else {
            return self.run_operation(py, Simple::new(query, kind, true), timeout);
        };
        self.fetch_with(py, query, as_tuple(args)?, kind, Answer::Results, timeout)
    }

    /// The tuples of a FETCH from a cursor with the columns of a result that was given before.
    fn fetch_like(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        like: Py<PyResultSet>,
        timeout: Option<f64>,
    ) -> Outcome {
        self.run_operation(py, Fetch::of_cursor(py, query, like), timeout)
    }

    /// Send commands whose answer the next call takes in; where they fail, the connection is lost.
    fn send_ahead(&self, py: Python<'_>, query: Py<PyString>) -> PyResult<()> {
        let mut held = self.acquire(py)?;
        if self.state.is_closed() {
            return Err(self.state.closed_error(py));
        }
        let operation = Simple::new(query, RowKind::Row, false);
        held.line.send_ahead(py, Box::new(operation))
    }

    /// Execute what a pipeline has queued. Its results tell the errors; with `raises` this does too.
    #[pyo3(signature = (*, raises, timeout=None))]
    fn run_queued(&self, py: Python<'_>, raises: bool, timeout: Option<f64>) -> Outcome {
        if !self.state.has_queued() {
            return Ok(py.None());
        }
        self.run_operation(py, Batch::new(self.state.take_queued(), raises), timeout)
    }

    /// Open a stream; its first batch comes with it.
    fn stream_open(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: &Bound<'_, PyAny>,
        row: Option<&Bound<'_, PyAny>>,
        batch: u32,
        timeout: Option<f64>,
    ) -> Outcome {
        let kind = RowKind::from_argument(row)?;
        let operation = StreamOpen::new(query, as_tuple(args)?.unbind(), kind, batch);
        self.run_operation(py, operation, timeout)
    }

    /// The next batch of a stream; empty at its end.
    fn stream_next(&self, py: Python<'_>, stream: Py<Stream>, timeout: Option<f64>) -> Outcome {
        if let Some(first) = stream.get().take_first() {
            return Ok(first);
        }
        if stream.get().ended() {
            return Ok(PyList::empty(py).into_any().unbind());
        }
        self.run_operation(py, StreamNext::new(stream), timeout)
    }

    /// End a stream, read to its end or not.
    fn stream_close(&self, py: Python<'_>, stream: Py<Stream>) -> Outcome {
        if stream.get().ended() || self.state.is_closed() {
            return Ok(py.None());
        }
        self.run_operation(py, StreamClose::new(stream), None)
    }

    /// Prepare a statement; its parameters' types, by OID and name, and its columns or None.
    fn describe(&self, py: Python<'_>, query: Py<PyString>, timeout: Option<f64>) -> Outcome {
        self.run_operation(py, Describe::new(query), timeout)
    }

    /// Close a portal or SQL cursor; one that is gone is no error.
    fn close_portal(&self, py: Python<'_>, portal: String) -> Outcome {
        self.run_operation(py, ClosePortal::new(portal), None)
    }

    /// COPY … FROM STDIN with chunks of data in the format that the statement names.
    #[pyo3(signature = (query, chunks, timeout, progress))]
    fn copy_send(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        chunks: &Bound<'_, PyAny>,
        timeout: Option<f64>,
        progress: Option<Py<PyAny>>,
    ) -> Outcome {
        let source = Chunks::new(query, Supply::new(chunks)?);
        let operation = CopyIn::new(source, Progress::new(progress));
        self.run_operation(py, operation, timeout)
    }

    /// COPY … FROM STDIN with rows of values for columns of these names and types: by the statement
    /// `binary` where they all have a binary form, else by `text`; either may be None.
    #[pyo3(signature = (binary, text, columns, rows, timeout, progress))]
    #[expect(
        clippy::too_many_arguments,
        reason = "the package's own call, all by position"
    )]
    fn copy_send_rows(
        &self,
        py: Python<'_>,
        binary: Option<Py<PyString>>,
        text: Option<Py<PyString>>,
        columns: Vec<(String, u32)>,
        rows: &Bound<'_, PyAny>,
        timeout: Option<f64>,
        progress: Option<Py<PyAny>>,
    ) -> Outcome {
        let statements = RowStatements { binary, text };
        let source = Rows::new(rows, statements, columns)?;
        let operation = CopyIn::new(source, Progress::new(progress));
        self.run_operation(py, operation, timeout)
    }

    /// Open a COPY … TO STDOUT: of rows if `rows`, else of data with these options.
    #[pyo3(signature = (query, args, options, row, batch, timeout, progress))]
    #[expect(
        clippy::too_many_arguments,
        reason = "the package's own call, all by position"
    )]
    fn copy_open(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: &Bound<'_, PyAny>,
        options: Option<String>,
        row: Option<&Bound<'_, PyAny>>,
        batch: usize,
        timeout: Option<f64>,
        progress: Option<Py<PyAny>>,
    ) -> Outcome {
        let operation = CopyOpen::from_arguments(query, args, options, row, batch, progress)?;
        self.run_operation(py, operation, timeout)
    }

    /// The next batch of a COPY, of rows or of bytes; empty at its end.
    fn copy_next(&self, py: Python<'_>, source: Py<CopySource>, timeout: Option<f64>) -> Outcome {
        if source.get().ended() {
            return Ok(source.get().nothing(py));
        }
        self.run_operation(py, CopyNext::new(source), timeout)
    }

    /// End a COPY, read to its end or not.
    fn copy_close(&self, py: Python<'_>, source: Py<CopySource>) -> Outcome {
        if source.get().ended() || self.state.is_closed() {
            return Ok(py.None());
        }
        self.run_operation(py, CopyClose::new(source), None)
    }

    /// Wait until the server says something unasked, and hand it to the handlers; false where
    /// `timeout` seconds pass first.
    fn hear(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let patience = Patience::new(timeout)?;
        let mut held = self.acquire(py)?;
        if self.state.is_closed() {
            return Err(self.state.closed_error(py));
        }
        let engine = &mut held.line.engine;
        if engine.session().has_open_unit() || engine.is_copying() {
            let message = "a stream or COPY is open on this connection";
            return Err(faults::fault(py, "InterfaceError", message));
        }
        self.hearing.store(true, Ordering::Release);
        let heard = listen(py, &mut held.line, &patience);
        self.hearing.store(false, Ordering::Release);
        let remarks = held.line.engine.take_remarks();
        drop(held);
        self.state.deliver(py, remarks);
        if heard.is_err() && self.state.is_closed() {
            return Err(self.state.closed_error(py));
        }
        heard
    }

    /// Whether the connection is open and its server has not hung up, seen without waiting.
    pub(crate) fn is_alive(&self, py: Python<'_>) -> bool {
        if self.state.is_closed() {
            return false;
        }
        // whoever holds the line finds out by itself
        let Ok(mut line) = self.line.try_lock() else {
            return true;
        };
        line.hear(py);
        let remarks = line.engine.take_remarks();
        drop(line);
        self.state.deliver(py, remarks);
        !self.state.is_closed()
    }

    /// Close the connection; closing twice is no error. What another thread executes is cancelled.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        if self.state.is_closed() {
            return Ok(());
        }
        if self.is_held_elsewhere() {
            // nothing begins after this one
            self.state.close();
            self.interrupt(py)?;
        }
        let mut held = self.acquire(py)?;
        self.state.close();
        held.line.close(py);
        held.line.engine.remark_end();
        let remarks = held.line.engine.take_remarks();
        drop(held);
        self.state.deliver(py, remarks);
        Ok(())
    }
}

impl SyncConnection {
    #[inline]
    fn fetch_with(
        &self,
        py: Python<'_>,
        query: Py<PyString>,
        args: Bound<'_, PyTuple>,
        kind: RowKind,
        answer: Answer,
        timeout: Option<f64>,
    ) -> Outcome {
        self.run_operation(py, Fetch::new(query, args.unbind(), kind, answer), timeout)
    }

    #[inline]
    fn run_operation(
        &self,
        py: Python<'_>,
        operation: impl Operation + 'static,
        timeout: Option<f64>,
    ) -> Outcome {
        let mut patience = Patience::new(timeout)?;
        let mut held = self.acquire(py)?;
        if self.state.is_closed() {
            return Err(self.state.closed_error(py));
        }
        if operation.cancels() || self.state.copy_was_dropped() {
            self.cancel(py);
        }
        let outcome = self.complete(py, &mut held.line, Box::new(operation), &mut patience);
        let remarks = held.line.engine.take_remarks();
        drop(held);
        if !remarks.is_empty() {
            self.state.deliver(py, remarks);
        }
        outcome
    }

    /// Runs an operation to its end.
    #[inline]
    fn complete(
        &self,
        py: Python<'_>,
        line: &mut Line,
        operation: Box<dyn Operation>,
        patience: &mut Patience,
    ) -> Outcome {
        if line.engine.is_unattended() {
            self.wait_for_outcome(py, line, patience)?;
        }
        if let Some(outcome) = line.begin(py, operation) {
            return outcome;
        }
        self.wait_for_outcome(py, line, patience)
    }

    #[inline]
    fn wait_for_outcome(
        &self,
        py: Python<'_>,
        line: &mut Line,
        patience: &mut Patience,
    ) -> Outcome {
        loop {
            if patience.must_cancel_again() {
                self.cancel(py);
            }
            let moved = match line.send(py) {
                Ok(Sent::All) => receive(py, line, patience),
                Ok(Sent::Blocked | Sent::More) => wait_for_room(py, line, patience),
                Err(error) => Err(error),
            };
            let ended = match moved {
                Ok(()) => line.advance(py)?,
                Err(error) => self.give_up(py, line, patience, error)?,
            };
            if let Some(outcome) = ended {
                return outcome;
            }
        }
    }

    /// The wait was ended by `error`: the server is told, and the rest of the answer passes by.
    #[cold]
    fn give_up(
        &self,
        py: Python<'_>,
        line: &mut Line,
        patience: &mut Patience,
        error: PyErr,
    ) -> PyResult<Option<Outcome>> {
        if self.state.is_closed() {
            return Err(error);
        }
        if patience.cancelled.is_some() {
            line.lost(py, "a cancelled statement did not end");
            return Err(error);
        }
        self.cancel(py);
        patience.bear_cancelled();
        Ok(line.engine.abandon(py, error))
    }

    /// Tells the server to cancel what it executes, and waits until it has heard.
    #[cold]
    fn cancel(&self, py: Python<'_>) {
        if let Some(canceller) = &self.canceller {
            // a cancel that fails leaves the deadline to end the wait
            let _ = py.detach(|| canceller.cancel(GRACE, &Interrupt::never()));
        }
    }

    /// Ends what another thread executes: by cancels, of which one that comes before its statement
    /// has no effect, or else with the socket.
    #[cold]
    fn interrupt(&self, py: Python<'_>) -> PyResult<()> {
        let started = Instant::now();
        while self.is_held_elsewhere() && started.elapsed() < GRACE {
            if self.hearing.load(Ordering::Acquire) {
                break;
            }
            py.check_signals()?;
            py.detach(|| {
                if let Some(canceller) = &self.canceller {
                    let _ = canceller.cancel(GRACE, &Interrupt::never());
                }
                std::thread::sleep(Duration::from_millis(10));
            });
        }
        if self.is_held_elsewhere() {
            // SAFETY: the line owns the descriptor and lives as long as `self`; it is not closed here.
            let socket = ManuallyDrop::new(unsafe { TcpStream::from_raw_fd(self.fd) });
            // shutting down a socket that has ended already is no concern
            let _ = socket.shutdown(Shutdown::Both);
        }
        Ok(())
    }

    /// Whether another thread executes something.
    fn is_held_elsewhere(&self) -> bool {
        let holder = self.holder.load(Ordering::Relaxed);
        holder != 0 && holder != this_thread()
    }

    /// The line, waiting for another thread's statement with the interpreter released.
    ///
    /// # Errors
    /// `InterfaceError` where this thread holds it already: a handler or an iterator of parameters
    /// that uses the connection which is waiting for it. What the handler of a signal raised.
    #[inline]
    fn acquire(&self, py: Python<'_>) -> PyResult<Held<'_>> {
        let me = this_thread();
        let line = match self.line.try_lock() {
            Ok(line) => line,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) if self.holder.load(Ordering::Relaxed) == me => {
                return Err(faults::reentered(py));
            }
            Err(TryLockError::WouldBlock) => self.queue.wait(py, &self.line)?,
        };
        self.holder.store(me, Ordering::Relaxed);
        Ok(Held {
            line,
            holder: &self.holder,
            _bell: Bell(&self.queue),
        })
    }
}

fn this_thread() -> usize {
    THREAD.with(|me| std::ptr::from_ref(me).addr())
}

/// The line while one thread holds it.
struct Held<'a> {
    line: MutexGuard<'a, Line>,
    holder: &'a AtomicUsize,
    /// Dropped, and so rung, after the line.
    _bell: Bell<'a>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.holder.store(0, Ordering::Relaxed);
    }
}

/// The threads that wait for the line. A mutex alone would keep signals from them.
#[derive(Default)]
struct Queue {
    waiting: AtomicUsize,
    gate: Mutex<()>,
    released: Condvar,
}

/// How late a signal may be noticed, or a ring that came too early be made good.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

impl Queue {
    /// The lock of `line`, once whoever holds it lets go.
    #[cold]
    fn wait<'a, T: Send>(&self, py: Python<'_>, line: &'a Mutex<T>) -> PyResult<MutexGuard<'a, T>> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let taken = loop {
            py.detach(|| {
                let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
                if matches!(line.try_lock(), Err(TryLockError::WouldBlock)) {
                    drop(self.released.wait_timeout(gate, LOOK_AGAIN));
                }
            });
            match line.try_lock() {
                Ok(taken) => break Ok(taken),
                Err(TryLockError::Poisoned(poisoned)) => break Ok(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
            if let Err(raised) = py.check_signals() {
                break Err(raised);
            }
        };
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        taken
    }
}

/// Tells who waits that the line is free.
struct Bell<'a>(&'a Queue);

impl Drop for Bell<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.0.waiting.load(Ordering::SeqCst) > 0 {
            drop(self.0.gate.lock());
            self.0.released.notify_one();
        }
    }
}

impl Patience {
    #[inline]
    fn new(timeout: Option<f64>) -> PyResult<Self> {
        let deadline = match timeout {
            None => None,
            Some(seconds) => super::public::deadline(seconds)?,
        };
        Ok(Self {
            deadline,
            cancelled: None,
        })
    }

    /// From now on the wait is for the end of a cancelled statement.
    fn bear_cancelled(&mut self) {
        let now = Instant::now();
        self.deadline = now.checked_add(GRACE);
        self.cancelled = Some(Cancelled {
            repeat: now + REPEAT,
            pause: REPEAT,
        });
    }

    /// Whether it is time for another cancel; asked once for each.
    fn must_cancel_again(&mut self) -> bool {
        let Some(cancelled) = &mut self.cancelled else {
            return false;
        };
        let now = Instant::now();
        let due = now >= cancelled.repeat;
        if due {
            cancelled.pause *= 2;
            cancelled.repeat = now + cancelled.pause;
        }
        due
    }

    /// When a wait must end, ready or not.
    fn wakes(&self) -> Option<Instant> {
        let repeat = self.cancelled.as_ref().map(|cancelled| cancelled.repeat);
        repeat.into_iter().chain(self.deadline).min()
    }

    /// Whether the deadline has passed, however ready the socket is.
    fn is_over(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// Receives something, with the interpreter released, or nothing where it is time for another cancel.
#[inline]
fn receive(py: Python<'_>, line: &mut Line, patience: &Patience) -> PyResult<()> {
    // a signal amid the decoding interrupts no system call
    py.check_signals()?;
    loop {
        if patience.deadline.is_some()
            && !line.transport.has_buffered()
            && !wait(py, line, Interest::Readable, patience)?
        {
            return Ok(());
        }
        let Line {
            engine, transport, ..
        } = line;
        let spare = engine.session().spare();
        match py.detach(|| transport.receive(spare)) {
            Ok(0) => return Err(line.lost(py, "the server closed it")),
            Ok(count) => {
                line.engine.session().fed(count);
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => py.check_signals()?,
            Err(error) => return Err(line.lost(py, &error.to_string())),
        }
    }
}

/// Waits until the server has said something unasked; false at the deadline.
fn listen(py: Python<'_>, line: &mut Line, patience: &Patience) -> PyResult<bool> {
    loop {
        while line.try_receive(py)?.is_some() {
            line.advance(py)?;
        }
        if line.engine.is_leaving() {
            return Err(line.lost(py, "the server closed it"));
        }
        if line.engine.has_remarks() {
            return Ok(true);
        }
        py.check_signals()?;
        let transport = &line.transport;
        match py.detach(|| transport.wait(Interest::Readable, patience.deadline)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Ok(false),
            Err(error) => return Err(line.lost(py, &error.to_string())),
        }
    }
}

/// Waits until the kernel takes more, receiving what the server says meanwhile: a server that
/// cannot send reads no more either.
#[cold]
fn wait_for_room(py: Python<'_>, line: &mut Line, patience: &Patience) -> PyResult<()> {
    py.check_signals()?;
    wait(py, line, Interest::Both, patience)?;
    line.try_receive(py).map(drop)
}

/// Waits until the socket is ready; false where it is time for another cancel.
fn wait(
    py: Python<'_>,
    line: &mut Line,
    interest: Interest,
    patience: &Patience,
) -> PyResult<bool> {
    loop {
        let transport = &line.transport;
        match py.detach(|| transport.wait(interest, patience.wakes())) {
            _ if patience.is_over() => return Err(timed_out(py)),
            Ok(_) => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => py.check_signals()?,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Ok(false),
            Err(error) => return Err(line.lost(py, &error.to_string())),
        }
    }
}

#[cold]
fn timed_out(py: Python<'_>) -> PyErr {
    let message = "the statement took longer than its timeout and was cancelled";
    faults::fault(py, "QueryTimeout", message)
}

/// Connects with the interpreter released; a signal's handler that raises ends it.
fn connect(py: Python<'_>, config: &Bound<'_, Config>) -> PyResult<Established> {
    let raised: Arc<Mutex<Option<PyErr>>> = Arc::default();
    let keep = Arc::clone(&raised);
    let interrupt = Interrupt::never().with_signal_check(move || {
        Python::attach(|py| match py.check_signals() {
            Ok(()) => false,
            Err(error) => {
                *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                true
            }
        })
    });
    let options = config.get().for_login(py)?;
    let established = py.detach(|| establish(&options, &interrupt));
    if let Some(error) = raised.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(error);
    }
    established.map_err(|error| super::public::connect_error(py, &error))
}
