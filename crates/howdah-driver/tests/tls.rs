//! TLS against a real server: every `sslmode`, good and bad certificates, channel binding.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may panic

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use howdah_driver::{Config, Error, Established, Interrupt, Kind, ServerError, establish};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams,
};
use support::{PASSWORD, Programs, Server};

const HBA: &str = "\
hostssl all certified all cert
hostssl all tls_only all scram-sha-256
hostnossl all plain_only all scram-sha-256
host all either all scram-sha-256
";

/// Of every certificate that is issued here.
const SERIAL_NUMBER: u64 = 4711;

/// An authority, made for one test run.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    /// A list of revoked certificates with these serial numbers, valid until `year`.
    fn revocations(&self, serial_numbers: &[u64], year: i32) -> String {
        let params = CertificateRevocationListParams {
            this_update: rcgen::date_time_ymd(2020, 1, 1),
            next_update: rcgen::date_time_ymd(year, 1, 1),
            crl_number: 1.into(),
            issuing_distribution_point: None,
            revoked_certs: serial_numbers
                .iter()
                .map(|number| RevokedCertParams {
                    serial_number: (*number).into(),
                    revocation_time: rcgen::date_time_ymd(2020, 1, 1),
                    reason_code: None,
                    invalidity_date: None,
                })
                .collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().pem().unwrap()
    }

    /// Writes a certificate and its key.
    fn issue(&self, directory: &Path, file: &str, common_name: &str, names: &[&str]) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.serial_number = Some(SERIAL_NUMBER.into());
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        write(directory, &format!("{file}.crt"), &certificate.pem());
        write(directory, &format!("{file}.key"), &key.serialize_pem());
    }
}

fn write(directory: &Path, file: &str, text: &str) -> PathBuf {
    let path = directory.join(file);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// A server with TLS and a directory of what its clients need.
struct World {
    server: Server,
    files: PathBuf,
}

impl World {
    fn new(server_name: &str, alternatives: &[&str]) -> Option<Self> {
        let programs = Programs::find("a PostgreSQL with OpenSSL", |it| it.tls)?;
        let authority = Authority::new("howdah test authority");
        let files = support::temporary_directory();
        write(&files, "root.crt", &authority.pem);
        write(
            &files,
            "other.crt",
            &Authority::new("another authority").pem,
        );
        for (file, revoked, until) in [
            ("revoked", &[SERIAL_NUMBER][..], 2099),
            ("others", &[1], 2099),
            ("outdated", &[], 2021),
        ] {
            let directory = files.join(file);
            fs::create_dir(&directory).unwrap();
            write(
                &directory,
                "root.crl",
                &authority.revocations(revoked, until),
            );
        }
        authority.issue(&files, "certified", "certified", &[]);
        let settings = "ssl=on\nssl_cert_file='../server.crt'\nssl_key_file='../server.key'\n\
                        ssl_ca_file='../root.crt'";
        let server = Server::start(&programs, HBA, settings, |directory| {
            authority.issue(directory, "server", server_name, alternatives);
            write(directory, "root.crt", &authority.pem);
        });
        for role in ["either", "tls_only", "plain_only", "certified"] {
            let password = PASSWORD.replace('\'', "''");
            server.execute(&format!("create role {role} login password '{password}'"));
        }
        Some(Self { server, files })
    }

    fn file(&self, name: &str) -> String {
        self.files.join(name).display().to_string()
    }

    fn login(&self, role: &str, options: &[(&str, &str)]) -> Result<Established, Error> {
        let all = [
            ("host", "127.0.0.1"),
            ("user", role),
            ("password", PASSWORD),
        ];
        let all: Vec<_> = all.iter().chain(options).copied().collect();
        establish(&self.server.try_config(&all)?, &Interrupt::never())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.files);
    }
}

#[test]
fn every_mode_against_a_server_with_tls() {
    let Some(world) = World::new("localhost", &["localhost", "127.0.0.1"]) else {
        return;
    };
    modes_without_checks(&world);
    modes_with_checks(&world);
    revocations(&world);
    channel_binding(&world);
    client_certificates(&world);
    versions(&world);
    large_results_and_cancel(&world);
}

fn modes_without_checks(world: &World) {
    for (mode, role, encrypted) in [
        ("disable", "either", Some(false)),
        ("allow", "either", Some(false)),
        ("prefer", "either", Some(true)),
        ("require", "either", Some(true)),
        ("disable", "tls_only", None),
        ("allow", "tls_only", Some(true)),
        ("prefer", "tls_only", Some(true)),
        ("prefer", "plain_only", Some(false)),
        ("require", "plain_only", None),
    ] {
        match (world.login(role, &[("sslmode", mode)]), encrypted) {
            (Ok(established), Some(encrypted)) => {
                assert_eq!(
                    established.transport.is_tls(),
                    encrypted,
                    "{role} with {mode}"
                );
            }
            (Err(error), None) => {
                assert_eq!(
                    error.server().map(ServerError::sqlstate),
                    Some("28000"),
                    "{error}"
                );
            }
            (found, _) => panic!("{role} with {mode}: {found:?}"),
        }
    }
    // a wrong password is told once, not tried again in clear text
    let before = world
        .server
        .log()
        .matches("password authentication failed")
        .count();
    let error = world
        .login("either", &[("sslmode", "prefer"), ("password", "wrong")])
        .unwrap_err();
    assert_eq!(error.server().map(ServerError::sqlstate), Some("28P01"));
    let after = world
        .server
        .log()
        .matches("password authentication failed")
        .count();
    assert_eq!(after - before, 1);
    // unix sockets have no TLS, whatever the mode
    let local = world.server.connect(&[("sslmode", "require")]).unwrap();
    assert!(!local.transport.is_tls());
}

fn modes_with_checks(world: &World) {
    let (root, other) = (world.file("root.crt"), world.file("other.crt"));
    for mode in ["require", "verify-ca", "verify-full"] {
        let login = |root| world.login("either", &[("sslmode", mode), ("sslrootcert", root)]);
        assert!(login(&root).unwrap().transport.is_tls(), "{mode}");
        let error = login(&other).unwrap_err();
        assert_eq!(error.kind(), Kind::Configuration, "{mode}: {error}");
        assert!(
            error.message().contains("no root certificate of ours"),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("sslrootcert"), "{error}");
    }
    let named = |host, mode| {
        let options = [
            ("host", host),
            ("hostaddr", "127.0.0.1"),
            ("sslmode", mode),
            ("sslrootcert", root.as_str()),
        ];
        world.login("either", &options)
    };
    assert!(named("localhost", "verify-full").is_ok());
    let error = named("elsewhere.example", "verify-full").unwrap_err();
    assert!(error.message().contains("another host"), "{error}");
    assert!(named("elsewhere.example", "verify-ca").is_ok());

    let missing = world.file("missing.crt");
    for mode in ["require", "verify-ca"] {
        let login = world.login("either", &[("sslmode", mode), ("sslrootcert", &missing)]);
        assert!(
            login
                .unwrap_err()
                .message()
                .contains("cannot read `sslrootcert`")
        );
    }
    let system = world
        .login("either", &[("sslrootcert", "system")])
        .unwrap_err();
    assert!(system.to_string().contains("root certificate"), "{system}");
}

fn revocations(world: &World) {
    let root = world.file("root.crt");
    let login = |option, path: &str| {
        let path = world.file(path);
        let options = [
            ("sslmode", "verify-ca"),
            ("sslrootcert", root.as_str()),
            (option, &path),
        ];
        world.login("either", &options)
    };
    for (option, good, revoked) in [
        ("sslcrl", "others/root.crl", "revoked/root.crl"),
        ("sslcrldir", "others", "revoked"),
    ] {
        assert!(login(option, good).unwrap().transport.is_tls(), "{option}");
        let error = login(option, revoked).unwrap_err();
        assert!(error.message().contains("it has been revoked"), "{error}");
    }
    assert!(login("sslcrl", "outdated/root.crl").is_err());
    let error = login("sslcrl", "root.crt").unwrap_err();
    assert!(
        error.message().contains("holds no revocation list"),
        "{error}"
    );
    let error = login("sslcrl", "missing.crl").unwrap_err();
    assert!(error.message().contains("cannot read `sslcrl`"), "{error}");
}

fn channel_binding(world: &World) {
    let options = [("channel_binding", "require"), ("sslmode", "require")];
    assert!(world.login("either", &options).is_ok());
    let options = [("channel_binding", "require"), ("sslmode", "disable")];
    assert!(
        world
            .login("either", &options)
            .unwrap_err()
            .message()
            .contains("does not use TLS")
    );
    let options = [("channel_binding", "disable"), ("sslmode", "require")];
    assert!(world.login("either", &options).is_ok());
}

fn client_certificates(world: &World) {
    let (certificate, key) = (world.file("certified.crt"), world.file("certified.key"));
    let login = |options: &[(&str, &str)]| {
        let all = [("sslmode", "require")];
        world.login(
            "certified",
            &all.iter().chain(options).copied().collect::<Vec<_>>(),
        )
    };
    assert!(login(&[("sslcert", &certificate), ("sslkey", &key)]).is_ok());
    assert!(login(&[]).is_err());
    let disabled = [
        ("sslcert", &*certificate),
        ("sslkey", &*key),
        ("sslcertmode", "disable"),
    ];
    assert!(login(&disabled).is_err());
    let error = login(&[("sslcert", &certificate)]).unwrap_err();
    assert!(error.message().contains("no private key"), "{error}");

    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let error = login(&[("sslcert", &certificate), ("sslkey", &key)]).unwrap_err();
    assert!(
        error
            .message()
            .contains("can be read by others: its mode is 0644"),
        "{error}"
    );
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    encrypted_key(world, &certificate, &key);
}

fn encrypted_key(world: &World, certificate: &str, key: &str) {
    let encrypted = write(&world.files, "encrypted.key", "");
    let openssl = Command::new("openssl")
        .args([
            "pkcs8",
            "-topk8",
            "-v2",
            "aes256",
            "-passout",
            "pass:open sesame",
            "-in",
            key,
        ])
        .arg("-out")
        .arg(&encrypted)
        .status();
    if !openssl.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: encrypted keys: the `openssl` command is not installed here");
        return;
    }
    let encrypted = encrypted.display().to_string();
    let login = |password: &[(&str, &str)]| {
        let options = [
            ("sslmode", "require"),
            ("sslcert", certificate),
            ("sslkey", encrypted.as_str()),
        ];
        world.login(
            "certified",
            &options.iter().chain(password).copied().collect::<Vec<_>>(),
        )
    };
    assert!(login(&[("sslpassword", "open sesame")]).is_ok());
    let error = login(&[("sslpassword", "wrong")]).unwrap_err();
    assert!(error.message().contains("cannot be decrypted"), "{error}");
    let error = login(&[]).unwrap_err();
    assert_eq!(error.hint(), Some("give `sslpassword`"));
}

fn versions(world: &World) {
    for version in ["TLSv1.2", "TLSv1.3"] {
        let options = [
            ("sslmode", "require"),
            ("ssl_min_protocol_version", version),
            ("ssl_max_protocol_version", version),
            ("channel_binding", "require"),
        ];
        assert!(world.login("either", &options).is_ok(), "{version}");
    }
}

/// More than every buffer on the way holds, in both directions.
fn large_results_and_cancel(world: &World) {
    let mut established = world.login("either", &[("sslmode", "require")]).unwrap();
    let text = "x".repeat(3_000_000);
    established
        .session
        .query(&format!("select '{text}', 'end'"))
        .unwrap();
    let received = run(&mut established);
    assert!(received > 3_000_000, "{received}");
    assert!(!established.transport.has_buffered());

    let canceller = established.canceller.clone().unwrap();
    established.session.query("select pg_sleep(60)").unwrap();
    let cancel = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        canceller.cancel(Duration::from_secs(10), &Interrupt::never())
    });
    run(&mut established);
    cancel.join().unwrap().unwrap();
}

/// Sends what is outgoing and receives until the session is idle; how many bytes came.
fn run(established: &mut Established) -> usize {
    let Established {
        transport, session, ..
    } = established;
    let mut received = 0;
    loop {
        while session.next_event().unwrap().is_some() {}
        if session.is_idle() && session.outgoing().is_empty() {
            return received;
        }
        let interest = if session.outgoing().is_empty() && !transport.wants_write() {
            howdah_driver::Interest::Readable
        } else {
            howdah_driver::Interest::Both
        };
        let ready = transport.wait(interest, None).unwrap();
        if ready.writable {
            let _ = transport.flush_pending();
            if let Ok(sent) = transport.send(session.outgoing()) {
                session.sent(sent);
            }
        }
        if ready.readable
            && let Ok(count) = transport.try_receive(session.spare())
        {
            session.fed(count);
            received += count;
        }
    }
}

#[test]
fn a_certificate_without_alternative_names_speaks_by_its_common_name() {
    let Some(world) = World::new("localhost", &[]) else {
        return;
    };
    let root = world.file("root.crt");
    let login = |host| {
        let options = [
            ("host", host),
            ("hostaddr", "127.0.0.1"),
            ("sslmode", "verify-full"),
            ("sslrootcert", root.as_str()),
        ];
        world.login("either", &options)
    };
    assert!(login("localhost").is_ok());
    assert!(
        login("elsewhere")
            .unwrap_err()
            .message()
            .contains("another host")
    );
}

#[test]
fn a_self_signed_certificate_is_its_own_root() {
    let Some(programs) = Programs::find("a PostgreSQL with OpenSSL", |it| it.tls) else {
        return;
    };
    let authority = Authority::new("localhost");
    let settings = "ssl=on\nssl_cert_file='../server.crt'\nssl_key_file='../server.key'";
    let server = Server::start(&programs, "host all all all trust", settings, |directory| {
        write(directory, "server.crt", &authority.pem);
        write(
            directory,
            "server.key",
            &authority.issuer.key().serialize_pem(),
        );
    });
    let root = server.directory.join("server.crt").display().to_string();
    let login = |host| {
        server.connect(&[
            ("host", host),
            ("hostaddr", "127.0.0.1"),
            ("sslmode", "verify-full"),
            ("sslrootcert", &root),
        ])
    };
    assert!(login("localhost").unwrap().transport.is_tls());
    assert!(login("elsewhere").is_err());

    let other = write(
        &server.directory,
        "other.crt",
        &Authority::new("localhost").pem,
    );
    let options = [
        ("host", "127.0.0.1"),
        ("sslmode", "verify-ca"),
        ("sslrootcert", other.to_str().unwrap()),
    ];
    let error = server.connect(&options).unwrap_err();
    assert!(
        error
            .message()
            .contains("self-signed and not a root certificate"),
        "{error}"
    );
}

/// What `openssl x509 -req` makes without an extension file.
#[test]
fn a_certificate_of_version_1_is_explained() {
    let Some(programs) = Programs::find("a PostgreSQL with OpenSSL", |it| it.tls) else {
        return;
    };
    let authority = Authority::new("howdah test authority");
    let settings = "ssl=on\nssl_cert_file='../server.crt'\nssl_key_file='../server.key'";
    let openssl = |directory: &Path, arguments: &str| {
        let mut command = Command::new("openssl");
        let done = command
            .current_dir(directory)
            .args(arguments.split(' '))
            .output()
            .ok()?;
        done.status
            .success()
            .then(|| String::from_utf8_lossy(&done.stdout).into_owned())
    };
    let mut made = false;
    let server = Server::start(&programs, "host all all all trust", settings, |directory| {
        write(directory, "root.crt", &authority.pem);
        write(
            directory,
            "root.key",
            &authority.issuer.key().serialize_pem(),
        );
        let request = "req -new -nodes -subj /CN=localhost -newkey rsa:2048 \
                       -keyout server.key -out server.csr";
        let sign = "x509 -req -in server.csr -CA root.crt -CAkey root.key \
                    -CAcreateserial -out server.crt";
        let show = "x509 -in server.crt -noout -text";
        made = openssl(directory, request)
            .and_then(|_| openssl(directory, sign))
            .and_then(|_| openssl(directory, show))
            .is_some_and(|text| text.contains("Version: 1 "));
        if !made {
            authority.issue(directory, "server", "localhost", &[]);
        }
    });
    if !made {
        eprintln!(
            "SKIPPED: certificates of version 1: the `openssl` command is not installed here"
        );
        return;
    }
    let root = server.directory.join("root.crt").display().to_string();
    let login = |mode| {
        server.connect(&[
            ("host", "127.0.0.1"),
            ("sslmode", mode),
            ("sslrootcert", &root),
        ])
    };
    let error = login("verify-ca").unwrap_err();
    assert!(error.message().contains("X.509 version 1"), "{error}");
    assert!(error.hint().unwrap().contains("subjectAltName"));
}

#[test]
fn a_server_without_tls() {
    let Some(programs) = Programs::find("PostgreSQL", |_| true) else {
        return;
    };
    let server = Server::start(&programs, "host all all all trust", "ssl=off", |_| {});
    let login = |mode| server.connect(&[("host", "127.0.0.1"), ("sslmode", mode)]);
    for mode in ["disable", "allow", "prefer"] {
        assert!(!login(mode).unwrap().transport.is_tls(), "{mode}");
    }
    let error = login("require").unwrap_err();
    assert!(error.message().contains("does not offer TLS"), "{error}");
}

/// Bytes that follow the clear-text `S` are somebody else's (CVE-2021-23222).
#[test]
fn bytes_smuggled_in_before_tls_are_found() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let peer = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        socket.read_exact(&mut [0; 8]).unwrap();
        socket.write_all(b"SE\0\0\0\x09smuggled").unwrap();
    });
    let options = [
        ("host", "127.0.0.1"),
        ("port", port.as_str()),
        ("sslmode", "require"),
    ];
    let config = Config::parse(None, options, "").unwrap();
    let error = establish(&config, &Interrupt::never()).unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol);
    assert!(
        error.message().contains("unencrypted bytes follow"),
        "{error}"
    );
    peer.join().unwrap();
}

/// TLS from the first byte, which servers have since 17.
#[test]
fn direct_negotiation() {
    let what = "a PostgreSQL 17 or newer with OpenSSL";
    let Some(programs) = Programs::find(what, |it| it.tls && it.major >= 17) else {
        return;
    };
    let authority = Authority::new("localhost");
    let settings = "ssl=on\nssl_cert_file='../server.crt'\nssl_key_file='../server.key'";
    let server = Server::start(&programs, "host all all all trust", settings, |directory| {
        authority.issue(directory, "server", "localhost", &["localhost"]);
    });
    let options = [
        ("host", "127.0.0.1"),
        ("sslmode", "require"),
        ("sslnegotiation", "direct"),
    ];
    let established = server.connect(&options).unwrap();
    assert!(established.transport.is_tls());
    let canceller = established.canceller.unwrap();
    canceller
        .cancel(Duration::from_secs(10), &Interrupt::never())
        .unwrap();
}
