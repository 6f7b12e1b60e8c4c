//! Bytes to lines and columns.

/// A place for people: both count from one, columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The character of the line.
    pub column: u32,
}

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<u32>,
    /// How many characters begin before each block of bytes: a line may be as long as the file.
    characters: Vec<u32>,
}

/// Bytes of a block.
const BLOCK: usize = 4096;

impl<'a> Lines<'a> {
    /// Looks through the text once. A line ends with `\n`; a `\r` before it belongs to the line.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        let ends = text.match_indices('\n');
        let starts = std::iter::once(0)
            .chain(ends.map(|(at, _)| at as u32 + 1))
            .collect();
        let mut characters = vec![0];
        for block in text.as_bytes().chunks(BLOCK) {
            let before = characters.last().copied().unwrap_or_default();
            characters.push(before + count(block));
        }
        Self {
            text,
            starts,
            characters,
        }
    }

    /// The place of a byte; the end of the text for one behind it.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let offset = (offset as usize).min(self.text.len());
        let line = self
            .starts
            .partition_point(|start| *start as usize <= offset);
        let start = self.starts.get(line - 1).map_or(0, |start| *start as usize);
        Position {
            line: line as u32,
            column: self.characters(start, offset) + 1,
        }
    }

    /// How many characters begin between two bytes.
    fn characters(&self, from: usize, to: usize) -> u32 {
        let bytes = self.text.as_bytes();
        if to - from <= BLOCK {
            return count(bytes.get(from..to).unwrap_or_default());
        }
        let before = |at: usize| {
            let block = at / BLOCK;
            let known = self.characters.get(block).copied().unwrap_or_default();
            known + count(bytes.get(block * BLOCK..at).unwrap_or_default())
        };
        before(to) - before(from)
    }

    /// Where a line begins, by its number from one; none where there is no such line.
    #[must_use]
    pub fn start(&self, number: u32) -> Option<usize> {
        let index = (number as usize).checked_sub(1)?;
        self.starts.get(index).map(|it| *it as usize)
    }

    /// How many lines there are; a text without any character has one.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// A line's text by its number from one, without its end; none where there is no such line.
    #[must_use]
    pub fn line(&self, number: u32) -> Option<&'a str> {
        let index = (number as usize).checked_sub(1)?;
        let start = *self.starts.get(index)? as usize;
        let end = self
            .starts
            .get(index + 1)
            .map_or(self.text.len(), |e| *e as usize - 1);
        let line = self.text.get(start..end)?;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }
}

/// Bytes that begin a character, so that an offset inside of one is no matter.
fn count(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|byte| (**byte as i8) >= -0x40).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_counts_characters_as_a_short_one() {
        let text = format!("x\n{}", "ä".repeat(3 * BLOCK));
        let lines = Lines::new(&text);
        for at in [1, BLOCK / 2, BLOCK, 2 * BLOCK + 7, 3 * BLOCK] {
            let column = at as u32 + 1;
            assert_eq!(
                lines.position(2 + 2 * at as u32),
                Position { line: 2, column }
            );
        }
    }

    #[test]
    fn places_count_characters_from_one() {
        let lines = Lines::new("äb\r\nc\n");
        assert_eq!(lines.position(0), Position { line: 1, column: 1 });
        assert_eq!(lines.position(2), Position { line: 1, column: 2 });
        assert_eq!(lines.position(5), Position { line: 2, column: 1 });
        assert_eq!(lines.position(7), Position { line: 3, column: 1 });
        assert_eq!(lines.position(99), Position { line: 3, column: 1 });
        assert_eq!(lines.line(1), Some("äb"));
        assert_eq!(lines.line(3), Some(""));
        assert_eq!(lines.line(4), None);
        assert_eq!(lines.line(0), None);
        assert_eq!(lines.count(), 3);
    }
}
