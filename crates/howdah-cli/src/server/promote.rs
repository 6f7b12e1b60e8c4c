//! `howdah server promote`.

use std::time::Duration;

use clap::Args;
use howdah_server::promote;
use serde::Serialize;

use super::{Output, Talk, Target, seconds};
use crate::{exit, format};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Which replica [default: the one that has received most]
    #[arg(long, value_name = "N")]
    replica: Option<u32>,
    /// Seconds to wait for the primary's end and the replica's promotion, each
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "60")]
    timeout: Duration,
    #[command(flatten)]
    output: Output,
}

/// What `--format json` prints.
#[derive(Debug, Serialize)]
struct Answer {
    url: String,
    port: u16,
    /// The member that is the primary now; 0 is the first cluster.
    replica: u32,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let cluster = arguments.target.cluster()?;
    let address = promote(&cluster, arguments.replica, arguments.timeout, &mut Talk)?;
    let url = address.url();
    let answer = Answer {
        port: address.port,
        replica: cluster.primary_number()?,
        url: url.clone(),
    };
    format::print(arguments.output.format, &url, &answer)?;
    Ok(exit::OK)
}
