//! How long people wait. The bars are those of an idle machine, so each is tried more than once.
#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod common;

use std::time::{Duration, Instant};

use common::{Scratch, query, started};
use howdah_server::{StopMode, stop};

const ATTEMPTS: usize = 4;
const FIRST_USE: Duration = Duration::from_secs(5);
const RESTART: Duration = Duration::from_secs(1);

#[test]
fn the_first_answered_query_comes_soon() {
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..ATTEMPTS {
        let (first, second) = first_use_and_restart();
        best = (best.0.min(first), best.1.min(second));
        if best.0 < FIRST_USE && best.1 < RESTART {
            return;
        }
    }
    panic!(
        "best of {ATTEMPTS}: first use {:?}, restart {:?}",
        best.0, best.1
    );
}

fn first_use_and_restart() -> (Duration, Duration) {
    let scratch = Scratch::new();
    let cluster = scratch.cluster();
    let answered = || {
        let began = Instant::now();
        query(&started(&cluster), "select 1");
        began.elapsed()
    };
    let first = answered();
    stop(&cluster, StopMode::Fast, Duration::from_secs(30), &mut ()).unwrap();
    (first, answered())
}
