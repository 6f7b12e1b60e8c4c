use crate::{Error, Reader};

/// A NOTIFY that reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notification<'a> {
    /// The process id of the session that notified.
    pub process_id: i32,
    /// The channel's name.
    pub channel: &'a [u8],
    /// The payload, empty if none was given.
    pub payload: &'a [u8],
}

impl<'a> Notification<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("NotificationResponse", body);
        let process_id = reader.i32("a process id")?;
        let channel = reader.cstr("a channel")?;
        let payload = reader.cstr("a payload")?;
        reader.finish()?;
        Ok(Self {
            process_id,
            channel,
            payload,
        })
    }
}
