//! `howdah server status`.

use std::fmt::Write;
use std::path::PathBuf;

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
struct Answer {
    #[serde(flatten)]
    primary: Member,
    replicas: Vec<Member>,
    shards: Vec<Shard>,
}

/// One shard.
#[derive(Debug, Serialize)]
struct Shard {
    shard: u32,
    #[serde(flatten)]
    server: Described,
}

/// One server.
#[derive(Debug, Serialize)]
struct Member {
    /// 0 is the first cluster.
    replica: u32,
    #[serde(flatten)]
    server: Described,
}

/// What is told of every server.
#[derive(Debug, Serialize)]
struct Described {
    state: &'static str,
    standby: bool,
    pid: Option<u32>,
    /// Of the running server, or of the last start.
    port: Option<u16>,
    version: Option<String>,
    bindir: Option<PathBuf>,
    data: PathBuf,
    pgdata: PathBuf,
    log: PathBuf,
    socket_directory: Option<PathBuf>,
}

/// Exit code 3 unless the primary answers, as `pg_ctl status` has it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let cluster = arguments.target.cluster()?;
    let number = cluster.primary_number()?;
    let primary = cluster.member(number);
    let found = status(&primary)?;
    let mut answer = text(&primary, &found)?;
    let mut replicas = Vec::new();
    for number in cluster.replicas()? {
        let replica = cluster.member(number);
        let found = status(&replica)?;
        write!(answer, "\nreplica {number}: {}", text(&replica, &found)?)?;
        replicas.push(Member::new(number, &replica, found));
    }
    let mut shards = Vec::new();
    for number in cluster.shards() {
        let shard = cluster.shard(number);
        let found = status(&shard)?;
        write!(answer, "\nshard {number}: {}", text(&shard, &found)?)?;
        let server = Described::new(&shard, found);
        shards.push(Shard {
            shard: number,
            server,
        });
    }
    let is_running = found.state == ServerState::Running;
    let data = Answer {
        primary: Member::new(number, &primary, found),
        replicas,
        shards,
    };
    format::print(arguments.output.format, &answer, &data)?;
    Ok(if is_running {
        exit::OK
    } else {
        exit::NOT_RUNNING
    })
}

impl Member {
    fn new(replica: u32, cluster: &Cluster, status: Status) -> Self {
        Self {
            replica,
            server: Described::new(cluster, status),
        }
    }
}

impl Described {
    fn new(cluster: &Cluster, status: Status) -> Self {
        Self {
            state: status.state.name(),
            standby: status.is_standby,
            pid: status.pid,
            port: status.port,
            version: status.version,
            bindir: status.bindir,
            data: cluster.home().to_owned(),
            pgdata: cluster.pgdata(),
            log: cluster.log(),
            socket_directory: status.socket_directory,
        }
    }
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
