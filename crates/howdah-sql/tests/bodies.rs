//! What is found in `DO` blocks.
#![allow(clippy::indexing_slicing)] // a panic is how a test fails

use howdah_sql::ast::Kind;
use howdah_sql::{parse, parse_do};

/// The statements in the first `DO` of a text, as they stand in the text.
fn inner(text: &str) -> Vec<(String, Kind)> {
    let script = parse(text);
    assert_eq!(script.errors, []);
    let Kind::Do(block) = &script.statements[0].kind else {
        panic!("{:?}", script.statements[0]);
    };
    let found = parse_do(block);
    let text = found.text.as_deref().unwrap_or(text);
    let place = |kind: &howdah_sql::ast::Statement| kind.span.of(text).to_owned();
    let found = found.script.statements;
    found.into_iter().map(|it| (place(&it), it.kind)).collect()
}

fn texts(text: &str) -> Vec<String> {
    inner(text).into_iter().map(|(text, _)| text).collect()
}

#[test]
fn statements_between_the_words_of_plpgsql_are_found() {
    let text = "do $body$
        declare
            n int := 5; -- drop table a;
            c cursor for select 1;
        begin
            if not exists (select 1 from pg_class) then
                alter table t add column c int;
            elsif n > 3 then create index on t (c);
            else raise notice 'x'; end if;
            <<outer>>
            for r in select * from u loop
                update t set c = 1 where id = r.id;
            end loop;
            case n when 1 then drop table v; end case;
            n := n + 1;
            perform pg_sleep(1);
            begin delete from w; exception when others then null; end;
        end $body$";
    assert_eq!(
        texts(text),
        [
            "alter table t add column c int",
            "create index on t (c)",
            "select * from u",
            "update t set c = 1 where id = r.id",
            "drop table v",
            "perform pg_sleep(1)",
            "delete from w",
        ]
    );
}

#[test]
fn literals_that_are_executed_are_looked_into() {
    let text = "do $x$ begin
        execute 'alter table a drop column b';
        execute $$drop table c; drop table d$$;
        execute format('alter table %I.t add column %s int default %L', s, n, 5) using 1;
        execute 'drop table ' || name;
        for r in execute 'select 1' loop end loop;
    end $x$";
    let found = inner(text);
    let texts: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "alter table a drop column b",
            "drop table c",
            "drop table d",
            "alter table __.t add column ___ int default '5'",
            "drop table ____",
            "select 1",
        ]
    );
    assert!(matches!(&found[3].1, Kind::AlterTable(alter) if alter.name.name == "t"));
}

#[test]
fn constants_are_put_together() {
    let text = r"do $x$ declare q text := 'drop table a'; r constant text := 'b'; s text := 'c'; begin
        execute q;
        execute ('alter table ' || quote_ident('T')) || ' add column n text default ' || quote_literal('x');
        execute format('drop table %2$I, %1$s -- 100%%', r, 'D');
        s := 'd';
        execute E'drop table \'' || s;
        execute s;
    end $x$";
    assert_eq!(
        texts(text),
        [
            "drop table a",
            "alter table \"T\" add column n text default 'x'",
            "drop table \"D\", b",
        ]
    );
    let script = parse(text);
    let Kind::Do(block) = &script.statements[0].kind else {
        panic!("{:?}", script.statements[0]);
    };
    let inner = parse_do(block);
    let whole = inner.text.unwrap();
    let unseen: Vec<&str> = inner.unseen.iter().map(|it| it.of(&whole)).collect();
    assert_eq!(unseen, [r"E'drop table \'' || s", "s"]);
}

#[test]
fn places_in_a_string_with_escapes_are_found_again() {
    for written in ["'a''b''d c'", r"E'a\'b\n\u0041c'", "'plain'"] {
        let found = howdah_sql::stretches(written).unwrap();
        let (held, at) = *found.last().unwrap();
        let tail = &written[at as usize..written.len() - 1];
        assert!(!tail.contains(['\'', '\\']), "{written}: {tail}");
        assert!(held < at);
    }
    assert_eq!(howdah_sql::stretches("'a' 'b'"), None);
    assert_eq!(howdah_sql::stretches("U&'a'"), None);
}

#[test]
fn what_is_assigned_is_no_table() {
    let text = "do $$ declare n int; begin
        select count(*) into n from t;
        insert into t values (1) returning id into n;
    end $$";
    let found = inner(text);
    assert!(matches!(&found[0].1, Kind::Select(select) if select.query.reads[0].name == "t"));
    assert!(matches!(&found[1].1, Kind::Insert(_)));
}

#[test]
fn other_languages_are_left_alone() {
    assert!(inner("do language plpython3u 'drop table t'").is_empty());
}
