//! Expressions: defaults, checks, predicates, `USING`.

use super::{ObjectName, Query, TypeName};
use crate::text::Span;

/// An expression with its text. Equal to another of the same meaning, whatever its spelling.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Where it stands.
    pub span: Span,
    /// As it was written.
    pub text: String,
    /// What it says.
    pub node: Node,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

impl Expr {
    /// Every function called in it, subqueries included, outermost first.
    #[must_use]
    pub fn calls(&self) -> Vec<&Call> {
        let mut found = Vec::new();
        self.node.walk(&mut |node| {
            if let Node::Call(call) = node {
                found.push(call);
            }
        });
        found
    }

    /// The last parts of the columns that it mentions, each once, in order of appearance.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        self.node.walk(&mut |node| {
            if let Node::Column(path) = node
                && let Some(name) = path.last()
                && !found.contains(&name.as_str())
            {
                found.push(name);
            }
        });
        found
    }
}

/// A node of an expression. Parentheses are gone; what SQL spells as syntax but PostgreSQL runs as
/// a function (`extract`, `at time zone`, `current_date`) is a [`Call`].
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `NULL`.
    Null,
    /// `TRUE`, `FALSE`.
    Boolean(bool),
    /// A number as it was written, without its sign.
    Number(String),
    /// A string constant, its escapes undone.
    String(String),
    /// `$1`, `:name`.
    Parameter,
    /// `DEFAULT`, where an expression may stand.
    Default,
    /// `c`, `t.c`, `s.t.c`; a whole row looks the same.
    Column(Vec<String>),
    /// `*` and `t.*`.
    Star,
    /// A function.
    Call(Call),
    /// `x::t`, `CAST(x AS t)`, `t 'literal'`.
    Cast {
        /// What is cast.
        operand: Box<Node>,
        /// To what.
        to: TypeName,
    },
    /// A prefix operator.
    Unary {
        /// The operator's symbol, without its schema.
        operator: String,
        /// What it is applied to.
        operand: Box<Node>,
    },
    /// An infix operator; `like`, `ilike` and `similar to` in lower case, their negations with
    /// `not ` before, `is distinct from` likewise.
    Binary {
        /// The operator's symbol, without its schema.
        operator: String,
        /// The left side.
        left: Box<Node>,
        /// The right side.
        right: Box<Node>,
    },
    /// All of these, flattened.
    And(Vec<Node>),
    /// Any of these, flattened.
    Or(Vec<Node>),
    /// `NOT x`.
    Not(Box<Node>),
    /// `x IS [NOT] NULL`, `x ISNULL`, `x NOTNULL`.
    IsNull {
        /// What is asked about.
        operand: Box<Node>,
        /// `NOT`.
        negated: bool,
    },
    /// `x IS [NOT] TRUE`, `FALSE`, `UNKNOWN`, `JSON`, `NORMALIZED`.
    Is {
        /// What is asked about.
        operand: Box<Node>,
        /// In lower case: `true`, `json`, ….
        test: String,
        /// `NOT`.
        negated: bool,
    },
    /// `x [NOT] BETWEEN a AND b`.
    Between {
        /// What is compared.
        operand: Box<Node>,
        /// The lower bound.
        low: Box<Node>,
        /// The upper bound.
        high: Box<Node>,
        /// `NOT`.
        negated: bool,
    },
    /// `x [NOT] IN (a, b)`, or one [`Node::Subquery`].
    In {
        /// What is compared.
        operand: Box<Node>,
        /// With what.
        list: Vec<Node>,
        /// `NOT`.
        negated: bool,
    },
    /// `CASE`.
    Case {
        /// `CASE x WHEN`.
        operand: Option<Box<Node>>,
        /// Conditions and results.
        branches: Vec<(Node, Node)>,
        /// `ELSE`.
        otherwise: Option<Box<Node>>,
    },
    /// `ARRAY[…]`.
    Array(Vec<Node>),
    /// `ROW(…)`, `(a, b)`.
    Row(Vec<Node>),
    /// `(SELECT …)`, `EXISTS`, `ARRAY(SELECT …)`, `ANY (SELECT …)`.
    Subquery(Box<Query>),
    /// `x COLLATE c`.
    Collate {
        /// What is collated.
        operand: Box<Node>,
        /// By what.
        collation: ObjectName,
    },
    /// `x[1]`, `x[1:2]`, `(x).f`: the first is what is looked into.
    Part(Vec<Node>),
    /// Something else, with what is in it.
    Other(Vec<Node>),
}

/// A function called.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function; of what SQL spells as syntax, the name of the function that PostgreSQL runs
    /// (`extract`, `timezone`, `current_timestamp`).
    pub name: ObjectName,
    /// What is passed; the names of named arguments are not kept.
    pub arguments: Vec<Node>,
    /// `f(*)`.
    pub star: bool,
    /// `OVER …`.
    pub window: bool,
    /// Spelled as syntax, so that no schema of the search path can replace it.
    pub syntax: bool,
}

impl Node {
    /// Visits this node and all below it, parents first, into subqueries too.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Node)) {
        self.visit(&mut |node| {
            visit(node);
            true
        });
    }

    /// Visits this node, and what is below those nodes for which the answer is true.
    pub fn visit<'a>(&'a self, visit: &mut impl FnMut(&'a Node) -> bool) {
        let mut pending = vec![self];
        while let Some(node) = pending.pop() {
            if !visit(node) {
                continue;
            }
            let start = pending.len();
            node.children(&mut |child| pending.push(child));
            if let Some(added) = pending.get_mut(start..) {
                added.reverse();
            }
        }
    }

    /// Changes this node and all below it, but not what is in subqueries.
    pub fn walk_mut(&mut self, change: &mut impl FnMut(&mut Node)) {
        let mut pending = vec![self];
        while let Some(node) = pending.pop() {
            change(node);
            pending.extend(node.children_mut());
        }
    }

    /// Whether it is the column of that name, qualified or not.
    #[must_use]
    pub fn is_column(&self, name: &str) -> bool {
        matches!(self, Self::Column(path) if path.last().is_some_and(|last| last == name))
    }

    /// The name that PostgreSQL gives a column of a result that has none of its own, if it is one
    /// better than `?column?` (`FigureColname` in `parse_target.c`).
    #[must_use]
    pub fn implied_name(&self) -> Option<String> {
        match self {
            Self::Column(path) => path.last().cloned(),
            Self::Call(call) => Some(call.name.name.clone()),
            Self::Cast { operand, to } => operand
                .implied_name()
                .or_else(|| Some(to.name.name.clone())),
            Self::Collate { operand, .. } => operand.implied_name(),
            Self::Case { otherwise, .. } => otherwise
                .as_ref()
                .and_then(|node| node.implied_name())
                .or_else(|| Some("case".to_owned())),
            Self::Array(_) => Some("array".to_owned()),
            Self::Row(_) => Some("row".to_owned()),
            Self::Subquery(query) => query.targets.first().and_then(|it| it.name.clone()),
            _ => None,
        }
    }

    fn children<'a>(&'a self, visit: &mut impl FnMut(&'a Node)) {
        match self {
            Self::Null
            | Self::Boolean(_)
            | Self::Number(_)
            | Self::String(_)
            | Self::Parameter
            | Self::Default
            | Self::Column(_)
            | Self::Star => {}
            Self::Call(call) => call.arguments.iter().for_each(visit),
            Self::Cast { operand, .. }
            | Self::Unary { operand, .. }
            | Self::Not(operand)
            | Self::IsNull { operand, .. }
            | Self::Is { operand, .. }
            | Self::Collate { operand, .. } => visit(operand),
            Self::Binary { left, right, .. } => {
                visit(left);
                visit(right);
            }
            Self::Between {
                operand, low, high, ..
            } => {
                visit(operand);
                visit(low);
                visit(high);
            }
            Self::In { operand, list, .. } => {
                visit(operand);
                list.iter().for_each(visit);
            }
            Self::Case {
                operand,
                branches,
                otherwise,
            } => {
                if let Some(operand) = operand {
                    visit(operand);
                }
                for (condition, result) in branches {
                    visit(condition);
                    visit(result);
                }
                if let Some(otherwise) = otherwise {
                    visit(otherwise);
                }
            }
            Self::And(parts)
            | Self::Or(parts)
            | Self::Array(parts)
            | Self::Row(parts)
            | Self::Part(parts)
            | Self::Other(parts) => parts.iter().for_each(visit),
            Self::Subquery(query) => {
                let targets = query.targets.iter().map(|target| &target.expr.node);
                targets.chain(&query.expressions).for_each(visit);
            }
        }
    }

    fn children_mut(&mut self) -> Vec<&mut Node> {
        match self {
            Self::Call(call) => call.arguments.iter_mut().collect(),
            Self::Cast { operand, .. }
            | Self::Unary { operand, .. }
            | Self::Not(operand)
            | Self::IsNull { operand, .. }
            | Self::Is { operand, .. }
            | Self::Collate { operand, .. } => vec![operand],
            Self::Binary { left, right, .. } => vec![left, right],
            Self::Between {
                operand, low, high, ..
            } => vec![operand, low, high],
            Self::In { operand, list, .. } => {
                let operand: &mut Node = operand;
                std::iter::once(operand).chain(list).collect()
            }
            Self::Case {
                operand,
                branches,
                otherwise,
            } => {
                let ends = operand.iter_mut().chain(otherwise).map(Box::as_mut);
                let branches = branches.iter_mut().flat_map(|(when, then)| [when, then]);
                ends.chain(branches).collect()
            }
            Self::And(parts)
            | Self::Or(parts)
            | Self::Array(parts)
            | Self::Row(parts)
            | Self::Part(parts)
            | Self::Other(parts) => parts.iter_mut().collect(),
            _ => Vec::new(),
        }
    }
}
