//! Names of Python for what PostgreSQL has. No IO.
//!
//! Invariant: no two things of one scope have the same name, and none hides a name that the module imports.

use std::collections::{HashMap, HashSet};

use crate::value::{Name, Schema};

/// Words that are no names in Python.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// What the module imports.
pub(super) const FROM_ORM: &[&str] = &[
    "Col",
    "Many",
    "Model",
    "One",
    "col",
    "generated",
    "identity",
    "many",
    "one",
    "references",
];
/// What the module imports of the declarations.
pub(super) const FROM_SCHEMA: &[&str] = &[
    "check",
    "column_settings",
    "composite",
    "domain",
    "element",
    "exclude",
    "extension",
    "foreign_key",
    "function",
    "grant",
    "index",
    "namespace",
    "partition",
    "partition_by",
    "policy",
    "primary_key",
    "procedure",
    "range_type",
    "sequence",
    "server",
    "sql",
    "trigger",
    "unique",
    "user_mapping",
];
const OTHERS: &[&str] = &[
    "Annotated",
    "Any",
    "Decimal",
    "Multirange",
    "Range",
    "UUID",
    "annotations",
    "bool",
    "bytes",
    "dict",
    "dt",
    "enum",
    "float",
    "int",
    "list",
    "str",
];

/// The module's names for classes and objects.
#[derive(Debug)]
pub(super) struct Names {
    /// The classes of tables, views and enums; the aliases of domains and other types.
    classes: HashMap<Name, String>,
    taken: HashSet<String>,
}

impl Names {
    pub(super) fn of(schema: &Schema) -> Self {
        let imported = FROM_ORM
            .iter()
            .chain(FROM_SCHEMA)
            .chain(OTHERS)
            .chain(KEYWORDS);
        let mut names = Self {
            classes: HashMap::new(),
            taken: imported.map(|it| (*it).to_owned()).collect(),
        };
        let types = schema.enums.iter().map(|it| &it.name);
        let types = types.chain(schema.domains.iter().map(|it| &it.name));
        let types = types.chain(schema.composites.iter().map(|it| &it.name));
        let types = types.chain(schema.ranges.iter().map(|it| &it.name));
        let tables = schema.tables.iter().filter(|it| it.partition_of.is_none());
        let tables = tables.map(|it| &it.name);
        let views = schema.views.iter().map(|it| &it.name);
        for name in tables.chain(views).chain(types) {
            names.add_class(name);
        }
        names
    }

    /// The class of a table, view or type; none for what the module does not have.
    pub(super) fn class(&self, name: &Name) -> Option<&str> {
        self.classes.get(name).map(String::as_str)
    }

    /// The name of a new object of the module.
    pub(super) fn object(&mut self, wanted: &str) -> String {
        let name = free(&identifier(wanted), &self.taken);
        self.taken.insert(name.clone());
        name
    }

    fn add_class(&mut self, name: &Name) {
        let mut wanted = camel_case(&name.name);
        if self.taken.contains(&wanted)
            && let Some(schema) = &name.schema
        {
            wanted = camel_case(schema) + &wanted;
        }
        let wanted = free(&wanted, &self.taken);
        self.taken.insert(wanted.clone());
        self.classes.insert(name.clone(), wanted);
    }
}

/// The first of `name`, `name_2`, `name_3` … that is free.
pub(super) fn free(name: &str, taken: &HashSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|it| !taken.contains(it)).unwrap_or_default()
}

/// A name as an attribute or variable: `Full Name` is `full_name`, `class` is `class_`.
pub(super) fn identifier(name: &str) -> String {
    let is_letter = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let mut plain = name.to_owned();
    if !name.chars().all(is_letter) {
        let letters = name.chars().map(|it| if is_letter(it) { it } else { '_' });
        plain = letters.collect::<String>().to_lowercase();
    }
    plain = plain.trim_start_matches('_').to_owned();
    if plain.is_empty() || plain.starts_with(|it: char| it.is_ascii_digit()) {
        plain = format!("n{plain}");
    }
    let is_used = |list: &[&str]| list.contains(&plain.as_str());
    if is_used(KEYWORDS) || is_used(FROM_ORM) || is_used(FROM_SCHEMA) || is_used(OTHERS) {
        plain.push('_');
    }
    plain
}

/// A name as a class: `question_tag` is `QuestionTag`.
pub(super) fn camel_case(name: &str) -> String {
    let plain = identifier(name);
    let words = plain.split('_').filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|it| it.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    words.map(capital).collect()
}

/// What `howdah.orm` makes of a class' name: `QuestionTag` is `question_tag`.
pub(super) fn snake_case(class: &str) -> String {
    let letters: Vec<char> = class.chars().collect();
    let mut written = String::new();
    for (place, letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|it| letters.get(it));
        let after = letters.get(place + 1);
        let begins = before.is_some_and(|it| it.is_lowercase() || it.is_ascii_digit())
            || (before.is_some_and(|it| it.is_uppercase())
                && after.is_some_and(|it| it.is_lowercase()));
        if letter.is_uppercase() && begins {
            written.push('_');
        }
        written.extend(letter.to_lowercase());
    }
    written
}

/// Several of what the name is one of: `book` is `books`, `category` is `categories`.
pub(super) fn plural(name: &str) -> String {
    let sibilant = ["s", "x", "z", "ch", "sh"]
        .iter()
        .any(|end| name.ends_with(end));
    let vowel_y = ["ay", "ey", "oy", "uy"]
        .iter()
        .any(|end| name.ends_with(end));
    match name.strip_suffix('y') {
        Some(stem) if !vowel_y => format!("{stem}ies"),
        _ if sibilant => format!("{name}es"),
        _ => format!("{name}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_python() {
        assert_eq!(identifier("Full Name"), "full_name");
        assert_eq!(identifier("class"), "class_");
        assert_eq!(identifier("2fa"), "n2fa");
        assert_eq!(identifier("_id"), "id");
        assert_eq!(camel_case("question_tag"), "QuestionTag");
        assert_eq!(snake_case("QuestionTag"), "question_tag");
        assert_eq!(snake_case("HTTPLog"), "http_log");
        assert_eq!(plural("category"), "categories");
        assert_eq!(plural("day"), "days");
        assert_eq!(plural("box"), "boxes");
    }
}
