//! What crashes leave behind: nothing is lost, and the next start either works or says why not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a panic is how a test fails

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{Record, Scratch, options, programs, query, started};
use howdah_server::{
    Cluster, Event, Kind, ServerState, StartOptions, StopMode, start, status, stop,
};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

const LONG: Duration = Duration::from_secs(30);

#[test]
fn again_without_root() {
    common::again_without_root();
}

#[test]
fn a_killed_server_recovers_with_its_data() {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    let server = started(&cluster);
    query(&server, "create table t as select 7 as x");
    kill(server.pid());
    await_end(server.pid());
    assert_eq!(status(&cluster).unwrap().state, ServerState::Stopped);

    let mut record = Record::default();
    let server_2 = start(&cluster, &options(), &mut record).unwrap();
    assert!(
        record.0.contains(&Event::StalePidFile {
            pid: Some(server.pid())
        }),
        "{:?}",
        record.0
    );
    assert_eq!(query(&server_2, "select x from t"), "7");
}

#[test]
fn a_recycled_pid_is_neither_believed_nor_signalled() {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    let pid_file = crashed(&cluster);
    // a stranger that now has the pid; of the server's account, so that PostgreSQL would refuse
    let mut stranger = Stranger::working_in(&cluster.pgdata().join("base"), &cluster);
    let text = fs::read_to_string(&pid_file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let forged = [&[stranger.pid().to_string().as_str()], &lines[1..]]
        .concat()
        .join("\n");
    write_as_server(&pid_file, &forged);

    assert_eq!(status(&cluster).unwrap().state, ServerState::Stopped);
    assert_eq!(stop(&cluster, StopMode::Fast, LONG, &mut ()).unwrap(), None);
    let server = started(&cluster);
    assert_eq!(query(&server, "select x from t"), "7");
    assert!(stranger.is_alive());
}

#[test]
fn an_empty_pid_file_does_not_keep_the_server_from_starting() {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    let pid_file = crashed(&cluster);
    write_as_server(&pid_file, "");
    let mut record = Record::default();
    let server = start(&cluster, &options(), &mut record).unwrap();
    assert!(
        record.0.contains(&Event::StalePidFile { pid: None }),
        "{:?}",
        record.0
    );
    assert_eq!(query(&server, "select x from t"), "7");
}

#[test]
fn a_data_directory_of_another_version_is_refused_untouched() {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    started(&cluster);
    stop(&cluster, StopMode::Fast, LONG, &mut ()).unwrap();
    let version_file = cluster.pgdata().join("PG_VERSION");
    let true_version = fs::read_to_string(&version_file).unwrap();
    write_as_server(&version_file, "11\n");

    let error = start(&cluster, &options(), &mut ()).unwrap_err();
    assert_eq!(error.kind(), Kind::Version);
    assert!(
        error.to_string().contains("was made by PostgreSQL 11"),
        "{error}"
    );
    assert!(
        error.hint().unwrap().contains("pg_dump"),
        "{:?}",
        error.hint()
    );

    write_as_server(&version_file, &true_version);
    started(&cluster);
}

#[test]
fn directories_of_others_are_refused_untouched() {
    let scratch = Scratch::new();
    let foreign = scratch.path.join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("thesis.txt"), "years of work").unwrap();
    let cluster = Cluster::in_directory(&foreign).unwrap();
    let error = start(&cluster, &options(), &mut ()).unwrap_err();
    assert_eq!(error.kind(), Kind::Foreign);
    assert!(error.to_string().contains("`thesis.txt`"), "{error}");

    fs::write(foreign.join("PG_VERSION"), "9.6\n").unwrap();
    let error = start(&cluster, &options(), &mut ()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("a data directory of PostgreSQL 9.6"),
        "{error}"
    );
    assert_eq!(fs::read_dir(&foreign).unwrap().count(), 2);
}

#[test]
fn initdb_killed_half_way_leaves_nothing_and_the_next_start_works() {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    let starting = std::thread::spawn({
        let cluster = cluster.clone();
        move || start(&cluster, &options(), &mut ())
    });
    let deadline = Instant::now() + LONG;
    let initdb = loop {
        // half way: it is filling the directory
        match process_named("initdb", cluster.home()) {
            Some(pid) if has_base(cluster.home()) => break pid,
            _ => assert!(Instant::now() < deadline, "initdb was never seen"),
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    kill(initdb);
    let error = starting.join().unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::Initialise);
    assert_eq!(error.to_string(), "`initdb` was killed by signal 9");
    assert!(!cluster.pgdata().exists());
    assert!(
        leftovers(cluster.home()).is_empty(),
        "{:?}",
        leftovers(cluster.home())
    );
    query(&started(&cluster), "select 1");
}

#[test]
fn what_an_interrupted_initialisation_left_is_not_used_and_goes() {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    let mut server = started(&cluster);
    server.destroy(LONG, &mut ()).unwrap();
    // as a SIGKILL of howdah itself leaves it: the mark, and a directory half filled
    fs::create_dir(cluster.home()).unwrap();
    fs::set_permissions(cluster.home(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(cluster.home().join("lock"), "").unwrap();
    fs::write(cluster.home().join("cluster.partial"), "{").unwrap();
    let half = cluster.home().join("pgdata.new-0badcafe");
    fs::create_dir_all(half.join("base")).unwrap();
    fs::write(half.join("PG_VERSION"), "18\n").unwrap();
    // without a record the half directory could be anyone's
    assert_eq!(
        start(&cluster, &options(), &mut ()).unwrap_err().kind(),
        Kind::Foreign
    );
    fs::rename(&half, scratch.path.join("aside")).unwrap();
    started(&cluster);
    stop(&cluster, StopMode::Fast, LONG, &mut ()).unwrap();
    // with the record it is howdah's own
    fs::rename(scratch.path.join("aside"), &half).unwrap();
    fs::rename(cluster.pgdata(), scratch.path.join("pgdata")).unwrap();
    let server = started(&cluster);
    assert!(server.was_made() && !half.exists());
}

#[test]
fn programs_that_fail_are_quoted() {
    let scratch = Scratch::new();
    let bindir = scratch.path.join("bin");
    fs::create_dir(&bindir).unwrap();
    let version = programs().version().to_string();
    let answer = format!("[ \"$1\" = --version ] && echo 'x (PostgreSQL) {version}' && exit 0");
    script(&bindir.join("postgres"), &answer);
    let failing = format!("{answer}; echo 'initdb: error: no space left' >&2; exit 1");
    script(&bindir.join("initdb"), &failing);
    let mut wish = StartOptions::default();
    wish.search.explicit = Some(bindir);
    let error = start(&scratch.cluster(), &wish, &mut ()).unwrap_err();
    assert_eq!(error.kind(), Kind::Initialise, "{error}");
    assert_eq!(
        error.to_string(),
        "`initdb` failed with status 1: initdb: error: no space left"
    );
    query(&started(&scratch.cluster()), "select 1");
}

#[test]
fn a_start_that_takes_too_long_is_given_up_and_can_be_attached_to() {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    started(&cluster);
    stop(&cluster, StopMode::Fast, LONG, &mut ()).unwrap();
    let hasty = StartOptions {
        timeout: Duration::ZERO,
        ..options()
    };
    let error = start(&cluster, &hasty, &mut ()).unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    // until its pid file is there nobody can tell that a server is on its way
    let pid_file = cluster.pgdata().join("postmaster.pid");
    let deadline = Instant::now() + LONG;
    while !pid_file.exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    let server = started(&cluster);
    assert!(!server.was_launched());
    query(&server, "select 1");
}

/// A cluster with a table `t` whose server was killed; gives the stale pid file.
fn crashed(cluster: &Cluster) -> std::path::PathBuf {
    let server = started(cluster);
    query(&server, "create table t as select 7 as x");
    kill(server.pid());
    await_end(server.pid());
    cluster.pgdata().join("postmaster.pid")
}

/// Keeps the owner, which is the server's account.
fn write_as_server(path: &Path, text: &str) {
    assert!(path.exists());
    fs::write(path, text).unwrap();
}

fn script(path: &Path, body: &str) {
    fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn kill(pid: u32) {
    kill_process(pid_of(pid), Signal::KILL).unwrap();
}

fn pid_of(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
}

/// Until the process is gone, or nobody but a lazy init has it.
fn await_end(pid: u32) {
    let deadline = Instant::now() + LONG;
    while test_kill_process(pid_of(pid)).is_ok() && !is_zombie(pid) {
        assert!(Instant::now() < deadline, "process {pid} does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn is_zombie(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

/// A process called `name` with an argument below `home`.
fn process_named(name: &str, home: &Path) -> Option<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .find(|pid: &u32| {
            let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command);
            let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            comm.trim_end() == name && command.contains(home.to_str().unwrap())
        })
}

fn has_base(home: &Path) -> bool {
    leftovers(home)
        .iter()
        .any(|path| path.join("base").is_dir())
}

fn leftovers(home: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(home)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    entries
        .filter(|path| path.to_string_lossy().contains("pgdata.new-"))
        .collect()
}

/// A process of the server's account that is no postmaster.
struct Stranger(std::process::Child);

impl Stranger {
    fn working_in(directory: &Path, cluster: &Cluster) -> Self {
        use std::os::unix::fs::MetadataExt;
        use std::os::unix::process::CommandExt;

        let mut command = Command::new("sleep");
        command
            .arg("60")
            .current_dir(directory)
            .stdin(Stdio::null());
        if rustix::process::geteuid().is_root() {
            let owner = fs::metadata(cluster.pgdata()).unwrap();
            command.uid(owner.uid()).gid(owner.gid());
        }
        Self(command.spawn().unwrap())
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    fn is_alive(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
