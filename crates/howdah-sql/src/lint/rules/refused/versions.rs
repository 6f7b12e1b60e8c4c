//! What came with which major version: words of SQL, functions, parameters.
//!
//! No IO. Asked by `refused-statement`. By tokens, not by the tree: what a version added is a word in a place, and the tree
//! has no room for most of them. The forms of `ALTER TABLE` and the like are the lock model's, which knows their versions.

use std::sync::LazyLock;

use crate::ast::{ConstraintKind, Kind, ObjectName};
use crate::lint::context::At;
use crate::text::{Span, Token, TokenKind, tokens};

/// What a script uses that its server does not have.
pub(in crate::lint::rules) struct Missing {
    /// Where it stands.
    pub(in crate::lint::rules) span: Span,
    /// As it is written.
    pub(in crate::lint::rules) name: String,
    /// The version that has it.
    pub(in crate::lint::rules) since: u32,
    /// What does the same before.
    pub(in crate::lint::rules) instead: &'static str,
    /// Somebody may have made a function of that name.
    pub(in crate::lint::rules) is_function: bool,
}

/// Something that came with a version.
struct Feature {
    since: u32,
    /// Its words, in lower case; a name and `(` alone are a function.
    words: &'static [&'static str],
    /// What the statement begins with, where that matters; `^`: with the words themselves.
    within: &'static [&'static str],
    /// What it is, where its words are older than it.
    called: &'static str,
    instead: &'static str,
}

/// The features, in the order of their versions.
const FEATURES: &[Feature] = &[
    // 11
    begins(11, &["create", "procedure"]),
    begins(11, &["create", "or", "replace", "procedure"]),
    begins(11, &["call"]),
    within(11, &["include", "("], &["create", "alter"]),
    within(11, &["partition", "by", "hash"], &["create"]),
    // 12
    begins(12, &["create", "or", "replace", "aggregate"]),
    has(12, &["as", "materialized", "("]),
    has(12, &["as", "not", "materialized", "("]),
    within(
        12,
        &["and", "chain"],
        &["commit", "rollback", "end", "abort"],
    ),
    has(12, &["jsonb_path_query", "("]),
    has(12, &["jsonb_path_exists", "("]),
    // 13
    has(13, &["with", "ties"]),
    has(13, &["is", "normalized"]),
    has(13, &["is", "not", "normalized"]),
    within(13, &["with", "(", "force", ")"], &["drop"]),
    within(13, &["deduplicate_items", "="], &["create", "alter"]),
    has(13, &["gen_random_uuid", "("]).instead("the extension `pgcrypto` has it"),
    // 14
    begins(14, &["create", "or", "replace", "trigger"])
        .instead("`DROP TRIGGER IF EXISTS` and `CREATE TRIGGER` in one transaction"),
    begins(14, &["create", "or", "replace", "constraint", "trigger"]),
    begins(14, &["reindex", "(", "tablespace"]),
    within(14, &["begin", "atomic"], &["create"]).instead("a body between `$$`"),
    within(14, &["including", "compression"], &["create"]),
    has(14, &["group", "by", "distinct"]),
    has(14, &["search", "depth", "first", "by"]),
    has(14, &["search", "breadth", "first", "by"]),
    has(14, &["date_bin", "("]),
    has(14, &["string_to_table", "("]),
    has(14, &["trim_array", "("]),
    has(14, &["bit_count", "("]),
    has(14, &["range_agg", "("]),
    has(14, &["int4multirange"]),
    has(14, &["int8multirange"]),
    has(14, &["nummultirange"]),
    has(14, &["datemultirange"]),
    has(14, &["tsmultirange"]),
    has(14, &["tstzmultirange"]),
    // 15
    has(15, &["merge", "into"]).instead("`INSERT … ON CONFLICT`"),
    has(15, &["nulls", "not", "distinct"])
        .instead("a unique index more, over `(column IS NULL)` where that is so"),
    within(15, &["security_invoker"], &["create", "alter"]),
    has(15, &["on", "delete", "set", "null", "("]).called("a list of columns behind `SET NULL`"),
    has(15, &["on", "delete", "set", "default", "("])
        .called("a list of columns behind `SET DEFAULT`"),
    within(15, &["tables", "in", "schema"], &["create", "alter"]),
    within(15, &["on", "parameter"], &["grant", "revoke"]),
    within(15, &["refresh", "collation", "version"], &["alter"]),
    begins(15, &["create", "unlogged", "sequence"]),
    has(15, &["regexp_count", "("]),
    has(15, &["regexp_instr", "("]),
    has(15, &["regexp_like", "("]),
    has(15, &["regexp_substr", "("]),
    // 16
    has(16, &["is", "json"]),
    has(16, &["is", "not", "json"]),
    has(16, &["json_array", "("]),
    has(16, &["json_arrayagg", "("]),
    has(16, &["json_objectagg", "("]),
    has(16, &["any_value", "("]),
    has(16, &["array_shuffle", "("]),
    has(16, &["array_sample", "("]),
    has(16, &["random_normal", "("]),
    has(16, &["pg_input_is_valid", "("]),
    within(16, &["set", "storage", "default"], &["alter"]),
    within(16, &["with", "inherit"], &["grant"]),
    within(16, &["with", "set"], &["grant"]),
    // 17
    has(17, &["json_table", "("]),
    has(17, &["json_exists", "("]),
    has(17, &["json_value", "("]),
    has(17, &["json_query", "("]),
    has(17, &["json_scalar", "("]),
    has(17, &["json_serialize", "("]),
    has(17, &["not", "matched", "by", "source"]),
    has(17, &["not", "matched", "by", "target"]),
    has(17, &["at", "local"]),
    has(17, &["uuid_extract_timestamp", "("]),
    has(17, &["uuid_extract_version", "("]),
    has(17, &["to_bin", "("]),
    has(17, &["to_oct", "("]),
    within(17, &["returning"], &["merge"]).called("`RETURNING` of `MERGE`"),
    within(17, &["maintain"], &["grant", "revoke"]),
    within(17, &["set", "access", "method", "default"], &["alter"]),
    within(17, &["on_error"], &["copy"]),
    // 18
    has(18, &["not", "enforced"]).instead("`NOT VALID`, which tests new rows"),
    has(18, &["without", "overlaps"]).instead("`EXCLUDE USING gist`"),
    begins(18, &["vacuum", "only"]),
    begins(18, &["analyze", "only"]),
    has(18, &["returning", "old", "."]).called("`OLD` in `RETURNING`"),
    has(18, &["returning", "new", "."]).called("`NEW` in `RETURNING`"),
    has(18, &["returning", "with", "("]).called("`RETURNING WITH`"),
    has(18, &["uuidv7", "("]).instead("`gen_random_uuid()`, whose values are in no order"),
    has(18, &["uuidv4", "("]).instead("`gen_random_uuid()`"),
    has(18, &["casefold", "("]),
    has(18, &["array_sort", "("]),
    has(18, &["array_reverse", "("]),
    has(18, &["crc32", "("]),
    has(18, &["crc32c", "("]),
    // 19
    within(19, &["merge", "partitions", "("], &["alter"]),
    within(19, &["split", "partition"], &["alter"]),
    has(19, &["group", "by", "all"]),
    begins(19, &["repack"]).instead("`VACUUM FULL`, or the extension `pg_repack`"),
];

/// Parameters that `SET` refuses before.
const PARAMETERS: &[(&str, u32)] = &[
    ("idle_session_timeout", 14),
    ("default_toast_compression", 14),
    ("compute_query_id", 14),
    ("recursive_worktable_factor", 15),
    ("createrole_self_grant", 16),
    ("transaction_timeout", 17),
    ("restrict_nonsystem_relation_kind", 17),
    ("event_triggers", 17),
    ("file_copy_method", 18),
];

const fn has(since: u32, words: &'static [&'static str]) -> Feature {
    within(since, words, &[])
}

/// With which a statement begins.
const fn begins(since: u32, words: &'static [&'static str]) -> Feature {
    within(since, words, &["^"])
}

const fn within(
    since: u32,
    words: &'static [&'static str],
    within: &'static [&'static str],
) -> Feature {
    Feature {
        since,
        words,
        within,
        called: "",
        instead: "",
    }
}

impl Feature {
    const fn instead(mut self, instead: &'static str) -> Self {
        self.instead = instead;
        self
    }

    const fn called(mut self, called: &'static str) -> Self {
        self.called = called;
        self
    }

    /// Its longest word, of those that are not in every script.
    fn telling(&self) -> &'static str {
        let words = self.words.iter().copied();
        let rare = words.filter(|it| !matches!(*it, "create" | "default"));
        rare.max_by_key(|it| it.len()).unwrap_or_default()
    }

    fn is_function(&self) -> bool {
        self.words.len() == 2 && self.words.get(1) == Some(&"(") && self.within.is_empty()
    }
}

/// What in a statement its server does not have.
pub(in crate::lint::rules) fn missing(at: &At<'_>) -> Vec<Missing> {
    match &at.statement.kind {
        Kind::Set(set) => of_parameter(at, &set.name).into_iter().collect(),
        // what a block runs tells of itself, and rows of data are no SQL
        Kind::Do(_) | Kind::Copy(_) => Vec::new(),
        _ => {
            let mut found = Vec::new();
            by_words(at, &mut found);
            by_constraints(at, &mut found);
            found
        }
    }
}

fn of_parameter(at: &At<'_>, name: &str) -> Option<Missing> {
    let (name, since) = PARAMETERS.iter().find(|(it, _)| *it == name)?;
    (*since > at.settings.version).then(|| Missing {
        span: at.statement.span,
        name: format!("the parameter `{name}`"),
        since: *since,
        instead: "",
        is_function: false,
    })
}

fn by_words(at: &At<'_>, missing: &mut Vec<Missing>) {
    let text = at.written(at.statement.span);
    if !may_use_later(text, at.settings.version) {
        return;
    }
    let is_blank = |it: &Token| {
        matches!(
            it.kind,
            TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment
        )
    };
    let tokens: Vec<Token> = tokens(text).filter(|it| !is_blank(it)).collect();
    let first = tokens.first().map_or("", |it| it.span.of(text));
    for (index, token) in tokens.iter().enumerate() {
        if token.kind != TokenKind::Word {
            continue;
        }
        let rest = tokens.get(index..).unwrap_or_default();
        let letter = token.span.of(text).bytes().next();
        for feature in beginning_with(letter.unwrap_or_default()) {
            let is_here = match feature.within {
                [] => true,
                ["^"] => index == 0,
                places => places.iter().any(|it| it.eq_ignore_ascii_case(first)),
            };
            if feature.since > at.settings.version
                && is_here
                && let Some(end) = end_of(text, rest, feature.words)
                && !(feature.is_function() && is_named(at, text, &tokens, index))
            {
                let start = token.span.start;
                missing.push(found(at, feature, Span { start, end }));
            }
        }
    }
}

/// Whether a text has the telling word of a feature of a later version: tokens cost more than this look at the bytes.
fn may_use_later(text: &str, version: u32) -> bool {
    static LETTERS: LazyLock<Vec<Vec<(&'static str, u32)>>> = LazyLock::new(|| {
        let all = FEATURES.iter().map(|it| (it.telling(), it.since));
        let begins = |word: &str, letter: u8| word.bytes().next() == Some(letter);
        let of_letter = |letter| all.clone().filter(move |it| begins(it.0, letter)).collect();
        (b'a'..=b'z').map(of_letter).collect()
    });
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut words = text.as_bytes().split(|byte| !is_part(byte));
    words.any(|word| {
        let letter = word.first().copied().unwrap_or_default() | 0x20;
        let telling = LETTERS.get(usize::from(letter.wrapping_sub(b'a')));
        let is_later = |(telling, since): &(&str, u32)| {
            *since > version && word.eq_ignore_ascii_case(telling.as_bytes())
        };
        telling.is_some_and(|it| it.iter().any(is_later))
    })
}

/// The features whose first word has that first letter: most words are none's.
fn beginning_with(letter: u8) -> &'static [&'static Feature] {
    static LETTERS: LazyLock<Vec<Vec<&'static Feature>>> = LazyLock::new(|| {
        let begins = |it: &&Feature, letter: u8| {
            it.words.first().and_then(|it| it.bytes().next()) == Some(letter)
        };
        (b'a'..=b'z')
            .map(|letter| FEATURES.iter().filter(|it| begins(it, letter)).collect())
            .collect()
    });
    let letter = letter.to_ascii_lowercase();
    let features = LETTERS.get(usize::from(letter.wrapping_sub(b'a')));
    features.map(Vec::as_slice).unwrap_or_default()
}

/// A feature at a place of the statement.
fn found(at: &At<'_>, feature: &Feature, span: Span) -> Missing {
    let written = span.of(at.written(at.statement.span));
    let name = if feature.is_function() {
        format!("`{}()`", written.to_ascii_lowercase())
    } else if feature.called.is_empty() {
        let words: Vec<_> = written.split_whitespace().collect();
        format!("`{}`", words.join(" "))
    } else {
        feature.called.to_owned()
    };
    Missing {
        span: span.shifted(at.statement.span.start as usize),
        name,
        since: feature.since,
        instead: feature.instead,
        is_function: feature.is_function(),
    }
}

fn is_word(text: &str, token: &Token, word: Option<&&str>) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::Symbol)
        && word.is_some_and(|it| token.span.of(text).eq_ignore_ascii_case(it))
}

/// Where the words end that the tokens begin with; a parenthesis behind them is not named.
fn end_of(text: &str, tokens: &[Token], words: &[&str]) -> Option<u32> {
    let mut end = None;
    for (index, word) in words.iter().enumerate() {
        let token = tokens.get(index)?;
        if !is_word(text, token, Some(word)) {
            return None;
        }
        let is_open = *word == "(" && index + 1 == words.len();
        end = if is_open { end } else { Some(token.span.end) };
    }
    end
}

/// Whether a function's name is another's: of a schema of its own, made by somebody, or just being made.
fn is_named(at: &At<'_>, text: &str, tokens: &[Token], index: usize) -> bool {
    let word = |at: Option<usize>| {
        let token = at.and_then(|it| tokens.get(it));
        token.map_or("", |it| it.span.of(text))
    };
    let last = word(index.checked_sub(1));
    if last == "." {
        return !word(index.checked_sub(2)).eq_ignore_ascii_case("pg_catalog");
    }
    let is_made = ["function", "procedure", "routine", "aggregate"]
        .iter()
        .any(|it| it.eq_ignore_ascii_case(last));
    let name = ObjectName::new(word(Some(index)).to_ascii_lowercase());
    is_made || !at.catalog.functions(&name).is_empty()
}

/// Constraints whose words are old and whose place is new.
fn by_constraints(at: &At<'_>, missing: &mut Vec<Missing>) {
    let Kind::CreateTable(table) = &at.statement.kind else {
        return;
    };
    let mut push = |span: Span, since: u32, name: &str, instead: &'static str| {
        if since > at.settings.version {
            missing.push(Missing {
                span,
                name: name.to_owned(),
                since,
                instead,
                is_function: false,
            });
        }
    };
    for it in table.columns.iter().flat_map(|it| &it.constraints) {
        match &it.kind {
            ConstraintKind::Generated { stored: true, .. } => {
                push(it.span, 12, "a generated column", "");
            }
            ConstraintKind::Generated { stored: false, .. } => {
                let name = "a generated column without `STORED`";
                push(it.span, 18, name, "`STORED`");
            }
            _ => {}
        }
    }
    for it in &table.constraints {
        match &it.kind {
            ConstraintKind::NotNull(_) => {
                let name = "`NOT NULL` as a constraint of the table";
                push(it.span, 18, name, "`NOT NULL` behind the column");
            }
            ConstraintKind::ForeignKey(key) if key.period => {
                push(it.span, 18, "a foreign key with `PERIOD`", "");
            }
            _ => {}
        }
    }
}
