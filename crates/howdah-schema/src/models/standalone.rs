//! What stands beside the models: schemas, extensions, types, sequences, functions. No IO.

use std::fmt::Write;

use super::context::{Context, dotted, grants, members};
use super::declarations::options;
use super::names::snake_case;
use super::source::Node;
use crate::value::{
    Domain, Enum, Namespace, Parallel, Routine, RoutineKind, Sequence, SequenceOptions, Server,
    UserMapping, Volatility,
};

/// The source of all of them.
pub(super) fn all(context: &mut Context<'_>) -> String {
    let schema = context.schema;
    let mut text = String::new();
    for it in &schema.schemas {
        if it.comment.is_some() || it.grants.is_some() {
            assign(
                context,
                &mut text,
                &format!("{}_schema", it.name),
                &namespace(it),
            );
        }
    }
    for it in &schema.extensions {
        let call = Node::call("extension").with_text(&it.name);
        let call = call
            .text("schema", it.schema.as_ref())
            .text("version", it.version.as_ref());
        assign(context, &mut text, &it.name, &call);
    }
    for it in &schema.servers {
        assign(context, &mut text, &it.name, &server(it));
    }
    for it in &schema.enums {
        let _ = write!(text, "\n\n{}", enumeration(context, it)); // into a String: cannot fail
    }
    if !schema.enums.is_empty() {
        text.push_str("\n\n");
    }
    types(context, &mut text);
    for it in &schema.sequences {
        let call = sequence(context, it);
        assign(context, &mut text, &it.name.name, &call);
    }
    for it in &schema.routines {
        let call = routine(context, it);
        let variable = assign(context, &mut text, &it.name.name, &call);
        let signature = (it.name.clone(), it.signature.clone());
        context.routines.insert(signature, variable);
    }
    text
}

fn assign(context: &mut Context<'_>, text: &mut String, wanted: &str, call: &Node) -> String {
    let variable = context.names.object(wanted);
    let source = call.source(0, variable.len() + 3);
    let _ = writeln!(text, "{variable} = {source}"); // into a String: cannot fail
    variable
}

fn server(it: &Server) -> Node {
    let mapping = |it: &UserMapping| {
        Node::call("user_mapping")
            .with_text(it.role.as_deref().unwrap_or("public"))
            .named("options", options(&it.options))
    };
    Node::call("server")
        .with_text(&it.name)
        .with_text(&it.wrapper)
        .named("options", options(&it.options))
        .list(
            "user_mappings",
            it.user_mappings.iter().map(mapping).collect(),
        )
        .text("type", it.kind.as_ref())
        .text("version", it.version.as_ref())
        .text("comment", it.comment.as_ref())
        .named("grants", grants(&it.grants))
}

fn namespace(it: &Namespace) -> Node {
    Node::call("namespace")
        .with_text(&it.name)
        .text("comment", it.comment.as_ref())
        .named("grants", grants(&it.grants))
}

fn enumeration(context: &Context<'_>, it: &Enum) -> String {
    let class = context.names.class(&it.name).unwrap_or_default();
    let mut text = format!("class {class}(enum.Enum):\n");
    let mut line = |name: &str, node: &Node| {
        let _ = writeln!(text, "    {name} = {}", node.source(4, name.len() + 3)); // as above
    };
    if snake_case(class) != it.name.name {
        line("__pg_name__", &Node::literal(&it.name.name));
    }
    if let Some(schema) = &it.name.schema {
        line("__pg_schema__", &Node::literal(schema));
    }
    if let Some(comment) = &it.comment {
        line("__pg_comment__", &Node::literal(comment));
    }
    if let Some(grants) = grants(&it.grants) {
        line("__pg_grants__", &grants);
    }
    for (member, label) in members(it) {
        line(&member, &Node::literal(label));
    }
    text
}

/// Domains, composite types and ranges, each with its alias for annotations.
fn types(context: &mut Context<'_>, text: &mut String) {
    let schema = context.schema;
    for it in &schema.domains {
        let python = super::types::python_type(&it.type_name, schema, &context.names);
        let variable = assign(context, text, &it.name.name, &domain(it));
        alias(context, text, &it.name, &python.annotation, &variable);
    }
    for it in &schema.composites {
        let pairs = it.attributes.iter().map(|attribute| {
            let name = super::source::literal(&attribute.name);
            format!("{name}: {}", super::source::literal(&attribute.type_name))
        });
        let attributes = format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "));
        let collations = it.attributes.iter().filter_map(|attribute| {
            let name = super::source::literal(&attribute.name);
            let collation = attribute.collation.as_ref()?;
            Some(format!(
                "{name}: {}",
                super::source::literal(&collation.name)
            ))
        });
        let collations: Vec<String> = collations.collect();
        let collations =
            (!collations.is_empty()).then(|| Node::Text(format!("{{{}}}", collations.join(", "))));
        let call = Node::call("composite")
            .with_text(&it.name.name)
            .with(Node::Text(attributes))
            .text("schema", it.name.schema.as_ref())
            .named("collations", collations)
            .text("comment", it.comment.as_ref())
            .named("grants", grants(&it.grants));
        let variable = assign(context, text, &it.name.name, &call);
        alias(context, text, &it.name, "Any", &variable);
    }
    for it in &schema.ranges {
        let call = Node::call("range_type")
            .with_text(&it.name.name)
            .with_text(&it.subtype)
            .text("schema", it.name.schema.as_ref())
            .text("operator_class", it.operator_class.as_ref())
            .text("collation", it.collation.as_ref().map(|it| &it.name))
            .text("subtype_diff", it.subtype_diff.as_ref().map(dotted))
            .text("multirange", it.multirange.as_ref().map(dotted))
            .text("comment", it.comment.as_ref())
            .named("grants", grants(&it.grants));
        let variable = assign(context, text, &it.name.name, &call);
        alias(context, text, &it.name, "Any", &variable);
    }
}

fn alias(
    context: &Context<'_>,
    text: &mut String,
    name: &crate::value::Name,
    python: &str,
    variable: &str,
) {
    if let Some(class) = context.names.class(name) {
        let _ = writeln!(text, "{class} = Annotated[{python}, {variable}]"); // as above
    }
}

fn domain(it: &Domain) -> Node {
    let mut call = Node::call("domain")
        .with_text(&it.name.name)
        .with_text(&it.type_name);
    for check in &it.checks {
        let name = check.name.as_deref().unwrap_or_default();
        let (name, text) = (
            super::source::literal(name),
            super::source::literal(&check.expression),
        );
        call = call.with(Node::Text(format!("({name}, {text})")));
    }
    let not_valid = it.checks.iter().filter(|check| check.not_valid);
    let not_valid: Vec<String> = not_valid.filter_map(|check| check.name.clone()).collect();
    call.text("schema", it.name.schema.as_ref())
        .flag("not_null", it.not_null)
        .text("default", it.default.as_ref())
        .text("collation", it.collation.as_ref().map(|it| &it.name))
        .texts("not_valid", &not_valid)
        .text("comment", it.comment.as_ref())
        .named("grants", grants(&it.grants))
}

fn sequence(context: &Context<'_>, it: &Sequence) -> Node {
    let owner = it
        .owned_by
        .as_ref()
        .map(|owner| match context.path(&owner.table, &owner.column) {
            Some(path) => Node::Text(format!("lambda: {path}")),
            None => Node::literal(&format!("{}.{}", dotted(&owner.table), owner.column)),
        });
    let call = Node::call("sequence")
        .with_text(&it.name.name)
        .text("schema", it.name.schema.as_ref())
        .text("type", it.type_name.as_ref());
    counting(call, &it.options)
        .named("owned_by", owner)
        .text("comment", it.comment.as_ref())
        .named("grants", grants(&it.grants))
}

/// How a sequence counts, as keywords.
pub(super) fn counting(call: Node, options: &SequenceOptions) -> Node {
    let number = |it: Option<i64>| it.map(|it| Node::Text(it.to_string()));
    call.named("start", number(options.start))
        .named("increment", number(options.increment))
        .named("minimum", number(options.minimum))
        .named("maximum", number(options.maximum))
        .named("cache", number(options.cache))
        .flag("cycle", options.cycle)
}

fn routine(context: &Context<'_>, it: &Routine) -> Node {
    let volatility = match it.volatility {
        Volatility::Volatile => None,
        Volatility::Stable => Some("stable"),
        Volatility::Immutable => Some("immutable"),
    };
    let parallel = match it.parallel {
        Parallel::Unsafe => None,
        Parallel::Restricted => Some("restricted"),
        Parallel::Safe => Some("safe"),
    };
    let pair = |(name, value): &(String, String)| {
        format!(
            "{}: {}",
            super::source::literal(name),
            super::source::literal(value)
        )
    };
    let settings: Vec<String> = it.settings.iter().map(pair).collect();
    let settings =
        (!settings.is_empty()).then(|| Node::Text(format!("{{{}}}", settings.join(", "))));
    let is_function = it.kind == RoutineKind::Function;
    let signature = it.signature.as_ref().filter(|_| context.is_overloaded(it));
    Node::call(it.kind.sql())
        .with_text(&it.name.name)
        .with_text(&it.arguments)
        .text("returns", it.returns.as_ref().filter(|_| is_function))
        .text("language", (it.language != "sql").then_some(&it.language))
        .text("body", Some(&it.body))
        .flag("atomic", it.atomic)
        .text("schema", it.name.schema.as_ref())
        .text("signature", signature)
        .text("volatility", volatility)
        .flag("strict", it.strict)
        .flag("security_definer", it.security_definer)
        .flag("leakproof", it.leakproof)
        .flag("window", it.window)
        .text("parallel", parallel)
        .named("cost", it.cost.clone().map(Node::Text))
        .named("rows", it.rows.clone().map(Node::Text))
        .named("settings", settings)
        .text("comment", it.comment.as_ref())
        .named("grants", grants(&it.grants))
}
