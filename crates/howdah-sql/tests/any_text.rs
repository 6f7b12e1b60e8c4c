//! No text panics: arbitrary ones, and real statements with parts cut, moved and repeated.

#![allow(missing_docs, unreachable_pub)]

mod entry;

use proptest::prelude::*;

const FORMS: &str = include_str!("forms.sql");

fn form() -> impl Strategy<Value = &'static str> {
    let lines: Vec<&str> = FORMS
        .lines()
        .filter(|line| !line.starts_with("--"))
        .collect();
    proptest::sample::select(lines)
}

/// Words and marks that statements consist of, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let words: Vec<&str> = FORMS.split_whitespace().collect();
    let marks = [
        "'", "\"", "$$", "$a$", "/*", "*/", "--", "\n", "\\", ";", "(", ")", "U&'", "E'", "\\.\n",
    ];
    let piece = prop_oneof![
        4 => proptest::sample::select(words),
        1 => proptest::sample::select(marks.to_vec()),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.join(" "))
}

/// A statement without one of its parts.
fn mutilated() -> impl Strategy<Value = String> {
    (form(), any::<prop::sample::Index>(), 0..40usize).prop_map(|(form, at, length)| {
        let characters: Vec<char> = form.chars().collect();
        let from = at.index(characters.len());
        let kept = |index: &usize| *index < from || *index >= from + length;
        let kept = (0..characters.len()).filter(kept);
        kept.filter_map(|index| characters.get(index)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_texts(text in ".{0,200}") {
        entry::script(&text);
    }

    #[test]
    fn words_in_any_order(text in pieces()) {
        entry::script(&text);
    }

    #[test]
    fn statements_with_parts_missing(texts in proptest::collection::vec(mutilated(), 1..4)) {
        entry::script(&texts.join(";\n"));
    }

    #[test]
    fn statements_in_any_order(texts in proptest::collection::vec(form(), 1..30)) {
        entry::script(&texts.join(";\n"));
    }
}

/// What PostgreSQL refuses, and what nobody writes: circles, and long chains.
#[test]
fn circles_and_chains_come_to_an_end() {
    let circles = [
        "create table a (x int); alter table a inherit a; alter table a add z int",
        "create table a () inherits (b); create table b () inherits (a); alter table a add z int",
        "create table a () inherits (b); create table c () inherits (a); alter table c rename to b; alter table a add z int",
        "create table p (a int) partition by list (a); alter table p attach partition p default; alter table p add b int",
        "create table a (x d); create domain d as d; alter domain d add check (value > 0)",
        "create domain d as e; create domain e as d; alter table t add x d, alter y type e",
        "set search_path = s; create domain s.d as e; create domain u.e as s.d; set search_path = u; alter table t add x s.d; alter domain s.d add check (value > 0)",
        "create view v as select * from w; create view w as select * from v; drop view v cascade",
        "create or replace view v as select * from v; drop view v cascade",
    ];
    for text in circles {
        entry::script(text);
    }
    let chain = |link: &dyn Fn(u32) -> String, end: &str| {
        let mut text: String = (1..1_000).map(link).collect();
        text.push_str(end);
        entry::script(&text);
    };
    chain(
        &|it| format!("create view v{it} as select * from v{};", it - 1),
        "drop view v1 cascade",
    );
    chain(
        &|it| format!("create table t{it} () inherits (t{});", it - 1),
        "alter table t1 add x int, add check (x > 0); drop table t1 cascade",
    );
    chain(
        &|it| format!("create domain d{it} as d{};", it - 1),
        "alter domain d1 add check (value > 0); alter table t add x d999",
    );
}
