//! One replica: where its copy comes from, and whom it follows.
//!
//! IO: files in its data directory. Called under its cluster's lock. Invariant: a data directory
//! that was ever written to by itself is never made to follow another, but only replaced by a
//! copy, and that only if `promote` noted that its place was taken.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::{Cluster, Record};
use crate::error::{At, Error, Kind, Result};
use crate::files;
use crate::slots;
use crate::status::find;
use crate::url::Address;

/// Makes a server follow another (PostgreSQL 18, 26.2.2); it removes the file when promoted.
const SIGNAL_FILE: &str = "standby.signal";
/// The password that the replica logs in with, where its account can read it.
const PASSFILE: &str = "howdah.pgpass";
/// Written by the server for ALTER SYSTEM, and by `pg_basebackup`, for the same purpose as here.
const SETTINGS_FILE: &str = "postgresql.auto.conf";

/// The server that a replica copies and follows.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    /// The replica's, to which the name and the slot belong.
    pub(crate) number: u32,
    pub(crate) address: Address,
    pub(crate) pgdata: PathBuf,
    /// What howdah is to remember of a replica that is made now.
    pub(crate) record: Record,
}

impl Upstream {
    /// `primary` as seen by member `number` of its set.
    pub(crate) fn new(primary: &Cluster, address: Address, number: u32) -> Result<Self> {
        let record = primary.existing_record()?;
        let record = Record::new(record.user, record.database, record.authentication);
        Ok(Self {
            number,
            address,
            pgdata: primary.pgdata(),
            record,
        })
    }

    /// The arguments of `pg_basebackup` for a copy into `pgdata`.
    pub(crate) fn describe_copy(&self, command: &mut Command, pgdata: &Path) {
        let mut target = OsString::from("--pgdata=");
        target.push(pgdata);
        command
            .arg(target)
            .arg("--host")
            .arg(&self.address.socket_directory)
            .arg(format!("--port={}", self.address.port))
            .arg(format!("--username={}", self.address.user))
            .arg(format!("--slot={}", slots::name(self.number)))
            .args(["--no-password", "--checkpoint=fast", "--wal-method=stream"])
            // once for all at the end, as a new cluster is
            .arg("--no-sync");
    }

    /// Writes whom the replica with this data directory follows; takes effect at its start or
    /// when it reads its configuration again.
    pub(crate) fn follow(&self, pgdata: &Path) -> Result<()> {
        let passfile = pgdata.join(PASSFILE);
        self.address.password.write(&passfile, &self.address.user)?;
        let path = pgdata.join(SETTINGS_FILE);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            other => other.at("cannot read", &path)?,
        };
        let text = with_settings(
            &text,
            &[
                ("primary_conninfo", &self.conninfo(&passfile)),
                ("primary_slot_name", &slots::name(self.number)),
            ],
        );
        files::replace(&path, text.as_bytes())?;
        files::replace(&pgdata.join(SIGNAL_FILE), b"")
    }

    fn conninfo(&self, passfile: &Path) -> String {
        let value = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
        format!(
            "host='{}' port={} user='{}' passfile='{}' application_name='{}' connect_timeout=5",
            value(&self.address.socket_directory.to_string_lossy()),
            self.address.port,
            value(&self.address.user),
            value(&passfile.to_string_lossy()),
            application_name(self.number),
        )
    }
}

/// By which name a member of a set is a synchronous replica.
pub(crate) fn application_name(number: u32) -> String {
    format!("replica_{number}")
}

/// Whether the server of this data directory follows another.
pub(crate) fn is_standby(pgdata: &Path) -> bool {
    pgdata.join(SIGNAL_FILE).exists()
}

/// What a server that runs is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It takes writes.
    Primary,
    /// It follows another.
    Standby,
    /// It starts or stops.
    Unsettled,
}

/// The role that a running server noted in its control file, as `pg_ctl promote` reads it.
///
/// `postmaster.pid` says `ready` for both.
pub(crate) fn role(pgdata: &Path) -> Result<Role> {
    // `ControlFileData` begins with u64, u32 and u32; then comes `DBState` (pg_control.h, 18;
    // unchanged since 8.3)
    const STATE: std::ops::Range<usize> = 16..20;
    const IN_ARCHIVE_RECOVERY: u32 = 5;
    const IN_PRODUCTION: u32 = 6;
    let path = pgdata.join("global/pg_control");
    let bytes = fs::read(&path).at("cannot read", &path)?;
    let state = bytes.get(STATE).and_then(|state| state.try_into().ok());
    Ok(match state.map(u32::from_ne_bytes) {
        Some(IN_PRODUCTION) => Role::Primary,
        Some(IN_ARCHIVE_RECOVERY) => Role::Standby,
        _ => Role::Unsettled,
    })
}

/// Whether the cluster may take the role that it is started for.
///
/// # Errors
/// [`Kind::Misuse`] for a former primary that was replaced, or one that was promoted, or started
/// again, by other means than howdah's.
pub(crate) fn check_role(
    cluster: &Cluster,
    record: &Record,
    upstream: Option<&Upstream>,
) -> Result<()> {
    let home = cluster.home().display();
    let Some(upstream) = upstream else {
        if record.demoted {
            let message = format!("the server of `{home}` was replaced by one of its replicas");
            return Err(Error::new(Kind::Misuse, message)
                .with_hint("`howdah server promote` completes that"));
        }
        return Ok(());
    };
    check_follower(cluster, record, upstream.number)
}

/// Whether the cluster may follow another: asked before anything of a set is started.
///
/// # Errors
/// [`Kind::Misuse`] as for [`check_role`].
pub(crate) fn check_follower(cluster: &Cluster, record: &Record, number: u32) -> Result<()> {
    let pgdata = cluster.pgdata();
    let is_stopped = || find(cluster).is_ok_and(|found| found.is_none());
    if !pgdata.exists() || is_standby(&pgdata) || (record.demoted && is_stopped()) {
        return Ok(());
    }
    let home = cluster.home().display();
    let message =
        format!("`{home}` is no replica any more: it was promoted, or runs, without howdah");
    Err(Error::new(Kind::Misuse, message).with_hint(format!(
        "`howdah server promote --replica {number}` makes it the primary of the others; to have \
         it copied anew, remove the directory"
    )))
}

/// The text of a configuration file with these settings and no others of the same names.
fn with_settings(text: &str, settings: &[(&str, &str)]) -> String {
    let is_replaced = |line: &&str| {
        let name = line.split('=').next().unwrap_or_default().trim();
        settings.iter().any(|(replaced, _)| *replaced == name)
    };
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| !is_replaced(line))
        .map(str::to_owned)
        .collect();
    for (name, value) in settings {
        let quoted = value.replace('\\', "\\\\").replace('\'', "''");
        lines.push(format!("{name} = '{quoted}'"));
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_replace_their_own_kind_and_keep_the_rest() {
        let text = "# by hand\nwork_mem = '8MB'\nprimary_conninfo = 'old'\n";
        let changed = with_settings(text, &[("primary_conninfo", r"passfile='/it\'s'")]);
        assert_eq!(
            changed,
            "# by hand\nwork_mem = '8MB'\nprimary_conninfo = 'passfile=''/it\\\\''s'''\n"
        );
        assert_eq!(
            with_settings(&changed, &[("primary_conninfo", "")]),
            "# by hand\nwork_mem = '8MB'\nprimary_conninfo = ''\n"
        );
    }
}
