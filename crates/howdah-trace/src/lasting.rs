//! What a rollback does not take back. No IO.
//!
//! Invariant: such a statement is not run where everything is to be rolled back. What is seen is what the statement itself
//! says, also in the body of a `DO`; what a function of the database does, that it calls, is not.

use howdah_sql::ast::{CopyPlace, Kind, Statement};
use howdah_sql::text::{TokenKind, tokens};

/// Functions of PostgreSQL and its extensions that work on the server, its files, or other sessions and servers.
const FUNCTIONS: &[&str] = &[
    "lo_export",
    "pg_backup_start",
    "pg_backup_stop",
    "pg_cancel_backend",
    "pg_copy_logical_replication_slot",
    "pg_copy_physical_replication_slot",
    "pg_create_logical_replication_slot",
    "pg_create_physical_replication_slot",
    "pg_create_restore_point",
    "pg_drop_replication_slot",
    "pg_logical_emit_message",
    "pg_logical_slot_get_binary_changes",
    "pg_logical_slot_get_changes",
    "pg_promote",
    "pg_reload_conf",
    "pg_replication_slot_advance",
    "pg_rotate_logfile",
    "pg_start_backup",
    "pg_stop_backup",
    "pg_switch_wal",
    "pg_terminate_backend",
    "pg_wal_replay_pause",
    "pg_wal_replay_resume",
    "setval",
];

/// How the names of others begin: `dblink_exec`, `pg_file_write` of `adminpack`, `pg_stat_reset_shared`.
const FAMILIES: &[&str] = &["dblink", "pg_file_", "pg_stat_reset"];

/// In a block there are texts that are run, in which there are others.
const TEXTS: u8 = 4;

/// What the statement does for good, whatever becomes of its transaction.
pub(crate) fn lasting(statement: &Statement, sql: &str) -> Option<String> {
    match &statement.kind {
        Kind::Copy(copy) if copy.place == CopyPlace::Program => {
            Some("it runs a program".to_owned())
        }
        Kind::Copy(copy) if copy.place == CopyPlace::File && !copy.from => {
            Some("it writes a file of the server".to_owned())
        }
        // made, not run
        Kind::CreateFunction(_) => None,
        Kind::Do(_) => called(sql, TEXTS),
        _ => called(sql, 0),
    }
    .map(|what| format!("{what}, which no rollback takes back; a scratch copy can run it"))
}

/// A function of the lists above that is called, also in texts that are code, so many within each other.
fn called(sql: &str, texts: u8) -> Option<String> {
    let mut name: Option<&str> = None;
    for token in tokens(sql) {
        let text = token.span.of(sql);
        match token.kind {
            TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment => continue,
            TokenKind::Symbol if text == "(" => {
                if let Some(name) = name.filter(|it| is_lasting(it)) {
                    return Some(format!("it calls `{}`", name.to_ascii_lowercase()));
                }
            }
            TokenKind::String | TokenKind::DollarString if texts > 0 => {
                let inner = text.trim_matches(|it: char| it == '\'' || it == '$' || it == 'E');
                if let Some(found) = called(inner, texts - 1) {
                    return Some(found);
                }
            }
            _ => {}
        }
        name = matches!(token.kind, TokenKind::Word).then_some(text);
    }
    None
}

fn is_lasting(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    FUNCTIONS.contains(&name.as_str()) || FAMILIES.iter().any(|it| name.starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(sql: &str) -> Option<String> {
        let script = howdah_sql::parse(sql);
        lasting(&script.statements[0], sql)
    }

    #[test]
    fn what_no_rollback_takes_back_is_seen_in_statements_and_blocks() {
        for sql in [
            "copy book to program 'cat'",
            "copy book from program 'cat x'",
            "copy (select 1) to '/tmp/x'",
            "select pg_catalog.setval('s', 1)",
            "SELECT SetVal /* so */ ('s', 1)",
            "insert into book select dblink_exec('', 'x')",
            "do $$ begin perform setval('s', 1); end $$",
            "do $x$ begin execute 'select pg_terminate_backend(1)'; end $x$",
            "do $x$ begin execute $y$select setval('s', 2)$y$; end $x$",
        ] {
            assert!(why(sql).is_some(), "{sql}");
        }
        for sql in [
            "copy book to stdout",
            "copy book from '/tmp/x'",
            "select nextval('s'), 'setval(1)'",
            "select setval from book",
            "create function f() returns bigint language sql as $$ select setval('s', 1) $$",
            "alter table book add column setval int",
            "-- setval(1)\nselect 1",
        ] {
            assert_eq!(why(sql), None, "{sql}");
        }
    }
}
