//! Expressions.
//!
//! Chains of operators lean to the left, as deep as they are long; they are read in a loop.

use squawk_parser::SyntaxKind as K;

use super::tree::Tree;
use crate::ast::{Call, Expr, Node, ObjectName};
use crate::text::Span;

/// The kinds of nodes that are expressions.
const EXPRESSIONS: [K; 16] = [
    K::CALL_EXPR,
    K::CAST_EXPR,
    K::COLLATE,
    K::ARRAY_EXPR,
    K::LITERAL,
    K::NAME_REF,
    K::BIN_EXPR,
    K::CASE_EXPR,
    K::FIELD_EXPR,
    K::INDEX_EXPR,
    K::SLICE_EXPR,
    K::BETWEEN_EXPR,
    K::PAREN_EXPR,
    K::TUPLE_EXPR,
    K::PREFIX_EXPR,
    K::POSTFIX_EXPR,
];

/// The kinds of nodes that are queries.
pub(super) const QUERIES: [K; 6] = [
    K::SELECT,
    K::SELECT_INTO,
    K::PAREN_SELECT,
    K::TABLE,
    K::VALUES,
    K::COMPOUND_SELECT,
];

/// Functions that are written as a word alone.
const KEYWORD_FUNCTIONS: [&str; 11] = [
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "session_user",
    "system_user",
];

/// A longer chain of one operator keeps its operands only, so that nothing below is deeper.
const LONGEST_CHAIN: usize = 200;

impl Tree<'_> {
    pub(super) fn is_expr(&self) -> bool {
        // `COLLATE` behind a column's type has no operand, and is no expression
        EXPRESSIONS.contains(&self.kind())
            && (self.kind() != K::COLLATE || self.nodes().next().is_some_and(|n| n.is_expr()))
    }

    /// The first expression among the children.
    pub(super) fn expr(&self) -> Option<Expr> {
        self.nodes().find(Tree::is_expr).map(|tree| tree.as_expr())
    }

    /// All expressions among the children.
    pub(super) fn exprs(&self) -> Vec<Expr> {
        self.nodes()
            .filter(Tree::is_expr)
            .map(|tree| tree.as_expr())
            .collect()
    }

    /// The expression that this node is.
    pub(super) fn as_expr(&self) -> Expr {
        Expr {
            span: self.span(),
            text: self.text().to_owned(),
            node: self.as_node(),
        }
    }

    /// What this expression says.
    pub(super) fn as_node(&self) -> Node {
        self.deeper()
            .map_or(Node::Other(Vec::new()), |tree| tree.convert())
    }

    fn convert(&self) -> Node {
        match self.kind() {
            K::LITERAL => self.as_literal(),
            K::NAME_REF => self.column_or_word(),
            K::PAREN_EXPR => self.parenthesis(),
            K::BIN_EXPR => self.chain(),
            K::PREFIX_EXPR => self.prefix(),
            K::POSTFIX_EXPR => self.postfix(),
            K::CALL_EXPR => self.call(),
            K::CAST_EXPR => self.cast(),
            K::FIELD_EXPR => self.field(),
            K::TUPLE_EXPR => Node::Row(self.operands()),
            K::ARRAY_EXPR => self.array(),
            K::INDEX_EXPR | K::SLICE_EXPR => Node::Part(self.operands()),
            K::BETWEEN_EXPR => self.between(),
            K::CASE_EXPR => self.case(),
            K::COLLATE => Node::Collate {
                operand: Box::new(self.operand(0)),
                collation: self.object(K::COLLATION_REF).unwrap_or_default(),
            },
            _ => Node::Other(self.parts()),
        }
    }

    /// The expressions among the children.
    fn operands(&self) -> Vec<Node> {
        let operands = self.nodes().filter(Tree::is_expr);
        operands.map(|operand| operand.as_node()).collect()
    }

    fn operand(&self, index: usize) -> Node {
        let operand = self.nodes().filter(Tree::is_expr).nth(index);
        operand.map_or(Node::Null, |operand| operand.as_node())
    }

    /// Expressions and queries wherever they stand below, outermost ones.
    fn parts(&self) -> Vec<Node> {
        let mut found = Vec::new();
        for child in self.nodes() {
            if child.is_expr() {
                found.push(child.as_node());
            } else if QUERIES.contains(&child.kind()) {
                found.push(Node::Subquery(Box::new(child.as_query())));
            } else {
                found.extend(child.parts());
            }
        }
        found
    }

    fn column_or_word(&self) -> Node {
        let name = self.as_name();
        if !self.text().starts_with('"') && KEYWORD_FUNCTIONS.contains(&name.text.as_str()) {
            return Node::Call(self.syntax_call(&name.text, Vec::new()));
        }
        if self.text().eq_ignore_ascii_case("user") {
            return Node::Call(self.syntax_call("current_user", Vec::new()));
        }
        Node::Column(vec![name.text])
    }

    /// A function that SQL spells as syntax.
    fn syntax_call(&self, name: &str, arguments: Vec<Node>) -> Call {
        Call {
            name: ObjectName {
                schema: None,
                name: name.to_owned(),
                span: self.span(),
            },
            arguments,
            star: false,
            window: false,
            syntax: true,
        }
    }

    fn parenthesis(&self) -> Node {
        match self.any(&QUERIES) {
            Some(query) => Node::Subquery(Box::new(query.as_query())),
            None => self.operand(0),
        }
    }

    fn chain(&self) -> Node {
        let mut links = Vec::new();
        let mut first = *self;
        while let Some((left, right)) = first.sides() {
            links.push((first.operator(), right));
            first = left;
        }
        links.reverse();
        Self::unlean(&mut links);
        let long = links.len() > LONGEST_CHAIN;
        let mut chain = first.as_node();
        for (operator, right) in links {
            let right = right.as_node();
            chain = match operator.as_str() {
                "and" => joined(chain, right, Node::And),
                "or" => joined(chain, right, Node::Or),
                _ if long => joined(chain, right, Node::Other),
                _ => binary(operator, chain, right, self.span()),
            };
        }
        chain
    }

    /// The parser lets `a || b || c` lean to the right, where PostgreSQL lets it lean to the left.
    fn unlean(links: &mut Vec<(String, Self)>) {
        while let Some((operator, last)) = links.pop() {
            match last.sides() {
                Some((left, right)) if last.operator() == operator => {
                    links.push((operator.clone(), left));
                    links.push((operator, right));
                }
                _ => {
                    links.push((operator, last));
                    return;
                }
            }
        }
    }

    /// What stands on both sides of an operator.
    fn sides(&self) -> Option<(Self, Self)> {
        if self.kind() != K::BIN_EXPR {
            return None;
        }
        let mut operands = self.nodes().filter(Tree::is_expr);
        Some((operands.next()?, operands.next()?))
    }

    /// The operator between two operands, in lower case.
    fn operator(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        for child in self.with_tokens().filter(|it| !it.is_expr()) {
            words.push(if child.is_token() {
                child.text().to_ascii_lowercase()
            } else {
                child.operator_text()
            });
        }
        words.join(" ")
    }

    /// `operator(pg_catalog.+)` is `+`; words are kept apart, symbols are not.
    fn operator_text(&self) -> String {
        match self.kind() {
            K::OPERATOR_CALL => self
                .child(K::OP)
                .and_then(|op| {
                    op.text()
                        .rsplit('.')
                        .next()
                        .map(|text| text.trim().to_owned())
                })
                .unwrap_or_default(),
            K::CUSTOM_OP | K::OP => self.tokens().map(|(_, text)| text).collect(),
            _ => self.words(),
        }
    }

    fn prefix(&self) -> Node {
        let operand = Box::new(self.operand(0));
        match self.operator().as_str() {
            "not" => Node::Not(operand),
            operator => Node::Unary {
                operator: operator.to_owned(),
                operand,
            },
        }
    }

    fn postfix(&self) -> Node {
        let operand = self.operand(0);
        let operator = self.operator();
        match operator.as_str() {
            "isnull" | "notnull" => Node::IsNull {
                operand: Box::new(operand),
                negated: operator == "notnull",
            },
            "at local" => Node::Call(self.syntax_call("timezone", vec![operand])),
            _ => is_test(operand, &operator),
        }
    }

    fn between(&self) -> Node {
        Node::Between {
            operand: Box::new(self.operand(0)),
            low: Box::new(self.operand(1)),
            high: Box::new(self.operand(2)),
            negated: self.has(K::NOT_KW),
        }
    }

    fn case(&self) -> Node {
        let list = self.child(K::WHEN_CLAUSE_LIST);
        let branches = list
            .iter()
            .flat_map(|list| list.children(K::WHEN_CLAUSE))
            .map(|when| (when.operand(0), when.operand(1)))
            .collect();
        let otherwise = self.child(K::ELSE_CLAUSE);
        Node::Case {
            operand: self
                .nodes()
                .find(Tree::is_expr)
                .map(|it| Box::new(it.as_node())),
            branches,
            otherwise: otherwise.map(|clause| Box::new(clause.operand(0))),
        }
    }

    fn array(&self) -> Node {
        match self.any(&QUERIES) {
            Some(query) => Node::Subquery(Box::new(query.as_query())),
            None => Node::Array(self.operands()),
        }
    }

    fn cast(&self) -> Node {
        Node::Cast {
            operand: Box::new(self.operand(0)),
            to: self.type_name().unwrap_or_default(),
        }
    }

    /// `t.c`, `s.t.c`, `t.*`; of anything else a field.
    fn field(&self) -> Node {
        if self.has(K::STAR) {
            return Node::Star;
        }
        match self.dotted() {
            Some(path) => Node::Column(path),
            None => Node::Part(vec![self.operand(0)]),
        }
    }

    /// The parts of names with points between them; none if there is something else.
    fn dotted(&self) -> Option<Vec<String>> {
        let mut parts = Vec::new();
        let mut next = *self;
        while next.kind() == K::FIELD_EXPR {
            let mut operands = next.nodes();
            let (base, field) = (operands.next()?, operands.next()?);
            parts.push(field.as_name().text);
            next = base;
        }
        if next.kind() != K::NAME_REF {
            return None;
        }
        parts.push(next.as_name().text);
        parts.reverse();
        Some(parts)
    }

    fn call(&self) -> Node {
        let Some(callee) = self.nodes().next() else {
            return Node::Other(Vec::new());
        };
        match callee.kind() {
            K::NAME_REF | K::FIELD_EXPR => Node::Call(self.named_call(&callee)),
            K::EXISTS_FN | K::ANY_FN | K::ALL_FN | K::SOME_FN => {
                let mut parts = callee.parts();
                match parts.len() {
                    1 => parts.remove(0),
                    _ => Node::Other(parts),
                }
            }
            _ => {
                let mut words = callee.tokens().map(|(_, text)| text.to_ascii_lowercase());
                let name = words.next().unwrap_or_default();
                Node::Call(self.syntax_call(&name, callee.parts()))
            }
        }
    }

    fn named_call(&self, callee: &Tree<'_>) -> Call {
        let mut path = callee.dotted().unwrap_or_default();
        let name = path.pop().unwrap_or_default();
        let schema = path.pop();
        let list = self.child(K::ARG_LIST);
        let mut arguments: Vec<Node> = Vec::new();
        for argument in list.iter().flat_map(|list| list.children(K::ARG)) {
            arguments.extend(argument.parts());
        }
        for clause in [K::FILTER_CLAUSE, K::OVER_CLAUSE, K::WITHIN_CLAUSE] {
            arguments.extend(self.child(clause).iter().flat_map(Tree::parts));
        }
        let quoted = callee.text().starts_with('"');
        Call {
            // `current_timestamp(3)`, `coalesce(…)`: the grammar's own, no schema can replace them
            syntax: schema.is_none() && !quoted && is_syntax(&name),
            name: ObjectName {
                schema,
                name,
                span: callee.span(),
            },
            arguments,
            star: list.is_some_and(|list| list.has(K::STAR)),
            window: self.has(K::OVER_CLAUSE),
        }
    }

    /// `COLLATE c` among the children.
    pub(super) fn collation(&self) -> Option<ObjectName> {
        self.child(K::COLLATE)?.object(K::COLLATION_REF)
    }
}

/// Words that look like functions and are none that a schema could replace.
fn is_syntax(name: &str) -> bool {
    KEYWORD_FUNCTIONS.contains(&name)
        || matches!(
            name,
            "coalesce" | "nullif" | "greatest" | "least" | "grouping" | "merge_action"
        )
}

/// Two as a list, into which lists of the same kind are opened.
fn joined(left: Node, right: Node, list: fn(Vec<Node>) -> Node) -> Node {
    let kind = std::mem::discriminant(&list(Vec::new()));
    let mut parts = Vec::new();
    for side in [left, right] {
        let same = std::mem::discriminant(&side) == kind;
        match side {
            Node::And(more) | Node::Or(more) | Node::Other(more) if same => parts.extend(more),
            other => parts.push(other),
        }
    }
    list(parts)
}

fn binary(operator: String, left: Node, right: Node, span: Span) -> Node {
    let (name, negated) = match operator.strip_prefix("not ") {
        Some(name) => (name, true),
        None => (operator.as_str(), false),
    };
    match name {
        "is" | "is not" => is_constant(left, right, name == "is not"),
        "in" => Node::In {
            operand: Box::new(left),
            list: match right {
                Node::Row(list) => list,
                other => vec![other],
            },
            negated,
        },
        "at time zone" => Node::Call(Call {
            name: ObjectName {
                schema: None,
                name: "timezone".to_owned(),
                span,
            },
            arguments: vec![right, left],
            star: false,
            window: false,
            syntax: true,
        }),
        _ => Node::Binary {
            operator,
            left: Box::new(left),
            right: Box::new(right),
        },
    }
}

fn is_constant(left: Node, right: Node, negated: bool) -> Node {
    let operand = Box::new(left);
    let test = match right {
        Node::Null => return Node::IsNull { operand, negated },
        Node::Boolean(value) => value.to_string(),
        Node::Column(path) => path.concat(),
        _ => "unknown".to_owned(),
    };
    Node::Is {
        operand,
        test,
        negated,
    }
}

/// `is not json array` and its kin.
fn is_test(operand: Node, operator: &str) -> Node {
    let rest = operator.strip_prefix("is ").unwrap_or(operator);
    let negated = rest.starts_with("not ") || rest.contains(" not ");
    Node::Is {
        operand: Box::new(operand),
        test: rest.replacen("not ", "", 1),
        negated,
    }
}
