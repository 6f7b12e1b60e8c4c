//! Who runs the server: ourselves, or for root an unprivileged account.
//!
//! PostgreSQL refuses to run as root, "the server must be started under an unprivileged user ID to
//! prevent possible system security compromise". So root picks an account, gives it the data
//! directory, and starts every program of the server as that account.
//!
//! IO: reads `/etc/passwd`, changes owners, runs `sh` as the account to ask the kernel what that
//! account may reach. Invariant: a command made here never runs a server program as root, and
//! never passes on a `PG*` variable of the caller.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{At, Error, Kind, Result};

/// The account that runs the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// The caller's own, which is not root.
    Own,
    /// Another one, chosen because the caller is root.
    Other {
        /// The account's name in `/etc/passwd`.
        name: String,
        /// Its user id, not 0.
        uid: u32,
        /// Its main group.
        gid: u32,
    },
}

/// Accounts that root prefers, best first: PostgreSQL's own, and the one every system has.
const PREFERRED: [&str; 2] = ["postgres", "nobody"];
const PASSWD: &str = "/etc/passwd";

impl Account {
    /// The account to use when the caller wishes for `name`, or leaves the choice.
    ///
    /// # Errors
    /// [`Kind::Account`] if the named account does not exist or is root's, if the caller is not
    /// root and names another account than its own, or if root finds no account to use.
    pub fn choose(name: Option<&str>) -> Result<Self> {
        let passwd = fs::read_to_string(PASSWD).unwrap_or_default();
        let uid = rustix::process::geteuid();
        if uid.is_root() {
            return Self::for_root(name, &passwd);
        }
        match name {
            Some(name) if find(&passwd, name).is_none_or(|(found, _)| found != uid.as_raw()) => {
                let message = format!("only root can run the server as account `{name}`");
                Err(Error::new(Kind::Account, message)
                    .with_hint("leave the account out to run it as yourself"))
            }
            _ => Ok(Self::Own),
        }
    }

    /// The account that owns an existing data directory: only that one may run its server.
    pub(crate) fn owner_of(pgdata: &Path) -> Result<Self> {
        let metadata = fs::metadata(pgdata).at("cannot examine", pgdata)?;
        let (own, uid) = (rustix::process::geteuid(), metadata.uid());
        if uid == own.as_raw() && uid != 0 {
            return Ok(Self::Own);
        }
        let passwd = fs::read_to_string(PASSWD).unwrap_or_default();
        let name = name_of(&passwd, uid).unwrap_or_else(|| format!("uid {uid}"));
        if uid == 0 || !own.is_root() {
            let message = format!(
                "data directory `{}` belongs to account `{name}`",
                pgdata.display()
            );
            return Err(Error::new(Kind::Account, message).with_hint(if uid == 0 {
                "PostgreSQL does not run as root: give the directory to an unprivileged account"
            } else {
                "run howdah as that account or as root"
            }));
        }
        Ok(Self::Other {
            name,
            uid,
            gid: metadata.gid(),
        })
    }

    fn for_root(name: Option<&str>, passwd: &str) -> Result<Self> {
        let candidates = name.map_or_else(|| PREFERRED.to_vec(), |name| vec![name]);
        let found = candidates
            .iter()
            .find_map(|name| Some((*name, find(passwd, name)?)));
        match found {
            Some((name, (0, _))) => Err(Error::new(
                Kind::Account,
                format!("account `{name}` is root's"),
            )
            .with_hint("PostgreSQL does not run as root: name an unprivileged account")),
            Some((name, (uid, gid))) => Ok(Self::Other {
                name: name.to_owned(),
                uid,
                gid,
            }),
            None => {
                let names = candidates.join("` or `");
                let message = format!("there is no account `{names}` in {PASSWD}");
                Err(Error::new(Kind::Account, message).with_hint(
                    "PostgreSQL does not run as root: make an account with `useradd --system`, \
                     or name one that exists",
                ))
            }
        }
    }

    /// The name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Own => "the own account",
            Self::Other { name, .. } => name,
        }
    }

    /// `program`, to be run as this account in a neutral environment.
    ///
    /// When root sets a user id, the standard library also drops root's supplementary groups.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = neutral(program);
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid).env_remove("HOME");
        }
        command
    }

    /// Makes this account the owner of `path`.
    pub(crate) fn give(&self, path: &Path) -> Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid, .. } => {
                std::os::unix::fs::lchown(path, Some(*uid), Some(*gid)).at("cannot give away", path)
            }
        }
    }

    /// Whether this account owns `path`.
    pub(crate) fn owns(&self, path: &Path) -> bool {
        let expected = match self {
            Self::Own => rustix::process::geteuid().as_raw(),
            Self::Other { uid, .. } => *uid,
        };
        fs::symlink_metadata(path).is_ok_and(|metadata| metadata.uid() == expected)
    }

    /// Checks that this account can enter the directory, asking the kernel rather than the mode
    /// bits, which do not know of access control lists.
    ///
    /// # Errors
    /// [`Kind::Account`], naming the folder on the way that keeps the account out.
    pub(crate) fn reach(&self, directory: &Path) -> Result<()> {
        let Self::Other { name, .. } = self else {
            return Ok(());
        };
        let entered = self
            .command(Path::new("/bin/sh"))
            .args(["-c", "cd -- \"$1\"", "sh"])
            .arg(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        match entered {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err(self.unreachable(directory, name)),
            Err(source) => {
                let message = format!("cannot run a program as account `{name}`: {source}");
                Err(Error::new(Kind::Account, message)
                    .with_hint("in a container without user ids to switch to, run as non-root")
                    .with_source(source))
            }
        }
    }

    fn unreachable(&self, directory: &Path, name: &str) -> Error {
        let message = match self.closed_folder(directory) {
            Some((folder, mode)) => format!(
                "account `{name}`, which runs the server, cannot reach `{}`: `{}` has mode {mode:04o}",
                directory.display(),
                folder.display(),
            ),
            None => format!(
                "account `{name}`, which runs the server, cannot reach `{}`",
                directory.display()
            ),
        };
        Error::new(Kind::Account, message)
            .with_hint("choose a directory below /var/lib or /tmp, or let others pass that folder")
    }

    /// The first folder from the root down that the mode bits close to this account.
    fn closed_folder(&self, directory: &Path) -> Option<(PathBuf, u32)> {
        let Self::Other { uid, gid, .. } = self else {
            return None;
        };
        let mut folders: Vec<_> = directory.ancestors().collect();
        folders.reverse();
        folders.into_iter().find_map(|folder| {
            let metadata = fs::metadata(folder).ok()?;
            let mode = metadata.permissions().mode() & 0o7777;
            let pass = match () {
                () if metadata.uid() == *uid => 0o100,
                () if metadata.gid() == *gid => 0o010,
                () => 0o001,
            };
            (mode & pass == 0).then(|| (folder.to_owned(), mode))
        })
    }
}

/// `program` with nothing of the caller that would steer PostgreSQL: no `PG*` variables, messages
/// in English (howdah reads some of them), and a working directory that everyone can enter.
pub(crate) fn neutral(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    command
        .env("LC_ALL", "C")
        .env_remove("LANGUAGE")
        .current_dir("/");
    command
}

/// User and group id of `name` in the text of a passwd file.
fn find(passwd: &str, name: &str) -> Option<(u32, u32)> {
    passwd
        .lines()
        .map(|line| line.split(':'))
        .find_map(|mut fields| {
            let matches = fields.next() == Some(name);
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            matches.then_some((uid, gid))
        })
}

fn name_of(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let found: u32 = fields.nth(1)?.parse().ok()?;
        (found == uid).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "root:x:0:0:root:/root:/bin/bash\n\
        broken line\n\
        nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";

    #[test]
    fn root_falls_back_from_postgres_to_nobody() {
        let account = Account::for_root(None, SAMPLE).unwrap();
        assert_eq!(
            account,
            Account::Other {
                name: "nobody".to_owned(),
                uid: 65534,
                gid: 65534
            }
        );
        let richer = format!("{SAMPLE}postgres:x:26:27::/:/bin/sh\n");
        assert_eq!(Account::for_root(None, &richer).unwrap().name(), "postgres");
    }

    #[test]
    fn root_may_not_name_itself_nor_a_stranger() {
        for name in ["root", "amy"] {
            let error = Account::for_root(Some(name), SAMPLE).unwrap_err();
            assert_eq!(error.kind(), Kind::Account);
            assert!(error.hint().is_some(), "{error}");
        }
    }

    #[test]
    fn the_commands_environment_holds_no_postgresql_variables() {
        // cargo sets variables that start with CARGO_PKG, none with PG: look at what was removed
        let command = neutral(Path::new("/bin/true"));
        let kept = command
            .get_envs()
            .filter(|(_, value)| value.is_some())
            .count();
        assert_eq!(kept, 1, "only LC_ALL is set");
    }
}
