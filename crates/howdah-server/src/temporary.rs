//! Clusters that are deleted at their end.
//!
//! IO: makes and removes the cluster's directory. Invariant: only a directory that was missing or
//! empty becomes a temporary cluster, since everything in it will be deleted.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::cluster::Cluster;
use crate::error::{At, Error, Kind, Result};
use crate::event::Observer;
use crate::launch::Lifetime;
use crate::members::start_set;
use crate::server::Server;
use crate::start::StartOptions;

/// Makes a cluster and starts its server, both of which end with the [`Server`] or the process
/// that has it, whatever ends that. `directory` must be missing or empty; by default one is made
/// for temporary files. With `keep` the directory stays and only the server ends.
///
/// # Errors
/// Those of [`start`](crate::start()); then nothing of the cluster is left.
pub fn start_temporary(
    directory: Option<&Path>,
    keep: bool,
    options: &StartOptions,
    observer: &mut dyn Observer,
) -> Result<Server> {
    let account = Account::choose(options.account.as_deref())?;
    let home = match directory {
        Some(directory) => make_temporary(directory, &account)?,
        None => make_temporary_anywhere(&account)?,
    };
    let lifetime = Lifetime::Owned {
        remove: (!keep).then(|| home.clone()),
    };
    let cluster = Cluster::in_directory(&home)?;
    start_set(&cluster, options, &lifetime, observer).inspect_err(|_| {
        if !keep {
            let _ = fs::remove_dir_all(&home);
        }
    })
}

fn make_temporary(home: &Path, account: &Account) -> Result<PathBuf> {
    let cluster = Cluster::in_directory(home)?;
    let home = cluster.home().to_owned();
    let made = fs::DirBuilder::new().mode(0o700).create(&home);
    if made.is_err() && fs::read_dir(&home).is_ok_and(|mut entries| entries.next().is_some()) {
        let message = format!("`{}` is not empty", home.display());
        return Err(Error::new(Kind::Foreign, message)
            .with_hint("a temporary cluster needs a new directory: it will be deleted"));
    }
    if !home.is_dir() {
        made.at("cannot make directory", &home)?;
    }
    account.give(&home)?;
    account.reach(&home).inspect_err(|_| {
        let _ = fs::remove_dir(&home);
    })?;
    fs::canonicalize(&home).at("cannot resolve", &home)
}

/// Below the usual directory for temporary files, or if the account cannot go there, `/tmp`.
fn make_temporary_anywhere(account: &Account) -> Result<PathBuf> {
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).map_err(|source| {
        Error::new(Kind::Io, "the system gives no random bytes").with_source(source)
    })?;
    let name = format!("howdah-{:016x}", u64::from_ne_bytes(random));
    make_temporary(&std::env::temp_dir().join(&name), account)
        .or_else(|_| make_temporary(&Path::new("/tmp").join(&name), account))
}
