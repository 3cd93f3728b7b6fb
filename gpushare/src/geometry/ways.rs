//! The ways in which a set of GPU instances can lie side by side, and the one among them that keeps the most of what there is.

use super::Places;

/// Sums are counted in so many bits: far more than all instances of a GPU together cost.
const BITS: usize = 16;

/// A present GPU instance that could stay.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// The number of its placement.
    pub(crate) place: usize,
    /// What is saved if it stays.
    pub(crate) saving: u32,
    /// Whether it has to.
    pub(crate) pinned: bool,
}

/// The ways of one set, the better ones first.
#[derive(Debug)]
pub(crate) struct Ways(Box<[Chunk]>);

/// Up to 64 ways: as many as a word has bits.
#[derive(Debug)]
struct Chunk {
    ways: Box<[Places]>,
    /// For each placement the ways that use it, as bits: the savings of all ways are added up at once.
    using: Box<[u64]>,
}

impl Ways {
    /// `None` of none.
    pub(super) fn new(ways: &[Places]) -> Option<Self> {
        let using = |ways: &[Places], place: u32| {
            let bits = ways.iter().enumerate().map(|(way, places)| (places >> place & 1) << way);
            bits.fold(0, |all, bit| all | bit)
        };
        let chunk = |ways: &[Places]| Chunk {
            ways: ways.into(),
            using: (0..Places::BITS).map(|place| using(ways, place)).collect(),
        };
        (!ways.is_empty()).then(|| Self(ways.chunks(64).map(chunk).collect()))
    }

    /// The first of the ways that save the most and keep all that is pinned.
    pub(crate) fn best(&self, keeps: &[Kept]) -> Option<Places> {
        // From behind: of equals the last is taken, and the first of the ways are the better ones.
        let best = self.0.iter().rev().filter_map(|chunk| chunk.best(keeps)).max_by_key(|(saved, _)| *saved);
        best.map(|(_, way)| way)
    }
}

impl Chunk {
    fn best(&self, keeps: &[Kept]) -> Option<(u32, Places)> {
        let mut left = u64::MAX >> (64 - self.ways.len());
        // A number for each way: the first word holds the lowest bit of each.
        let mut sums = [0; BITS];
        for keep in keeps {
            let using = self.using[keep.place];
            if keep.pinned {
                left &= using;
            }
            let mut saving = keep.saving;
            while saving != 0 {
                let mut carry = using;
                for sum in sums.iter_mut().skip(saving.trailing_zeros() as usize) {
                    (*sum, carry) = (*sum ^ carry, *sum & carry);
                    if carry == 0 {
                        break;
                    }
                }
                saving &= saving - 1;
            }
        }
        let mut saved = 0;
        for (bit, sum) in sums.iter().enumerate().rev().filter(|(_, sum)| **sum != 0) {
            if left & sum != 0 {
                left &= sum;
                saved |= 1 << bit;
            }
        }
        Some((saved, *self.ways.get(left.trailing_zeros() as usize)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_way_is_the_one_that_trying_all_finds() {
        // Any numbers will do that are the same each time.
        let mut seed = 1_u64;
        let mut number = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 33
        };
        for count in [1, 2, 63, 64, 65, 200] {
            let ways: Vec<Places> = (0..count).map(|_| number() & number()).collect();
            for _ in 0..100 {
                let keep = |place| Kept { place, saving: number() as u32 % 12, pinned: number().is_multiple_of(16) };
                let keeps: Vec<_> = (0..20).step_by(3).map(keep).collect();
                let has = |way: Places, keep: &Kept| way >> keep.place & 1 == 1;
                let saved = |way| keeps.iter().filter(|keep| has(way, keep)).map(|keep| keep.saving).sum::<u32>();
                let possible = ways.iter().filter(|way| keeps.iter().all(|keep| !keep.pinned || has(**way, keep)));
                let expected = possible.rev().max_by_key(|way| saved(**way)).copied();
                assert_eq!(Ways::new(&ways).and_then(|ways| ways.best(&keeps)), expected);
            }
        }
    }
}
