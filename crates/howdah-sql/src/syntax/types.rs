//! Types as they are used, and the statements about types and domains.

use squawk_parser::SyntaxKind as K;

use super::tree::Tree;
use crate::ast::{
    AlterDomain, AlterType, ColumnDef, CreateDomain, CreateType, DomainAction, Kind, NewType,
    ObjectKind, TypeAction, TypeName, ValuePosition,
};

/// The kinds of nodes that are types.
pub(super) const TYPES: [K; 11] = [
    K::ARRAY_TYPE,
    K::PATH_TYPE,
    K::VARCHAR_TYPE,
    K::CHARACTER_TYPE,
    K::BIT_TYPE,
    K::BIT_VARYING_TYPE,
    K::DOUBLE_TYPE,
    K::TIME_TYPE,
    K::TIMESTAMP_TYPE,
    K::INTERVAL_TYPE,
    K::PERCENT_TYPE,
];

/// Spellings of the grammar, and the names in the catalog.
const ALIASES: [(&str, &str); 17] = [
    ("bigint", "int8"),
    ("bigserial", "serial8"),
    ("boolean", "bool"),
    ("char", "bpchar"),
    ("character", "bpchar"),
    ("dec", "numeric"),
    ("decimal", "numeric"),
    ("float", "float8"),
    ("int", "int4"),
    ("integer", "int4"),
    ("nchar", "bpchar"),
    ("real", "float4"),
    ("serial", "serial4"),
    ("smallint", "int2"),
    ("smallserial", "serial2"),
    ("double precision", "float8"),
    ("bit varying", "varbit"),
];

impl<'a> Tree<'a> {
    /// The first type among the children.
    pub(super) fn type_name(&self) -> Option<TypeName> {
        self.any(&TYPES).map(|tree| tree.as_type())
    }

    /// The type that this node is.
    pub(super) fn as_type(&self) -> TypeName {
        let mut found = TypeName {
            span: self.span(),
            set_of: self.has(K::SETOF_KW),
            ..TypeName::default()
        };
        match self.kind() {
            K::ARRAY_TYPE => {
                let bounds = self.children(K::ARRAY_BOUND).count().max(1);
                let element = self.type_name().unwrap_or_default();
                found.array_dimensions = element.array_dimensions + bounds as u32;
                found.set_of = element.set_of;
                return TypeName {
                    span: found.span,
                    array_dimensions: found.array_dimensions,
                    ..element
                };
            }
            K::PATH_TYPE | K::PERCENT_TYPE => self.named_type(&mut found),
            K::VARCHAR_TYPE => "varchar".clone_into(&mut found.name.name),
            K::CHARACTER_TYPE => "bpchar".clone_into(&mut found.name.name),
            K::BIT_TYPE => "bit".clone_into(&mut found.name.name),
            K::BIT_VARYING_TYPE => "varbit".clone_into(&mut found.name.name),
            K::DOUBLE_TYPE => "float8".clone_into(&mut found.name.name),
            K::TIME_TYPE => found.name.name = self.with_zone("time"),
            K::TIMESTAMP_TYPE => found.name.name = self.with_zone("timestamp"),
            _ => self.interval(&mut found),
        }
        found.name.span = found.span;
        self.modifiers(&mut found);
        found
    }

    fn with_zone(&self, name: &str) -> String {
        let zone = if self.has(K::WITH_TIMEZONE) { "tz" } else { "" };
        format!("{name}{zone}")
    }

    fn named_type(&self, found: &mut TypeName) {
        let Some(path) = self.child(K::PATH_REF) else {
            return;
        };
        found.name = path.as_object();
        // a quoted "char" or "serial" is that very name
        let plain = found.name.schema.is_none() && !path.text().contains('"');
        let alias = ALIASES.iter().find(|(word, _)| *word == found.name.name);
        if let Some((_, name)) = alias.filter(|_| plain) {
            (*name).clone_into(&mut found.name.name);
        }
        if found.name.schema.as_deref() == Some("pg_catalog") {
            found.name.schema = None;
        }
    }

    fn interval(&self, found: &mut TypeName) {
        "interval".clone_into(&mut found.name.name);
        if let Some(fields) = self.nodes().find(|child| child.kind() != K::LITERAL) {
            found.modifier_text = fields.words();
        }
    }

    /// `(10, 2)` behind the type, and what its absence means.
    fn modifiers(&self, found: &mut TypeName) {
        let given: Vec<Tree<'a>> = match self.child(K::ARG_LIST) {
            Some(list) => list.children(K::ARG).collect(),
            None => self.children(K::LITERAL).collect(),
        };
        let numbers: Option<Vec<i64>> = given.iter().map(Tree::as_integer).collect();
        match numbers {
            Some(numbers) => found.modifiers = numbers,
            None => found.modifier_text = self.written_modifiers(),
        }
        let no_schema = found.name.schema.is_none();
        let exact = |found: &TypeName, name: &str| no_schema && found.name.name == name;
        if exact(found, "float8") && found.modifiers.len() == 1 {
            if found.modifiers.first().is_some_and(|bits| *bits <= 24) {
                "float4".clone_into(&mut found.name.name);
            }
            found.modifiers.clear();
        } else if found.modifiers.is_empty() && self.means_one_character(found) {
            found.modifiers = vec![1];
        } else if exact(found, "numeric") && found.modifiers.len() == 1 {
            found.modifiers.push(0);
        }
    }

    /// `char` and `bit` are of length one; `bpchar`, written so, is of any.
    fn means_one_character(&self, found: &TypeName) -> bool {
        matches!(self.kind(), K::CHARACTER_TYPE | K::BIT_TYPE) && found.modifier_text.is_empty()
    }

    fn written_modifiers(&self) -> String {
        let list = self.child(K::ARG_LIST);
        let text = list.as_ref().map_or("", Tree::text);
        let inner = text
            .strip_prefix('(')
            .and_then(|text| text.strip_suffix(')'));
        inner.unwrap_or(text).trim().to_owned()
    }

    pub(super) fn create_type(&self) -> Kind {
        let kind = match self.any(&[K::ENUM_TYPE, K::COMPOSITE_TYPE, K::RANGE_TYPE, K::BASE_TYPE]) {
            Some(kind) if kind.kind() == K::ENUM_TYPE => NewType::Enum(kind.variants()),
            Some(kind) if kind.kind() == K::COMPOSITE_TYPE => NewType::Composite(kind.attributes()),
            Some(kind) if kind.kind() == K::RANGE_TYPE => NewType::Range(kind.options()),
            Some(kind) => NewType::Base(kind.options()),
            None => NewType::Shell,
        };
        Kind::CreateType(CreateType {
            name: self.object(K::TYPE_NAME).unwrap_or_default(),
            kind,
        })
    }

    fn variants(&self) -> Vec<String> {
        let list = self.child(K::VARIANT_LIST);
        list.iter()
            .flat_map(|list| list.children(K::VARIANT))
            .filter_map(|variant| variant.string())
            .collect()
    }

    fn attributes(&self) -> Vec<ColumnDef> {
        let list = self.child(K::COMPOSITE_FIELD_LIST);
        list.iter()
            .flat_map(|list| list.children(K::COMPOSITE_FIELD_DEF))
            .map(|field| field.attribute())
            .collect()
    }

    fn attribute(&self) -> ColumnDef {
        ColumnDef {
            span: self.span(),
            name: self.name(K::COMPOSITE_FIELD).unwrap_or_default(),
            type_name: self.type_name(),
            collation: self.collation(),
            storage: None,
            compression: None,
            constraints: Vec::new(),
        }
    }

    pub(super) fn alter_type(&self) -> Kind {
        let name = self.object(K::TYPE_NAME_REF).unwrap_or_default();
        let actions: Vec<TypeAction> = match self.child(K::ALTER_TYPE_ATTRIBUTE_ACTION_LIST) {
            Some(list) => list
                .nodes()
                .filter_map(|action| action.type_action())
                .collect(),
            None => self
                .nodes()
                .filter_map(|action| action.type_action())
                .collect(),
        };
        if actions.is_empty() {
            return self.alter_object(ObjectKind::Type);
        }
        Kind::AlterType(AlterType { name, actions })
    }

    fn type_action(&self) -> Option<TypeAction> {
        let field = || self.name(K::COMPOSITE_FIELD_REF).unwrap_or_default();
        let behavior = self.behavior();
        Some(match self.kind() {
            K::ADD_VALUE => TypeAction::AddValue {
                value: self.string()?,
                if_not_exists: self.has(K::IF_NOT_EXISTS),
                position: self.value_position(),
            },
            K::RENAME_VALUE => {
                let mut values = self.children(K::LITERAL).map(|value| value.as_string());
                TypeAction::RenameValue {
                    from: values.next()?,
                    to: values.next()?,
                }
            }
            K::ADD_ATTRIBUTE => TypeAction::AddAttribute {
                attribute: self.attribute(),
                behavior,
            },
            K::DROP_ATTRIBUTE => TypeAction::DropAttribute {
                name: field(),
                if_exists: self.has(K::IF_EXISTS),
                behavior,
            },
            K::ALTER_ATTRIBUTE => TypeAction::AlterAttribute {
                name: field(),
                to: self.type_name()?,
                behavior,
            },
            K::RENAME_ATTRIBUTE => TypeAction::RenameAttribute {
                from: field(),
                to: self.name(K::COMPOSITE_FIELD)?,
                behavior,
            },
            K::SET_OPTIONS => TypeAction::SetOptions(self.options()),
            _ => return None,
        })
    }

    fn value_position(&self) -> Option<ValuePosition> {
        let position = self.any(&[K::BEFORE_VALUE, K::AFTER_VALUE])?;
        let value = position.string()?;
        Some(match position.kind() {
            K::BEFORE_VALUE => ValuePosition::Before(value),
            _ => ValuePosition::After(value),
        })
    }

    pub(super) fn create_domain(&self) -> Kind {
        Kind::CreateDomain(CreateDomain {
            name: self.object(K::DOMAIN).unwrap_or_default(),
            base: self.type_name().unwrap_or_default(),
            collation: self.collation(),
            constraints: self.constraints(None),
        })
    }

    pub(super) fn alter_domain(&self) -> Kind {
        let name = self.object(K::DOMAIN_REF).unwrap_or_default();
        match self.nodes().find_map(|action| action.domain_action()) {
            Some(action) => Kind::AlterDomain(AlterDomain { name, action }),
            None => self.alter_object(ObjectKind::Domain),
        }
    }

    fn domain_action(&self) -> Option<DomainAction> {
        let constraint = || self.name(K::CONSTRAINT_NAME_REF).unwrap_or_default();
        Some(match self.kind() {
            K::SET_DEFAULT => DomainAction::SetDefault(self.expr()?),
            K::DROP_DEFAULT => DomainAction::DropDefault,
            K::SET_NOT_NULL => DomainAction::SetNotNull,
            K::DROP_NOT_NULL => DomainAction::DropNotNull,
            K::ADD_CONSTRAINT => DomainAction::AddConstraint(self.constraints(None).pop()?),
            K::DROP_CONSTRAINT => DomainAction::DropConstraint {
                name: constraint(),
                if_exists: self.has(K::IF_EXISTS),
                behavior: self.behavior(),
            },
            K::RENAME_CONSTRAINT => DomainAction::RenameConstraint {
                from: constraint(),
                to: self.name(K::CONSTRAINT_NAME)?,
            },
            K::VALIDATE_CONSTRAINT => DomainAction::ValidateConstraint(constraint()),
            _ => return None,
        })
    }
}
