//! Arrays as lists: any number of dimensions, nulls, both formats.
//!
//! No IO. The codec of an array calls the functions of its element's codec. One dimension is one
//! list, more are lists in lists. What a plain list cannot say (lower bounds other than 1, or more
//! than one dimension where an element may itself be a list) is said by `howdah.types.Array`, a
//! list that knows its lower bounds; so a value that was read writes back as the same value.

mod decode;
mod encode;
mod literal;
mod ndarray;
mod vector;

use std::sync::Arc;

use super::{Codec, Encode, Functions, Refused, Structure};

pub(super) use decode::ANYARRAY;
pub(super) use encode::items;
use ndarray::is_ndarray;
pub(super) use vector::VECTOR;

/// PostgreSQL's `MAXDIM`.
const MAX_DIMENSIONS: usize = 6;

/// How arrays of `element` are read and written.
pub(super) fn functions(element: &Codec) -> Functions {
    Functions {
        decode_binary: element.decode_binary.map(|_| decode::binary_for(element)),
        decode_text: decode::text,
        encode_binary: element.encode_binary.map(|_| encode::binary as Encode),
        encode_text: encode::text,
        result_format: element.result_format,
        atomic: false,
    }
}

/// A list inside a list is a further dimension, not one element.
fn lists_are_dimensions(element: &Codec) -> bool {
    match element.structure {
        Structure::Scalar | Structure::Range { .. } | Structure::Multirange { .. } => true,
        Structure::Compound | Structure::Array { .. } | Structure::Composite { .. } => false,
        Structure::Chosen { ref plain, .. } => lists_are_dimensions(plain),
    }
}

fn parts(codec: &Codec) -> Result<(&Arc<Codec>, u8), Refused> {
    match &codec.structure {
        Structure::Array { element, delimiter } => Ok((element, *delimiter)),
        _ => Err(Refused::invalid("codec of an array without an element")),
    }
}
