//! The captured streams of `tests/streams`.

use std::fs;
use std::path::Path;

use super::step::Step;

/// What a real server sent, and what it was asked.
#[derive(Debug, Clone)]
pub struct Stream {
    pub name: String,
    pub steps: Vec<Step>,
    pub bytes: Vec<u8>,
}

impl Stream {
    /// Reads the exchange `name` from `folder`.
    fn load(folder: &Path, name: &str) -> Self {
        let lines = fs::read_to_string(folder.join(name).with_extension("jsonl")).unwrap();
        let step = |line| serde_json::from_str(line).unwrap();
        Self {
            name: name.to_owned(),
            steps: lines.lines().map(step).collect(),
            bytes: fs::read(folder.join(name).with_extension("bin")).unwrap(),
        }
    }

    /// Whether it is a login and not what an established session does.
    pub fn is_login(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Startup))
    }
}

/// All captured streams, by name. `crate_folder` is howdah-wire's.
pub fn load(crate_folder: &Path) -> Vec<Stream> {
    let folder = crate_folder.join("tests/streams");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "jsonl"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
        .iter()
        .map(|name| Stream::load(&folder, name))
        .collect()
}
