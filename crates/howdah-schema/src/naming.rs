//! Names for constraints and indexes that were declared without one: PostgreSQL's own.
//!
//! No IO. Called before anything is made of a declared schema. Invariants: the names depend on the declaration alone;
//! no two of one schema are the same where PostgreSQL forbids it; none exceeds 63 bytes.

use std::collections::HashSet;

use crate::ddl::words;
use crate::value::{Constraint, ConstraintKind, Domain, Element, Index, Schema, Table};

/// How many bytes a name may have.
pub const LIMIT: usize = 63;

/// Gives a name to everything that lacks one.
pub fn complete(schema: &mut Schema) {
    let mut taken = Taken::of(schema);
    for table in &mut schema.tables {
        name_constraints(table, &mut taken);
    }
    for table in &mut schema.tables {
        let home = table.name.schema.clone();
        name_indexes(
            &table.name.name,
            home.as_deref(),
            &mut table.indexes,
            &mut taken,
        );
    }
    for view in &mut schema.views {
        let home = view.name.schema.clone();
        name_indexes(
            &view.name.name,
            home.as_deref(),
            &mut view.indexes,
            &mut taken,
        );
    }
    schema.domains.iter_mut().for_each(name_checks);
}

/// `table_columns_label`, its parts cut alike until it fits, as PostgreSQL cuts them.
///
/// ```
/// # use howdah_schema::naming::object_name;
/// assert_eq!(object_name("book", "author_id", "fkey"), "book_author_id_fkey");
/// ```
#[must_use]
pub fn object_name(first: &str, second: &str, label: &str) -> String {
    let separators = usize::from(!second.is_empty()) + usize::from(!label.is_empty());
    let room = LIMIT.saturating_sub(label.len() + separators);
    let (mut one, mut two) = (first.len(), second.len());
    while one + two > room {
        if one > two {
            one -= 1;
        } else {
            two -= 1;
        }
    }
    let parts = [cut(first, one), cut(second, two), label];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("_")
}

/// The name that a constraint gets if nothing else has it.
pub(crate) fn usual_constraint(table: &Table, constraint: &Constraint) -> String {
    let columns: Vec<String> = table.columns.iter().map(|it| it.name.clone()).collect();
    let (middle, label) = pattern(constraint, &columns);
    object_name(&table.name.name, &middle, label)
}

/// The name that an index gets if nothing else has it.
pub(crate) fn usual_index(relation: &str, index: &Index) -> String {
    object_name(relation, &names_of(&index.elements), "idx")
}

/// The longest beginning of at most so many bytes.
fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// The names that relations and constraints have already, with their schema.
struct Taken(HashSet<(Option<String>, String)>);

impl Taken {
    fn of(schema: &Schema) -> Self {
        let mut names = HashSet::new();
        let mut take = |home: &Option<String>, name: &String| {
            names.insert((home.clone(), name.clone()));
        };
        for table in &schema.tables {
            let home = &table.name.schema;
            take(home, &table.name.name);
            let constraints = table.constraints.iter().filter_map(|it| it.name.as_ref());
            let indexes = table.indexes.iter().filter_map(|it| it.name.as_ref());
            constraints.chain(indexes).for_each(|name| take(home, name));
        }
        for view in &schema.views {
            take(&view.name.schema, &view.name.name);
            let indexes = view.indexes.iter().filter_map(|it| it.name.as_ref());
            indexes.for_each(|name| take(&view.name.schema, name));
        }
        for sequence in &schema.sequences {
            take(&sequence.name.schema, &sequence.name.name);
        }
        Self(names)
    }

    /// The first name of the pattern that is free; it is taken now.
    fn choose(&mut self, home: Option<&str>, table: &str, columns: &str, label: &str) -> String {
        let mut number = 0;
        loop {
            let label = match number {
                0 => label.to_owned(),
                number => format!("{label}{number}"),
            };
            let name = object_name(table, columns, &label);
            if self.0.insert((home.map(str::to_owned), name.clone())) {
                return name;
            }
            number += 1;
        }
    }
}

fn name_constraints(table: &mut Table, taken: &mut Taken) {
    let columns: Vec<String> = table.columns.iter().map(|it| it.name.clone()).collect();
    let home = table.name.schema.as_deref();
    for constraint in table.constraints.iter_mut().filter(|it| it.name.is_none()) {
        let (middle, label) = pattern(constraint, &columns);
        constraint.name = Some(taken.choose(home, &table.name.name, &middle, label));
    }
}

fn pattern(constraint: &Constraint, of_table: &[String]) -> (String, &'static str) {
    match &constraint.kind {
        ConstraintKind::PrimaryKey { .. } => (String::new(), "pkey"),
        ConstraintKind::Unique { columns, .. } => (columns.join("_"), "key"),
        ConstraintKind::ForeignKey { columns, .. } => (columns.join("_"), "fkey"),
        ConstraintKind::Exclude { elements, .. } => (names_of(elements), "excl"),
        ConstraintKind::Check { expression, .. } => {
            let met: HashSet<String> = words(expression).collect();
            let mut used = of_table.iter().filter(|name| met.contains(*name));
            match (used.next(), used.next()) {
                (Some(only), None) => (only.clone(), "check"),
                _ => (String::new(), "check"),
            }
        }
    }
}

fn name_indexes(table: &str, home: Option<&str>, indexes: &mut [Index], taken: &mut Taken) {
    for index in indexes.iter_mut().filter(|it| it.name.is_none()) {
        let middle = names_of(&index.elements);
        index.name = Some(taken.choose(home, table, &middle, "idx"));
    }
}

/// The columns; a call by the name of its function, any other expression as `expr`.
fn names_of(elements: &[Element]) -> String {
    let names: Vec<String> = elements.iter().map(name_of).collect();
    names.join("_")
}

fn name_of(element: &Element) -> String {
    if let Some(column) = &element.column {
        return column.clone();
    }
    let expression = element.expression.as_deref().unwrap_or_default();
    let is_letter = |it: char| it.is_ascii_alphanumeric() || it == '_';
    match expression.split_once('(') {
        Some((name, _)) if !name.is_empty() && name.chars().all(is_letter) => name.to_lowercase(),
        _ => "expr".to_owned(),
    }
}

fn name_checks(domain: &mut Domain) {
    let mut taken: HashSet<String> = domain
        .checks
        .iter()
        .filter_map(|it| it.name.clone())
        .collect();
    for check in domain.checks.iter_mut().filter(|it| it.name.is_none()) {
        let numbered = (0..).map(|number| match number {
            0 => "check".to_owned(),
            number => format!("check{number}"),
        });
        let mut names = numbered.map(|label| object_name(&domain.name.name, "", &label));
        check.name = names.find(|name| taken.insert(name.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Name;

    #[test]
    fn long_names_are_cut_as_postgresql_cuts_them() {
        let table = "a".repeat(50);
        let name = object_name(&table, "author_identification_number", "fkey");
        assert_eq!(name.len(), LIMIT);
        assert_eq!(
            name,
            format!("{}_author_identification_number_fkey", "a".repeat(29))
        );
    }

    #[test]
    fn letters_of_several_bytes_stay_whole() {
        let name = object_name(&"ä".repeat(40), "", "pkey");
        assert!(name.len() <= LIMIT);
        assert!(name.ends_with("ä_pkey"));
    }

    #[test]
    fn no_name_is_given_twice() {
        let check = |expression: &str| Constraint {
            name: None,
            kind: ConstraintKind::Check {
                expression: expression.to_owned(),
                no_inherit: false,
            },
            deferral: crate::value::Deferral::default(),
            not_valid: false,
            not_enforced: false,
            tablespace: None,
            comment: None,
        };
        let column = |name: &str| crate::value::Column {
            name: name.to_owned(),
            type_name: "int".to_owned(),
            ..Default::default()
        };
        let mut schema = Schema {
            tables: vec![Table {
                name: Name::bare("t"),
                columns: vec![column("a"), column("b")],
                constraints: vec![check("a > 0"), check("a < 9"), check("a < b")],
                ..Default::default()
            }],
            ..Default::default()
        };
        complete(&mut schema);
        let constraints = schema.tables.iter().flat_map(|table| &table.constraints);
        let names: Vec<_> = constraints.filter_map(|it| it.name.as_deref()).collect();
        assert_eq!(names, ["t_a_check", "t_a_check1", "t_check"]);
    }
}
