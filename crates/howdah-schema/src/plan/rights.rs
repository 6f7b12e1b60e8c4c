//! Views that are made again keep what was given to them by hand: rights, the owner, a comment.
//!
//! No IO. A plan knows the rights that the migrations give. A database in use has more, from whoever looks after it, and
//! they would go with the view that is dropped. They are read when the step runs, and given again to the new view.
//!
//! Invariant: of what the plan itself changes (a right that is gone in the new schema), nothing is brought back.

use super::{Plan, Step, Undo};
use crate::ddl;
use crate::value::{Grant, Name, Schema, View};

/// Adds, to each transaction that drops views and makes them again, what remembers and gives back their rights.
pub(super) fn keep(plan: &mut Plan, from: &Schema, to: &Schema) {
    let is_given_the_same = |view: &&View| {
        let later = to.views.iter().find(|it| it.name == view.name);
        later.is_some_and(|later| given(later).eq(given(view)) && later.owner == view.owner)
    };
    let views: Vec<&View> = from.views.iter().filter(is_given_the_same).collect();
    if views.is_empty() {
        return;
    }
    let steps = std::mem::take(&mut plan.steps);
    for group in steps.chunk_by(|a, b| a.group == b.group) {
        with_rights(group, &views, to, &mut plan.steps);
    }
}

/// What is said of rights, and of which column.
fn given(view: &View) -> impl Iterator<Item = (Option<&str>, &Vec<Grant>)> {
    let own = view.grants.iter().map(|it| (None, it));
    let columns = view.columns.iter();
    own.chain(columns.filter_map(|it| Some((Some(&*it.name), it.grants.as_ref()?))))
}

fn with_rights(group: &[Step], views: &[&View], to: &Schema, out: &mut Vec<Step>) {
    let again = |view: &&&View| {
        let drop = group.iter().position(|it| drops(&it.sql, &view.name));
        let make = group.iter().rposition(|it| makes(&it.sql, &view.name));
        Some((drop?, make?)).filter(|(drop, make)| drop < make)
    };
    let places: Vec<(usize, usize)> = views.iter().filter_map(|it| again(&it)).collect();
    let first = places.iter().map(|it| it.0).min();
    let last = places.iter().map(|it| it.1).max();
    let (Some(first), Some(last)) = (first, last) else {
        out.extend(group.iter().cloned());
        return;
    };
    let made: Vec<&View> = views
        .iter()
        .copied()
        .filter(|it| again(&it).is_some())
        .collect();
    let names: Vec<&Name> = made.iter().map(|it| &it.name).collect();
    let is_bare = |it: &&&View| {
        let later = to.views.iter().find(|later| later.name == it.name);
        it.comment.is_none() && later.is_none_or(|it| it.comment.is_none())
    };
    let bare: Vec<&Name> = made.iter().filter(is_bare).map(|it| &it.name).collect();
    let (remember, give) = (
        ddl::grant::remembered(&names, &bare),
        ddl::grant::given_again(),
    );
    for (place, step) in group.iter().enumerate() {
        let beside = |sql: &str, back: &str, reason: &str| Step {
            sql: sql.to_owned(),
            undo: step
                .undo
                .is_some()
                .then(|| vec![Undo::of(vec![back.to_owned()])]),
            reason: reason.to_owned(),
            ..step.clone()
        };
        if place == first {
            let reason = "the rights of the view, whoever granted them, would go with it";
            out.push(beside(&remember, &give, reason));
        }
        out.push(step.clone());
        if place == last {
            let reason = "with the rights that it had, whoever granted them";
            out.push(beside(&give, &remember, reason));
        }
    }
}

fn drops(sql: &str, view: &Name) -> bool {
    let rest = sql.strip_prefix("drop ").unwrap_or_default();
    let rest = rest.strip_prefix("materialized ").unwrap_or(rest);
    rest.strip_prefix("view ") == Some(&*view.to_string())
}

fn makes(sql: &str, view: &Name) -> bool {
    let rest = sql.strip_prefix("create ").unwrap_or_default();
    let rest = rest.strip_prefix("materialized ").unwrap_or(rest);
    let is_created = rest
        .strip_prefix("view ")
        .and_then(|it| it.strip_prefix(&*view.to_string()))
        .is_some_and(|it| it.starts_with([' ', '\n']));
    // computed under another name
    let takes_name = || {
        let mut words = sql.rsplitn(2, " rename to ");
        sql.starts_with("alter materialized view ")
            && words.next() == Some(&*crate::identifiers::quoted(&view.name))
    };
    is_created || takes_name()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_known_by_its_statements() {
        let view = Name {
            schema: Some("app".to_owned()),
            name: "Big one".to_owned(),
        };
        assert!(drops("drop view app.\"Big one\"", &view));
        assert!(drops("drop materialized view app.\"Big one\"", &view));
        assert!(!drops("drop view app.\"Big one 2\"", &view));
        assert!(makes("create view app.\"Big one\" as\nselect 1", &view));
        assert!(makes(
            "alter materialized view app.x rename to \"Big one\"",
            &view
        ));
        assert!(!makes("create view app.\"Big one\"2 as select 1", &view));
        assert!(!makes("create table app.\"Big one\" (a int)", &view));
    }
}
