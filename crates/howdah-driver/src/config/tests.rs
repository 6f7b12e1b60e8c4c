use super::environment::fake::Fake;
use super::*;

fn parsed_in(environment: &Fake, dsn: &str, options: &[(&str, &str)]) -> Result<Config, Error> {
    Config::parse_in(Some(dsn), options.iter().copied(), "script", environment)
}

fn parsed(dsn: &str, options: &[(&str, &str)]) -> Config {
    parsed_in(&Fake::default(), dsn, options).unwrap()
}

fn refused(dsn: &str) -> String {
    parsed_in(&Fake::default(), dsn, &[])
        .unwrap_err()
        .to_string()
}

fn hosts(config: &Config) -> Vec<String> {
    config.hosts().iter().map(ToString::to_string).collect()
}

fn parameter<'a>(config: &'a Config, name: &str) -> Option<&'a str> {
    config
        .parameters()
        .iter()
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.as_str())
}

#[test]
fn options_come_before_the_service_before_the_environment() {
    let environment = Fake::with_variables(&[
        ("PGHOST", "from-env"),
        ("PGPORT", "1"),
        ("PGDATABASE", "from-env"),
        ("PGUSER", "from-env"),
        ("PGAPPNAME", "from-env"),
        ("PGSERVICE", "s"),
    ])
    .file(
        "/home/rider/.pg_service.conf",
        0o600,
        "[s]\nhost=from-service\nport=2\ndbname=from-service\n",
    );
    let config = parsed_in(&environment, "host=from-dsn port=3", &[("host", "given")]).unwrap();
    assert_eq!(hosts(&config), ["host `given`, port 3"]);
    assert_eq!(config.dbname(), "from-service");
    assert_eq!(config.user(), "from-env");
    assert_eq!(parameter(&config, "application_name"), Some("from-env"));
    // a service named in the connection string comes before PGSERVICE
    let other = parsed_in(&environment, "service=none", &[]).unwrap_err();
    assert!(
        other.message().contains("service `none` is not defined"),
        "{other}"
    );
}

#[test]
fn defaults_are_libpqs() {
    let config = parsed("", &[]);
    let sockets = [
        "socket `/var/run/postgresql/.s.PGSQL.5432`",
        "socket `/tmp/.s.PGSQL.5432`",
    ];
    assert_eq!(hosts(&config), sockets);
    assert_eq!((config.user(), config.dbname()), ("rider", "rider"));
    assert_eq!(config.tls().mode, SslMode::Prefer);
    assert_eq!(config.connect_timeout(), None);
    assert!(config.keepalive().enabled);
    assert_eq!(parameter(&config, "application_name"), Some("script"));
    assert_eq!(parameter(&config, "client_encoding"), Some("UTF8"));
    assert_eq!(config.statement_cache_size(), 256);
    let config = parsed("user=ann", &[("fallback_application_name", "f")]);
    assert_eq!(config.dbname(), "ann");
    assert_eq!(parameter(&config, "application_name"), Some("f"));
}

#[test]
fn hosts_addresses_and_ports_pair_up() {
    let config = parsed("host=a,/s,@abs,::1 port=1,2,,4", &[]);
    let expected = [
        "host `a`, port 1",
        "socket `/s/.s.PGSQL.2`",
        "socket `@abs/.s.PGSQL.5432`",
        "host `::1`, port 4",
    ];
    assert_eq!(hosts(&config), expected);
    let config = parsed("host=a,b hostaddr=10.0.0.1, port=7", &[]);
    assert_eq!(
        hosts(&config),
        ["host `a` (10.0.0.1), port 7", "host `b`, port 7"]
    );
    assert!(refused("host=a,b hostaddr=10.0.0.1").contains("`host` lists 2 servers"));
    assert!(refused("host=a,b,c port=1,2").contains("2 ports for 3 hosts"));
    assert!(refused("hostaddr=db").contains("expected an IP address, found `db`"));
}

#[test]
fn values_are_checked_early_and_say_where_they_came_from() {
    for (dsn, part) in [
        ("port=0", "from 1 to 65535"),
        ("port=70000", "from 1 to 65535"),
        ("connect_timeout=soon", "whole number of seconds"),
        ("sslmode=always", "`verify-full`"),
        ("keepalives=yes", "`0` or `1`"),
        ("target_session_attrs=fast", "`prefer-standby`"),
        ("channel_binding=maybe", "`require`"),
        ("require_auth=md5,!password", "cannot be mixed"),
        ("client_encoding=LATIN1", "`UTF8`, the only encoding"),
        (
            "min_protocol_version=3.2 max_protocol_version=3.0",
            "not below",
        ),
        (
            "ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2",
            "not below",
        ),
        ("sslmode=verify-full", "needs a root certificate"),
        (
            "sslrootcert=system sslmode=require",
            "needs `sslmode=verify-full`",
        ),
        (
            "sslnegotiation=direct",
            "needs `sslmode=require` or stronger",
        ),
        ("gssencmode=require", "does not support"),
        ("statement_cache_size=-1", "0 for no cache"),
        ("dbnam=x", "did you mean `dbname`?"),
        (
            "postgresql://h/d?colour=blue",
            "unknown connection option `colour`",
        ),
    ] {
        let message = refused(dsn);
        assert!(message.contains(part), "{dsn}: {message}");
    }
    let environment = Fake::with_variables(&[("PGPORT", "x")]);
    let message = parsed_in(&environment, "", &[]).unwrap_err().to_string();
    assert!(
        message.contains("from environment variable `PGPORT`"),
        "{message}"
    );
}

#[test]
fn every_variable_of_libpq_is_read() {
    let variables = [
        ("PGHOSTADDR", "10.0.0.1"),
        ("PGPASSWORD", "pw"),
        ("PGOPTIONS", "-c geqo=off"),
        ("PGCONNECT_TIMEOUT", "7"),
        ("PGSSLMODE", "require"),
        ("PGSSLNEGOTIATION", "direct"),
        ("PGSSLSNI", "0"),
        ("PGCHANNELBINDING", "require"),
        ("PGREQUIREAUTH", "scram-sha-256"),
        ("PGTARGETSESSIONATTRS", "primary"),
        ("PGLOADBALANCEHOSTS", "random"),
        ("PGREQUIREPEER", "postgres"),
        ("PGMAXPROTOCOLVERSION", "3.0"),
        ("PGCLIENTENCODING", "utf-8"),
        ("PGTZ", "Europe/Prague"),
        ("PGDATESTYLE", "ISO, DMY"),
        ("PGGEQO", "default"),
    ];
    let config = parsed_in(&Fake::with_variables(&variables), "", &[]).unwrap();
    assert_eq!(hosts(&config), ["host `10.0.0.1`, port 5432"]);
    assert_eq!(config.hosts()[0].password, Some("pw".into()));
    assert_eq!(parameter(&config, "options"), Some("-c geqo=off"));
    assert_eq!(parameter(&config, "timezone"), Some("Europe/Prague"));
    assert_eq!(parameter(&config, "datestyle"), Some("ISO, DMY"));
    assert_eq!(parameter(&config, "geqo"), None);
    assert_eq!(config.connect_timeout(), Some(Duration::from_secs(7)));
    assert_eq!(config.tls().mode, SslMode::Require);
    assert!(config.tls().direct && !config.tls().server_name);
    assert_eq!(config.channel_binding(), ChannelBinding::Require);
    assert!(config.require_auth().demands_proof() && config.random_order());
    assert_eq!(config.target_session(), TargetSession::Primary);
    assert_eq!(config.require_peer(), Some("postgres"));
    assert_eq!(config.protocol().max, ProtocolVersion::V3_0);
    let environment = Fake::with_variables(&[("PGREQUIRESSL", "1")]);
    assert_eq!(
        parsed_in(&environment, "", &[]).unwrap().tls().mode,
        SslMode::Require
    );
}

#[test]
fn passwords_come_from_the_passfile_for_each_host() {
    let environment = Fake::default().file(
        "/home/rider/.pgpass",
        0o600,
        "a:*:*:*:for a\nlocalhost:*:*:*:for sockets\n",
    );
    let passwords = |dsn: &str| -> Vec<Option<Secret>> {
        let config = parsed_in(&environment, dsn, &[]).unwrap();
        config
            .hosts()
            .iter()
            .map(|host| host.password.clone())
            .collect()
    };
    assert_eq!(passwords("host=a,b"), [Some("for a".into()), None]);
    assert_eq!(
        passwords(""),
        [Some("for sockets".into()), Some("for sockets".into())]
    );
    assert_eq!(passwords("host=a password=given"), [Some("given".into())]);
    let environment = Fake::with_variables(&[("PGPASSFILE", "/p")]).file("/p", 0o666, "*:*:*:*:x");
    let config = parsed_in(&environment, "host=a", &[]).unwrap();
    assert_eq!(config.hosts()[0].password, None);
    assert!(
        config.warnings()[0].contains("its mode is 0666"),
        "{:?}",
        config.warnings()
    );
}

#[test]
fn the_home_directory_has_certificates() {
    let environment = Fake::default()
        .file("/home/rider/.postgresql/root.crt", 0o644, "")
        .file("/home/rider/.postgresql/postgresql.crt", 0o644, "")
        .file("/home/rider/.postgresql/postgresql.key", 0o600, "");
    let config = parsed_in(&environment, "sslmode=verify-full", &[]).unwrap();
    let root = PathBuf::from("/home/rider/.postgresql/root.crt");
    assert_eq!(config.tls().roots, RootCertificates::File(root));
    assert!(config.tls().certificate.is_some() && config.tls().key.is_some());
    let config = parsed("sslrootcert=system", &[]);
    assert_eq!(config.tls().mode, SslMode::VerifyFull);
    let config = parsed("sslrootcert=~/r.crt", &[]);
    assert_eq!(
        config.tls().roots,
        RootCertificates::File("/home/rider/r.crt".into())
    );
}

#[test]
fn secrets_are_never_shown() {
    let secrets = [("password", "hunter2"), ("sslpassword", "hunter3")];
    let config = parsed("host=h application_name='a b' options=''", &secrets);
    let text = format!("{config} {config:?}");
    assert!(!text.contains("hunter"), "{text}");
    let shown = "application_name='a b' host=h options='' password=*** sslpassword=***";
    assert_eq!(config.to_string(), shown);
    assert_eq!(
        (config.get("password"), config.get("host")),
        (None, Some("h"))
    );
    assert_eq!((config.get("port"), config.get("nonsense")), (None, None));
    for dsn in [
        "postgresql://u:hunter2@[h",
        "postgresql://u:hunter2%@h",
        "password='hunter2",
    ] {
        assert!(!refused(dsn).contains("hunter2"), "{dsn}");
    }
}

#[test]
fn options_are_replaced_or_taken_back() {
    let config = parsed("host=a port=1 user=u", &[]);
    let other = config
        .replace([("host", Some("b")), ("port", None)])
        .unwrap();
    assert_eq!(hosts(&other), ["host `b`, port 5432"]);
    assert_eq!(hosts(&config), ["host `a`, port 1"]);
    assert!(config.replace([("hots", None)]).is_err());
}
