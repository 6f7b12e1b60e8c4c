//! What statements are read as: the words of SQL on one side, the values on the other.

#![allow(clippy::indexing_slicing)] // a panic is how a test fails

use howdah_sql::ast::{
    Action, ColumnChange, ConstraintKind, Kind, Node, ObjectKind, Persistence, RelationKind,
    RowLock, Statement,
};
use howdah_sql::parse;

/// The only statement of a text, which must be right.
fn one(text: &str) -> Kind {
    let script = parse(text);
    assert_eq!(script.errors, [], "{text}");
    let [Statement { kind, .. }] = script.statements.as_slice() else {
        panic!("{text}: {} statements", script.statements.len());
    };
    kind.clone()
}

/// What the actions of an `ALTER` do.
fn actions(text: &str) -> Vec<Action> {
    match one(text) {
        Kind::AlterTable(alter) => alter.actions.into_iter().map(|it| it.kind).collect(),
        other => panic!("{text}: {other:?}"),
    }
}

/// The first target of a select.
fn expression(text: &str) -> Node {
    match one(&format!("select {text}")) {
        Kind::Select(select) => select.query.targets[0].expr.node.clone(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn names_are_folded_unquoted_and_placed() {
    let text = "ALTER TABLE My.\"Two \"\"Parts\" ADD U&\"d!0061t\" UESCAPE '!' int";
    let Kind::AlterTable(alter) = one(text) else {
        panic!()
    };
    assert_eq!(alter.name.schema.as_deref(), Some("my"));
    assert_eq!(alter.name.name, "Two \"Parts");
    assert_eq!(alter.name.span.of(text), "My.\"Two \"\"Parts\"");
    let Action::AddColumn { column, .. } = &alter.actions[0].kind else {
        panic!()
    };
    assert_eq!(column.name, "dat");
    assert_eq!(alter.name.to_string(), "my.\"Two \"\"Parts\"");
}

#[test]
fn types_have_the_names_of_the_catalog() {
    for (written, name) in [
        ("int", "int4"),
        ("bigint", "int8"),
        ("pg_catalog.int4", "int4"),
        ("character varying(20)", "varchar(20)"),
        ("char", "bpchar(1)"),
        ("bpchar", "bpchar"),
        ("\"char\"", "\"char\""),
        ("dec(10)", "numeric(10, 0)"),
        ("float(24)", "float4"),
        ("double precision", "float8"),
        ("timestamp(3) with time zone", "timestamptz(3)"),
        ("time", "time"),
        ("interval day to second(3)", "interval(day to second ( 3 ))"),
        ("text[][]", "text[][]"),
        ("int array", "int4[]"),
        ("bit varying(5)", "varbit(5)"),
        ("geometry(Point, 4326)", "geometry(Point, 4326)"),
        ("bigserial", "serial8"),
        ("s.mood", "s.mood"),
    ] {
        let Kind::CreateTable(table) = one(&format!("create table t (c {written})")) else {
            panic!()
        };
        let found = table.columns[0].type_name.clone().unwrap();
        assert_eq!(found.to_string(), name, "{written}");
        let last = found
            .span
            .of(&format!("create table t (c {written})"))
            .to_owned();
        assert_eq!(last, written);
    }
}

#[test]
fn expressions_keep_what_proofs_need() {
    let column = |name: &str| Box::new(Node::Column(vec![name.to_owned()]));
    let not_null = Node::IsNull {
        operand: column("a"),
        negated: true,
    };
    assert_eq!(expression("a is not null"), not_null);
    assert_eq!(expression("((a) notnull)"), not_null);
    let Node::And(parts) = expression("a and b and (c and d)") else {
        panic!()
    };
    assert_eq!(parts.len(), 4);
    let Node::Not(inner) = expression("not (a is null)") else {
        panic!()
    };
    assert!(matches!(*inner, Node::IsNull { negated: false, .. }));
    assert_eq!(expression("'a''b'"), Node::String("a'b".to_owned()));
    assert_eq!(
        expression("E'a\\n\\u0041'"),
        Node::String("a\nA".to_owned())
    );
    assert_eq!(expression("$x$a'b$x$"), Node::String("a'b".to_owned()));
    assert_eq!(
        expression("U&'d!0061' uescape '!'"),
        Node::String("da".to_owned())
    );
}

#[test]
fn functions_spelled_as_syntax_are_calls() {
    for (text, name, syntax) in [
        ("current_date", "current_date", true),
        ("current_timestamp(3)", "current_timestamp", true),
        ("a at time zone 'utc'", "timezone", true),
        ("extract(year from a)", "extract", true),
        ("now()", "now", false),
        ("pg_catalog.now()", "now", false),
        ("\"current_date\"()", "current_date", false),
    ] {
        let Node::Call(call) = expression(text) else {
            panic!("{text}: {:?}", expression(text))
        };
        assert_eq!(
            (call.name.name.as_str(), call.syntax),
            (name, syntax),
            "{text}"
        );
    }
    let script = parse("select f(g(1) + 2), (select h(3))");
    let Kind::Select(select) = &script.statements[0].kind else {
        panic!()
    };
    let all = select
        .query
        .targets
        .iter()
        .flat_map(|target| target.expr.calls());
    let names: Vec<_> = all.map(|call| call.name.name.as_str()).collect();
    assert_eq!(names, ["f", "g", "h"]);
}

#[test]
fn a_chain_of_any_length_is_read() {
    let long = vec!["a"; 400].join(" or ");
    assert!(matches!(expression(&long), Node::Or(parts) if parts.len() == 400));
    let long = vec!["a"; 400].join(" || ");
    assert!(matches!(expression(&long), Node::Other(parts) if parts.len() == 400));
}

#[test]
fn a_query_knows_what_it_reads() {
    let Kind::Select(select) = one(
        "with t as (select * from t join s.u using (id)), d as (delete from x returning *)
         select (select 1 from v), * from t, d where exists (select from w for update) limit 1",
    ) else {
        panic!()
    };
    let reads: Vec<_> = select.query.reads.iter().map(ToString::to_string).collect();
    assert_eq!(reads, ["t", "s.u", "w", "v"]);
    assert_eq!(select.query.writes[0].name, "x");
    assert_eq!(select.query.locks_rows, Some(RowLock::Update));
    assert!(select.query.filtered && select.query.limited);
}

#[test]
fn columns_carry_their_constraints() {
    let Kind::CreateTable(table) = one(
        "create unlogged table t (a int generated always as identity primary key,
           b text constraint b_check check (b <> '') no inherit default 'x',
           c int references o (id) on delete set null deferrable initially deferred,
           foreign key (a, b) references p match full on update cascade not valid)",
    ) else {
        panic!()
    };
    assert_eq!(table.persistence, Persistence::Unlogged);
    assert!(table.columns[0].is_not_null());
    assert_eq!(
        table.columns[1].default().map(|d| d.text.as_str()),
        Some("'x'")
    );
    let check = &table.columns[1].constraints[0];
    assert!(check.no_inherit && check.name.as_ref().is_some_and(|name| *name == "b_check"));
    let ConstraintKind::ForeignKey(inline) = &table.columns[2].constraints[0].kind else {
        panic!()
    };
    assert_eq!(
        (&*inline.columns[0], &*inline.referenced_columns[0]),
        ("c", "id")
    );
    let foreign = &table.constraints[0];
    assert!(foreign.not_valid && !foreign.deferrable);
}

#[test]
fn alter_table_says_what_each_action_does() {
    let found = actions(
        "alter table t alter c type numeric(10, 2) using c::numeric, alter c set not null,
           add constraint k check (c > 0) not valid, validate constraint k,
           detach partition p concurrently, alter c set generated by default restart with 7",
    );
    let Action::AlterColumn { change, .. } = &found[0] else {
        panic!()
    };
    assert!(
        matches!(change, ColumnChange::Type { to, using: Some(_), .. } if to.to_string() == "numeric(10, 2)")
    );
    assert!(matches!(&found[2], Action::AddConstraint(constraint) if constraint.not_valid));
    assert!(matches!(&found[5], Action::AlterColumn {
        change: ColumnChange::SetIdentity { always: Some(false), options }, .. } if options.len() == 1));
}

#[test]
fn spans_leave_comments_and_semicolons_out() {
    let text = "-- one\nselect 1 -- two\n; /* three */ select 2";
    let script = parse(text);
    let texts: Vec<_> = script
        .statements
        .iter()
        .map(|it| it.span.of(text))
        .collect();
    assert_eq!(texts, ["select 1", "select 2"]);
    assert_eq!(script.comments.len(), 3);
}

#[test]
fn an_error_is_one_place_and_hides_nothing() {
    let text = "create tabel a (b int);\nalter table t drop column;\ndrop table u;";
    let script = parse(text);
    let places: Vec<_> = script.errors.iter().map(|error| error.span.start).collect();
    assert_eq!(script.errors.len(), 2, "{:?}", script.errors);
    assert!(places[0] < 24 && places[1] > 24);
    assert!(matches!(&script.statements[0].kind, Kind::Other(words) if words == "create tabel"));
    assert!(
        matches!(&script.statements[2].kind, Kind::Drop(drop) if drop.kind == ObjectKind::Table)
    );
}

#[test]
fn nesting_without_end_is_an_error() {
    for text in [
        format!("select {}1{}", "(".repeat(20_000), ")".repeat(20_000)),
        format!(
            "select {}1{}",
            "case when true then ".repeat(5_000),
            " end".repeat(5_000)
        ),
        format!("select {}", "[".repeat(50_000)),
    ] {
        let script = parse(&format!("{text}; select 1"));
        assert_eq!(script.errors.len(), 1);
        assert_eq!(script.statements.len(), 2);
    }
}

#[test]
fn psql_variables_stand_for_names_and_values() {
    let script =
        parse("\\set n 5\ninsert into :\"table\" (a) select :'text', :n from :schema.t;\n");
    assert_eq!(script.errors, []);
    assert_eq!(script.psql_commands.len(), 1);
    assert!(
        matches!(&script.statements[0].kind, Kind::Insert(insert) if insert.table.name == "table")
    );
}

#[test]
fn alter_of_other_relations_is_an_alter_table_too() {
    for (text, kind) in [
        ("alter index i set (fillfactor = 70)", RelationKind::Index),
        ("alter view v rename column a to b", RelationKind::View),
        (
            "alter materialized view v cluster on i",
            RelationKind::MaterializedView,
        ),
        (
            "alter sequence s owned by t.c increment 2",
            RelationKind::Sequence,
        ),
        (
            "alter foreign table f add column a int",
            RelationKind::ForeignTable,
        ),
    ] {
        let Kind::AlterTable(alter) = one(text) else {
            panic!("{text}")
        };
        assert_eq!((alter.kind, alter.actions.len()), (kind, 1), "{text}");
    }
}

/// One of each form, a line each.
const FORMS: &str = include_str!("forms.sql");

#[test]
fn every_form_is_understood() {
    for line in FORMS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("--"))
    {
        let kind = one(line);
        assert!(!matches!(kind, Kind::Other(_)), "{line}");
    }
}

#[test]
fn a_missing_semicolon_is_an_error_and_hides_nothing() {
    for text in [
        "begin alter table t add c int; commit;",
        "alter table t rename a to b commit;",
        "create index i on t (a) create index j on t (b)",
        "create table t (a int) create table u (b int);",
    ] {
        let script = howdah_sql::parse(text);
        let messages: Vec<&str> = script.errors.iter().map(|it| it.message.as_str()).collect();
        assert_eq!(messages, ["missing semicolon before this"], "{text}");
    }
    for text in [
        "create schema s create table t (a int) create view v as select 1;",
        "create schema authorization joe create table t (a int);",
        "create function f() returns int begin atomic select 1; select 2; end;",
        "create rule r as on insert to t do also (insert into u values (1); delete from v);",
    ] {
        assert!(howdah_sql::parse(text).errors.is_empty(), "{text}");
    }
}

#[test]
fn what_the_parser_does_not_know_is_read() {
    use howdah_sql::ast::{Action, Kind};

    let text =
        "alter table t add column y text compression lz4 not null, add z bytea storage External";
    let script = howdah_sql::parse(text);
    assert_eq!(script.errors, []);
    let Kind::AlterTable(table) = &script.statements[0].kind else {
        panic!("{:?}", script.statements)
    };
    let found = table.actions.iter().map(|it| {
        let Action::AddColumn { column, .. } = &it.kind else {
            panic!("{it:?}")
        };
        let kept = (column.compression.as_deref(), column.storage.as_deref());
        (&*column.name, kept, it.span.of(text))
    });
    let found: Vec<_> = found.collect();
    let [first, second] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(first.0, "y");
    assert_eq!(first.1, (Some("lz4"), None));
    assert_eq!(second.1, (None, Some("external")));
    assert_eq!(second.2, "add z bytea storage External");
    for text in [
        "set names 'utf8'",
        "set local names default",
        "create trusted procedural language plx handler h",
        "alter table t add column storage text",
    ] {
        assert_eq!(howdah_sql::parse(text).errors, [], "{text}");
    }
}

#[test]
fn mistakes_are_told_in_words_of_sql() {
    let told = |text: &str| -> Vec<String> {
        let script = howdah_sql::parse(text);
        script.errors.into_iter().map(|it| it.message).collect()
    };
    assert_eq!(told("{ x"), ["expected a command, found `{`"]);
    assert_eq!(told("\0drop table y"), ["expected a command, found `\\0`"]);
    assert_eq!(told("x"), ["expected a command, found `x`"]);
    assert_eq!(told("drop tabl x"), ["there is no command `drop tabl`"]);
    assert_eq!(
        told("alter table t add column a int after b"),
        ["expected the end of the statement, found `after`"]
    );
    assert_eq!(told("select * form t"), ["expected `,`, found `form`"]);
    assert_eq!(
        told("create table `t` (a int)"),
        ["expected a name, found a backquote"]
    );
    assert_eq!(
        told("select 1; /* foo /* */\ndrop table x;"),
        ["unterminated `/*` comment: nothing behind it is read"]
    );
    assert!(told("select 1 /* foo */").is_empty());
}
