//! The lines of a source that a finding shows, fit to be printed.
//!
//! No IO. Made while the source is in memory, kept with the finding. Invariant: what it holds is bounded, and free of
//! control characters, which a terminal would obey.

use std::ops::Range;

use howdah_sql::text::Lines;

/// Lines shown at most.
const LINES: usize = 4;
/// Characters of a line shown at most.
const WIDTH: usize = 160;

/// Bytes of a line before and behind a place that are looked at: more than [`WIDTH`] characters.
const LOOKED_AT: usize = 16 * WIDTH;

/// Lines of a source.
#[derive(Debug, Clone, Default)]
pub(crate) struct Excerpt {
    /// The number of the first line; zero where the lines are not those of a file.
    pub(crate) first: usize,
    pub(crate) lines: Vec<Line>,
    /// The range goes on below.
    pub(crate) cut: bool,
}

/// A line, and what of it is pointed at, in columns of what is printed.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) marked: Range<usize>,
}

impl Excerpt {
    /// The lines that a range of bytes touches; `first` is the number of its first line.
    pub(crate) fn new(lines: &Lines<'_>, range: &Range<usize>, first: u32) -> Self {
        let mut excerpt = Self {
            first: first as usize,
            ..Self::default()
        };
        for number in first.. {
            let (Some(begin), Some(line)) = (lines.start(number), lines.line(number)) else {
                break;
            };
            let within = |it: usize| it.saturating_sub(begin).min(line.len());
            let marked = within(range.start)..within(range.end);
            excerpt.lines.push(Line::around(line, marked));
            if lines.start(number + 1).is_none_or(|it| it >= range.end) {
                break;
            }
            if excerpt.lines.len() == LINES {
                excerpt.cut = true;
                break;
            }
        }
        excerpt
    }
}

impl Excerpt {
    /// Lines of a text that is in no file.
    pub(crate) fn unnumbered(text: &str, range: &Range<usize>) -> Self {
        let lines = Lines::new(text);
        let first = lines.position(range.start as u32).line;
        Self {
            first: 0,
            ..Self::new(&lines, range, first)
        }
    }

    /// How wide the numbers are.
    pub(crate) fn width(&self) -> usize {
        match self.first {
            0 => "sql".len(),
            first => (first + self.lines.len())
                .saturating_sub(1)
                .to_string()
                .len(),
        }
    }

    /// What stands before a line.
    pub(crate) fn number(&self, index: usize) -> String {
        match self.first {
            0 => "sql".to_owned(),
            first => (first + index).to_string(),
        }
    }
}

impl Line {
    /// A line without its end. Of one that is very long no more than what may be shown is looked at.
    fn around(line: &str, marked: Range<usize>) -> Self {
        let from = line.floor_char_boundary(marked.start.saturating_sub(LOOKED_AT));
        let to = line.floor_char_boundary(marked.start.saturating_add(LOOKED_AT));
        let part = line.get(from..to).unwrap_or_default();
        let within = |it: usize| it.saturating_sub(from).min(part.len());
        Self::new(part, within(marked.start)..within(marked.end))
    }

    fn new(line: &str, marked: Range<usize>) -> Self {
        if line.bytes().all(|it| matches!(it, b' '..=b'~')) {
            return Self::plain(line, &marked).cropped(line.len());
        }
        let mut text = String::new();
        let (mut width, mut from, mut to) = (0, None, None);
        for (at, character) in line.char_indices() {
            // the indentation of a line that goes on is not what is meant
            let is_text = !character.is_whitespace() || at >= marked.end;
            if at >= marked.start && from.is_none() && is_text {
                from = Some(width);
            }
            if at >= marked.end && to.is_none() {
                to = Some(width);
            }
            width += push(&mut text, character);
        }
        let from = from.unwrap_or(width);
        let whole = Self {
            marked: from..to.unwrap_or(width).max(from + 1),
            text,
        };
        whole.cropped(width)
    }

    /// A line of which each byte is a column, as almost all are.
    fn plain(line: &str, marked: &Range<usize>) -> Self {
        let mut from = marked.start.min(line.len());
        let space = line.bytes().skip(from).take(marked.len());
        // the indentation of a line that goes on is not what is meant
        from += space.take_while(|it| *it == b' ').count();
        Self {
            text: line.to_owned(),
            marked: from..marked.end.min(line.len()).max(from + 1),
        }
    }

    /// The part around what is marked, of a line that is too long.
    fn cropped(self, width: usize) -> Self {
        if width <= WIDTH {
            return self;
        }
        let skip = self
            .marked
            .start
            .saturating_sub(WIDTH / 3)
            .min(width - WIDTH);
        let (mut text, mut at, mut first) = (String::new(), 0, None);
        if self.text.is_ascii() {
            first = Some(skip);
            text.push_str(self.text.get(skip..skip + WIDTH).unwrap_or_default());
        } else {
            for character in self.text.chars() {
                if at >= skip && at < skip + WIDTH {
                    first.get_or_insert(at);
                    text.push(character);
                }
                at += columns(character);
            }
        }
        let skip = first.unwrap_or(skip);
        if skip + WIDTH < width {
            text.push('…');
        }
        let shift = usize::from(skip > 0);
        if shift == 1 {
            text.insert(0, '…');
        }
        let within = |it: usize| it.saturating_sub(skip).min(WIDTH) + shift;
        Self {
            text,
            marked: within(self.marked.start)
                ..within(self.marked.end).max(within(self.marked.start) + 1),
        }
    }
}

/// A text whose names may come from a source, fit to be printed.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push('\n'),
            character => {
                push(&mut out, character);
            }
        }
    }
    out
}

/// Adds a character as it is printed; gives its columns.
fn push(text: &mut String, character: char) -> usize {
    match character {
        '\t' => {
            text.push_str("    ");
            4
        }
        character if character.is_control() || is_invisible(character) => {
            text.push('\u{fffd}');
            1
        }
        character => {
            text.push(character);
            columns(character)
        }
    }
}

/// How many columns a terminal gives to a character, in the ranges of Unicode's East Asian Width and of marks that are
/// written over what stands before them.
fn columns(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36f}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// Marks of direction and joining, with which a source can look like another.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(text: &str, range: Range<usize>) -> Vec<(String, String)> {
        let lines = Lines::new(text);
        let first = lines.position(range.start as u32).line;
        let excerpt = Excerpt::new(&lines, &range, first);
        let line = |it: &Line| {
            let marked = it.text.chars().skip(it.marked.start).take(it.marked.len());
            (it.text.clone(), marked.collect())
        };
        excerpt.lines.iter().map(line).collect()
    }

    #[test]
    fn what_is_pointed_at_is_marked() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(marks("a\nbcd e\nf", 3..5), [pair("bcd e", "cd")]);
        assert_eq!(marks("ä\tb c", 3..4), [pair("ä    b c", "b")]);
        assert_eq!(
            marks("ab\n  cd\nx", 1..7),
            [pair("ab", "b"), pair("  cd", "cd")]
        );
        assert_eq!(marks("ab", 2..2), [pair("ab", "")]);
        assert_eq!(marks("", 0..0), [pair("", "")]);
        assert_eq!(marks("a\u{1b}[2J", 0..1).first().unwrap().0, "a\u{fffd}[2J");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let text = "SELECT '表名', e\u{301} FROM 表 x";
        let start = text.find("FROM").unwrap();
        let excerpt = Excerpt::new(&Lines::new(text), &(start..start + 4), 1);
        let line = excerpt.lines.first().unwrap();
        // seven letters, a quote, two wide ones, a quote, a comma, a space, an accented letter, a space
        assert_eq!(line.marked, 17..21, "{}", line.text);
        let long = format!("{}X", "表".repeat(500));
        let found = Excerpt::new(&Lines::new(&long), &(1_500..1_501), 1);
        let line = found.lines.first().unwrap();
        let before: usize = line
            .text
            .chars()
            .take_while(|it| *it != 'X')
            .map(columns)
            .sum();
        assert_eq!(line.marked.start, before);
    }

    #[test]
    fn it_is_bounded() {
        let long = format!("{}X{}", "a".repeat(5_000), "b".repeat(5_000));
        let found = marks(&long, 5_000..5_001);
        assert_eq!(found.first().unwrap().1, "X");
        assert!(found.first().unwrap().0.chars().count() <= WIDTH + 2);
        let tall = "a\n".repeat(100);
        let excerpt = Excerpt::new(&Lines::new(&tall), &(0..200), 1);
        assert!(excerpt.cut && excerpt.lines.len() == LINES);
    }
}
