//! Streams of a real server, replayed into sessions that make the same requests: however they are
//! split or mutilated. `tools/capture_streams.py` captured them.

// a test that cannot go on shall panic
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use howdah_wire::{Error, Handshake, Progress, Session, Startup, TransactionStatus};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use sha2::{Digest, Sha256};
use support::asked::Asked;
use support::events::{Event, drain, feed};
use support::step::Step;
use support::streams::{self, Stream};
use support::{changes, entry};

static ALL: LazyLock<Vec<Stream>> =
    LazyLock::new(|| streams::load(Path::new(env!("CARGO_MANIFEST_DIR"))));

/// The exchanges of established sessions.
static EXCHANGES: LazyLock<Vec<Stream>> =
    LazyLock::new(|| ALL.iter().filter(|it| !it.is_login()).cloned().collect());

/// What comes of each exchange if its bytes arrive whole.
static OUTCOMES: LazyLock<Vec<Outcome>> = LazyLock::new(|| {
    let replayed = |stream: &Stream| {
        replay(stream, &WHOLE).unwrap_or_else(|error| panic!("{}: {error}", stream.name))
    };
    EXCHANGES.iter().map(replayed).collect()
});

/// What came of a replay.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    events: Vec<Event>,
    idle: bool,
    open_unit: bool,
    unread: bool,
    status: TransactionStatus,
    parameters: BTreeMap<String, String>,
}

/// How the bytes arrive, and on which way rows are asked for.
struct Arrival<'a> {
    /// The sizes of what is received, again and again.
    sizes: &'a [usize],
    /// Whether `next_row` is asked first, again and again.
    short_ways: &'a [bool],
}

const WHOLE: Arrival<'_> = Arrival {
    sizes: &[usize::MAX],
    short_ways: &[false],
};

/// Does what `stream` says, while its bytes arrive in pieces.
fn replay(stream: &Stream, arrival: &Arrival<'_>) -> Result<Outcome, Error> {
    let mut session = entry::fresh_session();
    let mut sizes = arrival.sizes.iter().copied().cycle();
    let mut short_ways = arrival.short_ways.iter().copied().cycle();
    let mut asked = Asked::default();
    let mut events = Vec::new();
    let mut bytes = stream.bytes.as_slice();
    for step in &stream.steps {
        step.request(&mut session)?;
        asked.note(step);
        match step {
            Step::Send(length, digest) => check_sent(&mut session, *length, digest),
            Step::Receive(count) => {
                let mut arriving = bytes.split_off(..*count).unwrap();
                while !arriving.is_empty() {
                    let size = sizes.next().unwrap().min(arriving.len());
                    feed(&mut session, arriving.split_off(..size).unwrap());
                    drain(
                        &mut session,
                        || short_ways.next().unwrap(),
                        |message| {
                            asked.check(message);
                            events.push(Event::of(message));
                        },
                    )?;
                }
            }
            _ => {}
        }
    }
    assert!(bytes.is_empty(), "the stream is longer than its steps say");
    Ok(Outcome {
        events,
        idle: session.is_idle(),
        open_unit: session.has_open_unit(),
        unread: session.has_unread(),
        status: session.status(),
        parameters: session.parameters().clone(),
    })
}

/// The session sends, byte for byte, what the server understood.
fn check_sent(session: &mut Session, length: usize, digest: &str) {
    let outgoing = session.outgoing();
    assert_eq!(outgoing.len(), length);
    assert_eq!(
        Sha256::digest(outgoing).as_slice(),
        support::step::bytes(digest)
    );
    session.sent(length);
}

/// The type bytes of the messages in `bytes`, cut in the plainest way.
fn kinds(mut bytes: &[u8]) -> String {
    let mut kinds = String::new();
    while let Some((header, _)) = bytes.split_first_chunk::<5>() {
        kinds.push(char::from(header[0]));
        let length = u32::from_be_bytes(header[1..].try_into().unwrap()) as usize;
        bytes = &bytes[1 + length..];
    }
    kinds
}

/// Each exchange with what comes of it.
fn replayed() -> impl Iterator<Item = (&'static Stream, &'static Outcome)> {
    EXCHANGES.iter().zip(&*OUTCOMES)
}

#[test]
fn each_message_of_the_server_is_one_event() {
    for (stream, outcome) in replayed() {
        // the answer to a Sync that was sent twice, and needed once, is nobody's
        let swallowed = usize::from(stream.name == "copy_refused");
        let messages = kinds(&stream.bytes).len();
        assert_eq!(
            outcome.events.len() + swallowed,
            messages,
            "{}",
            stream.name
        );
    }
}

#[test]
fn after_an_exchange_the_session_is_idle_unless_the_server_ended_it() {
    for (stream, outcome) in replayed() {
        assert_eq!(outcome.idle, stream.name != "terminated", "{}", stream.name);
        assert!(!outcome.unread && !outcome.open_unit, "{}", stream.name);
        assert_eq!(outcome.status, TransactionStatus::Idle, "{}", stream.name);
    }
}

#[test]
fn settings_that_change_on_the_way_are_known() {
    let (_, outcome) = replayed()
        .find(|(it, _)| it.name == "asynchronous")
        .unwrap();
    for (name, value) in [
        ("TimeZone", "Asia/Kathmandu"),
        ("application_name", "stream"),
        ("IntervalStyle", "iso_8601"),
    ] {
        assert_eq!(
            outcome.parameters.get(name).map(String::as_str),
            Some(value)
        );
    }
}

#[test]
fn byte_by_byte_gives_the_same_events() {
    for (stream, outcome) in replayed() {
        let arrival = Arrival {
            sizes: &[1],
            short_ways: &[true, false],
        };
        assert_eq!(
            &replay(stream, &arrival).unwrap(),
            outcome,
            "{}",
            stream.name
        );
    }
}

/// Logs in while the bytes arrive in pieces of `sizes`.
fn log_in(startup: Startup, sizes: &[usize]) -> Session {
    let stream = ALL.iter().find(|it| it.is_login()).unwrap();
    let mut handshake = Handshake::new(startup).unwrap();
    let mut sizes = sizes.iter().copied().cycle();
    let mut bytes = stream.bytes.as_slice();
    for step in &stream.steps {
        match step {
            Step::Send(length, digest) => {
                assert_eq!(handshake.outgoing().len(), *length);
                let digested = Sha256::digest(handshake.outgoing());
                assert_eq!(digested.as_slice(), support::step::bytes(digest));
                handshake.sent(*length);
            }
            Step::Receive(count) => {
                let mut arriving = bytes.split_off(..*count).unwrap();
                while !arriving.is_empty() {
                    let size = sizes.next().unwrap().min(arriving.len());
                    entry::feed_handshake(&mut handshake, arriving.split_off(..size).unwrap());
                    match handshake.advance().unwrap() {
                        Progress::Waiting(waiting) => handshake = waiting,
                        Progress::Ready(session, notices) => {
                            assert!(bytes.is_empty() && arriving.is_empty() && notices.is_empty());
                            return session;
                        }
                    }
                }
            }
            _ => {}
        }
    }
    panic!("the login did not end");
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same_events(
        exchange in 0..EXCHANGES.len(),
        sizes in vec(prop_oneof![1..8_usize, 1..300_usize, 1..100_000_usize], 1..20),
        short_ways in vec(any::<bool>(), 1..20),
    ) {
        let arrival = Arrival { sizes: &sizes, short_ways: &short_ways };
        prop_assert_eq!(&replay(&EXCHANGES[exchange], &arrival).unwrap(), &OUTCOMES[exchange]);
    }

    #[test]
    fn any_split_of_a_login_gives_the_same_session(sizes in vec(1..200_usize, 1..20)) {
        let startup = entry::startup(1);
        let whole = log_in(startup.clone(), &[usize::MAX]);
        let split = log_in(startup, &sizes);
        prop_assert!(whole.cancel_key().is_some() && whole.parameter("server_version").is_some());
        prop_assert_eq!(split.cancel_key(), whole.cancel_key());
        prop_assert_eq!(split.parameters(), whole.parameters());
        prop_assert_eq!(split.version(), whole.version());
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(data in vec(any::<u8>(), 0..2000)) {
        entry::session(&data);
        entry::handshake(&data);
    }

    #[test]
    fn arbitrary_changes_do_no_harm(data in vec(any::<u8>(), 0..2000)) {
        changes::changes(&data);
    }

    #[test]
    fn mutilated_changes_do_no_harm(
        changed in vec((any::<Index>(), mutation()), 1..10),
    ) {
        let mut data = changes::sample();
        for (place, mutation) in changed {
            mutation.apply(&mut data, place);
        }
        changes::changes(&data);
    }

    #[test]
    fn mutilated_streams_do_no_harm(
        stream in select(&**ALL),
        changes in vec((any::<Index>(), mutation()), 1..10),
    ) {
        let mut data = entry::seed(&stream);
        for (place, mutation) in changes {
            mutation.apply(&mut data, place);
        }
        if stream.is_login() {
            entry::handshake(&data);
        } else {
            entry::session(&data);
        }
    }
}

#[test]
fn every_change_of_the_sample_is_read() {
    assert_eq!(changes::changes(&changes::sample()), changes::SAMPLE_PIECES);
}

/// One way to spoil bytes.
#[derive(Debug, Clone)]
enum Mutation {
    Flip(u8),
    Set(u8),
    Insert(Vec<u8>),
    Remove(usize),
    Repeat(usize),
    Truncate,
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (0..8_u8).prop_map(|bit| Mutation::Flip(1 << bit)),
        any::<u8>().prop_map(Mutation::Set),
        vec(any::<u8>(), 1..9).prop_map(Mutation::Insert),
        (1..40_usize).prop_map(Mutation::Remove),
        (1..40_usize).prop_map(Mutation::Repeat),
        Just(Mutation::Truncate),
    ]
}

impl Mutation {
    fn apply(self, data: &mut Vec<u8>, place: Index) {
        if data.is_empty() {
            return;
        }
        let place = place.index(data.len());
        let until = |count: usize| (place + count).min(data.len());
        match self {
            Self::Flip(bit) => data[place] ^= bit,
            Self::Set(byte) => data[place] = byte,
            Self::Insert(bytes) => drop(data.splice(place..place, bytes)),
            Self::Remove(count) => drop(data.drain(place..until(count))),
            Self::Repeat(count) => {
                let repeated = data[place..until(count)].to_vec();
                drop(data.splice(place..place, repeated));
            }
            Self::Truncate => data.truncate(place),
        }
    }
}
