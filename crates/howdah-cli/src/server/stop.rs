//! `howdah server stop`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use howdah_server::{StopMode, stop};

use super::{Talk, Target, seconds};
use crate::exit;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// How to shut down
    #[arg(long, value_enum, default_value_t = Mode::Fast)]
    mode: Mode,
    /// Seconds to wait for the end
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "60")]
    timeout: Duration,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    /// Wait for all clients to leave
    Smart,
    /// End all connections, write everything out
    Fast,
    /// End at once; the next start recovers
    Immediate,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let cluster = arguments.target.cluster()?;
    let mode = match arguments.mode {
        Mode::Smart => StopMode::Smart,
        Mode::Fast => StopMode::Fast,
        Mode::Immediate => StopMode::Immediate,
    };
    let stopped = stop(&cluster, mode, arguments.timeout, &mut Talk)?;
    let said = stopped.map_or_else(
        || "the server was not running".to_owned(),
        |pid| format!("stopped (process {pid})"),
    );
    talk!("{said}");
    Ok(exit::OK)
}
