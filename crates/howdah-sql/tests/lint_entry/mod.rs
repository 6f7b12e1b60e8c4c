//! What must hold for any text that the linter is given: called by the property tests and by the fuzz target.

use howdah_sql::catalog::Catalog;
use howdah_sql::lint::{self, Finding, Report, Settings};

/// Lints arbitrary bytes; the first two choose version and transaction.
///
/// # Panics
/// If a report is not what a report has to be.
pub fn lint(data: &[u8]) {
    let (choice, body) = data.split_at(data.len().min(2));
    let choose = |index: usize| choice.get(index).copied().unwrap_or_default();
    let settings = Settings {
        version: 9 + u32::from(choose(0)) % 11,
        assume_in_transaction: choose(1) % 2 == 1,
        ..Settings::default()
    };
    check(&String::from_utf8_lossy(body), &settings);
}

/// Lints a text, and asserts what holds for any.
///
/// # Panics
/// If a report is not what a report has to be.
pub fn check(text: &str, settings: &Settings) {
    let known = Catalog::default();
    let report = lint::lint(text, &known, settings);
    for finding in &report.findings {
        let span = finding.span;
        assert!(span.start <= span.end, "{finding:?}");
        assert!(
            text.get(span.range()).is_some(),
            "not in the text: {finding:?}"
        );
        assert!(
            !finding.message.is_empty() && !finding.fingerprint.is_empty(),
            "{finding:?}"
        );
    }
    let starts: Vec<_> = report.findings.iter().map(|it| it.span.start).collect();
    assert!(starts.is_sorted(), "out of order");
    assert_eq!(
        shown(&report),
        shown(&lint::lint(text, &known, settings)),
        "not stable"
    );
    let fixed = lint::fix(text, &known, settings);
    let again = lint::fix(&fixed.text, &known, settings);
    assert_eq!(again.text, fixed.text, "fixing it again changes it again");
}

fn shown(report: &Report) -> Vec<String> {
    let line = |it: &Finding| {
        let (rule, severity) = (it.rule.name, it.severity);
        format!(
            "{:?} {rule} {severity} {} {}",
            it.span, it.message, it.fingerprint
        )
    };
    report.findings.iter().map(line).collect()
}
