//! `CREATE TABLE`.

use squawk_parser::SyntaxKind as K;

use super::tree::{Tree, exact};
use crate::ast::{
    ColumnDef, CreateTable, CreateTableAs, Kind, Like, Name, PartitionBound, PartitionBy,
    PartitionOf,
};

/// The kinds of nodes that say which rows a partition takes.
const BOUNDS: [K; 4] = [
    K::PARTITION_DEFAULT,
    K::PARTITION_FOR_VALUES_IN,
    K::PARTITION_FOR_VALUES_FROM,
    K::PARTITION_FOR_VALUES_WITH,
];

impl Tree<'_> {
    pub(super) fn create_table(&self) -> Kind {
        let list = self.child(K::TABLE_ARG_LIST);
        let arguments: Vec<Tree<'_>> = list.iter().flat_map(Tree::nodes).collect();
        let of_kind = |kind: K| arguments.iter().filter(move |node| node.kind() == kind);
        let inherits = self.child(K::INHERITS);
        Kind::CreateTable(CreateTable {
            name: self.object(K::TABLE_NAME).unwrap_or_default(),
            if_not_exists: self.has(K::IF_NOT_EXISTS),
            persistence: self.persistence(),
            columns: exact(of_kind(K::COLUMN).map(Tree::column)),
            constraints: list.map(|list| list.constraints(None)).unwrap_or_default(),
            likes: of_kind(K::LIKE_CLAUSE).map(Tree::like).collect(),
            inherits: inherits
                .map(|inherits| inherits.objects(K::TABLE_NAME_REF))
                .unwrap_or_default(),
            of_type: self
                .child(K::OF_TYPE)
                .and_then(|clause| Some(clause.type_name()?.name)),
            partition_of: self.partition_of(),
            partition_by: self.partition_by(),
            method: self
                .child(K::USING_METHOD)
                .and_then(|clause| clause.name(K::ACCESS_METHOD_REF)),
            options: self.options(),
            on_commit_drop: self.child(K::ON_COMMIT).is_some_and(|it| it.has(K::DROP)),
            tablespace: self.tablespace(),
            server: self
                .child(K::SERVER_CLAUSE)
                .and_then(|clause| clause.name(K::SERVER_REF)),
        })
    }

    pub(super) fn tablespace(&self) -> Option<Name> {
        self.child(K::TABLESPACE_CLAUSE)?.name(K::TABLESPACE_REF)
    }

    pub(super) fn create_table_as(&self) -> Kind {
        let list = self.child(K::TABLE_ARG_LIST);
        let columns = list.iter().flat_map(|list| list.children(K::COLUMN));
        Kind::CreateTableAs(CreateTableAs {
            name: self.object(K::TABLE_NAME).unwrap_or_default(),
            if_not_exists: self.has(K::IF_NOT_EXISTS),
            persistence: self.persistence(),
            columns: columns
                .filter_map(|column| column.name(K::COLUMN_NAME))
                .collect(),
            query: self.query(),
            with_data: !self.has(K::WITH_NO_DATA),
        })
    }

    /// A column of a table, or the one that `ADD COLUMN` adds.
    pub(super) fn column(&self) -> ColumnDef {
        let name = self.name(K::COLUMN_NAME).unwrap_or_default();
        ColumnDef {
            span: self.span(),
            type_name: self.type_name(),
            collation: self.collation(),
            storage: self
                .child(K::STORAGE)
                .and_then(|it| it.child(K::STORAGE_MODE))
                .map(|it| it.words()),
            compression: self
                .child(K::COMPRESSION_METHOD)
                .and_then(|it| it.child(K::COMPRESSION_METHOD_NAME))
                .map(|it| it.words()),
            constraints: self.constraints(Some(&name)),
            name,
        }
    }

    fn like(&self) -> Like {
        let properties = |kind: K| {
            let found = self
                .children(kind)
                .filter_map(|property| property.nodes().next());
            found.map(|property| property.words()).collect::<Vec<_>>()
        };
        let excluding = properties(K::EXCLUDING_PROPERTY);
        let mut including = properties(K::INCLUDING_PROPERTY);
        including.retain(|property| !excluding.contains(property));
        Like {
            source: self.object(K::RELATION_NAME_REF).unwrap_or_default(),
            including,
            excluding,
        }
    }

    fn partition_of(&self) -> Option<PartitionOf> {
        Some(PartitionOf {
            parent: self.child(K::PARTITION_OF)?.object(K::TABLE_NAME_REF)?,
            bound: self.bound().unwrap_or(PartitionBound::Default),
        })
    }

    fn partition_by(&self) -> Option<PartitionBy> {
        let clause = self.child(K::PARTITION_BY)?;
        Some(PartitionBy {
            strategy: clause.child(K::PARTITION_STRATEGY)?.words(),
            elements: clause.elements(),
        })
    }

    /// The rows that a partition takes.
    pub(super) fn bound(&self) -> Option<PartitionBound> {
        let bound = self.any(&BOUNDS)?;
        Some(match bound.kind() {
            K::PARTITION_FOR_VALUES_IN => PartitionBound::In(bound.exprs()),
            K::PARTITION_FOR_VALUES_FROM => PartitionBound::Range {
                from: bound.child(K::PARTITION_FROM_VALUES)?.exprs(),
                to: bound.child(K::PARTITION_TO_VALUES)?.exprs(),
            },
            K::PARTITION_FOR_VALUES_WITH => {
                let number = |word: &str| {
                    let mut parts = bound.children(K::HASH_PARTITION_BOUND);
                    parts
                        .find(|part| part.words().starts_with(word))
                        .and_then(|part| part.expr_integer())
                };
                PartitionBound::Hash {
                    modulus: number("modulus")?,
                    remainder: number("remainder")?,
                }
            }
            _ => PartitionBound::Default,
        })
    }
}
