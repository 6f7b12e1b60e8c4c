use proptest::prelude::*;

use super::*;

const OK: &[u8] = b"R\0\0\0\x08\0\0\0\0";
const READY: &[u8] = b"Z\0\0\0\x05I";

fn startup() -> Startup {
    Startup {
        user: "user".to_owned(),
        parameters: vec![("database".to_owned(), "db".to_owned())],
        password: Some("pencil".into()),
        require_auth: RequireAuth::Any,
        channel_binding: ChannelBinding::Prefer,
        tls: None,
        max_version: ProtocolVersion::V3_2,
        min_version: ProtocolVersion::V3_0,
        nonce: [7; NONCE_BYTES],
        keys: Arc::default(),
    }
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend(u32::try_from(body.len() + 4).unwrap().to_be_bytes());
    bytes.extend(body);
    bytes
}

fn demand(code: u32, data: &[u8]) -> Vec<u8> {
    message(b'R', &[&code.to_be_bytes(), data].concat())
}

/// A handshake that is waiting, after `bytes`.
fn feed(mut handshake: Handshake, bytes: &[u8]) -> Result<Progress, HandshakeError> {
    for piece in bytes.chunks(1000) {
        handshake.spare()[..piece.len()].copy_from_slice(piece);
        handshake.fed(piece.len());
    }
    handshake.advance()
}

fn waiting(progress: Result<Progress, HandshakeError>) -> Handshake {
    match progress {
        Ok(Progress::Waiting(handshake)) => handshake,
        Ok(Progress::Ready(..)) => panic!("ready too early"),
        Err(error) => panic!("{error}"),
    }
}

fn ready(progress: Result<Progress, HandshakeError>) -> (Session, Vec<ServerError>) {
    match progress {
        Ok(Progress::Ready(session, notices)) => (session, notices),
        Ok(Progress::Waiting(_)) => panic!("not ready"),
        Err(error) => panic!("{error}"),
    }
}

fn begin(startup: Startup) -> Handshake {
    let mut handshake = Handshake::new(startup).unwrap();
    let outgoing = handshake.outgoing().len();
    handshake.sent(outgoing);
    handshake
}

fn failure(startup: Startup, bytes: &[u8]) -> HandshakeError {
    match feed(begin(startup), bytes) {
        Ok(_) => panic!("the handshake went on"),
        Err(error) => error,
    }
}

/// What a server says after the login, with everything that may come there.
fn account_of_itself() -> Vec<u8> {
    let key = [&77_i32.to_be_bytes()[..], &[9; 256]].concat();
    [
        message(b'S', b"server_version\x0018.4\0"),
        message(b'N', b"SWARNING\0C01000\0Mbeware\0\0"),
        message(b'K', &key),
        message(b'S', b"in_hot_standby\0off\0"),
        READY.to_vec(),
    ]
    .concat()
}

#[test]
fn the_startup_message_asks_for_3_2() {
    let handshake = Handshake::new(startup()).unwrap();
    let expected = b"\0\0\0\x1f\0\x03\0\x02user\0user\0database\0db\0\0";
    assert_eq!(handshake.outgoing(), expected);
}

#[test]
fn trust_leads_to_a_session_with_everything_the_server_said() {
    let (session, notices) = ready(feed(begin(startup()), &[OK, &account_of_itself()].concat()));
    assert_eq!(session.parameter("server_version"), Some("18.4"));
    assert_eq!(session.parameter("in_hot_standby"), Some("off"));
    let key = session.cancel_key().unwrap();
    assert_eq!((key.process_id, key.secret.len()), (77, 256));
    assert_eq!(session.version(), ProtocolVersion::V3_2);
    assert_eq!(notices[0].message(), "beware");
}

#[test]
fn passwords_are_sent_as_asked() {
    let handshake = waiting(feed(begin(startup()), &demand(3, b"")));
    assert_eq!(handshake.outgoing(), message(b'p', b"pencil\0"));
    let handshake = waiting(feed(
        begin(startup()),
        &demand(5, &[0x2a, 0x3d, 0x0f, 0x60]),
    ));
    assert_eq!(
        handshake.outgoing(),
        message(b'p', b"md5a192ef73218293a420fbea13863f6c10\0")
    );
    ready(feed(handshake, &[OK, READY].concat()));
}

/// A SCRAM handshake that waits for the server's proof, and that proof.
fn proving() -> (Handshake, String) {
    let mut handshake = waiting(feed(begin(startup()), &demand(10, b"SCRAM-SHA-256\0\0")));
    let first = String::from_utf8_lossy(handshake.outgoing()).into_owned();
    handshake.sent(first.len());
    let first_bare = first.split_once("n,,").unwrap().1;
    let server_first = format!(
        "{}server,s=c2FsdA==,i=3",
        first_bare.trim_start_matches("n=,")
    );
    let handshake = waiting(feed(handshake, &demand(11, server_first.as_bytes())));
    let last = String::from_utf8_lossy(&handshake.outgoing()[5..]).into_owned();
    let without_proof = last.split_once(",p=").unwrap().0;
    let auth_message = format!("{first_bare},{server_first},{without_proof}");
    (
        handshake,
        auth::scram::server_final("pencil", b"salt", 3, &auth_message),
    )
}

#[test]
fn scram_ends_when_both_have_proven_themselves() {
    let (handshake, server_final) = proving();
    let answer = [&demand(12, server_final.as_bytes())[..], OK, READY].concat();
    ready(feed(handshake, &answer));
}

#[test]
fn a_server_that_proves_nothing_is_refused() {
    let (handshake, _) = proving();
    let refused = feed(handshake, &[OK, READY].concat()).err().unwrap();
    assert!(
        matches!(refused, HandshakeError::Auth(AuthError::Unproven)),
        "{refused}"
    );

    let (handshake, _) = proving();
    let wrong = demand(12, b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    let refused = feed(handshake, &wrong).err().unwrap();
    assert!(
        matches!(refused, HandshakeError::Auth(AuthError::Scram(_))),
        "{refused}"
    );

    let (handshake, _) = proving();
    let refused = feed(handshake, &demand(3, b"")).err().unwrap();
    assert!(
        matches!(refused, HandshakeError::Auth(AuthError::OutOfOrder(_))),
        "{refused}"
    );
}

#[test]
fn nothing_is_sent_to_a_method_that_is_not_allowed() {
    let only_scram = || Startup {
        require_auth: "scram-sha-256".parse().unwrap(),
        ..startup()
    };
    let refused = failure(only_scram(), &demand(3, b""));
    assert!(
        matches!(refused, HandshakeError::Auth(AuthError::Forbidden { .. })),
        "{refused}"
    );
    let refused = failure(only_scram(), OK);
    assert!(
        matches!(refused, HandshakeError::Auth(AuthError::Incomplete)),
        "{refused}"
    );
    let bound = || Startup {
        channel_binding: ChannelBinding::Require,
        ..startup()
    };
    for demanded in [
        OK.to_vec(),
        demand(5, b"salt"),
        demand(10, b"SCRAM-SHA-256\0\0"),
    ] {
        let refused = failure(bound(), &demanded);
        let refused_for_binding = matches!(
            refused,
            HandshakeError::Auth(AuthError::NoChannelBinding(_))
        );
        assert!(refused_for_binding, "{refused}");
    }
    let refused = failure(startup(), &demand(7, b""));
    assert_eq!(
        refused.to_string(),
        "the server asks for authentication method `gss`, which is not supported"
    );
    let without = Startup {
        password: None,
        ..startup()
    };
    let refused = failure(without, &demand(3, b""));
    assert!(
        matches!(refused, HandshakeError::Auth(AuthError::NoPassword { .. })),
        "{refused}"
    );
}

#[test]
fn versions_are_lowered_within_bounds() {
    let offer = |version: u32, unknown: &[u8]| {
        let count = u32::from(!unknown.is_empty());
        message(
            b'v',
            &[&version.to_be_bytes()[..], &count.to_be_bytes(), unknown].concat(),
        )
    };
    for version in [0, 0x0003_0000] {
        let answer = [&offer(version, b"")[..], OK, READY].concat();
        let (session, _) = ready(feed(begin(startup()), &answer));
        assert_eq!(session.version(), ProtocolVersion::V3_0);
    }
    let demanding = Startup {
        min_version: ProtocolVersion::V3_2,
        ..startup()
    };
    let refused = failure(demanding, &offer(0, b""));
    assert_eq!(
        refused.to_string(),
        "the server speaks protocol 3.0, and `min_protocol_version` is 3.2"
    );
    for nonsense in [offer(2, b""), offer(9, b""), offer(0, b"_pq_.x\0")] {
        assert!(matches!(
            failure(startup(), &nonsense),
            HandshakeError::Protocol(_)
        ));
    }
}

#[test]
fn refusals_keep_all_fields_and_their_time() {
    let error = message(
        b'E',
        b"SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry\0Ddetail\0\0",
    );
    let HandshakeError::Refused {
        error: server,
        at_once,
    } = failure(startup(), &error)
    else {
        panic!("not a refusal")
    };
    assert!(at_once && server.is_fatal());
    assert_eq!(
        (server.sqlstate(), server.field(b'D')),
        ("28000", Some("detail"))
    );
    let handshake = waiting(feed(begin(startup()), &demand(3, b"")));
    let refused = feed(handshake, &error).err().unwrap();
    assert!(matches!(
        refused,
        HandshakeError::Refused { at_once: false, .. }
    ));
}

#[test]
fn messages_out_of_place_are_refused() {
    for bytes in [
        READY.to_vec(),
        message(b'D', b"\0\0"),
        [OK, &message(b'D', b"\0\0")].concat(),
        [OK, OK].concat(),
        demand(11, b"r=x"),
        message(b'E', &vec![b'x'; 40_000]),
    ] {
        let refused = failure(startup(), &bytes);
        let ours = matches!(
            refused,
            HandshakeError::Protocol(_) | HandshakeError::Auth(_)
        );
        assert!(ours, "{refused}");
    }
}

#[test]
fn a_server_that_talks_without_end_is_left() {
    let text = [b"M", vec![b'x'; 20_000].as_slice(), b"\0\0"].concat();
    let notice = message(b'N', &text);
    let mut handshake = begin(startup());
    for _ in 0..1000 {
        match feed(handshake, &notice) {
            Ok(Progress::Waiting(waiting)) => handshake = waiting,
            Ok(Progress::Ready(..)) => panic!("ready"),
            Err(error) => {
                assert!(error.to_string().contains("is not ready"), "{error}");
                return;
            }
        }
    }
    panic!("20 MB of notices were kept");
}

proptest! {
    #[test]
    fn any_split_of_the_bytes_leads_to_the_same_session(cuts in prop::collection::vec(1..40_usize, 1..40)) {
        let bytes = [OK, &account_of_itself()].concat();
        let mut handshake = begin(startup());
        let mut rest = &bytes[..];
        for cut in cuts.into_iter().cycle() {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            rest = after;
            match feed(handshake, piece).unwrap() {
                Progress::Waiting(next) => handshake = next,
                Progress::Ready(session, notices) => {
                    prop_assert!(rest.is_empty());
                    prop_assert_eq!(session.parameters().len(), 2);
                    prop_assert_eq!(notices.len(), 1);
                    return Ok(());
                }
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in prop::sample::select(b"RSKNEZv".to_vec())) {
        let _ = feed(begin(startup()), &bytes);
        let _ = feed(begin(startup()), &message(kind, &bytes));
        let _ = feed(begin(startup()), &[OK, &message(kind, &bytes)].concat());
        let _ = feed(proving().0, &demand(12, &bytes));
    }
}
