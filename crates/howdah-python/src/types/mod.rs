//! PostgreSQL values as Python objects and back.
//!
//! No IO. A [`Codec`] knows one type of one database: how a value in the binary or text format
//! becomes a Python object, straight from the receive buffer, and how a Python object becomes a
//! parameter. Codecs of the built-in types come from a static table (`builtin`), those of
//! enums, domains, composites, … from one catalogue query (`catalogue`).
//!
//! Invariant: bytes from the server are never trusted: a decoder checks every length and answers
//! [`Refused`], and no decoder changes a value that Python cannot hold.

mod address;
mod array;
mod bits;
mod boolean;
mod build;
mod builtin;
mod byte_char;
mod bytea;
mod catalogue;
mod composite;
mod composite_literal;
mod custom;
mod door;
mod float;
mod geometry;
#[cfg(test)]
mod hostile_bytes;
mod hstore;
mod integer;
mod json;
mod jsonpath;
mod lsn;
mod moment;
mod multirange;
mod network;
mod numeric;
mod oids;
mod python;
mod range;
mod range_literal;
mod reader;
mod record;
mod reg;
mod shared_int;
mod sparse_vector;
mod string;
mod tid;
mod uuid;
mod vector;

use std::borrow::Cow;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::row::Shape;

pub(crate) use builtin::{array_of, builtin};
pub(crate) use catalogue::{Catalogue, TYPES_SQL, TypeRow, asked_parameter};
pub(crate) use custom::{CodecLayer, Layer, Overlay, changes};

/// Adds this module's names to `_native`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    door::register(module)?;
    custom::register(module)
}

/// A codec for a type of which nothing is known: its text.
pub(crate) fn text_codec(oid: u32) -> Arc<Codec> {
    let name = format!("type with OID {oid}");
    Arc::new(Codec::new(oid, name, string::TEXT, Structure::Scalar))
}

/// The two formats of PostgreSQL's values, with the codes that the protocol gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i16)]
pub(crate) enum Format {
    Text = 0,
    Binary = 1,
}

/// What decoders may need to know of the connection they work for.
pub(crate) struct Scope<'a, 'py> {
    pub(crate) py: Python<'py>,
    pub(crate) settings: &'a Settings,
    /// The types of the connection's database, for values that name their own types.
    pub(crate) catalogue: Option<&'a Catalogue>,
}

impl Scope<'_, '_> {
    /// The codec of a type that a value names; refused as stale where nobody knows it yet.
    pub(crate) fn codec(&self, oid: u32) -> Result<Arc<Codec>, Refused> {
        self.known(oid).ok_or_else(|| Refused::stale(oid))
    }

    /// The codec of a type that is built in or was asked for before, as the program chose it.
    pub(crate) fn known(&self, oid: u32) -> Option<Arc<Codec>> {
        let plain = builtin(oid)
            .map(Arc::clone)
            .or_else(|| self.catalogue?.codec(oid))?;
        Some(match &self.settings.overlay {
            None => plain,
            Some(overlay) => overlay.codec(&plain),
        })
    }
}

/// A connection's choices for decoding and encoding.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    /// Called with the `bytes` of a json or jsonb value in place of the built-in parser.
    pub(crate) json_loads: Option<Arc<Py<PyAny>>>,
    /// The codecs that the program chose; None where it chose none.
    pub(crate) overlay: Option<Arc<Overlay>>,
}

impl Settings {
    /// Whether values are read and written by the same codecs.
    pub(crate) fn has_codecs_of(&self, other: &Self) -> bool {
        match (&self.overlay, &other.overlay) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other) || one.is_same(other),
            _ => false,
        }
    }
}

/// Why a value was refused. One pointer wide, so that results travel in registers.
#[derive(Debug)]
pub(crate) struct Refused(Box<Refusal>);

#[derive(Debug)]
pub(crate) enum Refusal {
    /// The encoder does not take this Python type; the text says what it takes ("int or bool").
    /// The caller tries the text format next, then reports parameter, type and what was found.
    Unsuited(Cow<'static, str>),
    /// The value is of the right kind but cannot be carried (out of range, malformed bytes …).
    Invalid {
        why: Cow<'static, str>,
        hint: Option<&'static str>,
    },
    /// The value shows that what the catalogue says of the type with this OID is missing or no
    /// longer true. The caller reads the type anew, once, and decodes the value again.
    Stale(u32),
    /// Python raised.
    Raised(PyErr),
}

pub(crate) type Decoded<'py> = Result<Bound<'py, PyAny>, Refused>;
pub(crate) type Decode = for<'py> fn(&Scope<'_, 'py>, &Codec, &[u8]) -> Decoded<'py>;
/// Appends the value's payload, without its length.
pub(crate) type Encode =
    for<'py> fn(&Scope<'_, 'py>, &Codec, &Bound<'py, PyAny>, &mut Vec<u8>) -> Result<(), Refused>;

/// One type of one database.
pub(crate) struct Codec {
    pub(crate) oid: u32,
    /// As users write it: `int4`, `timestamptz`, `int4[]`, `public.mood`.
    pub(crate) name: Cow<'static, str>,
    /// None where the type has no binary output (or none that we read).
    pub(crate) decode_binary: Option<Decode>,
    pub(crate) decode_text: Decode,
    pub(crate) encode_binary: Option<Encode>,
    /// Takes a `str` verbatim for every type, besides what the binary encoder takes.
    pub(crate) encode_text: Encode,
    /// The format asked of the server for results: the one that is cheaper for the client.
    pub(crate) result_format: Format,
    /// Values never refer to containers: rows of atomic values need no garbage collector.
    pub(crate) atomic: bool,
    pub(crate) structure: Structure,
    /// The type that a domain constrains.
    pub(crate) base: Option<Arc<Codec>>,
}

/// How one kind of value is read and written: what codecs of the same kind share.
#[derive(Clone, Copy)]
pub(crate) struct Functions {
    pub(crate) decode_binary: Option<Decode>,
    pub(crate) decode_text: Decode,
    pub(crate) encode_binary: Option<Encode>,
    pub(crate) encode_text: Encode,
    pub(crate) result_format: Format,
    pub(crate) atomic: bool,
}

/// What a type is made of.
#[derive(Clone)]
pub(crate) enum Structure {
    Scalar,
    /// A scalar to PostgreSQL, but one value of it may be a `list` or `tuple` (json, point, vector).
    Compound,
    Array {
        element: Arc<Codec>,
        delimiter: u8,
    },
    Range {
        subtype: Arc<Codec>,
    },
    Multirange {
        range: Arc<Codec>,
    },
    Composite {
        fields: Vec<Field>,
        /// The names, as the rows of this type share them.
        shape: Arc<PyOnceLock<Py<Shape>>>,
    },
    /// Read and written as the program chose.
    Chosen {
        chosen: custom::Chosen,
        plain: Arc<Codec>,
    },
}

/// One attribute of a composite type.
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) codec: Arc<Codec>,
}

impl Codec {
    pub(crate) fn new(
        oid: u32,
        name: impl Into<Cow<'static, str>>,
        functions: Functions,
        structure: Structure,
    ) -> Self {
        Self {
            oid,
            name: name.into(),
            decode_binary: functions.decode_binary,
            decode_text: functions.decode_text,
            encode_binary: functions.encode_binary,
            encode_text: functions.encode_text,
            result_format: functions.result_format,
            atomic: functions.atomic,
            structure,
            base: None,
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(Box::new(refusal))
    }
}

impl Codec {
    /// Whether values are composite, or are made of composite values.
    pub(crate) fn holds_rows(&self) -> bool {
        match &self.structure {
            Structure::Scalar | Structure::Compound | Structure::Chosen { .. } => false,
            Structure::Composite { .. } => true,
            Structure::Array { element, .. } => element.holds_rows(),
            Structure::Range { subtype } => subtype.holds_rows(),
            Structure::Multirange { range } => range.holds_rows(),
        }
    }
}

impl From<PyErr> for Refused {
    fn from(error: PyErr) -> Self {
        Self(Box::new(Refusal::Raised(error)))
    }
}

/// `a, b or str` without the text: `a or b`.
fn without_text(accepted: Cow<'static, str>) -> Cow<'static, str> {
    let suffixes = [", or str", " or str"];
    let Some(others) = suffixes.iter().find_map(|text| accepted.strip_suffix(text)) else {
        return accepted;
    };
    match others.rsplit_once(", ") {
        Some((before, last)) => format!("{before} or {last}").into(),
        None => others.to_owned().into(),
    }
}

impl Refused {
    pub(crate) fn unsuited(accepted: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Refusal::Unsuited(accepted.into())))
    }

    pub(crate) fn invalid(why: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Refusal::Invalid {
            why: why.into(),
            hint: None,
        }))
    }

    /// As `invalid`, with what the user can do about it.
    pub(crate) fn advised(why: impl Into<Cow<'static, str>>, hint: &'static str) -> Self {
        Self(Box::new(Refusal::Invalid {
            why: why.into(),
            hint: Some(hint),
        }))
    }

    /// A binary value of a type of fixed size came in another size.
    #[cold]
    pub(crate) fn length(expected: usize, found: usize) -> Self {
        Self::invalid(format!(
            "binary value of {found} bytes, expected {expected}"
        ))
    }

    pub(crate) fn stale(oid: u32) -> Self {
        Self(Box::new(Refusal::Stale(oid)))
    }

    /// Says where in a composed value the refused part is: ``element 3: …``.
    #[cold]
    pub(crate) fn inside(self, place: impl FnOnce() -> String) -> Self {
        match *self.0 {
            Refusal::Invalid { why, hint } => Self(Box::new(Refusal::Invalid {
                why: format!("{}: {why}", place()).into(),
                hint,
            })),
            other => Self(Box::new(other)),
        }
    }

    /// Takes texts out of what is accepted, for where there is the binary format alone.
    #[cold]
    pub(crate) fn in_binary(self) -> Self {
        match *self.0 {
            Refusal::Unsuited(accepted) => Self::unsuited(without_text(accepted)),
            other => Self(Box::new(other)),
        }
    }

    /// Makes a part that suits no encoder final, saying what was found. For the text format, behind
    /// which there is no other to try.
    #[cold]
    pub(crate) fn settled(self, found: &Bound<'_, PyAny>) -> Self {
        match *self.0 {
            Refusal::Unsuited(accepted) => {
                let found = found.get_type().name();
                let found = found
                    .as_ref()
                    .map_or("object".into(), |name| name.to_string_lossy());
                Self::invalid(format!("expected {accepted}, found `{found}`"))
            }
            other => Self(Box::new(other)),
        }
    }

    pub(crate) fn into_inner(self) -> Refusal {
        *self.0
    }
}
