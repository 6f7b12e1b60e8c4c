//! Migration files that hold the way up and the way down: scripts of their own.
//!
//! No IO. Invariant: a part keeps every byte at its place, so that positions are those of the file; the comments before the
//! first mark belong to every part.

use howdah_sql::text::{Section, sections};

/// A part of a file.
pub(crate) struct Part {
    /// As long as the file.
    pub(crate) text: String,
    /// It applies the migration, and does not undo it.
    pub(crate) up: bool,
    /// Whether the tool runs it in a transaction; none where it does what the script says.
    pub(crate) transaction: Option<bool>,
    /// Where the first mark of the file stands.
    pub(crate) begins: u32,
}

/// The parts of a text; none where it is one script.
pub(crate) fn parts(text: &str) -> Vec<Part> {
    let sections = sections(text);
    let head = sections.first().map_or(0, |it| it.span.start as usize);
    let part = |section: &Section| {
        let range = section.span.range();
        let slice = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
        let pieces = [
            slice(0..head).to_owned(),
            blank(slice(head..range.start)),
            slice(range.clone()).to_owned(),
            blank(slice(range.end..text.len())),
        ];
        Part {
            text: pieces.concat(),
            up: section.up,
            transaction: section.transaction,
            begins: head as u32,
        }
    };
    sections.iter().map(part).collect()
}

fn blank(text: &str) -> String {
    let byte = |it: u8| if it == b'\n' { '\n' } else { ' ' };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_keep_their_places() {
        let text = "-- howdah: migration\n-- depends: ä\n\n-- up\ncreate table ü ();\n-- down\ndrop table t;\n";
        let found = parts(text);
        let [up, down] = found.as_slice() else {
            panic!("{} parts", found.len())
        };
        assert_eq!((up.text.len(), down.text.len()), (text.len(), text.len()));
        assert_eq!(up.text.find("create"), text.find("create"));
        assert_eq!(down.text.find("drop"), text.find("drop"));
        assert!(!up.text.contains("drop") && !down.text.contains("create"));
        assert!(down.text.contains("depends: ä"), "{}", down.text);
    }
}
