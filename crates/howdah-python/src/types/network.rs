//! Network addresses: `inet` and `cidr` as objects of `ipaddress`, `macaddr` and `macaddr8` as `str`.
//!
//! No IO. An `inet` without a netmask is an `IPv4Address` or `IPv6Address`; one with a netmask is an
//! `IPv4Interface` or `IPv6Interface`, so that the prefix is never lost; a `cidr` is a network.
//! Hardware addresses are written as PostgreSQL does: `08:00:2b:01:02:03`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyBytesMethods};

use super::address::{self, Kind};
use super::{Codec, Decode, Decoded, Encode, Format, Functions, Refused, Scope, python, string};

pub(super) const INET: Functions = Functions {
    decode_binary: Some(|scope, _, bytes| binary(scope, bytes, Kind::Inet)),
    decode_text: |scope, _, bytes| text(scope, bytes, Kind::Inet),
    encode_binary: Some(|_, _, value, out| encode_binary(value, out, 0)),
    encode_text,
    result_format: Format::Binary,
    atomic: false, // an interface refers to its network
};

pub(super) const CIDR: Functions = Functions {
    decode_binary: Some(|scope, _, bytes| binary(scope, bytes, Kind::Cidr)),
    decode_text: |scope, _, bytes| text(scope, bytes, Kind::Cidr),
    encode_binary: Some(|_, _, value, out| encode_binary(value, out, 1)),
    ..INET
};

pub(super) const MACADDR: Functions = Functions {
    decode_binary: Some(mac::<6> as Decode),
    encode_binary: Some(encode_mac::<6> as Encode),
    result_format: Format::Binary,
    ..string::STRING
};

pub(super) const MACADDR8: Functions = Functions {
    decode_binary: Some(mac::<8> as Decode),
    encode_binary: Some(encode_mac::<8> as Encode),
    ..MACADDR
};

/// PostgreSQL's numbers for the two families.
const IPV4: u8 = 2;
const IPV6: u8 = 3;

fn binary<'py>(scope: &Scope<'_, 'py>, bytes: &[u8], kind: Kind) -> Decoded<'py> {
    match *bytes {
        [IPV4, prefix, _, 4, a, b, c, d] if prefix <= 32 => {
            made(scope, Ipv4Addr::new(a, b, c, d).into(), prefix, kind)
        }
        [IPV6, prefix, _, 16, ref address @ ..] if prefix <= 128 => {
            match <[u8; 16]>::try_from(address) {
                Ok(address) => made(scope, Ipv6Addr::from(address).into(), prefix, kind),
                Err(_) => Err(malformed()),
            }
        }
        _ => Err(malformed()),
    }
}

/// `10.0.0.1/24`, without the prefix where it is full.
fn text<'py>(scope: &Scope<'_, 'py>, bytes: &[u8], kind: Kind) -> Decoded<'py> {
    let text = string::ascii(bytes)?;
    let (address, prefix) = text
        .split_once('/')
        .map_or((text, None), |(a, p)| (a, Some(p)));
    let address: IpAddr = address.parse().map_err(|_| malformed())?;
    let full = full_prefix(&address);
    let prefix = prefix
        .map_or(Ok(full), str::parse)
        .map_err(|_| malformed())?;
    if prefix > full {
        return Err(malformed());
    }
    made(scope, address, prefix, kind)
}

fn made<'py>(scope: &Scope<'_, 'py>, address: IpAddr, prefix: u8, kind: Kind) -> Decoded<'py> {
    if kind == Kind::Cidr && address::masked(address, prefix) != address {
        return Err(malformed());
    }
    address::make(scope.py, address, prefix, kind)
}

fn full_prefix(address: &IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cold]
fn malformed() -> Refused {
    Refused::invalid("malformed network address")
}

/// Takes every class of `ipaddress`; the server says whether a `cidr` has host bits.
fn encode_binary(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, is_cidr: u8) -> Result<(), Refused> {
    let (packed, prefix) = parts(value)?;
    let packed = packed.as_bytes();
    let family = if packed.len() == 4 { IPV4 } else { IPV6 };
    out.extend_from_slice(&[family, prefix, is_cidr, packed.len() as u8]);
    out.extend_from_slice(packed);
    Ok(())
}

fn encode_text(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if string::verbatim(value, out)? {
        return Ok(());
    }
    parts(value)?;
    out.extend_from_slice(value.str()?.to_string_lossy().as_bytes());
    Ok(())
}

/// The address in network order and the length of its prefix.
fn parts<'py>(value: &Bound<'py, PyAny>) -> Result<(Bound<'py, PyBytes>, u8), Refused> {
    let py = value.py();
    let network = value.getattr_opt(intern!(py, "network_address"))?;
    let interface = value.getattr_opt(intern!(py, "network"))?;
    let address = network.as_ref().unwrap_or(value);
    let Some(packed) = address.getattr_opt(intern!(py, "packed"))? else {
        return Err(Refused::unsuited("object of ipaddress or str"));
    };
    let packed = packed.cast_into::<PyBytes>().map_err(PyErr::from)?;
    let scope = address.getattr_opt(intern!(py, "scope_id"))?;
    if scope.is_some_and(|scope| !scope.is_none()) {
        return Err(Refused::invalid(
            "IPv6 address with a scope, which PostgreSQL cannot hold",
        ));
    }
    let whole = network.is_some().then_some(value).or(interface.as_ref());
    let prefix = match whole {
        Some(network) => network.getattr(intern!(py, "prefixlen"))?.extract()?,
        None => packed.as_bytes().len() as u8 * 8,
    };
    Ok((packed, prefix))
}

fn mac<'py, const N: usize>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    if bytes.len() != N {
        return Err(Refused::length(N, bytes.len()));
    }
    let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    python::str_from_utf8(scope.py, pairs.join(":").as_bytes())
}

/// Takes the form that is read, pairs of digits between colons; the text format takes all others.
fn encode_mac<const N: usize>(
    scope: &Scope<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let mut text = Vec::new();
    string::encode(scope, codec, value, &mut text)?;
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = text.split(|byte| *byte == b':').map(pair).collect();
    let bytes = bytes.filter(|bytes| bytes.len() == N);
    out.extend(bytes.ok_or_else(|| Refused::unsuited("str"))?);
    Ok(())
}

fn digit(character: u8) -> Option<u8> {
    let digit = char::from(character).to_digit(16)?;
    u8::try_from(digit).ok()
}
