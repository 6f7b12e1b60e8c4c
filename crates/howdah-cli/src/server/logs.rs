//! `howdah server logs`.

use std::io::Write;

use clap::Args;
use howdah_server::log;

use super::{Member, Talk};
use crate::exit;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    member: Member,
    /// Print only the last N lines
    #[arg(short = 'n', long, value_name = "N")]
    lines: Option<usize>,
    /// Go on printing what is logged, until interrupted
    #[arg(short, long)]
    follow: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let cluster = arguments.member.cluster()?;
    let mut stdout = std::io::stdout().lock();
    if arguments.follow {
        log::follow(&cluster, arguments.lines, &mut stdout, &mut Talk)?;
    } else {
        stdout.write_all(log::read(&cluster, arguments.lines)?.as_bytes())?;
        stdout.flush()?;
    }
    Ok(exit::OK)
}
