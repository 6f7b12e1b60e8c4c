//! `create type`, `create domain`. No IO.

use super::{push_some, table};
use crate::identifiers::{literal, quoted};
use crate::value::{Composite, Domain, DomainCheck, Enum, Name, Range};

pub(crate) fn create_enum(it: &Enum) -> String {
    let labels: Vec<String> = it.labels.iter().map(|label| literal(label)).collect();
    format!("create type {} as enum ({})", it.name, labels.join(", "))
}

pub(crate) fn create_composite(it: &Composite) -> String {
    let attributes = it.attributes.iter().map(|attribute| {
        let mut text = format!("{} {}", quoted(&attribute.name), attribute.type_name);
        push_some(&mut text, " collate ", attribute.collation.as_ref());
        text
    });
    let attributes: Vec<String> = attributes.collect();
    format!("create type {} as ({})", it.name, attributes.join(", "))
}

pub(crate) fn create_range(it: &Range) -> String {
    let mut text = format!("create type {} as range (subtype = {}", it.name, it.subtype);
    push_some(
        &mut text,
        ", subtype_opclass = ",
        it.operator_class.as_ref(),
    );
    push_some(&mut text, ", collation = ", it.collation.as_ref());
    push_some(&mut text, ", subtype_diff = ", it.subtype_diff.as_ref());
    push_some(
        &mut text,
        ", multirange_type_name = ",
        it.multirange.as_ref(),
    );
    text.push(')');
    text
}

pub(crate) fn create_domain(it: &Domain) -> String {
    let mut text = format!("create domain {} as {}", it.name, it.type_name);
    push_some(&mut text, " collate ", it.collation.as_ref());
    push_some(
        &mut text,
        " default ",
        it.default.as_deref().map(table::default),
    );
    if it.not_null {
        text.push_str(&table::not_null(it.not_null_constraint.as_ref()));
    }
    for check in it.checks.iter().filter(|check| !check.not_valid) {
        push_some(&mut text, " constraint ", check.name.as_deref().map(quoted));
        push_some(&mut text, " check (", Some(&check.expression));
        text.push(')');
    }
    text
}

pub(crate) fn add_check(domain: &Name, check: &DomainCheck) -> String {
    let mut text = format!("alter domain {domain} add");
    push_some(&mut text, " constraint ", check.name.as_deref().map(quoted));
    push_some(&mut text, " check (", Some(&check.expression));
    text.push(')');
    if check.not_valid {
        text.push_str(" not valid");
    }
    text
}
