//! Statements as values: what a script says, in PostgreSQL's words, with where it says it.
//!
//! No IO. Made by [`crate::parse`], read by the catalog, the lock model and the lint rules. The
//! types own their text, so that a [`crate::catalog::Catalog`] may outlive the script, and know
//! nothing of the parser behind them.
//!
//! Two habits hold everywhere: an identifier is folded and unquoted as PostgreSQL does it, and a
//! [`Span`] counts bytes of the whole script. Names are equal when they name the same thing,
//! wherever they stand.

// the optional words of a statement are independent of each other, and there are many
#![allow(clippy::struct_excessive_bools)]

mod access;
mod constraint;
mod data;
mod expression;
mod index;
mod maintenance;
mod name;
mod object;
mod options;
mod query;
mod replication;
mod routine;
mod session;
mod statement;
mod table;
mod transaction;
mod types;
mod view;

pub use access::*;
pub use constraint::*;
pub use data::*;
pub use expression::*;
pub use index::*;
pub use maintenance::*;
pub use name::*;
pub use object::*;
pub use options::*;
pub use query::*;
pub use replication::*;
pub use routine::*;
pub use session::*;
pub use statement::*;
pub use table::*;
pub use transaction::*;
pub use types::*;
pub use view::*;

pub use crate::text::Span;
