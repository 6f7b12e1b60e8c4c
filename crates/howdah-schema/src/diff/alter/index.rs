//! Indexes. No IO.

use super::parameters::parameters;
use super::{Alteration, Aspect};
use crate::ddl::index;
use crate::diff::Entity;
use crate::identifiers::quoted;
use crate::value::{Index, Name};

pub(super) fn alter(
    entity: &Entity,
    table: &Name,
    from: &Index,
    to: &Index,
) -> Option<Vec<Alteration>> {
    let attached = index::attach(table, to).filter(|_| from.part_of.is_none());
    let like = Index {
        part_of: if attached.is_some() {
            None
        } else {
            to.part_of.clone()
        },
        options: from.options.clone(),
        tablespace: from.tablespace.clone(),
        ..to.clone()
    };
    if like != *from {
        return None;
    }
    let alter = format!("alter index {entity}");
    let mut out = parameters(&alter, &from.options, &to.options);
    out.extend(attached.map(|it| Alteration::new(Aspect::Replace, it)));
    if from.tablespace != to.tablespace {
        let space = to.tablespace.as_deref().unwrap_or("pg_default");
        let text = format!("{alter} set tablespace {}", quoted(space));
        out.push(Alteration::new(Aspect::Tablespace, text));
    }
    Some(out)
}
