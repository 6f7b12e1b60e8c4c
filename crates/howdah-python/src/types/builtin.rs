//! The codecs of PostgreSQL's built-in types, known without asking the server.
//!
//! No IO. Made once per process from the generated table `oids`, then read by OID. Here is decided
//! which functions read which type: add a type's functions to [`functions`]. A built-in type without
//! functions of its own (`aclitem`, `pg_node_tree`, …) is read and written as text.
//!
//! Invariant: a part (element, subtype, range) of a built-in type is itself built in.

use std::sync::{Arc, OnceLock};

use super::oids::ROWS;
use super::{Codec, Functions, Structure};
use super::{
    array, bits, boolean, byte_char, bytea, float, geometry, integer, json, jsonpath, lsn, moment,
    multirange, network, numeric, range, record, reg, string, tid, uuid,
};

/// The codec of a built-in type, or None for the types that one database defines for itself.
pub(crate) fn builtin(oid: u32) -> Option<&'static Arc<Codec>> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(Table::new).find(oid)
}

/// The built-in type of a name, as users write it.
pub(super) fn named(name: &str) -> Option<u32> {
    let is_named = |row: &&Row| builtin(row.oid).is_some_and(|codec| codec.name == name);
    ROWS.iter().find(is_named).map(|row| row.oid)
}

/// The array type over a built-in element type.
pub(crate) fn array_of(element: u32) -> Option<u32> {
    let is_array =
        |row: &&Row| matches!(row.kind, Kind::Array { element: of, .. } if of == element);
    ROWS.iter().find(is_array).map(|row| row.oid)
}

/// One line of the generated table.
pub(super) struct Row {
    oid: u32,
    /// As `pg_type.typname` says; empty for arrays, which are named after their element.
    name: &'static str,
    kind: Kind,
}

enum Kind {
    Base,
    Pseudo,
    Array {
        element: u32,
        delimiter: u8,
    },
    /// `int2vector` and `oidvector`: arrays in the binary format, numbers and spaces in text.
    Vector {
        element: u32,
    },
    Range {
        subtype: u32,
    },
    Multirange {
        range: u32,
    },
}

pub(super) const fn base(oid: u32, name: &'static str) -> Row {
    Row {
        oid,
        name,
        kind: Kind::Base,
    }
}

pub(super) const fn pseudo(oid: u32, name: &'static str) -> Row {
    Row {
        oid,
        name,
        kind: Kind::Pseudo,
    }
}

pub(super) const fn array(oid: u32, element: u32, delimiter: u8) -> Row {
    Row {
        oid,
        name: "",
        kind: Kind::Array { element, delimiter },
    }
}

pub(super) const fn vector(oid: u32, name: &'static str, element: u32) -> Row {
    Row {
        oid,
        name,
        kind: Kind::Vector { element },
    }
}

pub(super) const fn range(oid: u32, name: &'static str, subtype: u32) -> Row {
    Row {
        oid,
        name,
        kind: Kind::Range { subtype },
    }
}

pub(super) const fn multirange(oid: u32, name: &'static str, range: u32) -> Row {
    Row {
        oid,
        name,
        kind: Kind::Multirange { range },
    }
}

/// Codecs at the index of their OID: the highest is 6,157.
struct Table(Vec<Option<Arc<Codec>>>);

impl Table {
    /// Makes parts before wholes: scalars, then vectors and ranges, multiranges, and arrays of all.
    fn new() -> Self {
        let length = ROWS.last().map_or(0, |row| row.oid as usize + 1);
        let mut table = Self(vec![None; length]);
        for depth in 0..4 {
            for row in ROWS.iter().filter(|row| row.kind.depth() == depth) {
                let codec = table.codec(row).map(Arc::new);
                if let Some(place) = table.0.get_mut(row.oid as usize) {
                    *place = codec;
                }
            }
        }
        table
    }

    fn find(&self, oid: u32) -> Option<&Arc<Codec>> {
        self.0.get(oid as usize)?.as_ref()
    }

    fn codec(&self, row: &Row) -> Option<Codec> {
        let part = |oid| self.find(oid).map(Arc::clone);
        match row.kind {
            Kind::Base | Kind::Pseudo => Some(scalar(row)),
            Kind::Array { element, delimiter } => {
                let element = part(element)?;
                let name = format!("{}[]", element.name);
                let functions = array::functions(&element);
                let structure = Structure::Array { element, delimiter };
                Some(Codec::new(row.oid, name, functions, structure))
            }
            Kind::Vector { element } => {
                let structure = Structure::Array {
                    element: part(element)?,
                    delimiter: b' ',
                };
                Some(Codec::new(row.oid, row.name, array::VECTOR, structure))
            }
            Kind::Range { subtype } => {
                let subtype = part(subtype)?;
                let functions = range::functions(&subtype);
                let structure = Structure::Range { subtype };
                Some(Codec::new(row.oid, row.name, functions, structure))
            }
            Kind::Multirange { range } => {
                let range = part(range)?;
                let functions = multirange::functions(&range);
                let structure = Structure::Multirange { range };
                Some(Codec::new(row.oid, row.name, functions, structure))
            }
        }
    }
}

impl Kind {
    fn depth(&self) -> u8 {
        match self {
            Self::Base | Self::Pseudo => 0,
            Self::Vector { .. } | Self::Range { .. } => 1,
            Self::Multirange { .. } => 2,
            Self::Array { .. } => 3,
        }
    }
}

fn scalar(row: &Row) -> Codec {
    let name = if row.name == "char" {
        "\"char\""
    } else {
        row.name
    };
    let structure = match row.name {
        "json" | "jsonb" | "record" | "tid" | "point" | "line" | "lseg" | "box" | "path"
        | "polygon" | "circle" => Structure::Compound,
        _ => Structure::Scalar,
    };
    Codec::new(row.oid, name, functions(row.name), structure)
}

fn functions(name: &str) -> Functions {
    match name {
        "bool" => boolean::BOOL,
        "int2" => integer::INT2,
        "int4" => integer::INT4,
        "int8" => integer::INT8,
        "oid" | "xid" | "cid" => integer::UINT4,
        "xid8" => integer::UINT8,
        "float4" => float::FLOAT4,
        "float8" => float::FLOAT8,
        "numeric" => numeric::NUMERIC,
        "text" | "varchar" | "bpchar" | "name" | "unknown" | "cstring" | "refcursor" => {
            string::STRING
        }
        "char" => byte_char::BYTE_CHAR,
        "bytea" => bytea::BYTEA,
        "uuid" => uuid::UUID,
        "date" => moment::DATE,
        "time" => moment::TIME,
        "timetz" => moment::TIMETZ,
        "timestamp" => moment::TIMESTAMP,
        "timestamptz" => moment::TIMESTAMPTZ,
        "interval" => moment::INTERVAL,
        "json" => json::JSON,
        "jsonb" => json::JSONB,
        "pg_lsn" => lsn::LSN,
        "tid" => tid::TID,
        "void" => string::VOID,
        "anyarray" => array::ANYARRAY,
        "record" => record::RECORD,
        "inet" => network::INET,
        "cidr" => network::CIDR,
        "macaddr" => network::MACADDR,
        "macaddr8" => network::MACADDR8,
        "jsonpath" => jsonpath::JSONPATH,
        "bit" | "varbit" => bits::BITS,
        "point" => geometry::POINT,
        "line" => geometry::LINE,
        "lseg" => geometry::LSEG,
        "box" => geometry::BOX,
        "path" => geometry::PATH,
        "polygon" => geometry::POLYGON,
        "circle" => geometry::CIRCLE,
        name if name.starts_with("reg") => reg::REG,
        // `xml`: its binary format is text in the encoding that its declaration names.
        // `money`: its binary format does not say how many decimals the locale gives it.
        _ => string::TEXT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_codec_of_its_oid() {
        for row in ROWS {
            assert_eq!(builtin(row.oid).map(|codec| codec.oid), Some(row.oid));
        }
    }

    #[test]
    fn types_are_named_as_users_write_them() {
        let name = |oid| builtin(oid).map(|codec| codec.name.to_string());
        assert_eq!(name(23).as_deref(), Some("int4"));
        assert_eq!(name(1007).as_deref(), Some("int4[]"));
        assert_eq!(name(1002).as_deref(), Some("\"char\"[]"));
        assert_eq!(name(6155).as_deref(), Some("datemultirange[]"));
        assert_eq!(name(0), None);
        assert_eq!(name(16384), None);
        assert_eq!(name(u32::MAX), None);
    }
}
