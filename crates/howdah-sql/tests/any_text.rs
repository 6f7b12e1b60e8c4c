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
