//! How long work on a table of known size takes, roughly.
//!
//! No IO. The figures are those of `tools/measure_work.py`, rounded: PostgreSQL 18, one core, everything in memory, a
//! table of 2 million rows of 100 bytes. Disks are slower, so what is estimated is a lower bound on
//! most machines; its purpose is to tell milliseconds from minutes. Invariant: more rows or bytes never take less time.

use super::finding::WorkKind;
use crate::catalog::Size;

/// Bytes of a row where only their number is known.
const ROW_BYTES: u64 = 100;

/// Reading rows and testing a condition on each.
const SCAN_BYTES_PER_SECOND: f64 = 1.0e9;
/// Writing each row into a new file, with its WAL.
const REWRITE_BYTES_PER_SECOND: f64 = 100.0e6;
/// Sorting keys and writing a btree.
const BUILD_ROWS_PER_SECOND: f64 = 1.2e6;
/// Building the indexes of a table that is written anew.
const INDEX_BYTES_PER_SECOND: f64 = 40.0e6;

/// Where the figures come from, for output that shows an estimate.
pub const SOURCE: &str = "docs/lint.md#how-durations-are-estimated";

/// Seconds that work of this kind takes on a relation of this size.
#[must_use]
#[allow(clippy::cast_precision_loss)] // an estimate of magnitude
pub fn seconds(kind: WorkKind, size: &Size) -> f64 {
    let bytes = size.bytes.unwrap_or(size.rows.saturating_mul(ROW_BYTES)) as f64;
    let scan = bytes / SCAN_BYTES_PER_SECOND;
    match kind {
        WorkKind::Scan => scan,
        WorkKind::Build => scan + size.rows as f64 / BUILD_ROWS_PER_SECOND,
        WorkKind::Rewrite => {
            let indexes = size.index_bytes.unwrap_or(0) as f64 / INDEX_BYTES_PER_SECOND;
            bytes / REWRITE_BYTES_PER_SECOND + indexes
        }
    }
}

/// `about 3 ms`, `about 40 s`, `about 5 min`, `about 2 h`: two digits at most, since no more is known.
#[must_use]
pub fn words(seconds: f64) -> String {
    let (value, unit) = match seconds {
        it if it < 0.001 => return "under 1 ms".to_owned(),
        it if it < 1.0 => (it * 1_000.0, "ms"),
        it if it < 90.0 => (it, "s"),
        it if it < 5_400.0 => (it / 60.0, "min"),
        it => (it / 3_600.0, "h"),
    };
    let digits = usize::from(value < 9.95 && (value - value.round()).abs() > 0.05);
    if value < 99.5 {
        format!("about {value:.digits$} {unit}")
    } else {
        format!("about {:.0} {unit}", (value / 10.0).round() * 10.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_grows_with_size() {
        let size = |rows| Size {
            rows,
            ..Size::default()
        };
        for kind in [WorkKind::Scan, WorkKind::Build, WorkKind::Rewrite] {
            assert!(seconds(kind, &size(12)) < 0.001, "{kind:?}");
            assert!(seconds(kind, &size(12_000_000)) > 1.0, "{kind:?}");
        }
    }

    #[test]
    fn indexes_cost_their_part_of_a_rewrite() {
        let bare = Size {
            rows: 1_000,
            bytes: Some(1_000_000_000),
            index_bytes: None,
        };
        let indexed = Size {
            index_bytes: Some(500_000_000),
            ..bare
        };
        assert!(seconds(WorkKind::Rewrite, &indexed) > seconds(WorkKind::Rewrite, &bare) + 5.0);
    }

    #[test]
    fn no_more_digits_than_are_known() {
        let cases = [
            (0.000_01, "under 1 ms"),
            (0.0034, "about 3.4 ms"),
            (0.25, "about 250 ms"),
            (3.0, "about 3 s"),
            (41.7, "about 42 s"),
            (300.0, "about 5 min"),
            (9_000.0, "about 2.5 h"),
            (3_600_000.0, "about 1000 h"),
        ];
        for (value, expected) in cases {
            assert_eq!(words(value), expected);
        }
    }
}
