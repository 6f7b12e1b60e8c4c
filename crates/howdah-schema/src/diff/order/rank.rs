//! What comes first where nothing else decides. No IO.

use super::super::entity::Entity;
use super::super::{Action, Change};

/// What is dropped and made again comes after what is only added, and before what goes for good.
pub(super) const RECREATED: u32 = 45;

pub(super) fn rank(change: &Change) -> u32 {
    let kind = kind_rank(&change.entity);
    match change.action {
        Action::Rename => 3,
        Action::Create => kind,
        Action::Alter => 26,
        Action::Drop => 100 - kind,
    }
}

fn kind_rank(entity: &Entity) -> u32 {
    match entity {
        Entity::Schema(_) => 0,
        Entity::Extension(_) => 1,
        Entity::Server(_) => 2,
        Entity::Type(_) | Entity::Former(_) => 20,
        Entity::Sequence(_) => 21,
        Entity::Routine(..) => 22,
        Entity::Relation(_) => 24,
        Entity::Column(..) => 25,
        Entity::Default(..) => 27,
        Entity::OwnedBy(_) => 28,
        Entity::Index(..) => 30,
        Entity::Constraint(..) => 31,
        Entity::ReplicaIdentity(_) => 33,
        Entity::Trigger(..) => 36,
        Entity::Policy(..) => 37,
        Entity::Other("collation", _) => 3,
        Entity::Other("owner" | "state of trigger", _) => 38,
        Entity::Other("statistics" | "rule" | "clustering", _) => 35,
        Entity::Other("publication" | "published" | "default privileges", _) => 41,
        // they would fire at everything else
        Entity::Other("event trigger", _) => 42,
        Entity::Other(..) => 23,
        Entity::Comment(_) => 39,
        Entity::Grants(_) => 40,
    }
}
