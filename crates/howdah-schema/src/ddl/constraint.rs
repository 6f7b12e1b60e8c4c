//! Constraints, within `create table` and by `alter table`. No IO.

use super::index::{element, include};
use super::{push_some, with};
use crate::identifiers::{quoted, quoted_list};
use crate::value::{Action, Constraint, ConstraintKind, Deferral};

/// Whether it must wait until all tables are there, or cannot be written within `create table`.
pub(crate) fn comes_later(it: &Constraint) -> bool {
    it.not_valid || matches!(it.kind, ConstraintKind::ForeignKey { .. })
}

/// `constraint name …`.
pub(crate) fn definition(it: &Constraint) -> String {
    let mut text = String::new();
    if let Some(name) = &it.name {
        text = format!("constraint {} ", quoted(name));
    }
    text.push_str(&demand(&it.kind, it.tablespace.as_deref()));
    text.push_str(deferral(it.deferral));
    if it.not_enforced {
        text.push_str(" not enforced");
    } else if it.not_valid {
        text.push_str(" not valid");
    }
    text
}

pub(crate) fn deferral(it: Deferral) -> &'static str {
    match it {
        Deferral::NotDeferrable => "",
        Deferral::Deferrable => " deferrable",
        Deferral::InitiallyDeferred => " deferrable initially deferred",
    }
}

fn demand(kind: &ConstraintKind, tablespace: Option<&str>) -> String {
    let place = tablespace.map(quoted);
    let place = place.map_or_else(String::new, |it| format!(" using index tablespace {it}"));
    match kind {
        ConstraintKind::PrimaryKey {
            columns,
            include: beside,
            without_overlaps,
            options,
        } => {
            let columns = key(columns, *without_overlaps);
            format!(
                "primary key ({columns}){}{}{place}",
                include(beside),
                with(options)
            )
        }
        ConstraintKind::Unique {
            columns,
            include: beside,
            nulls_not_distinct,
            without_overlaps,
            options,
        } => {
            let nulls = if *nulls_not_distinct {
                " nulls not distinct"
            } else {
                ""
            };
            let columns = key(columns, *without_overlaps);
            format!(
                "unique{nulls} ({columns}){}{}{place}",
                include(beside),
                with(options)
            )
        }
        ConstraintKind::Check {
            expression,
            no_inherit,
        } => {
            let tail = if *no_inherit { " no inherit" } else { "" };
            format!("check ({expression}){tail}")
        }
        ConstraintKind::Exclude { .. } => exclusion(kind, &place),
        ConstraintKind::ForeignKey { .. } => foreign_key(kind),
    }
}

fn key(columns: &[String], without_overlaps: bool) -> String {
    let tail = if without_overlaps {
        " without overlaps"
    } else {
        ""
    };
    quoted_list(columns) + tail
}

fn exclusion(kind: &ConstraintKind, place: &str) -> String {
    let ConstraintKind::Exclude {
        method,
        elements,
        operators,
        include: beside,
        predicate,
        options,
    } = kind
    else {
        return String::new();
    };
    let compared = elements.iter().zip(operators);
    let compared = compared.map(|(it, operator)| format!("{} with {operator}", element(it)));
    let compared: Vec<String> = compared.collect();
    let mut text = format!("exclude using {} ({})", quoted(method), compared.join(", "));
    text.push_str(&include(beside));
    text.push_str(&with(options));
    text.push_str(place);
    push_some(
        &mut text,
        " where ",
        predicate.as_ref().map(|it| format!("({it})")),
    );
    text
}

fn foreign_key(kind: &ConstraintKind) -> String {
    let ConstraintKind::ForeignKey {
        columns,
        references,
        referenced_columns,
        on_delete,
        on_update,
        on_delete_columns,
        match_full,
        period,
    } = kind
    else {
        return String::new();
    };
    let own = with_period(columns, *period);
    let mut text = format!("foreign key ({own}) references {references}");
    if !referenced_columns.is_empty() {
        let theirs = with_period(referenced_columns, *period);
        push_some(&mut text, " (", Some(theirs + ")"));
    }
    if *match_full {
        text.push_str(" match full");
    }
    if *on_update != Action::NoAction {
        push_some(&mut text, " on update ", Some(on_update.sql()));
    }
    if *on_delete != Action::NoAction {
        push_some(&mut text, " on delete ", Some(on_delete.sql()));
    }
    if !on_delete_columns.is_empty() {
        push_some(&mut text, " (", Some(quoted_list(on_delete_columns) + ")"));
    }
    text
}

fn with_period(columns: &[String], period: bool) -> String {
    match columns.split_last() {
        Some((last, [])) if period => format!("period {}", quoted(last)),
        Some((last, others)) if period => {
            format!("{}, period {}", quoted_list(others), quoted(last))
        }
        _ => quoted_list(columns),
    }
}
