//! Random numbers that are a function of what they are for: a draw needs no state, and its order does not matter.

/// The purposes of draws, so that none repeats another's numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Rows = 1,
    TreeColumns = 2,
    LevelColumns = 3,
    NodeColumns = 4,
}

/// A source of numbers for one purpose in one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw {
    key: u64,
}

impl Draw {
    pub(crate) fn new(seed: u64, purpose: Purpose, round: u32) -> Self {
        Self { key: mix(mix(seed ^ ((purpose as u64) << 56)).wrapping_add(u64::from(round))) }
    }

    /// The number that belongs to `index`, from 0 to 2^64 - 1.
    pub(crate) fn at(self, index: u64) -> u64 {
        mix(self.key ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Another source, one for each index.
    pub(crate) fn split(self, index: u64) -> Self {
        Self { key: self.at(index) }
    }

    /// Marks `count` of the marked places of `set`, which keeps only those.
    pub(crate) fn thin(self, set: &mut [bool], count: usize) {
        let mut drawn: Vec<(u64, usize)> = set
            .iter()
            .enumerate()
            .filter(|(_, taken)| **taken)
            .map(|(index, _)| (self.at(index as u64), index))
            .collect();
        if count >= drawn.len() {
            return;
        }
        drawn.sort_unstable();
        drawn[count..].iter().for_each(|&(_, index)| set[index] = false);
    }
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014), a bijection that passes statistical tests on counters.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
