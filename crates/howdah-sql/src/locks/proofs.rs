//! What a CHECK proves, as far as `predicate_implied_by` sees it.
//!
//! No IO. Invariant: says yes only where PostgreSQL does, so that a scan is never left out. A CHECK
//! holds where it is true or unknown, so `c > 0` does not prove that `c` is not null.

use crate::ast::{Expr, Node, PartitionBound};

/// Whether a row that passes the check cannot have NULL in the column.
pub(super) fn proves_not_null(check: &Node, column: &str) -> bool {
    proves(check, column, false)
}

fn proves(node: &Node, column: &str, negated: bool) -> bool {
    match node {
        Node::Not(inner) => proves(inner, column, !negated),
        Node::And(parts) if negated => parts.iter().all(|part| proves(part, column, true)),
        Node::And(parts) => parts.iter().any(|part| proves(part, column, false)),
        Node::Or(parts) if negated => parts.iter().any(|part| proves(part, column, true)),
        Node::Or(parts) => parts.iter().all(|part| proves(part, column, false)),
        Node::IsNull {
            operand,
            negated: is_not,
        } => *is_not != negated && operand.is_column(column),
        Node::Binary {
            operator,
            left,
            right,
        } => {
            let ((Node::Null, other) | (other, Node::Null)) = (&**left, &**right) else {
                return false;
            };
            let distinct = match operator.as_str() {
                "is distinct from" => true,
                "is not distinct from" | "not is distinct from" => false,
                _ => return false,
            };
            distinct != negated && other.is_column(column)
        }
        _ => false,
    }
}

/// Whether a row that passes the checks of a table is within a partition's bound, so that attaching
/// needs no scan. `key` are the columns of the partition key; `not_null` tells those that cannot be
/// NULL, which bounds of ranges and lists demand too.
pub(super) fn proves_bound(
    checks: &[&Node],
    bound: &PartitionBound,
    key: &[String],
    not_null: &dyn Fn(&str) -> bool,
) -> bool {
    let [column] = key else {
        return false; // bounds over several columns are an OR of ANDs that people do not write
    };
    let clauses: Vec<&Node> = checks.iter().flat_map(|check| conjuncts(check)).collect();
    let is_there = not_null(column) || checks.iter().any(|check| proves_not_null(check, column));
    match bound {
        PartitionBound::Range { from, to } => {
            let [from] = from.as_slice() else {
                return false;
            };
            let [to] = to.as_slice() else { return false };
            is_there
                && (is_unbounded(from, "minvalue") || has(&clauses, column, at_least(from)))
                && (is_unbounded(to, "maxvalue") || has(&clauses, column, below(to)))
        }
        PartitionBound::In(values) => {
            let allowed = |clause: &&Node| is_within(clause, column, values);
            let null = |value: &Expr| value.node == Node::Null;
            (is_there || values.iter().any(null)) && clauses.iter().any(allowed)
        }
        PartitionBound::Default | PartitionBound::Hash { .. } => false,
    }
}

/// Whether no row that passes the checks of a default partition would belong into the new one.
pub(super) fn excludes_bound(checks: &[&Node], bound: &PartitionBound, key: &[String]) -> bool {
    let [column] = key else { return false };
    let clauses: Vec<&Node> = checks.iter().flat_map(|check| conjuncts(check)).collect();
    match bound {
        PartitionBound::Range { from, to } => {
            let ([from], [to]) = (from.as_slice(), to.as_slice()) else {
                return false;
            };
            let outside = |node: &Node| {
                (!is_unbounded(from, "minvalue") && below(from)(node, column))
                    || (!is_unbounded(to, "maxvalue") && at_least(to)(node, column))
            };
            clauses.iter().any(|clause| match clause {
                Node::Or(parts) => parts.iter().all(outside),
                clause => outside(clause),
            })
        }
        PartitionBound::In(values) => values.iter().all(|value| {
            clauses
                .iter()
                .any(|clause| is_other_than(clause, column, &value.node))
        }),
        PartitionBound::Default | PartitionBound::Hash { .. } => false,
    }
}

/// The parts of an AND, or the expression itself.
fn conjuncts(node: &Node) -> &[Node] {
    match node {
        Node::And(parts) => parts,
        node => std::slice::from_ref(node),
    }
}

fn has(clauses: &[&Node], column: &str, test: impl Fn(&Node, &str) -> bool) -> bool {
    clauses.iter().any(|clause| test(clause, column))
}

/// `column >= limit`, or `column > m` or `column = m` for an m that is not below it.
fn at_least(limit: &Expr) -> impl Fn(&Node, &str) -> bool {
    let limit = limit.node.clone();
    move |node, column| match comparison(node, column) {
        Some((">=" | ">" | "=", value)) => is_same(value, &limit) || is_less(&limit, value),
        _ => false,
    }
}

/// `column < limit`, or `column <= m` or `column = m` for an m below it.
fn below(limit: &Expr) -> impl Fn(&Node, &str) -> bool {
    let limit = limit.node.clone();
    move |node, column| match comparison(node, column) {
        Some(("<", value)) => is_same(value, &limit) || is_less(value, &limit),
        Some(("<=" | "=", value)) => is_less(value, &limit),
        _ => false,
    }
}

/// The operator and constant of `column op constant`, also when it is written the other way around.
fn comparison<'a>(node: &'a Node, column: &str) -> Option<(&'a str, &'a Node)> {
    let Node::Binary {
        operator,
        left,
        right,
    } = node
    else {
        return None;
    };
    if left.is_column(column) {
        return Some((operator, right));
    }
    let turned = match operator.as_str() {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        "=" => "=",
        _ => return None,
    };
    right.is_column(column).then_some((turned, &**left))
}

fn is_unbounded(limit: &Expr, word: &str) -> bool {
    limit.node.is_column(word)
}

/// `column = value`, `column IN (…)`, or an OR of them, all of whose values are among these.
fn is_within(clause: &Node, column: &str, values: &[Expr]) -> bool {
    let is_value = |node: &Node| values.iter().any(|value| is_same(&value.node, node));
    match clause {
        Node::Or(parts) => parts.iter().all(|part| is_within(part, column, values)),
        Node::In {
            operand,
            list,
            negated: false,
        } => operand.is_column(column) && list.iter().all(is_value),
        clause => matches!(comparison(clause, column), Some(("=", value)) if is_value(value)),
    }
}

/// `column <> value`, `column NOT IN (value, …)`, `column = another`.
fn is_other_than(clause: &Node, column: &str, value: &Node) -> bool {
    let differs = |node: &Node| is_less(node, value) || is_less(value, node);
    match clause {
        Node::Not(inner) => {
            matches!(comparison(inner, column), Some(("=", other)) if is_same(other, value))
        }
        Node::In {
            operand,
            list,
            negated,
        } if operand.is_column(column) => {
            if *negated {
                list.iter().any(|node| is_same(node, value))
            } else {
                list.iter().all(differs)
            }
        }
        clause => match comparison(clause, column) {
            Some(("=", other)) => differs(other),
            _ => matches!(
                clause,
                Node::Binary { operator, left, right }
                    if matches!(operator.as_str(), "<>" | "!=")
                        && left.is_column(column)
                        && is_same(right, value)
            ),
        },
    }
}

/// A constant without the casts around it.
fn constant(node: &Node) -> &Node {
    match node {
        Node::Cast { operand, .. } => constant(operand),
        node => node,
    }
}

fn is_same(a: &Node, b: &Node) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a == b,
        _ => constant(a) == constant(b),
    }
}

/// Whether both are constants whose order is known here, and the first is the lesser. Dates in ISO's
/// form sort as text; other text sorts by its collation, which is not known.
fn is_less(a: &Node, b: &Node) -> bool {
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return a < b;
    }
    match (constant(a), constant(b)) {
        (Node::String(a), Node::String(b)) => is_date(a) && is_date(b) && a < b,
        _ => false,
    }
}

fn number(node: &Node) -> Option<i128> {
    match constant(node) {
        Node::Number(text) | Node::String(text) => text.parse().ok(),
        Node::Unary { operator, operand } if operator == "-" => number(operand)?.checked_neg(),
        _ => None,
    }
}

/// `2026-01-31`, nothing behind it.
fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ast::{Action, Kind};

    fn expr(text: &str) -> Expr {
        let script = crate::parse(&format!("select {text}"));
        match script.statements.as_slice() {
            [statement] => match &statement.kind {
                Kind::Select(select) => select.query.targets[0].expr.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    fn bound(text: &str) -> PartitionBound {
        let script = crate::parse(&format!("alter table t attach partition p {text}"));
        let Some(Kind::AlterTable(alter)) = script.statements.first().map(|it| &it.kind) else {
            panic!("{script:?}")
        };
        match &alter.actions[0].kind {
            Action::AttachPartition {
                bound: Some(bound), ..
            } => bound.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_check_proves_not_null() {
        for check in [
            "c is not null",
            "c notnull",
            "c is not null and d > 0",
            "(a > 1 and c is not null) and b is null",
            "not (c is null)",
            "not (c is null or d is null)",
            "(c is not null and a = 1) or (c is not null and a = 2)",
            "c is distinct from null",
        ] {
            assert!(proves_not_null(&expr(check).node, "c"), "{check}");
        }
    }

    #[test]
    fn a_check_that_null_passes_proves_nothing() {
        for check in [
            "c > 0",
            "c = c",
            "c is not null or d > 0",
            "d is not null",
            "c is null",
            "not (c is not null)",
            "not (c is null and d is null)",
            "coalesce(c, 1) is not null",
        ] {
            assert!(!proves_not_null(&expr(check).node, "c"), "{check}");
        }
    }

    fn within(checks: &[&str], of: &str, not_null: bool) -> bool {
        let checks: Vec<Expr> = checks.iter().map(|it| expr(it)).collect();
        let nodes: Vec<&Node> = checks.iter().map(|it| &it.node).collect();
        proves_bound(&nodes, &bound(of), &["k".to_owned()], &|_| not_null)
    }

    #[test]
    fn checks_prove_the_bound_of_a_range() {
        let range = "for values from (10) to (20)";
        assert!(within(&["k >= 10 and k < 20"], range, true));
        assert!(within(&["k > 10", "k <= 19"], range, true));
        assert!(within(
            &["k is not null and k >= 10 and k < 20"],
            range,
            false
        ));
        assert!(within(&["10 <= k and 20 > k"], range, true));
        assert!(
            !within(&["k >= 10 and k < 20"], range, false),
            "NULL passes"
        );
        assert!(!within(&["k >= 10 and k <= 20"], range, true));
        assert!(!within(&["k >= 9 and k < 20"], range, true));
        assert!(!within(&["k >= 10"], range, true));
        assert!(within(
            &["k < 20"],
            "for values from (minvalue) to (20)",
            true
        ));
        let dates = "for values from ('2026-01-01') to ('2026-02-01')";
        assert!(within(
            &["k >= '2026-01-01' and k < '2026-02-01'"],
            dates,
            true
        ));
        assert!(within(
            &["k >= date '2026-01-02' and k < '2026-01-31'"],
            dates,
            true
        ));
        assert!(!within(
            &["k >= '2025-12-31' and k < '2026-02-01'"],
            dates,
            true
        ));
    }

    #[test]
    fn checks_prove_the_bound_of_a_list() {
        let list = "for values in ('a', 'b')";
        assert!(within(&["k = 'a'"], list, true));
        assert!(within(&["k in ('b', 'a')"], list, true));
        assert!(within(&["k = 'a' or k = 'b'"], list, true));
        assert!(!within(&["k = 'c'"], list, true));
        assert!(!within(&["k <> 'c'"], list, true));
        assert!(!within(&["k = 'a'"], list, false));
    }

    #[test]
    fn checks_of_the_default_partition_exclude_a_bound() {
        let excludes = |check: &str, of: &str| {
            let check = expr(check);
            excludes_bound(&[&check.node], &bound(of), &["k".to_owned()])
        };
        let range = "for values from (10) to (20)";
        assert!(excludes("k < 10", range));
        assert!(excludes("k >= 20", range));
        assert!(excludes("k < 10 or k >= 20", range));
        assert!(!excludes("k < 11", range));
        assert!(!excludes("k > 19.5", range));
        assert!(excludes("k <> 'c'", "for values in ('c')"));
        assert!(excludes("k not in ('c', 'd')", "for values in ('c')"));
        assert!(!excludes("k <> 'd'", "for values in ('c')"));
    }
}
