//! Everything in short: a line for each object. No IO.

use super::layout::{Grid, bytes, count, one_line};
use crate::snapshot::Snapshot;
use crate::value::{DefaultPrivileges, Grant, Name, PartitionMethod, Table, View};

/// One line for each object, by kinds.
#[must_use]
pub fn overview(snapshot: &Snapshot) -> String {
    let mut kinds = Kinds::default();
    namespaces(snapshot, &mut kinds);
    types(snapshot, &mut kinds);
    relations(snapshot, &mut kinds);
    of_the_database(snapshot, &mut kinds);
    if kinds.0.is_empty() {
        return "nothing".to_owned();
    }
    kinds.0.join("\n").trim_end().to_owned()
}

/// The kinds that there is something of.
#[derive(Default)]
struct Kinds(Vec<String>);

/// Name, what it is, and its comment.
type Line = (String, String, Option<String>);

impl Kinds {
    fn add(&mut self, title: &str, lines: impl IntoIterator<Item = Line>) {
        let mut grid = Grid::default();
        for (name, what, comment) in lines {
            let comment = comment.map_or_else(String::new, |it| one_line(&it));
            grid.row([name, one_line(&what), comment]);
        }
        if !grid.is_empty() {
            self.0.push(format!("{title}\n{}", grid.text(2)));
        }
    }
}

fn namespaces(snapshot: &Snapshot, kinds: &mut Kinds) {
    let schema = &snapshot.schema;
    let schemas = schema.schemas.iter();
    kinds.add(
        "schemas",
        schemas.map(|it| (it.name.clone(), String::new(), it.comment.clone())),
    );
    let extensions = schema.extensions.iter().map(|it| {
        let version = it.version.clone().unwrap_or_default();
        (it.name.clone(), version, it.comment.clone())
    });
    kinds.add("extensions", extensions);
    let servers = schema.servers.iter();
    kinds.add(
        "servers",
        servers.map(|it| (it.name.clone(), it.wrapper.clone(), it.comment.clone())),
    );
    let collations = schema.collations.iter().map(|it| {
        let locale = it.locale.as_ref().or(it.lc_collate.as_ref());
        let what = format!("{} {}", it.provider.sql(), locale.map_or("", |it| it));
        (it.name.to_string(), what, it.comment.clone())
    });
    kinds.add("collations", collations);
}

fn types(snapshot: &Snapshot, kinds: &mut Kinds) {
    let schema = &snapshot.schema;
    let line = |name: &Name, what: String, comment: &Option<String>| {
        (name.to_string(), what, comment.clone())
    };
    let enums = schema.enums.iter();
    let enums = enums.map(|it| {
        line(
            &it.name,
            format!("enum: {}", it.labels.join(", ")),
            &it.comment,
        )
    });
    let domains = schema.domains.iter();
    let domains =
        domains.map(|it| line(&it.name, format!("domain: {}", it.type_name), &it.comment));
    let composites = schema.composites.iter().map(|it| {
        let attributes = count(it.attributes.len(), "attribute", "attributes");
        line(&it.name, format!("composite: {attributes}"), &it.comment)
    });
    let ranges = schema.ranges.iter();
    let ranges = ranges.map(|it| line(&it.name, format!("range: {}", it.subtype), &it.comment));
    let mut all: Vec<Line> = enums
        .chain(domains)
        .chain(composites)
        .chain(ranges)
        .collect();
    all.sort();
    kinds.add("types", all);
    let sequences = schema.sequences.iter().map(|it| {
        let owner = it.owned_by.as_ref();
        let what = owner.map(|it| format!("of {}.{}", it.table, it.column));
        line(&it.name, what.unwrap_or_default(), &it.comment)
    });
    kinds.add("sequences", sequences);
    let routines = schema.routines.iter().map(|it| {
        let signature = it.signature.as_deref().unwrap_or(&it.arguments);
        let what = match &it.returns {
            Some(returns) => format!("{returns}, {}", it.language),
            None => format!("{}, {}", it.kind.sql(), it.language),
        };
        (
            format!("{}({signature})", it.name),
            what,
            it.comment.clone(),
        )
    });
    kinds.add("functions", routines);
    let definitions = schema.definitions.iter();
    let definitions = definitions.map(|it| {
        (
            it.designation.clone(),
            it.kind.sql().to_owned(),
            it.comment.clone(),
        )
    });
    kinds.add("definitions", definitions);
}

fn relations(snapshot: &Snapshot, kinds: &mut Kinds) {
    let schema = &snapshot.schema;
    let tables = schema.tables.iter().map(|it| {
        let size = size(snapshot, &it.name);
        (
            it.name.to_string(),
            joined([table(it), size]),
            it.comment.clone(),
        )
    });
    kinds.add("tables", tables);
    let views = schema.views.iter().map(|it| {
        let size = size(snapshot, &it.name);
        (
            it.name.to_string(),
            joined([view(it), size]),
            it.comment.clone(),
        )
    });
    kinds.add("views", views);
    let statistics = schema.statistics.iter().map(|it| {
        let what = format!("{} of {}", it.elements, it.table);
        (it.name.to_string(), what, it.comment.clone())
    });
    kinds.add("statistics", statistics);
}

fn of_the_database(snapshot: &Snapshot, kinds: &mut Kinds) {
    let schema = &snapshot.schema;
    let triggers = schema.event_triggers.iter().map(|it| {
        let what = format!("{}, {}", it.event, it.function);
        (it.name.clone(), what, it.comment.clone())
    });
    kinds.add("event triggers", triggers);
    let publications = schema.publications.iter().map(|it| {
        let what = if it.all_tables {
            "all tables".to_owned()
        } else {
            let tables = count(it.tables.len(), "table", "tables");
            joined([tables, count(it.schemas.len(), "schema", "schemas")])
        };
        (it.name.clone(), what, it.comment.clone())
    });
    kinds.add("publications", publications);
    let privileges = schema.default_privileges.iter().map(by_default);
    kinds.add("default privileges", privileges);
    let unknown = schema.unknown.iter().map(|it| {
        let reason = it.reason.as_deref().map(|it| format!(": {it}"));
        let what = format!("{}{}", it.kind, reason.unwrap_or_default());
        (it.name.clone(), what, None)
    });
    kinds.add("not understood", unknown);
}

fn by_default(it: &DefaultPrivileges) -> Line {
    let place = it.schema.as_deref().map(|it| format!(" in {it}"));
    let to = |grant: &Grant| {
        let role = grant.role.as_deref().unwrap_or("public");
        format!("{} to {role}", grant.privileges.join(", "))
    };
    let grants: Vec<String> = it.grants.iter().map(to).collect();
    let what = if grants.is_empty() {
        "nothing".to_owned()
    } else {
        grants.join("; ")
    };
    let name = format!("{} of {}{}", it.objects, it.role, place.unwrap_or_default());
    (name, what, None)
}

fn table(it: &Table) -> String {
    let by = it.partition_by.as_ref().map(|by| match by.method {
        PartitionMethod::Range => "partitioned by range",
        PartitionMethod::List => "partitioned by list",
        PartitionMethod::Hash => "partitioned by hash",
    });
    let of = it
        .partition_of
        .as_ref()
        .map(|of| format!("partition of {}", of.parent));
    let server = it
        .foreign
        .as_ref()
        .map(|it| format!("foreign, on {}", it.server));
    joined([
        of.unwrap_or_default(),
        server.unwrap_or_default(),
        by.unwrap_or_default().to_owned(),
        if it.unlogged { "unlogged" } else { "" }.to_owned(),
        count(it.columns.len(), "column", "columns"),
        count(it.indexes.len(), "index", "indexes"),
        count(it.triggers.len(), "trigger", "triggers"),
    ])
}

fn view(it: &View) -> String {
    let kind = if it.materialized { "materialized" } else { "" };
    joined([
        kind.to_owned(),
        count(it.columns.len(), "column", "columns"),
        count(it.indexes.len(), "index", "indexes"),
    ])
}

/// Rows and bytes, where they are known.
pub(super) fn size(snapshot: &Snapshot, name: &Name) -> String {
    let facts = snapshot.facts.as_ref().and_then(|it| it.relation(name));
    let Some(facts) = facts else {
        return String::new();
    };
    let rows = facts.rows.map(|rows| format!("~{rows} rows"));
    let all = facts.bytes + facts.index_bytes;
    let bytes = if all == 0 { String::new() } else { bytes(all) };
    joined([rows.unwrap_or_default(), bytes])
}

fn joined<const COUNT: usize>(parts: [String; COUNT]) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|it| !it.is_empty()).collect();
    parts.join(", ")
}
