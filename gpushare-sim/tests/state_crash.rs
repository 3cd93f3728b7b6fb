//! Shared state under `SIGKILL`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs, thread};

use gpushare_sim::engine;
use gpushare_sim::{Machine, MachineConfig};
use gpushare_sys::*;
use state_support::{Client, ONE_SLICE, Talking, own_role, role, say, told_to_go_on};
use support::call;

mod state_support;
mod support;

const WORKERS: u64 = 4;
const MUTATIONS: u64 = 10_000;
const SEED: u64 = 20_240_229;
const GPU: &str = "GPUSHARE_SIM_TEST_GPU";

/// Numbers that look like chance and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// The GPU instance IDs that the state has on a GPU, and the number of changes that brought them about.
fn present(machine: &engine::Machine, gpu: usize) -> (BTreeSet<u32>, u64) {
    let gpu = &machine.gpus()[gpu];
    (gpu.all_gpu_instances().map(|instance| instance.id).collect(), gpu.config_generation())
}

/// The state opens, and is one that the driver's rules allow.
fn open(machine: &Machine) -> engine::Machine {
    let state = machine.state().unwrap();
    assert_eq!(state.check(), Ok(()));
    for gpu in state.gpus() {
        let mut slices = BTreeSet::new();
        for instance in gpu.all_gpu_instances() {
            for slice in instance.placement.start..instance.placement.end() {
                assert!(slices.insert(slice), "two instances have memory slice {slice}");
            }
        }
    }
    state
}

#[test]
fn no_kill_loses_an_acknowledged_change_or_breaks_the_state() {
    let config: MachineConfig = "4xA100-SXM4-40GB".parse().unwrap();
    let machine = Machine::with_config_shared(&config).unwrap();
    let client = Client::of(machine.library_path());
    assert_eq!(call!(client.nvmlInit_v2()), NVML_SUCCESS);
    for gpu in 0..WORKERS {
        assert_eq!(client.set_mig(gpu as u32, 1), (NVML_SUCCESS, NVML_SUCCESS));
    }
    thread::scope(|scope| {
        for gpu in 0..WORKERS {
            let machine = &machine;
            scope.spawn(move || kill_again_and_again(machine, gpu as usize, MUTATIONS / WORKERS, 250));
        }
    });
}

#[test]
fn the_next_process_to_begin_brings_the_files_in_step() {
    let machine = Machine::with_config_shared(&"1xA100-SXM4-40GB".parse().unwrap()).unwrap();
    let client = Client::of(machine.library_path());
    assert_eq!(call!(client.nvmlInit_v2()), NVML_SUCCESS);
    assert_eq!(client.set_mig(0, 1), (NVML_SUCCESS, NVML_SUCCESS));
    // No other process is there that could.
    kill_again_and_again(&machine, 0, 1000, 40);
}

/// Kills the processes that change one GPU, each after less than `most` changes, until enough changes were made.
fn kill_again_and_again(machine: &Machine, gpu: usize, enough: u64, most: u64) {
    let mut numbers = Numbers(SEED + gpu as u64);
    let (mut instances, mut changes) = present(&open(machine), gpu);
    while changes < enough {
        let mut command = role(machine, "change");
        command.env(GPU, gpu.to_string());
        let mut worker = Talking::start(command);
        // Whoever begins to use the machine brings its files in step with it.
        assert_eq!(worker.hear().as_deref(), Some("begun"));
        assert_eq!(shown(&machine.root(), gpu), expected(&open(machine), gpu));
        worker.go_on();
        let acknowledge = |line: String, changes: &mut u64, instances: &mut BTreeSet<u32>| {
            *changes += 1;
            *instances = line.split_whitespace().map(|id| id.parse().unwrap()).collect();
        };
        for _ in 0..numbers.below(most) {
            acknowledge(worker.hear().unwrap(), &mut changes, &mut instances);
        }
        worker.kill();
        // What it said before it died counts as well.
        while let Some(line) = worker.hear() {
            acknowledge(line, &mut changes, &mut instances);
        }
        drop(worker);
        let (found, count) = present(&open(machine), gpu);
        if count == changes {
            assert_eq!(found, instances, "GPU {gpu} after {changes} changes");
        } else {
            assert_eq!(
                count,
                changes + 1,
                "GPU {gpu}: but for the one change that nobody heard of, each is there once"
            );
        }
        (instances, changes) = (found, count);
    }
}

/// What `/proc/driver/nvidia/capabilities` should hold of a GPU.
fn expected(machine: &engine::Machine, gpu: usize) -> BTreeMap<PathBuf, Option<String>> {
    let base = format!("/proc/driver/nvidia/capabilities/gpu{gpu}/mig/");
    let entries = machine.gpus()[gpu].capability_entries().into_iter();
    entries.filter_map(|entry| Some((PathBuf::from(entry.path.strip_prefix(&base)?), entry.contents))).collect()
}

/// What it does hold.
fn shown(root: &Path, gpu: usize) -> BTreeMap<PathBuf, Option<String>> {
    fn walk(folder: &Path, base: &Path, found: &mut BTreeMap<PathBuf, Option<String>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let contents = path.is_file().then(|| fs::read_to_string(&path).unwrap());
            if contents.is_none() {
                walk(&path, base, found);
            }
            found.insert(path.strip_prefix(base).unwrap().to_owned(), contents);
        }
    }
    let base = root.join(format!("proc/driver/nvidia/capabilities/gpu{gpu}/mig"));
    let mut found = BTreeMap::new();
    walk(&base, &base, &mut found);
    found
}

/// Not a test but what the test above runs in processes of their own.
#[test]
fn child() {
    if own_role().as_deref() != Some("change") {
        return;
    }
    let gpu: u32 = env::var(GPU).unwrap().parse().unwrap();
    let mut numbers = Numbers(SEED + u64::from(std::process::id()));
    let client = Client::start();
    say!("begun");
    told_to_go_on();
    let found = client.list(gpu, ONE_SLICE).unwrap().into_iter();
    let mut instances: BTreeMap<_, _> = found.map(|handle| (client.place(handle).unwrap()[0], handle)).collect();
    loop {
        let chosen = numbers.below(7) as usize;
        match instances.keys().nth(chosen).copied() {
            Some(id) => client.destroy(instances.remove(&id).unwrap()).unwrap(),
            None => {
                let handle = client.create(gpu, ONE_SLICE).unwrap();
                instances.insert(client.place(handle).unwrap()[0], handle);
            }
        }
        say!("{}", instances.keys().map(u32::to_string).collect::<Vec<_>>().join(" "));
    }
}
