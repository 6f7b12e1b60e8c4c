//! One spelling for what PostgreSQL prints in two: as it was typed first, and as its own print is read again.
//!
//! No IO. Caller: the assembly, for every expression and query. A list over a `varchar` column is printed as
//! `ARRAY['a'::character varying, …]::text[]`; read again, each element has the cast. A literal that has no name is printed
//! with its type, of which it has a name when that is read again: `'a'::text AS text`.
//!
//! Invariant: PostgreSQL reads both spellings as the same; what it does not is never made equal, nor is anything within
//! literals and quoted names touched. Settling twice changes nothing.

use std::borrow::Cow;
use std::ops::Range;

use crate::value::{
    Constraint, ConstraintKind, Element, Index, Policy, Rule, Schema, Table, Trigger,
};

/// All texts of the schema in the one spelling.
pub(super) fn settle(schema: &mut Schema) {
    for it in &mut schema.routines {
        text(&mut it.arguments);
        if it.atomic {
            text(&mut it.body);
        }
    }
    for it in &mut schema.domains {
        some(&mut it.default);
        it.checks.iter_mut().for_each(|it| text(&mut it.expression));
    }
    schema.tables.iter_mut().for_each(table);
    for it in &mut schema.views {
        text(&mut it.query);
        it.columns.iter_mut().for_each(|it| some(&mut it.default));
        it.indexes.iter_mut().for_each(index);
        triggers_and_rules(&mut it.triggers, &mut it.rules);
    }
    let statistics = schema.statistics.iter_mut();
    statistics.for_each(|it| text(&mut it.elements));
    let published = schema.publications.iter_mut().flat_map(|it| &mut it.tables);
    published.for_each(|it| some(&mut it.predicate));
}

fn table(it: &mut Table) {
    for column in &mut it.columns {
        some(&mut column.default);
        let generated = column.generated.iter_mut();
        generated.for_each(|it| text(&mut it.expression));
    }
    let inherited = it.inherited.iter_mut();
    inherited.for_each(|it| some(&mut it.default));
    it.constraints.iter_mut().for_each(constraint);
    it.indexes.iter_mut().for_each(index);
    triggers_and_rules(&mut it.triggers, &mut it.rules);
    for Policy { using, check, .. } in &mut it.policies {
        some(using);
        some(check);
    }
}

fn constraint(it: &mut Constraint) {
    match &mut it.kind {
        ConstraintKind::Check { expression, .. } => text(expression),
        ConstraintKind::Exclude {
            elements,
            predicate,
            ..
        } => {
            elements.iter_mut().for_each(element);
            some(predicate);
        }
        _ => {}
    }
}

fn index(it: &mut Index) {
    it.elements.iter_mut().for_each(element);
    some(&mut it.predicate);
}

fn element(it: &mut Element) {
    some(&mut it.expression);
}

fn triggers_and_rules(triggers: &mut [Trigger], rules: &mut [Rule]) {
    for it in triggers {
        some(&mut it.condition);
    }
    for it in rules {
        text(&mut it.create);
    }
}

fn some(it: &mut Option<String>) {
    it.iter_mut().for_each(text);
}

fn text(it: &mut String) {
    if let Cow::Owned(settled) = settled(it) {
        *it = settled;
    }
}

/// The text in the one spelling.
fn settled(text: &str) -> Cow<'_, str> {
    let may_have_names = text.contains(" AS ") && !needs_names(text);
    if !text.contains("::") || !(text.contains("ARRAY[") || may_have_names) {
        return Cow::Borrowed(text);
    }
    let tokens = Tokens::of(text);
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for place in 0..tokens.list.len() {
        if may_have_names {
            edits.extend(tokens.own_name(place).map(|it| (it, String::new())));
        }
        edits.extend(tokens.cast_array(place).into_iter().flatten());
    }
    if edits.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 32);
    let mut done = 0;
    for (range, new) in edits {
        out.push_str(text.get(done..range.start).unwrap_or_default());
        out.push_str(&new);
        done = range.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

/// Where these stand, a name is no mere name of a column.
fn needs_names(text: &str) -> bool {
    ["XMLATTRIBUTES", "XMLFOREST", " PASSING "]
        .iter()
        .any(|it| text.contains(it))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Literal,
    Quoted,
    Word,
    Symbol,
}

#[derive(Debug)]
struct Token {
    kind: Kind,
    range: Range<usize>,
}

struct Tokens<'a> {
    text: &'a str,
    list: Vec<Token>,
}

/// A type as it stands behind `::`.
struct Cast {
    /// The place behind it.
    end: usize,
    /// What PostgreSQL calls it.
    name: String,
    /// It ends with this many pairs of brackets.
    dimensions: usize,
}

impl<'a> Tokens<'a> {
    fn of(text: &'a str) -> Self {
        let mut list = Vec::new();
        let mut start = 0;
        while let Some(letter) = text.get(start..).and_then(|it| it.chars().next()) {
            let rest = text.get(start..).unwrap_or_default();
            let (kind, length) = match letter {
                '\'' => (Kind::Literal, quoted(rest, '\'', false)),
                '"' => (Kind::Quoted, quoted(rest, '"', false)),
                'E' if rest.starts_with("E'") => {
                    let tail = rest.get(1..).unwrap_or_default();
                    (Kind::Literal, 1 + quoted(tail, '\'', true))
                }
                _ if is_word(letter) => {
                    let end = rest.find(|it| !is_word(it));
                    (Kind::Word, end.unwrap_or(rest.len()))
                }
                _ if rest.starts_with("::") => (Kind::Symbol, 2),
                _ => (Kind::Symbol, letter.len_utf8()),
            };
            if !letter.is_whitespace() {
                let range = start..start + length;
                list.push(Token { kind, range });
            }
            start += length;
        }
        Self { text, list }
    }

    fn kind(&self, place: usize) -> Option<Kind> {
        Some(self.list.get(place)?.kind)
    }

    fn text(&self, place: usize) -> &'a str {
        let range = self.list.get(place).map(|it| it.range.clone());
        range.and_then(|it| self.text.get(it)).unwrap_or_default()
    }

    fn is(&self, place: usize, text: &str) -> bool {
        self.kind(place) != Some(Kind::Literal) && self.text(place) == text
    }

    fn start(&self, place: usize) -> usize {
        self.list
            .get(place)
            .map_or(self.text.len(), |it| it.range.start)
    }

    fn end(&self, place: usize) -> usize {
        self.list
            .get(place)
            .map_or(self.text.len(), |it| it.range.end)
    }

    /// The name without its quotes.
    fn name(&self, place: usize) -> Option<String> {
        let text = self.text(place);
        match self.kind(place)? {
            Kind::Word => Some(text.to_owned()),
            Kind::Quoted => {
                let inner = text.strip_prefix('"')?.strip_suffix('"')?;
                Some(inner.replace("\"\"", "\""))
            }
            Kind::Literal | Kind::Symbol => None,
        }
    }

    /// ` AS name` behind the literal that stands here, where that is the name that it has anyhow.
    fn own_name(&self, place: usize) -> Option<Range<usize>> {
        let is_literal = self.kind(place)? == Kind::Literal || self.is(place, "NULL");
        if !is_literal || !self.is(place + 1, "::") {
            return None;
        }
        let cast = self.cast(place + 2)?;
        let is_own = self.is(cast.end, "AS") && self.name(cast.end + 1)? == cast.name;
        is_own.then(|| self.end(cast.end - 1)..self.end(cast.end + 1))
    }

    /// What gives the elements of the array that stands here its cast.
    fn cast_array(&self, place: usize) -> Option<Vec<(Range<usize>, String)>> {
        if !self.is(place, "ARRAY") || !self.is(place + 1, "[") {
            return None;
        }
        let mut elements = Vec::new();
        let mut next = place + 2;
        loop {
            let end = self.element(next)?;
            elements.push((next, end));
            next = end + 1;
            if self.is(end, "]") {
                break;
            }
            if !self.is(end, ",") {
                return None;
            }
        }
        let is_wrapped = place > 0 && self.is(place - 1, "(") && self.is(next, ")");
        let colons = next + usize::from(is_wrapped);
        if !self.is(colons, "::") {
            return None;
        }
        let cast = self.cast(colons + 1).filter(|it| it.dimensions == 1)?;
        let target = self
            .text
            .get(self.start(colons + 1)..self.start(cast.end - 2))?;
        let mut edits = Vec::new();
        if is_wrapped {
            edits.push((self.start(place - 1)..self.end(place - 1), String::new()));
        }
        for (first, end) in elements {
            let (start, end) = (self.start(first), self.end(end - 1));
            let inner = self.text.get(start..end)?;
            let inner = if is_wrapped {
                Cow::Owned(format!("({inner})"))
            } else {
                Cow::Borrowed(inner)
            };
            let new = format!("{inner}::{target}");
            edits.push((start..end, new));
        }
        edits.push((self.end(next - 1)..self.end(cast.end - 1), String::new()));
        Some(edits)
    }

    /// The place behind a literal or a name, with its casts.
    fn element(&self, place: usize) -> Option<usize> {
        let mut end = place + 1;
        match self.kind(place)? {
            Kind::Symbol => return None,
            Kind::Literal => {}
            Kind::Word | Kind::Quoted => {
                while self.is(end, ".") && self.name(end + 1).is_some() {
                    end += 2;
                }
            }
        }
        while self.is(end, "::") {
            end = self.cast(end + 1)?.end;
        }
        Some(end)
    }

    /// The type that begins here.
    fn cast(&self, place: usize) -> Option<Cast> {
        let mut name = self.name(place)?;
        let is_plain = self.kind(place) == Some(Kind::Word);
        let mut end = place + 1;
        while self.is(end, ".") {
            name = self.name(end + 1)?;
            end += 2;
        }
        let is_long = is_plain && end == place + 1;
        if is_long && (self.is(end, "varying") || self.is(end, "precision")) {
            name = format!("{name} {}", self.text(end));
            end += 1;
        }
        end = self.behind_modifier(end);
        if is_long && (self.is(end, "with") || self.is(end, "without")) && self.is(end + 1, "time")
        {
            name = format!("{name} {}", self.text(end));
            end += 3;
        }
        if is_long && name == "interval" {
            while self.kind(end) == Some(Kind::Word) && is_field(self.text(end)) {
                end = self.behind_modifier(end + 1);
            }
        }
        if is_long {
            name = called(&name).to_owned();
        }
        let mut dimensions = 0;
        while self.is(end, "[") && self.is(end + 1, "]") {
            (end, dimensions) = (end + 2, dimensions + 1);
        }
        Some(Cast {
            end,
            name,
            dimensions,
        })
    }

    /// The place behind `(10,2)`, if there is such a thing.
    fn behind_modifier(&self, place: usize) -> usize {
        if !self.is(place, "(") {
            return place;
        }
        let mut end = place + 1;
        while self.is(end, ",") || self.is(end, "-") || self.kind(end) == Some(Kind::Word) {
            end += 1;
        }
        if self.is(end, ")") { end + 1 } else { place }
    }
}

/// What PostgreSQL calls a type that SQL has another word for.
fn called(sql: &str) -> &str {
    match sql {
        "bigint" => "int8",
        "integer" => "int4",
        "smallint" => "int2",
        "boolean" => "bool",
        "real" => "float4",
        "double precision" => "float8",
        "character varying" => "varchar",
        "character" => "bpchar",
        "bit varying" => "varbit",
        "timestamp with" => "timestamptz",
        "timestamp without" => "timestamp",
        "time with" => "timetz",
        "time without" => "time",
        other => other,
    }
}

/// A word behind `interval`.
fn is_field(word: &str) -> bool {
    ["year", "month", "day", "hour", "minute", "second", "to"].contains(&word)
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

/// The length of what stands in quotes at the beginning of a text.
fn quoted(text: &str, quote: char, has_escapes: bool) -> usize {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((place, letter)) = letters.next() {
        if has_escapes && letter == '\\' {
            letters.next();
        } else if letter == quote && letters.next_if(|(_, it)| *it == quote).is_none() {
            return place + letter.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::settled;

    #[test]
    fn both_spellings_are_one() {
        let pairs = [
            (
                "v::text = ANY (ARRAY['a'::character varying, 'it''s'::character varying(3)]::text[])",
                "v::text = ANY (ARRAY['a'::character varying::text, 'it''s'::character varying(3)::text])",
            ),
            (
                "((t.v)::text <> ALL ((ARRAY[t.w, 'b'::character varying])::text[]))",
                "((t.v)::text <> ALL (ARRAY[(t.w)::text, ('b'::character varying)::text]))",
            ),
            (
                "ARRAY[1, 2.5]::numeric(8,2)[] || ARRAY[]::text[]",
                "ARRAY[1::numeric(8,2), 2.5::numeric(8,2)] || ARRAY[]::text[]",
            ),
            (
                "SELECT 'a'::text AS text, '-1'::integer AS int4, NULL::app.\"Mood\" AS \"Mood\"",
                "SELECT 'a'::text, '-1'::integer, NULL::app.\"Mood\"",
            ),
            (
                "SELECT '1'::timestamp(3) with time zone AS timestamptz, '1'::interval day to second(3) AS \"interval\"",
                "SELECT '1'::timestamp(3) with time zone, '1'::interval day to second(3)",
            ),
        ];
        for (first, second) in pairs {
            assert_eq!(settled(first), second);
            assert_eq!(settled(second), second);
        }
    }

    #[test]
    fn what_means_something_else_stays() {
        for text in [
            "SELECT 'a'::text AS b, a::text AS text, (1)::text AS text",
            "SELECT 'x ''a''::text AS text', E'\\'a\\'::text AS text', \"'a'::text AS text\"",
            "SELECT XMLELEMENT(NAME a, XMLATTRIBUTES('a'::text AS text))",
            "ARRAY[a || b, c]::text[]",
            "ARRAY[ARRAY['a'::character varying]]::text[]",
            "'ARRAY[''a'', ''b'']::text[]'",
            "ARRAY['a'::text, 'b'::text]",
            "'unfinished::",
        ] {
            assert_eq!(settled(text), text);
        }
    }
}
