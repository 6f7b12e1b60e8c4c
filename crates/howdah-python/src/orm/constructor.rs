//! `Constructor`: making objects of a model from keywords, without a call of Python code.
//!
//! No IO. `Question(text="Why?")` calls the class; a model whose objects are slots alone answers that call
//! here. Invariant: whatever is not plainly a set of columns by keyword (a mistake, an `__init__` or
//! `__new__` of the program) is done by `type.__call__`, as for any class, which also raises the errors.

use std::ptr;

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use super::instance::{Instance, instance_type};
use super::layout::{Layout, Slot};

/// How objects of one model are made.
#[pyclass(frozen, module = "howdah._native")]
pub(crate) struct Constructor {
    layout: Py<Layout>,
    parameters: Vec<Parameter>,
    /// The `__init__` that does the same; another one is the program's.
    init: Py<PyAny>,
}

struct Parameter {
    name: Py<PyString>,
    slot: Slot,
    default: Default,
}

/// What a column begins with, as Python says it.
type Begins = (String, Py<PyAny>);

/// What a column begins with that is not given.
enum Default {
    /// It must be given.
    None,
    /// Nothing: the database gives it.
    Unset,
    Value(Py<PyAny>),
    /// What this callable answers.
    Factory(Py<PyAny>),
}

#[pymethods]
impl Constructor {
    /// `parameters` are pairs of a column's name and its default: `("required", None)`,
    /// `("unset", None)`, `("value", value)`, `("factory", callable)`.
    #[new]
    fn new(
        layout: Bound<'_, Layout>,
        parameters: Vec<(Py<PyString>, Begins)>,
        init: Py<PyAny>,
    ) -> PyResult<Self> {
        let py = layout.py();
        let parameter = |(name, (kind, value)): (Py<PyString>, Begins)| {
            let default = match kind.as_str() {
                "required" => Default::None,
                "unset" => Default::Unset,
                "value" => Default::Value(value),
                "factory" => Default::Factory(value),
                _ => return Err(PyTypeError::new_err(format!("no such default: `{kind}`"))),
            };
            let slot = layout.get().column_named(name.bind(py))?;
            Ok(Parameter {
                name,
                slot,
                default,
            })
        };
        let parameters = parameters.into_iter().map(parameter);
        Ok(Self {
            parameters: parameters.collect::<PyResult<_>>()?,
            layout: layout.unbind(),
            init,
        })
    }

    /// Have calls of the model's class come here.
    fn install(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let layout = slf.get().layout.get();
        if !layout.is_plain() {
            return Ok(());
        }
        let model = layout.model_type(py);
        model.setattr(intern!(py, "__constructor__"), slf)?;
        // SAFETY: a live heap type, made by a class statement: nobody else has set how it is called.
        unsafe { (*model.as_type_ptr()).tp_vectorcall = Some(construct) };
        Ok(())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.layout)?;
        visit.call(&self.init)?;
        for parameter in &self.parameters {
            if let Default::Value(held) | Default::Factory(held) = &parameter.default {
                visit.call(held)?;
            }
        }
        Ok(())
    }
}

impl Constructor {
    /// The constructor of a class, if calling the class does nothing that the program has changed.
    fn of<'py>(model: &Bound<'py, PyType>) -> Option<Bound<'py, Self>> {
        let py = model.py();
        // SAFETY: a live heap type. Its dictionary has references of its own to what is borrowed of it,
        // and no other code runs before one is taken: the keys are interned texts.
        unsafe {
            let (class, base) = (
                &*model.as_type_ptr(),
                &*instance_type(py).ok()?.as_type_ptr(),
            );
            let address = |of: &ffi::PyTypeObject| {
                let set = of.tp_setattro.map(|set| set as usize);
                (set, of.tp_new.map(|new| new as usize))
            };
            if address(class) != address(base) {
                return None;
            }
            let item = |name: &Bound<'py, PyString>| {
                let found = ffi::PyDict_GetItemWithError(class.tp_dict, name.as_ptr());
                Bound::from_borrowed_ptr_or_opt(py, found)
            };
            let found = item(intern!(py, "__constructor__"))?;
            let found = found.cast_into_exact::<Self>().ok()?;
            let init = item(intern!(py, "__init__"))?;
            init.is(&found.get().init).then_some(found)
        }
    }

    /// An object with these values; None where something else than values of columns is given.
    fn make<'py>(
        &self,
        py: Python<'py>,
        names: &[Bound<'py, PyAny>],
        values: &[Borrowed<'_, 'py, PyAny>],
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let object = self.layout.get().allocate(py)?;
        for (name, value) in names.iter().zip(values) {
            let is_named = |parameter: &&Parameter| parameter.name.as_ptr() == name.as_ptr();
            let Some(parameter) = self.parameters.iter().find(is_named) else {
                return Ok(None);
            };
            parameter.slot.put(&object, Borrowed::to_owned(*value));
        }
        if names.len() < self.parameters.len() && !self.complete(py, &object)? {
            return Ok(None);
        }
        Ok(Some(object.into_any()))
    }

    /// Gives the columns that have no value their defaults; false where one has none.
    fn complete<'py>(&self, py: Python<'py>, object: &Instance<'py>) -> PyResult<bool> {
        for parameter in &self.parameters {
            if parameter.slot.read(object).is_some() {
                continue;
            }
            let value = match &parameter.default {
                Default::None => return Ok(false),
                Default::Unset => continue,
                Default::Value(value) => value.bind(py).clone(),
                Default::Factory(factory) => factory.bind(py).call0()?,
            };
            parameter.slot.put(object, value);
        }
        Ok(true)
    }
}

/// What calling a model does: CPython's vectorcall of a class.
unsafe extern "C" fn construct(
    model: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter, in an attached thread, with a class on which this was installed,
    // as many references as `count` and the tuple of names say, or no names.
    unsafe {
        let py = Python::assume_attached();
        let model = Bound::from_borrowed_ptr(py, model).cast_into_unchecked::<PyType>();
        let names = Bound::from_borrowed_ptr_or_opt(py, names)
            .map(|names| names.cast_into_unchecked::<PyTuple>());
        let positional = ffi::PyVectorcall_NARGS(count) as usize;
        let length = positional + names.as_ref().map_or(0, PyTupleMethods::len);
        let arguments: &[Borrowed<'_, '_, PyAny>] = if length == 0 {
            &[]
        } else {
            std::slice::from_raw_parts(arguments.cast(), length)
        };
        match call(&model, positional, names.as_ref(), arguments) {
            Ok(object) => object.into_ptr(),
            Err(error) => {
                error.restore(py);
                ptr::null_mut()
            }
        }
    }
}

fn call<'py>(
    model: &Bound<'py, PyType>,
    positional: usize,
    names: Option<&Bound<'py, PyTuple>>,
    arguments: &[Borrowed<'_, 'py, PyAny>],
) -> PyResult<Bound<'py, PyAny>> {
    let py = model.py();
    if positional == 0
        && let Some(constructor) = Constructor::of(model)
    {
        let names = names.map_or(&[][..], |names| names.as_slice());
        if let Some(made) = constructor.get().make(py, names, arguments)? {
            return Ok(made);
        }
    }
    call_as_type(model, positional, names, arguments)
}

/// `type.__call__`.
#[cold]
fn call_as_type<'py>(
    model: &Bound<'py, PyType>,
    positional: usize,
    names: Option<&Bound<'py, PyTuple>>,
    arguments: &[Borrowed<'_, 'py, PyAny>],
) -> PyResult<Bound<'py, PyAny>> {
    let py = model.py();
    let (by_place, by_name) = arguments.split_at(positional);
    let by_place = PyTuple::new(py, by_place)?;
    let keywords = PyDict::new(py);
    for (name, value) in names.into_iter().flatten().zip(by_name) {
        keywords.set_item(name, value)?;
    }
    // SAFETY: what `type` does when a class is called, with a class, a tuple and a dict that live
    unsafe {
        let call = ffi::PyType_Type.tp_call;
        let made = call.map_or(ptr::null_mut(), |call| {
            call(model.as_ptr(), by_place.as_ptr(), keywords.as_ptr())
        });
        Bound::from_owned_ptr_or_err(py, made)
    }
}
