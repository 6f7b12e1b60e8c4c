//! Types and domains.

use std::sync::Arc;

use super::super::{Catalog, Domain, Made, TableConstraint, Type, TypeKind};
use crate::ast::{
    AlterDomain, AlterType, Constraint, ConstraintKind, CreateDomain, CreateType, DomainAction,
    NewType, ObjectName, TypeAction, ValuePosition,
};

/// Domains over domains; functions that go through them call themselves.
const DEEPEST: usize = 100;

impl Catalog {
    fn put_type(&mut self, name: &ObjectName, kind: TypeKind) {
        let name = self.qualified(name);
        let made = Type {
            name: name.clone(),
            kind,
            made: self.now(),
            new_values: Vec::new(),
        };
        self.others().types.insert(Arc::new(name), Arc::new(made));
    }

    fn change_type(&mut self, name: &ObjectName, change: impl FnOnce(&mut Type)) {
        let name = self.resolve_type(name);
        if let Some(made) = self.others().types.get_mut(&name) {
            change(Arc::make_mut(made));
        }
    }

    pub(super) fn create_type(&mut self, made: &CreateType) {
        self.put_type(&made.name, TypeKind::Made(made.kind.clone()));
    }

    pub(super) fn alter_type(&mut self, alter: &AlterType) {
        for action in &alter.actions {
            let now = self.now();
            self.change_type(&alter.name, |made| made.alter(action, now));
        }
    }

    pub(super) fn create_domain(&mut self, domain: &CreateDomain) {
        if self.rests_on(&domain.base.name, &self.qualified(&domain.name)) {
            return; // PostgreSQL does not know the type yet
        }
        let mut made = Domain {
            base: self.known_type(&domain.base),
            not_null: false,
            default: None,
            constraints: Vec::new(),
        };
        for constraint in &domain.constraints {
            match &constraint.kind {
                ConstraintKind::Default(expr) => made.default = Some(expr.clone()),
                _ => made.add(&domain.name.name, constraint),
            }
        }
        self.put_type(&domain.name, TypeKind::Domain(Box::new(made)));
    }

    /// Whether a type is the other, or a domain over it, or over too many others.
    pub(super) fn rests_on(&self, name: &ObjectName, other: &ObjectName) -> bool {
        let mut next = name;
        for _ in 0..DEEPEST {
            if self.resolve_type(next) == *other {
                return true;
            }
            match self.domain(next) {
                Some(domain) => next = &domain.base.name,
                None => return false,
            }
        }
        true
    }

    pub(super) fn alter_domain(&mut self, alter: &AlterDomain) {
        let name = alter.name.name.clone();
        self.change_type(&alter.name, |made| {
            if let TypeKind::Domain(domain) = &mut made.kind {
                domain.alter(&name, &alter.action);
            }
        });
    }
}

impl Type {
    fn alter(&mut self, action: &TypeAction, now: Made) {
        match (&mut self.kind, action) {
            (
                TypeKind::Made(NewType::Enum(values)),
                TypeAction::AddValue {
                    value, position, ..
                },
            ) if !values.contains(value) => {
                let at = place(values, position.as_ref());
                values.insert(at, value.clone());
                self.new_values.push((value.clone(), now));
            }
            (TypeKind::Made(NewType::Enum(values)), TypeAction::RenameValue { from, to }) => {
                for value in values.iter_mut().filter(|value| *value == from) {
                    value.clone_from(to);
                }
            }
            (TypeKind::Made(NewType::Composite(attributes)), action) => match action {
                TypeAction::AddAttribute { attribute, .. } => attributes.push(attribute.clone()),
                TypeAction::DropAttribute { name, .. } => attributes.retain(|it| it.name != *name),
                TypeAction::AlterAttribute { name, to, .. } => {
                    for attribute in attributes.iter_mut().filter(|it| it.name == *name) {
                        attribute.type_name = Some(to.clone());
                    }
                }
                TypeAction::RenameAttribute { from, to, .. } => {
                    for attribute in attributes.iter_mut().filter(|it| it.name == *from) {
                        attribute.name = to.clone();
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
}

/// Where a new value of an enum goes.
fn place(values: &[String], position: Option<&ValuePosition>) -> usize {
    let at = |value: &String| values.iter().position(|known| known == value);
    let found = match position {
        Some(ValuePosition::Before(value)) => at(value),
        Some(ValuePosition::After(value)) => at(value).map(|at| at + 1),
        None => None,
    };
    found.unwrap_or(values.len())
}

impl Domain {
    fn add(&mut self, name: &str, constraint: &Constraint) {
        let label = match &constraint.kind {
            ConstraintKind::NotNull(_) => "not_null",
            ConstraintKind::Check(_) => "check",
            _ => return,
        };
        self.not_null |= label == "not_null";
        let chosen = || {
            let mut names = (0..).map(|number| match number {
                0 => format!("{name}_{label}"),
                _ => format!("{name}_{label}{number}"),
            });
            let free = |it: &String| self.constraints.iter().all(|known| known.name != *it);
            names.find(free).unwrap_or_default()
        };
        let name = constraint
            .name
            .as_ref()
            .map_or_else(chosen, |name| name.text.clone());
        self.constraints.push(TableConstraint {
            name,
            kind: constraint.kind.clone(),
            valid: !constraint.not_valid,
            enforced: true,
            no_inherit: false,
            inherited: false,
            deferrable: false,
            index: None,
        });
    }

    fn alter(&mut self, name: &str, action: &DomainAction) {
        match action {
            DomainAction::SetDefault(expr) => self.default = Some(expr.clone()),
            DomainAction::DropDefault => self.default = None,
            DomainAction::SetNotNull => self.not_null = true,
            DomainAction::DropNotNull => {
                self.not_null = false;
                self.constraints
                    .retain(|it| !matches!(it.kind, ConstraintKind::NotNull(_)));
            }
            DomainAction::AddConstraint(constraint) => self.add(name, constraint),
            DomainAction::DropConstraint { name, .. } => {
                let meant = |it: &TableConstraint| *name == it.name.as_str();
                let null = |it: &TableConstraint| matches!(it.kind, ConstraintKind::NotNull(_));
                self.not_null &= !self.constraints.iter().any(|it| meant(it) && null(it));
                self.constraints.retain(|it| !meant(it));
            }
            DomainAction::RenameConstraint { from, to } => {
                for it in self
                    .constraints
                    .iter_mut()
                    .filter(|it| *from == it.name.as_str())
                {
                    it.name.clone_from(&to.text);
                }
            }
            DomainAction::ValidateConstraint(name) => {
                for it in self
                    .constraints
                    .iter_mut()
                    .filter(|it| *name == it.name.as_str())
                {
                    it.valid = true;
                }
            }
        }
    }
}
