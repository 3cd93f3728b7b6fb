//! The placement of each wanted GPU instance: looked up where all ways are known, searched for where not.

use super::kind::{Keep, Kind, Kinds};
use super::solver::{Candidate, Class, Few, Present, solve};
use crate::geometry::{Kept, POOLS, Places, Tables, pools, slices};

/// For each wanted instance the index of its placement: the best of the ways in which such a set can lie at all, all of which are known.
/// `None` where that cannot tell: for wanted instances of one profile that differ, or whose place is given, and if there is no way.
pub(super) fn look_up(
    tables: &Tables,
    things: &[usize],
    Kinds { kinds, keeps, .. }: &Kinds<'_>,
    there: &[Present],
) -> Option<Few<usize>> {
    let alike = |(at, kind): (usize, &Kind<'_>)| {
        kind.layout.start.is_none() && !kinds[..at].iter().any(|other| other.index == kind.index)
    };
    if !kinds.iter().enumerate().all(alike) {
        return None;
    }
    let wanted: Few<_> = kinds.iter().map(|kind| (kind.index, kind.count)).collect();
    let ways = tables.ways(&wanted)?;
    let keep = |keep: &Keep<'_>| Kept {
        place: tables.first_place(kinds[keep.kind].index) + keep.place,
        saving: kinds[keep.kind].create + there[keep.there].destroy - keep.change,
        pinned: there[keep.there].pinned,
    };
    let keeps: Few<_> = keeps.iter().map(keep).collect();
    if keeps.iter().filter(|keep| keep.pinned).count() != there.iter().filter(|thing| thing.pinned).count() {
        return None;
    }
    let best = ways.best(&keeps)?;
    let mut places: Few<Places> = kinds.iter().map(|kind| best >> tables.first_place(kind.index)).collect();
    let next = |&thing: &usize| {
        let place = places[thing].trailing_zeros();
        places[thing] &= places[thing] - 1;
        place as usize
    };
    Some(things.iter().map(next).collect())
}

/// As [`look_up`], by search. Where there is no way, what was searched through.
pub(super) fn search(
    tables: &Tables,
    things: &[usize],
    kinds: &Kinds<'_>,
    there: &[Present],
) -> Result<Few<usize>, Vec<Class<POOLS>>> {
    let sort = |(number, kind): (usize, &Kind<'_>)| {
        let candidate = |(index, place)| {
            let keep = kinds.keep(number, index);
            Candidate { slices: slices(place), keeps: keep.map(|keep| (keep.there, keep.change)) }
        };
        let takes = pools(&kind.profile.profile.engines);
        Class { candidates: kind.places().map(candidate).collect(), create: kind.create, takes }
    };
    let sorts: Vec<_> = kinds.kinds.iter().enumerate().map(sort).collect();
    let solution = solve(things, &sorts, there, tables.engines, &|free| tables.open(free));
    let chosen = solution.ok_or(sorts)?.chosen.into_iter();
    let place =
        |(thing, number): (&usize, usize)| kinds.kinds[*thing].places().nth(number).map_or(0, |(index, _)| index);
    Ok(things.iter().zip(chosen).map(place).collect())
}
