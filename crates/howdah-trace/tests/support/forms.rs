//! The forms: statements in worlds, read from `tests/forms/*.sql`. IO: reads these files.
//!
//! `--- world NAME` opens what exists before each of the forms that follow; `--- TITLE {14..}` opens a form, for
//! servers of these versions. Where `--- then` parts a form, what stands before it is run first and is no part of
//! what is observed.

use std::fs;
use std::path::Path;

/// What exists before each of its forms.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) name: String,
    pub(crate) setup: String,
    pub(crate) forms: Vec<Form>,
}

/// One statement.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) title: String,
    pub(crate) oldest: u32,
    pub(crate) newest: u32,
    /// What is run before it; often nothing.
    pub(crate) setup: String,
    pub(crate) sql: String,
}

impl Form {
    pub(crate) fn is_for(&self, major: u32) -> bool {
        (self.oldest..=self.newest).contains(&major)
    }
}

/// All worlds, in order of the files' names.
pub(crate) fn worlds() -> Vec<World> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("lists the forms")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let texts = files
        .iter()
        .map(|file| fs::read_to_string(file).expect("reads"));
    texts.flat_map(|text| parse(&text)).collect()
}

fn parse(text: &str) -> Vec<World> {
    let mut worlds: Vec<World> = Vec::new();
    for line in text.lines() {
        let Some(heading) = line.strip_prefix("--- ") else {
            add_line(&mut worlds, line);
            continue;
        };
        if let Some(name) = heading.strip_prefix("world ") {
            worlds.push(World {
                name: name.to_owned(),
                setup: String::new(),
                forms: Vec::new(),
            });
            continue;
        }
        let world = worlds.last_mut().expect("a form is in a world");
        if heading == "then" {
            let form = world.forms.last_mut().expect("`then` is in a form");
            form.setup = std::mem::take(&mut form.sql);
        } else {
            world.forms.push(form(heading));
        }
    }
    worlds
}

fn add_line(worlds: &mut [World], line: &str) {
    let Some(world) = worlds.last_mut() else {
        return;
    };
    let text = match world.forms.last_mut() {
        Some(form) => &mut form.sql,
        None => &mut world.setup,
    };
    if !(text.is_empty() && line.is_empty()) {
        text.push_str(line);
        text.push('\n');
    }
}

fn form(heading: &str) -> Form {
    let (title, range) = heading
        .strip_suffix('}')
        .and_then(|rest| rest.split_once(" {"))
        .unwrap_or((heading, ".."));
    let (oldest, newest) = range.split_once("..").expect("a range is `12..18`");
    let number = |text: &str, absent| match text {
        "" => absent,
        text => text.parse().expect("a major version"),
    };
    Form {
        title: title.to_owned(),
        oldest: number(oldest, 0),
        newest: number(newest, u32::MAX),
        setup: String::new(),
        sql: String::new(),
    }
}
