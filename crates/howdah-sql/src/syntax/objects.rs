//! Statements that objects of any kind have: `DROP`, `COMMENT`, `ALTER … RENAME`, the rarer `CREATE`.

use squawk_parser::SyntaxKind as K;

use super::tree::Tree;
use crate::ast::{
    AlterObject, Comment, CreateExtension, CreateObject, Drop, Kind, Name, ObjectChange,
    ObjectKind, ObjectName, ObjectRef,
};

/// `DROP` statements, and of what.
const DROPS: [(K, ObjectKind); 36] = [
    (K::DROP_ACCESS_METHOD, ObjectKind::AccessMethod),
    (K::DROP_AGGREGATE, ObjectKind::Aggregate),
    (K::DROP_CAST, ObjectKind::Cast),
    (K::DROP_COLLATION, ObjectKind::Collation),
    (K::DROP_CONVERSION, ObjectKind::Conversion),
    (K::DROP_DATABASE, ObjectKind::Database),
    (K::DROP_DOMAIN, ObjectKind::Domain),
    (K::DROP_EVENT_TRIGGER, ObjectKind::EventTrigger),
    (K::DROP_EXTENSION, ObjectKind::Extension),
    (K::DROP_FOREIGN_DATA_WRAPPER, ObjectKind::ForeignDataWrapper),
    (K::DROP_FOREIGN_TABLE, ObjectKind::ForeignTable),
    (K::DROP_FUNCTION, ObjectKind::Function),
    (K::DROP_GROUP, ObjectKind::Role),
    (K::DROP_INDEX, ObjectKind::Index),
    (K::DROP_LANGUAGE, ObjectKind::Language),
    (K::DROP_MATERIALIZED_VIEW, ObjectKind::MaterializedView),
    (K::DROP_OPERATOR, ObjectKind::Operator),
    (K::DROP_OPERATOR_CLASS, ObjectKind::OperatorClass),
    (K::DROP_OPERATOR_FAMILY, ObjectKind::OperatorFamily),
    (K::DROP_POLICY, ObjectKind::Policy),
    (K::DROP_PROCEDURE, ObjectKind::Procedure),
    (K::DROP_PROPERTY_GRAPH, ObjectKind::PropertyGraph),
    (K::DROP_PUBLICATION, ObjectKind::Publication),
    (K::DROP_ROLE, ObjectKind::Role),
    (K::DROP_ROUTINE, ObjectKind::Routine),
    (K::DROP_RULE, ObjectKind::Rule),
    (K::DROP_SCHEMA, ObjectKind::Schema),
    (K::DROP_SEQUENCE, ObjectKind::Sequence),
    (K::DROP_SERVER, ObjectKind::Server),
    (K::DROP_STATISTICS, ObjectKind::Statistics),
    (K::DROP_SUBSCRIPTION, ObjectKind::Subscription),
    (K::DROP_TABLE, ObjectKind::Table),
    (K::DROP_TABLESPACE, ObjectKind::Tablespace),
    (K::DROP_TRIGGER, ObjectKind::Trigger),
    (K::DROP_TYPE, ObjectKind::Type),
    (K::DROP_VIEW, ObjectKind::View),
];

/// `DROP` statements of more than one name in the grammar.
const RARE_DROPS: [(K, ObjectKind); 7] = [
    (
        K::DROP_TEXT_SEARCH_CONFIG,
        ObjectKind::TextSearchConfiguration,
    ),
    (K::DROP_TEXT_SEARCH_DICT, ObjectKind::TextSearchDictionary),
    (K::DROP_TEXT_SEARCH_PARSER, ObjectKind::TextSearchParser),
    (K::DROP_TEXT_SEARCH_TEMPLATE, ObjectKind::TextSearchTemplate),
    (K::DROP_TRANSFORM, ObjectKind::Transform),
    (K::DROP_USER, ObjectKind::Role),
    (K::DROP_USER_MAPPING, ObjectKind::UserMapping),
];

/// `ALTER` statements that change a name, a schema, an owner or little else.
const ALTERS: [(K, ObjectKind); 26] = [
    (K::ALTER_AGGREGATE, ObjectKind::Aggregate),
    (K::ALTER_COLLATION, ObjectKind::Collation),
    (K::ALTER_CONVERSION, ObjectKind::Conversion),
    (K::ALTER_DATABASE, ObjectKind::Database),
    (K::ALTER_EVENT_TRIGGER, ObjectKind::EventTrigger),
    (K::ALTER_EXTENSION, ObjectKind::Extension),
    (
        K::ALTER_FOREIGN_DATA_WRAPPER,
        ObjectKind::ForeignDataWrapper,
    ),
    (K::ALTER_LANGUAGE, ObjectKind::Language),
    (K::ALTER_LARGE_OBJECT, ObjectKind::LargeObject),
    (K::ALTER_OPERATOR, ObjectKind::Operator),
    (K::ALTER_OPERATOR_CLASS, ObjectKind::OperatorClass),
    (K::ALTER_OPERATOR_FAMILY, ObjectKind::OperatorFamily),
    (K::ALTER_PROPERTY_GRAPH, ObjectKind::PropertyGraph),
    (K::ALTER_PUBLICATION, ObjectKind::Publication),
    (K::ALTER_RULE, ObjectKind::Rule),
    (K::ALTER_SCHEMA, ObjectKind::Schema),
    (K::ALTER_SERVER, ObjectKind::Server),
    (K::ALTER_STATISTICS, ObjectKind::Statistics),
    (K::ALTER_SUBSCRIPTION, ObjectKind::Subscription),
    (K::ALTER_TABLESPACE, ObjectKind::Tablespace),
    (
        K::ALTER_TEXT_SEARCH_CONFIGURATION,
        ObjectKind::TextSearchConfiguration,
    ),
    (
        K::ALTER_TEXT_SEARCH_DICTIONARY,
        ObjectKind::TextSearchDictionary,
    ),
    (K::ALTER_TEXT_SEARCH_PARSER, ObjectKind::TextSearchParser),
    (
        K::ALTER_TEXT_SEARCH_TEMPLATE,
        ObjectKind::TextSearchTemplate,
    ),
    (K::ALTER_TRIGGER, ObjectKind::Trigger),
    (K::ALTER_USER_MAPPING, ObjectKind::UserMapping),
];

/// `CREATE` statements of which little but the name matters.
const CREATES: [(K, ObjectKind); 20] = [
    (K::CREATE_ACCESS_METHOD, ObjectKind::AccessMethod),
    (K::CREATE_CAST, ObjectKind::Cast),
    (K::CREATE_COLLATION, ObjectKind::Collation),
    (K::CREATE_CONVERSION, ObjectKind::Conversion),
    (K::CREATE_DATABASE, ObjectKind::Database),
    (
        K::CREATE_FOREIGN_DATA_WRAPPER,
        ObjectKind::ForeignDataWrapper,
    ),
    (K::CREATE_LANGUAGE, ObjectKind::Language),
    (K::CREATE_OPERATOR, ObjectKind::Operator),
    (K::CREATE_OPERATOR_CLASS, ObjectKind::OperatorClass),
    (K::CREATE_OPERATOR_FAMILY, ObjectKind::OperatorFamily),
    (K::CREATE_PROPERTY_GRAPH, ObjectKind::PropertyGraph),
    (K::CREATE_SERVER, ObjectKind::Server),
    (K::CREATE_TABLESPACE, ObjectKind::Tablespace),
    (
        K::CREATE_TEXT_SEARCH_CONFIGURATION,
        ObjectKind::TextSearchConfiguration,
    ),
    (
        K::CREATE_TEXT_SEARCH_DICTIONARY,
        ObjectKind::TextSearchDictionary,
    ),
    (K::CREATE_TEXT_SEARCH_PARSER, ObjectKind::TextSearchParser),
    (
        K::CREATE_TEXT_SEARCH_TEMPLATE,
        ObjectKind::TextSearchTemplate,
    ),
    (K::CREATE_TRANSFORM, ObjectKind::Transform),
    (K::CREATE_USER_MAPPING, ObjectKind::UserMapping),
    (K::CREATE_GROUP, ObjectKind::Role),
];

/// What `COMMENT ON`, `SECURITY LABEL ON` and `ALTER EXTENSION ADD` call objects.
const OBJECTS: [(K, ObjectKind); 43] = [
    (K::OBJECT_ACCESS_METHOD, ObjectKind::AccessMethod),
    (K::OBJECT_AGGREGATE, ObjectKind::Aggregate),
    (K::OBJECT_CAST, ObjectKind::Cast),
    (K::OBJECT_COLLATION, ObjectKind::Collation),
    (K::OBJECT_COLUMN, ObjectKind::Column),
    (K::OBJECT_CONSTRAINT, ObjectKind::Constraint),
    (K::OBJECT_CONVERSION, ObjectKind::Conversion),
    (K::OBJECT_DATABASE, ObjectKind::Database),
    (K::OBJECT_DOMAIN, ObjectKind::Domain),
    (K::OBJECT_EVENT_TRIGGER, ObjectKind::EventTrigger),
    (K::OBJECT_EXTENSION, ObjectKind::Extension),
    (
        K::OBJECT_FOREIGN_DATA_WRAPPER,
        ObjectKind::ForeignDataWrapper,
    ),
    (K::OBJECT_FOREIGN_TABLE, ObjectKind::ForeignTable),
    (K::OBJECT_FUNCTION, ObjectKind::Function),
    (K::OBJECT_INDEX, ObjectKind::Index),
    (K::OBJECT_LANGUAGE, ObjectKind::Language),
    (K::OBJECT_LARGE_OBJECT, ObjectKind::LargeObject),
    (K::OBJECT_MATERIALIZED_VIEW, ObjectKind::MaterializedView),
    (K::OBJECT_OPERATOR, ObjectKind::Operator),
    (K::OBJECT_OPERATOR_CLASS, ObjectKind::OperatorClass),
    (K::OBJECT_OPERATOR_FAMILY, ObjectKind::OperatorFamily),
    (K::OBJECT_POLICY, ObjectKind::Policy),
    (K::OBJECT_PROCEDURE, ObjectKind::Procedure),
    (K::OBJECT_PROPERTY_GRAPH, ObjectKind::PropertyGraph),
    (K::OBJECT_PUBLICATION, ObjectKind::Publication),
    (K::OBJECT_ROLE, ObjectKind::Role),
    (K::OBJECT_ROUTINE, ObjectKind::Routine),
    (K::OBJECT_RULE, ObjectKind::Rule),
    (K::OBJECT_SCHEMA, ObjectKind::Schema),
    (K::OBJECT_SEQUENCE, ObjectKind::Sequence),
    (K::OBJECT_SERVER, ObjectKind::Server),
    (K::OBJECT_STATISTICS, ObjectKind::Statistics),
    (K::OBJECT_SUBSCRIPTION, ObjectKind::Subscription),
    (K::OBJECT_TABLE, ObjectKind::Table),
    (K::OBJECT_TABLESPACE, ObjectKind::Tablespace),
    (
        K::OBJECT_TEXT_SEARCH_CONFIG,
        ObjectKind::TextSearchConfiguration,
    ),
    (K::OBJECT_TEXT_SEARCH_DICT, ObjectKind::TextSearchDictionary),
    (K::OBJECT_TEXT_SEARCH_PARSER, ObjectKind::TextSearchParser),
    (
        K::OBJECT_TEXT_SEARCH_TEMPLATE,
        ObjectKind::TextSearchTemplate,
    ),
    (K::OBJECT_TRANSFORM, ObjectKind::Transform),
    (K::OBJECT_TRIGGER, ObjectKind::Trigger),
    (K::OBJECT_TYPE, ObjectKind::Type),
    (K::OBJECT_VIEW, ObjectKind::View),
];

/// Children of such statements that name no object.
const NO_OBJECTS: [K; 12] = [
    K::ALTER_OPTION_LIST,
    K::CASCADE,
    K::DROP_DATABASE_FORCE_CLAUSE,
    K::IF_EXISTS,
    K::IF_NOT_EXISTS,
    K::LITERAL,
    K::ON_RELATION,
    K::ON_TABLE,
    K::OR_REPLACE,
    K::RESTRICT,
    K::SERVER_CLAUSE,
    K::USING_METHOD,
];

fn among(table: &[(K, ObjectKind)], kind: K) -> Option<ObjectKind> {
    let row = table.iter().find(|(node, _)| *node == kind);
    row.map(|(_, object)| *object)
}

impl Tree<'_> {
    /// The statement, if it is one of those that any kind of object has.
    pub(super) fn object_statement(&self) -> Option<Kind> {
        let drop = among(&DROPS, self.kind()).or_else(|| among(&RARE_DROPS, self.kind()));
        if let Some(kind) = drop {
            return Some(self.drop_object(kind));
        }
        if let Some(kind) = among(&ALTERS, self.kind()) {
            return Some(self.alter_object(kind));
        }
        among(&CREATES, self.kind()).map(|kind| self.create_object(kind))
    }

    fn drop_object(&self, kind: ObjectKind) -> Kind {
        Kind::Drop(Drop {
            kind,
            objects: self.object_refs(),
            if_exists: self.has(K::IF_EXISTS),
            behavior: self.behavior(),
            concurrently: self.has(K::CONCURRENTLY_KW),
        })
    }

    /// The objects that the children name; the table of a trigger or policy belongs to each.
    pub(super) fn object_refs(&self) -> Vec<ObjectRef> {
        let on = self.any(&[K::ON_RELATION, K::ON_TABLE]);
        let on = on
            .and_then(|on| on.nodes().next())
            .map(|table| table.as_object());
        let mut found = Vec::new();
        for node in self
            .nodes()
            .filter(|node| !NO_OBJECTS.contains(&node.kind()))
        {
            match node.kind() {
                K::FUNCTION_SIG_LIST
                | K::PROCEDURE_SIG_LIST
                | K::ROUTINE_SIG_LIST
                | K::OP_SIG_LIST => found.extend(node.object_refs()),
                _ => found.push(ObjectRef {
                    on: on.clone(),
                    ..node.object_ref()
                }),
            }
        }
        found
    }

    fn object_ref(&self) -> ObjectRef {
        let name = match self.kind() {
            K::FUNCTION_SIG | K::PROCEDURE_SIG | K::ROUTINE_SIG | K::AGGREGATE => {
                self.callee_name()
            }
            K::OP_SIG | K::CAST_SIG => ObjectName {
                name: self.text().to_owned(),
                span: self.span(),
                schema: None,
            },
            _ => self.as_object(),
        };
        ObjectRef {
            name,
            on: None,
            arguments: self.argument_types(),
        }
    }

    pub(super) fn alter_object(&self, kind: ObjectKind) -> Kind {
        let mut parts = self
            .nodes()
            .filter(|node| !NO_OBJECTS.contains(&node.kind()));
        let named = parts.find(|node| node.object_change().is_none());
        let on = self.any(&[K::ON_RELATION, K::ON_TABLE]);
        let object = named.map(|node| ObjectRef {
            on: on
                .and_then(|on| on.nodes().next())
                .map(|table| table.as_object()),
            ..node.object_ref()
        });
        let changes = self.nodes().filter_map(|node| node.object_change());
        Kind::AlterObject(AlterObject {
            kind,
            object: object.unwrap_or_else(|| ObjectRef {
                name: ObjectName::default(),
                on: None,
                arguments: None,
            }),
            change: changes.last().unwrap_or(ObjectChange::Other),
        })
    }

    fn object_change(&self) -> Option<ObjectChange> {
        if let Some(name) = self.renamed_to() {
            return Some(ObjectChange::Rename(name));
        }
        Some(match self.kind() {
            K::SET_SCHEMA => ObjectChange::SetSchema(self.name(K::SCHEMA_REF)?),
            K::OWNER_TO => ObjectChange::OwnerTo(self.name(K::ROLE_REF)?),
            K::SET_OPTIONS => ObjectChange::SetOptions(self.options()),
            K::RESET_OPTIONS => ObjectChange::ResetOptions(self.options()),
            K::SET_TABLESPACE => ObjectChange::SetTablespace(self.name(K::TABLESPACE_REF)?),
            K::SET_STATISTICS => ObjectChange::SetStatistics,
            K::ENABLE | K::ENABLE_ALWAYS | K::ENABLE_REPLICA | K::ENABLE_SUBSCRIPTION => {
                ObjectChange::Enable
            }
            K::DISABLE | K::DISABLE_SUBSCRIPTION => ObjectChange::Disable,
            K::ALTER_EXTENSION_UPDATE => ObjectChange::Update,
            K::ALTER_EXTENSION_ADD
            | K::ALTER_EXTENSION_DROP
            | K::ADD_OP_CLASS_OPTIONS
            | K::DROP_OP_CLASS_OPTIONS => ObjectChange::Members,
            K::SET_CONFIG_PARAM | K::RESET_CONFIG_PARAM => ObjectChange::Configuration,
            K::DEPENDS_ON_EXTENSION | K::NO_DEPENDS_ON_EXTENSION => {
                ObjectChange::DependsOnExtension
            }
            _ => return None,
        })
    }

    fn create_object(&self, kind: ObjectKind) -> Kind {
        let nameless = [
            ObjectKind::Cast,
            ObjectKind::Transform,
            ObjectKind::UserMapping,
        ];
        let first = self.object_refs().into_iter().next();
        Kind::CreateObject(CreateObject {
            kind,
            name: first
                .map(|object| object.name)
                .filter(|_| !nameless.contains(&kind)),
            or_replace: self.has(K::OR_REPLACE),
            if_not_exists: self.has(K::IF_NOT_EXISTS),
            options: self.options(),
        })
    }

    pub(super) fn create_extension(&self) -> Kind {
        let schema = self.child(K::EXTENSION_SCHEMA);
        Kind::CreateExtension(CreateExtension {
            name: self.name(K::EXTENSION).unwrap_or_default(),
            if_not_exists: self.has(K::IF_NOT_EXISTS),
            schema: schema.and_then(|clause| clause.name(K::SCHEMA_REF)),
            cascade: self.has(K::CASCADE_KW),
        })
    }

    /// `COMMENT ON`, `SECURITY LABEL ON`.
    pub(super) fn comment(&self) -> Option<Comment> {
        let mut nodes = self.nodes();
        let (kind, target) = nodes.find_map(|node| Some((among(&OBJECTS, node.kind())?, node)))?;
        Some(Comment {
            kind,
            object: target.commented(),
            text: self
                .children(K::LITERAL)
                .last()
                .map(|text| text.as_string()),
        })
    }

    fn commented(&self) -> ObjectRef {
        if let Some(column) = self.child(K::QUALIFIED_COLUMN_NAME_REF) {
            let (table, Name { text, span }) = column.as_column();
            return ObjectRef {
                name: ObjectName {
                    schema: table.schema.clone(),
                    name: text,
                    span,
                },
                on: Some(table),
                arguments: None,
            };
        }
        let mut parts = self.nodes();
        let mut found = match parts.next() {
            Some(part) => part.object_ref(),
            None => ObjectRef {
                name: ObjectName::default(),
                on: None,
                arguments: None,
            },
        };
        found.on = parts
            .find(|part| !NO_OBJECTS.contains(&part.kind()))
            .map(|table| table.as_object());
        found
    }
}
