//! The queries, and what older versions lack. No IO.

macro_rules! queries {
    ($($(#[$note:meta])* $visible:vis $name:ident = $file:literal;)*) => {
        $($(#[$note])* $visible const $name: &str = include_str!(concat!("sql/", $file, ".sql"));)*
    };
}

queries! {
    /// The query for the materialized views, each after those that it reads: schema, name, and whether it can be
    /// refreshed concurrently.
    pub REFRESH_ORDER = "refresh_order";
    pub(super) SCHEMAS = "schemas";
    pub(super) MEMBERS = "members";
    pub(super) COMMENTS = "comments";
    pub(super) GRANTS = "grants";
    pub(super) EXTENSIONS = "extensions";
    pub(super) ENUMS = "enums";
    pub(super) DOMAINS = "domains";
    pub(super) COMPOSITES = "composites";
    pub(super) RANGES = "ranges";
    pub(super) SEQUENCES = "sequences";
    pub(super) ROUTINES = "routines";
    pub(super) SERVERS = "servers";
    pub(super) TABLES = "tables";
    pub(super) VIEWS = "views";
    pub(super) COLUMNS = "columns";
    pub(super) CONSTRAINTS = "constraints";
    pub(super) INDEXES = "indexes";
    pub(super) TRIGGERS = "triggers";
    pub(super) TRIGGER_STATES = "trigger_states";
    pub(super) POLICIES = "policies";
    pub(super) PUBLIC = "public";
    pub(super) COLLATIONS = "collations";
    pub(super) AGGREGATES = "aggregates";
    pub(super) OPERATORS = "operators";
    pub(super) OPERATOR_CLASSES = "operator_classes";
    pub(super) MACHINERY = "machinery";
    pub(super) TEXT_SEARCH = "text_search";
    pub(super) INHERITED = "inherited";
    pub(super) RULES = "rules";
    pub(super) STATISTICS = "statistics";
    pub(super) EVENT_TRIGGERS = "event_triggers";
    pub(super) PUBLICATIONS = "publications";
    pub(super) DEFAULT_PRIVILEGES = "default_privileges";
    pub(super) UNKNOWN = "unknown";
    pub(super) DEPENDENCIES = "dependencies";
    pub(super) FACTS = "facts";
}

/// What a version brought, and what stands for it before.
const SINCE: &[(u32, &str, &str)] = &[
    (130_000, "t.tgparentid", "0"),
    (140_000, "pg_catalog.pg_get_function_sqlbody(p.oid)", "null"),
    (140_000, "a.attcompression", "''"),
    (140_000, "p.attcompression", "''"),
    (140_000, "r.rngmultitypid", "0"),
    (
        140_000,
        "pg_catalog.pg_get_statisticsobjdef_columns(s.oid)",
        "(select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum) \
         from pg_catalog.pg_attribute a where a.attrelid = s.stxrelid and a.attnum = any (s.stxkeys))",
    ),
    (150_000, "i.indnullsnotdistinct", "false"),
    (150_000, "pr.prqual", "null::pg_catalog.pg_node_tree"),
    (150_000, "pr.prattrs", "null::pg_catalog.int2[]"),
    (
        150_000,
        "pg_catalog.pg_publication_namespace",
        "(select 0::oid as pnpubid, 0::oid as pnnspid)",
    ),
    (150_000, "k.confdelsetcols", "null::pg_catalog.int2[]"),
    (180_000, "k.conperiod", "false"),
    (180_000, "k.conenforced", "true"),
];

/// The query as a server of this version understands it.
pub(super) fn for_version(sql: &str, version: u32) -> String {
    let missing = SINCE.iter().filter(|(since, ..)| version < *since);
    missing.fold(sql.to_owned(), |sql, (_, new, before)| {
        sql.replace(new, before)
    })
}

/// The query with the base schema for `$1` and the list of schemas for `$2`, without its comments.
pub(super) fn filled(sql: &str, base: &str, schemas: &str) -> String {
    let mut filled = String::with_capacity(sql.len());
    for line in sql.lines().filter(|line| !line.starts_with("--")) {
        let mut pieces = line.split('$');
        filled.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            match (piece.strip_prefix('1'), piece.strip_prefix('2')) {
                (Some(rest), _) => filled.extend([base, rest]),
                (_, Some(rest)) => filled.extend([schemas, rest]),
                _ => filled.extend(["$", piece]),
            }
        }
        filled.push('\n');
    }
    filled
}

/// The query that names objects: rows of a class, an object, a part and what was said of it.
pub(super) fn described(rows: &str) -> String {
    format!(
        "select x.what, x.name from (\
            select v.what, pg_catalog.pg_describe_object(v.class, v.object, v.part) as name \
            from (values {rows}) v (class, object, part, what)\
         ) x where x.name !~ 'pg_(toast_)?temp_'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_looked_into() {
        let sql = "-- $1\nselect $1, '$', $2\n";
        assert_eq!(filled(sql, "'$2'", "'$1'"), "select '$2', '$', '$1'\n");
    }

    #[test]
    fn everything_that_is_replaced_is_in_a_query() {
        let all = [
            ROUTINES,
            COLUMNS,
            RANGES,
            INDEXES,
            CONSTRAINTS,
            TRIGGERS,
            STATISTICS,
            PUBLICATIONS,
            INHERITED,
        ]
        .concat();
        for (_, new, _) in SINCE {
            assert!(all.contains(new), "{new}");
        }
    }
}
