//! Several hosts: the order, what ends the search, `target_session_attrs`, the message.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may panic

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use howdah_driver::{Config, Error, Established, Interrupt, Kind, ServerError, establish};
use support::{Programs, SUPERUSER, Server};

const HBA: &str = "host all all all trust";

fn connect(ports: &[u16], options: &[(&str, &str)]) -> Result<Established, Error> {
    let hosts = vec!["127.0.0.1"; ports.len()].join(",");
    let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
    let ports = ports.join(",");
    let all = [
        ("host", hosts.as_str()),
        ("port", &ports),
        ("user", SUPERUSER),
        ("dbname", "postgres"),
        ("connect_timeout", "10"),
        ("sslmode", "disable"),
    ];
    let config = Config::parse(None, all.iter().chain(options).copied(), "")?;
    establish(&config, &Interrupt::never())
}

fn port_of(established: &Established) -> u16 {
    established.peer.host.port
}

#[test]
fn the_first_that_fits_is_taken() {
    let Some(programs) = Programs::find("PostgreSQL", |_| true) else {
        return;
    };
    let primary = Server::start(&programs, HBA, "", |_| {});
    let standby = Server::start(&programs, HBA, "", |directory| {
        std::fs::write(directory.join("data/standby.signal"), "").unwrap();
        support::give_away(&directory.join("data/standby.signal"));
    });
    let read_only = Server::start(&programs, HBA, "default_transaction_read_only=on", |_| {});
    let nobody = support::free_port();
    let ports = [nobody, standby.port, read_only.port, primary.port];
    for (target, expected) in [
        ("any", standby.port),
        ("primary", read_only.port),
        ("standby", standby.port),
        ("read-only", standby.port),
        ("read-write", primary.port),
        ("prefer-standby", standby.port),
    ] {
        let established = connect(&ports, &[("target_session_attrs", target)]).unwrap();
        assert_eq!(port_of(&established), expected, "{target}");
    }
    let established = connect(
        &[primary.port],
        &[("target_session_attrs", "prefer-standby")],
    );
    assert_eq!(port_of(&established.unwrap()), primary.port);

    let error = connect(
        &[nobody, standby.port],
        &[("target_session_attrs", "read-write")],
    );
    let message = error.unwrap_err().to_string();
    assert!(
        message.starts_with("none of 2 attempts to connect succeeded\n"),
        "{message}"
    );
    assert!(message.contains(&format!(
        "port {nobody}: cannot connect: connection refused"
    )));
    assert!(message.contains(&format!("port {}: the session is read-only", standby.port)));
    refusals_end_the_search(&primary, nobody);
    random_order(&[primary.port, read_only.port]);
}

fn refusals_end_the_search(server: &Server, nobody: u16) {
    let error = connect(&[nobody, server.port, nobody], &[("dbname", "none")]).unwrap_err();
    assert_eq!(error.server().map(ServerError::sqlstate), Some("3D000"));
    assert!(error.message().contains("none of 2 attempts"), "{error}");
    let error = connect(&[nobody], &[]).unwrap_err();
    assert_eq!(error.kind(), Kind::Io);
    assert_eq!(
        error.message(),
        format!("host `127.0.0.1`, port {nobody}: cannot connect: connection refused")
    );
    assert!(error.hint().unwrap().contains("is the server running"));
}

fn random_order(ports: &[u16]) {
    let reached: std::collections::BTreeSet<u16> = (0..40)
        .map(|_| port_of(&connect(ports, &[("load_balance_hosts", "random")]).unwrap()))
        .collect();
    assert_eq!(
        reached.len(),
        2,
        "40 random choices of 2 reach both, but for one time in 10^12"
    );
}

/// Plays a server: for each connection waits for the client's message and answers with the next
/// script, and so on until the scripts of that connection end.
fn scripted(connections: Vec<Vec<Vec<u8>>>) -> (u16, JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let mut heard = Vec::new();
        for answers in connections {
            let (mut socket, _) = listener.accept().unwrap();
            for answer in answers {
                let mut message = vec![0; 4096];
                let received = socket.read(&mut message).unwrap();
                message.truncate(received);
                heard.push(message);
                socket.write_all(&answer).unwrap();
            }
        }
        heard
    });
    (port, thread)
}

const ADMITTED: &[u8] = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";

fn one_value(text: &str) -> Vec<u8> {
    let mut answer =
        b"T\0\0\0\x19\0\x01v\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0".to_vec();
    answer[4] = u8::try_from(answer.len() - 1).unwrap();
    answer.extend(b"D\0\0\0");
    answer.push(u8::try_from(10 + text.len()).unwrap());
    answer.extend(b"\0\x01\0\0\0");
    answer.push(u8::try_from(text.len()).unwrap());
    answer.extend(text.as_bytes());
    answer.extend(b"C\0\0\0\x0dSELECT 1\0Z\0\0\0\x05I");
    answer
}

/// Servers before 14 do not report `in_hot_standby`.
#[test]
fn servers_that_report_nothing_are_asked() {
    for (target, answer, fits) in [
        ("read-write", "off", true),
        ("read-write", "on", false),
        ("primary", "f", true),
        ("standby", "f", false),
    ] {
        let (port, server) = scripted(vec![vec![ADMITTED.to_vec(), one_value(answer)]]);
        let result = connect(&[port], &[("target_session_attrs", target)]);
        assert_eq!(result.is_ok(), fits, "{target} {answer}: {result:?}");
        let heard = server.join().unwrap();
        assert!(heard[1].starts_with(b"Q"));
    }
}

/// A pooler that knows no NegotiateProtocolVersion is asked again, for 3.0.
#[test]
fn a_refused_version_is_lowered_once() {
    let refusal = b"E\0\0\0\x2eSFATAL\0C08P01\0Munsupported frontend protocol\0\0".to_vec();
    let mut refusal = refusal;
    refusal[4] = u8::try_from(refusal.len() - 1).unwrap();
    let (port, server) = scripted(vec![vec![refusal.clone()], vec![ADMITTED.to_vec()]]);
    let established = connect(&[port], &[]).unwrap();
    assert_eq!(established.session.version().minor, 0);
    let heard = server.join().unwrap();
    assert_eq!(
        (&heard[0][4..8], &heard[1][4..8]),
        (&[0, 3, 0, 2][..], &[0, 3, 0, 0][..])
    );

    let (port, server) = scripted(vec![vec![refusal]]);
    let error = connect(&[port], &[("max_protocol_version", "3.2")]).unwrap_err();
    assert_eq!(error.server().map(ServerError::sqlstate), Some("08P01"));
    server.join().unwrap();
}

/// What is no PostgreSQL server gets no second chance to confuse.
#[test]
fn other_protocols_are_recognised() {
    let (port, server) = scripted(vec![vec![b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()]]);
    let error = connect(&[port], &[]).unwrap_err();
    assert!(
        matches!(error.kind(), Kind::Protocol | Kind::Limit),
        "{error:?}"
    );
    server.join().unwrap();
}
