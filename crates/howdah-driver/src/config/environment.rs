//! What a configuration may see of the machine: variables, files, the account's name.
//!
//! The only IO of `config` goes through [`Environment`]; [`System`] is the real one, tests bring
//! their own. Callers: `config` and its readers of service files and passfiles.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

/// A machine, as far as connection options depend on it.
pub trait Environment {
    /// An environment variable.
    fn variable(&self, name: &str) -> Option<OsString>;
    /// The account's name, which is the default for `user`.
    fn account(&self) -> Option<String>;
    /// The account's home directory.
    fn home(&self) -> Option<PathBuf>;
    /// The text of a file.
    ///
    /// # Errors
    /// As [`std::fs::read_to_string`].
    fn read(&self, path: &Path) -> io::Result<String>;
    /// What a file is and who may read it.
    ///
    /// # Errors
    /// As [`std::fs::metadata`].
    fn inspect(&self, path: &Path) -> io::Result<FileFacts>;
}

/// What is asked about files that hold secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFacts {
    /// Neither a directory nor a device.
    pub regular: bool,
    /// Permission bits.
    pub mode: u32,
    /// Numeric account of the owner.
    pub owner: u32,
}

/// This machine and process.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Environment for System {
    fn variable(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }

    fn account(&self) -> Option<String> {
        passwd_field(geteuid().as_raw(), 0).or_else(|| {
            ["USER", "LOGNAME"]
                .iter()
                .find_map(|name| std::env::var(name).ok())
        })
    }

    fn home(&self) -> Option<PathBuf> {
        let home = self.variable("HOME").filter(|home| !home.is_empty());
        home.map(PathBuf::from)
            .or_else(|| passwd_field(geteuid().as_raw(), 5).map(PathBuf::from))
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }

    fn inspect(&self, path: &Path) -> io::Result<FileFacts> {
        let metadata = std::fs::metadata(path)?;
        Ok(FileFacts {
            regular: metadata.is_file(),
            mode: metadata.permissions().mode() & 0o777,
            owner: metadata.uid(),
        })
    }
}

/// The name of account `uid` on this machine.
pub(crate) fn account_name(uid: u32) -> Option<String> {
    passwd_field(uid, 0)
}

/// A field of an account's line in the password file.
fn passwd_field(uid: u32, index: usize) -> Option<String> {
    let uid = uid.to_string();
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = passwd
        .lines()
        .find(|line| line.split(':').nth(2) == Some(uid.as_str()))?;
    line.split(':').nth(index).map(str::to_owned)
}

#[cfg(test)]
pub(crate) mod fake {
    use super::*;
    use std::collections::HashMap;

    /// An environment in memory.
    #[derive(Default)]
    pub(crate) struct Fake {
        pub(crate) variables: HashMap<&'static str, &'static str>,
        /// Path, mode, text.
        pub(crate) files: Vec<(&'static str, u32, String)>,
    }

    impl Fake {
        pub(crate) fn with_variables(variables: &[(&'static str, &'static str)]) -> Self {
            Self {
                variables: variables.iter().copied().collect(),
                files: Vec::new(),
            }
        }

        pub(crate) fn file(mut self, path: &'static str, mode: u32, text: &str) -> Self {
            self.files.push((path, mode, text.to_owned()));
            self
        }

        fn find(&self, path: &Path) -> io::Result<&(&'static str, u32, String)> {
            let found = self.files.iter().find(|(name, ..)| Path::new(name) == path);
            found.ok_or_else(|| io::ErrorKind::NotFound.into())
        }
    }

    impl Environment for Fake {
        fn variable(&self, name: &str) -> Option<OsString> {
            self.variables.get(name).map(OsString::from)
        }

        fn account(&self) -> Option<String> {
            Some("rider".to_owned())
        }

        fn home(&self) -> Option<PathBuf> {
            Some(PathBuf::from("/home/rider"))
        }

        fn read(&self, path: &Path) -> io::Result<String> {
            self.find(path).map(|(.., text)| text.clone())
        }

        fn inspect(&self, path: &Path) -> io::Result<FileFacts> {
            self.find(path).map(|(_, mode, _)| FileFacts {
                regular: true,
                mode: *mode,
                owner: 1,
            })
        }
    }
}
