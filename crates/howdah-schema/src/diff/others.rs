//! Kinds that are known by the statements that make and drop them: statistics, rules, event triggers,
//! collations, default privileges, aggregates, operators, text search …
//!
//! No IO. What differs of them is dropped and made again.

use super::definition::{Definition, Statements};
use super::entity::Entity;
use super::model::{Model, Node};
use crate::ddl::{attach, collation, definition, event_trigger, grant, statistics};
use crate::identifiers::quoted;
use crate::value::{DefaultPrivileges, Name, Rule, Schema, Table};

/// Takes them apart into the model.
pub(super) fn add(model: &mut Model<'_>, schema: &Schema) {
    for it in &schema.collations {
        let entity = other("collation", it.name.to_string());
        let node = made_by(
            vec![collation::create(it)],
            format!("drop collation {}", it.name),
        );
        model.add_other(entity, node, it.comment.as_ref());
    }
    for it in &schema.definitions {
        let designation = definition::designation(it);
        let entity = Entity::Other(it.kind.sql(), it.designation.clone());
        let mut node = made_by(it.create.clone(), format!("drop {designation}"));
        let texts = it.create.join(" ");
        node.uses.extend(model.named_in(&texts));
        let usual = definition::usual(it);
        let on = format!("{} {}", it.kind.grant_sql(), it.designation);
        model.grants(&entity, on, usual, &it.grants);
        model.add_other(entity, node, it.comment.as_ref());
    }
    for it in &schema.statistics {
        let entity = other("statistics", it.name.to_string());
        let mut node = made_by(
            statistics::create(it),
            format!("drop statistics {}", it.name),
        );
        node.uses.insert(Entity::Relation(it.table.clone()));
        node.uses.extend(model.columns_in(&it.table, &it.elements));
        node.goes_with.push(Entity::Relation(it.table.clone()));
        model.add_other(entity, node, it.comment.as_ref());
    }
    super::publication::add(model, schema);
    super::owners::add(model, schema);
    for it in &schema.event_triggers {
        let entity = other("event trigger", quoted(&it.name).into_owned());
        let mut node = made_by(
            event_trigger::create(it),
            format!("drop event trigger {}", quoted(&it.name)),
        );
        node.uses.extend(model.named_in(&it.function.name));
        model.add_other(entity, node, it.comment.as_ref());
    }
    for it in &schema.default_privileges {
        add_privileges(model, it);
    }
    for it in &schema.tables {
        add_trigger_states(model, it);
        add_rules(model, &it.name, &it.rules);
        add_order(model, "table", &it.name, it.clustered_on.as_ref());
    }
    for it in &schema.views {
        add_rules(model, &it.name, &it.rules);
        add_order(
            model,
            "materialized view",
            &it.name,
            it.clustered_on.as_ref(),
        );
    }
}

/// The sessions of triggers that a table has from its parents: an entity of its own, put right again when the parent's
/// change.
fn add_trigger_states(model: &mut Model<'_>, table: &Table) {
    let parents = model.lineage(&table.name).into_iter().skip(1);
    let parents: Vec<&Table> = parents.collect();
    for (name, enabled) in &table.trigger_states {
        let of = parents.iter().find_map(|parent| {
            let state = parent.trigger_states.get(name).copied();
            let own = parent.triggers.iter().find(|it| it.name == *name);
            state.or(own.map(|it| it.enabled))
        });
        let owners = parents
            .iter()
            .filter(|parent| parent.triggers.iter().any(|it| it.name == *name));
        let owners: Vec<Entity> = owners
            .map(|parent| Entity::Trigger(parent.name.clone(), name.clone()))
            .collect();
        let mut node = made_by(
            vec![attach::enable_trigger(&table.name, name, *enabled)],
            attach::enable_trigger(&table.name, name, of.unwrap_or_default()),
        )
        .of(Entity::Relation(table.name.clone()));
        node.uses.extend(owners.iter().cloned());
        node.goes_with.extend(owners);
        let name = format!("{} on {}", quoted(name), table.name);
        model.add(other("state of trigger", name), node);
    }
}

fn other(kind: &'static str, name: String) -> Entity {
    Entity::Other(kind, name)
}

fn made_by(create: Vec<String>, drop: String) -> Node {
    let drop = vec![drop];
    Node::new(Definition::Other(Statements { create, drop }))
}

fn add_privileges(model: &mut Model<'_>, it: &DefaultPrivileges) {
    let (mut create, mut drop) = (Vec::new(), Vec::new());
    grant::by_default(it, &mut create);
    grant::usual_again(it, &mut drop);
    let schema = it.schema.as_deref().unwrap_or("every schema");
    let name = format!("of {} on {} in {schema}", it.role, it.objects);
    let mut node = Node::new(Definition::Other(Statements { create, drop }));
    node.uses.extend(it.schema.clone().map(Entity::Schema));
    model.add(other("default privileges", name), node);
}

fn add_rules(model: &mut Model<'_>, relation: &Name, rules: &[Rule]) {
    for it in rules {
        let name = format!("{} on {relation}", quoted(&it.name));
        let drop = format!("drop rule {name}");
        let mut create = vec![it.create.clone()];
        create.extend(attach::rule_state(relation, it));
        let mut node = made_by(create, drop);
        node.uses.extend(model.queried_in(&it.create));
        // dropped by itself: what it names may rest on its relation
        node.uses.insert(Entity::Relation(relation.clone()));
        model.add_other(other("rule", name), node, it.comment.as_ref());
    }
}

/// The index by which `cluster` orders the rows.
fn add_order(model: &mut Model<'_>, kind: &str, relation: &Name, index: Option<&String>) {
    let Some(index) = index else { return };
    let alter = format!("alter {kind} {relation}");
    let create = vec![format!("{alter} cluster on {}", quoted(index))];
    let mut node = made_by(create, format!("{alter} set without cluster"));
    let owners = [
        Entity::Relation(relation.clone()),
        Entity::Index(relation.clone(), index.clone()),
        Entity::Constraint(relation.clone(), index.clone()),
    ];
    // the name may be that of an index or of a key
    let is_there = |it: &Entity| {
        !matches!(it, Entity::Index(..) | Entity::Constraint(..)) || model.nodes.contains_key(it)
    };
    let owners: Vec<Entity> = owners.into_iter().filter(is_there).collect();
    node.uses.extend(owners.iter().cloned());
    node.goes_with = owners;
    model.add(other("clustering", format!("of {relation}")), node);
}
