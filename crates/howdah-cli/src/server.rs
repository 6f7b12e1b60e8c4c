//! `howdah server`: a PostgreSQL server of one's own.
//!
//! IO: that of the subcommands, one file each. Invariant: none of them touches a directory that
//! holds something else than a howdah cluster.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use howdah_server::{Cluster, Event, Observer};

use crate::Context;
use crate::format::Format;

mod destroy;
mod logs;
mod promote;
mod psql;
mod start;
mod status;
mod stop;
mod url;

/// Arguments of `howdah server`.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server, making the cluster on first use, and print its URL
    Start(start::Arguments),
    /// Stop the server
    Stop(stop::Arguments),
    /// Say whether the server runs, and where
    Status(status::Arguments),
    /// Print the URL of the running server, with its password
    Url(url::Arguments),
    /// Print what the server logged
    Logs(logs::Arguments),
    /// Run psql on the server
    Psql(psql::Arguments),
    /// Make a replica the primary
    Promote(promote::Arguments),
    /// Stop the server and delete the cluster with all its data
    Destroy(destroy::Arguments),
}

/// Which cluster: an argument of every subcommand.
#[derive(Debug, Args)]
struct Target {
    /// Directory of the cluster [default: howdah/main in the user's data directory, for root
    /// /var/lib/howdah/main]
    #[arg(long, value_name = "DIR", env = howdah_server::DATA_VARIABLE)]
    data: Option<PathBuf>,
}

/// Which server of a cluster with replicas or shards: an argument of those that concern one server.
#[derive(Debug, Args)]
struct Member {
    #[command(flatten)]
    target: Target,
    /// Replica number N instead of the primary
    #[arg(long, value_name = "N")]
    replica: Option<u32>,
    /// Shard number N instead of the primary
    #[arg(long, value_name = "N", conflicts_with = "replica")]
    shard: Option<u32>,
}

impl Member {
    fn cluster(&self) -> anyhow::Result<Cluster> {
        let cluster = self.target.cluster()?;
        Ok(match (self.replica, self.shard) {
            (Some(number), _) => cluster.member(number),
            (None, Some(number)) => cluster.shard(number),
            (None, None) => cluster.primary()?,
        })
    }
}

/// How data is printed: an argument of every subcommand that prints some.
#[derive(Debug, Args)]
struct Output {
    /// Format of what is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<i32> {
    match &arguments.command {
        Command::Start(arguments) => start::run(arguments, context),
        Command::Stop(arguments) => stop::run(arguments),
        Command::Status(arguments) => status::run(arguments),
        Command::Url(arguments) => url::run(arguments),
        Command::Logs(arguments) => logs::run(arguments),
        Command::Psql(arguments) => psql::run(arguments, context),
        Command::Promote(arguments) => promote::run(arguments),
        Command::Destroy(arguments) => destroy::run(arguments),
    }
}

impl Target {
    fn cluster(&self) -> anyhow::Result<Cluster> {
        Ok(match &self.data {
            Some(directory) => Cluster::in_directory(directory)?,
            None => Cluster::default_location()?,
        })
    }
}

/// Tells every event on stderr.
struct Talk;

impl Observer for Talk {
    fn event(&mut self, event: &Event) {
        talk!("{event}");
    }
}

/// A timeout given in seconds.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "expected a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// Asks on the terminal; no without one.
fn confirm(question: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        anyhow::bail!("no terminal to ask on: {question}\n\nhint: `--yes` answers it");
    }
    talk!("{question} [y/N]");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(
        answer.trim().to_ascii_lowercase().as_str(),
        "y" | "yes"
    ))
}
