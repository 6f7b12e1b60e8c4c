//! Tables, without their columns and what else has statements of its own. No IO.

use super::parameters::parameters;
use super::{Alteration, Aspect, option_changes};
use crate::ddl::inherited;
use crate::identifiers::quoted;
use crate::value::Table;

pub(super) fn alter(from: &Table, to: &Table) -> Option<Vec<Alteration>> {
    let same_server = match (&from.foreign, &to.foreign) {
        (None, None) => true,
        (Some(from), Some(to)) => from.server == to.server,
        _ => false,
    };
    if from.partition_by != to.partition_by || !same_server {
        return None;
    }
    let alter = format!("alter table {}", to.name);
    let mut out = family(&alter, from, to);
    out.extend(storage(&alter, from, to));
    out.extend(row_security(&alter, from, to));
    if let (Some(from), Some(to)) = (&from.foreign, &to.foreign) {
        let options = option_changes(&from.options, &to.options);
        if !options.is_empty() {
            let text = format!("{alter} options ({options})");
            out.push(Alteration::new(Aspect::Options, text));
        }
    }
    out.extend(access_method(&alter, from, to));
    out.extend(inherited_columns(from, to));
    out.extend(parameters(&alter, &from.options, &to.options));
    Some(out)
}

/// Whose partition and whose heir it is.
fn family(alter: &str, from: &Table, to: &Table) -> Vec<Alteration> {
    let mut out = Vec::new();
    let mut push = |aspect: Aspect, text: String| out.push(Alteration::new(aspect, text));
    if from.partition_of != to.partition_of {
        if let Some(of) = &from.partition_of {
            let text = format!("alter table {} detach partition {}", of.parent, to.name);
            push(Aspect::DetachPartition, text);
        }
        if let Some(of) = &to.partition_of {
            let (parent, bounds) = (&of.parent, &of.bounds);
            let text = format!("alter table {parent} attach partition {} {bounds}", to.name);
            push(Aspect::AttachPartition, text);
        }
    }
    for parent in from.inherits.iter().filter(|it| !to.inherits.contains(it)) {
        let text = format!("{alter} no inherit {parent}");
        push(Aspect::NoInherit(parent.to_string()), text);
    }
    for parent in to.inherits.iter().filter(|it| !from.inherits.contains(it)) {
        let text = format!("{alter} inherit {parent}");
        push(Aspect::Inherit(parent.to_string()), text);
    }
    out
}

fn storage(alter: &str, from: &Table, to: &Table) -> Vec<Alteration> {
    let mut out = Vec::new();
    if from.unlogged != to.unlogged {
        let word = if to.unlogged { "unlogged" } else { "logged" };
        let text = format!("{alter} set {word}");
        out.push(Alteration::new(Aspect::Logged, text));
    }
    if from.tablespace != to.tablespace {
        let space = to.tablespace.as_deref().unwrap_or("pg_default");
        let text = format!("{alter} set tablespace {}", quoted(space));
        out.push(Alteration::new(Aspect::Tablespace, text));
    }
    out
}

fn row_security(alter: &str, from: &Table, to: &Table) -> Vec<Alteration> {
    let mut out = Vec::new();
    if from.row_security != to.row_security {
        let word = if to.row_security { "enable" } else { "disable" };
        let text = format!("{alter} {word} row level security");
        out.push(Alteration::new(Aspect::RowSecurity, text));
    }
    if from.force_row_security != to.force_row_security {
        let no = if to.force_row_security { "" } else { "no " };
        let text = format!("{alter} {no}force row level security");
        out.push(Alteration::new(Aspect::ForceRowSecurity, text));
    }
    out
}

fn access_method(alter: &str, from: &Table, to: &Table) -> Option<Alteration> {
    let method = to.access_method.as_deref().unwrap_or("heap");
    let text = format!("{alter} set access method {}", quoted(method));
    (from.access_method != to.access_method).then(|| Alteration::new(Aspect::AccessMethod, text))
}

/// What it has of its own about columns that are its parents'.
fn inherited_columns(from: &Table, to: &Table) -> Vec<Alteration> {
    let of = |table: &Table, name: &str| {
        let mut inherited = table.inherited.iter();
        inherited.find(|it| it.name == name).cloned()
    };
    let refuses = |table: &Table, name: &str| of(table, name).is_some_and(|it| it.not_null);
    let mut out = Vec::new();
    for it in &to.inherited {
        let settings = inherited::settings(to, it);
        let differs =
            of(from, &it.name).is_none_or(|was| inherited::settings(to, &was) != settings);
        if differs && !settings.is_empty() {
            out.push(Alteration {
                aspect: Aspect::Inherited(it.name.clone()),
                statements: settings,
                loses: None,
            });
        }
        if it.not_null && !refuses(from, &it.name) {
            let text = inherited::refuse_null(to, it);
            out.push(Alteration::new(
                Aspect::InheritedNotNull(it.name.clone()),
                text,
            ));
        }
    }
    let is_own = |name: &str| to.columns.iter().any(|it| it.name == name);
    let lets = from.inherited.iter().filter(|it| it.not_null);
    let lets = lets.filter(|it| !refuses(to, &it.name) && !is_own(&it.name));
    out.extend(lets.map(|it| {
        let column = quoted(&it.name);
        let text = format!(
            "alter table {} alter column {column} drop not null",
            to.name
        );
        Alteration::new(Aspect::InheritedNull(it.name.clone()), text)
    }));
    out
}
