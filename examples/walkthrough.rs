//! MIG from end to end on a simulated machine of eight A100: enable it, split a GPU, hand out the parts, see what a wrong step says, and
//! clean up. Beside each step stands the command that does it by hand.

#![forbid(unsafe_code)]

use std::error::Error;

use gpushare::{ApplyOptions, CUDA_VISIBLE_DEVICES, Gpu, GpuInstance, GpuInstancePlacement, MigDevice, Nvml};
use gpushare_sim::Machine;

use gpushare_examples::drawing;
use gpushare_examples::report::{failure, heading, lines, note, table};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let machine = Machine::start()?;
    let nvml = Nvml::builder().library(machine.library()?).root(machine.root()).init()?;
    let gpu = nvml.gpu(0)?;
    introduce(&nvml)?;

    heading("Enable MIG on GPU 0", "nvidia-smi -i 0 -mig 1");
    gpu.set_mig_mode(true)?;
    let mode = gpu.mig_mode()?;
    note(format_args!("current: {}, pending: {}", on_off(mode.current), on_off(mode.pending)));

    heading("GPU-instance profiles", "nvidia-smi mig -i 0 -lgip");
    gpu_instance_profiles(&gpu)?;

    let mut instances = Vec::new();
    for name in ["4g.20gb", "2g.10gb", "1g.5gb"] {
        heading(&format!("Create a {name}"), &format!("nvidia-smi mig -i 0 -cgi {name}"));
        let instance = gpu.create_gpu_instance(&gpu.gpu_instance_profile(name)?)?;
        note(format_args!("GPU instance {} at {}; room left:", instance.id(), instance.placement()));
        room_left(&gpu)?;
        instances.push(instance);
    }
    let [four, two, one] = &instances[..] else {
        return Err("three instances were made".into());
    };

    heading("GPU instances", "nvidia-smi mig -i 0 -lgi");
    gpu_instances(&gpu)?;

    for instance in &instances {
        let by_hand = format!("nvidia-smi mig -i 0 -gi {} -lcip", instance.id());
        heading(&format!("Compute-instance profiles of GPU instance {}", instance.id()), &by_hand);
        compute_instance_profiles(instance)?;
    }

    heading("Create compute instances", "nvidia-smi mig -i 0 -gi 2 -cci");
    let half = two.compute_instance_profile("1c.2g.10gb")?;
    for made in [
        four.create_default_compute_instance()?,
        two.create_compute_instance(&half)?,
        two.create_compute_instance(&half)?,
        one.create_default_compute_instance()?,
    ] {
        let inside = made.gpu_instance().id();
        note(format_args!("{} as compute instance {} of GPU instance {inside}", made.profile().name, made.id()));
    }

    heading("Compute instances", "nvidia-smi mig -i 0 -lci");
    compute_instances(&gpu)?;

    heading("MIG devices", "nvidia-smi -L");
    let devices = gpu.mig_devices()?;
    mig_devices(&devices)?;

    heading("What a program is given", &format!("{CUDA_VISIBLE_DEVICES}=… program"));
    selectors(&devices)?;

    heading("Which device nodes a container needs", "find /proc/driver/nvidia/capabilities/gpu0/mig -name access");
    capabilities(&devices)?;

    heading("The GPU's slices", "");
    drawing::print(&gpu)?;

    another_layout(&gpu)?;

    wrong_steps(&gpu)?;

    heading("Clean up", "nvidia-smi mig -i 0 -dci; nvidia-smi mig -i 0 -dgi; nvidia-smi -i 0 -mig 0");
    for instance in gpu.gpu_instances()? {
        for inside in instance.compute_instances()? {
            inside.destroy()?;
        }
        instance.destroy()?;
    }
    gpu.set_mig_mode(false)?;
    note(format_args!("GPU instances: {}, MIG: {}", gpu.gpu_instances()?.len(), on_off(gpu.mig_mode()?.current)));
    Ok(())
}

fn on_off(on: bool) -> &'static str {
    if on { "enabled" } else { "disabled" }
}

fn introduce(nvml: &Nvml) -> Outcome {
    heading("The machine, simulated", "nvidia-smi -L");
    note(format_args!("driver {}, CUDA {}", nvml.driver_version()?, nvml.cuda_driver_version()?));
    let rows = nvml.gpus()?.into_iter().map(|gpu| {
        let memory = gpu.memory()?.total.to_mib();
        Ok([
            gpu.index().to_string(),
            gpu.name().into(),
            gpu.uuid().to_string(),
            gpu.pci_address()?.to_string(),
            memory.0.to_string(),
        ])
    });
    table(["GPU", "Name", "UUID", "PCI", "MiB"], rows.collect::<Outcome<Vec<_>>>()?);
    Ok(())
}

fn gpu_instance_profiles(gpu: &Gpu) -> Outcome {
    let profiles = gpu.gpu_instance_profiles()?;
    let rows = profiles.iter().map(|profile| {
        let engines = profile.engines;
        Ok([
            profile.name.to_string(),
            profile.id.to_string(),
            format!("{}/{}", gpu.remaining_capacity(profile)?, profile.max_instances),
            profile.memory.to_string(),
            profile.multiprocessor_count.to_string(),
            engines.copy.to_string(),
            engines.decoder.to_string(),
            engines.encoder.to_string(),
            engines.jpeg.to_string(),
            engines.optical_flow.to_string(),
            gpu.possible_placements(profile)?.iter().map(|at| at.start.to_string()).collect::<Vec<_>>().join(","),
        ])
    });
    let columns = ["Profile", "ID", "Free/Total", "Memory", "SM", "CE", "DEC", "ENC", "JPEG", "OFA", "Starts"];
    table(columns, rows.collect::<Outcome<Vec<_>>>()?);
    Ok(())
}

fn room_left(gpu: &Gpu) -> Outcome {
    let profiles = gpu.gpu_instance_profiles()?;
    let names = profiles.iter().map(|profile| profile.name.to_string());
    let free =
        profiles.iter().map(|profile| Ok(format!("{}/{}", gpu.remaining_capacity(profile)?, profile.max_instances)));
    table(names, [free.collect::<Outcome<Vec<_>>>()?]);
    Ok(())
}

fn gpu_instances(gpu: &Gpu) -> Outcome {
    let rows = gpu.gpu_instances()?.into_iter().map(|instance| {
        let profile = instance.profile();
        [profile.name.to_string(), profile.id.to_string(), instance.id().to_string(), instance.placement().to_string()]
    });
    table(["Profile", "Profile ID", "Instance ID", "Start:Size"], rows);
    Ok(())
}

fn compute_instance_profiles(instance: &GpuInstance) -> Outcome {
    let profiles = instance.compute_instance_profiles()?;
    let rows = profiles.iter().map(|profile| {
        let shared = profile.shared_engines;
        Ok([
            format!("{}{}", profile.name, if profile.is_default { " *" } else { "" }),
            profile.id.to_string(),
            format!("{}/{}", instance.remaining_compute_capacity(profile)?, profile.max_instances),
            profile.multiprocessor_count.to_string(),
            shared.copy.to_string(),
            shared.decoder.to_string(),
            shared.encoder.to_string(),
            shared.jpeg.to_string(),
            shared.optical_flow.to_string(),
        ])
    });
    let columns = ["Profile", "ID", "Free/Total", "Own SM", "Shared CE", "DEC", "ENC", "JPEG", "OFA"];
    table(columns, rows.collect::<Outcome<Vec<_>>>()?);
    Ok(())
}

fn compute_instances(gpu: &Gpu) -> Outcome {
    let mut rows = Vec::new();
    for instance in gpu.gpu_instances()? {
        for inside in instance.compute_instances()? {
            rows.push([
                instance.id().to_string(),
                inside.profile().name.to_string(),
                inside.profile().id.to_string(),
                inside.id().to_string(),
                inside.placement().to_string(),
            ]);
        }
    }
    table(["GPU instance", "Profile", "Profile ID", "Instance ID", "Start:Size"], rows);
    Ok(())
}

fn mig_devices(devices: &[MigDevice]) -> Outcome {
    let rows = devices.iter().map(|device| {
        let memory = device.memory()?;
        Ok([
            device.index()?.to_string(),
            device.name()?,
            device.uuid().to_string(),
            format!("{}/{}", device.gpu_instance_id(), device.compute_instance_id()),
            format!("{} / {}", memory.used.to_mib().0, memory.total.to_mib()),
            device.attributes().multiprocessor_count.to_string(),
        ])
    });
    table(["Dev", "Name", "UUID", "GI/CI", "Memory used / total", "SM"], rows.collect::<Outcome<Vec<_>>>()?);
    Ok(())
}

fn selectors(devices: &[MigDevice]) -> Outcome {
    for device in devices {
        let [uuid, of_gpu, of_index] = device.visible_device_forms();
        note(format_args!("{:<11} {uuid}", device.name()?));
        note(format_args!("{:<11} {of_gpu}", ""));
        note(format_args!("{:<11} {of_index}", ""));
    }
    Ok(())
}

fn capabilities(devices: &[MigDevice]) -> Outcome {
    let rows = devices.iter().map(|device| {
        let needed = device.capabilities()?;
        Ok([
            device.name()?,
            format!("{}/{}", device.gpu_instance_id(), device.compute_instance_id()),
            needed.gpu_instance.node.display().to_string(),
            needed.compute_instance.node.display().to_string(),
        ])
    });
    table(
        ["MIG device", "GI/CI", "Node of the GPU instance", "Node of the compute instance"],
        rows.collect::<Outcome<Vec<_>>>()?,
    );
    Ok(())
}

/// Says what is wanted instead of doing it step by step: what can stay stays.
fn another_layout(gpu: &Gpu) -> Outcome {
    heading("Another layout: the plan", "");
    let folder = tempfile::tempdir()?;
    let plan = gpu.plan(&"4g.20gb, 2g.10gb[1c,1c], 1g.5gb".parse()?)?;
    note(format_args!("for what is there already: {} changes", plan.mutations()));
    let plan = gpu.plan(&"4g.20gb[2c,1c,1c], 3g.20gb".parse()?)?;
    lines(&plan.to_string());
    let applied = gpu.apply(&plan, &ApplyOptions::new().directory(folder.path()))?;
    let counts = (applied.made.len(), applied.kept.len(), applied.destroyed.len());
    note(format_args!("MIG devices made: {}, kept: {}, destroyed: {}", counts.0, counts.1, counts.2));
    drawing::print(gpu)?;

    heading("A layout that cannot be", "");
    failure(gpu.plan(&"4g.20gb, 2g.10gb, 2x1g.5gb".parse()?))?;

    heading("And back", "");
    let applied = gpu.apply_layout(
        &"4g.20gb@0, 2g.10gb@4[1c,1c], 1g.5gb@6".parse()?,
        &ApplyOptions::new().directory(folder.path()),
    )?;
    note(format_args!("MIG devices made: {}, destroyed: {}", applied.made.len(), applied.destroyed.len()));
    drawing::print(gpu)
}

fn wrong_steps(gpu: &Gpu) -> Outcome {
    let busy = gpu.gpu_instances()?.into_iter().next().ok_or("there are GPU instances")?;
    let devices = gpu.mig_devices()?;
    heading("Wrong: a placement that is taken", "nvidia-smi mig -i 0 -cgi 14:2");
    failure(gpu.create_gpu_instance_at(&gpu.gpu_instance_profile("2g.10gb")?, GpuInstancePlacement::new(2, 2)))?;

    heading("Wrong: a placement that does not exist", "nvidia-smi mig -i 0 -cgi 14:1");
    failure(gpu.create_gpu_instance_at(&gpu.gpu_instance_profile("2g.10gb")?, GpuInstancePlacement::new(1, 2)))?;

    heading("Wrong: a profile that this GPU does not have", "nvidia-smi mig -i 0 -cgi 1g.10gb+me");
    failure(gpu.gpu_instance_profile("1g.10gb+me"))?;

    heading("Wrong: destroy a GPU instance that is in use", &format!("nvidia-smi mig -i 0 -gi {} -dgi", busy.id()));
    failure(busy.destroy())?;

    heading("Wrong: use a handle of something that is gone", "");
    let last = devices.last().ok_or("there are MIG devices")?;
    last.compute_instance()?.destroy()?;
    failure(last.memory())
}
