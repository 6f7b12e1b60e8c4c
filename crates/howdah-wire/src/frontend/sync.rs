/// Appends Sync: the end of a unit of requests, answered by ReadyForQuery.
#[inline]
pub fn sync(out: &mut Vec<u8>) {
    out.extend_from_slice(b"S\0\0\0\x04");
}

/// Appends Flush: the server sends what it has, without ending the unit.
#[inline]
pub fn flush(out: &mut Vec<u8>) {
    out.extend_from_slice(b"H\0\0\0\x04");
}

/// Appends Terminate: the client goes.
#[inline]
pub fn terminate(out: &mut Vec<u8>) {
    out.extend_from_slice(b"X\0\0\0\x04");
}
