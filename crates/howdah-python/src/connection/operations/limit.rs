use std::time::{Duration, Instant};

/// How long a slow source is asked before what it gave is sent, and others get their turn.
const PIECE_TIME: Duration = Duration::from_millis(2);
/// While items come quickly, the clock is looked at after so many …
const ITEMS_PER_LOOK: u32 = 8;
/// … which take no longer than this, each.
const QUICK: Duration = Duration::from_micros(20);

/// When a piece of what a program provides, item by item, is large enough to be sent.
///
/// The program's iterators may be slow: a piece ends early then, so that a deadline or a cancel is
/// noticed and an event loop is not held.
pub(crate) struct Limit {
    bytes: usize,
    until: Instant,
    looked: Instant,
    items: u32,
    items_per_look: u32,
}

impl Limit {
    /// A piece ends at this many bytes.
    pub(crate) fn at(bytes: usize) -> Self {
        let now = Instant::now();
        Self {
            bytes,
            until: now + PIECE_TIME,
            looked: now,
            items: 0,
            items_per_look: 1,
        }
    }

    /// Whether no more is wanted after another item, now that there are `bytes`.
    #[inline]
    pub(crate) fn ends_after_item(&mut self, bytes: usize) -> bool {
        self.items += 1;
        bytes >= self.bytes || (self.items >= self.items_per_look && self.is_late())
    }

    /// How many bytes are still wanted.
    pub(crate) const fn room(&self, bytes: usize) -> usize {
        self.bytes.saturating_sub(bytes)
    }

    fn is_late(&mut self) -> bool {
        let now = Instant::now();
        let is_quick = now.duration_since(self.looked) < QUICK * self.items;
        self.items_per_look = if is_quick { ITEMS_PER_LOOK } else { 1 };
        (self.looked, self.items) = (now, 0);
        now >= self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_ends_at_its_size() {
        let mut limit = Limit::at(10);
        assert!(limit.ends_after_item(10));
        assert_eq!(limit.room(7), 3);
        assert_eq!(limit.room(12), 0);
    }

    #[test]
    fn a_slow_item_ends_a_piece() {
        let mut limit = Limit::at(10);
        std::thread::sleep(PIECE_TIME);
        assert!(limit.ends_after_item(1));
    }

    #[test]
    fn the_clock_is_looked_at_after_each_slow_item() {
        let mut limit = Limit::at(10);
        limit.looked -= QUICK * 2;
        limit.until += Duration::from_mins(1);
        assert!(!limit.ends_after_item(1));
        assert_eq!((limit.items, limit.items_per_look), (0, 1));
    }
}
