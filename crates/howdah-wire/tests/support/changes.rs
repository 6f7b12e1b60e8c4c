//! Where hostile pieces of a replication stream enter: the fuzz target, which the tests call, too.
//!
//! Invariants that it checks besides not panicking: whoever iterates over columns, values or tables
//! gets as many as were announced, and no more than there are bytes for.

use howdah_wire::replication::Envelope;
use howdah_wire::replication::pgoutput::{Change, Logical, OldRow, Tuple};

/// Pieces one after the other, each of two bytes' length, as a stream gives them to a decoder.
///
/// Answers how many of them were messages of pgoutput.
pub fn changes(data: &[u8]) -> usize {
    let (mut rest, mut in_block, mut read) = (data, false, 0);
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (piece, after) = after.split_at(after.len().min(u16::from_be_bytes(*length).into()));
        rest = after;
        let Ok(Envelope::XLogData { payload, .. }) = Envelope::parse(piece) else {
            continue;
        };
        let Ok(message) = Logical::parse(payload, in_block) else {
            continue;
        };
        read += 1;
        match message {
            Logical::StreamStart { .. } => in_block = true,
            Logical::StreamStop => in_block = false,
            other => check(&other, payload.len()),
        }
    }
    read
}

fn check(message: &Logical<'_>, length: usize) {
    match message {
        Logical::Insert(_, change) | Logical::Update(_, change) | Logical::Delete(_, change) => {
            check_change(change, length);
        }
        Logical::Relation(_, relation) => assert!(relation.columns().count() * 10 <= length),
        Logical::Truncate(_, truncate) => assert!(truncate.relations().count() * 4 <= length),
        _ => {}
    }
}

fn check_change(change: &Change<'_>, length: usize) {
    let old = match &change.old {
        Some(OldRow::Key(tuple) | OldRow::Full(tuple)) => Some(tuple),
        None => None,
    };
    for tuple in old.into_iter().chain(&change.new) {
        check_tuple(tuple, length);
    }
}

fn check_tuple(tuple: &Tuple<'_>, length: usize) {
    assert_eq!(
        tuple.values().count(),
        tuple.columns(),
        "checked when it was read"
    );
    assert!(tuple.columns() <= length);
}

/// How many pieces [`sample`] has.
pub const SAMPLE_PIECES: usize = 14;

/// The input of [`changes`] that is a short stream: one transaction, and a block of another.
pub fn sample() -> Vec<u8> {
    let relation = b"R\0\0\x40\0public\0item\0f\0\x02\x01id\0\0\0\0\x17\xff\xff\xff\xff\0name\0\0\0\0\x19\xff\xff\xff\xff";
    let numbers = |kind: u8, size: usize| [vec![kind], vec![1; size]].concat();
    let payloads: [Vec<u8>; SAMPLE_PIECES] = [
        numbers(b'B', 20),
        relation.to_vec(),
        b"I\0\0\x40\0N\0\x02t\0\0\0\x011n".to_vec(),
        b"U\0\0\x40\0K\0\x02t\0\0\0\x011nN\0\x02b\0\0\0\x04\0\0\0\x02u".to_vec(),
        b"D\0\0\x40\0O\0\x02t\0\0\0\x012t\0\0\0\x01a".to_vec(),
        b"T\0\0\0\x01\x03\0\0\x40\0".to_vec(),
        b"M\x01\0\0\0\0\0\0\0\x09audit\0\0\0\0\x02hi".to_vec(),
        b"O\0\0\0\0\0\0\0\x09far\0".to_vec(),
        numbers(b'C', 25),
        b"S\0\0\0\x07\x01".to_vec(),
        b"I\0\0\0\x07\0\0\x40\0N\0\x01n".to_vec(),
        b"E".to_vec(),
        b"A\0\0\0\x07\0\0\0\x08".to_vec(),
        [&numbers(b'b', 28)[..], b"gid\0"].concat(),
    ];
    let mut data = Vec::new();
    for payload in payloads {
        data.extend((25 + payload.len() as u16).to_be_bytes());
        data.push(b'w');
        data.extend([0; 24]);
        data.extend(payload);
    }
    data
}
