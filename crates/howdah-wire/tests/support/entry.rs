//! Where hostile bytes enter: one function for each fuzz target, which the tests call, too.
//!
//! Invariants that each checks besides not panicking: no event that no request asked for is handed
//! out, and the receive buffer is bounded by what has really arrived.

use std::sync::Arc;

use howdah_wire::auth::{ChannelBinding, Method, RequireAuth};
use howdah_wire::backend::Message;
use howdah_wire::{Handshake, Inbox, Progress, ProtocolVersion, Session, Startup};

use super::asked::Asked;
use super::events::{drain, feed, read};
use super::step::Step;
use super::streams::Stream;

/// The receive buffer's size that is always allowed: what `Inbox` keeps, and some chunks.
const FREE_BYTES: usize = 512 * 1024;

/// The operation of [`session`]'s input that receives; those below it request, in this order.
const RECEIVE: u8 = 14;

/// An established session under requests and answers in any order.
///
/// `data` is a list of operations: a byte, of which the lower four bits count, for a request; or
/// 14 or 15, a length of two bytes and as many bytes, for what is received next.
pub fn session(data: &[u8]) {
    let mut session = fresh_session();
    let mut asked = Asked::default();
    let mut received = 0;
    let mut rest = data;
    let mut turn = 0;
    while let Some((&operation, after)) = rest.split_first() {
        let operation = operation & 15;
        if operation < RECEIVE {
            rest = after;
            request(operation, &mut session, &mut asked);
            continue;
        }
        let (piece, after) = piece(after);
        rest = after;
        feed(&mut session, piece);
        received += piece.len();
        let short_way = || {
            turn += 1;
            turn % 3 != 0
        };
        let take = |message: &Message<'_>| {
            asked.check(message);
            read(message);
        };
        if drain(&mut session, short_way, take).is_err() {
            return;
        }
        let bound = FREE_BYTES + 4 * received;
        assert!(
            session.spare().len() <= bound,
            "more room than any message needs"
        );
    }
}

/// A login, from the first byte of the server's on.
///
/// `data` is a byte of options (1: there is a password, 2: the server must authenticate itself,
/// 4: protocol 3.0 only) and a list of pieces, each of two bytes' length, that are received.
pub fn handshake(data: &[u8]) {
    let Some((&options, mut rest)) = data.split_first() else {
        return;
    };
    let mut handshake = Handshake::new(startup(options)).unwrap();
    while !rest.is_empty() {
        let (piece, after) = piece(rest);
        rest = after;
        feed_handshake(&mut handshake, piece);
        handshake.sent(handshake.outgoing().len());
        match handshake.advance() {
            Ok(Progress::Waiting(waiting)) => handshake = waiting,
            Ok(Progress::Ready(mut session, _)) => {
                // nothing was requested: whatever follows the login must be unasked
                let _ = drain(&mut session, || false, |it| Asked::default().check(it));
                return;
            }
            Err(_) => return,
        }
    }
}

/// The input of [`session`] or [`handshake`] that repeats a captured stream.
pub fn seed(stream: &Stream) -> Vec<u8> {
    let mut data = Vec::new();
    if stream.is_login() {
        data.push(1);
    }
    let mut bytes = stream.bytes.as_slice();
    for step in &stream.steps {
        if let Step::Receive(count) = step {
            let (received, after) = bytes.split_at(*count);
            bytes = after;
            for piece in received.chunks(usize::from(u16::MAX)) {
                if !stream.is_login() {
                    data.push(RECEIVE);
                }
                data.extend((piece.len() as u16).to_be_bytes());
                data.extend(piece);
            }
        }
        data.extend(operation(step));
    }
    data
}

/// What the captured login logged in with; see `tools/capture_streams.py`.
pub fn startup(options: u8) -> Startup {
    Startup {
        user: "stream".to_owned(),
        parameters: vec![("database".to_owned(), "stream".to_owned())],
        password: (options & 1 != 0).then(|| "pencil".into()),
        require_auth: if options & 2 == 0 {
            RequireAuth::Any
        } else {
            RequireAuth::Only(vec![Method::ScramSha256])
        },
        channel_binding: ChannelBinding::Prefer,
        tls: None,
        max_version: if options & 4 == 0 {
            ProtocolVersion::V3_2
        } else {
            ProtocolVersion::V3_0
        },
        min_version: ProtocolVersion::V3_0,
        nonce: [7; 18],
        keys: Arc::default(),
    }
}

/// A session that has just logged in.
pub fn fresh_session() -> Session {
    let version = ProtocolVersion::V3_2;
    Session::new(
        Inbox::default(),
        version,
        std::collections::BTreeMap::new(),
        None,
    )
}

/// Copies `bytes` into the handshake, as a mover that receives them.
pub fn feed_handshake(handshake: &mut Handshake, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let spare = handshake.spare();
        let (piece, rest) = bytes.split_at(bytes.len().min(spare.len()));
        spare[..piece.len()].copy_from_slice(piece);
        handshake.fed(piece.len());
        bytes = rest;
    }
}

fn request(operation: u8, session: &mut Session, asked: &mut Asked) {
    let step = requests().swap_remove(usize::from(operation));
    // a simple query within a unit is refused
    if step.request(session).is_ok() {
        asked.note(&step);
    }
    // as a socket that takes part of what it is given
    session.sent(session.outgoing().len() / 2);
}

/// One of each request: the text in them is nothing to the session. The index is the operation.
fn requests() -> Vec<Step> {
    let text = String::new;
    let requests = vec![
        Step::Query(text()),
        Step::Parse(text(), text(), vec![23]),
        Step::DescribeStatement(text()),
        Step::DescribePortal(text()),
        Step::Bind(text(), text(), vec![], vec![None], vec![1]),
        Step::Execute(text(), 0),
        Step::CloseStatement(text()),
        Step::ClosePortal(text()),
        Step::Sync,
        Step::Flush,
        Step::CopyData("6c696e650a".to_owned()),
        Step::CopyDone,
        Step::CopyFail(text()),
        Step::Terminate,
    ];
    assert_eq!(requests.len(), usize::from(RECEIVE));
    requests
}

/// The operation that makes a request like `step`, if it is a request.
fn operation(step: &Step) -> Option<u8> {
    let same = |it: &Step| std::mem::discriminant(it) == std::mem::discriminant(step);
    requests().iter().position(same).map(|index| index as u8)
}

/// The next piece of what is received, and what comes after it.
fn piece(data: &[u8]) -> (&[u8], &[u8]) {
    match data.split_first_chunk::<2>() {
        Some((length, rest)) => {
            rest.split_at(usize::from(u16::from_be_bytes(*length)).min(rest.len()))
        }
        None => (&[], &[]),
    }
}
