//! Why PostgreSQL would refuse a statement, beside what the lock model knows of its forms.
//!
//! No IO. Asked by `refused-statement`. Invariant: of what is not known nothing is said.

pub(super) mod dependants;
pub(super) mod existence;
pub(super) mod forms;
pub(super) mod versions;

use crate::text::Span;

/// Where, and why.
pub(super) type Refusal = (Span, String);
