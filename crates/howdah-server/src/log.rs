//! The server's log file.
//!
//! IO: reads the file that the server appends to. Called to show it, and to say why a start
//! failed. Invariant: bytes that are no UTF-8 (a client's, quoted by the server) never stop it.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::error::{At, Error, Kind, Result};
use crate::event::Observer;
use crate::lock::pause;

const FOLLOW_PAUSE: Duration = Duration::from_millis(100);
const COMPLAINTS: [&str; 5] = ["FATAL:", "PANIC:", "ERROR:", "DETAIL:", "HINT:"];

/// The whole log, or its last `lines`.
///
/// # Errors
/// [`Kind::NoCluster`]; [`Kind::Io`] if the log cannot be read. A log that does not exist yet is
/// empty.
pub fn read(cluster: &Cluster, lines: Option<usize>) -> Result<String> {
    cluster.existing_record()?;
    let text = text(&cluster.log(), 0)?;
    Ok(last_lines(&text, lines).to_owned())
}

/// Writes what the log gets from now on to `output`, until the observer interrupts or `output` is
/// closed. `lines` of what is there already come first.
///
/// # Errors
/// Those of [`read`], and [`Kind::Io`] if `output` fails for another reason than being closed.
pub fn follow(
    cluster: &Cluster,
    lines: Option<usize>,
    output: &mut dyn Write,
    observer: &mut dyn Observer,
) -> Result<()> {
    let path = cluster.log();
    cluster.existing_record()?;
    let before = bytes(&path, 0)?;
    let mut position = before.len() as u64;
    let mut news = last_lines(&String::from_utf8_lossy(&before), lines)
        .as_bytes()
        .to_vec();
    while write_out(output, &news, &path)? {
        if let Err(error) = pause(FOLLOW_PAUSE, observer) {
            return if error.kind() == Kind::Interrupted {
                Ok(())
            } else {
                Err(error)
            };
        }
        // a shorter file is a new one: the cluster was made anew
        position = if size(&path) < position { 0 } else { position };
        news = bytes(&path, position)?;
        position += news.len() as u64;
    }
    Ok(())
}

fn last_lines(text: &str, wanted: Option<usize>) -> &str {
    let Some(wanted) = wanted else { return text };
    let mut starts: Vec<usize> = vec![0];
    starts.extend(text.match_indices('\n').map(|(position, _)| position + 1));
    starts.retain(|start| *start < text.len());
    let first = starts.len().saturating_sub(wanted);
    text.get(starts.get(first).copied().unwrap_or(text.len())..)
        .unwrap_or_default()
}

fn write_out(output: &mut dyn Write, news: &[u8], path: &Path) -> Result<bool> {
    if news.is_empty() {
        return Ok(true);
    }
    match output.write_all(news).and_then(|()| output.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Error::io("cannot pass on", path, error)),
    }
}

pub(crate) fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.size())
}

/// What the log holds from byte `start` on.
pub(crate) fn text(path: &Path, start: u64) -> Result<String> {
    bytes(path, start).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn bytes(path: &Path, start: u64) -> Result<Vec<u8>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("cannot read", path, error)),
    };
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(start))
        .and_then(|_| file.read_to_end(&mut bytes))
        .at("cannot read", path)?;
    Ok(bytes)
}

/// The complaints in a log of a start that failed, without time stamps: `FATAL: …; HINT: …`.
pub(crate) fn complaints(text: &str) -> String {
    let told = text.lines().filter_map(|line| {
        let start = COMPLAINTS.iter().find_map(|word| line.find(word))?;
        let (word, rest) = line.get(start..)?.split_once(':')?;
        Some(format!("{word}: {}", rest.trim()))
    });
    let told = told.collect::<Vec<_>>().join("; ");
    if told.is_empty() {
        text.lines().last().unwrap_or_default().to_owned()
    } else {
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_whole_lines() {
        for (text, wanted, expected) in [
            ("a\nb\nc\n", Some(2), "b\nc\n"),
            ("a\nb\nc", Some(2), "b\nc"),
            ("a\nb\n", Some(9), "a\nb\n"),
            ("a\nb\n", Some(0), ""),
            ("", Some(3), ""),
            ("a\n", None, "a\n"),
        ] {
            assert_eq!(last_lines(text, wanted), expected, "{text:?} {wanted:?}");
        }
    }

    #[test]
    fn complaints_are_picked_out_of_the_log() {
        let log = "2026-01-01 10:00:00.1 UTC [7] LOG:  starting PostgreSQL 18.6\n\
            2026-01-01 10:00:00.2 UTC [7] FATAL:  could not map memory\n\
            2026-01-01 10:00:00.2 UTC [7] HINT:  Use less: memory\n";
        assert_eq!(
            complaints(log),
            "FATAL: could not map memory; HINT: Use less: memory"
        );
        assert_eq!(
            complaints("sh: postgres: not found\n"),
            "sh: postgres: not found"
        );
        assert_eq!(complaints(""), "");
    }
}
