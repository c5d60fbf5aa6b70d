//! What both canonical forms are made of: texts, how they are encoded, and the sinks a form is written into.
//!
//! A form is written once, in one function a scheme. Whether it becomes a text to look at or goes straight into a hash is
//! the sink's affair, so what a diagnosis shows is what was signed.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::cmp::Ordering;
use hmac::digest::Update;
use percent_encoding::{percent_decode, percent_encode_byte};
use smallvec::SmallVec;

/// How many pairs need no heap: more than the operations people call by hand have.
pub(crate) const FEW: usize = 24;

/// A list that lies on the stack while it is short.
pub(crate) type Few<T> = SmallVec<[T; FEW]>;

/// A parameter.
pub(crate) type Pair<'a> = (Text<'a>, Text<'a>);

/// Kinds of characters.
const UNRESERVED: u8 = 1;
const HOST: u8 = 2;

/// The kinds of every character. A table, because most of the work besides hashing is to look for those of another kind.
const KINDS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            table[byte as usize] |= UNRESERVED;
        }
        if byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b':' | b'[' | b']') {
            table[byte as usize] |= HOST;
        }
        byte += 1;
    }
    table
};

/// Where the first character stands that is not unreserved by RFC 3986 and so has to be encoded.
pub(crate) fn reserved(text: &[u8]) -> Option<usize> {
    first_other(text, UNRESERVED)
}

/// Where the first character stands that is in no host and port in lower case.
pub(crate) fn not_of_a_host(text: &str) -> Option<usize> {
    first_other(text.as_bytes(), HOST)
}

fn first_other(text: &[u8], kind: u8) -> Option<usize> {
    // Eight at a time without a branch in between.
    let all = |eight: &&[u8; 8]| eight.iter().fold(kind, |kinds, byte| kinds & KINDS[usize::from(*byte)]) != 0;
    let start = text.as_chunks().0.iter().take_while(all).count().saturating_mul(8);
    let rest = text.get(start..)?;
    rest.iter().position(|byte| KINDS[usize::from(*byte)] & kind == 0).map(|at| start.saturating_add(at))
}

/// A name or a value, with what is known of its spelling.
#[derive(Clone, Copy)]
pub(crate) enum Text<'a> {
    /// Nothing but unreserved characters, which no encoding changes.
    Plain(&'a [u8]),
    /// Meant as it stands.
    Raw(&'a [u8]),
    /// As it came in a query or form; every escape in it is a whole one, and what it means is UTF-8.
    Form(&'a [u8]),
}

impl<'a> Text<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let text = text.as_bytes();
        if reserved(text).is_none() { Self::Plain(text) } else { Self::Raw(text) }
    }

    /// What it means, byte by byte.
    pub(crate) fn bytes(mut self) -> impl Iterator<Item = u8> + use<'a> {
        core::iter::from_fn(move || self.next())
    }

    #[inline(never)]
    fn next(&mut self) -> Option<u8> {
        let form = matches!(self, Self::Form(_));
        let (Self::Plain(rest) | Self::Raw(rest) | Self::Form(rest)) = self;
        let (byte, length) = if form { unescape(rest)? } else { (*rest.first()?, 1) };
        *rest = rest.get(length..)?;
        Some(byte)
    }

    /// What it means, as a text of its own.
    pub(crate) fn meaning(self) -> String {
        // In one piece: what it means may be a token, of which no half should stay behind.
        let mut bytes = Vec::with_capacity(self.spelling().len());
        bytes.extend(self.bytes());
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// What it means.
    pub(crate) fn decoded(self) -> Cow<'a, str> {
        match self {
            Self::Plain(text) | Self::Raw(text) => Cow::Borrowed(str::from_utf8(text).unwrap_or_default()),
            Self::Form(_) => Cow::Owned(self.meaning()),
        }
    }

    /// Compares what both mean. Most names differ in their first letter.
    #[inline]
    pub(crate) fn order(self, other: Self) -> Ordering {
        if let (Self::Form(_), _) | (_, Self::Form(_)) = (self, other) {
            return self.order_of_bytes(other);
        }
        match (self.spelling(), other.spelling()) {
            ([ours, ..], [theirs, ..]) if ours != theirs => ours.cmp(theirs),
            (ours, theirs) => ours.cmp(theirs),
        }
    }

    fn spelling(self) -> &'a [u8] {
        let (Self::Plain(text) | Self::Raw(text) | Self::Form(text)) = self;
        text
    }

    #[cold]
    fn order_of_bytes(mut self, mut other: Self) -> Ordering {
        loop {
            let (ours, theirs) = (self.next(), other.next());
            if ours != theirs || ours.is_none() {
                return ours.cmp(&theirs);
            }
        }
    }

    #[inline(always)]
    pub(crate) fn means_the_same(self, other: Text<'_>) -> bool {
        match (self, other) {
            (Self::Plain(ours), Text::Plain(theirs)) => ours == theirs,
            _ => self.order_of_bytes(other).is_eq(),
        }
    }

    /// Whether it means this text of unreserved characters.
    #[inline(always)]
    pub(crate) fn is(self, text: &str) -> bool {
        self.means_the_same(Text::Plain(text.as_bytes()))
    }

    #[inline]
    fn write<E: Encoding>(&self, sink: &mut impl Sink) {
        match *self {
            Self::Plain(text) => sink.put(text),
            Self::Raw(_) | Self::Form(_) => write_encoded(sink, *self, E::TWICE),
        }
    }
}

/// By way of a table, because that is less code than a copy for every sink, and most texts are plain.
#[inline(never)]
fn write_encoded(sink: &mut dyn Sink, text: Text<'_>, twice: bool) {
    let (mut rest, form) = match text {
        Text::Plain(text) | Text::Raw(text) => (text, false),
        Text::Form(text) => (text, true),
    };
    while let Some(at) = reserved(rest) {
        let (plain, from_here) = rest.split_at_checked(at).unwrap_or_default();
        sink.put(plain);
        let next = if form { unescape(from_here) } else { from_here.first().map(|&byte| (byte, 1)) };
        let Some((byte, length)) = next else { return };
        match (KINDS[usize::from(byte)] & UNRESERVED, percent_encode_byte(byte).as_bytes()) {
            (0, [percent, high, low]) if !twice => sink.put(&[*percent, *high, *low]),
            (0, [percent, high, low]) => sink.put(&[*percent, b'2', b'5', *high, *low]),
            _ => sink.put(&[byte]),
        }
        rest = from_here.get(length..).unwrap_or_default();
    }
    sink.put(rest);
}

/// The first byte that a text of a form means, and how long it is spelled.
fn unescape(text: &[u8]) -> Option<(u8, usize)> {
    match *text.first()? {
        b'+' => Some((b' ', 1)),
        b'%' => Some((percent_decode(text.get(..3)?).next()?, 3)),
        other => Some((other, 1)),
    }
}

/// How the characters of a canonical query stand in what is signed.
pub(crate) trait Encoding {
    const EQUALS: &'static [u8];
    const AMPERSAND: &'static [u8];
    const TWICE: bool;
}

/// ACS3 signs the canonical query.
pub(crate) struct Once;

impl Encoding for Once {
    const EQUALS: &'static [u8] = b"=";
    const AMPERSAND: &'static [u8] = b"&";
    const TWICE: bool = false;
}

/// RPC encodes the canonical query once more.
pub(crate) struct Twice;

impl Encoding for Twice {
    const EQUALS: &'static [u8] = b"%3D";
    const AMPERSAND: &'static [u8] = b"%26";
    const TWICE: bool = true;
}

/// Writes `name=value&name=value`, both encoded; an empty value keeps its `=`.
pub(crate) fn write_pairs<E: Encoding>(sink: &mut impl Sink, pairs: &[Pair<'_>]) {
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            sink.put(E::AMPERSAND);
        }
        name.write::<E>(sink);
        sink.put(E::EQUALS);
        value.write::<E>(sink);
    }
}

/// Encodes one text.
pub(crate) fn encode(sink: &mut impl Sink, text: Text<'_>) {
    text.write::<Once>(sink);
}

/// Takes a canonical form, piece by piece.
pub(crate) trait Sink {
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    #[inline(never)]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// What is written, as a text.
pub(crate) fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes);
    // Only whole texts are put into a sink, and ASCII.
    String::from_utf8(bytes).unwrap_or_default()
}

/// Feeds a hash, many pieces at a time: a hash takes one long piece faster than fifty short ones.
pub(crate) struct Hashing<'a, D: Update> {
    hash: &'a mut D,
    waiting: [u8; ROOM],
    count: usize,
}

/// A whole string to sign of RPC, most often.
const ROOM: usize = 512;

impl<D: Update> Hashing<'_, D> {
    /// Hashes all that is written.
    pub(crate) fn all(hash: &mut D, write: impl FnOnce(&mut Hashing<'_, D>)) {
        let mut sink = Hashing { hash, waiting: [0; ROOM], count: 0 };
        write(&mut sink);
        sink.flush();
    }

    #[inline(never)]
    fn flush(&mut self) {
        self.hash.update(self.waiting.get(..self.count).unwrap_or_default());
        self.count = 0;
    }

    #[cold]
    fn put_by_and_by(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(ROOM) {
            self.flush();
            if let Some(room) = self.waiting.get_mut(..piece.len()) {
                room.copy_from_slice(piece);
                self.count = piece.len();
            }
        }
    }
}

impl<D: Update> Sink for Hashing<'_, D> {
    // Half of the pieces are separators of a known length, which are a store or two where they are put.
    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) {
        let end = self.count.wrapping_add(bytes.len());
        if let Some(room) = self.waiting.get_mut(self.count..end) {
            room.copy_from_slice(bytes);
            self.count = end;
        } else {
            self.put_by_and_by(bytes);
        }
    }
}

/// Pairs in canonical order: by the bytes of the name, then of the value.
#[derive(Default)]
pub(crate) struct Sorted<'a>(Few<Pair<'a>>);

impl<'a> Sorted<'a> {
    /// Takes a pair that comes after all the others.
    #[inline(never)]
    pub(crate) fn push(&mut self, pair: Pair<'a>) {
        self.0.push(pair);
    }

    /// Takes a pair that belongs somewhere, and says whether one of that name is there.
    pub(crate) fn insert(&mut self, pair: Pair<'a>) -> bool {
        let mut repeated = false;
        let after = |other: &Pair<'a>| match pair.0.order(other.0) {
            Ordering::Equal => {
                repeated = true;
                pair.1.order(other.1).is_ge()
            }
            order => order.is_gt(),
        };
        let at = self.0.iter().rposition(after).map_or(0, |at| at.saturating_add(1));
        self.0.insert(at, pair);
        repeated
    }

    pub(crate) fn into_inner(self) -> Few<Pair<'a>> {
        self.0
    }

    pub(crate) fn as_slice(&self) -> &[Pair<'a>] {
        &self.0
    }
}

impl<'a> FromIterator<Pair<'a>> for Sorted<'a> {
    fn from_iter<I: IntoIterator<Item = Pair<'a>>>(pairs: I) -> Self {
        let mut sorted = Self::default();
        pairs.into_iter().for_each(|pair| {
            sorted.insert(pair);
        });
        sorted
    }
}

/// ASCII text of a known length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ascii<const LENGTH: usize>(pub(crate) [u8; LENGTH]);

impl<const LENGTH: usize> Ascii<LENGTH> {
    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

const DIGITS: [u8; 16] = *b"0123456789abcdef";

/// Bytes as twice as many lower-case hexadecimal digits.
pub(crate) fn hex<const BYTES: usize, const LENGTH: usize>(bytes: &[u8; BYTES]) -> Ascii<LENGTH> {
    const { assert!(LENGTH == 2 * BYTES, "two digits a byte") };
    let mut text = [0; LENGTH];
    for (pair, byte) in text.as_chunks_mut().0.iter_mut().zip(bytes) {
        *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    }
    Ascii(text)
}

/// The bytes of a hash in lower-case hexadecimal digits.
pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(digit.wrapping_sub(b'a' - 10)),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks();
    let mut bytes = [0; 32];
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = nibble(high)? << 4 | nibble(low)?;
    }
    Some(bytes)
}
