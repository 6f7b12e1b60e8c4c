//! Whether an expression may give another value for each row.
//!
//! No IO. Built-in functions are looked up in [`crate::builtin`], others in the catalog; a function
//! in SQL that PostgreSQL would inline is as volatile as what it computes.

use super::known::Known;
use crate::ast::{Body, Call, CreateFunction, Kind, Node, ObjectName, Statement, Volatility};
use crate::builtin;

/// How deep functions are followed into functions: further than anybody nests them.
const DEPTH: u32 = 8;

/// The volatility of an expression, and the functions of it that nobody knows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) volatile: bool,
    /// Taken for volatile, which is what `CREATE FUNCTION` makes where nothing is said.
    pub(super) unknown: Vec<String>,
    /// What functions in SQL that stay calls read when they run.
    pub(super) reads: Vec<ObjectName>,
}

/// Looks at an expression as the server does in a version: before 12 nothing was inlined.
pub(super) fn volatility(node: &Node, known: &Known<'_>) -> Found {
    let mut found = Found::default();
    look(node, known, DEPTH, &mut found);
    found
}

fn look(node: &Node, known: &Known<'_>, depth: u32, found: &mut Found) {
    node.visit(&mut |node| {
        if let Some(result) = planned_away(node) {
            look(result, known, depth, found);
            return false;
        }
        if let Node::Call(call) = node {
            look_at_call(call, known, depth, found);
        }
        true
    });
}

/// What is left of an expression of which constants decide: the rest of it is planned away.
fn planned_away(node: &Node) -> Option<&Node> {
    match node {
        Node::Case {
            operand: None,
            branches,
            ..
        } => match branches.first() {
            Some((Node::Boolean(true), result)) => Some(result),
            _ => None,
        },
        Node::Call(call) if call.syntax && call.name.name == "coalesce" => call
            .arguments
            .first()
            .filter(|it| matches!(it, Node::Boolean(_) | Node::Number(_) | Node::String(_))),
        _ => None,
    }
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
    let inlined = inlined(function).filter(|_| known.version >= 12 && depth > 0);
    if inlined.is_none() {
        found.reads.extend(read_by(function, known));
    }
    if function.volatility != Volatility::Volatile {
        return;
    }
    match inlined {
        Some(body) => look(&body, known, depth - 1, found),
        None => found.volatile = true,
    }
}

/// What the queries of a function in SQL read.
fn read_by(function: &CreateFunction, known: &Known<'_>) -> Vec<ObjectName> {
    let parsed;
    let statements = match &function.body {
        Body::Atomic(statements) => statements.as_slice(),
        Body::Text(text) if function.language == "sql" => {
            parsed = crate::parse(&text.text).statements;
            &parsed
        }
        _ => return Vec::new(),
    };
    let queries = statements.iter().filter_map(|it| it.kind.query());
    queries.flat_map(|query| known.read_by(query)).collect()
}

/// What a function computes, where the planner puts that into its place (`inline_function`): one
/// plain expression in SQL. A strict function stays a call unless the expression is strict in
/// every parameter.
fn inlined(function: &CreateFunction) -> Option<Node> {
    if function.language != "sql"
        || function.security_definer
        || function.sets_configuration
        || function.returns_set
        || function.procedure
    {
        return None;
    }
    let body = match &function.body {
        Body::Return(expr) => expr.node.clone(),
        Body::Text(text) => plain_expression(&crate::parse(&text.text).statements)?,
        Body::Atomic(statements) => plain_expression(statements)?,
        Body::Library | Body::Missing => return None,
    };
    let is_expression = !has(&body, |node| match node {
        Node::Subquery(_) => true,
        Node::Call(call) => call.window || builtin::returns_set(&call.name.name),
        _ => false,
    });
    (is_expression && (!function.strict || is_strict(&body, function))).then_some(body)
}

fn plain_expression(statements: &[Statement]) -> Option<Node> {
    let [statement] = statements else {
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

/// Whether a body is surely null as soon as one of the parameters is: it uses all of them, in
/// nothing but operators and casts, which are strict as PostgreSQL brings them.
fn is_strict(body: &Node, function: &CreateFunction) -> bool {
    let is_of_operators = !has(body, |node| {
        !matches!(
            node,
            Node::Boolean(_)
                | Node::Number(_)
                | Node::String(_)
                | Node::Parameter
                | Node::Column(_)
                | Node::Cast { .. }
                | Node::Unary { .. }
                | Node::Binary { .. }
                | Node::Not(_)
        ) || matches!(node, Node::Binary { operator, .. } if operator.contains("distinct"))
    });
    let mut inputs = function.parameters.iter().filter(|it| it.input);
    is_of_operators
        && inputs.all(|parameter| {
            let name = parameter.name.as_ref();
            name.is_some_and(|name| has(body, |node| node.is_column(name)))
        })
}

fn has(body: &Node, is: impl Fn(&Node) -> bool) -> bool {
    let mut found = false;
    body.walk(&mut |node| found |= is(node));
    found
}
