//! Scripts, traced on a scratch server: what a user of `howdah migrate trace` is told.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a panic is how a test fails

#[allow(dead_code)] // each test program uses its own part
mod support;

use howdah_server::Search;
use howdah_sql::catalog::Catalog;
use howdah_trace::{
    Block, Mode, Options, Place, Report, Scratch, Source, Step, Tracer, markdown, read_workload,
    text,
};
use support::Programs;

const SCHEMA: &str = "create table shelf (id int primary key);
create table book (id int primary key, title text, shelf_id int references shelf);
alter table book owner to librarian;
copy book (id, title) from stdin;
1\tone
2\ttwo
\\.
create index book_title on book (title);
";

const WORKLOAD: &str = r#"{"sql": "select title from book where id = $1", "params": [1], "site": "shop.py:1"}
{"sql": "insert into shelf values ($1)", "site": "shop.py:2"}
{"sql": "select nothing from nowhere", "site": "shop.py:3"}
"#;

fn scratch() -> Scratch {
    let newest = Programs::all()
        .into_iter()
        .max_by_key(|programs| programs.major);
    let search = Search {
        explicit: Some(newest.expect("PostgreSQL is installed").bindir),
        packages: Vec::new(),
    };
    let scratch = Scratch::start(search).expect("starts");
    scratch.load(SCHEMA).expect("loads");
    scratch
}

fn options(place: Place) -> Options {
    Options {
        programs: None,
        place,
        workload: read_workload(WORKLOAD).unwrap(),
        known: Some(known(SCHEMA)),
    }
}

fn known(schema: &str) -> Catalog {
    let mut catalog = Catalog::default();
    for statement in &howdah_sql::parse(schema).statements {
        catalog.apply(statement);
    }
    catalog.settled().completed()
}

fn trace(scratch: &Scratch, options: Options, sql: &str) -> Report {
    let source = Source {
        name: "a.sql".to_owned(),
        text: sql.to_owned(),
        ..Source::default()
    };
    let tracer = Tracer::connect(scratch.config(), options).expect("connects");
    tracer.trace(&[source]).expect("traces")
}

fn locks(step: &Step) -> Vec<(String, Mode)> {
    let seen = step.seen.as_ref().expect("it ran");
    seen.locks
        .iter()
        .map(|lock| (lock.relation.to_string(), lock.mode))
        .collect()
}

/// One server for all, since that is what takes time.
#[test]
fn scripts_are_traced() {
    let scratch = scratch();
    statements_are_seen_in_their_transactions(&scratch);
    concurrent_statements_are_seen_between_gates(&scratch);
    a_failure_ends_the_trace(&scratch);
    an_index_that_failed_is_named(&scratch);
    a_migration_is_run_by_its_steps_up_to_its_down(&scratch);
    nothing_stays_of_what_is_rolled_back(&scratch);
    what_psql_has_besides_is_followed_or_said(&scratch);
    a_model_that_is_wrong_is_told(&scratch);
    what_fails_about_transactions_is_told(&scratch);
    what_no_rollback_takes_back_is_not_run(&scratch);
    what_is_deferred_happens_at_the_end_of_its_transaction(&scratch);
    a_line_of_the_workload_is_one_statement_that_is_not_run(&scratch);
    what_is_there_before_is_not_told(&scratch);
    parameters_may_be_written_as_other_drivers_have_them(&scratch);
}

fn failure(step: &Step) -> Option<&str> {
    let error = step.seen.as_ref()?.error.as_ref()?;
    Some(&error.sqlstate)
}

fn what_fails_about_transactions_is_told(scratch: &Scratch) {
    for (sql, sqlstate) in [
        (
            "begin; savepoint s; release s; rollback to s; select 1",
            "3B001",
        ),
        ("savepoint s; select 1", "25P01"),
        ("begin; release nothing; commit; select 1", "3B001"),
    ] {
        for place in [Place::Scratch, Place::RolledBack] {
            let report = trace(scratch, options(place), sql);
            let failures: Vec<_> = report.steps.iter().filter_map(failure).collect();
            assert_eq!(failures, [sqlstate], "{sql} {}", text(&report));
            let last = report.steps.last().unwrap();
            assert!(last.skipped.is_some() || failure(last).is_some());
        }
    }
    let two_phases = "begin; create table prepared (a int); prepare transaction 'p'; commit prepared 'p';\n\
        begin; insert into prepared values (1);";
    let report = trace(scratch, options(Place::Scratch), two_phases);
    assert!(
        report.steps.iter().all(|step| failure(step).is_none()),
        "{}",
        text(&report)
    );
    assert_eq!(report.left_open, ["a.sql:2"]);
    assert!(!report.is_whole());
    assert!(text(&report).contains("a.sql:2: a transaction begins here that nothing ends"));
}

fn what_no_rollback_takes_back_is_not_run(scratch: &Scratch) {
    scratch
        .load("create sequence counted; select nextval('counted');")
        .unwrap();
    let sql = "select setval('counted', 9); copy shelf to program 'cat > /dev/null'; \
        select 1 / (last_value - 1) from counted";
    let report = trace(scratch, options(Place::RolledBack), sql);
    let skipped = report.steps.iter().filter(|step| step.skipped.is_some());
    assert_eq!(skipped.count(), 2, "{}", text(&report));
    assert_eq!(failure(&report.steps[2]), Some("22012"), "it still says 1");
}

fn what_is_deferred_happens_at_the_end_of_its_transaction(scratch: &Scratch) {
    scratch
        .load("create table later (a int references shelf deferrable initially deferred);")
        .unwrap();
    let block = "begin; insert into later values (77); insert into shelf values (77); commit;";
    let alters = "alter table later add column b int;";
    let fails = "begin; insert into later values (78); commit; select 1;";
    for place in [Place::RolledBack, Place::Scratch] {
        let report = trace(scratch, options(place), &format!("{block}{alters}"));
        assert!(report.is_whole(), "{}", text(&report));
        let report = trace(scratch, options(place), &format!("{fails}{alters}"));
        let states: Vec<_> = report.steps.iter().map(failure).collect();
        assert_eq!(
            states,
            [None, Some("23503"), None, None],
            "{}",
            text(&report)
        );
        let report = trace(scratch, options(place), "insert into later values (78)");
        assert_eq!(failure(&report.steps[0]), Some("23503"));
    }
}

fn a_line_of_the_workload_is_one_statement_that_is_not_run(scratch: &Scratch) {
    let line = r#"{"sql": "select 1; create table made_by_workload ()"}"#;
    let options = Options {
        workload: read_workload(line).unwrap(),
        ..options(Place::Scratch)
    };
    let report = trace(scratch, options, "create table made_by_workload ()");
    assert!(report.is_whole(), "{}", text(&report));
    assert_eq!(report.unusable.len(), 1);
}

fn parameters_may_be_written_as_other_drivers_have_them(scratch: &Scratch) {
    let lines = r#"{"sql": "update shelf set id = %s where id = %s", "params": [1, 2], "site": "a"}
{"sql": "select 5 % 2 from shelf where id = %(id)s", "params": {"id": 3}, "site": "b"}
{"sql": "select title from book where id = :id and title <> ':x'", "site": "c"}"#;
    let options = Options {
        workload: read_workload(lines).unwrap(),
        ..options(Place::Scratch)
    };
    let report = trace(scratch, options, "lock table shelf, book");
    assert!(report.unusable.is_empty(), "{:?}", report.unusable);
    let waits = report.steps[0].would_wait.iter();
    let sites: Vec<_> = waits.filter_map(|wait| wait.site.as_deref()).collect();
    assert_eq!(sites, ["a", "b", "c"]);
}

fn what_is_there_before_is_not_told(scratch: &Scratch) {
    let source = |sql: &str, is_before| Source {
        name: "a.py".to_owned(),
        text: sql.to_owned(),
        is_before,
        places: vec![(0, 7), (20, 9)],
        ..Source::default()
    };
    let workload = read_workload(r#"{"sql": "select * from before"}"#).unwrap();
    let options = Options {
        workload,
        ..options(Place::Scratch)
    };
    let sources = [
        source("create table before (a int);", true),
        source(
            "select count(*) ;   alter table before add column b int;",
            false,
        ),
    ];
    let report = Tracer::connect(scratch.config(), options)
        .unwrap()
        .trace(&sources)
        .unwrap();
    let lines: Vec<_> = report.steps.iter().map(|step| step.line).collect();
    assert_eq!(lines, [7, 9]);
    assert_eq!(report.steps[1].would_wait.len(), 1, "{}", text(&report));
}

fn a_model_that_is_wrong_is_told(scratch: &Scratch) {
    // the model does not know of the indexes, as if it had forgotten them
    let ignorant = Options {
        known: Some(known("create table shelf (id int)")),
        ..options(Place::RolledBack)
    };
    let report = trace(
        scratch,
        ignorant,
        "alter table shelf alter column id type bigint",
    );
    let [step] = &report.steps[..] else {
        panic!("{} steps", report.steps.len());
    };
    assert!(
        step.differences
            .iter()
            .any(|it| it.contains("builds shelf_pkey, which was not said"))
    );
    assert!(
        text(&report)
            .contains("the lock model is wrong here, please report it: it builds shelf_pkey")
    );
}

fn what_psql_has_besides_is_followed_or_said(scratch: &Scratch) {
    let sql = "\\set on_error_stop on\ncopy twice (a) from stdin;\n3\n4\n\\.\nselect 1 / (count(*) - 4) from twice;";
    let report = trace(scratch, options(Place::Scratch), sql);
    assert_eq!(report.ignored, ["a.sql:1: \\set on_error_stop on"]);
    // four rows are there: two before, two copied
    assert_eq!(
        report.steps[1]
            .seen
            .as_ref()
            .unwrap()
            .error
            .as_ref()
            .unwrap()
            .sqlstate,
        "22012"
    );
    assert_eq!(
        locks(&report.steps[0]),
        [("twice".to_owned(), Mode::RowExclusive)]
    );
}

fn statements_are_seen_in_their_transactions(scratch: &Scratch) {
    let sql = "alter table book add column c float8 default random();\n\nbegin;\n\
        alter table shelf add column d int;\ncreate index on book (shelf_id);\ncommit;\n";
    let report = trace(scratch, options(Place::Scratch), sql);
    assert!(report.is_whole());
    let differences: Vec<_> = report
        .steps
        .iter()
        .flat_map(|step| &step.differences)
        .collect();
    assert!(differences.is_empty(), "{differences:?}");
    let [rewrite, add, index] = &report.steps[..] else {
        panic!("{} steps", report.steps.len());
    };
    assert_eq!(
        (rewrite.block, add.block, index.block),
        (Block::Own, Block::Shared, Block::Shared)
    );
    assert_eq!((rewrite.line, add.line, index.line), (1, 4, 5));
    let seen = rewrite.seen.as_ref().unwrap();
    let names = |relations: &[howdah_trace::Relation]| -> Vec<String> {
        relations.iter().map(ToString::to_string).collect()
    };
    assert_eq!(names(&seen.rewrites), ["book"]);
    assert_eq!(names(&seen.builds), ["book_pkey", "book_title"]);
    assert!(seen.wal_bytes > 0);
    assert!(locks(add).contains(&("shelf".to_owned(), Mode::AccessExclusive)));
    // the first lock of a block is held as long as all that comes after it takes
    assert!(add.held_for >= index.held_for);
    let still = index
        .seen
        .as_ref()
        .unwrap()
        .held
        .iter()
        .map(|lock| lock.relation.to_string());
    assert!(still.collect::<Vec<_>>().contains(&"shelf".to_owned()));

    let sites = |step: &Step| -> Vec<String> {
        step.would_wait
            .iter()
            .filter_map(|wait| wait.site.clone())
            .collect()
    };
    assert_eq!(sites(rewrite), ["shop.py:1"]);
    assert_eq!(sites(add), ["shop.py:2"]);
    assert_eq!(report.unusable.len(), 1);
    assert_eq!(report.unusable[0].site.as_deref(), Some("shop.py:3"));

    let plain = text(&report);
    assert!(
        plain.contains("a.sql:1: alter table book add column c float8 default random()"),
        "{plain}"
    );
    assert!(
        plain.contains("book: ACCESS EXCLUSIVE, blocks reads and writes"),
        "{plain}"
    );
    assert!(
        plain.contains("shop.py:1: select title from book where id = $1"),
        "{plain}"
    );
    assert!(markdown(&report).contains("| `book` | ACCESS EXCLUSIVE | reads and writes |"));
}

fn concurrent_statements_are_seen_between_gates(scratch: &Scratch) {
    let report = trace(
        scratch,
        options(Place::Scratch),
        "create index concurrently book_shelf on book (shelf_id);\ndrop index concurrently book_shelf;",
    );
    assert!(report.is_whole());
    for step in &report.steps {
        assert!(step.differences.is_empty(), "{:?}", step.differences);
        assert_eq!(step.block, Block::None);
        assert!(locks(step).contains(&("book".to_owned(), Mode::ShareUpdateExclusive)));
        assert!(step.would_wait.is_empty(), "{:?}", step.would_wait);
    }
    let plain = text(&report);
    assert!(
        plain.contains("the transactions of all writers of book"),
        "{plain}"
    );
    assert!(
        plain.contains("the transactions of all readers of book"),
        "{plain}"
    );
}

fn a_failure_ends_the_trace(scratch: &Scratch) {
    let sql =
        "begin; alter table book add constraint k check (id > 5); select 1; commit; select 2;";
    let report = trace(scratch, options(Place::Scratch), sql);
    assert!(!report.is_whole());
    let error = report.steps[0]
        .seen
        .as_ref()
        .unwrap()
        .error
        .as_ref()
        .unwrap();
    assert_eq!(error.sqlstate, "23514");
    assert_eq!(
        report.steps[1].skipped.as_deref(),
        Some("an earlier statement failed")
    );
    assert!(report.steps[2].seen.is_none());
}

fn an_index_that_failed_is_named(scratch: &Scratch) {
    scratch
        .load("create table twice (a int); insert into twice values (1), (1);")
        .unwrap();
    let sql = "create unique index concurrently twice_a on twice (a)";
    let report = trace(scratch, options(Place::Scratch), sql);
    let seen = report.steps[0].seen.as_ref().unwrap();
    assert_eq!(seen.error.as_ref().unwrap().sqlstate, "23505");
    assert_eq!(seen.invalid[0].to_string(), "twice_a");
    assert!(text(&report).contains("left invalid twice_a"));
}

fn a_migration_is_run_by_its_steps_up_to_its_down(scratch: &Scratch) {
    let sql = "-- howdah: migration\n-- up\n-- howdah: step expand\n\
        create table fresh (id int);\nalter table fresh add column a int;\n\
        create index concurrently fresh_a on fresh (a);\n\
        -- howdah: step contract\nalter table fresh drop column a;\n\
        -- down\ndrop table fresh;\n";
    let report = trace(scratch, options(Place::Scratch), sql);
    assert!(report.is_whole(), "{}", text(&report));
    let blocks: Vec<Block> = report.steps.iter().map(|step| step.block).collect();
    assert_eq!(
        blocks,
        [Block::Shared, Block::Shared, Block::None, Block::Shared]
    );
}

fn nothing_stays_of_what_is_rolled_back(scratch: &Scratch) {
    let sql = "begin; create table gone (id int); commit; alter table book add column gone int; vacuum book;";
    let report = trace(scratch, options(Place::RolledBack), sql);
    assert!(locks(&report.steps[1]).contains(&("book".to_owned(), Mode::AccessExclusive)));
    assert!(
        report.steps[2]
            .skipped
            .as_deref()
            .unwrap()
            .contains("cannot be rolled back")
    );
    let again = trace(
        scratch,
        options(Place::RolledBack),
        "create table gone (id int)",
    );
    assert!(again.is_whole(), "{}", text(&again));
    for ending in [
        "commit",
        "end; start transaction",
        "begin; commit and chain; commit",
        "begin; rollback; abort",
        "rollback and chain",
        "prepare transaction 'gone'",
        "commit prepared 'gone'",
    ] {
        let sql = format!(
            "create table gone (id int); {ending}; create table gone_too (id int); commit;"
        );
        for _ in 0..2 {
            let report = trace(scratch, options(Place::RolledBack), &sql);
            let ran = report.steps.iter().filter(|step| step.seen.is_some());
            assert_eq!(ran.count(), 2, "{}", text(&report));
        }
    }
    let undone = "begin; create table gone (id int); rollback; create table gone (id int)";
    let report = trace(scratch, options(Place::RolledBack), undone);
    assert!(report.is_whole(), "{}", text(&report));
}
