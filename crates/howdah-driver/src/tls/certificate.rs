//! The few facts of an X.509 certificate that rustls keeps to itself. No IO.
//!
//! A reader of DER that goes just as deep as needed: the signature's hash for channel binding, the
//! common name, the time of validity. Invariant: bytes that are not what they should be are `None`.

use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const EXPLICIT_0: u8 = 0xa0;

// 1.2.840.113549.1.1.n (PKCS #1), 1.2.840.10045.4.n (ECDSA), 1.3.14.3.2.26 and
// 2.16.840.1.101.3.4.2.n (hashes), 2.5.4.3 (common name)
const PKCS_1: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
const ECDSA: [u8; 6] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];
const SHA1: [u8; 5] = [0x2b, 0x0e, 0x03, 0x02, 0x1a];
const SHA2: [u8; 8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// RFC 5929's `tls-server-end-point`: the certificate under the hash of its own signature, with
/// SHA-256 in the place of MD5 and SHA-1. `None` for signatures that have no hash, such as Ed25519.
pub(super) fn server_end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let mut outer = Der(certificate).enter(SEQUENCE)?;
    outer.next()?; // what is signed
    let mut algorithm = outer.enter(SEQUENCE)?;
    Some(match signature_hash(&mut algorithm)? {
        Hash::Sha224 => Sha224::digest(certificate).to_vec(),
        Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha384 => Sha384::digest(certificate).to_vec(),
        Hash::Sha512 => Sha512::digest(certificate).to_vec(),
    })
}

fn signature_hash(algorithm: &mut Der<'_>) -> Option<Hash> {
    let oid = algorithm.expect(OBJECT_IDENTIFIER)?;
    if let Some(arc) = oid.strip_prefix(&PKCS_1) {
        return match arc {
            [4 | 5 | 11] => Some(Hash::Sha256), // md5, sha1, sha256
            [12] => Some(Hash::Sha384),
            [13] => Some(Hash::Sha512),
            [14] => Some(Hash::Sha224),
            [10] => pss_hash(algorithm),
            _ => None,
        };
    }
    match oid.strip_prefix(&ECDSA)? {
        [1] | [3, 2] => Some(Hash::Sha256), // sha1, sha256
        [3, 1] => Some(Hash::Sha224),
        [3, 3] => Some(Hash::Sha384),
        [3, 4] => Some(Hash::Sha512),
        _ => None,
    }
}

/// RSASSA-PSS names its hash in its parameters; SHA-1 is the default.
fn pss_hash(algorithm: &mut Der<'_>) -> Option<Hash> {
    let mut parameters = algorithm.enter(SEQUENCE)?;
    let Some(mut hash) = parameters.enter(EXPLICIT_0) else {
        return Some(Hash::Sha256);
    };
    let oid = hash.enter(SEQUENCE)?.expect(OBJECT_IDENTIFIER)?;
    if oid == SHA1 {
        return Some(Hash::Sha256);
    }
    match oid.strip_prefix(&SHA2)? {
        [1] => Some(Hash::Sha256),
        [2] => Some(Hash::Sha384),
        [3] => Some(Hash::Sha512),
        [4] => Some(Hash::Sha224),
        _ => None,
    }
}

/// The first common name of the subject.
pub(super) fn common_name(certificate: &[u8]) -> Option<String> {
    let mut body = after_issuer(certificate)?;
    body.next()?; // validity
    let mut subject = body.enter(SEQUENCE)?;
    while let Some(mut names) = subject.enter(SET) {
        let mut attribute = names.enter(SEQUENCE)?;
        if attribute.expect(OBJECT_IDENTIFIER)? == COMMON_NAME {
            let (_, text) = attribute.next()?;
            return String::from_utf8(text.to_vec()).ok();
        }
    }
    None
}

/// Whether `now`, in seconds since 1970, is within the certificate's time.
pub(super) fn is_valid_at(certificate: &[u8], now: u64) -> Option<bool> {
    let mut validity = after_issuer(certificate)?.enter(SEQUENCE)?;
    let (not_before, not_after) = (validity.time()?, validity.time()?);
    Some((not_before..=not_after).contains(&i64::try_from(now).ok()?))
}

/// The signed part from its validity on.
fn after_issuer(certificate: &[u8]) -> Option<Der<'_>> {
    let mut body = Der(certificate).enter(SEQUENCE)?.enter(SEQUENCE)?;
    body.enter(EXPLICIT_0); // version, absent in version 1
    for _ in ["serial number", "signature", "issuer"] {
        body.next()?;
    }
    Some(body)
}

/// A cursor over elements of DER.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next element: its tag and its content.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let length = if first < 0x80 {
            usize::from(first)
        } else {
            let (bytes, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
            rest = after;
            bytes.iter().try_fold(0_usize, |length, byte| {
                length.checked_mul(256)?.checked_add(usize::from(*byte))
            })?
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next element if it has this tag; otherwise the cursor stays.
    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        if *self.0.first()? != tag {
            return None;
        }
        self.next().map(|(_, content)| content)
    }

    fn enter(&mut self, tag: u8) -> Option<Self> {
        self.expect(tag).map(Self)
    }

    /// A time in seconds since 1970: `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
    fn time(&mut self) -> Option<i64> {
        let (tag, text) = self.next()?;
        let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
        let (year, rest) = match tag {
            UTC_TIME => {
                let (year, rest) = text.split_at_checked(2)?;
                let year: i64 = year.parse().ok()?;
                (if year < 50 { 2000 + year } else { 1900 + year }, rest)
            }
            GENERALIZED_TIME => {
                let (year, rest) = text.split_at_checked(4)?;
                (year.parse().ok()?, rest)
            }
            _ => return None,
        };
        let pair = |index: usize| -> Option<i64> { rest.get(index..index + 2)?.parse().ok() };
        let days = days_since_1970(year, pair(0)?, pair(2)?);
        Some(((days * 24 + pair(4)?) * 60 + pair(6)?) * 60 + pair(8)?)
    }
}

/// Days of the civil calendar: the year begins in March, so that leap days come last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (date, days) in [
            ((1970, 1, 1), 0),
            ((2000, 2, 29), 11_016),
            ((2000, 3, 1), 11_017),
            ((2038, 1, 19), 24_855),
            ((1969, 12, 31), -1),
        ] {
            assert_eq!(days_since_1970(date.0, date.1, date.2), days, "{date:?}");
        }
    }

    #[test]
    fn certificates_tell_their_name_and_time() {
        let mut parameters = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        parameters
            .distinguished_name
            .push(rcgen::DnType::CommonName, "elephant");
        parameters.not_before = rcgen::date_time_ymd(2001, 2, 3);
        parameters.not_after = rcgen::date_time_ymd(2055, 2, 3);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let der = certificate.der();
        assert_eq!(common_name(der).as_deref(), Some("elephant"));
        // date -u -d '2001-02-03' +%s; date -u -d '2055-02-03' +%s
        let (from, to) = (981_158_400, 2_685_225_600);
        for (now, valid) in [(from - 1, false), (from, true), (to, true), (to + 1, false)] {
            assert_eq!(is_valid_at(der, now), Some(valid), "{now}");
        }
        for length in 0..der.len() {
            let cut = &der[..length];
            assert!(common_name(cut).is_none() && server_end_point(cut).is_none());
        }
    }

    #[test]
    fn the_binding_uses_the_signatures_hash() {
        for (algorithm, length) in [
            (&rcgen::PKCS_ECDSA_P256_SHA256, Some(32)),
            (&rcgen::PKCS_ECDSA_P384_SHA384, Some(48)),
            (&rcgen::PKCS_ED25519, None),
        ] {
            let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
            let parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
            let certificate = parameters.self_signed(&key).unwrap();
            let hash = server_end_point(certificate.der());
            assert_eq!(hash.map(|hash| hash.len()), length);
        }
    }
}
