//! What the statements before leave behind in the session: a transaction, its timeouts.
//!
//! No IO. Follows a script statement by statement. Invariant: it believes what PostgreSQL does, not what was meant:
//! `SET LOCAL` outside of a transaction sets nothing, `ROLLBACK` takes settings back, `COMMIT` without `BEGIN` is
//! nothing.

use std::collections::HashMap;

use crate::ast::{Kind, Node, ObjectName, Query, Set, Statement, Transaction};
use crate::locks::{Effects, Held, LockTaken, Mode};
use crate::text::Span;

/// The session before a statement.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// The transaction that is open.
    pub transaction: Option<Open>,
    /// The last statement that kept others out of something that they use waited for it without a limit.
    pub has_blocked: bool,
    /// What whoever runs the script has set: what `RESET` comes back to.
    given: HashMap<String, String>,
    /// Parameters that are set, with their values as written.
    values: HashMap<String, String>,
    /// Those that `SET LOCAL` has set until the transaction ends.
    local: HashMap<String, String>,
    /// `values` as they were when the transaction began: what `ROLLBACK` comes back to.
    before: Option<HashMap<String, String>>,
}

/// A transaction that is open.
#[derive(Debug, Clone)]
pub struct Open {
    /// Where it began; none where the program that runs the script began it.
    pub begin: Option<Span>,
    /// How many statements it has had, without `BEGIN` and settings.
    pub statements: usize,
    /// The locks that it holds on what others use, in the order in which they were taken, each once.
    pub held: Vec<HeldLock>,
    /// The strongest one of each relation.
    modes: HashMap<ObjectName, Mode>,
    /// The place of the strongest one, the earliest of several.
    strongest: Option<usize>,
    /// Its savepoints.
    savepoints: Vec<Savepoint>,
}

/// What `ROLLBACK TO` comes back to.
#[derive(Debug, Clone)]
struct Savepoint {
    name: String,
    held: usize,
    values: HashMap<String, String>,
    local: HashMap<String, String>,
}

/// A lock that a transaction holds.
#[derive(Debug, Clone)]
pub struct HeldLock {
    /// What is locked, and how.
    pub lock: LockTaken,
    /// The first line of the statement that took it.
    pub by: String,
}

/// A timeout as the script leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timeout {
    /// The script does not say.
    Unknown,
    /// It is switched off.
    Off,
    /// In milliseconds.
    Milliseconds(u64),
}

impl Session {
    /// The session that a script finds: perhaps a transaction, and parameters that are set.
    #[must_use]
    pub fn new(in_transaction: bool, values: HashMap<String, String>) -> Self {
        Self {
            transaction: in_transaction.then(|| Open::new(None)),
            given: values.clone(),
            values,
            ..Self::default()
        }
    }

    /// Whether a transaction is open.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.transaction.is_some()
    }

    /// A parameter's value, if the script has set it.
    #[must_use]
    pub fn value(&self, parameter: &str) -> Option<&str> {
        let value = self.local.get(parameter).or(self.values.get(parameter));
        value.map(String::as_str)
    }

    /// A timeout by its parameter: `lock_timeout`, `statement_timeout`.
    #[must_use]
    pub fn timeout(&self, parameter: &str) -> Timeout {
        match self.value(parameter).and_then(milliseconds) {
            None => Timeout::Unknown,
            Some(0) => Timeout::Off,
            Some(ms) => Timeout::Milliseconds(ms),
        }
    }

    /// Follows a statement.
    pub fn apply(&mut self, statement: &Statement) {
        match &statement.kind {
            Kind::Transaction(change) => self.transaction(change, statement.span),
            Kind::Set(set) => self.set(set),
            Kind::Select(select) => self.functions(&select.query),
            _ => self.count(),
        }
    }

    /// Follows a statement that the tool that runs the script sends of itself: a transaction it begins is its own.
    pub fn apply_of_tool(&mut self, statement: &Statement) {
        self.apply(statement);
        if let Some(open) = &mut self.transaction {
            open.begin = None;
        }
    }

    /// Begins what a `DO` is for the server: a transaction, unless one is open. Whether it has.
    pub fn begin_block(&mut self) -> bool {
        let begins = self.transaction.is_none();
        if begins {
            self.transaction = Some(Open::new(None));
        }
        begins
    }

    /// Ends what [`Session::begin_block`] has begun.
    pub fn end_block(&mut self) {
        self.transaction = None;
    }

    /// Sets `lock_timeout`, as whatever runs the script does.
    pub fn limit_locks(&mut self, limit: &str) {
        self.values
            .insert("lock_timeout".to_owned(), limit.to_owned());
    }

    /// Remembers what a statement has locked until the transaction ends; `by` is its text.
    pub fn hold(&mut self, effects: &Effects, by: &str) {
        let Some(open) = &mut self.transaction else {
            return;
        };
        let stays = |it: &&LockTaken| it.held == Held::Transaction;
        for lock in effects.locks.iter().filter(stays) {
            open.hold(lock, by);
        }
    }

    /// A table that has another name from now on keeps its locks.
    pub fn rename(&mut self, from: &ObjectName, to: &ObjectName) {
        if let Some(open) = &mut self.transaction
            && let Some(mode) = open.modes.remove(from)
        {
            open.modes.insert(to.clone(), mode);
            for held in open.held.iter_mut().filter(|it| it.lock.relation == *from) {
                held.lock.relation = to.clone();
            }
        }
    }

    fn count(&mut self) {
        if let Some(open) = &mut self.transaction {
            open.statements += 1;
        }
    }

    fn transaction(&mut self, change: &Transaction, span: Span) {
        match change {
            Transaction::Begin(_) if self.transaction.is_none() => self.begin(span),
            Transaction::Commit { chain } => self.end(*chain, span),
            Transaction::Prepare(_) => self.end(false, span),
            Transaction::Rollback { chain } => {
                if let Some(before) = self.before.take() {
                    self.values = before;
                }
                self.end(*chain, span);
            }
            Transaction::Savepoint(name) => self.save(name),
            Transaction::RollbackTo(name) => self.roll_back_to(name),
            _ => {}
        }
    }

    fn save(&mut self, name: &str) {
        let (values, local) = (self.values.clone(), self.local.clone());
        if let Some(open) = &mut self.transaction {
            open.savepoints.push(Savepoint {
                name: name.to_owned(),
                held: open.held.len(),
                values,
                local,
            });
        }
    }

    fn roll_back_to(&mut self, name: &str) {
        let Some(open) = &mut self.transaction else {
            return;
        };
        let Some(at) = open.savepoints.iter().rposition(|it| it.name == name) else {
            return;
        };
        open.savepoints.truncate(at + 1);
        if let Some(savepoint) = open.savepoints.last().cloned() {
            open.release_from(savepoint.held);
            self.values = savepoint.values;
            self.local = savepoint.local;
        }
    }

    fn begin(&mut self, span: Span) {
        self.transaction = Some(Open::new(Some(span)));
        self.before = Some(self.values.clone());
    }

    fn end(&mut self, chain: bool, span: Span) {
        let was_open = self.transaction.take().is_some();
        self.local.clear();
        self.before = None;
        if chain && was_open {
            self.begin(span);
        }
    }

    fn set(&mut self, set: &Set) {
        if set.reset && set.name == "all" {
            self.reset();
            return;
        }
        let is_default = set.reset || matches!(set.values.as_slice(), [it] if it == "default");
        let value = if is_default || set.values.is_empty() {
            self.given.get(&set.name).cloned()
        } else {
            Some(set.values.join(", "))
        };
        self.assign(&set.name, value, set.local);
    }

    /// `RESET ALL`, `DISCARD ALL`.
    pub fn reset(&mut self) {
        self.values.clone_from(&self.given);
        self.local.clear();
    }

    fn assign(&mut self, parameter: &str, value: Option<String>, local: bool) {
        if local && self.transaction.is_none() {
            return;
        }
        let values = if local {
            &mut self.local
        } else {
            // a later plain SET replaces a local one, too
            self.local.remove(parameter);
            &mut self.values
        };
        match value {
            Some(value) => values.insert(parameter.to_owned(), value),
            None => values.remove(parameter),
        };
    }

    /// `SELECT set_config('lock_timeout', '5s', false)`.
    fn functions(&mut self, query: &Query) {
        self.count();
        for target in &query.targets {
            let Node::Call(call) = &target.expr.node else {
                continue;
            };
            if call.name.name == "set_config"
                && let [
                    Node::String(name),
                    Node::String(value),
                    Node::Boolean(local),
                ] = call.arguments.as_slice()
            {
                self.assign(&name.to_lowercase(), Some(value.clone()), *local);
            }
        }
    }
}

impl Open {
    fn new(begin: Option<Span>) -> Self {
        Self {
            begin,
            statements: 0,
            held: Vec::new(),
            modes: HashMap::new(),
            strongest: None,
            savepoints: Vec::new(),
        }
    }

    /// Gives back the locks that were taken since.
    fn release_from(&mut self, count: usize) {
        let kept = self.held.drain(..count.min(self.held.len()));
        let kept: Vec<HeldLock> = kept.collect();
        self.held.clear();
        self.modes.clear();
        self.strongest = None;
        for it in kept {
            self.hold(&it.lock, &it.by);
        }
    }

    fn hold(&mut self, lock: &LockTaken, by: &str) {
        match self.modes.get_mut(&lock.relation) {
            Some(mode) if *mode >= lock.mode => return,
            Some(mode) => *mode = lock.mode,
            None => {
                self.modes.insert(lock.relation.clone(), lock.mode);
            }
        }
        if self.strongest().is_none_or(|it| it.lock.mode < lock.mode) {
            self.strongest = Some(self.held.len());
        }
        self.held.push(HeldLock {
            lock: lock.clone(),
            by: by.lines().next().unwrap_or_default().to_owned(),
        });
    }

    /// The strongest lock that it holds on a relation.
    #[must_use]
    pub fn mode(&self, relation: &ObjectName) -> Option<Mode> {
        self.modes.get(relation).copied()
    }

    /// The strongest lock that it holds, the earliest of several.
    #[must_use]
    pub fn strongest(&self) -> Option<&HeldLock> {
        self.held.get(self.strongest?)
    }
}

/// The time that a parameter's value means: PostgreSQL's units, milliseconds where there is none.
#[must_use]
pub fn milliseconds(value: &str) -> Option<u64> {
    let value = value.trim();
    let digits = value
        .find(|it: char| !it.is_ascii_digit() && it != '.')
        .unwrap_or(value.len());
    let (number, unit) = value.split_at_checked(digits)?;
    let factor = match unit.trim() {
        "us" => 0.001,
        "" | "ms" => 1.0,
        "s" => 1_000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    // anything above nothing is not "off", however short
    let ms = (number * factor)
        .round()
        .max(f64::from(u8::from(number > 0.0)));
    Some(ms as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str, in_transaction: bool) -> Session {
        let mut session = Session::new(in_transaction, HashMap::new());
        for statement in &crate::parse(text).statements {
            session.apply(statement);
        }
        session
    }

    #[test]
    fn transactions_begin_and_end() {
        assert!(!after("", false).in_transaction());
        assert!(after("", true).in_transaction());
        assert!(after("begin; select 1", false).in_transaction());
        assert!(!after("begin; commit", false).in_transaction());
        assert!(!after("start transaction; end", false).in_transaction());
        assert!(!after("begin; rollback", false).in_transaction());
        assert!(after("begin; rollback to a; savepoint b", false).in_transaction());
        assert!(after("begin; commit and chain", false).in_transaction());
        assert!(!after("commit and chain", false).in_transaction());
        assert!(!after("begin; prepare transaction 'x'", false).in_transaction());
        assert!(!after("commit", true).in_transaction());
    }

    #[test]
    fn timeouts_are_those_of_postgresql() {
        let timeout = |text: &str| after(text, false).timeout("lock_timeout");
        assert_eq!(timeout(""), Timeout::Unknown);
        assert_eq!(
            timeout("set lock_timeout = '5s'"),
            Timeout::Milliseconds(5_000)
        );
        assert_eq!(timeout("set lock_timeout to 0"), Timeout::Off);
        assert_eq!(timeout("set local lock_timeout = 100"), Timeout::Unknown);
        assert_eq!(
            timeout("begin; set local lock_timeout = 100"),
            Timeout::Milliseconds(100)
        );
        assert_eq!(
            timeout("begin; set local lock_timeout = 100; commit"),
            Timeout::Unknown
        );
        assert_eq!(
            timeout("begin; set lock_timeout = 100; rollback"),
            Timeout::Unknown
        );
        assert_eq!(
            timeout("begin; set lock_timeout = 100; commit"),
            Timeout::Milliseconds(100)
        );
        assert_eq!(
            timeout("set lock_timeout = 100; reset lock_timeout"),
            Timeout::Unknown
        );
        assert_eq!(
            timeout("begin; savepoint s; set lock_timeout = 100; rollback to s"),
            Timeout::Unknown
        );
        assert_eq!(
            timeout("select pg_catalog.set_config('lock_timeout', '2min', false)"),
            Timeout::Milliseconds(120_000)
        );
    }

    #[test]
    fn a_reset_comes_back_to_what_was_given() {
        let given = HashMap::from([("lock_timeout".to_owned(), "5s".to_owned())]);
        for text in [
            "reset lock_timeout",
            "set lock_timeout to default",
            "reset all",
        ] {
            let mut session = Session::new(false, given.clone());
            for statement in &crate::parse(&format!("set lock_timeout = 0; {text}")).statements {
                session.apply(statement);
            }
            assert_eq!(session.value("lock_timeout"), Some("5s"), "{text}");
        }
    }

    #[test]
    fn units_are_those_of_postgresql() {
        assert_eq!(milliseconds("1.5s"), Some(1_500));
        assert_eq!(milliseconds("100us"), Some(1));
        assert_eq!(milliseconds("0"), Some(0));
        assert_eq!(milliseconds("2 h"), Some(7_200_000));
        assert_eq!(milliseconds("soon"), None);
        assert_eq!(milliseconds("1 fortnight"), None);
    }
}
