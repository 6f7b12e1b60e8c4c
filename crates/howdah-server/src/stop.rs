//! The end of a server, and of a cluster.
//!
//! IO: signals the postmaster and waits; removes files. Both under the cluster's lock, so that
//! neither meets a start half way. Invariant: files are removed only from a directory with
//! howdah's record, only those that howdah or its server made, and only after the server is gone.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;

use crate::cluster::Cluster;
use crate::error::{At, Error, Kind, Result};
use crate::event::Observer;
use crate::files;
use crate::initialise::{SCRATCH_PREFIX, remove_leftovers};
use crate::lock::Lock;
use crate::process::Process;
use crate::status::find;
use crate::url::socket_file;

/// PostgreSQL's three ways to shut down (`pg_ctl stop --mode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StopMode {
    /// Waits for all clients to leave.
    Smart,
    /// Ends the clients' transactions and connections, writes everything out.
    #[default]
    Fast,
    /// Ends at once; the next start recovers from the write-ahead log.
    Immediate,
}

impl StopMode {
    /// "SIGTERM … Smart Shutdown, SIGINT … Fast Shutdown, SIGQUIT … Immediate Shutdown"
    /// (PostgreSQL 18, 18.5).
    fn signal(self) -> Signal {
        match self {
            Self::Smart => Signal::TERM,
            Self::Fast => Signal::INT,
            Self::Immediate => Signal::QUIT,
        }
    }
}

/// Stops the server of a cluster; `None` if it did not run, else the pid it had.
///
/// # Errors
/// [`Kind::NoCluster`]; [`Kind::Timeout`] if it still runs after `timeout`, which it then goes on
/// to end in its own time; [`Kind::Io`] if it may not be signalled.
pub(crate) fn stop(
    cluster: &Cluster,
    mode: StopMode,
    timeout: Duration,
    observer: &mut dyn Observer,
) -> Result<Option<u32>> {
    cluster.existing_record()?;
    let _lock = lock(cluster, timeout, observer)?;
    stop_locked(cluster, mode, timeout, observer)
}

/// Stops the server and removes the cluster with all its data. What remains in the directory
/// because howdah did not put it there is returned; if nothing does, the directory goes too.
///
/// # Errors
/// Those of [`stop`], and [`Kind::Io`] if something cannot be removed.
pub(crate) fn destroy(
    cluster: &Cluster,
    timeout: Duration,
    observer: &mut dyn Observer,
) -> Result<Vec<PathBuf>> {
    cluster.existing_record()?;
    let _lock = lock(cluster, timeout, observer)?;
    stop_locked(cluster, StopMode::Immediate, timeout, observer)?;
    remove_data(cluster)?;
    remove_socket_directory(&cluster.socket_directory())?;
    for file in [
        cluster.passfile(),
        cluster.log(),
        cluster.record_file(),
        cluster.lock(),
    ] {
        files::remove(&file.with_extension("partial"))?;
        files::remove(&file)?;
    }
    let home = cluster.home();
    if fs::remove_dir(home).is_ok() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(home).at("cannot list", home)?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

pub(crate) fn lock(
    cluster: &Cluster,
    timeout: Duration,
    observer: &mut dyn Observer,
) -> Result<Lock> {
    Lock::acquire(&cluster.lock(), timeout, observer)?.ok_or_else(|| {
        let message = format!(
            "the cluster in `{}` was just removed",
            cluster.home().display()
        );
        Error::new(Kind::NoCluster, message)
    })
}

pub(crate) fn stop_locked(
    cluster: &Cluster,
    mode: StopMode,
    timeout: Duration,
    observer: &mut dyn Observer,
) -> Result<Option<u32>> {
    let Some(found) = find(cluster)? else {
        return Ok(None);
    };
    found.process.signal(mode.signal())?;
    await_end(&found.process, timeout, observer)?;
    Ok(Some(found.process.pid()))
}

pub(crate) fn await_end(
    process: &Process,
    timeout: Duration,
    observer: &mut dyn Observer,
) -> Result<()> {
    const SLICE: Duration = Duration::from_millis(50);
    let mut left = timeout;
    while !process.wait(SLICE.min(left)) {
        left = left.saturating_sub(SLICE);
        if left.is_zero() {
            let message = format!(
                "the server, process {}, still runs {} s after it was told to stop",
                process.pid(),
                timeout.as_secs()
            );
            return Err(Error::new(Kind::Timeout, message)
                .with_hint("wait longer with `--timeout`, or stop it with `--mode immediate`"));
        }
        if observer.interrupted() {
            return Err(Error::new(
                Kind::Interrupted,
                "interrupted while the server stops",
            ));
        }
    }
    Ok(())
}

/// Renamed first, to a name that no start uses: a removal cut short leaves nothing that looks like
/// a data directory.
fn remove_data(cluster: &Cluster) -> Result<()> {
    let pgdata = cluster.pgdata();
    if pgdata.exists() {
        let doomed = cluster.home().join(format!("{SCRATCH_PREFIX}removed"));
        if doomed.exists() {
            remove_leftovers(cluster)?;
        }
        fs::rename(&pgdata, &doomed).at("cannot rename", &pgdata)?;
    }
    remove_leftovers(cluster)
}

/// The sockets in a cluster's own socket directory, which a crash leaves behind.
pub(crate) fn remove_sockets(directory: &Path) -> Result<()> {
    let prefix = socket_file(Path::new(""), 0);
    let prefix = prefix.to_string_lossy();
    let prefix = prefix.trim_end_matches('0');
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            files::remove(&entry.path())?;
        }
    }
    Ok(())
}

pub(crate) fn remove_socket_directory(directory: &Path) -> Result<()> {
    remove_sockets(directory)?;
    match fs::remove_dir(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io("cannot remove", directory, error))
        }
        _ => Ok(()),
    }
}
