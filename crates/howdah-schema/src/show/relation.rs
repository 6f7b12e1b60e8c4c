//! Tables and views with all that belongs to them. No IO.

use super::layout::{Block, Grid, one_line};
use super::overview::size;
use crate::ddl::{attach, constraint, index, table as ddl};
use crate::snapshot::Snapshot;
use crate::value::{
    Column, Constraint, ConstraintKind, Enabled, Index, InheritedColumn, Name, Rule, Table,
    Trigger, View,
};

pub(super) fn table(whole: &Snapshot, it: &Table) -> String {
    let kind = match (&it.foreign, it.unlogged) {
        (Some(_), _) => "foreign table",
        (None, true) => "unlogged table",
        (None, false) => "table",
    };
    let mut block = Block::new(&format!("{kind} {}", it.name), it.comment.as_ref());
    place(&mut block, it);
    size_of(&mut block, whole, &it.name);
    block.section("columns", &columns(&it.columns));
    for parent in parents(whole, it) {
        block.section(
            &format!("columns of {}", parent.name),
            &columns(&parent.columns),
        );
    }
    block.section("what is different here", &inherited(&it.inherited));
    block.section("constraints", &constraints(&it.constraints));
    block.section("indexes", &indexes(&it.name, &it.indexes));
    block.say("clustered by", it.clustered_on.as_ref());
    block.section("referenced by", &references(whole, &it.name));
    block.section("partitions", &partitions(whole, &it.name));
    block.section("inherited by", &heirs(whole, &it.name));
    block.section("triggers", &triggers(&it.name, &it.triggers));
    block.section("rules", &rules(&it.rules));
    security(&mut block, it);
    block.say("replica identity", it.replica_identity.as_ref());
    block.section("statistics", &statistics(whole, &it.name));
    storage(
        &mut block,
        it.access_method.as_ref(),
        it.tablespace.as_ref(),
    );
    block.options(&it.options);
    block.say("owner", it.owner.as_ref());
    block.grants(&it.grants);
    column_grants(&mut block, it);
    block.text()
}

pub(super) fn view(whole: &Snapshot, it: &View) -> String {
    let kind = crate::ddl::view::kind(it);
    let mut block = Block::new(&format!("{kind} {}", it.name), it.comment.as_ref());
    size_of(&mut block, whole, &it.name);
    block.section("columns", &columns(&it.columns));
    block.body("query", &it.query);
    block.mark(it.materialized && it.without_data, "without rows");
    block.section("indexes", &indexes(&it.name, &it.indexes));
    block.say("clustered by", it.clustered_on.as_ref());
    block.section("triggers", &triggers(&it.name, &it.triggers));
    block.section("rules", &rules(&it.rules));
    block.section("statistics", &statistics(whole, &it.name));
    storage(
        &mut block,
        it.access_method.as_ref(),
        it.tablespace.as_ref(),
    );
    block.options(&it.options);
    block.say("owner", it.owner.as_ref());
    block.grants(&it.grants);
    block.text()
}

/// The tables that bring columns, the nearest first.
fn parents<'a>(whole: &'a Snapshot, it: &'a Table) -> Vec<&'a Table> {
    let mut found: Vec<&Table> = Vec::new();
    let mut open = vec![it];
    while let Some(table) = open.pop() {
        let parent = table.partition_of.as_ref().map(|of| &of.parent);
        for name in table.inherits.iter().chain(parent) {
            let parent = whole.schema.table(name);
            let parent = parent.filter(|it| found.iter().all(|other| other.name != it.name));
            found.extend(parent);
            open.extend(parent);
        }
    }
    found
}

/// Where it belongs.
fn place(block: &mut Block, it: &Table) {
    let of = it.partition_of.as_ref();
    block.say(
        "partition of",
        of.map(|of| format!("{} {}", of.parent, of.bounds)),
    );
    let by = it.partition_by.as_ref();
    block.say(
        "partitioned by",
        by.map(|by| format!("{} ({})", by.method.sql(), by.keys)),
    );
    let parents: Vec<String> = it.inherits.iter().map(ToString::to_string).collect();
    block.say(
        "inherits",
        (!parents.is_empty()).then(|| parents.join(", ")),
    );
    block.say("of type", it.of_type.as_ref().map(ToString::to_string));
    if let Some(foreign) = &it.foreign {
        block.say("server", Some(&foreign.server));
        block.options(&foreign.options);
    }
}

fn size_of(block: &mut Block, whole: &Snapshot, name: &Name) {
    let size = size(whole, name);
    block.say("size", (!size.is_empty()).then_some(size));
    let facts = whole.facts.as_ref().and_then(|it| it.relation(name));
    let invalid = facts.map(|it| it.invalid_indexes.join(", "));
    block.say("invalid indexes", invalid.filter(|it| !it.is_empty()));
}

fn columns(columns: &[Column]) -> Grid {
    let mut grid = Grid::default();
    for it in columns {
        // all that follows the type in `create table`
        let whole = ddl::column(it);
        let begin = format!("{} {}", crate::identifiers::quoted(&it.name), it.type_name);
        let rest = whole
            .strip_prefix(&begin)
            .unwrap_or_default()
            .trim()
            .to_owned();
        grid.row([
            it.name.clone(),
            it.type_name.clone(),
            rest,
            more(it),
            comment(it.comment.as_ref()),
        ]);
    }
    grid
}

/// What `create table` cannot say.
fn more(it: &Column) -> String {
    let constraint = it.not_null_constraint.as_ref();
    let not_valid = constraint.is_some_and(|it| it.not_valid);
    let options = it
        .options
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let parts = [
        not_valid.then(|| "not null not valid".to_owned()),
        it.storage.as_ref().map(|it| format!("storage {it}")),
        it.statistics.map(|it| format!("statistics {it}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().chain(options).collect();
    parts.join(", ")
}

fn inherited(columns: &[InheritedColumn]) -> Grid {
    let mut grid = Grid::default();
    for it in columns {
        let parts = [
            it.not_null.then(|| "not null".to_owned()),
            it.default.as_ref().map(|it| format!("default {it}")),
            it.no_default.then(|| "no default".to_owned()),
            it.storage.as_ref().map(|it| format!("storage {it}")),
            it.compression
                .as_ref()
                .map(|it| format!("compression {it}")),
            it.statistics.map(|it| format!("statistics {it}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        grid.row([
            it.name.clone(),
            parts.join(", "),
            comment(it.comment.as_ref()),
        ]);
    }
    grid
}

fn constraints(constraints: &[Constraint]) -> Grid {
    let mut grid = Grid::default();
    for it in constraints {
        let name = it.name.clone().unwrap_or_default();
        grid.row([name, demand(it), comment(it.comment.as_ref())]);
    }
    grid
}

/// What it demands, without its name.
fn demand(it: &Constraint) -> String {
    constraint::definition(&Constraint {
        name: None,
        ..it.clone()
    })
}

fn indexes(relation: &Name, indexes: &[Index]) -> Grid {
    let mut grid = Grid::default();
    for it in indexes {
        let bare = Index {
            name: None,
            ..it.clone()
        };
        let statement = index::create(relation, &bare);
        let what = statement.replacen("create ", "", 1);
        let what = what.replacen(&format!(" on {relation}"), "", 1);
        let state = if it.invalid { "not valid" } else { "" };
        let name = it.name.clone().unwrap_or_default();
        grid.row([name, what, state.to_owned(), comment(it.comment.as_ref())]);
    }
    grid
}

/// The foreign keys of others that lead here.
fn references(whole: &Snapshot, name: &Name) -> Grid {
    let mut grid = Grid::default();
    for table in &whole.schema.tables {
        for it in &table.constraints {
            if matches!(&it.kind, ConstraintKind::ForeignKey { references, .. } if references == name)
            {
                let of = it.name.clone().unwrap_or_default();
                grid.row([table.name.to_string(), of, demand(it)]);
            }
        }
    }
    grid
}

fn partitions(whole: &Snapshot, name: &Name) -> Grid {
    let mut grid = Grid::default();
    for table in &whole.schema.tables {
        if let Some(of) = table.partition_of.as_ref().filter(|of| of.parent == *name) {
            grid.row([
                table.name.to_string(),
                of.bounds.clone(),
                size(whole, &table.name),
            ]);
        }
    }
    grid
}

fn heirs(whole: &Snapshot, name: &Name) -> Grid {
    let mut grid = Grid::default();
    for table in &whole.schema.tables {
        if table.inherits.contains(name) {
            grid.row([table.name.to_string()]);
        }
    }
    grid
}

fn triggers(relation: &Name, triggers: &[Trigger]) -> Grid {
    let mut grid = Grid::default();
    for it in triggers {
        let statement = attach::trigger(relation, it);
        let (_, what) = statement
            .split_once(&format!(
                "trigger {} ",
                crate::identifiers::quoted(&it.name)
            ))
            .unwrap_or(("", &statement));
        let what = what.replacen(&format!(" on {relation}"), "", 1);
        grid.row([
            it.name.clone(),
            what,
            state(it.enabled),
            comment(it.comment.as_ref()),
        ]);
    }
    grid
}

fn rules(rules: &[Rule]) -> Grid {
    let mut grid = Grid::default();
    for it in rules {
        let what = it.create.split_whitespace().collect::<Vec<_>>().join(" ");
        grid.row([
            it.name.clone(),
            what,
            state(it.enabled),
            comment(it.comment.as_ref()),
        ]);
    }
    grid
}

fn state(enabled: Enabled) -> String {
    match enabled {
        Enabled::Origin => "",
        Enabled::Disabled => "disabled",
        Enabled::Replica => "on replicas",
        Enabled::Always => "always",
    }
    .to_owned()
}

fn security(block: &mut Block, it: &Table) {
    let state = match (it.row_security, it.force_row_security) {
        (true, true) => Some("for the owner, too"),
        (true, false) => Some("for all but the owner"),
        (false, true) => Some("off, and then for the owner, too"),
        (false, false) => None,
    };
    block.say("row-level security", state);
    let mut grid = Grid::default();
    for policy in &it.policies {
        let statement = attach::policy(&it.name, policy);
        let begin = format!(
            "create policy {} on {}",
            crate::identifiers::quoted(&policy.name),
            it.name
        );
        let what = statement.strip_prefix(&begin).unwrap_or(&statement).trim();
        grid.row([
            policy.name.clone(),
            what.to_owned(),
            comment(policy.comment.as_ref()),
        ]);
    }
    block.section("policies", &grid);
}

fn statistics(whole: &Snapshot, name: &Name) -> Grid {
    let mut grid = Grid::default();
    for it in whole
        .schema
        .statistics
        .iter()
        .filter(|it| it.table == *name)
    {
        grid.row([
            it.name.to_string(),
            it.kinds.join(", "),
            it.elements.clone(),
        ]);
    }
    grid
}

fn storage(block: &mut Block, method: Option<&String>, tablespace: Option<&String>) {
    block.say("access method", method);
    block.say("tablespace", tablespace);
}

fn column_grants(block: &mut Block, it: &Table) {
    let mut grid = Grid::default();
    for column in &it.columns {
        for grant in column.grants.iter().flatten() {
            let role = grant.role.as_deref().unwrap_or("public").to_owned();
            let tail = if grant.grantable {
                "with grant option"
            } else {
                ""
            };
            let rights = grant.privileges.join(", ");
            grid.row([column.name.clone(), role, rights, tail.to_owned()]);
        }
    }
    block.section("privileges on columns", &grid);
}

fn comment(comment: Option<&String>) -> String {
    comment.map_or_else(String::new, |it| format!("-- {}", one_line(it)))
}
