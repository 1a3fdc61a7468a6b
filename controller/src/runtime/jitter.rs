//! Deterministic jitter: the same object gets the same fraction in every process, and objects differ from each other.

/// A fraction in `[0, 1)` from a text and a number.
pub fn fraction(text: &str, number: u64) -> f64 {
    let fnv = text.bytes().chain(number.to_le_bytes());
    let mixed = fnv.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // FNV leaves the high bits poor for short texts; this is the finalizer of SplitMix64.
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::fraction;

    #[test]
    fn fractions_are_stable_and_spread_evenly() {
        assert_eq!(fraction("uid", 1).to_bits(), fraction("uid", 1).to_bits());
        let mut buckets = [0_u32; 10];
        (0..10_000).for_each(|n| buckets[(fraction(&format!("uid-{n}"), 0) * 10.0) as usize] += 1);
        assert!(buckets.iter().all(|count| (800..1_200).contains(count)), "{buckets:?}");
    }
}
