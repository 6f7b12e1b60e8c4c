//! Enums, domains, composites and ranges. No IO.

use std::collections::BTreeSet;

use super::{Model, Node};
use crate::diff::{Definition, Entity};
use crate::identifiers::quoted;
use crate::naming::object_name;
use crate::value::{Composite, Domain, Enum, Grants, Name, Range};

/// By which word `comment on` names it, what that says, and who may use it.
type Said<'a> = (&'static str, Option<&'a String>, &'a Grants);

impl Model<'_> {
    pub(super) fn add_enum(&mut self, it: &Enum) {
        let definition = Definition::Enum(Enum {
            comment: None,
            grants: None,
            owner: None,
            ..it.clone()
        });
        let said = ("type", it.comment.as_ref(), &it.grants);
        self.add_type(&it.name, definition, BTreeSet::new(), said);
    }

    pub(super) fn add_composite(&mut self, it: &Composite) {
        let types = it.attributes.iter().map(|it| &*it.type_name);
        let uses = types.flat_map(|it| self.named_as_type(it)).collect();
        let mut composite = Composite {
            comment: None,
            grants: None,
            owner: None,
            ..it.clone()
        };
        for attribute in &mut composite.attributes {
            let on = format!("column {}.{}", it.name, quoted(&attribute.name));
            let owner = Entity::Type(it.name.clone());
            self.comment_within(&owner, on, attribute.comment.take().as_ref());
        }
        let said = ("type", it.comment.as_ref(), &it.grants);
        self.add_type(&it.name, Definition::Composite(composite), uses, said);
    }

    pub(super) fn add_range(&mut self, it: &Range) {
        let definition = Definition::Range(Range {
            comment: None,
            grants: None,
            owner: None,
            ..it.clone()
        });
        let mut uses = self.named_as_type(&it.subtype);
        let difference = it.subtype_diff.as_ref();
        uses.extend(difference.map_or_else(BTreeSet::new, |it| self.named_in(&it.name)));
        let said = ("type", it.comment.as_ref(), &it.grants);
        self.add_type(&it.name, definition, uses, said);
    }

    pub(super) fn add_domain(&mut self, it: &Domain) {
        let mut domain = Domain {
            comment: None,
            grants: None,
            owner: None,
            ..it.clone()
        };
        if let Some(it) = &mut domain.not_null_constraint {
            let usual = object_name(&domain.name.name, "", "not_null");
            let name = quoted(it.name.as_deref().unwrap_or(&usual)).into_owned();
            let on = format!("constraint {name} on domain {}", domain.name);
            let owner = Entity::Type(domain.name.clone());
            let text = it.comment.take();
            self.comment_within(&owner, on, text.as_ref());
        }
        let definition = Definition::Domain(domain);
        let mut uses = self.named_as_type(&it.type_name);
        let checks = it.checks.iter().map(|check| &*check.expression);
        for expression in checks.chain(it.default.as_deref()) {
            uses.extend(self.named_in(expression));
            uses.extend(self.types_in(expression));
        }
        let said = ("domain", it.comment.as_ref(), &it.grants);
        self.add_type(&it.name, definition, uses, said);
    }

    fn add_type(
        &mut self,
        name: &Name,
        definition: Definition,
        uses: BTreeSet<Entity>,
        (kind, comment, grants): Said<'_>,
    ) {
        let entity = Entity::Type(name.clone());
        let mut node = Node::new(definition);
        node.uses = uses;
        self.comment(&entity, format!("{kind} {name}"), comment);
        self.grants(&entity, format!("type {name}"), Some("usage"), grants);
        self.add(entity, node);
    }
}
