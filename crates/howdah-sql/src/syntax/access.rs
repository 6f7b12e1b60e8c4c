//! Grants, policies, roles.

use squawk_parser::SyntaxKind as K;

use super::tree::Tree;
use crate::ast::{DefaultPrivileges, Grant, Kind, Name, ObjectKind, Owned, Policy, Role};

/// What `GRANT … ON` calls objects.
const TARGETS: [(K, ObjectKind); 22] = [
    (K::PRIVILEGE_ALL_FUNCTIONS_IN_SCHEMA, ObjectKind::Function),
    (K::PRIVILEGE_ALL_PROCEDURES_IN_SCHEMA, ObjectKind::Procedure),
    (K::PRIVILEGE_ALL_ROUTINES_IN_SCHEMA, ObjectKind::Routine),
    (K::PRIVILEGE_ALL_SEQUENCES_IN_SCHEMA, ObjectKind::Sequence),
    (K::PRIVILEGE_ALL_TABLES_IN_SCHEMA, ObjectKind::Table),
    (K::PRIVILEGE_DATABASE, ObjectKind::Database),
    (K::PRIVILEGE_DEFAULT, ObjectKind::Table),
    (K::PRIVILEGE_DOMAIN, ObjectKind::Domain),
    (
        K::PRIVILEGE_FOREIGN_DATA_WRAPPER,
        ObjectKind::ForeignDataWrapper,
    ),
    (K::PRIVILEGE_FOREIGN_SERVER, ObjectKind::Server),
    (K::PRIVILEGE_FUNCTION, ObjectKind::Function),
    (K::PRIVILEGE_LANGUAGE, ObjectKind::Language),
    (K::PRIVILEGE_LARGE_OBJECT, ObjectKind::LargeObject),
    (K::PRIVILEGE_PARAMETER, ObjectKind::Parameter),
    (K::PRIVILEGE_PROCEDURE, ObjectKind::Procedure),
    (K::PRIVILEGE_PROPERTY_GRAPH, ObjectKind::PropertyGraph),
    (K::PRIVILEGE_ROUTINE, ObjectKind::Routine),
    (K::PRIVILEGE_SCHEMA, ObjectKind::Schema),
    (K::PRIVILEGE_SEQUENCE, ObjectKind::Sequence),
    (K::PRIVILEGE_TABLE, ObjectKind::Table),
    (K::PRIVILEGE_TABLESPACE, ObjectKind::Tablespace),
    (K::PRIVILEGE_TYPE, ObjectKind::Type),
];

const ALL_IN_SCHEMA: [K; 5] = [
    K::PRIVILEGE_ALL_FUNCTIONS_IN_SCHEMA,
    K::PRIVILEGE_ALL_PROCEDURES_IN_SCHEMA,
    K::PRIVILEGE_ALL_ROUTINES_IN_SCHEMA,
    K::PRIVILEGE_ALL_SEQUENCES_IN_SCHEMA,
    K::PRIVILEGE_ALL_TABLES_IN_SCHEMA,
];

impl Tree<'_> {
    pub(super) fn grant(&self) -> Kind {
        let target = self
            .child(K::ON_PRIVILEGE_OBJECTS_CLAUSE)
            .and_then(|clause| clause.nodes().next());
        let kind = target.as_ref().and_then(|target| {
            let row = TARGETS.iter().find(|(node, _)| *node == target.kind());
            row.map(|(_, kind)| *kind)
        });
        let commands = self.child(K::REVOKE_COMMAND_LIST);
        let commands: Vec<Tree<'_>> = commands.iter().flat_map(Tree::nodes).collect();
        Kind::Grant(Grant {
            revoke: self.kind() == K::REVOKE,
            privileges: self.privileges(&commands),
            columns: commands
                .iter()
                .flat_map(|it| it.names_in(K::COLUMN_REF_LIST, K::COLUMN_NAME_REF))
                .collect(),
            kind,
            all_in_schema: target
                .as_ref()
                .is_some_and(|it| ALL_IN_SCHEMA.contains(&it.kind())),
            objects: target
                .map(|target| target.object_refs())
                .unwrap_or_default(),
            roles: self.roles(),
            cascade: self.has(K::CASCADE),
        })
    }

    /// `all`, or each word without its columns.
    fn privileges(&self, commands: &[Tree<'_>]) -> Vec<String> {
        if self.has(K::ALL_PRIVILEGES) {
            return vec!["all".to_owned()];
        }
        let word = |command: &Tree<'_>| match command.name(K::ROLE_REF) {
            Some(name) => name.text,
            None => command
                .words()
                .split(" (")
                .next()
                .unwrap_or_default()
                .to_owned(),
        };
        commands.iter().map(word).collect()
    }

    pub(super) fn default_privileges(&self) -> Kind {
        Kind::AlterDefaultPrivileges(DefaultPrivileges {
            revoke: self.has(K::REVOKE_DEFAULT_PRIVILEGES),
            schemas: self.names_in(K::IN_SCHEMAS, K::SCHEMA_REF),
        })
    }

    /// `CREATE POLICY`, and `ALTER POLICY` of anything but its name.
    pub(super) fn policy(&self) -> Policy {
        let body = self.child(K::ALTER_POLICY_TO).unwrap_or(*self);
        let on = self.child(K::ON_TABLE);
        let clause = |kind: K| body.child(kind).and_then(|clause| clause.expr());
        let kind = self.child(K::AS_POLICY_TYPE);
        Policy {
            name: self
                .name(K::POLICY)
                .or_else(|| self.name(K::POLICY_REF))
                .unwrap_or_default(),
            table: on
                .and_then(|on| on.object(K::TABLE_NAME_REF))
                .unwrap_or_default(),
            restrictive: kind.is_some_and(|kind| kind.words() == "as restrictive"),
            command: self
                .child(K::POLICY_COMMAND)
                .and_then(|command| Some(command.nodes().next()?.words())),
            roles: body
                .child(K::POLICY_ROLES)
                .map(|it| it.roles())
                .unwrap_or_default(),
            using: clause(K::USING_EXPR_CLAUSE),
            with_check: clause(K::WITH_CHECK_EXPR_CLAUSE),
        }
    }

    pub(super) fn alter_policy(&self) -> Kind {
        if self.has(K::POLICY_RENAME_TO) {
            self.alter_object(ObjectKind::Policy)
        } else {
            Kind::AlterPolicy(self.policy())
        }
    }

    /// `CREATE` and `ALTER` of roles, users and groups. What an option is set to is not kept.
    pub(super) fn role(&self) -> Role {
        let list = self.child(K::ROLE_OPTION_LIST);
        let options = list.iter().flat_map(Tree::nodes).filter_map(|option| {
            let mut words = option.tokens().map(|(_, text)| text.to_ascii_lowercase());
            words.next()
        });
        Role {
            name: self
                .name(K::ROLE)
                .or_else(|| self.name(K::ROLE_REF))
                .unwrap_or_else(|| Name::new("all")),
            options: options.collect(),
        }
    }

    pub(super) fn alter_role(&self) -> Kind {
        let renamed = self.nodes().any(|node| node.renamed_to().is_some());
        if renamed
            || self
                .any(&[K::SET_CONFIG_PARAM, K::RESET_CONFIG_PARAM])
                .is_some()
        {
            self.alter_object(ObjectKind::Role)
        } else {
            Kind::AlterRole(self.role())
        }
    }

    /// `DROP OWNED BY`, `REASSIGN OWNED BY`.
    pub(super) fn owned(&self) -> Owned {
        let to = self.children(K::ROLE_REF_LIST).nth(1);
        Owned {
            roles: self.roles(),
            to: to.and_then(|list| list.name(K::ROLE_REF)),
            cascade: self.has(K::CASCADE),
        }
    }
}
