//! `howdah server url`.

use clap::Args;
use howdah_server::address;
use serde::Serialize;

use super::{Member, Output};
use crate::{exit, format};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    member: Member,
    /// Print the URL that goes through the unix socket
    #[arg(long)]
    socket: bool,
    #[command(flatten)]
    output: Output,
}

/// What `--format json` prints.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    url: &'a str,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let address = address(&arguments.member.cluster()?)?;
    let url = if arguments.socket {
        address.socket_url()
    } else {
        address.url()
    };
    format::print(arguments.output.format, &url, &Answer { url: &url })?;
    Ok(exit::OK)
}
