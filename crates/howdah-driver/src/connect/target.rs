//! `target_session_attrs`: whether a server is the kind that was asked for. IO only for servers
//! before 14, which must be asked with a query because they do not report it.

use super::guarded::Guarded;
use crate::Session;
use crate::config::TargetSession;
use crate::error::{Error, Kind};

/// Whether the session fits.
pub(super) fn fits(
    target: TargetSession,
    guarded: &mut Guarded<'_>,
    session: &mut Session,
) -> Result<bool, Error> {
    Ok(match target {
        TargetSession::Any => true,
        TargetSession::ReadWrite => !is_read_only(guarded, session)?,
        TargetSession::ReadOnly => is_read_only(guarded, session)?,
        TargetSession::Primary => !is_standby(guarded, session)?,
        TargetSession::Standby | TargetSession::PreferStandby => is_standby(guarded, session)?,
    })
}

/// The error for a server that does not.
pub(super) fn mismatch(target: TargetSession) -> Error {
    Error::new(
        Kind::Target,
        match target {
            TargetSession::ReadWrite => "the session is read-only",
            TargetSession::ReadOnly => "the session is not read-only",
            TargetSession::Primary => "the server is in hot standby mode",
            _ => "the server is not in hot standby mode",
        },
    )
    .with_hint("`target_session_attrs` asks for another kind of server")
}

fn is_read_only(guarded: &mut Guarded<'_>, session: &mut Session) -> Result<bool, Error> {
    match (
        on(session, "default_transaction_read_only"),
        on(session, "in_hot_standby"),
    ) {
        (Some(read_only), Some(standby)) => Ok(read_only || standby),
        _ => Ok(guarded.ask(session, "show transaction_read_only")? == "on"),
    }
}

fn is_standby(guarded: &mut Guarded<'_>, session: &mut Session) -> Result<bool, Error> {
    match on(session, "in_hot_standby") {
        Some(standby) => Ok(standby),
        None => Ok(guarded.ask(session, "select pg_catalog.pg_is_in_recovery()")? == "t"),
    }
}

fn on(session: &Session, setting: &str) -> Option<bool> {
    session.parameter(setting).map(|value| value == "on")
}
