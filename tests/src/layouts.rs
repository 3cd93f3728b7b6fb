//! All layouts of a GPU by trying, and what lies between two: an independent check of plans.

use std::collections::BTreeSet;

use gpushare::MigGeometry;

/// An instance as the brute force sees it: the index of its profile, and where it lies.
pub type Placed = (usize, u32, u32);

/// Every set of instances that can lie side by side, by trying: no overlap, no more of a profile than NVML allows, and no more engines
/// than the whole GPU has.
pub fn all_layouts(geometry: &MigGeometry, profiles: &[usize]) -> Vec<Vec<Placed>> {
    let places: Vec<Placed> = profiles
        .iter()
        .flat_map(|&index| {
            geometry.profiles[index].placements.iter().map(move |place| (index, place.start, place.size))
        })
        .collect();
    let mut found = vec![Vec::new()];
    let mut at = 0;
    while at < found.len() {
        let layout: Vec<Placed> = found[at].clone();
        let after =
            layout.last().map_or(0, |last| places.iter().position(|place| place == last).map_or(0, |at| at + 1));
        for place in &places[after..] {
            let mut larger = layout.clone();
            larger.push(*place);
            if is_possible(geometry, &larger) {
                found.push(larger);
            }
        }
        at += 1;
    }
    found
}

fn is_possible(geometry: &MigGeometry, layout: &[Placed]) -> bool {
    let overlap = |a: &Placed, b: &Placed| (a.1..a.1 + a.2).any(|slice| (b.1..b.1 + b.2).contains(&slice));
    let disjoint = (0..layout.len()).all(|i| (0..i).all(|j| !overlap(&layout[i], &layout[j])));
    let profile = |placed: &Placed| &geometry.profiles[placed.0].profile;
    let counts = layout.iter().all(|placed| {
        let same = layout.iter().filter(|other| other.0 == placed.0).count();
        same <= profile(placed).max_instances as usize
    });
    let whole = geometry.profiles.iter().max_by_key(|candidate| candidate.profile.multiprocessor_count);
    let engines = |take: fn(&gpushare::Engines) -> u32| {
        let total = whole.map_or(0, |whole| take(&whole.profile.engines));
        layout.iter().map(|placed| take(&profile(placed).engines)).sum::<u32>() <= total
    };
    disjoint
        && counts
        && engines(|e| e.decoder)
        && engines(|e| e.encoder)
        && engines(|e| e.jpeg)
        && engines(|e| e.optical_flow)
}

/// Whether nothing can be added to a layout.
pub fn is_maximal(layout: &[Placed], all: &BTreeSet<BTreeSet<Placed>>) -> bool {
    let own: BTreeSet<_> = layout.iter().copied().collect();
    !all.iter().any(|other| other.len() > own.len() && own.is_subset(other))
}

/// The profiles of a layout, wherever they lie.
pub fn multiset(layout: &[Placed]) -> Vec<usize> {
    let mut profiles: Vec<_> = layout.iter().map(|placed| placed.0).collect();
    profiles.sort_unstable();
    profiles
}

/// A multiset as the text of a layout.
pub fn text(geometry: &MigGeometry, multiset: &[usize]) -> String {
    let names: Vec<_> = multiset.iter().map(|index| geometry.profiles[*index].profile.name.to_string()).collect();
    names.join(", ")
}

/// A layout as text, with every place named.
pub fn text_with_places(geometry: &MigGeometry, layout: &[Placed]) -> String {
    let name = |placed: &Placed| format!("{}@{}", geometry.profiles[placed.0].profile.name, placed.1);
    layout.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// The fewest changes from a layout to a multiset when each GPU instance holds one compute instance: two for each that goes or comes.
pub fn fewest(from: &[Placed], to: &[usize], all: &[Vec<Placed>]) -> usize {
    let from: BTreeSet<_> = from.iter().collect();
    let ways = all.iter().filter(|layout| multiset(layout) == to);
    ways.map(|layout| 2 * from.symmetric_difference(&layout.iter().collect()).count()).min().unwrap_or(usize::MAX)
}

/// The profiles of the 7-slice board that divide it by size: without the media extension, of which there is one.
pub fn sizes(geometry: &MigGeometry) -> Vec<usize> {
    let plain = |index: &usize| !geometry.profiles[*index].profile.name.contains('+');
    (0..geometry.profiles.len()).filter(plain).collect()
}
