//! Server settings for the postmaster's command line.
//!
//! No IO. Invariant: the settings by which howdah finds a server again cannot be overridden.

use std::path::Path;

use crate::error::{Error, Kind, Result};
use crate::url::HOST;

/// Set by howdah alone, each with what to use instead.
const RESERVED: [(&str, &str); 5] = [
    ("port", "choose the port by its own option"),
    (
        "unix_socket_directories",
        "the socket's directory is private to the cluster",
    ),
    ("data_directory", "the data directory is the cluster's"),
    (
        "external_pid_file",
        "howdah reads the pid file in the data directory",
    ),
    (
        "config_file",
        "change `postgresql.conf` in the data directory",
    ),
];

/// A cluster that is deleted at its end needs not survive a power cut.
const TEMPORARY: [(&str, &str); 3] = [
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
];

/// A replica that lost its primary looks for it more often than every 5 s.
const STANDBY: [(&str, &str); 1] = [("wal_retrieve_retry_interval", "500ms")];

/// # Errors
/// [`Kind::Misuse`] for a name that is none, or that howdah sets itself.
pub(crate) fn check(settings: &[(String, String)]) -> Result<()> {
    for (name, _) in settings {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(
                Error::new(Kind::Misuse, format!("`{name}` is not a setting's name")).with_hint(
                    "settings are given as name and value, such as `work_mem` and `8MB`",
                ),
            );
        }
        let reserved = RESERVED
            .iter()
            .find(|(found, _)| name.eq_ignore_ascii_case(found));
        if let Some((_, instead)) = reserved {
            let message = format!("setting `{name}` is howdah's own");
            return Err(Error::new(Kind::Misuse, message).with_hint(*instead));
        }
    }
    Ok(())
}

/// What a server is for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Kept {
    pub(crate) temporary: bool,
    pub(crate) standby: bool,
}

/// The whole list for one start; of two with the same name the server takes the later.
pub(crate) fn for_start(
    chosen: &[(String, String)],
    Kept { temporary, standby }: Kept,
    port: u16,
    socket_directory: &Path,
) -> Vec<(String, String)> {
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut settings = Vec::new();
    if temporary {
        settings.extend(TEMPORARY.map(|(name, value)| own(name, value)));
    }
    if standby {
        settings.extend(STANDBY.map(|(name, value)| own(name, value)));
    }
    settings.push(own("listen_addresses", HOST));
    settings.extend_from_slice(chosen);
    settings.push(own("port", &port.to_string()));
    // the value is a list: commas and quotes in the path must not end an item
    let quoted = socket_directory.to_string_lossy().replace('"', "\"\"");
    settings.push(own("unix_socket_directories", &format!("\"{quoted}\"")));
    settings
}

/// The first of `chosen` that a server started with `postmaster.opts` does not have.
pub(crate) fn missing_from<'a>(
    chosen: &'a [(String, String)],
    postmaster_opts: &str,
) -> Option<&'a (String, String)> {
    // written as ` "argument"` each, without escapes
    chosen
        .iter()
        .find(|(name, value)| !postmaster_opts.contains(&format!("\"{name}={value}\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn howdahs_own_settings_and_things_that_are_no_names_are_refused() {
        for name in ["port", "PORT", "Unix_Socket_Directories", "", "a b", "x=y"] {
            let error = check(&[setting(name, "1")]).unwrap_err();
            assert_eq!(error.kind(), Kind::Misuse, "{name}");
        }
        check(&[
            setting("work_mem", "8MB"),
            setting("auto_explain.log_min_duration", "0"),
        ])
        .unwrap();
    }

    #[test]
    fn a_users_setting_wins_over_the_default_but_not_over_the_port() {
        let chosen = [setting("fsync", "on"), setting("listen_addresses", "*")];
        let temporary = Kept {
            temporary: true,
            standby: false,
        };
        let all = for_start(&chosen, temporary, 5433, Path::new("/s,\"1"));
        let last = |name: &str| {
            all.iter()
                .rfind(|(found, _)| found == name)
                .unwrap()
                .1
                .as_str()
        };
        assert_eq!(last("fsync"), "on");
        assert_eq!(last("listen_addresses"), "*");
        assert_eq!(last("unix_socket_directories"), "\"/s,\"\"1\"");
        assert_eq!(all.last().unwrap().0, "unix_socket_directories");
    }

    #[test]
    fn settings_of_a_running_server_are_compared() {
        let opts = "/usr/bin/postgres \"-D\" \"/x\" \"-c\" \"work_mem=8MB\"\n";
        assert_eq!(missing_from(&[setting("work_mem", "8MB")], opts), None);
        let other = [setting("work_mem", "8")];
        assert_eq!(missing_from(&other, opts), Some(&other[0]));
    }
}
