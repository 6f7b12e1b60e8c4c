//! Queries, and what changes data: what they read, write and compute.

use squawk_parser::SyntaxKind as K;

use super::expressions::QUERIES;
use super::tree::Tree;
use crate::ast::{
    Copy, CopyPlace, CreateTableAs, Delete, Insert, Kind, Merge, Name, Node, ObjectName,
    OnConflict, Persistence, Query, Select, Statement, Target, Update,
};

/// Statements within `WITH` that change data.
const WRITES: [K; 4] = [K::INSERT, K::UPDATE, K::DELETE, K::MERGE];

impl Tree<'_> {
    /// The first query among the children.
    pub(super) fn query(&self) -> Option<Query> {
        self.any(&QUERIES).map(|query| query.as_query())
    }

    /// The query that this node is; of a statement that changes data, everything but its target.
    pub(super) fn as_query(&self) -> Query {
        let mut query = Query {
            span: self.span(),
            ..Query::default()
        };
        let outermost = self.outermost();
        let shown = outermost.as_ref().and_then(Tree::target_list);
        self.gather(&mut query, shown.as_ref());
        query.within = self.changes_within();
        if let Some(select) = outermost {
            query.targets = select.targets();
            let targets = std::mem::take(&mut query.targets);
            for target in &targets {
                query.read_below(&target.expr.node);
            }
            query.targets = targets;
            query.from = select.listed_relations().unwrap_or_default();
            query.filtered = select.has(K::WHERE_CLAUSE);
            query.limited = select.has(K::LIMIT_CLAUSE) || select.has(K::FETCH_CLAUSE);
            let clauses = select
                .nodes()
                .filter(|clause| clause.kind() != K::SELECT_CLAUSE);
            query.is_plain_expression = self.is_select_alone()
                && clauses.count() == 0
                && !query.targets.is_empty()
                && !select
                    .child(K::SELECT_CLAUSE)
                    .is_some_and(|c| c.has(K::DISTINCT_CLAUSE));
        }
        query
    }

    /// What changes rows in the `WITH` of this statement; `WITH` further below is refused.
    fn changes_within(&self) -> Vec<Statement> {
        let mut level = Some(*self);
        let mut found = Vec::new();
        while let Some(query) = level {
            let with = query.child(K::WITH_CLAUSE);
            let tables = with.iter().flat_map(|it| it.children(K::WITH_TABLE));
            found.extend(tables.filter_map(|it| it.any(&WRITES)?.changing()));
            level = query.any(&QUERIES);
        }
        found
    }

    /// The `INSERT`, `UPDATE`, `DELETE` or `MERGE` that this node is.
    fn changing(&self) -> Option<Statement> {
        let kind = match self.kind() {
            K::INSERT => self.insert(),
            K::UPDATE => self.update(),
            K::DELETE => self.delete(),
            K::MERGE => self.merge(),
            _ => return None,
        };
        Some(Statement {
            span: self.span(),
            kind,
        })
    }

    /// The query of a `COPY`, which may change rows itself.
    fn copied(&self) -> Query {
        let mut query = self.as_query();
        if let Some(change) = self.changing() {
            query.writes.extend(self.write_target());
            query.within.push(change);
        }
        query
    }

    /// The select that says what comes out: through parentheses, to the left of a `UNION`.
    pub(super) fn outermost(&self) -> Option<Self> {
        let mut query = *self;
        while !matches!(query.kind(), K::SELECT | K::SELECT_INTO) {
            query = query.any(&QUERIES)?;
        }
        Some(query)
    }

    fn listed_relations(&self) -> Option<Vec<ObjectName>> {
        let mut pending: Vec<Tree<'_>> = self.child(K::FROM_CLAUSE)?.nodes().collect();
        let mut found = Vec::new();
        pending.reverse();
        while let Some(item) = pending.pop() {
            match item.kind() {
                K::RELATION_FROM_ITEM => {
                    let name = item.object(K::RELATION_NAME_REF)?;
                    if item.is_with_query(&name) {
                        return None;
                    }
                    found.push(name);
                }
                K::JOIN_EXPR | K::JOIN if !item.has(K::NATURAL_KW) => {
                    let mut parts: Vec<Tree<'_>> = item.nodes().collect();
                    parts.reverse();
                    pending.extend(parts);
                }
                K::ON_CLAUSE
                | K::JOIN_INNER
                | K::JOIN_LEFT
                | K::JOIN_RIGHT
                | K::JOIN_FULL
                | K::JOIN_CROSS => {}
                _ => return None,
            }
        }
        Some(found)
    }

    /// Parentheses at most stand around it: no `UNION`, no `LIMIT` behind them.
    fn is_select_alone(&self) -> bool {
        let mut query = *self;
        while query.kind() == K::PAREN_SELECT && query.nodes().count() == 1 {
            let Some(inner) = query.nodes().next() else {
                return false;
            };
            query = inner;
        }
        query.kind() == K::SELECT
    }

    fn targets(&self) -> Vec<Target> {
        let list = self.target_list();
        list.iter()
            .flat_map(|list| list.children(K::TARGET))
            .map(|target| target.target())
            .collect()
    }

    fn target_list(&self) -> Option<Self> {
        self.child(K::SELECT_CLAUSE)?.child(K::TARGET_LIST)
    }

    fn target(&self) -> Target {
        let Some(expr) = self.expr() else {
            let mut star = self.as_expr();
            star.node = Node::Star;
            return Target {
                name: None,
                expr: star,
            };
        };
        let alias = self
            .child(K::AS_NAME)
            .and_then(|name| name.name(K::COLUMN_NAME));
        Target {
            name: alias
                .map(|name| name.text)
                .or_else(|| expr.node.implied_name()),
            expr,
        }
    }

    /// Relations, locks and expressions, of this and all queries below, each once.
    fn gather(&self, query: &mut Query, targets: Option<&Tree<'_>>) {
        let mut pending: Vec<Tree<'_>> = self.nodes().collect();
        pending.reverse();
        while let Some(node) = pending.pop() {
            match node.kind() {
                K::RELATION_FROM_ITEM => node.read(query),
                K::RELATION_NAME if node.is_read() => node.read(query),
                K::LOCKING_CLAUSE => node.lock_rows(query),
                kind if WRITES.contains(&kind) => {
                    if let Some(target) = node.write_target() {
                        let only = node.is_only_target();
                        query.mention(&target, only);
                        query.writes.push(target);
                    }
                }
                _ => {}
            }
            if node.is_expr() && !node.is_from_item() {
                node.compute(query);
            } else if targets.is_none_or(|targets| !targets.is(&node)) {
                let below = pending.len();
                pending.extend(node.nodes());
                if let Some(added) = pending.get_mut(below..) {
                    added.reverse();
                }
            }
        }
    }

    /// `(t)`, `(a JOIN b)` within `FROM` look like an expression.
    fn is_from_item(&self) -> bool {
        let parent = self.ancestors().next();
        self.kind() == K::PAREN_EXPR && parent.is_some_and(|it| it.kind() == K::PAREN_FROM_ITEM)
    }

    /// The target of a statement that changes data is no relation read.
    fn is_read(&self) -> bool {
        let parent = self.ancestors().next();
        parent.is_some_and(|parent| parent.kind() == K::TABLE)
    }

    fn read(&self, query: &mut Query) {
        let Some(name) = self.object(K::RELATION_NAME_REF) else {
            return;
        };
        if self.is_with_query(&name) {
            return;
        }
        query.mention(&name, self.is_only());
        if !query.reads.contains(&name) {
            query.reads.push(name);
        }
    }

    /// `FROM ONLY t`, `FROM ONLY (t)`.
    fn is_only(&self) -> bool {
        let around = self
            .ancestors()
            .take_while(|it| matches!(it.kind(), K::PAREN_EXPR | K::PAREN_FROM_ITEM));
        self.has(K::ONLY_KW) || around.into_iter().any(|it| it.has(K::ONLY_KW))
    }

    /// Constants are left out: a dump has millions.
    fn compute(&self, query: &mut Query) {
        if self.kind() == K::LITERAL {
            return;
        }
        let node = self.as_node();
        query.read_below(&node);
        query.expressions.push(node);
    }

    /// Whether a name, here, is that of a `WITH` query around it.
    pub(super) fn is_with_query(&self, name: &ObjectName) -> bool {
        if name.schema.is_some() {
            return false;
        }
        let mut inner = *self;
        for outer in self.ancestors() {
            let sees = |with: &Tree<'_>, before: Option<&Tree<'_>>| {
                with.children(K::WITH_TABLE)
                    .take_while(|table| before.is_none_or(|b| table.span() != b.span()))
                    .any(|table| table.name(K::CTE_NAME).is_some_and(|n| n.text == name.name))
            };
            let found = match outer.kind() {
                K::WITH_CLAUSE if outer.has(K::RECURSIVE_KW) => sees(&outer, None),
                K::WITH_CLAUSE => sees(&outer, Some(&inner)),
                _ if inner.kind() == K::WITH_CLAUSE => false,
                _ => outer
                    .child(K::WITH_CLAUSE)
                    .is_some_and(|with| sees(&with, None)),
            };
            if found {
                return true;
            }
            inner = outer;
        }
        false
    }

    /// The table that a statement changes.
    fn write_target(&self) -> Option<ObjectName> {
        self.object(K::RELATION_NAME_REF).or_else(|| {
            let relation = self.any(&[K::RELATION_NAME, K::TABLE_RELATION_NAME])?;
            Some(relation.relation())
        })
    }

    /// The name within `ONLY (t)`, `t *`.
    pub(super) fn relation(&self) -> ObjectName {
        let name = self.any(&[K::RELATION_NAME_REF, K::TABLE_NAME_REF]);
        name.map(|name| name.as_object()).unwrap_or_default()
    }

    pub(super) fn select(&self) -> Kind {
        let query = self.as_query();
        match self
            .outermost()
            .and_then(|select| select.child(K::INTO_CLAUSE))
        {
            Some(into) => Kind::CreateTableAs(CreateTableAs {
                name: into.object(K::TABLE_NAME).unwrap_or_default(),
                if_not_exists: false,
                persistence: into.persistence(),
                columns: Vec::new(),
                query: Some(query),
                with_data: true,
            }),
            None => Kind::Select(Select { query }),
        }
    }

    pub(super) fn persistence(&self) -> Persistence {
        match self.any(&[K::TEMP, K::UNLOGGED]).map(|word| word.kind()) {
            Some(K::TEMP) => Persistence::Temporary,
            Some(_) => Persistence::Unlogged,
            None => Persistence::Permanent,
        }
    }

    pub(super) fn insert(&self) -> Kind {
        let values = self
            .child(K::VALUES)
            .and_then(|values| values.child(K::ROW_LIST));
        Kind::Insert(Insert {
            table: self.object(K::RELATION_NAME_REF).unwrap_or_default(),
            columns: self.target_columns(),
            source: self.query(),
            rows: values.map_or(0, |rows| rows.children(K::ROW).count()),
            on_conflict: self
                .child(K::ON_CONFLICT_CLAUSE)
                .map(|clause| clause.on_conflict()),
            query: self.as_query(),
        })
    }

    fn on_conflict(&self) -> OnConflict {
        let update = self.child(K::CONFLICT_DO_UPDATE_SET);
        OnConflict {
            update: update.is_some(),
            sets: update.map(|update| update.sets()).unwrap_or_default(),
        }
    }

    fn target_columns(&self) -> Vec<Name> {
        let list = self.child(K::COLUMN_TARGET_LIST);
        list.iter()
            .flat_map(|list| list.children(K::COLUMN_TARGET))
            .filter_map(|target| target.name(K::COLUMN_NAME_REF))
            .collect()
    }

    /// The columns that a `SET` names, in order.
    fn sets(&self) -> Vec<Name> {
        let list = self
            .child(K::SET_CLAUSE)
            .and_then(|clause| clause.child(K::SET_COLUMN_LIST));
        let mut names = Vec::new();
        for column in list.iter().flat_map(Tree::nodes) {
            let single = column.child(K::COLUMN_TARGET);
            names.extend(single.and_then(|target| target.name(K::COLUMN_NAME_REF)));
            names.extend(column.target_columns());
        }
        names
    }

    /// `UPDATE ONLY t`, `DELETE FROM ONLY t`, `MERGE INTO ONLY t`.
    fn is_only_target(&self) -> bool {
        self.any(&[K::RELATION_NAME, K::TABLE_RELATION_NAME])
            .is_some_and(|relation| relation.has(K::ONLY_KW))
    }

    pub(super) fn update(&self) -> Kind {
        let relation = self.child(K::RELATION_NAME);
        let mut query = self.as_query();
        query.from = self.listed_relations().unwrap_or_default();
        Kind::Update(Update {
            table: relation.as_ref().map(Tree::relation).unwrap_or_default(),
            only: relation.is_some_and(|relation| relation.has(K::ONLY_KW)),
            sets: self.sets(),
            condition: self.child(K::WHERE_CLAUSE).and_then(|clause| clause.expr()),
            current_of: self.has(K::WHERE_CURRENT_OF),
            query,
        })
    }

    pub(super) fn delete(&self) -> Kind {
        let relation = self.child(K::RELATION_NAME);
        Kind::Delete(Delete {
            table: relation.as_ref().map(Tree::relation).unwrap_or_default(),
            only: relation.is_some_and(|relation| relation.has(K::ONLY_KW)),
            condition: self.child(K::WHERE_CLAUSE).and_then(|clause| clause.expr()),
            current_of: self.has(K::WHERE_CURRENT_OF),
            query: self.as_query(),
        })
    }

    pub(super) fn merge(&self) -> Kind {
        let updates = self
            .descendants()
            .filter(|node| node.kind() == K::MERGE_UPDATE);
        let inserts = self
            .descendants()
            .filter(|node| node.kind() == K::MERGE_INSERT);
        let sets = updates.map(|update| update.sets());
        Kind::Merge(Merge {
            table: self.write_target().unwrap_or_default(),
            only: self.is_only_target(),
            sets: sets
                .chain(inserts.map(|insert| insert.target_columns()))
                .collect(),
            query: self.as_query(),
        })
    }

    pub(super) fn copy(&self) -> Kind {
        let table = self.child(K::COPY_TABLE);
        let query = self.child(K::COPY_QUERY);
        let direction = self.any(&[K::COPY_FROM, K::COPY_TO]);
        let program = direction.as_ref().and_then(|it| it.child(K::COPY_PROGRAM));
        Kind::Copy(Copy {
            columns: table
                .as_ref()
                .map(|table| table.names_in(K::COLUMN_REF_LIST, K::COLUMN_NAME_REF))
                .unwrap_or_default(),
            table: table.and_then(|table| table.object(K::TABLE_NAME_REF)),
            query: query.and_then(|query| query.nodes().next().map(|query| query.copied())),
            from: self.has(K::COPY_FROM),
            place: match program {
                None => CopyPlace::Client,
                Some(program) if program.has(K::PROGRAM_KW) => CopyPlace::Program,
                Some(_) => CopyPlace::File,
            },
            options: self.options(),
        })
    }
}

impl Query {
    /// One more mention of a relation; before it is among `reads` or `writes`.
    fn mention(&mut self, relation: &ObjectName, only: bool) {
        let known = self.reads.contains(relation) || self.writes.contains(relation);
        if only && !known {
            self.only.push(relation.clone());
        } else if !only {
            self.only.retain(|it| it != relation);
        }
    }

    /// What subqueries in an expression do, this query does.
    fn read_below(&mut self, node: &Node) {
        node.visit(&mut |node| match node {
            Node::Subquery(inner) => {
                for relation in inner.reads.iter().chain(&inner.writes) {
                    self.mention(relation, inner.is_only(relation));
                }
                merge(&mut self.reads, &inner.reads);
                merge(&mut self.writes, &inner.writes);
                self.locks_rows = self.locks_rows.max(inner.locks_rows);
                merge(&mut self.row_locks, &inner.row_locks);
                false
            }
            _ => true,
        });
    }
}

pub(super) fn merge(all: &mut Vec<ObjectName>, more: &[ObjectName]) {
    for name in more {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
}
