//! What all parts of the module must know of each other: names of classes, attributes, variables. No IO.

use std::collections::{HashMap, HashSet};

use super::names::{Names, free, identifier};
use super::source::Node;
use crate::value::{Enum, Grant, Grants, Name, Routine, Schema};

/// The schema, and the names that its parts have in Python.
pub(super) struct Context<'a> {
    pub(super) schema: &'a Schema,
    pub(super) names: Names,
    /// The attribute of each column of each table and view.
    attributes: HashMap<(&'a Name, &'a str), String>,
    /// The variables of functions, by name and signature.
    pub(super) routines: HashMap<(Name, Option<String>), String>,
}

impl<'a> Context<'a> {
    pub(super) fn of(schema: &'a Schema) -> Self {
        let mut attributes = HashMap::new();
        let tables = schema.tables.iter().map(|it| (&it.name, &it.columns));
        let views = schema.views.iter().map(|it| (&it.name, &it.columns));
        for (relation, columns) in tables.chain(views) {
            let mut taken = HashSet::new();
            for column in columns {
                let attribute = free(&identifier(&column.name), &taken);
                taken.insert(attribute.clone());
                attributes.insert((relation, &*column.name), attribute);
            }
        }
        Self {
            schema,
            names: Names::of(schema),
            attributes,
            routines: HashMap::new(),
        }
    }

    /// The attribute of a column.
    pub(super) fn attribute(&self, relation: &'a Name, column: &'a str) -> Option<&str> {
        self.attributes.get(&(relation, column)).map(String::as_str)
    }

    /// `Class.attribute` of a column, if the module has it.
    pub(super) fn path(&self, relation: &Name, column: &str) -> Option<String> {
        let class = self.names.class(relation)?;
        let attribute = self.attributes.get(&(relation, column))?;
        Some(format!("{class}.{attribute}"))
    }

    /// The columns as attributes.
    pub(super) fn columns(&self, relation: &'a Name, columns: &'a [String]) -> Vec<String> {
        let attribute = |it: &'a String| self.attribute(relation, it).unwrap_or(it).to_owned();
        columns.iter().map(attribute).collect()
    }

    /// The function of a trigger: its variable if there is just one of the name, else its name.
    pub(super) fn function(&self, name: &Name) -> Node {
        let mut found = self.routines.iter().filter(|((it, _), _)| it == name);
        match (found.next(), found.next()) {
            (Some((_, variable)), None) => Node::Text(variable.clone()),
            _ => Node::literal(&dotted(name)),
        }
    }

    /// Whether routines of the same name differ in their arguments only.
    pub(super) fn is_overloaded(&self, routine: &Routine) -> bool {
        let same = self
            .schema
            .routines
            .iter()
            .filter(|it| it.name == routine.name);
        same.count() > 1
    }
}

/// `app.book`, as declarations name what they have no object for.
pub(super) fn dotted(name: &Name) -> String {
    match &name.schema {
        Some(schema) => format!("{schema}.{}", name.name),
        None => name.name.clone(),
    }
}

/// The members of an enum's class for its labels.
pub(super) fn members(it: &Enum) -> Vec<(String, &str)> {
    let mut taken: HashSet<String> = ["name", "value", "mro"].map(str::to_owned).into();
    let member = |label| {
        let name = free(&identifier(label), &taken);
        taken.insert(name.clone());
        (name, label)
    };
    it.labels.iter().map(String::as_str).map(member).collect()
}

/// `grants=`, where there are other rights than usual.
pub(super) fn grants(grants: &Grants) -> Option<Node> {
    let list = grants.as_ref()?;
    Some(Node::List(list.iter().map(|it| grant(it, &[])).collect()))
}

/// `grant(…)`, of some columns if there are any.
pub(super) fn grant(it: &Grant, columns: &[String]) -> Node {
    let call = it
        .privileges
        .iter()
        .fold(Node::call("grant"), |call, it| call.with_text(it));
    call.text("to", Some(it.role.as_deref().unwrap_or("public")))
        .texts("columns", columns)
        .flag("grantable", it.grantable)
}
