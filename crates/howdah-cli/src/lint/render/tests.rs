//! Each form of the same findings, whole, with the facts asserted beside.

use howdah_sql::ast::ObjectName;
use howdah_sql::lint::{Edit, Finding, RULES, Rule, Work, WorkKind};
use howdah_sql::locks::{Held, LockTaken, Mode};
use howdah_sql::text::{Lines, Span};

use super::*;

const TEXT: &str = "-- größe\nALTER TABLE \"Größe\"\n\tALTER COLUMN n TYPE bigint;\nSELEC 1;\n";

fn rule(name: &str) -> &'static Rule {
    RULES.iter().find(|it| it.name == name).unwrap()
}

fn located(finding: Finding) -> Located {
    let lines = Lines::new(TEXT);
    let start = lines.position(finding.span.start);
    Located {
        start,
        end: lines.position(finding.span.end),
        excerpt: Excerpt::new(TEXT, &finding.span.range(), start.line as usize),
        finding,
    }
}

fn span(words: &str) -> Span {
    let start = TEXT.find(words).unwrap();
    Span::new(start, start + words.len())
}

fn report() -> FileReport {
    let relation = ObjectName::new("Größe");
    let mut first = Finding::new(
        rule("required-column-without-default"),
        span("ALTER COLUMN n TYPE bigint"),
        "`\"Größe\".n` is <written> anew",
    )
    .label("all rows")
    .note("50% of it: \"quoted\"")
    .instead("write this", "SELECT 1;\nSELECT '```';")
    .advice("or wait")
    .fix("make it short", vec![Edit::replace(span("bigint"), "int8")]);
    first.fingerprint = "00000000000000aa".to_owned();
    first.locks.push(LockTaken {
        relation: relation.clone(),
        mode: Mode::AccessExclusive,
        held: Held::Transaction,
    });
    first.work.push(Work {
        relation,
        kind: WorkKind::Rewrite,
        rows: Some(12_000_000),
        seconds: Some(41.7),
    });
    let mut second = Finding::new(
        rule("syntax-error"),
        span("SELEC"),
        "unknown word\n::error::x",
    )
    .severity(Severity::Note);
    second.fingerprint = "00000000000000bb".to_owned();
    FileReport {
        path: "m/0001 a,b.sql".to_owned(),
        findings: vec![located(first), located(second)],
        statements: 2,
        suppressed: 1,
        baselined: 0,
        threshold: Some(Severity::Error),
    }
}

fn rendered(form: Form, reports: &[FileReport]) -> String {
    let mut out = Vec::new();
    let mut totals = Totals::default();
    let mut renderer = renderer(form, false);
    for report in reports {
        totals.add(report);
        renderer.file(report, &mut out).unwrap();
    }
    renderer.end(&totals, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn for_people() {
    let expected = r#"error[required-column-without-default]: `"Größe".n` is <written> anew
 --> m/0001 a,b.sql:3:2
  |
3 |     ALTER COLUMN n TYPE bigint;
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^ all rows
  |
  = lock: ACCESS EXCLUSIVE on `"Größe"`, blocks reads and writes
  = work: rewrite of `"Größe"` (12,000,000 rows), about 42 s
  = note: 50% of it: "quoted"
  = help: write this
              SELECT 1;
              SELECT '```';
  = help: or wait
  = fix: make it short

note[syntax-error]: unknown word
::error::x
 --> m/0001 a,b.sql:4:1
  |
4 | SELEC 1;
  | ^^^^^

1 error, 1 note in 2 statements in 1 file (1 fixable with `--fix`, 1 ignored by comments)
"#;
    assert_eq!(rendered(Form::Text, &[report()]), expected);
}

#[test]
fn colour_adds_nothing_but_colour() {
    let mut out = Vec::new();
    renderer(Form::Text, true)
        .file(&report(), &mut out)
        .unwrap();
    let colored = String::from_utf8(out).unwrap();
    assert!(colored.contains("\x1b[1;31merror"));
    let mut plain = String::new();
    for (index, part) in colored.split("\x1b[").enumerate() {
        let text = match index {
            0 => part,
            _ => part.split_once('m').unwrap().1,
        };
        plain.push_str(text);
    }
    assert!(rendered(Form::Text, &[report()]).starts_with(&plain));
}

#[test]
fn a_source_cannot_talk_to_the_terminal() {
    let hostile =
        Finding::new(rule("syntax-error"), span("SELEC"), "a \x1b[2J b").label("\u{202e}");
    let report = FileReport {
        findings: vec![located(hostile)],
        ..report()
    };
    for form in [Form::Text, Form::Concise] {
        let text = rendered(form, std::slice::from_ref(&report));
        assert!(!text.contains(['\x1b', '\u{202e}']), "{text}");
    }
}

#[test]
fn a_line_each() {
    let text = rendered(Form::Concise, &[report()]);
    let first = text.lines().next().unwrap();
    assert_eq!(
        first,
        "m/0001 a,b.sql:3:2: error: `\"Größe\".n` is <written> anew [required-column-without-default]"
    );
}

#[test]
fn json_is_one_object() {
    let value: serde_json::Value =
        serde_json::from_str(&rendered(Form::Json, &[report()])).unwrap();
    let first = &value["findings"][0];
    assert_eq!(
        first["start"],
        serde_json::json!({"line": 3, "column": 2, "offset": 34})
    );
    assert_eq!(first["locks"][0]["mode"], "ACCESS EXCLUSIVE");
    assert_eq!(
        first["locks"][0]["blocks"],
        serde_json::json!(["reads", "writes"])
    );
    assert_eq!(first["work"][0]["rows"], 12_000_000);
    assert_eq!(first["fix"]["edits"][0]["text"], "int8");
    assert_eq!(first["fix"]["safe"], true);
    assert_eq!(value["findings"][1]["fix"], serde_json::Value::Null);
    assert_eq!(value["summary"]["errors"], 1);
    let empty: serde_json::Value = serde_json::from_str(&rendered(Form::Json, &[])).unwrap();
    assert_eq!(empty["findings"], serde_json::json!([]));
}

#[test]
fn sarif_names_its_rules_once() {
    let reports = [report(), report()];
    let value: serde_json::Value = serde_json::from_str(&rendered(Form::Sarif, &reports)).unwrap();
    let run = &value["runs"][0];
    assert_eq!(value["version"], "2.1.0");
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 2);
    assert_eq!(run["results"][3]["ruleIndex"], 1);
    let result = &run["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "m/0001%20a%2Cb.sql");
    assert_eq!(place["region"]["startLine"], 3);
    assert_eq!(
        result["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"]["byteLength"],
        6
    );
    assert_eq!(run["results"][1]["level"], "note");
    // what code scanning demands of a rule, and knows a result again by
    for rule in run["tool"]["driver"]["rules"].as_array().unwrap() {
        for key in ["shortDescription", "fullDescription", "help"] {
            assert!(rule[key]["text"].is_string(), "{key}");
        }
    }
    let prints = &result["partialFingerprints"];
    assert_eq!(prints["primaryLocationLineHash"], "00000000000000aa:1");
}

#[test]
fn annotations_hold_no_commands_of_the_source() {
    let text = rendered(Form::Github, &[report()]);
    assert_eq!(text.lines().count(), 2);
    assert!(text.starts_with(
        "::error file=m/0001 a%2Cb.sql,line=3,col=2,endLine=3,endColumn=28,title=required-column-without-default::"
    ));
    assert!(text.lines().nth(1).unwrap().starts_with("::notice "));
    assert!(text.contains("unknown word%0A::error::x"));
    assert!(text.contains("50%25 of it"));
}

#[test]
fn gitlab_knows_what_is_new() {
    let value: serde_json::Value =
        serde_json::from_str(&rendered(Form::Gitlab, &[report()])).unwrap();
    assert_eq!(value[0]["fingerprint"], "m/0001 a,b.sql:00000000000000aa");
    assert_eq!(value[0]["location"]["lines"]["begin"], 3);
    assert_eq!(value[1]["severity"], "info");
    assert_eq!(rendered(Form::Gitlab, &[]), "[]\n");
}

#[test]
fn markdown_begins_with_the_summary() {
    let text = rendered(Form::Markdown, &[report()]);
    assert!(text.starts_with(
        "## howdah lint: 1 error, 1 note in 1 file\n\n### <code>m/0001 a,b.sql</code>\n"
    ));
    assert!(text.contains("<code>\"Größe\".n</code> is &lt;written&gt; anew"));
    assert!(text.contains("````sql\nSELECT 1;\nSELECT '```';\n````"));
    let mut odd = report();
    odd.findings[0].finding.message = "`\"a`b\"` and `c`".to_owned();
    let odd = rendered(Form::Markdown, &[odd]);
    assert!(odd.contains("<code>\"a`b\"</code> and <code>c</code>"));
    let many = vec![report(); 200];
    let long = rendered(Form::Markdown, &many);
    assert!(long.len() < 65_536 && long.contains("left out here."));
}

#[test]
fn people_read_the_first_of_many_and_programs_all() {
    let mut wide = report();
    let finding = &mut wide.findings[0].finding;
    finding.locks = vec![finding.locks[0].clone(); 300];
    finding.help[0].statements = "SELECT 1;\n".repeat(500);
    let text = rendered(Form::Text, std::slice::from_ref(&wide));
    assert!(text.contains("lock: and 294 more"), "{text}");
    assert!(text.contains("-- and 460 more lines"), "{text}");
    let value: serde_json::Value = serde_json::from_str(&rendered(Form::Json, &[wide])).unwrap();
    assert_eq!(value["findings"][0]["locks"].as_array().unwrap().len(), 300);
}

#[test]
fn junit_fails_for_what_is_grave() {
    let clean = FileReport {
        path: "clean.sql".to_owned(),
        ..FileReport::default()
    };
    let text = rendered(Form::Junit, &[report(), clean]);
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites"));
    assert!(text.contains("tests=\"2\" failures=\"1\""));
    let never = FileReport {
        threshold: None,
        ..report()
    };
    assert!(rendered(Form::Junit, &[never]).contains("failures=\"0\""));
    assert!(text.contains("message=\"`&quot;Größe&quot;.n` is &lt;written&gt; anew\""));
    assert!(text.contains("<testcase classname=\"clean.sql\" name=\"clean\"/>"));
    assert_eq!(
        text.matches("<testcase").count(),
        text.matches("</testcase>").count() + 1
    );
}

#[test]
fn numbers_are_readable() {
    assert_eq!(grouped(0), "0");
    assert_eq!(grouped(999), "999");
    assert_eq!(grouped(12_000_000), "12,000,000");
}
