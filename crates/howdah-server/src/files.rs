//! Files in a cluster's directory: private, and owned by whoever owns the directory.
//!
//! IO: creates and opens files. Root may start the cluster of another account, or one whose
//! directory the server's account owns; files that root leaves there must not lock the owner out,
//! and links that the owner planted there must not lead root elsewhere. Invariant: links are never
//! followed, and a file is given away only if it was created here.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

use crate::error::{At, Error, Result};

/// Replaces `path` atomically by a file with mode 0600.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let partial = path.with_extension("partial");
    // a leftover of a crash may have any mode
    remove(&partial)?;
    let mut file = create(&partial).at("cannot create", &partial)?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .at("cannot write", &partial)?;
    fs::rename(&partial, path).at("cannot replace", path)
}

/// Opens `path` for appending; made with mode 0600 if it is missing.
pub(crate) fn open(path: &Path) -> std::io::Result<File> {
    match create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => options().open(path),
        other => other,
    }
}

/// Removes `path`, if there is such a file.
pub(crate) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Error::io("cannot remove", path, error))
        }
        _ => Ok(()),
    }
}

fn create(path: &Path) -> std::io::Result<File> {
    let file = options().create_new(true).open(path)?;
    let Some(directory) = path.parent() else {
        return Ok(file);
    };
    if rustix::process::geteuid().is_root() {
        let owner = fs::metadata(directory)?;
        fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(file)
}

fn options() -> OpenOptions {
    let no_follow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0);
    let mut options = OpenOptions::new();
    options.append(true).mode(0o600).custom_flags(no_follow);
    options
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn replacing_gives_a_private_file_and_planted_links_are_not_followed() {
        let folder = std::env::temp_dir().join(format!("howdah-files-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let (path, other) = (folder.join("file.x"), folder.join("other"));
        fs::write(&other, "untouched").unwrap();
        fs::write(&path, "old").unwrap();
        symlink(&other, folder.join("file.partial")).unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );

        symlink(&other, folder.join("link")).unwrap();
        assert!(open(&folder.join("link")).is_err());
        symlink(folder.join("nowhere"), folder.join("dangling")).unwrap();
        assert!(open(&folder.join("dangling")).is_err());
        assert_eq!(fs::read(&other).unwrap(), b"untouched");
        fs::remove_dir_all(folder).unwrap();
    }
}
