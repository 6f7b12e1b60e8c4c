//! Changes as places in a line, and which come after which.
//!
//! No IO; knows nothing of what the changes are. Invariant: an edge that only should be kept is given up before one that
//! must be.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::rank::RECREATED;

/// For each place those that come after it.
pub(super) struct Edges {
    all: Vec<BTreeSet<usize>>,
    must: Vec<BTreeSet<usize>>,
}

impl Edges {
    pub(super) fn between(places: usize) -> Self {
        Self {
            all: vec![BTreeSet::new(); places],
            must: vec![BTreeSet::new(); places],
        }
    }

    /// For each place those that come after it.
    pub(super) fn all(&self) -> &[BTreeSet<usize>] {
        &self.all
    }

    pub(super) fn must(&mut self, first: usize, second: usize) {
        link(&mut self.must, first, second);
        link(&mut self.all, first, second);
    }

    pub(super) fn should(&mut self, first: usize, second: usize) {
        link(&mut self.all, first, second);
    }
}

fn link(edges: &mut [BTreeSet<usize>], first: usize, second: usize) {
    if let Some(it) = edges.get_mut(first).filter(|_| first != second) {
        it.insert(second);
    }
}

/// For each place the least of those that it leads to and that lead back to it.
pub(super) fn circles(next: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut back: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); next.len()];
    for (first, seconds) in next.iter().enumerate() {
        for second in seconds {
            back.get_mut(*second).into_iter().for_each(|it| {
                it.insert(first);
            });
        }
    }
    let mut finished = Vec::with_capacity(next.len());
    let mut seen = HashSet::new();
    for start in 0..next.len() {
        visit(start, next, &mut seen, &mut finished);
    }
    let mut groups: Vec<usize> = (0..next.len()).collect();
    let mut seen = HashSet::new();
    for start in finished.into_iter().rev() {
        let mut circle = Vec::new();
        visit(start, &back, &mut seen, &mut circle);
        let least = circle.iter().min().copied().unwrap_or(start);
        for place in circle {
            groups.get_mut(place).into_iter().for_each(|it| *it = least);
        }
    }
    groups
}

/// Goes wherever a place leads, and tells the places in the order in which it leaves them.
fn visit(start: usize, next: &[BTreeSet<usize>], seen: &mut HashSet<usize>, left: &mut Vec<usize>) {
    if !seen.insert(start) {
        return;
    }
    let follow = |place: usize| next.get(place).into_iter().flatten();
    let mut path = vec![(start, follow(start))];
    while let Some((place, ways)) = path.last_mut() {
        match ways.find(|it| !seen.contains(*it)) {
            Some(way) => {
                seen.insert(*way);
                path.push((*way, follow(*way)));
            }
            None => {
                left.push(*place);
                path.pop();
            }
        }
    }
}

/// The places in an order in which groups stay together and nothing comes before what it follows.
pub(super) fn arranged(edges: &Edges, groups: &[usize], ranks: &[u32]) -> Vec<usize> {
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for (place, group) in groups.iter().enumerate() {
        members.entry(*group).or_default().push(place);
    }
    let group_of = |place: usize| groups.get(place).copied().unwrap_or(place);
    let rank_of = |place: usize| ranks.get(place).copied().unwrap_or_default();
    let heads: Vec<usize> = {
        let all: BTreeSet<usize> = groups.iter().copied().collect();
        all.into_iter().collect()
    };
    let between = |head: usize| -> BTreeSet<usize> {
        let inside = members.get(&head).into_iter().flatten();
        let next = inside.filter_map(|it| edges.all.get(*it)).flatten();
        next.map(|it| group_of(*it))
            .filter(|it| *it != head)
            .collect()
    };
    let group_rank = |head: usize| match members.get(&head).map(Vec::as_slice) {
        Some([only]) => rank_of(*only),
        _ => RECREATED,
    };
    let mut order = Vec::with_capacity(groups.len());
    // groups never go round in a circle
    for head in topological(&heads, between, between, group_rank) {
        let inside = members.get(&head).cloned().unwrap_or_default();
        let own: HashSet<usize> = inside.iter().copied().collect();
        let within = |edges: &[BTreeSet<usize>], place: usize| -> BTreeSet<usize> {
            let all = edges.get(place).into_iter().flatten();
            all.filter(|it| own.contains(it)).copied().collect()
        };
        let all = |place| within(&edges.all, place);
        let must = |place| within(&edges.must, place);
        order.extend(topological(&inside, all, must, rank_of));
    }
    order
}

/// Each after those that lead to it, the lowest rank first where there is a choice; in a circle the lowest of those to
/// which nothing leads that must, if there is one.
fn topological(
    places: &[usize],
    all: impl Fn(usize) -> BTreeSet<usize>,
    must: impl Fn(usize) -> BTreeSet<usize>,
    rank: impl Fn(usize) -> u32,
) -> Vec<usize> {
    let (mut all, mut must) = (Waiting::of(places, all), Waiting::of(places, must));
    let key = |place: usize| (rank(place), place);
    let mut left: BTreeSet<(u32, usize)> = places.iter().map(|it| key(*it)).collect();
    let is_free = |it: &&(u32, usize)| all.is_free(it.1);
    let mut ready: BTreeSet<(u32, usize)> = left.iter().filter(is_free).copied().collect();
    let mut order = Vec::with_capacity(places.len());
    loop {
        let in_a_circle = || left.iter().find(|it| must.is_free(it.1)).or(left.first());
        let Some(it) = ready.pop_first().or_else(|| in_a_circle().copied()) else {
            return order;
        };
        left.remove(&it);
        order.push(it.1);
        must.pass(it.1);
        let freed = all.pass(it.1).into_iter().map(key);
        ready.extend(freed.filter(|it| left.contains(it)));
    }
}

/// How many places each one still waits for.
struct Waiting {
    next: HashMap<usize, BTreeSet<usize>>,
    counts: HashMap<usize, usize>,
}

impl Waiting {
    fn of(places: &[usize], next: impl Fn(usize) -> BTreeSet<usize>) -> Self {
        let next: HashMap<usize, BTreeSet<usize>> =
            places.iter().map(|it| (*it, next(*it))).collect();
        let mut counts: HashMap<usize, usize> = places.iter().map(|it| (*it, 0)).collect();
        for second in next.values().flatten() {
            *counts.entry(*second).or_default() += 1;
        }
        Self { next, counts }
    }

    fn is_free(&self, place: usize) -> bool {
        self.counts.get(&place) == Some(&0)
    }

    /// Those that wait for nothing any more when this place has been passed.
    fn pass(&mut self, place: usize) -> Vec<usize> {
        let mut freed = Vec::new();
        for second in self.next.get(&place).into_iter().flatten() {
            let count = self.counts.entry(*second).or_default();
            *count = count.saturating_sub(1);
            if *count == 0 {
                freed.push(*second);
            }
        }
        freed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_should_be_gives_way() {
        let mut edges = Edges::between(4);
        edges.must(3, 2);
        edges.must(2, 1);
        edges.must(1, 0);
        edges.should(0, 3);
        assert_eq!(arranged(&edges, &[0; 4], &[0; 4]), [3, 2, 1, 0]);
    }

    #[test]
    fn groups_stay_together() {
        let mut edges = Edges::between(5);
        edges.must(0, 3);
        edges.must(4, 0);
        assert_eq!(
            arranged(&edges, &[0, 1, 2, 0, 4], &[9, 1, 2, 9, 5]),
            [1, 2, 4, 0, 3]
        );
    }
}
