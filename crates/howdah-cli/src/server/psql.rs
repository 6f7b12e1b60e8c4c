//! `howdah server psql`.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;
use clap::Args;
use howdah_server::{HOST, Search, address, status};

use super::Member;
use crate::Context;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    member: Member,
    /// Arguments for psql
    #[arg(
        value_name = "ARGUMENT",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    arguments: Vec<OsString>,
}

/// Replaces this process; returns only if that fails.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<i32> {
    let cluster = arguments.member.cluster()?;
    let address = address(&cluster)?;
    let psql = find(status(&cluster)?.bindir, context);
    let failure = Command::new(&psql)
        .args(&arguments.arguments)
        .env("PGHOST", HOST)
        .env("PGPORT", address.port.to_string())
        .env("PGUSER", &address.user)
        .env("PGDATABASE", &address.database)
        // not PGPASSWORD, which programs started from psql would inherit in the clear
        .env("PGPASSFILE", cluster.passfile())
        .env_remove("PGPASSWORD")
        .env_remove("PGSERVICE")
        .env_remove("PGHOSTADDR")
        .exec();
    Err(failure).with_context(|| format!("cannot run `{}`", psql.display()))
}

/// The psql beside the server's programs, else any that came with others, else the PATH's.
fn find(bindir: Option<PathBuf>, context: &Context) -> PathBuf {
    let search = Search {
        explicit: None,
        packages: context.package_bindirs.clone(),
    };
    let others = || {
        search
            .all()
            .into_iter()
            .map(|programs| programs.bindir().to_owned())
    };
    let in_folder = |folder: PathBuf| Some(folder.join("psql")).filter(|psql| psql.is_file());
    bindir
        .and_then(in_folder)
        .or_else(|| others().find_map(in_folder))
        .unwrap_or_else(|| PathBuf::from("psql"))
}
