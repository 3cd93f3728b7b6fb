//! What follows from a GPU's profiles and is worked out once, since every plan asks for it: above all, in how many ways a set of GPU
//! instances can lie side by side.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::ProfileGeometry;
use super::ways::Ways;
use crate::mig::Whole;
use crate::placement::GpuInstancePlacement;
use crate::profile::{Engines, ProfileName};

/// The engines that the instances of a GPU share out between them. Copy engines are not counted: the parts add up to more than the whole.
pub(crate) const POOLS: usize = 4;

pub(crate) fn pools(engines: &Engines) -> [u32; POOLS] {
    [engines.decoder, engines.encoder, engines.jpeg, engines.optical_flow]
}

/// A set of memory slices.
pub(crate) type Slices = u64;

pub(crate) fn slices(placement: GpuInstancePlacement) -> Slices {
    placement.slices().filter(|slice| *slice < Slices::BITS).fold(0, |slices, slice| slices | 1 << slice)
}

/// A set of placements, numbered through all profiles.
pub(crate) type Places = u64;

/// How many instances of each profile there are: four bits for each.
type Counts = u128;

const MOST_PROFILES: usize = Counts::BITS as usize / 4;

/// What follows from the profiles of a GPU.
#[derive(Debug)]
pub(crate) struct Tables {
    profiles: Arc<[ProfileGeometry]>,
    names: Vec<Option<ProfileName>>,
    /// For each profile the compute instance that takes the whole.
    wholes: Vec<Option<Whole>>,
    /// For each profile the number of its first placement.
    first: Vec<usize>,
    placements: Vec<Slices>,
    /// The engines of the whole GPU.
    pub(crate) engines: [u32; POOLS],
    /// The ways of each set of instances that has been asked for and has some: a few hundred sets at the most on all known boards.
    known: Mutex<BTreeMap<Counts, Arc<Ways>>>,
}

impl Tables {
    pub(super) fn new(profiles: &Arc<[ProfileGeometry]>) -> Self {
        let mut first = Vec::with_capacity(profiles.len());
        let mut placements = Vec::new();
        for profile in profiles.iter() {
            first.push(placements.len());
            placements.extend(profile.placements.iter().copied().map(slices));
        }
        // The profile that is the whole GPU has the most processors.
        let whole = profiles.iter().max_by_key(|geometry| geometry.profile.multiprocessor_count);
        Self {
            names: profiles.iter().map(|geometry| geometry.profile.name.parse().ok()).collect(),
            wholes: profiles.iter().map(Whole::of).collect(),
            first,
            placements,
            engines: whole.map_or([0; POOLS], |whole| pools(&whole.profile.engines)),
            known: Mutex::default(),
            profiles: Arc::clone(profiles),
        }
    }

    /// Whether these are the tables of these very profiles.
    pub(super) fn are_of(&self, profiles: &Arc<[ProfileGeometry]>) -> bool {
        Arc::ptr_eq(&self.profiles, profiles)
    }

    /// The index of the profile with a name.
    pub(crate) fn profile(&self, name: &ProfileName) -> Option<usize> {
        self.names.iter().position(|other| other.as_ref() == Some(name))
    }

    /// The compute instance that takes the whole of a GPU instance of a profile, where it is known.
    pub(crate) fn whole(&self, profile: usize) -> Option<&Whole> {
        self.wholes[profile].as_ref()
    }

    /// The number of the first placement of a profile; the others follow it.
    pub(crate) fn first_place(&self, profile: usize) -> usize {
        self.first[profile]
    }

    /// The number of placements, of all profiles, that lie in free slices alone.
    pub(crate) fn open(&self, free: Slices) -> usize {
        self.placements.iter().filter(|placement| **placement & !free == 0).count()
    }

    /// The ways in which so many instances of profiles, given by their indices, can lie side by side within the GPU's engines: those first
    /// that leave the most placements open. Each profile is named once. `None` where there is no way, and for sets that are too large to
    /// be numbered.
    pub(crate) fn ways(&self, wanted: &[(usize, usize)]) -> Option<Arc<Ways>> {
        let mut counts = 0;
        for &(profile, count) in wanted {
            if profile >= MOST_PROFILES || count > 15 {
                return None;
            }
            counts |= (count as Counts) << (4 * profile);
        }
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ways) = known().get(&counts) {
            return Some(Arc::clone(ways));
        }
        let ways = Arc::new(self.work_out(wanted)?);
        known().insert(counts, Arc::clone(&ways));
        Some(ways)
    }

    fn work_out(&self, wanted: &[(usize, usize)]) -> Option<Ways> {
        let sum = |of: &dyn Fn(&ProfileGeometry) -> u32| -> u64 {
            wanted.iter().map(|(profile, count)| u64::from(of(&self.profiles[*profile])) * *count as u64).sum()
        };
        let size = |profile: &ProfileGeometry| profile.placements.iter().map(|place| place.size).min().unwrap_or(0);
        let all = self.placements.iter().fold(0, |all, slices| all | slices);
        let fits = |pool: usize| sum(&|profile| pools(&profile.profile.engines)[pool]) <= self.engines[pool].into();
        let numbered = self.placements.len() <= Places::BITS as usize;
        if !numbered || sum(&size) > all.count_ones().into() || !(0..POOLS).all(fits) {
            return None;
        }
        let mut order = wanted.to_vec();
        order.sort_by_key(|(profile, _)| self.profiles[*profile].placements.len());
        let order: Vec<_> = order.iter().flat_map(|&(profile, count)| std::iter::repeat_n(profile, count)).collect();
        let mut ways = Vec::new();
        self.lay(&order, (0, 0), 0, &mut ways);
        ways.sort_by_cached_key(|(_, taken)| std::cmp::Reverse(self.open(!taken)));
        let ways: Vec<_> = ways.into_iter().map(|(places, _)| places).collect();
        Ways::new(&ways)
    }

    /// Adds all ways of laying the profiles beside what lies already. Of instances of one profile, the later one lies behind.
    fn lay(&self, order: &[usize], laid: (Places, Slices), from: usize, ways: &mut Vec<(Places, Slices)>) {
        let Some((&profile, later)) = order.split_first() else { return ways.push(laid) };
        let first = self.first[profile];
        for place in from.max(first)..first + self.profiles[profile].placements.len() {
            let (places, taken) = laid;
            if self.placements[place] & taken == 0 {
                let from = if later.first() == Some(&profile) { place + 1 } else { 0 };
                self.lay(later, (places | 1 << place, taken | self.placements[place]), from, ways);
            }
        }
    }
}
