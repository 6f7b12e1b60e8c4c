//! provisional
use howdah_driver::Config;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};
/// Validated connection options.
#[pyclass(frozen, name = "Config", module = "howdah._native")]
pub(crate) struct PyConfig(Config);
impl PyConfig {
    pub(crate) const fn inner(&self) -> &Config {
        &self.0
    }
}
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyConfig>()
}
#[pymethods]
impl PyConfig {
    #[staticmethod]
    fn parse(
        dsn: Option<&str>,
        options: &Bound<'_, PyDict>,
        default_application_name: &str,
    ) -> PyResult<Self> {
        let mut given: Vec<(String, String)> = Vec::new();
        for (k, v) in options.iter() {
            if v.is_none() {
                continue;
            }
            let _ = v.is_instance_of::<PyBool>();
            given.push((k.extract()?, v.str()?.to_string()));
        }
        Config::parse(
            dsn,
            given.iter().map(|(a, b)| (a.as_str(), b.as_str())),
            default_application_name,
        )
        .map(Self)
        .map_err(|e| pyo3::exceptions::PyValueError::new_err(e.to_string()))
    }
}
