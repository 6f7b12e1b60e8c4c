//! The `howdah` command.
//!
//! IO: standard output and error, and whatever the subcommands do. Called with the arguments of
//! the process by the Python package, which installs the command. One file per subcommand; this
//! one holds the tree. Invariant: data goes to stdout, talk goes to stderr, and the exit code is
//! one of [`exit`].

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Parser, Subcommand};

/// A line on stderr; whether anybody reads it makes no difference.
macro_rules! talk {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($argument)*);
    }};
}

pub mod exit;
mod failure;
mod format;
mod host;
mod known;
mod lint;
pub mod locks;
mod migrate;
mod models;
mod refresh;
mod schema;
mod server;
mod trace;

pub use host::Host;

/// What the command is told by the program around it.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// Folders of PostgreSQL programs that installed packages brought, best first.
    pub package_bindirs: Vec<PathBuf>,
    /// What only Python can do; without it, some commands say that they need it.
    pub host: Option<Arc<dyn Host>>,
}

/// PostgreSQL for Python programs: servers, migrations, lint, locks and schemas.
#[derive(Debug, Parser)]
#[command(name = "howdah", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a PostgreSQL server of your own
    Server(server::Arguments),
    /// Change a database step by step, with everything that is in use going on
    Migrate(migrate::Arguments),
    /// What statements lock, rewrite and scan, without running them
    Locks(locks::Arguments),
    /// Models of Python for a database that exists
    Models(models::Arguments),
    /// Find what SQL would do to a database in use
    Lint(lint::Arguments),
    /// Compute materialized views again, once or regularly
    Refresh(refresh::Arguments),
    /// Schemas as values: show them, compare them, write them down
    Schema(schema::Arguments),
}

/// Runs the command with the arguments of a process, the program's name first; gives the exit
/// code. Does not return if the process is replaced by another program, as `server psql` does.
pub fn run(arguments: impl IntoIterator<Item = OsString>, context: &Context) -> i32 {
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            // `--help` and `--version` arrive here too, and are no failures
            let code = if error.use_stderr() {
                exit::USAGE
            } else {
                exit::OK
            };
            return if error.print().is_ok() {
                code
            } else {
                exit::FAILURE
            };
        }
    };
    let outcome = match &parsed.command {
        Command::Server(arguments) => server::run(arguments, context),
        Command::Migrate(arguments) => migrate::run(arguments, context),
        Command::Locks(arguments) => locks::run(arguments),
        Command::Models(arguments) => models::run(arguments),
        Command::Lint(arguments) => lint::run(arguments, context),
        Command::Refresh(arguments) => refresh::run(arguments),
        Command::Schema(arguments) => schema::run(arguments, context),
    };
    outcome.unwrap_or_else(|error| failure::report(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_tree_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn wrong_usage_has_its_own_exit_code() {
        let run =
            |arguments: &[&str]| run(arguments.iter().map(OsString::from), &Context::default());
        assert_eq!(
            run(&["howdah", "server", "start", "--port", "x"]),
            exit::USAGE
        );
        assert_eq!(run(&["howdah", "--version"]), exit::OK);
        assert_eq!(
            run(&["howdah", "server", "status", "--data", "/nowhere"]),
            exit::NO_CLUSTER
        );
    }
}
