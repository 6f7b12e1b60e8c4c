//! Logging in: every authentication method, both protocol versions, cancel keys.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may panic

mod support;

use std::time::{Duration, Instant};

use howdah_driver::{Interrupt, Kind, ServerError};
use support::{PASSWORD, Programs, Server};

const HBA: &str = "\
local all all scram-sha-256
host all trusted all trust
host all cleartext all password
host all hashed all md5
host all scrammed all scram-sha-256
host all rejected all reject
";

fn start(programs: &Programs) -> Server {
    let server = Server::start(programs, HBA, "", |_| {});
    let password = PASSWORD.replace('\'', "''");
    for role in ["trusted", "cleartext", "scrammed", "rejected"] {
        server.execute(&format!("create role {role} login password '{password}'"));
    }
    // 18 warns that md5 is on its way out; that is not what is tested
    server.execute(&format!(
        "set client_min_messages = error; set password_encryption = md5; \
         create role hashed login password '{password}'"
    ));
    server
}

#[test]
fn every_method_and_version() {
    for programs in Programs::all() {
        let server = start(&programs);
        let tcp = ("host", "127.0.0.1");
        for role in ["trusted", "cleartext", "hashed", "scrammed"] {
            let established = server
                .connect(&[tcp, ("user", role), ("password", PASSWORD)])
                .unwrap_or_else(|error| panic!("{role} on {}: {error}", programs.major));
            let shown = format!("{established:?}");
            assert!(!shown.contains(PASSWORD) && shown.len() < 4000, "{shown}");
            let session = &established.session;
            assert_eq!(session.parameter("session_authorization"), Some(role));
            assert_eq!(session.parameter("client_encoding"), Some("UTF8"));
            assert_eq!(session.parameter("application_name"), Some("howdah tests"));
            let minor = if programs.major >= 18 { 2 } else { 0 };
            assert_eq!(session.version().minor, minor);
            let key = session.cancel_key().expect("a cancel key");
            assert_eq!(key.secret.len(), if minor == 2 { 32 } else { 4 });
        }
        refusals(&server);
        methods_that_are_not_allowed(&server);
        versions(&server);
    }
}

fn refusals(server: &Server) {
    let tcp = ("host", "127.0.0.1");
    for role in ["cleartext", "hashed", "scrammed"] {
        let error = server
            .connect(&[tcp, ("user", role), ("password", "wrong")])
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Server, "{error}");
        assert_eq!(error.server().map(ServerError::sqlstate), Some("28P01"));
        assert!(
            error.message().starts_with("host `127.0.0.1`, port "),
            "{error}"
        );

        let options = [tcp, ("user", role), ("passfile", "/nonexistent")];
        let error = server.connect(&options).unwrap_err();
        assert_eq!(error.kind(), Kind::Configuration);
        assert!(error.message().contains("asks for a password"), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("PGPASSWORD")));
    }
    let error = server.connect(&[tcp, ("user", "rejected")]).unwrap_err();
    assert_eq!(error.server().map(ServerError::sqlstate), Some("28000"));
    let error = server.connect(&[("dbname", "nothing")]).unwrap_err();
    assert_eq!(error.server().map(ServerError::sqlstate), Some("3D000"));
}

fn methods_that_are_not_allowed(server: &Server) {
    let login = |role, require_auth| {
        server.connect(&[
            ("host", "127.0.0.1"),
            ("user", role),
            ("password", PASSWORD),
            ("require_auth", require_auth),
        ])
    };
    assert!(login("scrammed", "scram-sha-256").is_ok());
    assert!(login("scrammed", "!password,!none").is_ok());
    assert!(login("hashed", "md5").is_ok());
    assert!(login("trusted", "none").is_ok());
    for (role, require_auth) in [
        ("cleartext", "scram-sha-256"),
        ("cleartext", "!password"),
        ("hashed", "scram-sha-256"),
        ("trusted", "scram-sha-256"),
        ("trusted", "!none"),
        ("scrammed", "none"),
    ] {
        let error = login(role, require_auth).unwrap_err();
        assert_eq!(
            error.kind(),
            Kind::Configuration,
            "{role} with {require_auth}: {error}"
        );
        assert!(error.message().contains("require_auth"), "{error}");
    }
    let options = [
        ("user", "scrammed"),
        ("password", PASSWORD),
        ("channel_binding", "require"),
    ];
    let error = server.connect(&options).unwrap_err();
    assert!(
        error.message().contains("channel binding is required"),
        "{error}"
    );
    let options = [
        ("host", "127.0.0.1"),
        ("user", "trusted"),
        ("channel_binding", "require"),
    ];
    let error = server.connect(&options).unwrap_err();
    assert!(
        error.message().contains("channel binding is required"),
        "{error}"
    );
}

fn versions(server: &Server) {
    let old = server.connect(&[("max_protocol_version", "3.0")]).unwrap();
    assert_eq!(old.session.version().minor, 0);
    let new = server.connect(&[("min_protocol_version", "3.2")]);
    if server.programs.major >= 18 {
        assert_eq!(new.unwrap().session.version().minor, 2);
    } else {
        let error = new.unwrap_err();
        assert_eq!(error.kind(), Kind::Protocol);
        assert!(
            error.message().contains("the server speaks protocol 3.0"),
            "{error}"
        );
    }
}

#[test]
fn a_connection_ends_at_its_deadline_or_when_interrupted() {
    // a listener that never answers
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let config = |timeout| {
        let options = [
            ("host", "127.0.0.1"),
            ("port", port.as_str()),
            ("connect_timeout", timeout),
        ];
        howdah_driver::Config::parse(None, options, "").unwrap()
    };
    let began = Instant::now();
    let error = howdah_driver::establish(&config("1"), &Interrupt::never()).unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout, "{error}");
    assert!((0.9..5.0).contains(&began.elapsed().as_secs_f64()));

    let interrupt = Interrupt::new().unwrap();
    let other = interrupt.clone();
    let trigger = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        other.trigger();
    });
    let began = Instant::now();
    let error = howdah_driver::establish(&config("0"), &interrupt).unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted, "{error}");
    assert!(began.elapsed() < Duration::from_secs(5));
    trigger.join().unwrap();
}

/// What only unix sockets have: their account, and a namespace without files.
#[test]
fn local_sockets() {
    let Some(programs) = Programs::find("PostgreSQL", |_| true) else {
        return;
    };
    let name = format!("howdah-{}", std::process::id());
    let server = Server::start_with(&programs, "", "", &[&format!("@{name}")], |_| {});
    let abstract_name = format!("@{name}");
    let established = server.connect(&[("host", &abstract_name)]).unwrap();
    assert_eq!(
        established.peer.to_string(),
        format!("socket `@{name}/.s.PGSQL.{}`", server.port)
    );
    let account = server.account();
    assert!(server.connect(&[("requirepeer", &account)]).is_ok());
    let error = server.connect(&[("requirepeer", "somebody")]).unwrap_err();
    assert!(
        error
            .message()
            .contains(&format!("the server runs as `{account}`")),
        "{error}"
    );

    let long = format!("/{}", "d".repeat(120));
    let error = server.connect(&[("host", &long)]).unwrap_err();
    assert!(
        error.hint().is_some_and(|hint| hint.contains("107 bytes")),
        "{error}"
    );
}

/// A service file and a passfile on disk, found through options.
#[test]
fn files_on_disk() {
    let Some(programs) = Programs::find("PostgreSQL", |_| true) else {
        return;
    };
    let server = Server::start(&programs, "host all all all scram-sha-256", "", |_| {});
    server.execute("create role filed login password 'from:file'");
    let service = server.directory.join("services");
    let text = format!(
        "[music]\nhost=127.0.0.1\nport={}\nuser=filed\n",
        server.port
    );
    std::fs::write(&service, text).unwrap();
    let passfile = server.directory.join("passfile");
    std::fs::write(&passfile, "*:*:*:filed:from\\:file\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&passfile, mode).unwrap();
    let (service, passfile) = (
        service.display().to_string(),
        passfile.display().to_string(),
    );
    let options = [
        ("service", "music"),
        ("servicefile", service.as_str()),
        ("passfile", passfile.as_str()),
        ("dbname", "postgres"),
    ];
    let config = howdah_driver::Config::parse(None, options, "").unwrap();
    let established = howdah_driver::establish(&config, &Interrupt::never()).unwrap();
    assert_eq!(
        established.session.parameter("session_authorization"),
        Some("filed")
    );
}
