//! Migrations in Python under observation: the host runs them. No IO here.

use std::error::Error;
use std::sync::Arc;

use howdah_trace::{Programs, Source, Step};

use crate::{Context, Host};

/// The host, and where the database is.
#[derive(Debug)]
struct OnDatabase {
    host: Arc<dyn Host>,
    url: String,
}

impl Programs for OnDatabase {
    fn run(&self, source: &Source) -> Result<Vec<Step>, Box<dyn Error + Send + Sync>> {
        Ok(self.host.traced(&source.name, &self.url)?)
    }
}

/// Runs programs on a database, if there is a host.
pub(super) fn on(url: &str, context: &Context) -> Option<Arc<dyn Programs>> {
    let host = context.host.clone()?;
    let url = url.to_owned();
    Some(Arc::new(OnDatabase { host, url }))
}
