//! `Layout`: where the slots of a model are.
//!
//! No IO. Made once for each model. Invariant: each [`Slot`] is a place for one reference in every
//! object of the model and of classes that derive from it, found in CPython's member descriptors.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple, PyType};

use super::changes::not_loaded;
use super::cohort::Cohort;
use super::instance::{HEAD, Instance, instance_type, is_container, is_subtype};

/// The columns and relations of one model, and their slots.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Layout {
    model: Py<PyType>,
    columns: Vec<Named>,
    relations: Vec<Named>,
    /// Objects are nothing but head and slots: they can be made by hand.
    plain: bool,
}

struct Named {
    name: Py<PyString>,
    text: String,
    slot: Slot,
}

/// The place of one attribute within objects of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// In bytes, from the object's start.
    offset: usize,
}

#[pymethods]
impl Layout {
    #[new]
    fn new(
        model: Bound<'_, PyType>,
        columns: &Bound<'_, PyAny>,
        relations: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let py = model.py();
        if !is_subtype(&model, instance_type(py)?) {
            let name = model.name()?;
            let message = format!("`{name}` does not derive from `Instance`");
            return Err(PyTypeError::new_err(message));
        }
        let layout = Self {
            columns: slots_of(&model, columns)?,
            relations: slots_of(&model, relations)?,
            plain: is_plain(&model),
            model: model.unbind(),
        };
        layout.check_distinct(py)?;
        Ok(layout)
    }

    /// The class.
    #[getter]
    fn model(&self, py: Python<'_>) -> Py<PyType> {
        self.model.clone_ref(py)
    }

    /// The names of the columns.
    #[getter]
    pub(super) fn columns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.columns.iter().map(|column| &column.name))
    }

    /// The names of the relations.
    #[getter]
    fn relations<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.relations.iter().map(|relation| &relation.name))
    }

    /// An object whose attributes are all missing, made without `__init__`.
    fn blank<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let object = self.allocate(py)?;
        object.track();
        Ok(object.into_any())
    }

    /// Make objects loaded ones: a cohort of their own, without changes. Those of another cohort
    /// leave it.
    fn adopt<'py>(
        slf: &Bound<'py, Self>,
        objects: &Bound<'py, PyAny>,
        executor: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Cohort>> {
        let py = slf.py();
        let objects = objects.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        let objects = objects.into_iter().map(|object| slf.get().own(object));
        let objects = objects.collect::<PyResult<Vec<_>>>()?;
        let cohort = Cohort::new(slf.clone().unbind(), executor.unbind());
        let cohort = Bound::new(py, cohort)?;
        for object in &objects {
            object.leave();
            Cohort::add(&cohort, object)?;
        }
        Ok(cohort)
    }

    /// A tuple of the values of `columns` of each object, `NOT_LOADED` where there is none.
    fn rows<'py>(
        &self,
        objects: &Bound<'py, PyAny>,
        columns: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyList>> {
        let py = objects.py();
        let column = |name: PyResult<Bound<'py, PyAny>>| {
            let name = name?.cast_into::<PyString>()?;
            self.column_named(&name)
        };
        let slots = columns.try_iter()?.map(column);
        let slots = slots.collect::<PyResult<Vec<_>>>()?;
        let missing = not_loaded(py)?.as_any();
        let rows = PyList::empty(py);
        for object in objects.try_iter()? {
            let object = self.own(object?)?;
            let value = |slot: &Slot| slot.read(&object).unwrap_or_else(|| missing.clone());
            rows.append(PyTuple::new(py, slots.iter().map(value))?)?;
        }
        Ok(rows)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Layout({})", self.model.bind(py).name()?))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.model)
    }
}

impl Layout {
    /// The slot of a column, if `name` is one.
    #[inline]
    pub(super) fn column(&self, name: &Bound<'_, PyString>) -> Option<Slot> {
        find(&self.columns, name)
    }

    /// The slot of a column.
    ///
    /// # Errors
    /// `ValueError` where the model has no such column.
    pub(super) fn column_named(&self, name: &Bound<'_, PyString>) -> PyResult<Slot> {
        self.column(name)
            .ok_or_else(|| self.unknown(name, "column"))
    }

    /// The slot of a column or relation.
    ///
    /// # Errors
    /// `ValueError` where the model has neither.
    pub(super) fn slot_named(&self, name: &Bound<'_, PyString>) -> PyResult<Slot> {
        let slot = self.column(name).or_else(|| find(&self.relations, name));
        slot.ok_or_else(|| self.unknown(name, "column or relation"))
    }

    /// An object of the model, or of a class that derives from it.
    ///
    /// # Errors
    /// `TypeError` for other objects.
    pub(super) fn own<'py>(&self, object: Bound<'py, PyAny>) -> PyResult<Instance<'py>> {
        let model = self.model.bind(object.py());
        if is_subtype(&object.get_type(), model) {
            // SAFETY: the model derives from `Instance`
            return Ok(unsafe { Instance::of_unchecked(object) });
        }
        let (expected, found) = (model.name()?, object.get_type().name()?);
        let message = format!("expected objects of `{expected}`, found `{found}`");
        Err(PyTypeError::new_err(message))
    }

    /// A new object without values, which the collector does not visit if it is `plain`.
    #[inline]
    pub(super) fn allocate<'py>(&self, py: Python<'py>) -> PyResult<Instance<'py>> {
        let model = self.model.bind(py).as_type_ptr();
        // SAFETY: the model derives from `Instance`. Where it is plain, a new object is its
        // `tp_basicsize` bytes with a head that is written already; zeroes behind it are the null
        // link and empty slots. Elsewhere CPython makes the object, as `object.__new__` does.
        unsafe {
            if !self.plain {
                let new = ffi::PyBaseObject_Type.tp_new;
                let object = new.map_or(std::ptr::null_mut(), |new| {
                    new(model, PyTuple::empty(py).as_ptr(), std::ptr::null_mut())
                });
                let object = Bound::from_owned_ptr_or_err(py, object)?;
                return Ok(Instance::of_unchecked(object));
            }
            let object: *mut ffi::PyObject = ffi::PyObject_GC_New(model);
            if object.is_null() {
                return Err(PyErr::fetch(py));
            }
            let behind = object.add(1).cast::<u8>();
            let length = (*model).tp_basicsize as usize - size_of::<ffi::PyObject>();
            std::ptr::write_bytes(behind, 0, length);
            Ok(Instance::of_unchecked(Bound::from_owned_ptr(py, object)))
        }
    }

    /// Whether new objects are unknown to the collector.
    pub(super) const fn is_plain(&self) -> bool {
        self.plain
    }

    /// The class.
    pub(super) fn model_type<'py>(&self, py: Python<'py>) -> &Bound<'py, PyType> {
        self.model.bind(py)
    }

    fn check_distinct(&self, py: Python<'_>) -> PyResult<()> {
        let all = || self.columns.iter().chain(&self.relations);
        for (index, one) in all().enumerate() {
            if all().skip(index + 1).any(|other| other.slot == one.slot) {
                let name = one.name.bind(py);
                return Err(PyValueError::new_err(format!("`{name}` is named twice")));
            }
        }
        Ok(())
    }

    #[cold]
    fn unknown(&self, name: &Bound<'_, PyString>, kind: &str) -> PyErr {
        match self.model.bind(name.py()).name() {
            Ok(model) => PyValueError::new_err(format!("`{model}` has no {kind} `{name}`")),
            Err(error) => error,
        }
    }
}

impl Slot {
    /// The value, if there is one.
    #[inline]
    pub(super) fn read<'py>(self, object: &Instance<'py>) -> Option<Bound<'py, PyAny>> {
        // SAFETY: `place` points to a slot, which is null or owns a reference
        unsafe { Bound::from_borrowed_ptr_or_opt(object.as_any().py(), *self.place(object)) }
    }

    /// Puts a value; answers the one before.
    #[inline]
    pub(super) fn replace<'py>(
        self,
        object: &Instance<'py>,
        value: Bound<'py, PyAny>,
    ) -> Option<Bound<'py, PyAny>> {
        // SAFETY: as for `read`; the slot takes over the new reference and hands over the old one.
        unsafe {
            let old = std::mem::replace(&mut *self.place(object), value.into_ptr());
            Bound::from_owned_ptr_or_opt(object.as_any().py(), old)
        }
    }

    /// Puts a value into an object that the collector may not know yet. No change is recorded.
    #[inline]
    pub(super) fn put<'py>(self, object: &Instance<'py>, value: Bound<'py, PyAny>) {
        if is_container(&value) {
            object.track();
        }
        drop(self.replace(object, value));
    }

    /// Where the slot of an object is. The object must be of the layout's model: [`Layout::own`],
    /// [`Layout::allocate`] and membership in a cohort of the layout promise it.
    fn place(self, object: &Instance<'_>) -> *mut *mut ffi::PyObject {
        // SAFETY: the offset lies within the objects of the model, by this module's invariant
        unsafe { object.as_ptr().cast::<u8>().add(self.offset).cast() }
    }
}

fn find(among: &[Named], name: &Bound<'_, PyString>) -> Option<Slot> {
    // names are interned on both sides, but for those that a program has put together
    let is_same = |named: &&Named| named.name.as_ptr() == name.as_ptr();
    let found = among.iter().find(is_same).or_else(|| {
        let name = name.to_str().ok()?;
        let is_equal = |named: &&Named| named.text == name;
        among.iter().find(is_equal)
    });
    found.map(|named| named.slot)
}

/// Whether objects consist of the head and slots alone.
fn is_plain(model: &Bound<'_, PyType>) -> bool {
    let managed = managed_flags();
    // SAFETY: a live type, which was made ready
    unsafe {
        let model = &*model.as_type_ptr();
        let alloc = model.tp_alloc.map(|alloc| alloc as usize);
        model.tp_dictoffset == 0
            && model.tp_itemsize == 0
            && model.tp_flags & managed == 0
            && alloc == Some(ffi::PyType_GenericAlloc as *const () as usize)
    }
}

/// The flags of classes whose objects have a dictionary, or something else before their head.
fn managed_flags() -> std::ffi::c_ulong {
    const MANAGED_WEAKREF: std::ffi::c_ulong = 1 << 3; // 3.12
    const MANAGED_DICT: std::ffi::c_ulong = 1 << 4; // 3.11
    const INLINE_VALUES: std::ffi::c_ulong = 1 << 2; // 3.13
    MANAGED_WEAKREF | MANAGED_DICT | INLINE_VALUES
}

fn slots_of(model: &Bound<'_, PyType>, names: &Bound<'_, PyAny>) -> PyResult<Vec<Named>> {
    let named = |name: PyResult<Bound<'_, PyAny>>| {
        let name = name?.cast_into::<PyString>()?;
        let text = name.to_str()?.to_owned();
        let name = PyString::intern(name.py(), &text);
        Ok(Named {
            slot: slot_of(model, &name)?,
            text,
            name: name.unbind(),
        })
    };
    names.try_iter()?.map(named).collect()
}

/// Finds the slot in the class' dictionary, or that of the first base that has the name: the
/// metaclass may have descriptors of the same names, which hide it from `getattr`.
fn slot_of(model: &Bound<'_, PyType>, name: &Bound<'_, PyString>) -> PyResult<Slot> {
    for class in model.mro() {
        let attributes = class.getattr(pyo3::intern!(name.py(), "__dict__"))?;
        if attributes.contains(name)? {
            let found = slot_in(model, &attributes.get_item(name)?);
            return found.ok_or_else(|| no_slot(model, name));
        }
    }
    Err(no_slot(model, name))
}

/// The slot that a member descriptor stands for, if it is one of `model`.
fn slot_in(model: &Bound<'_, PyType>, descriptor: &Bound<'_, PyAny>) -> Option<Slot> {
    // SAFETY: an object whose type is exactly `member_descriptor` has the layout of
    // `PyMemberDescrObject`, whose type and member live as long as it does.
    let (owner, member) = unsafe {
        if ffi::Py_TYPE(descriptor.as_ptr()) != &raw mut ffi::PyMemberDescr_Type {
            return None;
        }
        let descriptor = descriptor.as_ptr().cast::<ffi::PyMemberDescrObject>();
        ((*descriptor).d_common.d_type, *(*descriptor).d_member)
    };
    // SAFETY: both are live types
    let (is_own, size) = unsafe {
        let is_own = ffi::PyType_IsSubtype(model.as_type_ptr(), owner) != 0;
        (is_own, (*owner).tp_basicsize as usize)
    };
    let offset = usize::try_from(member.offset).ok()?;
    let fits = offset >= HEAD
        && offset.is_multiple_of(align_of::<*mut ffi::PyObject>())
        && offset + size_of::<*mut ffi::PyObject>() <= size;
    (is_own && fits && member.type_code == ffi::Py_T_OBJECT_EX && member.flags == 0)
        .then_some(Slot { offset })
}

#[cold]
fn no_slot(model: &Bound<'_, PyType>, name: &Bound<'_, PyString>) -> PyErr {
    match model.name() {
        Ok(model) => PyTypeError::new_err(format!("`{name}` is no slot of `{model}`")),
        Err(error) => error,
    }
}
