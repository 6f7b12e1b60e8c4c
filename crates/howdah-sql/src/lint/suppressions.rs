//! What comments silence, and which of them silence nothing.
//!
//! No IO. Called by the engine with all findings of a script. What a comment is about:
//!
//! | where it stands | what it silences |
//! |---|---|
//! | before a statement | the statement |
//! | behind a statement, on the line of its end | the statement |
//! | within a statement, on a line of its own | the action or column that follows |
//! | within a statement, at the end of a line | what begins on this line |
//!
//! Invariant: a finding is silenced by a comment that names its rule, never by its mere neighbourhood.

use super::directives::{Action, Dialect, Directive, parse};
use super::finding::Finding;
use super::places::Places;
use super::rule::Rule;
use super::rules::{self, unknown_suppression, unused_suppression};
use super::severity::Severity;
use crate::ast::{Kind, Script, Statement};
use crate::text::Span;

/// The directives of a script.
#[derive(Debug, Default)]
pub(super) struct Suppressions {
    items: Vec<Item>,
    /// Those about a place, each with where that begins, in this order.
    placed: Vec<(u32, usize)>,
    /// The bytes of the longest place.
    longest: u32,
    /// Those about the whole file.
    whole: Vec<usize>,
}

#[derive(Debug)]
struct Item {
    directive: Directive,
    /// What is silenced; nothing: the whole file.
    target: Option<Span>,
    /// A name each, with the rules that it stands for.
    names: Vec<Named>,
    used: bool,
}

#[derive(Debug)]
struct Named {
    name: String,
    span: Span,
    rules: Vec<&'static Rule>,
    used: bool,
}

impl Suppressions {
    /// Reads the comments of a script.
    pub(super) fn new(text: &str, script: &Script) -> Self {
        let directives = script
            .comments
            .iter()
            .filter_map(|it| parse(it.span.of(text), it.span.start as usize));
        let item = |directive: Directive| {
            let target = target_of(text, script, &directive);
            Item::new(directive, target)
        };
        let mut items: Vec<Item> = directives.map(item).collect();
        items.extend(
            of_bodies(text, script).map(|(directive, target)| Item::new(directive, target)),
        );
        Self::of(items)
    }

    fn of(items: Vec<Item>) -> Self {
        let mut found = Self::default();
        for (index, item) in items.iter().enumerate() {
            match (item.directive.action, item.target) {
                (Action::IgnoreFile, _) => found.whole.push(index),
                (Action::Ignore, Some(target)) if !target.is_empty() => {
                    found.placed.push((target.start, index));
                    found.longest = found.longest.max(target.end - target.start);
                }
                _ => {}
            }
        }
        found.placed.sort_unstable();
        Self { items, ..found }
    }

    /// The comments that may be about a place.
    fn about(&self, place: u32) -> Vec<usize> {
        let earliest = place.saturating_sub(self.longest);
        let first = self.placed.partition_point(|(start, _)| *start < earliest);
        let behind = self.placed.partition_point(|(start, _)| *start <= place);
        let placed = self.placed.get(first..behind).unwrap_or_default();
        let indexes = placed.iter().map(|(_, index)| index);
        indexes.chain(&self.whole).copied().collect()
    }

    /// Whether a comment says that no transaction surrounds the file.
    pub(super) fn no_transaction(&self) -> bool {
        let mut actions = self.items.iter().map(|it| it.directive.action);
        actions.any(|it| it == Action::NoTransaction)
    }

    /// Whether a comment silences the finding, and remembers that it did.
    pub(super) fn silences(&mut self, finding: &Finding) -> bool {
        let mut silenced = false;
        for index in self.about(finding.span.start) {
            let item = self.items.get_mut(index);
            silenced |= item.is_some_and(|it| it.silences(finding));
        }
        silenced
    }

    /// Whether a comment silences a complaint about comments: only one that says so by name, or it would hide itself.
    pub(super) fn silences_complaint(&mut self, complaint: &Finding) -> bool {
        self.about(complaint.span.start).into_iter().any(|index| {
            let named = self.items.get_mut(index).filter(|it| !it.names.is_empty());
            named.is_some_and(|it| it.silences(complaint))
        })
    }

    /// What is wrong with the comments themselves; `ran` says which rules were looked for.
    pub(super) fn complaints(&self, ran: impl Fn(&Rule) -> bool) -> Vec<Finding> {
        let mut found = Vec::new();
        for item in &self.items {
            item.complain(&ran, &mut found);
        }
        found
    }
}

/// What a directive is about; none: the file.
fn target_of(text: &str, script: &Script, directive: &Directive) -> Option<Span> {
    match directive.action {
        Action::Ignore => Some(target(text, script, directive.span)),
        _ => None,
    }
}

/// The directives in `DO` bodies, with their places in the script.
fn of_bodies(text: &str, script: &Script) -> impl Iterator<Item = (Directive, Option<Span>)> {
    let mut found = Vec::new();
    for statement in &script.statements {
        let Kind::Do(body) = &statement.kind else {
            continue;
        };
        // most have none, and reading a body again takes time
        if !body.body.text.contains("--") && !body.body.text.contains("/*") {
            continue;
        }
        let inner = crate::parse_do(body);
        let places = Places::new(text, body, &inner);
        let within = inner.text.as_deref().unwrap_or(text);
        let shown = in_order(&inner);
        for comment in &inner.script.comments {
            let start = comment.span.start as usize;
            let Some(mut directive) = parse(comment.span.of(within), start) else {
                continue;
            };
            let target = target_of(within, &shown, &directive);
            directive.span = places.source(directive.span);
            for (_, span) in &mut directive.names {
                *span = places.source(*span);
            }
            found.push((directive, target.map(|it| places.source(it))));
        }
    }
    found.into_iter()
}

/// The statements of a body where they are written: what is put together, at the expression that does.
fn in_order(inner: &crate::Inner) -> Script {
    let mut script = inner.script.clone();
    for statement in &mut script.statements {
        let mut assembled = inner.assembled.iter();
        if let Some((_, by)) = assembled.find(|(made, _)| made.contains(statement.span)) {
            statement.span = *by;
        }
    }
    script.statements.sort_by_key(|it| it.span);
    script
}

impl Item {
    fn new(directive: Directive, target: Option<Span>) -> Self {
        let named = |(name, span): &(String, Span)| Named {
            name: name.clone(),
            span: *span,
            rules: rules::named(name),
            used: false,
        };
        Self {
            names: directive.names.iter().map(named).collect(),
            target,
            directive,
            used: false,
        }
    }

    fn silences(&mut self, finding: &Finding) -> bool {
        let is_about = match (self.directive.action, self.target) {
            (Action::IgnoreFile, _) => true,
            (Action::Ignore, Some(target)) => {
                (target.start..=target.end).contains(&finding.span.start) && !target.is_empty()
            }
            _ => false,
        };
        if !is_about {
            return false;
        }
        if self.names.is_empty() {
            let all = self.directive.action == Action::IgnoreFile;
            self.used |= all;
            return all;
        }
        let mut silenced = false;
        for named in &mut self.names {
            if named.rules.iter().any(|it| it.name == finding.rule.name) {
                named.used = true;
                silenced = true;
            }
        }
        silenced
    }

    fn complain(&self, ran: &impl Fn(&Rule) -> bool, found: &mut Vec<Finding>) {
        let span = self.directive.span;
        match self.directive.action {
            Action::Misspelt => found.push(
                Finding::new(
                    &unknown_suppression::RULE,
                    span,
                    "this is almost a comment for the linter, and does nothing",
                )
                .advice("write `-- howdah: ignore RULE` or `-- howdah: ignore-file RULE`"),
            ),
            Action::Ignore if self.names.is_empty() => found.push(
                Finding::new(
                    &unknown_suppression::RULE,
                    span,
                    "this comment names no rule, and does nothing",
                )
                .advice("name what is to be ignored: `-- howdah: ignore RULE -- why`"),
            ),
            Action::IgnoreFile if self.names.is_empty() && !self.used => {
                found.push(self.unused(span, "this comment silences nothing: the file is clean"));
            }
            _ => {}
        }
        for named in &self.names {
            found.extend(self.complaint(named, ran));
        }
    }

    fn complaint(&self, named: &Named, ran: &impl Fn(&Rule) -> bool) -> Option<Finding> {
        let name = &named.name;
        if named.rules.is_empty() {
            let message = format!("there is no rule `{name}`: it silences nothing");
            let finding = Finding::new(&unknown_suppression::RULE, named.span, message);
            return Some(match rules::closest(name) {
                Some(close) => finding.advice(format!("`{close}` is meant?")),
                None => finding.advice("`howdah lint --list` lists the rules"),
            });
        }
        if named.used || !named.rules.iter().all(|it| ran(it)) {
            return None;
        }
        let place = match self.directive.action {
            Action::IgnoreFile => "in this file",
            _ => "here",
        };
        let message = format!("`{name}` finds nothing {place}: the comment can go");
        Some(self.unused(named.span, &message))
    }

    /// Squawk's comments are often about what Squawk alone takes for a hazard.
    fn unused(&self, span: Span, message: &str) -> Finding {
        let finding = Finding::new(&unused_suppression::RULE, span, message);
        match self.directive.dialect {
            Dialect::Howdah => finding,
            Dialect::Squawk => finding.severity(Severity::Note),
        }
    }
}

/// What a comment that ignores is about.
fn target(text: &str, script: &Script, comment: Span) -> Span {
    let begin = line_begin(text, comment.start);
    let trails = !is_blank(text, script, begin, comment.start);
    let next = script
        .statements
        .partition_point(|it| it.span.start < comment.end);
    let before = next.checked_sub(1).and_then(|it| script.statements.get(it));
    match before {
        Some(statement) if comment.start < statement.span.end => {
            within(text, statement, comment, begin, trails)
        }
        Some(statement) if trails => statement.span,
        _ => script
            .statements
            .get(next)
            .map_or(Span::default(), |it| it.span),
    }
}

fn within(text: &str, statement: &Statement, comment: Span, begin: u32, trails: bool) -> Span {
    if trails {
        return Span {
            start: begin,
            end: comment.start,
        };
    }
    let mut parts = parts(statement);
    parts.retain(|it| it.start >= comment.end);
    parts.sort_unstable();
    parts.first().copied().unwrap_or_else(|| {
        // the next line that has something on it
        let rest = text.get(comment.end as usize..).unwrap_or_default();
        let start = comment.end as usize + rest.len() - rest.trim_start().len();
        let line = text.get(start..).unwrap_or_default();
        Span::new(start, start + line.find('\n').unwrap_or(line.len()))
    })
}

/// The parts of a statement that a comment can stand before.
fn parts(statement: &Statement) -> Vec<Span> {
    match &statement.kind {
        Kind::AlterTable(it) => it.actions.iter().map(|it| it.span).collect(),
        Kind::CreateTable(it) => {
            let columns = it.columns.iter().map(|it| it.span);
            columns
                .chain(it.constraints.iter().map(|it| it.span))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn line_begin(text: &str, at: u32) -> u32 {
    let before = text.get(..at as usize).unwrap_or_default();
    before.rfind('\n').map_or(0, |it| it as u32 + 1)
}

/// Whether nothing stands between two places but white space and comments.
fn is_blank(text: &str, script: &Script, start: u32, end: u32) -> bool {
    let mut at = start;
    let first = script.comments.partition_point(|it| it.span.end <= start);
    let comments = script.comments.get(first..).unwrap_or_default();
    for comment in comments.iter().take_while(|it| it.span.start < end) {
        let gap = Span {
            start: at,
            end: comment.span.start,
        };
        if !gap.of(text).trim().is_empty() {
            return false;
        }
        at = comment.span.end;
    }
    Span { start: at, end }.of(text).trim().is_empty()
}
