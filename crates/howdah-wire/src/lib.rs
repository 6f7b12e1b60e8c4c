//! The PostgreSQL protocol as values.
pub mod auth;
mod secret;
pub use secret::Secret;
