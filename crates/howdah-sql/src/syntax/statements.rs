//! Which converter a statement goes to.

use squawk_parser::SyntaxKind as K;

use super::expressions::QUERIES;
use super::tree::Tree;
use crate::ast::{
    CreateSchema, Explain, ImportForeignSchema, Kind, ObjectKind, Prepared, RelationKind, Statement,
};

impl Tree<'_> {
    /// The statement that this node is.
    pub(super) fn statement(&self) -> Statement {
        let kind = self
            .transaction()
            .map(Kind::Transaction)
            .or_else(|| self.definition())
            .or_else(|| self.alteration())
            .or_else(|| self.work())
            .or_else(|| self.object_statement());
        Statement {
            span: self.span(),
            kind: kind.unwrap_or_else(|| Kind::Other(self.first_words())),
        }
    }

    fn first_words(&self) -> String {
        let words: Vec<String> = self
            .tokens()
            .take(2)
            .map(|(_, text)| text.to_ascii_lowercase())
            .collect();
        words.join(" ")
    }

    /// `CREATE`.
    fn definition(&self) -> Option<Kind> {
        Some(match self.kind() {
            K::CREATE_TABLE | K::CREATE_FOREIGN_TABLE => self.create_table(),
            K::CREATE_TABLE_AS => self.create_table_as(),
            K::CREATE_INDEX => self.create_index(),
            K::CREATE_VIEW => self.create_view(),
            K::CREATE_MATERIALIZED_VIEW => self.create_materialized_view(),
            K::CREATE_SEQUENCE => self.create_sequence(),
            K::CREATE_STATISTICS => self.create_statistics(),
            K::CREATE_RULE => self.create_rule(),
            K::CREATE_TYPE => self.create_type(),
            K::CREATE_DOMAIN => self.create_domain(),
            K::CREATE_FUNCTION | K::CREATE_PROCEDURE => self.create_function(),
            K::CREATE_AGGREGATE => self.create_aggregate(),
            K::CREATE_TRIGGER => self.create_trigger(),
            K::CREATE_EVENT_TRIGGER => self.create_event_trigger(),
            K::CREATE_EXTENSION => self.create_extension(),
            K::CREATE_SCHEMA => self.create_schema(),
            K::CREATE_POLICY => Kind::CreatePolicy(self.policy()),
            K::CREATE_ROLE | K::CREATE_USER | K::CREATE_GROUP => Kind::CreateRole(self.role()),
            K::CREATE_PUBLICATION => self.publication(),
            K::CREATE_SUBSCRIPTION => self.subscription(),
            K::IMPORT_FOREIGN_SCHEMA => Kind::ImportForeignSchema(ImportForeignSchema {
                into: self.child(K::INTO_SCHEMA)?.name(K::SCHEMA_REF)?,
            }),
            _ => return None,
        })
    }

    /// `ALTER`, `GRANT`, `COMMENT`: what changes an object without its data.
    fn alteration(&self) -> Option<Kind> {
        Some(match self.kind() {
            K::ALTER_TABLE => self.alter_table(RelationKind::Table),
            K::ALTER_FOREIGN_TABLE => self.alter_table(RelationKind::ForeignTable),
            K::ALTER_INDEX => self.alter_table(RelationKind::Index),
            K::ALTER_VIEW => self.alter_table(RelationKind::View),
            K::ALTER_MATERIALIZED_VIEW => self.alter_table(RelationKind::MaterializedView),
            K::ALTER_SEQUENCE => self.alter_table(RelationKind::Sequence),
            K::ALTER_TYPE => self.alter_type(),
            K::ALTER_DOMAIN => self.alter_domain(),
            K::ALTER_FUNCTION => self.alter_function(ObjectKind::Function),
            K::ALTER_PROCEDURE => self.alter_function(ObjectKind::Procedure),
            K::ALTER_ROUTINE => self.alter_function(ObjectKind::Routine),
            K::ALTER_POLICY => self.alter_policy(),
            K::ALTER_ROLE | K::ALTER_USER | K::ALTER_GROUP => self.alter_role(),
            K::ALTER_PUBLICATION => self.publication(),
            K::ALTER_SUBSCRIPTION => self.subscription(),
            K::ALTER_SYSTEM => self.alter_system()?,
            K::ALTER_DEFAULT_PRIVILEGES => self.default_privileges(),
            K::GRANT | K::REVOKE => self.grant(),
            K::COMMENT_ON => Kind::Comment(self.comment()?),
            K::SECURITY_LABEL => Kind::SecurityLabel(self.comment()?),
            K::DROP_OWNED => Kind::DropOwned(self.owned()),
            K::REASSIGN => Kind::ReassignOwned(self.owned()),
            _ => return None,
        })
    }

    /// What reads and writes data, maintains relations or sets the session up.
    fn work(&self) -> Option<Kind> {
        Some(match self.kind() {
            kind if QUERIES.contains(&kind) => self.select(),
            K::INSERT => self.insert(),
            K::UPDATE => self.update(),
            K::DELETE => self.delete(),
            K::MERGE => self.merge(),
            K::COPY => self.copy(),
            K::CALL => self.call_procedure(),
            K::DO => self.do_block()?,
            K::EXPLAIN => self.explain()?,
            K::PREPARE => Kind::Prepare(self.prepared(K::PREPARED_STATEMENT)?),
            K::DECLARE => Kind::Declare(self.prepared(K::CURSOR)?),
            K::EXECUTE => Kind::Execute(self.name(K::PREPARED_STATEMENT_REF)?),
            K::TRUNCATE => self.truncate(),
            K::LOCK => self.lock(),
            K::VACUUM | K::ANALYZE => self.vacuum(),
            K::CLUSTER | K::REPACK => self.cluster(),
            K::REINDEX => self.reindex()?,
            K::REFRESH => self.refresh(),
            K::SET_CONSTRAINTS => self.set_constraints(),
            K::SET
            | K::SET_ROLE
            | K::SET_SESSION_AUTH
            | K::RESET
            | K::RESET_ROLE
            | K::RESET_SESSION_AUTH => self.set()?,
            K::DISCARD => Kind::Discard,
            K::CHECKPOINT => Kind::Checkpoint,
            _ => return None,
        })
    }

    fn create_schema(&self) -> Kind {
        let target = self.any(&[K::NAMED_SCHEMA, K::AUTHORIZATION_SCHEMA]);
        let name = target
            .as_ref()
            .and_then(|target| target.name(K::SCHEMA).or_else(|| target.name(K::ROLE)));
        let parts = [K::NAMED_SCHEMA, K::AUTHORIZATION_SCHEMA, K::IF_NOT_EXISTS];
        let elements = self.nodes().filter(|node| !parts.contains(&node.kind()));
        Kind::CreateSchema(CreateSchema {
            name: name.unwrap_or_default(),
            if_not_exists: self.has(K::IF_NOT_EXISTS),
            elements: elements.map(|element| element.statement()).collect(),
        })
    }

    fn explain(&self) -> Option<Kind> {
        let analyzed = self.options().iter().any(|option| {
            let off = ["off", "false", "no", "0"];
            matches!(option.name.as_str(), "analyze" | "analyse")
                && !option
                    .value
                    .as_ref()
                    .is_some_and(|value| off.contains(&value.as_str()))
        });
        Some(Kind::Explain(Explain {
            analyze: analyzed || self.has(K::EXPLAIN_ANALYZE),
            statement: Box::new(self.nodes().last()?.statement()),
        }))
    }

    fn prepared(&self, name: K) -> Option<Prepared> {
        Some(Prepared {
            name: self.name(name),
            statement: Box::new(self.nodes().last()?.statement()),
        })
    }
}
