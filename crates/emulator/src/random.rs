//! Deterministic numbers: request ids and fault rates repeat with their seed, so that a failing test fails again.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Whether an event of this probability happens.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what an f64 holds")]
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        ((self.next() >> 11) as f64) / ((1_u64 << 53) as f64) < probability
    }

    /// A request id in the vendor's form: a version 4 UUID in capitals.
    pub(crate) fn request_id(&mut self) -> String {
        let high = (self.next() & !0xf000) | 0x4000;
        let low = (self.next() & !(0b11 << 62)) | (0b10 << 62);
        format!(
            "{:08X}-{:04X}-{:04X}-{:04X}-{:012X}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sequence() {
        // Reference output for seed 1234567: https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64
        let mut random = Random::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn request_ids_have_the_form_of_a_uuid_and_repeat_with_the_seed() {
        let ids = |seed| {
            let mut random = Random::new(seed);
            core::array::from_fn::<_, 1000, _>(|_| random.request_id())
        };
        let first = ids(7);
        assert_eq!(first, ids(7));
        assert_ne!(first, ids(8));
        for id in &first {
            let shape: String = id.chars().map(|c| if matches!(c, '0'..='9' | 'A'..='F') { 'x' } else { c }).collect();
            assert_eq!(shape, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
            assert_eq!(id.as_bytes()[14], b'4');
            assert!(b"89AB".contains(&id.as_bytes()[19]));
        }
        let distinct: std::collections::HashSet<_> = first.iter().collect();
        assert_eq!(distinct.len(), first.len());
    }

    #[test]
    fn rates_hold() {
        let mut random = Random::new(1);
        assert!((0..1000).all(|_| random.happens(1.0)));
        assert!(!(0..1000).any(|_| random.happens(0.0)));
        let hits = (0..10_000).filter(|_| random.happens(0.25)).count();
        assert!((2300..2700).contains(&hits), "{hits}");
    }
}
