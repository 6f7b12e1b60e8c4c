//! Whatever bytes come for a type of one database, its codec answers with a value or a refusal.
//!
//! No IO; runs a Python interpreter inside the test program. The built-in types are tested from
//! Python, through the public `howdah.types.decode`, which knows only them.

use std::sync::Arc;

use proptest::prelude::*;
use pyo3::Python;

use super::{Catalogue, Codec, Refusal, Scope, Settings};

/// Rows of the answer about types: `oid kind name part detail`, `-` for null.
const TYPES: &str = "\
    80001 a public._pair 80002 ,
    80002 c public.pair - -
    80003 d public.pair_domain 80002 -
    80006 b ext.hstore - hstore.hstore
    80007 b ext.vector - vector.vector
    80008 b ext.halfvec - vector.halfvec
    80011 b ext.sparsevec - vector.sparsevec
    80009 e public.mood - -
    80010 c public.in_text - -
    80002 . a 23 -
    80002 . b 25 -
    80010 . words 3614 -
    80010 . pairs 80001 -";

/// Beginnings of binary values, behind which damage is found deeper.
const HEADS: [&[u8]; 6] = [
    b"",
    b"\0\0\0\x02\0\0\0\x17\0\0\0\x04\0\0\0\x01\0\0\0\x19",
    b"\0\0\0\x01\0\0\0\0\0\x01\x38\x82\0\0\0\x01\0\0\0\x01",
    b"\0\x02\0\0",
    b"\0\0\0\x09\0\0\0\x01\0\0\0\0",
    b"\x02\0\0\0\x1c\0\0\0\x02\0\0\0\x17\0\0\0\x04\0\0\0\x01\0\0\0\x19",
];

fn catalogue() -> Catalogue {
    let row = |line: &str| {
        let columns = line.split_whitespace();
        let column = |text: &str| (text != "-").then(|| text.as_bytes().to_vec());
        columns.map(column).collect()
    };
    let rows: Vec<_> = TYPES.lines().map(row).collect();
    let catalogue = Catalogue::default();
    assert!(catalogue.add(&[], &rows).is_ok(), "well-formed rows");
    catalogue
}

fn codec(catalogue: &Catalogue, oid: u32) -> Arc<Codec> {
    catalogue.codec(oid).expect("a type of the answer")
}

/// Decodes in each format that the type has; what Python raises is a fault of ours.
fn decode(scope: &Scope<'_, '_>, codec: &Codec, bytes: &[u8]) -> Result<(), TestCaseError> {
    for decode in [Some(codec.decode_text), codec.decode_binary]
        .into_iter()
        .flatten()
    {
        if let Err(refused) = decode(scope, codec, bytes)
            && let Refusal::Raised(error) = refused.into_inner()
        {
            return Err(TestCaseError::fail(format!("{}: {error}", codec.name)));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_give_a_value_or_a_refusal(
        oid in prop::sample::select(vec![80_001, 80_002, 80_003, 80_006, 80_007, 80_008, 80_009, 80_010, 80_011]),
        head in prop::sample::select(&HEADS[..]),
        rest in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let catalogue = catalogue();
        let bytes = [head, &rest].concat();
        Python::initialize();
        Python::attach(|py| {
            let settings = Settings::default();
            let scope = Scope { py, settings: &settings, catalogue: Some(&catalogue) };
            decode(&scope, &codec(&catalogue, oid), &bytes)
        })?;
    }
}
