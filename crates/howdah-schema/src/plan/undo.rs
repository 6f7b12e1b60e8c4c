//! What takes steps back, in forms that let readers and writers go on as well.
//!
//! No IO. Who takes a deploy back has trouble enough: an index comes back beside writers, a constraint is proven after it
//! was added. Only what was made together comes back together, in its plain form.
//!
//! Invariant: after the steps and then what takes them back, from the last to the first, the catalog reads as before.

use std::cell::OnceCell;
use std::collections::HashMap;

use howdah_sql::catalog::Catalog;

use super::leftover::Leftovers;
use super::units::{Form, Outcome, key_of, plain, single};
use super::{Batches, Kind, Options, Situation, Step, Undo, column, expand};
use crate::diff::{Action, Change, Entity};
use crate::value::Schema;

/// One transaction after the other, or an update in batches.
pub(crate) type WayBack = Vec<Undo>;

/// Gives each change its way back.
pub(super) fn tell(changes: &mut [Change], from: &Schema, to: &Schema, options: &Options) {
    let mut members: HashMap<usize, usize> = HashMap::new();
    for change in changes.iter() {
        *members.entry(change.group).or_default() += 1;
    }
    let mut catalog = OnceCell::new();
    for change in changes {
        let is_alone = members.get(&change.group) == Some(&1) && !options.simple;
        change.way_back = if is_alone {
            safe(change, from, to, options, &mut catalog)
        } else {
            change.undo.as_deref().map(at_once)
        };
    }
}

fn at_once(undo: &[Change]) -> WayBack {
    let statements: Vec<String> = undo.iter().flat_map(|it| it.statements.clone()).collect();
    let all = [statements].into_iter();
    all.filter(|it| !it.is_empty()).map(Undo::of).collect()
}

/// The way back in which others can go on; nothing where only an answer would allow it.
pub(super) fn safe(
    change: &Change,
    from: &Schema,
    to: &Schema,
    options: &Options,
    catalog: &mut OnceCell<Catalog>,
) -> Option<WayBack> {
    let undo = change.undo.as_deref()?;
    let situation = Situation {
        start: to,
        from: to,
        to: from,
        options,
        changes: undo,
        obstacles: &expand::Obstacles::new(),
        leftovers: &Leftovers::new(),
        catalog: std::mem::take(catalog),
    };
    let is_made_again = change.action == Action::Alter && undo.len() > 1;
    let found = if is_made_again {
        let hazard = situation.hazard_of(undo.iter().flat_map(|it| &it.statements));
        hazard.is_none().then(|| at_once(undo))
    } else {
        let forms = undo.iter().flat_map(|it| forms(&situation, it));
        Some(transactions(forms.flatten(), from))
    };
    // it is the same for the next one
    *catalog = situation.catalog;
    found
}

fn forms(situation: &Situation<'_>, change: &Change) -> Vec<Form> {
    let has_form = match (&change.entity, change.action) {
        (Entity::Index(..), Action::Drop) => true,
        (_, action) => matches!(action, Action::Create | Action::Alter),
    };
    let outcome = has_form.then(|| single(situation, change));
    match outcome {
        Some(Outcome::Steps(forms, _)) => return forms,
        Some(Outcome::Asked(question)) if change.action == Action::Alter => {
            if let Some(forms) = without_values(situation, change, question.id) {
                return forms;
            }
        }
        _ => {}
    }
    let restored = column::restored(situation, change);
    restored.unwrap_or_else(|| vec![plain(change, "")])
}

/// Nobody is asked for values on the way back: null is refused if no row has it.
fn without_values(situation: &Situation<'_>, change: &Change, id: String) -> Option<Vec<Form>> {
    if !id.starts_with("value ") {
        return None;
    }
    let mut options = situation.options.clone();
    options.answers.insert(id, "filled".to_owned());
    let situation = Situation {
        options: &options,
        catalog: OnceCell::new(),
        ..*situation
    };
    match single(&situation, change) {
        Outcome::Steps(forms, _) => Some(forms),
        _ => None,
    }
}

/// What changes the catalog alone is done together; what reads, builds or fills is done by itself.
pub(super) fn transactions(steps: impl Iterator<Item = Step>, from: &Schema) -> WayBack {
    let mut all = WayBack::new();
    let mut is_open = false;
    for step in steps.filter(|it| it.kind != Kind::Guard) {
        let is_quick = step.kind == Kind::Ddl;
        match all.last_mut().filter(|_| is_open && is_quick) {
            Some(last) => last.statements.push(step.sql),
            None => all.push(Undo {
                statements: vec![step.sql],
                batches: step.batches.map(|it| in_order(it, from)),
            }),
        }
        is_open = is_quick;
    }
    all
}

/// Without a key that is another before and after: which of them is there depends on how far the way back has come.
fn in_order(batches: Batches, from: &Schema) -> Batches {
    let before = from.tables.iter();
    let mut before = before.filter(|it| it.name.to_string() == batches.table);
    let is_there = before.any(|it| key_of(it) == batches.key);
    Batches {
        key: batches.key.into_iter().filter(|_| is_there).collect(),
        ..batches
    }
}
