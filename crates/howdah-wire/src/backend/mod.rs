//! The messages that a server sends, one file for each that has content.
//!
//! Each type borrows from the receive buffer and has been checked as far as its accessors need:
//! iterating never panics, and a message that lies about its own lengths is an [`Error`].

mod authentication;
mod command_complete;
mod copy_response;
mod data_row;
mod fields;
mod negotiate_protocol_version;
mod notification;
mod parameter_description;
mod row_description;

pub use authentication::Authentication;
pub use command_complete::CommandTag;
pub use copy_response::CopyResponse;
pub use data_row::DataRow;
pub use fields::{ErrorFields, ServerError};
pub use negotiate_protocol_version::NegotiateProtocolVersion;
pub use notification::Notification;
pub use parameter_description::ParameterDescription;
pub use row_description::{Field, RowDescription};

use crate::{Error, Reader, TransactionStatus};

/// A server's message, parsed.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Message<'a> {
    /// A demand for, or the end of, authentication.
    Authentication(Authentication<'a>),
    /// The key for cancelling this session's statements: process id and secret.
    BackendKeyData(i32, &'a [u8]),
    /// Bind succeeded.
    BindComplete,
    /// Close succeeded.
    CloseComplete,
    /// A statement ended.
    CommandComplete(CommandTag<'a>),
    /// A piece of a COPY.
    CopyData(&'a [u8]),
    /// The server has sent all of a COPY.
    CopyDone,
    /// The server waits for CopyData.
    CopyInResponse(CopyResponse<'a>),
    /// The server will send CopyData.
    CopyOutResponse(CopyResponse<'a>),
    /// Both sides send CopyData (replication).
    CopyBothResponse(CopyResponse<'a>),
    /// A row.
    DataRow(DataRow<'a>),
    /// An empty statement ended.
    EmptyQueryResponse,
    /// A request failed.
    ErrorResponse(ErrorFields<'a>),
    /// The server speaks an older minor version or does not know an option.
    NegotiateProtocolVersion(NegotiateProtocolVersion<'a>),
    /// Describe: the statement returns no rows.
    NoData,
    /// A warning or a remark.
    NoticeResponse(ErrorFields<'a>),
    /// NOTIFY of a session that we listen to.
    NotificationResponse(Notification<'a>),
    /// The types of a statement's parameters.
    ParameterDescription(ParameterDescription<'a>),
    /// A setting's value, at the start and when it changes.
    ParameterStatus(&'a [u8], &'a [u8]),
    /// Parse succeeded.
    ParseComplete,
    /// Execute reached its row limit.
    PortalSuspended,
    /// The server waits for the next unit of requests.
    ReadyForQuery(TransactionStatus),
    /// The columns of the rows to come.
    RowDescription(RowDescription<'a>),
}

impl<'a> Message<'a> {
    /// Parses the message `kind` with this body.
    ///
    /// # Errors
    /// [`Error`] for what is no message of the protocol.
    #[inline]
    pub fn parse(kind: u8, body: &'a [u8]) -> Result<Self, Error> {
        if kind == b'D' {
            return DataRow::parse(body).map(Self::DataRow);
        }
        Self::parse_other(kind, body)
    }

    fn parse_other(kind: u8, body: &'a [u8]) -> Result<Self, Error> {
        Ok(match kind {
            b'1' => empty("ParseComplete", body, Self::ParseComplete)?,
            b'2' => empty("BindComplete", body, Self::BindComplete)?,
            b'3' => empty("CloseComplete", body, Self::CloseComplete)?,
            b'A' => Self::NotificationResponse(Notification::parse(body)?),
            b'C' => Self::CommandComplete(CommandTag::parse(body)?),
            b'E' => Self::ErrorResponse(ErrorFields::parse("ErrorResponse", body)?),
            b'G' => Self::CopyInResponse(CopyResponse::parse("CopyInResponse", body)?),
            b'H' => Self::CopyOutResponse(CopyResponse::parse("CopyOutResponse", body)?),
            b'I' => empty("EmptyQueryResponse", body, Self::EmptyQueryResponse)?,
            b'K' => backend_key_data(body)?,
            b'N' => Self::NoticeResponse(ErrorFields::parse("NoticeResponse", body)?),
            b'R' => Self::Authentication(Authentication::parse(body)?),
            b'S' => parameter_status(body)?,
            b'T' => Self::RowDescription(RowDescription::parse(body)?),
            b'W' => Self::CopyBothResponse(CopyResponse::parse("CopyBothResponse", body)?),
            b'Z' => ready_for_query(body)?,
            b'c' => empty("CopyDone", body, Self::CopyDone)?,
            b'd' => Self::CopyData(body),
            b'n' => empty("NoData", body, Self::NoData)?,
            b's' => empty("PortalSuspended", body, Self::PortalSuspended)?,
            b't' => Self::ParameterDescription(ParameterDescription::parse(body)?),
            b'v' => Self::NegotiateProtocolVersion(NegotiateProtocolVersion::parse(body)?),
            unknown => return Err(Error::UnknownMessage(unknown)),
        })
    }

    /// The message's name in PostgreSQL's documentation.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Authentication(_) => "Authentication",
            Self::BackendKeyData(..) => "BackendKeyData",
            Self::BindComplete => "BindComplete",
            Self::CloseComplete => "CloseComplete",
            Self::CommandComplete(_) => "CommandComplete",
            Self::CopyData(_) => "CopyData",
            Self::CopyDone => "CopyDone",
            Self::CopyInResponse(_) => "CopyInResponse",
            Self::CopyOutResponse(_) => "CopyOutResponse",
            Self::CopyBothResponse(_) => "CopyBothResponse",
            Self::DataRow(_) => "DataRow",
            Self::EmptyQueryResponse => "EmptyQueryResponse",
            Self::ErrorResponse(_) => "ErrorResponse",
            Self::NegotiateProtocolVersion(_) => "NegotiateProtocolVersion",
            Self::NoData => "NoData",
            Self::NoticeResponse(_) => "NoticeResponse",
            Self::NotificationResponse(_) => "NotificationResponse",
            Self::ParameterDescription(_) => "ParameterDescription",
            Self::ParameterStatus(..) => "ParameterStatus",
            Self::ParseComplete => "ParseComplete",
            Self::PortalSuspended => "PortalSuspended",
            Self::ReadyForQuery(_) => "ReadyForQuery",
            Self::RowDescription(_) => "RowDescription",
        }
    }
}

fn empty<'a>(name: &'static str, body: &[u8], message: Message<'a>) -> Result<Message<'a>, Error> {
    Reader::new(name, body).finish()?;
    Ok(message)
}

fn backend_key_data(body: &[u8]) -> Result<Message<'_>, Error> {
    let mut reader = Reader::new("BackendKeyData", body);
    let process_id = reader.i32("a process id")?;
    let secret = reader.rest();
    // PostgreSQL 18 documentation, 54.7: "The minimum and maximum key length are 4 and 256 bytes"
    if (4..=256).contains(&secret.len()) {
        Ok(Message::BackendKeyData(process_id, secret))
    } else {
        let problem = "its secret key must have 4 to 256 bytes";
        Err(Error::Malformed {
            message: "BackendKeyData",
            problem,
        })
    }
}

fn parameter_status(body: &[u8]) -> Result<Message<'_>, Error> {
    let mut reader = Reader::new("ParameterStatus", body);
    let name = reader.cstr("a name")?;
    let value = reader.cstr("a value")?;
    reader.finish()?;
    Ok(Message::ParameterStatus(name, value))
}

fn ready_for_query(body: &[u8]) -> Result<Message<'_>, Error> {
    let mut reader = Reader::new("ReadyForQuery", body);
    let status = match reader.u8("a transaction status")? {
        b'I' => TransactionStatus::Idle,
        b'T' => TransactionStatus::InTransaction,
        b'E' => TransactionStatus::Failed,
        _ => {
            let problem = "its status is none of I, T and E";
            return Err(Error::Malformed {
                message: "ReadyForQuery",
                problem,
            });
        }
    };
    reader.finish()?;
    Ok(Message::ReadyForQuery(status))
}
