//! Constraints of columns, tables and domains.

use squawk_parser::SyntaxKind as K;

use super::tree::{Tree, exact};
use crate::ast::{
    Constraint, ConstraintKind, Exclusion, ForeignKey, KeyConstraint, Name, ReferentialAction,
};

/// The kinds of nodes that are constraints.
const CONSTRAINTS: [K; 10] = [
    K::CHECK_CONSTRAINT,
    K::DEFAULT_CONSTRAINT,
    K::EXCLUDE_CONSTRAINT,
    K::FOREIGN_KEY_CONSTRAINT,
    K::GENERATED_CONSTRAINT,
    K::NOT_NULL_CONSTRAINT,
    K::NULL_CONSTRAINT,
    K::PRIMARY_KEY_CONSTRAINT,
    K::REFERENCES_CONSTRAINT,
    K::UNIQUE_CONSTRAINT,
];

impl Tree<'_> {
    /// All constraints among the children; of a column's, the column is given.
    pub(super) fn constraints(&self, column: Option<&Name>) -> Vec<Constraint> {
        let nodes = self.nodes();
        let written = nodes.filter(|node| CONSTRAINTS.contains(&node.kind()));
        exact(written.filter_map(|node| node.constraint(column)))
    }

    fn constraint(&self, column: Option<&Name>) -> Option<Constraint> {
        let initially_deferred = self.has(K::INITIALLY_DEFERRED_CONSTRAINT_OPTION);
        let clause = self.child(K::CONSTRAINT_NAME_CLAUSE);
        Some(Constraint {
            span: self.span(),
            name: clause.and_then(|clause| clause.name(K::CONSTRAINT_NAME)),
            kind: self.constraint_kind(column)?,
            not_valid: self.has(K::NOT_VALID),
            no_inherit: self.has(K::NO_INHERIT),
            not_enforced: self.has(K::NOT_ENFORCED),
            deferrable: initially_deferred || self.has(K::DEFERRABLE_CONSTRAINT_OPTION),
            initially_deferred,
        })
    }

    fn constraint_kind(&self, column: Option<&Name>) -> Option<ConstraintKind> {
        Some(match self.kind() {
            K::CHECK_CONSTRAINT => ConstraintKind::Check(self.expr()?),
            K::DEFAULT_CONSTRAINT => ConstraintKind::Default(self.expr()?),
            K::NOT_NULL_CONSTRAINT => {
                let named = self.name(K::COLUMN_NAME_REF);
                ConstraintKind::NotNull(named.or_else(|| column.cloned()))
            }
            K::NULL_CONSTRAINT => ConstraintKind::Null,
            K::GENERATED_CONSTRAINT => self.generated()?,
            K::UNIQUE_CONSTRAINT => ConstraintKind::Unique(self.key(column)),
            K::PRIMARY_KEY_CONSTRAINT => ConstraintKind::PrimaryKey(self.key(column)),
            K::EXCLUDE_CONSTRAINT => ConstraintKind::Exclude(Box::new(self.exclusion())),
            _ => ConstraintKind::ForeignKey(self.foreign_key(column)?),
        })
    }

    fn generated(&self) -> Option<ConstraintKind> {
        let generated = self.any(&[K::GENERATED_IDENTITY, K::GENERATED_STORED])?;
        Some(match generated.kind() {
            K::GENERATED_IDENTITY => ConstraintKind::Identity {
                always: generated.has(K::GENERATED_ALWAYS),
                options: generated.sequence_options(),
            },
            _ => ConstraintKind::Generated {
                expr: generated.expr()?,
                stored: generated.has(K::STORED),
            },
        })
    }

    fn key(&self, column: Option<&Name>) -> KeyConstraint {
        let using = self.child(K::USING_INDEX_NAME);
        let Some(parameters) = self.child(K::INDEX_PARAMETERS) else {
            return KeyConstraint {
                using_index: using.and_then(|using| using.name(K::INDEX_REF)),
                ..KeyConstraint::default()
            };
        };
        let list = parameters.child(K::CONSTRAINT_COLUMN_REF_LIST);
        let tablespace = parameters.child(K::CONSTRAINT_INDEX_TABLESPACE);
        KeyConstraint {
            columns: match &list {
                Some(list) => list.names(K::COLUMN_NAME_REF),
                None => column.cloned().into_iter().collect(),
            },
            include: parameters.included(),
            using_index: None,
            nulls_not_distinct: parameters.has(K::NULLS_NOT_DISTINCT),
            without_overlaps: list.is_some_and(|list| list.has(K::WITHOUT_OVERLAPS)),
            options: parameters.options(),
            tablespace: tablespace.and_then(|clause| clause.name(K::TABLESPACE_REF)),
        }
    }

    fn included(&self) -> Vec<Name> {
        let clause = self.child(K::CONSTRAINT_INCLUDE_CLAUSE);
        let names = clause.map(|it| it.names_in(K::COLUMN_REF_LIST, K::COLUMN_NAME_REF));
        names.unwrap_or_default()
    }

    fn exclusion(&self) -> Exclusion {
        let method = self.child(K::CONSTRAINT_INDEX_METHOD);
        let list = self.child(K::CONSTRAINT_EXCLUSION_LIST);
        let elements = list
            .iter()
            .flat_map(|list| list.children(K::CONSTRAINT_EXCLUSION))
            .filter_map(|element| {
                let operator = element.child(K::OP).map(|op| op.text().to_owned());
                Some((element.element()?, operator.unwrap_or_default()))
            })
            .collect();
        let predicate = self.child(K::WHERE_CONDITION_CLAUSE);
        Exclusion {
            method: method.and_then(|clause| clause.name(K::ACCESS_METHOD_REF)),
            elements,
            include: self.included(),
            predicate: predicate.and_then(|clause| clause.expr()),
        }
    }

    fn foreign_key(&self, column: Option<&Name>) -> Option<ForeignKey> {
        let mut lists = self.children(K::FOREIGN_KEY_COLUMN_LIST);
        let from = lists.next();
        let to = lists.next();
        let columns = |list: Option<&Self>| {
            list.map(|list| {
                let period = list.child(K::PERIOD_COLUMN);
                let mut names = list.names(K::COLUMN_NAME_REF);
                names.extend(period.and_then(|period| period.name(K::COLUMN_NAME_REF)));
                names
            })
        };
        let own = columns(from.as_ref());
        let theirs = columns(to.as_ref());
        Some(ForeignKey {
            columns: own.unwrap_or_else(|| column.cloned().into_iter().collect()),
            references: self.object(K::TABLE_NAME_REF)?,
            referenced_columns: theirs.unwrap_or_else(|| self.names(K::COLUMN_NAME_REF)),
            match_full: self.has(K::MATCH_FULL),
            on_delete: self.referential_action(K::ON_DELETE_ACTION),
            on_update: self.referential_action(K::ON_UPDATE_ACTION),
            period: from.is_some_and(|list| list.has(K::PERIOD_COLUMN)),
        })
    }

    fn referential_action(&self, event: K) -> ReferentialAction {
        let action = self.child(event).and_then(|event| event.nodes().next());
        match action.map(|action| action.kind()) {
            Some(K::RESTRICT) => ReferentialAction::Restrict,
            Some(K::CASCADE) => ReferentialAction::Cascade,
            Some(K::SET_NULL_COLUMNS) => ReferentialAction::SetNull,
            Some(K::SET_DEFAULT_COLUMNS) => ReferentialAction::SetDefault,
            _ => ReferentialAction::NoAction,
        }
    }
}
