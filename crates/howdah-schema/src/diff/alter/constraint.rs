//! Constraints. No IO.

use super::{Alteration, Aspect};
use crate::identifiers::quoted;
use crate::value::{Constraint, ConstraintKind, Deferral, Name};

pub(super) fn alter(table: &Name, from: &Constraint, to: &Constraint) -> Option<Vec<Alteration>> {
    let name = quoted(to.name.as_deref().unwrap_or_default());
    let is_key = matches!(to.kind, ConstraintKind::ForeignKey { .. });
    let like = Constraint {
        not_valid: from.not_valid || to.not_valid,
        deferral: if is_key { from.deferral } else { to.deferral },
        ..to.clone()
    };
    if like != *from {
        return None;
    }
    let mut out = Vec::new();
    if from.deferral != to.deferral {
        let when = match to.deferral {
            Deferral::NotDeferrable => "not deferrable",
            Deferral::Deferrable => "deferrable initially immediate",
            Deferral::InitiallyDeferred => "deferrable initially deferred",
        };
        let text = format!("alter table {table} alter constraint {name} {when}");
        out.push(Alteration::new(Aspect::Deferral, text));
    }
    if from.not_valid && !to.not_valid {
        let text = format!("alter table {table} validate constraint {name}");
        out.push(Alteration::new(Aspect::Validate, text));
    }
    Some(out)
}
