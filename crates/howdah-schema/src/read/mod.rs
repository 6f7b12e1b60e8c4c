//! What is asked of a catalog. No IO.

/// The query for the materialized views, each after those that it reads: schema, name, and whether it can be
/// refreshed concurrently.
pub const REFRESH_ORDER: &str = include_str!("sql/refresh_order.sql");
