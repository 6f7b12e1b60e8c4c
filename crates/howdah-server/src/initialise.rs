//! A new data directory.
//!
//! IO: runs `initdb` and a stand-alone `postgres`. Called under the cluster's lock. Invariant:
//! the work is done in `pgdata.new-*` and renamed to `pgdata` when complete, so whatever is called
//! `pgdata` is whole; only directories that this module made are ever removed by it.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::time::Instant;

use crate::account::Account;
use crate::cluster::{Cluster, Record};
use crate::error::{At, Error, Kind, Result};
use crate::event::{Event, Observer};
use crate::password::Password;
use crate::programs::Programs;
use crate::standby::Upstream;

pub(crate) const SCRATCH_PREFIX: &str = "pgdata.new-";
/// From this version on, collation and character classes can come from PostgreSQL itself, the
/// same on every system.
const BUILTIN_LOCALES: u32 = 17;
/// How many lines of a failed program's output go into the error.
const TOLD_LINES: usize = 4;

/// All that a new data directory depends on.
pub(crate) struct Request<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) record: &'a Record,
    pub(crate) programs: &'a Programs,
    pub(crate) account: &'a Account,
    pub(crate) password: &'a Password,
    /// Deleted at its end, so not worth waiting for the disk.
    pub(crate) temporary: bool,
    /// Lines put before initdb's own in `pg_hba.conf`.
    pub(crate) hba: &'a str,
    /// Files put into the data directory, by plain name.
    pub(crate) files: &'a [(String, Vec<u8>)],
    /// The server to copy, instead of making an empty cluster.
    pub(crate) upstream: Option<&'a Upstream>,
}

/// Makes the data directory of a cluster that has none, or whose own shall be replaced by a copy
/// of another server's: the old one goes when the copy is complete.
///
/// # Errors
/// [`Kind::Initialise`] with the last words of the program that failed; [`Kind::Io`].
pub(crate) fn initialise(request: &Request<'_>, observer: &mut dyn Observer) -> Result<()> {
    let started = Instant::now();
    let pgdata = request.cluster.pgdata();
    observer.event(&match request.upstream {
        None => Event::Initialising {
            pgdata: pgdata.clone(),
        },
        Some(upstream) => Event::Copying {
            number: upstream.number,
            port: upstream.address.port,
        },
    });
    remove_leftovers(request.cluster)?;
    let scratch = match request.upstream {
        None => request.make()?,
        Some(upstream) => request.copy(upstream)?,
    };
    if !request.temporary {
        request.sync(&scratch.pgdata)?;
    }
    if pgdata.exists() {
        let replaced = request.cluster.home().join(format!("{SCRATCH_PREFIX}old"));
        fs::rename(&pgdata, &replaced).at("cannot rename", &pgdata)?;
    }
    fs::rename(&scratch.pgdata, &pgdata).at("cannot put in place", &pgdata)?;
    remove_leftovers(request.cluster)?;
    if !request.temporary {
        sync_directory(request.cluster.home())?;
    }
    observer.event(&Event::Initialised {
        took: started.elapsed(),
    });
    Ok(())
}

impl Request<'_> {
    fn make(&self) -> Result<Scratch> {
        let pwfile = format!("{}\n", self.password.reveal());
        let scratch = Scratch::make(self.cluster, self.account, &pwfile)?;
        self.run_initdb(&scratch, "C.UTF-8")?;
        self.create_database(&scratch.pgdata)?;
        self.write_files(&scratch.pgdata)?;
        Ok(scratch)
    }

    fn copy(&self, upstream: &Upstream) -> Result<Scratch> {
        let passfile = self.password.passfile(&self.record.user);
        let scratch = Scratch::make(self.cluster, self.account, &passfile)?;
        let program = self.programs.program("pg_basebackup");
        let mut command = self.account.command(&program);
        command.env("PGPASSFILE", &scratch.pwfile);
        upstream.describe_copy(&mut command, &scratch.pgdata);
        let output = run(command, "pg_basebackup", b"")?;
        if output.status.success() {
            return Ok(scratch);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(failure("pg_basebackup", output.status, &said))
    }

    fn run_initdb(&self, scratch: &Scratch, locale: &str) -> Result<()> {
        let mut command = self.account.command(&self.programs.program("initdb"));
        command.args(self.initdb_arguments(scratch, locale));
        let output = run(command, "initdb", b"")?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        if locale != "C" && said.contains("invalid locale name") {
            // a C library without C.UTF-8, such as glibc before 2.35 unpatched
            return self.run_initdb(scratch, "C");
        }
        Err(failure("initdb", output.status, &said))
    }

    fn initdb_arguments(&self, scratch: &Scratch, locale: &str) -> Vec<OsString> {
        let mut pwfile = OsString::from("--pwfile=");
        pwfile.push(&scratch.pwfile);
        let mut pgdata = OsString::from("--pgdata=");
        pgdata.push(&scratch.pgdata);
        let mut arguments = vec![
            pgdata,
            pwfile,
            format!("--username={}", self.record.user).into(),
            format!("--auth={}", self.record.authentication.name()).into(),
            format!("--locale={locale}").into(),
            "--encoding=UTF8".into(),
            "--data-checksums".into(),
            "--no-instructions".into(),
            // once for all at the end, by `sync`
            "--no-sync".into(),
        ];
        if self.programs.version().major >= BUILTIN_LOCALES {
            arguments.push("--locale-provider=builtin".into());
            arguments.push("--builtin-locale=C.UTF-8".into());
        }
        arguments
    }

    /// By a stand-alone backend, which needs no password, port or socket.
    fn create_database(&self, pgdata: &Path) -> Result<()> {
        let database = &self.record.database;
        if ["postgres", "template1"].contains(&database.as_str()) {
            return Ok(());
        }
        let mut command = self.account.command(&self.programs.program("postgres"));
        command
            .arg("--single")
            .arg("-D")
            .arg(pgdata)
            .args(["-c", "log_checkpoints=off"]);
        if self.temporary {
            command.args(["-c", "fsync=off"]);
        }
        command.arg("template1");
        let statement = format!("CREATE DATABASE \"{}\"\n", database.replace('"', "\"\""));
        let output = run(command, "postgres --single", statement.as_bytes())?;
        let said = String::from_utf8_lossy(&output.stderr);
        // after a failed statement a stand-alone backend reads on and exits with 0
        if output.status.success() && !said.contains("ERROR:") {
            return Ok(());
        }
        Err(failure("postgres --single", output.status, &said))
    }

    /// Everything to the disk in one pass, before the directory gets its name.
    fn sync(&self, pgdata: &Path) -> Result<()> {
        let mut command = self.account.command(&self.programs.program("initdb"));
        command.arg("--sync-only").arg("-D").arg(pgdata);
        let output = run(command, "initdb", b"")?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(failure("initdb --sync-only", output.status, &said))
    }

    fn write_files(&self, pgdata: &Path) -> Result<()> {
        if !self.hba.is_empty() {
            let path = pgdata.join("pg_hba.conf");
            let generated = fs::read_to_string(&path).at("cannot read", &path)?;
            let text = format!("{}\n{generated}", self.hba.trim_end());
            fs::write(&path, text).at("cannot write", &path)?;
        }
        for (name, content) in self.files {
            let path = pgdata.join(name);
            write_new(&path, content)?;
            self.account.give(&path)?;
        }
        Ok(())
    }
}

/// The directory that is filled and the file that tells the program the password; removed when
/// dropped, unless the directory was renamed into place.
struct Scratch {
    pgdata: PathBuf,
    pwfile: PathBuf,
}

impl Scratch {
    fn make(cluster: &Cluster, account: &Account, secret: &str) -> Result<Self> {
        let mut random = [0_u8; 4];
        getrandom::fill(&mut random).map_err(|source| {
            Error::new(Kind::Io, "the system gives no random bytes").with_source(source)
        })?;
        let name = format!("{SCRATCH_PREFIX}{:08x}", u32::from_ne_bytes(random));
        let pgdata = cluster.home().join(&name);
        let pwfile = cluster.home().join(format!("{name}.password"));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&pgdata)
            .at("cannot make directory", &pgdata)?;
        let scratch = Self { pgdata, pwfile };
        account.give(&scratch.pgdata)?;
        write_new(&scratch.pwfile, secret.as_bytes())?;
        account.give(&scratch.pwfile)?;
        Ok(scratch)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // best effort: the next start removes what stays
        let _ = fs::remove_file(&self.pwfile);
        let _ = fs::remove_dir_all(&self.pgdata);
    }
}

/// Removes what an interrupted initialisation left. Nobody works on it: the caller has the lock.
pub(crate) fn remove_leftovers(cluster: &Cluster) -> Result<()> {
    let home = cluster.home();
    for entry in fs::read_dir(home).at("cannot list", home)?.flatten() {
        if !entry
            .file_name()
            .to_string_lossy()
            .starts_with(SCRATCH_PREFIX)
        {
            continue;
        }
        let path = entry.path();
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let removed = if is_directory {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.at("cannot remove", &path)?;
    }
    Ok(())
}

fn run(mut command: Command, name: &str, input: &[u8]) -> Result<Output> {
    let cannot_run = |source: std::io::Error| {
        Error::new(Kind::Initialise, format!("cannot run `{name}`: {source}")).with_source(source)
    };
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(cannot_run)?;
    if let Some(mut stdin) = child.stdin.take() {
        // a program that died before it read says why on stderr
        let _ = stdin.write_all(input);
    }
    child.wait_with_output().map_err(cannot_run)
}

fn failure(name: &str, status: ExitStatus, said: &str) -> Error {
    let end = match (status.signal(), status.code()) {
        (Some(signal), _) => format!("was killed by signal {signal}"),
        (None, Some(0)) => "failed".to_owned(),
        (None, code) => format!("failed with status {}", code.unwrap_or(-1)),
    };
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let told = lines
        .get(lines.len().saturating_sub(TOLD_LINES)..)
        .unwrap_or_default()
        .join("; ");
    let separator = if told.is_empty() { "" } else { ": " };
    Error::new(Kind::Initialise, format!("`{name}` {end}{separator}{told}"))
        .with_hint("nothing of the new cluster was kept; start again to make it anew")
}

fn write_new(path: &Path, content: &[u8]) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .at("cannot create", path)?;
    file.write_all(content).at("cannot write", path)
}

fn sync_directory(path: &Path) -> Result<()> {
    fs::File::open(path)
        .and_then(|directory| directory.sync_all())
        .at("cannot sync", path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_program_is_told_apart_from_a_failed_one() {
        let killed = failure("initdb", ExitStatus::from_raw(9), "");
        assert_eq!(killed.to_string(), "`initdb` was killed by signal 9");
        let failed = failure(
            "initdb",
            ExitStatus::from_raw(256),
            "one\n\ninitdb: error: no room\n",
        );
        assert_eq!(
            failed.to_string(),
            "`initdb` failed with status 1: one; initdb: error: no room"
        );
        assert_eq!(failed.kind(), Kind::Initialise);
    }
}
