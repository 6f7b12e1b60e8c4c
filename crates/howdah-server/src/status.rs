//! Whether a cluster runs, and where.
//!
//! IO: reads the cluster's files and `/proc`; changes nothing and takes no lock, so an answer can
//! be out of date when it arrives.

use std::path::PathBuf;

use crate::account::Account;
use crate::cluster::{Cluster, data_version};
use crate::error::{Error, Kind, Result};
use crate::password::Password;
use crate::postmaster::{self, Found, PidFile, State};
use crate::process::Process;
use crate::standby;
use crate::url::Address;

/// What a cluster's server is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerState {
    /// There is no server.
    Stopped,
    /// It starts, perhaps recovering from a crash.
    Starting,
    /// It answers.
    Running,
    /// It shuts down.
    Stopping,
}

/// A cluster at one moment.
#[derive(Debug, Clone)]
pub struct Status {
    /// What the server is doing.
    pub state: ServerState,
    /// Whether it is a replica: it answers, and replays what another server writes.
    pub is_standby: bool,
    /// The postmaster's pid, unless stopped.
    pub pid: Option<u32>,
    /// The TCP port: the server's, or if stopped that of the last start.
    pub port: Option<u16>,
    /// The directory of the unix socket, unless stopped.
    pub socket_directory: Option<PathBuf>,
    /// Of the programs that started it last, such as `18.6`; else of the data directory (`18`).
    pub version: Option<String>,
    /// The folder of the programs that started it last.
    pub bindir: Option<PathBuf>,
}

impl ServerState {
    /// In a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
        }
    }
}

/// Looks at a cluster.
///
/// # Errors
/// [`Kind::NoCluster`] if there is none, [`Kind::Foreign`] if the directory holds something else,
/// [`Kind::Io`] if it cannot be read.
pub fn status(cluster: &Cluster) -> Result<Status> {
    let record = cluster.existing_record()?;
    let found = find(cluster)?;
    let programs = record.programs;
    let version = programs.as_ref().map(|programs| programs.version.clone());
    let mut status = Status {
        state: ServerState::Stopped,
        is_standby: standby::is_standby(&cluster.pgdata()),
        pid: None,
        port: record.port,
        socket_directory: None,
        version: version.or_else(|| data_version(&cluster.pgdata())),
        bindir: programs.map(|programs| programs.bindir),
    };
    if let Some(running) = found {
        status.state = match running.file.state {
            State::Starting => ServerState::Starting,
            State::Stopping => ServerState::Stopping,
            State::Ready | State::Standby => ServerState::Running,
        };
        status.pid = Some(running.process.pid());
        status.port = running.file.port.or(status.port);
        status.socket_directory = running.file.socket_directory;
    }
    Ok(status)
}

/// Where a running server is reached; of a cluster with replicas, the primary.
///
/// # Errors
/// [`Kind::NotRunning`] if it is stopped or does not answer yet; those of [`status`]; and
/// [`Kind::Io`] if the password cannot be read.
pub fn address(cluster: &Cluster) -> Result<Address> {
    let cluster = &cluster.primary()?;
    let status = status(cluster)?;
    if status.state != ServerState::Running {
        let message = format!(
            "the cluster in `{}` is {}",
            cluster.home().display(),
            status.state.name()
        );
        return Err(Error::new(Kind::NotRunning, message).with_hint("`howdah server start`"));
    }
    let record = cluster.existing_record()?;
    let socket_directory = status
        .socket_directory
        .unwrap_or_else(|| cluster.socket_directory());
    Ok(Address {
        user: record.user,
        database: record.database,
        password: stored_password(cluster)?,
        port: status.port.unwrap_or_default(),
        socket_directory,
    })
}

pub(crate) fn stored_password(cluster: &Cluster) -> Result<Password> {
    Password::read(&cluster.passfile())?.ok_or_else(|| {
        let message = format!(
            "the password file `{}` is gone",
            cluster.passfile().display()
        );
        Error::new(Kind::Foreign, message)
            .with_hint("write it anew as one line `*:*:*:user:password`, mode 0600")
    })
}

/// A server that was there when looked for.
pub(crate) struct FoundServer {
    pub(crate) process: Process,
    pub(crate) file: PidFile,
}

/// The postmaster of the cluster, if it runs.
pub(crate) fn find(cluster: &Cluster) -> Result<Option<FoundServer>> {
    let pgdata = cluster.pgdata();
    let Found::Claimed(file) = postmaster::read(&pgdata)? else {
        return Ok(None);
    };
    let account = Account::owner_of(&pgdata)?;
    let process = Process::postmaster(file.pid, &pgdata, &account)?;
    Ok(process.map(|process| FoundServer { process, file }))
}
