//! Every model file is consistent in itself.

#![allow(missing_docs)]

use gpushare_sim::catalog::{Model, Provenance, Thresholds, Variant};
use std::collections::BTreeSet;

#[test]
fn tables_add_up() {
    for model in Model::all() {
        let key = model.key;
        assert!(std::ptr::eq(Model::by_key(&key.to_lowercase()).unwrap(), model));
        assert_eq!(model.pci_device_id & 0xffff, 0x10de, "{key}");
        assert_eq!(model.pci_subsystem_id & 0xffff, 0x10de, "{key}");
        assert!(model.reserved_kib >> 10 < model.memory_mib && model.bar1_static_mib < model.bar1_mib, "{key}");
        assert_eq!(model.cores % model.multiprocessors, 0, "{key}");
        let Some(mig) = &model.mig else { continue };
        assert!(matches!((mig.compute_slices, mig.memory_slices), (7, 8) | (4, 4) | (4, 12)), "{key}");
        let whole = mig.whole();
        let unique = |field: fn(&gpushare_sim::catalog::GpuInstanceProfile) -> u32| {
            mig.profiles.iter().map(field).collect::<BTreeSet<_>>().len() == mig.profiles.len()
        };
        assert!(unique(|p| p.kind) && unique(|p| p.id), "{key}");
        for profile in &mig.profiles {
            let name = format!("{key} {}", profile.name);
            let placements = mig.placements(profile);
            let once = matches!(profile.variant(), Variant::Media | Variant::AllMedia);
            assert_eq!(profile.max, if once { 1 } else { placements.len() as u32 }, "{name}");
            assert!(placements.iter().all(|at| at.end() <= mig.memory_slices), "{name}");
            assert_eq!(profile.memory_mib % 64, 0, "{name}");
            assert!(profile.memory_mib <= whole.memory_mib && whole.memory_mib < model.memory_mib, "{name}");
            assert!(profile.multiprocessors <= whole.multiprocessors, "{name}");
            assert!(whole.multiprocessors <= model.multiprocessors, "{name}");
            assert!(profile.max * profile.multiprocessors <= whole.multiprocessors, "{name}");
            let (need, pool) = (profile.engines, whole.engines);
            let needs = [need.decoder, need.encoder, need.jpeg, need.ofa];
            let pools = [pool.decoder, pool.encoder, pool.jpeg, pool.ofa];
            assert!(needs.into_iter().zip(pools).all(|(need, pool)| need * profile.max <= pool), "{name}");
            let alone = needs.into_iter().zip(pools).any(|(need, pool)| need > 0 && pool / need == 1);
            assert!(alone || !once, "{name}: the engines must make it unique");
            assert_eq!(profile.name, expected_name(model, profile), "{name}");
            assert_eq!(profile.capabilities, if profile.variant() == Variant::Graphics { 2 } else { 0 }, "{name}");
            assert!(mig.compute_profiles(profile).iter().filter(|row| row.whole).count() == 1, "{name}");
            assert_eq!(kind(profile.slices, profile.variant()), profile.kind, "{name}");
        }
    }
}

/// The rule by which clients reproduce the driver's name: eighths of the memory, in whole GB.
fn expected_name(model: &Model, profile: &gpushare_sim::catalog::GpuInstanceProfile) -> String {
    let eighths = (profile.memory_mib as f64 / model.memory_mib as f64 * 8.0).ceil();
    let gb = (eighths / 8.0 * (model.memory_mib as f64 / 1024.0).ceil()).round();
    let suffix = match profile.variant() {
        Variant::Base | Variant::DoubleMemory => "",
        Variant::Media => "+me",
        Variant::Graphics => "+gfx",
        Variant::NoMedia => "-me",
        Variant::AllMedia => "+me.all",
    };
    format!("{}g.{gb}gb{suffix}", profile.slices)
}

/// `NVML_GPU_INSTANCE_PROFILE_*` by meaning.
fn kind(slices: u32, variant: Variant) -> u32 {
    use gpushare_sys::*;
    match (slices, variant) {
        (1, Variant::Base) => NVML_GPU_INSTANCE_PROFILE_1_SLICE,
        (2, Variant::Base) => NVML_GPU_INSTANCE_PROFILE_2_SLICE,
        (3, Variant::Base) => NVML_GPU_INSTANCE_PROFILE_3_SLICE,
        (4, Variant::Base) => NVML_GPU_INSTANCE_PROFILE_4_SLICE,
        (7, Variant::Base) => NVML_GPU_INSTANCE_PROFILE_7_SLICE,
        (1, Variant::Media) => NVML_GPU_INSTANCE_PROFILE_1_SLICE_REV1,
        (2, Variant::Media) => NVML_GPU_INSTANCE_PROFILE_2_SLICE_REV1,
        (1, Variant::DoubleMemory) => NVML_GPU_INSTANCE_PROFILE_1_SLICE_REV2,
        (1, Variant::Graphics) => NVML_GPU_INSTANCE_PROFILE_1_SLICE_GFX,
        (2, Variant::Graphics) => NVML_GPU_INSTANCE_PROFILE_2_SLICE_GFX,
        (4, Variant::Graphics) => NVML_GPU_INSTANCE_PROFILE_4_SLICE_GFX,
        (1, Variant::NoMedia) => NVML_GPU_INSTANCE_PROFILE_1_SLICE_NO_ME,
        (2, Variant::NoMedia) => NVML_GPU_INSTANCE_PROFILE_2_SLICE_NO_ME,
        (1, Variant::AllMedia) => NVML_GPU_INSTANCE_PROFILE_1_SLICE_ALL_ME,
        (2, Variant::AllMedia) => NVML_GPU_INSTANCE_PROFILE_2_SLICE_ALL_ME,
        other => panic!("no kind for {other:?}"),
    }
}

#[test]
fn numbers_are_nvml_constants() {
    use gpushare_sys::*;
    let architecture = |key| Model::by_key(key).unwrap().architecture as u32;
    assert_eq!(
        ["V100", "T4", "A30", "L40S", "H200", "B200"].map(architecture),
        [
            NVML_DEVICE_ARCH_VOLTA,
            NVML_DEVICE_ARCH_TURING,
            NVML_DEVICE_ARCH_AMPERE,
            NVML_DEVICE_ARCH_ADA,
            NVML_DEVICE_ARCH_HOPPER,
            NVML_DEVICE_ARCH_BLACKWELL
        ]
    );
    let brand = |key| Model::by_key(key).unwrap().brand as u32;
    assert_eq!(["V100", "RTX-PRO-6000", "T4"].map(brand), [NVML_BRAND_TESLA, NVML_BRAND_NVIDIA_RTX, NVML_BRAND_NVIDIA]);
}

#[test]
fn inferred_fields_exist() {
    for model in Model::all() {
        let text = std::fs::read_to_string(format!("{}/models/{}.toml", env!("CARGO_MANIFEST_DIR"), model.key));
        let table: toml::Table = text.unwrap().parse().unwrap();
        assert!(model.inferred.iter().all(|field| table.contains_key(field)), "{}", model.key);
        let sensors = table["sensors"].as_table().unwrap();
        assert!(model.sensors.inferred.iter().all(|field| sensors.contains_key(field)), "{}", model.key);
        let honest = model.sensors.provenance != Provenance::Inferred || model.sensors.inferred.is_empty();
        assert!(honest, "{}: all is inferred, so none of it has to be named", model.key);
    }
    let files = std::fs::read_dir(format!("{}/models", env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert_eq!(files.count(), Model::all().len(), "a file that the catalog does not list");
}

#[test]
fn unknown_models_are_named_with_the_known() {
    let fault = Model::by_key("A100").unwrap_err().to_string();
    assert!(fault.contains("\"A100\"") && fault.contains("A100-SXM4-40GB") && fault.contains("V100"), "{fault}");
}

/// The lines of the README's table, one per model.
fn table() -> String {
    let mut lines = "| Model | Memory (MiB) | MIG profiles | Board | Sensors |\n|---|---|---|---|---|\n".to_owned();
    for model in Model::all() {
        let inferred = |provenance: Provenance, fields: &[String]| match (provenance, fields.len()) {
            (Provenance::Inferred, _) => "inferred".to_owned(),
            (known, 0) => word(known).to_owned(),
            (known, count) => format!("{}, but {count} inferred", word(known)),
        };
        let board = inferred(model.provenance, &model.inferred);
        let sensors = inferred(model.sensors.provenance, &model.sensors.inferred);
        let profiles = model.mig.as_ref().map_or("none".to_owned(), |mig| {
            let of = |provenance| mig.profiles.iter().filter(move |profile| profile.provenance == provenance);
            let parts = [Provenance::Recorded, Provenance::Documented, Provenance::Inferred].map(|provenance| {
                let count = of(provenance).count();
                (count > 0).then(|| format!("{count} {}", word(provenance)))
            });
            parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
        });
        let Model { key, memory_mib, .. } = model;
        lines += &format!("| `{key}` | {memory_mib} | {profiles} | {board} | {sensors} |\n");
    }
    lines
}

fn word(provenance: Provenance) -> &'static str {
    match provenance {
        Provenance::Recorded => "recorded",
        Provenance::Documented => "documented",
        Provenance::Inferred => "inferred",
    }
}

#[test]
fn the_readme_lists_the_models() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (_, rest) = readme.split_once("<!-- models -->\n").unwrap();
    let (listed, _) = rest.split_once("<!-- /models -->").unwrap();
    assert_eq!(listed, table(), "put this in the README:\n{}", table());
}

/// Clocks, limits and thresholds in their order.
#[test]
fn sensors_are_consistent() {
    for model in Model::all() {
        let (key, sensors) = (model.key, &model.sensors);
        let Thresholds { operating, slowdown, shutdown } = sensors.thresholds;
        assert!(sensors.temperature < operating && operating < slowdown && slowdown < shutdown, "{key}");
        assert!(sensors.memory.is_none_or(|memory| memory.idle < memory.operating), "{key}");
        assert!(sensors.power_milliwatts < model.power_limit_watts * 1000, "{key}");
        assert!(sensors.min_power_limit_watts < model.power_limit_watts, "{key}");
        let (now, highest) = (sensors.clocks, sensors.max_clocks);
        assert!(
            now.graphics <= highest.graphics && now.memory <= highest.memory && now.video <= highest.video,
            "{key}"
        );
        assert!(sensors.application_clock <= highest.graphics && highest.graphics >= 210, "{key}");
        assert!(matches!(model.pcie_generation, 3..=5), "{key}");
        assert!(sensors.performance_state <= 15, "{key}");
    }
}
