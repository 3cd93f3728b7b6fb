//! The MIG session that was recorded on a real A100, done again through gpushare on the simulated one: every number must be the same.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::error::Error;

use gpushare::{ComputeInstanceProfile, Engines, Gpu, GpuInstance, GpuInstanceId, GpuInstanceProfile, Nvml};
use gpushare_sim::Machine;
use gpushare_tests::transcript::{self, A100_WALKTHROUGH, Answer, Step, Summary};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The value that follows an option in a command.
fn option<'a>(command: &'a str, name: &str) -> Option<&'a str> {
    let mut words = command.split_whitespace().skip_while(|word| *word != name).skip(1);
    words.next().filter(|word| !word.starts_with('-'))
}

/// The GPU instance that a command names.
fn named_instance(gpu: &Gpu, command: &str) -> Outcome<GpuInstance> {
    let id = option(command, "-gi").ok_or("the command names a GPU instance")?.parse()?;
    Ok(gpu.gpu_instance(GpuInstanceId(id))?)
}

fn engines(copy: u32, decoder: u32, encoder: u32, jpeg: u32, optical_flow: u32) -> Engines {
    Engines { copy, decoder, encoder, jpeg, optical_flow }
}

/// nvidia-smi lists by profile, in an order of its own; the API lists by id.
fn by_key<K: Ord, T>(rows: impl IntoIterator<Item = T>, key: impl Fn(&T) -> K) -> BTreeMap<K, T> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

#[test]
fn every_number_of_the_recorded_session_comes_back() -> Outcome {
    let machine = Machine::start()?;
    let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    let gpu = nvml.gpu(0)?;
    gpu.set_mig_mode(true)?;
    let mut last_created = None;
    let mut compared = 0;
    for step in transcript::parse(A100_WALKTHROUGH)? {
        let Step { command, answer } = &step;
        let context = || format!("at `{command}`");
        match answer {
            Answer::GpuInstanceProfiles(rows) => {
                let profiles = by_key(gpu.gpu_instance_profiles()?.to_vec(), |profile| profile.id.0);
                assert_eq!(rows.len(), profiles.len(), "{}", context());
                for row in rows {
                    let profile: &GpuInstanceProfile = profiles.get(&row.id).ok_or_else(context)?;
                    assert_eq!(&*profile.name, row.name, "{}", context());
                    assert_eq!(
                        (gpu.remaining_capacity(profile)?, profile.max_instances),
                        (row.free, row.total),
                        "{row:?}"
                    );
                    // nvidia-smi rounds an exact half to even, as Rust does.
                    assert_eq!(format!("{:.2}", profile.memory.0 as f64 / 1024.0), row.memory_gib, "{row:?}");
                    assert_eq!(profile.p2p_supported, row.p2p, "{row:?}");
                    assert_eq!(profile.multiprocessor_count, row.sm, "{row:?}");
                    assert_eq!(profile.engines, engines(row.ce, row.dec, row.enc, row.jpeg, row.ofa), "{row:?}");
                }
            }
            Answer::GpuInstanceCreated(created) => {
                let name = option(command, "-cgi").ok_or("a profile")?;
                let instance = gpu.create_gpu_instance(&gpu.gpu_instance_profile(name)?)?;
                assert_eq!(
                    (&*instance.profile().name, instance.profile().id.0),
                    (&*created.profile, created.profile_id)
                );
                // The author's slip: the line says 1, and everything after it says 2.
                let id = if created.profile == "4g.20gb" { 2 } else { created.id };
                assert_eq!(instance.id().0, id, "{}", context());
            }
            Answer::GpuInstances(rows) => {
                let instances = by_key(gpu.gpu_instances()?, |instance| instance.id().0);
                assert_eq!(rows.len(), instances.len(), "{}", context());
                for row in rows {
                    let instance = instances.get(&row.instance_id).ok_or_else(context)?;
                    assert_eq!((&*instance.profile().name, instance.profile().id.0), (&*row.name, row.profile_id));
                    assert_eq!(
                        (instance.placement().start, instance.placement().size),
                        (row.start, row.size),
                        "{row:?}"
                    );
                }
            }
            Answer::ComputeInstanceProfiles(rows) => {
                let instance = named_instance(&gpu, command)?;
                let profiles = by_key(instance.compute_instance_profiles()?.to_vec(), |profile| profile.id.0);
                assert_eq!(rows.len(), profiles.len(), "{}", context());
                for row in rows {
                    let profile: &ComputeInstanceProfile = profiles.get(&row.id).ok_or_else(context)?;
                    assert_eq!((&*profile.name, instance.id().0), (&*row.name, row.gpu_instance), "{row:?}");
                    assert_eq!(profile.is_default, row.is_default, "{row:?}");
                    let free = instance.remaining_compute_capacity(profile)?;
                    assert_eq!((free, profile.max_instances), (row.free, row.total), "{} {row:?}", context());
                    assert_eq!(profile.multiprocessor_count, row.sm, "{row:?}");
                    assert_eq!(profile.shared_engines, engines(row.ce, row.dec, row.enc, row.jpeg, row.ofa), "{row:?}");
                }
            }
            Answer::ComputeInstanceCreated(created) => {
                let instance = named_instance(&gpu, command)?;
                let profile = match option(command, "-cci") {
                    Some(name) => instance.compute_instance_profile(name)?,
                    None => instance.default_compute_instance_profile()?,
                };
                let made = instance.create_compute_instance(&profile)?;
                assert_eq!((&*profile.name, profile.id.0), (&*created.profile, created.profile_id), "{}", context());
                // The author's slip: the second 1c.2g.10gb is printed with the first one's line.
                let again = last_created.as_ref() == Some(created);
                assert_eq!(made.id().0, if again { 1 } else { created.id }, "{}", context());
                last_created = Some(created.clone());
            }
            Answer::ComputeInstances(rows) => {
                let mut found = Vec::new();
                for instance in gpu.gpu_instances()? {
                    for inside in instance.compute_instances()? {
                        let (profile, at) = (inside.profile(), inside.placement());
                        let ids = (instance.id().0, inside.id().0);
                        found.push((ids, profile.name.to_string(), profile.id.0, at.start, at.size));
                    }
                }
                let ids = |row: &transcript::ComputeInstanceRow| (row.gpu_instance, row.instance_id);
                let mut recorded: Vec<_> =
                    rows.iter().map(|row| (ids(row), row.name.clone(), row.profile_id, row.start, row.size)).collect();
                recorded.sort();
                assert_eq!(found, recorded);
            }
            Answer::Summary(summary) => compare_summary(&nvml, &gpu, summary)?,
            Answer::Gpus(listed) => {
                let gpus = nvml.gpus()?;
                assert_eq!(gpus.len(), listed.len());
                for (gpu, row) in gpus.iter().zip(listed) {
                    assert_eq!(
                        (gpu.index(), gpu.name(), gpu.uuid().to_string()),
                        (row.gpu, &*row.name, row.uuid.clone())
                    );
                    let devices = gpu.mig_devices()?;
                    let names: Vec<_> =
                        devices.iter().map(|device| Ok((device.index()?, device.name()?))).collect::<Outcome<_>>()?;
                    let recorded: Vec<_> = row.mig_devices.iter().map(|mig| (mig.device, mig.name.clone())).collect();
                    assert_eq!(names, recorded);
                    // The recorded UUIDs come from chip data that no table shows: their form is what can be compared.
                    for (device, row) in devices.iter().zip(&row.mig_devices) {
                        assert_eq!(shape(&device.uuid().to_string()), shape(&row.uuid));
                    }
                }
            }
            Answer::VisibleDevices(recorded) => compared_forms(&gpu, &recorded.value, &recorded.comment)?,
            Answer::CapabilityNodes(rows) => {
                for device in gpu.mig_devices()? {
                    let needed = device.capabilities()?;
                    for capability in [&needed.gpu_instance, &needed.compute_instance] {
                        let row = rows.iter().find(|row| row.minor == capability.minor).ok_or_else(context)?;
                        assert_eq!(capability.node.to_str(), Some(&*format!("/dev/nvidia-caps/{}", row.name)));
                        assert_eq!(capability.mode, row.mode, "{row:?}");
                    }
                }
            }
            Answer::Capabilities(rows) => {
                let mut found = Vec::new();
                for instance in gpu.gpu_instances()? {
                    let own = instance.capability()?;
                    found.push((own.file.clone(), own.node.clone(), own.minor));
                    for inside in instance.compute_instances()? {
                        let capability = inside.capability()?;
                        found.push((capability.file, capability.node, capability.minor));
                    }
                }
                found.sort();
                let absolute = |path: &str| machine.root().join(path.trim_start_matches('/'));
                let mut recorded: Vec<_> =
                    rows.iter().map(|row| (absolute(&row.access), row.node.clone().into(), row.minor)).collect();
                recorded.sort();
                assert_eq!(found, recorded);
            }
        }
        compared += 1;
    }
    assert_eq!(compared, 36, "steps of the recording");
    Ok(())
}

/// A UUID with its digits made equal, but for the version and the variant, which its kind fixes.
fn shape(uuid: &str) -> String {
    let (version, variant) = (uuid.len() - 22, uuid.len() - 17);
    uuid.char_indices()
        .map(|(at, c)| match c {
            _ if at == version => c,
            '8' | '9' | 'a' | 'b' if at == variant => 'v',
            c if c.is_ascii_hexdigit() => 'x',
            c => c,
        })
        .collect()
}

fn compare_summary(nvml: &Nvml, gpu: &Gpu, summary: &Summary) -> Outcome {
    assert_eq!(nvml.driver_version()?, summary.driver);
    assert_eq!(nvml.cuda_driver_version()?.to_string(), summary.cuda);
    let [row] = &summary.gpus[..] else {
        return Err("one GPU".into());
    };
    assert_eq!((gpu.index(), gpu.name(), gpu.pci_address()?.to_string()), (row.gpu, &*row.name, row.bus_id.clone()));
    let memory = gpu.memory()?;
    assert_eq!(memory.used.to_mib().0, u64::from(row.memory_used_mib));
    assert_eq!(memory.total.to_mib().0, u64::from(row.memory_total_mib));
    assert_eq!(gpu.mig_mode()?.current, row.mig_enabled);
    let devices = gpu.mig_devices()?;
    assert_eq!(devices.len(), summary.mig_devices.len());
    for (device, row) in devices.iter().zip(&summary.mig_devices) {
        let ids = (device.gpu_instance_id().0, device.compute_instance_id().0, device.index()?);
        assert_eq!(ids, (row.gpu_instance, row.compute_instance, row.device));
        let (memory, bar1, attributes) = (device.memory()?, device.bar1_memory()?, device.attributes());
        assert_eq!(memory.total.to_mib().0, u64::from(row.memory_total_mib), "{row:?}");
        assert_eq!(memory.used.to_mib().0, u64::from(row.memory_used_mib), "{row:?}");
        assert_eq!(bar1.total.to_mib().0, u64::from(row.bar1_total_mib), "{row:?}");
        assert_eq!(bar1.used.to_mib().0, u64::from(row.bar1_used_mib), "{row:?}");
        assert_eq!(attributes.multiprocessor_count, row.sm, "{row:?}");
        assert_eq!(attributes.shared_engines, engines(row.ce, row.dec, row.enc, row.jpeg, row.ofa), "{row:?}");
    }
    Ok(())
}

/// A recorded value of `CUDA_VISIBLE_DEVICES` must be what one of the forms of the present MIG devices prints.
fn compared_forms(gpu: &Gpu, recorded: &str, comment: &str) -> Outcome {
    let devices = gpu.mig_devices()?;
    for (position, entry) in recorded.split(',').enumerate() {
        if entry.starts_with("MIG-") && !entry.starts_with("MIG-GPU-") {
            // By UUID, sometimes cut short: the first device, then the second.
            let own = devices[position].visible_device_forms()[0].to_string();
            assert_eq!(own.len(), "MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd".len());
            assert!(shape(&own).starts_with("MIG-xxxxxxxx-"), "{own}");
            continue;
        }
        let forms =
            devices.iter().flat_map(|device| device.visible_device_forms().map(|form| (device, form.to_string())));
        let named = forms.into_iter().find(|(_, form)| form == entry);
        let (device, _) = named.ok_or_else(|| format!("no device prints {entry}"))?;
        assert!(comment.is_empty() || comment.contains(&device.name()?), "{entry} is {}: {comment}", device.name()?);
    }
    Ok(())
}
