//! Publications: what they give away changes one table or schema at a time.
//!
//! No IO. Invariant: a publication that stays is never dropped, for subscribers could not go on.

use super::alter::{Alteration, Aspect};
use super::definition::{Definition, Statements};
use super::entity::Entity;
use super::model::{Model, Node};
use crate::ddl::{publication, with};
use crate::identifiers::quoted;
use crate::value::{Options, Publication, PublishedTable, Schema};

/// What is published is an entity of its own, made with its publication or added to it.
pub(super) fn add(model: &mut Model<'_>, schema: &Schema) {
    for it in &schema.publications {
        let entity = entity(it);
        let bare = Publication {
            tables: Vec::new(),
            schemas: Vec::new(),
            comment: None,
            owner: None,
            ..it.clone()
        };
        let node = Node::new(Definition::Publication(Box::new(bare)));
        model.add_other(entity.clone(), node, it.comment.as_ref());
        for table in &it.tables {
            add_table(model, it, table);
        }
        for schema in &it.schemas {
            let what = publication::schema(schema.as_deref());
            let mut node = part(it, &what, &what).of(entity.clone());
            node.uses.extend(schema.clone().map(Entity::Schema));
            node.made_with = Some(entity.clone());
            model.add(published(it, &what), node);
        }
    }
}

fn add_table(model: &mut Model<'_>, it: &Publication, table: &PublishedTable) {
    let relation = Entity::Relation(table.table.clone());
    let whole = format!("table only {}", publication::table(table));
    let mut node = part(it, &whole, &format!("table only {}", table.table)).of(entity(it));
    node.made_with = Some(entity(it));
    let predicate = table.predicate.as_deref().unwrap_or_default();
    let columns: Vec<_> = table.columns.iter().map(|it| quoted(it)).collect();
    let texts = format!("{} {predicate}", columns.join(" "));
    node.uses.extend(model.columns_in(&table.table, &texts));
    node.uses.extend(model.named_in(predicate));
    model.add(published(it, &table.table.to_string()), node.of(relation));
}

/// What makes one of the other; nothing where it must be made again.
pub(super) fn alter(from: &Publication, to: &Publication) -> Option<Vec<Alteration>> {
    if from.all_tables != to.all_tables {
        return None;
    }
    let gone = from.options.keys().map(|key| (key.clone(), usual(key)));
    let all: Options = gone.chain(to.options.clone()).collect();
    let changed = |(key, value): &(String, String)| {
        from.options.get(key).map_or(usual(key), Clone::clone) != *value
    };
    let set = with(&all.into_iter().filter(changed).collect());
    let text = format!(
        "alter publication {} set{}",
        quoted(&to.name),
        set.trim_start_matches(" with")
    );
    Some(vec![Alteration::new(Aspect::Options, text)])
}

/// Other columns or rows of a table: PostgreSQL changes the list of all tables alone, or one by taking it off and adding
/// it again.
pub(super) fn alter_part(from: &Statements, to: &Statements) -> Vec<Alteration> {
    vec![Alteration {
        aspect: Aspect::Replace,
        statements: [from.drop.clone(), to.create.clone()].concat(),
        loses: None,
    }]
}

/// What PostgreSQL takes where nothing is said.
fn usual(option: &str) -> String {
    let value = match option {
        "publish" => "insert, update, delete, truncate",
        "publish_generated_columns" => "none",
        _ => "false",
    };
    value.to_owned()
}

/// The statement that makes it with all that it publishes.
pub(super) fn create(it: &Publication, model: &Model<'_>) -> String {
    let mut all = model.schema.publications.iter();
    publication::create(all.find(|whole| whole.name == it.name).unwrap_or(it))
}

fn entity(it: &Publication) -> Entity {
    Entity::Other("publication", quoted(&it.name).into_owned())
}

fn published(it: &Publication, what: &str) -> Entity {
    Entity::Other(PART, format!("{what} in {}", quoted(&it.name)))
}

/// The word for what is published.
pub(super) const PART: &str = "published";

fn part(it: &Publication, added: &str, dropped: &str) -> Node {
    let alter = format!("alter publication {}", quoted(&it.name));
    Node::new(Definition::Other(Statements {
        create: vec![format!("{alter} add {added}")],
        drop: vec![format!("{alter} drop {dropped}")],
    }))
}
