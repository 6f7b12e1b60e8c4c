//! A connected socket, plain or under TLS: the thin layer that moves a session's bytes.
//!
//! IO, and nothing else: it knows no message. Callers: [`crate::connect`], the Rust
//! [`Connection`](crate::Connection), and the Python module's blocking and asyncio connections, for
//! which `send` and `receive` are the hot path: one system call each without TLS. Invariant: the
//! socket stays in blocking mode and every call that must not block says so to the kernel itself,
//! so that both kinds of caller can share it.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Instant;

use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};

use crate::Interrupt;
use crate::tls::TlsStream;
use crate::wait::{Interest, Ready, wait, wait_or};

/// A connected socket.
#[derive(Debug)]
pub struct Transport {
    socket: OwnedFd,
    tls: Option<Box<TlsStream>>,
}

const NEVER_BLOCK: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);

impl Transport {
    pub(crate) fn plain(socket: OwnedFd) -> Self {
        Self { socket, tls: None }
    }

    pub(crate) fn encrypted(socket: OwnedFd, tls: TlsStream) -> Self {
        Self {
            socket,
            tls: Some(Box::new(tls)),
        }
    }

    /// Goes on with the TLS handshake as far as it can without waiting.
    ///
    /// # Errors
    /// `WouldBlock` until it is complete.
    pub(crate) fn shake_hands(&mut self) -> io::Result<()> {
        self.tls
            .as_mut()
            .map_or(Ok(()), |tls| tls.shake_hands(&self.socket))
    }

    pub(crate) fn into_socket(self) -> OwnedFd {
        self.socket
    }

    pub(crate) fn tls(&self) -> Option<&TlsStream> {
        self.tls.as_deref()
    }

    /// Sends what the kernel takes of `bytes` at once; answers how much that was.
    ///
    /// # Errors
    /// `WouldBlock` when it takes nothing; otherwise the connection is lost.
    #[inline]
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            None => Ok(send(&self.socket, bytes, NEVER_BLOCK)?),
            Some(tls) => tls.send(&self.socket, bytes),
        }
    }

    /// Waits for bytes and receives them; 0 is the end of the stream.
    ///
    /// # Errors
    /// `Interrupted` when a signal arrives first, or under TLS only a part of a record: look at
    /// signals and deadlines and call again. Otherwise the connection is lost.
    #[inline]
    pub fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.receive_with(into, RecvFlags::empty())
    }

    /// Receives the bytes that are there; 0 is the end of the stream.
    ///
    /// # Errors
    /// `WouldBlock` when there are none; otherwise the connection is lost.
    #[inline]
    pub fn try_receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.receive_with(into, RecvFlags::DONTWAIT)
    }

    #[inline]
    fn receive_with(&mut self, into: &mut [u8], flags: RecvFlags) -> io::Result<usize> {
        match &mut self.tls {
            None => Ok(recv(&self.socket, into, flags)?.0),
            Some(tls) => tls.receive(&self.socket, into, flags),
        }
    }

    /// Waits until the socket is ready. Bytes that are already decrypted count as readable.
    ///
    /// # Errors
    /// `TimedOut` at the deadline, `Interrupted` when a signal arrives.
    pub fn wait(&self, interest: Interest, deadline: Option<Instant>) -> io::Result<Ready> {
        if interest != Interest::Writable && self.has_buffered() {
            return Ok(Ready {
                readable: true,
                writable: false,
            });
        }
        wait(self.as_fd(), interest, deadline)
    }

    /// As [`Transport::wait`], under an interrupt.
    pub(crate) fn wait_or(
        &self,
        interest: Interest,
        deadline: Option<Instant>,
        interrupt: &Interrupt,
    ) -> io::Result<Ready> {
        if interest != Interest::Writable && self.has_buffered() {
            return Ok(Ready {
                readable: true,
                writable: false,
            });
        }
        wait_or(self.as_fd(), interest, deadline, interrupt)
    }

    /// Whether decrypted bytes wait in this process, of which `poll` knows nothing.
    #[inline]
    #[must_use]
    pub fn has_buffered(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.has_plaintext())
    }

    /// Whether encrypted bytes of an earlier [`Transport::send`] wait for room in the kernel's
    /// buffer: call [`Transport::flush_pending`] when the socket is writable.
    #[inline]
    #[must_use]
    pub fn wants_write(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Sends what the kernel takes of the encrypted bytes that wait.
    ///
    /// # Errors
    /// `WouldBlock` while some are left; otherwise the connection is lost.
    pub fn flush_pending(&mut self) -> io::Result<()> {
        self.tls
            .as_mut()
            .map_or(Ok(()), |tls| tls.flush(&self.socket))
    }

    /// Whether TLS protects it.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// The file descriptor, for an event loop.
    #[must_use]
    pub fn raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// Ends both directions at once; whoever waits on the socket wakes up.
    pub fn shutdown(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.close(&self.socket);
        }
        // an error means that the peer was faster
        let _ = shutdown(&self.socket, Shutdown::Both);
    }
}

impl AsFd for Transport {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
