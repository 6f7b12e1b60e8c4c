//! A server that answers.
//!
//! IO: that of the modules it calls. Made by [`start`](crate::start) and
//! [`start_temporary`](crate::start_temporary); branches will be made of it.
//! Invariant: dropping it ends an owned (temporary) server and leaves any other alone.

use std::fs;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::error::{At, Kind, Result};
use crate::event::Observer;
use crate::launch::Watchdog;
use crate::members;
use crate::stop::{self, StopMode, remove_socket_directory};
use crate::url::Address;

/// A running server, and the cluster that it serves.
#[derive(Debug)]
pub struct Server {
    pub(crate) cluster: Cluster,
    /// Its number among the members of its set, and where that is.
    pub(crate) number: u32,
    pub(crate) home: Cluster,
    pub(crate) address: Address,
    pub(crate) version: String,
    pub(crate) pid: u32,
    pub(crate) watchdog: Option<Watchdog>,
    pub(crate) is_removed_at_end: bool,
    pub(crate) was_launched: bool,
    pub(crate) was_made: bool,
    pub(crate) replicas: Vec<Self>,
    pub(crate) shards: Vec<Self>,
}

impl Server {
    /// The cluster.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// 0 for the cluster that was named when it was started, else the number of the replica.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The cluster that was named when it was started.
    #[must_use]
    pub fn home(&self) -> &Cluster {
        &self.home
    }

    /// How to reach the server.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The version of its programs, such as `18.6`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The postmaster's pid.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether this start launched it, rather than attaching to one that ran.
    #[must_use]
    pub fn was_launched(&self) -> bool {
        self.was_launched
    }

    /// Whether this start made the cluster.
    #[must_use]
    pub fn was_made(&self) -> bool {
        self.was_made
    }

    /// Whether the server ends with this value.
    #[must_use]
    pub fn is_owned(&self) -> bool {
        self.watchdog.is_some()
    }

    /// Its replicas.
    #[must_use]
    pub fn replicas(&self) -> &[Self] {
        &self.replicas
    }

    /// Its replicas, taken out: whoever has them ends those that are owned before this one.
    pub fn take_replicas(&mut self) -> Vec<Self> {
        std::mem::take(&mut self.replicas)
    }

    /// Its shards.
    #[must_use]
    pub fn shards(&self) -> &[Self] {
        &self.shards
    }

    /// Its shards, taken out, as [`take_replicas`](Self::take_replicas) does.
    pub fn take_shards(&mut self) -> Vec<Self> {
        std::mem::take(&mut self.shards)
    }

    /// Stops the server and keeps its data: those of a temporary cluster until
    /// [`close`](Self::close). `None` if it did not run, else its pid.
    ///
    /// # Errors
    /// Those of [`stop`](crate::stop()).
    pub fn stop(
        &self,
        mode: StopMode,
        timeout: Duration,
        observer: &mut dyn Observer,
    ) -> Result<Option<u32>> {
        stop::stop(&self.cluster, mode, timeout, observer)
    }

    /// Ends an owned server and waits until it, and unless it was to be kept, its directory are
    /// gone; leaves any other alone.
    ///
    /// # Errors
    /// [`Kind::Io`] if the directory cannot be removed.
    pub fn close(&mut self) -> Result<()> {
        let replicas = self.take_replicas();
        for mut other in replicas.into_iter().chain(self.take_shards()) {
            other.close()?;
        }
        let Some(watchdog) = self.watchdog.take() else {
            return Ok(());
        };
        watchdog.release();
        remove_socket_directory(&self.cluster.socket_directory())?;
        let home = self.cluster.home();
        if self.is_removed_at_end && home.exists() {
            // the server's account may lack the right to remove the directory itself
            fs::remove_dir_all(home).at("cannot remove", home)?;
        }
        Ok(())
    }

    /// Stops the server, its replicas and shards and deletes the cluster with all its data.
    ///
    /// # Errors
    /// Those of [`destroy`](crate::destroy()).
    pub fn destroy(&mut self, timeout: Duration, observer: &mut dyn Observer) -> Result<()> {
        self.close()?;
        match members::destroy(&self.home, timeout, observer) {
            Err(error) if error.kind() == Kind::NoCluster => Ok(()),
            other => other.map(drop),
        }
    }
}
