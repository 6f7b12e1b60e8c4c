//! Whether an expression may give another value for each row.
//!
//! No IO. Built-in functions are looked up in [`crate::builtin`], others in the catalog; a function
//! in SQL that PostgreSQL would inline is as volatile as what it computes.

use super::known::Known;
use crate::ast::{Body, Call, CreateFunction, Kind, Node, Volatility};
use crate::builtin;

/// How deep functions are followed into functions: further than anybody nests them.
const DEPTH: u32 = 8;

/// The volatility of an expression, and the functions of it that nobody knows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) volatile: bool,
    /// Taken for volatile, which is what `CREATE FUNCTION` makes where nothing is said.
    pub(super) unknown: Vec<String>,
}

/// Looks at an expression as the server does in a version: before 12 nothing was inlined.
pub(super) fn volatility(node: &Node, known: &Known<'_>) -> Found {
    let mut found = Found::default();
    look(node, known, DEPTH, &mut found);
    found
}

fn look(node: &Node, known: &Known<'_>, depth: u32, found: &mut Found) {
    if let Node::Case {
        operand: None,
        branches,
        ..
    } = node
        && let Some((Node::Boolean(true), result)) = branches.first()
    {
        return look(result, known, depth, found); // the others are planned away
    }
    node.walk(&mut |node| {
        if let Node::Call(call) = node {
            look_at_call(call, known, depth, found);
        }
    });
}

fn look_at_call(call: &Call, known: &Known<'_>, depth: u32, found: &mut Found) {
    let is_builtin =
        call.syntax || matches!(call.name.schema.as_deref(), None | Some("pg_catalog"));
    if is_builtin && let Some(volatility) = builtin::volatility(&call.name.name) {
        found.volatile |= volatility == Volatility::Volatile;
        return;
    }
    if call.syntax {
        return; // `coalesce`, `current_date` and their kin: none is volatile
    }
    let Some(function) = known.function(&call.name, call.arguments.len()) else {
        found.volatile = true;
        found.unknown.push(call.name.to_string());
        return;
    };
    if function.volatility != Volatility::Volatile {
        return;
    }
    match inlined(function).filter(|_| known.version >= 12 && depth > 0) {
        Some(body) => look(&body, known, depth - 1, found),
        None => found.volatile = true,
    }
}

/// What a function computes, where the planner puts that into its place (`inline_function`): one
/// plain expression in SQL. A strict one with parameters stays a call unless its body is strict,
/// which is not judged here.
fn inlined(function: &CreateFunction) -> Option<Node> {
    let has_input = function.parameters.iter().any(|parameter| parameter.input);
    if function.language != "sql"
        || function.security_definer
        || function.sets_configuration
        || function.returns_set
        || function.procedure
        || (function.strict && has_input)
    {
        return None;
    }
    match &function.body {
        Body::Return(expr) => Some(expr.node.clone()),
        Body::Text(text) => plain_expression(&text.text),
        Body::Atomic(_) | Body::Library | Body::Missing => None,
    }
}

fn plain_expression(body: &str) -> Option<Node> {
    let script = crate::parse(body);
    let [statement] = script.statements.as_slice() else {
        return None;
    };
    let Kind::Select(select) = &statement.kind else {
        return None;
    };
    match select.query.targets.as_slice() {
        [target] if select.query.is_plain_expression && !select.query.filtered => {
            Some(target.expr.node.clone())
        }
        _ => None,
    }
}
