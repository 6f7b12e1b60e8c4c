//! A cluster with its replicas and shards: all of them together are started, stopped and deleted.
//!
//! Member 0 is the cluster that the user named; replica N lies in its folder `replicas/N` and is a
//! cluster of its own. Which member is the primary, is in the record of member 0. IO: that of the
//! modules it calls. Invariant: no member is started as a primary but the recorded one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::account::Account;
use crate::cluster::{Cluster, make_directory};
use crate::error::{Error, Kind, Result};
use crate::event::Observer;
use crate::launch::Lifetime;
use crate::making::Making;
use crate::promote;
use crate::server::Server;
use crate::shards;
use crate::slots;
use crate::standby::{self, Upstream, application_name};
use crate::start::{StartOptions, start_for};
use crate::stop::{self, StopMode};

/// As many as `max_wal_senders` and `max_replication_slots` allow by default, with some to spare
/// for the copying.
pub const MOST_REPLICAS: u32 = 6;
const FOLDER: &str = "replicas";

impl Cluster {
    /// Replica `number`, made or not; 0 is the cluster itself.
    #[must_use]
    pub fn member(&self, number: u32) -> Self {
        match number {
            0 => self.clone(),
            number => self.below(&Path::new(FOLDER).join(number.to_string())),
        }
    }

    /// The numbers of the replicas that were made, the lowest first; 0 among them if one of the
    /// others is the primary.
    ///
    /// # Errors
    /// As [`status`](crate::status()).
    pub fn replicas(&self) -> Result<Vec<u32>> {
        let primary = self.primary_number()?;
        let mut numbers = self.replica_folders();
        numbers.push(0);
        numbers.retain(|number| *number != primary);
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The number of the member that is the primary.
    ///
    /// # Errors
    /// As [`status`](crate::status()).
    pub fn primary_number(&self) -> Result<u32> {
        Ok(self
            .record()?
            .and_then(|record| record.primary)
            .unwrap_or(0))
    }

    /// The member that is the primary: the cluster itself, unless a replica was promoted.
    ///
    /// # Errors
    /// As [`status`](crate::status()).
    pub fn primary(&self) -> Result<Self> {
        Ok(self.member(self.primary_number()?))
    }

    fn replica_folders(&self) -> Vec<u32> {
        let entries = fs::read_dir(self.home().join(FOLDER)).into_iter().flatten();
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect()
    }
}

/// Starts the server of `cluster`, making the cluster first if there is none, or attaches to the
/// server that runs; then its replicas and shards in the same way. The servers outlive the caller.
///
/// # Errors
/// [`Kind::Misuse`] for options that contradict each other, the cluster or the running server;
/// [`Kind::Foreign`], [`Kind::Programs`], [`Kind::Account`], [`Kind::Version`], [`Kind::Port`],
/// [`Kind::Initialise`], [`Kind::Start`], [`Kind::Timeout`], [`Kind::Io`].
pub fn start(
    cluster: &Cluster,
    options: &StartOptions,
    observer: &mut dyn Observer,
) -> Result<Server> {
    start_set(cluster, options, &Lifetime::Independent, observer)
}

/// The start itself, for both lifetimes.
pub(crate) fn start_set(
    home: &Cluster,
    options: &StartOptions,
    lifetime: &Lifetime,
    observer: &mut dyn Observer,
) -> Result<Server> {
    let leader = home.primary_number()?;
    let followers = followers(home, leader, options)?;
    let shards = shards::wanted(home, options)?;
    let options = &with_synchronous(options, &followers)?;
    for number in &followers {
        let member = home.member(*number);
        if let Some(record) = member.record()? {
            standby::check_follower(&member, &record, *number)?;
        }
    }
    let primary = home.member(leader);
    if leader != 0 && primary.record()?.is_none() {
        let message = format!("`{}`, the primary, is gone", primary.home().display());
        return Err(Error::new(Kind::Foreign, message)
            .with_hint("restore it, or remove what is left by `howdah server destroy`"));
    }
    let mut server = start_for(primary, options, lifetime, None, observer)?;
    server.number = leader;
    server.home = home.clone();
    promote::finish(server.cluster(), leader, options.timeout, observer)?;
    for number in followers {
        let replica = start_replica(home, number, &server, options, lifetime, observer)?;
        server.replicas.push(replica);
    }
    for number in shards {
        let shard = shards::start_shard(home, number, &server, options, lifetime, observer)?;
        server.shards.push(shard);
    }
    Ok(server)
}

/// Stops the primary, then its replicas, which so have all that it wrote, and its shards; `None` if the primary
/// did not run, else its pid.
///
/// # Errors
/// [`Kind::NoCluster`]; [`Kind::Timeout`] if one still runs after `timeout`, which it then goes on
/// to end in its own time; [`Kind::Io`] if one may not be signalled.
pub fn stop(
    cluster: &Cluster,
    mode: StopMode,
    timeout: Duration,
    observer: &mut dyn Observer,
) -> Result<Option<u32>> {
    let replicas = cluster.replicas()?;
    let stopped = stop::stop(&cluster.primary()?, mode, timeout, observer)?;
    for number in replicas {
        let replica = cluster.member(number);
        if replica.record()?.is_some() {
            stop::stop(&replica, mode, timeout, observer)?;
        }
    }
    shards::stop(cluster, mode, timeout, observer)?;
    Ok(stopped)
}

/// Stops all servers and removes the cluster with all its data, replicas and shards first. What remains in
/// the directory because howdah did not put it there is returned; if nothing does, the directory
/// goes too.
///
/// # Errors
/// Those of [`stop`], and [`Kind::Io`] if something cannot be removed.
pub fn destroy(
    cluster: &Cluster,
    timeout: Duration,
    observer: &mut dyn Observer,
) -> Result<Vec<PathBuf>> {
    cluster.existing_record()?;
    for number in cluster.replica_folders() {
        let replica = cluster.member(number);
        if replica.record()?.is_some() {
            stop::destroy(&replica, timeout, observer)?;
        }
    }
    // what howdah did not make stays, and is told
    let _ = fs::remove_dir(cluster.home().join(FOLDER));
    let mut kept = shards::destroy(cluster, timeout, observer)?;
    kept.extend(stop::destroy(cluster, timeout, observer)?);
    Ok(kept)
}

/// The numbers of all members but the primary that shall run.
fn followers(home: &Cluster, leader: u32, options: &StartOptions) -> Result<Vec<u32>> {
    let mut numbers = match home.record()? {
        Some(_) => home.replicas()?,
        None => Vec::new(),
    };
    let made = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    let wanted = options.replicas.unwrap_or(made);
    if wanted > MOST_REPLICAS {
        let message = format!("{wanted} replicas are too many, expected at most {MOST_REPLICAS}");
        return Err(Error::new(Kind::Misuse, message));
    }
    if wanted < made {
        let message = format!("the cluster has {made} replicas, not {wanted}");
        return Err(Error::new(Kind::Misuse, message).with_hint("leave the option out"));
    }
    let new = (0..).filter(|number| *number != leader && !numbers.contains(number));
    // member 0 is always there: it leads or is among the numbers
    let new: Vec<u32> = new
        .filter(|number| *number != 0)
        .take((wanted - made) as usize)
        .collect();
    numbers.extend(new);
    Ok(numbers)
}

/// The options with the settings that make commits wait for one of the others, on every member
/// alike, so that it stays so after a promotion.
fn with_synchronous(options: &StartOptions, followers: &[u32]) -> Result<StartOptions> {
    let mut options = options.clone();
    if !options.synchronous {
        return Ok(options);
    }
    if followers.is_empty() {
        let message = "commits cannot wait for a replica: there is none";
        return Err(Error::new(Kind::Misuse, message).with_hint("ask for replicas, too"));
    }
    let highest = followers.iter().copied().max().unwrap_or(0);
    let names: Vec<String> = (0..=highest).map(application_name).collect();
    let value = format!("ANY 1 ({})", names.join(", "));
    options
        .settings
        .push(("synchronous_standby_names".to_owned(), value));
    // a temporary cluster has it off, which would wait for nobody
    options
        .settings
        .push(("synchronous_commit".to_owned(), "on".to_owned()));
    Ok(options)
}

fn start_replica(
    home: &Cluster,
    number: u32,
    primary: &Server,
    options: &StartOptions,
    lifetime: &Lifetime,
    observer: &mut dyn Observer,
) -> Result<Server> {
    let replica = home.member(number);
    let lifetime = below(home, &replica, lifetime)?;
    let options = StartOptions {
        port: None,
        making: Making::default(),
        ..options.clone()
    };
    let upstream = Upstream::new(primary.cluster(), primary.address().clone(), number)?;
    slots::make(&upstream.address, number)?;
    let mut server = start_for(replica, &options, &lifetime, Some(&upstream), observer)?;
    server.number = number;
    server.home = home.clone();
    Ok(server)
}

/// The lifetime of a server in a folder of `home`, whose own is `lifetime`.
pub(crate) fn below(home: &Cluster, other: &Cluster, lifetime: &Lifetime) -> Result<Lifetime> {
    let Lifetime::Owned { remove } = lifetime else {
        return Ok(Lifetime::Independent);
    };
    give_folders(home, other)?;
    let remove = remove.as_ref().map(|_| other.home().to_owned());
    Ok(Lifetime::Owned { remove })
}

/// A temporary cluster belongs to the server's account, which removes it at the end.
fn give_folders(home: &Cluster, other: &Cluster) -> Result<()> {
    let account = Account::owner_of(home.home())?;
    for folder in other.home().parent().into_iter().chain([other.home()]) {
        make_directory(folder, 0o700)?;
        account.give(folder)?;
    }
    Ok(())
}
