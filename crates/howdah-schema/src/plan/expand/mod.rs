//! Expand, migrate, contract: a column beside the old one, until it takes its place.
//!
//! ```text
//!   expand    alter table t add column b …; a function and a trigger keep both in step
//!   migrate   values for the rows that are there, in batches; indexes, keys, constraints on b, beside readers and writers
//!   contract  in one short transaction for all that hangs together: the trigger and column a go, b takes over names, default and numbers
//! ```
//!
//! A rename keeps both names alive, whoever writes; the new program reads the new one, so its rows and indexes are ready
//! when expanding ends. A type whose change would write the table anew gets a column under another name that follows the
//! old one, and takes its name when the old program is gone.
//!
//! No IO. Callers: [`super::plan()`]. What is done up to now is recognised by its names, so that a plan can be made again
//! in the middle. Invariants: no value that either program writes is lost; after all steps the catalog reads as the
//! schema that this gives; what cannot be done so is told with its reason, and done in no other way.

mod carried;
mod connected;
mod conversion;
mod moves;
mod outcome;
mod swap;
mod sync;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::leftover::Leftovers;
use super::units::Form;
use super::{Options, Situation};
use crate::diff::Change;
use crate::value::{Name, Schema};

use carried::Carried;
pub(super) use conversion::{loses, lost};
pub(super) use swap::Swap;

/// What becomes of the columns that get another in their place.
pub(super) struct Expansion {
    /// The schema after all of it; what else differs is planned from here.
    pub(super) schema: Schema,
    /// The renames of tables, which come before it.
    pub(super) renames: Vec<Change>,
    /// What is done before the old program is gone.
    pub(super) forms: Vec<Form>,
    /// What is done then: a transaction for each set of columns that hang together.
    pub(super) swaps: Vec<Swap>,
    /// Why columns cannot be changed so.
    pub(super) obstacles: Obstacles,
    /// What a person should know.
    pub(super) notes: Vec<String>,
}

/// Tables and columns, as they will be called, with the reason.
pub(super) type Obstacles = BTreeMap<(Name, String), String>;

/// Finds the columns and plans for them.
pub(super) fn of(from: &Schema, to: &Schema, options: &Options) -> Expansion {
    let (start, renames) = crate::diff::rename::tables(from, to, options.server_version);
    let mut expansion = Expansion {
        schema: start.clone(),
        renames,
        forms: Vec::new(),
        swaps: Vec::new(),
        obstacles: Obstacles::new(),
        notes: Vec::new(),
    };
    if options.simple {
        return expansion;
    }
    let (none, nothing) = (Obstacles::new(), Leftovers::new());
    let situation = Situation {
        start: from,
        from: &start,
        to,
        options,
        changes: &expansion.renames,
        obstacles: &none,
        leftovers: &nothing,
        catalog: OnceCell::new(),
    };
    let moves = moves::found(&situation, &mut expansion.obstacles);
    let moves = moves::apart(&situation, moves, &mut expansion.obstacles);
    if moves.is_empty() {
        return expansion;
    }
    let carried = Carried::along(&situation, &moves);
    for it in &moves {
        expansion.forms.extend(sync::begun(&situation, it));
    }
    let filled = sync::filled(&situation, &moves).into_iter();
    expansion.forms.extend(filled.map(|it| vec![it]));
    for it in &moves {
        expansion.forms.extend(sync::proven(&situation, it));
        expansion.forms.extend(sync::without_null(&situation, it));
    }
    expansion.forms.extend(carried.forms(&situation));
    for set in connected::sets(&situation, &moves) {
        let carried = carried.of(&situation, &set);
        let swap = Swap::of(&situation, &set, &carried);
        expansion.swaps.push(swap);
    }
    expansion.schema = outcome::schema(&situation, &moves, &carried);
    expansion.notes = moves.iter().flat_map(|it| it.notes(&situation)).collect();
    expansion
}
