//! `VACUUM`, `ANALYZE`, `CLUSTER`, `REINDEX`, `TRUNCATE`, `LOCK`.

use squawk_parser::SyntaxKind as K;

use super::tree::Tree;
use crate::ast::{
    Cluster, Kind, Lock, Reindex, ReindexTarget, StorageOption, TableAndColumns, Truncate, Vacuum,
};

const TARGETS: [(K, ReindexTarget); 5] = [
    (K::REINDEX_TARGET_INDEX, ReindexTarget::Index),
    (K::REINDEX_TARGET_TABLE, ReindexTarget::Table),
    (K::REINDEX_TARGET_SCHEMA, ReindexTarget::Schema),
    (K::REINDEX_TARGET_DATABASE, ReindexTarget::Database),
    (K::REINDEX_TARGET_SYSTEM, ReindexTarget::System),
];

impl Tree<'_> {
    pub(super) fn vacuum(&self) -> Kind {
        let mut options = self.options();
        let is_analyze = self.kind() == K::ANALYZE;
        for (word, name) in [
            (K::FULL_KW, "full"),
            (K::FREEZE_KW, "freeze"),
            (K::VERBOSE_KW, "verbose"),
            (K::ANALYZE_KW, "analyze"),
        ] {
            // of `ANALYZE t` it is the statement's own word
            let token = self
                .token(word)
                .filter(|_| !(is_analyze && name == "analyze"));
            options.extend(token.map(|span| StorageOption {
                span,
                name: name.to_owned(),
                value: None,
            }));
        }
        Kind::Vacuum(Vacuum {
            tables: self.tables_and_columns(),
            full: is_on(&options, "full"),
            analyze: is_analyze || is_on(&options, "analyze"),
            freeze: is_on(&options, "freeze"),
            options,
        })
    }

    fn tables_and_columns(&self) -> Vec<TableAndColumns> {
        let list = self.child(K::TABLE_AND_COLUMNS_LIST);
        let entries = list
            .iter()
            .flat_map(|list| list.children(K::TABLE_AND_COLUMNS));
        entries
            .filter_map(|entry| {
                let relation = entry.child(K::TABLE_RELATION_NAME)?;
                Some(TableAndColumns {
                    columns: entry.names_in(K::COLUMN_REF_LIST, K::COLUMN_NAME_REF),
                    ..relation.bare_relation()
                })
            })
            .collect()
    }

    /// A relation with its `ONLY`, without columns.
    fn bare_relation(&self) -> TableAndColumns {
        TableAndColumns {
            table: self.relation(),
            only: self.has(K::ONLY_KW),
            columns: Vec::new(),
        }
    }

    pub(super) fn truncate(&self) -> Kind {
        let list = self.child(K::TABLE_LIST);
        Kind::Truncate(Truncate {
            tables: list
                .iter()
                .flat_map(Tree::nodes)
                .map(|it| it.bare_relation())
                .collect(),
            restart_identity: self.has(K::RESTART_IDENTITY),
            behavior: self.behavior(),
        })
    }

    pub(super) fn lock(&self) -> Kind {
        let list = self.child(K::RELATION_LIST);
        let mode = self
            .child(K::LOCK_MODE_CLAUSE)
            .and_then(|clause| clause.nodes().next());
        Kind::Lock(Lock {
            relations: list
                .iter()
                .flat_map(Tree::nodes)
                .map(|it| it.bare_relation())
                .collect(),
            mode: mode.map_or_else(|| "access exclusive".to_owned(), |mode| mode.words()),
            nowait: self.has(K::NOWAIT),
        })
    }

    pub(super) fn cluster(&self) -> Kind {
        let owner = self.child(K::CLUSTER_LEGACY).unwrap_or(*self);
        let on = owner.child(K::ON_PATH).unwrap_or(*self);
        let using = self.any(&[K::CLUSTER_USING_INDEX, K::USING_INDEX]);
        let index = owner.name(K::INDEX_REF);
        let options = self.options();
        let first = self.tables_and_columns().into_iter().next();
        Kind::Cluster(Cluster {
            table: on
                .object(K::TABLE_NAME_REF)
                .or_else(|| first.map(|entry| entry.table)),
            index: index.or_else(|| using.and_then(|using| using.name(K::INDEX_REF))),
            concurrently: is_on(&options, "concurrently"),
            repack: self.kind() == K::REPACK,
        })
    }

    pub(super) fn reindex(&self) -> Option<Kind> {
        let mut nodes = self.nodes();
        let (target, node) = nodes.find_map(|node| {
            let row = TARGETS.iter().find(|(kind, _)| *kind == node.kind())?;
            Some((row.1, node))
        })?;
        let options = self.child(K::REINDEX_OPTION_LIST);
        let option = |kind: K| options.as_ref().and_then(|list| list.child(kind));
        let concurrently = option(K::REINDEX_OPTION_CONCURRENTLY);
        Some(Kind::Reindex(Reindex {
            target,
            name: node.nodes().next().map(|name| name.as_object()),
            concurrently: node.has(K::CONCURRENTLY_KW)
                || concurrently.is_some_and(|option| {
                    let words = option.words();
                    is_true(
                        words
                            .strip_prefix("concurrently")
                            .unwrap_or_default()
                            .trim(),
                    )
                }),
            tablespace: option(K::REINDEX_OPTION_TABLESPACE)
                .and_then(|option| option.name(K::TABLESPACE_REF)),
        }))
    }
}

/// Whether an option is there and not switched off.
fn is_on(options: &[StorageOption], name: &str) -> bool {
    options.iter().any(|option| {
        let value = option.value.as_deref().unwrap_or_default();
        option.name == name && is_true(&value.to_ascii_lowercase())
    })
}

/// What an option is set to, in lower case; nothing means on.
fn is_true(value: &str) -> bool {
    !matches!(value, "off" | "false" | "no" | "0")
}
