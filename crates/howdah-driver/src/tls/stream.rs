//! A TLS connection over a socket: rustls, which does no IO of its own, and the system calls.
//!
//! IO on the socket that each call is handed. Caller: [`Transport`](crate::Transport). Invariants:
//! sending never blocks, and what was accepted but not sent stays in rustls' buffer; received
//! ciphertext is decrypted until there is plaintext or no ciphertext, so `plaintext > 0` is the
//! whole truth about bytes that `poll` cannot see.

use std::io::{self, IoSlice, Read, Write};
use std::os::fd::OwnedFd;

use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, send, sendmsg};
use rustls::ClientConnection;

/// Room for ciphertext: two of TLS' largest records in one system call.
const CIPHERTEXT_BYTES: usize = 32 * 1024;
const NEVER_BLOCK: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);

/// One side of a TLS connection, without its socket.
pub(crate) struct TlsStream {
    connection: ClientConnection,
    /// Received and not yet given to rustls: `ciphertext[start..end]`.
    ciphertext: Box<[u8]>,
    start: usize,
    end: usize,
    /// Decrypted bytes that wait in rustls.
    plaintext: usize,
    ended: bool,
}

impl TlsStream {
    pub(crate) fn new(connection: ClientConnection) -> Self {
        let ciphertext = vec![0; CIPHERTEXT_BYTES].into_boxed_slice();
        Self {
            connection,
            ciphertext,
            start: 0,
            end: 0,
            plaintext: 0,
            ended: false,
        }
    }

    pub(crate) fn connection(&self) -> &ClientConnection {
        &self.connection
    }

    /// Goes on with the handshake as far as it can without waiting.
    ///
    /// # Errors
    /// `WouldBlock` until it is complete, `UnexpectedEof`, or rustls' verdict as `InvalidData`.
    pub(crate) fn shake_hands(&mut self, socket: &OwnedFd) -> io::Result<()> {
        loop {
            self.flush(socket)?;
            if !self.connection.is_handshaking() {
                return Ok(());
            }
            if self.receive_ciphertext(socket, RecvFlags::DONTWAIT)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.decrypt(socket)?;
        }
    }

    /// Encrypts what fits into rustls' buffer and sends what the kernel takes.
    pub(crate) fn send(&mut self, socket: &OwnedFd, bytes: &[u8]) -> io::Result<usize> {
        let accepted = self.connection.writer().write(bytes)?;
        match self.flush(socket) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ if accepted > 0 || bytes.is_empty() => Ok(accepted),
            // the buffer was full: there may be room now
            Ok(()) => self.send(socket, bytes),
            Err(error) => Err(error),
        }
    }

    /// Sends the ciphertext that waits.
    ///
    /// # Errors
    /// `WouldBlock` while some is left.
    pub(crate) fn flush(&mut self, socket: &OwnedFd) -> io::Result<()> {
        while self.connection.wants_write() {
            self.connection.write_tls(&mut Sink(socket))?;
        }
        Ok(())
    }

    pub(crate) fn wants_write(&self) -> bool {
        self.connection.wants_write()
    }

    pub(crate) fn has_plaintext(&self) -> bool {
        self.plaintext > 0
    }

    /// Receives plaintext; 0 is the end of the stream.
    ///
    /// # Errors
    /// `WouldBlock` if `flags` forbid to wait; otherwise `Interrupted` when what came was not a
    /// whole record: the caller must look at its deadline before it waits again.
    pub(crate) fn receive(
        &mut self,
        socket: &OwnedFd,
        into: &mut [u8],
        flags: RecvFlags,
    ) -> io::Result<usize> {
        let mut waited = false;
        let mut filled = 0;
        loop {
            self.decrypt(socket)?;
            let rest = into.get_mut(filled..).unwrap_or_default();
            if self.plaintext > 0 && !rest.is_empty() {
                let count = self.connection.reader().read(rest)?;
                self.plaintext -= count.min(self.plaintext);
                filled += count;
                continue;
            }
            if filled > 0 || self.ended {
                return Ok(filled);
            }
            if waited {
                return Err(io::ErrorKind::Interrupted.into());
            }
            waited = !flags.contains(RecvFlags::DONTWAIT);
            // an end without close_notify: the protocol's own messages have lengths, so a cut
            // shows as a message that is not whole
            self.ended = self.receive_ciphertext(socket, flags)? == 0;
        }
    }

    fn receive_ciphertext(&mut self, socket: &OwnedFd, flags: RecvFlags) -> io::Result<usize> {
        let (received, _) = recv(socket, &mut *self.ciphertext, flags)?;
        (self.start, self.end) = (0, received);
        Ok(received)
    }

    /// Gives ciphertext to rustls until there is plaintext or no ciphertext.
    fn decrypt(&mut self, socket: &OwnedFd) -> io::Result<()> {
        while self.plaintext == 0 && self.start < self.end {
            let mut waiting = self
                .ciphertext
                .get(self.start..self.end)
                .unwrap_or_default();
            let taken = self.connection.read_tls(&mut waiting)?;
            self.start += taken;
            let state = self.connection.process_new_packets().map_err(|error| {
                // the alert that tells the peer why
                let _ = self.connection.write_tls(&mut Sink(socket));
                io::Error::new(io::ErrorKind::InvalidData, error)
            })?;
            self.plaintext = state.plaintext_bytes_to_read();
            self.ended |= state.peer_has_closed();
        }
        Ok(())
    }

    /// Tells the peer that nothing more will come, if the kernel takes it at once.
    pub(crate) fn close(&mut self, socket: &OwnedFd) {
        self.connection.send_close_notify();
        let _ = self.flush(socket);
    }
}

impl std::fmt::Debug for TlsStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let version = self.connection.protocol_version();
        f.debug_struct("TlsStream")
            .field("version", &version)
            .finish_non_exhaustive()
    }
}

/// The socket as rustls wants it.
struct Sink<'a>(&'a OwnedFd);

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(send(self.0, bytes, NEVER_BLOCK)?)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut no_control = SendAncillaryBuffer::default();
        Ok(sendmsg(self.0, pieces, &mut no_control, NEVER_BLOCK)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
