//! What belongs to no other object. No IO.

use howdah_driver::Rows;

use super::{Assembly, Usual, class, number, value};
use crate::read::{Error, queries};
use crate::value::{
    Collation, Composite, Definition, DefinitionKind, Domain, Enum, EventTrigger, Extension, Grant,
    Public, Publication, Range, Routine, Sequence, Server, Statistics, Unknown,
};
use crate::{naming, value::NotNull};

/// Asks for one kind of object.
type Ask<'a> = dyn FnMut(&str) -> Result<Rows, Error> + 'a;

macro_rules! objects {
    ($assembly:ident, $ask:ident, $($field:ident: $type:ty, $class:ident, $usual:ident, $query:ident;)*) => {
        $(
            let rows = $ask(queries::$query)?;
            let found = $assembly.own::<$type>(class::$class, stringify!($field), Usual::$usual, &rows)?;
            $assembly.schema.$field.extend(found.into_iter().map(|(_, it)| it));
        )*
    };
}

impl Assembly {
    /// What lies in a schema, or in the database whichever schemas are read.
    pub(in crate::read) fn standalone(&mut self, ask: &mut Ask<'_>) -> Result<(), Error> {
        for row in &ask(queries::EXTENSIONS)? {
            let extension: Extension = value("extensions", row, 1)?;
            self.schema.extensions.push(extension);
            if let Some(oid) = number(row, 0) {
                self.comment(class::EXTENSION, oid, 0); // the query has compared it
            }
        }
        objects! { self, ask,
            servers: Server, SERVER, Nothing, SERVERS;
            collations: Collation, COLLATION, Nothing, COLLATIONS;
            enums: Enum, TYPE, Usage, ENUMS;
            domains: Domain, TYPE, Usage, DOMAINS;
            composites: Composite, TYPE, Usage, COMPOSITES;
            ranges: Range, TYPE, Usage, RANGES;
            routines: Routine, ROUTINE, Execute, ROUTINES;
            statistics: Statistics, STATISTICS, Nothing, STATISTICS;
        }
        for domain in &mut self.schema.domains {
            let usual = naming::object_name(&domain.name.name, "", "not_null");
            without_usual_name(&mut domain.not_null_constraint, &usual);
        }
        for query in [
            queries::AGGREGATES,
            queries::OPERATORS,
            queries::OPERATOR_CLASSES,
            queries::TEXT_SEARCH,
        ] {
            self.definitions(&ask(query)?)?;
        }
        for row in &ask(queries::UNKNOWN)? {
            let text = |column| row.get(column).unwrap_or_default().to_owned();
            self.unknown(Unknown {
                kind: text(0),
                name: text(1),
                reason: row.get(2).map(str::to_owned),
            });
        }
        Ok(())
    }

    /// What lies in no schema.
    pub(in crate::read) fn of_the_database(&mut self, ask: &mut Ask<'_>) -> Result<(), Error> {
        objects! { self, ask,
            event_triggers: EventTrigger, EVENT_TRIGGER, Nothing, EVENT_TRIGGERS;
            publications: Publication, PUBLICATION, Nothing, PUBLICATIONS;
        }
        self.definitions(&ask(queries::MACHINERY)?)?;
        for row in &ask(queries::DEFAULT_PRIVILEGES)? {
            let privileges = value("default privileges", row, 1)?;
            self.schema.default_privileges.push(privileges);
        }
        Ok(())
    }

    /// The schema `public`, where it is the base: everybody may use it, and make objects in it before 15.
    pub(in crate::read) fn public(&mut self, rows: &Rows, version: u32) -> Result<(), Error> {
        let rights: &[&str] = if version < 150_000 {
            &["create", "usage"]
        } else {
            &["usage"]
        };
        let usual = [Grant {
            role: None,
            privileges: rights.iter().map(ToString::to_string).collect(),
            grantable: false,
        }];
        for row in rows {
            let mut public: Public = value("schemas", row, 0)?;
            public.grants = public.grants.filter(|it| *it != usual);
            self.schema.public = (public != Public::default()).then_some(public);
        }
        Ok(())
    }

    pub(in crate::read) fn sequences(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let Some(oid) = number(row, 0).filter(|oid| !self.is_member(class::RELATION, *oid))
            else {
                continue;
            };
            let mut sequence: Sequence = value("sequences", row, 4)?;
            if row.get(3) == Some("t") {
                let column = (number(row, 1), row.get(2).and_then(|it| it.parse().ok()));
                if let (Some(table), Some(column)) = column {
                    self.counting.insert((table, column), sequence);
                }
                continue;
            }
            self.describe(class::RELATION, oid, Usual::Nothing, &mut sequence);
            self.remember(class::RELATION, oid, Some(sequence.address()));
            self.schema.sequences.push(sequence);
        }
        Ok(())
    }

    /// Rows of a class, an object identifier and a definition.
    fn definitions(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let (Some(class), Some(oid)) = (row.get(0), number(row, 1)) else {
                continue;
            };
            if self.is_member(class, oid) {
                continue;
            }
            let mut definition: Definition = value("definitions", row, 2)?;
            let usual = match definition.kind {
                DefinitionKind::Aggregate => Usual::Execute,
                DefinitionKind::Language => Usual::Usage,
                _ => Usual::Nothing,
            };
            self.describe(class, oid, usual, &mut definition);
            self.remember(class, oid, definition.address());
            self.schema.definitions.push(definition);
        }
        Ok(())
    }
}

/// Nothing, if nothing is special about the constraint but PostgreSQL's usual name.
pub(super) fn without_usual_name(constraint: &mut Option<NotNull>, usual: &str) {
    if let Some(it) = constraint {
        it.name = it.name.take().filter(|name| name != usual);
    }
    if constraint
        .as_ref()
        .is_some_and(|it| *it == NotNull::default())
    {
        *constraint = None;
    }
}
