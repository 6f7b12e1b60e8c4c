//! What a server leaves that did not stop in order.
//!
//! IO: looks for processes, removes a pid file and sockets. Called under the cluster's lock when
//! no postmaster runs. Invariant: nothing is removed while any process works in the data
//! directory.

use std::fs;
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::cluster::Cluster;
use crate::error::{At, Error, Kind, Result};
use crate::event::{Event, Observer};
use crate::lock::pause;
use crate::postmaster::{self, Found};
use crate::process::{Process, working_in};
use crate::status::{FoundServer, find};
use crate::stop::remove_sockets;

/// How long backends may outlive a killed postmaster.
const ORPHANS_TIMEOUT: Duration = Duration::from_secs(10);
const ORPHANS_PAUSE: Duration = Duration::from_millis(20);

/// The postmaster if there is one; else nobody works in the data directory any more.
///
/// Backends of a killed postmaster end by themselves as soon as they notice. A postmaster whose
/// starter was killed may work there before it has written its pid file.
pub(crate) fn settle(
    cluster: &Cluster,
    observer: &mut dyn Observer,
) -> Result<Option<FoundServer>> {
    let pgdata = cluster.pgdata();
    if !pgdata.exists() {
        return Ok(None);
    }
    let account = Account::owner_of(&pgdata)?;
    let deadline = Instant::now() + ORPHANS_TIMEOUT;
    loop {
        // in this order: who is gone from the second look cannot have been missed by the first
        let pids = working_in(&pgdata, &account);
        let found = find(cluster)?;
        if found.is_some() || pids.is_empty() {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            let message = format!(
                "the last server is gone, but processes {pids:?} still work in `{}`",
                pgdata.display()
            );
            return Err(Error::new(Kind::Start, message)
                .with_hint("end them first: two servers on one data directory would destroy it"));
        }
        pause(ORPHANS_PAUSE, observer)?;
    }
}

/// Removes what would keep the server from starting though, as [`settle`] found, nobody runs.
///
/// PostgreSQL itself replaces a pid file whose pid is free, after a look at the shared memory that
/// the file names. Only if the pid was recycled, or is not in the file, the file must go; that
/// nobody works in the data directory is the same guarantee.
pub(crate) fn clean_up(cluster: &Cluster, observer: &mut dyn Observer) -> Result<()> {
    let pgdata = cluster.pgdata();
    // a data directory that was made anew has no pid file, but the sockets of its forerunner
    remove_sockets(&cluster.socket_directory())?;
    let pid = match postmaster::read(&pgdata)? {
        Found::Absent => return Ok(()),
        Found::Damaged => None,
        Found::Claimed(file) => Some(file.pid),
    };
    let is_recycled = pid.is_some_and(|pid| matches!(Process::open(pid), Ok(Some(_))));
    if pid.is_none() || is_recycled {
        let path = postmaster::path(&pgdata);
        fs::remove_file(&path).at("cannot remove", &path)?;
    }
    observer.event(&Event::StalePidFile { pid });
    Ok(())
}
