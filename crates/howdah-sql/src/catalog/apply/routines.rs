//! Functions.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use super::super::{Catalog, Function};
use crate::ast::{AlterFunction, CreateFunction, ObjectName, TypeName};

impl Catalog {
    pub(super) fn create_function(&mut self, function: &CreateFunction) {
        let name = self.qualified(&function.name);
        let now = self.now();
        let overloads = self.others().functions.entry(Arc::new(name)).or_default();
        let signature = signature(function);
        let same = |it: &Arc<Function>| {
            it.signature == signature && argument_types(&it.definition).eq(argument_types(function))
        };
        let known = overloads.iter().position(same);
        let made = known
            .and_then(|at| overloads.get(at))
            .map_or(now, |it| it.made);
        let made = Arc::new(Function {
            definition: function.clone(),
            made,
            signature,
        });
        match known.and_then(|at| overloads.get_mut(at)) {
            Some(known) => *known = made,
            None => overloads.push(made),
        }
    }

    pub(super) fn alter_function(&mut self, alter: &AlterFunction) {
        let name = self.resolve_function(&alter.name);
        for function in self.others().functions.get_mut(&name).into_iter().flatten() {
            let meant = alter.arguments.as_ref();
            if meant.is_none_or(|types| types.iter().eq(argument_types(&function.definition))) {
                let definition = &mut Arc::make_mut(function).definition;
                definition.volatility = alter.volatility.unwrap_or(definition.volatility);
                if !alter.configuration.is_empty() {
                    definition.sets_configuration = true;
                    definition
                        .configuration
                        .extend_from_slice(&alter.configuration);
                }
            }
        }
    }

    pub(super) fn drop_function(&mut self, name: &ObjectName, arguments: Option<&Vec<TypeName>>) {
        let name = self.resolve_function(name);
        if let Some(overloads) = self.others().functions.get_mut(&name) {
            overloads.retain(|it| {
                arguments.is_some_and(|types| types.iter().ne(argument_types(&it.definition)))
            });
            if overloads.is_empty() {
                self.others().functions.remove(&name);
            }
        }
    }
}

/// The types that tell functions of one name apart.
fn argument_types(function: &CreateFunction) -> impl Iterator<Item = &TypeName> {
    let inputs = function.parameters.iter().filter(|it| it.input);
    inputs.map(|it| &it.type_name)
}

/// Equal where the types are, and hardly ever elsewhere: a function may have thousands of overloads.
fn signature(function: &CreateFunction) -> u64 {
    let mut hash = DefaultHasher::new();
    argument_types(function).for_each(|it| it.name.hash(&mut hash));
    hash.finish()
}
