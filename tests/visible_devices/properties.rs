//! What holds for every value.

use gpushare::{
    ComputeInstanceId, GpuInstanceId, ListEnd, MigEnumeration, MigUuid, NvidiaVisibleDevices, VisibleDevice,
    VisibleDevices,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::nodes::{Stage, walkthrough};

/// The same cases each time.
fn always<S: Strategy>(strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases: 2000, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)).run(&strategy, test).unwrap();
}

fn entry() -> impl Strategy<Value = VisibleDevice> {
    let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    let ids = || (any::<u32>().prop_map(GpuInstanceId), any::<u32>().prop_map(ComputeInstanceId));
    let parsed = |text: String| text.parse::<VisibleDevice>().unwrap();
    prop_oneof![
        (0..=i32::MAX as u32).prop_map(VisibleDevice::Index),
        Just(VisibleDevice::NoDevice),
        uuid.prop_map(|uuid| VisibleDevice::Gpu(format!("GPU-{uuid}").parse().unwrap())),
        uuid.prop_map(|uuid| VisibleDevice::Mig(format!("MIG-{uuid}").parse::<MigUuid>().unwrap())),
        "GPU-[0-9a-f-]{1,34}".prop_map(parsed),
        "MIG-[0-9a-f-]{1,34}".prop_map(parsed),
        (uuid, ids()).prop_map(|(uuid, (gpu_instance, compute_instance))| VisibleDevice::MigOfGpu {
            gpu: format!("GPU-{uuid}").parse().unwrap(),
            gpu_instance,
            compute_instance
        }),
        (0..=i32::MAX as u32, ids()).prop_map(|(gpu, (gpu_instance, compute_instance))| VisibleDevice::MigOfIndex {
            gpu,
            gpu_instance,
            compute_instance
        }),
    ]
}

/// Texts that often are nearly values.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ \t]?[+-]?[0-9]{1,3}[a-z ]{0,2}",
        "GPU-[0-9a-fA-F-]{0,10}x?",
        "MIG-[0-9a-f-]{0,10}",
        "[0-9]:[0-9]/[0-3] ?",
        "GPU-9[e3]?4?a?",
        "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/[0-9]/[0-2]",
        "\\PC{0,6}",
        "[0-9]{9,24}",
        Just(String::new()),
    ];
    prop_oneof![
        proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.join(",")),
        proptest::collection::vec(any::<u8>(), 0..64).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ]
}

#[test]
fn a_printed_value_is_read_as_it_was() {
    always(proptest::collection::vec(entry(), 0..6), |entries| {
        let value = VisibleDevices(entries);
        prop_assert_eq!(value.to_string().parse::<VisibleDevices>().unwrap(), value);
        Ok(())
    });
}

#[test]
fn every_text_has_an_answer_that_holds_together() {
    always((texts(), proptest::sample::select(&Stage::ALL[..])), |(text, stage)| {
        let node = stage.node();
        let Ok(seen) = node.resolve(Some(&text), &stage.rules()) else {
            prop_assert_eq!(stage, Stage::Mixed);
            return Ok(());
        };
        let entries: Vec<_> = text.split(',').collect();
        let counted = match &seen.end {
            ListEnd::At { position, entry, .. } => {
                prop_assert_eq!(entries[*position], entry);
                *position
            }
            _ => entries.len(),
        };
        let places: Vec<_> = seen.devices.iter().map(|device| device.entry).collect();
        prop_assert!(places.is_sorted() && places.iter().all(|place| place.is_some_and(|place| place < counted)));
        prop_assert!(seen.cuda_error() == Some(101) || seen.devices.len() + seen.hidden.len() == counted);
        for (at, device) in seen.devices.iter().enumerate() {
            let gpu = node.gpus.iter().find(|gpu| gpu.uuid == device.gpu_uuid).unwrap();
            prop_assert_eq!((gpu.index, gpu.mig_enabled), (device.gpu, device.mig.is_some()));
            prop_assert!(seen.devices[..at].iter().all(|earlier| earlier.uuid() != device.uuid()));
        }
        Ok(())
    });
}

#[test]
fn one_form_means_the_same_as_the_other() {
    always((texts(), proptest::sample::select(&Stage::ALL[..])), |(text, stage)| {
        let Ok(value) = text.parse::<VisibleDevices>() else { return Ok(()) };
        let plain = |end: ListEnd| match end {
            ListEnd::At { position, fault, .. } => Some((position, fault)),
            _ => None,
        };
        let (node, rules) = (stage.node(), stage.rules());
        match (node.resolve(Some(&text), &rules), value.resolve(&node, &rules)) {
            (Ok(given), Ok(printed)) => {
                prop_assert_eq!((given.devices, given.hidden), (printed.devices, printed.hidden));
                prop_assert_eq!(plain(given.end), plain(printed.end));
            }
            (given, printed) => prop_assert_eq!(given, printed),
        }
        Ok(())
    });
}

#[test]
fn a_value_of_devices_that_are_there_is_honoured_whole() {
    let node = walkthrough();
    let strict = Stage::Before570.rules();
    let wide = strict.mig(MigEnumeration::OnePerGpuInstance);
    let uuids: Vec<_> = (node.gpus[1..].iter().map(|gpu| gpu.uuid.to_string()))
        .chain(node.gpus[0].mig_devices.iter().map(|mig| mig.uuid.to_string()))
        .collect();
    always((proptest::sample::subsequence(uuids, 1..6).prop_shuffle(), any::<bool>()), |(uuids, old)| {
        let rules = if old { strict } else { wide };
        let devices: VisibleDevices = uuids.iter().map(|uuid| uuid.parse::<VisibleDevice>().unwrap()).collect();
        let Ok(value) = devices.value(&rules) else { return Ok(()) };
        let seen = node.resolve(Some(&value), &rules).unwrap();
        prop_assert_eq!(&seen.end, &ListEnd::Complete);
        let all: Vec<_> = seen.devices.iter().chain(seen.hidden.iter().map(|hidden| &hidden.device)).collect();
        prop_assert_eq!(all.len(), uuids.len());
        // What a UUID does not tell is which GPU instance it is in.
        prop_assert!(seen.hidden.is_empty() || !old);
        Ok(())
    });
}

#[test]
fn every_text_for_a_container_is_read_or_refused() {
    always(texts(), |text| {
        let Ok(value) = text.parse::<NvidiaVisibleDevices>() else { return Ok(()) };
        prop_assert_eq!(&value.to_string().parse::<NvidiaVisibleDevices>().unwrap(), &value);
        let _ = value.resolve(&walkthrough());
        Ok(())
    });
}
