//! Transactions and settings.

use squawk_parser::SyntaxKind as K;

use super::tree::Tree;
use crate::ast::{AlterSystem, Kind, Set, SetConstraints, Transaction};

impl Tree<'_> {
    pub(super) fn transaction(&self) -> Option<Transaction> {
        let chain = self.has(K::AND_CHAIN);
        Some(match self.kind() {
            K::BEGIN => Transaction::Begin(self.modes()),
            K::COMMIT_TRANSACTION => Transaction::Commit { chain },
            K::ROLLBACK_TRANSACTION => Transaction::Rollback { chain },
            K::SAVEPOINT_CREATE => Transaction::Savepoint(self.name(K::SAVEPOINT)?),
            K::RELEASE_SAVEPOINT => Transaction::Release(self.name(K::SAVEPOINT_REF)?),
            K::ROLLBACK_TO_SAVEPOINT => Transaction::RollbackTo(self.name(K::SAVEPOINT_REF)?),
            K::PREPARE_TRANSACTION => Transaction::Prepare(self.string()?),
            K::COMMIT_PREPARED => Transaction::CommitPrepared(self.string()?),
            K::ROLLBACK_PREPARED => Transaction::RollbackPrepared(self.string()?),
            K::SET_TRANSACTION => match self.child(K::SESSION_CHARACTERISTICS) {
                Some(all) => Transaction::SetSession(all.modes()),
                None => Transaction::Set(self.nodes().next()?.modes()),
            },
            _ => return None,
        })
    }

    fn modes(&self) -> Vec<String> {
        let list = self.child(K::TRANSACTION_MODE_LIST);
        list.iter()
            .flat_map(Tree::nodes)
            .map(|mode| mode.words())
            .collect()
    }

    /// `SET` and `RESET` of whatever kind.
    pub(super) fn set(&self) -> Option<Kind> {
        let local = self.has(K::LOCAL_SCOPE);
        let reset = matches!(
            self.kind(),
            K::RESET | K::RESET_ROLE | K::RESET_SESSION_AUTH
        );
        let (name, values) = match self.kind() {
            K::RESET_ROLE | K::SET_ROLE => ("role".to_owned(), self.assigned()),
            K::RESET_SESSION_AUTH | K::SET_SESSION_AUTH => {
                ("session_authorization".to_owned(), self.assigned())
            }
            K::RESET => (
                self.nodes()
                    .next()
                    .map_or("all".to_owned(), |it| it.setting()),
                Vec::new(),
            ),
            _ => {
                let target = self
                    .nodes()
                    .find(|node| !matches!(node.kind(), K::LOCAL_SCOPE | K::SESSION_SCOPE))?;
                (target.setting(), target.assigned())
            }
        };
        Some(Kind::Set(Set {
            name,
            values,
            local,
            reset,
        }))
    }

    /// The parameter that a target of `SET` or `RESET` names.
    fn setting(&self) -> String {
        match self.kind() {
            K::SET_TIME_ZONE | K::RESET_TIME_ZONE => "timezone".to_owned(),
            K::SET_SCHEMA_VALUE => "search_path".to_owned(),
            K::RESET_TRANSACTION_ISOLATION => "transaction_isolation".to_owned(),
            K::SET_CATALOG => "catalog".to_owned(),
            K::SET_XML_OPTION => "xmloption".to_owned(),
            K::SET_CONFIG | K::SET_CONFIG_PARAM | K::RESET_CONFIG_PARAM => {
                let name = self.child(K::CONFIG_PARAMETER_REF);
                name.map_or("all".to_owned(), |name| name.setting())
            }
            _ => {
                let path = self.as_path();
                let parts: Vec<String> = path.iter().map(|part| part.to_lowercase()).collect();
                parts.join(".")
            }
        }
    }

    /// The values set, without their quotes; none for `DEFAULT`.
    fn assigned(&self) -> Vec<String> {
        let list = self.any(&[K::TO_CONFIG_VALUE]);
        let list = list.unwrap_or(*self);
        let skipped = [
            K::CONFIG_PARAMETER_REF,
            K::LOCAL_SCOPE,
            K::SESSION_SCOPE,
            K::SET_SESSION_AUTH_DEFAULT,
            K::FROM_CURRENT,
        ];
        let values = list.nodes().filter(|node| !skipped.contains(&node.kind()));
        values.map(|value| value.value()).collect()
    }

    pub(super) fn set_constraints(&self) -> Kind {
        Kind::SetConstraints(SetConstraints {
            names: self.names(K::CONSTRAINT_NAME_REF),
            deferred: self.has(K::DEFERRED),
        })
    }

    pub(super) fn alter_system(&self) -> Option<Kind> {
        let action = self.nodes().next()?;
        Some(Kind::AlterSystem(AlterSystem {
            name: action.setting(),
            values: action.assigned(),
        }))
    }
}
