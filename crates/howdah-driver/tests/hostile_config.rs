//! Connection strings from anywhere: refused with words or accepted, never a panic.

#![allow(missing_docs, unreachable_pub)]

mod entry;

use entry::{CONNECTION_STRINGS, config};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

const SYNTAX: &[&str] = &[
    "=", "'", "\\", " ", "://", "/", "?", "&", "@", ":", ",", "[", "]", "%", "%2F", "%00", "\0",
];
const WORDS: &[&str] = &[
    "postgresql",
    "host",
    "port",
    "sslmode",
    "disable",
    "65536",
    "-1",
    "::1",
    "é",
    "service",
];

/// The characters and words that mean something in a connection string.
fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        select(SYNTAX).prop_map(str::to_owned),
        select(WORDS).prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ]
}

proptest! {
    #[test]
    fn arbitrary_text_does_no_harm(fragments in vec(fragment(), 0..30)) {
        config(fragments.concat().as_bytes());
    }

    #[test]
    fn spoilt_connection_strings_do_no_harm(
        dsn in select(CONNECTION_STRINGS),
        changes in vec((any::<Index>(), 0..3_usize, fragment()), 1..6),
    ) {
        let mut text: Vec<char> = dsn.chars().collect();
        for (place, removed, inserted) in changes {
            let place = place.index(text.len() + 1);
            let until = (place + removed).min(text.len());
            text.splice(place..until, inserted.chars());
        }
        config(String::from_iter(text).as_bytes());
    }
}
