//! Many files on all processors, answers in order.
//!
//! IO: threads. Invariant: no more than a window of answers is in memory, however many files there are and however slow
//! one of them is.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError, mpsc};

/// Answers that may wait for an earlier one.
const WINDOW: usize = 64;

/// Works on every item and hands the answers to `take`, in order, until it fails.
pub(super) fn in_order<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(R) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = processors.min(items.len());
    if threads <= 1 {
        return items.iter().try_for_each(|item| take(work(item)));
    }
    let next = AtomicUsize::new(0);
    let taken = Taken::default();
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..threads {
            let (sender, next, taken, work) = (sender.clone(), &next, &taken, &work);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else {
                        return;
                    };
                    taken.wait_until_near(index);
                    if sender.send((index, work(item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut expected = 0;
        for (index, answer) in receiver {
            early.insert(index, answer);
            while let Some(answer) = early.remove(&expected) {
                if let Err(error) = take(answer) {
                    // whoever waits to begin an item finds that there are none left
                    next.store(items.len(), Ordering::Relaxed);
                    taken.advance(usize::MAX - WINDOW);
                    return Err(error);
                }
                expected += 1;
                taken.advance(expected);
            }
        }
        Ok(())
    })
}

/// How many answers have been taken.
#[derive(Default)]
struct Taken {
    count: Mutex<usize>,
    changed: Condvar,
}

impl Taken {
    fn wait_until_near(&self, index: usize) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        while index >= *count + WINDOW {
            count = self
                .changed
                .wait(count)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn advance(&self, count: usize) {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) = count;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_order() {
        let items: Vec<usize> = (0..1_000).collect();
        let mut taken = Vec::new();
        in_order(
            &items,
            |it| it * 2,
            |it| {
                taken.push(it);
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(taken, items.iter().map(|it| it * 2).collect::<Vec<_>>());
    }

    #[test]
    fn no_more_than_a_window_is_ahead() {
        let items: Vec<usize> = (0..1_000).collect();
        let (begun, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |_: &usize| {
            let before = begun.fetch_add(1, Ordering::SeqCst);
            before.saturating_sub(done.load(Ordering::SeqCst))
        };
        in_order(&items, work, |ahead| {
            done.fetch_add(1, Ordering::SeqCst);
            anyhow::ensure!(ahead <= WINDOW, "{ahead} answers waited");
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_failure_ends_it() {
        let items: Vec<usize> = (0..10_000).collect();
        let mut taken = 0;
        let outcome = in_order(
            &items,
            |it| *it,
            |it| {
                taken += 1;
                anyhow::ensure!(it < 10, "enough");
                Ok(())
            },
        );
        assert!(outcome.is_err());
        assert_eq!(taken, 11);
    }
}
