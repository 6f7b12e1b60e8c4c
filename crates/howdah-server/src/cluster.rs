//! The directory of one cluster: what lies where, and whose it is.
//!
//! ```text
//! DIR/cluster.json   the mark that howdah made this, and what it chose (see `Record`)
//! DIR/pgdata/        PostgreSQL's data directory; renamed into place when initdb has finished
//! DIR/pgdata.new-*   one that initdb works on, or that a crash left; never used
//! DIR/pgpass         the superuser's password as a libpq passfile, mode 0600
//! DIR/log            what the server says, appended by every start
//! DIR/lock           held while a start, a stop or a removal is going on
//! DIR/socket/        the unix socket, unless the path is too long for one
//! DIR/replicas/N/    a replica, laid out like DIR itself
//! DIR/shards/N/      a shard, likewise
//! ```
//!
//! IO: reads and writes these files, never `pgdata` itself. Invariant: nothing is written into a
//! directory that was neither empty nor marked as howdah's own.

use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::error::{At, Error, Kind, Result};
use crate::files;
use crate::url::socket_file;

/// Names the directory of the cluster, as `--data` does.
pub const DATA_VARIABLE: &str = "HOWDAH_DATA";
/// `sun_path` holds 108 bytes on Linux and 104 on BSD and macOS, with the final NUL.
const LONGEST_SOCKET_PATH: usize = 103;
const LONGEST_PORT: u16 = u16::MAX;

/// A directory that holds a cluster, or may hold one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    home: PathBuf,
}

/// What howdah remembers of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Of this file; a later howdah may change what the directory holds.
    format: u32,
    pub(crate) user: String,
    pub(crate) database: String,
    pub(crate) authentication: Authentication,
    /// Of the last start, tried again at the next.
    pub(crate) port: Option<u16>,
    /// Of the last start.
    pub(crate) programs: Option<RecordedPrograms>,
    /// Of the first cluster of a set: which of its replicas was promoted last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) primary: Option<u32>,
    /// It was a primary, and another member of the set took its place: its data must not be
    /// served any more, and are replaced by a copy of the new primary's at the next start.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) demoted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordedPrograms {
    /// Where they were found, not where a copy for another account lies.
    pub(crate) bindir: PathBuf,
    pub(crate) version: String,
}

/// How clients prove who they are: the method in `pg_hba.conf`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authentication {
    /// SCRAM, for TCP and the unix socket.
    #[serde(rename = "scram-sha-256")]
    ScramSha256,
    /// Hashed by MD5, as old clients need it.
    Md5,
    /// In clear text.
    Password,
    /// Not at all.
    Trust,
}

const FORMAT: u32 = 1;

impl Authentication {
    /// All methods, for lists in messages.
    pub const ALL: [Self; 4] = [Self::ScramSha256, Self::Md5, Self::Password, Self::Trust];

    /// PostgreSQL's word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ScramSha256 => "scram-sha-256",
            Self::Md5 => "md5",
            Self::Password => "password",
            Self::Trust => "trust",
        }
    }
}

impl std::str::FromStr for Authentication {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|method| method.name() == name)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join("`, `");
                let message =
                    format!("no authentication method `{name}`, expected one of `{names}`");
                Error::new(Kind::Misuse, message)
            })
    }
}

impl Record {
    pub(crate) fn new(user: String, database: String, authentication: Authentication) -> Self {
        Self {
            format: FORMAT,
            user,
            database,
            authentication,
            port: None,
            programs: None,
            primary: None,
            demoted: false,
        }
    }
}

impl Cluster {
    /// The cluster in `home`; nothing is looked at yet.
    ///
    /// # Errors
    /// [`Kind::Io`] if the current directory, needed to make the path absolute, is gone.
    pub fn in_directory(home: &Path) -> Result<Self> {
        let home = std::path::absolute(home).at("cannot make absolute", home)?;
        // a home that exists has one name only, whatever link led here
        Ok(Self {
            home: fs::canonicalize(&home).unwrap_or(home),
        })
    }

    /// The cluster that a user gets who names none: in the directory of [`DATA_VARIABLE`], else
    /// of the user's data (`$XDG_DATA_HOME` or `~/.local/share`, below that `howdah/main`), for
    /// root `/var/lib/howdah/main`, which the server's account can reach.
    ///
    /// # Errors
    /// [`Kind::Misuse`] if the environment names neither a data nor a home directory.
    pub fn default_location() -> Result<Self> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        if let Some(home) = variable(DATA_VARIABLE) {
            return Self::in_directory(Path::new(&home));
        }
        if rustix::process::geteuid().is_root() {
            return Self::in_directory(Path::new("/var/lib/howdah/main"));
        }
        let share = variable("XDG_DATA_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(Path::new(&variable("HOME")?).join(".local/share")));
        let share = share.ok_or_else(|| {
            Error::new(Kind::Misuse, "no place for the cluster: HOME is not set")
                .with_hint(format!("name a directory by `--data` or {DATA_VARIABLE}"))
        })?;
        Self::in_directory(&share.join("howdah/main"))
    }

    /// A cluster in a folder of this one's home.
    pub(crate) fn below(&self, folder: &Path) -> Self {
        Self {
            home: self.home.join(folder),
        }
    }

    /// The directory that was given.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// PostgreSQL's data directory.
    #[must_use]
    pub fn pgdata(&self) -> PathBuf {
        self.home.join("pgdata")
    }

    /// The file that the server's messages go to.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.home.join("log")
    }

    /// The passfile with the superuser's password.
    #[must_use]
    pub fn passfile(&self) -> PathBuf {
        self.home.join("pgpass")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.home.join("lock")
    }

    pub(crate) fn record_file(&self) -> PathBuf {
        self.home.join("cluster.json")
    }

    /// Where the unix socket goes: in the home, or in a folder of its own below `/tmp` where the
    /// path would be too long for a socket, or holds a comma, which in libpq's `host` separates
    /// several hosts.
    pub(crate) fn socket_directory(&self) -> PathBuf {
        let inside = self.home.join("socket");
        let longest = socket_file(&inside, LONGEST_PORT);
        let bytes = longest.as_os_str().as_bytes();
        if bytes.len() <= LONGEST_SOCKET_PATH && !bytes.contains(&b',') {
            return inside;
        }
        let mut hasher = DefaultHasher::new();
        self.home.hash(&mut hasher);
        PathBuf::from(format!("/tmp/howdah-socket-{:016x}", hasher.finish()))
    }

    /// What howdah remembers; `None` if the directory is missing or empty.
    ///
    /// # Errors
    /// [`Kind::Foreign`] if the directory holds what howdah did not make, or a damaged record.
    pub(crate) fn record(&self) -> Result<Option<Record>> {
        let path = self.record_file();
        match fs::read(&path) {
            Ok(bytes) => self.parse_record(&bytes).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.refuse_foreign()?;
                Ok(None)
            }
            Err(error) => {
                let error = Error::io("cannot read", &path, error);
                Err(error.with_hint("run howdah as root or as the account that made the cluster"))
            }
        }
    }

    /// # Errors
    /// [`Kind::NoCluster`] if there is none.
    pub(crate) fn existing_record(&self) -> Result<Record> {
        self.record()?.ok_or_else(|| {
            Error::new(
                Kind::NoCluster,
                format!("no cluster in `{}`", self.home.display()),
            )
            .with_hint("`howdah server start` makes one; `--data` names another directory")
        })
    }

    pub(crate) fn write_record(&self, record: &Record) -> Result<()> {
        let path = self.record_file();
        let mut bytes = serde_json::to_vec_pretty(record).map_err(|source| {
            Error::new(Kind::Io, "cannot render the record").with_source(source)
        })?;
        bytes.push(b'\n');
        files::replace(&path, &bytes)
    }

    /// Makes the directory if it is missing: closed to everyone else, or for root with room for
    /// the server's account to pass. False if it exists.
    pub(crate) fn make_home(&mut self) -> Result<bool> {
        let is_root = rustix::process::geteuid().is_root();
        let parents = self.home.ancestors().skip(1).collect::<Vec<_>>();
        for parent in parents
            .into_iter()
            .rev()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            make_directory(parent, 0o755)?;
        }
        let made = make_directory(&self.home, if is_root { 0o755 } else { 0o700 })?;
        self.home = fs::canonicalize(&self.home).at("cannot resolve", &self.home)?;
        Ok(made)
    }

    /// The folder for the unix socket, made or checked to be private to the account.
    pub(crate) fn make_socket_directory(&self, account: &Account) -> Result<PathBuf> {
        let directory = self.socket_directory();
        if make_directory(&directory, 0o700)? {
            account.give(&directory)?;
        }
        let metadata = fs::symlink_metadata(&directory).at("cannot examine", &directory)?;
        // private: the lower six bits, those of group and others, are clear
        if metadata.is_dir() && account.owns(&directory) && metadata.mode().trailing_zeros() >= 6 {
            return Ok(directory);
        }
        let message = format!(
            "`{}` should be a folder that only account `{}` can enter, for the unix socket",
            directory.display(),
            account.name()
        );
        Err(Error::new(Kind::Foreign, message).with_hint("remove it, if nothing else uses it"))
    }

    fn parse_record(&self, bytes: &[u8]) -> Result<Record> {
        let path = self.record_file();
        let record: Record = serde_json::from_slice(bytes).map_err(|source| {
            let message = format!("`{}` is damaged: {source}", path.display());
            Error::new(Kind::Foreign, message)
                .with_hint("the data in `pgdata` beside it is untouched; restore this file")
                .with_source(source)
        })?;
        if record.format != FORMAT {
            let message = format!(
                "`{}` has format {}, expected {FORMAT}",
                path.display(),
                record.format
            );
            return Err(Error::new(Kind::Foreign, message).with_hint("use a newer howdah"));
        }
        Ok(record)
    }

    /// # Errors
    /// [`Kind::Foreign`] if the directory, which has no record, is not empty.
    fn refuse_foreign(&self) -> Result<()> {
        let entries = match fs::read_dir(&self.home) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io("cannot list", &self.home, error)),
        };
        // what a process leaves that was killed right after making the home
        let ours = |name: &OsStr| name == "lock" || name == "cluster.partial";
        let foreign = entries.flatten().find(|entry| !ours(&entry.file_name()));
        let Some(entry) = foreign else { return Ok(()) };
        let home = self.home.display();
        if let Some(major) = data_version(&self.home) {
            let message = format!(
                "`{home}` is a data directory of PostgreSQL {major} that howdah did not make"
            );
            return Err(Error::new(Kind::Foreign, message).with_hint(
                "use `pg_ctl` of that version for it; give howdah a directory of its own",
            ));
        }
        let name = entry.file_name().display().to_string();
        let message = format!("`{home}` is not a howdah cluster and not empty: it holds `{name}`");
        Err(Error::new(Kind::Foreign, message).with_hint("give howdah a directory of its own"))
    }
}

/// The first line of `PG_VERSION` in a data directory.
pub(crate) fn data_version(pgdata: &Path) -> Option<String> {
    let text = fs::read_to_string(pgdata.join("PG_VERSION")).ok()?;
    Some(text.lines().next()?.trim().to_owned())
}

/// Makes one directory with exactly this mode whatever the umask; false if it exists.
pub(crate) fn make_directory(path: &Path, mode: u32) -> Result<bool> {
    // born with the mode: another start may look at it before the next line
    match fs::DirBuilder::new().mode(mode).create(path) {
        Ok(()) => {
            // which the umask may have narrowed
            fs::set_permissions(path, fs::Permissions::from_mode(mode))
                .at("cannot set the mode of", path)?;
            Ok(true)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(_) if path.is_dir() => Ok(false),
        Err(error) => Err(Error::io("cannot make directory", path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsuitable_home_gets_a_socket_directory_elsewhere() {
        let short = Cluster {
            home: PathBuf::from("/srv/app"),
        };
        assert_eq!(short.socket_directory(), Path::new("/srv/app/socket"));
        let long = Cluster {
            home: Path::new("/srv").join("x".repeat(90)),
        };
        let other = Cluster {
            home: Path::new("/srv").join("y".repeat(90)),
        };
        let file = socket_file(&long.socket_directory(), LONGEST_PORT);
        assert!(
            file.as_os_str().len() <= LONGEST_SOCKET_PATH,
            "{}",
            file.display()
        );
        assert_ne!(long.socket_directory(), other.socket_directory());
        let comma = Cluster {
            home: PathBuf::from("/srv/a,b"),
        };
        assert!(comma.socket_directory().starts_with("/tmp"));
    }

    #[test]
    fn a_record_of_a_later_format_is_refused() {
        let cluster = Cluster {
            home: PathBuf::from("/x"),
        };
        let mut record = Record::new("a".into(), "b".into(), Authentication::Md5);
        let bytes = serde_json::to_vec(&record).unwrap();
        assert_eq!(cluster.parse_record(&bytes).unwrap(), record);
        record.format += 1;
        let bytes = serde_json::to_vec(&record).unwrap();
        assert_eq!(
            cluster.parse_record(&bytes).unwrap_err().kind(),
            Kind::Foreign
        );
    }

    #[test]
    fn authentication_methods_are_named_as_in_pg_hba() {
        for method in Authentication::ALL {
            assert_eq!(method.name().parse::<Authentication>().unwrap(), method);
            assert_eq!(
                serde_json::to_string(&method).unwrap(),
                format!("{:?}", method.name())
            );
        }
        let error = "ident".parse::<Authentication>().unwrap_err();
        assert!(error.to_string().contains("`scram-sha-256`"), "{error}");
    }
}
