//! The send buffer: messages wait here until a mover has sent them.

use std::ops::Range;

/// Bytes on their way to the server. Messages are appended whole or not at all. `Debug` shows none
/// of them: they hold users' data and passwords.
#[derive(Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    sent: usize,
}

/// A send buffer that held a large batch is given back above this size.
const KEEP_BYTES: usize = 256 * 1024;

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outbox({} bytes)", self.outgoing().len())
    }
}

impl Outbox {
    /// What waits to be sent.
    #[inline]
    #[must_use]
    pub fn outgoing(&self) -> &[u8] {
        self.bytes.get(self.sent..).unwrap_or_default()
    }

    /// Says that the first `count` bytes of [`Outbox::outgoing`] were sent.
    #[inline]
    pub fn sent(&mut self, count: usize) {
        self.sent += count;
        if self.sent >= self.bytes.len() {
            self.sent = 0;
            if self.bytes.capacity() > KEEP_BYTES {
                self.bytes = Vec::new();
            }
            self.bytes.clear();
        } else if self.sent > KEEP_BYTES && self.sent >= self.bytes.len() / 2 {
            // a COPY refills before all is sent; what moves is no more than what was sent since
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }

    /// The buffer to append messages to.
    #[inline]
    pub(crate) const fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Forgets the messages appended after the buffer had `length` bytes.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.bytes.truncate(length);
    }

    /// Where the next message will start.
    #[inline]
    pub(crate) const fn position(&self) -> usize {
        self.bytes.len()
    }

    /// Writes the length of a message whose length field starts at `at` and which ends here.
    #[inline]
    pub(crate) fn patch_length(&mut self, at: usize) -> bool {
        let Ok(length) = i32::try_from(self.bytes.len() - at) else {
            return false;
        };
        let field: Range<usize> = at..at + 4;
        match self.bytes.get_mut(field) {
            Some(field) => {
                field.copy_from_slice(&length.to_be_bytes());
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_given_back_though_something_always_waits() {
        let mut outbox = Outbox::default();
        let piece = vec![7; 64 * 1024];
        outbox.buffer().extend_from_slice(&piece);
        for _ in 0..1000 {
            outbox.buffer().extend_from_slice(&piece);
            outbox.sent(piece.len());
        }
        assert_eq!(outbox.outgoing(), piece);
        assert!(outbox.bytes.capacity() <= 4 * KEEP_BYTES);
    }

    #[test]
    fn what_waits_stays_in_order() {
        let mut outbox = Outbox::default();
        let numbers: Vec<u8> = (0..=250).cycle().take(3 * KEEP_BYTES).collect();
        outbox.buffer().extend_from_slice(&numbers);
        outbox.sent(2 * KEEP_BYTES);
        assert_eq!(Some(outbox.outgoing()), numbers.get(2 * KEEP_BYTES..));
        outbox.sent(1);
        assert_eq!(Some(outbox.outgoing()), numbers.get(2 * KEEP_BYTES + 1..));
    }
}
