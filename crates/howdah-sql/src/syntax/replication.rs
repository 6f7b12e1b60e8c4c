//! Publications and subscriptions.

use squawk_parser::SyntaxKind as K;

use super::tree::Tree;
use crate::ast::{
    Kind, Name, ObjectKind, Publication, PublicationChange, PublishedTable, Subscription,
};

/// The parts of the statements that list what is published.
const LISTS: [(K, PublicationChange); 6] = [
    (K::FOR_PUBLICATION_OBJECTS, PublicationChange::Create),
    (K::FOR_ALL_PUBLICATION_OBJECTS, PublicationChange::Create),
    (K::ADD_PUBLICATION_OBJECTS, PublicationChange::Add),
    (K::DROP_PUBLICATION_OBJECTS, PublicationChange::Drop),
    (K::SET_PUBLICATION_OBJECTS, PublicationChange::Set),
    (K::SET_ALL_PUBLICATION_OBJECT_LIST, PublicationChange::Set),
];

/// What `ALTER SUBSCRIPTION` changes of what is subscribed.
const CHANGES: [(K, &str); 6] = [
    (K::ADD_PUBLICATION, "add publication"),
    (K::SET_PUBLICATION, "set publication"),
    (K::DROP_SUBSCRIPTION_PUBLICATION, "drop publication"),
    (K::REFRESH_PUBLICATION, "refresh publication"),
    (K::CONNECTION_CLAUSE, "connection"),
    (K::SKIP_SUBSCRIPTION, "skip"),
];

impl Tree<'_> {
    pub(super) fn publication(&self) -> Kind {
        let list = self.nodes().find_map(|node| {
            let row = LISTS.iter().find(|(kind, _)| *kind == node.kind())?;
            Some((row.1, node))
        });
        let creates = self.kind() == K::CREATE_PUBLICATION;
        if list.is_none() && !creates {
            return self.alter_object(ObjectKind::Publication);
        }
        let (change, list) = match list {
            Some((change, list)) => (change, Some(list)),
            None => (PublicationChange::Create, None),
        };
        let objects: Vec<Tree<'_>> = list.iter().flat_map(Tree::nodes).collect();
        Kind::Publication(Publication {
            name: self
                .name(K::PUBLICATION)
                .or_else(|| self.name(K::PUBLICATION_REF))
                .unwrap_or_default(),
            change,
            all_tables: objects
                .iter()
                .any(|it| it.kind() == K::ALL_PUBLICATION_TABLES),
            schemas: objects.iter().filter_map(Tree::published_schema).collect(),
            tables: objects.iter().filter_map(Tree::published_table).collect(),
            options: self.options(),
        })
    }

    fn published_schema(&self) -> Option<Name> {
        match self.kind() {
            K::PUBLICATION_OBJECT_TABLES_IN_SCHEMA => Some(
                self.name(K::SCHEMA_REF)
                    .unwrap_or_else(|| Name::new("current_schema")),
            ),
            K::PUBLICATION_OBJECT_CURRENT_SCHEMA => Some(self.as_name()),
            _ => None,
        }
    }

    fn published_table(&self) -> Option<PublishedTable> {
        let filter = self.child(K::WHERE_CONDITION_CLAUSE);
        Some(PublishedTable {
            name: self.object(K::TABLE_NAME_REF)?,
            only: self.has(K::ONLY_KW),
            columns: self.names_in(K::COLUMN_REF_LIST, K::COLUMN_NAME_REF),
            filter: filter.and_then(|clause| clause.expr()),
        })
    }

    pub(super) fn subscription(&self) -> Kind {
        let name = self.name(K::SUBSCRIPTION);
        let creates = name.is_some();
        let name = name.or_else(|| self.name(K::SUBSCRIPTION_REF));
        let change = self.nodes().find_map(|node| {
            let row = CHANGES.iter().find(|(kind, _)| *kind == node.kind())?;
            Some((row.1, node))
        });
        let (change, options) = match change {
            _ if creates => ("create", self.options()),
            Some((change, node)) => (change, node.options()),
            None => return self.alter_object(ObjectKind::Subscription),
        };
        Kind::Subscription(Subscription {
            name: name.unwrap_or_default(),
            change: change.to_owned(),
            options,
        })
    }
}
