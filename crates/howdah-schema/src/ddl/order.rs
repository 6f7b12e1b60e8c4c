//! Which object comes before which.
//!
//! No IO. An object comes after those that its text names. Texts are not parsed: every word counts that is the
//! name of an object, within literals too (`nextval('…')`); and what looks like an operator. So nothing that is needed is
//! missed. What the catalog has told not to be needed does not count; where too much was seen nevertheless and it goes
//! round in a circle, what is only guessed gives way first, and then the kind decides.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::ddl::{collation, definition, foreign, routine, sequence, table, types, view};
use crate::dependencies::Told;
use crate::value::{
    Address, Collation, Composite, ConstraintKind, Definition, DefinitionKind, Domain, Element,
    Enum, Name, Range, Routine, Schema, Sequence, Server, Table, View,
};

/// Something that other objects may name. In the order of the kinds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Object<'a> {
    Collation(&'a Collation),
    Enum(&'a Enum),
    Composite(&'a Composite),
    Range(&'a Range),
    Domain(&'a Domain),
    Sequence(&'a Sequence),
    Routine(&'a Routine),
    Definition(&'a Definition),
    Server(&'a Server),
    Table(&'a Table),
    View(&'a View),
}

impl<'a> Object<'a> {
    pub(crate) fn create(&self, schema: &Schema, out: &mut Vec<String>) {
        out.push(match self {
            Self::Collation(it) => collation::create(it),
            Self::Enum(it) => types::create_enum(it),
            Self::Composite(it) => types::create_composite(it),
            Self::Range(it) => types::create_range(it),
            Self::Domain(it) => types::create_domain(it),
            Self::Sequence(it) => sequence::create(it),
            Self::Routine(it) => routine::create(it),
            Self::Definition(it) => return out.extend(it.create.iter().cloned()),
            Self::Server(it) => return foreign::create(it, out),
            Self::Table(it) => return out.extend(table::create(it, schema)),
            Self::View(it) => view::create(it),
        });
    }

    pub(crate) fn drop(&self, out: &mut Vec<String>) {
        out.push(match self {
            Self::Collation(it) => format!("drop collation if exists {}", it.name),
            Self::Definition(it) => definition::drop(it),
            Self::Server(it) => return foreign::drop(it, out),
            Self::Enum(Enum { name, .. })
            | Self::Composite(Composite { name, .. })
            | Self::Range(Range { name, .. }) => format!("drop type if exists {name}"),
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
        });
    }

    fn name(&self) -> &'a str {
        match self {
            Self::Collation(it) => &it.name.name,
            Self::Definition(it) => &it.name.name,
            Self::Server(it) => &it.name,
            Self::Enum(it) => &it.name.name,
            Self::Composite(it) => &it.name.name,
            Self::Range(it) => &it.name.name,
            Self::Domain(it) => &it.name.name,
            Self::Sequence(it) => &it.name.name,
            Self::Routine(it) => &it.name.name,
            Self::Table(it) => &it.name.name,
            Self::View(it) => &it.name.name,
        }
    }

    /// The names of types, which no cast is needed for.
    fn types(&self) -> Vec<&'a str> {
        match self {
            Self::Composite(it) => it.attributes.iter().map(|it| &*it.type_name).collect(),
            Self::Range(it) => vec![&it.subtype],
            Self::Domain(it) => vec![&it.type_name],
            Self::Routine(it) => {
                let own = [Some(&*it.arguments), it.returns.as_deref()];
                own.into_iter().flatten().collect()
            }
            Self::Table(it) => it.columns.iter().map(|it| &*it.type_name).collect(),
            _ => Vec::new(),
        }
    }

    /// The other texts that may name others.
    fn texts(&self) -> Vec<&'a str> {
        match self {
            Self::Collation(_)
            | Self::Enum(_)
            | Self::Composite(_)
            | Self::Sequence(_)
            | Self::Server(_) => Vec::new(),
            Self::Definition(it) => it.create.iter().map(|it| &**it).collect(),
            Self::Range(it) => it.operator_class.as_deref().into_iter().collect(),
            Self::Domain(it) => {
                let checks = it.checks.iter().map(|check| &*check.expression);
                it.default.as_deref().into_iter().chain(checks).collect()
            }
            Self::Routine(it) => {
                let body = it.atomic.then_some(&*it.body);
                let types = it.transforms.iter().map(|it| &**it);
                body.into_iter().chain(types).collect()
            }
            Self::Table(it) => texts_of_table(it),
            Self::View(it) => vec![&it.query],
        }
    }

    /// The names of others, as they are.
    fn names(&self) -> Vec<&'a str> {
        match self {
            Self::Collation(_) | Self::Enum(_) | Self::Sequence(_) | Self::Definition(_) => {
                Vec::new()
            }
            Self::Composite(it) => {
                let collations = it.attributes.iter().filter_map(|it| it.collation.as_ref());
                collations.map(|it| &*it.name).collect()
            }
            Self::Range(it) => names([&it.subtype_diff, &it.collation]).collect(),
            Self::Domain(it) => names([&it.collation]).collect(),
            Self::Routine(it) => {
                let language = std::iter::once(&*it.language);
                language.chain(names([&it.support])).collect()
            }
            Self::Server(it) => vec![&it.wrapper],
            Self::Table(it) => names_of_table(it),
            Self::View(it) => {
                let declared = it.depends_on.iter().map(|name| &*name.name);
                declared.chain(it.access_method.as_deref()).collect()
            }
        }
    }

    /// What it is called among what objects need, where it is.
    fn address(&self) -> Option<Address> {
        Some(match self {
            Self::Collation(_) | Self::Server(_) => return None,
            Self::Definition(it) => return it.address(),
            Self::Enum(it) => it.address(),
            Self::Composite(it) => it.address(),
            Self::Range(it) => it.address(),
            Self::Domain(it) => it.address(),
            Self::Sequence(it) => it.address(),
            Self::Routine(it) => it.address(),
            Self::Table(it) => it.address(),
            Self::View(it) => it.address(),
        })
    }

    fn is_cast(&self) -> bool {
        matches!(self, Self::Definition(it) if it.kind == DefinitionKind::Cast)
    }

    /// The operators that the texts name. One of an operator may be made later: it is then a shell until that.
    fn operators(&self) -> impl Iterator<Item = String> {
        let texts = match self {
            Self::Definition(it) if it.kind == DefinitionKind::Operator => Vec::new(),
            other => other.texts(),
        };
        texts.into_iter().flat_map(symbols)
    }
}

fn names<const COUNT: usize>(list: [&Option<Name>; COUNT]) -> impl Iterator<Item = &str> {
    list.into_iter().flatten().map(|name| &*name.name)
}

fn texts_of_table<'a>(table: &'a Table) -> Vec<&'a str> {
    let mut texts: Vec<&str> = Vec::new();
    for column in &table.columns {
        texts.extend(column.default.as_deref());
        texts.extend(column.generated.as_ref().map(|it| &*it.expression));
    }
    for constraint in &table.constraints {
        match &constraint.kind {
            ConstraintKind::Check { expression, .. } => texts.push(expression),
            ConstraintKind::Exclude {
                elements,
                operators,
                ..
            } => {
                let own = |it: &'a Element| [&it.expression, &it.operator_class];
                let of_elements = elements.iter().flat_map(own);
                texts.extend(of_elements.filter_map(|it| it.as_deref()));
                texts.extend(operators.iter().map(|it| &**it));
            }
            _ => {}
        }
    }
    texts.extend(table.partition_by.as_ref().map(|it| &*it.keys));
    texts
}

fn names_of_table(table: &Table) -> Vec<&str> {
    let collations = table.columns.iter().filter_map(|it| it.collation.as_ref());
    let parent = table.partition_of.as_ref().map(|it| &it.parent);
    let relations = table.inherits.iter().chain(parent).chain(&table.of_type);
    let names = collations.chain(relations).map(|it| &*it.name);
    let server = table.foreign.as_ref().map(|it| &*it.server);
    names
        .chain(server)
        .chain(table.access_method.as_deref())
        .collect()
}

/// All objects, each after those that it names.
pub(crate) fn ordered(schema: &Schema) -> Vec<Object<'_>> {
    let objects = all(schema);
    let needs = needs(&objects, &Told::of(schema));
    let order = first_needed_first(needs);
    order
        .into_iter()
        .filter_map(|place| objects.get(place).copied())
        .collect()
}

/// The places of those that an object needs, and whether the catalog told so.
type Needs = BTreeMap<usize, bool>;

fn needs(objects: &[Object<'_>], told: &Told<'_>) -> Vec<Needs> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, object) in objects.iter().enumerate() {
        places.entry(object.name()).or_default().push(place);
    }
    let addresses: Vec<Option<Address>> = objects.iter().map(Object::address).collect();
    let address = |place: usize| addresses.get(place).and_then(Option::as_ref);
    let is_told = |of: usize, on: usize| told.needs(address(of)?, address(on)?);
    let needs = objects.iter().enumerate().map(|(place, object)| {
        let named = named(object, objects, &places).into_iter();
        let others = named.filter(|other| *other != place);
        let judged = others.map(|other| (other, is_told(place, other)));
        let needed = judged.filter(|(_, told)| *told != Some(false));
        needed.map(|(it, told)| (it, told.is_some())).collect()
    });
    needs.collect()
}

/// The places of those that the object's texts name.
fn named(
    object: &Object<'_>,
    objects: &[Object<'_>],
    places: &HashMap<&str, Vec<usize>>,
) -> BTreeSet<usize> {
    let met = object.texts().into_iter().flat_map(words);
    let met = met.chain(object.operators());
    let met = met.filter_map(|word| places.get(&*word)).flatten();
    let types = object.types().into_iter().flat_map(words);
    let types = types.filter_map(|word| places.get(&*word)).flatten();
    let is_cast = |other: &&usize| objects.get(**other).is_some_and(Object::is_cast);
    let names = object.names();
    let named = names.iter().filter_map(|name| places.get(name)).flatten();
    let all = named.chain(met).chain(types.filter(|it| !is_cast(it)));
    all.copied().collect()
}

/// The places in an order in which each comes after its needs, the lowest first where there is a choice.
fn first_needed_first(mut needs: Vec<Needs>) -> Vec<usize> {
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); needs.len()];
    for (place, others) in needs.iter().enumerate() {
        for other in others.keys() {
            if let Some(users) = needed_by.get_mut(*other) {
                users.push(place);
            }
        }
    }
    let mut left: BTreeSet<usize> = (0..needs.len()).collect();
    let is_ready = |needs: &[Needs], place: &usize| needs.get(*place).is_none_or(Needs::is_empty);
    let mut ready: BTreeSet<usize> = left
        .iter()
        .filter(|place| is_ready(&needs, place))
        .copied()
        .collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(place) = ready.pop_first().or_else(|| first_in_circle(&left, &needs)) {
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

/// With what a circle begins: with one that only guesses hold back, if there is any.
fn first_in_circle(left: &BTreeSet<usize>, needs: &[Needs]) -> Option<usize> {
    let is_guessed = |place: &&usize| {
        let mut certain = needs.get(**place).into_iter().flat_map(Needs::values);
        !certain.any(|it| *it)
    };
    left.iter()
        .find(is_guessed)
        .or_else(|| left.first())
        .copied()
}

fn all(schema: &Schema) -> Vec<Object<'_>> {
    let mut objects: Vec<Object<'_>> = Vec::new();
    objects.extend(schema.collations.iter().map(Object::Collation));
    objects.extend(schema.enums.iter().map(Object::Enum));
    objects.extend(schema.composites.iter().map(Object::Composite));
    objects.extend(schema.ranges.iter().map(Object::Range));
    objects.extend(schema.domains.iter().map(Object::Domain));
    objects.extend(schema.sequences.iter().map(Object::Sequence));
    objects.extend(schema.routines.iter().map(Object::Routine));
    objects.extend(schema.definitions.iter().map(Object::Definition));
    objects.extend(schema.servers.iter().map(Object::Server));
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
    bare.map(str::to_lowercase).chain(quoted_names(text))
}

/// The names in double quotes, also those within a literal (`nextval('"Ids"')`), where they end with it at the latest.
fn quoted_names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    if !text.contains('"') {
        return names;
    }
    let mut name: Option<String> = None;
    let mut in_literal = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (&mut name, letter) {
            (Some(it), '"') if letters.next_if_eq(&'"').is_some() => it.push('"'),
            (Some(_), '"') => names.extend(name.take()),
            (Some(it), '\'') if in_literal => match letters.next_if_eq(&'\'') {
                Some(quote) => it.push(quote),
                None => (name, in_literal) = (None, false),
            },
            (Some(it), letter) => it.push(letter),
            (None, '"') => name = Some(String::new()),
            (None, '\'') => in_literal = !in_literal,
            (None, _) => {}
        }
    }
    names
}

/// What an operator may be in a text.
pub(crate) fn symbols(text: &str) -> impl Iterator<Item = String> {
    text.split(|it| !"+-*/<>=~!@#%^&|`?".contains(it))
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Dependency;

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
            .map(|it| it.name().to_owned())
            .collect();
        assert_eq!(names, ["c", "B b", "a"]);
    }

    #[test]
    fn quotes_are_part_of_names_and_literals_hide_none() {
        assert_eq!(quoted_names(r#""a b"."Comp ""q""#), ["a b", "Comp \"q"]);
        assert_eq!(
            quoted_names(r#"nextval('"It''s"'::regclass) + "B""#),
            ["It's", "B"]
        );
        assert_eq!(quoted_names(r#"'5" pipe' || "b""#), ["b"]);
        assert_eq!(quoted_names(r#""it's" + "b""#), ["it's", "b"]);
    }

    #[test]
    fn what_the_catalog_told_counts_more_than_words() {
        let api = |schema: &str| Name {
            schema: Some(schema.to_owned()),
            name: "users".to_owned(),
        };
        let users = |schema: &str, query: &str| View {
            name: api(schema),
            ..view("", query)
        };
        let needs = |of: &str, on: &[&str]| Dependency {
            of: Address::Relation(api(of)),
            on: on.iter().map(|it| Address::Relation(api(it))).collect(),
        };
        let schema = Schema {
            views: vec![
                users("v1", "select id from v2.users"),
                users("v2", "select * from app.users"),
            ],
            dependencies: vec![needs("v1", &["v2"]), needs("v2", &[])],
            ..Default::default()
        };
        let names: Vec<Option<Address>> = ordered(&schema).iter().map(Object::address).collect();
        let expected = ["v2", "v1"].map(|it| Some(Address::Relation(api(it))));
        assert_eq!(names, expected);
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
