use super::Lsn;

/// How far a client has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StandbyStatus {
    /// Received.
    pub written: Lsn,
    /// Safe: the server may forget what is before it.
    pub flushed: Lsn,
}

/// The content of the CopyData that tells the server; `micros` is the client's clock, in
/// microseconds since 2000.
#[must_use]
pub fn standby_status(status: StandbyStatus, micros: i64) -> [u8; 34] {
    let mut out = [0; 34];
    let fields = [
        status.written.to_be_bytes(),
        status.flushed.to_be_bytes(),
        status.flushed.to_be_bytes(), // applied
        micros.to_be_bytes(),
    ];
    for (place, byte) in out
        .iter_mut()
        .zip([b'r'].into_iter().chain(fields.into_iter().flatten()))
    {
        *place = byte;
    }
    out
}
