//! What is neither table nor view, with all that is said of it. No IO.

use super::layout::{Block, Grid, one_line};
use crate::ddl::{event_trigger, publication, routine, statistics, types};
use crate::value::{
    Collation, Composite, Definition, Domain, Enum, Extension, Namespace, Range, Routine, Schema,
    Sequence, Server,
};

/// In the order in which they are made.
pub(super) fn before_relations(part: &Schema) -> Vec<String> {
    let mut blocks: Vec<String> = part.schemas.iter().map(namespace).collect();
    blocks.extend(part.extensions.iter().map(extension));
    blocks.extend(part.servers.iter().map(server));
    blocks.extend(part.collations.iter().map(collation));
    blocks.extend(part.enums.iter().map(an_enum));
    blocks.extend(part.domains.iter().map(domain));
    blocks.extend(part.composites.iter().map(composite));
    blocks.extend(part.ranges.iter().map(range));
    blocks.extend(part.sequences.iter().map(sequence));
    blocks.extend(part.routines.iter().map(function));
    blocks.extend(part.definitions.iter().map(definition));
    blocks
}

/// What belongs to the database.
pub(super) fn after_relations(part: &Schema) -> Vec<String> {
    let mut blocks = Vec::new();
    for it in &part.statistics {
        let title = format!("statistics {}", it.name);
        let mut block = Block::new(&title, it.comment.as_ref());
        block.body("made by", &statistics::create(it).join(";\n"));
        block.say("owner", it.owner.as_ref());
        blocks.push(block.text());
    }
    for it in &part.event_triggers {
        let title = format!("event trigger {}", it.name);
        let mut block = Block::new(&title, it.comment.as_ref());
        block.body("made by", &event_trigger::create(it).join(";\n"));
        block.say("owner", it.owner.as_ref());
        blocks.push(block.text());
    }
    for it in &part.publications {
        let title = format!("publication {}", it.name);
        let mut block = Block::new(&title, it.comment.as_ref());
        block.mark(it.all_tables, "all tables");
        let mut grid = Grid::default();
        for table in &it.tables {
            grid.row([publication::table(table)]);
        }
        for schema in &it.schemas {
            grid.row([publication::schema(schema.as_deref())]);
        }
        block.section("gives away", &grid);
        block.options(&it.options);
        block.say("owner", it.owner.as_ref());
        blocks.push(block.text());
    }
    blocks.extend(default_privileges(part));
    blocks.extend(unknown(part));
    blocks
}

fn default_privileges(part: &Schema) -> Option<String> {
    let mut block = Block::new("default privileges", None);
    let mut statements = Vec::new();
    for it in &part.default_privileges {
        crate::ddl::grant::by_default(it, &mut statements);
    }
    block.body("given by", &statements.join(";\n"));
    (!part.default_privileges.is_empty()).then(|| block.text())
}

fn unknown(part: &Schema) -> Option<String> {
    let mut block = Block::new("not understood", None);
    let mut grid = Grid::default();
    for it in &part.unknown {
        let reason = it.reason.clone().unwrap_or_default();
        grid.row([it.kind.clone(), it.name.clone(), reason]);
    }
    block.section("objects", &grid);
    (!part.unknown.is_empty()).then(|| block.text())
}

fn namespace(it: &Namespace) -> String {
    let mut block = Block::new(&format!("schema {}", it.name), it.comment.as_ref());
    block.say("owner", it.owner.as_ref());
    block.grants(&it.grants);
    block.text()
}

fn extension(it: &Extension) -> String {
    let mut block = Block::new(&format!("extension {}", it.name), it.comment.as_ref());
    block.say("version", it.version.as_ref());
    block.say("schema", it.schema.as_ref());
    block.text()
}

fn server(it: &Server) -> String {
    let mut block = Block::new(&format!("server {}", it.name), it.comment.as_ref());
    block.say("wrapper", Some(&it.wrapper));
    block.say("type", it.kind.as_ref());
    block.say("version", it.version.as_ref());
    block.options(&it.options);
    let mut grid = Grid::default();
    for mapping in &it.user_mappings {
        let role = mapping.role.clone().unwrap_or_else(|| "public".to_owned());
        let options = mapping
            .options
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        grid.row([role, options.collect::<Vec<_>>().join(", ")]);
    }
    block.section("entered as", &grid);
    block.say("owner", it.owner.as_ref());
    block.grants(&it.grants);
    block.text()
}

fn collation(it: &Collation) -> String {
    let mut block = Block::new(&format!("collation {}", it.name), it.comment.as_ref());
    block.say("provider", Some(it.provider.sql()));
    block.say("locale", it.locale.as_ref());
    block.say("lc_collate", it.lc_collate.as_ref());
    block.say("lc_ctype", it.lc_ctype.as_ref());
    block.mark(!it.deterministic, "not deterministic");
    block.say("rules", it.rules.as_ref());
    block.say("owner", it.owner.as_ref());
    block.text()
}

fn an_enum(it: &Enum) -> String {
    let mut block = Block::new(&format!("enum {}", it.name), it.comment.as_ref());
    let mut grid = Grid::default();
    for label in &it.labels {
        grid.row([label.clone()]);
    }
    block.section("labels", &grid);
    block.say("owner", it.owner.as_ref());
    block.grants(&it.grants);
    block.text()
}

fn domain(it: &Domain) -> String {
    let mut block = Block::new(&format!("domain {}", it.name), it.comment.as_ref());
    block.say("type", Some(&it.type_name));
    block.say("collation", it.collation.as_ref().map(ToString::to_string));
    block.say("default", it.default.as_ref());
    block.mark(it.not_null, "not null");
    let mut grid = Grid::default();
    for check in &it.checks {
        let state = if check.not_valid { "not valid" } else { "" };
        let comment = check
            .comment
            .as_ref()
            .map(|it| format!("-- {}", one_line(it)));
        let name = check.name.clone().unwrap_or_default();
        let expression = format!("check ({})", check.expression);
        grid.row([
            name,
            expression,
            state.to_owned(),
            comment.unwrap_or_default(),
        ]);
    }
    block.section("constraints", &grid);
    block.say("owner", it.owner.as_ref());
    block.grants(&it.grants);
    block.text()
}

fn composite(it: &Composite) -> String {
    let mut block = Block::new(&format!("composite type {}", it.name), it.comment.as_ref());
    let mut grid = Grid::default();
    for attribute in &it.attributes {
        let collation = attribute
            .collation
            .as_ref()
            .map(|it| format!("collate {it}"));
        let comment = attribute
            .comment
            .as_ref()
            .map(|it| format!("-- {}", one_line(it)));
        grid.row([
            attribute.name.clone(),
            attribute.type_name.clone(),
            collation.unwrap_or_default(),
            comment.unwrap_or_default(),
        ]);
    }
    block.section("attributes", &grid);
    block.say("owner", it.owner.as_ref());
    block.grants(&it.grants);
    block.text()
}

fn range(it: &Range) -> String {
    let mut block = Block::new(&format!("range type {}", it.name), it.comment.as_ref());
    block.body("made by", &types::create_range(it));
    block.say("owner", it.owner.as_ref());
    block.grants(&it.grants);
    block.text()
}

fn sequence(it: &Sequence) -> String {
    let kind = if it.unlogged {
        "unlogged sequence"
    } else {
        "sequence"
    };
    let mut block = Block::new(&format!("{kind} {}", it.name), it.comment.as_ref());
    block.say("type", it.type_name.as_ref());
    let options = crate::ddl::sequence::options(&it.options);
    block.say("counts", (!options.is_empty()).then_some(options));
    let owner = it.owned_by.as_ref();
    block.say(
        "belongs to",
        owner.map(|it| format!("{}.{}", it.table, it.column)),
    );
    block.say("owner", it.owner.as_ref());
    block.grants(&it.grants);
    block.text()
}

fn function(it: &Routine) -> String {
    let title = format!("{} {}", it.kind.sql(), routine::designation(it));
    let mut block = Block::new(&title, it.comment.as_ref());
    block.body("made by", &routine::create(it));
    block.say("owner", it.owner.as_ref());
    block.grants(&it.grants);
    block.text()
}

fn definition(it: &Definition) -> String {
    let title = format!("{} {}", it.kind.sql(), it.designation);
    let mut block = Block::new(&title, it.comment.as_ref());
    block.body("made by", &it.create.join(";\n"));
    block.say("owner", it.owner.as_ref());
    block.grants(&it.grants);
    block.text()
}
