//! What real boards answered, replayed.

#![allow(missing_docs)]

mod engine_support;

use engine_support::{compute_placement, create, create_compute, gpu};
use gpushare_sim::catalog::{IdLayout, Model, Placement};
use gpushare_sim::engine::{Access, Attributes, Gpu, Machine, MachineConfig, Refusal};
use std::collections::BTreeSet;

const A100: &str = "A100-SXM4-40GB";
const A100_80: &str = "A100-SXM4-80GB";
const A100_PCIE_80: &str = "A100-PCIe-80GB";
const H100: &str = "H100-SXM5-80GB";
const H100_PCIE: &str = "H100-PCIe-80GB";
const H100_NVL: &str = "H100-NVL-94GB";
const GH200: &str = "GH200-96GB";

struct Sequence {
    models: &'static [&'static str],
    profiles: &'static [u32],
    a: &'static [u32],
    b: &'static [u32],
}

/// Profiles created one after another without a placement, and the IDs they got. An empty list: not recorded.
/// Each ran on the first model named, or on several; where the profiles are plain, also on the default board here.
const SEQUENCES: &[Sequence] = &[
    Sequence {
        models: &[H100, GH200, A100, H100_PCIE, A100_PCIE_80],
        profiles: &[19, 19, 19, 19, 19, 19, 19],
        a: &[13, 11, 12, 7, 8, 9, 10],
        b: &[9, 7, 8, 11, 12, 13, 14],
    },
    Sequence { models: &[A100], profiles: &[14, 14, 14], a: &[5, 3, 4], b: &[3, 5, 6] },
    Sequence { models: &[A100], profiles: &[5, 14, 19], a: &[1, 5, 13], b: &[2, 3, 9] },
    Sequence { models: &[A100], profiles: &[19, 14, 5], a: &[13, 5, 1], b: &[] },
    Sequence { models: &[A100, "A100-PCIe-40GB"], profiles: &[9, 19, 14, 19], a: &[2, 7, 4, 8], b: &[1, 11, 6, 12] },
    Sequence { models: &[A100], profiles: &[9, 14], a: &[2, 3], b: &[] },
    Sequence { models: &[A100], profiles: &[9, 14, 19, 19], a: &[2, 3, 9, 10], b: &[1, 5, 13, 14] },
    Sequence { models: &[A100_80, A100], profiles: &[5, 9], a: &[1, 2], b: &[] },
    Sequence { models: &[A100_80, A100], profiles: &[9, 5], a: &[], b: &[1, 2] },
    Sequence { models: &[A100_80, A100], profiles: &[14, 14, 19], a: &[], b: &[3, 5, 9] },
    Sequence { models: &[A100], profiles: &[14, 19, 19, 19, 19, 19], a: &[5, 13, 7, 8, 9, 10], b: &[] },
    Sequence { models: &[A100_80, A100], profiles: &[14, 14, 14, 20], a: &[5, 3, 4, 13], b: &[] },
    Sequence { models: &[H100_NVL], profiles: &[9, 15, 19], a: &[], b: &[1, 5, 13] },
    Sequence { models: &[A100], profiles: &[19, 19, 14], a: &[13, 11, 3], b: &[] },
    Sequence { models: &[GH200], profiles: &[15, 15, 15], a: &[5, 3, 4], b: &[] },
    Sequence { models: &[H100], profiles: &[15], a: &[5], b: &[] },
    Sequence { models: &["A30"], profiles: &[14, 14, 14, 14], a: &[3, 4, 5, 6], b: &[3, 4, 5, 6] },
    Sequence { models: &["RTX-PRO-6000"], profiles: &[14, 14, 14, 14], a: &[3, 4, 5, 6], b: &[3, 4, 5, 6] },
    Sequence { models: &["RTX-PRO-6000"], profiles: &[5, 14, 14], a: &[1, 5, 6], b: &[1, 5, 6] },
];

#[test]
fn ids_of_recorded_creations() {
    for Sequence { models, profiles, a, b } in SEQUENCES {
        for (layout, ids) in [(IdLayout::A, a), (IdLayout::B, b)].into_iter().filter(|(_, ids)| !ids.is_empty()) {
            for model in *models {
                let mut gpu = gpu(model, layout);
                let got: Vec<_> = profiles.iter().map(|profile| create(&mut gpu, *profile).unwrap()).collect();
                assert_eq!(got, *ids, "{model} {layout:?} {profiles:?}");
            }
        }
    }
}

#[test]
fn recorded_creation_that_finds_no_room() {
    let mut gpu = gpu(A100, IdLayout::A);
    for profile in [19, 19, 14] {
        create(&mut gpu, profile).unwrap();
    }
    let before = gpu.clone();
    assert_eq!(create(&mut gpu, 9), Err(Refusal::InsufficientResources));
    assert_eq!(create(&mut gpu, 1), Err(Refusal::InvalidArgument));
    assert_eq!(gpu, before);
}

/// The double-memory profile takes the last quarter first where it has no more multiprocessors than 1g.
#[test]
fn recorded_double_memory_on_h100_pcie() {
    let mut gpu = gpu(H100_PCIE, IdLayout::B);
    let gi = create(&mut gpu, 15).unwrap();
    assert_eq!(gpu.live_gpu_instance(gi).unwrap().placement, Placement::new(6, 2));
}

#[test]
fn ids_of_every_placement() {
    let seven = [(0, 8, 0, 0), (0, 4, 1, 2), (4, 4, 2, 1), (0, 2, 3, 5), (2, 2, 4, 6), (4, 2, 5, 3), (6, 2, 6, 4)];
    let eighths = (0..7).map(|start| (start, 1, 7 + start, 7 + (start + 4) % 8));
    let seven: BTreeSet<_> = seven.into_iter().chain(eighths).collect();
    let four = |unit: u32| {
        let ids = [(0, 4, 0), (0, 2, 1), (2, 2, 2), (0, 1, 3), (1, 1, 4), (2, 1, 5), (3, 1, 6)];
        ids.map(|(start, size, id)| (start * unit, size * unit, id, id)).into_iter().collect::<BTreeSet<_>>()
    };
    for model in Model::all() {
        let Some(mig) = &model.mig else { continue };
        let placements = mig.profiles.iter().flat_map(|profile| mig.placements(profile));
        let id = |layout, at| mig.gpu_instance_id(layout, at);
        let table: BTreeSet<_> =
            placements.map(|at| (at.start, at.size, id(IdLayout::A, at), id(IdLayout::B, at))).collect();
        let expected = match (mig.compute_slices, mig.memory_slices) {
            (7, 8) => seven.clone(),
            (4, 4) => four(1),
            (4, 12) => four(3),
            other => panic!("no table for {other:?}"),
        };
        assert_eq!(table, expected, "{}", model.key);
    }
}

/// Profiles 19, 20, 15, 14, 9, 5, 0.
fn capacities(gpu: &Gpu) -> [u32; 7] {
    [19, 20, 15, 14, 9, 5, 0].map(|profile| gpu.gpu_instance_capacity(profile).unwrap())
}

fn placements(gpu: &Gpu) -> Vec<Vec<Placement>> {
    [19, 20, 15, 14, 9, 5, 0].map(|profile| gpu.gpu_instance_placements(profile).unwrap()).to_vec()
}

#[test]
fn capacity_on_the_recorded_a100() {
    let mut gpu = gpu(A100, IdLayout::B);
    let possible = placements(&gpu);
    assert_eq!(capacities(&gpu), [7, 1, 4, 3, 2, 1, 1]);
    assert_eq!(create(&mut gpu, 5), Ok(2));
    assert_eq!(capacities(&gpu), [3, 1, 2, 1, 1, 0, 0]);
    assert_eq!(create(&mut gpu, 14), Ok(3));
    assert_eq!(capacities(&gpu), [1, 1, 1, 0, 0, 0, 0]);
    assert_eq!(create(&mut gpu, 19), Ok(9));
    assert_eq!(capacities(&gpu), [0; 7]);
    assert_eq!(placements(&gpu), possible, "possible placements do not depend on what exists");
}

/// Rows of `nvidia-smi mig -lcip`: ID, name, total, multiprocessors, and whether starred.
type Rows = Vec<(u32, String, u32, u32, bool)>;

fn compute_rows(gpu: &mut Gpu, profile: u32) -> Rows {
    let gi = create(gpu, profile).unwrap();
    let rows = gpu.compute_instance_profiles(gi).unwrap().into_iter();
    let rows = rows.map(|row| (row.id, row.name, row.max, row.multiprocessors, row.whole)).collect();
    gpu.destroy_gpu_instance(Access::Admin, gi).unwrap();
    rows
}

fn rows(expected: &[(u32, &str, u32, u32, bool)]) -> Rows {
    expected.iter().map(|(id, name, max, sm, whole)| (*id, (*name).to_owned(), *max, *sm, *whole)).collect()
}

#[test]
fn compute_profiles_of_boards_without_rev1() {
    let mut a100 = gpu(A100, IdLayout::B);
    assert_eq!(compute_rows(&mut a100, 19), rows(&[(0, "1g.5gb", 1, 14, true)]));
    assert_eq!(compute_rows(&mut a100, 20), rows(&[(0, "1g.5gb", 1, 14, true)]));
    assert_eq!(compute_rows(&mut a100, 15), rows(&[(0, "1g.10gb", 1, 14, true)]));
    assert_eq!(compute_rows(&mut a100, 14), rows(&[(0, "1c.2g.10gb", 2, 14, false), (1, "2g.10gb", 1, 28, true)]));
    let three = [(0, "1c.3g.20gb", 3, 14, false), (1, "2c.3g.20gb", 1, 28, false), (2, "3g.20gb", 1, 42, true)];
    assert_eq!(compute_rows(&mut a100, 9), rows(&three));
    let four = [(0, "1c.4g.20gb", 4, 14, false), (1, "2c.4g.20gb", 2, 28, false), (3, "4g.20gb", 1, 56, true)];
    assert_eq!(compute_rows(&mut a100, 5), rows(&four));
    let seven = [
        (0, "1c.7g.40gb", 7, 14, false),
        (1, "2c.7g.40gb", 3, 28, false),
        (2, "3c.7g.40gb", 2, 42, false),
        (3, "4c.7g.40gb", 1, 56, false),
        (4, "7g.40gb", 1, 98, true),
    ];
    assert_eq!(compute_rows(&mut a100, 0), rows(&seven));
    let mut a30 = gpu("A30", IdLayout::B);
    assert_eq!(compute_rows(&mut a30, 5), rows(&[(0, "1c.2g.12gb", 2, 14, false), (1, "2g.12gb", 1, 28, true)]));
    for model in [A100, "A30", H100_PCIE, "RTX-PRO-6000"] {
        assert!(!Model::by_key(model).unwrap().mig.as_ref().unwrap().aligned_compute(), "{model}");
    }
}

#[test]
fn compute_profiles_of_boards_with_rev1() {
    let mut h100 = gpu(H100, IdLayout::B);
    let two = [(0, "1c.2g.20gb", 2, 16, false), (1, "2g.20gb", 1, 32, true), (7, "1c.2g.20gb", 1, 26, false)];
    assert_eq!(compute_rows(&mut h100, 14), rows(&two));
    assert_eq!(compute_rows(&mut h100, 15), rows(&[(0, "1g.20gb", 1, 16, false), (7, "1g.20gb", 1, 26, true)]));
    let rev1 = |gpu: &mut Gpu, profile| compute_rows(gpu, profile).iter().find(|row| row.0 == 7).map(|row| row.2);
    assert_eq!([19, 9, 5, 0].map(|profile| rev1(&mut h100, profile)), [None, Some(1), Some(2), Some(3)]);
    for model in [H100, H100_NVL, "H200", GH200, "GH200-144GB", "B200", "GB200"] {
        assert!(Model::by_key(model).unwrap().mig.as_ref().unwrap().aligned_compute(), "{model}");
    }
}

fn compute_capacities<const N: usize>(gpu: &Gpu, gi: u32, profiles: [u32; N]) -> [u32; N] {
    profiles.map(|profile| gpu.compute_instance_capacity(gi, profile).unwrap())
}

#[test]
fn compute_capacity_on_recorded_boards() {
    let mut gpu = gpu(A100_80, IdLayout::A);
    let (four, three) = (create(&mut gpu, 5).unwrap(), create(&mut gpu, 9).unwrap());
    assert_eq!(compute_capacities(&gpu, four, [0, 1, 3]), [4, 2, 1]);
    assert_eq!(create_compute(&mut gpu, four, 0), Ok(0));
    assert_eq!(compute_capacities(&gpu, four, [0, 1, 3]), [3, 1, 0]);
    assert_eq!(create_compute(&mut gpu, four, 1), Ok(1));
    assert_eq!(compute_placement(&gpu, four, 1), Placement::new(1, 2), "unaligned is legal here");
    assert_eq!(create_compute(&mut gpu, three, 0), Ok(0));
    assert_eq!(create_compute(&mut gpu, three, 1), Ok(1));
    assert_eq!(compute_capacities(&gpu, three, [0, 1, 2]), [0, 0, 0]);
    assert_eq!(create_compute(&mut gpu, three, 0), Err(Refusal::InsufficientResources));
}

/// The recorded machine with the recorded instances: 4g with a 4c, 2g with two 1c, 1g with a 1c.
fn recorded() -> Machine {
    let mut machine = Machine::new(&MachineConfig::default()).unwrap();
    let gpu = machine.gpu_mut(0).unwrap();
    gpu.set_mig_mode(Access::Admin, 1).unwrap();
    for (profile, compute) in [(5, &[3][..]), (14, &[0, 0]), (19, &[0])] {
        let gi = create(gpu, profile).unwrap();
        for profile in compute {
            create_compute(gpu, gi, *profile).unwrap();
        }
    }
    machine
}

#[test]
fn recorded_machine() {
    let machine = recorded();
    let gpu = &machine.gpus()[0];
    assert_eq!((machine.driver_version(), machine.cuda_version(), machine.gpus().len()), ("580.126.09", 13000, 8));
    assert_eq!(gpu.identity().uuid, "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9");
    assert_eq!(gpu.identity().pci.to_string(), "00000000:10:1C.0");
    let devices: Vec<_> = gpu.mig_devices().collect();
    assert_eq!(devices.iter().map(|d| (d.gi, d.ci)).collect::<Vec<_>>(), [(2, 0), (3, 0), (3, 1), (9, 0)]);
    assert_eq!(compute_placement(gpu, 2, 0), Placement::new(0, 4));
    assert_eq!(compute_placement(gpu, 3, 1), Placement::new(1, 1));
    let Attributes { multiprocessors, engines, gpu_instance_slices, compute_instance_slices, memory_mib } =
        gpu.mig_attributes(devices[1]).unwrap();
    assert_eq!((multiprocessors, gpu_instance_slices, compute_instance_slices, memory_mib), (14, 2, 1, 9984));
    assert_eq!((engines.copy, engines.decoder, engines.encoder, engines.jpeg, engines.ofa), (2, 1, 0, 0, 0));
    assert_eq!(gpu.mig_name(devices[1]).unwrap(), "NVIDIA A100-SXM4-40GB MIG 1c.2g.10gb");
    assert_eq!(gpu.mig_name(devices[0]).unwrap(), "NVIDIA A100-SXM4-40GB MIG 4g.20gb");
    let mib = |gi| {
        let (memory, bar1) = (gpu.mig_memory(gi).unwrap(), gpu.mig_bar1(gi).unwrap());
        [memory.used, memory.total, bar1.used, bar1.total].map(|bytes| bytes >> 20)
    };
    assert_eq!([2, 3, 9].map(mib), [[142, 20096, 0, 12211], [71, 9984, 0, 6105], [36, 4864, 0, 3052]]);
    let memory = gpu.memory(Access::Monitor).unwrap();
    assert_eq!([memory.used >> 20, memory.total >> 20], [249, 40960]);
}

#[test]
fn recorded_capability_nodes() {
    let nodes = recorded().capability_nodes();
    let modes: Vec<_> = nodes.iter().map(|node| (node.minor, node.mode)).collect();
    let access = [21, 22, 30, 31, 32, 84, 85].map(|minor| (minor, 0o444));
    assert_eq!(modes, [&[(0, 0o400), (1, 0o400), (2, 0o444)][..], &access].concat());
    assert_eq!(nodes[3].path, "/dev/nvidia-caps/nvidia-cap21");
}

#[test]
fn recorded_capability_files() {
    let entries = recorded().capability_entries();
    let minor = |path: &str| {
        let entry = entries.iter().find(|entry| entry.path == format!("/proc/driver/nvidia/capabilities/{path}"));
        let contents = entry.and_then(|entry| entry.contents.clone()).unwrap_or_else(|| panic!("no {path}"));
        contents.lines().next().and_then(|line| line.strip_prefix("DeviceFileMinor: ")).unwrap().parse::<u32>()
    };
    let paths = ["gi2", "gi2/ci0", "gi3", "gi3/ci0", "gi3/ci1", "gi9", "gi9/ci0"];
    let minors = paths.map(|path| minor(&format!("gpu0/mig/{path}/access")).unwrap());
    assert_eq!(minors, [21, 22, 30, 31, 32, 84, 85]);
    assert_eq!(entries.iter().filter(|entry| entry.path.contains("/gi")).count(), 14, "and no others");
    assert_eq!(entries.iter().filter(|entry| entry.path.ends_with("/mig") && entry.contents.is_none()).count(), 9);
    let config = entries.iter().find(|entry| entry.path.ends_with("mig/config")).unwrap();
    let text = "DeviceFileMinor: 1\nDeviceFileMode: 256\nDeviceFileModify: 1\n";
    assert_eq!((config.contents.as_deref(), config.mode), (Some(text), 0o444));
    let minors = entries.iter().find(|entry| entry.path.ends_with("mig-minors")).unwrap();
    let lines: Vec<_> = minors.contents.as_deref().unwrap().lines().collect();
    assert_eq!(lines.len(), 4322);
    assert_eq!(lines[..4], ["config 1", "monitor 2", "gpu0/gi0/access 3", "gpu0/gi0/ci0/access 4"]);
    assert_eq!(lines[4321], "gpu31/gi14/ci7/access 4322");
    let system = entries.iter().find(|entry| entry.path.ends_with("sys-minors")).unwrap();
    assert_eq!(system.contents.as_deref(), Some("fabric-imex-mgmt 4323\n"));
}
