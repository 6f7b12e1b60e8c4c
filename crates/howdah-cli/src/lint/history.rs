//! Files that form one history, each to be read on what those before it have made.
//!
//! No IO. Called with the files of a run. A history is a folder whose files all begin with a number (`0001_a.sql`,
//! `V2.1__b.sql`, `20240102_c.up.sql`), or whose folders do (`2024_a/migration.sql`). Invariant: every file is in one
//! batch; a file that undoes another stands right behind it, and changes nothing for those that follow.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::files::Input;

/// Files that are looked at together.
pub(super) enum Batch {
    /// Each for itself.
    Alone(Vec<Input>),
    /// In this order.
    History(Vec<Step>),
}

/// A file of a history.
pub(super) struct Step {
    pub(super) input: Input,
    /// It undoes what the file before it does.
    pub(super) undoes: bool,
}

/// Whether files of a folder form a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum When {
    /// Where all of them are numbered, and neither a database nor a snapshot says what exists
    Auto,
    /// Also where they are not, in the order of their names
    Always,
    /// Each file stands for itself
    Never,
}

/// Where a file stands in its history.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Those without a number come last.
    unnumbered: bool,
    version: Vec<Number>,
    /// Of a folder by file: the folder's name.
    folder: String,
    undoes: bool,
    name: String,
}

/// Digits, ordered as numbers.
type Number = (usize, String);

/// Sorts files into batches; `when` says it for a folder.
pub(super) fn batches(inputs: Vec<Input>, when: impl Fn(&Path) -> When) -> Vec<Batch> {
    let mut folders: BTreeMap<PathBuf, Vec<(Place, Input)>> = BTreeMap::new();
    for input in inputs {
        let (folder, place) = placed(input.path());
        folders.entry(folder).or_default().push((place, input));
    }
    let mut batches: Vec<Batch> = Vec::new();
    for (folder, mut files) in folders {
        if is_history(&files, when(&folder)) {
            files.sort_by(|a, b| a.0.cmp(&b.0));
            let step = |(place, input): (Place, Input)| Step {
                input,
                undoes: place.undoes,
            };
            batches.push(Batch::History(files.into_iter().map(step).collect()));
            continue;
        }
        let files = files.into_iter().map(|(_, input)| input);
        match batches.last_mut() {
            Some(Batch::Alone(inputs)) => inputs.extend(files),
            _ => batches.push(Batch::Alone(files.collect())),
        }
    }
    for batch in &mut batches {
        if let Batch::Alone(inputs) = batch {
            inputs.sort_by(|a, b| a.path().cmp(b.path()));
        }
    }
    batches
}

fn is_history(files: &[(Place, Input)], when: When) -> bool {
    let are_files = files.iter().all(|(_, it)| matches!(it, Input::File(_)));
    are_files
        && files.len() > 1
        && match when {
            When::Auto => files.iter().all(|(place, _)| !place.unnumbered),
            When::Always => true,
            When::Never => false,
        }
}

/// The folder of a file's history, and its place in it.
fn placed(path: &Path) -> (PathBuf, Place) {
    let name = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let place = |version: Option<Vec<Number>>, folder: String| Place {
        unnumbered: version.is_none(),
        version: version.unwrap_or_default(),
        folder,
        undoes: undoes(&name(path)),
        name: name(path),
    };
    if let Some(version) = version(&name(path)) {
        return (folder.to_owned(), place(Some(version), String::new()));
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let is_of_folder = ["migration", "up", "down"].contains(&stem.as_ref());
    match (version(&name(folder)), folder.parent()) {
        (Some(version), Some(outer)) if is_of_folder => {
            (outer.to_owned(), place(Some(version), name(folder)))
        }
        _ => (folder.to_owned(), place(None, String::new())),
    }
}

/// The number that a name begins with: `0001`, `V1.2`, `U3`, `2024_01_02`.
fn version(name: &str) -> Option<Vec<Number>> {
    let is_prefix = |it: char| matches!(it, 'V' | 'v' | 'U' | 'u');
    let mut rest = name.strip_prefix(is_prefix).unwrap_or(name);
    let mut numbers = Vec::new();
    loop {
        let length = rest
            .find(|it: char| !it.is_ascii_digit())
            .unwrap_or(rest.len());
        let (digits, behind) = rest.split_at_checked(length)?;
        if digits.is_empty() {
            break;
        }
        let digits = digits.trim_start_matches('0');
        numbers.push((digits.len(), digits.to_owned()));
        rest = match behind.strip_prefix(['.', '_', '-']) {
            Some(next) if next.starts_with(|it: char| it.is_ascii_digit()) => next,
            _ => break,
        };
    }
    (!numbers.is_empty()).then_some(numbers)
}

/// Whether a file is called like one that takes another back.
fn undoes(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let stem = name.strip_suffix(".sql").unwrap_or(&name);
    let last = stem.rsplit(['.', '_', '-']).next().unwrap_or(stem);
    let is_flyways = stem.starts_with('u') && stem.contains("__");
    is_flyways || ["down", "undo", "rollback", "revert"].contains(&last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(names: &[&str], when: When) -> Vec<Vec<String>> {
        let inputs = names.iter().map(|it| Input::File(PathBuf::from(it)));
        let shown = |it: &Input| it.path().display().to_string();
        let batch = |batch: Batch| match batch {
            Batch::Alone(inputs) => inputs.iter().map(shown).collect(),
            Batch::History(steps) => {
                let step = |it: &Step| {
                    format!(
                        "{}{}",
                        shown(&it.input),
                        if it.undoes { " undoes" } else { "" }
                    )
                };
                let mut names: Vec<String> = steps.iter().map(step).collect();
                names.insert(0, "history".to_owned());
                names
            }
        };
        batches(inputs.collect(), |_| when)
            .into_iter()
            .map(batch)
            .collect()
    }

    #[test]
    fn numbers_are_numbers() {
        let names = [
            "m/V10__c.sql",
            "m/V2.1__b.sql",
            "m/V2__a.sql",
            "m/U2__a.sql",
        ];
        let expected = [
            "history",
            "m/V2__a.sql",
            "m/U2__a.sql undoes",
            "m/V2.1__b.sql",
            "m/V10__c.sql",
        ];
        assert_eq!(sorted(&names, When::Auto), [expected]);
    }

    #[test]
    fn what_undoes_stands_behind() {
        let names = ["1_a.down.sql", "1_a.up.sql", "02_drop.sql"];
        let expected = [
            "history",
            "1_a.up.sql",
            "1_a.down.sql undoes",
            "02_drop.sql",
        ];
        assert_eq!(sorted(&names, When::Auto), [expected]);
    }

    #[test]
    fn folders_can_be_numbered() {
        let names = [
            "m/2_b/migration.sql",
            "m/1_a/migration.sql",
            "m/1_a/down.sql",
        ];
        let expected = [
            "history",
            "m/1_a/migration.sql",
            "m/1_a/down.sql undoes",
            "m/2_b/migration.sql",
        ];
        assert_eq!(sorted(&names, When::Auto), [expected]);
    }

    #[test]
    fn other_folders_are_no_histories() {
        let names = ["m/2_a.sql", "m/1_b.sql", "m/seed.sql", "q/b.sql", "q/a.sql"];
        let alone = ["m/1_b.sql", "m/2_a.sql", "m/seed.sql", "q/a.sql", "q/b.sql"];
        assert_eq!(sorted(&names, When::Auto), [alone]);
        assert_eq!(
            sorted(&["1_a.sql", "2_b.sql"], When::Never),
            [["1_a.sql", "2_b.sql"]]
        );
        let always = sorted(&names, When::Always);
        assert_eq!(
            always[0],
            ["history", "m/1_b.sql", "m/2_a.sql", "m/seed.sql"]
        );
        assert_eq!(sorted(&["1_a.sql"], When::Always), [["1_a.sql"]]);
    }
}
