//! Every expression that a schema holds, wherever it stands. No IO.

use crate::value::{Column, Constraint, ConstraintKind, Element, Index, Schema, Table, Trigger};

impl Schema {
    /// Calls `visit` with each expression, condition and query that PostgreSQL has read and prints.
    pub(crate) fn for_each_expression(&mut self, visit: &mut impl FnMut(&mut String)) {
        for domain in &mut self.domains {
            domain.default.iter_mut().for_each(&mut *visit);
            domain
                .checks
                .iter_mut()
                .for_each(|it| visit(&mut it.expression));
        }
        for routine in &mut self.routines {
            visit(&mut routine.arguments);
            if routine.atomic {
                visit(&mut routine.body);
            }
        }
        for table in &mut self.tables {
            of_table(table, visit);
        }
        for view in &mut self.views {
            visit(&mut view.query);
            of_columns(&mut view.columns, visit);
            of_indexes(&mut view.indexes, visit);
            of_triggers(&mut view.triggers, visit);
            view.rules.iter_mut().for_each(|it| visit(&mut it.create));
        }
        for statistics in &mut self.statistics {
            visit(&mut statistics.elements);
        }
        let published = self.publications.iter_mut().flat_map(|it| &mut it.tables);
        published
            .filter_map(|it| it.predicate.as_mut())
            .for_each(visit);
    }
}

fn of_table(table: &mut Table, visit: &mut impl FnMut(&mut String)) {
    of_columns(&mut table.columns, visit);
    for column in &mut table.inherited {
        column.default.iter_mut().for_each(&mut *visit);
    }
    for constraint in &mut table.constraints {
        of_constraint(constraint, visit);
    }
    of_indexes(&mut table.indexes, visit);
    of_triggers(&mut table.triggers, visit);
    table.rules.iter_mut().for_each(|it| visit(&mut it.create));
    for policy in &mut table.policies {
        let conditions = policy.using.iter_mut().chain(&mut policy.check);
        conditions.for_each(&mut *visit);
    }
    table
        .partition_by
        .iter_mut()
        .for_each(|it| visit(&mut it.keys));
}

fn of_columns(columns: &mut [Column], visit: &mut impl FnMut(&mut String)) {
    for column in columns {
        column.default.iter_mut().for_each(&mut *visit);
        let generated = column.generated.iter_mut();
        generated.for_each(|it| visit(&mut it.expression));
    }
}

fn of_constraint(constraint: &mut Constraint, visit: &mut impl FnMut(&mut String)) {
    match &mut constraint.kind {
        ConstraintKind::Check { expression, .. } => visit(expression),
        ConstraintKind::Exclude {
            elements,
            predicate,
            ..
        } => {
            of_elements(elements, visit);
            predicate.iter_mut().for_each(visit);
        }
        ConstraintKind::PrimaryKey { .. }
        | ConstraintKind::Unique { .. }
        | ConstraintKind::ForeignKey { .. } => {}
    }
}

fn of_indexes(indexes: &mut [Index], visit: &mut impl FnMut(&mut String)) {
    for index in indexes {
        of_elements(&mut index.elements, visit);
        index.predicate.iter_mut().for_each(&mut *visit);
    }
}

fn of_elements(elements: &mut [Element], visit: &mut impl FnMut(&mut String)) {
    let expressions = elements.iter_mut().filter_map(|it| it.expression.as_mut());
    expressions.for_each(visit);
}

fn of_triggers(triggers: &mut [Trigger], visit: &mut impl FnMut(&mut String)) {
    let conditions = triggers.iter_mut().filter_map(|it| it.condition.as_mut());
    conditions.for_each(visit);
}
