//! What objects need. No IO.

use std::collections::{BTreeMap, BTreeSet};

use howdah_driver::{Row, Rows};

use super::{Assembly, number};
use crate::value::{Address, Dependency, Routine, View};

impl Assembly {
    /// Rows of two objects, the first of which needs the other; those that are not in the value do not count.
    pub(in crate::read) fn dependencies(&mut self, rows: &Rows) {
        // of views and routines it is also told that they need nothing
        let views = self.views.values().map(View::address);
        let routines = self.schema.routines.iter().map(Routine::address);
        let told: Vec<Address> = views.chain(routines).collect();
        let mut needs: BTreeMap<&Address, BTreeSet<&Address>> = BTreeMap::new();
        needs.extend(told.iter().map(|it| (it, BTreeSet::new())));
        let address = |row: &Row, first: usize| {
            let class = row.get(first)?.to_owned();
            self.addresses.get(&(class, number(row, first + 1)?))
        };
        for row in rows {
            let (Some(of), Some(on)) = (address(row, 0), address(row, 2)) else {
                continue;
            };
            // a sequence needs the column that it belongs to, which comes after it
            if !matches!(of, Address::Sequence(_)) {
                needs.entry(of).or_default().insert(on);
            }
        }
        let dependency = |(of, on): (&Address, BTreeSet<&Address>)| Dependency {
            of: of.clone(),
            on: on.into_iter().cloned().collect(),
        };
        self.schema.dependencies = needs.into_iter().map(dependency).collect();
    }
}
