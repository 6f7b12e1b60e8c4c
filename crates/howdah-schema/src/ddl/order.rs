//! Which object comes before which.
//!
//! No IO. An object comes after those that its text names. Texts are not parsed: every word counts that is the
//! name of an object, within literals too (`nextval('…')`). So nothing that is needed is missed; where too much
//! was seen and it goes round in a circle, the kind decides.

use std::collections::{BTreeSet, HashMap};

use crate::ddl::{routine, sequence, table, types, view};
use crate::value::{
    Composite, ConstraintKind, Domain, Enum, Name, Range, Routine, Schema, Sequence, Table, View,
};

/// Something that other objects may name. In the order of the kinds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Object<'a> {
    Enum(&'a Enum),
    Composite(&'a Composite),
    Range(&'a Range),
    Domain(&'a Domain),
    Sequence(&'a Sequence),
    Routine(&'a Routine),
    Table(&'a Table),
    View(&'a View),
}

impl<'a> Object<'a> {
    pub(crate) fn create(&self) -> String {
        match self {
            Self::Enum(it) => types::create_enum(it),
            Self::Composite(it) => types::create_composite(it),
            Self::Range(it) => types::create_range(it),
            Self::Domain(it) => types::create_domain(it),
            Self::Sequence(it) => sequence::create(it),
            Self::Routine(it) => routine::create(it),
            Self::Table(it) => table::create(it),
            Self::View(it) => view::create(it),
        }
    }

    pub(crate) fn drop(&self) -> String {
        match self {
            Self::Enum(_) | Self::Composite(_) | Self::Range(_) => {
                format!("drop type if exists {}", self.name())
            }
            Self::Domain(it) => format!("drop domain if exists {}", it.name),
            Self::Sequence(it) => format!("drop sequence if exists {}", it.name),
            Self::Routine(it) => {
                format!(
                    "drop {} if exists {}",
                    it.kind.sql(),
                    routine::designation(it)
                )
            }
            Self::Table(it) => format!("drop {} if exists {}", table::kind(it), it.name),
            Self::View(it) => format!("drop {} if exists {}", view::kind(it), it.name),
        }
    }

    fn name(&self) -> &'a Name {
        match self {
            Self::Enum(it) => &it.name,
            Self::Composite(it) => &it.name,
            Self::Range(it) => &it.name,
            Self::Domain(it) => &it.name,
            Self::Sequence(it) => &it.name,
            Self::Routine(it) => &it.name,
            Self::Table(it) => &it.name,
            Self::View(it) => &it.name,
        }
    }

    /// The texts that may name others.
    fn texts(&self) -> Vec<&'a str> {
        match self {
            Self::Enum(_) | Self::Sequence(_) => Vec::new(),
            Self::Composite(it) => it.attributes.iter().map(|it| &*it.type_name).collect(),
            Self::Range(it) => {
                let function = it.subtype_diff.as_ref().map(|name| &*name.name);
                [Some(&*it.subtype), it.operator_class.as_deref(), function]
                    .into_iter()
                    .flatten()
                    .collect()
            }
            Self::Domain(it) => {
                let checks = it.checks.iter().map(|check| &*check.expression);
                let own = [Some(&*it.type_name), it.default.as_deref()];
                own.into_iter().flatten().chain(checks).collect()
            }
            Self::Routine(it) => {
                let body = it.atomic.then_some(&*it.body);
                [Some(&*it.arguments), it.returns.as_deref(), body]
                    .into_iter()
                    .flatten()
                    .collect()
            }
            Self::Table(it) => texts_of_table(it),
            Self::View(it) => {
                let declared = it.depends_on.iter().map(|name| &*name.name);
                std::iter::once(&*it.query).chain(declared).collect()
            }
        }
    }
}

fn texts_of_table(table: &Table) -> Vec<&str> {
    let mut texts: Vec<&str> = Vec::new();
    for column in &table.columns {
        texts.push(&column.type_name);
        texts.extend(column.default.as_deref());
        texts.extend(column.generated.as_ref().map(|it| &*it.expression));
    }
    for constraint in &table.constraints {
        match &constraint.kind {
            ConstraintKind::Check { expression, .. } => texts.push(expression),
            ConstraintKind::Exclude { elements, .. } => {
                texts.extend(elements.iter().filter_map(|it| it.expression.as_deref()));
            }
            _ => {}
        }
    }
    texts.extend(table.partition_by.as_ref().map(|it| &*it.keys));
    texts.extend(table.partition_of.as_ref().map(|it| &*it.parent.name));
    texts.extend(table.inherits.iter().map(|it| &*it.name));
    texts
}

/// All objects, each after those that it names.
pub(crate) fn ordered(schema: &Schema) -> Vec<Object<'_>> {
    let objects = all(schema);
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, object) in objects.iter().enumerate() {
        places.entry(&object.name().name).or_default().push(place);
    }
    let mut needs: Vec<BTreeSet<usize>> = Vec::with_capacity(objects.len());
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); objects.len()];
    for (place, object) in objects.iter().enumerate() {
        let met = object.texts().into_iter().flat_map(words);
        let named = met.filter_map(|word| places.get(&*word)).flatten().copied();
        let named: BTreeSet<usize> = named.filter(|other| *other != place).collect();
        for other in &named {
            needed_by
                .get_mut(*other)
                .into_iter()
                .for_each(|it| it.push(place));
        }
        needs.push(named);
    }
    let order = first_needed_first(needs, &needed_by);
    order
        .into_iter()
        .filter_map(|place| objects.get(place).copied())
        .collect()
}

/// The places in an order in which each comes after its needs, the lowest first where there is a choice.
fn first_needed_first(mut needs: Vec<BTreeSet<usize>>, needed_by: &[Vec<usize>]) -> Vec<usize> {
    let mut left: BTreeSet<usize> = (0..needs.len()).collect();
    let is_ready =
        |needs: &[BTreeSet<usize>], place: &usize| needs.get(*place).is_none_or(BTreeSet::is_empty);
    let mut ready: BTreeSet<usize> = left
        .iter()
        .filter(|place| is_ready(&needs, place))
        .copied()
        .collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(place) = ready.pop_first().or_else(|| left.first().copied()) {
        ready.remove(&place);
        left.remove(&place);
        order.push(place);
        for user in needed_by.get(place).into_iter().flatten() {
            if let Some(it) = needs.get_mut(*user) {
                it.remove(&place);
            }
            if left.contains(user) && is_ready(&needs, user) {
                ready.insert(*user);
            }
        }
    }
    order
}

fn all(schema: &Schema) -> Vec<Object<'_>> {
    let mut objects: Vec<Object<'_>> = Vec::new();
    objects.extend(schema.enums.iter().map(Object::Enum));
    objects.extend(schema.composites.iter().map(Object::Composite));
    objects.extend(schema.ranges.iter().map(Object::Range));
    objects.extend(schema.domains.iter().map(Object::Domain));
    objects.extend(schema.sequences.iter().map(Object::Sequence));
    objects.extend(schema.routines.iter().map(Object::Routine));
    objects.extend(schema.tables.iter().map(Object::Table));
    objects.extend(schema.views.iter().map(Object::View));
    objects
}

/// The words of an SQL text that may be names: those in quotes as they are, others in lower case.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    let is_letter = |it: char| it.is_alphanumeric() || it == '_' || it == '$';
    let bare = text
        .split(move |it| !is_letter(it))
        .filter(|it| !it.is_empty());
    // every second piece between quotes is a quoted name; at worst a piece is no name at all
    let in_quotes = text.split('"').skip(1).step_by(2);
    bare.map(str::to_lowercase)
        .chain(in_quotes.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(name: &str, query: &str) -> View {
        View {
            name: Name::bare(name),
            query: query.to_owned(),
            ..Default::default()
        }
    }

    #[test]
    fn what_is_named_comes_first() {
        let schema = Schema {
            views: vec![
                view("a", "select * from \"B b\""),
                view("B b", "select * from C"),
                view("c", "select 1"),
            ],
            ..Default::default()
        };
        let names: Vec<_> = ordered(&schema)
            .iter()
            .map(|it| it.name().name.clone())
            .collect();
        assert_eq!(names, ["c", "B b", "a"]);
    }

    #[test]
    fn a_circle_loses_nothing() {
        let schema = Schema {
            views: vec![
                view("a", "select b"),
                view("b", "select a"),
                view("c", "select a"),
            ],
            ..Default::default()
        };
        assert_eq!(ordered(&schema).len(), 3);
    }
}
