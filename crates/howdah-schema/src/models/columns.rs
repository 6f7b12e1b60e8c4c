//! Columns of models: annotation, and what is to be said beside it. No IO.

use super::context::{Context, members};
use super::source::Node;
use super::standalone::counting;
use super::tables::Said;
use super::types::{PythonType, Values, python_type};
use crate::value::{Action, Column, Constraint, ConstraintKind, Deferral, Name};

/// `name: Col[str] = col(…)`.
pub(super) fn line(
    context: &Context<'_>,
    relation: &Name,
    column: &Column,
    said: &Said<'_>,
) -> String {
    let attribute = context.path(relation, &column.name).unwrap_or_default();
    let attribute = attribute.rsplit('.').next().unwrap_or_default();
    let python = python_type(&column.type_name, context.schema, &context.names);
    let optional = if column.not_null { "" } else { " | None" };
    let head = format!("{attribute}: Col[{}{optional}]", python.annotation);
    let what = options(context, column, &python, said)
        .text("name", (attribute != column.name).then_some(&column.name))
        .text("comment", column.comment.as_ref());
    if what.is_empty_call() && matches!(&what, Node::Call(head, _) if head == "col") {
        return head;
    }
    let source = what.source(4, head.len() + 3);
    format!("{head} = {source}")
}

/// A column of a view: nothing but its type.
pub(super) fn line_of_view(context: &Context<'_>, relation: &Name, column: &Column) -> String {
    let plain = Column {
        not_null: true,
        ..column.clone()
    };
    let line = line(context, relation, &plain, &Said::default());
    // what a query gives may be null, whatever it is made of
    match line.split_once(']') {
        Some((head, tail)) if !head.contains("list[") => format!("{head} | None]{tail}"),
        _ => line.replacen("]]", "] | None]", 1),
    }
}

fn options(context: &Context<'_>, column: &Column, python: &PythonType, said: &Said<'_>) -> Node {
    let other_type = (column.type_name != python.stored_as).then_some(&column.type_name);
    let is_key = said.key.contains(&column.name);
    if let Some(identity) = &column.identity {
        let call = Node::call("identity").flag("always", identity.always);
        let no = Node::Text("False".to_owned());
        return counting(call, &identity.options)
            .text("type", other_type)
            .named("primary_key", (!is_key).then_some(no));
    }
    if let Some(generated) = &column.generated {
        let no = Node::Text("False".to_owned());
        return Node::call("generated")
            .with_text(&generated.expression)
            .named("stored", generated.is_virtual.then_some(no))
            .text("type", other_type)
            .flag("index", said.indexed.contains(&column.name));
    }
    let reference = said.references.get(column.name.as_str());
    let call = match reference {
        Some(it) => reference_call(context, it, column, said).text("type", other_type),
        None => match other_type {
            Some(name) => Node::call("col").with_text(name),
            None => Node::call("col"),
        },
    };
    let collation = column.collation.as_ref().map(|it| &it.name);
    let of_col = reference.is_none();
    call.named("default", default(context, column, python))
        .flag("primary_key", is_key && !said.key_is_apart)
        .flag("unique", said.unique.contains(&column.name))
        .flag("index", of_col && said.indexed.contains(&column.name))
        .text("check", said.checks.get(column.name.as_str()))
        .text("collation", collation)
        .text("compression", column.compression.as_ref())
        .text("storage", column.storage.as_ref())
}

fn reference_call(
    context: &Context<'_>,
    it: &(&Constraint, bool),
    column: &Column,
    said: &Said<'_>,
) -> Node {
    let (constraint, is_usual) = it;
    let ConstraintKind::ForeignKey {
        references,
        referenced_columns,
        on_delete,
        on_update,
        ..
    } = &constraint.kind
    else {
        return Node::call("col");
    };
    let named = referenced_columns
        .first()
        .map(String::as_str)
        .unwrap_or_default();
    let path = context.path(references, named).unwrap_or_default();
    let action = |it: Action| (it != Action::NoAction).then(|| it.sql());
    let no_index = !said.indexed.contains(&column.name) && !said.leading.contains(&column.name);
    Node::call("references")
        .with(Node::Text(format!("lambda: {path}")))
        .text("on_delete", action(*on_delete))
        .text("on_update", action(*on_update))
        .flag("deferrable", constraint.deferral == Deferral::Deferrable)
        .flag(
            "initially_deferred",
            constraint.deferral == Deferral::InitiallyDeferred,
        )
        .text("constraint", constraint.name.as_ref().filter(|_| !is_usual))
        .named("index", no_index.then(|| Node::Text("False".to_owned())))
}

/// The default as a value of Python where it is one.
fn default(context: &Context<'_>, column: &Column, python: &PythonType) -> Option<Node> {
    let Some(text) = &column.default else {
        return (!column.not_null).then(|| Node::Text("None".to_owned()));
    };
    let value = match python.values {
        Values::Int => text
            .parse::<u64>()
            .ok()
            .map(|it| Node::Text(it.to_string())),
        Values::Bool if text == "true" => Some(Node::Text("True".to_owned())),
        Values::Bool if text == "false" => Some(Node::Text("False".to_owned())),
        Values::Decimal if is_decimal(text) => Some(Node::call("Decimal").with_text(text)),
        Values::Text => constant(text).map(Node::literal),
        Values::Array => (constant(text) == Some("{}")).then(|| Node::Text("[]".to_owned())),
        Values::Json if column.type_name == "jsonb" => {
            let empty = constant(text).filter(|it| matches!(*it, "{}" | "[]"));
            empty.map(|it| Node::Text(it.to_owned()))
        }
        Values::Enum => member(context, &column.type_name, constant(text)).map(Node::Text),
        _ => None,
    };
    Some(value.unwrap_or_else(|| Node::call("sql").with_text(text)))
}

fn is_decimal(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_digit())
        && text.chars().all(|it| it.is_ascii_digit() || it == '.')
}

/// The text of a plain constant such as `'draft'::text`.
fn constant(text: &str) -> Option<&str> {
    let (inner, cast) = text.strip_prefix('\'')?.split_once('\'')?;
    (cast.starts_with("::") && !cast.contains('\'') && !inner.contains('\\')).then_some(inner)
}

/// `Mood.happy` for a label.
fn member(context: &Context<'_>, type_name: &str, label: Option<&str>) -> Option<String> {
    let found = context
        .schema
        .enums
        .iter()
        .find(|it| it.name.to_string() == type_name)?;
    let class = context.names.class(&found.name)?;
    let members = members(found);
    let (member, _) = members.iter().find(|(_, it)| Some(*it) == label)?;
    Some(format!("{class}.{member}"))
}
