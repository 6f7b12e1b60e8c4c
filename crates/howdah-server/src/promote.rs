//! A replica becomes the primary.
//!
//! IO: files of the members, signals, short connections. Under the lock of member 0. Invariant:
//! the change is recorded before anything happens, so whatever is killed in the middle, the next
//! start or promotion completes it, and two members never both serve writes.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::cluster::Cluster;
use crate::error::{Error, Kind, Result};
use crate::event::{Event, Observer};
use crate::lock::pause;
use crate::standby::{self, Role, Upstream};
use crate::status::{ServerState, address, find, status};
use crate::stop::{self, StopMode};
use crate::url::Address;
use crate::{files, slots};

const PAUSE: Duration = Duration::from_millis(5);

/// Makes replica `number` the primary, by default the one that has received most: stops the
/// primary if it runs, promotes the replica, and lets the other running replicas follow it. The
/// former primary becomes a replica, copied anew, at the next start. Answers where the new
/// primary is.
///
/// # Errors
/// [`Kind::NoCluster`]; [`Kind::Misuse`] if there is no such replica; [`Kind::NotRunning`] if it
/// does not run; [`Kind::Timeout`]; [`Kind::Io`]; [`Kind::Start`] if a member cannot be asked.
pub fn promote(
    home: &Cluster,
    number: Option<u32>,
    timeout: Duration,
    observer: &mut dyn Observer,
) -> Result<Address> {
    home.existing_record()?;
    let _lock = stop::lock(home, timeout, observer)?;
    let old = home.primary_number()?;
    let number = match number {
        Some(number) => number,
        None => most_advanced(home)?,
    };
    let chosen = home.member(number);
    if number != old {
        require_running(home, number)?;
        record(home, old, number)?;
        stop_member(home, old, timeout, observer)?;
    }
    finish(&chosen, number, timeout, observer)?;
    let address = address(&chosen)?;
    for other in home.replicas()? {
        follow(home, other, &chosen, &address)?;
    }
    Ok(address)
}

/// Lets the running server of `cluster`, if it still is a replica, become a primary.
pub(crate) fn finish(
    cluster: &Cluster,
    number: u32,
    timeout: Duration,
    observer: &mut dyn Observer,
) -> Result<()> {
    let deadline = Instant::now() + timeout;
    let mut was_told = false;
    loop {
        let Some(found) = find(cluster)? else {
            return Err(not_running(number));
        };
        match standby::role(&cluster.pgdata())? {
            Role::Primary => {
                if was_told {
                    observer.event(&Event::Promoted { number });
                }
                return Ok(());
            }
            Role::Standby if !was_told && found.file.answers() => {
                // what `pg_ctl promote` does
                files::replace(&cluster.pgdata().join("promote"), b"")?;
                found.process.signal(Signal::USR1)?;
                was_told = true;
            }
            Role::Standby | Role::Unsettled => {}
        }
        if Instant::now() >= deadline {
            let message = format!(
                "replica {number} is not promoted after {} s",
                timeout.as_secs()
            );
            let log = cluster.log();
            return Err(Error::new(Kind::Timeout, message)
                .with_hint(format!("see `{}`, and promote again", log.display())));
        }
        pause(PAUSE, observer)?;
    }
}

fn most_advanced(home: &Cluster) -> Result<u32> {
    let mut best = None;
    for number in home.replicas()? {
        let member = home.member(number);
        let runs = member.record()?.is_some() && status(&member)?.state == ServerState::Running;
        if runs && status(&member)?.is_standby {
            let received = slots::received(&address(&member)?)?;
            if best.is_none_or(|(most, _)| received > most) {
                best = Some((received, number));
            }
        }
    }
    best.map(|(_, number)| number).ok_or_else(|| {
        Error::new(Kind::NotRunning, "no replica runs that could be promoted")
            .with_hint("`howdah server start --replicas 1` makes one")
    })
}

fn require_running(home: &Cluster, number: u32) -> Result<()> {
    let member = home.member(number);
    if member.record()?.is_none() {
        let message = format!("there is no replica {number}");
        return Err(Error::new(Kind::Misuse, message)
            .with_hint("`howdah server status` lists those that there are"));
    }
    match status(&member)?.state {
        ServerState::Running => Ok(()),
        _ => Err(not_running(number)),
    }
}

fn not_running(number: u32) -> Error {
    let message = format!("replica {number} does not run");
    Error::new(Kind::NotRunning, message).with_hint("`howdah server start` starts all")
}

/// The former primary first: killed in between, nothing starts as a primary before this is
/// repeated.
fn record(home: &Cluster, old: u32, number: u32) -> Result<()> {
    let change = |member: u32, demoted: bool| -> Result<()> {
        let cluster = home.member(member);
        if let Some(mut record) = cluster.record()? {
            record.demoted = demoted;
            if member == 0 {
                record.primary = (number != 0).then_some(number);
            }
            cluster.write_record(&record)?;
        }
        Ok(())
    };
    change(old, true)?;
    change(number, false)?;
    let mut first = home.existing_record()?;
    first.primary = (number != 0).then_some(number);
    home.write_record(&first)
}

/// In order: the replicas that are connected then have all that it wrote.
fn stop_member(
    home: &Cluster,
    number: u32,
    timeout: Duration,
    observer: &mut dyn Observer,
) -> Result<()> {
    let member = home.member(number);
    if number == 0 {
        // its lock is held already
        stop::stop_locked(&member, StopMode::Fast, timeout, observer)?;
    } else if member.record()?.is_some() {
        stop::stop(&member, StopMode::Fast, timeout, observer)?;
    }
    Ok(())
}

/// Points a running replica to the new primary.
fn follow(home: &Cluster, number: u32, primary: &Cluster, address: &Address) -> Result<()> {
    let member = home.member(number);
    let Some(found) = find_member(&member)? else {
        return Ok(());
    };
    if standby::role(&member.pgdata())? == Role::Standby {
        let upstream = Upstream::new(primary, address.clone(), number)?;
        slots::make(address, number)?;
        upstream.follow(&member.pgdata())?;
        found.process.signal(Signal::HUP)?;
    }
    Ok(())
}

fn find_member(member: &Cluster) -> Result<Option<crate::status::FoundServer>> {
    if member.pgdata().exists() {
        find(member)
    } else {
        Ok(None)
    }
}
