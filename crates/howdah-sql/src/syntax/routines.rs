//! Functions, triggers, `DO` and `CALL`.

use squawk_parser::SyntaxKind as K;

use super::tree::Tree;
use crate::ast::{
    AlterFunction, Body, CallProcedure, CreateAggregate, CreateEventTrigger, CreateFunction,
    CreateTrigger, Do, Expr, Kind, Node, ObjectKind, ObjectName, RoutineParameter, Select,
    Statement, TypeName, Volatility,
};

impl Tree<'_> {
    pub(super) fn create_function(&self) -> Kind {
        let options = self.child(K::FUNC_OPTION_LIST).unwrap_or(*self);
        let returns = self.child(K::RET_TYPE);
        let table = returns
            .as_ref()
            .and_then(|it| it.child(K::RETURN_TABLE_ARG_LIST));
        let type_name = returns.as_ref().and_then(Tree::type_name);
        let mut parameters = self.parameters();
        for column in table
            .iter()
            .flat_map(|list| list.children(K::RETURN_TABLE_COLUMN))
        {
            parameters.push(column.parameter(false));
        }
        let configuration = options.configured();
        Kind::CreateFunction(CreateFunction {
            name: self
                .object(K::FUNCTION_NAME)
                .or_else(|| self.object(K::PROCEDURE_NAME))
                .unwrap_or_default(),
            procedure: self.kind() == K::CREATE_PROCEDURE,
            or_replace: self.has(K::OR_REPLACE),
            parameters,
            returns_set: table.is_some() || type_name.as_ref().is_some_and(|it| it.set_of),
            returns: type_name,
            language: self.language(&options),
            volatility: options.volatility().unwrap_or_default(),
            strict: options.has(K::STRICT_FUNC_OPTION)
                || options.has(K::RETURNS_NULL_ON_NULL_INPUT_FUNC_OPTION),
            security_definer: options.has(K::SECURITY_DEFINER_FUNC_OPTION),
            sets_configuration: !configuration.is_empty(),
            configuration,
            body: self.body(&options),
        })
    }

    fn parameters(&self) -> Vec<RoutineParameter> {
        let list = self.child(K::PARAM_LIST);
        list.iter()
            .flat_map(|list| list.children(K::PARAM))
            .map(|parameter| parameter.parameter(!parameter.has(K::PARAM_OUT)))
            .collect()
    }

    fn parameter(&self, input: bool) -> RoutineParameter {
        RoutineParameter {
            name: self
                .name(K::PARAM_NAME)
                .or_else(|| self.name(K::COLUMN_NAME)),
            type_name: self.type_name().unwrap_or_default(),
            input,
            variadic: self.has(K::PARAM_VARIADIC),
            default: self.child(K::PARAM_DEFAULT).and_then(|it| it.expr()),
        }
    }

    /// The types that select one of the functions of a name: those of what is passed in.
    pub(super) fn argument_types(&self) -> Option<Vec<TypeName>> {
        self.child(K::PARAM_LIST)?;
        let inputs = self.parameters().into_iter().filter(|it| it.input);
        Some(inputs.map(|parameter| parameter.type_name).collect())
    }

    fn language(&self, options: &Tree<'_>) -> String {
        let named = options
            .child(K::LANGUAGE_FUNC_OPTION)
            .map(|it| it.language_name());
        named.unwrap_or_else(|| {
            let within = self.any(&[K::RETURN_STMT, K::ATOMIC_BODY]);
            within.map_or(String::new(), |_| "sql".to_owned())
        })
    }

    /// `LANGUAGE x`, where the name may also be a string.
    fn language_name(&self) -> String {
        self.name(K::LANGUAGE_REF)
            .map(|name| name.text)
            .or_else(|| self.string())
            .unwrap_or_default()
            .to_ascii_lowercase()
    }

    fn volatility(&self) -> Option<Volatility> {
        let word = self.any(&[K::IMMUTABLE, K::STABLE, K::VOLATILE])?;
        Some(match word.kind() {
            K::IMMUTABLE => Volatility::Immutable,
            K::STABLE => Volatility::Stable,
            _ => Volatility::Volatile,
        })
    }

    /// Names of the parameters that `SET` clauses of a routine set.
    fn configured(&self) -> Vec<String> {
        let clauses = self.children(K::SET_FUNC_OPTION);
        clauses
            .filter_map(|clause| {
                let set = clause.child(K::SET_CONFIG_PARAM)?;
                Some(set.child(K::CONFIG_PARAMETER_REF)?.words().replace(' ', ""))
            })
            .collect()
    }

    fn body(&self, options: &Tree<'_>) -> Body {
        if let Some(value) = self.child(K::RETURN_STMT) {
            return value.expr().map_or(Body::Missing, Body::Return);
        }
        if let Some(block) = self.child(K::ATOMIC_BODY) {
            return Body::Atomic(block.nodes().map(|it| it.atomic_statement()).collect());
        }
        let Some(clause) = options.child(K::AS_FUNC_OPTION) else {
            return Body::Missing;
        };
        match clause
            .child(K::AS_DEFINITION)
            .and_then(|it| it.child(K::LITERAL))
        {
            Some(literal) => Body::Text(literal.as_quoted()),
            None => Body::Library,
        }
    }

    /// One statement of `BEGIN ATOMIC … END`; `RETURN x` is `SELECT x` there.
    fn atomic_statement(&self) -> Statement {
        if self.kind() != K::RETURN_STMT {
            return self.statement();
        }
        Statement {
            span: self.span(),
            kind: Kind::Select(Select {
                query: self.as_query(),
            }),
        }
    }

    pub(super) fn create_aggregate(&self) -> Kind {
        Kind::CreateAggregate(CreateAggregate {
            name: self.object(K::AGGREGATE_NAME).unwrap_or_default(),
            or_replace: self.has(K::OR_REPLACE),
            options: self.options(),
        })
    }

    pub(super) fn alter_function(&self, kind: ObjectKind) -> Kind {
        let Some(options) = self.child(K::FUNC_OPTION_LIST) else {
            return self.alter_object(kind);
        };
        let Some(signature) = self.nodes().next() else {
            return self.alter_object(kind);
        };
        Kind::AlterFunction(AlterFunction {
            name: signature.callee_name(),
            arguments: signature.argument_types(),
            volatility: options.volatility(),
            configuration: options.configured(),
        })
    }

    /// The name that a signature begins with.
    pub(super) fn callee_name(&self) -> ObjectName {
        let name = self.nodes().next();
        name.map(|name| name.as_object()).unwrap_or_default()
    }

    pub(super) fn create_trigger(&self) -> Kind {
        let events = self.child(K::TRIGGER_EVENT_LIST);
        let events: Vec<Tree<'_>> = events.iter().flat_map(Tree::nodes).collect();
        let on = self.child(K::ON_RELATION);
        let timing = self.any(&[K::TIMING_AFTER, K::TIMING_BEFORE, K::TIMING_INSTEAD_OF]);
        let first_word = |tree: &Tree<'_>| {
            let first = tree.tokens().next();
            first.map_or(String::new(), |(_, text)| text.to_ascii_lowercase())
        };
        Kind::CreateTrigger(CreateTrigger {
            name: self.name(K::TRIGGER).unwrap_or_default(),
            or_replace: self.has(K::OR_REPLACE),
            constraint: self.has(K::CONSTRAINT_KW),
            table: on
                .and_then(|on| on.object(K::RELATION_NAME_REF))
                .unwrap_or_default(),
            from: self
                .child(K::FROM_TABLE)
                .and_then(|from| from.object(K::TABLE_NAME_REF)),
            timing: timing.map(|timing| timing.words()).unwrap_or_default(),
            events: events.iter().map(first_word).collect(),
            update_of: events
                .iter()
                .flat_map(|it| it.names(K::COLUMN_NAME_REF))
                .collect(),
            for_each_row: self.has(K::FOR_EACH_ROW),
            when: self
                .child(K::WHEN_CONDITION)
                .and_then(|clause| clause.expr()),
            function: self.trigger_function(),
        })
    }

    fn trigger_function(&self) -> ObjectName {
        match self.child(K::CALL_EXPR).map(|call| call.as_node()) {
            Some(Node::Call(call)) => call.name,
            _ => ObjectName::default(),
        }
    }

    pub(super) fn create_event_trigger(&self) -> Kind {
        let event = self.child(K::EVENT_TRIGGER_EVENT);
        Kind::CreateEventTrigger(CreateEventTrigger {
            name: self.name(K::EVENT_TRIGGER).unwrap_or_default(),
            event: event.map(|event| event.words()).unwrap_or_default(),
            function: self.trigger_function(),
        })
    }

    pub(super) fn do_block(&self) -> Option<Kind> {
        let language = self.child(K::DO_LANGUAGE).map(|it| it.language_name());
        Some(Kind::Do(Do {
            language: language.unwrap_or_else(|| "plpgsql".to_owned()),
            body: self.child(K::LITERAL)?.as_quoted(),
        }))
    }

    pub(super) fn call_procedure(&self) -> Kind {
        let list = self.child(K::ARG_LIST);
        let arguments: Vec<Expr> = list
            .iter()
            .flat_map(|list| list.children(K::ARG))
            .filter_map(|argument| {
                let named = argument.child(K::NAMED_ARG);
                named.unwrap_or(argument).expr()
            })
            .collect();
        Kind::Call(CallProcedure {
            call: crate::ast::Call {
                name: self.object(K::PROCEDURE_NAME_REF).unwrap_or_default(),
                arguments: arguments
                    .into_iter()
                    .map(|argument| argument.node)
                    .collect(),
                star: false,
                window: false,
                syntax: false,
            },
        })
    }
}
