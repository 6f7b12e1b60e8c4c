//! Changes that are made together, each given its form; what waits for what.
//!
//! No IO. Invariant: a step is in no earlier deploy than what it needs, and what needs something that waits for an answer
//! waits, too.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::expand::Swap;
use super::{
    Deploy, Plan, Question, Refused, Situation, Step, column, constraint, domain, index, partition,
    table, view,
};
use crate::diff::{Action, Aspect, Change, Definition, Entity};
use crate::identifiers::quoted;
use crate::value::{ConstraintKind, Name, Table};

/// What becomes of a unit.
pub(crate) enum Outcome {
    /// Steps; what needs the unit can follow in this deploy.
    Steps(Vec<Form>, Deploy),
    /// It waits for an answer.
    Asked(Question),
    /// It cannot be.
    Refused(Refused),
    /// It was decided to leave it.
    Left,
}

/// Steps that are committed together.
pub(crate) type Form = Vec<Step>;

/// Each step by itself.
pub(crate) fn apart(steps: impl IntoIterator<Item = Step>) -> Vec<Form> {
    steps.into_iter().map(|it| vec![it]).collect()
}

/// The plan: what is `begun` comes after names and types, and `swaps` are the first thing when the old program is gone.
pub(super) fn all(mut situation: Situation<'_>, begun: Vec<Form>, mut swaps: Vec<Swap>) -> Plan {
    let all = situation.changes;
    let units = units(all);
    let mut unit_of: Vec<usize> = vec![0; all.len()];
    for (number, unit) in units.iter().enumerate() {
        for place in unit {
            unit_of
                .get_mut(*place)
                .into_iter()
                .for_each(|it| *it = number);
        }
    }
    let mut plan = Plan::default();
    let mut ready: Vec<Result<Deploy, Option<usize>>> = Vec::with_capacity(units.len());
    let (mut first, mut rest): (Vec<Form>, Vec<Form>) = (Vec::new(), Vec::new());
    let mut is_early: Vec<bool> = vec![false; units.len()];
    let mut done: Vec<&Change> = Vec::new();
    for (number, unit) in units.iter().enumerate() {
        situation.follow(&done);
        let changes: Vec<&Change> = unit.iter().filter_map(|it| all.get(*it)).collect();
        done.clone_from(&changes);
        let situation = &situation;
        let before = needed(situation, &changes, unit);
        let mut before = before.filter_map(|it| ready.get(*unit_of.get(it)?).copied());
        let floor = before.try_fold(Deploy::Expand, |floor, it| it.map(|it| floor.max(it)));
        if swaps.iter_mut().any(|it| it.takes_in(&changes)) {
            ready.push(Ok(Deploy::Contract));
            continue;
        }
        let is_late = swaps.iter().any(|it| it.comes_before(&changes));
        let floor = match floor {
            Ok(_) if is_late => Deploy::Contract,
            Ok(floor) => floor,
            Err(question) => {
                withhold(&mut plan, question, &changes);
                ready.push(Err(question));
                continue;
            }
        };
        ready.push(match outcome(situation, &changes) {
            Outcome::Steps(list, at) => {
                let needed = needed(situation, &changes, unit);
                let mut needed = needed.filter_map(|it| is_early.get(*unit_of.get(it)?).copied());
                let early = stands_alone(&changes) && needed.all(|it| it);
                is_early
                    .get_mut(number)
                    .into_iter()
                    .for_each(|it| *it = early);
                let forms = if early { &mut first } else { &mut rest };
                forms.extend(list.into_iter().map(|form| lifted(form, floor)));
                Ok(at.max(floor))
            }
            Outcome::Asked(question) => {
                let number = plan.questions.len();
                plan.questions.push(question);
                withhold(&mut plan, Some(number), &changes);
                Err(Some(number))
            }
            Outcome::Refused(refused) => {
                plan.refused.push(refused);
                Err(None)
            }
            Outcome::Left => Err(None),
        });
    }
    let swaps = swaps.into_iter().map(Swap::form);
    let mut forms = first;
    forms.extend(begun.into_iter().chain(swaps).filter(|it| !it.is_empty()));
    forms.append(&mut rest);
    // a form is in the deploy of its last step
    forms.sort_by_key(|form| form.iter().map(|it| it.deploy).max());
    for (group, form) in forms.into_iter().enumerate() {
        plan.steps
            .extend(form.into_iter().map(|step| Step { group, ..step }));
    }
    plan
}

/// Names and types, which columns may need and which need no column.
fn stands_alone(changes: &[&Change]) -> bool {
    let mut all = changes.iter();
    all.all(|it| match (&it.entity, it.action) {
        (Entity::Relation(_), Action::Rename) => true,
        (entity, Action::Create) => matches!(
            entity,
            Entity::Schema(_)
                | Entity::Extension(_)
                | Entity::Type(_)
                | Entity::Sequence(_)
                | Entity::Routine(..)
        ),
        _ => false,
    })
}

fn lifted(form: Form, floor: Deploy) -> Form {
    let deploy = form
        .iter()
        .map(|it| it.deploy)
        .max()
        .unwrap_or_default()
        .max(floor);
    form.into_iter()
        .map(|step| Step { deploy, ..step })
        .collect()
}

fn withhold(plan: &mut Plan, question: Option<usize>, changes: &[&Change]) {
    if let Some(question) = question.and_then(|it| plan.questions.get_mut(it)) {
        let statements = changes.iter().flat_map(|it| &it.statements);
        question.withheld.extend(statements.cloned());
    }
}

/// The places of the changes, those of one group together.
fn units(changes: &[Change]) -> Vec<Vec<usize>> {
    let mut units: Vec<Vec<usize>> = Vec::new();
    let mut by_group: BTreeMap<usize, usize> = BTreeMap::new();
    for (place, change) in changes.iter().enumerate() {
        let unit = match by_group.get(&change.group) {
            Some(unit) => *unit,
            None => {
                units.push(Vec::new());
                units.len() - 1
            }
        };
        by_group.insert(change.group, unit);
        units
            .get_mut(unit)
            .into_iter()
            .for_each(|it| it.push(place));
    }
    units
}

/// The places of the changes that a unit comes after. Of renames only those count that it can see.
fn needed<'a>(
    situation: &'a Situation<'_>,
    changes: &'a [&'a Change],
    unit: &'a [usize],
) -> impl Iterator<Item = usize> + 'a {
    let all = changes.iter().flat_map(|it| it.after.iter().copied());
    all.filter(move |place| {
        let before = situation.changes.get(*place);
        let is_seen = |before: &Change| {
            before.action != Action::Rename || changes.iter().any(|it| concerns(it, before))
        };
        // new rows have the default before null is refused
        let is_default = changes
            .iter()
            .all(|it| matches!(it.entity, Entity::Default(..)) && it.action == Action::Create);
        let waits = before.is_some_and(|it| it.aspect == Some(Aspect::SetNotNull)) && is_default;
        !unit.contains(place) && !waits && before.is_some_and(is_seen)
    })
}

fn concerns(change: &Change, rename: &Change) -> bool {
    let relation = rename.entity.relation();
    let name = match &rename.entity {
        Entity::Column(_, name) => name,
        Entity::Relation(name) | Entity::Sequence(name) => &name.name,
        _ => return relation.is_some() && change.entity.relation() == relation,
    };
    let is_met = |text: &String| crate::ddl::words(text).any(|word| word == *name);
    change.entity.relation() == relation || change.statements.iter().any(is_met)
}

fn outcome(situation: &Situation<'_>, changes: &[&Change]) -> Outcome {
    if situation.options.simple {
        let steps = changes
            .iter()
            .flat_map(|it| plain(it, "the plain form was asked for"));
        return Outcome::Steps(vec![steps.collect()], Deploy::Expand);
    }
    if let Some(outcome) = index::replaced(situation, changes) {
        return outcome;
    }
    if let Some(outcome) = constraint::replaced(situation, changes) {
        return outcome;
    }
    if let Some(outcome) = view::replaced(situation, changes) {
        return outcome;
    }
    match changes {
        [only] => single(situation, only),
        _ => together(situation, changes),
    }
}

pub(super) fn single(situation: &Situation<'_>, change: &Change) -> Outcome {
    if let Some(outcome) = domain::altered(situation, change) {
        return outcome;
    }
    match (&change.entity, change.action) {
        (_, Action::Rename) => table::renamed(situation, change),
        (Entity::Index(..), Action::Create) => index::created(situation, change),
        (Entity::Index(..), Action::Drop) => index::dropped(situation, change),
        (Entity::Constraint(..), Action::Create) => constraint::created(situation, change),
        (Entity::Column(..), Action::Create) => column::added(situation, change),
        (Entity::Column(..), Action::Alter) => column::altered(situation, change),
        (Entity::Relation(_), Action::Create) => partition::created(situation, change),
        (Entity::Relation(_), Action::Alter) => table::altered(situation, change),
        (_, Action::Drop) => table::dropped(situation, change),
        (_, Action::Alter) if change.loses.is_some() => table::dropped(situation, change),
        (Entity::Grants(_), Action::Alter) => {
            let takes = change.statements.iter().any(|it| it.starts_with("revoke"));
            let deploy = if takes {
                Deploy::Contract
            } else {
                Deploy::Expand
            };
            let steps = plain(change, "who may do what is a matter of the catalog alone");
            Outcome::Steps(vec![deployed(steps, deploy)], deploy)
        }
        (Entity::Default(..), Action::Alter) => {
            let reason = "the old program may not know the new default";
            let steps = deployed(plain(change, reason), Deploy::Migrate);
            Outcome::Steps(vec![steps], Deploy::Migrate)
        }
        _ if validates(change) => Outcome::Steps(apart(validation(change)), Deploy::Migrate),
        _ if let Some(hazard) = situation.hazard(change) => {
            column::anew(situation, change, &hazard)
        }
        _ => Outcome::Steps(
            vec![plain(change, reason(situation, change))],
            Deploy::Expand,
        ),
    }
}

pub(crate) fn deployed(steps: Vec<Step>, deploy: Deploy) -> Form {
    steps.into_iter().map(|it| it.deployed(deploy)).collect()
}

fn reason(situation: &Situation<'_>, change: &Change) -> &'static str {
    let is_new = change
        .entity
        .relation()
        .is_some_and(|it| situation.is_made(it));
    if is_new || change.action == Action::Create {
        "nothing uses yet what is made"
    } else {
        "it changes the catalog alone"
    }
}

pub(crate) fn validates(change: &Change) -> bool {
    change.aspect == Some(Aspect::Validate)
}

/// Reading a table under a lock that stops neither readers nor writers.
pub(crate) fn validation(change: &Change) -> Vec<Step> {
    let steps = plain(change, "rows are read while readers and writers go on");
    steps
        .into_iter()
        .map(|it| it.of_kind(super::Kind::Validate).deployed(Deploy::Migrate))
        .collect()
}

/// The statements of a change, as they are.
pub(crate) fn plain(change: &Change, reason: &str) -> Vec<Step> {
    let object = object(change);
    let mut steps: Vec<Step> = change
        .statements
        .iter()
        .map(|sql| Step::ddl(sql.clone(), object.clone(), reason))
        .collect();
    if let Some(last) = steps.pop() {
        let mut before: Vec<Step> = steps.into_iter().map(Step::goes_along).collect();
        before.push(Step {
            undo: change.way_back.clone(),
            ..last
        });
        return before;
    }
    steps
}

/// `column book.isbn`.
pub(crate) fn object(change: &Change) -> String {
    format!("{} {}", change.object.kind, change.object.name)
}

/// Everything in one transaction, which is short unless an answer says otherwise.
fn together(situation: &Situation<'_>, changes: &[&Change]) -> Outcome {
    let mut deploy = Deploy::Expand;
    for change in changes {
        if let Some(refused) = table::refusal(change) {
            return Outcome::Refused(refused);
        }
        if let Some(loss) = &change.loses {
            match situation.may_drop(change, loss) {
                Permission::Given => deploy = Deploy::Contract,
                Permission::Refused => return Outcome::Left,
                Permission::Asked(question) => return Outcome::Asked(*question),
            }
        }
    }
    let is_retyped = changes
        .iter()
        .any(|it| matches!(it.entity, Entity::Former(_)));
    if is_retyped || view::lose_columns(situation, changes) {
        // the old program goes on with what is lost
        deploy = Deploy::Contract;
    }
    let lacking = changes.iter().find_map(|it| {
        let reason = column::lacks_values(situation, it)?;
        Some((*it, reason))
    });
    let hazard = situation.hazard_among(changes);
    let hazard = hazard.map(|(change, hazard)| (change, hazard.to_string()));
    let mut computed = changes.iter();
    let computed = computed.find_map(|it| view::hazard(situation, it));
    let mut changed = changes.iter();
    let changed = changed.find_map(|it| Some((*it, column::lost(situation, it)?)));
    let found = lacking.or(hazard).or(computed);
    // who is asked about a type hears of the values, too
    let found = match (found, changed) {
        (Some((change, reason)), Some((of, loss))) if std::ptr::eq(change, of) => {
            Some((change, format!("{reason}; {loss}")))
        }
        (Some((_, reason)), Some((of, loss))) => Some((of, format!("{reason}; {loss}"))),
        (found, changed) => found.or(changed),
    };
    if let Some((change, reason)) = found {
        let id = format!("{} {}", change.object.kind, change.object.name);
        let id = if change.aspect == Some(Aspect::Type) {
            format!("type {}", change.object.name)
        } else {
            format!("recreate {id}")
        };
        match situation.options.answers.get(&id).map(String::as_str) {
            Some("rewrite" | "block") => {}
            Some("keep") => return Outcome::Left,
            _ => {
                let question = Question::new(
                    id,
                    object(change),
                    format!(
                        "may `{}` be blocked while this is done?",
                        change.object.name
                    ),
                    reason,
                );
                let question = question
                    .answer(
                        "rewrite",
                        "do it at once; readers and writers wait until it is done",
                    )
                    .answer("keep", "leave it as it is");
                return Outcome::Asked(question);
            }
        }
    }
    let reason = "what rests on it goes and comes back in the same transaction";
    let steps = changes.iter().flat_map(|it| plain(it, reason));
    let before = changes
        .iter()
        .filter_map(|it| column::lets_null(situation, it));
    let mut forms = apart(before);
    forms.push(deployed(steps.collect(), deploy));
    Outcome::Steps(forms, deploy)
}

/// Whether something may be dropped.
pub(crate) enum Permission {
    Given,
    Refused,
    Asked(Box<Question>),
}

impl Situation<'_> {
    /// Why another column cannot take the place of the one that changes.
    pub(crate) fn obstacle(&self, change: &Change) -> Option<&String> {
        let Entity::Column(table, column) = &change.entity else {
            return None;
        };
        self.obstacles.get(&(table.clone(), column.clone()))
    }

    /// The reason of a question, with what stands in the way of the form that needs none.
    pub(crate) fn with_obstacle(&self, change: &Change, reason: String) -> String {
        match self.obstacle(change) {
            Some(it) => format!("{reason}; no other column can take its place: {it}"),
            None => reason,
        }
    }

    /// What takes a change back while others go on, though it is made together with more.
    pub(crate) fn way_back(&self, change: &Change) -> Option<super::undo::WayBack> {
        super::undo::safe(
            change,
            self.from,
            self.to,
            self.options,
            &mut OnceCell::new(),
        )
    }

    /// Whether data may go.
    pub(crate) fn may_drop(&self, change: &Change, loss: &str) -> Permission {
        let object = match &change.aspect {
            Some(Aspect::Attribute(it)) => {
                let name = quoted(it.trim_start_matches('-'));
                format!("attribute {}.{name}", change.object.name)
            }
            _ => object(change),
        };
        let id = format!("drop {object}");
        let answer = self.options.answers.get(&id).map(String::as_str);
        if answer == Some("drop") || self.options.allow_drop.covers(&object) {
            return Permission::Given;
        }
        if answer == Some("keep") {
            return Permission::Refused;
        }
        let question = Question::new(
            id,
            object.clone(),
            format!("drop {object}?"),
            format!("{loss} would be lost"),
        );
        let question = question
            .answer(
                "drop",
                "drop it in the contract deploy, when nothing uses it any more",
            )
            .answer("keep", "leave it as it is");
        Permission::Asked(Box::new(question))
    }

    /// The table as it will be.
    pub(crate) fn table(&self, name: &Name) -> Option<&Table> {
        self.to.table(name)
    }

    /// Whether the relation is made by this plan.
    pub(crate) fn is_made(&self, name: &Name) -> bool {
        let is_creation = |it: &Change| {
            it.action == Action::Create
                && matches!(&it.entity, Entity::Relation(made) if made == name)
        };
        self.changes.iter().any(is_creation)
    }

    /// How many rows the table has, where that is known.
    pub(crate) fn rows(&self, name: &Name) -> Option<u64> {
        let former = self
            .changes
            .iter()
            .find_map(|it| match (&it.entity, &it.renamed_from) {
                (Entity::Relation(renamed), Some(was)) if renamed == name => {
                    Some(name.sibling(was.as_str()))
                }
                _ => None,
            });
        let rows = &self.options.rows;
        let known = rows.get(&name.to_string());
        known.or_else(|| rows.get(&former?.to_string())).copied()
    }

    /// Whether there may be rows.
    pub(crate) fn has_rows(&self, name: &Name) -> bool {
        !self.is_made(name) && self.rows(name) != Some(0)
    }

    /// Whether a plain statement is quick on it.
    pub(crate) fn is_small(&self, name: &Name) -> bool {
        self.is_made(name) || self.has_few_rows(name)
    }

    /// Whether it is known to have few rows.
    pub(crate) fn has_few_rows(&self, name: &Name) -> bool {
        let rows = self.rows(name);
        rows.is_some_and(|it| it <= self.options.small_rows)
    }

    /// The partitions, those that will go among them.
    pub(crate) fn partitions(&self, name: &Name) -> Vec<&Table> {
        let is_child = |it: &&Table| {
            it.partition_of
                .as_ref()
                .is_some_and(|of| of.parent == *name)
        };
        let stays = self.to.tables.iter().filter(is_child);
        let goes = self.from.tables.iter().filter(is_child);
        let goes = goes.filter(|it| !self.to.table(&it.name).is_some_and(|it| is_child(&it)));
        stays.chain(goes).collect()
    }

    /// Whether the relation is partitioned.
    pub(crate) fn is_partitioned(&self, name: &Name) -> bool {
        self.table(name).is_some_and(|it| it.partition_by.is_some())
    }

    /// The columns of the primary key as SQL.
    pub(crate) fn key(&self, name: &Name) -> Vec<String> {
        let table = self.from.table(name).or_else(|| self.table(name));
        table.map(key_of).unwrap_or_default()
    }
}

/// The columns of the primary key as SQL.
pub(super) fn key_of(table: &Table) -> Vec<String> {
    let key = table.constraints.iter().filter_map(|it| match &it.kind {
        ConstraintKind::PrimaryKey { columns, .. } => Some(columns),
        _ => None,
    });
    key.flatten().map(|it| quoted(it).into_owned()).collect()
}

/// The table or index of a definition.
pub(crate) fn constraint_of(definition: Option<&Definition>) -> Option<&crate::value::Constraint> {
    match definition {
        Some(Definition::Constraint(it)) => Some(it),
        _ => None,
    }
}
