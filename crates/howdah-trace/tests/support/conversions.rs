//! Changes of a column's type, each type to each other: what the server does, and what the model says.
//!
//! IO: one query for each type that a column has before. The columns are indexed where their type can be sorted, and
//! changed by `USING` where the plain form is refused.

use howdah_driver::{Connection, Interrupt};
use howdah_sql::ast::ObjectName;
use howdah_sql::catalog::Catalog;
use howdah_sql::locks::effects;

use super::Server;

/// What has to be there before.
const SETUP: &str = "\
create type color as enum ('red', 'green');
create type shade as enum ('dark', 'light');
create type pair as (a int, b text);
create domain plain as int4;
create domain plainer as plain;
create domain positive as int4 check (value > 0);
create domain needed as text not null;
create domain word as text;
create domain short as varchar(20);
create domain digits as numeric(10, 2);
create domain words as text[];
create domain moment as timestamptz;
create domain tint as color;
";

/// Types that columns have, with the modifiers that matter, those of one kind beside each other: each is changed to
/// each of its kind, and to the first of each other kind.
const KINDS: &[&[&str]] = &[
    &[
        "text",
        "varchar",
        "varchar(20)",
        "varchar(40)",
        "char(10)",
        "char(20)",
        "bpchar",
        "\"char\"",
        "name",
        "xml",
        "word",
        "short",
        "needed",
    ],
    &[
        "text collate \"C\"",
        "text",
        "varchar(20)",
        "varchar(20) collate \"C\"",
        "varchar(40) collate \"POSIX\"",
        "word collate \"C\"",
    ],
    &[
        "int4", "int2", "int8", "oid", "regclass", "float4", "float8", "bool", "plain", "plainer",
        "positive",
    ],
    &[
        "numeric",
        "numeric(10,2)",
        "numeric(12,2)",
        "numeric(12,4)",
        "numeric(10)",
        "digits",
        "int8",
        "money",
    ],
    &[
        "timestamp",
        "timestamp(3)",
        "timestamp(0)",
        "timestamptz",
        "timestamptz(3)",
        "timestamptz(6)",
        "date",
        "moment",
    ],
    &[
        "time",
        "time(3)",
        "time(6)",
        "timetz",
        "timetz(3)",
        "interval",
    ],
    &[
        "interval",
        "interval(3)",
        "interval(6)",
        "interval day to second",
        "interval day to second(3)",
        "interval year",
    ],
    &[
        "varbit",
        "varbit(8)",
        "varbit(16)",
        "bit(8)",
        "bit(16)",
        "bytea",
    ],
    &["inet", "cidr", "macaddr", "uuid"],
    &["jsonb", "json"],
    &[
        "text[]",
        "varchar(20)[]",
        "varchar(40)[]",
        "words",
        "int4[]",
        "numeric(10,2)[]",
        "numeric(12,2)[]",
        "color[]",
    ],
    &["color", "shade", "pair", "tint", "int4range", "int8range"],
];

/// What the types of a kind are changed to.
fn targets(kind: &[&'static str]) -> Vec<&'static str> {
    let others = KINDS.iter().filter_map(|other| other.first().copied());
    let mut targets = kind.to_vec();
    targets.extend(others.filter(|it| !kind.contains(it)));
    targets
}

/// Answers for one type with a word for each other one: whether the column is indexed; then `R` rewritten, `I` index
/// built, `-` neither, after `u` where it takes USING, and `E` where there is no way.
const FUNCTIONS: &str = "\
create function attempt(target text, before oid[]) returns text language plpgsql as $f$
declare clause text;
begin
    foreach clause in array array['', ' using v::' || target] loop
        begin
            execute 'alter table x alter v type ' || target || clause;
            raise exception '%', case
                when pg_relation_filenode('x') <> before[1] then 'R'
                when pg_relation_filenode(to_regclass('xi')) <> before[2] then 'I'
                else '-' end using errcode = 'HD001';
        exception
            when sqlstate 'HD001' then return case clause when '' then '' else 'u' end || sqlerrm;
            when others then null;
        end;
    end loop;
    return 'E';
end $f$;
create function conversions(origin text, targets text[]) returns setof text language plpgsql as $f$
declare
    target text;
    indexed text := 'indexed';
begin
    execute 'create table x (v ' || origin || ')';
    begin
        create index xi on x (v);
    exception when undefined_object then
        indexed := 'bare';
    end;
    return next indexed;
    foreach target in array targets loop
        return next attempt(target,
            array[pg_relation_filenode('x'), pg_relation_filenode(to_regclass('xi'))]);
    end loop;
    drop table x;
end $f$;
";

/// A database for the conversions alone.
const DATABASE: &str = "howdah_conversions";

/// What a server of that version does, where the model says something else; and how many changes were compared.
pub(crate) fn differences(server: &Server) -> (usize, Vec<String>) {
    let major = server.programs.major;
    let mut connection = connect(server);
    let mut different = Vec::new();
    let mut compared = 0;
    for (kind, from) in KINDS
        .iter()
        .flat_map(|kind| kind.iter().map(move |it| (kind, it)))
    {
        let targets = targets(kind);
        let (indexed, outcomes) = measure(&mut connection, from, &targets);
        let catalog = known(from, indexed);
        for (to, outcome) in targets.iter().zip(&outcomes) {
            if outcome == "E" {
                continue; // there is no cast
            }
            let (using, seen) = match outcome.strip_prefix('u') {
                Some(seen) => (format!(" using v::{to}"), seen),
                None => (String::new(), outcome.as_str()),
            };
            let sql = format!("alter table x alter v type {to}{using}");
            let said = said(&sql, &catalog, major);
            compared += 1;
            if said != seen {
                different.push(format!(
                    "{from}: {sql}: it does {seen}, which was said to do {said}"
                ));
            }
        }
    }
    (compared, different)
}

fn connect(server: &Server) -> Connection {
    server.execute(&format!("create database {DATABASE} template template0"));
    let config = server.config(&[("dbname", DATABASE)]);
    let mut connection = Connection::establish(&config, Interrupt::never()).expect("connects");
    for sql in [SETUP, FUNCTIONS] {
        connection.query(sql).expect("is set up");
    }
    connection
}

/// Whether the column is indexed, and what becomes of it for each type.
fn measure(connection: &mut Connection, from: &str, targets: &[&str]) -> (bool, Vec<String>) {
    let targets: Vec<String> = targets.iter().map(|it| quoted(it)).collect();
    let targets = format!("{{{}}}", targets.join(","));
    let sql = "select conversions($1, $2::text[])";
    let rows = connection.query_with(sql, &[Some(from), Some(&targets)]);
    let rows = rows.unwrap_or_else(|error| panic!("{from}: {error}"));
    let mut words = rows
        .iter()
        .map(|row| row.get(0).expect("a word").to_owned());
    let indexed = words.next().expect("whether it is indexed") == "indexed";
    (indexed, words.collect())
}

/// An element of an array's text.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

/// What there is before, in a session whose time zone is the server's.
fn known(from: &str, indexed: bool) -> Catalog {
    let index = if indexed {
        "create index xi on x (v);"
    } else {
        ""
    };
    let setup = format!("{SETUP} create table x (v {from}); {index} set timezone = 'UTC'");
    let mut catalog = Catalog::default();
    for statement in &howdah_sql::parse(&setup).statements {
        catalog.apply(statement);
    }
    catalog
}

fn said(sql: &str, catalog: &Catalog, major: u32) -> &'static str {
    let script = howdah_sql::parse(sql);
    let effects = effects(&script.statements[0], catalog, major);
    let built = effects.builds.contains(&ObjectName::new("xi"));
    match (effects.rewrites.is_empty(), built) {
        (false, _) => "R",
        (true, true) => "I",
        (true, false) => "-",
    }
}
