//! `Row`: a tuple that also answers by column name.
//!
//! A `Row` is a subclass of `tuple` with one hidden item behind its last one: the [`Shape`] that
//! all rows of a result share. CPython's own `structseq` keeps hidden items the same way. So a row
//! costs one allocation, and comparison, hashing, iteration and unpacking are the tuple's own.
//!
//! No IO. Made by `decoding`, and by `types` for composite values.
//!
//! Invariant of every `Row` object: it was allocated with `len + 1` items, its size says `len`, and
//! item `len` holds a strong reference to a [`Shape`] of `len` names, or null while it is made.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};

use pyo3::exceptions::{PyAttributeError, PyKeyError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

/// Adds this module's names to `_native`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("Row", row_type(module.py())?)?;
    module.add_function(wrap_pyfunction!(restore_row, module)?)
}

/// The column names of a result, shared by its rows.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Shape {
    names: Py<PyTuple>,
    /// Name to position; the first of equal names wins.
    positions: Py<PyDict>,
}

impl Shape {
    /// A shape with these names, which are interned: equal names of all results are one object.
    pub(crate) fn new<'py>(
        py: Python<'py>,
        names: impl IntoIterator<Item: AsRef<str>>,
    ) -> PyResult<Bound<'py, Self>> {
        let names: Vec<_> = names
            .into_iter()
            .map(|name| PyString::intern(py, name.as_ref()))
            .collect();
        let positions = PyDict::new(py);
        for (position, name) in names.iter().enumerate().rev() {
            positions.set_item(name, position)?;
        }
        let names = PyTuple::new(py, names)?.unbind();
        Bound::new(
            py,
            Self {
                names,
                positions: positions.unbind(),
            },
        )
    }

    /// The names in order, interned.
    pub(crate) fn names<'py>(&self, py: Python<'py>) -> &Bound<'py, PyTuple> {
        self.names.bind(py)
    }

    fn position(&self, py: Python<'_>, name: &Bound<'_, PyAny>) -> PyResult<Option<isize>> {
        match self.positions.bind(py).get_item(name)? {
            Some(position) => position.extract().map(Some),
            None => Ok(None),
        }
    }

    /// "`id`, `name`": for messages.
    fn listing(&self, py: Python<'_>) -> String {
        let names = self.names(py).iter().map(|name| format!("`{name}`"));
        names.collect::<Vec<_>>().join(", ")
    }
}

/// The Python type `howdah.Row`.
///
/// # Errors
/// What creating a type may raise (memory).
pub(crate) fn row_type(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static TYPE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    TYPE.get_or_try_init(py, || create_type(py))
        .map(|row| row.bind(py))
}

/// A tuple or row under construction, whose missing items are null.
pub(crate) struct RowBuilder<'py> {
    row: Bound<'py, PyAny>,
    /// Not known to the garbage collector yet.
    tracked: bool,
}

impl<'py> RowBuilder<'py> {
    /// A row of this shape, still without values.
    #[inline]
    pub(crate) fn row(
        row_type: &Bound<'py, PyType>,
        shape: &Bound<'py, Shape>,
        len: usize,
    ) -> PyResult<Self> {
        let py = shape.py();
        let raw = allocate(row_type, len);
        let len = len as ffi::Py_ssize_t;
        // SAFETY: `allocate` answers null with an exception set, or an object with one reference,
        // size `len` and room for `len + 1` items. All are written before anything else can see
        // the object; the hidden one takes over a new reference to the shape.
        unsafe {
            let row = Bound::from_owned_ptr_or_err(py, raw)?;
            for index in 0..len {
                ffi::PyTuple_SET_ITEM(raw, index, std::ptr::null_mut());
            }
            ffi::PyTuple_SET_ITEM(raw, len, shape.clone().into_ptr());
            Ok(Self {
                row,
                tracked: false,
            })
        }
    }

    /// A plain tuple, still without values.
    #[inline]
    pub(crate) fn tuple(py: Python<'py>, len: usize) -> PyResult<Self> {
        // SAFETY: PyTuple_New answers a new reference to a tuple of null items, or null with an
        // exception set.
        let row =
            unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyTuple_New(len as ffi::Py_ssize_t))? };
        Ok(Self { row, tracked: true })
    }

    /// Puts the value at `index`, which must be below the length and not have a value yet.
    #[inline]
    pub(crate) fn set(&mut self, index: usize, value: Bound<'py, PyAny>) {
        // SAFETY: the object is a tuple whose items up to its size exist (this module's
        // invariant); the caller keeps `index` below the length given at the start. The item is
        // null before, so no reference is lost, and takes over that of `value`.
        unsafe {
            debug_assert!((index as ffi::Py_ssize_t) < ffi::Py_SIZE(self.row.as_ptr()));
            ffi::PyTuple_SET_ITEM(
                self.row.as_ptr(),
                index as ffi::Py_ssize_t,
                value.into_ptr(),
            );
        }
    }

    /// The finished object. Where all values are `atomic` (none refers to a container) the
    /// garbage collector is spared from visiting it.
    #[inline]
    pub(crate) fn finish(self, atomic: bool) -> Bound<'py, PyAny> {
        if self.tracked == atomic {
            let object = self.row.as_ptr().cast::<c_void>();
            // SAFETY: a live GC object; `tracked` says on which side it is now.
            unsafe {
                if atomic {
                    ffi::PyObject_GC_UnTrack(object);
                } else {
                    ffi::PyObject_GC_Track(object);
                }
            }
        }
        self.row
    }
}

/// Memory of rows that died, for rows of the same length that are born: CPython does the same for
/// plain tuples. Short rows alone, and no more than one large result.
struct Spare(UnsafeCell<[Vec<*mut ffi::PyObject>; SPARE_LENGTHS]>);

const SPARE_LENGTHS: usize = 17;
const SPARE_ROWS: usize = 2000;

// SAFETY: touched only by threads that hold the interpreter's lock: the module does not declare
// that it can do without, so interpreters built to run without keep theirs.
unsafe impl Sync for Spare {}

static SPARE: Spare = Spare(UnsafeCell::new([const { Vec::new() }; SPARE_LENGTHS]));

/// A new row object of this length, whose items are not written yet; null with an exception set.
#[inline]
fn allocate(row_type: &Bound<'_, PyType>, len: usize) -> *mut ffi::PyObject {
    let row_type = row_type.as_type_ptr();
    // SAFETY: the thread is attached (`Bound`), which `Spare` needs; nothing here runs Python code.
    // Spare memory was a row of this length: it has room for `len + 1` items and an untracked GC
    // head, and PyObject_InitVar makes it an object with one reference and this size again. A new
    // object gets one item more than its size says.
    unsafe {
        if let Some(raw) = (*SPARE.0.get()).get_mut(len).and_then(Vec::pop) {
            ffi::PyObject_InitVar(raw.cast(), row_type, len as ffi::Py_ssize_t);
            return raw;
        }
        let raw: *mut ffi::PyObject = ffi::PyObject_GC_NewVar(row_type, len as ffi::Py_ssize_t + 1);
        if !raw.is_null() {
            (*raw.cast::<ffi::PyVarObject>()).ob_size = len as ffi::Py_ssize_t;
        }
        raw
    }
}

/// Makes a row again from its names and values: what `pickle` and `copy` call.
#[pyfunction]
pub(crate) fn restore_row<'py>(
    names: &Bound<'py, PyTuple>,
    values: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = names.py();
    if names.len() != values.len() {
        return Err(pyo3::exceptions::PyValueError::new_err(
            "a row needs one name for each value",
        ));
    }
    let names: Vec<String> = names.extract()?;
    let shape = Shape::new(py, names)?;
    let mut row = RowBuilder::row(row_type(py)?, &shape, values.len())?;
    for (index, value) in values.iter().enumerate() {
        row.set(index, value);
    }
    Ok(row.finish(false))
}

fn create_type(py: Python<'_>) -> PyResult<Py<PyType>> {
    let slot = |slot: c_int, pfunc: *mut c_void| ffi::PyType_Slot { slot, pfunc };
    let mut slots = [
        slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
        slot(ffi::Py_tp_traverse, traverse as *mut c_void),
        slot(ffi::Py_tp_getattro, getattro as *mut c_void),
        slot(ffi::Py_tp_repr, repr as *mut c_void),
        slot(ffi::Py_mp_subscript, subscript as *mut c_void),
        slot(ffi::Py_tp_methods, methods().cast()),
        slot(ffi::Py_tp_doc, DOC.as_ptr().cast_mut().cast()),
        slot(0, std::ptr::null_mut()),
    ];
    let flags = ffi::Py_TPFLAGS_DEFAULT
        | ffi::Py_TPFLAGS_HAVE_GC
        | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION
        | ffi::Py_TPFLAGS_IMMUTABLETYPE;
    let mut spec = ffi::PyType_Spec {
        name: c"howdah.Row".as_ptr(),
        basicsize: 0,
        itemsize: 0,
        flags: flags as u32,
        slots: slots.as_mut_ptr(),
    };
    let bases = PyTuple::new(py, [py.get_type::<PyTuple>()])?;
    // SAFETY: the spec and its slots outlive the call, name, doc and methods are static, and each
    // function has the signature that its slot demands. Sizes of 0 are inherited from tuple.
    let created = unsafe {
        let raw = ffi::PyType_FromSpecWithBases(&raw mut spec, bases.as_ptr());
        Bound::from_owned_ptr_or_err(py, raw)?
    };
    Ok(created.cast_into::<PyType>()?.unbind())
}

const DOC: &std::ffi::CStr = c"A row of a result.

A tuple whose values are also found by column name, `row[\"id\"]`, and as attributes, `row.id`.
A column's name wins over a method of tuple: `row.count` is the column `count` if there is one.
Where two columns have one name, the first answers. Equal to a tuple of the same values.";

/// The hidden item of a row.
///
/// # Safety
/// `row` must be a `Row` whose construction is complete.
unsafe fn shape_of<'a>(py: Python<'a>, row: *mut ffi::PyObject) -> &'a Bound<'a, Shape> {
    // SAFETY: by this module's invariant the item behind the last holds a Shape for as long as the
    // row lives; the callers below borrow it no longer than the call that holds the row.
    unsafe {
        let item: *mut *mut ffi::PyObject =
            (&raw mut (*row.cast::<ffi::PyTupleObject>()).ob_item).cast();
        let hidden = item.offset(ffi::Py_SIZE(row));
        Bound::<PyAny>::ref_from_ptr(py, &*hidden).cast_unchecked::<Shape>()
    }
}

unsafe extern "C" fn dealloc(row: *mut ffi::PyObject) {
    // SAFETY: called once, by the interpreter, for an object of our type without references. All
    // `len + 1` items are null or owned; the type is a heap type that its instances keep alive.
    unsafe {
        ffi::PyObject_GC_UnTrack(row.cast());
        for index in 0..=ffi::Py_SIZE(row) {
            ffi::Py_XDECREF(ffi::PyTuple_GET_ITEM(row, index));
        }
        let row_type = ffi::Py_TYPE(row);
        match (*SPARE.0.get()).get_mut(ffi::Py_SIZE(row) as usize) {
            Some(spare) if spare.len() < SPARE_ROWS => spare.push(row),
            _ => ffi::PyObject_GC_Del(row.cast()),
        }
        ffi::Py_DECREF(row_type.cast());
    }
}

unsafe extern "C" fn traverse(
    row: *mut ffi::PyObject,
    visit: ffi::visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector for a live, tracked row; items may be null. The hidden shape
    // refers to strings and numbers alone, so it cannot be part of a cycle.
    unsafe {
        let visited = visit(ffi::Py_TYPE(row).cast(), arg);
        if visited != 0 {
            return visited;
        }
        for index in 0..ffi::Py_SIZE(row) {
            let item = ffi::PyTuple_GET_ITEM(row, index);
            if !item.is_null() {
                let visited = visit(item, arg);
                if visited != 0 {
                    return visited;
                }
            }
        }
    }
    0
}

unsafe extern "C" fn getattro(
    row: *mut ffi::PyObject,
    name: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter holds both references during the call and is attached.
    unsafe {
        let py = Python::assume_attached();
        let shape = shape_of(py, row);
        let name = Bound::ref_from_ptr(py, &name);
        returned(py, attribute(row, shape, name))
    }
}

/// # Safety
/// `row` must be a complete `Row` and `shape` its shape.
unsafe fn attribute<'py>(
    row: *mut ffi::PyObject,
    shape: &Bound<'py, Shape>,
    name: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = shape.py();
    let special = name
        .cast::<PyString>()?
        .to_str()
        .is_ok_and(|name| name.starts_with("__"));
    // SAFETY: positions lie below the length by the invariant; references are owned by the row
    unsafe {
        if !special && let Some(position) = shape.get().position(py, name)? {
            return Ok(Bound::from_borrowed_ptr(
                py,
                ffi::PyTuple_GET_ITEM(row, position),
            ));
        }
        let found = ffi::PyObject_GenericGetAttr(row, name.as_ptr());
        Bound::from_owned_ptr_or_err(py, found).map_err(|error| {
            if special || !error.is_instance_of::<PyAttributeError>(py) {
                return error;
            }
            let listing = shape.get().listing(py);
            PyAttributeError::new_err(format!("row has no column `{name}`; it has {listing}"))
        })
    }
}

unsafe extern "C" fn subscript(
    row: *mut ffi::PyObject,
    key: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter holds both references during the call and is attached; tuple has
    // the mapping slot in every supported version, and positions lie below the length.
    unsafe {
        if ffi::PyUnicode_Check(key) == 0 {
            let mapping = ffi::PyTuple_Type.tp_as_mapping;
            return match (*mapping).mp_subscript {
                Some(subscript) => subscript(row, key),
                None => std::ptr::null_mut(),
            };
        }
        let py = Python::assume_attached();
        let shape = shape_of(py, row);
        let name = Bound::ref_from_ptr(py, &key);
        let value = match shape.get().position(py, name) {
            Ok(Some(at)) => Ok(Bound::from_borrowed_ptr(py, ffi::PyTuple_GET_ITEM(row, at))),
            Ok(None) => {
                let listing = shape.get().listing(py);
                let text = format!("row has no column `{name}`; it has {listing}");
                Err(PyKeyError::new_err(text))
            }
            Err(error) => Err(error),
        };
        returned(py, value)
    }
}

unsafe extern "C" fn repr(row: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the interpreter holds the reference during the call and is attached
    unsafe {
        let py = Python::assume_attached();
        let shape = shape_of(py, row);
        let row = Bound::ref_from_ptr(py, &row).cast_unchecked::<PyTuple>();
        returned(py, written(shape, row).map(Bound::into_any))
    }
}

fn written<'py>(
    shape: &Bound<'py, Shape>,
    row: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyString>> {
    let mut parts = Vec::with_capacity(row.len());
    for (name, value) in shape.get().names(row.py()).iter().zip(row.iter()) {
        parts.push(format!("{name}={}", value.repr()?));
    }
    Ok(PyString::new(
        row.py(),
        &format!("Row({})", parts.join(", ")),
    ))
}

unsafe extern "C" fn keys(row: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the interpreter holds the reference during the call and is attached
    unsafe {
        let py = Python::assume_attached();
        shape_of(py, row).get().names(py).clone().into_ptr()
    }
}

unsafe extern "C" fn as_dict(row: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as for `repr`
    unsafe {
        let py = Python::assume_attached();
        let shape = shape_of(py, row);
        let row = Bound::ref_from_ptr(py, &row).cast_unchecked::<PyTuple>();
        returned(py, dict_of(shape, row).map(Bound::into_any))
    }
}

fn dict_of<'py>(
    shape: &Bound<'py, Shape>,
    row: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(row.py());
    for (name, value) in shape.get().names(row.py()).iter().zip(row.iter()) {
        if !dict.contains(&name)? {
            dict.set_item(name, value)?;
        }
    }
    Ok(dict)
}

unsafe extern "C" fn reduce(row: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as for `repr`
    unsafe {
        let py = Python::assume_attached();
        let shape = shape_of(py, row);
        let row = Bound::ref_from_ptr(py, &row).cast_unchecked::<PyTuple>();
        let reduced = || {
            let restore = py.import("howdah._native")?.getattr("restore_row")?;
            let values = row.get_slice(0, row.len());
            let values = PyTuple::new(py, values.iter())?;
            (restore, (shape.get().names(py), values)).into_pyobject(py)
        };
        returned(py, reduced().map(Bound::into_any))
    }
}

/// The methods of the type, which CPython refers to for as long as the process lives.
fn methods() -> *mut ffi::PyMethodDef {
    let method = |name: &'static std::ffi::CStr,
                  function: ffi::PyCFunction,
                  doc: &'static std::ffi::CStr| {
        ffi::PyMethodDef {
            ml_name: name.as_ptr(),
            ml_meth: ffi::PyMethodDefPointer {
                PyCFunction: function,
            },
            ml_flags: ffi::METH_NOARGS,
            ml_doc: doc.as_ptr(),
        }
    };
    let methods = Box::new([
        method(c"keys", keys, c"The columns' names in order."),
        method(c"as_dict", as_dict, c"A dict of the values by column name."),
        method(c"__reduce__", reduce, c"For pickle and copy."),
        ffi::PyMethodDef::zeroed(),
    ]);
    Box::leak(methods).as_mut_ptr()
}

/// A result as the C-API wants it: a new reference, or null with the exception set.
fn returned<'py>(py: Python<'py>, value: PyResult<Bound<'py, PyAny>>) -> *mut ffi::PyObject {
    match value {
        Ok(value) => value.into_ptr(),
        Err(error) => {
            error.restore(py);
            std::ptr::null_mut()
        }
    }
}
