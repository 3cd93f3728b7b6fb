//! The least costly way from what lies in some slices to what is wanted there: an exact search, for GPU instances in a GPU and for
//! compute instances in a GPU instance alike.

use std::cmp::Reverse;

use smallvec::SmallVec;

use crate::geometry::Slices;

/// As many as a GPU has slices, on most boards: plans that are made all day long do without the allocations of lists.
pub(super) type Few<T> = SmallVec<[T; 8]>;

/// A place where a wanted thing can lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) slices: Slices,
    /// The present thing that would serve there, and what it would still cost to make it as wanted.
    pub(super) keeps: Option<(usize, u32)>,
}

/// Wanted things that are alike, and so can trade places.
#[derive(Debug, Clone)]
pub(super) struct Class<const POOLS: usize> {
    pub(super) candidates: Few<Candidate>,
    /// What it costs to make one anew.
    pub(super) create: u32,
    /// What one takes of each pool.
    pub(super) takes: [u32; POOLS],
}

/// A present thing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Present {
    /// What it costs to destroy it.
    pub(super) destroy: u32,
    /// Whether it has to stay.
    pub(super) pinned: bool,
}

/// For each wanted thing the index of its candidate; the cost of it all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Solution {
    pub(super) chosen: Few<usize>,
    pub(super) cost: u32,
}

/// For each thing the number of its class: things that are equal share one, and the numbers follow the order of first appearance.
pub(super) fn classes<T: PartialEq>(things: &[T]) -> Few<usize> {
    let mut classes = Few::new();
    let mut next = 0;
    for (index, thing) in things.iter().enumerate() {
        let twin = things[..index].iter().rposition(|other| other == thing);
        classes.push(twin.map_or(next, |twin| classes[twin]));
        next += usize::from(twin.is_none());
    }
    classes
}

/// Places wanted things, given by their classes, without overlap, within the pools, keeping what is pinned, at the lowest cost; among
/// equals, so that the free slices are worth the most by `quality`. `None` where it cannot be done.
pub(super) fn solve<const POOLS: usize>(
    things: &[usize],
    classes: &[Class<POOLS>],
    present: &[Present],
    pools: [u32; POOLS],
    quality: &dyn Fn(Slices) -> usize,
) -> Option<Solution> {
    let mut order: Few<usize> = (0..things.len()).collect();
    order.sort_by_key(|&thing| (classes[things[thing]].candidates.len(), things[thing]));
    // What the things from a position on cost at the least.
    let cheapest = |class: &Class<POOLS>| class.candidates.iter().map(|c| price(class, c, present)).min().unwrap_or(0);
    let mut rest: Few<i64> = Few::from_elem(0, things.len() + 1);
    for position in (0..order.len()).rev() {
        rest[position] = rest[position + 1] + cheapest(&classes[things[order[position]]]);
    }
    let chosen = Few::from_elem(0, things.len());
    let mut search = Search { things, classes, present, order, rest, quality, chosen, best: None };
    let all_destroyed = present.iter().map(|thing| i64::from(thing.destroy)).sum();
    search.place(0, 0, 0, all_destroyed, pools);
    search.best.map(|(cost, _, chosen)| Solution { chosen, cost: u32::try_from(cost).unwrap_or(0) })
}

/// What a candidate adds to the cost of destroying everything. A thing that is kept also saves its destruction.
fn price<const POOLS: usize>(class: &Class<POOLS>, candidate: &Candidate, present: &[Present]) -> i64 {
    match candidate.keeps {
        Some((thing, change)) => i64::from(change) - i64::from(present[thing].destroy),
        None => i64::from(class.create),
    }
}

/// What the search knows, and the best that it has found.
struct Search<'a, const POOLS: usize> {
    things: &'a [usize],
    classes: &'a [Class<POOLS>],
    present: &'a [Present],
    /// The things in the order in which they are placed: equal ones side by side, those with the fewest places first.
    order: Few<usize>,
    rest: Few<i64>,
    /// How good the slices are that a solution leaves free.
    quality: &'a dyn Fn(Slices) -> usize,
    chosen: Few<usize>,
    best: Option<(i64, Reverse<usize>, Few<usize>)>,
}

impl<const POOLS: usize> Search<'_, POOLS> {
    fn place(&mut self, position: usize, used: Slices, kept: u64, cost: i64, pools: [u32; POOLS]) {
        if self.best.as_ref().is_some_and(|(best, ..)| cost + self.rest[position] > *best) {
            return;
        }
        let Some(&thing) = self.order.get(position) else {
            return self.finish(used, kept, cost);
        };
        let class = &self.classes[self.things[thing]];
        let mut left = pools;
        for (left, takes) in left.iter_mut().zip(class.takes) {
            match left.checked_sub(takes) {
                Some(rest) => *left = rest,
                None => return,
            }
        }
        // Of things that can trade places, the later one never takes an earlier place.
        let before = position.checked_sub(1).map(|before| self.order[before]);
        let first = match before {
            Some(before) if self.things[before] == self.things[thing] => self.chosen[before] + 1,
            _ => 0,
        };
        for (number, candidate) in class.candidates.iter().enumerate().skip(first) {
            if candidate.slices & used != 0 {
                continue;
            }
            self.chosen[thing] = number;
            let kept = candidate.keeps.map_or(kept, |(thing, _)| kept | 1 << thing);
            let cost = cost + price(class, candidate, self.present);
            self.place(position + 1, used | candidate.slices, kept, cost, left);
        }
    }

    fn finish(&mut self, used: Slices, kept: u64, cost: i64) {
        if self.present.iter().enumerate().any(|(thing, present)| present.pinned && kept & 1 << thing == 0) {
            return;
        }
        let quality = Reverse((self.quality)(!used));
        if self.best.as_ref().is_none_or(|(best, best_quality, _)| (cost, quality) < (*best, *best_quality)) {
            self.best = Some((cost, quality, self.chosen.clone()));
        }
    }
}
