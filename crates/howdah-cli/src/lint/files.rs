//! Which files a command line means: files, folders, patterns, standard input.
//!
//! IO: walks folders, reads files. Invariant: the order is that of names, whatever order folders give; a name that means
//! nothing is an error.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;

use super::glob::{Glob, is_pattern};
use crate::failure::Hinted;

/// What is in a folder that was named as a whole.
const EXTENSION: &str = "sql";
/// Folders of other people's files.
const SKIPPED: [&str; 4] = ["node_modules", "__pycache__", "target", "site-packages"];

/// A text to look at.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    /// A file, as the user names it.
    File(PathBuf),
    /// Standard input, under that name.
    Stdin(PathBuf),
}

impl Input {
    /// Its name, as it is shown.
    pub(crate) fn path(&self) -> &Path {
        let (Self::File(path) | Self::Stdin(path)) = self;
        path
    }

    pub(crate) fn read(&self) -> anyhow::Result<String> {
        let mut bytes = Vec::new();
        match self {
            Self::File(path) => {
                bytes = std::fs::read(path).with_context(|| unreadable(path))?;
            }
            Self::Stdin(path) => {
                let mut stdin = std::io::stdin().lock();
                stdin
                    .read_to_end(&mut bytes)
                    .with_context(|| unreadable(path))?;
            }
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.as_bytes().get(..error.utf8_error().valid_up_to());
            let line = valid.unwrap_or_default().split(|it| *it == b'\n').count();
            let path = self.path().display();
            Hinted::new(
                anyhow::anyhow!("{path}:{line}: this is not UTF-8"),
                "convert the file, for instance with `iconv -t UTF-8`",
            )
        })?;
        // spans count in 32 bits
        anyhow::ensure!(
            u32::try_from(text.len()).is_ok(),
            "`{}` is larger than 4 GB",
            self.path().display()
        );
        Ok(text)
    }
}

fn unreadable(path: &Path) -> String {
    format!("`{}` cannot be read", path.display())
}

/// The files that the arguments mean; `excluded` says which are left out.
pub(crate) fn find(
    arguments: &[PathBuf],
    excluded: &mut dyn FnMut(&Path) -> anyhow::Result<bool>,
) -> anyhow::Result<Vec<Input>> {
    let mut found = BTreeSet::new();
    for argument in arguments {
        let text = argument.to_string_lossy();
        if argument.is_dir() {
            walk(argument, &mut |_| true, excluded, &mut found)?;
        } else if argument.exists() {
            // named on its own it is looked at whatever its ending is
            if !excluded(argument)? {
                found.insert(argument.clone());
            }
        } else if is_pattern(&text) {
            pattern(&text, excluded, &mut found)?;
        } else {
            anyhow::bail!("there is no file `{text}`");
        }
    }
    Ok(found.into_iter().map(Input::File).collect())
}

fn pattern(
    text: &str,
    excluded: &mut dyn FnMut(&Path) -> anyhow::Result<bool>,
    found: &mut BTreeSet<PathBuf>,
) -> anyhow::Result<()> {
    let glob = Glob::exact(text);
    // the folders before the first pattern are where the walk begins
    let fixed = Path::new(text)
        .components()
        .take_while(|it| !is_pattern(&it.as_os_str().to_string_lossy()));
    let root: PathBuf = fixed.filter(|it| *it != Component::CurDir).collect();
    let root = if root.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        root
    };
    let before = found.len();
    let mut any = false;
    if root.is_dir() {
        let mut fits = |path: &Path| {
            let fits = glob.is(path);
            any |= fits;
            fits
        };
        walk(&root, &mut fits, excluded, found)?;
    }
    anyhow::ensure!(any || found.len() > before, "nothing fits `{text}`");
    Ok(())
}

fn walk(
    folder: &Path,
    fits: &mut dyn FnMut(&Path) -> bool,
    excluded: &mut dyn FnMut(&Path) -> anyhow::Result<bool>,
    found: &mut BTreeSet<PathBuf>,
) -> anyhow::Result<()> {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| unreadable(&folder))?;
        for entry in entries {
            let entry = entry.with_context(|| unreadable(&folder))?;
            let path = plain(&entry.path());
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // links to folders are not followed: they can lead in circles
            if entry.file_type().is_ok_and(|it| it.is_dir()) {
                if !name.starts_with('.') && !SKIPPED.contains(&name.as_ref()) {
                    open.push(path);
                }
            } else if is_sql(&path) && path.is_file() && fits(&path) && !excluded(&path)? {
                found.insert(path);
            }
        }
    }
    Ok(())
}

fn is_sql(path: &Path) -> bool {
    path.extension()
        .is_some_and(|it| it.eq_ignore_ascii_case(EXTENSION))
}

/// Without the `./` that walking the current folder begins with.
fn plain(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_owned()
}

/// A path as it is shown everywhere: with `/`.
pub(crate) fn shown(path: &Path) -> String {
    let path = plain(path);
    if std::path::MAIN_SEPARATOR == '/' {
        path.to_string_lossy().into_owned()
    } else {
        path.to_string_lossy()
            .replace(std::path::MAIN_SEPARATOR, "/")
    }
}
