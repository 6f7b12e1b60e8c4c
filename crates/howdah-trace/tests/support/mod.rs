//! Servers of all versions that this machine has, for the proof of the lock model.
//!
//! IO: starts clusters, by the means of the driver's tests.

use std::path::Path;

use howdah_driver::Config;

#[path = "../../../howdah-driver/tests/support/mod.rs"]
mod clusters;

pub(crate) mod conversions;
pub(crate) mod forms;

pub(crate) use clusters::{Programs, Server};

/// The database of all forms.
pub(crate) const DATABASE: &str = "howdah_forms";

/// What makes a server quick and its answers the same each time: no index serves a query, so that what is read in
/// full is seen to be, and nobody else works on the tables.
const SETTINGS: &str = "autovacuum = off\nsynchronous_commit = off\nfull_page_writes = off\nwal_level = logical\n\
     enable_indexscan = off\nenable_indexonlyscan = off\nenable_bitmapscan = off\njit = off\n\
     max_parallel_maintenance_workers = 0\nmax_parallel_workers_per_gather = 0\n\
     timezone = 'UTC'\nlog_min_messages = panic";

/// The newest programs of each major version: of packages, of `make servers`, of Debian.
pub(crate) fn all_versions() -> Vec<Programs> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let fetched = (12..=18).filter_map(|major| {
        let bindir = root.join(format!(".servers/postgresql-{major}/bin"));
        let is_there = bindir.join("postgres").exists();
        is_there.then_some(Programs {
            bindir,
            major,
            tls: false,
        })
    });
    let mut all: Vec<Programs> = Programs::all().into_iter().chain(fetched).collect();
    all.sort_by_key(|programs| programs.major);
    all.dedup_by_key(|programs| programs.major);
    all
}

/// A server with the database, the role and the tablespace that the forms speak of.
pub(crate) fn start(programs: &Programs) -> (Server, Config) {
    let server = Server::start(programs, "", SETTINGS, |directory| {
        let space = directory.join("space");
        std::fs::create_dir(&space).expect("makes a directory");
        clusters::give_away(&space);
    });
    let space = server.directory.join("space");
    for sql in [
        format!(
            "create tablespace other_space location '{}'",
            space.display()
        ),
        "create role somebody".to_owned(),
        format!("create database {DATABASE} template template0"),
    ] {
        server.execute(&sql);
    }
    let config = server.config(&[("dbname", DATABASE)]);
    (server, config)
}
