//! The shards of a cluster: further servers, each with a cluster of its own, that hold parts of its data.
//!
//! Shard N lies in the folder `shards/N` and knows nothing of the others; user, password and database are those of
//! the first cluster, from which the shards are reached by `postgres_fdw`. IO: that of the modules it calls. Called by
//! `members`, which starts, stops and deletes all of them together. Invariant: a shard that was made is started with
//! its cluster, or the start fails: nobody writes into a set that is not whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cluster::Cluster;
use crate::error::{Error, Kind, Result};
use crate::event::{Event, Observer};
use crate::launch::Lifetime;
use crate::making::Making;
use crate::members::below;
use crate::server::Server;
use crate::start::{StartOptions, start_for};
use crate::stop::{self, StopMode};

/// As many as one machine bears: each is a server with its own buffers and processes.
pub const MOST_SHARDS: u32 = 16;
const FOLDER: &str = "shards";

impl Cluster {
    /// Shard `number`, from 1, made or not.
    #[must_use]
    pub fn shard(&self, number: u32) -> Self {
        self.below(&Path::new(FOLDER).join(number.to_string()))
    }

    /// The numbers of the shards that were made, the lowest first.
    #[must_use]
    pub fn shards(&self) -> Vec<u32> {
        let entries = fs::read_dir(self.home().join(FOLDER)).into_iter().flatten();
        let mut numbers: Vec<u32> = entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect();
        numbers.sort_unstable();
        numbers
    }
}

/// The numbers of all shards that shall run.
pub(crate) fn wanted(home: &Cluster, options: &StartOptions) -> Result<Vec<u32>> {
    let made = home.shards();
    let highest = made.last().copied().unwrap_or(0);
    let wanted = options.shards.unwrap_or(highest);
    if wanted > MOST_SHARDS {
        let message = format!("{wanted} shards are too many, expected at most {MOST_SHARDS}");
        return Err(Error::new(Kind::Misuse, message));
    }
    if wanted < highest {
        let message = format!("the cluster has {highest} shards, not {wanted}");
        return Err(Error::new(Kind::Misuse, message).with_hint("leave the option out"));
    }
    Ok((1..=wanted).collect())
}

/// Starts a shard of the cluster whose primary runs, making it first if there is none.
pub(crate) fn start_shard(
    home: &Cluster,
    number: u32,
    primary: &Server,
    options: &StartOptions,
    lifetime: &Lifetime,
    observer: &mut dyn Observer,
) -> Result<Server> {
    let shard = home.shard(number);
    let is_new = shard.record()?.is_none();
    if is_new {
        observer.event(&Event::MakingShard { number });
    }
    let lifetime = below(home, &shard, lifetime)?;
    let options = StartOptions {
        port: None,
        replicas: None,
        shards: None,
        synchronous: false,
        making: if is_new {
            making(primary, &options.making)?
        } else {
            Making::default()
        },
        ..options.clone()
    };
    start_for(shard, &options, &lifetime, None, observer)
}

/// Stops all shards.
pub(crate) fn stop(
    home: &Cluster,
    mode: StopMode,
    timeout: Duration,
    observer: &mut dyn Observer,
) -> Result<()> {
    for shard in existing(home)? {
        stop::stop(&shard, mode, timeout, observer)?;
    }
    Ok(())
}

/// Stops and deletes all shards; what howdah did not make is returned.
pub(crate) fn destroy(
    home: &Cluster,
    timeout: Duration,
    observer: &mut dyn Observer,
) -> Result<Vec<PathBuf>> {
    let mut kept = Vec::new();
    for shard in existing(home)? {
        kept.extend(stop::destroy(&shard, timeout, observer)?);
    }
    // what howdah did not make stays, and is told
    let _ = fs::remove_dir(home.home().join(FOLDER));
    Ok(kept)
}

fn existing(home: &Cluster) -> Result<Vec<Cluster>> {
    let mut found = Vec::new();
    for shard in home.shards().into_iter().map(|number| home.shard(number)) {
        if shard.record()?.is_some() {
            found.push(shard);
        }
    }
    Ok(found)
}

/// The same user, password, database and rules as the cluster that the shard belongs to.
fn making(primary: &Server, given: &Making) -> Result<Making> {
    let record = primary.cluster().existing_record()?;
    Ok(Making {
        user: Some(record.user),
        database: Some(record.database),
        password: Some(primary.address().password.clone()),
        authentication: Some(record.authentication),
        hba: given.hba.clone(),
        files: given.files.clone(),
    })
}
