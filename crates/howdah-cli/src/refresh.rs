//! `howdah refresh`: materialized views, computed again.
//!
//! IO: its own connection for each round. Invariant: with `--every`, an error of one round does not end the command: it
//! is told, and the next round tries again.

use std::time::{Duration, Instant};

use clap::Args;
use howdah_driver::Connection;
use howdah_schema::refresh;

use crate::exit;

/// Arguments of `howdah refresh`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The database, as a URL or connection string; PG* variables where absent
    #[arg(value_name = "URL", default_value = "")]
    url: String,
    /// Only this materialized view, `name` or `schema.name`; may be repeated [default: all]
    #[arg(long, value_name = "NAME")]
    view: Vec<String>,
    /// Let readers go on meanwhile, where a view has the unique index that it takes
    #[arg(long)]
    concurrently: bool,
    /// Again and again, at this distance: `30s`, `15m`, `1h`, `1d`
    #[arg(long, value_name = "TIME", value_parser = interval)]
    every: Option<Duration>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let Some(every) = arguments.every else {
        round(arguments)?;
        return Ok(exit::OK);
    };
    loop {
        let begun = Instant::now();
        if let Err(error) = round(arguments) {
            talk!("error: {error:#}");
        }
        std::thread::sleep(every.saturating_sub(begun.elapsed()));
    }
}

fn round(arguments: &Arguments) -> anyhow::Result<()> {
    let mut connection = Connection::connect(&arguments.url, "howdah refresh")?;
    let views = refresh::views(&mut connection)?;
    let is_wanted = |view: &&refresh::View| {
        arguments.view.is_empty()
            || arguments
                .view
                .iter()
                .any(|name| *name == view.name || *name == view.full_name())
    };
    let wanted: Vec<_> = views.iter().filter(is_wanted).collect();
    for name in &arguments.view {
        if !wanted
            .iter()
            .any(|view| *name == view.name || *name == view.full_name())
        {
            anyhow::bail!("there is no materialized view `{name}`");
        }
    }
    for view in wanted {
        let begun = Instant::now();
        refresh::refresh(&mut connection, view, arguments.concurrently)?;
        talk!("refreshed {} in {:.1?}", view.full_name(), begun.elapsed());
    }
    Ok(())
}

/// `90s`, `15m`, `1h` or `1d`.
fn interval(text: &str) -> Result<Duration, String> {
    let (number, unit) =
        text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => 0,
    };
    match number
        .parse::<u64>()
        .ok()
        .and_then(|it| it.checked_mul(seconds))
    {
        Some(total) if total > 0 => Ok(Duration::from_secs(total)),
        _ => Err("expected a time such as `30s`, `15m`, `1h` or `1d`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        assert_eq!(interval("15m"), Ok(Duration::from_mins(15)));
        assert_eq!(interval("1d"), Ok(Duration::from_hours(24)));
        for wrong in ["", "h", "5", "0s", "-1h", "5ü", "99999999999999999999d"] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
    }
}
