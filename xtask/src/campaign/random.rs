//! Numbers from the seed, a stream of its own for each who draws them: what one draws changes nothing for the others.

use core::ops::RangeInclusive;
use fastrand::Rng;
use sha2::{Digest as _, Sha256};

/// The numbers of one who draws.
#[derive(Clone, Debug)]
pub(crate) struct Stream(Rng);

impl Stream {
    /// fastrand's generator, begun with the first eight bytes, little-endian, of the SHA-256 of
    /// `opshook campaign <seed> <who>`.
    pub(crate) fn of(seed: u64, who: &str) -> Self {
        let digest = Sha256::digest(format!("opshook campaign {seed} {who}"));
        let (first, _) = digest.split_at(8);
        Self(Rng::with_seed(first.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte))))
    }

    /// One of them.
    pub(crate) fn between(&mut self, range: RangeInclusive<u64>) -> u64 {
        self.0.u64(range)
    }

    /// Yes as often as this out of a hundred.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.0.u64(0..100) < percent
    }

    /// One of the table's, as often as its weight says.
    pub(crate) fn weighted<T: Copy>(&mut self, table: &[(u64, T)]) -> Option<T> {
        let mut left = self.0.u64(0..table.iter().map(|(weight, _)| weight).sum::<u64>().max(1));
        table.iter().find_map(|(weight, value)| match left.checked_sub(*weight) {
            Some(rest) => {
                left = rest;
                None
            }
            None => Some(*value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(mut stream: Stream) -> Vec<u64> {
        (0..4).map(|_| stream.between(0..=999)).collect()
    }

    #[test]
    fn a_stream_repeats_and_depends_on_seed_and_name() {
        assert_eq!(drawn(Stream::of(7, "slack-0")), drawn(Stream::of(7, "slack-0")));
        assert_ne!(drawn(Stream::of(7, "slack-0")), drawn(Stream::of(8, "slack-0")));
        assert_ne!(drawn(Stream::of(7, "slack-0")), drawn(Stream::of(7, "slack-1")));
    }

    #[test]
    fn weights_decide() {
        let mut stream = Stream::of(1, "weights");
        assert!((0..100).all(|_| stream.weighted(&[(0, 'a'), (3, 'b'), (0, 'c')]) == Some('b')));
        let often = (0..1000).filter(|_| stream.weighted(&[(1, 'a'), (3, 'b')]) == Some('b')).count();
        assert!((700..800).contains(&often), "{often}");
        assert_eq!(stream.weighted::<char>(&[]), None);
    }
}
