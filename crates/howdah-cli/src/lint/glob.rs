//! Patterns of paths: `*`, `?`, `[a-z]`, `{a,b}`, and `**` for any number of folders.
//!
//! No IO. Paths are compared with `/` between their parts. Invariant: time is bounded by the product of the lengths of
//! pattern and path, whatever the pattern.

use std::path::Path;

/// A pattern, ready to be compared.
#[derive(Debug, Clone)]
pub(crate) struct Glob {
    /// One list of parts for each way to choose from the braces.
    ways: Vec<Vec<String>>,
}

/// How many ways the braces of one pattern may be chosen.
const WAYS: usize = 256;

impl Glob {
    /// The pattern; as in `.gitignore`, one without `/` is about a name at any depth, and a folder means all within.
    pub(crate) fn new(pattern: &str) -> Self {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        let ways = choices(pattern)
            .iter()
            .map(|way| {
                let way = way.trim_end_matches('/');
                let mut parts: Vec<String> = Vec::new();
                if !way.contains('/') {
                    parts.push("**".to_owned());
                }
                parts.extend(way.trim_start_matches('/').split('/').map(str::to_owned));
                parts
            })
            .collect();
        Self { ways }
    }

    /// The pattern, about whole paths only: what a command line means, where shells have no `**`.
    pub(crate) fn exact(pattern: &str) -> Self {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        let split = |way: &String| way.split('/').map(str::to_owned).collect();
        Self {
            ways: choices(pattern).iter().map(split).collect(),
        }
    }

    /// Whether the path, or a folder that it is in, fits.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        let parts = parts(path);
        (1..=parts.len()).any(|length| parts.get(..length).is_some_and(|it| self.fits(it)))
    }

    /// Whether this very path fits.
    pub(crate) fn is(&self, path: &Path) -> bool {
        self.fits(&parts(path))
    }

    fn fits(&self, path: &[String]) -> bool {
        self.ways.iter().any(|way| {
            matches(
                way,
                path,
                |it| it == "**",
                |pattern, part| part_fits(pattern, part),
            )
        })
    }
}

fn parts(path: &Path) -> Vec<String> {
    path.components()
        .filter(|it| !matches!(it, std::path::Component::CurDir))
        .map(|it| it.as_os_str().to_string_lossy().into_owned())
        .collect()
}

/// Whether text has characters that make it a pattern.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// The pattern with each choice of its braces; nested ones are chosen from within.
fn choices(pattern: &str) -> Vec<String> {
    let mut open = vec![pattern.to_owned()];
    let mut done = Vec::new();
    while let Some(pattern) = open.pop() {
        let Some((before, inner, after)) = braces(&pattern) else {
            done.push(pattern);
            continue;
        };
        if open.len() + done.len() > WAYS {
            break;
        }
        open.extend(inner.split(',').map(|it| format!("{before}{it}{after}")));
    }
    done
}

/// The first innermost pair of braces.
fn braces(pattern: &str) -> Option<(&str, &str, &str)> {
    let (head, after) = pattern.split_once('}')?;
    let (before, inner) = head.rsplit_once('{')?;
    Some((before, inner, after))
}

/// Wildcard matching by its last star: linear in memory, never exponential.
fn matches<P, T>(
    pattern: &[P],
    text: &[T],
    is_star: impl Fn(&P) -> bool,
    fits: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(item) = text.get(t) {
        match pattern.get(p) {
            Some(it) if is_star(it) => {
                star = Some((p, t));
                p += 1;
            }
            Some(it) if fits(it, item) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else {
                    return false;
                };
                star = Some((at, from + 1));
                p = at + 1;
                t = from + 1;
            }
        }
    }
    pattern
        .get(p..)
        .is_some_and(|rest| rest.iter().all(is_star))
}

/// A character of a pattern for one part of a path.
enum Item {
    Star,
    Any,
    One(char),
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

fn part_fits(pattern: &str, part: &str) -> bool {
    let items = items(pattern);
    let text: Vec<char> = part.chars().collect();
    matches(
        &items,
        &text,
        |item| matches!(item, Item::Star),
        |item, &character| match item {
            Item::Star => false,
            Item::Any => true,
            Item::One(one) => *one == character,
            Item::Class { negated, ranges } => {
                let is_in = ranges
                    .iter()
                    .any(|&(from, to)| (from..=to).contains(&character));
                is_in != *negated
            }
        },
    )
}

fn items(pattern: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
        items.push(match first {
            '*' => Item::Star,
            '?' => Item::Any,
            '[' => match class(rest) {
                Some((class, after)) => {
                    rest = after;
                    class
                }
                None => Item::One('['),
            },
            one => Item::One(one),
        });
    }
    items
}

fn class(rest: &str) -> Option<(Item, &str)> {
    let negated = rest.starts_with(['!', '^']);
    let body = rest.get(usize::from(negated)..)?;
    // a `]` that comes first is one of the characters
    let first = body.chars().next()?.len_utf8();
    let length = first + body.get(first..)?.find(']')?;
    let characters: Vec<char> = body.get(..length)?.chars().collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(&from) = characters.get(at) {
        let to = match (characters.get(at + 1), characters.get(at + 2)) {
            (Some('-'), Some(&to)) => {
                at += 2;
                to
            }
            _ => from,
        };
        at += 1;
        ranges.push((from, to));
    }
    Some((Item::Class { negated, ranges }, body.get(length + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_gitignore() {
        let cases = [
            ("*.sql", "a/b/c.sql", true),
            ("*.sql", "a/b/c.sqlx", false),
            ("legacy", "app/legacy/one.sql", true),
            ("legacy/", "legacy/deep/one.sql", true),
            ("app/legacy", "other/app/legacy/one.sql", false),
            ("app/**/x.sql", "app/x.sql", true),
            ("app/**/x.sql", "app/a/b/x.sql", true),
            ("**/000?_*.sql", "m/0001_a.sql", true),
            ("m/{a,b{1,2}}.sql", "m/b2.sql", true),
            ("m/{a,b{1,2}}.sql", "m/b3.sql", false),
            ("[!0-4]*.sql", "5.sql", true),
            ("[!0-4]*.sql", "3.sql", false),
            ("[]x].sql", "].sql", true),
            ("[", "[", true),
            ("./a/*.sql", "a/é.sql", true),
            ("?.sql", "é.sql", true),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(
                Glob::new(pattern).holds(Path::new(path)),
                expected,
                "{pattern} {path}"
            );
        }
    }

    #[test]
    fn an_exact_pattern_is_about_the_whole_path() {
        let glob = Glob::exact("m/*.sql");
        assert!(glob.is(Path::new("m/a.sql")) && glob.is(Path::new("./m/a.sql")));
        assert!(!glob.is(Path::new("x/m/a.sql")) && !glob.is(Path::new("m/a/b.sql")));
    }

    #[test]
    fn hostile_patterns_take_no_time() {
        let pattern = "*a".repeat(200);
        assert!(!Glob::new(&pattern).holds(Path::new(&"a".repeat(199))));
        let braces = "{a,b}".repeat(64);
        assert!(!Glob::new(&braces).holds(Path::new("x")));
    }
}
