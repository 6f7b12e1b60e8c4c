//! Python source: calls, lists and literals, broken into lines where they are long.
//!
//! No IO. Invariant: whatever a text holds, its literal is read by Python as that text.

use std::fmt::Write;

/// How long a line may be.
const WIDTH: usize = 96;

/// An expression of Python.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Source as it is.
    Text(String),
    /// A call, or a class statement's head; arguments with their keywords.
    Call(String, Vec<(Option<&'static str>, Node)>),
    /// A list.
    List(Vec<Node>),
}

impl Node {
    pub(super) fn call(function: impl Into<String>) -> Self {
        Self::Call(function.into(), Vec::new())
    }

    /// A text as a literal.
    pub(super) fn literal(text: &str) -> Self {
        Self::Text(literal(text))
    }

    /// The call with another argument.
    pub(super) fn with(mut self, argument: Node) -> Self {
        if let Self::Call(_, arguments) = &mut self {
            arguments.push((None, argument));
        }
        self
    }

    /// The call with another text as an argument.
    pub(super) fn with_text(self, text: &str) -> Self {
        self.with(Self::literal(text))
    }

    /// The call with a keyword, where there is something to be said.
    pub(super) fn named(mut self, keyword: &'static str, argument: Option<Node>) -> Self {
        if let (Self::Call(_, arguments), Some(argument)) = (&mut self, argument) {
            arguments.push((Some(keyword), argument));
        }
        self
    }

    /// The call with a text by its keyword, where there is one.
    pub(super) fn text(self, keyword: &'static str, text: Option<impl AsRef<str>>) -> Self {
        self.named(keyword, text.map(|it| Self::literal(it.as_ref())))
    }

    /// The call with texts by their keyword, where there are some.
    pub(super) fn texts(self, keyword: &'static str, texts: &[String]) -> Self {
        let list = (!texts.is_empty()).then(|| Self::strings(texts));
        self.named(keyword, list)
    }

    /// The call with a keyword that is true, or left out.
    pub(super) fn flag(self, keyword: &'static str, is_set: bool) -> Self {
        self.named(keyword, is_set.then(|| Self::Text("True".to_owned())))
    }

    /// The call with a list by its keyword, where it has items.
    pub(super) fn list(self, keyword: &'static str, items: Vec<Node>) -> Self {
        self.named(keyword, (!items.is_empty()).then_some(Self::List(items)))
    }

    pub(super) fn strings(texts: &[String]) -> Self {
        Self::List(texts.iter().map(|text| Self::literal(text)).collect())
    }

    /// Whether it is a call without arguments.
    pub(super) fn is_empty_call(&self) -> bool {
        matches!(self, Self::Call(_, arguments) if arguments.is_empty())
    }

    /// The source, in lines that are indented by `indent`; `used` is what stands before it and after it on its lines.
    pub(super) fn source(&self, indent: usize, used: usize) -> String {
        let flat = self.flat();
        if indent + used + flat.chars().count() <= WIDTH && !flat.contains('\n') {
            return flat;
        }
        match self {
            Self::Text(_) => flat,
            Self::Call(head, arguments) if arguments.is_empty() => format!("{head}()"),
            Self::Call(head, arguments) => {
                let lines = arguments.iter().map(|(keyword, node)| {
                    let keyword = keyword.map(|it| format!("{it}=")).unwrap_or_default();
                    keyword.clone() + &node.source(indent + 4, keyword.len() + 1)
                });
                broken(&format!("{head}("), lines, ")", indent)
            }
            Self::List(items) => {
                let lines = items.iter().map(|item| item.source(indent + 4, 1));
                broken("[", lines, "]", indent)
            }
        }
    }

    fn flat(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Call(head, arguments) => {
                let arguments = arguments.iter().map(|(keyword, node)| {
                    let keyword = keyword.map(|it| format!("{it}=")).unwrap_or_default();
                    keyword + &node.flat()
                });
                format!("{head}({})", arguments.collect::<Vec<_>>().join(", "))
            }
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::flat).collect();
                format!("[{}]", items.join(", "))
            }
        }
    }
}

fn broken(open: &str, lines: impl Iterator<Item = String>, close: &str, indent: usize) -> String {
    let mut source = format!("{open}\n");
    for line in lines {
        let _ = writeln!(source, "{:1$}{line},", "", indent + 4); // into a String: cannot fail
    }
    source + &" ".repeat(indent) + close
}

/// A text as Python writes it, in three quotes if it has lines.
pub(super) fn literal(text: &str) -> String {
    let has_lines = text.contains('\n');
    let quote = if !has_lines && text.contains('"') && !text.contains('\'') {
        '\''
    } else {
        '"'
    };
    let mut written = String::with_capacity(text.len() + 6);
    for letter in text.chars() {
        match letter {
            '\\' => written.push_str("\\\\"),
            '\n' if has_lines => written.push('\n'),
            '\t' => written.push_str("\\t"),
            it if it == quote => {
                // within three quotes a single one may stand
                if has_lines && !written.ends_with('"') {
                    written.push('"');
                } else {
                    written.push('\\');
                    written.push(it);
                }
            }
            it if it.is_control() => {
                let _ = write!(written, "\\u{:04x}", u32::from(it)); // into a String: cannot fail
            }
            it => written.push(it),
        }
    }
    if has_lines {
        if written.ends_with('"') && !written.ends_with("\\\"") {
            written.pop();
            written.push_str("\\\"");
        }
        return format!("\"\"\"{written}\"\"\"");
    }
    format!("{quote}{written}{quote}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_readable_and_exact() {
        assert_eq!(literal("it's"), "\"it's\"");
        assert_eq!(literal("the \"best\""), "'the \"best\"'");
        assert_eq!(literal("'\""), "\"'\\\"\"");
        assert_eq!(literal("a\\b"), "\"a\\\\b\"");
        assert_eq!(literal("a\n\"b\""), "\"\"\"a\n\"b\\\"\"\"\"");
        assert_eq!(literal("a\n\"\"\"b"), "\"\"\"a\n\"\\\"\\\"b\"\"\"");
        assert_eq!(literal("\r\n"), "\"\"\"\\u000d\n\"\"\"");
    }

    #[test]
    fn long_calls_have_a_line_for_each_argument() {
        let call = Node::call("check")
            .with_text(&"x".repeat(100))
            .flag("no_inherit", true);
        let lines = call.source(4, 0);
        assert_eq!(lines.lines().count(), 4);
        assert!(lines.ends_with("\n    )"));
    }
}
