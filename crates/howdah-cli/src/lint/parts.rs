//! howdah's own migration files: what goes up and what goes down are scripts of their own.
//!
//! No IO. Invariant: a part keeps every byte at its place, so that positions are those of the file.

/// The parts of a text, each as long as the text; a text that is no migration of howdah's is one part.
pub(crate) fn parts(text: &str) -> Vec<String> {
    if !is_migration(text) {
        return Vec::new();
    }
    let mut begins = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if is_mark(line) {
            begins.push(at);
        }
        at += line.len();
    }
    let ends = begins.iter().skip(1).copied().chain([text.len()]);
    let part = |(begin, end): (&usize, usize)| {
        let inner = text.get(*begin..end).unwrap_or_default();
        let mut part = blank(text.get(..*begin).unwrap_or_default());
        part.push_str(inner);
        part.push_str(&blank(text.get(end..).unwrap_or_default()));
        part
    };
    begins.iter().zip(ends).map(part).collect()
}

/// Whether the text says that it is one.
pub(super) fn is_migration(text: &str) -> bool {
    let comments = text
        .lines()
        .map(str::trim)
        .take_while(|it| it.is_empty() || it.starts_with("--"));
    let mut words = comments.map(|it| it.trim_start_matches('-').trim().to_lowercase());
    words.any(|it| it == "howdah: migration")
}

fn is_mark(line: &str) -> bool {
    let word = line
        .trim_end()
        .strip_prefix("--")
        .map(|it| it.trim().to_lowercase());
    matches!(word.as_deref(), Some("up" | "down"))
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
        let text = "-- howdah: migration\n-- depends: ä\n\n-- up\ncreate table t ();\n-- down\ndrop table t;\n";
        let found = parts(text);
        let [up, down] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!((up.len(), down.len()), (text.len(), text.len()));
        assert_eq!(up.find("create"), text.find("create"));
        assert_eq!(down.find("drop"), text.find("drop"));
        assert!(!up.contains("drop") && !down.contains("create"));
    }

    #[test]
    fn other_files_have_no_parts() {
        assert!(parts("-- up\nselect 1;").is_empty());
        assert!(parts("select 1;\n-- howdah: migration\n").is_empty());
    }
}
