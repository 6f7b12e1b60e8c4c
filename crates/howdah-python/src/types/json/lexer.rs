//! JSON text into tokens.
//!
//! No IO, no Python. Reads RFC 8259 exactly: what Python's `json` takes beyond it (`NaN`, control
//! characters in strings) is a fault here, as it is for PostgreSQL. Invariant: the position never
//! passes the end, whatever the bytes are.

/// A byte that cannot stand where it stands, or the end of the text if it is the length.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) position_bytes: usize,
}

/// The beginning of a value; the contents of arrays and objects follow.
#[derive(Debug, PartialEq)]
pub(super) enum Token<'a> {
    Null,
    False,
    True,
    Integer(i64),
    /// An integer of more digits than always fit 64 bits.
    Digits(&'a str),
    Float(f64),
    String(Text<'a>),
    Array,
    Object,
}

/// What stands between two quotation marks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text<'a> {
    pub(super) raw: &'a [u8],
    /// Whether `raw` has a backslash, and needs [`unescaped`].
    pub(super) has_escapes: bool,
}

pub(super) struct Lexer<'a> {
    text: &'a [u8],
    position: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, position: 0 }
    }

    pub(super) fn value(&mut self) -> Result<Token<'a>, Fault> {
        match self.peek() {
            Some(b'"') => self.string().map(Token::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'{') => self.word(b"{", Token::Object),
            Some(b'[') => self.word(b"[", Token::Array),
            Some(b't') => self.word(b"true", Token::True),
            Some(b'f') => self.word(b"false", Token::False),
            Some(b'n') => self.word(b"null", Token::Null),
            _ => Err(self.fault()),
        }
    }

    /// The next byte that is not white space, left in place.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.position) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.position += 1,
                next => return next.copied(),
            }
        }
    }

    /// Takes `wanted` if it is the next byte that is not white space.
    #[inline]
    pub(super) fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.position += usize::from(found);
        found
    }

    /// A member's name and the colon after it.
    pub(super) fn key(&mut self) -> Result<Text<'a>, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.fault());
        }
        let key = self.string()?;
        if self.take(b':') {
            Ok(key)
        } else {
            Err(self.fault())
        }
    }

    /// Nothing but white space may follow.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        if self.peek().is_none() {
            Ok(())
        } else {
            Err(self.fault())
        }
    }

    pub(super) fn fault(&self) -> Fault {
        Fault {
            position_bytes: self.position,
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn word(&mut self, word: &[u8], token: Token<'a>) -> Result<Token<'a>, Fault> {
        if !self.rest().starts_with(word) {
            return Err(self.fault());
        }
        self.position += word.len();
        Ok(token)
    }

    fn string(&mut self) -> Result<Text<'a>, Fault> {
        self.position += 1;
        let rest = self.rest();
        let mut length = 0;
        let mut has_escapes = false;
        loop {
            length += plain_length(rest.get(length..).unwrap_or_default());
            match rest.get(length) {
                Some(b'"') => break,
                Some(b'\\') if length + 1 < rest.len() => {
                    has_escapes = true;
                    length += 2;
                }
                _ => {
                    self.position += length;
                    return Err(self.fault());
                }
            }
        }
        self.position += length + 1;
        Ok(Text {
            raw: rest.get(..length).unwrap_or_default(),
            has_escapes,
        })
    }

    fn number(&mut self) -> Result<Token<'a>, Fault> {
        let start = self.position;
        self.position += usize::from(self.text.get(start) == Some(&b'-'));
        let first = self.position;
        let value = self.digits()?;
        let count = self.position - first;
        if count > 1 && self.text.get(first) == Some(&b'0') {
            return Err(Fault {
                position_bytes: first + 1,
            });
        }
        let is_float = matches!(self.text.get(self.position), Some(b'.' | b'e' | b'E'));
        if !is_float && count <= 18 {
            return Ok(Token::Integer(if first == start { value } else { -value }));
        }
        if is_float {
            self.fraction_and_exponent()?;
        }
        let written = self.text.get(start..self.position).unwrap_or_default();
        let written = std::str::from_utf8(written).unwrap_or_default(); // digits, signs and letters
        if !is_float {
            return Ok(Token::Digits(written));
        }
        written.parse().map(Token::Float).map_err(|_| self.fault())
    }

    fn fraction_and_exponent(&mut self) -> Result<(), Fault> {
        if self.text.get(self.position) == Some(&b'.') {
            self.position += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.text.get(self.position) {
            self.position += 1;
            if let Some(b'-' | b'+') = self.text.get(self.position) {
                self.position += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// At least one digit; their value, which wraps where there are more than 18.
    fn digits(&mut self) -> Result<i64, Fault> {
        let start = self.position;
        let mut value = 0_i64;
        while let Some(digit @ b'0'..=b'9') = self.text.get(self.position) {
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            self.position += 1;
        }
        if self.position > start {
            Ok(value)
        } else {
            Err(self.fault())
        }
    }
}

/// How many bytes from the start are neither a quotation mark, a backslash nor a control character.
fn plain_length(bytes: &[u8]) -> usize {
    let (words, _) = bytes.as_chunks::<8>();
    let plain_words = words
        .iter()
        .take_while(|word| is_plain(u64::from_ne_bytes(**word)))
        .count();
    let start = plain_words * 8;
    let rest = bytes.get(start..).unwrap_or_default();
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    start + rest.iter().position(special).unwrap_or(rest.len())
}

/// Eight bytes at once. May say no of plain bytes, which are then looked at one by one; never yes of
/// others: each test sets the high bit of a byte that fails it, and of none that is below 128 and
/// passes, except by a carry from a failing one.
fn is_plain(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    let zero_byte = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let quote = zero_byte(word ^ (ONES * u64::from(b'"')));
    let backslash = zero_byte(word ^ (ONES * u64::from(b'\\')));
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
    (quote | backslash | control) == 0
}

/// The text that `raw` stands for, in UTF-8; None if an escape is malformed. A surrogate without its
/// pair, which JSON can write and Unicode cannot, becomes the three bytes that UTF-8 would have for
/// it: the flag says whether there is one.
pub(super) fn unescaped(raw: &[u8]) -> Option<(Vec<u8>, bool)> {
    let mut text = Vec::with_capacity(raw.len());
    let mut has_surrogate = false;
    let mut rest = raw;
    loop {
        let plain = rest
            .iter()
            .position(|byte| *byte == b'\\')
            .unwrap_or(rest.len());
        let (before, escape) = rest.split_at(plain);
        text.extend_from_slice(before);
        rest = match escape {
            [] => return Some((text, has_surrogate)),
            [_, b'u', after @ ..] => {
                let (code, after) = code_point(after)?;
                has_surrogate |= push_code_point(&mut text, code);
                after
            }
            [_, letter, after @ ..] => {
                text.push(match letter {
                    b'"' | b'\\' | b'/' => *letter,
                    b'b' => 0x08,
                    b'f' => 0x0c,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    _ => return None,
                });
                after
            }
            [_] => return None,
        };
    }
}

/// The character after `\u`, from two escapes if they are a pair of surrogates.
fn code_point(text: &[u8]) -> Option<(u32, &[u8])> {
    let (first, rest) = four_hex_digits(text)?;
    if let (0xd800..=0xdbff, Some(after)) = (first, rest.strip_prefix(b"\\u")) {
        let (second, rest) = four_hex_digits(after)?;
        if let 0xdc00..=0xdfff = second {
            return Some((0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), rest));
        }
    }
    Some((first, rest))
}

fn four_hex_digits(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<4>()?;
    let code = digits.iter().try_fold(0, |code, digit| {
        Some(code << 4 | (*digit as char).to_digit(16)?)
    })?;
    Some((code, rest))
}

/// Whether `code` is a surrogate.
fn push_code_point(text: &mut Vec<u8>, code: u32) -> bool {
    if let Some(character) = char::from_u32(code) {
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        return false;
    }
    let continuation = |shift: u32| 0x80 | (code >> shift & 0x3f) as u8;
    text.extend_from_slice(&[0xe0 | (code >> 12) as u8, continuation(6), continuation(0)]);
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads a whole value and says what it is made of.
    fn count(lexer: &mut Lexer<'_>, depth: usize) -> Result<usize, Fault> {
        let mut values = 1;
        match lexer.value()? {
            Token::Array if depth < 64 => {
                if lexer.take(b']') {
                    return Ok(values);
                }
                loop {
                    values += count(lexer, depth + 1)?;
                    match lexer.peek() {
                        Some(b',') => lexer.take(b','),
                        Some(b']') => break,
                        _ => return Err(lexer.fault()),
                    };
                }
                lexer.take(b']');
            }
            Token::Object if !lexer.take(b'}') => {
                lexer.key()?;
                values += count(lexer, depth + 1)?;
                if !lexer.take(b'}') {
                    return Err(lexer.fault());
                }
            }
            _ => {}
        }
        Ok(values)
    }

    fn only(text: &str) -> Result<Token<'_>, Fault> {
        let mut lexer = Lexer::new(text.as_bytes());
        let token = lexer.value()?;
        lexer.end()?;
        Ok(token)
    }

    #[test]
    fn numbers() {
        assert_eq!(only("0"), Ok(Token::Integer(0)));
        assert_eq!(only("-0"), Ok(Token::Integer(0)));
        assert_eq!(
            only("-999999999999999999"),
            Ok(Token::Integer(-999_999_999_999_999_999))
        );
        assert_eq!(
            only("1000000000000000000"),
            Ok(Token::Digits("1000000000000000000"))
        );
        assert_eq!(only(" -1.5e-3 "), Ok(Token::Float(-1.5e-3)));
        assert_eq!(only("1e400"), Ok(Token::Float(f64::INFINITY)));
        for wrong in [
            "01", "-", "1.", ".5", "1e", "1e+", "+1", "0x1", "NaN", "Infinity", "1 2",
        ] {
            assert!(only(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn strings() {
        let text = |raw: &'static str, has_escapes| {
            Ok(Token::String(Text {
                raw: raw.as_bytes(),
                has_escapes,
            }))
        };
        assert_eq!(only("\"\""), text("", false));
        assert_eq!(
            only("\"a longer plain text é\""),
            text("a longer plain text é", false)
        );
        assert_eq!(only(r#""a\"b""#), text(r#"a\"b"#, true));
        for wrong in [
            "\"",
            "\"a",
            "\"\\\"",
            "\"a\nb\"",
            "\"12345678\u{1}\"",
            "'a'",
        ] {
            assert!(only(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn escapes() {
        let plain = |raw: &str| unescaped(raw.as_bytes());
        assert_eq!(
            plain(r#"\"\\\/\b\f\n\r\té"#),
            Some(("\"\\/\u{8}\u{c}\n\r\té".into(), false))
        );
        assert_eq!(plain(r"\u00e9\ud83d\ude00"), Some(("é😀".into(), false)));
        assert_eq!(plain(r"\ud83dx"), Some((b"\xed\xa0\xbdx".to_vec(), true)));
        assert_eq!(
            plain(r"\ud83d\u0041"),
            Some((b"\xed\xa0\xbdA".to_vec(), true))
        );
        for wrong in [r"\u12", r"\x", r"\u+123", r"\ud83d\u12"] {
            assert_eq!(plain(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_fault_says_where() {
        let mut lexer = Lexer::new(b"[1, 2 3]");
        assert_eq!(count(&mut lexer, 0), Err(Fault { position_bytes: 6 }));
    }

    proptest! {
        #[test]
        fn eight_bytes_are_judged_as_one_by_one(word in prop::array::uniform8(0x18_u8..0x60)) {
            let special = word.iter().any(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            prop_assert_eq!(is_plain(u64::from_ne_bytes(word)), !special);
        }

        #[test]
        fn special_bytes_are_never_missed(word in prop::array::uniform8(any::<u8>())) {
            let special = word.iter().any(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            prop_assert!(!(special && is_plain(u64::from_ne_bytes(word))));
        }

        #[test]
        fn no_bytes_panic(bytes in "[\\[\\]{}:,\"\\\\u0-9a-f.eE+\\- ]{0,60}") {
            let mut lexer = Lexer::new(bytes.as_bytes());
            let _ = count(&mut lexer, 0);
            let _ = unescaped(bytes.as_bytes());
            prop_assert!(lexer.position <= bytes.len());
        }
    }
}
