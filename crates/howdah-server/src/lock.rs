//! One process at a time at work on a cluster.
//!
//! IO: `flock` on the cluster's lock file. The kernel drops the lock when its holder dies, so a
//! crash never blocks anyone. Invariant: who holds a [`Lock`] holds it on the file that the path
//! names now, not on one that a removal has unlinked meanwhile.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{At, Error, Kind, Result};
use crate::event::{Event, Observer};
use crate::files;

const PAUSE: Duration = Duration::from_millis(20);

/// Released when dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock; `None` if its folder or the file itself went away.
    pub(crate) fn acquire(
        path: &Path,
        timeout: Duration,
        observer: &mut dyn Observer,
    ) -> Result<Option<Self>> {
        let file = match files::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Error::io("cannot open", path, error)
                    .with_hint("run howdah as root or as the account that made the cluster"));
            }
        };
        wait(&file, path, timeout, observer)?;
        let held = file.metadata().at("cannot examine", path)?;
        let named = fs::metadata(path);
        let same = named.is_ok_and(|named| (named.dev(), named.ino()) == (held.dev(), held.ino()));
        Ok(same.then_some(Self { _file: file }))
    }
}

fn wait(file: &File, path: &Path, timeout: Duration, observer: &mut dyn Observer) -> Result<()> {
    let deadline = Instant::now() + timeout;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(Error::io("cannot lock", path, error)),
        }
        if !std::mem::replace(&mut told, true) {
            observer.event(&Event::Waiting);
        }
        if Instant::now() >= deadline {
            let message = format!(
                "another process has held `{}` for {} s",
                path.display(),
                timeout.as_secs()
            );
            return Err(Error::new(Kind::Timeout, message)
                .with_hint("it starts, stops or removes this cluster: wait for it or end it"));
        }
        pause(PAUSE, observer)?;
    }
}

/// Sleeps unless the observer asks to give up.
pub(crate) fn pause(time: Duration, observer: &mut dyn Observer) -> Result<()> {
    if observer.interrupted() {
        return Err(Error::new(Kind::Interrupted, "interrupted while waiting"));
    }
    std::thread::sleep(time);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_waits_and_a_removed_file_is_not_a_lock() {
        let path = std::env::temp_dir().join(format!("howdah-lock-{}", std::process::id()));
        let first = Lock::acquire(&path, Duration::ZERO, &mut ())
            .unwrap()
            .unwrap();
        let refused = Lock::acquire(&path, Duration::from_millis(50), &mut ()).unwrap_err();
        assert_eq!(refused.kind(), Kind::Timeout);

        let waiting = std::thread::spawn({
            let path = path.clone();
            move || {
                Lock::acquire(&path, Duration::from_secs(10), &mut ())
                    .unwrap()
                    .is_none()
            }
        });
        std::thread::sleep(Duration::from_millis(100));
        fs::remove_file(&path).unwrap();
        drop(first);
        assert!(
            waiting.join().unwrap(),
            "the waiter got a lock on an unlinked file"
        );
    }
}
