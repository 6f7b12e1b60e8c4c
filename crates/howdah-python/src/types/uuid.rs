//! `uuid` as `uuid.UUID`.
//!
//! No IO. Calling `UUID` costs a microsecond of Python, so its two slots are filled directly where
//! the class is laid out as CPython's has been since 3.8; where it is not, the class is called.
//! Invariant: an offset is used only after a UUID made by Python itself was found to keep its
//! values there.

use std::io::Write;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};
use pyo3::{IntoPyObjectExt, ffi, intern};

use super::{Codec, Decoded, Format, Functions, Refused, Scope, string};

pub(super) const UUID: Functions = Functions {
    decode_binary: Some(decode_binary),
    decode_text,
    encode_binary: Some(encode_binary),
    encode_text,
    result_format: Format::Binary,
    atomic: true,
};

fn decode_binary<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    match bytes.try_into() {
        Ok(bytes) => Class::of_process(scope.py)?.instance(scope.py, u128::from_be_bytes(bytes)),
        Err(_) => Err(Refused::length(16, bytes.len())),
    }
}

fn decode_text<'py>(scope: &Scope<'_, 'py>, _: &Codec, bytes: &[u8]) -> Decoded<'py> {
    let text = string::ascii(bytes)?;
    let number = (text.len() == 36)
        .then(|| text.replace('-', ""))
        .filter(|digits| digits.len() == 32 && !digits.starts_with('+'))
        .and_then(|digits| u128::from_str_radix(&digits, 16).ok());
    match number {
        Some(number) => Class::of_process(scope.py)?.instance(scope.py, number),
        None => Err(Refused::invalid("text that is not a `uuid`")),
    }
}

fn encode_binary(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    out.extend_from_slice(&number_of(value)?.to_be_bytes());
    Ok(())
}

fn encode_text(
    _: &Scope<'_, '_>,
    _: &Codec,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    if !string::verbatim(value, out)? {
        let number = number_of(value)?;
        let [a, b, c] = [80, 64, 48].map(|shift| number >> shift & 0xffff);
        let (first, last) = (number >> 96, number & 0xffff_ffff_ffff);
        let _ = write!(out, "{first:08x}-{a:04x}-{b:04x}-{c:04x}-{last:012x}");
    }
    Ok(())
}

fn number_of(value: &Bound<'_, PyAny>) -> Result<u128, Refused> {
    let py = value.py();
    if !value.is_instance(Class::of_process(py)?.class.bind(py))? {
        return Err(Refused::unsuited("uuid.UUID or str"));
    }
    Ok(value.getattr(intern!(py, "int"))?.extract()?)
}

struct Class {
    class: Py<PyType>,
    /// None: its layout is not the known one.
    slots: Option<Slots>,
}

/// What to write into a new instance, and at which offsets in bytes.
struct Slots {
    number: usize,
    is_safe: usize,
    /// `SafeUUID.unknown`, as `UUID(int=…)` sets it.
    unknown: Py<PyAny>,
}

impl Class {
    fn of_process(py: Python<'_>) -> PyResult<&'static Self> {
        static CLASS: PyOnceLock<Class> = PyOnceLock::new();
        CLASS.get_or_try_init(py, || {
            let class = py.import("uuid")?.getattr("UUID")?.cast_into::<PyType>()?;
            let slots = Slots::find(&class)?;
            Ok(Self {
                class: class.unbind(),
                slots,
            })
        })
    }

    #[inline]
    fn instance<'py>(&self, py: Python<'py>, number: u128) -> Decoded<'py> {
        let number = number.into_bound_py_any(py)?;
        let class = self.class.bind(py);
        match &self.slots {
            Some(slots) => slots.instance(class, number),
            None => Self::call(class, &number),
        }
    }

    fn call<'py>(class: &Bound<'py, PyType>, number: &Bound<'py, PyAny>) -> Decoded<'py> {
        let keywords = PyDict::new(class.py());
        keywords.set_item(intern!(class.py(), "int"), number)?;
        Ok(class.call((), Some(&keywords))?)
    }
}

impl Slots {
    fn find(class: &Bound<'_, PyType>) -> PyResult<Option<Self>> {
        let py = class.py();
        let names = class.getattr("__slots__")?;
        let known = names.eq(PyTuple::new(py, ["int", "is_safe", "__weakref__"])?)?;
        // SAFETY: the class is a live type object, whose flags are read.
        let collected =
            unsafe { ffi::PyType_HasFeature(class.as_type_ptr(), ffi::Py_TPFLAGS_HAVE_GC) } != 0;
        if !known || !collected {
            return Ok(None);
        }
        let unknown = py.import("uuid")?.getattr("SafeUUID")?.getattr("unknown")?;
        let (Some(number), Some(is_safe)) = (offset(class, "int")?, offset(class, "is_safe")?)
        else {
            return Ok(None);
        };
        let found = Self {
            number,
            is_safe,
            unknown: unknown.unbind(),
        };
        Ok(found.holds(class)?.then_some(found))
    }

    /// Whether a UUID that Python made has its values where we are going to write them.
    fn holds(&self, class: &Bound<'_, PyType>) -> PyResult<bool> {
        let probe = Class::call(class, &1_u128.into_bound_py_any(class.py())?)
            .map_err(|_| PyTypeError::new_err("`uuid.UUID` does not take `int`"))?;
        let number = probe.getattr("int")?;
        // SAFETY: `offset` found both to be within the instance, aligned, and object slots.
        unsafe {
            Ok(*slot(&probe, self.number) == number.as_ptr()
                && *slot(&probe, self.is_safe) == self.unknown.as_ptr())
        }
    }

    #[inline]
    fn instance<'py>(&self, class: &Bound<'py, PyType>, number: Bound<'py, PyAny>) -> Decoded<'py> {
        let py = class.py();
        // SAFETY: `object.__new__` would do the same: an instance with empty slots that nobody else
        // knows. `find` proved that both offsets are object slots of this class; each gets a
        // reference of its own. Neither value can refer back to the instance, so the collector,
        // which `find` saw to know the class's instances, needs not know this one.
        unsafe {
            let object = ffi::PyType_GenericAlloc(class.as_type_ptr(), 0);
            let object = Bound::from_owned_ptr_or_err(py, object)?;
            *slot(&object, self.number) = number.into_ptr();
            *slot(&object, self.is_safe) = self.unknown.clone_ref(py).into_ptr();
            ffi::PyObject_GC_UnTrack(object.as_ptr().cast());
            Ok(object)
        }
    }
}

/// The place `offset` bytes after the start of `object`.
///
/// # Safety
/// There must be an object slot.
unsafe fn slot(object: &Bound<'_, PyAny>, offset: usize) -> *mut *mut ffi::PyObject {
    // SAFETY: the caller says that the place belongs to the object and is a slot.
    unsafe { object.as_ptr().byte_add(offset).cast() }
}

/// Where instances of `class` keep the slot `name`, if it is a plain one.
fn offset(class: &Bound<'_, PyType>, name: &str) -> PyResult<Option<usize>> {
    let descriptor = class.getattr("__dict__")?.get_item(name)?;
    // SAFETY: an object of exactly `PyMemberDescr_Type` is a PyMemberDescrObject, whose `d_member`
    // points to a definition that lives as long as the class; the size is read from a live type.
    let (kind, offset, size) = unsafe {
        if !ptr_eq(
            ffi::Py_TYPE(descriptor.as_ptr()),
            &raw const ffi::PyMemberDescr_Type,
        ) {
            return Ok(None);
        }
        let member = (*descriptor.as_ptr().cast::<ffi::PyMemberDescrObject>()).d_member;
        (
            (*member).type_code,
            (*member).offset,
            (*class.as_type_ptr()).tp_basicsize,
        )
    };
    let end = offset + size_of::<*mut ffi::PyObject>() as ffi::Py_ssize_t;
    let aligned = (offset as usize).is_multiple_of(align_of::<*mut ffi::PyObject>());
    let plain = kind == ffi::Py_T_OBJECT_EX && offset > 0 && end <= size && aligned;
    Ok(plain.then_some(offset as usize))
}

fn ptr_eq(found: *mut ffi::PyTypeObject, wanted: *const ffi::PyTypeObject) -> bool {
    std::ptr::eq(found, wanted)
}
