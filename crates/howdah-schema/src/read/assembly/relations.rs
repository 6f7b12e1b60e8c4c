//! Tables and views, and what belongs to them. No IO.

use howdah_driver::Rows;

use super::standalone::without_usual_name;
use super::{Assembly, Usual, class, number, value};
use crate::naming;
use crate::read::Error;
use crate::value::{
    Column, Constraint, ConstraintKind, Enabled, Index, InheritedColumn, Policy, Rule, Table,
    Trigger, View,
};

impl Assembly {
    pub(in crate::read) fn tables(&mut self, rows: &Rows) -> Result<(), Error> {
        let found = self.own::<Table>(class::RELATION, "tables", Usual::Nothing, rows)?;
        self.tables.extend(found);
        Ok(())
    }

    pub(in crate::read) fn views(&mut self, rows: &Rows) -> Result<(), Error> {
        let found = self.own::<View>(class::RELATION, "views", Usual::Nothing, rows)?;
        self.views.extend(found);
        Ok(())
    }

    pub(in crate::read) fn columns(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let (Some(relation), Some(place)) = (number(row, 0), row.get(1)) else {
                continue;
            };
            let place: i32 = place.parse().unwrap_or_default();
            let mut column: Column = value("columns", row, 2)?;
            column.comment = self.comment(class::RELATION, relation, place);
            column.grants = self.granted(class::RELATION, relation, place, Usual::Nothing);
            let counting = self.counting.remove(&(relation, place));
            if let Some(table) = self.tables.get_mut(&relation) {
                if let (Some(identity), Some(sequence)) = (&mut column.identity, counting) {
                    let usual = naming::object_name(&table.name.name, &column.name, "seq");
                    let name = sequence.name.name;
                    identity.sequence = (name != usual).then_some(name);
                    identity.options = sequence.options;
                }
                let usual = naming::object_name(&table.name.name, &column.name, "not_null");
                without_usual_name(&mut column.not_null_constraint, &usual);
                table.columns.push(column);
            } else if let Some(view) = self.views.get_mut(&relation) {
                view.columns.push(column);
            }
        }
        Ok(())
    }

    pub(in crate::read) fn indexes(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let (Some(oid), Some(relation)) = (number(row, 0), number(row, 1)) else {
                continue;
            };
            let mut index: Index = value("indexes", row, 3)?;
            for element in &mut index.elements {
                element.expression = element.expression.take().map(without_parentheses);
            }
            if row.get(2) == Some("t") {
                self.of_constraints.insert(oid, index);
                continue;
            }
            index.comment = self.comment(class::RELATION, oid, 0);
            if let Some(table) = self.tables.get_mut(&relation) {
                table.indexes.push(index);
            } else if let Some(view) = self.views.get_mut(&relation) {
                view.indexes.push(index);
            }
        }
        Ok(())
    }

    pub(in crate::read) fn constraints(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let (Some(oid), Some(relation)) = (number(row, 0), number(row, 1)) else {
                continue;
            };
            let mut constraint: Constraint = value("constraints", row, 3)?;
            constraint.comment = self.comment(class::CONSTRAINT, oid, 0);
            if let Some(index) = number(row, 2).and_then(|oid| self.of_constraints.get(&oid)) {
                take_index(&mut constraint.kind, index);
                constraint.tablespace.clone_from(&index.tablespace);
            }
            if let Some(table) = self.tables.get_mut(&relation) {
                table.constraints.push(constraint);
            }
        }
        Ok(())
    }

    pub(in crate::read) fn triggers(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let (Some(oid), Some(relation)) = (number(row, 0), number(row, 1)) else {
                continue;
            };
            let mut trigger: Trigger = value("triggers", row, 3)?;
            trigger.arguments = trigger_arguments(row.get(2).unwrap_or_default());
            trigger.comment = self.comment(class::TRIGGER, oid, 0);
            if let Some(table) = self.tables.get_mut(&relation) {
                table.triggers.push(trigger);
            } else if let Some(view) = self.views.get_mut(&relation) {
                view.triggers.push(trigger);
            }
        }
        Ok(())
    }

    /// In which sessions triggers fire that a parent brings.
    pub(in crate::read) fn trigger_states(&mut self, rows: &Rows) {
        for row in rows {
            let table = number(row, 0).and_then(|it| self.tables.get_mut(&it));
            if let (Some(table), Some(name)) = (table, row.get(1)) {
                let enabled = match row.get(2) {
                    Some("disabled") => Enabled::Disabled,
                    Some("replica") => Enabled::Replica,
                    Some("always") => Enabled::Always,
                    _ => Enabled::Origin,
                };
                table.trigger_states.insert(name.to_owned(), enabled);
            }
        }
    }

    pub(in crate::read) fn policies(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let (Some(oid), Some(relation)) = (number(row, 0), number(row, 1)) else {
                continue;
            };
            let mut policy: Policy = value("policies", row, 2)?;
            policy.comment = self.comment(class::POLICY, oid, 0);
            if let Some(table) = self.tables.get_mut(&relation) {
                table.policies.push(policy);
            }
        }
        Ok(())
    }

    /// What a table says of columns that a parent brings.
    pub(in crate::read) fn inherited(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let (Some(relation), Some(place)) = (number(row, 0), row.get(1)) else {
                continue;
            };
            let place: i32 = place.parse().unwrap_or_default();
            let mut column: InheritedColumn = value("columns", row, 2)?;
            column.comment = self.comment(class::RELATION, relation, place);
            column.grants = self.granted(class::RELATION, relation, place, Usual::Nothing);
            let Some(table) = self.tables.get_mut(&relation) else {
                continue;
            };
            let usual = naming::object_name(&table.name.name, &column.name, "not_null");
            without_usual_name(&mut column.not_null_constraint, &usual);
            let says_nothing = InheritedColumn {
                name: column.name.clone(),
                ..InheritedColumn::default()
            };
            if column != says_nothing {
                table.inherited.push(column);
            }
        }
        Ok(())
    }

    pub(in crate::read) fn rules(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let (Some(oid), Some(relation)) = (number(row, 0), number(row, 1)) else {
                continue;
            };
            let mut rule: Rule = value("rules", row, 2)?;
            rule.comment = self.comment(class::RULE, oid, 0);
            if let Some(table) = self.tables.get_mut(&relation) {
                table.rules.push(rule);
            } else if let Some(view) = self.views.get_mut(&relation) {
                view.rules.push(rule);
            }
        }
        Ok(())
    }
}

/// What only the constraint's index knows.
fn take_index(kind: &mut ConstraintKind, index: &Index) {
    match kind {
        ConstraintKind::PrimaryKey {
            include, options, ..
        } => {
            include.clone_from(&index.include);
            options.clone_from(&index.options);
        }
        ConstraintKind::Unique {
            include,
            options,
            nulls_not_distinct,
            ..
        } => {
            include.clone_from(&index.include);
            options.clone_from(&index.options);
            *nulls_not_distinct = index.nulls_not_distinct;
        }
        ConstraintKind::Exclude {
            method,
            elements,
            include,
            predicate,
            options,
            ..
        } => {
            *method = index.method.clone().unwrap_or_else(|| "btree".to_owned());
            elements.clone_from(&index.elements);
            include.clone_from(&index.include);
            predicate.clone_from(&index.predicate);
            options.clone_from(&index.options);
        }
        ConstraintKind::Check { .. } | ConstraintKind::ForeignKey { .. } => {}
    }
}

/// The arguments, each ended by a zero, of which the hexadecimal digits are given.
fn trigger_arguments(digits: &str) -> Vec<String> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Vec<u8> = pairs.filter_map(byte).collect();
    let mut parts: Vec<_> = bytes.split(|byte| *byte == 0).collect();
    parts.pop(); // after the last zero there is nothing
    let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
    parts.into_iter().map(text).collect()
}

/// An expression without the parentheses around all of it.
fn without_parentheses(expression: String) -> String {
    let inner = expression
        .strip_prefix('(')
        .and_then(|it| it.strip_suffix(')'));
    let Some(inner) = inner else {
        return expression;
    };
    let mut depth = 0_i32;
    let mut quote = None;
    for letter in inner.chars() {
        match (quote, letter) {
            (Some(open), it) if it == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return expression;
        }
    }
    inner.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parentheses_around_all_of_it_are_taken_off() {
        let cases = [
            ("(a || b)", "a || b"),
            ("(a) || (b)", "(a) || (b)"),
            ("lower(a)", "lower(a)"),
            ("(a || ')')", "a || ')'"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_parentheses(text.to_owned()), expected);
        }
    }

    #[test]
    fn arguments_of_triggers_may_be_empty() {
        assert_eq!(trigger_arguments(""), Vec::<String>::new());
        assert_eq!(trigger_arguments("610000"), ["a", ""]);
    }
}
