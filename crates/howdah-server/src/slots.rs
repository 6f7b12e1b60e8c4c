//! What only a connection can do for replication: slots, and who is ahead.
//!
//! IO: one short connection through the private unix socket. Called by `members` and `promote`.
//! Invariant: no statement here waits for a lock or changes data.

use std::time::Duration;

use howdah_driver::{Config, Connection, Interrupt};

use crate::error::{Error, Kind, Result};
use crate::url::Address;

const PATIENCE: Duration = Duration::from_secs(10);

/// The slot that keeps the write-ahead log for a replica until that has it.
pub(crate) fn name(number: u32) -> String {
    format!("howdah_replica_{number}")
}

/// Makes the slot of replica `number` on a primary, if it is missing.
pub(crate) fn make(primary: &Address, number: u32) -> Result<()> {
    const MAKE: &str = "select pg_create_physical_replication_slot($1::text::name) where not \
                        exists (select from pg_replication_slots where slot_name = $1)";
    let ask = |connection: &mut Connection| connection.query_with(MAKE, &[Some(&name(number))]);
    with_connection(primary, ask).map(drop)
}

/// How much of the write-ahead log a replica has received, in bytes from its beginning.
pub(crate) fn received(replica: &Address) -> Result<u64> {
    const RECEIVED: &str = "select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) \
                            - '0/0'::pg_lsn";
    let rows = with_connection(replica, |connection| connection.query(RECEIVED))?;
    Ok(rows
        .value()
        .and_then(|value| value.parse().ok())
        .unwrap_or(0))
}

fn with_connection<T>(
    address: &Address,
    ask: impl FnOnce(&mut Connection) -> std::result::Result<T, howdah_driver::Error>,
) -> Result<T> {
    let asked = || {
        let timeout = PATIENCE.as_secs().to_string();
        let options = [
            ("connect_timeout", timeout.as_str()),
            ("dbname", "postgres"),
        ];
        let config = Config::parse(Some(&address.socket_url()), options, "howdah")?;
        let mut connection = Connection::establish(&config, Interrupt::never())?;
        connection.set_timeout(Some(PATIENCE));
        let answer = ask(&mut connection);
        connection.close(PATIENCE);
        answer
    };
    asked().map_err(|source| {
        let message = format!("cannot ask the server on port {}: {source}", address.port);
        Error::new(Kind::Start, message).with_source(source)
    })
}
