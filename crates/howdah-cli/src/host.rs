//! What only Python can do for the command.
//!
//! No IO here; that of a host is its own. Implemented by `howdah-python`; a command that runs without Python has no
//! host. Invariant: a host's errors are whole: their text says what failed, and after `hint:` what to do about it.

/// The program around the command.
pub trait Host: std::fmt::Debug + Send + Sync {
    /// The schema that the models of importable modules declare, as JSON of [`howdah_schema::Schema`] with a name for
    /// everything. `module` is a dotted name, or several with commas between them.
    ///
    /// # Errors
    /// The module cannot be imported, or declares what no database can have.
    fn declared(&self, module: &str) -> anyhow::Result<String>;

    /// The migrations of another tool's project with their SQL, as a JSON list in the order in which they run.
    /// `project` is JSON: `{"tool": "django", "path": …, "apps": […]}` or `{"tool": "alembic", "path": …}`.
    ///
    /// # Errors
    /// The project cannot be loaded, or its tool is not installed.
    fn rendered(&self, project: &str) -> anyhow::Result<String>;

    /// Runs a migration in Python on a database, its statements under observation. What it failed with is in the last step.
    ///
    /// # Errors
    /// The file is no migration, or its statements cannot be looked at.
    fn traced(&self, file: &str, url: &str) -> anyhow::Result<Vec<howdah_trace::Step>>;

    /// Runs `howdah migrate` with its arguments as JSON, as `migrate.rs` writes them; gives the exit code.
    ///
    /// # Errors
    /// The host itself failed; what a command can say about its failure, it says on stderr.
    fn migrate(&self, arguments: &str) -> anyhow::Result<i32>;
}
