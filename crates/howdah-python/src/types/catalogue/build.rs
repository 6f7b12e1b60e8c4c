//! Codecs from the rows of `types.sql`.
//!
//! No IO. Called by [`super::Catalogue::add`]. Parts are made before wholes by recursion. PostgreSQL
//! lets no type contain itself; should an answer say so all the same, or name a type without
//! describing it, that part is read as text. So the recursion ends whatever the rows are.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use pyo3::sync::PyOnceLock;

use super::super::{
    Codec, Field, Functions, Refused, Structure, array, builtin, composite, hstore, multirange,
    range, sparse_vector, string, vector,
};
use super::TypeRow;

/// Deeper than any type that a person wrote, shallow enough for any thread's stack.
const MAX_DEPTH: usize = 100;

/// The codecs of all custom types in `rows`, and of those asked for that have no row.
pub(super) fn codecs(asked: &[u32], rows: &[TypeRow]) -> Result<HashMap<u32, Arc<Codec>>, Refused> {
    let entries = entries(rows)?;
    let oids: Vec<u32> = entries.keys().chain(asked).copied().collect();
    let mut builder = Builder {
        entries,
        codecs: HashMap::new(),
    };
    for oid in oids {
        let codec = builder.codec(oid, 0);
        if builtin(oid).is_none() {
            builder.codecs.entry(oid).or_insert(codec);
        }
    }
    Ok(builder.codecs)
}

/// One type as the catalogue describes it.
struct Entry {
    kind: u8,
    name: String,
    part: Option<u32>,
    detail: Option<String>,
    attributes: Vec<(String, u32)>,
}

fn entries(rows: &[TypeRow]) -> Result<HashMap<u32, Entry>, Refused> {
    let mut entries: HashMap<u32, Entry> = HashMap::new();
    for row in rows {
        let oid = number(row, 0)?.ok_or_else(malformed)?;
        let kind = text(row, 1)?
            .and_then(|kind| kind.bytes().next())
            .ok_or_else(malformed)?;
        let name = text(row, 2)?.ok_or_else(malformed)?.to_owned();
        let part = number(row, 3)?;
        if kind == b'.' {
            let whole = entries.get_mut(&oid).ok_or_else(malformed)?;
            whole.attributes.push((name, part.ok_or_else(malformed)?));
        } else {
            let detail = text(row, 4)?.map(str::to_owned);
            entries.insert(
                oid,
                Entry {
                    kind,
                    name,
                    part,
                    detail,
                    attributes: Vec::new(),
                },
            );
        }
    }
    Ok(entries)
}

fn text(row: &TypeRow, column: usize) -> Result<Option<&str>, Refused> {
    match row.get(column) {
        Some(Some(bytes)) => std::str::from_utf8(bytes)
            .map(Some)
            .map_err(|_| malformed()),
        Some(None) => Ok(None),
        None => Err(malformed()),
    }
}

fn number(row: &TypeRow, column: usize) -> Result<Option<u32>, Refused> {
    text(row, column)?
        .map(|digits| digits.parse().map_err(|_| malformed()))
        .transpose()
}

#[cold]
fn malformed() -> Refused {
    Refused::invalid("answer about types that is not as expected")
}

struct Builder {
    /// What is not made yet. A type is taken out before its parts are made.
    entries: HashMap<u32, Entry>,
    codecs: HashMap<u32, Arc<Codec>>,
}

impl Builder {
    fn codec(&mut self, oid: u32, depth: usize) -> Arc<Codec> {
        if let Some(codec) = builtin(oid).or_else(|| self.codecs.get(&oid)) {
            return Arc::clone(codec);
        }
        let entry = self.entries.remove(&oid).filter(|_| depth < MAX_DEPTH);
        let codec = match entry {
            Some(entry) => self.make(oid, entry, depth + 1),
            None => scalar(oid, format!("type with OID {oid}"), string::TEXT),
        };
        let codec = Arc::new(codec);
        self.codecs.insert(oid, Arc::clone(&codec));
        codec
    }

    fn make(&mut self, oid: u32, entry: Entry, depth: usize) -> Codec {
        let name = entry.name;
        let part = entry.part.map(|part| self.codec(part, depth));
        match (entry.kind, part) {
            (b'a', Some(element)) => array_of(oid, element, entry.detail.as_deref()),
            (b'd', Some(base)) => domain_over(oid, name, &base),
            (b'r', Some(subtype)) => Codec::new(
                oid,
                name,
                range::functions(&subtype),
                Structure::Range { subtype },
            ),
            (b'm', Some(range)) => Codec::new(
                oid,
                name,
                multirange::functions(&range),
                Structure::Multirange { range },
            ),
            (b'c', None) => self.composite(oid, name, entry.attributes, depth),
            (b'e', None) => scalar(oid, name, string::STRING),
            _ => base(oid, name, entry.detail.as_deref()),
        }
    }

    fn composite(
        &mut self,
        oid: u32,
        name: String,
        attributes: Vec<(String, u32)>,
        depth: usize,
    ) -> Codec {
        let fields: Vec<_> = attributes
            .into_iter()
            .map(|(name, oid)| Field {
                name,
                codec: self.codec(oid, depth),
            })
            .collect();
        Codec::new(
            oid,
            name,
            composite::functions(&fields),
            Structure::Composite {
                fields,
                shape: Arc::new(PyOnceLock::new()),
            },
        )
    }
}

fn scalar(oid: u32, name: String, functions: Functions) -> Codec {
    Codec::new(oid, name, functions, Structure::Scalar)
}

fn array_of(oid: u32, element: Arc<Codec>, delimiter: Option<&str>) -> Codec {
    let delimiter = delimiter
        .and_then(|text| text.bytes().next())
        .unwrap_or(b',');
    let name = format!("{}[]", element.name);
    Codec::new(
        oid,
        name,
        array::functions(&element),
        Structure::Array { element, delimiter },
    )
}

/// The codec of a domain: that of the type which it constrains.
pub(in super::super) fn domain_over(
    oid: u32,
    name: impl Into<Cow<'static, str>>,
    base: &Arc<Codec>,
) -> Codec {
    let functions = Functions {
        decode_binary: base.decode_binary,
        decode_text: base.decode_text,
        encode_binary: base.encode_binary,
        encode_text: base.encode_text,
        result_format: base.result_format,
        atomic: base.atomic,
    };
    let mut codec = Codec::new(oid, name, functions, base.structure.clone());
    codec.base = Some(Arc::clone(base));
    codec
}

/// A base type by the extension that made it; those without a codec of their own are text.
fn base(oid: u32, name: String, origin: Option<&str>) -> Codec {
    match origin {
        Some("citext.citext") => scalar(oid, name, string::STRING),
        Some("hstore.hstore") => scalar(oid, name, hstore::HSTORE),
        Some("vector.vector") => Codec::new(oid, name, vector::VECTOR, Structure::Compound),
        Some("vector.sparsevec") => {
            Codec::new(oid, name, sparse_vector::SPARSE_VECTOR, Structure::Compound)
        }
        Some("vector.halfvec") => Codec::new(oid, name, vector::HALFVEC, Structure::Compound),
        _ => scalar(oid, name, string::TEXT),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::Format;
    use super::*;

    /// A row of the answer; `-` stands for null.
    fn row(columns: [&str; 5]) -> TypeRow {
        columns
            .map(|text| (text != "-").then(|| text.as_bytes().to_vec()))
            .to_vec()
    }

    fn made(asked: &[u32], rows: &[[&str; 5]]) -> HashMap<u32, Arc<Codec>> {
        let rows: Vec<_> = rows.iter().copied().map(row).collect();
        codecs(asked, &rows).expect("well-formed rows")
    }

    #[test]
    fn wholes_are_made_of_their_parts() {
        let codecs = made(
            &[80_003],
            &[
                ["80003", "a", "public._pair", "80002", ","],
                ["80002", "c", "public.pair", "-", "-"],
                ["80001", "d", "public.posint", "23", "-"],
                ["23", "b", "int4", "-", "-"],
                ["80002", ".", "a", "80001", "-"],
                ["80002", ".", "b", "25", "-"],
            ],
        );
        let array = codecs.get(&80_003).expect("an array");
        assert_eq!(array.name, "public.pair[]");
        let Structure::Array {
            element,
            delimiter: b',',
        } = &array.structure
        else {
            panic!("an array is made of elements");
        };
        let Structure::Composite { fields, .. } = &element.structure else {
            panic!("a composite is made of fields");
        };
        let fields: Vec<_> = fields
            .iter()
            .map(|field| (field.name.as_str(), field.codec.name.as_ref()))
            .collect();
        assert_eq!(fields, [("a", "public.posint"), ("b", "text")]);
        assert!(!codecs.contains_key(&23), "built-in types are not custom");
    }

    #[test]
    fn a_type_that_contains_itself_ends_in_text() {
        let codecs = made(
            &[90_001],
            &[
                ["90001", "c", "public.knot", "-", "-"],
                ["90002", "a", "public._knot", "90001", ","],
                ["90001", ".", "self", "90002", "-"],
            ],
        );
        assert_eq!(codecs.len(), 2);
        let knot = codecs.get(&90_001).expect("the knot");
        assert_eq!(knot.result_format, Format::Text);
    }

    #[test]
    fn a_long_chain_ends_before_the_stack() {
        let rows: Vec<_> = (100_000..200_000)
            .map(|oid: u32| {
                let (own, next) = (oid.to_string(), (oid + 1).to_string());
                row([own.as_str(), "d", "chain", next.as_str(), "-"])
            })
            .collect();
        assert_eq!(
            codecs(&[], &rows).map(|codecs| codecs.len()).ok(),
            Some(100_001)
        );
    }

    #[test]
    fn unknown_types_are_text() {
        let codecs = made(&[70_000], &[["70001", "b", "public.odd", "-", "odd.odd"]]);
        assert_eq!(
            codecs.get(&70_000).map(|codec| codec.name.as_ref()),
            Some("type with OID 70000")
        );
        assert!(
            codecs
                .get(&70_001)
                .is_some_and(|codec| codec.decode_binary.is_none())
        );
    }

    proptest! {
        #[test]
        fn any_answer_gives_codecs_or_a_refusal(
            rows in proptest::collection::vec(
                (70_000..70_008_u32, "[abcdemrp.]", proptest::option::of(70_000..70_008_u32)),
                0..20,
            ),
        ) {
            let rows: Vec<_> = rows
                .into_iter()
                .map(|(oid, kind, part)| {
                    let part = part.map_or("-".to_owned(), |part| part.to_string());
                    row([oid.to_string().as_str(), kind.as_str(), "x", part.as_str(), "-"])
                })
                .collect();
            if let Ok(codecs) = codecs(&[70_000], &rows) {
                prop_assert!(codecs.contains_key(&70_000));
            }
        }
    }
}
