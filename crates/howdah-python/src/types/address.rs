//! Objects of `ipaddress`, made without their constructors, which take microseconds.
//!
//! No IO. Called by `network`. The attributes that a constructor sets are set here directly. They
//! are private to the standard library, so once per process one object of each class is compared
//! with what its constructor makes; should they differ in some Python, the constructors are called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pyo3::IntoPyObjectExt;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyInt, PyString, PyType};

use super::{Decoded, build};

/// What a prefix means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A host, in its network if the prefix is not full.
    Inet,
    /// A network.
    Cidr,
}

/// `address/prefix` as an object of `ipaddress`; the prefix must fit the family.
pub(super) fn make(py: Python<'_>, address: IpAddr, prefix: u8, kind: Kind) -> Decoded<'_> {
    static V4: PyOnceLock<Family> = PyOnceLock::new();
    static V6: PyOnceLock<Family> = PyOnceLock::new();
    let family = match address {
        IpAddr::V4(_) => V4.get_or_try_init(py, || Family::import(py, 32))?,
        IpAddr::V6(_) => V6.get_or_try_init(py, || Family::import(py, 128))?,
    };
    match kind {
        Kind::Inet if prefix == family.bits => family.address(py, address),
        Kind::Inet => family.interface(py, address, prefix),
        Kind::Cidr => family.network(py, address, prefix),
    }
}

/// The classes of one family of addresses.
struct Family {
    bits: u8,
    address: Py<PyType>,
    interface: Py<PyType>,
    network: Py<PyType>,
    /// By prefix.
    netmasks: Vec<Py<PyAny>>,
    /// The attributes may be set directly.
    direct: bool,
}

impl Family {
    fn import(py: Python<'_>, bits: u8) -> PyResult<Self> {
        let version = if bits == 32 { "IPv4" } else { "IPv6" };
        let module = py.import("ipaddress")?;
        let class = |kind: &str| -> PyResult<Py<PyType>> {
            let class = module.getattr(format!("{version}{kind}"))?;
            Ok(class.cast_into::<PyType>()?.unbind())
        };
        let address = class("Address")?;
        let zeros = u32::from(128 - bits);
        let netmask = |prefix: u8| {
            let mask = u128::MAX >> zeros
                & !(u128::MAX
                    .checked_shr(zeros + u32::from(prefix))
                    .unwrap_or(0));
            address.call1(py, (mask,))
        };
        let mut family = Self {
            bits,
            netmasks: (0..=bits).map(netmask).collect::<PyResult<_>>()?,
            address,
            interface: class("Interface")?,
            network: class("Network")?,
            direct: true,
        };
        family.direct = family.directly_made_are_the_same(py).unwrap_or(false);
        Ok(family)
    }

    fn directly_made_are_the_same<'py>(&'py self, py: Python<'py>) -> PyResult<bool> {
        let sample: IpAddr = match self.bits {
            32 => Ipv4Addr::new(10, 1, 2, 3).into(),
            _ => Ipv6Addr::new(0xfd00, 1, 2, 3, 4, 5, 6, 7).into(),
        };
        let whole = number(py, sample)?;
        let masked = number(py, masked(sample, 20))?;
        let pairs = [
            (
                self.address(py, sample),
                self.address.bind(py).call1((whole.clone(),))?,
            ),
            (
                self.interface(py, sample, 20),
                self.interface.bind(py).call1(((whole, 20),))?,
            ),
            (
                self.network(py, sample, 20),
                self.network.bind(py).call1(((masked, 20),))?,
            ),
        ];
        for (made, expected) in pairs {
            let Ok(made) = made else { return Ok(false) };
            let attributes = |object: &Bound<'_, PyAny>| match object.getattr_opt("__dict__") {
                Ok(Some(dict)) => dict.repr().map(|text| text.to_string()),
                _ => object.dir().map(|names| names.to_string()),
            };
            let same = made.eq(&expected)?
                && made.hash()? == expected.hash()?
                && made.repr()?.to_string() == expected.repr()?.to_string()
                && attributes(&made)? == attributes(&expected)?;
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn address<'py>(&self, py: Python<'py>, address: IpAddr) -> Decoded<'py> {
        let class = self.address.bind(py);
        let number = number(py, address)?;
        if !self.direct {
            return Ok(class.call1((number,))?);
        }
        let (ip, scope, none) = slots(py);
        let slots = [(ip, number.as_any()), (scope, &none)];
        build::instance(class, if self.bits == 32 { &slots[..1] } else { &slots })
    }

    fn interface<'py>(&'py self, py: Python<'py>, address: IpAddr, prefix: u8) -> Decoded<'py> {
        let class = self.interface.bind(py);
        let number = number(py, address)?;
        if !self.direct {
            return Ok(class.call1(((number, prefix),))?);
        }
        let network = self.network(py, address, prefix)?;
        let (ip, scope, none) = slots(py);
        let attributes = [
            (ip, number.as_any()),
            (intern!(py, "network"), &network),
            (intern!(py, "netmask"), self.netmask(py, prefix)?),
            (intern!(py, "_prefixlen"), &prefix.into_bound_py_any(py)?),
            (scope, &none),
        ];
        build::instance(
            class,
            if self.bits == 32 {
                &attributes[..4]
            } else {
                &attributes
            },
        )
    }

    /// The network that the address is in. The constructor gives the two longest prefixes a
    /// `hosts` of their own, so it makes those.
    fn network<'py>(&'py self, py: Python<'py>, address: IpAddr, prefix: u8) -> Decoded<'py> {
        let class = self.network.bind(py);
        let address = masked(address, prefix);
        if !self.direct || prefix + 1 >= self.bits {
            return Ok(class.call1(((number(py, address)?, prefix),))?);
        }
        build::instance(
            class,
            &[
                (intern!(py, "network_address"), &self.address(py, address)?),
                (intern!(py, "netmask"), self.netmask(py, prefix)?),
                (intern!(py, "_prefixlen"), &prefix.into_bound_py_any(py)?),
            ],
        )
    }

    fn netmask<'py>(&'py self, py: Python<'py>, prefix: u8) -> PyResult<&'py Bound<'py, PyAny>> {
        let netmask = self.netmasks.get(usize::from(prefix));
        netmask.map(|netmask| netmask.bind(py)).ok_or_else(|| {
            pyo3::exceptions::PyValueError::new_err("prefix longer than its address")
        })
    }
}

fn number(py: Python<'_>, address: IpAddr) -> PyResult<Bound<'_, PyInt>> {
    match address {
        IpAddr::V4(address) => Ok(u32::from(address).into_pyobject(py)?),
        IpAddr::V6(address) => Ok(u128::from(address).into_pyobject(py)?),
    }
}

type Name<'py> = &'py Bound<'py, PyString>;

/// The names of an address's slots, and what stands in the second.
fn slots(py: Python<'_>) -> (Name<'_>, Name<'_>, Bound<'_, PyAny>) {
    (
        intern!(py, "_ip"),
        intern!(py, "_scope_id"),
        py.None().into_bound(py),
    )
}

/// The address with the bits behind its prefix cleared.
pub(super) fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX
                .checked_shl(32 - u32::from(prefix.min(32)))
                .unwrap_or(0);
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX
                .checked_shl(128 - u32::from(prefix.min(128)))
                .unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_behind_the_prefix_are_cleared() {
        let cleared = |text: &str, prefix| {
            text.parse()
                .map(|address| masked(address, prefix).to_string())
        };
        assert_eq!(cleared("10.1.255.3", 20).as_deref(), Ok("10.1.240.0"));
        assert_eq!(cleared("10.1.255.3", 0).as_deref(), Ok("0.0.0.0"));
        assert_eq!(cleared("10.1.255.3", 32).as_deref(), Ok("10.1.255.3"));
        assert_eq!(cleared("ffff:ffff::1", 17).as_deref(), Ok("ffff:8000::"));
        assert_eq!(cleared("ffff::1", 0).as_deref(), Ok("::"));
    }
}
