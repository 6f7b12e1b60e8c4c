//! SQL scripts understood: what a text says to PostgreSQL, and what that does.
//!
//! No IO. A text comes in as `&str`; what comes out owns its words and says where they stood.
//!
//! ```text
//!  text ──▶ text::split ──▶ syntax (the grammar) ──▶ ast::Script ──▶ catalog::Catalog::apply
//!                │                                       │
//!                └── the migrations' runner              └──▶ lock model, lint rules
//! ```
//!
//! Any text can be parsed: what the grammar refuses is a [`ast::SyntaxError`] with its place, and
//! the statements around it are understood. Nothing here panics, whatever the text.
#![forbid(unsafe_code)]

pub mod ast;
pub mod builtin;
pub mod catalog;
pub mod lint;
pub mod locks;
mod syntax;
pub mod text;

pub use syntax::{Inner, parse, parse_do, stretches};
pub use text::split;
