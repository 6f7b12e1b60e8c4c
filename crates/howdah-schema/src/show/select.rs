//! The part of a schema that is wanted. No IO.

use crate::value::{Name, Schema, Table, View};

/// What is wanted: names with `*` and `?`, and kinds.
#[derive(Debug)]
pub struct Patterns<'a> {
    wanted: Vec<&'a str>,
    base: &'a str,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Selected {
    /// The part.
    pub schema: Schema,
    /// What nothing was found for.
    pub missing: Vec<String>,
}

impl<'a> Patterns<'a> {
    /// Names with a schema are those of that schema alone; `base` is the one to which names are relative.
    #[must_use]
    pub fn new(wanted: &'a [String], base: &'a str) -> Self {
        Self {
            wanted: wanted.iter().map(|it| &**it).collect(),
            base,
        }
    }

    /// What there is of it.
    #[must_use]
    pub fn select(&self, whole: &Schema) -> Selected {
        let mut selected = Selected::default();
        for wanted in &self.wanted {
            let mut found = Found::default();
            self.take(wanted, whole, &mut found);
            if found.is_empty {
                self.take_by_parts(wanted, whole, &mut found);
            }
            if found.is_empty {
                selected.missing.push((*wanted).to_owned());
            }
            merge(&mut selected.schema, found.schema);
        }
        selected.schema.sort();
        selected
    }

    fn take(&self, wanted: &str, whole: &Schema, found: &mut Found) {
        macro_rules! take {
            ($($list:ident, [$($kind:literal),+], $name:expr;)*) => {
                $({
                    let is_kind = [$($kind),+].contains(&wanted);
                    let name = $name;
                    let chosen = whole.$list.iter().filter(|it| is_kind || self.fits(wanted, &name(it)));
                    found.schema.$list.extend(chosen.cloned());
                    found.is_empty &= found.schema.$list.is_empty();
                })*
            };
        }
        take! {
            schemas, ["schemas"], |it: &crate::value::Namespace| Name::bare(&it.name);
            extensions, ["extensions"], |it: &crate::value::Extension| Name::bare(&it.name);
            servers, ["servers"], |it: &crate::value::Server| Name::bare(&it.name);
            collations, ["collations"], |it: &crate::value::Collation| it.name.clone();
            enums, ["enums", "types"], |it: &crate::value::Enum| it.name.clone();
            domains, ["domains", "types"], |it: &crate::value::Domain| it.name.clone();
            composites, ["composites", "types"], |it: &crate::value::Composite| it.name.clone();
            ranges, ["ranges", "types"], |it: &crate::value::Range| it.name.clone();
            sequences, ["sequences"], |it: &crate::value::Sequence| it.name.clone();
            routines, ["functions", "routines"], |it: &crate::value::Routine| it.name.clone();
            definitions, ["definitions"], |it: &crate::value::Definition| it.name.clone();
            tables, ["tables"], |it: &Table| it.name.clone();
            views, ["views"], |it: &View| it.name.clone();
            statistics, ["statistics"], |it: &crate::value::Statistics| it.name.clone();
            event_triggers, ["event-triggers"], |it: &crate::value::EventTrigger| Name::bare(&it.name);
            publications, ["publications"], |it: &crate::value::Publication| Name::bare(&it.name);
            default_privileges, ["default-privileges"], |_: &crate::value::DefaultPrivileges| Name::default();
            unknown, ["unknown"], |_: &crate::value::Unknown| Name::default();
        }
    }

    /// The relations that have an index, constraint, trigger … of the name.
    fn take_by_parts(&self, wanted: &str, whole: &Schema, found: &mut Found) {
        let is_part = |relation: &Name, part: &str| self.fits(wanted, &relation.sibling(part));
        let tables = whole.tables.iter();
        let tables = tables.filter(|it| {
            parts_of_table(it)
                .iter()
                .any(|part| is_part(&it.name, part))
        });
        found.schema.tables.extend(tables.cloned());
        let views = whole.views.iter();
        let views = views.filter(|it| parts_of_view(it).iter().any(|part| is_part(&it.name, part)));
        found.schema.views.extend(views.cloned());
        found.is_empty = found.schema.tables.is_empty() && found.schema.views.is_empty();
    }

    fn fits(&self, wanted: &str, name: &Name) -> bool {
        if name.name.is_empty() {
            return false;
        }
        if glob(wanted, &name.name) {
            return true;
        }
        let schema = name.schema.as_deref().unwrap_or(self.base);
        glob(wanted, &format!("{schema}.{}", name.name))
    }
}

#[derive(Debug)]
struct Found {
    schema: Schema,
    is_empty: bool,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            schema: Schema::default(),
            is_empty: true,
        }
    }
}

fn parts_of_table(it: &Table) -> Vec<&str> {
    let indexes = it.indexes.iter().filter_map(|it| it.name.as_deref());
    let constraints = it.constraints.iter().filter_map(|it| it.name.as_deref());
    let triggers = it.triggers.iter().map(|it| &*it.name);
    let policies = it.policies.iter().map(|it| &*it.name);
    let rules = it.rules.iter().map(|it| &*it.name);
    indexes
        .chain(constraints)
        .chain(triggers)
        .chain(policies)
        .chain(rules)
        .collect()
}

fn parts_of_view(it: &View) -> Vec<&str> {
    let indexes = it.indexes.iter().filter_map(|it| it.name.as_deref());
    let triggers = it.triggers.iter().map(|it| &*it.name);
    let rules = it.rules.iter().map(|it| &*it.name);
    indexes.chain(triggers).chain(rules).collect()
}

/// Adds what is not there yet.
fn merge(into: &mut Schema, from: Schema) {
    macro_rules! merge {
        ($($list:ident),*) => {
            $(for it in from.$list {
                if !into.$list.contains(&it) {
                    into.$list.push(it);
                }
            })*
        };
    }
    merge!(
        schemas,
        extensions,
        servers,
        collations,
        enums,
        domains,
        composites,
        ranges,
        sequences,
        routines,
        definitions,
        tables,
        views,
        statistics,
        event_triggers,
        publications,
        default_privileges,
        unknown
    );
}

/// Whether the text fits the pattern: `*` is any text, `?` any letter.
fn glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // where the latest `*` stands, and up to where it reached
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(it) if it == letter || *it == '?' => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, reached)) = star else {
                    return false;
                };
                star = Some((at, reached + 1));
                p = at + 1;
                t = reached + 1;
            }
        }
    }
    pattern
        .get(p..)
        .unwrap_or_default()
        .iter()
        .all(|it| *it == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_reach_as_far_as_they_must() {
        let cases = [
            ("author", "author", true),
            ("author", "authors", false),
            ("a*r", "author", true),
            ("*a*a*", "banana", true),
            ("?b", "ab", true),
            ("app.*", "app.book", true),
            ("*", "", true),
            ("a", "", false),
        ];
        for (pattern, text, fits) in cases {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn a_schema_before_the_name_counts() {
        let table = |name: Name| Table {
            name,
            ..Table::default()
        };
        let whole = Schema {
            tables: vec![
                table(Name::bare("book")),
                table(Name {
                    schema: Some("app".to_owned()),
                    name: "book".to_owned(),
                }),
            ],
            ..Schema::default()
        };
        let found = |wanted: &str| {
            let wanted = [wanted.to_owned()];
            let selected = Patterns::new(&wanted, "public").select(&whole);
            (selected.schema.tables.len(), selected.missing.len())
        };
        assert_eq!(found("book"), (2, 0));
        assert_eq!(found("public.book"), (1, 0));
        assert_eq!(found("app.*"), (1, 0));
        assert_eq!(found("tables"), (2, 0));
        assert_eq!(found("nothing"), (0, 1));
    }
}
