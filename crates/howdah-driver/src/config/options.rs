//! The table of connection options: every one that libpq 18 knows, and howdah's own.
//!
//! No IO. `config` asks it which names exist, where their values may come from, and which of
//! them howdah cannot honour. Invariant: an option that is accepted is honoured, or its value
//! demands nothing.

use crate::error::Error;

/// One connection option.
pub(super) struct Spec {
    /// Its name in connection strings.
    pub(super) keyword: &'static str,
    /// The environment variable that sets it.
    pub(super) variable: Option<&'static str>,
    /// Whether its value must never be shown.
    pub(super) secret: bool,
    support: Support,
}

enum Support {
    Full,
    /// Only these values; any other demands something that howdah does not have.
    Only(&'static [&'static str]),
    /// It tunes something that howdah never does, so every value is honoured by doing nothing.
    Inert,
}

const fn option(keyword: &'static str, variable: &'static str) -> Spec {
    Spec {
        keyword,
        variable: Some(variable),
        secret: false,
        support: Support::Full,
    }
}

const fn unnamed(keyword: &'static str) -> Spec {
    Spec {
        keyword,
        variable: None,
        secret: false,
        support: Support::Full,
    }
}

const fn secret(keyword: &'static str, variable: Option<&'static str>) -> Spec {
    Spec {
        keyword,
        variable,
        secret: true,
        support: Support::Full,
    }
}

const fn only(
    keyword: &'static str,
    variable: Option<&'static str>,
    values: &'static [&'static str],
) -> Spec {
    Spec {
        keyword,
        variable,
        secret: false,
        support: Support::Only(values),
    }
}

const fn inert(keyword: &'static str, variable: Option<&'static str>) -> Spec {
    Spec {
        keyword,
        variable,
        secret: false,
        support: Support::Inert,
    }
}

pub(super) const ALL: &[Spec] = &[
    option("service", "PGSERVICE"),
    option("servicefile", "PGSERVICEFILE"),
    option("host", "PGHOST"),
    option("hostaddr", "PGHOSTADDR"),
    option("port", "PGPORT"),
    option("dbname", "PGDATABASE"),
    option("user", "PGUSER"),
    secret("password", Some("PGPASSWORD")),
    option("passfile", "PGPASSFILE"),
    option("require_auth", "PGREQUIREAUTH"),
    option("channel_binding", "PGCHANNELBINDING"),
    option("connect_timeout", "PGCONNECT_TIMEOUT"),
    option("client_encoding", "PGCLIENTENCODING"),
    option("options", "PGOPTIONS"),
    option("application_name", "PGAPPNAME"),
    unnamed("fallback_application_name"),
    unnamed("keepalives"),
    unnamed("keepalives_idle"),
    unnamed("keepalives_interval"),
    unnamed("keepalives_count"),
    unnamed("tcp_user_timeout"),
    unnamed("replication"),
    option("sslmode", "PGSSLMODE"),
    option("sslnegotiation", "PGSSLNEGOTIATION"),
    option("sslcert", "PGSSLCERT"),
    option("sslkey", "PGSSLKEY"),
    secret("sslpassword", None),
    option("sslcertmode", "PGSSLCERTMODE"),
    option("sslrootcert", "PGSSLROOTCERT"),
    option("sslcrl", "PGSSLCRL"),
    option("sslcrldir", "PGSSLCRLDIR"),
    option("sslsni", "PGSSLSNI"),
    option("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    option("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"),
    option("requirepeer", "PGREQUIREPEER"),
    option("target_session_attrs", "PGTARGETSESSIONATTRS"),
    option("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    option("min_protocol_version", "PGMINPROTOCOLVERSION"),
    option("max_protocol_version", "PGMAXPROTOCOLVERSION"),
    unnamed("statement_cache_size"),
    only("sslcompression", Some("PGSSLCOMPRESSION"), &["0"]),
    only("sslkeylogfile", None, &[]),
    only("gssencmode", Some("PGGSSENCMODE"), &["disable", "prefer"]),
    inert("krbsrvname", Some("PGKRBSRVNAME")),
    inert("gsslib", Some("PGGSSLIB")),
    inert("gssdelegation", Some("PGGSSDELEGATION")),
    Spec {
        secret: true,
        ..only("scram_client_key", None, &[])
    },
    Spec {
        secret: true,
        ..only("scram_server_key", None, &[])
    },
    only("oauth_issuer", None, &[]),
    only("oauth_client_id", None, &[]),
    Spec {
        secret: true,
        ..only("oauth_client_secret", None, &[])
    },
    inert("oauth_scope", None),
];

/// Variables that set a parameter of the session rather than an option of the connection.
pub(super) const SESSION_VARIABLES: [(&str, &str); 3] = [
    ("PGDATESTYLE", "datestyle"),
    ("PGTZ", "timezone"),
    ("PGGEQO", "geqo"),
];

/// The option called `keyword`.
pub(super) fn find(keyword: &str) -> Result<&'static Spec, Error> {
    ALL.iter()
        .find(|spec| spec.keyword == keyword)
        .ok_or_else(|| unknown(keyword))
}

fn unknown(keyword: &str) -> Error {
    let error = Error::configuration(format!("unknown connection option `{keyword}`"));
    let distances = ALL
        .iter()
        .map(|spec| (strsim::damerau_levenshtein(keyword, spec.keyword), spec));
    let alias = ALIASES
        .iter()
        .find(|(alias, _)| *alias == keyword)
        .map(|(_, name)| *name);
    let near = distances.min_by_key(|(distance, _)| *distance);
    let near = near.filter(|(distance, spec)| *distance <= 1 + spec.keyword.len() / 4);
    match alias.or(near.map(|(_, spec)| spec.keyword)) {
        Some(name) => error.with_hint(format!("did you mean `{name}`?")),
        None => error,
    }
}

/// What other drivers call them.
const ALIASES: [(&str, &str); 7] = [
    ("database", "dbname"),
    ("db", "dbname"),
    ("username", "user"),
    ("hostname", "host"),
    ("passwd", "password"),
    ("timeout", "connect_timeout"),
    ("ssl", "sslmode"),
];

impl Spec {
    /// Refuses a value that demands what howdah does not have.
    pub(super) fn supports(&self, value: &str) -> Result<(), Error> {
        let Support::Only(values) = self.support else {
            return Ok(());
        };
        if value.is_empty() || values.contains(&value) {
            return Ok(());
        }
        let shown = if self.secret { "***" } else { value };
        let error = Error::configuration(format!(
            "`{}={shown}` is an option of libpq that howdah does not support",
            self.keyword
        ));
        Err(error.with_hint(match values {
            [] => "leave it out".to_owned(),
            values => format!("leave it out, or set it to `{}`", values.join("` or `")),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_get_a_suggestion() {
        let hint = |name| {
            find(name)
                .err()
                .and_then(|error| error.hint().map(str::to_owned))
        };
        assert_eq!(hint("sslmod").unwrap(), "did you mean `sslmode`?");
        assert_eq!(
            hint("conect_timeout").unwrap(),
            "did you mean `connect_timeout`?"
        );
        assert_eq!(hint("database").unwrap(), "did you mean `dbname`?");
        assert_eq!(hint("zzz"), None);
        assert!(find("zzz").is_err());
    }

    #[test]
    fn unsupported_ones_refuse_only_values_that_demand_something() {
        assert!(find("gssencmode").unwrap().supports("prefer").is_ok());
        assert!(find("gssencmode").unwrap().supports("require").is_err());
        assert!(find("krbsrvname").unwrap().supports("postgres").is_ok());
        assert!(find("sslkeylogfile").unwrap().supports("").is_ok());
        let error = find("oauth_client_secret")
            .unwrap()
            .supports("x1y2")
            .unwrap_err();
        assert!(!error.to_string().contains("x1y2"), "{error}");
    }
}
