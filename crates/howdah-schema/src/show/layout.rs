//! Text in columns and sections. No IO.

use crate::value::{Grants, Options};

/// Rows whose cells stand below each other.
#[derive(Debug, Default)]
pub(super) struct Grid(Vec<Vec<String>>);

impl Grid {
    pub(super) fn row<const CELLS: usize>(&mut self, cells: [String; CELLS]) {
        self.0.push(cells.into());
    }

    /// The lines, indented; columns in which nothing stands are left out.
    pub(super) fn text(&self, indent: usize) -> String {
        let count = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |column: usize| {
            let cells = self.0.iter().filter_map(|row| row.get(column));
            cells.map(|cell| width(cell)).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..count).map(widest).collect();
        let mut text = String::new();
        for row in &self.0 {
            let mut line = " ".repeat(indent);
            for (cell, wide) in row.iter().zip(&widths).filter(|(_, wide)| **wide > 0) {
                line.push_str(cell);
                line.push_str(&" ".repeat(wide - width(cell) + 2));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Cells have one line: what has more shows the first.
pub(super) fn one_line(text: &str) -> String {
    let mut lines = text.trim().lines();
    let first = lines.next().unwrap_or_default().trim_end();
    match lines.next() {
        Some(_) => format!("{first} …"),
        None => first.to_owned(),
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// An object: its title, then what is said of it.
#[derive(Debug)]
pub(super) struct Block(Vec<String>);

impl Block {
    pub(super) fn new(title: &str, comment: Option<&String>) -> Self {
        let mut lines = vec![title.to_owned()];
        let comment = comment.into_iter().flat_map(|it| it.lines());
        lines.extend(comment.map(|line| format!("  -- {line}")));
        Self(lines)
    }

    /// A line, if there is something to say.
    pub(super) fn say(&mut self, name: &str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            let value = value.as_ref();
            self.0.push(format!("  {name}: {value}"));
        }
    }

    pub(super) fn mark(&mut self, is_so: bool, text: &str) {
        if is_so {
            self.0.push(format!("  {text}"));
        }
    }

    pub(super) fn options(&mut self, options: &Options) {
        let list: Vec<String> = options
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        self.say("options", (!list.is_empty()).then(|| list.join(", ")));
    }

    pub(super) fn grants(&mut self, grants: &Grants) {
        let Some(grants) = grants else {
            return;
        };
        let mut grid = Grid::default();
        for it in grants {
            let role = it.role.as_deref().unwrap_or("public").to_owned();
            let tail = if it.grantable {
                "with grant option"
            } else {
                ""
            };
            grid.row([role, it.privileges.join(", "), tail.to_owned()]);
        }
        if grants.is_empty() {
            grid.row(["nobody but the owner".to_owned()]);
        }
        self.section("privileges", &grid);
    }

    /// A title with rows below it, if there are any.
    pub(super) fn section(&mut self, title: &str, rows: &Grid) {
        if !rows.is_empty() {
            self.0
                .push(format!("  {title}\n{}", rows.text(4).trim_end()));
        }
    }

    /// A text of several lines.
    pub(super) fn body(&mut self, title: &str, text: &str) {
        self.0.push(format!("  {title}"));
        for line in text.trim_matches('\n').lines() {
            self.0.push(format!("    {line}").trim_end().to_owned());
        }
    }

    pub(super) fn text(self) -> String {
        self.0.join("\n") + "\n"
    }
}

/// `1 column`, `3 columns`; nothing for none.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    match number {
        0 => String::new(),
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}

/// `12 kB`, as PostgreSQL writes sizes.
pub(super) fn bytes(number: u64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"];
    let mut number = number;
    for (place, unit) in units.iter().enumerate() {
        let is_last = place + 1 == units.len();
        if number < 10 * 1024 || is_last {
            return format!("{number} {unit}");
        }
        number = (number + 512) / 1024;
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_columns_take_no_room() {
        let mut grid = Grid::default();
        grid.row(["id".to_owned(), String::new(), "bigint".to_owned()]);
        grid.row(["größe".to_owned(), String::new(), String::new()]);
        assert_eq!(grid.text(2), "  id     bigint\n  größe\n");
    }

    #[test]
    fn sizes_have_few_digits() {
        let cases = [
            (0, "0 bytes"),
            (8192, "8192 bytes"),
            (16_384, "16 kB"),
            (123_456_789, "118 MB"),
        ];
        for (number, text) in cases {
            assert_eq!(bytes(number), text);
        }
    }
}
