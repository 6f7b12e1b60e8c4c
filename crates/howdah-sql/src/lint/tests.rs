//! The engine as a whole: what reaches a rule, what becomes of what it finds.

use super::*;

const RULE: &str = "required-column-without-default";
const HAZARD: &str = "ALTER TABLE t ADD COLUMN a int NOT NULL;";

fn found(text: &str) -> Vec<(&'static str, &str)> {
    let report = lint(text, &Catalog::default(), &Settings::default());
    let ours = |it: &Finding| {
        [
            RULE,
            "unused-suppression",
            "unknown-suppression",
            "syntax-error",
        ]
        .contains(&it.rule.name)
    };
    let findings = report.findings.into_iter().filter(ours);
    findings
        .map(|it| (it.rule.name, it.span.of(text)))
        .collect()
}

fn hazards(text: &str) -> usize {
    found(text).iter().filter(|(rule, _)| *rule == RULE).count()
}

#[test]
fn statements_after_an_error_are_looked_at() {
    let found = found(
        "ALTER TABLE;\nSELECT 'x;\nALTER TABLE t ADD COLUMN a int NOT NULL;';\nALTER TABLE u ADD COLUMN b int NOT NULL;",
    );
    assert_eq!(found.first().map(|it| it.0), Some("syntax-error"));
    assert_eq!(found.last(), Some(&(RULE, "b int NOT NULL")));
}

#[test]
fn do_bodies_are_looked_into() {
    let body = "IF true THEN ALTER TABLE t ADD COLUMN a int NOT NULL; END IF;";
    assert_eq!(
        found(&format!("DO $$ BEGIN {body} END $$;")),
        [(RULE, "a int NOT NULL")]
    );
    let literal = "EXECUTE 'ALTER TABLE t ADD COLUMN a int NOT NULL';";
    assert_eq!(hazards(&format!("DO $$ BEGIN {literal} END $$;")), 1);
    // in a quoted body the bytes are not the script's own
    let quoted = "DO 'BEGIN EXECUTE ''ALTER TABLE t ADD COLUMN a int NOT NULL''; END'";
    assert_eq!(found(quoted), [(RULE, "a int NOT NULL")]);
    let escaped = r"DO E'BEGIN\n  PERFORM \'ä\';\n  ALTER TABLE t ADD COLUMN a int NOT NULL; END'";
    assert_eq!(found(escaped), [(RULE, "a int NOT NULL")]);
    let assembled = "'ALTER TABLE t ' || 'ADD COLUMN a int NOT NULL'";
    let text = format!("DO $$ BEGIN EXECUTE {assembled}; END $$;");
    assert_eq!(found(&text), [(RULE, assembled)]);
}

#[test]
fn what_is_not_known_before_is_named_as_it_is_written() {
    let said = |text: &str| {
        let report = lint(text, &Catalog::default(), &Settings::default());
        let of_rule = report
            .findings
            .into_iter()
            .filter(|it| ["dropped-table", "unseen-statement"].contains(&it.rule.name));
        of_rule.map(|it| it.message).collect::<Vec<_>>().join("; ")
    };
    assert!(said("DROP TABLE :x;").starts_with("`:x` is dropped"));
    assert!(said("DROP TABLE :\"tab\";").starts_with("`:\"tab\"` is dropped"));
    let block = |body: &str| format!("DO $$ DECLARE r record; BEGIN {body}; END $$;");
    let each = said(&block("EXECUTE 'DROP TABLE ' || quote_ident(r.name)"));
    assert!(each.starts_with("`{r.name}` is dropped"), "{each}");
    let format = said(&block("EXECUTE format('DROP TABLE %I', r.name)"));
    assert!(format.starts_with("`{r.name}` is dropped"), "{format}");
    let known = said(&block("EXECUTE format('DROP TABLE %I', 'Old')"));
    assert!(known.starts_with("`\"Old\"` is dropped"), "{known}");
    let unseen = said(&block("EXECUTE r.command"));
    assert_eq!(
        unseen,
        "what this `EXECUTE` runs is not known before it runs"
    );
}

#[test]
fn comments_in_bodies_silence_what_they_stand_at() {
    let of = |comment: &str| format!("DO $$ BEGIN\n  {comment}\n  {HAZARD}\nEND $$;");
    assert_eq!(found(&of(&format!("-- howdah: ignore {RULE}"))), []);
    assert_eq!(
        found(&of(&format!("-- HOWDAH: Ignore {}", RULE.to_uppercase()))),
        []
    );
    let other = of("-- howdah: ignore dropped-table");
    assert_eq!(
        found(&other),
        [
            ("unused-suppression", "dropped-table"),
            (RULE, "a int NOT NULL")
        ]
    );
    let quoted = format!("DO 'BEGIN PERFORM ''x'';\n-- howdah: ignore {RULE}\n{HAZARD} END'");
    assert_eq!(found(&quoted), []);
}

#[test]
fn what_the_script_makes_is_its_own() {
    assert_eq!(hazards(&format!("CREATE TABLE t (id int); {HAZARD}")), 0);
    assert_eq!(
        hazards(&format!("BEGIN; CREATE TABLE t (id int); {HAZARD} COMMIT;")),
        0
    );
    assert_eq!(hazards(&format!("CREATE TABLE u (id int); {HAZARD}")), 1);
    assert_eq!(
        hazards(&format!(
            "BEGIN; CREATE TABLE t (id int); ROLLBACK; {HAZARD}"
        )),
        1
    );
}

#[test]
fn revisions_of_alembic_are_releases_of_their_own() {
    let revision = |body: &str| format!("BEGIN;\n-- Running upgrade a -> b\n{body}\nCOMMIT;\n");
    let make = "CREATE TABLE t (id int);";
    assert_eq!(
        hazards(&format!("{}{}", revision(make), revision(HAZARD))),
        1
    );
    assert_eq!(hazards(&revision(&format!("{make}{HAZARD}"))), 0);
}

#[test]
fn comments_silence_what_they_stand_at() {
    let ignore = format!("-- howdah: ignore {RULE} -- because\n");
    assert_eq!(found(&format!("{ignore}\n\n-- more\n{HAZARD}")), []);
    assert_eq!(found(&format!("{} {}", HAZARD, ignore.trim())), []);
    assert_eq!(found(&format!("/* howdah: ignore {RULE} */ {HAZARD}")), []);
    assert_eq!(
        found(&format!(
            "SELECT 1;\n{HAZARD}\n-- howdah: ignore-file {RULE}\n"
        )),
        []
    );
    let alter = "ALTER TABLE t\n  ADD COLUMN a int NOT NULL,";
    let trailing = format!("{alter} {ignore}  ADD COLUMN b int NOT NULL;");
    assert_eq!(found(&trailing), [(RULE, "b int NOT NULL")]);
    let before = format!("{alter}\n{ignore}  ADD COLUMN b int NOT NULL;");
    assert_eq!(found(&before), [(RULE, "a int NOT NULL")]);
    assert_eq!(
        hazards(&format!("{ignore}SELECT 1;\n{HAZARD}")),
        1,
        "it stands at the other statement"
    );
    assert_eq!(
        hazards(&format!("-- howdah: ignore syntax-error\n{HAZARD}")),
        1
    );
}

#[test]
fn a_comment_for_all_of_a_clean_file_is_unused() {
    assert_eq!(
        found("-- howdah: ignore-file\nSELECT 1;")
            .first()
            .map(|it| it.0),
        Some("unused-suppression")
    );
    assert_eq!(found(&format!("-- howdah: ignore-file\n{HAZARD}")), []);
}

#[test]
fn rules_that_did_not_run_leave_comments_alone() {
    let text = format!("-- howdah: ignore {RULE}\nSELECT 1;");
    let mut settings = Settings::default();
    settings.levels.insert(RULE, Level::Off);
    let report = lint(&text, &Catalog::default(), &settings);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[test]
fn levels_are_what_findings_have() {
    let mut settings = Settings::default();
    settings.levels.insert(RULE, Level::Fixed(Severity::Note));
    let report = lint(HAZARD, &Catalog::default(), &settings);
    let finding = report.findings.iter().find(|it| it.rule.name == RULE);
    assert_eq!(finding.map(|it| it.severity), Some(Severity::Note));
}

#[test]
fn fingerprints_survive_what_moves() {
    let print = |text: &str| {
        let report = lint(text, &Catalog::default(), &Settings::default());
        let ours = report
            .findings
            .into_iter()
            .filter(|it| it.rule.name == RULE);
        ours.map(|it| it.fingerprint).collect::<Vec<_>>()
    };
    let first = print(HAZARD);
    assert_eq!(
        print("SELECT 1;\n\n-- x\nalter table t\n  add column a int -- y\n not null;"),
        first
    );
    let twice = print(&format!("{HAZARD}\nALTER TABLE t DROP COLUMN a;\n{HAZARD}"));
    assert_eq!(twice.first(), first.first());
    assert_ne!(twice.last(), first.first());
    assert_ne!(print(&HAZARD.replace(" a ", " b ")), first);
}

#[test]
fn what_whoever_runs_it_has_set_counts() {
    let mut settings = Settings::default();
    settings
        .session
        .insert("lock_timeout".to_owned(), "5s".to_owned());
    let session = Session::new(false, settings.session);
    assert_eq!(
        session.timeout("lock_timeout"),
        Timeout::Milliseconds(5_000)
    );
}

/// What is found in a migration of howdah's.
fn in_steps(text: &str) -> Vec<&'static str> {
    let text = format!("-- howdah: migration\n\n-- up\n{text}");
    let report = lint(&text, &Catalog::default(), &Settings::default());
    report.findings.iter().map(|it| it.rule.name).collect()
}

#[test]
fn steps_are_transactions_with_a_limit_for_locks() {
    let add = "ALTER TABLE t ADD COLUMN a int;\n";
    let check = "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\n";
    let validate = "ALTER TABLE t VALIDATE CONSTRAINT c;\n";
    assert!(in_steps(add).is_empty());
    let apart = format!("-- howdah: step\n{check}-- howdah: step\n{validate}");
    assert!(in_steps(&apart).is_empty());
    let together = format!("-- howdah: step\n{check}{validate}");
    assert_eq!(in_steps(&together), ["validation-under-lock"]);
    let index = "CREATE INDEX CONCURRENTLY i ON t (a);\n";
    assert!(in_steps(&format!("{add}{index}ALTER TABLE t ADD COLUMN b int;\n")).is_empty());
}

#[test]
fn in_the_contract_phase_nobody_misses_what_goes() {
    let gone = "ALTER TABLE t DROP COLUMN a;\n";
    assert_eq!(in_steps(gone), ["dropped-column"]);
    assert!(in_steps(&format!("-- howdah: step contract\n{gone}")).is_empty());
    let settings = Settings {
        undoes: true,
        ..Settings::default()
    };
    let undone = lint(gone, &Catalog::default(), &settings);
    let rules: Vec<_> = undone.findings.iter().map(|it| it.rule.name).collect();
    assert_eq!(rules, ["missing-lock-timeout"]);
}

#[test]
fn between_phases_programs_use_what_is_new() {
    let made = "CREATE TABLE t (a int);\n";
    let indexed = "CREATE INDEX i ON t (a);\n";
    assert!(in_steps(&format!("{made}-- howdah: step\n{indexed}")).is_empty());
    assert_eq!(
        in_steps(&format!("{made}-- howdah: step migrate\n{indexed}")),
        ["blocking-index-build"]
    );
}

#[test]
fn the_runner_says_what_it_locks() {
    let lock = "LOCK TABLE t IN ACCESS EXCLUSIVE MODE;\n";
    assert_eq!(told(lock), ["explicit-lock"]);
    assert!(in_steps(lock).is_empty());
    let settings = Settings {
        undoes: true,
        ..Settings::default()
    };
    let known = "CREATE TABLE t (a int);";
    let known = crate::lint::follow(known, Catalog::default(), &Settings::default()).catalog;
    let undo = "-- howdah: migration\n\n-- down\nALTER TABLE t DROP COLUMN b;\n";
    let undone = lint(undo, &known.settled().completed(), &settings);
    assert!(undone.findings.is_empty());
}

#[test]
fn a_renamed_table_keeps_its_locks() {
    let renamed = "BEGIN; ALTER TABLE t ADD COLUMN a int; ALTER TABLE t RENAME TO u; CREATE VIEW t AS SELECT 1;";
    assert_eq!(
        told(&format!(
            "{renamed} ALTER TABLE u ADD COLUMN b int; COMMIT;"
        )),
        [] as [&str; 0]
    );
    assert_eq!(
        told(&format!(
            "{renamed} ALTER TABLE v ADD COLUMN b int; COMMIT;"
        )),
        ["several-tables-locked"]
    );
}

#[test]
fn batches_are_batches() {
    let update = "UPDATE t SET a = 1 WHERE a IS NULL;\n";
    assert_eq!(in_steps(update), ["unbatched-update"]);
    let batches = format!("-- howdah: step migrate, batches of 100 by id\n{update}");
    assert!(in_steps(&batches).is_empty());
    let undone = format!("-- down\n-- howdah: undo 1, batches of 100 by id\n{update}");
    assert!(in_steps(&undone).is_empty());
    assert_eq!(
        in_steps(&undone.replace(", batches of 100 by id", "")),
        ["unbatched-update"]
    );
}

/// The rules that find something, those about scripts left out.
fn told(text: &str) -> Vec<&'static str> {
    let report = lint(text, &Catalog::default(), &Settings::default());
    let names = report.findings.iter().map(|it| it.rule.name);
    names.filter(|it| *it != "missing-lock-timeout").collect()
}

#[test]
fn a_new_table_with_old_rows_is_not_new() {
    let made = "CREATE TABLE p (id int, day date) PARTITION BY RANGE (id);
        CREATE TABLE p_new PARTITION OF p FOR VALUES FROM (10) TO (20);
        CREATE INDEX ON p (day);\n";
    assert_eq!(told(made), [] as [&str; 0]);
    let attached =
        format!("{made}ALTER TABLE p ATTACH PARTITION old FOR VALUES FROM (0) TO (10);\n");
    assert_eq!(told(&attached), ["scanning-partition-attach"]);
    let then = |text: &str| told(&format!("{attached}{text}")).split_off(1);
    assert_eq!(then("CREATE INDEX ON p (id);"), ["blocking-index-build"]);
    assert_eq!(
        then("ALTER TABLE p ADD COLUMN q float8 DEFAULT random();"),
        ["rewriting-default"]
    );
    assert_eq!(then("UPDATE p SET day = now();"), ["unbatched-update"]);
    assert_eq!(then("DROP TABLE p;"), ["dropped-table"]);
    // nobody knows it by that name yet
    assert_eq!(then("ALTER TABLE p RENAME TO q;"), [] as [&str; 0]);
    assert_eq!(then("CREATE INDEX ON p_new (id);"), [] as [&str; 0]);
    let heirs = "CREATE TABLE p (id int); ALTER TABLE old INHERIT p; UPDATE p SET id = 1;";
    assert_eq!(told(heirs), ["unbatched-update"]);
}

#[test]
fn columns_that_the_script_adds_are_known() {
    let after = |added: &str, then: &str| {
        told(&format!(
            "ALTER TABLE t ADD COLUMN {added};\nALTER TABLE t {then};"
        ))
    };
    assert_eq!(
        after("a varchar(10)", "ALTER COLUMN a TYPE varchar(20)"),
        [] as [&str; 0]
    );
    assert_eq!(
        after("a int", "ALTER COLUMN a TYPE bigint"),
        ["blocking-type-change"]
    );
    assert_eq!(
        after("a text NOT NULL DEFAULT ''", "ALTER COLUMN a SET NOT NULL"),
        [] as [&str; 0]
    );
    assert_eq!(
        after("a text", "ALTER COLUMN a SET NOT NULL"),
        ["blocking-not-null"]
    );
    // what may have been there was made by somebody else
    assert_eq!(
        after(
            "IF NOT EXISTS a varchar(10)",
            "ALTER COLUMN a TYPE varchar(20)"
        ),
        ["blocking-type-change"]
    );
    assert_eq!(after("a int", "ADD COLUMN a text"), ["refused-statement"]);
    // the rest of the table is as unknown as it was
    assert_eq!(after("a text", "DROP COLUMN b"), ["dropped-column"]);
    assert_eq!(after("a text", "SET LOGGED"), ["blocking-table-move"]);
}

#[test]
fn what_comes_back_in_the_same_transaction_is_not_missed() {
    let pairs = [
        (
            "DROP TRIGGER x ON t;",
            "CREATE TRIGGER x BEFORE INSERT ON t EXECUTE FUNCTION f();",
        ),
        (
            "DROP FUNCTION f(int);",
            "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        ),
        (
            "ALTER TABLE t DROP CONSTRAINT c;",
            "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;",
        ),
        (
            "ALTER TABLE t ALTER a DROP DEFAULT;",
            "ALTER TABLE t ALTER a SET DEFAULT 1;",
        ),
        (
            "CREATE TYPE e_new AS ENUM ('a'); ALTER TYPE e RENAME TO e_old;",
            "ALTER TYPE e_new RENAME TO e; DROP TYPE e_old;",
        ),
    ];
    for (gone, back) in pairs {
        let text = format!("BEGIN; {gone} {back} COMMIT;");
        assert_eq!(told(&text), [] as [&str; 0], "{text}");
    }
    let view = "DROP VIEW v;";
    let again = "CREATE VIEW v AS SELECT 1 AS a;";
    let first = |text: &str| {
        let report = lint(text, &Catalog::default(), &Settings::default());
        let views = report
            .findings
            .iter()
            .filter(|it| it.rule.name == "dropped-view");
        views.map(|it| it.severity).next()
    };
    let within = |more: &str| first(&format!("BEGIN; {view} {again} {more} COMMIT;"));
    assert_eq!(within("GRANT SELECT ON v TO r;"), None);
    assert_eq!(within(""), Some(Severity::Note));
    assert_eq!(first(&format!("{view} {again}")), Some(Severity::Warning));
    // other arguments are another function
    let other = "CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 1';";
    assert_eq!(
        told(&format!("BEGIN; DROP FUNCTION f(int); {other} COMMIT;")),
        ["dropped-function"]
    );
    let proof = "ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 0, ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;";
    assert_eq!(
        told(&format!("{proof} ALTER TABLE t DROP CONSTRAINT c;")),
        [] as [&str; 0]
    );
}

#[test]
fn usual_mistakes_have_a_way_out() {
    let help = |text: &str| {
        let report = lint(text, &Catalog::default(), &Settings::default());
        let errors = report
            .findings
            .iter()
            .filter(|it| it.rule.name == "syntax-error");
        errors.map(|it| it.help.len()).sum::<usize>()
    };
    assert_eq!(help("ALTER TABLE t ADD COLUMN a int AFTER b;"), 1);
    assert_eq!(help("CREATE TABLE `t` (a int);"), 1);
    assert_eq!(help("ALTER TABLE t ADD COLUMN;"), 0);
}
