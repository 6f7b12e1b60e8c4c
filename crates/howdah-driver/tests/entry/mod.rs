//! Where hostile connection strings enter: the function of a fuzz target (`fuzz/`), which the
//! tests call, too.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use howdah_driver::config::{Environment, FileFacts};
use howdah_driver::{Config, Kind};

/// A machine without variables and files.
struct Nowhere;

impl Environment for Nowhere {
    fn variable(&self, _: &str) -> Option<OsString> {
        None
    }

    fn account(&self) -> Option<String> {
        Some("rider".to_owned())
    }

    fn home(&self) -> Option<PathBuf> {
        None
    }

    fn read(&self, _: &Path) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn inspect(&self, _: &Path) -> io::Result<FileFacts> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// Reads `data` as a connection string, if it is text. A refusal must be a matter of the
/// configuration, and what is accepted must name at least one host and a user.
pub fn config(data: &[u8]) {
    let Ok(dsn) = std::str::from_utf8(data) else {
        return;
    };
    match Config::parse_in(Some(dsn), [], "fuzz", &Nowhere) {
        Ok(config) => {
            assert!(!config.hosts().is_empty() && !config.user().is_empty());
            let shown = config.hosts().iter().map(ToString::to_string);
            assert!(shown.count() > 0 && !format!("{config:?}").is_empty());
        }
        Err(error) => {
            assert_eq!(error.kind(), Kind::Configuration, "{error}");
            assert!(!error.to_string().is_empty());
        }
    }
}

/// Connection strings of every form, from which mutations start.
pub const CONNECTION_STRINGS: &[&str] = &[
    "",
    "postgresql://",
    "postgresql://user:secret@localhost:5432/db?sslmode=require&application_name=x",
    "postgres://user%20name:p%3Ass@[::1]:5433,other.example/%2Fdb?connect_timeout=10",
    "postgresql://%2Fvar%2Frun%2Fpostgresql/db?host=a,b&port=1,2&target_session_attrs=standby",
    "postgresql:///db?ssl=true&keepalives=1&keepalives_idle=5&load_balance_hosts=random",
    "host=localhost port=5432 user=u password='it''s' dbname = db",
    r"host='/tmp' user=a\'b password='c\\d' options='-c search_path=x'",
    "hostaddr=127.0.0.1,::1 host=a,b port=5432 sslmode=verify-full sslrootcert=system",
    "require_auth=!password,!md5 channel_binding=require min_protocol_version=3.0",
    "service=none passfile=/none sslcert=/none/c sslkey=/none/k sslpassword=s",
    "max_protocol_version=latest client_encoding=auto replication=database gssencmode=disable",
];
