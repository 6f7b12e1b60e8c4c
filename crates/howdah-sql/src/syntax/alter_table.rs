//! `ALTER TABLE`, and `ALTER` of indexes, views and sequences.

use squawk_parser::SyntaxKind as K;

use super::tree::Tree;
use crate::ast::{
    Action, AlterAction, AlterTable, ColumnChange, DetachMode, Firing, Kind, MoveTablespace, Name,
    ObjectName, RelationKind, ReplicaIdentity, RowSecurity, SequenceOption, TriggerTarget,
};

/// What an `ALTER` may call the relation, and the new name behind `RENAME TO`.
const NAMES: [K; 5] = [
    K::TABLE_RELATION_NAME,
    K::INDEX_REF,
    K::VIEW_REF,
    K::SEQUENCE_REF,
    K::TABLE_NAME_REF,
];

impl Tree<'_> {
    pub(super) fn alter_table(&self, kind: RelationKind) -> Kind {
        if let Some(all) = self.child(K::ALL_IN_TABLESPACE) {
            return all.move_tablespace(kind);
        }
        let relation = self.any(&NAMES);
        // most have one
        let mut actions = Vec::with_capacity(1);
        let mut sequence = Vec::new();
        for node in self.nodes() {
            if let Some(option) = node.sequence_option() {
                sequence.push((node.span(), option));
            } else if let Some(kind) = node.action(kind) {
                let span = node.span();
                actions.push(AlterAction { span, kind });
            }
        }
        if let (Some((first, _)), Some((last, _))) = (sequence.first(), sequence.last()) {
            let span = crate::text::Span {
                start: first.start,
                end: last.end,
            };
            let options = sequence.into_iter().map(|(_, option)| option).collect();
            let kind = Action::Sequence(options);
            actions.push(AlterAction { span, kind });
        }
        Kind::AlterTable(AlterTable {
            kind,
            name: match &relation {
                Some(relation) if relation.kind() == K::TABLE_RELATION_NAME => relation.relation(),
                Some(relation) => relation.as_object(),
                None => ObjectName::default(),
            },
            if_exists: self.has(K::IF_EXISTS),
            only: relation.is_some_and(|relation| relation.has(K::ONLY_KW)),
            actions,
        })
    }

    fn move_tablespace(&self, kind: RelationKind) -> Kind {
        let to = self.child(K::SET_TABLESPACE);
        Kind::MoveTablespace(MoveTablespace {
            kind,
            from: self.name(K::TABLESPACE_REF).unwrap_or_default(),
            to: to
                .and_then(|to| to.name(K::TABLESPACE_REF))
                .unwrap_or_default(),
            nowait: self.has(K::NOWAIT),
        })
    }

    /// The action that this node is; none for names and other parts of the statement.
    fn action(&self, relation: RelationKind) -> Option<Action> {
        self.column_action()
            .or_else(|| self.constraint_action())
            .or_else(|| self.partition_action())
            .or_else(|| self.trigger_action())
            .or_else(|| self.property_action())
            .or_else(|| self.name_action())
            .or_else(|| self.unknown_action(relation))
    }

    fn column_action(&self) -> Option<Action> {
        let column = || self.name(K::COLUMN_NAME_REF).unwrap_or_default();
        Some(match self.kind() {
            K::ADD_COLUMN => Action::AddColumn {
                column: self.column(),
                if_not_exists: self.has(K::IF_NOT_EXISTS),
            },
            K::DROP_COLUMN => Action::DropColumn {
                name: column(),
                if_exists: self.has(K::IF_EXISTS),
                behavior: self.behavior(),
            },
            K::RENAME_COLUMN => Action::RenameColumn {
                from: column(),
                to: self.name(K::COLUMN_NAME).unwrap_or_default(),
            },
            K::ALTER_COLUMN | K::ALTER_VIEW_COLUMN => Action::AlterColumn {
                column: column(),
                change: self.column_change(),
            },
            K::ALTER_SET_STATISTICS => Action::AlterColumn {
                column: self
                    .nodes()
                    .next()
                    .map(|it| it.as_name())
                    .unwrap_or_default(),
                change: self.column_change(),
            },
            _ => return None,
        })
    }

    fn column_change(&self) -> ColumnChange {
        let changes = self.nodes().filter_map(|node| node.change());
        changes.last().unwrap_or(ColumnChange::Other)
    }

    fn change(&self) -> Option<ColumnChange> {
        let if_exists = self.has(K::IF_EXISTS);
        Some(match self.kind() {
            K::SET_TYPE => ColumnChange::Type {
                to: self.type_name()?,
                collation: self.collation(),
                using: self.child(K::USING_EXPR).and_then(|using| using.expr()),
            },
            K::SET_DEFAULT => ColumnChange::SetDefault(self.expr()?),
            K::DROP_DEFAULT => ColumnChange::DropDefault,
            K::SET_NOT_NULL => ColumnChange::SetNotNull,
            K::DROP_NOT_NULL => ColumnChange::DropNotNull,
            K::SET_EXPRESSION => ColumnChange::SetExpression(self.expr()?),
            K::DROP_EXPRESSION => ColumnChange::DropExpression { if_exists },
            K::DROP_IDENTITY => ColumnChange::DropIdentity { if_exists },
            K::ADD_GENERATED => ColumnChange::AddIdentity {
                always: self.has(K::GENERATED_ALWAYS),
                options: self.sequence_options(),
            },
            K::SET_GENERATED_OPTIONS | K::SET_GENERATED | K::RESTART | K::SET_SEQUENCE_OPTION => {
                self.identity_change()
            }
            K::SET_STATISTICS => ColumnChange::SetStatistics(self.expr_integer()),
            K::SET_OPTIONS => ColumnChange::SetOptions(self.options()),
            K::RESET_OPTIONS => ColumnChange::ResetOptions(self.options()),
            K::SET_STORAGE => ColumnChange::SetStorage(self.child(K::STORAGE_MODE)?.words()),
            K::SET_COMPRESSION => {
                ColumnChange::SetCompression(self.child(K::COMPRESSION_METHOD_NAME)?.words())
            }
            K::SET_OPTIONS_LIST | K::ALTER_OPTION_LIST => ColumnChange::ForeignOptions,
            _ => return None,
        })
    }

    fn identity_change(&self) -> ColumnChange {
        let parts: Vec<Tree<'_>> = match self.kind() {
            K::SET_GENERATED_OPTIONS => self.nodes().collect(),
            _ => vec![*self],
        };
        let generated = parts.iter().find(|part| part.kind() == K::SET_GENERATED);
        let options: Vec<SequenceOption> = parts.iter().filter_map(Tree::sequence_option).collect();
        ColumnChange::SetIdentity {
            always: generated.map(|part| part.has(K::GENERATED_ALWAYS)),
            options,
        }
    }

    fn constraint_action(&self) -> Option<Action> {
        let name = || self.name(K::CONSTRAINT_NAME_REF).unwrap_or_default();
        Some(match self.kind() {
            K::ADD_CONSTRAINT => Action::AddConstraint(self.constraints(None).pop()?),
            K::VALIDATE_CONSTRAINT => Action::ValidateConstraint(name()),
            K::DROP_CONSTRAINT => Action::DropConstraint {
                name: name(),
                if_exists: self.has(K::IF_EXISTS),
                behavior: self.behavior(),
            },
            K::RENAME_CONSTRAINT => Action::RenameConstraint {
                from: name(),
                to: self.name(K::CONSTRAINT_NAME).unwrap_or_default(),
            },
            K::ALTER_CONSTRAINT => Action::AlterConstraint {
                name: name(),
                deferrable: self.either(
                    K::DEFERRABLE_CONSTRAINT_OPTION,
                    K::NOT_DEFERRABLE_CONSTRAINT_OPTION,
                ),
                initially_deferred: self.either(
                    K::INITIALLY_DEFERRED_CONSTRAINT_OPTION,
                    K::INITIALLY_IMMEDIATE_CONSTRAINT_OPTION,
                ),
                enforced: self.either(K::ENFORCED, K::NOT_ENFORCED),
                inherit: self.either(K::INHERIT, K::NO_INHERIT),
            },
            _ => return None,
        })
    }

    /// Which of two is there, if one is.
    fn either(&self, yes: K, no: K) -> Option<bool> {
        if self.has(yes) {
            Some(true)
        } else {
            self.has(no).then_some(false)
        }
    }

    fn partition_action(&self) -> Option<Action> {
        let table = || self.object(K::TABLE_NAME_REF).unwrap_or_default();
        Some(match self.kind() {
            K::ATTACH_PARTITION => Action::AttachPartition {
                partition: table(),
                bound: self.bound(),
            },
            K::ATTACH_INDEX_PARTITION => Action::AttachPartition {
                partition: self.object(K::INDEX_REF).unwrap_or_default(),
                bound: None,
            },
            K::DETACH_PARTITION => Action::DetachPartition {
                partition: table(),
                mode: match self.any(&[K::DETACH_CONCURRENTLY, K::DETACH_FINALIZE]) {
                    Some(mode) if mode.kind() == K::DETACH_CONCURRENTLY => DetachMode::Concurrently,
                    Some(_) => DetachMode::Finalize,
                    None => DetachMode::Plain,
                },
            },
            K::INHERIT_TABLE => Action::Inherit(table()),
            K::NO_INHERIT_TABLE => Action::NoInherit(table()),
            K::OF_TYPE => Action::OfType(self.type_name()?.name),
            K::NOT_OF => Action::NotOf,
            _ => return None,
        })
    }

    fn trigger_action(&self) -> Option<Action> {
        let firing = match self.kind() {
            K::ENABLE_TRIGGER | K::ENABLE_RULE => Firing::Origin,
            K::ENABLE_ALWAYS_TRIGGER | K::ENABLE_ALWAYS_RULE => Firing::Always,
            K::ENABLE_REPLICA_TRIGGER | K::ENABLE_REPLICA_RULE => Firing::Replica,
            K::DISABLE_TRIGGER | K::DISABLE_RULE => Firing::Never,
            _ => return None,
        };
        if let Some(name) = self.name(K::RULE_REF) {
            return Some(Action::Rule { firing, name });
        }
        let target = match self.any(&[K::ALL, K::USER]).map(|word| word.kind()) {
            Some(K::ALL) => TriggerTarget::All,
            Some(_) => TriggerTarget::User,
            None => TriggerTarget::Named(self.name(K::TRIGGER_REF).unwrap_or_default()),
        };
        Some(Action::Trigger { firing, target })
    }

    fn property_action(&self) -> Option<Action> {
        Some(match self.kind() {
            K::ENABLE_RLS => Action::RowSecurity(RowSecurity::Enable),
            K::DISABLE_RLS => Action::RowSecurity(RowSecurity::Disable),
            K::FORCE_RLS => Action::RowSecurity(RowSecurity::Force),
            K::NO_FORCE_RLS => Action::RowSecurity(RowSecurity::NoForce),
            K::CLUSTER_ON => Action::ClusterOn(self.name(K::INDEX_REF).unwrap_or_default()),
            K::SET_WITHOUT_CLUSTER => Action::SetWithoutCluster,
            K::SET_WITHOUT_OIDS => Action::SetWithoutOids,
            K::SET_LOGGED => Action::SetLogged,
            K::SET_UNLOGGED => Action::SetUnlogged,
            K::SET_TABLESPACE => {
                Action::SetTablespace(self.name(K::TABLESPACE_REF).unwrap_or_default())
            }
            K::SET_ACCESS_METHOD => Action::SetAccessMethod(self.name(K::ACCESS_METHOD_REF)),
            K::SET_OPTIONS => Action::SetOptions(self.options()),
            K::RESET_OPTIONS => Action::ResetOptions(self.options()),
            K::ALTER_OPTION_LIST => Action::ForeignOptions,
            K::REPLICA_IDENTITY => Action::ReplicaIdentity(self.replica_identity()),
            K::DEPENDS_ON_EXTENSION | K::NO_DEPENDS_ON_EXTENSION => Action::DependsOnExtension,
            _ => return None,
        })
    }

    fn replica_identity(&self) -> ReplicaIdentity {
        if self.has(K::REPLICA_IDENTITY_FULL) {
            ReplicaIdentity::Full
        } else if self.has(K::REPLICA_IDENTITY_NOTHING) {
            ReplicaIdentity::Nothing
        } else {
            let index = self
                .child(K::USING_INDEX_NAME)
                .and_then(|it| it.name(K::INDEX_REF));
            index.map_or(ReplicaIdentity::Default, ReplicaIdentity::Index)
        }
    }

    /// What any object has: a name, a schema, an owner.
    fn name_action(&self) -> Option<Action> {
        if let Some(name) = self.renamed_to() {
            return Some(Action::Rename(name));
        }
        Some(match self.kind() {
            K::SET_SCHEMA => Action::SetSchema(self.name(K::SCHEMA_REF).unwrap_or_default()),
            K::OWNER_TO => Action::OwnerTo(self.name(K::ROLE_REF).unwrap_or_default()),
            _ => return None,
        })
    }

    /// The new name, if this node is one of the many `RENAME TO`.
    pub(super) fn renamed_to(&self) -> Option<Name> {
        let words: Vec<K> = self.tokens().take(2).map(|(kind, _)| kind).collect();
        if words != [K::RENAME_KW, K::TO_KW] {
            return None;
        }
        self.nodes().next().map(|name| name.as_name())
    }

    fn unknown_action(&self, relation: RelationKind) -> Option<Action> {
        let unknown = matches!(self.kind(), K::MERGE_PARTITIONS | K::SPLIT_PARTITION);
        (unknown && relation == RelationKind::Table).then_some(Action::Other)
    }
}
