//! The least costly way from what lies in some slices to what is wanted there: an exact search, for GPU instances in a GPU and for
//! compute instances in a GPU instance alike.

/// A set of slices.
pub(super) type Mask = u64;

/// A place where a wanted thing can lie.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) mask: Mask,
    /// The present thing that would serve there, and what it would still cost to make it as wanted.
    pub(super) keeps: Option<(usize, u32)>,
}

/// A wanted thing.
#[derive(Debug, Clone)]
pub(super) struct Wanted<const POOLS: usize> {
    /// Things with equal classes can trade places.
    pub(super) class: usize,
    pub(super) candidates: Vec<Candidate>,
    /// What it costs to make it anew.
    pub(super) create: u32,
    /// What it takes of each pool.
    pub(super) takes: [u32; POOLS],
}

/// A present thing.
#[derive(Debug, Clone)]
pub(super) struct Present {
    /// What it costs to destroy it.
    pub(super) destroy: u32,
    /// Whether it has to stay.
    pub(super) pinned: bool,
}

/// For each wanted thing the index of its candidate; the cost of it all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Solution {
    pub(super) chosen: Vec<usize>,
    pub(super) cost: u32,
}

/// What the search knows and does not change.
struct Search<'a, const POOLS: usize> {
    wanted: &'a [Wanted<POOLS>],
    present: &'a [Present],
    /// The wanted things in the order in which they are placed: equal ones side by side, those with the fewest places first.
    order: Vec<usize>,
    /// What the things from a position on cost at the least.
    rest: Vec<i64>,
    /// How good the slices are that a solution leaves free.
    quality: &'a dyn Fn(Mask) -> u32,
    best: Option<(i64, u32, Vec<usize>)>,
}

/// Places all wanted things without overlap, within the pools, keeping what is pinned, at the lowest cost; among equals, so that the
/// free slices are worth the most by `quality`. `None` where it cannot be done.
pub(super) fn solve<const POOLS: usize>(
    wanted: &[Wanted<POOLS>],
    present: &[Present],
    pools: [u32; POOLS],
    quality: &dyn Fn(Mask) -> u32,
) -> Option<Solution> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|&index| (wanted[index].candidates.len(), wanted[index].class));
    // A thing that is kept also saves its destruction.
    let cheapest =
        |wanted: &Wanted<POOLS>| wanted.candidates.iter().map(|c| price(wanted, c, present)).min().unwrap_or(0);
    let mut rest = vec![0; wanted.len() + 1];
    for position in (0..order.len()).rev() {
        rest[position] = rest[position + 1] + cheapest(&wanted[order[position]]);
    }
    let mut search = Search { wanted, present, order, rest, quality, best: None };
    let all_destroyed: i64 = present.iter().map(|thing| i64::from(thing.destroy)).sum();
    let mut chosen = vec![0; wanted.len()];
    search.place(0, 0, 0, all_destroyed, pools, &mut chosen);
    search.best.map(|(cost, _, chosen)| Solution { chosen, cost: u32::try_from(cost).unwrap_or(0) })
}

/// What a candidate adds to the cost of destroying everything.
fn price<const POOLS: usize>(wanted: &Wanted<POOLS>, candidate: &Candidate, present: &[Present]) -> i64 {
    match candidate.keeps {
        Some((thing, change)) => i64::from(change) - i64::from(present[thing].destroy),
        None => i64::from(wanted.create),
    }
}

impl<const POOLS: usize> Search<'_, POOLS> {
    fn place(
        &mut self,
        position: usize,
        used: Mask,
        kept: u64,
        cost: i64,
        pools: [u32; POOLS],
        chosen: &mut Vec<usize>,
    ) {
        if self.best.as_ref().is_some_and(|(best, ..)| cost + self.rest[position] > *best) {
            return;
        }
        let Some(&index) = self.order.get(position) else {
            return self.finish(used, kept, cost, chosen);
        };
        let wanted = &self.wanted[index];
        let mut left = pools;
        for (left, takes) in left.iter_mut().zip(wanted.takes) {
            match left.checked_sub(takes) {
                Some(rest) => *left = rest,
                None => return,
            }
        }
        // Of things that can trade places, the later one never takes an earlier place.
        let before = position.checked_sub(1).map(|before| self.order[before]);
        let first = match before {
            Some(before) if self.wanted[before].class == wanted.class => chosen[before] + 1,
            _ => 0,
        };
        for number in first..wanted.candidates.len() {
            let candidate = &wanted.candidates[number];
            if candidate.mask & used != 0 {
                continue;
            }
            chosen[index] = number;
            let kept = candidate.keeps.map_or(kept, |(thing, _)| kept | 1 << thing);
            let cost = cost + price(wanted, candidate, self.present);
            self.place(position + 1, used | candidate.mask, kept, cost, left, chosen);
        }
    }

    fn finish(&mut self, used: Mask, kept: u64, cost: i64, chosen: &[usize]) {
        if self.present.iter().enumerate().any(|(thing, present)| present.pinned && kept & 1 << thing == 0) {
            return;
        }
        let quality = (self.quality)(!used);
        let better = match &self.best {
            None => true,
            Some((best, best_quality, _)) => {
                (cost, std::cmp::Reverse(quality)) < (*best, std::cmp::Reverse(*best_quality))
            }
        };
        if better {
            self.best = Some((cost, quality, chosen.to_vec()));
        }
    }
}
