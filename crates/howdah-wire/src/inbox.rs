//! The receive buffer: contiguous bytes, cut into messages.
//!
//! A mover writes into [`Inbox::spare`] and says how much with [`Inbox::fed`]. Messages are handed
//! out as borrowed slices, so that values are decoded where the kernel put them.
//! Invariant: `start <= end <= bytes.len()`, and `bytes[start..end]` is what was received and not consumed.

use crate::Error;

/// Room kept at least for each receive. One receive of this size costs less than two of half of it.
const CHUNK_BYTES: usize = 64 * 1024;
/// A buffer that grew for one long message shrinks to this again.
const KEEP_BYTES: usize = 4 * CHUNK_BYTES;
/// The type byte and the length.
const HEADER_BYTES: usize = 5;
/// PostgreSQL builds no message over 1 GiB (`MaxAllocSize`, src/include/utils/memutils.h).
const MAX_MESSAGE_BYTES: u64 = 0x3fff_ffff + HEADER_BYTES as u64;

/// Received bytes that wait for being understood. `Debug` shows none of them: they hold users'
/// data and the session's cancel key.
pub struct Inbox {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    limit: u64,
}

/// One message as it came: its type byte and its body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: u8,
    pub(crate) body: &'a [u8],
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Inbox({} bytes)", self.end - self.start)
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Self::with_limit(MAX_MESSAGE_BYTES)
    }
}

impl Inbox {
    /// An inbox that refuses messages over `limit` bytes: small before the peer has authenticated.
    #[must_use]
    pub const fn with_limit(limit: u64) -> Self {
        Self {
            bytes: Vec::new(),
            start: 0,
            end: 0,
            limit,
        }
    }

    /// Accepts messages of any length that a server can send, from now on.
    pub const fn lift_limit(&mut self) {
        self.limit = MAX_MESSAGE_BYTES;
    }

    /// Room for the next receive; never empty.
    #[inline]
    pub fn spare(&mut self) -> &mut [u8] {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            if self.bytes.len() > KEEP_BYTES {
                self.bytes.truncate(CHUNK_BYTES);
                self.bytes.shrink_to_fit();
            }
        }
        if self.bytes.len() - self.end < CHUNK_BYTES / 2 {
            self.make_room();
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// Says that `count` bytes were written into [`Inbox::spare`].
    ///
    /// # Panics
    /// Where `count` is more than `spare` offered: a fault of the mover, never of data.
    #[inline]
    pub fn fed(&mut self, count: usize) {
        assert!(
            count <= self.bytes.len() - self.end,
            "more bytes fed than there was room for"
        );
        self.end += count;
    }

    /// Whether bytes wait that are not a whole message yet, or not consumed yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The next whole message, or `None` until more bytes are fed.
    #[inline]
    pub(crate) fn frame(&mut self) -> Result<Option<Frame<'_>>, Error> {
        let received = self.bytes.get(self.start..self.end).unwrap_or_default();
        let Some(([kind, length @ ..], _)) = received.split_first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let kind = *kind;
        let length = u64::from(u32::from_be_bytes(*length));
        if length < 4 {
            return Err(Error::Malformed {
                message: "any",
                problem: "length below 4",
            });
        }
        if length + 1 > self.limit {
            return Err(Error::TooLong {
                kind,
                length,
                limit: self.limit,
            });
        }
        let size = length as usize + 1;
        if received.len() < size {
            return Ok(None);
        }
        let from = self.start + HEADER_BYTES;
        self.start += size;
        Ok(self
            .bytes
            .get(from..self.start)
            .map(|body| Frame { kind, body }))
    }

    /// The body of the next message if it is whole, of this type and of a length that needs no
    /// second look; [`Inbox::frame`] has the word on all others.
    #[inline]
    pub(crate) fn frame_of(&mut self, kind: u8) -> Option<&[u8]> {
        let received = self.bytes.get(self.start..self.end)?;
        let ([found, length @ ..], rest) = received.split_first_chunk::<HEADER_BYTES>()?;
        let length = u32::from_be_bytes(*length);
        if *found != kind || u64::from(length) >= self.limit {
            return None;
        }
        let size = length.checked_sub(4)? as usize;
        let body = rest.get(..size)?;
        self.start += HEADER_BYTES + size;
        Some(body)
    }

    /// The type of the next message, of which more than this byte may be missing.
    #[inline]
    pub(crate) fn next_kind(&self) -> Option<u8> {
        self.bytes.get(self.start..self.end)?.first().copied()
    }

    /// Moves what is left to the front and grows to hold the message that is under way.
    #[cold]
    fn make_room(&mut self) {
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let wanted = (self.end + CHUNK_BYTES).max(self.message_under_way());
        if self.bytes.len() < wanted {
            self.bytes.resize(wanted, 0);
        }
    }

    /// How long the buffer must be for the message at its front, as far as its length is credible:
    /// growth is bounded to four times what has really arrived, whatever a peer announces.
    fn message_under_way(&self) -> usize {
        let header = self
            .bytes
            .get(..self.end)
            .and_then(|bytes| bytes.split_first_chunk::<HEADER_BYTES>());
        let Some(([_, length @ ..], _)) = header else {
            return 0;
        };
        let announced = u64::from(u32::from_be_bytes(*length)) + 1;
        announced
            .min(self.limit)
            .min(4 * self.end as u64 + CHUNK_BYTES as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(inbox: &mut Inbox, bytes: &[u8]) {
        for piece in bytes.chunks(CHUNK_BYTES / 2) {
            inbox.spare()[..piece.len()].copy_from_slice(piece);
            inbox.fed(piece.len());
        }
    }

    #[test]
    fn a_message_is_whole_or_absent() {
        let mut inbox = Inbox::default();
        feed(&mut inbox, &[b'Z', 0, 0, 0]);
        assert!(inbox.frame().unwrap().is_none());
        feed(&mut inbox, &[5, b'I', b'1']);
        let frame = inbox.frame().unwrap().unwrap();
        assert_eq!((frame.kind, frame.body), (b'Z', &b"I"[..]));
        assert!(inbox.frame().unwrap().is_none());
    }

    #[test]
    fn a_long_message_passes_and_the_buffer_shrinks_again() {
        let mut inbox = Inbox::default();
        let body = vec![7; 3 * KEEP_BYTES];
        let mut bytes = vec![b'd'];
        bytes.extend(u32::try_from(body.len() + 4).unwrap().to_be_bytes());
        bytes.extend(&body);
        feed(&mut inbox, &bytes);
        assert_eq!(inbox.frame().unwrap().unwrap().body, body);
        assert!(inbox.spare().len() <= KEEP_BYTES);
    }

    #[test]
    fn an_incredible_length_is_refused() {
        let mut inbox = Inbox::with_limit(1000);
        feed(&mut inbox, b"HTTP/1.1 400 Bad Request");
        assert!(matches!(
            inbox.frame(),
            Err(Error::TooLong { kind: b'H', .. })
        ));
    }
}
