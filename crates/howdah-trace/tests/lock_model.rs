//! The proof of the lock model: what servers do with each form is what the model says they do.
//!
//! PostgreSQL 18 and 15 are there wherever this repository is tested; others are tried where `make servers` has put
//! them. With `HOWDAH_FORMS_RECORD` set to a folder, what each server did is written there as JSON; with `HOWDAH_FORMS`
//! set to words, only forms and worlds with these in their names are tried.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a panic is how a test fails

#[allow(dead_code)] // each test program uses its own part
mod support;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::thread;
use std::time::Instant;

use howdah_driver::Config;
use howdah_sql::ast::{Kind, Statement};
use howdah_sql::catalog::Catalog;
use howdah_sql::locks::effects;
use howdah_trace::{Observation, Observer, differences};
use support::conversions;
use support::forms::{Form, World, worlds};
use support::{Programs, all_versions, start};

/// Removes what a form may have left behind.
const CLEAN: [&str; 6] = [
    "discard all",
    "drop schema if exists public, app, fresh, elsewhere cascade",
    "create schema public",
    "drop publication if exists p",
    "drop publication if exists fresh",
    "drop event trigger if exists fresh",
];

/// Forms of which no text tells what they do, but what somebody owns, what was clustered or drawn before, or what is in
/// a row.
const UNKNOWABLE: [&str; 6] = [
    "add a column that takes the last number drawn",
    "cluster everything",
    "drop owned",
    "insert into a partition by its parent",
    "move all indexes of a tablespace",
    "reassign owned",
];

/// Names the words of the forms to try.
const CHOICE: &str = "HOWDAH_FORMS";

/// What one server did with everything.
struct Outcome<'a> {
    major: u32,
    forms: Vec<Measured<'a>>,
    /// How many changes of a column's type were tried, and where the model says something else.
    conversions: (usize, Vec<String>),
}

/// What one server did with one form.
struct Measured<'a> {
    world: &'a World,
    form: &'a Form,
    observation: Observation,
}

#[test]
fn the_model_says_what_servers_do() {
    let worlds = chosen(worlds());
    let versions = all_versions();
    assert!(
        versions.iter().any(|programs| programs.major >= 15),
        "PostgreSQL 18 or 15 has to be installed: run `make build`"
    );
    let measured = measure_all(&versions, &worlds);
    if let Some(folder) = std::env::var_os("HOWDAH_FORMS_RECORD") {
        record(Path::new(&folder), &measured);
    }
    let before: HashMap<&str, Before> = worlds
        .iter()
        .map(|world| (world.name.as_str(), Before::new(world)))
        .collect();
    let mut wrong = String::new();
    for outcome in &measured {
        let (major, forms) = (outcome.major, &outcome.forms);
        let all = std::env::var_os(CHOICE).is_none();
        assert!(
            !all || forms.len() >= 300,
            "{} forms on {major}",
            forms.len()
        );
        for it in forms {
            for difference in compare(it, &before[it.world.name.as_str()], major) {
                let (world, title) = (&it.world.name, &it.form.title);
                let _ = writeln!(wrong, "{major} {world}: {title}: {difference}");
            }
        }
        let (conversions, different) = &outcome.conversions;
        assert!(
            !all || *conversions >= 500,
            "{conversions} conversions on {major}"
        );
        for difference in different {
            let _ = writeln!(wrong, "{major} conversions: {difference}");
        }
        let forms = forms.len();
        eprintln!("{forms} forms and {conversions} conversions compared on PostgreSQL {major}");
    }
    assert!(wrong.is_empty(), "the model differs:\n{wrong}");
}

#[test]
fn every_form_is_one_statement_that_is_understood() {
    for world in worlds() {
        let setup = howdah_sql::parse(&world.setup);
        assert!(
            setup.errors.is_empty(),
            "{}: {:?}",
            world.name,
            setup.errors
        );
        for form in &world.forms {
            let script = howdah_sql::parse(&form.sql);
            assert!(
                script.errors.is_empty(),
                "{}: {:?}",
                form.title,
                script.errors
            );
            assert_eq!(script.statements.len(), 1, "{}", form.title);
        }
    }
}

/// All forms, or those that somebody wants to try.
fn chosen(mut worlds: Vec<World>) -> Vec<World> {
    if let Ok(words) = std::env::var(CHOICE) {
        for world in &mut worlds {
            let name = world.name.clone();
            world
                .forms
                .retain(|form| name.contains(&words) || form.title.contains(&words));
        }
    }
    worlds
}

fn compare(it: &Measured<'_>, before: &Before, major: u32) -> Vec<String> {
    let catalog = before.known(it.form);
    let statement = &howdah_sql::parse(&it.form.sql).statements[0];
    let model = effects(statement, &catalog, major);
    if UNKNOWABLE.contains(&it.form.title.as_str()) {
        let known = model
            .unknown
            .is_none()
            .then(|| "it was said to be known".to_owned());
        return known.into_iter().collect();
    }
    let mut found = differences(&statement.kind, &it.observation, &model);
    // whether the statements of a block run, nobody can tell; here they do
    let is_block = matches!(statement.kind, Kind::Do(_) | Kind::Call(_));
    if let Some(why) = model.unknown.filter(|_| !is_block) {
        found.push(format!("it was said to be unknown: {why}"));
    }
    found
}

/// What exists before the forms of a world.
struct Before {
    catalog: Catalog,
    /// Settings are those of the session that runs the form.
    settings: Vec<Statement>,
}

impl Before {
    fn new(world: &World) -> Self {
        let nothing = Self {
            catalog: Catalog::default(),
            settings: Vec::new(),
        };
        nothing.after(&world.setup)
    }

    fn after(&self, sql: &str) -> Self {
        let (mut catalog, mut settings) = (self.catalog.clone(), self.settings.clone());
        for statement in howdah_sql::parse(sql).statements {
            catalog.apply(&statement);
            if matches!(statement.kind, Kind::Set(_)) {
                settings.push(statement);
            }
        }
        Self { catalog, settings }
    }

    /// What exists before one form.
    fn known(&self, form: &Form) -> Catalog {
        let Self { catalog, settings } = self.after(&form.setup);
        let mut catalog = catalog.settled().completed();
        for statement in &settings {
            catalog.apply(statement);
        }
        catalog
    }
}

/// Runs all forms on all servers at the same time.
fn measure_all<'a>(versions: &[Programs], worlds: &'a [World]) -> Vec<Outcome<'a>> {
    thread::scope(|scope| {
        let run = |programs| scope.spawn(move || measure(programs, worlds));
        let threads: Vec<_> = versions.iter().map(run).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| thread.join().expect("the forms run");
        threads.into_iter().map(join).collect()
    })
}

fn measure<'a>(programs: &Programs, worlds: &'a [World]) -> Outcome<'a> {
    let (server, config) = start(programs);
    let (major, started) = (programs.major, Instant::now());
    let conversions = if std::env::var_os(CHOICE).is_none() {
        conversions::differences(&server)
    } else {
        (0, Vec::new())
    };
    eprintln!(
        "PostgreSQL {major}: conversions after {:?}",
        started.elapsed()
    );
    let forms = worlds
        .iter()
        .flat_map(|world| measure_world(major, &config, world))
        .collect();
    eprintln!("PostgreSQL {major}: forms after {:?}", started.elapsed());
    Outcome {
        major,
        forms,
        conversions,
    }
}

fn measure_world<'a>(major: u32, config: &Config, world: &'a World) -> Vec<Measured<'a>> {
    let mut observer = Observer::connect(config).expect("connects");
    let mut clean = false;
    let mut measured = Vec::new();
    for form in world.forms.iter().filter(|form| form.is_for(major)) {
        if !clean {
            let made = CLEAN.iter().copied().chain([world.setup.as_str()]);
            made.for_each(|sql| run(&mut observer, sql, &world.name));
        }
        run(&mut observer, &form.setup, &form.title);
        let (observation, stays) = observe(&mut observer, form);
        clean = form.setup.is_empty() && !stays;
        measured.push(Measured {
            world,
            form,
            observation,
        });
    }
    measured
}

fn run(observer: &mut Observer, sql: &str, title: &str) {
    let done = observer.run(sql);
    done.unwrap_or_else(|error| panic!("{title}: {error:?}"));
}

/// What the form does, and whether it stays done.
fn observe(observer: &mut Observer, form: &Form) -> (Observation, bool) {
    observer.run("begin").expect("begins");
    let observation = observer.observe(&form.sql).expect("observes");
    observer.run("rollback").expect("rolls back");
    let error = observation.error.as_ref();
    if error.is_none_or(|error| error.sqlstate != "25001") {
        return (observation, false);
    }
    let words = form
        .sql
        .split(|it: char| !(it.is_alphanumeric() || it == '_'));
    let words: Vec<&str> = words.collect();
    let mut tables = observer.tables_near(&words).expect("finds tables");
    if tables.is_empty() {
        tables = observer.tables_near(&[]).expect("finds tables");
    }
    let alone = observer.observe_alone(&form.sql, &tables);
    (alone.expect("observes"), true)
}

/// Writes what the servers did, for people.
fn record(folder: &Path, measured: &[Outcome<'_>]) {
    for Outcome { major, forms, .. } in measured {
        let forms = forms.iter().map(|it| {
            serde_json::json!({
                "world": it.world.name, "form": it.form.title,
                "setup": it.form.setup, "sql": it.form.sql, "seen": it.observation,
            })
        });
        let text = serde_json::to_string_pretty(&forms.collect::<Vec<_>>()).expect("JSON");
        std::fs::write(folder.join(format!("forms-{major}.json")), text).expect("writes");
    }
}
