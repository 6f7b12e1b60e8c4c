//! Indexes, statistics, views, sequences: `CREATE` of what stands beside tables.

use squawk_parser::SyntaxKind as K;

use super::tree::{Tree, exact};
use crate::ast::{
    CreateIndex, CreateMaterializedView, CreateRule, CreateSequence, CreateStatistics, CreateView,
    IndexElement, Kind, Node, Refresh,
};

impl Tree<'_> {
    pub(super) fn create_index(&self) -> Kind {
        let table = self.child(K::TABLE_RELATION_NAME);
        let include = self.child(K::INDEX_INCLUDE_CLAUSE);
        let include = include.map(|clause| clause.elements()).unwrap_or_default();
        Kind::CreateIndex(CreateIndex {
            name: self.name(K::INDEX),
            table: table.as_ref().map(Tree::relation).unwrap_or_default(),
            only: table.is_some_and(|table| table.has(K::ONLY_KW)),
            unique: self.has(K::UNIQUE_KW),
            concurrently: self.token(K::CONCURRENTLY_KW),
            if_not_exists: self.has(K::IF_NOT_EXISTS),
            method: self
                .child(K::USING_METHOD)
                .and_then(|clause| clause.name(K::ACCESS_METHOD_REF)),
            elements: self.elements(),
            include: include
                .into_iter()
                .filter_map(|element| element.column)
                .collect(),
            nulls_not_distinct: self.has(K::NULLS_NOT_DISTINCT),
            options: self.options(),
            tablespace: self.tablespace(),
            predicate: self.child(K::WHERE_CLAUSE).and_then(|clause| clause.expr()),
        })
    }

    /// What stands in the parentheses of an index or a partition key.
    pub(super) fn elements(&self) -> Vec<IndexElement> {
        let list = self.child(K::PARTITION_ITEM_LIST);
        let items = list
            .iter()
            .flat_map(|list| list.children(K::PARTITION_ITEM));
        exact(items.filter_map(|item| item.element()))
    }

    /// One element of an index.
    pub(super) fn element(&self) -> Option<IndexElement> {
        let mut tree = self.nodes().find(Tree::is_expr)?;
        let mut collation = None;
        if tree.kind() == K::COLLATE {
            collation = tree.object(K::COLLATION_REF);
            tree = tree.nodes().next()?;
        }
        let expr = tree.as_expr();
        let column = match &expr.node {
            Node::Column(path) if path.len() == 1 && tree.kind() == K::NAME_REF => {
                Some(tree.as_name())
            }
            _ => None,
        };
        let nulls = self.any(&[K::NULLS_FIRST, K::NULLS_LAST]);
        Some(IndexElement {
            span: self.span(),
            column,
            expr,
            collation,
            operator_class: self.object(K::OP_CLASS_REF),
            descending: self.has(K::SORT_DESC),
            nulls_first: nulls.map(|nulls| nulls.kind() == K::NULLS_FIRST),
        })
    }

    pub(super) fn create_statistics(&self) -> Kind {
        let kinds = self.child(K::STAT_TYPES);
        let clause = self.child(K::STATISTICS_ON_CLAUSE);
        let from = self.child(K::FROM_TABLE);
        Kind::CreateStatistics(CreateStatistics {
            name: self.object(K::STATISTICS),
            if_not_exists: self.has(K::IF_NOT_EXISTS),
            kinds: kinds
                .iter()
                .flat_map(Tree::nodes)
                .map(|kind| kind.words())
                .collect(),
            expressions: clause.map(|clause| clause.exprs()).unwrap_or_default(),
            table: from
                .and_then(|from| from.object(K::TABLE_NAME_REF))
                .unwrap_or_default(),
        })
    }

    pub(super) fn create_view(&self) -> Kind {
        Kind::CreateView(CreateView {
            name: self.object(K::VIEW).unwrap_or_default(),
            or_replace: self.has(K::OR_REPLACE),
            persistence: self.persistence(),
            columns: self.names_in(K::COLUMN_LIST, K::COLUMN_NAME),
            options: self.options(),
            query: self.query().unwrap_or_default(),
            recursive: self.has(K::RECURSIVE_KW),
        })
    }

    pub(super) fn create_materialized_view(&self) -> Kind {
        Kind::CreateMaterializedView(CreateMaterializedView {
            name: self.object(K::VIEW).unwrap_or_default(),
            if_not_exists: self.has(K::IF_NOT_EXISTS),
            columns: self.names_in(K::COLUMN_LIST, K::COLUMN_NAME),
            query: self.query().unwrap_or_default(),
            with_data: !self.has(K::WITH_NO_DATA),
        })
    }

    pub(super) fn refresh(&self) -> Kind {
        Kind::Refresh(Refresh {
            name: self.object(K::VIEW_REF).unwrap_or_default(),
            concurrently: self.has(K::CONCURRENTLY_KW),
            with_data: !self.has(K::WITH_NO_DATA),
        })
    }

    pub(super) fn create_rule(&self) -> Kind {
        let on = self.child(K::RULE_ON);
        let event = on.as_ref().and_then(|on| on.child(K::RULE_EVENT));
        let does = self.child(K::RULE_DO);
        let list = does
            .as_ref()
            .and_then(|it| it.child(K::RULE_STMT_LIST))
            .or(does);
        let actions = list.iter().flat_map(Tree::nodes);
        Kind::CreateRule(CreateRule {
            name: self.name(K::RULE).unwrap_or_default(),
            or_replace: self.has(K::OR_REPLACE),
            table: on
                .and_then(|on| on.object(K::RELATION_NAME_REF))
                .unwrap_or_default(),
            event: event.map(|event| event.words()).unwrap_or_default(),
            instead: does.as_ref().is_some_and(|it| it.has(K::INSTEAD_KW)),
            actions: actions
                .filter(|it| it.kind() != K::NOTHING)
                .map(|it| it.statement())
                .collect(),
        })
    }

    pub(super) fn create_sequence(&self) -> Kind {
        Kind::CreateSequence(CreateSequence {
            name: self.object(K::SEQUENCE).unwrap_or_default(),
            if_not_exists: self.has(K::IF_NOT_EXISTS),
            persistence: self.persistence(),
            options: self.sequence_options(),
        })
    }
}
