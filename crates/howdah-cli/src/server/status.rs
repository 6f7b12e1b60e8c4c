//! `howdah server status`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use howdah_server::{Cluster, ServerState, Status, status};
use serde::Serialize;

use super::{Output, Target};
use crate::{exit, format};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    output: Output,
}

/// What `--format json` prints; never the password.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    state: &'static str,
    pid: Option<u32>,
    /// Of the running server, or of the last start.
    port: Option<u16>,
    version: Option<&'a str>,
    bindir: Option<&'a Path>,
    data: &'a Path,
    pgdata: PathBuf,
    log: PathBuf,
    socket_directory: Option<&'a Path>,
}

/// Exit code 3 unless the server answers, as `pg_ctl status` has it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let cluster = arguments.target.cluster()?;
    let status = status(&cluster)?;
    format::print(
        arguments.output.format,
        &text(&cluster, &status)?,
        &Answer {
            state: status.state.name(),
            pid: status.pid,
            port: status.port,
            version: status.version.as_deref(),
            bindir: status.bindir.as_deref(),
            data: cluster.home(),
            pgdata: cluster.pgdata(),
            log: cluster.log(),
            socket_directory: status.socket_directory.as_deref(),
        },
    )?;
    Ok(if status.state == ServerState::Running {
        exit::OK
    } else {
        exit::NOT_RUNNING
    })
}

fn text(cluster: &Cluster, status: &Status) -> Result<String, std::fmt::Error> {
    let mut text = status.state.name().to_owned();
    if let (Some(pid), Some(port)) = (status.pid, status.port) {
        write!(text, " on port {port} (process {pid})")?;
    }
    if let Some(version) = &status.version {
        write!(text, ", PostgreSQL {version}")?;
    }
    write!(text, ", data in `{}`", cluster.home().display())?;
    Ok(text)
}
