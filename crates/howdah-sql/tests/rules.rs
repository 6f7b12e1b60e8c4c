//! Runs the SQL of rules' pages and of the prose beside them.
//!
//! IO: reads `rules/*.md`. A fenced block of `sql` is linted; a line that ends with `-- warning: rule` expects a finding
//! of that rule and severity to begin on it, and no other findings of the rule that the document is about are allowed.
//! `-- warning: rule "message"` compares the message, too. Words behind `sql`:
//!
//! | word | meaning |
//! |---|---|
//! | `before` | what exists before the blocks that follow, until the next heading |
//! | `pg=10` | on that version |
//! | `transaction` | a transaction surrounds the block |
//! | `rows(t)=12000000` | the size of a table, as a database would tell it |
//! | `help` | not linted: the statements of the first help of the block before |
//! | `fixed` | not linted: what `--fix` makes of the block before, with this rule alone |

#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use howdah_sql::ast::ObjectName;
use howdah_sql::catalog::{Catalog, Size};
use howdah_sql::lint::{
    Check, Finding, Level, OnByDefault as On, RULES as ALL, Rule, Settings, fix, lint, named,
};
use howdah_sql::text::Lines;

/// A fenced block.
struct Block {
    line: usize,
    words: Vec<String>,
    text: String,
}

enum Part {
    Heading,
    Block(Block),
}

fn parts(document: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = document.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line.starts_with('#') {
            parts.push(Part::Heading);
        }
        let Some(info) = line.strip_prefix("```") else {
            continue;
        };
        let body = lines.by_ref().map(|(_, line)| line);
        let body: Vec<_> = body.take_while(|it| *it != "```").collect();
        let mut words = info.split_whitespace().map(str::to_owned);
        if words.next().as_deref() == Some("sql") {
            parts.push(Part::Block(Block {
                line: number + 1,
                words: words.collect(),
                text: body.join("\n"),
            }));
        }
    }
    parts
}

/// What a line expects: severity, rule, message.
fn expectation(line: &str) -> Option<(String, String, Option<String>)> {
    let (_, marker) = line.rsplit_once("-- ").filter(|(_, it)| {
        ["error: ", "warning: ", "note: "]
            .iter()
            .any(|severity| it.starts_with(severity))
    })?;
    let (severity, rest) = marker.split_once(": ")?;
    let (rule, message) = match rest.split_once(' ') {
        Some((rule, message)) => (rule, Some(message.trim().trim_matches('"'))),
        None => (rest, None),
    };
    let message = message.map(|it| it.replace("\\\"", "\""));
    Some((severity.to_owned(), rule.to_owned(), message))
}

/// One document about one rule.
struct Run<'a> {
    rule: &'static Rule,
    name: &'a str,
    known: Catalog,
    last: Vec<Finding>,
    last_text: String,
    settings: Settings,
    failures: Vec<String>,
}

impl Run<'_> {
    fn document(&mut self, document: &str) -> usize {
        let mut blocks = 0;
        for part in parts(document) {
            match part {
                Part::Heading => self.known = Catalog::default(),
                Part::Block(block) => {
                    blocks += 1;
                    self.block(&block);
                }
            }
        }
        blocks
    }

    fn fail(&mut self, line: usize, message: &str) {
        let failure = format!("{}:{line}: {message}", self.name);
        self.failures.push(failure);
    }

    fn block(&mut self, block: &Block) {
        let has = |word: &str| block.words.iter().any(|it| it == word);
        if has("before") {
            let mut known = Catalog::default();
            for statement in &howdah_sql::parse(&block.text).statements {
                known.apply(statement);
            }
            self.known = known.settled();
        } else if has("help") {
            self.help(block);
        } else if has("fixed") {
            self.fixed(block);
        } else {
            self.lint(block);
        }
    }

    fn lint(&mut self, block: &Block) {
        let mut known = self.known.clone();
        let mut settings = Settings {
            assume_in_transaction: false,
            ..Settings::default()
        };
        settings.levels.insert(self.rule.name, Level::On);
        for word in &block.words {
            if word == "transaction" {
                settings.assume_in_transaction = true;
            } else if let Some(version) = word.strip_prefix("pg=") {
                settings.version = version.parse().unwrap();
            } else if let Some((table, rows)) = word
                .strip_prefix("rows(")
                .and_then(|it| it.split_once(")="))
            {
                let rows = rows.parse().unwrap();
                known.set_size(
                    &ObjectName::new(table),
                    Size {
                        rows,
                        ..Size::default()
                    },
                );
            } else {
                self.fail(block.line, &format!("`{word}` means nothing"));
            }
        }
        self.known = known;
        self.last = lint(&block.text, &self.known, &settings).findings;
        self.last_text.clone_from(&block.text);
        self.settings = settings;
        self.compare(block);
    }

    fn compare(&mut self, block: &Block) {
        let lines = Lines::new(&block.text);
        let mut expected = BTreeSet::new();
        for (index, line) in block.text.lines().enumerate() {
            if let Some((severity, rule, message)) = expectation(line) {
                assert!(!named(&rule).is_empty(), "{}: no rule `{rule}`", self.name);
                expected.insert((index + 1, severity, rule, message));
            }
        }
        for finding in std::mem::take(&mut self.last) {
            let line = lines.position(finding.span.start).line as usize;
            let key = |message| {
                let severity = finding.severity.name().to_owned();
                (line, severity, finding.rule.name.to_owned(), message)
            };
            let is_expected =
                expected.remove(&key(None)) || expected.remove(&key(Some(finding.message.clone())));
            let is_ours =
                finding.rule.name == self.rule.name || finding.rule.name == "syntax-error";
            if !is_expected && is_ours {
                let (severity, rule, message) =
                    (finding.severity, finding.rule.name, &finding.message);
                let text = format!("unexpected -- {severity}: {rule} \"{message}\"");
                self.fail(block.line + line, &text);
            }
            self.last.push(finding);
        }
        for (line, severity, rule, message) in expected {
            let text = format!(
                "missing -- {severity}: {rule} {}",
                message.unwrap_or_default()
            );
            self.fail(block.line + line, &text);
        }
    }

    fn help(&mut self, block: &Block) {
        let ours = self.last.iter().filter(|it| it.rule.name == self.rule.name);
        let mut help = ours.flat_map(|it| &it.help).map(|it| it.statements.trim());
        let found = help
            .find(|it| !it.is_empty())
            .unwrap_or_default()
            .to_owned();
        if found != block.text.trim() {
            self.fail(block.line, &format!("the help is\n{found}"));
        }
    }

    fn fixed(&mut self, block: &Block) {
        let settings = Settings {
            only: vec![self.rule.name],
            unsafe_fixes: true,
            ..self.settings.clone()
        };
        let fixed = fix(&self.last_text, &self.known, &settings).text;
        if fixed.trim() != block.text.trim() {
            self.fail(block.line, &format!("fixed, it is\n{fixed}"));
        }
        if fix(&fixed, &self.known, &settings).text != fixed {
            self.fail(block.line, "fixing it again changes it again");
        }
    }
}

fn run(rule: &'static Rule, name: &str, document: &str) -> (usize, Vec<String>) {
    let mut run = Run {
        rule,
        name,
        known: Catalog::default(),
        last: Vec::new(),
        last_text: String::new(),
        settings: Settings::default(),
        failures: Vec::new(),
    };
    let blocks = run.document(document);
    (blocks, run.failures)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lint/rules")
}

#[test]
fn pages_tell_what_is_so() {
    let mut failures = Vec::new();
    for rule in ALL {
        let (blocks, failed) = run(rule, rule.name, rule.page);
        assert!(blocks > 0, "the page of `{}` has no example", rule.name);
        failures.extend(failed);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn prose_beside_the_rules_is_so() {
    let mut failures = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "md") {
            continue;
        }
        let name = path
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .replace('_', "-");
        let rules = named(&name);
        let rule = rules.first().unwrap_or_else(|| panic!("no rule `{name}`"));
        let document = std::fs::read_to_string(&path).unwrap();
        failures.extend(run(rule, &path.to_string_lossy(), &document).1);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The files that hold several rules.
fn families() -> String {
    let folder = std::fs::read_dir(folder().join("compatibility")).unwrap();
    let texts = folder.map(|it| std::fs::read_to_string(it.unwrap().path()).unwrap());
    texts.collect()
}

#[test]
fn every_rule_has_its_file_and_its_sections() {
    let families = families();
    for rule in ALL {
        let file = folder().join(format!("{}.rs", rule.name.replace('-', "_")));
        let is_member = families.contains(&format!("\"{}\"", rule.name));
        assert!(file.is_file() || is_member, "{} is missing", file.display());
        let headings = [
            "## What it finds",
            "## Why it hurts",
            "## The safe way",
            "## Examples",
        ];
        let mut at = 0;
        for heading in headings {
            let found = rule.page.get(at..).unwrap().find(heading);
            at +=
                found.unwrap_or_else(|| panic!("`{}` lacks `{heading}`, or its order", rule.name));
        }
        assert!(
            !rule.summary.ends_with('.') && !rule.summary.is_empty(),
            "{}",
            rule.name
        );
    }
}

/// A page that never shows the rule at work would be taken for a promise.
#[test]
fn every_page_shows_its_rule_at_work() {
    for rule in ALL {
        let marker = format!(": {}", rule.name);
        assert!(
            rule.page.contains(&marker),
            "the page of `{}` finds nothing",
            rule.name
        );
        let is_engine = matches!(rule.check, Check::Engine);
        assert!(!is_engine || rule.default == On::On, "{}", rule.name);
    }
}
