//! `Instance`, the base class of all models: an object that knows its cohort and its changes.
//!
//! A model's attributes are slots (`__slots__`), which CPython's own member descriptors read. This
//! base adds two words: a link to the cohort, and the place therein. Writing an attribute of an
//! object that has a cohort records the old value first.
//!
//! No IO. Invariants of every object:
//! * `link` is null, or owns a reference to a [`Cohort`] or, where `changed`, to a [`Changes`];
//! * with a link, the cohort's member at `place` is this object, until it is deallocated;
//! * it is tracked by the collector, or every value that it refers to is no container.

use std::ffi::{c_int, c_void};
use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyType};

use super::changes::{Changes, not_loaded};
use super::cohort::Cohort;

/// The memory of an object, before the slots of its model.
#[repr(C)]
struct Fields {
    ob_base: ffi::PyObject,
    link: *mut ffi::PyObject,
    place: u32,
    changed: bool,
}

/// Bytes before the first slot of a model.
pub(super) const HEAD: usize = size_of::<Fields>();

/// An object whose class derives from `Instance`.
#[derive(Clone)]
pub(super) struct Instance<'py>(Bound<'py, PyAny>);

impl<'py> Instance<'py> {
    /// # Errors
    /// `TypeError` for other objects.
    pub(super) fn of(object: Bound<'py, PyAny>) -> PyResult<Self> {
        if is_subtype(&object.get_type(), instance_type(object.py())?) {
            return Ok(Self(object));
        }
        let found = object.get_type().name()?;
        let message = format!("expected objects of a model, found `{found}`");
        Err(pyo3::exceptions::PyTypeError::new_err(message))
    }

    /// # Safety
    /// The object's class must derive from `Instance`.
    pub(super) unsafe fn of_unchecked(object: Bound<'py, PyAny>) -> Self {
        Self(object)
    }

    pub(super) fn as_any(&self) -> &Bound<'py, PyAny> {
        &self.0
    }

    pub(super) fn into_any(self) -> Bound<'py, PyAny> {
        self.0
    }

    pub(super) fn as_ptr(&self) -> *mut ffi::PyObject {
        self.0.as_ptr()
    }

    fn fields(&self) -> *mut Fields {
        self.0.as_ptr().cast()
    }

    /// The cohort, if it has one.
    pub(super) fn cohort(&self) -> Option<Bound<'py, Cohort>> {
        // SAFETY: by the invariant a link that is not null is what `changed` says, and is owned.
        unsafe {
            let fields = self.fields();
            if (*fields).link.is_null() {
                return None;
            }
            let link = Bound::from_borrowed_ptr(self.0.py(), (*fields).link);
            Some(if (*fields).changed {
                let changes = link.cast_unchecked::<Changes>();
                changes.get().cohort.bind(self.0.py()).clone()
            } else {
                link.cast_into_unchecked()
            })
        }
    }

    /// The values before the first change, if there was one.
    fn changes(&self) -> Option<Bound<'py, PyDict>> {
        // SAFETY: as for `cohort`
        unsafe {
            let fields = self.fields();
            if !(*fields).changed {
                return None;
            }
            let link = Bound::from_borrowed_ptr(self.0.py(), (*fields).link);
            let changes = link.cast_into_unchecked::<Changes>();
            Some(changes.get().values.bind(self.0.py()).clone())
        }
    }

    /// Makes the object the member at `place` of a cohort. It must be in none.
    pub(super) fn join(&self, cohort: &Bound<'py, Cohort>, place: u32) {
        // SAFETY: the thread is attached; the link is null, so that nothing is lost, and takes over
        // a new reference.
        unsafe {
            let fields = self.fields();
            debug_assert!((*fields).link.is_null());
            (*fields).link = cohort.clone().into_ptr();
            (*fields).place = place;
            (*fields).changed = false;
        }
    }

    /// Takes the object out of its cohort, if it is in one, and forgets its changes.
    pub(super) fn leave(&self) {
        // SAFETY: a live object with the fields of this module
        unsafe { leave(self.0.py(), self.fields()) }
    }

    fn forget_changes(&self) {
        let Some(cohort) = self.cohort() else {
            return;
        };
        // SAFETY: the link owns a reference, which `old` takes over; a new one takes its place.
        let old = unsafe {
            let fields = self.fields();
            (*fields).changed = false;
            let old = std::mem::replace(&mut (*fields).link, cohort.into_ptr());
            Bound::from_owned_ptr(self.0.py(), old)
        };
        drop(old);
    }

    /// Records that `name` had this value before it was changed, unless it was changed before.
    fn record(&self, name: &Bound<'py, PyString>, old: Option<Bound<'py, PyAny>>) -> PyResult<()> {
        let py = self.0.py();
        let Some(cohort) = self.cohort() else {
            return Ok(()); // it has left meanwhile
        };
        let values = match self.changes() {
            Some(values) => values,
            None => self.begin_changes(cohort)?,
        };
        if values.contains(name)? {
            return Ok(());
        }
        match old {
            Some(old) => {
                if is_container(&old) {
                    self.track();
                }
                values.set_item(name, old)
            }
            None => values.set_item(name, not_loaded(py)?),
        }
    }

    /// Records that `name` had this value before it was changed, whatever was recorded.
    pub(super) fn restore(
        &self,
        name: &Bound<'py, PyString>,
        old: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let Some(cohort) = self.cohort() else {
            return Ok(());
        };
        if is_container(old) {
            self.track();
        }
        match self.changes() {
            Some(values) => values.set_item(name, old),
            None => self.begin_changes(cohort)?.set_item(name, old),
        }
    }

    fn begin_changes(&self, cohort: Bound<'py, Cohort>) -> PyResult<Bound<'py, PyDict>> {
        let py = self.0.py();
        let values = PyDict::new(py);
        let changes = Changes {
            cohort: cohort.unbind(),
            values: values.clone().unbind(),
        };
        let changes = Bound::new(py, changes)?;
        // making objects may have run the collector, and finalizers with it
        if let Some(begun) = self.changes() {
            return Ok(begun);
        }
        // SAFETY: the link owns a reference, which `old` takes over; a new one takes its place. An
        // object that left its cohort meanwhile keeps none.
        unsafe {
            let fields = self.fields();
            if !(*fields).link.is_null() {
                let old = std::mem::replace(&mut (*fields).link, changes.into_ptr());
                (*fields).changed = true;
                drop(Bound::from_owned_ptr(py, old));
            }
        }
        Ok(values)
    }

    /// Has the collector visit the object from now on.
    pub(super) fn track(&self) {
        // SAFETY: a live object of a class with garbage collection
        unsafe { track(self.as_ptr()) }
    }

    /// What `object.name = value` does, or `del object.name` without a value.
    fn set(&self, name: &Bound<'py, PyString>, value: Option<&Bound<'py, PyAny>>) -> PyResult<()> {
        let cohort = self.cohort();
        let slot = cohort.and_then(|cohort| cohort.get().layout().get().column(name));
        if slot.is_none()
            && let Some(value) = value
        {
            self.relate(name, value)?;
        }
        let old = slot.map(|slot| slot.read(self));
        self.write(name, value)?;
        if value.is_some_and(is_container) {
            self.track();
        }
        match old {
            Some(old) => self.record(name, old),
            None => Ok(()),
        }
    }

    /// What its class does before an attribute that is no column becomes this: `_relate`, if it has that.
    fn relate(&self, name: &Bound<'py, PyString>, value: &Bound<'py, PyAny>) -> PyResult<()> {
        let class = self.0.get_type();
        match class.getattr_opt(pyo3::intern!(self.0.py(), "_relate"))? {
            Some(relate) => relate.call1((&self.0, name, value)).map(drop),
            None => Ok(()),
        }
    }

    fn write(
        &self,
        name: &Bound<'py, PyString>,
        value: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let value = value.map_or(ptr::null_mut(), Bound::as_ptr);
        // SAFETY: live references, or a null value, which deletes
        let status = unsafe { ffi::PyObject_GenericSetAttr(self.as_ptr(), name.as_ptr(), value) };
        if status == 0 {
            return Ok(());
        }
        Err(PyErr::fetch(self.0.py()))
    }
}

/// Whether objects of `class` have all that those of `base` have. Python's own questions would be
/// answered by what a class says of itself.
pub(super) fn is_subtype(class: &Bound<'_, PyType>, base: &Bound<'_, PyType>) -> bool {
    // SAFETY: live types
    unsafe { ffi::PyType_IsSubtype(class.as_type_ptr(), base.as_type_ptr()) != 0 }
}

/// Whether `value`, which may be null, is an object whose class derives from `Instance`.
///
/// # Safety
/// Otherwise it must be a live object.
unsafe fn is_instance(py: Python<'_>, value: *mut ffi::PyObject) -> bool {
    // SAFETY: the caller's promise
    unsafe {
        // few values of columns are of a class that a program made
        !value.is_null()
            && ffi::PyType_HasFeature(ffi::Py_TYPE(value), ffi::Py_TPFLAGS_HEAPTYPE) != 0
            && instance_type(py).is_ok_and(|base| {
                ffi::PyType_IsSubtype(ffi::Py_TYPE(value), base.as_type_ptr()) != 0
            })
    }
}

/// Whether a value may refer to others, so that who refers to it must be known to the collector.
#[inline]
pub(super) fn is_container(value: &Bound<'_, PyAny>) -> bool {
    // SAFETY: a live object
    unsafe { ffi::PyObject_IS_GC(value.as_ptr()) != 0 }
}

/// # Safety
/// `object` must be a live object of a class with garbage collection.
unsafe fn track(object: *mut ffi::PyObject) {
    // SAFETY: the caller's promise; what is tracked must not be tracked again
    unsafe {
        if ffi::PyObject_GC_IsTracked(object) == 0 {
            ffi::PyObject_GC_Track(object.cast());
        }
    }
}

/// # Safety
/// `fields` must be those of an object that was not freed yet, in an attached thread.
unsafe fn leave(py: Python<'_>, fields: *mut Fields) {
    // SAFETY: by the invariant the link is null or owned. It is taken out before it is released,
    // which may run any code.
    unsafe {
        let link = std::mem::replace(&mut (*fields).link, ptr::null_mut());
        if link.is_null() {
            return;
        }
        let link = Bound::from_owned_ptr(py, link);
        let place = (*fields).place;
        if std::mem::replace(&mut (*fields).changed, false) {
            let changes = link.cast_unchecked::<Changes>();
            changes.get().cohort.get().remove(py, place);
        } else {
            link.cast_unchecked::<Cohort>().get().remove(py, place);
        }
    }
}

/// Tells a member its new place.
///
/// # Safety
/// `member` must be an object of a model that was not freed yet.
pub(super) unsafe fn set_place(member: *mut ffi::PyObject, place: u32) {
    // SAFETY: the caller's promise
    unsafe { (*member.cast::<Fields>()).place = place }
}

/// The Python type `Instance`.
///
/// # Errors
/// What creating a type may raise (memory).
pub(super) fn instance_type(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static TYPE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    TYPE.get_or_try_init(py, || create_type(py))
        .map(|instance| instance.bind(py))
}

const DOC: &std::ffi::CStr =
    c"The base of all models: an object that knows its cohort and changes.";

fn create_type(py: Python<'_>) -> PyResult<Py<PyType>> {
    let slot = |slot: c_int, pfunc: *mut c_void| ffi::PyType_Slot { slot, pfunc };
    let mut slots = [
        slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
        slot(ffi::Py_tp_traverse, traverse as *mut c_void),
        slot(ffi::Py_tp_clear, clear as *mut c_void),
        slot(ffi::Py_tp_setattro, setattro as *mut c_void),
        slot(ffi::Py_tp_getset, properties().cast()),
        slot(ffi::Py_tp_methods, methods().cast()),
        slot(ffi::Py_tp_doc, DOC.as_ptr().cast_mut().cast()),
        slot(0, ptr::null_mut()),
    ];
    let flags = ffi::Py_TPFLAGS_DEFAULT
        | ffi::Py_TPFLAGS_HAVE_GC
        | ffi::Py_TPFLAGS_BASETYPE
        | ffi::Py_TPFLAGS_IMMUTABLETYPE;
    let mut spec = ffi::PyType_Spec {
        name: c"howdah._native.Instance".as_ptr(),
        basicsize: HEAD as c_int,
        itemsize: 0,
        flags: flags as u32,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the spec and its slots outlive the call, name, doc, properties and methods are static,
    // and each function has the signature that its slot demands. Without bases the type derives
    // from object, whose fields are the first of `Fields`.
    let created = unsafe {
        let raw = ffi::PyType_FromSpecWithBases(&raw mut spec, ptr::null_mut());
        Bound::from_owned_ptr_or_err(py, raw)?
    };
    Ok(created.cast_into::<PyType>()?.unbind())
}

/// Called for objects of a model by CPython's `subtype_dealloc`, which has released their slots.
unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: called once, by the interpreter in an attached thread, for a tracked object without
    // references. The type is a heap type that its instances keep alive, which the base of the
    // hierarchy releases.
    unsafe {
        ffi::PyObject_GC_UnTrack(object.cast());
        leave(Python::assume_attached(), object.cast());
        let model = ffi::Py_TYPE(object);
        ffi::PyObject_GC_Del(object.cast());
        ffi::Py_DECREF(model.cast());
    }
}

unsafe extern "C" fn traverse(
    object: *mut ffi::PyObject,
    visit: ffi::visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector for a live object. The slots are visited by CPython's
    // `subtype_traverse`, which leaves the type to us: this base is a heap type.
    unsafe {
        let visited = visit(ffi::Py_TYPE(object).cast(), arg);
        let link = (*object.cast::<Fields>()).link;
        if visited != 0 || link.is_null() {
            return visited;
        }
        visit(link, arg)
    }
}

unsafe extern "C" fn clear(object: *mut ffi::PyObject) -> c_int {
    // SAFETY: called by the collector, in an attached thread, for an object of our type. What is
    // left of it is an object without a cohort.
    unsafe { leave(Python::assume_attached(), object.cast()) }
    0
}

unsafe extern "C" fn setattro(
    object: *mut ffi::PyObject,
    name: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: the interpreter holds the references during the call and is attached; a null value
    // means deletion. The object is of our type. The generic function checks the name.
    unsafe {
        let py = Python::assume_attached();
        let has_cohort = !(*object.cast::<Fields>()).link.is_null();
        if !(has_cohort || is_instance(py, value)) || ffi::PyUnicode_Check(name) == 0 {
            return ffi::PyObject_GenericSetAttr(object, name, value);
        }
        let instance = Instance::of_unchecked(Bound::from_borrowed_ptr(py, object));
        let name = Bound::from_borrowed_ptr(py, name).cast_into_unchecked::<PyString>();
        let value = Bound::from_borrowed_ptr_or_opt(py, value);
        match instance.set(&name, value.as_ref()) {
            Ok(()) => 0,
            Err(error) => {
                error.restore(py);
                -1
            }
        }
    }
}

unsafe extern "C" fn cohort(object: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: the interpreter holds the reference during the call and is attached
    unsafe {
        let py = Python::assume_attached();
        let instance = Instance::of_unchecked(Bound::from_borrowed_ptr(py, object));
        match instance.cohort() {
            Some(cohort) => cohort.into_ptr(),
            None => py.None().into_ptr(),
        }
    }
}

/// A copy: what Python puts into it is nothing that the object refers to.
unsafe extern "C" fn changes(object: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: as for `cohort`
    unsafe {
        let py = Python::assume_attached();
        let instance = Instance::of_unchecked(Bound::from_borrowed_ptr(py, object));
        match instance.changes() {
            Some(values) => ffi::PyDict_Copy(values.as_ptr()),
            None => py.None().into_ptr(),
        }
    }
}

unsafe extern "C" fn forget_changes(
    object: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: as for `cohort`
    unsafe {
        let py = Python::assume_attached();
        Instance::of_unchecked(Bound::from_borrowed_ptr(py, object)).forget_changes();
        py.None().into_ptr()
    }
}

/// The read-only properties of the type, which CPython refers to for as long as the process lives.
fn properties() -> *mut ffi::PyGetSetDef {
    let property = |name: &'static std::ffi::CStr,
                    get: ffi::getter,
                    doc: &'static std::ffi::CStr| ffi::PyGetSetDef {
        name: name.as_ptr(),
        get: Some(get),
        set: None,
        doc: doc.as_ptr(),
        closure: ptr::null_mut(),
    };
    let properties = Box::new([
        property(c"_cohort", cohort, c"The cohort, or None."),
        property(c"_changes", changes, c"Old values by name, or None."),
        ffi::PyGetSetDef::default(),
    ]);
    Box::leak(properties).as_mut_ptr()
}

/// The methods of the type, as for `properties`.
fn methods() -> *mut ffi::PyMethodDef {
    let methods = Box::new([
        ffi::PyMethodDef {
            ml_name: c"_forget_changes".as_ptr(),
            ml_meth: ffi::PyMethodDefPointer {
                PyCFunction: forget_changes,
            },
            ml_flags: ffi::METH_NOARGS,
            ml_doc: c"Take the values as they are for unchanged.".as_ptr(),
        },
        ffi::PyMethodDef::zeroed(),
    ]);
    Box::leak(methods).as_mut_ptr()
}
