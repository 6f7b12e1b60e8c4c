//! Parameters for a statement of which nothing is known yet.
//!
//! No IO. Behind a pooler, asking for the types of parameters first would cost a round trip. Invariant:
//! a value is sent without asking only where its meaning does not depend on the answer. A `str` is
//! PostgreSQL's own text for whatever type the server chooses; integers, booleans, UUIDs and bytes
//! carry the type of their own, which the server converts without loss or refuses. All others (a
//! `float` may meet a `numeric`, a naive `datetime` a `timestamptz`) must ask.

use howdah_wire::{BindHead, Oid};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::natural::natural_type;
use crate::types::{Format, Refused, Scope, builtin};

const BOOL: Oid = 16;
const BYTEA: Oid = 17;
const INT8: Oid = 20;
const TEXT: Oid = 25;
const UUID: Oid = 2950;

/// A whole Bind.
pub(crate) struct Guess {
    /// 0 where the server chooses.
    pub(crate) types: Vec<Oid>,
    pub(crate) bind: BindHead,
    pub(crate) bytes: Vec<u8>,
}

impl Guess {
    /// How to send the values; None where their types must be asked for.
    pub(crate) fn of(scope: &Scope<'_, '_>, values: &Bound<'_, PyTuple>) -> Option<Self> {
        if scope.settings.overlay.is_some() {
            return None; // the program chose how values of some types are written
        }
        let (mut types, mut formats, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
        for value in values.iter_borrowed() {
            let (oid, format) = guessed(&value)?;
            append(scope, &value, oid, &mut bytes).ok()?;
            types.push(oid);
            formats.push(format as i16);
        }
        let bind = BindHead::new("", "", &formats, formats.len(), &[]).ok()?;
        Some(Self { types, bind, bytes })
    }

    /// Whether the server chooses all types, so that nothing was guessed.
    pub(crate) fn is_certain(&self) -> bool {
        self.types.iter().all(|&oid| oid == 0)
    }
}

fn guessed(value: &Bound<'_, PyAny>) -> Option<(Oid, Format)> {
    if value.is_none() || value.is_instance_of::<PyString>() {
        return Some((0, Format::Text));
    }
    let natural = natural_type(value)?;
    matches!(natural, BOOL | INT8 | BYTEA | UUID).then_some((natural, Format::Binary))
}

/// Appends a value with its length.
fn append(
    scope: &Scope<'_, '_>,
    value: &Bound<'_, PyAny>,
    oid: Oid,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let codec = builtin(if oid == 0 { TEXT } else { oid });
    let codec = codec.ok_or_else(|| Refused::stale(oid))?;
    let start = out.len() + 4;
    out.extend_from_slice(&(-1_i32).to_be_bytes());
    if value.is_none() {
        return Ok(());
    }
    let encode = match codec.encode_binary {
        Some(encode) if oid != 0 => encode,
        _ => codec.encode_text,
    };
    encode(scope, codec, value, out)?;
    let length = i32::try_from(out.len() - start).map_err(|_| Refused::invalid("too long"))?;
    if let Some(field) = out.get_mut(start - 4..start) {
        field.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}
