//! The rules, one file each: `name_of_rule.rs` holds `name-of-rule`.
//!
//! No IO. Called by the engine, which asks every rule about every statement. What is said about a rule for people is in
//! its `page`; further examples stand beside it in `name_of_rule.md`. Both are executed by `spec.rs`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::rule::Rule;

/// Declares the modules and lists their rules.
macro_rules! rules {
    ($($module:ident),* $(,)?) => {
        $(pub(super) mod $module;)*

        /// Every rule, in the order of names.
        pub static ALL: &[&Rule] = &[$(&$module::RULE),*];
    };
}

rules![
    required_column_without_default,
    syntax_error,
    unknown_suppression,
    unused_suppression,
];

/// Rules by each of their names.
static NAMED: LazyLock<HashMap<&'static str, Vec<&'static Rule>>> = LazyLock::new(|| {
    let mut named: HashMap<_, Vec<_>> = HashMap::new();
    for rule in ALL {
        named.entry(rule.name).or_default().push(*rule);
    }
    for rule in ALL {
        for name in rule.aliases.names() {
            let rules = named.entry(name).or_default();
            if !rules.iter().any(|it| it.name == rule.name) {
                rules.push(rule);
            }
        }
    }
    named
});

/// The rules that a name stands for: howdah's own, or what other tools call them; some of theirs are several of ours.
#[must_use]
pub fn named(name: &str) -> Vec<&'static Rule> {
    NAMED.get(name).cloned().unwrap_or_default()
}

/// The name that was most likely meant by one that no rule has.
#[must_use]
pub fn closest(name: &str) -> Option<&'static str> {
    let close = |known: &&'static str| (strsim::damerau_levenshtein(name, known), *known);
    let (distance, known) = NAMED.keys().map(close).min()?;
    (distance <= name.len() / 3).then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_unique() {
        let names: Vec<_> = ALL.iter().map(|it| it.name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
    }

    #[test]
    fn a_name_of_ours_is_one_rule() {
        for rule in ALL {
            let found: Vec<_> = named(rule.name).iter().map(|it| it.name).collect();
            assert_eq!(found.first(), Some(&rule.name));
        }
    }

    #[test]
    fn what_is_meant_is_found() {
        assert_eq!(closest("sintax-error"), Some("syntax-error"));
        assert_eq!(closest("completely-different-thing"), None);
    }
}
