//! `void`, what functions without a result return: None.

use pyo3::prelude::*;

use super::{Codec, Decoded, Format, Functions, Scope, string};

pub(super) const VOID: Functions = Functions {
    decode_binary: Some(decode),
    decode_text: decode,
    encode_binary: None,
    encode_text: string::encode,
    result_format: Format::Text,
    atomic: true,
};

fn decode<'py>(scope: &Scope<'_, 'py>, _: &Codec, _: &[u8]) -> Decoded<'py> {
    Ok(scope.py.None().into_bound(scope.py))
}
