//! `howdah server destroy`.

use std::time::Duration;

use clap::Args;
use howdah_server::{destroy, status};

use super::{Talk, Target, confirm, seconds};
use crate::exit;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Seconds to wait for the server's end
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "60")]
    timeout: Duration,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let cluster = arguments.target.cluster()?;
    status(&cluster)?;
    let home = cluster.home().display();
    if !arguments.yes
        && !confirm(&format!(
            "delete the cluster in `{home}` with all its data?"
        ))?
    {
        talk!("nothing was deleted");
        return Ok(exit::FAILURE);
    }
    let kept = destroy(&cluster, arguments.timeout, &mut Talk)?;
    talk!("deleted the cluster in `{home}`");
    for path in kept {
        talk!("kept `{}`, which howdah did not make", path.display());
    }
    Ok(exit::OK)
}
