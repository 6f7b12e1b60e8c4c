//! What a script makes of a catalog.
#![allow(clippy::indexing_slicing)] // a panic is how a test fails

use howdah_sql::ast::{Kind, ObjectName};
use howdah_sql::catalog::{Age, Catalog, Relation};
use howdah_sql::parse;

fn after(text: &str) -> Catalog {
    let mut catalog = Catalog::default();
    follow(&mut catalog, text);
    catalog
}

fn follow(catalog: &mut Catalog, text: &str) {
    let script = parse(text);
    assert_eq!(script.errors, [], "{text}");
    for statement in &script.statements {
        assert!(!matches!(statement.kind, Kind::Other(_)), "{text}");
        catalog.apply(statement);
    }
}

fn named(name: &str) -> ObjectName {
    match name.split_once('.') {
        Some((schema, name)) => ObjectName::qualified(schema, name),
        None => ObjectName::new(name),
    }
}

fn table<'a>(catalog: &'a Catalog, name: &str) -> &'a Relation {
    catalog
        .relation(&named(name))
        .expect("a relation of that name")
}

fn constraints(catalog: &Catalog, name: &str) -> Vec<String> {
    table(catalog, name)
        .constraints
        .iter()
        .map(|it| it.name.clone())
        .collect()
}

fn indexes(catalog: &Catalog, name: &str) -> Vec<String> {
    catalog
        .indexes(&named(name))
        .map(|it| it.name.name.clone())
        .collect()
}

/// Names as PostgreSQL 18 gives them: from its `pg_constraint` and `pg_class`.
#[test]
fn names_are_chosen_as_postgresql_chooses_them() {
    let catalog = after(
        "create table p (id int primary key);
         create table t (id bigserial primary key, a int unique check (a > 0), b int references p,
            c int, check (a < c), check (c > 0), unique (b, c), foreign key (b, c) references q (x, y),
            exclude using gist (c with =, (lower('x')) with =));
         create index on t (a, lower('x'), (c + 1));
         create index on t (a, lower('x'), (c + 1));
         alter table t rename to old;
         create table t (a int check (a > 0), c int)",
    );
    assert_eq!(
        constraints(&catalog, "old"),
        [
            "t_id_not_null",
            "t_pkey",
            "t_a_key",
            "t_a_check",
            "t_b_fkey",
            "t_check",
            "t_c_check",
            "t_b_c_key",
            "t_b_c_fkey",
            "t_c_lower_excl",
        ]
    );
    assert_eq!(
        indexes(&catalog, "old"),
        [
            "t_a_key",
            "t_a_lower_expr_idx",
            "t_a_lower_expr_idx1",
            "t_b_c_key",
            "t_c_lower_excl",
            "t_pkey"
        ]
    );
    assert_eq!(constraints(&catalog, "t"), ["t_a_check1"]);
    let id = table(&catalog, "old").column("id").unwrap();
    assert_eq!(
        id.default.as_ref().map(|it| it.text.as_str()),
        Some("nextval('public.t_id_seq')")
    );
    assert!(id.not_null && id.type_name.as_ref().is_some_and(|it| it.is("int8")));
    let sequence = table(&catalog, "t_id_seq");
    assert_eq!(
        sequence.owned_by.as_ref().map(|(it, _)| it.name.as_str()),
        Some("old")
    );
}

#[test]
fn foreign_keys_are_known_from_both_sides() {
    let mut catalog = after(
        "create schema s; create table s.p (id int primary key, v text);
         create table c (p int, constraint k foreign key (p) references s.p not valid)",
    );
    let ways = |catalog: &Catalog| -> Vec<(String, bool)> {
        let keys = catalog.references_to(&named("s.p"));
        keys.map(|(it, key)| (format!("{}.{}", it.name, key.name), key.valid))
            .collect()
    };
    assert_eq!(ways(&catalog), [("public.c.k".to_owned(), false)]);
    follow(
        &mut catalog,
        "alter table c validate constraint k; alter table c rename to d",
    );
    assert_eq!(ways(&catalog), [("public.d.k".to_owned(), true)]);
    follow(
        &mut catalog,
        "alter table s.p rename column id to key; alter table s.p set schema public",
    );
    let (_, key) = catalog.references_to(&named("p")).next().unwrap();
    assert!(
        matches!(&key.kind, howdah_sql::ast::ConstraintKind::ForeignKey(key)
        if key.referenced_columns[0] == "key" && key.references == named("public.p"))
    );
    follow(&mut catalog, "drop table p cascade");
    assert!(table(&catalog, "d").constraints.is_empty());
}

#[test]
fn partitions_have_what_their_parent_has() {
    let mut catalog = after(
        "create table m (id int not null, at date, check (id > 0)) partition by range (at);
         create index m_at on m (at);
         create table m1 partition of m for values from ('2020-01-01') to ('2021-01-01');
         create table md partition of m default;
         create table m2 (like m including all);
         create index m2_other on m2 (at);
         alter table m attach partition m2 for values from ('2022-01-01') to ('2023-01-01');
         alter table m add column note text default 'x', add primary key (id, at);
         create trigger g after insert on m for each row execute function f()",
    );
    assert_eq!(
        catalog
            .default_partition(&named("m"))
            .map(|it| it.name.name.as_str()),
        Some("md")
    );
    assert_eq!(catalog.children(&named("m")).count(), 3);
    for partition in ["m1", "md", "m2"] {
        let found = table(&catalog, partition);
        assert!(
            found.is_partition() && found.column("note").is_some(),
            "{partition}"
        );
        assert!(found.constraints.iter().any(|it| it.name == "m_id_check"));
        assert_eq!(found.triggers.len(), 1);
    }
    assert_eq!(indexes(&catalog, "m1"), ["m1_at_idx", "m1_pkey"]);
    assert_eq!(
        indexes(&catalog, "m2"),
        ["m2_at_idx", "m2_other", "m2_pkey"]
    );
    follow(
        &mut catalog,
        "alter table m detach partition m1 concurrently; drop table m",
    );
    assert!(catalog.relation(&named("m1")).is_some() && catalog.relation(&named("md")).is_none());
}

#[test]
fn an_index_on_only_the_parent_waits_for_its_parts() {
    let mut catalog = after(
        "create table m (a int) partition by list (a);
         create table m1 partition of m for values in (1);
         create index i on only m (a);
         create index concurrently i1 on m1 (a)",
    );
    assert!(!catalog.index(&named("i")).unwrap().valid);
    follow(&mut catalog, "alter index i attach partition i1");
    assert!(catalog.index(&named("i")).unwrap().valid);
}

#[test]
fn ages_follow_transactions() {
    let mut catalog = after("create table a (i int)").settled();
    assert_eq!(catalog.age_of(&named("a")), Age::Before);
    follow(
        &mut catalog,
        "create table b (i int); begin; create table c (i int)",
    );
    assert_eq!(catalog.age_of(&named("b")), Age::Script);
    assert_eq!(catalog.age_of(&named("c")), Age::Transaction);
    assert!(!catalog.is_new(&named("a")) && catalog.is_new(&named("b")));
    follow(
        &mut catalog,
        "savepoint s; drop table a; create index on c (i); rollback to s",
    );
    assert!(catalog.exists(&named("a")) && indexes(&catalog, "c").is_empty());
    follow(&mut catalog, "alter table c rename to d; commit");
    assert_eq!(catalog.age_of(&named("d")), Age::Script);
    follow(&mut catalog, "begin; drop table d; rollback");
    assert!(catalog.exists(&named("d")) && !catalog.in_transaction());
}

#[test]
fn the_search_path_says_which_schema_is_meant() {
    let catalog = after(
        "create schema s; create table t (a int); set search_path to s, public;
         create table u (a int); alter table t add column b int; create temp table t (z int);",
    );
    assert!(catalog.relation(&named("s.u")).is_some());
    assert_eq!(table(&catalog, "public.t").columns.len(), 2);
    assert_eq!(table(&catalog, "t").columns[0].name, "z");
}

#[test]
fn a_dropped_column_takes_along_what_mentions_it() {
    let catalog = after(
        "create table t (a int unique, b int check (b > 0), c int, check (a < c));
         create index i on t (b) where a > 0; create index j on t (c);
         create table u (a int references t (a));
         alter table t drop column a cascade",
    );
    assert_eq!(constraints(&catalog, "t"), ["t_b_check"]);
    assert_eq!(indexes(&catalog, "t"), ["j"]);
    assert!(constraints(&catalog, "u").is_empty());
}

#[test]
fn an_index_becomes_a_constraint_under_its_name() {
    let catalog = after(
        "create table t (a int); create unique index concurrently i on t (a);
         alter table t add constraint t_pkey primary key using index i",
    );
    assert_eq!(indexes(&catalog, "t"), ["t_pkey"]);
    let found = table(&catalog, "t");
    assert!(found.column("a").unwrap().not_null);
    assert_eq!(found.constraint("t_pkey").unwrap().columns(), ["a"]);
}

#[test]
fn views_know_what_they_read() {
    let mut catalog = after(
        "create table t (a int, b text); create view v as select a, b as c from t;
         create materialized view m (x, y) as select * from v where exists (select from t)",
    );
    let views = |catalog: &Catalog, name: &str| -> Vec<String> {
        catalog
            .views_of(&named(name))
            .map(|it| it.name.name.clone())
            .collect()
    };
    assert_eq!(views(&catalog, "t"), ["m", "v"]);
    assert_eq!(views(&catalog, "v"), ["m"]);
    let columns: Vec<_> = table(&catalog, "m")
        .columns
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(columns, ["x", "y"]);
    follow(&mut catalog, "alter table t rename to u");
    assert_eq!(views(&catalog, "u"), ["m", "v"]);
    follow(&mut catalog, "drop view v cascade");
    assert!(catalog.relation(&named("m")).is_none());
}

#[test]
fn types_and_functions_are_followed() {
    let mut catalog = after(
        "create type mood as enum ('sad', 'happy');
         create domain positive as int check (value > 0) not null;
         create table t (m mood, p positive[]);
         create function f(a int, b int default 1) returns int language sql immutable return a;
         create function f(text) returns int language plpgsql as '';
         alter function f(text) stable; alter domain positive rename to natural_number",
    );
    let column = |name: &str| {
        table(&catalog, "t")
            .column(name)
            .unwrap()
            .type_name
            .clone()
            .unwrap()
    };
    assert_eq!(column("p").to_string(), "public.natural_number[]");
    assert!(catalog.is_of_type(Some(&column("m")), &named("mood")));
    let domain = catalog.domain(&named("natural_number")).unwrap();
    assert!(domain.not_null && domain.constraints.len() == 2);
    assert_eq!(catalog.functions(&named("f")).len(), 2);
    assert_eq!(
        catalog
            .function(&named("f"), 2)
            .unwrap()
            .definition
            .language,
        "sql"
    );
    follow(
        &mut catalog,
        "begin; alter type mood add value 'ok' after 'sad'",
    );
    let mood = catalog.type_named(&named("mood")).unwrap();
    assert_eq!(mood.new_values[0].0, "ok");
    assert_eq!(catalog.age(mood.new_values[0].1), Age::Transaction);
    follow(&mut catalog, "commit; drop function f(text)");
    let mood = catalog.type_named(&named("mood")).unwrap();
    assert_eq!(catalog.age(mood.new_values[0].1), Age::Script);
    assert_eq!(catalog.functions(&named("f")).len(), 1);
}

#[test]
fn of_many_names_alike_one_that_is_free_again_is_taken_first() {
    let many = "alter table t add check (a > 0); create index on t (a);".repeat(40);
    let mut catalog = after(&format!("create table t (a int); {many}"));
    let has = |catalog: &Catalog, check: &str, index: &str| {
        let check = table(catalog, "t").constraint(check).is_some();
        (check, catalog.index(&named(index)).is_some())
    };
    assert_eq!(has(&catalog, "t_a_check39", "t_a_idx39"), (true, true));
    assert_eq!(has(&catalog, "t_a_check40", "t_a_idx40"), (false, false));
    follow(
        &mut catalog,
        "alter table t drop constraint t_a_check20; drop index t_a_idx30;",
    );
    assert_eq!(has(&catalog, "t_a_check20", "t_a_idx30"), (false, false));
    follow(
        &mut catalog,
        "alter table t add check (a > 0); create index on t (a);",
    );
    assert_eq!(has(&catalog, "t_a_check20", "t_a_idx30"), (true, true));
    assert_eq!(has(&catalog, "t_a_check40", "t_a_idx40"), (false, false));
}
