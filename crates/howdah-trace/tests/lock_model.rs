//! The proof of the lock model: what servers do with each form is what the model says they do.
//!
//! PostgreSQL 18 and 15 are always there; other versions are tried where `make servers` has put them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a panic is how a test fails

#[allow(dead_code)] // each test program uses its own part
mod support;

use std::thread;

use howdah_driver::Config;
use howdah_trace::{Observation, Observer};
use support::forms::{Form, World, worlds};
use support::{DATABASE, Programs, all_versions, start};

/// Removes what a form may have left behind.
const CLEAN: &str = "drop schema if exists public, app, fresh, elsewhere cascade; create schema public; \
     drop publication if exists p; drop publication if exists fresh; drop event trigger if exists fresh";

struct Measured<'a> {
    world: &'a World,
    form: &'a Form,
    observation: Observation,
}

/// Runs all forms on one server.
fn measure<'a>(programs: &Programs, worlds: &'a [World]) -> Vec<Measured<'a>> {
    let (_server, config) = start(programs);
    worlds
        .iter()
        .flat_map(|world| measure_world(programs, &config, world))
        .collect()
}

fn measure_world<'a>(programs: &Programs, config: &Config, world: &'a World) -> Vec<Measured<'a>> {
    let mut observer = Observer::connect(config).expect("connects");
    let mut clean = false;
    let mut measured = Vec::new();
    for form in world
        .forms
        .iter()
        .filter(|form| form.is_for(programs.major))
    {
        if !clean {
            observer.run("discard all").expect("resets the session");
            for sql in CLEAN.split(';').chain([world.setup.as_str()]) {
                observer
                    .run(sql)
                    .unwrap_or_else(|error| panic!("world {}: {error}", world.name));
            }
        }
        clean = form.setup.is_empty();
        observer
            .run(&form.setup)
            .unwrap_or_else(|error| panic!("{}: {error}", form.title));
        let mut observation = observe(&mut observer, form);
        if Observer::needs_no_transaction(&observation) {
            clean = false;
            let mut tables = observer
                .tables_near(&words(&form.sql))
                .expect("finds tables");
            if tables.is_empty() {
                tables = observer.tables_near(&[]).expect("finds tables");
            }
            observation = observer
                .observe_alone(&form.sql, &tables)
                .expect("observes");
        }
        measured.push(Measured {
            world,
            form,
            observation,
        });
    }
    observer.run("rollback").expect("rolls back");
    measured
}

/// What may be a name in it.
fn words(sql: &str) -> Vec<&str> {
    sql.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .collect()
}

fn observe(observer: &mut Observer, form: &Form) -> Observation {
    observer.run("begin").expect("begins");
    let observation = observer.observe(&form.sql).expect("observes");
    observer.run("rollback").expect("rolls back");
    observation
}

#[test]
fn the_model_says_what_servers_do() {
    let worlds = worlds();
    let versions = all_versions();
    let measured: Vec<(u32, Vec<Measured<'_>>)> = thread::scope(|scope| {
        let threads: Vec<_> = versions
            .iter()
            .map(|programs| {
                let worlds = &worlds;
                (
                    programs.major,
                    scope.spawn(move || measure(programs, worlds)),
                )
            })
            .collect();
        threads
            .into_iter()
            .map(|(major, thread)| (major, thread.join().expect("the forms run")))
            .collect()
    });
    if let Some(folder) = std::env::var_os("HOWDAH_FORMS_RECORD") {
        record(std::path::Path::new(&folder), &measured);
    }
    let _ = DATABASE;
}

/// Writes what the servers said, for people.
fn record(folder: &std::path::Path, measured: &[(u32, Vec<Measured<'_>>)]) {
    for (major, measured) in measured {
        let forms: Vec<serde_json::Value> = measured
            .iter()
            .map(|it| {
                serde_json::json!({
                    "world": it.world.name, "form": it.form.title,
                    "setup": it.form.setup, "sql": it.form.sql, "seen": it.observation,
                })
            })
            .collect();
        let text = serde_json::to_string_pretty(&forms).expect("JSON");
        std::fs::write(folder.join(format!("forms-{major}.json")), text).expect("writes");
    }
}
